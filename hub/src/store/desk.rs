//! Drafts of the agenda, which the operator alone sees.

use rusqlite::{Connection, params};
use weft_shared::time::Timestamp;
use weft_store::rows;

use super::StoreError;

/// A draft: what it is of, and its content as canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DraftRow {
    /// `item` or `answer`.
    pub(crate) kind: String,
    /// The item's id, or the key of the answer.
    pub(crate) id: String,
    pub(crate) fields: String,
}

/// All drafts, in the order in which they were made.
pub(crate) fn all(conn: &Connection) -> Result<Vec<DraftRow>, StoreError> {
    let sql = "SELECT kind, id, fields FROM desk ORDER BY made_ms, kind, id";
    rows::all(conn, sql, [], |row| {
        Ok(DraftRow {
            kind: row.get(0)?,
            id: row.get(1)?,
            fields: row.get(2)?,
        })
    })
}

/// Puts a draft in place of an earlier one, whose time it keeps.
pub(crate) fn put(conn: &Connection, draft: &DraftRow, now: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO desk (kind, id, fields, made_ms) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (kind, id) DO UPDATE SET fields = ?3",
    )?
    .execute(params![draft.kind, draft.id, draft.fields, now.ms()])?;
    Ok(())
}

/// Takes a draft away, if there is one.
pub(crate) fn forget(conn: &Connection, kind: &str, id: &str) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM desk WHERE kind = ? AND id = ?")?
        .execute([kind, id])?;
    Ok(())
}

/// Takes away drafts as they are here; one that was changed meanwhile stays.
pub(crate) fn take(conn: &Connection, drafts: &[DraftRow]) -> Result<(), StoreError> {
    let sql = "DELETE FROM desk WHERE kind = ? AND id = ? AND fields = ?";
    for draft in drafts {
        conn.prepare_cached(sql)?
            .execute(params![draft.kind, draft.id, draft.fields])?;
    }
    Ok(())
}
