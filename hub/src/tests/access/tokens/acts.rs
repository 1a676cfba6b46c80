//! The commands about tokens, and what the ledgers say of tokens and of those who read with them.

use axum::http::StatusCode;
use weft_host::{clock, output::ExitCode};
use weft_shared::time::DAY_MS;

use super::LIVE;
use crate::{
    access::scope::Scope,
    tests::{access::Entrance, commands::run, web::Scene},
};

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const ROLLUPS: &str = "/api/v1/rollups?level=all";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_for_a_person_and_says_what_it_is_for() {
    let hub = Entrance::new().await;
    hub.invite("Nikau", "analyst").await;
    let make = async |rest: &[&str]| {
        let words = [&["token", "create"], rest].concat();
        run(&hub.app, &words).await
    };
    let (code, out, err) = make(&["Dashboard"]).await;
    assert_eq!((code, out.as_str()), (ExitCode::Usage, ""), "{err}");
    let next = "weft-hub token create --for NAME --purpose TEXT --days 90";
    assert!(plain(&err).contains(next), "{err}");
    let of = [
        "--for",
        "Nikau",
        "--purpose",
        "Quarterly report",
        "--days",
        "90",
    ];
    let (code, _, err) = make(&of).await;
    assert_eq!(code, ExitCode::NeedsAction);
    assert!(plain(&err).contains("Nikau may not sign in now"), "{err}");
    hub.person("Aroha", "analyst").await;
    let of = [
        "--for",
        "aroha",
        "--purpose",
        "Quarterly report",
        "--days",
        "90",
    ];
    let (code, out, err) = make(&of).await;
    assert_eq!((code, out.lines().count()), (ExitCode::Ok, 1), "{err}");
    let (code, _, err) = make(&[&of[..], &["--scope", "live"]].concat()).await;
    assert_eq!(code, ExitCode::NeedsAction);
    assert!(plain(&err).contains("Next: --scope releases"), "{err}");
    let tokens = hub.app.tokens().await.unwrap();
    assert_eq!(tokens.len(), 1);
    let (_, out, _) = run(&hub.app, &["token", "list"]).await;
    for words in ["Aroha 1", "releases", "Quarterly"] {
        assert!(out.contains(words), "{out}");
    }
    let (code, ..) = run(&hub.app, &["token", "revoke", "Aroha 1"]).await;
    assert_eq!(code, ExitCode::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_lacks_a_part_is_not_made() {
    let hub = Entrance::new().await;
    hub.person("Aroha", "analyst").await;
    let of = ["--for", "Aroha", "--purpose", "Quarterly report"];
    for (wrong, words) in [
        (&of[..], "--days"),
        (&["--for", "Aroha", "--days", "90"], "--purpose"),
        (&["--purpose", "Quarterly report"], "--for"),
        (
            &[
                "--for",
                "Hemi",
                "--purpose",
                "Quarterly report",
                "--days",
                "9",
            ],
            "no person named \"Hemi\", so nothing was changed. There are: Aroha.",
        ),
        (
            &["--for", "Aroha", "--purpose", "Short", "--days", "9"],
            "10 to 200 characters",
        ),
        (
            &[
                "--for",
                "Aroha",
                "--purpose",
                "Quarterly report",
                "--days",
                "366",
            ],
            "365",
        ),
    ] {
        let line = [&["token", "create"], wrong].concat();
        let (code, out, err) = run(&hub.app, &line).await;
        assert_eq!(
            (code, out.as_str()),
            (ExitCode::Usage, ""),
            "{wrong:?}: {err}"
        );
        assert!(plain(&err).contains(words), "{wrong:?}: {err}");
    }
    assert!(hub.app.tokens().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_before_people_signed_in_stands_for_its_90_days() {
    let hub = Entrance::new().await;
    let token = hub.app.create_token("Dashboard").await.unwrap();
    assert_eq!(hub.read(LIVE, &token).await.status, StatusCode::OK);
    hub.person("Aroha", "national").await;
    assert_eq!(hub.read(LIVE, &token).await.status, StatusCode::OK);
    let one = hub.app.tokens().await.unwrap().remove(0);
    assert_eq!((one.person, one.scope), (None, Scope::Live));
    assert_eq!(one.purpose, "before sign-in");
    assert_eq!(one.expires.ms() - one.created.ms(), 90 * DAY_MS);
}

#[tokio::test]
async fn the_ledger_has_each_token_and_its_first_use_of_a_day() {
    // Noon, so that an hour later is the same day.
    let noon = clock::now().ms() / DAY_MS * DAY_MS + DAY_MS / 2;
    let at = |ms: i64| clock::simulate(weft_shared::time::Timestamp::from_ms(noon + ms));
    at(0);
    let hub = Entrance::new().await;
    hub.person("Aroha", "national").await;
    let token = hub.token("Aroha", Scope::Live).await;
    for ms in [0, 1, 3_600_000, DAY_MS, DAY_MS + 1] {
        at(ms);
        assert_eq!(hub.read(LIVE, &token).await.status, StatusCode::OK);
    }
    let used = hub.app.tokens().await.unwrap()[0].used.unwrap();
    assert_eq!(used.ms(), noon + DAY_MS);
    hub.app.revoke_token("Aroha 1").await.unwrap();
    assert_eq!(
        hub.read(LIVE, &token).await.status,
        StatusCode::UNAUTHORIZED
    );
    let acts = hub.acts().await;
    let of = |act: &str| -> Vec<(&str, &str)> {
        let acts = acts.iter().filter(|(_, one, _)| one == act);
        acts.map(|(who, _, subject)| (who.as_str(), subject.as_str()))
            .collect()
    };
    let made = of("token create");
    assert!(
        made[0].1.starts_with("Aroha 1, of Aroha: live, until 2"),
        "{made:?}"
    );
    assert_eq!(of("token use"), [("Aroha", "Aroha 1"); 2]);
    assert_eq!(
        of("token revoke"),
        [("the hub's own computer", "Aroha 1, of Aroha")]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_sees_a_name_only_if_its_person_agreed() {
    let scene = Scene::new().await;
    let hub = Entrance::of(tempfile::tempdir().unwrap(), scene.app.clone());
    for (name, named) in [("Aroha", true), ("Nikau", false)] {
        let path = hub.invite_as(name, "national", named).await;
        let (mut person, _) = hub.enrol(name, &path).await;
        hub.app.confirm_person(name, None).await.unwrap();
        let token = hub.token(name, Scope::Live).await;
        let read = hub.read(ROLLUPS, &token).await;
        assert_eq!(read.status, StatusCode::OK, "{}", read.body);
        let session = hub.sign_in(&mut person).await;
        let page = hub.get("/locations/FN", &session).await;
        assert_eq!(page.status, StatusCode::OK);
    }
    let mut reads = hub.app.reads(100).await.unwrap();
    reads.sort_by_key(|row| row.n);
    let rows = reads.iter().map(|row| {
        assert_eq!(row.organisation, "Example: ministry");
        assert_eq!(row.purpose, "Quarterly report");
        let person = row.person.as_deref().unwrap();
        (row.act.as_str(), row.reader.as_str(), person)
    });
    let expected = [
        ("read rollups", "Aroha", "Aroha"),
        ("opened a page", "Aroha", "Aroha"),
        ("read rollups", "reader 2", "Nikau"),
        ("opened a page", "reader 2", "Nikau"),
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
    let numbers = hub.app.read(|at| Ok(at.readers())).await.unwrap();
    assert_eq!(
        numbers[&2].name, None,
        "the number is that of the list of readers"
    );
}
