//! Settings of definitions, and notes on figures after a change of base or definition.

use weft_host::output::ExitCode;
use weft_shared::rollup::COLUMNS;

use super::{commands::run, web::Scene};

/// Runs a command. Returns its exit code and its output in one line.
async fn said(scene: &Scene, arguments: &[&str]) -> (ExitCode, String) {
    let (code, out, err) = run(&scene.app, arguments).await;
    let words = format!("{out} {err}");
    let words: Vec<&str> = words.split_whitespace().collect();
    (code, words.join(" "))
}

const SET: [&str; 4] = ["definitions", "set", "VAX_PRIMARY", "1"];

#[tokio::test(flavor = "multi_thread")]
async fn settings_change_with_a_history_and_outside_the_hash() {
    let scene = Scene::new().await;
    let before = scene.app.definitions().unwrap()[0].hash();
    let set = async |settings: &[&str]| said(&scene, &[&SET[..], settings].concat()).await;
    let (code, words) = set(&["valid_from=2022-08", "base_from=2023-03: rebased"]).await;
    assert_eq!(code, ExitCode::Ok, "{words}");
    assert!(
        words.contains("Set VAX_PRIMARY/1 valid_from 2022-08"),
        "{words}"
    );
    let (_, words) = set(&["valid_from=2022-08"]).await;
    assert!(words.contains("Nothing was changed"), "{words}");
    let (code, words) = set(&["valid_from=2022", "rows=all", "due_days=30"]).await;
    assert_eq!(code, ExitCode::Usage);
    assert!(
        words.contains("valid_from cannot be") && words.contains("rows cannot be"),
        "{words}"
    );
    let (_, words) = set(&["valid_from="]).await;
    assert!(
        words.contains("Cleared VAX_PRIMARY/1 valid_from"),
        "{words}"
    );
    let other = ["definitions", "set", "VAX_PRIMARY", "7", "rows=network"];
    let (code, words) = said(&scene, &other).await;
    assert_eq!(code, ExitCode::Usage);
    assert!(words.contains("VAX_PRIMARY has version 1"), "{words}");
    assert_eq!(scene.app.definitions().unwrap()[0].hash(), before);
    let history = ["definitions", "history", "VAX_PRIMARY", "--json"];
    let (_, out, _) = run(&scene.app, &history).await;
    let rows: serde_json::Value = serde_json::from_str(&out).unwrap();
    let row = |row: &serde_json::Value| {
        let names = ["version", "setting", "period", "value"];
        names.map(|name| row[name].to_string()).join(" ")
    };
    let rows: Vec<String> = rows.as_array().unwrap().iter().map(row).collect();
    let expected = [
        r#"1 "base_from" "2023-03" "rebased""#,
        r#"1 "valid_from" null "2022-08""#,
        r#"1 "valid_from" null null"#,
    ];
    let mut first = rows[..2].to_vec();
    first.sort();
    assert_eq!(
        (first, &rows[2..]),
        (
            expected[..2].iter().map(|one| (*one).to_owned()).collect(),
            &[expected[2].to_owned()][..]
        )
    );
    let (_, words) = said(&scene, &["definitions", "show", "VAX_PRIMARY"]).await;
    assert!(
        words.contains("settings base_from=2023-03: rebased"),
        "{words}"
    );
    let ledger = scene.app.ledger(20).await.unwrap();
    assert!(ledger.iter().any(|row| row.act == "definitions set"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_base_shows_in_table_file_page_and_explanation() {
    let mut scene = Scene::new().await;
    scene.observe("SOUTH", "2023-02", Some(700), 900).await;
    let whole = scene.get("/indicators/VAX_PRIMARY").await.body;
    assert!(!whole.contains("<line class=\"own loose\""), "{whole}");
    let (_, words) = said(
        &scene,
        &[&SET[..], &["base_from=2023-03: rebased"]].concat(),
    )
    .await;
    assert!(words.contains("Set"), "{words}");
    let told = "new base from March 2023: not comparable with February 2023 (rebased)";
    let (_, words) = said(
        &scene,
        &["rollup", "--level", "all", "--indicator", "VAX_PRIMARY"],
    )
    .await;
    assert!(
        words.contains(&format!("2023-03, age=12+, FN, network: {told}")),
        "{words}"
    );
    assert!(words.contains("B base changed"), "{words}");
    let explain = ["rollup", "explain", "VAX_PRIMARY", "--period", "2023-03"];
    let (_, words) = said(&scene, &explain).await;
    assert!(words.contains(&format!("Compared: {told}")), "{words}");
    let csv = scene
        .read("/api/v1/rollups?format=csv&period=2023-03&level=network")
        .await;
    let reader = csv::Reader::from_reader(csv.body.as_bytes());
    let row = reader.into_records().next().unwrap().unwrap();
    let column = |name: &str| &row[COLUMNS.iter().position(|one| *one == name).unwrap()];
    assert_eq!(
        (column("base_changed"), column("obs_status")),
        ("true", "B")
    );
    assert_eq!(
        column("status_reason"),
        format!("{told}; base changed: rebased; {WAITING}")
    );
    let page = scene.get("/indicators/VAX_PRIMARY").await.body;
    assert_eq!(
        page.matches("<b>Base changed.</b>").count(),
        1,
        "said once: {page}"
    );
    for words in [
        "<span class=\"chip line\">base changed</span> ",
        "Neither better nor worse.",
        "Rebased.",
        "March 2023 stands on another base than February 2023.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("points since"), "{page}");
    let dotted = page.matches("<line class=\"own loose\"").count();
    assert_eq!(dotted, 1, "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denominator_that_moved_is_asked_about_until_somebody_answers() {
    let mut scene = Scene::new().await;
    scene.observe("SOUTH", "2023-02", Some(700), 900).await;
    scene.observe("SOUTH", "2023-03", Some(780), 1_000).await;
    let told = "check the base: 1,000 people in February 2023, 1,100 now: growth, or another base?";
    let (_, words) = said(&scene, &["rollup", "--level", "all", "--period", "2023-03"]).await;
    assert!(words.contains(told), "{words}");
    let page = scene.get("/indicators/VAX_PRIMARY").await.body;
    assert!(page.contains("check the base</span>"), "{page}");
    assert!(
        page.contains("% in February 2023. The same areas had 1,000 people then and 1,100 now"),
        "the comparison stands: {page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cross_is_asked_for_by_all_its_parts() {
    let scene = Scene::new().await;
    let asked = scene
        .read("/api/v1/rollups?level=all&format=json&breakdown=age=12%2B")
        .await;
    assert!(!asked.json()["data"].as_array().unwrap().is_empty());
    let none = scene
        .read("/api/v1/rollups?level=all&format=json&breakdown=age=12%2B,sex=female")
        .await;
    let problem = none.json();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("No figure has the breakdown"), "{detail}");
}

/// The remark on the scene's other location beside every figure of the network.
const WAITING: &str = "1 location is not confirmed yet and is not expected: WT";
