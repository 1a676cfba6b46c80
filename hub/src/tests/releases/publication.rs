//! A publication goes on alone, leaves what is published alone, and is of what locations say then.

use std::time::Duration;

use weft_host::output::ExitCode;
use weft_shared::model::{Audience, observation::Statement, release::ReleaseId};

use super::{super::figures::statement, Scene, checking, new_release, refused};
use crate::{
    app::AppError,
    release::{NewRelease, ReleaseError},
    store::StoreError,
    tests::commands::run,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_goes_on_if_its_page_is_closed_and_a_second_one_leaves_it_alone() {
    let scene = Scene::new().await;
    let id = scene.propose().await;
    let first = scene.app.publish_release(&id, "operator", None);
    let closed = tokio::time::timeout(Duration::ZERO, first).await;
    assert!(closed.is_err(), "it was done before the page was closed");
    let second = refused(scene.app.publish_release(&id, "operator", None).await);
    assert!(second.contains("is published, so it cannot be"), "{second}");
    scene.app.verify_release(&id).await.unwrap();
    // An error after the act takes nothing away from readers.
    scene.app.clear_release(&id).await;
    scene.app.verify_release(&id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_while_a_release_is_made_stops_it() {
    let mut scene = Scene::new().await;
    let id = scene.propose().await;
    let made = scene.app.ready_release(&id, "operator", None).await;
    let narrowed = Statement {
        audience: Audience::Network,
        ..statement(scene.hash, 314)
    };
    scene.say(2, "2023-05", narrowed).await;
    let error = scene.app.put_out(&id, made.unwrap()).await.unwrap_err();
    let is_meanwhile = matches!(error, ReleaseError::App(AppError::Meanwhile));
    assert!(is_meanwhile, "{error}");
    assert!(!scene.folder(&id).exists());
    let words = refused(scene.app.publish_release(&id, "operator", None).await);
    assert!(words.contains("is not released any more"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_without_a_name_makes_no_second_person_where_there_are_two() {
    let hub = super::super::access::Entrance::new().await;
    let propose = async |by: &str| {
        let proposed = hub.app.propose_release(new_release(), by).await;
        proposed.unwrap().id
    };
    let stops = async |by: &str, publisher: &str| {
        let id = propose(by).await;
        let words = refused(hub.app.publish_release(&id, publisher, None).await);
        hub.app.drop_release(&id, by).await.unwrap();
        words
    };
    let unnamed = "it was proposed without a name";
    let other = "somebody else publishes it";
    hub.person("ana", "national").await;
    // She and the operator may be one, and there is no one else.
    for (by, publisher) in [("operator", "ana"), ("ana", "operator"), ("ana", "ana")] {
        let words = stops(by, publisher).await;
        assert!(
            !words.contains(unnamed) && !words.contains(other),
            "{words}"
        );
    }
    // One of before there were two stands, and says why it never goes out.
    let id = propose("operator").await;
    hub.person("ben", "national").await;
    let words = refused(hub.app.publish_release(&id, "ana", None).await);
    assert!(words.contains(unnamed), "{words}");
    hub.app.drop_release(&id, "ana").await.unwrap();
    let words = refused(hub.app.propose_release(new_release(), "operator").await);
    assert!(words.contains("--by NAME, one of ana, ben"), "{words}");
    let words = stops("ana", "operator").await;
    assert!(
        words.contains("in their name, signed in or with --by NAME: ben"),
        "{words}"
    );
    let words = stops("ana", "ben").await;
    assert!(
        !words.contains(unnamed) && !words.contains(other),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_proposed_a_release_does_not_publish_it_if_there_is_anybody_else() {
    let hub = super::super::access::Entrance::new().await;
    hub.person("one", "national").await;
    hub.person("two", "national").await;
    hub.person("reader", "analyst").await;
    let read = |name: Option<&'static str>| {
        let app = hub.app.clone();
        async move { app.read(move |at| Ok(at.actor(name))).await.unwrap() }
    };
    assert_eq!(read(None).await.unwrap(), "operator");
    assert_eq!(read(Some("One")).await.unwrap(), "one");
    let words = refused(read(Some("reader")).await);
    assert!(words.contains("these are: one, two"), "{words}");

    let id = hub
        .app
        .propose_release(new_release(), "one")
        .await
        .unwrap()
        .id;
    let own = refused(hub.app.publish_release(&id, "one", None).await);
    assert!(
        own.contains("somebody else publishes it, signed in or with --by NAME: two"),
        "{own}"
    );
    let other = refused(hub.app.publish_release(&id, "two", None).await);
    assert!(!other.contains("somebody else"), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_beside_one_name_is_no_second_person() {
    let scene = Scene::new().await;
    let proposed = scene.app.propose_release(new_release(), "one").await;
    let id = proposed.unwrap().id;
    let published = scene
        .app
        .publish_release(&id, "operator", None)
        .await
        .unwrap();
    assert!(!published.second_person);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_prints_the_line_that_publishes_what_somebody_else_proposed() {
    let scene = Scene::new().await;
    let dir = tempfile::tempdir().unwrap();
    let hub = super::super::access::Entrance::of(dir, scene.app.clone());
    for name in ["Ana", "Rev Iewer"] {
        hub.person(name, "national").await;
    }
    let id = scene.app.propose_release(new_release(), "Ana").await;
    let id = id.unwrap().id.to_string();
    let by = "--by 'Rev Iewer' --checked ";
    let next = format!("Next: weft-hub release publish {id} {by}");
    for more in [&[][..], &["--by", "rev iewer"]] {
        let line = [&["release", "check", &id], more].concat();
        let (code, out, _) = run(&hub.app, &line).await;
        assert_eq!(code, ExitCode::Ok, "{out}");
        assert!(out.contains(&next), "{out}");
    }
    let (code, out, _) = run(&hub.app, &["release", "check", &id, "--by", "Ana"]).await;
    assert_eq!(code, ExitCode::NeedsAction, "{out}");
    assert!(!out.contains("--checked"), "{out}");
    let checked = hub
        .app
        .check_release(&id.parse().unwrap(), "operator", checking())
        .await;
    let hash = checked.unwrap().rows_hash;
    let line = [
        "release",
        "publish",
        &id,
        "--by",
        "Rev Iewer",
        "--checked",
        &hash,
    ];
    let (code, _, told) = run(&hub.app, &line).await;
    assert_eq!(code, ExitCode::Ok, "{told}");
}

/// In a shell one person can name two.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_is_one_who_signed_in() {
    let scene = Scene::new().await;
    let app = |(name, is_signed): (&str, bool)| match super::pages::signed(name, true).signed() {
        Some(signed) if is_signed => scene.app.acting_as(signed, None),
        _ => scene.app.clone(),
    };
    for (proposes, publishes, is_second) in [
        (("one", false), ("two", false), false),
        (("one", true), ("two", false), false),
        (("one", false), ("two", true), false),
        (("one", true), ("two", true), true),
        (("one", true), ("one", true), false),
    ] {
        let proposed = app(proposes)
            .propose_release(new_release(), proposes.0)
            .await;
        let id = proposed.unwrap().id;
        let published = app(publishes).publish_release(&id, publishes.0, None).await;
        let published = published.unwrap();
        assert_eq!(published.second_person, is_second, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_the_national_team_meanwhile_publishes_nothing() {
    let scene = Scene::new().await;
    let dir = tempfile::TempDir::new().unwrap();
    let hub = super::super::access::Entrance::of(dir, scene.app.clone());
    hub.person("ana", "national").await;
    hub.person("ben", "national").await;
    let proposed = scene.app.propose_release(new_release(), "ana").await;
    let id = proposed.unwrap().id;
    let made = scene.app.ready_release(&id, "ben", None).await.unwrap();
    let analyst = "analyst".parse().unwrap();
    scene.app.set_roles("ben", analyst).await.unwrap();
    let error = scene.app.put_out(&id, made).await.unwrap_err();
    let is_meanwhile = matches!(error, ReleaseError::App(AppError::Meanwhile));
    assert!(is_meanwhile, "{error}");
    let words = refused(scene.app.publish_release(&id, "ben", None).await);
    assert!(
        words.contains("ben is not of the national team any more"),
        "{words}"
    );
    assert!(!scene.folder(&id).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_itself_decides_while_a_release_is_made_stops_it() {
    let scene = Scene::new().await;
    let id = scene.propose().await;
    let made = scene.app.ready_release(&id, "operator", None).await;
    let index = super::ranks::INDEX;
    scene.app.import_definitions(index).await.unwrap();
    let error = scene.app.put_out(&id, made.unwrap()).await.unwrap_err();
    let is_meanwhile = matches!(error, ReleaseError::App(AppError::Meanwhile));
    assert!(is_meanwhile, "{error}");
    let published = scene.app.publish_release(&id, "operator", None).await;
    published.unwrap();
}

impl Scene {
    /// Publishes a release that corrects another one.
    async fn correct(&self, id: &ReleaseId) -> Result<ReleaseId, ReleaseError> {
        let new = NewRelease {
            supersedes: Some(id.number),
            ..new_release()
        };
        let id = self.app.propose_release(new, "operator").await?.id;
        let published = self.app.publish_release(&id, "operator", None).await;
        published.map(|published| published.id)
    }

    fn changes(&self, id: &ReleaseId) -> String {
        std::fs::read_to_string(self.folder(id).join("CHANGES.csv")).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_corrects_one_that_went_out() {
    let mut scene = Scene::new().await;
    let dropped = scene.propose().await;
    let waits = scene.propose().await;
    scene.app.drop_release(&dropped, "operator").await.unwrap();
    for id in [&dropped, &waits] {
        let words = refused(scene.correct(id).await);
        assert!(words.contains("did not go out"), "{words}");
    }
    let first = scene.publish().await;
    scene.state(0, "2023-05", 330).await;
    let second = scene.correct(&first).await.unwrap();
    let links = scene.app.read(|at| Ok(at.release_links())).await.unwrap();
    assert_eq!(links[&2].supersedes, Some(first.number));
    // The wrong figure is not repeated.
    let changes = scene.changes(&second);
    let mut changes = csv::Reader::from_reader(changes.as_bytes());
    let names = changes.headers().unwrap().clone();
    let row = changes.records().next().unwrap().unwrap();
    assert_eq!(&row[0], "changed");
    let before = names.iter().zip(&row);
    let mut before = before.filter(|(name, _)| name.ends_with("_before"));
    assert!(before.all(|(_, text)| text.is_empty()), "{row:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_release_lists_changes_since_an_open_one() {
    let mut scene = Scene::agreed(true).await;
    let open = scene.publish_open().await;
    scene.state(0, "2023-05", 330).await;
    scene.publish().await;
    let next = scene.publish_open().await;
    let changes = scene.changes(&next.parse().unwrap());
    // The closed one in between has the same figures: since that, nothing changed.
    assert_eq!(changes.lines().count(), 2, "since {open}: {changes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_out_that_another_secret_rounds() {
    let scene = Scene::new().await;
    scene.publish().await;
    let other = scene.app.shared.store.write(|tx| {
        let sql = "UPDATE meta SET value = zeroblob(32) WHERE key = 'round_secret'";
        assert_eq!(tx.execute(sql, [])?, 1);
        Ok::<_, StoreError>(())
    });
    other.await.unwrap();
    let id = scene.propose().await;
    let words = refused(scene.app.publish_release(&id, "operator", None).await);
    assert!(words.contains("another secret"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_withdrawn_with_a_sentence() {
    let scene = Scene::new().await;
    let id = scene.publish().await;
    let long = "x".repeat(501);
    for (why, found) in [
        ("x", "the reason has 1 character, and needs at least 10"),
        (" A slip.  ", "the reason has 7 characters,"),
        (&*long, "at most 500 bytes"),
    ] {
        let said = refused(scene.app.withdraw_release(&id, why, "operator").await);
        let is_clear = said.contains(found) && said.contains("Nothing was withdrawn");
        assert!(is_clear, "{said}");
    }
    scene.app.verify_release(&id).await.unwrap();
    let why = "A slip in one count.";
    let withdrawn = scene.app.withdraw_release(&id, why, "operator").await;
    withdrawn.unwrap();
}
