//! Derived state that cannot be read is derived again once at each height.

use std::thread;

use rusqlite::params;
use weft_host::{clock, writer::Open};
use weft_shared::{
    id::DocId,
    log::gate::Admission,
    model::{
        Audience,
        number::Number,
        observation::{ObservationKey, Statement, Status},
    },
};

use super::Folder;
use crate::{
    kit::{self, Device},
    store::{Lix, Store, StoreError, entries, rosters},
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
                Lix::ZERO.0,
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

fn catch_up(folder: &mut Folder) -> u64 {
    while folder.fold().unwrap() > 0 {}
    folder.folded()
}

#[tokio::test(flavor = "multi_thread")]
async fn derived_state_that_cannot_be_read_is_made_again_once_at_each_height() {
    let (dir, app) = kit::hub().await;
    let definition = app.definitions().await.unwrap()[0].hash();
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
        let mut folder = Folder::open(&store).unwrap();
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
