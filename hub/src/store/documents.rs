//! The documents of each location: their names, and the bytes of their unpacked changes.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use weft_shared::id::{DocId, DocName};

use super::{Lix, Log, StoreError};

/// Takes down a document's name and whose log began it, once.
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

/// Counts bytes that were appended to documents.
pub(super) fn grow(
    conn: &Connection,
    lix: Lix,
    more: &BTreeMap<DocId, u64>,
) -> Result<(), StoreError> {
    let mut grow = conn.prepare_cached(
        "UPDATE documents SET raw_bytes = raw_bytes + ? WHERE lix = ? AND doc = ?",
    )?;
    for (doc, bytes) in more {
        grow.execute(params![bytes, lix.0, doc.as_bytes()])?;
    }
    Ok(())
}

/// All documents of a location, each with the bytes of its unpacked changes.
pub(super) fn sizes(conn: &Connection, lix: Lix) -> Result<BTreeMap<DocId, u64>, StoreError> {
    let mut query = conn.prepare_cached("SELECT doc, raw_bytes FROM documents WHERE lix = ?")?;
    let mut rows = query.query([lix.0])?;
    let mut sizes = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let doc = DocId::from_slice(row.get_ref(0)?.as_blob()?);
        sizes.insert(
            doc.ok_or(StoreError::Damaged("documents.doc"))?,
            row.get(1)?,
        );
    }
    Ok(sizes)
}
