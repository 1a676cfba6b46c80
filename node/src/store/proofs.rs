//! Proofs about releases, which the hub sent this location alone, and what was seen of releases
//! here: no later word of the hub changes that.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};
use weft_shared::{
    id::{DeviceIndex, ReleaseHash},
    release::Heights,
};
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

/// Returns the releases whose announcement was seen.
pub(crate) fn announced(store: &Connection) -> Result<BTreeSet<String>, StoreError> {
    let sql = "SELECT release FROM release_announced";
    rows::all(store, sql, [], |row| Ok(row.get(0)?))
}

/// Notes that a release was announced, with the heights that were acknowledged before. The first
/// note stands.
pub(crate) fn note_announced(
    store: &Connection,
    release: &str,
    heights: &Heights,
) -> Result<(), StoreError> {
    let heights = serde_json::to_string(heights).expect("heights are numbers");
    let sql = "INSERT OR IGNORE INTO release_announced (release, heights) VALUES (?, ?)";
    rows::write(store, sql, params![release, heights])
}

/// Returns the heights that were acknowledged before a release was seen to be announced; none if
/// that was not seen.
pub(crate) fn acknowledged_at(store: &Connection, release: &str) -> Result<Heights, StoreError> {
    let sql = "SELECT heights FROM release_announced WHERE release = ?";
    let text: Option<String> = rows::one(store, sql, [release], |row| Ok(row.get(0)?))?;
    let read = |text: String| serde_json::from_str(&text).ok();
    text.map_or_else(
        || Ok(Heights::new()),
        |text| read(text).ok_or(StoreError::Damaged("release_announced")),
    )
}

/// Notes a link of the chain of releases. The first note of a number stands.
pub(crate) fn note_link(store: &Connection, n: u32, hash: &ReleaseHash) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO release_link (n, hash) VALUES (?, ?)";
    rows::write(store, sql, params![n, hash.as_bytes()])
}

/// Returns the links of the chain of releases as they were first seen.
pub(crate) fn links(store: &Connection) -> Result<BTreeMap<u32, ReleaseHash>, StoreError> {
    let sql = "SELECT n, hash FROM release_link";
    rows::all(store, sql, [], |row| {
        Ok((row.get(0)?, ReleaseHash::new(row.get(1)?)))
    })
}

/// Days for which heights are kept: releases are proposed about the recent past.
const DAYS_KEPT: i64 = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_look_at_a_release_stands() {
        let store = Connection::open_in_memory().unwrap();
        store
            .execute_batch("CREATE TABLE acknowledged_day (day INTEGER)")
            .unwrap();
        store.execute_batch(include_str!("announced.sql")).unwrap();
        let id = "prevention/2026.1";
        assert_eq!(acknowledged_at(&store, id).unwrap(), Heights::new());
        let first = Heights::from([(DeviceIndex(1), 4)]);
        let later = Heights::from([(DeviceIndex(1), 9)]);
        for heights in [&first, &later] {
            note_announced(&store, id, heights).unwrap();
            assert_eq!(acknowledged_at(&store, id).unwrap(), first);
        }
        let hashes = [[1; 32], [2; 32]].map(ReleaseHash::new);
        for hash in &hashes {
            note_link(&store, 1, hash).unwrap();
            let seen = BTreeMap::from([(1, hashes[0])]);
            assert_eq!(links(&store).unwrap(), seen);
        }
    }
}
