//! The national team's view of this location, as the hub made it last.

use rusqlite::{Connection, params};
use weft_shared::time::Timestamp;
use weft_store::{StoreError, rows};

/// Keeps what the hub made at this time, in place of what it made before.
pub(crate) fn put(store: &Connection, at: Timestamp, bytes: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT INTO seen (one, at, bytes) VALUES (1, ?, ?)
               ON CONFLICT (one) DO UPDATE SET at = excluded.at, bytes = excluded.bytes";
    rows::write(store, sql, params![at.ms(), bytes])
}

/// Notes that it was the same at this time.
pub(crate) fn confirm(store: &Connection, at: Timestamp) -> Result<(), StoreError> {
    rows::write(store, "UPDATE seen SET at = ?", [at.ms()])
}

/// Returns it with its time; none if the hub has sent nothing yet.
pub(crate) fn get(store: &Connection) -> Result<Option<(Timestamp, Vec<u8>)>, StoreError> {
    rows::one(store, "SELECT at, bytes FROM seen", [], |row| {
        Ok((Timestamp::from_ms(row.get(0)?), row.get(1)?))
    })
}
