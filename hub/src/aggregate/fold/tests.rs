//! Derived state that cannot be read is derived again once at each height.

mod ahead;
mod history;
mod line;

use std::thread;

use rusqlite::{
    Connection,
    hooks::{AuthAction, AuthContext, Authorization},
};
use weft_host::clock;
use weft_shared::{
    id::{DefinitionHash, DeviceIndex, DocName, LocationId},
    log::gate::Admission,
    model::{
        Audience,
        number::Number,
        observation::{Statement, Status},
        profile::{Adoption, AdoptionStatus},
    },
    time::{Timestamp, Zone},
};
use weft_store::Open;

use super::Aggregator;
use crate::{
    aggregate::reader::Reader,
    app::AppHandle,
    kit::{self, Device},
    store::{LocationRow, Store, StoreError, derived, entries, rosters},
};

const KEY: &str = "VAX_PRIMARY/FAR_NORTH/2023-05/age=12%2B";

/// Spoils the save of the document that the test writes in, and forgets it, so that it is read.
fn spoil(store: &Store, folder: &mut Aggregator, location: LocationId) {
    let doc = DocName::first("observations/2023").id(&location);
    write(store, location, move |conn, lix| {
        derived::put_snapshot(conn, lix, &doc, b"no document")
    });
    folder.library.clear();
    folder.straights.clear();
}

fn mend(store: &Store) {
    let mended = store.writer().run_blocking(|conn| {
        let spoilt = "DELETE FROM snapshots WHERE bytes = CAST('no document' AS BLOB)";
        assert_eq!(
            conn.execute(spoilt, [])?,
            1,
            "nothing was made again meanwhile"
        );
        Ok::<_, StoreError>(())
    });
    mended.unwrap();
}

/// Stores an entry as ingest does.
fn store_entry(store: &Store, (location, dix): (LocationId, DeviceIndex), admission: Admission) {
    write(store, location, move |conn, lix| {
        entries::append(conn, lix, dix, &admission, clock::now()).map(drop)
    });
}

fn catch_up(folder: &mut Aggregator) -> u64 {
    while folder.fold().unwrap() > 0 {}
    folder.folded()
}

#[tokio::test(flavor = "multi_thread")]
async fn derived_state_that_cannot_be_read_is_made_again_once_at_each_height() {
    let (dir, app) = kit::hub().await;
    let definition = app.definitions().unwrap()[0].hash();
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let (first, second) = (
        state(&mut device, definition, 1),
        state(&mut device, definition, 2),
    );
    let (location, dix) = (device.location, device.dix);
    drop(app);
    let path = dir.path().join("hub/hub.db");
    let tried = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        let place = (location, dix);
        let mut folder = Aggregator::open(&store).unwrap();
        let height = catch_up(&mut folder);
        spoil(&store, &mut folder, location);
        store_entry(&store, place, first);
        assert_eq!((folder.fold().unwrap(), folder.folded()), (1, 0));
        // It is unreadable as soon as it is derived: a person must look.
        spoil(&store, &mut folder, location);
        for _ in 0..2 {
            let error = folder.fold().unwrap_err();
            assert!(error.is_of_derived(), "{error}");
        }
        mend(&store);
        assert_eq!(catch_up(&mut folder), height + 1);
        // The aggregation has advanced since.
        spoil(&store, &mut folder, location);
        store_entry(&store, place, second);
        assert_eq!((folder.fold().unwrap(), folder.folded()), (1, 0));
        assert_eq!(catch_up(&mut folder), height + 2);
    });
    tried.join().unwrap();
}

/// Writes something of a location.
fn write(
    store: &Store,
    location: LocationId,
    run: impl FnOnce(&Connection, LocationRow) -> Result<(), StoreError> + Send + 'static,
) {
    let written = store.writer().run_blocking(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        run(conn, lix)
    });
    written.unwrap();
}

/// Every fact and figure as text.
fn derived_texts(store: &Store, folder: &Aggregator) -> Vec<String> {
    let mut texts = Vec::new();
    let (conn, network) = (store.reader().unwrap(), folder.network());
    let reader = Reader::new(&conn, &network).unwrap();
    let mut take = |key, text| texts.push(format!("{key} {text}"));
    reader.fact_texts(&mut take).unwrap();
    reader.figure_texts(&mut take).unwrap();
    texts
}

/// States one of the two areas.
fn state(device: &mut Device, definition: DefinitionHash, numerator: i64) -> Admission {
    let statement = Statement {
        numerator: Some(Number::from(numerator)),
        denominator: Some(Number::from(100)),
        ..Statement::without_figure(definition, Status::Normal, Audience::Network)
    };
    device.edit("observations/2023", |editor| {
        editor.put_observation(&KEY.parse().unwrap(), &statement, None)
    })
}

fn adopts(device: &mut Device, definition: DefinitionHash) -> Admission {
    let adoption = Adoption {
        status: AdoptionStatus::Adopted,
        definition,
        audience: Audience::Network,
        reason: None,
        releases: None,
        open: None,
    };
    device.edit("profile", |editor| {
        editor.put_adoption(&"VAX_PRIMARY".parse().unwrap(), &adoption)
    })
}

/// A location that reported one of its two areas.
async fn half_reported(app: &AppHandle) -> Device {
    let definition = app.definitions().unwrap()[0].hash();
    let code = kit::add_location(app, "FN", &["FAR_NORTH", "SOUTH"]).await;
    let mut device = Device::found(app, &code).await;
    let entry = adopts(&mut device, definition);
    device.push(app, entry).await;
    let entry = state(&mut device, definition, 1);
    device.push(app, entry).await;
    device
}

#[track_caller]
fn says(store: &Store, folder: &Aggregator, words: &str) {
    let texts = derived_texts(store, folder);
    assert!(texts.iter().any(|text| text.contains(words)), "{texts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_synced_counts_although_the_bite_failed_or_the_program_ended() {
    let (dir, app) = kit::hub().await;
    let mut device = half_reported(&app).await;
    let definition = app.definitions().unwrap()[0].hash();
    let entries = [2, 3].map(|numerator| state(&mut device, definition, numerator));
    let (location, dix) = (device.location, device.dix);
    drop(app);
    let path = dir.path().join("hub/hub.db");
    let tried = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        let mut folder = Aggregator::open(&store).unwrap();
        let height = catch_up(&mut folder);
        says(&store, &folder, "not synced: FN (1 of 2 areas, never)");
        // As if another process had the store: twice it fails, once to come back to what is there.
        let in_2022 = Timestamp::from_ms(1_670_000_000_000);
        write(&store, location, move |conn, lix| {
            rosters::put_synced(conn, lix, in_2022)
        });
        for entry in entries {
            store_entry(&store, (location, dix), entry);
        }
        for wrong in [height + 1, height] {
            write(&store, location, move |conn, _| {
                derived::put_folded(conn, wrong)
            });
            folder.fold().unwrap_err();
        }
        assert_eq!(catch_up(&mut folder), height + 2);
        says(
            &store,
            &folder,
            "not synced: FN (1 of 2 areas, since 2022-12-0",
        );
        // It ended before it looked.
        drop(folder);
        write(&store, location, |conn, lix| {
            rosters::put_synced(conn, lix, kit::THEN)
        });
        let mut folder = Aggregator::open(&store).unwrap();
        catch_up(&mut folder);
        let before = derived_texts(&store, &folder);
        let synced = |text: &String| !text.contains("not synced");
        assert!(before.iter().all(synced), "{before:?}");
        says(&store, &folder, "not reported");
        folder.clear().unwrap();
        catch_up(&mut folder);
        assert_eq!(derived_texts(&store, &folder), before);
    });
    tried.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_on_the_morning_after_a_period_counts_as_after_it() {
    let (dir, app) = kit::hub().await;
    let zone = Zone::parse("Pacific/Auckland").unwrap();
    app.set_time_zone(&zone).await.unwrap();
    let location = half_reported(&app).await.location;
    drop(app);
    let path = dir.path().join("hub/hub.db");
    let tried = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        let mut folder = Aggregator::open(&store).unwrap();
        for (at, reason) in [
            (
                "2023-05-31T11:59:59Z",
                "not synced: FN (1 of 2 areas, since 2023-05-31)",
            ),
            // Half past midnight there, and not yet June in UTC.
            ("2023-05-31T12:30:00Z", "not reported: FN (1 of 2 areas)"),
            ("2023-06-01T20:00:00Z", "not reported: FN (1 of 2 areas)"),
        ] {
            let at = Timestamp::parse_rfc3339(at).unwrap();
            write(&store, location, move |conn, lix| {
                rosters::put_synced(conn, lix, at)
            });
            catch_up(&mut folder);
            says(&store, &folder, reason);
        }
    });
    tried.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bite_that_failed_is_read_again_also_if_memory_could_not_be_read_back() {
    let (dir, app) = kit::hub().await;
    let mut device = half_reported(&app).await;
    let definition = app.definitions().unwrap()[0].hash();
    let (entry, place) = (
        state(&mut device, definition, 77),
        (device.location, device.dix),
    );
    drop(app);
    let path = dir.path().join("hub/hub.db");
    let tried = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        let mut folder = Aggregator::open(&store).unwrap();
        catch_up(&mut folder);
        store_entry(&store, place, entry);
        let failing = store.writer().run_blocking(kit::commits_fail(true));
        failing.unwrap_err();
        let deny = |context: AuthContext<'_>| match context.action {
            AuthAction::Read {
                table_name: "series",
                ..
            } => Authorization::Deny,
            _ => Authorization::Allow,
        };
        folder.conn.authorizer(Some(deny)).unwrap();
        folder.fold().unwrap_err();
        folder.fold().unwrap_err();
        folder
            .conn
            .authorizer(None::<fn(AuthContext<'_>) -> Authorization>)
            .unwrap();
        store
            .writer()
            .run_blocking(kit::commits_fail(false))
            .unwrap();
        catch_up(&mut folder);
        says(&store, &folder, "\"numerator\":77");
        let after = derived_texts(&store, &folder);
        folder.clear().unwrap();
        catch_up(&mut folder);
        assert_eq!(derived_texts(&store, &folder), after);
    });
    tried.join().unwrap();
}
