//! Notes of a figure about those who are not in it, or may not be.

use std::collections::BTreeMap;

use serde_json::Value;
use weft_shared::model::observation::Statement;

use super::{
    commands::run,
    figures::{adopt, definition, observe, statement},
    web::Scene,
};
use crate::{
    app::AppHandle,
    kit::{self, Device},
};

/// Runs a command. Returns its data, and its messages on one line.
async fn said(app: &AppHandle, line: &str) -> (String, String) {
    let arguments: Vec<&str> = line.split(' ').collect();
    let (_, out, err) = run(app, &arguments).await;
    (out, err.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The rows of a rollup by place: value, status and reason.
async fn rows(app: &AppHandle, period: &str) -> BTreeMap<String, (Value, String, String)> {
    let (out, _) = said(app, &format!("rollup --level all --period {period} --json")).await;
    let rows: Vec<Value> = serde_json::from_str(&out).unwrap();
    let rows = rows.into_iter().map(|row| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let told = (text("obs_status"), text("status_reason"));
        (
            text("location_code"),
            (row["value"].clone(), told.0, told.1),
        )
    });
    rows.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_percentage_alone_is_never_the_figure_of_the_network() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let entry = device.edit("profile", adopt(hash));
    device.push(&app, entry).await;
    let alone = Statement {
        numerator: None,
        denominator: None,
        value: Some(80.into()),
        ..statement(hash, 0)
    };
    let entry = device.edit("observations/2023", observe("FAR_NORTH", "2023-05", alone));
    device.push(&app, entry).await;
    let why = "a value without its counts: FN".to_owned();
    let found = rows(&app, "2023-05").await;
    assert_eq!(found[""], (Value::Null, "O".to_owned(), why));
    assert_eq!(found["FN"].0, 80, "its own figure is shown");
    let (table, _) = said(&app, "rollup --level all").await;
    assert!(table.contains("without its counts is in no sum"), "{table}");
    let explain = "rollup explain VAX_PRIMARY --period 2023-05";
    let (text, _) = said(&app, explain).await;
    let left = "FN FAR_NORTH: left out, a value without its counts";
    assert!(text.contains(left), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_area_that_nobody_confirmed_holds_is_named() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "OC", &["CHRISTCHURCH", "SELWYN"]).await;
    kit::add_location(&app, "AK", &["HENDERSON"]).await;
    let mut device = Device::found(&app, &code).await;
    let entry = device.edit("profile", adopt(hash));
    device.push(&app, entry).await;
    let add = "location add OC --name OC --area CHRISTCHURCH=C --from 2023-09-01";
    let (_, told) = said(&app, add).await;
    let missing = "No location has SELWYN from 2023-09-01 on";
    assert!(told.contains(missing), "{told}");
    let add = "location add AK --name AK --area HENDERSON=H --area SELWYN=S --from 2023-09-01";
    let (_, told) = said(&app, add).await;
    let vanishes = "SELWYN was with OC, which is confirmed; AK is not";
    assert!(told.contains(vanishes), "{told}");
    let edit = observe("CHRISTCHURCH", "2023-10", statement(hash, 92));
    let entry = device.edit("observations/2023", edit);
    device.push(&app, entry).await;
    let note = "1 location is not confirmed yet and is not expected: AK";
    let found = rows(&app, "2023-10").await;
    assert_eq!((found[""].2.as_str(), found["OC"].2.as_str()), (note, ""));
    let (table, _) = said(&app, "rollup --level all").await;
    assert!(table.contains(note), "{table}");
    let (text, _) = said(&app, "rollup explain VAX_PRIMARY --period 2023-10").await;
    assert!(text.contains(&format!("Note: {note}")), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ends_of_a_contested_figure_are_told_apart() {
    let mut scene = Scene::new().await;
    let mut second = scene.device.second(&scene.app).await;
    scene
        .observe("NORTH", "2023-06", Some(48_961), 60_464)
        .await;
    scene
        .observe("NORTH", "2023-07", Some(48_980), 60_464)
        .await;
    std::mem::swap(&mut scene.device, &mut second);
    scene
        .observe("NORTH", "2023-06", Some(48_972), 60_464)
        .await;
    scene.observe("NORTH", "2023-07", None, 60_464).await;
    let (table, _) = said(&scene.app, "rollup --period 2023-06..2023-07").await;
    assert!(table.contains(" 80.98..80.99*"), "{table}");
    assert!(table.contains(" 81.0 or no figure*"), "{table}");
    let page = scene
        .get("/indicators/VAX_PRIMARY?period=2023-07")
        .await
        .body;
    assert!(page.contains(">80.98 to 80.99</td>"), "{page}");
    assert!(page.contains("81.0 or no figure"), "{page}");
    let (text, _) = said(&scene.app, "rollup explain VAX_PRIMARY --period 2023-06").await;
    let ends = "Result: between 80.975456% and 80.993649%, until somebody settles it";
    assert!(text.contains(ends), "{text}");
    let (text, _) = said(&scene.app, "rollup explain VAX_PRIMARY --period 2023-07").await;
    let ends = "Result: 81.00688% or no figure, until somebody settles it";
    assert!(text.contains(ends), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_answer_says_what_there_is() {
    let mut scene = Scene::new().await;
    for period in ["2023-06", "2023-07"] {
        scene.observe("NORTH", period, Some(50), 100).await;
    }
    let (_, told) = said(&scene.app, "rollup --period 2023-05").await;
    let expected = "There are figures for 5 periods, 2023-01 to 2023-07; the nearest to 2023-05 \
                    are 2023-03 and 2023-06.";
    assert!(told.contains(expected), "{told}");
}
