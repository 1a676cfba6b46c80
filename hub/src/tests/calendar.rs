//! The reporting calendar at the hub: what was due and did not come.

use serde_json::Value;

use super::{commands::run, web::Scene};

async fn said(scene: &Scene, line: &str) -> String {
    let arguments: Vec<&str> = line.split(' ').collect();
    let (_, out, err) = run(&scene.app, &arguments).await;
    let words = format!("{out} {err}");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn rows(scene: &Scene, line: &str) -> Vec<Value> {
    let arguments: Vec<&str> = line.split(' ').collect();
    let (_, out, err) = run(&scene.app, &arguments).await;
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_that_nobody_reported_has_its_row_once_it_is_late() {
    let scene = Scene::new().await;
    // FN reported January to March 2023, of the north alone in February.
    assert!(rows(&scene, "missing --json").await.is_empty());
    let before = rows(&scene, "rollup --level all --json").await.len();
    said(
        &scene,
        "definitions set VAX_PRIMARY 1 due_days=20 reported_from=2023-02",
    )
    .await;
    let missing = rows(&scene, "missing --json").await;
    assert_eq!(missing.len(), 1, "{missing:?}");
    let one = &missing[0];
    let periods = one["periods"].as_array().unwrap();
    assert_eq!(one["location"], "FN");
    assert_eq!(
        periods[0], "2023-04",
        "all areas of the first three months were stated"
    );
    assert_eq!(one["late_since"], "2023-05-21");
    let count = periods.len();
    let rolled = rows(&scene, "rollup --level all --json").await;
    assert_eq!(
        rolled.len(),
        before + 2 * count,
        "of the location and the network"
    );
    let april = rolled
        .iter()
        .find(|row| row["period"] == "2023-04")
        .unwrap();
    assert_eq!(
        (&april["value"], &april["obs_status"]),
        (&Value::Null, &"O".into())
    );
    let why = april["status_reason"].as_str().unwrap();
    assert!(
        why.contains("not reported") || why.contains("synced"),
        "{why}"
    );
    let status = said(&scene, "status").await;
    assert!(
        status.contains("1 location is late with 1 indicator"),
        "{status}"
    );
    let then = rows(&scene, "rollup --json --period 2023-04 --level network").await;
    assert_eq!(then.len(), 1);
    let explain = said(
        &scene,
        "rollup explain VAX_PRIMARY --period 2023-04 --breakdown age=12+",
    )
    .await;
    assert!(explain.contains("FN NORTH: left out"), "{explain}");
    said(&scene, "definitions set VAX_PRIMARY 1 reported_from=").await;
    assert_eq!(
        rows(&scene, "rollup --level all --json").await.len(),
        before
    );
}
