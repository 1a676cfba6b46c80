//! Whole logs, entry by entry: all of a location, one actor's, and those that are broken.

use rusqlite::Connection;
use weft_shared::{
    id::DocId,
    log::{
        entry::{Entry, Header},
        gate::Height,
    },
};

use super::{StoredEntry, stored_entry};
use crate::{LocationRow, Log, StoreError, logs};

/// All entries of a location, log by log; for the hub's own, which are few.
pub fn of_location(conn: &Connection, lix: LocationRow) -> Result<Vec<Entry>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT hub_seq, header, bodies, void, tip FROM logs JOIN entries USING (log)
         WHERE lix = ? ORDER BY dix, entries.dseq",
    )?;
    let mut rows = query.query([lix.0])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let stored = stored_entry(row)?;
        if stored.void.is_none() {
            entries.push(stored.entry);
        }
    }
    Ok(entries)
}

/// The seq of an actor's last change in each entry in which it wrote, with the entry's place in the
/// order of commits.
pub fn chain(
    conn: &Connection,
    log: Log,
    doc: &DocId,
    n: u8,
) -> Result<Vec<(u64, u64)>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT hub_seq, header FROM entries WHERE log = ? AND void IS NULL ORDER BY dseq",
    )?;
    let mut rows = query.query([log.0])?;
    let mut chain = Vec::new();
    let mut seq = 0;
    while let Some(row) = rows.next()? {
        let hub_seq = row.get(0)?;
        let header = Header::decode(row.get_ref(1)?.as_blob()?)
            .map_err(|_| StoreError::Damaged("entries.header"))?;
        for run in header
            .runs
            .iter()
            .filter(|run| run.doc == *doc && run.n == n)
        {
            seq += u64::from(run.n_changes);
            chain.push((seq, hub_seq));
        }
    }
    Ok(chain)
}

/// Logs that are not whole: each with what is wrong.
pub fn broken_chains(conn: &Connection) -> Result<Vec<String>, StoreError> {
    let mut logs = conn.prepare_cached("SELECT log, dseq, hash FROM logs ORDER BY log")?;
    let mut logs = logs.query([])?;
    let mut broken = Vec::new();
    while let Some(row) = logs.next()? {
        let log = Log(row.get(0)?);
        let told = logs::read_height(row, 1)?;
        let mut height = Height::ZERO;
        let mut entries = conn.prepare_cached(
            "SELECT hub_seq, header, bodies, void, tip FROM entries WHERE log = ? ORDER BY dseq",
        )?;
        let mut entries = entries.query([log.0])?;
        let mut whole = true;
        while let Some(row) = entries.next()? {
            let Ok(StoredEntry { entry, void, .. }) = stored_entry(row) else {
                whole = false;
                continue;
            };
            whole &= entry.header.dseq == height.dseq + 1 && entry.header.prev == height.hash;
            whole &= void.is_some() || entry.check_bodies().is_ok();
            height = Height {
                dseq: entry.header.dseq,
                hash: entry.hash,
            };
        }
        if !whole || height != told {
            broken.push(format!("log {} breaks at entry {}", log.0, height.dseq));
        }
    }
    Ok(broken)
}
