//! The documents of each location: their names and sizes.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use weft_shared::{
    id::{DeviceId, DocId, DocName},
    log::{entry::Header, size::DocumentSize},
};

use super::{Lix, Log, StoreError};

/// Records a document's name and whose log began it, once.
pub(super) fn introduce(
    conn: &Connection,
    (lix, log): (Lix, Log),
    doc: &DocId,
    name: &DocName,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO documents (lix, doc, name, epoch, began) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )?
    .execute(params![lix.0, doc.as_bytes(), name.name, name.epoch, log.0])?;
    Ok(())
}

/// Counts what was appended to documents.
pub(super) fn grow(
    conn: &Connection,
    lix: Lix,
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
pub(super) fn shrink(
    conn: &Connection,
    lix: Lix,
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

/// Counts the operations and changes of documents that were stored before anybody counted them.
pub(super) fn count_stored(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut sizes: BTreeMap<(i64, DocId), DocumentSize> = BTreeMap::new();
    let mut entries =
        tx.prepare("SELECT lix, header FROM entries JOIN logs USING (log) WHERE void IS NULL")?;
    let mut rows = entries.query([])?;
    while let Some(row) = rows.next()? {
        // A header that does not read is damage, which `doctor` names.
        let Ok(header) = Header::decode(row.get_ref(1)?.as_blob()?) else {
            continue;
        };
        for run in &header.runs {
            *sizes.entry((row.get(0)?, run.doc)).or_default() += run.into();
        }
    }
    let mut set =
        tx.prepare("UPDATE documents SET operations = ?, changes = ? WHERE lix = ? AND doc = ?")?;
    for ((lix, doc), size) in sizes {
        set.execute(params![size.operations, size.changes, lix, doc.as_bytes()])?;
    }
    Ok(())
}

/// A document and how full it is, in hundredths of its nearest limit.
#[derive(Clone, Debug)]
pub(crate) struct Filled {
    /// Its location; none for the hub's own.
    pub(crate) code: Option<String>,
    pub(crate) name: String,
    pub(crate) percent: u64,
}

/// The documents that are at least so full, the fullest first.
pub(crate) fn filled(conn: &Connection, percent: u64) -> Result<Vec<Filled>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT (SELECT min(code) FROM codes WHERE codes.lix = documents.lix), name,
                raw_bytes, operations, changes
         FROM documents",
    )?;
    let mut rows = query.query([])?;
    let mut filled = Vec::new();
    while let Some(row) = rows.next()? {
        let size = DocumentSize {
            raw_bytes: row.get(2)?,
            operations: row.get(3)?,
            changes: row.get(4)?,
        };
        if size.percent_full() >= percent {
            filled.push(Filled {
                code: row.get(0)?,
                name: row.get(1)?,
                percent: size.percent_full(),
            });
        }
    }
    filled.sort_by(|a, b| (b.percent, &a.code, &a.name).cmp(&(a.percent, &b.code, &b.name)));
    Ok(filled)
}

/// The size of one document; none if it has not begun.
pub(super) fn size(conn: &Connection, lix: Lix, doc: &DocId) -> Result<DocumentSize, StoreError> {
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
pub(super) fn sizes(
    conn: &Connection,
    lix: Lix,
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

/// The devices that wrote a document, each with the numbers of its actors.
pub(crate) fn authors(
    conn: &Connection,
    lix: Lix,
    doc: &DocId,
) -> Result<Vec<(DeviceId, u8)>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT device_id, n FROM logs JOIN actors USING (log) JOIN devices USING (lix, dix)
         WHERE lix = ? AND doc = ?",
    )?;
    let mut rows = query.query(params![lix.0, doc.as_bytes()])?;
    let mut authors = Vec::new();
    while let Some(row) = rows.next()? {
        let device = DeviceId::from_slice(row.get_ref(0)?.as_blob()?)
            .ok_or(StoreError::Damaged("devices.device_id"))?;
        authors.push((device, row.get(1)?));
    }
    Ok(authors)
}
