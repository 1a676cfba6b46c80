//! Parts of documents that this version cannot read: kept, counted and named.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use weft_shared::{id::DocId, model::schema::DocKind};

use weft_store::rows;

use super::{LocationRow, StoreError};

/// Notes whether what stands under a key can be read.
pub(crate) fn put(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
    (container, key): (&str, &str),
    unread: bool,
) -> Result<(), StoreError> {
    let sql = if unread {
        "INSERT INTO unread (lix, doc, container, key) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM unread WHERE lix = ? AND doc = ? AND container = ? AND key = ?"
    };
    conn.prepare_cached(sql)?
        .execute(params![lix.0, doc.as_bytes(), container, key])?;
    Ok(())
}

/// The documents that hold something which cannot be read.
pub(crate) fn documents(conn: &Connection) -> Result<BTreeSet<(LocationRow, DocId)>, StoreError> {
    let sql = "SELECT DISTINCT lix, doc FROM unread";
    rows::all(conn, sql, [], |row| {
        let doc = DocId::from_slice(row.get_ref(1)?.as_blob()?);
        Ok((
            LocationRow(row.get(0)?),
            doc.ok_or(StoreError::Derived("unread"))?,
        ))
    })
}

/// Number of documents that are not read in full: of a name or epoch that is not known here, or
/// holding something that cannot be read.
pub(crate) fn newer_count(conn: &Connection) -> Result<u64, StoreError> {
    let mut newer = documents(conn)?;
    for named in weft_store::documents::all(conn)? {
        if DocKind::of(&named.name).is_err() {
            newer.insert((named.lix, named.doc));
        }
    }
    Ok(newer.len() as u64)
}
