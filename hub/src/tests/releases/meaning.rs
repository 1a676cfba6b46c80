//! The meaning of indicators in a release, and the rows that a reviewer sees before it goes out.

use std::{collections::BTreeSet, fs};

use weft_host::output::ExitCode;
use weft_shared::model::indicator::Rows;

use super::{CODES, Scene, checking};
use crate::{kit::DEFINITIONS, tests::commands::run};

async fn set(scene: &Scene, setting: &str) {
    let arguments = ["definitions", "set", "VAX_PRIMARY", "1", setting];
    let (code, _, said) = run(&scene.app, &arguments).await;
    assert_eq!(code, ExitCode::Ok, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_says_what_its_indicators_count_and_what_breaks() {
    let scene = Scene::new().await;
    set(&scene, "base_from=2023-05: The census changed").await;
    let id = scene.publish().await;
    let read = |name: &str| fs::read_to_string(scene.folder(&id).join(name)).unwrap();
    let table = read("indicators.csv");
    let line = table.lines().nth(1).unwrap();
    assert!(
        line.starts_with("VAX_PRIMARY,1,Completed primary course,People vaccinated,People,"),
        "{table}"
    );
    let package: serde_json::Value = serde_json::from_str(&read("datapackage.json")).unwrap();
    let resources = package["resources"].as_array().unwrap();
    assert!(resources.iter().any(|one| one["path"] == "indicators.csv"));
    let breaks = "The base changed in May 2023, so figures before and after are not comparable: \
                  The census changed.";
    let readme = read("README.txt");
    let line = format!("Break: Completed primary course: {breaks}\n");
    assert!(readme.contains(&line), "{readme}");
    let (status, _, body) = scene.get(&format!("/data/{id}/"), &[]).await;
    let body = String::from_utf8(body).unwrap();
    assert_eq!(status, 200);
    assert!(body.contains("People vaccinated, of: People."), "{body}");
    assert!(body.contains(breaks), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_sees_the_rows_and_the_ledger_says_so() {
    let scene = Scene::new().await;
    let id = scene.propose().await;
    let checked = scene.app.check_release(&id, "operator", checking()).await;
    let checked = checked.unwrap();
    assert_eq!((checked.rows, checked.first.len()), (1, 1));
    assert_eq!(checked.first[0].reason, "");
    assert_eq!(scene.readers().await, CODES.map(|(code, _)| code));
}

impl Scene {
    /// The locations that have a reading in the ledger.
    async fn readers(&self) -> Vec<String> {
        let reads = self.app.read(|at| at.reads(100)).await.unwrap();
        let of: BTreeSet<String> = reads.into_iter().map(|one| one.code).collect();
        of.into_iter().collect()
    }
}

/// Rows of an index are no counts, and no count protects them.
#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_who_sees_rows_of_an_index_is_in_the_ledger_of_each_location() {
    let mut scene = Scene::new().await;
    let new = scene.walkable().await;
    let set_rows = ["rows=locations".to_owned()];
    let code = "WALKABILITY".parse().unwrap();
    scene.app.set_definition(&code, 1, &set_rows).await.unwrap();
    let id = scene.app.propose_release(new, "operator").await.unwrap().id;
    let checked = scene.app.check_release(&id, "operator", checking()).await;
    assert!(!checked.unwrap().first.is_empty());
    assert_eq!(scene.readers().await, CODES.map(|(code, _)| code));
}

/// The words about what is withheld and who did not answer are of their figures too.
#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_who_sees_that_all_is_withheld_is_in_the_ledger_of_each_location() {
    let mut scene = Scene::new().await;
    scene.agree(0, None).await;
    scene.agree(1, None).await;
    let id = scene.propose().await;
    let checked = scene.app.check_release(&id, "operator", checking()).await;
    assert_eq!(checked.unwrap().withheld.len(), 1);
    assert_eq!(scene.readers().await, CODES.map(|(code, _)| code));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_said_yes_to_the_sum_alone_is_left_out_of_rows_for_that_reason() {
    let mut scene = Scene::new().await;
    for at in 1..4 {
        scene.agree(at, Some(Rows::Locations)).await;
    }
    set(&scene, "rows=locations").await;
    let id = scene.publish().await;
    let text = fs::read_to_string(scene.folder(&id).join("manifest.json")).unwrap();
    let manifest = weft_shared::release::Manifest::decode(&text).unwrap();
    assert_eq!(
        manifest.left_out[&"EC".parse().unwrap()],
        "it said yes to the sum alone, and this has rows of locations"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_stays_if_one_joins_whatever_the_spelling_of_its_part() {
    for name in ["age", "Age"] {
        let mut scene = Scene::new().await;
        scene.agree(0, None).await;
        let first = scene.publish().await;
        let second = DEFINITIONS
            .replace("version = 1", "version = 2")
            .replace("age = [", &format!("{name} = ["));
        let exact = "[indicator.from]\nversion = 1\nmapping = \"exact\"\nreason = \"Same\"\n";
        let text = format!("{second}{exact}");
        scene.app.import_definitions(&text).await.unwrap();
        scene.agree(0, Some(Rows::Network)).await;
        let next = scene.publish().await;
        let (first, next) = (scene.csv(&first), scene.csv(&next));
        assert_eq!(first[0][3], "3 of 4 locations", "{first:?}");
        assert_eq!(
            first, next,
            "{name}: the difference is what one location has"
        );
    }
}
