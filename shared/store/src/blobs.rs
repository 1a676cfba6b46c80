//! Words of insights: blobs beside the entries that introduced them.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use weft_shared::{
    id::{BlobHash, DeviceIndex},
    sync::OutgoingBlob,
    time::Timestamp,
    wire::limits::BATCH_ENTRIES_MAX,
};

use crate::{LocationRow, Log, StoreError, Transaction, rows};

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

/// Whether all of these were kept beside the entries of a log, withdrawn since or not.
pub(crate) fn are_held(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    blobs: &[(u64, BlobHash)],
) -> Result<bool, StoreError> {
    let mut held = conn.prepare_cached(
        "SELECT 1 FROM logs JOIN blobs USING (log)
         WHERE lix = ? AND dix = ? AND blobs.dseq = ? AND blobs.hash = ?",
    )?;
    for (dseq, hash) in blobs {
        if !held.exists(params![lix.0, dix.0, dseq, hash.as_bytes()])? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The blobs beside entries above `height`, which are yet to come, and their bytes.
pub(crate) fn ahead(
    conn: &Connection,
    log: Log,
    height: u64,
) -> Result<BTreeMap<(u64, BlobHash), u64>, StoreError> {
    let sql = "SELECT dseq, hash, coalesce(length(bytes), 0) FROM blobs WHERE log = ? AND dseq > ?";
    rows::all(conn, sql, params![log.0, height], |row| {
        Ok(((row.get(0)?, hash_at(row, 1)?), row.get(2)?))
    })
}

/// Returns the bytes of blobs that each entry from `first` on introduced, if it did any.
pub(crate) fn sizes(
    conn: &Connection,
    log: Log,
    first: u64,
) -> Result<BTreeMap<u64, usize>, StoreError> {
    let sql = "SELECT dseq, sum(length(bytes)) FROM blobs
         WHERE log = ?1 AND dseq >= ?2 AND dseq < ?2 + ?3 AND bytes IS NOT NULL GROUP BY dseq";
    rows::all(conn, sql, params![log.0, first, BATCH_ENTRIES_MAX], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
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
    let sql = "SELECT bytes FROM logs JOIN blobs USING (log)
               WHERE lix = ? AND blobs.hash = ? AND bytes IS NOT NULL LIMIT 1";
    rows::one(conn, sql, params![lix.0, hash.as_bytes()], |row| {
        Ok(row.get(0)?)
    })
}

/// Returns the blobs that entries `first` to `last` introduced and no one withdrew.
pub(crate) fn of_entries(
    conn: &Connection,
    log: Log,
    first: u64,
    last: u64,
) -> Result<Vec<OutgoingBlob>, StoreError> {
    let sql = "SELECT dseq, hash, bytes FROM blobs
               WHERE log = ? AND dseq BETWEEN ? AND ? AND bytes IS NOT NULL ORDER BY dseq, hash";
    rows::all(conn, sql, params![log.0, first, last], |row| {
        Ok(OutgoingBlob {
            dseq: row.get(0)?,
            hash: hash_at(row, 1)?,
            bytes: row.get(2)?,
        })
    })
}

/// Puts a blob that is beside no entry of a log beside the one that names it.
pub fn place(conn: &Connection, log: Log, hash: &BlobHash, dseq: u64) -> Result<(), StoreError> {
    let sql = "UPDATE OR REPLACE blobs SET dseq = ?3
               WHERE log = ?1 AND hash = ?2 AND dseq = 0 AND bytes IS NOT NULL";
    rows::write(conn, sql, params![log.0, hash.as_bytes(), dseq])
}

/// Whether a blob came from another device than `own`, or is beside an entry that was offered.
pub fn was_offered(
    conn: &Connection,
    (lix, own): (LocationRow, DeviceIndex),
    hash: &BlobHash,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM logs JOIN blobs USING (log)
               WHERE lix = ? AND blobs.hash = ? AND blobs.dseq > 0
                   AND (dix <> ? OR blobs.dseq <= offered)";
    let offered = params![lix.0, hash.as_bytes(), own.0];
    Ok(conn.prepare_cached(sql)?.exists(offered)?)
}

/// Whether there are words beside no entry of a device's own log: an earlier version kept those for
/// the team on their computer.
pub fn any_kept(
    conn: &Connection,
    (lix, own): (LocationRow, DeviceIndex),
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM logs JOIN blobs USING (log)
               WHERE lix = ? AND dix = ? AND blobs.dseq = 0 AND bytes IS NOT NULL";
    Ok(conn.prepare_cached(sql)?.exists(params![lix.0, own.0])?)
}

/// Moves the blobs of one entry to another one of the same log.
pub fn move_to(conn: &Connection, log: Log, from: u64, to: u64) -> Result<(), StoreError> {
    let sql = "UPDATE OR REPLACE blobs SET dseq = ?3 WHERE log = ?1 AND dseq = ?2";
    rows::write(conn, sql, params![log.0, from, to])
}
