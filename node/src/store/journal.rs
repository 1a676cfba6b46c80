//! Changes of the team's document that an earlier version kept on this computer alone. They are
//! sealed when a store of that version is opened; a device that may not write any more keeps them.

use rusqlite::{Connection, params};
use weft_shared::{
    id::{DeviceIndex, DocId},
    log::sealed::team_document,
    time::Timestamp,
};
use weft_store::{StoreError, rows};

/// A change of the journal.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) id: i64,
    pub(crate) at: Timestamp,
    pub(crate) change: Vec<u8>,
}

/// The changes of a document, in their order.
pub(crate) fn changes(store: &Connection, document: &DocId) -> Result<Vec<Kept>, StoreError> {
    let sql = "SELECT id, at, change FROM journal WHERE document = ?1 ORDER BY id";
    rows::all(store, sql, [document.as_bytes()], |row| {
        Ok(Kept {
            id: row.get(0)?,
            at: Timestamp::from_ms(row.get(1)?),
            change: row.get(2)?,
        })
    })
}

/// When the journal was last written.
pub(crate) fn last(store: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let ms: Option<i64> = store.query_row("SELECT max(at) FROM journal", [], |row| row.get(0))?;
    Ok(ms.map(Timestamp::from_ms))
}

/// The changes up to `to` are in an entry now.
pub(crate) fn seal(
    store: &Connection,
    (dix, dseq): (DeviceIndex, u64),
    to: i64,
) -> Result<(), StoreError> {
    let name = team_document().to_string();
    store.execute(
        "UPDATE touch SET dix = ?1, dseq = ?2 WHERE document = ?3 AND dix IS NULL
         AND at IN (SELECT at FROM journal WHERE id <= ?4)",
        params![dix.0, dseq, name, to],
    )?;
    rows::write(store, "DELETE FROM journal WHERE id <= ?1", [to])
}
