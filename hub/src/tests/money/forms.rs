//! The forms of money: added, divided, changed and ended by the national team, and by no one else.

use axum::http::StatusCode;

use super::{adding, ok};
use crate::{
    app::InvestmentView,
    kit,
    tests::{access::Entrance, web::Scene},
};

const ADDED: &str = "title=Example%3A+fund&funder=Example%3A+ministry&kind=cash&amount=120+000\
                     &from=2026-07-01&to=2028-06-30&status=committed&identifier=EX-1\
                     &source=Example%3A+Budget&audience=network&locations=FN&outcomes=VAX";

/// A hub with two locations and an outcome, and somebody of the national team.
async fn signed_in() -> (Entrance, String) {
    let hub = Entrance::new().await;
    for code in ["FN", "WT"] {
        kit::add_location(&hub.app, code, &[]).await;
    }
    let outcome = ["outcome", "add", "VAX", "--name", "Example: protected"];
    ok(&hub.app, &outcome).await;
    let mut person = hub.person("Aroha", "national").await;
    let me = hub.sign_in(&mut person).await;
    (hub, me)
}

async fn only(hub: &Entrance) -> InvestmentView {
    let all = hub.app.counted(|at| at.investments()).await.unwrap().0;
    assert_eq!(all.len(), 1);
    all.into_iter().next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_national_team_adds_divides_changes_and_ends_money_by_forms() {
    let (hub, me) = signed_in().await;
    let page = hub.get("/money", &me).await.body;
    assert!(page.contains("href=\"/money/new\""), "{page}");
    let page = hub.get("/money/new", &me).await.body;
    for words in [
        "value=\"ALL\"",
        "value=\"FN\"",
        "value=\"VAX\"",
        "value=\"released\"",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    // All problems at once, each beside its field, and nothing that was typed is lost.
    let wrong = "title=&kind=gold&amount=none&note=Example%3A+kept&locations=WT&audience=network";
    let page = hub.post("/money/new", &me, wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in [
        "Error:",
        "href=\"#title\"",
        "href=\"#kind\"",
        "href=\"#amount\"",
        "href=\"#source\"",
        "Example: kept",
        "value=\"WT\" checked",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let done = hub.post("/money/new", &me, ADDED).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let id = only(&hub).await.investment.id;
    assert_eq!(done.header("location"), format!("/money/{id}"));
    // A line, the same again with another amount, and one that is too much.
    let line = format!("/money/{id}/line");
    let of = "what=committed&period=FY2027&location=FN&outcome=VAX&amount=";
    for amount in ["50000", "60000"] {
        let done = hub.post(&line, &me, &format!("{of}{amount}")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    }
    lines_say_what_they_replace(&hub, &me, (&line, of)).await;
    let page = hub.post(&line, &me, &format!("{of}120001")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("href=\"#amount\""), "{}", page.body);
    let lines = only(&hub).await.lines;
    let [(key, stated)] = lines.as_slice() else {
        panic!("one line: {lines:?}")
    };
    assert_eq!(stated.amount.to_string(), "60000");
    let page = hub.get(&format!("/money/{id}"), &me).await.body;
    assert!(page.contains(&format!("value=\"{key}\"")), "{page}");
    let again = format!("{line}?line={}", key.to_string().replace('/', "%2F"));
    let page = hub.get(&again, &me).await.body;
    assert!(page.contains("value=\"60000\""), "{page}");
    // A part begins with what its whole says.
    let page = hub.get("/money/new?part_of=EX-1", &me).await.body;
    for words in [
        "value=\"EX-1\"",
        "Example: ministry",
        "value=\"2028-06-30\"",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let back = format!("{line}/back");
    let done = hub.post(&back, &me, &format!("line={key}")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert!(only(&hub).await.lines.is_empty());
    money_ends_by_the_form(&hub, &me).await;
    acts_name_who_did_them(&hub).await;
}

/// A line over another one, and one without a place, are told on the page of the investment.
async fn lines_say_what_they_replace(hub: &Entrance, me: &str, (line, of): (&str, &str)) {
    let id = only(hub).await.investment.id;
    let nowhere = "Where no location is stated";
    let after = format!("/money/{id}?done=replaced");
    let page = hub.get(&after, me).await.body;
    assert!(page.contains("takes the place of the one before"), "{page}");
    assert!(!page.contains(nowhere), "{page}");
    let unplaced = "what=spent&period=FY2027&amount=5";
    let done = hub.post(line, me, unplaced).await;
    assert_eq!(done.header("location"), format!("/money/{id}#lines"));
    let page = hub.get(&format!("/money/{id}"), me).await.body;
    assert!(page.contains(nowhere), "{page}");
    let key = only(hub).await.lines[1].0.to_string();
    let back = format!("{line}/back");
    hub.post(&back, me, &format!("line={key}")).await;
    let done = hub.post(line, me, &format!("{of}50000")).await;
    assert_eq!(
        done.header("location"),
        format!("/money/{id}?done=replaced#lines")
    );
    hub.post(line, me, &format!("{of}60000")).await;
}

async fn money_ends_by_the_form(hub: &Entrance, me: &str) {
    let id = only(hub).await.investment.id;
    let ended = format!(
        "{}&seen={}",
        ADDED
            .replace("committed", "ended")
            .replace("&outcomes=VAX", ""),
        only(hub).await.mark
    );
    let done = hub.post(&format!("/money/{id}/edit"), me, &ended).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let one = only(hub).await.investment;
    assert_eq!(one.status.word(), "ended");
    assert!(
        one.outcomes.is_empty(),
        "what is no longer chosen is cleared"
    );
}

/// The ledger names who did it, as it does for a command.
async fn acts_name_who_did_them(hub: &Entrance) {
    let acts = hub.acts().await;
    for act in [
        "investment add",
        "investment line",
        "investment line back",
        "investment edit",
    ] {
        let by = |(who, did, _): &(String, String, String)| did == act && who == "Aroha";
        assert!(acts.iter().any(by), "{act}: {acts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_opened_before_somebody_else_saved_overwrites_nothing() {
    let (hub, me) = signed_in().await;
    hub.post("/money/new", &me, ADDED).await;
    let before = only(&hub).await;
    let edit = format!("/money/{}/edit", before.investment.id);
    ok(
        &hub.app,
        &["investment", "edit", "EX-1", "--amount", "90000"],
    )
    .await;
    let typed = ADDED.replace("Example%3A+fund", "Example%3A+ours");
    let page = hub
        .post(&edit, &me, &format!("{typed}&seen={}", before.mark))
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mark = only(&hub).await.mark;
    for words in ["Somebody changed", "90000", "Example: ours", mark.as_str()] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert_eq!(only(&hub).await.investment.title, "Example: fund");
    // After a look at it, the same may be saved again.
    let done = hub.post(&edit, &me, &format!("{typed}&seen={mark}")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let one = only(&hub).await.investment;
    assert_eq!(one.amount.unwrap().to_string(), "120000");
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_money_are_for_people_of_the_national_team_who_signed_in() {
    let (hub, me) = signed_in().await;
    hub.post("/money/new", &me, ADDED).await;
    let id = only(&hub).await.investment.id;
    let mut analyst = hub.person("Rewi", "analyst").await;
    let analyst = hub.sign_in(&mut analyst).await;
    let posts = [
        "new",
        &format!("{id}/edit"),
        &format!("{id}/line"),
        &format!("{id}/line/back"),
    ]
    .map(|end| format!("/money/{end}"));
    for path in &posts {
        let answer = hub.post(path, &analyst, ADDED).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    // Neither what a location states nor what is not there has a form.
    for end in ["edit", "line"] {
        let path = format!("/money/01980000-0000-7000-8000-000000000001/{end}");
        assert_eq!(
            hub.get(&path, &me).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    only(&hub).await;
    // A hub for trying out, whose pages are open to this computer, takes no forms.
    let scene = Scene::new().await;
    ok(&scene.app, &adding("EX-1", "5", &[])).await;
    let page = scene.get("/money").await.body;
    assert!(!page.contains("/money/new"), "{page}");
    for path in &posts {
        assert_eq!(
            scene.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
