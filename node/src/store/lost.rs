//! Entries of this device of which the hub keeps only the header, and what became of what they
//! said.

use rusqlite::Connection;
use weft_shared::{id::DeviceIndex, log::gate::VoidCode};
use weft_store::{LocationRow, Log, StoreError, blobs, rows, undone};

/// One of them that is still to be said again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) dseq: u64,
    pub(crate) code: VoidCode,
    /// Number of times that it was said again before.
    pub(crate) tries: u32,
}

/// Records that an entry is lost, which it was not before.
pub(crate) fn put(store: &Connection, dseq: u64) -> Result<(), StoreError> {
    let sql = "INSERT INTO lost (dseq, tries)
               SELECT ?1, coalesce((SELECT tries + 1 FROM lost WHERE again = ?1), 0)
               WHERE true
               ON CONFLICT DO UPDATE SET tries = excluded.tries, again = NULL, kept = NULL";
    rows::write(store, sql, [dseq])
}

/// Those that nothing has become of yet, in the order of the log; those for which the hub had no
/// room wait until it has.
pub(crate) fn open(store: &Connection, dix: DeviceIndex) -> Result<Vec<Lost>, StoreError> {
    let mut query = store.prepare_cached(
        "SELECT dseq, tries, kept IS NOT NULL FROM lost WHERE again IS NULL ORDER BY dseq",
    )?;
    let mut rows = query.query([])?;
    let mut open = Vec::new();
    while let Some(row) = rows.next()? {
        let (dseq, kept) = (row.get(0)?, row.get::<_, bool>(2)?);
        let Some(code) = undone::code(store, LocationRow::OWN, dix, dseq)? else {
            continue;
        };
        let tries = row.get(1)?;
        if !kept || code == VoidCode::Room {
            open.push(Lost { dseq, code, tries });
        }
    }
    Ok(open)
}

/// The content of an entry was said again in another one; 0 where nothing was left to say.
pub(crate) fn said_again(
    store: &Connection,
    log: Log,
    dseq: u64,
    again: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE lost SET again = ?2, kept = NULL WHERE dseq = ?1";
    rows::write(store, sql, (dseq, again))?;
    // Words travel beside the entry that introduces them.
    match again {
        0 => Ok(()),
        again => blobs::move_to(store, log, dseq, again),
    }
}

/// The entry that said something again is another one now; 0 where nothing is left of it.
pub(crate) fn said_elsewhere(store: &Connection, was: u64, now: u64) -> Result<(), StoreError> {
    let sql = "UPDATE lost SET again = ?2 WHERE again = ?1";
    rows::write(store, sql, (was, now))
}

/// Records, in words for a person, that some of an entry is not written again.
pub(crate) fn keep(store: &Connection, dseq: u64, why: &str) -> Result<(), StoreError> {
    rows::write(
        store,
        "UPDATE lost SET kept = ?2 WHERE dseq = ?1",
        (dseq, why),
    )
}

/// Returns the content that is not written again, for people to look at.
pub(crate) fn kept(store: &Connection) -> Result<Vec<(u64, String)>, StoreError> {
    let sql = "SELECT dseq, kept FROM lost WHERE kept IS NOT NULL ORDER BY dseq";
    rows::all(store, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Returns the number that were said again, and the number of which something was not.
pub(crate) fn counts(store: &Connection) -> Result<(u64, u64), StoreError> {
    let sql = "SELECT count(nullif(again, 0)), count(kept) FROM lost";
    Ok(store.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
}
