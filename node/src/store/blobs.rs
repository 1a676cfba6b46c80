//! The words of insights, which the log does not hold: it could not forget them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Result};
use weft_shared::{
    id::{BlobHash, Dix},
    time::Timestamp,
    wire::limits::BATCH_ENTRIES_MAX,
};

use super::{Owner, bytes};

/// A blob as stored: its bytes, or that they were withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Blob {
    Held(Vec<u8>),
    Withdrawn(Timestamp),
}

/// Stores a blob beside the entry that introduced it, 0 where it is in none. One that has its
/// entry, or was withdrawn, stays as it is.
pub(crate) fn put(
    store: &Connection,
    owner: Owner,
    dix: Dix,
    dseq: u64,
    hash: &BlobHash,
    body: &[u8],
) -> Result<()> {
    store
        .prepare_cached(
            "INSERT INTO blob (owner, hash, dix, dseq, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET dix = excluded.dix, dseq = excluded.dseq
             WHERE dseq = 0 AND bytes IS NOT NULL",
        )?
        .execute((owner, hash.as_bytes(), dix.0, dseq.cast_signed(), body))?;
    Ok(())
}

/// Forgets the words beside the entries of a log from `first` on.
pub(crate) fn drop_from(store: &Connection, dix: Dix, first: u64) -> Result<()> {
    store.execute(
        "DELETE FROM blob WHERE owner = 1 AND dix = ?1 AND dseq >= ?2",
        (dix.0, first.cast_signed()),
    )?;
    Ok(())
}

/// Puts a blob that is in no entry beside the one of our own log that names it.
pub(crate) fn place(store: &Connection, hash: &BlobHash, dix: Dix, dseq: u64) -> Result<()> {
    store.execute(
        "UPDATE blob SET dix = ?2, dseq = ?3
         WHERE owner = 1 AND hash = ?1 AND dseq = 0 AND bytes IS NOT NULL",
        (hash.as_bytes(), dix.0, dseq.cast_signed()),
    )?;
    Ok(())
}

/// Keeps a blob on this computer, where its entry of our own log was offered to nobody yet.
pub(crate) fn keep_here(store: &Connection, hash: &BlobHash, dix: Dix) -> Result<()> {
    store.execute(
        "UPDATE blob SET dseq = 0 WHERE owner = 1 AND hash = ?1 AND dix = ?2
         AND dseq > (SELECT offered FROM log WHERE owner = 1 AND dix = ?2)",
        (hash.as_bytes(), dix.0),
    )?;
    Ok(())
}

/// The blob with this hash.
pub(crate) fn find(store: &Connection, owner: Owner, hash: &BlobHash) -> Result<Option<Blob>> {
    let row = store
        .prepare_cached("SELECT bytes, withdrawn FROM blob WHERE owner = ?1 AND hash = ?2")?
        .query_row((owner, hash.as_bytes()), |row| {
            Ok((
                row.get::<_, Option<Vec<u8>>>(0)?,
                row.get::<_, Option<i64>>(1)?,
            ))
        })
        .optional()?;
    Ok(row.map(|(body, withdrawn)| match body {
        Some(body) => Blob::Held(body),
        None => Blob::Withdrawn(Timestamp::from_ms(withdrawn.unwrap_or(0))),
    }))
}

/// Deletes a blob's bytes for good; the row stays, so that nobody brings them back.
pub(crate) fn withdraw(
    store: &Connection,
    owner: Owner,
    hash: &BlobHash,
    at: Timestamp,
) -> Result<bool> {
    let changed = store.execute(
        "UPDATE blob SET bytes = NULL, withdrawn = ?3
         WHERE owner = ?1 AND hash = ?2 AND bytes IS NOT NULL",
        (owner, hash.as_bytes(), at.ms()),
    )?;
    Ok(changed > 0)
}

/// The blobs that entries `from..=to` of a log introduced and that are still held.
pub(crate) fn of_entries(
    store: &Connection,
    owner: Owner,
    dix: Dix,
    from: u64,
    to: u64,
) -> Result<Vec<(u64, BlobHash, Vec<u8>)>> {
    store
        .prepare_cached(
            "SELECT dseq, hash, bytes FROM blob
             WHERE owner = ?1 AND dix = ?2 AND dseq BETWEEN ?3 AND ?4 AND bytes IS NOT NULL
             ORDER BY dseq, hash",
        )?
        .query_map(
            (owner, dix.0, from.cast_signed(), to.cast_signed()),
            |row| {
                let dseq = row.get::<_, i64>(0)?.cast_unsigned();
                Ok((dseq, BlobHash::new(bytes(row, 1)?), row.get(2)?))
            },
        )?
        .collect()
}

/// How many bytes of blobs each of the next entries from `from` on introduced, where it did any.
pub(crate) fn sizes(
    store: &Connection,
    owner: Owner,
    dix: Dix,
    from: u64,
) -> Result<BTreeMap<u64, usize>> {
    let last = from.saturating_add(BATCH_ENTRIES_MAX as u64);
    store
        .prepare_cached(
            "SELECT dseq, sum(length(bytes)) FROM blob
             WHERE owner = ?1 AND dix = ?2 AND dseq BETWEEN ?3 AND ?4 AND bytes IS NOT NULL
             GROUP BY dseq",
        )?
        .query_map(
            (owner, dix.0, from.cast_signed(), last.cast_signed()),
            |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)),
        )?
        .collect()
}
