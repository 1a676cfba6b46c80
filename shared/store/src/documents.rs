//! The documents of each location: their names, sizes and snapshots.

use std::{cmp::Reverse, collections::BTreeMap};

use rusqlite::{Connection, OptionalExtension as _, params};
use weft_shared::{
    id::{DocId, DocName},
    log::size::DocumentSize,
};

use crate::{LocationRow, Log, StoreError};

/// Records a document's name and whose log began it, once.
pub fn introduce(
    conn: &Connection,
    lix: LocationRow,
    began: Option<Log>,
    doc: &DocId,
    name: &DocName,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO documents (lix, doc, name, epoch, began) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )?
    .execute(params![
        lix.0,
        doc.as_bytes(),
        name.name,
        name.epoch,
        began.map(|log| log.0)
    ])?;
    Ok(())
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
    conn.execute(
        "UPDATE documents SET raw_bytes = max(0, raw_bytes - ?),
                operations = max(0, operations - ?), changes = max(0, changes - ?)
         WHERE lix = ? AND doc = ?",
        params![
            less.raw_bytes,
            less.operations,
            less.changes,
            lix.0,
            doc.as_bytes()
        ],
    )?;
    Ok(())
}

/// The size of one document; none if it has not begun.
pub fn size(conn: &Connection, lix: LocationRow, doc: &DocId) -> Result<DocumentSize, StoreError> {
    let size = conn
        .prepare_cached(
            "SELECT raw_bytes, operations, changes FROM documents WHERE lix = ? AND doc = ?",
        )?
        .query_row(params![lix.0, doc.as_bytes()], |row| {
            Ok(DocumentSize {
                raw_bytes: row.get(0)?,
                operations: row.get(1)?,
                changes: row.get(2)?,
            })
        })
        .optional()?;
    Ok(size.unwrap_or_default())
}

/// All documents of a location with their sizes.
pub(crate) fn sizes(
    conn: &Connection,
    lix: LocationRow,
) -> Result<BTreeMap<DocId, DocumentSize>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT doc, raw_bytes, operations, changes FROM documents WHERE lix = ?",
    )?;
    let mut rows = query.query([lix.0])?;
    let mut sizes = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let doc = DocId::from_slice(row.get_ref(0)?.as_blob()?);
        sizes.insert(
            doc.ok_or(StoreError::Damaged("documents.doc"))?,
            DocumentSize {
                raw_bytes: row.get(1)?,
                operations: row.get(2)?,
                changes: row.get(3)?,
            },
        );
    }
    Ok(sizes)
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
    let mut query = conn
        .prepare_cached("SELECT lix, doc, name, epoch FROM documents ORDER BY lix, name, epoch")?;
    let mut rows = query.query([])?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        let doc = DocId::from_slice(row.get_ref(1)?.as_blob()?);
        documents.push(Named {
            lix: LocationRow(row.get(0)?),
            doc: doc.ok_or(StoreError::Damaged("documents.doc"))?,
            name: DocName {
                name: row.get(2)?,
                epoch: row.get(3)?,
            },
        });
    }
    Ok(documents)
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
    Ok(conn
        .prepare_cached("SELECT name, epoch FROM documents WHERE lix = ? AND doc = ?")?
        .query_row(params![lix.0, doc.as_bytes()], |row| {
            Ok(DocName {
                name: row.get(0)?,
                epoch: row.get(1)?,
            })
        })
        .optional()?)
}

/// A saved document, and how far it reaches in the words of the program that saved it.
pub type Snapshot = (Vec<u8>, Option<Vec<u8>>);

/// A document as last saved, and how far that reaches.
pub fn snapshot(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
) -> Result<Option<Snapshot>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT bytes, reached FROM snapshots WHERE lix = ? AND doc = ?")?
        .query_row(params![lix.0, doc.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?)
}

/// Keeps a document as saved, and how far that reaches.
pub fn put_snapshot(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
    bytes: &[u8],
    reached: Option<&[u8]>,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO snapshots (lix, doc, bytes, reached) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (lix, doc) DO UPDATE SET bytes = ?3, reached = ?4",
    )?
    .execute(params![lix.0, doc.as_bytes(), bytes, reached])?;
    Ok(())
}

/// Forgets the snapshot of a document, so that it is made again from its entries.
pub fn drop_snapshot(conn: &Connection, lix: LocationRow, doc: &DocId) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM snapshots WHERE lix = ? AND doc = ?")?
        .execute(params![lix.0, doc.as_bytes()])?;
    Ok(())
}
