//! Sums beside readers of other moments, and sums that cannot be read or are wrong.

use std::{path::Path, sync::Arc, thread};

use rusqlite::Connection;
use weft_host::clock;
use weft_shared::{
    id::{DeviceIndex, LocationId},
    log::gate::Admission,
    model::{
        Audience,
        number::Number,
        observation::{Breakdown, ObservationKey, Statement, Status},
    },
    rollup::{Level, Summed},
};
use weft_store::Open;

use super::super::Aggregator;
use crate::{
    aggregate::{
        reader::{CellFilter, Reader},
        seen::Seen,
    },
    app::AppHandle,
    kit::{self, Device},
    store::{Store, StoreError, derived::years, entries, rosters},
};

/// A location with one of its two areas reported for May, and entries that come later.
struct Setting {
    dir: tempfile::TempDir,
    place: (LocationId, DeviceIndex),
    later: Vec<Admission>,
}

async fn setting() -> Setting {
    let (dir, app): (_, AppHandle) = kit::hub().await;
    let definition = app.definitions().unwrap()[0].hash();
    let code = kit::add_location(&app, "FN", &["FAR_NORTH", "SOUTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let mut say = |area, month, numerator: i64| {
        let statement = Statement {
            numerator: Some(Number::from(numerator)),
            denominator: Some(Number::from(100)),
            ..Statement::without_figure(definition, Status::Normal, Audience::Network)
        };
        let key = format!("VAX_PRIMARY/{area}/{month}/age=12%2B").parse();
        device.edit("observations/2023", |editor| {
            editor.put_observation(&key.unwrap(), &statement, None)
        })
    };
    let first = say("FAR_NORTH", "2023-05", 1);
    let later = vec![
        say("FAR_NORTH", "2023-05", 7),
        say("SOUTH", "2023-05", 9),
        say("SOUTH", "2023-06", 3),
    ];
    device.push(&app, first).await;
    Setting {
        dir,
        place: (device.location, device.dix),
        later,
    }
}

fn open(dir: &Path) -> (Store, Aggregator) {
    let store = Store::open(&dir.join("hub/hub.db"), Open::Existing).unwrap();
    let folder = Aggregator::open(&store).unwrap();
    (store, folder)
}

/// Folds and adds up until nothing is left.
fn settle(folder: &mut Aggregator) {
    while folder.fold().unwrap() > 0 || folder.settle().unwrap() {}
}

fn store_entry(store: &Store, (location, dix): (LocationId, DeviceIndex), entry: Admission) {
    let written = store.writer().run_blocking(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        entries::append(conn, lix, dix, &entry, clock::now()).map(drop)
    });
    written.unwrap();
}

fn execute(store: &Store, sql: &'static str) {
    let written = store.writer().run_blocking(move |conn| {
        assert!(conn.execute(sql, [])? > 0, "{sql}");
        Ok::<_, StoreError>(())
    });
    written.unwrap();
}

/// The network's numerators, once they are found to be those of the facts.
fn numerators(conn: &Connection, network: &Arc<Seen>) -> Vec<String> {
    let reader = Reader::new(conn, network).unwrap();
    assert_eq!(reader.differing(100).unwrap().0, Vec::<String>::new());
    let mut found = Vec::new();
    reader
        .network_cells(&CellFilter::default(), |summed| {
            assert_eq!(summed.cell.key.level, Level::Network);
            let numerator = summed.cell.numerator.unwrap();
            found.push(format!("{} {numerator}", summed.cell.key.period));
        })
        .unwrap();
    found
}

fn in_thread(run: impl FnOnce() + Send + 'static) {
    thread::spawn(run).join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_has_the_figures_of_its_state_with_the_network_of_another() {
    let Setting { dir, place, later } = setting().await;
    in_thread(move || {
        let (store, mut folder) = open(dir.path());
        settle(&mut folder);
        let before = (store.reader().unwrap(), folder.network());
        before.0.execute_batch("BEGIN").unwrap();
        // The network has its places before another comes, and the reader its state.
        assert_eq!(numerators(&before.0, &before.1), ["2023-05 1"]);
        for entry in later {
            store_entry(&store, place, entry);
        }
        settle(&mut folder);
        let after = (store.reader().unwrap(), folder.network());
        assert_eq!(numerators(&after.0, &after.1), ["2023-05 16", "2023-06 3"]);
        assert_eq!(numerators(&before.0, &after.1), ["2023-05 1"]);
        assert_eq!(numerators(&after.0, &before.1), ["2023-05 16", "2023-06 3"]);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_that_cannot_be_read_are_made_again_from_the_facts() {
    let Setting { dir, place, later } = setting().await;
    in_thread(move || {
        let (store, mut folder) = open(dir.path());
        settle(&mut folder);
        let height = folder.folded();
        let mut later = later.into_iter();
        execute(&store, "UPDATE sums SET amount = 'most'");
        store_entry(&store, place, later.next().unwrap());
        assert_eq!((folder.fold().unwrap(), folder.folded()), (1, height));
        settle(&mut folder);
        assert_eq!(folder.folded(), height + 1);
        let conn = store.reader().unwrap();
        assert_eq!(numerators(&conn, &folder.network()), ["2023-05 7"]);
        let kept: i64 = conn
            .query_row("SELECT count(*) FROM sums", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 1);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_that_are_not_those_of_the_facts_are_found() {
    let Setting { dir, .. } = setting().await;
    in_thread(move || {
        let (store, mut folder) = open(dir.path());
        settle(&mut folder);
        execute(&store, "UPDATE sums SET numerator = numerator + 1");
        let (conn, network) = (store.reader().unwrap(), folder.network());
        let differing = Reader::new(&conn, &network).unwrap().differing(100);
        let (differing, checked) = differing.unwrap();
        assert_eq!((differing.len(), checked), (1, 1), "{differing:?}");
    });
}

/// A location may name any number of areas, its own or not.
#[tokio::test(flavor = "multi_thread")]
async fn once_places_have_run_out_figures_are_those_of_the_facts() {
    let Setting { dir, place, later } = setting().await;
    in_thread(move || {
        let (store, mut folder) = open(dir.path());
        settle(&mut folder);
        drop(folder);
        let last = "INSERT INTO places (place, lix, area) VALUES (1048575, 0, 'LAST')";
        execute(&store, last);
        let mut folder = Aggregator::open(&store).unwrap();
        let mut found = Vec::new();
        for entry in later {
            store_entry(&store, place, entry);
            settle(&mut folder);
            let conn = store.reader().unwrap();
            found.push(numerators(&conn, &folder.network()).join(", "));
        }
        assert_eq!(found, ["2023-05 7", "2023-05 16", "2023-05 16, 2023-06 3"]);
    });
}

/// Says what share of 100 a location has in an area and a month, in a document of 2023.
fn say(device: &mut Device, app: &AppHandle, said: (&str, &str, &str, &str), n: i64) -> Admission {
    let (document, area, month, age) = said;
    let definition = app.definitions().unwrap()[0].hash();
    let statement = Statement {
        numerator: Some(Number::from(n)),
        denominator: Some(Number::from(100)),
        ..Statement::without_figure(definition, Status::Normal, Audience::Network)
    };
    let key = ObservationKey {
        indicator: "VAX_PRIMARY".parse().unwrap(),
        area: area.parse().unwrap(),
        period: month.parse().unwrap(),
        breakdown: Breakdown::by("age", age),
    };
    device.edit(document, |editor| {
        editor.put_observation(&key, &statement, None)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_taken_out_of_a_sum_by_what_the_sum_has_of_it() {
    let (dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let (first, other) = ("observations/2023", "observations/2023/2");
    // All places of a location with a late document are taken out; that of another stays.
    let code = kit::add_location(&app, "HV", &["EAST"]).await;
    let mut stays = Device::found(&app, &code).await;
    let entry = say(&mut stays, &app, (first, "EAST", "2023-05", "12+"), 20);
    stays.push(&app, entry).await;
    // The spelling that the sum does not have is the first that is looked at.
    for (said, n) in [
        ((first, "FAR_NORTH", "2023-04", "１２+"), 1),
        ((first, "FAR_NORTH", "2023-05", "12+"), 10),
    ] {
        let entry = say(&mut device, &app, said, n);
        device.push(&app, entry).await;
    }
    let late = say(
        &mut device,
        &app,
        (other, "FAR_NORTH", "2023-05", "１２+"),
        50,
    );
    let place = (device.location, device.dix);
    drop(app);
    in_thread(move || {
        let (store, mut folder) = open(dir.path());
        settle(&mut folder);
        store_entry(&store, place, late);
        assert_eq!(folder.fold().unwrap(), 1);
        let (conn, network) = (store.reader().unwrap(), folder.network());
        let reader = Reader::new(&conn, &network).unwrap();
        assert_eq!(reader.differing(100).unwrap(), (Vec::new(), 2));
        let mut contested = Vec::new();
        let take = |one: Summed| contested.push(one.cell.n_contested);
        reader.network_cells(&CellFilter::default(), take).unwrap();
        assert_eq!(contested, [0, 1], "the late document counts");
        let late = years::late_documents(&conn, 2023).unwrap();
        assert_eq!(late.len(), 1);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_known_changes_beside_one_that_is_new() {
    let (dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH", "SOUTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let (first, other) = ("observations/2023", "observations/2023/2");
    let known = say(&mut device, &app, (first, "FAR_NORTH", "2023-05", "12+"), 1);
    device.push(&app, known).await;
    let later = [
        say(&mut device, &app, (first, "FAR_NORTH", "2023-05", "12+"), 7),
        say(&mut device, &app, (other, "SOUTH", "2023-05", "12+"), 9),
    ];
    let place = (device.location, device.dix);
    drop(app);
    in_thread(move || {
        let (store, mut folder) = open(dir.path());
        settle(&mut folder);
        let height = folder.folded();
        for entry in later {
            store_entry(&store, place, entry);
        }
        assert_eq!(folder.fold().ok(), Some(2));
        assert_eq!(folder.folded(), height + 2, "nothing was derived again");
        let (conn, network) = (store.reader().unwrap(), folder.network());
        assert_eq!(numerators(&conn, &network), ["2023-05 16"]);
        let past = "SELECT numerator FROM past_facts";
        let past: i64 = conn.query_row(past, [], |row| row.get(0)).unwrap();
        assert_eq!(past, 1);
    });
}
