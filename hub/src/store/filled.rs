//! The sizes of documents in a store from before anybody counted them.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};
use weft_shared::{
    id::DocId,
    log::{entry::Header, size::DocumentSize},
};

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
            *sizes.entry((row.get(0)?, run.doc)).or_default() += run.fills();
        }
    }
    let mut set =
        tx.prepare("UPDATE documents SET operations = ?, changes = ? WHERE lix = ? AND doc = ?")?;
    for ((lix, doc), size) in sizes {
        set.execute(params![size.operations, size.changes, lix, doc.as_bytes()])?;
    }
    Ok(())
}
