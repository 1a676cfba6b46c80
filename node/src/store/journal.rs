//! Changes to documents that stay on this computer.

use rusqlite::{Connection, Result};
use weft_shared::{id::DocId, time::Timestamp};

/// Appends a change to the journal of a local document.
pub(crate) fn append(
    store: &Connection,
    document: &DocId,
    at: Timestamp,
    change: &[u8],
) -> Result<()> {
    store
        .prepare_cached("INSERT INTO journal (document, at, change) VALUES (?1, ?2, ?3)")?
        .execute((document.as_bytes(), at.ms(), change))?;
    Ok(())
}

/// The changes of a local document and when they were made, in their order.
pub(crate) fn changes(store: &Connection, document: &DocId) -> Result<Vec<(Timestamp, Vec<u8>)>> {
    store
        .prepare_cached("SELECT at, change FROM journal WHERE document = ?1 ORDER BY id")?
        .query_map([document.as_bytes()], |row| {
            Ok((Timestamp::from_ms(row.get(0)?), row.get(1)?))
        })?
        .collect()
}

/// When the journal was last written.
pub(crate) fn last(store: &Connection) -> Result<Option<Timestamp>> {
    let ms: Option<i64> = store.query_row("SELECT max(at) FROM journal", [], |row| row.get(0))?;
    Ok(ms.map(Timestamp::from_ms))
}
