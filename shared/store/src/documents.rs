//! The documents of each location: their names, sizes and snapshots.

use std::{cmp::Reverse, collections::BTreeMap};

use rusqlite::{Connection, Row, params};
use weft_shared::{
    id::{DocId, DocName},
    log::size::DocumentSize,
};

use crate::{LocationRow, Log, StoreError, rows};

/// Records a document's name and whose log began it, once.
pub fn introduce(
    conn: &Connection,
    lix: LocationRow,
    began: Option<Log>,
    doc: &DocId,
    name: &DocName,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO documents (lix, doc, name, epoch, began) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT DO NOTHING";
    rows::write(
        conn,
        sql,
        params![
            lix.0,
            doc.as_bytes(),
            name.name,
            name.epoch,
            began.map(|log| log.0)
        ],
    )
}

/// Counts what was appended to documents.
pub(crate) fn grow(
    conn: &Connection,
    lix: LocationRow,
    more: &BTreeMap<DocId, DocumentSize>,
) -> Result<(), StoreError> {
    let mut grow = conn.prepare_cached(
        "UPDATE documents SET raw_bytes = raw_bytes + ?, operations = operations + ?,
                changes = changes + ?
         WHERE lix = ? AND doc = ?",
    )?;
    for (doc, more) in more {
        grow.execute(params![
            more.raw_bytes,
            more.operations,
            more.changes,
            lix.0,
            doc.as_bytes()
        ])?;
    }
    Ok(())
}

/// Takes away what was dropped from a document.
pub fn shrink(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
    less: DocumentSize,
) -> Result<(), StoreError> {
    let sql = "UPDATE documents SET raw_bytes = max(0, raw_bytes - ?),
                      operations = max(0, operations - ?), changes = max(0, changes - ?)
               WHERE lix = ? AND doc = ?";
    rows::write(
        conn,
        sql,
        params![
            less.raw_bytes,
            less.operations,
            less.changes,
            lix.0,
            doc.as_bytes()
        ],
    )
}

/// The size of one document; none if it has not begun.
pub fn size(conn: &Connection, lix: LocationRow, doc: &DocId) -> Result<DocumentSize, StoreError> {
    let sql = "SELECT raw_bytes, operations, changes FROM documents WHERE lix = ? AND doc = ?";
    let size = rows::one(conn, sql, params![lix.0, doc.as_bytes()], read_size)?;
    Ok(size.unwrap_or_default())
}

/// All documents of a location with their sizes.
pub(crate) fn sizes(
    conn: &Connection,
    lix: LocationRow,
) -> Result<BTreeMap<DocId, DocumentSize>, StoreError> {
    let sql = "SELECT raw_bytes, operations, changes, doc FROM documents WHERE lix = ?";
    rows::all(conn, sql, [lix.0], |row| {
        let doc = rows::bytes(row, 3, DocId::from_slice, "documents.doc")?;
        Ok((doc, read_size(row)?))
    })
}

/// Reads the columns `raw_bytes, operations, changes`, which come first.
fn read_size(row: &Row<'_>) -> Result<DocumentSize, StoreError> {
    Ok(DocumentSize {
        raw_bytes: row.get(0)?,
        operations: row.get(1)?,
        changes: row.get(2)?,
    })
}

/// A document's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Its location.
    pub lix: LocationRow,
    /// Its id.
    pub doc: DocId,
    /// Its name there.
    pub name: DocName,
}

/// Every document, by location and name.
pub fn all(conn: &Connection) -> Result<Vec<Named>, StoreError> {
    let sql = "SELECT name, epoch, lix, doc FROM documents ORDER BY lix, name, epoch";
    rows::all(conn, sql, [], |row| {
        Ok(Named {
            lix: LocationRow(row.get(2)?),
            doc: rows::bytes(row, 3, DocId::from_slice, "documents.doc")?,
            name: read_name(row)?,
        })
    })
}

/// Reads the columns `name, epoch`, which come first.
fn read_name(row: &Row<'_>) -> Result<DocName, StoreError> {
    Ok(DocName {
        name: row.get(0)?,
        epoch: row.get(1)?,
    })
}

/// The documents that are at least so full, in percent of their nearest limit, the fullest first.
pub fn filled(conn: &Connection, percent: u64) -> Result<Vec<(Named, u64)>, StoreError> {
    let mut filled = Vec::new();
    for named in all(conn)? {
        let full = size(conn, named.lix, &named.doc)?.percent_full();
        if full >= percent {
            filled.push((named, full));
        }
    }
    filled.sort_by_key(|(_, full)| Reverse(*full));
    Ok(filled)
}

/// The name of one document.
pub fn name(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
) -> Result<Option<DocName>, StoreError> {
    let sql = "SELECT name, epoch FROM documents WHERE lix = ? AND doc = ?";
    rows::one(conn, sql, params![lix.0, doc.as_bytes()], read_name)
}

/// A saved document, and how far it reaches in the words of the program that saved it.
pub type Snapshot = (Vec<u8>, Option<Vec<u8>>);

/// A document as last saved, and how far that reaches.
pub fn snapshot(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
) -> Result<Option<Snapshot>, StoreError> {
    let sql = "SELECT bytes, reached FROM snapshots WHERE lix = ? AND doc = ?";
    rows::one(conn, sql, params![lix.0, doc.as_bytes()], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Keeps a document as saved, and how far that reaches.
pub fn put_snapshot(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
    bytes: &[u8],
    reached: Option<&[u8]>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO snapshots (lix, doc, bytes, reached) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (lix, doc) DO UPDATE SET bytes = ?3, reached = ?4";
    rows::write(conn, sql, params![lix.0, doc.as_bytes(), bytes, reached])
}

/// Forgets the snapshot of a document, so that it is made again from its entries.
pub fn drop_snapshot(conn: &Connection, lix: LocationRow, doc: &DocId) -> Result<(), StoreError> {
    let sql = "DELETE FROM snapshots WHERE lix = ? AND doc = ?";
    rows::write(conn, sql, params![lix.0, doc.as_bytes()])
}
