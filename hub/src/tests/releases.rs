//! Releases over the real store and the real disk.

mod answers;
mod changed;
mod diff;
mod files;
mod given;
mod kept;
mod meaning;
mod pages;
mod publication;
mod ranks;
mod related;

use std::{collections::BTreeSet, fs, path::PathBuf};

use axum::{
    body::Body,
    http::{HeaderMap, Request},
};
use tower::ServiceExt as _;
use weft_shared::{
    id::DefinitionHash,
    model::{
        Audience,
        indicator::Rows,
        number::Number,
        observation::Statement,
        profile::{Adoption, AdoptionStatus},
        release::{ReleaseId, ReleaseState},
    },
    release::Manifest,
};

use super::figures::{definition, key, statement};
use crate::{
    app::{AppHandle, Reading},
    kit::{self, Device},
    release::{NewRelease, ReleaseError},
    serve,
};

const CODES: [(&str, &str); 4] = [
    ("EC", "EAST"),
    ("FN", "NORTH"),
    ("RT", "ROTO"),
    ("WR", "WAIRO"),
];

pub(super) struct Scene {
    _dir: tempfile::TempDir,
    pub(super) app: AppHandle,
    hash: DefinitionHash,
    devices: Vec<Device>,
    /// Whether locations agree that anybody may read their releases.
    open: bool,
}

impl Scene {
    /// Four locations, each with a released value of one month.
    pub(super) async fn new() -> Self {
        Self::agreed(false).await
    }

    async fn agreed(open: bool) -> Self {
        let (dir, app) = kit::hub().await;
        let hash = definition(&app).await;
        let mut scene = Self {
            _dir: dir,
            app,
            hash,
            devices: Vec::new(),
            open,
        };
        for (at, (code, area)) in CODES.iter().enumerate() {
            let code = kit::add_location(&scene.app, code, &[area]).await;
            scene.devices.push(Device::found(&scene.app, &code).await);
            scene.agree(at, Some(Rows::Network)).await;
            scene
                .state(at, "2023-05", 300 + 7 * i64::try_from(at).unwrap())
                .await;
        }
        scene
    }

    pub(super) async fn agree(&mut self, at: usize, releases: Option<Rows>) {
        let of = ("VAX_PRIMARY", self.hash);
        self.agree_to(at, of, releases).await;
    }

    async fn agree_to(
        &mut self,
        at: usize,
        (code, definition): (&str, DefinitionHash),
        releases: Option<Rows>,
    ) {
        let adoption = Adoption {
            status: AdoptionStatus::Adopted,
            definition,
            audience: Audience::Released,
            reason: None,
            releases,
            open: self.open.then_some(true),
        };
        let code = code.parse().unwrap();
        let entry =
            self.devices[at].edit("profile", |editor| editor.put_adoption(&code, &adoption));
        self.devices[at].push(&self.app, entry).await;
    }

    async fn state(&mut self, at: usize, period: &str, numerator: i64) {
        let statement = Statement {
            denominator: Some(Number::from(1_000)),
            audience: Audience::Released,
            ..statement(self.hash, numerator)
        };
        self.say(at, period, statement).await;
    }

    async fn say(&mut self, at: usize, period: &str, statement: Statement) {
        let key = key(CODES[at].1, period);
        let put = |editor: &mut weft_shared::document::Editor<'_>| {
            editor.put_observation(&key, &statement, None)
        };
        let entry = self.devices[at].edit("observations/2023", put);
        self.devices[at].push(&self.app, entry).await;
    }

    fn new_release(&self) -> NewRelease {
        new_release()
    }

    async fn propose(&self) -> ReleaseId {
        let proposed = self
            .app
            .propose_release(self.new_release(), "operator")
            .await;
        proposed.unwrap().id
    }

    pub(super) async fn publish(&self) -> ReleaseId {
        let id = self.propose().await;
        self.app
            .publish_release(&id, "operator", None)
            .await
            .unwrap();
        id
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Vec<u8>) {
        let mut request = Request::builder().uri(path).header("host", "127.0.0.1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let answer = serve::national(&self.app, &super::web::site())
            .oneshot(request)
            .await
            .unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = axum::body::to_bytes(answer.into_body(), 1 << 24)
            .await
            .unwrap();
        (status, headers, body.to_vec())
    }

    fn folder(&self, id: &ReleaseId) -> PathBuf {
        let folder = self
            .app
            .data_dir()
            .path("releases")
            .join(id.dataset.as_str());
        folder.join(id.number.to_string())
    }

    fn csv(&self, id: &ReleaseId) -> Vec<Vec<String>> {
        let bytes = fs::read(self.folder(id).join("vaccination.csv")).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let names: Vec<String> = reader
            .headers()
            .unwrap()
            .iter()
            .map(str::to_owned)
            .collect();
        let wanted = [
            "period",
            "numerator",
            "denominator",
            "status_reason",
            "n_locations",
        ];
        let wanted = wanted.map(|name| names.iter().position(|one| one == name).unwrap());
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            wanted.iter().map(|at| row[*at].to_owned()).collect()
        });
        rows.collect()
    }
}

fn new_release() -> NewRelease {
    NewRelease {
        dataset: "vaccination".parse().unwrap(),
        title: Some("Vaccination".to_owned()),
        indicators: BTreeSet::from(["VAX_PRIMARY".parse().unwrap()]),
        periods: None,
        notice_days: 0,
        open: false,
        supersedes: None,
    }
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, ReleaseError>) -> String {
    outcome.unwrap_err().to_string()
}

/// A reviewer in a shell.
fn checking() -> Reading {
    Reading::here("release check", "prevention/2026.1")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_goes_out_whole_with_its_manifest_in_the_chain() {
    let scene = Scene::new().await;
    let id = scene.publish().await;
    assert_eq!(id.to_string(), format!("vaccination/{}", id.number));
    let names: BTreeSet<String> = fs::read_dir(scene.folder(&id))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for name in [
        "CHANGES.csv",
        "LICENCE.txt",
        "README.txt",
        "SHA256SUMS",
        "datapackage.json",
        "dictionary.csv",
        "manifest.json",
        "vaccination.csv",
        "vaccination.json",
        "vaccination.parquet",
        "vaccination.xlsx",
    ] {
        assert!(names.contains(name), "{name} in {names:?}");
    }
    let rows = scene.csv(&id);
    let [row] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    let count = |text: &str| text.parse::<i64>().unwrap();
    // 300 + 307 + 314 + 321 of 4 x 1,000.
    assert!((count(&row[1]) - 1_242).abs() <= 2, "{row:?}");
    assert_eq!(count(&row[1]) % 3, 0);
    assert!((count(&row[2]) - 4_000).abs() <= 2, "{row:?}");
    assert_eq!((&*row[3], &*row[4]), ("", "4"));

    let verified = scene.app.verify_release(&id).await.unwrap();
    assert!(verified.files >= 8, "{}", verified.files);
    let links = scene.app.read(|at| Ok(at.release_links())).await.unwrap();
    assert_eq!(links.len(), 1);
    let text = fs::read_to_string(scene.folder(&id).join("manifest.json")).unwrap();
    assert_eq!(links[&1].manifest, Manifest::hash(&text));
    let manifest = Manifest::decode(&text).unwrap();
    let codes: Vec<&str> = manifest
        .locations
        .iter()
        .map(|one| one.code.as_str())
        .collect();
    assert_eq!(codes, ["EC", "FN", "RT", "WR"]);
    assert!(!manifest.second_person);

    // A second look finds a file that was touched.
    fs::write(scene.folder(&id).join("vaccination.csv"), "x").unwrap();
    let words = refused(scene.app.verify_release(&id).await);
    assert!(
        words.contains("vaccination.csv is not as it was published"),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_said_yes_is_left_out_of_rows_and_sum() {
    let mut scene = Scene::new().await;
    scene.agree(0, None).await;
    let id = scene.propose().await;
    let checked = scene.app.check_release(&id, "operator", checking());
    let checked = checked.await.unwrap();
    assert_eq!(checked.stops, []);
    let said = checked.consents.join("\n");
    assert!(
        said.contains("EC is still to answer about VAX_PRIMARY"),
        "{said}"
    );
    scene
        .app
        .publish_release(&id, "operator", None)
        .await
        .unwrap();
    let rows = scene.csv(&id);
    assert!(
        (rows[0][1].parse::<i64>().unwrap() - 942).abs() <= 2,
        "{rows:?}"
    );
    assert_eq!(rows[0][3], "3 of 4 locations");
    let text = fs::read_to_string(scene.folder(&id).join("manifest.json")).unwrap();
    let manifest = Manifest::decode(&text).unwrap();
    assert_eq!(manifest.locations.len(), 3);
    assert_eq!(
        manifest.left_out[&"EC".parse().unwrap()],
        "it has not said yes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_locations_are_no_sum_and_the_row_says_only_that_it_is_withheld() {
    let mut scene = Scene::new().await;
    scene.agree(0, None).await;
    scene.agree(1, None).await;
    let id = scene.propose().await;
    let checked = scene.app.check_release(&id, "operator", checking());
    let checked = checked.await.unwrap();
    assert_eq!(checked.withheld.len(), 1, "{checked:?}");
    scene
        .app
        .publish_release(&id, "operator", None)
        .await
        .unwrap();
    let rows = scene.csv(&id);
    assert_eq!(rows[0], ["2023-05", "", "", "withheld", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_waits_for_its_day_and_goes_out_once() {
    let scene = Scene::new().await;
    let new = NewRelease {
        notice_days: 14,
        ..scene.new_release()
    };
    let proposed = scene.app.propose_release(new, "operator").await.unwrap();
    let words = refused(
        scene
            .app
            .publish_release(&proposed.id, "operator", None)
            .await,
    );
    assert!(words.contains("teams have until"), "{words}");
    assert!(!scene.folder(&proposed.id).exists());
    scene
        .app
        .drop_release(&proposed.id, "operator")
        .await
        .unwrap();
    let words = refused(
        scene
            .app
            .publish_release(&proposed.id, "operator", None)
            .await,
    );
    assert!(
        words.contains("is dropped, so it cannot be published"),
        "{words}"
    );

    let id = scene.publish().await;
    let words = refused(scene.app.publish_release(&id, "operator", None).await);
    assert!(
        words.contains("is published, so it cannot be published"),
        "{words}"
    );
    scene
        .app
        .withdraw_release(&id, "A slip in one count.", "operator")
        .await
        .unwrap();
    let states = scene
        .app
        .read(|at| Ok(at.releases()))
        .await
        .unwrap()
        .unwrap();
    let states: Vec<ReleaseState> = states.iter().map(|one| one.row.state).collect();
    // Releases that went out come first, in the order of the chain.
    assert_eq!(states, [ReleaseState::Withdrawn, ReleaseState::Dropped]);
    let links = scene.app.read(|at| Ok(at.release_links())).await.unwrap();
    assert_eq!(links.len(), 2);
    assert_eq!(links[&2].before, Some(links[&1].hash()));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_with_a_proposal_is_said_at_once() {
    let scene = Scene::new().await;
    let new = NewRelease {
        title: None,
        indicators: BTreeSet::from(["NO_SUCH".parse().unwrap()]),
        notice_days: 91,
        supersedes: Some("2020.1".parse().unwrap()),
        ..scene.new_release()
    };
    let words = refused(scene.app.propose_release(new, "operator").await);
    for part in ["needs its title", "NO_SUCH", "90 days", "2020.1"] {
        assert!(words.contains(part), "{part} in {words}");
    }
    let title = Some("x".repeat(4_000));
    let new = scene.new_release();
    let long = NewRelease { title, ..new };
    let long = refused(scene.app.propose_release(long, "operator").await);
    assert_eq!(long, "a title has at most 300 bytes");
    let notices = scene.app.read(|at| Ok(at.notices())).await.unwrap();
    assert!(notices.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_release_needs_the_yes_of_each_location_in_it_to_that() {
    let scene = Scene::new().await;
    let new = NewRelease {
        open: true,
        ..scene.new_release()
    };
    let id = scene.app.propose_release(new, "operator").await.unwrap().id;
    let words = refused(scene.app.publish_release(&id, "operator", None).await);
    assert!(
        words.contains("FN did not agree that anybody may read VAX_PRIMARY"),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_counts_are_shown_as_the_same_numbers_and_changes_are_listed() {
    let mut scene = Scene::new().await;
    let first = scene.publish().await;
    let second = scene.publish().await;
    assert_eq!(scene.csv(&first), scene.csv(&second));
    let changes = |id: &ReleaseId| {
        fs::read_to_string(scene.folder(id).join("CHANGES.csv"))
            .unwrap()
            .lines()
            .count()
    };
    assert_eq!((changes(&first), changes(&second)), (1, 1));
    scene.state(0, "2023-05", 330).await;
    scene.state(0, "2023-06", 330).await;
    let third = scene.publish().await;
    let text = fs::read_to_string(scene.folder(&third).join("CHANGES.csv")).unwrap();
    let kinds: Vec<&str> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(kinds, ["changed", "added"], "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_repeat_no_figure_that_was_withdrawn_or_is_gone() {
    let mut scene = Scene::new().await;
    for at in 0..CODES.len() {
        scene.state(at, "2023-06", 400).await;
    }
    let first = scene.publish().await;
    let why = "A slip in one count.";
    scene
        .app
        .withdraw_release(&first, why, "operator")
        .await
        .unwrap();
    let second = scene.publish().await;
    let changes = |id: &ReleaseId| fs::read_to_string(scene.folder(id).join("CHANGES.csv"));
    assert_eq!(
        changes(&second).unwrap().lines().count(),
        1,
        "only headings"
    );
    let new = NewRelease {
        periods: Some("2023-05".parse().unwrap()),
        ..scene.new_release()
    };
    let third = scene.app.propose_release(new, "operator").await.unwrap().id;
    scene
        .app
        .publish_release(&third, "operator", None)
        .await
        .unwrap();
    let text = changes(&third).unwrap();
    let gone = text.lines().find(|line| line.starts_with("gone,")).unwrap();
    assert!(gone.contains(",2023-06,"), "{gone}");
    assert!(!gone.contains("160") && !gone.contains("4000"), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_that_is_kept_says_whose_counts_it_has_each_time() {
    let mut scene = Scene::new().await;
    let first = scene.csv(&scene.publish().await);
    assert_eq!(first[0][4], "4");
    // One leaves, which would tell its count, so the sum stays as it was.
    scene.agree(0, None).await;
    for _ in 0..2 {
        let kept = scene.csv(&scene.publish().await);
        assert_eq!(kept, first);
    }
}
