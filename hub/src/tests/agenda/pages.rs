//! The pages of the agenda, requests, learning and partners, and their forms.

use axum::http::StatusCode;
use weft_shared::model::schema::RecordKind;

use super::{YES, answer, ask, ok, put};
use crate::tests::{
    access::Entrance,
    records::id,
    web::{HOSTILE, Scene},
};

/// The text of a page, without tags and with single blanks.
fn text(body: &str) -> String {
    let mut out = String::new();
    let mut in_tag = false;
    for c in body.chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                out.push(' ');
            }
            c if !in_tag => out.push(c),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn read(scene: &Scene, path: &str) -> String {
    let page = scene.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
    assert!(!page.body.contains("<script>alert"), "{path}");
    text(&page.body)
}

async fn publish(scene: &Scene, kind: &str, title: &str) -> String {
    let add = ["agenda", "add", "--type", kind, "--title", title];
    let id = ok(scene, &add).await;
    ok(scene, &["agenda", "publish"]).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn our_answer_stands_beside_the_question_verbatim() {
    let mut scene = Scene::new().await;
    let item = publish(&scene, "question", "Example: what is missing?").await;
    let page = read(&scene, "/agenda").await;
    assert!(
        page.contains("No answer yet: Example: FN, Example: WT"),
        "{page}"
    );
    answer(&mut scene, &item, "reply", HOSTILE).await;
    for path in ["/agenda".to_owned(), format!("/agenda/{item}")] {
        let body = scene.get(&path).await.body;
        let said = "=1+1&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;";
        assert!(body.contains(said), "{path}: {body}");
        let page = read(&scene, &path).await;
        assert!(page.contains("our reply"), "{page}");
    }
    let page = read(&scene, "/agenda").await;
    assert!(page.contains("No answer yet: Example: WT"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_reworded_after_we_agreed_shows_no_answer() {
    let mut scene = Scene::new().await;
    let item = publish(&scene, "proposal", "Example: one aim").await;
    answer(&mut scene, &item, "agree", "").await;
    assert!(read(&scene, "/agenda").await.contains(": we agree"));
    ok(
        &scene,
        &["agenda", "edit", &item, "--title", "Example: another aim"],
    )
    .await;
    assert!(
        read(&scene, "/agenda").await.contains(": we agree"),
        "a draft changes nothing"
    );
    ok(&scene, &["agenda", "publish"]).await;
    for path in ["/agenda".to_owned(), format!("/agenda/{item}")] {
        let page = read(&scene, &path).await;
        let earlier = "no answer yet; to an earlier wording: we agree";
        assert!(page.contains(earlier), "{path}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_us_comes_first_and_late_requests_are_named() {
    let mut scene = Scene::new().await;
    let late = ask(&mut scene, 1, "Example: one form", "2026-01-31").await;
    ask(&mut scene, 2, "Example: a guide", "").await;
    publish(&scene, "resource", "Example: a toolkit").await;
    let page = read(&scene, "/agenda").await;
    let place = |words: &str| {
        page.find(words)
            .unwrap_or_else(|| panic!("{words}: {page}"))
    };
    assert!(place("Waits for us") < place("Example: one form"));
    assert!(
        place("Example: one form") < place("Example: a guide"),
        "late first"
    );
    assert!(place("Example: a guide") < place("What we put to all locations"));
    assert!(place("late: it was due on 31 January 2026") > 0);
    let page = read(&scene, "/requests").await;
    assert!(
        page.contains("Late: Example: FN, “Example: one form”."),
        "{page}"
    );
    let overview = read(&scene, "/").await;
    assert!(
        overview.contains("2 requests of locations wait for our answer; 1 of them is late."),
        "{overview}"
    );
    ok(&scene, &[&["request", "answer", &late], &YES[..]].concat()).await;
    ok(&scene, &["agenda", "publish"]).await;
    let page = read(&scene, "/requests").await;
    assert!(!page.contains("Late:"), "{page}");
    assert!(
        page.contains("answered late: it was due on 31 January 2026"),
        "{page}"
    );
    assert!(
        page.contains("Our answer: yes Example: it is in hand"),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn learning_shows_markers_reviews_and_ties_and_the_indicator_its_reviews() {
    let mut scene = Scene::new().await;
    for path in ["/learning", "/partners", "/requests", "/agenda"] {
        read(&scene, path).await;
    }
    let marker = [
        ("condition", "Example: water only in schools"),
        ("from", "Example: juice"),
        ("to", HOSTILE),
        ("on", "2026-02-01"),
    ];
    put(&mut scene, RecordKind::Marker, 2, &marker).await;
    let review = [
        ("question", "Example: what moved?"),
        ("indicator", "VAX_PRIMARY"),
        ("period", "2026-Q1"),
        ("on", "2026-04-02"),
        ("story", "Example: evening clinics"),
        ("decided", "Example: keep them"),
    ];
    put(&mut scene, RecordKind::Review, 6, &review).await;
    put(
        &mut scene,
        RecordKind::Partner,
        3,
        &[("name", "Example: Hauora")],
    )
    .await;
    let of = id(3).to_string();
    let tie = [
        ("partner", of.as_str()),
        ("tie", "in_touch"),
        ("on", "2025-01-01"),
    ];
    put(&mut scene, RecordKind::Relationship, 4, &tie).await;
    let page = read(&scene, "/learning").await;
    for words in [
        "Example: juice",
        "Evidence: none is named",
        "Decided Example: keep them",
        "held on 2 April 2026; it looked back on January to March 2026",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let page = read(&scene, "/partners").await;
    assert!(page.contains("In touch, since 1 January 2025"), "{page}");
    let page = read(&scene, "/indicators/VAX_PRIMARY").await;
    assert!(page.contains("Decided: Example: keep them"), "{page}");
    let page = read(&scene, "/").await;
    assert!(page.contains("Decided Example: keep them"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_shows_what_shifted_and_was_decided_since_the_last_review() {
    let mut scene = Scene::new().await;
    let marker = [
        ("condition", "Example: water only in schools"),
        ("on", "2026-02-01"),
    ];
    put(&mut scene, RecordKind::Marker, 2, &marker).await;
    let page = read(&scene, "/").await;
    // Shifts before the national team's last review are not new.
    assert!(page.contains("Example: water only in schools"), "{page}");
    let fields = super::fields(&[
        ("question", "Example: our review"),
        ("period", "2026-Q2"),
        ("on", "2026-07-01"),
        ("decided", "Example: ours"),
    ]);
    scene.app.set_review(None, fields).await.unwrap();
    let page = read(&scene, "/").await;
    assert!(!page.contains("Example: water only in schools"), "{page}");
    assert!(
        page.contains("Since the national team’s review of 1 July 2026"),
        "{page}"
    );
    assert!(page.contains("Decided Example: ours"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_national_team_adds_rewords_publishes_closes_and_reviews_by_forms() {
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "national").await;
    let me = hub.sign_in(&mut person).await;
    let page = hub.get("/agenda/new", &me).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("name=\"title\""), "{}", page.body);
    // All problems at once, each beside its field, and nothing that was typed is lost.
    let wrong = "type=&title=&text=Example%3A+kept&answer_by=soon";
    let page = hub.post("/agenda/new", &me, wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in [
        "Error:",
        "href=\"#title\"",
        "href=\"#answer_by\"",
        "Example: kept",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let form = "type=proposal&title=Example%3A+one+aim&text=Example%3A+an+aim&link=";
    let done = hub.post("/agenda/new", &me, form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let id = hub.app.draft_items().await.unwrap()[0].item.id;
    let page = hub.get("/agenda", &me).await.body;
    assert!(page.contains("Publish all drafts") && page.contains(&format!("/agenda/{id}/edit")));
    let page = hub.get(&format!("/agenda/{id}/edit"), &me).await.body;
    assert!(page.contains("Example: an aim"), "{page}");
    let form = "type=proposal&title=Example%3A+one+aim+for+all&text=";
    let done = hub.post(&format!("/agenda/{id}/edit"), &me, form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let done = hub.post("/agenda/publish", &me, "").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let items = hub.app.counted(|at| at.items()).await.unwrap();
    assert_eq!(items[0].item.title, "Example: one aim for all");
    assert_eq!(items[0].item.text, None, "an emptied field is cleared");
    let none = hub.post("/agenda/publish", &me, "").await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.body.contains("no drafts"), "{}", none.body);
    let close = format!("/agenda/{id}/close");
    let page = hub.post(&close, &me, "closed=").await;
    assert_eq!(
        page.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        page.body
    );
    let done = hub.post(&close, &me, "closed=Example%3A+done").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let page = text(&hub.get(&format!("/agenda/{id}"), &me).await.body);
    assert!(page.contains("closed: Example: done"), "{page}");
    let review = "question=Example%3A+what+moved%3F&period=2026-Q3&on=2026-10-12\
                  &decided=Example%3A+go+on&took_part=clinics%0D%0Aschools";
    let done = hub.post("/learning/new", &me, review).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let page = text(&hub.get("/learning", &me).await.body);
    assert!(page.contains("clinics; schools"), "{page}");
    let page = hub.post("/learning/new", &me, "question=&period=x").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    // The ledger names who did it.
    let acts = hub.acts().await;
    for act in [
        "agenda draft",
        "agenda publish",
        "agenda close",
        "review add",
    ] {
        assert!(
            acts.iter()
                .any(|(who, did, _)| did == act && who == "Aroha"),
            "{act}: {acts:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_are_for_people_of_the_national_team_who_signed_in() {
    let hub = Entrance::new().await;
    let mut analyst = hub.person("Rewi", "analyst").await;
    let analyst = hub.sign_in(&mut analyst).await;
    let form = "type=proposal&title=Example";
    let posts = ["/agenda/new", "/agenda/publish", "/learning/new"];
    for path in posts {
        let answer = hub.post(path, &analyst, form).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(hub.app.draft_items().await.unwrap().is_empty());
    // A hub for trying out, whose pages are open to this computer, publishes nothing by a page.
    let scene = Scene::new().await;
    for path in posts {
        assert_eq!(
            scene.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
