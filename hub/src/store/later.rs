//! The documents in which something was written after a moment.

use std::collections::BTreeSet;

use rusqlite::Connection;
use weft_shared::{id::DocId, log::entry::Header};

use super::{LocationRow, StoreError};

/// The documents of the entries after one place in the order of commits, up to another. An entry
/// whose header cannot be read is left out, as it is when its document is made.
pub(crate) fn written(
    conn: &Connection,
    (after, most): (u64, u64),
) -> Result<BTreeSet<(LocationRow, DocId)>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT lix, header FROM entries JOIN logs USING (log)
         WHERE hub_seq > ? AND hub_seq <= ? AND void IS NULL",
    )?;
    let mut rows = query.query([after, most])?;
    let mut written = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let lix = LocationRow(row.get(0)?);
        if let Ok(header) = Header::decode(row.get_ref(1)?.as_blob()?) {
            written.extend(header.runs.iter().map(|run| (lix, run.doc)));
        }
    }
    Ok(written)
}
