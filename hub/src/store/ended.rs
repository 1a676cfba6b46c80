//! Entries at which the program ended: left out of their document. Ground state, or a rebuild that
//! nobody asked for would try them again.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use weft_host::intake::ended_words;
use weft_shared::id::DocId;

use super::{Lix, StoreError};

/// Leaves an entry out of a document, because this version ended at it.
pub(crate) fn put(
    conn: &Connection,
    lix: Lix,
    doc: &DocId,
    hub_seq: u64,
    version: &str,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO ended (lix, doc, hub_seq, version) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET version = ?4",
    )?
    .execute(params![lix.0, doc.as_bytes(), hub_seq, version])?;
    Ok(())
}

/// Leaves nothing out that only other versions ended at; says how many entries that were.
pub(crate) fn forget_others(conn: &Connection, version: &str) -> Result<usize, StoreError> {
    Ok(conn.execute("DELETE FROM ended WHERE version <> ?", [version])?)
}

/// Leaves nothing out.
pub(crate) fn clear(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("DELETE FROM ended", [])?;
    Ok(())
}

/// Returns the entries that are left out.
pub(crate) fn places(conn: &Connection) -> Result<BTreeSet<(Lix, DocId, u64)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT lix, doc, hub_seq FROM ended")?;
    let mut rows = query.query([])?;
    let mut places = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let doc = DocId::from_slice(row.get_ref(1)?.as_blob()?);
        let doc = doc.ok_or(StoreError::Damaged("ended.doc"))?;
        places.insert((Lix(row.get(0)?), doc, row.get(2)?));
    }
    Ok(places)
}

/// Returns the entries that are left out, each named with its document, and the reasons.
pub(crate) fn all(conn: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT hub_seq, name, version FROM ended JOIN documents USING (lix, doc)
         ORDER BY hub_seq, name",
    )?;
    let rows = query.query_map([], |row| {
        let (hub_seq, name): (u64, String) = (row.get(0)?, row.get(1)?);
        let version: String = row.get(2)?;
        Ok((format!("entry {hub_seq} ({name})"), ended_words(&version)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
