//! Words of insights: blobs beside the entries that introduced them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use weft_shared::{
    id::BlobHash, sync::OutgoingBlob, time::Timestamp, wire::limits::BATCH_ENTRIES_MAX,
};

use crate::{LocationRow, Log, StoreError, Transaction};

/// Keeps a blob that an entry will name, 0 if none does yet; an entry that arrives later finds it
/// durable.
pub fn put(
    conn: &Connection,
    log: Log,
    dseq: u64,
    hash: &BlobHash,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    let stored = conn
        .prepare_cached(
            "INSERT INTO blobs (log, dseq, hash, bytes, stored_ms) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![log.0, dseq, hash.as_bytes(), bytes, now.ms()])?;
    if stored > 0 {
        conn.prepare_cached("UPDATE logs SET body_bytes = body_bytes + ? WHERE log = ?")?
            .execute(params![bytes.len(), log.0])?;
    }
    Ok(())
}

/// The blobs beside entries above `height`, which are yet to come, and their bytes.
pub(crate) fn ahead(
    conn: &Connection,
    log: Log,
    height: u64,
) -> Result<BTreeMap<(u64, BlobHash), u64>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT dseq, hash, coalesce(length(bytes), 0) FROM blobs WHERE log = ? AND dseq > ?",
    )?;
    let mut rows = query.query(params![log.0, height])?;
    let mut ahead = BTreeMap::new();
    while let Some(row) = rows.next()? {
        ahead.insert((row.get(0)?, hash_at(row, 1)?), row.get(2)?);
    }
    Ok(ahead)
}

/// Returns the bytes of blobs that each entry from `first` on introduced, if it did any.
pub(crate) fn sizes(
    conn: &Connection,
    log: Log,
    first: u64,
) -> Result<BTreeMap<u64, usize>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT dseq, sum(length(bytes)) FROM blobs
         WHERE log = ?1 AND dseq >= ?2 AND dseq < ?2 + ?3 AND bytes IS NOT NULL GROUP BY dseq",
    )?;
    let mut rows = query.query(params![log.0, first, BATCH_ENTRIES_MAX])?;
    let mut sizes = BTreeMap::new();
    while let Some(row) = rows.next()? {
        sizes.insert(row.get(0)?, row.get(1)?);
    }
    Ok(sizes)
}

fn hash_at(row: &Row<'_>, at: usize) -> Result<BlobHash, StoreError> {
    BlobHash::from_slice(row.get_ref(at)?.as_blob()?).ok_or(StoreError::Damaged("blobs.hash"))
}

/// Forgets the bytes of a withdrawn text; its row stays, so that it is never taken or sent again.
/// The write-ahead log forgets them after the commit.
pub fn withdraw(
    conn: &Transaction<'_>,
    lix: LocationRow,
    hash: &BlobHash,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "UPDATE logs SET body_bytes = max(0, body_bytes - (SELECT coalesce(sum(length(bytes)), 0)
                FROM blobs WHERE blobs.log = logs.log AND hash = ?1))
         WHERE lix = ?2",
    )?
    .execute(params![hash.as_bytes(), lix.0])?;
    let forgot = conn
        .prepare_cached(
            "UPDATE blobs SET bytes = NULL WHERE hash = ? AND bytes IS NOT NULL
             AND log IN (SELECT log FROM logs WHERE lix = ?)",
        )?
        .execute(params![hash.as_bytes(), lix.0])?;
    if forgot > 0 {
        conn.scrub();
    }
    Ok(())
}

/// The words behind a hash, where this location shared them and did not withdraw them.
pub fn bytes(
    conn: &Connection,
    lix: LocationRow,
    hash: &BlobHash,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT bytes FROM logs JOIN blobs USING (log)
             WHERE lix = ? AND blobs.hash = ? AND bytes IS NOT NULL LIMIT 1",
        )?
        .query_row(params![lix.0, hash.as_bytes()], |row| row.get(0))
        .optional()?)
}

/// Returns the blobs that entries `first` to `last` introduced and no one withdrew.
pub(crate) fn of_entries(
    conn: &Connection,
    log: Log,
    first: u64,
    last: u64,
) -> Result<Vec<OutgoingBlob>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT dseq, hash, bytes FROM blobs
         WHERE log = ? AND dseq BETWEEN ? AND ? AND bytes IS NOT NULL ORDER BY dseq, hash",
    )?;
    let mut rows = query.query(params![log.0, first, last])?;
    let mut blobs = Vec::new();
    while let Some(row) = rows.next()? {
        blobs.push(OutgoingBlob {
            dseq: row.get(0)?,
            hash: hash_at(row, 1)?,
            bytes: row.get(2)?,
        });
    }
    Ok(blobs)
}

/// Puts a blob that is beside no entry of a log beside the one that names it.
pub fn place(conn: &Connection, log: Log, hash: &BlobHash, dseq: u64) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE OR REPLACE blobs SET dseq = ?3
         WHERE log = ?1 AND hash = ?2 AND dseq = 0 AND bytes IS NOT NULL",
        params![log.0, hash.as_bytes(), dseq],
    )?;
    Ok(())
}

/// Takes a blob away from its entry if that was not offered yet.
pub fn keep_here(conn: &Connection, log: Log, hash: &BlobHash) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE OR REPLACE blobs SET dseq = 0 WHERE log = ?1 AND hash = ?2
         AND dseq > (SELECT offered FROM logs WHERE log = ?1)",
        params![log.0, hash.as_bytes()],
    )?;
    Ok(())
}

/// Moves the blobs of one entry to another one of the same log.
pub fn move_to(conn: &Connection, log: Log, from: u64, to: u64) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE OR REPLACE blobs SET dseq = ?3 WHERE log = ?1 AND dseq = ?2",
        params![log.0, from, to],
    )?;
    Ok(())
}
