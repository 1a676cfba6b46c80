//! The documents of each location as the hub counts them: how full they are.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction, params};
use weft_shared::{
    id::DocId,
    log::{entry::Header, size::DocumentSize},
};

use super::StoreError;

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
