//! Two locations exchange areas on a day; figures before and after it are complete.

use weft_host::output::ExitCode;

use super::*;
use crate::{
    app::{AreaWord, Said},
    tests::commands::run,
};

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
        aliases: Vec::new(),
        since: Some(DAY.parse().unwrap()),
        ends: false,
    };
    let plan = app.plan_location(said).unwrap();
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
            app.rollup(RollupQuery::default()).await.unwrap().unshown();
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
        let answer = app.rollup(RollupQuery::default()).await.unwrap().unshown();
        for figure in &answer.figures {
            let cell = &figure.cell;
            assert_eq!(cell.n_areas, cell.n_areas_expected, "{cell:?}");
            assert_eq!(cell.denominator_covered, Some(1.into()));
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

/// The areas of each location.
async fn held(app: &AppHandle) -> Vec<String> {
    let locations = app.locations().await.unwrap();
    let areas = locations.iter().map(|one| {
        let areas: Vec<_> = one.areas.iter().map(ToString::to_string).collect();
        format!("{}: {}", one.code, areas.join(", "))
    });
    areas.collect()
}

/// Two locations with one area each, which report what they have and what they will have.
async fn two_of_one_area(app: &AppHandle) {
    let hash = definition(app).await;
    let mut devices = Vec::new();
    for (code, area) in [("AA", "NORTH"), ("BB", "SOUTH")] {
        let code = kit::add_location(app, code, &[area]).await;
        let mut device = Device::found(app, &code).await;
        let entry = device.edit("profile", adopt(hash));
        device.push(app, entry).await;
        devices.push(device);
    }
    state(
        app,
        &mut devices[0],
        &[("2023-05", "NORTH", 10), ("2023-06", "SOUTH", 21)],
    )
    .await;
    state(
        app,
        &mut devices[1],
        &[("2023-05", "SOUTH", 30), ("2023-06", "NORTH", 41)],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_locations_with_one_area_each_exchange_them_in_one_command() {
    let (dir, app) = kit::hub().await;
    two_of_one_area(&app).await;
    let before = held(&app).await;
    for (line, code, words) in [
        (
            "NORTH=BB",
            ExitCode::NeedsAction,
            "AA would have no area left",
        ),
        ("NORTH=BB NORTH=AA", ExitCode::Usage, "named twice"),
        ("WEST=BB", ExitCode::Usage, "has the area WEST for good"),
        ("NORTH=ZZ", ExitCode::Usage, "ZZ"),
        ("NORTH", ExitCode::Usage, "write FAR_NORTH=FN"),
    ] {
        let line = format!("location areas {line} --from {DAY}");
        let said = run(&app, &line.split(' ').collect::<Vec<_>>()).await;
        assert_eq!(said.0, code, "{line}: {}", said.2);
        let told = said.2.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "{line}: {told}");
        assert_eq!(held(&app).await, before, "{line}");
    }
    let line = format!("location areas NORTH=BB SOUTH=AA --from {DAY}");
    let words: Vec<_> = line.split(' ').collect();
    let said = run(&app, &words).await;
    assert_eq!(said.0, ExitCode::Ok, "{}", said.2);
    assert!(
        said.2
            .contains("NORTH (Area) belongs to it from 2023-06-01"),
        "{}",
        said.2
    );
    let exchanged = [
        "AA: NORTH until 2023-05-31, SOUTH from 2023-06-01",
        "BB: SOUTH until 2023-05-31, NORTH from 2023-06-01",
    ];
    assert_eq!(held(&app).await, exchanged);
    let expected = [
        ("2023-05 AA", "10 10/100 A"),
        ("2023-05 BB", "30 30/100 A"),
        ("2023-05 ", "20 40/200 A"),
        ("2023-06 AA", "21 21/100 A"),
        ("2023-06 BB", "41 41/100 A"),
        ("2023-06 ", "31 62/200 A"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(values(&app).await, BTreeMap::from(expected));
    // Said again it changes nothing, and it is in the store.
    let again = run(&app, &words).await;
    assert!(
        again.0 == ExitCode::Ok && again.2.contains("already"),
        "{}",
        again.2
    );
    drop(app);
    let app = kit::reopen(dir.path()).await;
    assert_eq!(held(&app).await, exchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_ends_is_in_earlier_figures_and_no_later_one_waits_for_it() {
    let (dir, app) = kit::hub().await;
    two_of_one_area(&app).await;
    let before = held(&app).await;
    for (line, code, words) in [
        ("ZZ --from 2023-06-01", ExitCode::Usage, "no location ZZ"),
        ("AA --from yesterday", ExitCode::Usage, "2027-07-01"),
        ("AA", ExitCode::Usage, "--from"),
    ] {
        let line = format!("location end {line}");
        let said = run(&app, &line.split(' ').collect::<Vec<_>>()).await;
        assert_eq!(said.0, code, "{line}: {}", said.2);
        assert!(said.2.contains(words), "{line}: {}", said.2);
        assert_eq!(held(&app).await, before, "{line}");
    }
    let words: Vec<_> = "location end AA --from 2023-06-01".split(' ').collect();
    let said = run(&app, &words).await;
    assert_eq!(said.0, ExitCode::Ok, "{}", said.2);
    for told in [
        "NORTH (Area) belongs to it until 2023-05-31",
        "No location has NORTH from",
    ] {
        assert!(said.2.contains(told), "{}", said.2);
    }
    let ended = ["AA: NORTH until 2023-05-31", "BB: SOUTH"];
    assert_eq!(held(&app).await, ended);
    let states = app.locations().await.unwrap();
    let states: Vec<_> = states.iter().map(|one| one.state.as_str()).collect();
    assert_eq!(states, ["ended", "confirmed"]);
    // AA does not have SOUTH in June, so its value for it is in no figure.
    let expected = [
        ("2023-05 AA", "10 10/100 A"),
        ("2023-05 BB", "30 30/100 A"),
        ("2023-05 ", "20 40/200 A"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(values(&app).await, BTreeMap::from(expected));
    let again = run(&app, &words).await;
    assert_eq!(again.0, ExitCode::Usage);
    assert!(again.2.contains("ended already"), "{}", again.2);
    drop(app);
    let app = kit::reopen(dir.path()).await;
    assert_eq!(held(&app).await, ended);
    // It can go on.
    let back = "location add AA --name Example --area NORTH=North --from 2023-08-01";
    let said = run(&app, &back.split(' ').collect::<Vec<_>>()).await;
    assert_eq!(said.0, ExitCode::Ok, "{}", said.2);
    let held = held(&app).await;
    assert_eq!(held[0], "AA: NORTH until 2023-05-31, NORTH from 2023-08-01");
}
