//! The parts of a release that are given, and what the ledgers of its locations say of that.

use std::fs;

use axum::http::Method;
use weft_host::clock;

use super::{
    super::{
        access::Entrance,
        web::{ask, site},
    },
    CODES, Scene,
};
use crate::{app::Invitation, release::NewRelease, serve};

impl Scene {
    /// Publishes a release that anybody may read.
    pub(super) async fn publish_open(&self) -> String {
        let new = NewRelease {
            open: true,
            ..self.new_release()
        };
        let id = self.app.propose_release(new, "operator").await.unwrap().id;
        let published = self.app.publish_release(&id, "operator", None).await;
        published.unwrap().id.to_string()
    }

    /// The locations whose ledgers have a subject.
    async fn ledgers_with(&self, subject: &str) -> Vec<String> {
        let reads = self.app.read(|at| at.reads(1_000)).await.unwrap();
        let of = reads.into_iter().filter(|row| row.subject == subject);
        let mut codes: Vec<String> = of.map(|row| row.code).collect();
        codes.sort();
        codes
    }

    /// The readers of a subject, each once.
    async fn readers_of(&self, subject: &str) -> Vec<String> {
        let reads = self.app.read(|at| at.reads(1_000)).await.unwrap();
        let of = reads.into_iter().filter(|row| row.subject == subject);
        let mut readers: Vec<String> = of.map(|row| row.reader).collect();
        readers.sort();
        readers.dedup();
        readers
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_takes_no_stranger_for_the_hubs_own_computer() {
    let scene = Scene::agreed(true).await;
    let id = scene.publish_open().await;
    let invitation = Invitation {
        name: "Aroha".to_owned(),
        organisation: "Example: ministry".to_owned(),
        roles: "analyst".parse().unwrap(),
        named: false,
    };
    scene.app.invite_person(invitation).await.unwrap();
    for path in [
        format!("/data/{id}/"),
        format!("/data/{id}/vaccination.csv"),
    ] {
        assert_eq!(scene.get(&path, &[]).await.0, 200, "{path}");
    }
    for subject in [format!("/data/{id}/"), format!("{id}/vaccination.csv")] {
        let readers = scene.readers_of(&subject).await;
        assert_eq!(readers, ["somebody who did not sign in"], "{subject}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_is_in_the_ledger_if_the_reader_got_some_of_the_file() {
    let scene = Scene::new().await;
    let id = scene.publish().await;
    let path = format!("/data/{id}/vaccination.csv");
    let router = serve::national(&scene.app, &site());
    let head = ask(&router, Method::HEAD, &path, &[], "").await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    let beyond = scene.get(&path, &[("range", "bytes=99999999-")]).await;
    assert_eq!(beyond.0, 416);
    let subject = format!("{id}/vaccination.csv");
    assert!(scene.readers_of(&subject).await.is_empty());
    assert_eq!(scene.get(&path, &[("range", "bytes=0-9")]).await.0, 206);
    assert_eq!(scene.readers_of(&subject).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_repeats_a_release_that_was_withdrawn_since() {
    let mut scene = Scene::new().await;
    let first = scene.publish().await;
    scene.state(0, "2023-05", 330).await;
    let second = scene.publish().await;
    let folder = scene.folder(&second);
    let changes = fs::read_to_string(folder.join("CHANGES.csv")).unwrap();
    assert!(changes.contains("\nchanged,"), "{changes}");
    let zip = format!("vaccination-{}.zip", second.number);
    let repeats = ["CHANGES.csv", &*zip];
    let of = |name: &str| format!("/data/{second}/{name}");
    for name in repeats {
        assert_eq!(scene.get(&of(name), &[]).await.0, 200, "{name}");
    }
    let why = "A slip in one count.";
    let withdrawn = scene.app.withdraw_release(&first, why, "operator").await;
    withdrawn.unwrap();
    for name in repeats {
        let (status, _, text) = scene.get(&of(name), &[]).await;
        let text = String::from_utf8(text).unwrap();
        assert_eq!(status, 410, "{name}");
        assert!(
            text.contains(why) && text.contains(&first.to_string()),
            "{text}"
        );
    }
    assert_eq!(scene.get(&of("vaccination.csv"), &[]).await.0, 200);
    for path in [format!("/data/{second}/"), "/data.json".to_owned()] {
        let page = String::from_utf8(scene.get(&path, &[]).await.2).unwrap();
        assert!(!page.contains(&zip), "{path}: {page}");
    }
    // The next list of changes is since a release that stands.
    let third = scene.publish().await;
    let path = format!("/data/{third}/CHANGES.csv");
    assert_eq!(scene.get(&path, &[]).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_list_of_a_release_is_one_row_however_it_is_asked_for() {
    let scene = Scene::new().await;
    let id = scene.publish().await;
    let hub = Entrance::of(tempfile::TempDir::new().unwrap(), scene.app.clone());
    let mut person = hub.person("Aroha", "analyst").await;
    let session = hub.sign_in(&mut person).await;
    let now = clock::now();
    for ms in 0..10 {
        let moment = now.plus_ms(-ms).rfc3339();
        let path = format!("/api/v1/coverage?dataset=vaccination&as_of={moment}");
        let answer = hub.get(&path, &session).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let reads = scene.app.read(|at| at.reads(1_000)).await.unwrap();
    let of = reads
        .iter()
        .filter(|row| row.act == "read released coverage");
    let of: Vec<_> = of.map(|row| (&*row.subject, row.count)).collect();
    assert_eq!(of, [(&*format!("releases {id}"), 10); 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_changes_is_in_the_ledgers_of_those_in_the_release_before_too() {
    let mut scene = Scene::new().await;
    scene.publish().await;
    // All four leave the sum: three stay in another month, and EC is in none.
    for at in 1..CODES.len() {
        scene.state(at, "2023-06", 400).await;
    }
    let new = NewRelease {
        periods: Some("2023-06".parse().unwrap()),
        ..scene.new_release()
    };
    let id = scene.app.propose_release(new, "operator").await.unwrap().id;
    let published = scene.app.publish_release(&id, "operator", None).await;
    published.unwrap();
    let zip = format!("vaccination-{}.zip", id.number);
    let (all, own) = (["EC", "FN", "RT", "WR"], ["FN", "RT", "WR"]);
    for (name, expected) in [
        ("CHANGES.csv", &all[..]),
        (&zip, &all),
        ("vaccination.csv", &own),
    ] {
        let path = format!("/data/{id}/{name}");
        assert_eq!(scene.get(&path, &[]).await.0, 200, "{name}");
        let found = scene.ledgers_with(&format!("{id}/{name}")).await;
        assert_eq!(found, expected, "{name}");
    }
}
