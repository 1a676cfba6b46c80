//! Which entries hold runs of which document: made from their headers, beside the log.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use weft_shared::{
    id::{DeviceIndex, DocId},
    log::entry::{Entry, Header},
    time::Timestamp,
};
use weft_store::entries::Appended;

use super::{Owner, StoreError, entries};

/// Appends an entry that this device made, with its runs.
pub(crate) fn append(
    store: &Connection,
    owner: Owner,
    dix: DeviceIndex,
    entry: &Entry,
    now: Timestamp,
) -> Result<(), StoreError> {
    match entries::append_own(store, owner.lix(), dix, entry, now)? {
        Appended::To(_) => index(store, owner, dix, [&entry.header]),
        Appended::Moved => Err(StoreError::Damaged("the height of this device's log")),
    }
}

/// Writes down the runs of entries that are not void.
pub(crate) fn index<'a>(
    store: &Connection,
    owner: Owner,
    dix: DeviceIndex,
    headers: impl IntoIterator<Item = &'a Header>,
) -> Result<(), StoreError> {
    let mut insert = store.prepare_cached(
        "INSERT INTO run (owner, document, dix, dseq, number) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
    )?;
    for header in headers {
        for (number, run) in (0_i64..).zip(&header.runs) {
            insert.execute(params![
                owner,
                run.doc.as_bytes(),
                dix.0,
                header.dseq,
                number
            ])?;
        }
    }
    Ok(())
}

/// The places of a document's runs above what `folded` holds, in the order of their logs.
pub(crate) fn above(
    store: &Connection,
    owner: Owner,
    document: &DocId,
    folded: &BTreeMap<DeviceIndex, u64>,
) -> rusqlite::Result<Vec<(DeviceIndex, u64, u32)>> {
    let mut query = store.prepare_cached(
        "SELECT dix, dseq, number FROM run WHERE owner = ?1 AND document = ?2
         ORDER BY dix, dseq, number",
    )?;
    let rows = query.query_map((owner, document.as_bytes()), |row| {
        Ok((DeviceIndex(row.get(0)?), row.get(1)?, row.get(2)?))
    })?;
    rows.filter(|row| {
        row.as_ref().map_or(true, |(dix, dseq, _)| {
            folded.get(dix).is_none_or(|reached| dseq > reached)
        })
    })
    .collect()
}

/// A run of one of our entries counts for nothing.
pub(crate) fn drop(
    store: &Connection,
    dix: DeviceIndex,
    dseq: u64,
    document: &DocId,
    number: u32,
) -> rusqlite::Result<()> {
    store.execute(
        "DELETE FROM run WHERE owner = 1 AND document = ?1 AND dix = ?2 AND dseq = ?3
         AND number = ?4",
        params![document.as_bytes(), dix.0, dseq, number],
    )?;
    Ok(())
}

/// Takes out what stands beside the entries of our own log above `dseq`.
pub(crate) fn cut_above(store: &Connection, dix: DeviceIndex, dseq: u64) -> rusqlite::Result<()> {
    for gone in [
        "DELETE FROM run WHERE owner = 1 AND dix = ?1 AND dseq > ?2",
        "DELETE FROM touch WHERE dix = ?1 AND dseq > ?2",
        "DELETE FROM outbox WHERE dseq > ?2",
        "DELETE FROM lost WHERE dseq > ?2 AND kept IS NULL",
    ] {
        store.execute(gone, params![dix.0, dseq])?;
    }
    Ok(())
}
