//! The sums of the line of sight: their ranges, the files beside them, and the ledger of reads.

use std::collections::BTreeSet;

use weft_shared::model::{
    Audience,
    record::{FieldValue, Fields},
    schema::RecordKind,
};

use super::{money, outcome, put_line, scene, sight};
use crate::{
    kit::{self, Device},
    tests::{commands::run, money::adding, money::ok, records::id, web::Scene},
};

/// The fields of a location's investment for these places.
fn placed(amount: &str, identifier: &str, places: &[&str], gst: &str) -> Fields {
    let mut fields = money("Example: ours", amount);
    let places = places.iter().map(|code| (*code).to_owned());
    fields.insert("locations".to_owned(), FieldValue::Set(places.collect()));
    fields.insert(
        "outcomes".to_owned(),
        FieldValue::Set(["VAX".to_owned()].into()),
    );
    fields.insert("identifier".to_owned(), identifier.into());
    fields.insert("gst".to_owned(), gst.into());
    fields
}

/// Both statements of one contract, of which the location alone says what for, and money that is
/// for two locations.
async fn stated() -> Scene {
    let mut scene = scene().await;
    ok(
        &scene.app,
        &adding(
            "EX-1",
            "100000",
            &["--gst", "excluded", "--locations", "FN"],
        ),
    )
    .await;
    let entry = scene.device.edit("money", |editor| {
        for (number, amount, identifier, places, gst) in [
            (21, "90000", "EX-1", &["FN"][..], "excluded"),
            (22, "500", "EX-2", &["FN", "WT"], "included"),
            (23, "50", "EX-3", &["FN", "WT"], "excluded"),
        ] {
            let fields = placed(amount, identifier, places, gst);
            let (kind, id) = (RecordKind::Investment, id(number));
            editor.put_record(kind, &id, Audience::Network, &fields)?;
        }
        // It only touches the fiscal year.
        put_line(editor, &format!("{}/spent/2026/FN+WT/VAX", id(23)), 7)
    });
    scene.device.push(&scene.app, entry).await;
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sum_has_its_range_its_status_and_its_tax() {
    let scene = stated().await;
    let rows = sight(&scene.app, &["--outcome", "VAX", "--location", "FN"]).await;
    let row = rows.iter().find(|row| row["outcome"] == "VAX").unwrap();
    for (name, value) in [
        ("cash_nzd_in_force", 100_000),
        ("cash_nzd_in_force_low", 90_000),
        ("cash_nzd_in_force_high", 100_000),
        ("cash_nzd_in_force_shared", 550),
        ("cash_nzd_in_force_shared_low", 550),
        ("cash_nzd_in_force_shared_high", 550),
    ] {
        assert_eq!(row[name], value, "{name}: {row}");
    }
    assert!(row["cash_nzd_spent_low"].is_null(), "{row}");
    assert_eq!(row["cash_nzd_status"], "P");
    assert_eq!(row["gst_mixed"], true, "the shared sum is mixed");
    let rows = sight(&scene.app, &["--outcome", "VAX", "--location", "WT"]).await;
    assert_eq!(rows[0]["cash_nzd_status"], "A", "{rows:?}");
    // The need of a cell is never without what must be known to read it.
    let page = scene.get("/investment?period=FY2027").await.body;
    assert!(page.contains("no whole figure a year before"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sum_of_all_money_has_its_range_and_both_readings_are_explained() {
    let scene = stated().await;
    let file = scene.get("/investment/sum.csv?period=FY2027").await.body;
    assert!(file.contains("total,total_low,total_high"), "{file}");
    assert!(file.contains(",100550,90550,100550,"), "{file}");
    let ask = ["line-of-sight", "--period", "FY2027"];
    let flat = async |arguments: &[&str]| {
        let text = ok(&scene.app, arguments).await;
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let text = flat(&ask).await;
    assert!(
        text.contains("100,550 (90,550 to 100,550) in all"),
        "{text}"
    );
    // Money of which no outcome is stated has no need and no work to be asked about.
    let (_, rest) = text.split_once("Money with no outcome stated").unwrap();
    assert!(!rest.contains("not measured"), "{rest}");
    assert!(!rest.contains("none shared"), "{rest}");
    let ask = ["line-of-sight", "explain", "--period", "FY2027"];
    let cell = ["--outcome", "VAX", "--location", "FN"];
    let text = flat(&[&ask[..], &cell].concat()).await;
    for words in [
        "100,000 (90,000 to 100,000) in force",
        "another team's statement of it counts",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_of_other_years_says_its_days_and_what_is_not_stated_of_it() {
    let scene = Scene::new().await;
    outcome(&scene.app, "VAX", "VAX_PRIMARY").await;
    for (identifier, amount, more) in [
        ("EX-1", "100", &[][..]),
        ("EX-2", "20", &["--locations", "FN"]),
        ("EX-3", "3", &["--outcomes", "VAX"]),
    ] {
        ok(&scene.app, &adding(identifier, amount, more)).await;
    }
    let file = scene.get("/investment/sum.csv?period=FY2027").await.body;
    let mut reader = csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes());
    let row: std::collections::BTreeMap<String, String> =
        reader.deserialize().next().unwrap().unwrap();
    for (name, value) in [
        ("asked_period", "FY2027"),
        ("from", "2026-07-01"),
        ("to", "2028-06-30"),
        ("total", "123"),
        ("not_stated", "123"),
        ("no_location", "3"),
        ("no_outcome", "20"),
        ("no_location_no_outcome", "100"),
    ] {
        assert_eq!(row[name], value, "{name}: {row:?}");
    }
    let text = ok(&scene.app, &["line-of-sight", "--period", "FY2027"]).await;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "+ 123 not stated (3 for an outcome, and not stated where; 20 for a location, and not \
         stated for what; 100 not stated where nor for what).",
        "It is of 1 July 2026 to 30 June 2028, and not divided by year.",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_has_not_ended_has_no_end() {
    let scene = stated().await;
    let now = weft_host::clock::now();
    let today = scene.app.read(|at| Ok(at.zone())).await.unwrap().day(now);
    let asked = format!("/investment?period=FY2027&as_of={today}");
    let page = scene.get(&asked).await.body;
    let eyebrow = page.split("class=\"eyebrow\">").nth(1).unwrap();
    let eyebrow = eyebrow.split('<').next().unwrap();
    assert!(!eyebrow.contains("the end of"), "{eyebrow}");
    assert!(eyebrow.contains(':'), "it says the time: {eyebrow}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_money_has_the_heads_of_the_matrix() {
    let scene = stated().await;
    let file = scene.get("/money.csv?period=FY2027").await.body;
    let mut reader = csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes());
    let headings = reader.headers().unwrap().clone();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let cell = |row: &csv::StringRecord, name: &str| {
        let at = headings.iter().position(|one| one == name).unwrap();
        row[at].to_owned()
    };
    let told = rows.iter().map(|row| {
        let names = [
            "owner",
            "measure",
            "locations",
            "outcomes",
            "amount",
            "counts",
        ];
        names.map(|name| cell(row, name)).join(" ")
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "FN in_force FN VAX 90000 false",
            "FN in_force FN+WT VAX 500 true",
            "FN in_force FN+WT VAX 50 true",
            "FN spent FN+WT VAX 7 false",
            "hub in_force FN VAX 100000 true",
        ]
    );
}

/// The locations that the ledger has for reads of the line of sight, and which are new in it.
async fn read_of(scene: &Scene, seen: &mut usize) -> BTreeSet<String> {
    let rows = scene.app.read(|at| at.reads(200)).await.unwrap();
    let total: usize = rows.len();
    let new = rows.iter().take(total - *seen);
    let codes = new.map(|row| row.code.clone()).collect();
    *seen = total;
    codes
}

/// A location that states money sees each read of it, whichever column shows it.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_is_in_the_ledger_of_all_whose_money_is_shown() {
    let scene = scene().await;
    for (code, status, number) in [("AA", "committed", 31), ("BB", "proposed", 32)] {
        let code = kit::add_location(&scene.app, code, &[]).await;
        let mut device = Device::found(&scene.app, &code).await;
        let mut fields = placed("70", &format!("EX-{number}"), &["WT"], "excluded");
        fields.insert("status".to_owned(), status.into());
        let entry = device.edit("money", |editor| {
            let (kind, id) = (RecordKind::Investment, id(number));
            editor.put_record(kind, &id, Audience::Network, &fields)
        });
        device.push(&scene.app, entry).await;
    }
    let named = |codes: &[&str]| -> BTreeSet<String> {
        codes.iter().map(|code| (*code).to_owned()).collect()
    };
    // Only this column, of which FN named an outcome and states nothing.
    let mut seen = 0;
    let wanted = [
        "line-of-sight",
        "--period",
        "FY2027",
        "--outcome",
        "VAX",
        "--location",
        "WT",
    ];
    run(&scene.app, &wanted).await;
    assert_eq!(read_of(&scene, &mut seen).await, named(&["AA", "BB"]));
    let explain = [&wanted[..1], &["explain"], &wanted[1..]].concat();
    run(&scene.app, &explain).await;
    assert_eq!(read_of(&scene, &mut seen).await, named(&["AA", "BB"]));
    for path in [
        "/investment.csv?period=FY2027&outcome=VAX&location=WT",
        "/investment/VAX?period=FY2027&location=WT",
    ] {
        scene.get(path).await;
        assert_eq!(
            read_of(&scene, &mut seen).await,
            named(&["AA", "BB"]),
            "{path}"
        );
    }
    let path = "/api/v1/sight?period=FY2027&outcome=VAX&location=WT";
    let rows = scene.read(path).await.json();
    assert_eq!(rows["data"].as_array().map(Vec::len), Some(1), "{rows}");
    assert_eq!(read_of(&scene, &mut seen).await, named(&["AA", "BB"]));
    // A read of years without this money is none of its teams' records.
    let later = [
        "line-of-sight",
        "--period",
        "FY2035",
        "--outcome",
        "VAX",
        "--location",
        "WT",
    ];
    run(&scene.app, &later).await;
    let read = read_of(&scene, &mut seen).await;
    assert!(!read.contains("AA") && !read.contains("BB"), "{read:?}");
}

/// A line that is named beside the sums is a record of its location, though no list below shows it.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_named_beside_the_sums_is_in_the_ledger_of_its_location() {
    let scene = scene().await;
    let code = kit::add_location(&scene.app, "AA", &[]).await;
    let mut device = Device::found(&scene.app, &code).await;
    let mut fields = placed("70", "EX-31", &["AA"], "excluded");
    fields.insert("to".to_owned(), "2038-06-30".into());
    let entry = device.edit("money", |editor| {
        let (kind, id) = (RecordKind::Investment, id(31));
        editor.put_record(kind, &id, Audience::Network, &fields)?;
        put_line(editor, &format!("{id}/spent/2026/AA/VAX"), 7)
    });
    device.push(&scene.app, entry).await;
    let mut seen = 0;
    for (period, is_named) in [("FY2027", true), ("FY2034", false)] {
        let page = scene
            .get(&format!("/money?period={period}&q=none"))
            .await
            .body;
        assert_eq!(page.contains("is in no sum here"), is_named, "{page}");
        let read = read_of(&scene, &mut seen).await;
        assert_eq!(read.contains("AA"), is_named, "{period}: {read:?}");
    }
}
