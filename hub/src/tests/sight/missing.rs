//! Needs of locations that stated nothing, or only parts of the population. They are what such a
//! location computes by itself, which knows nothing of what others reported.

use serde_json::Value;
use weft_shared::model::observation::{Breakdown, ObservationKey};

use super::outcome;
use crate::{
    app::AppHandle,
    kit::{self, Device},
    tests::{
        commands::run,
        figures::{adopt, definition, observe, statement},
    },
};

async fn need(app: &AppHandle, code: &str) -> (Value, Value) {
    let ask = [
        "line-of-sight",
        "--period",
        "FY2023",
        "--outcome",
        "VAX",
        "--location",
        code,
        "--json",
    ];
    let (_, out, err) = run(app, &ask).await;
    let rows: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"));
    (rows[0]["period"].clone(), rows[0]["need_reason"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_reported_says_nothing_of_a_location_that_stated_no_total() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    outcome(&app, "VAX", "VAX_PRIMARY").await;
    for (code, area) in [
        ("FN", "FAR_NORTH"),
        ("IN", "INVERCARGILL"),
        ("WT", "WAITAKERE"),
    ] {
        let code = kit::add_location(&app, code, &[area]).await;
        let mut device = Device::found(&app, &code).await;
        let entry = device.edit("profile", adopt(hash));
        device.push(&app, entry).await;
        if code.as_str() == "IN" {
            let part = observe(area, "2023-05", statement(hash, 80));
            let entry = device.edit("observations/2023", part);
            device.push(&app, entry).await;
        }
        if code.as_str() == "FN" {
            let total = Breakdown::Total.key();
            let key = format!("VAX_PRIMARY/{area}/2023-05/{total}");
            let key: ObservationKey = key.parse().unwrap();
            let said = statement(hash, 60);
            let entry = device.edit("observations/2023", move |editor| {
                editor.put_observation(&key, &said, None)
            });
            device.push(&app, entry).await;
        }
    }
    let (period, reason) = need(&app, "FN").await;
    assert_eq!(period, "2023-05");
    assert!(!reason.as_str().unwrap().contains("reported"), "{reason}");
    let only = "reported for parts of the population only";
    assert_eq!(need(&app, "IN").await, (Value::Null, only.into()));
    assert_eq!(need(&app, "WT").await, (Value::Null, "not reported".into()));
}
