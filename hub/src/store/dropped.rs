//! The end of a revoked device's log, dropped by an admin of its location: the headers stay, the
//! bodies go, and with them what they filled.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};
use weft_shared::{
    id::{Dix, DocId},
    log::{
        built_on::{BuiltOn, dependencies},
        entry::Header,
        gate::Admission,
        size::DocumentSize,
    },
};
use weft_store::{
    Transaction, documents,
    entries::{self, StoredEntry},
    logs, undone,
};

use super::{Lix, Log, StoreError, derived::again};

/// Drops the entries of a log from `first` on; nothing happens if other devices built on them, and
/// these are named.
pub(crate) fn drop_end(
    conn: &Transaction<'_>,
    lix: Lix,
    dix: Dix,
    first: u64,
) -> Result<Result<(), BTreeSet<Dix>>, StoreError> {
    let Some(log) = logs::find(conn, lix, dix)? else {
        return Ok(Ok(()));
    };
    let mut end = BuiltOn::default();
    let mut filled: BTreeMap<DocId, DocumentSize> = BTreeMap::new();
    each(conn, log, first, |stored| {
        if stored.void.is_none() {
            end.add(&stored.entry);
            for run in &stored.entry.header.runs {
                *filled.entry(run.doc).or_default() += run.into();
            }
        }
        true
    })?;
    let builders = builders(conn, lix, log, &end)?;
    if !builders.is_empty() {
        return Ok(Err(builders));
    }
    undone::erase(conn, log, first)?;
    let mut insert = conn.prepare_cached("INSERT OR IGNORE INTO dropped VALUES (?, ?)")?;
    for hash in end.hashes() {
        insert.execute(params![lix.0, hash])?;
    }
    leave_documents(conn, (lix, log), first, &filled)?;
    for doc in filled.keys() {
        again::ask(conn, lix, doc)?;
    }
    Ok(Ok(()))
}

/// The other devices of the location that built on these entries. Only what they wrote in the same
/// documents is read whole: everybody who stores something waits meanwhile.
fn builders(
    conn: &Connection,
    lix: Lix,
    log: Log,
    end: &BuiltOn,
) -> Result<BTreeSet<Dix>, StoreError> {
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
    lix: Lix,
    log: Log,
    end: &BuiltOn,
) -> Result<BTreeMap<Log, Dix>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT log, dix FROM logs WHERE lix = ?1 AND log <> ?2
           AND EXISTS (SELECT 1 FROM actors WHERE actors.log = logs.log AND actors.doc = ?3)",
    )?;
    let mut writers = BTreeMap::new();
    for doc in end.documents() {
        let mut rows = query.query(params![lix.0, log.0, doc.as_bytes()])?;
        while let Some(row) = rows.next()? {
            writers.insert(Log(row.get(0)?), Dix(row.get(1)?));
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

/// Takes out of the documents what the entries had filled, and the documents that nobody else
/// wrote in.
fn leave_documents(
    conn: &Connection,
    (lix, log): (Lix, Log),
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

/// The dropped changes that these entries build on.
pub(crate) fn built_on(
    conn: &Connection,
    lix: Lix,
    admission: &Admission,
) -> Result<BTreeSet<[u8; 32]>, StoreError> {
    let mut found = BTreeSet::new();
    let mut any = conn.prepare_cached("SELECT 1 FROM dropped WHERE lix = ? LIMIT 1")?;
    if !any.exists([lix.0])? {
        return Ok(found);
    }
    let mut dropped = conn.prepare_cached("SELECT 1 FROM dropped WHERE lix = ? AND hash = ?")?;
    for raw in admission.entries.iter().flat_map(|one| one.raw()) {
        for dep in dependencies(raw) {
            if dropped.exists(params![lix.0, dep])? {
                found.insert(dep);
            }
        }
    }
    Ok(found)
}
