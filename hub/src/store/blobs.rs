//! Words of insights: blobs beside the entries that introduced them.

use rusqlite::{Connection, OptionalExtension as _, params};
use weft_shared::{id::BlobHash, sync::OutgoingBlob, time::Timestamp};

use super::{Lix, Log, StoreError};

/// Keeps a blob that an entry will name; an entry that arrives later finds it durable.
pub(crate) fn put(
    conn: &Connection,
    log: Log,
    dseq: u64,
    hash: &BlobHash,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO blobs (log, dseq, hash, bytes, stored_ms) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )?
    .execute(params![log.0, dseq, hash.as_bytes(), bytes, now.ms()])?;
    Ok(())
}

/// Forgets the bytes of a withdrawn text; its row stays, so that it is never taken or sent again.
pub(crate) fn withdraw(conn: &Connection, lix: Lix, hash: &str) -> Result<(), StoreError> {
    let Ok(hash) = hash.parse::<BlobHash>() else {
        return Ok(());
    };
    conn.prepare_cached(
        "UPDATE blobs SET bytes = NULL
         WHERE hash = ? AND log IN (SELECT log FROM logs WHERE lix = ?)",
    )?
    .execute(params![hash.as_bytes(), lix.0])?;
    Ok(())
}

/// The words behind a hash, where this location shared them and did not withdraw them.
pub(crate) fn bytes(
    conn: &Connection,
    lix: Lix,
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

/// What entries `first` to `last` introduced and nobody withdrew.
pub(super) fn of_entries(
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
            hash: BlobHash::from_slice(row.get_ref(1)?.as_blob()?)
                .ok_or(StoreError::Damaged("blobs.hash"))?,
            bytes: row.get(2)?,
        });
    }
    Ok(blobs)
}
