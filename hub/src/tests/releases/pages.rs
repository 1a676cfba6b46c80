//! The pages of those who make releases: the same acts as the commands, for the national team.

use std::sync::Arc;

use axum::{
    Extension,
    http::{Method, StatusCode},
};
use weft_shared::model::release::ReleaseId;

use super::{
    super::{
        access::Entrance,
        web::{Answer, ask, site},
    },
    Scene,
};
use crate::{
    access::{
        routes::{self, Need, Verdict},
        visitor::{ReadsAs, Signed, Visitor},
    },
    pages,
    release::NewRelease,
};

const FORM: &str = "dataset=vaccination&title=Vaccination&indicator=VAX_PRIMARY&notice_days=";

/// A person of the national team who signed in lately.
pub(super) fn signed(name: &str, by_passkey: bool) -> Visitor {
    Visitor::Signed(Arc::new(Signed {
        session: 1,
        person: 1,
        name: name.to_owned(),
        organisation: "Example: ministry".to_owned(),
        reads_as: ReadsAs::person((1, name, false), "Example: ministry", "Example: a release"),
        roles: "national".parse().unwrap(),
        needs_passkey: false,
        purpose: "Example: a release".to_owned(),
        by_passkey,
        fresh: true,
        resets: Vec::new(),
    }))
}

/// The hash of the rows that a page shows.
fn checked(page: &str) -> String {
    let after = page.split("name=\"checked\" value=\"").nth(1).unwrap();
    after.split('"').next().unwrap().to_owned()
}

impl Scene {
    /// Asks for a page as somebody whom the door let in. With a form it is sent.
    async fn as_person(&self, visitor: Visitor, path: &str, form: Option<&str>) -> Answer {
        let router = pages::national(&self.app, &site()).layer(Extension(visitor));
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let method = form.map_or(Method::GET, |_| Method::POST);
        ask(&router, method, path, &headers, form.unwrap_or_default()).await
    }

    async fn withdraw_on_page(&self, path: &str) {
        let data = path.replace("/releases/", "/data/");
        let empty = Some("act=withdraw&reason=+");
        let empty = self.as_person(signed("one", false), path, empty).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        let why = Some("act=withdraw&reason=A+slip+in+one+count.");
        let gone = self.as_person(signed("one", false), path, why).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER);
        assert_eq!(self.get(&format!("{data}/"), &[]).await.0, 410);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_proposed_checked_published_and_withdrawn_on_pages() {
    let scene = Scene::new().await;
    let list = scene
        .as_person(signed("one", false), "/releases", None)
        .await;
    assert_eq!(list.status, StatusCode::OK);
    assert!(
        list.body.contains("Nothing has been proposed yet."),
        "{}",
        list.body
    );
    assert!(list.body.contains("value=\"VAX_PRIMARY\""), "{}", list.body);
    let sent = scene
        .as_person(signed("one", false), "/releases", Some(&format!("{FORM}0")))
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let path = sent.header("location").to_owned();
    assert!(path.starts_with("/releases/vaccination/"), "{path}");

    let page = scene.as_person(signed("one", true), &path, None).await;
    let form = format!("act=publish&checked={}", checked(&page.body));
    for part in [
        "Can it go out?",
        "Nothing stops it.",
        "FN said yes to VAX_PRIMARY",
        "the teams have no notice",
        "by one.",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    let page = scene.as_person(signed("one", false), &path, None).await;
    assert!(
        page.body.contains("Publishing needs a passkey"),
        "{}",
        page.body
    );
    let publish = Some(form.as_str());
    let refused = scene.as_person(signed("one", false), &path, publish).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Error: "), "{}", refused.body);

    let done = scene.as_person(signed("two", true), &path, publish).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let page = scene.as_person(signed("one", false), &path, None).await;
    assert!(page.body.contains("by two."), "{}", page.body);
    let data = path.replace("/releases/", "/data/");
    assert_eq!(
        scene.get(&format!("{data}/vaccination.json"), &[]).await.0,
        200
    );
    let again = scene.as_person(signed("two", true), &path, publish).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        again
            .body
            .contains("is published, so it cannot be published")
    );

    scene.withdraw_on_page(&path).await;

    let ledger = scene.app.read(|at| at.ledger(1_000)).await.unwrap();
    let acts = ledger.iter().filter(|row| row.act.starts_with("release "));
    let acts: Vec<String> = acts
        .map(|row| format!("{} {}: {}", row.who, row.act, row.subject))
        .collect();
    let id = path.trim_start_matches("/releases/");
    let expected = [
        format!("one release withdraw: {id} by one"),
        format!("two release publish: {id} by two"),
        format!("one release propose: {id} by one"),
    ];
    assert_eq!(acts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_with_the_form_of_a_proposal_is_said_and_what_was_typed_stays() {
    let scene = Scene::new().await;
    let send = async |form: &str| {
        scene
            .as_person(signed("one", false), "/releases", Some(form))
            .await
    };
    let wrong = "dataset=A+B&title=Kept+title&period=soon&notice_days=many&supersedes=x&open=yes";
    let page = send(wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "<title>Error: Releases",
        "is not a code of a dataset",
        "<a href=\"#notice_days\">The days of notice are a whole number from 0 to 90.",
        "is not a number of a release",
        "value=\"Kept title\"",
        "value=\"soon\"",
        "name=\"open\" value=\"yes\" checked",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    let unknown = send("dataset=vaccination&indicator=%3Cb%3E&notice_days=0").await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!unknown.body.contains("<b>"), "{}", unknown.body);
    let bare = send("dataset=vaccination&notice_days=91").await;
    for part in ["title", "no indicators", "90 days"] {
        assert!(bare.body.contains(part), "{part} in {}", bare.body);
    }
    for form in ["act=burn", "", "act="] {
        let id = scene.propose().await;
        let path = format!("/releases/{id}");
        let page = scene
            .as_person(signed("one", true), &path, Some(form))
            .await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(page.body.contains("names no act"), "{}", page.body);
        let dropped = scene
            .as_person(signed("one", true), &path, Some("act=drop"))
            .await;
        assert_eq!(dropped.status, StatusCode::SEE_OTHER);
    }
    for path in [
        "/releases/vaccination/2020.1",
        "/releases/%3Cb%3E/2020.1",
        "/releases/x/y",
    ] {
        let page = scene.as_person(signed("one", true), path, None).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!page.body.contains("<b>"), "{}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_making_of_releases_is_for_the_national_team_that_signed_in_lately() {
    let hub = Entrance::new().await;
    // A hub without people has no one who could answer for a release.
    assert_eq!(hub.get("/releases", "").await.status, StatusCode::NOT_FOUND);
    let mut analyst = hub.person("analyst", "analyst").await;
    let mut maker = hub.person("maker", "national").await;
    let (analyst, maker) = (
        hub.sign_in(&mut analyst).await,
        hub.sign_in(&mut maker).await,
    );
    let form = format!("{FORM}0");
    for path in ["/releases", "/releases/vaccination/2026.1"] {
        for answer in [hub.get(path, "").await, hub.post(path, "", &form).await] {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
            assert!(answer.header("location").starts_with("/sign-in"));
        }
        for answer in [
            hub.get(path, &analyst).await,
            hub.post(path, &analyst, &form).await,
        ] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    assert_eq!(hub.get("/releases", &maker).await.status, StatusCode::OK);
    // Another site's form is stopped before anything reads it.
    let headers = [
        ("cookie", maker.as_str()),
        ("origin", "https://elsewhere.example"),
        ("sec-fetch-site", "cross-site"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let foreign = ask(&hub.router, Method::POST, "/releases", &headers, &form).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let Visitor::Signed(lately) = signed("maker", true) else {
        unreachable!()
    };
    let before = Signed {
        fresh: false,
        ..Signed::clone(&lately)
    };
    let before = Visitor::Signed(Arc::new(before));
    assert_eq!(
        routes::judge(Need::Maker, &before, true),
        Verdict::SignInAgain
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_publishes_the_rows_that_were_checked_or_nothing() {
    let mut scene = Scene::new().await;
    let id = scene.propose().await;
    let path = format!("/releases/{id}");
    let page = scene.as_person(signed("one", true), &path, None).await;
    let form = format!("act=publish&checked={}", checked(&page.body));
    // A location says no between the check and the button.
    scene.agree(0, None).await;
    for form in [form.as_str(), "act=publish"] {
        let page = scene
            .as_person(signed("one", true), &path, Some(form))
            .await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            page.body.contains("is not what was checked"),
            "{}",
            page.body
        );
        assert!(page.body.contains("EC is still to answer"), "{}", page.body);
    }
    assert!(!scene.folder(&id).exists());
    let page = scene.as_person(signed("one", true), &path, None).await;
    let form = format!("act=publish&checked={}", checked(&page.body));
    let done = scene
        .as_person(signed("one", true), &path, Some(&form))
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_release_names_the_release_that_corrects_it() {
    let scene = Scene::new().await;
    let first = scene.publish().await;
    let page = async |id: &ReleaseId| {
        let (status, _, body) = scene.get(&format!("/data/{id}/"), &[]).await;
        (status, String::from_utf8(body).unwrap())
    };
    let new = NewRelease {
        supersedes: Some(first.number),
        ..scene.new_release()
    };
    let second = scene.app.propose_release(new, "operator").await.unwrap().id;
    let words = "corrects this one";
    assert!(!page(&first).await.1.contains(words), "it is not out");
    let done = scene.app.publish_release(&second, "operator", None).await;
    done.unwrap();
    let body = page(&first).await.1;
    let link = format!("<a href=\"/data/{second}/\">Release {}</a>", second.number);
    assert!(body.contains(words) && body.contains(&link), "{body}");
    assert!(!page(&second).await.1.contains(words));
    let why = "A slip in one count.";
    let done = scene.app.withdraw_release(&first, why, "operator").await;
    done.unwrap();
    let (status, body) = page(&first).await;
    assert_eq!(status, 410);
    assert!(body.contains("which corrects it"), "{body}");
    let done = scene.app.withdraw_release(&second, why, "operator").await;
    done.unwrap();
    assert!(!page(&first).await.1.contains("which corrects it"));
    // The dataset's address says why too, once nothing of it is left.
    let (status, _, body) = scene.get("/data/vaccination", &[]).await;
    let body = String::from_utf8(body).unwrap();
    assert_eq!(status, 410);
    assert!(body.contains(why), "{body}");
    let (status, headers, _) = scene.get("/data/vaccination/latest/", &[]).await;
    assert_eq!(status, 308);
    assert_eq!(headers["location"], "/data/vaccination/latest");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_names_the_person_or_the_operator_at_the_hubs_computer() {
    let scene = Scene::new().await;
    let id = scene.propose().await;
    let published = scene.app.publish_release(&id, "Aroha", None).await;
    published.unwrap();
    let path = format!("/releases/{id}");
    let page = scene.as_person(signed("one", true), &path, None).await;
    for part in [" by the operator, at the hub’s own computer.", " by Aroha."] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
}
