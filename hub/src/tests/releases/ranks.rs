//! Figures that are never added up: rows of locations alone, and no sum.

use std::{collections::BTreeSet, fs};

use weft_shared::{
    id::IndicatorCode,
    model::{
        Audience,
        indicator::Rows,
        number::Number,
        observation::{Statement, Status},
    },
};

use super::{CODES, Scene, checking};
use crate::release::NewRelease;

pub(super) const INDEX: &str = "\
[[indicator]]
code = \"WALKABILITY\"
version = 1
name = \"Walkability\"
type = \"index\"
unit = \"points\"
direction = \"up\"
period = \"year\"
accountability = \"population\"
class = \"better_off\"
rollup = \"none\"
person_level = false
source = \"Example\"
";

impl Scene {
    /// Each location states an index of one year; the last one agrees to sums alone.
    pub(super) async fn walkable(&mut self) -> NewRelease {
        self.app.import_definitions(INDEX).await.unwrap();
        let code: IndicatorCode = "WALKABILITY".parse().unwrap();
        let definitions = self.app.definitions().unwrap();
        let hash = definitions
            .iter()
            .find(|one| one.code == code)
            .unwrap()
            .hash();
        for (at, (_, area)) in CODES.iter().enumerate() {
            let value = 60 + i64::try_from(at).unwrap();
            let statement = Statement {
                value: Some(Number::from(value)),
                ..Statement::without_figure(hash, Status::Normal, Audience::Released)
            };
            let key = format!("WALKABILITY/{area}/2023/total").parse().unwrap();
            let put = |editor: &mut weft_shared::document::Editor<'_>| {
                editor.put_observation(&key, &statement, None)
            };
            let entry = self.devices[at].edit("observations/2023", put);
            self.devices[at].push(&self.app, entry).await;
            // The last one agrees to sums alone.
            let rows = if at == 3 {
                Rows::Network
            } else {
                Rows::Locations
            };
            self.agree_to(at, ("WALKABILITY", hash), Some(rows)).await;
        }
        NewRelease {
            dataset: "places".parse().unwrap(),
            indicators: BTreeSet::from([code]),
            ..self.new_release()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_has_rows_of_locations_that_agreed_to_their_own_and_none_of_the_network() {
    let mut scene = Scene::new().await;
    let new = scene.walkable().await;
    let code = "WALKABILITY".parse().unwrap();
    // As long as the definition has the sum alone, nothing of it goes out.
    let id = scene
        .app
        .propose_release(new.clone(), "operator")
        .await
        .unwrap()
        .id;
    let checked = scene
        .app
        .check_release(&id, "operator", checking())
        .await
        .unwrap();
    assert_eq!(checked.rows, 0);
    let said = checked.left_out.join("\n");
    assert!(
        said.contains("EC EAST: it is never added up, and has no rows here"),
        "{said}"
    );

    let set = ["rows=locations".to_owned()];
    scene.app.set_definition(&code, 1, &set).await.unwrap();
    let id = scene.app.propose_release(new, "operator").await.unwrap().id;
    scene
        .app
        .publish_release(&id, "operator", None)
        .await
        .unwrap();
    let read = |name: &str| fs::read_to_string(scene.folder(&id).join(name)).unwrap();
    assert_eq!(read("places.csv").lines().count(), 1, "only headings");
    let json: serde_json::Value = serde_json::from_str(&read("places-locations.json")).unwrap();
    let rows = json["data"].as_array().unwrap().iter();
    let rows: Vec<String> = rows
        .map(|row| format!("{} {}", row["location_code"], row["value"]))
        .collect();
    assert_eq!(rows, ["\"EC\" 60", "\"FN\" 61", "\"RT\" 62"]);
}

/// Two versions that are never added stand side by side, each as it was stated.
#[tokio::test(flavor = "multi_thread")]
async fn a_score_has_the_version_and_the_unit_under_which_it_was_stated() {
    let mut scene = Scene::new().await;
    let set = ["rows=locations"];
    let first = scene.define(INDEX, &set).await;
    let second = INDEX.replace("version = 1", "version = 2");
    let second = second.replace("\"points\"", "\"stars\"");
    let from = "[indicator.from]\nversion = 1\nreason = \"Example\"\nmapping = \"break\"\n";
    let second = scene.define(&format!("{second}{from}"), &set).await;
    for (at, (hash, value)) in [(first, 60), (second, 4)].into_iter().enumerate() {
        let statement = Statement {
            value: Some(Number::from(value)),
            ..Statement::without_figure(hash, Status::Normal, Audience::Released)
        };
        let key = format!("WALKABILITY/{}/2023/total", CODES[at].1);
        scene.put(at, &key, statement).await;
    }
    let id = scene.propose_of(&["WALKABILITY"]).await;
    let published = scene.app.publish_release(&id, "operator", None).await;
    published.unwrap();
    let text = fs::read_to_string(scene.folder(&id).join("people-locations.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows = json["data"].as_array().unwrap().iter();
    let rows = rows.filter(|row| !row["value"].is_null());
    let rows: Vec<String> = rows
        .map(|row| {
            let of = ["location_code", "definition_version", "value", "unit"];
            of.map(|name| row[name].to_string()).join(" ")
        })
        .collect();
    assert_eq!(rows, ["\"EC\" 1 60 \"points\"", "\"FN\" 2 4 \"stars\""]);
    let meanings = fs::read_to_string(scene.folder(&id).join("indicators.csv")).unwrap();
    let meanings: Vec<&str> = meanings.lines().skip(1).collect();
    for (version, unit) in [(1, "points"), (2, "stars")] {
        let start = format!("WALKABILITY,{version},");
        let mut of_version = meanings.iter().filter(|line| line.starts_with(&start));
        let line = of_version.next().expect("a line for the version");
        assert!(line.contains(unit), "{line}");
        assert_eq!(of_version.next(), None);
    }
}

/// A row of an index is a location's own figure: everybody reads it if the release is open.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_release_needs_a_yes_to_that_for_rows_of_an_index_too() {
    let mut scene = Scene::new().await;
    let new = scene.walkable().await;
    let code = "WALKABILITY".parse().unwrap();
    let set = ["rows=locations".to_owned()];
    scene.app.set_definition(&code, 1, &set).await.unwrap();
    for open in [false, true] {
        let new = NewRelease {
            open,
            ..new.clone()
        };
        let id = scene.app.propose_release(new, "operator").await.unwrap().id;
        let checked = scene.app.check_release(&id, "operator", checking()).await;
        let checked = checked.unwrap();
        let said: Vec<String> = checked.stops.iter().map(ToString::to_string).collect();
        let about = |code: &str| {
            let words = format!("{code} did not agree that anybody may read WALKABILITY");
            said.iter().any(|one| one.starts_with(&words))
        };
        for (code, _) in &CODES[..3] {
            assert_eq!(about(code), open, "{code}: {said:?}");
        }
        assert!(!about(CODES[3].0), "it has no row: {said:?}");
        scene.app.drop_release(&id, "operator").await.unwrap();
    }
}
