//! Two locations exchange areas on a day; figures before and after it are complete.

use super::*;
use crate::app::{AreaWord, Said};

/// The first day of the new areas.
const DAY: &str = "2023-06-01";

/// The statements of each location: a period, an area and a numerator; each denominator is 100.
const AA: [(&str, &str, i64); 4] = [
    ("2023-05", "NORTH", 10),
    ("2023-05", "EAST", 20),
    ("2023-06", "EAST", 21),
    ("2023-06", "SOUTH", 32),
];
const BB: [(&str, &str, i64); 4] = [
    ("2023-05", "SOUTH", 30),
    ("2023-05", "WEST", 40),
    ("2023-06", "WEST", 41),
    ("2023-06", "NORTH", 14),
];

async fn gives(app: &AppHandle, code: &str, areas: &[&str]) {
    let areas = areas
        .iter()
        .map(|area| AreaWord::parse(&format!("{area}=Area")).unwrap());
    let said = Said {
        code: code.parse().unwrap(),
        name: format!("Example: {code}"),
        name_mi: None,
        areas: areas.collect(),
        since: Some(DAY.parse().unwrap()),
    };
    let plan = app.plan_location(said).await.unwrap();
    app.put_location(plan).await.unwrap();
}

/// Moves NORTH from AA to BB, and SOUTH from BB to AA.
async fn exchange(app: &AppHandle) {
    gives(app, "AA", &["EAST"]).await;
    gives(app, "BB", &["WEST", "NORTH"]).await;
    gives(app, "AA", &["EAST", "SOUTH"]).await;
}

async fn state(app: &AppHandle, device: &mut Device, figures: &[(&str, &str, i64)]) {
    let hash = definition(app).await;
    for (period, area, numerator) in figures {
        let edit = observe(area, period, statement(hash, *numerator));
        let entry = device.edit("observations/2023", edit);
        device.push(app, entry).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn areas_that_change_places_leave_every_figure_whole() {
    let mut all = Vec::new();
    for moves_first in [false, true] {
        let (dir, app) = kit::hub().await;
        let hash = definition(&app).await;
        let mut devices = Vec::new();
        for (code, areas) in [("AA", ["NORTH", "EAST"]), ("BB", ["SOUTH", "WEST"])] {
            let code = kit::add_location(&app, code, &areas).await;
            let mut device = Device::found(&app, &code).await;
            let entry = device.edit("profile", adopt(hash));
            device.push(&app, entry).await;
            devices.push(device);
        }
        if moves_first {
            exchange(&app).await;
        }
        for (device, figures) in devices.iter_mut().zip([AA, BB]) {
            state(&app, device, &figures).await;
            app.rollup(RollupQuery::default()).await.unwrap();
        }
        // An area that is not a location's own at the time is in no figure; none counts twice.
        state(&app, &mut devices[0], &[("2023-06", "NORTH", 99)]).await;
        state(&app, &mut devices[1], &[("2023-05", "NORTH", 99)]).await;
        if !moves_first {
            exchange(&app).await;
        }
        let expected = [
            ("2023-05 AA", "15 30/200 A"),
            ("2023-05 BB", "35 70/200 A"),
            ("2023-05 ", "25 100/400 A"),
            ("2023-06 AA", "26.5 53/200 A"),
            ("2023-06 BB", "27.5 55/200 A"),
            ("2023-06 ", "27 108/400 A"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            values(&app).await,
            BTreeMap::from(expected),
            "{moves_first}"
        );
        let answer = app.rollup(RollupQuery::default()).await.unwrap();
        for figure in &answer.figures {
            let areas = [
                &figure.columns["n_areas"],
                &figure.columns["n_areas_expected"],
            ];
            assert_eq!(areas[0], areas[1], "{:?}", figure.columns);
            assert_eq!(figure.text("denominator_covered"), "1");
        }
        let before = figures(&app).await;
        app.rebuild().await.unwrap();
        assert_same(&before, &figures(&app).await);
        drop(app);
        let app = kit::reopen(dir.path()).await;
        assert_same(&before, &figures(&app).await);
        all.push(values(&app).await);
    }
    all.dedup();
    assert_eq!(all.len(), 1);
}
