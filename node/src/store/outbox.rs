//! Entries of this device that the hub has not acknowledged.

use rusqlite::Connection;
use weft_shared::time::Timestamp;
use weft_store::{StoreError, rows};

/// Puts entry `dseq` of this device into the outbox.
pub(crate) fn put(store: &Connection, dseq: u64, saved: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO outbox (dseq, saved) VALUES (?1, ?2)";
    rows::write(store, sql, (dseq, saved.ms()))
}

/// Takes everything up to `dseq` out: the hub has it on disk.
pub(crate) fn clear_to(store: &Connection, dseq: u64) -> Result<(), StoreError> {
    rows::write(store, "DELETE FROM outbox WHERE dseq <= ?1", [dseq])
}

/// Returns the number of entries that wait, and the time since when the oldest does.
pub(crate) fn waiting(store: &Connection) -> Result<(u64, Option<Timestamp>), StoreError> {
    let mut query = store.prepare_cached("SELECT count(*), min(saved) FROM outbox")?;
    let waiting = query.query_row([], |row| {
        let oldest: Option<i64> = row.get(1)?;
        Ok((row.get(0)?, oldest.map(Timestamp::from_ms)))
    });
    Ok(waiting?)
}
