//! The parts of a release that are given, and what the ledgers of its locations say of that.

use std::fs;

use axum::http::Method;
use weft_host::{clock, output::ExitCode};
use weft_shared::{id::LocationCode, release::Proof};

use super::{
    super::{
        access::Entrance,
        published,
        web::{ask, site},
    },
    CODES, Scene,
};
use crate::{
    app::Invitation,
    release::NewRelease,
    serve,
    store::{releases, rosters},
};

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

    /// The first proof that one of the locations is sent.
    async fn proof_of(&self, at: usize) -> Option<Proof> {
        let code: LocationCode = CODES[at].0.parse().unwrap();
        let found = self.app.read(move |at| {
            let id = at.place(&code).and_then(|place| place.location_id);
            let lix = rosters::lix(at.conn, &id.unwrap())?.unwrap();
            Ok(releases::proof_after(at.conn, lix, 0)?)
        });
        let sent = found.await.unwrap()?;
        Proof::unpack(&sent.bytes)
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
    let bytes = head.header("content-length");
    let problem: serde_json::Value = serde_json::from_slice(&beyond.2).unwrap();
    assert_eq!(problem["parameter"], "Range");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(&format!("has {bytes} bytes")), "{detail}");
    let last = bytes.parse::<u64>().unwrap() - 1;
    let whole = serde_json::json!([format!("bytes=0-{last}")]);
    assert_eq!(problem["allowed"], whole);
    let header = |name: &str| beyond.1.get(name).and_then(|one| one.to_str().ok());
    assert_eq!(header("content-range"), Some(&*format!("bytes */{bytes}")));
    assert_eq!(header("content-type"), Some("application/problem+json"));
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

/// Acceptance 8: a location sees what analysts see of it, also of figures that it did not make.
#[tokio::test(flavor = "multi_thread")]
async fn a_location_gets_the_rows_that_an_office_published_about_it() {
    let mut scene = Scene::new().await;
    // The first of four made nothing of this release: its yes is taken back.
    scene.agree(0, None).await;
    let rows = ["EAST,2023-06 910,1000,A"];
    let (code, words) = published::import(&scene.app, "2024-03-06", &rows).await;
    assert_eq!(code, ExitCode::Ok, "{words}");
    let id = scene.publish().await;
    let proof = scene.proof_of(0).await.expect("rows about it");
    assert_eq!((&proof.release, proof.counted.len()), (&id, 0));
    let rows = proof.rows.expect("they are few");
    let own = rows.iter().filter(|row| row.location_code.is_some());
    let own: Vec<_> = own
        .map(|row| (row.period.as_str(), row.value.is_some()))
        .collect();
    assert_eq!(own, [("2023-06", true)]);
    assert!(rows.iter().any(|row| row.level == "network"), "{rows:?}");
    // Each row is as the file has it.
    let found = scene.app.read(move |at| {
        let view = at.release(&id).unwrap();
        let of = at.release_contributors(&view)?;
        Ok((at.release_content(&view).unwrap(), of))
    });
    let (content, of) = found.await.unwrap();
    for row in &rows {
        assert!(content.rows().any(|one| one == row), "{row:?}");
    }
    // It is none of those whose numbers are in the release.
    let of: Vec<&str> = of.iter().map(LocationCode::as_str).collect();
    assert_eq!(of, ["FN", "RT", "WR"]);
}
