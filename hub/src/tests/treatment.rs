//! The service of each location: the same columns for all, by code.

use weft_host::{list::PAGE, output::ExitCode};
use weft_shared::id::LocationCode;

use super::{commands::run, releases::Scene};
use crate::{app::Reading, kit, store::reads};

/// Reads something of a location, so many times.
async fn read(scene: &Scene, code: &str, subject: &str, times: usize) {
    for _ in 0..times {
        let reading = Reading::here("opened a page", subject);
        let codes = [LocationCode::parse(code).unwrap()].into();
        let now = weft_host::clock::now();
        let write = scene
            .app
            .shared
            .store
            .write(move |tx| reads::record(tx, now, &reading, &codes));
        write.await.unwrap();
    }
}

fn columns(row: &serde_json::Value) -> Vec<String> {
    row.as_object().unwrap().keys().cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_location_is_listed_in_the_same_columns_by_name() {
    let mut scene = Scene::new().await;
    let first = scene.publish().await;
    // The last of four takes its yes back, so the next release goes out without it.
    scene.agree(3, None).await;
    let second = scene.publish().await;
    read(&scene, "FN", "/locations/FN", 3).await;
    read(&scene, "FN", "/insights", 2).await;
    kit::add_location(&scene.app, "AA", &[]).await;

    let (code, out, err) = run(&scene.app, &["treatment", "--json"]).await;
    assert_eq!(code, ExitCode::Ok, "{err}");
    let rows: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap();
    let names: Vec<&str> = rows
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|row| columns(row) == columns(&rows[0])));
    let of = |code: &str| rows.iter().find(|row| row["code"] == code).unwrap();
    let north = of("FN");
    assert_eq!(
        (&north["reads"], &north["insight_reads"]),
        (&5.into(), &2.into())
    );
    assert_eq!(
        (&north["releases_in"], &north["releases_out"]),
        (&2.into(), &0.into())
    );
    assert!(north["entries"].as_u64().unwrap() >= 2, "{north}");
    assert!(north["bytes_used"].as_u64().unwrap() > 0, "{north}");
    assert_eq!(north["days_to_confirm"], 0, "{north}");
    assert_eq!(north["refused"], 0, "{north}");
    let out = of("WR");
    assert_eq!(
        (&out["releases_in"], &out["releases_out"]),
        (&1.into(), &1.into())
    );
    let why = out["left_out_because"].as_str().unwrap();
    assert!(why.starts_with(&format!("{second}: ")), "{why}");
    assert!(!why.contains(&format!("{first}: ")), "{why}");
    assert!(!why.ends_with("names no reason"), "{why}");
    // One that has not joined has the same columns, and no numbers.
    let new = of("AA");
    assert!(
        new["entries"].is_null() && new["releases_out"] == 0,
        "{new}"
    );
    let given = rows.iter().map(|row| &row["bytes_given"]);
    assert!(given.clone().all(|one| *one == rows[0]["bytes_given"]));
    files_have_the_same_columns(&scene, columns(north)).await;
    a_page_has_fewer_columns_in_words(&scene, &second.to_string()).await;
    one_that_waits_has_that_reason(&scene).await;
}

async fn files_have_the_same_columns(scene: &Scene, mut known: Vec<String>) {
    let (code, csv, err) = run(&scene.app, &["treatment", "--format", "csv"]).await;
    assert_eq!(code, ExitCode::Ok, "{err}");
    let mut reader = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
    let mut head: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(reader.records().count(), 5);
    head.sort();
    known.sort();
    assert_eq!(head, known);
    let (code, table, _) = run(&scene.app, &["treatment"]).await;
    assert!(
        code == ExitCode::Ok
            && table.contains("in releases")
            && table.lines().all(|line| line.len() <= 80),
        "{table}"
    );
    let (code, _, err) = run(&scene.app, &["treatment", "--format", "xml"]).await;
    assert!(code == ExitCode::Usage && err.contains("csv"), "{err}");
}

async fn a_page_has_fewer_columns_in_words(scene: &Scene, second: &str) {
    let list = &crate::treatment::TREATMENT;
    assert!(list.at(PAGE).count() <= 9);
    let rows = scene.app.treatment().await.unwrap();
    let zone = scene.app.read(|at| Ok(at.zone())).await.unwrap();
    let cells = |code: &str| {
        let row = rows.iter().find(|one| list.json(one)["code"] == code);
        let columns = list.at(PAGE);
        let cells = columns.map(|column| column.on_page(row.unwrap(), &zone));
        cells.collect::<Vec<_>>().join(" | ")
    };
    let north = cells("FN");
    for words in [
        "(FN)",
        "confirmed, after 0 days",
        "5 reads, 2 of insights",
        "in 2",
    ] {
        assert!(north.contains(words), "{words}: {north}");
    }
    let out = cells("WR");
    assert!(
        out.contains(&format!("in 1, left out of 1: {second}: ")),
        "{out}"
    );
}

/// One that waited for its confirmation is in no manifest, and the reason is that.
async fn one_that_waits_has_that_reason(scene: &Scene) {
    let list = &crate::treatment::TREATMENT;
    let code = kit::add_location(&scene.app, "BB", &[]).await;
    let _device = kit::Device::unconfirmed(&scene.app, &code).await;
    let third = scene.publish().await;
    let rows = scene.app.treatment().await.unwrap();
    let new = rows
        .iter()
        .map(|one| list.json(one))
        .find(|one| one["code"] == "BB");
    let why = new.unwrap()["left_out_because"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(why, format!("{third}: it was not confirmed yet"));
}
