//! Changes to documents that stay on this computer.

use rusqlite::Connection;
use weft_shared::{id::DocId, time::Timestamp};
use weft_store::{StoreError, rows};

/// Appends a change to the journal of a local document.
pub(crate) fn append(
    store: &Connection,
    document: &DocId,
    at: Timestamp,
    change: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO journal (document, at, change) VALUES (?1, ?2, ?3)";
    rows::write(store, sql, (document.as_bytes(), at.ms(), change))
}

/// The changes of a local document and when they were made, in their order.
pub(crate) fn changes(
    store: &Connection,
    document: &DocId,
) -> Result<Vec<(Timestamp, Vec<u8>)>, StoreError> {
    let sql = "SELECT at, change FROM journal WHERE document = ?1 ORDER BY id";
    rows::all(store, sql, [document.as_bytes()], |row| {
        Ok((Timestamp::from_ms(row.get(0)?), row.get(1)?))
    })
}

/// When the journal was last written.
pub(crate) fn last(store: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let ms: Option<i64> = store.query_row("SELECT max(at) FROM journal", [], |row| row.get(0))?;
    Ok(ms.map(Timestamp::from_ms))
}
