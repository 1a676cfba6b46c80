//! The day of a location's last sync: noted once something was exchanged.

use std::time::Duration;

use weft_shared::time::Timestamp;

use super::{
    refusals::live,
    shares::{acknowledged, names},
    wire::{Heard, connect_with, listening},
};
use crate::{
    app::AppHandle,
    kit::{self, Device},
    store::{StoreError, rosters},
};

/// Far longer than it takes.
const NOTED_WITHIN: Duration = Duration::from_secs(60);

async fn synced(app: &AppHandle, device: &Device) -> Option<Timestamp> {
    let location = device.location;
    let read = app.shared.store.read(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        rosters::synced_day(conn, lix)
    });
    read.await
        .unwrap_or_else(|error: StoreError| panic!("{error}"))
}

async fn until_synced(app: &AppHandle, device: &Device) {
    let until = async {
        while synced(app, device).await.is_none() {
            tokio::task::yield_now().await;
        }
    };
    let noted = tokio::time::timeout(NOTED_WITHIN, until).await;
    noted.expect("the sync is never noted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greeting_alone_is_no_sync() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut device = Device::found(&app, &code).await;
    let log = [names(&mut device, "offered")];
    // It offers an entry with HELLO, and the line breaks before it sends any.
    let mut line = connect_with(&app, &address, &device, (&log, 1), 0);
    line.until(|heard| matches!(heard, Heard::Sent(1)).then_some(()))
        .await;
    assert_eq!(synced(&app, &device).await, None);
    drop(line);
    let mut line = connect_with(&app, &address, &device, (&log, 1), 1);
    acknowledged(&mut line, 1).await;
    until_synced(&app, &device).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_session_exchanges_on_a_later_day_is_a_sync() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut device = Device::found(&app, &code).await;
    let log = [names(&mut device, "the next day")];
    // As if the session had become live on a day that is over, nothing is noted before the entry.
    let changed = app.shared.store.write(move |conn| {
        conn.execute_batch(
            "CREATE TRIGGER earlier BEFORE UPDATE OF synced_ms ON locations
             WHEN NOT EXISTS (SELECT 1 FROM logs WHERE lix = OLD.lix AND dseq > 0)
             BEGIN SELECT raise(FAIL, 'earlier'); END;",
        )?;
        Ok::<_, StoreError>(())
    });
    changed.await.unwrap();
    let mut line = connect_with(&app, &address, &device, (&log, 0), 1);
    live(&mut line).await;
    line.saved(&device, &log[0]).await;
    acknowledged(&mut line, 1).await;
    until_synced(&app, &device).await;
}
