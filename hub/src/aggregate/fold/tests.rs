//! Derived state that cannot be read is derived again once at each height.

use std::thread;

use rusqlite::{
    Connection,
    hooks::{AuthAction, AuthContext, Authorization},
    params,
};
use weft_host::clock;
use weft_shared::{
    id::{DocId, LocationId},
    log::gate::Admission,
    model::{
        Audience,
        number::Number,
        observation::{ObservationKey, Statement, Status},
        profile::{Adoption, AdoptionStatus},
    },
    time::{Timestamp, Zone},
};
use weft_store::Open;

use super::Aggregator;
use crate::{
    app::AppHandle,
    kit::{self, Device},
    store::{LocationRow, Store, StoreError, derived, entries, rosters},
};

const KEY: &str = "VAX_PRIMARY/FAR_NORTH/2023-05/age=12%2B";

/// Adds an unreadable fact beside those of the slice that the test writes about.
fn spoil(store: &Store) {
    let key: ObservationKey = KEY.parse().unwrap();
    let spoilt = store.writer().run_blocking(move |conn| {
        conn.execute(
            "INSERT INTO facts VALUES (?, ?, ?, ?, 'SPOILT', ?, 'no fact')",
            params![
                key.indicator.as_str(),
                key.period.to_string(),
                key.breakdown.key(),
                LocationRow::ZERO.0,
                DocId::new(Default::default()).as_bytes()
            ],
        )?;
        Ok::<_, StoreError>(())
    });
    spoilt.unwrap();
}

fn mend(store: &Store) {
    let mended = store.writer().run_blocking(|conn| {
        let rows = conn.execute("DELETE FROM facts WHERE area = 'SPOILT'", [])?;
        assert_eq!(rows, 1, "nothing was made again meanwhile");
        Ok::<_, StoreError>(())
    });
    mended.unwrap();
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
    let mut state = |numerator: i64| -> Admission {
        let key = KEY.parse().unwrap();
        let statement = Statement {
            definition,
            numerator: Some(Number::from(numerator)),
            denominator: Some(Number::from(100)),
            value: None,
            status: Status::Normal,
            method: None,
            audience: Audience::Network,
            lower: None,
            upper: None,
            confirmed: Default::default(),
            sign: None,
        };
        device.edit("observations/2023", |editor| {
            editor.put_observation(&key, &statement, None)
        })
    };
    let (first, second) = (state(1), state(2));
    let (location, dix) = (device.location, device.dix);
    drop(app);
    let path = dir.path().join("hub/hub.db");
    let tried = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        let store_entry = |admission: Admission| {
            let stored = store.writer().run_blocking(move |conn| {
                let lix = rosters::lix(conn, &location)?.unwrap();
                entries::append(conn, lix, dix, &admission, clock::now())
            });
            let stored: Result<_, StoreError> = stored;
            stored.unwrap();
        };
        let mut folder = Aggregator::open(&store).unwrap();
        let height = catch_up(&mut folder);
        spoil(&store);
        store_entry(first);
        assert_eq!((folder.fold().unwrap(), folder.folded()), (1, 0));
        // It is unreadable as soon as it is derived: a person must look.
        spoil(&store);
        for _ in 0..2 {
            let error = folder.fold().unwrap_err();
            assert!(error.is_of_derived(), "{error}");
        }
        mend(&store);
        assert_eq!(catch_up(&mut folder), height + 1);
        // The aggregation has advanced since.
        spoil(&store);
        store_entry(second);
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

/// Everything that is derived, as text.
fn derived_texts(store: &Store) -> Vec<String> {
    let mut texts = Vec::new();
    let conn = store.reader().unwrap();
    derived::each(&conn, |key, text| texts.push(format!("{key} {text}"))).unwrap();
    texts
}

/// A location that reported one of its two areas.
async fn half_reported(app: &AppHandle) -> LocationId {
    let definition = app.definitions().unwrap()[0].hash();
    let code = kit::add_location(app, "FN", &["FAR_NORTH", "SOUTH"]).await;
    let mut device = Device::found(app, &code).await;
    let adoption = Adoption {
        status: AdoptionStatus::Adopted,
        definition,
        audience: Audience::Network,
        reason: None,
    };
    let entry = device.edit("profile", |editor| {
        editor.put_adoption(&"VAX_PRIMARY".parse().unwrap(), &adoption)
    });
    device.push(app, entry).await;
    let statement = Statement {
        numerator: Some(Number::from(1)),
        denominator: Some(Number::from(100)),
        ..Statement::without_figure(definition, Status::Normal, Audience::Network)
    };
    let entry = device.edit("observations/2023", |editor| {
        editor.put_observation(&KEY.parse().unwrap(), &statement, None)
    });
    device.push(app, entry).await;
    device.location
}

#[tokio::test(flavor = "multi_thread")]
async fn who_synced_counts_although_the_bite_failed_or_the_program_ended() {
    let (dir, app) = kit::hub().await;
    let location = half_reported(&app).await;
    drop(app);
    let path = dir.path().join("hub/hub.db");
    let tried = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        let says = |words: &str| {
            derived_texts(&store)
                .iter()
                .any(|text| text.contains(words))
        };
        let mut folder = Aggregator::open(&store).unwrap();
        let height = catch_up(&mut folder);
        assert!(
            says("not synced: FN (1 of 2 areas, never)"),
            "{:?}",
            derived_texts(&store)
        );
        // As if another process had the store: twice it fails, once to come back to what is there.
        let in_2022 = Timestamp::from_ms(1_670_000_000_000);
        write(&store, location, move |conn, lix| {
            rosters::put_synced(conn, lix, in_2022)
        });
        for wrong in [height + 1, height] {
            write(&store, location, move |conn, _| {
                derived::put_folded(conn, wrong)
            });
            folder.fold().unwrap_err();
        }
        assert_eq!(catch_up(&mut folder), height);
        assert!(
            says("not synced: FN (1 of 2 areas, since 2022-12-0"),
            "{:?}",
            derived_texts(&store)
        );
        // It ended before it looked.
        drop(folder);
        write(&store, location, |conn, lix| {
            rosters::put_synced(conn, lix, kit::THEN)
        });
        let mut folder = Aggregator::open(&store).unwrap();
        catch_up(&mut folder);
        assert!(
            says("not reported") && !says("not synced"),
            "{:?}",
            derived_texts(&store)
        );
        let before = derived_texts(&store);
        folder.clear().unwrap();
        catch_up(&mut folder);
        assert_eq!(derived_texts(&store), before);
    });
    tried.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_on_the_morning_after_a_period_counts_as_after_it() {
    let (dir, app) = kit::hub().await;
    let zone = Zone::parse("Pacific/Auckland").unwrap();
    app.set_time_zone(&zone).await.unwrap();
    let location = half_reported(&app).await;
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
            let texts = derived_texts(&store);
            assert!(
                texts.iter().any(|text| text.contains(reason)),
                "{at:?}: {texts:?}"
            );
        }
    });
    tried.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bite_that_failed_is_read_again_also_if_memory_could_not_be_read_back() {
    let (dir, app) = kit::hub().await;
    let location = half_reported(&app).await;
    drop(app);
    let path = dir.path().join("hub/hub.db");
    let tried = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        let mut folder = Aggregator::open(&store).unwrap();
        catch_up(&mut folder);
        write(&store, location, |conn, lix| {
            rosters::put_synced(conn, lix, kit::THEN)
        });
        let failing = store.writer().run_blocking(kit::commits_fail(true));
        failing.unwrap_err();
        let deny = |context: AuthContext<'_>| match context.action {
            AuthAction::Read {
                table_name: "synced",
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
        let after = derived_texts(&store);
        assert!(
            after.iter().any(|text| text.contains("not reported")),
            "{after:?}"
        );
        folder.clear().unwrap();
        catch_up(&mut folder);
        assert_eq!(derived_texts(&store), after);
    });
    tried.join().unwrap();
}
