//! Entries of this device that the hub has not acknowledged.

use rusqlite::{Connection, Result};
use weft_shared::time::Timestamp;

/// Puts entry `dseq` of this device into the outbox.
pub(crate) fn put(store: &Connection, dseq: u64, saved: Timestamp) -> Result<()> {
    store
        .prepare_cached("INSERT INTO outbox (dseq, saved) VALUES (?1, ?2)")?
        .execute((dseq.cast_signed(), saved.ms()))?;
    Ok(())
}

/// Takes everything up to `dseq` out: the hub has it on disk.
pub(crate) fn clear_to(store: &Connection, dseq: u64) -> Result<()> {
    store
        .prepare_cached("DELETE FROM outbox WHERE dseq <= ?1")?
        .execute([dseq.cast_signed()])?;
    Ok(())
}

/// Returns the number of entries that wait, and the time since when the oldest does.
pub(crate) fn waiting(store: &Connection) -> Result<(u64, Option<Timestamp>)> {
    store
        .prepare_cached("SELECT count(*), min(saved) FROM outbox")?
        .query_row([], |row| {
            let count: i64 = row.get(0)?;
            let oldest: Option<i64> = row.get(1)?;
            Ok((count.cast_unsigned(), oldest.map(Timestamp::from_ms)))
        })
}
