//! Entries that no longer count: void ones, dropped ends of logs, and a tail that was taken back
//! before it was offered.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};
use weft_shared::{
    id::{DeviceIndex, DocId},
    log::{
        built_on::BuiltOn,
        entry::Header,
        gate::{Height, VoidCode},
        size::DocumentSize,
    },
    wire::limits::ACK_VOIDS_MAX,
};

use crate::{
    LocationRow, Log, StoreError, Transaction, documents,
    entries::{self, StoredEntry},
    logs, rows,
};

/// The first entries of a log above `above` that were stored without their bodies, and why.
pub fn voids(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    above: u64,
) -> Result<Vec<(u64, VoidCode)>, StoreError> {
    let Some(log) = logs::find(conn, lix, dix)? else {
        return Ok(Vec::new());
    };
    let sql = "SELECT dseq, void FROM entries WHERE log = ? AND dseq > ? AND void IS NOT NULL
               ORDER BY dseq LIMIT ?";
    rows::all(conn, sql, params![log.0, above, ACK_VOIDS_MAX], |row| {
        Ok((row.get(0)?, VoidCode::from_number(row.get(1)?)))
    })
}

/// Why an entry is void; none if it is not, or not there.
pub fn code(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    dseq: u64,
) -> Result<Option<VoidCode>, StoreError> {
    let sql = "SELECT void FROM logs JOIN entries USING (log)
               WHERE lix = ? AND dix = ? AND entries.dseq = ? AND void IS NOT NULL";
    rows::one(conn, sql, params![lix.0, dix.0, dseq], |row| {
        Ok(VoidCode::from_number(row.get(0)?))
    })
}

/// The locations that dropped entries up to `hub_seq`.
pub fn dropped(conn: &Connection, hub_seq: u64) -> Result<Vec<LocationRow>, StoreError> {
    let sql = "SELECT DISTINCT lix FROM entries JOIN logs USING (log)
               WHERE void = ? AND hub_seq <= ?";
    let code = VoidCode::Dropped.number();
    rows::all(conn, sql, params![code, hub_seq], |row| {
        Ok(LocationRow(row.get(0)?))
    })
}

/// Marks an entry as void; its bodies stay where they are.
pub fn set_void(conn: &Connection, log: Log, dseq: u64, code: VoidCode) -> Result<(), StoreError> {
    let sql = "UPDATE entries SET void = ?3 WHERE log = ?1 AND dseq = ?2";
    rows::write(conn, sql, params![log.0, dseq, code.number()])
}

/// The entries of a log from `first` on that are not void.
pub fn whole_from(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    first: u64,
) -> Result<Vec<u64>, StoreError> {
    let sql = "SELECT entries.dseq FROM logs JOIN entries USING (log)
         WHERE lix = ? AND dix = ? AND entries.dseq >= ? AND void IS NULL ORDER BY entries.dseq";
    rows::all(conn, sql, params![lix.0, dix.0, first], |row| {
        Ok(row.get(0)?)
    })
}

/// Leaves the headers alone, and of what the log counts their bytes: they stay on the disk.
pub fn erase(conn: &Transaction<'_>, log: Log, first: u64) -> Result<(), StoreError> {
    let code = VoidCode::Dropped.number();
    let freed: u64 = conn.query_row(
        "SELECT coalesce((SELECT sum(length(bodies)) FROM entries
                WHERE log = ?1 AND dseq >= ?2), 0)
            + coalesce((SELECT sum(length(bytes)) FROM blobs
                WHERE log = ?1 AND dseq >= ?2), 0)",
        params![log.0, first],
        |row| row.get(0),
    )?;
    conn.execute(
        "UPDATE entries SET void = ?3, bodies = x'' WHERE log = ?1 AND dseq >= ?2",
        params![log.0, first, code],
    )?;
    conn.execute(
        "UPDATE blobs SET bytes = NULL WHERE log = ? AND dseq >= ?",
        params![log.0, first],
    )?;
    conn.execute(
        "UPDATE logs SET body_bytes = max(0, body_bytes - ?) WHERE log = ?",
        params![freed, log.0],
    )?;
    conn.scrub();
    Ok(())
}

/// Deletes the entries of a log above `to`, none of which was offered. Words beside them stay for
/// the entries that say the same again.
pub fn cut_above(conn: &Connection, log: Log, to: &Height) -> Result<(), StoreError> {
    let place = params![log.0, to.dseq];
    conn.execute(
        "DELETE FROM quarantine
         WHERE hub_seq IN (SELECT hub_seq FROM entries WHERE log = ? AND dseq > ?)",
        place,
    )?;
    conn.execute("DELETE FROM entries WHERE log = ? AND dseq > ?", place)?;
    conn.execute(
        "UPDATE OR REPLACE blobs SET dseq = 0 WHERE log = ? AND dseq > ?",
        place,
    )?;
    let sql = "UPDATE logs SET dseq = ?2, hash = ?3, derived = min(derived, ?2), body_bytes =
                   coalesce((SELECT sum(length(header) + length(bodies)) FROM entries
                       WHERE entries.log = ?1), 0)
                   + coalesce((SELECT sum(length(bytes)) FROM blobs WHERE blobs.log = ?1), 0)
               WHERE log = ?1";
    rows::write(conn, sql, params![log.0, to.dseq, to.hash.as_bytes()])
}

/// An actor has not made its last `changes` changes to a document after all.
pub fn take_back(
    conn: &Connection,
    log: Log,
    doc: &DocId,
    n: u8,
    changes: u32,
) -> Result<(), StoreError> {
    let actor = params![log.0, doc.as_bytes(), n, changes];
    conn.execute(
        "UPDATE actors SET seq = seq - ?4 WHERE log = ?1 AND doc = ?2 AND n = ?3",
        actor,
    )?;
    let sql = "DELETE FROM actors WHERE log = ? AND seq <= 0";
    rows::write(conn, sql, [log.0])
}

/// The entries and blobs that were dropped with the end of a log.
#[derive(Debug, Default)]
pub struct DroppedEnd {
    /// The hashes of its changes.
    pub changes: Vec<[u8; 32]>,
    /// The documents that they were made to.
    pub documents: BTreeSet<DocId>,
}

/// Drops the entries of a log from `first` on: headers stay, bodies go, and with them what they
/// filled. Nothing happens if other devices built on them, and these are returned.
pub fn drop_end(
    conn: &Transaction<'_>,
    lix: LocationRow,
    dix: DeviceIndex,
    first: u64,
) -> Result<Result<DroppedEnd, BTreeSet<DeviceIndex>>, StoreError> {
    let Some(log) = logs::find(conn, lix, dix)? else {
        return Ok(Ok(DroppedEnd::default()));
    };
    let mut end = BuiltOn::default();
    let mut filled: BTreeMap<DocId, DocumentSize> = BTreeMap::new();
    each(conn, log, first, |stored| {
        if stored.void.is_none() {
            end.add(&stored.entry);
            for run in &stored.entry.header.runs {
                *filled.entry(run.doc).or_default() += run.fills();
            }
        }
        true
    })?;
    let builders = builders(conn, lix, log, &end)?;
    if !builders.is_empty() {
        return Ok(Err(builders));
    }
    erase(conn, log, first)?;
    leave_documents(conn, (lix, log), first, &filled)?;
    Ok(Ok(DroppedEnd {
        changes: end.hashes().copied().collect(),
        documents: filled.into_keys().collect(),
    }))
}

/// The other devices of the location that built on these entries. Only what they wrote in the same
/// documents is read whole: everybody who stores something waits meanwhile.
fn builders(
    conn: &Connection,
    lix: LocationRow,
    log: Log,
    end: &BuiltOn,
) -> Result<BTreeSet<DeviceIndex>, StoreError> {
    let mut builders = BTreeSet::new();
    for (other, dix) in writers(conn, lix, log, end)? {
        let mut headers = conn.prepare_cached(
            "SELECT hub_seq, header FROM entries WHERE log = ? AND void IS NULL ORDER BY dseq",
        )?;
        let mut headers = headers.query([other.0])?;
        while let Some(row) = headers.next()? {
            let header = Header::decode(row.get_ref(1)?.as_blob()?)
                .map_err(|_| StoreError::Damaged("entries.header"))?;
            if !end.may_concern(&header) {
                continue;
            }
            let stored = entries::at(conn, row.get(0)?)?;
            if end.deepest(&stored.entry).is_some() {
                builders.insert(dix);
                break;
            }
        }
    }
    Ok(builders)
}

/// The other logs of the location that wrote in the documents of these entries.
fn writers(
    conn: &Connection,
    lix: LocationRow,
    log: Log,
    end: &BuiltOn,
) -> Result<BTreeMap<Log, DeviceIndex>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT log, dix FROM logs WHERE lix = ?1 AND log <> ?2
           AND EXISTS (SELECT 1 FROM actors WHERE actors.log = logs.log AND actors.doc = ?3)",
    )?;
    let mut writers = BTreeMap::new();
    for doc in end.documents() {
        let mut rows = query.query(params![lix.0, log.0, doc.as_bytes()])?;
        while let Some(row) = rows.next()? {
            writers.insert(Log(row.get(0)?), DeviceIndex(row.get(1)?));
        }
    }
    Ok(writers)
}

/// Hands out the entries of a log from `first` on, until told to stop.
fn each(
    conn: &Connection,
    log: Log,
    first: u64,
    mut take: impl FnMut(StoredEntry) -> bool,
) -> Result<(), StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT hub_seq, header, bodies, void, tip FROM entries
         WHERE log = ? AND dseq >= ? ORDER BY dseq",
    )?;
    let mut rows = query.query(params![log.0, first])?;
    while let Some(row) = rows.next()? {
        if !take(entries::stored_entry(row)?) {
            break;
        }
    }
    Ok(())
}

/// Takes out of the documents what the entries had filled, and the documents in
/// which no other entry wrote.
fn leave_documents(
    conn: &Connection,
    (lix, log): (LocationRow, Log),
    first: u64,
    filled: &BTreeMap<DocId, DocumentSize>,
) -> Result<(), StoreError> {
    let mut kept: BTreeSet<DocId> = BTreeSet::new();
    each(conn, log, 1, |stored| {
        let below = stored.entry.header.dseq < first;
        if below && stored.void.is_none() {
            let Header { runs, .. } = &stored.entry.header;
            kept.extend(runs.iter().map(|run| run.doc));
        }
        below
    })?;
    for (doc, size) in filled {
        let place = params![lix.0, doc.as_bytes()];
        documents::shrink(conn, lix, doc, *size)?;
        if kept.contains(doc) {
            continue;
        }
        conn.execute(
            "DELETE FROM actors WHERE log = ? AND doc = ?",
            params![log.0, doc.as_bytes()],
        )?;
        conn.execute(
            "UPDATE documents SET began = (
                SELECT min(actors.log) FROM actors JOIN logs USING (log)
                WHERE logs.lix = ?1 AND actors.doc = ?2)
             WHERE lix = ?1 AND doc = ?2 AND began = ?3",
            params![lix.0, doc.as_bytes(), log.0],
        )?;
        conn.execute(
            "DELETE FROM documents WHERE lix = ?1 AND doc = ?2 AND NOT EXISTS (
                SELECT 1 FROM actors JOIN logs USING (log)
                WHERE logs.lix = ?1 AND actors.doc = ?2)",
            place,
        )?;
    }
    Ok(())
}
