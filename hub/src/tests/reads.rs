//! The ledger of reads: committed before the answer, a row for each location that is shown.

use std::{collections::BTreeSet, sync::Arc};

use axum::http::StatusCode;
use weft_host::{clock, output::ExitCode};
use weft_shared::{
    id::LocationCode,
    identity::reads::{ReadChain, ReadPart},
    model::{
        Audience,
        insight::{WORDS_SALT_BYTES, Words},
        schema::RecordKind,
    },
    time::{DAY_MS, Timestamp},
};

use super::{commands::run, records::id, web::Scene};
use crate::{
    app::{AppHandle, ReadRow, Reading},
    kit::{self, Device},
    limits::{LEDGER_CLOCK_DAYS, LEDGER_KEPT_MS, READ_OPEN_MS},
    store::{StoreError, reads},
};

async fn rows(app: &AppHandle) -> Vec<(String, String, String, u64)> {
    let rows = app.reads(1_000).await.unwrap().into_iter();
    let mut rows: Vec<_> = rows
        .map(|row| (row.code, row.act, row.subject, row.count))
        .collect();
    rows.sort();
    rows
}

fn row(act: &str, subject: &str, count: u64) -> (String, String, String, u64) {
    ("FN".to_owned(), act.to_owned(), subject.to_owned(), count)
}

/// Pages that show what locations shared.
const PAGES: [&str; 11] = [
    "/",
    "/coverage",
    "/coverage.csv",
    "/definitions",
    "/definitions.csv",
    "/locations",
    "/locations/FN",
    "/locations.csv",
    "/initiatives.csv",
    "/indicators/VAX_PRIMARY",
    "/indicators/VAX_PRIMARY.csv",
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_shows_what_a_location_shared_is_a_row_and_nothing_else_is() {
    let scene = Scene::new().await;
    let command = async |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let (code, _, err) = run(&scene.app, &words).await;
        assert_eq!(code, ExitCode::Ok, "{line}: {err}");
    };
    // No insight was shared, and the network has these lists of itself.
    assert_eq!(scene.get("/insights.csv").await.status, StatusCode::OK);
    for path in ["indicators", "locations", "areas", "periods"] {
        scene.read(&format!("/api/v1/{path}")).await;
    }
    command("status").await;
    command("location list").await;
    command("definitions list").await;
    command("insight list").await;
    assert_eq!(rows(&scene.app).await, []);

    for path in PAGES {
        assert_eq!(scene.get(path).await.status, StatusCode::OK, "{path}");
    }
    let mut pages = PAGES.to_vec();
    pages.sort_unstable();
    let mut expected: Vec<_> = pages
        .iter()
        .map(|path| row("opened a page", path, 1))
        .collect();
    assert_eq!(rows(&scene.app).await, expected);
    // A page that shows nothing of it reads nothing of it.
    scene.get("/coverage.csv?indicator=NOTHING").await;
    scene.get("/indicators/VAX_PRIMARY.csv?period=1999").await;
    assert_eq!(rows(&scene.app).await, expected);
    // The same again raises the count.
    scene.get("/").await;
    expected[0].3 = 2;
    assert_eq!(rows(&scene.app).await, expected);

    command("rollup --level network").await;
    scene.read("/api/v1/rollups?level=network").await;
    command("rollup").await;
    command("rollup --indicator VAX_PRIMARY").await;
    command("rollup explain VAX_PRIMARY --period 2023-01").await;
    command("plan list").await;
    command("plan list --location FN").await;
    scene.read("/api/v1/rollups?level=location&limit=1").await;
    expected.extend([
        row("plan list", "FN", 1),
        row("plan list", "all locations", 1),
        row("read rollups", "level=location limit=1", 1),
        row("read rollups", "level=network", 1),
        row("rollup", "VAX_PRIMARY", 1),
        row("rollup", "all indicators", 2),
        row("rollup explain", "VAX_PRIMARY 2023-01", 1),
    ]);
    expected.sort();
    assert_eq!(rows(&scene.app).await, expected);
    let readers = scene.app.reads(1_000).await.unwrap();
    let here = |row: &&ReadRow| row.reader == "the hub's own computer";
    assert_eq!(
        readers.iter().filter(here).count(),
        readers.len() - 2,
        "two had a token"
    );
    let numbers: BTreeSet<u64> = readers.iter().map(|row| row.n).collect();
    assert_eq!(numbers, (1..=readers.len() as u64).collect());
}

/// The scene's location is alone in the figures, until another one has a part in January's.
#[tokio::test(flavor = "multi_thread")]
async fn a_sum_that_contains_one_location_is_its_figure() {
    let mut scene = Scene::new().await;
    let sum = ["rollup", "--level", "network", "--period"];
    let command = async |scene: &Scene, period: &str| {
        let (code, _, err) = run(&scene.app, &[&sum[..], &[period]].concat()).await;
        assert_eq!(code, ExitCode::Ok, "{period}: {err}");
    };
    command(&scene, "2023-01").await;
    let mut expected = vec![row("rollup", "all indicators", 1)];
    assert_eq!(rows(&scene.app).await, expected);

    let other = LocationCode::parse("WT").unwrap();
    scene.device = Device::found(&scene.app, &other).await;
    scene.adopt(scene.definition).await;
    scene.observe("WT", "2023-01", Some(20), 50).await;
    command(&scene, "2023-01").await;
    scene
        .read("/api/v1/rollups?level=network&period=2023-01")
        .await;
    assert_eq!(rows(&scene.app).await, expected);
    command(&scene, "2023-02").await;
    scene
        .read("/api/v1/rollups?level=network&period=2023-03")
        .await;
    expected[0].3 = 2;
    let subject = "level=network period=2023-03";
    expected.insert(0, row("read rollups", subject, 1));
    assert_eq!(rows(&scene.app).await, expected);
}

/// It has no initiative, so the overview and its file once left no row of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_shared_figures_or_insights_only_has_its_rows() {
    let mut scene = Scene::new().await;
    let other = LocationCode::parse("WT").unwrap();
    scene.device = Device::found(&scene.app, &other).await;
    scene.adopt(scene.definition).await;
    scene.observe("WT", "2023-01", Some(20), 50).await;
    let of_other = async |scene: &Scene| {
        let rows = rows(&scene.app).await.into_iter();
        let rows = rows.filter(|(code, ..)| code == "WT");
        rows.map(|(_, _, subject, _)| subject).collect::<Vec<_>>()
    };
    for path in ["/", "/locations.csv", "/insights.csv"] {
        assert_eq!(scene.get(path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(of_other(&scene).await, ["/", "/locations.csv"]);

    let (words, _) = Words::salted([7; WORDS_SALT_BYTES], "Example: what was heard");
    let entry = scene.device.edit("insights/2026", |editor| {
        let fields = words.fields();
        editor.put_record(RecordKind::Insight, &id(1), Audience::Network, &fields)
    });
    scene.device.push(&scene.app, entry).await;
    scene.get("/insights.csv").await;
    let read = ["/", "/insights.csv", "/locations.csv"];
    assert_eq!(of_other(&scene).await, read);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_not_shown() {
    let scene = Scene::new().await;
    // Everything is in the figures.
    scene.app.dump().await.unwrap();
    let failing = scene.app.shared.store.write(kit::commits_fail(true)).await;
    failing.unwrap_err();
    for path in PAGES {
        let refused = scene.get(path).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        let text = refused.body;
        assert!(
            text.contains("only once the ledger says who read it"),
            "{path}: {text}"
        );
        assert!(
            !text.contains("780") && !text.contains("alert("),
            "{path}: {text}"
        );
    }
    assert_eq!(scene.get("/insights.csv").await.status, StatusCode::OK);
    let (code, out, err) = run(&scene.app, &["plan", "list"]).await;
    assert_eq!((code, out.as_str()), (ExitCode::Failed, ""), "{err}");
    scene
        .app
        .shared
        .store
        .write(kit::commits_fail(false))
        .await
        .unwrap();
    assert_eq!(rows(&scene.app).await, []);
    assert_eq!(scene.get("/").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_closes_after_ten_minutes_and_goes_after_seven_years() {
    let (_dir, app) = kit::hub().await;
    for code in ["FN", "WT"] {
        let code = kit::add_location(&app, code, &[]).await;
        Device::found(&app, &code).await;
    }
    let read = async |at: Timestamp, subject: &str, codes: &[&str]| {
        let reading = Reading::here("opened a page", subject);
        let codes = codes
            .iter()
            .map(|code| LocationCode::parse(code).unwrap())
            .collect();
        let write = app
            .shared
            .store
            .write(move |tx| reads::record(tx, at, &reading, &codes));
        let written: Result<(), StoreError> = write.await;
        written.unwrap();
    };
    let counts = async || {
        let rows = app.reads(1_000).await.unwrap().into_iter();
        let mut rows: Vec<_> = rows.map(|row| (row.code, row.n, row.count)).collect();
        rows.sort();
        rows
    };
    let of = |code: &str, n: u64, count: u64| (code.to_owned(), n, count);
    let then = clock::now();
    read(then, "/", &["FN", "WT"]).await;
    read(then.plus_ms(READ_OPEN_MS), "/", &["FN"]).await;
    assert_eq!(counts().await, [of("FN", 1, 2), of("WT", 1, 1)]);
    read(then.plus_ms(READ_OPEN_MS + 1), "/", &["FN"]).await;
    read(then.plus_ms(READ_OPEN_MS + 1), "/other", &["FN"]).await;
    let four = [
        of("FN", 1, 2),
        of("FN", 2, 1),
        of("FN", 3, 1),
        of("WT", 1, 1),
    ];
    assert_eq!(counts().await, four);

    // A clock that is further by seven years is not believed before so many days have rows.
    let acts = app.ledger(1_000).await.unwrap().len();
    let days = i64::try_from(LEDGER_CLOCK_DAYS).unwrap();
    let later = |day| then.plus_ms(LEDGER_KEPT_MS + (1 + day) * DAY_MS);
    for day in 1..=days {
        read(later(day), "/", &["WT"]).await;
        assert_eq!(app.ledger(1_000).await.unwrap().len(), acts, "day {day}");
    }
    assert_eq!(counts().await.len(), four.len() + LEDGER_CLOCK_DAYS);
    read(later(days), "/", &["FN"]).await;
    // Numbers go on, and so does the chain: from the last row of a location, which stays.
    let mut kept = vec![of("FN", 3, 1), of("FN", 4, 1)];
    kept.extend((2..).take(LEDGER_CLOCK_DAYS).map(|n| of("WT", n, 1)));
    assert_eq!(counts().await, kept);
    assert!(app.ledger(1_000).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_readers_of_the_same_are_two_rows() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    Device::found(&app, &code).await;
    for reader in ["token A", "token B", "token A"] {
        let reading = Reading::by(reader, "read rollups", "level=location");
        let codes = [code.clone()].into();
        let now = clock::now();
        let write = app
            .shared
            .store
            .write(move |tx| reads::record(tx, now, &reading, &codes));
        let written: Result<(), StoreError> = write.await;
        written.unwrap();
    }
    let rows = app.reads(1_000).await.unwrap().into_iter();
    let mut rows: Vec<_> = rows.map(|row| (row.reader, row.count)).collect();
    rows.sort();
    let of = |reader: &str, count| (reader.to_owned(), count);
    assert_eq!(rows, [of("token A", 2), of("token B", 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_rows_are_a_chain_that_nothing_changes_any_more() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let location = Device::found(&app, &code).await.location;
    let read = async |at: Timestamp, subject: &str| {
        let (reading, codes) = (
            Reading::here("opened a page", subject),
            [code.clone()].into(),
        );
        let write = app
            .shared
            .store
            .write(move |tx| reads::record(tx, at, &reading, &codes));
        let written: Result<(), StoreError> = write.await;
        written.unwrap();
    };
    let part = async |after: u64, at: Timestamp| {
        let shared = Arc::clone(&app.shared);
        let read = app.shared.store.write(move |tx| {
            let known = shared.directory.rosters().held(&location);
            let place = (known.expect("it joined").lix, &location);
            reads::chain::part(tx, place, &shared.identity.log, after, at)
        });
        let read: Result<ReadPart, StoreError> = read.await;
        read.unwrap()
    };
    let zero = app.shared.identity.log_device();
    let follow = |chain: ReadChain, part: &ReadPart| {
        let followed = chain.follow(&location, part, |device| *device == zero);
        followed.unwrap_or_else(|gap| panic!("{gap}: {part:?}"))
    };
    let then = clock::now();
    let none = part(0, then).await;
    assert_eq!(follow(ReadChain::default(), &none), ReadChain::default());
    for subject in ["/", "/coverage", "/"] {
        read(then, subject).await;
    }
    assert!(part(0, then).await.rows.is_empty(), "they are still open");

    let later = then.plus_ms(READ_OPEN_MS + 1);
    let first = part(0, later).await;
    let counts: Vec<u64> = first.rows.iter().map(|row| row.count).collect();
    assert_eq!(counts, [2, 1]);
    let chain = follow(ReadChain::default(), &first);
    // The hub's clock was ahead, and is set back: a closed row is not raised.
    read(then, "/").await;
    read(later, "/coverage").await;
    let second = part(chain.n, later.plus_ms(READ_OPEN_MS + 1)).await;
    let numbers: Vec<u64> = second.rows.iter().map(|row| row.n).collect();
    assert_eq!(numbers, [3, 4]);
    let end = follow(chain, &second);
    assert_eq!(follow(end, &part(end.n, later).await), end);
    // A location that holds nothing gets the same.
    assert_eq!(follow(ReadChain::default(), &part(0, later).await), end);
}
