//! Proofs about releases, which the hub sent this location alone.

use rusqlite::{Connection, params};
use weft_shared::{id::DeviceIndex, release::Heights};
use weft_store::{StoreError, rows};

/// Returns the number of the last one; 0 if there is none.
pub(crate) fn last(store: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT max(n) FROM release_proof";
    let last = rows::one(store, sql, [], |row| Ok(row.get::<_, Option<u64>>(0)?))?;
    Ok(last.flatten().unwrap_or_default())
}

/// Adds one. The first one of a number stands.
pub(crate) fn put(
    store: &Connection,
    n: u64,
    release: &str,
    proof: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO release_proof (n, release, proof) VALUES (?, ?, ?)";
    rows::write(store, sql, params![n, release, proof])
}

/// Returns that of a release, compressed.
pub(crate) fn of(store: &Connection, release: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT proof FROM release_proof WHERE release = ? ORDER BY n LIMIT 1";
    rows::one(store, sql, [release], |row| Ok(row.get(0)?))
}

/// Returns the newest, compressed, `proofs_max` of them.
pub(crate) fn newest(store: &Connection, proofs_max: usize) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT proof FROM release_proof ORDER BY n DESC LIMIT ?";
    rows::all(store, sql, [proofs_max], |row| Ok(row.get(0)?))
}

/// Notes the acknowledged heights of a day, if none are noted yet. `day` counts from 1970 by UTC.
pub(crate) fn note_acknowledged(
    store: &Connection,
    day: i64,
    heights: &Heights,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO acknowledged_day (day, dix, dseq) SELECT ?1, ?2, ?3
               WHERE NOT EXISTS (SELECT 1 FROM acknowledged_day WHERE day = ?1 AND dix = ?2)";
    for (dix, dseq) in heights {
        rows::write(store, sql, params![day, dix.0, dseq])?;
    }
    let sql = "DELETE FROM acknowledged_day WHERE day < ?";
    rows::write(store, sql, [day - DAYS_KEPT])
}

/// Whether heights of a day are noted.
pub(crate) fn is_noted(store: &Connection, day: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM acknowledged_day WHERE day = ? LIMIT 1";
    Ok(rows::one(store, sql, [day], |_| Ok(()))?.is_some())
}

/// Returns the last heights that were noted before a day.
pub(crate) fn acknowledged_before(store: &Connection, day: i64) -> Result<Heights, StoreError> {
    let sql = "SELECT dix, max(dseq) FROM acknowledged_day WHERE day < ? GROUP BY dix";
    rows::all(store, sql, [day], |row| {
        Ok((DeviceIndex(row.get(0)?), row.get(1)?))
    })
}

/// Days for which heights are kept: releases are proposed about the recent past.
const DAYS_KEPT: i64 = 400;
