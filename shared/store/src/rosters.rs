//! Locations and their rosters.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use weft_shared::{id::LocationId, identity::SignedOperation, time::Timestamp};

use crate::{LocationRow, StoreError, rows};

/// Adds a location, or finds it where it is known.
pub fn found(
    conn: &Connection,
    location: &LocationId,
    now: Timestamp,
) -> Result<LocationRow, StoreError> {
    if let Some(lix) = lix(conn, location)? {
        return Ok(lix);
    }
    conn.execute(
        "INSERT INTO locations (location_id, joined_ms) VALUES (?, ?)",
        params![location.as_bytes(), now.ms()],
    )?;
    Ok(LocationRow(conn.last_insert_rowid()))
}

/// Gives a number to a location, with an empty roster.
pub fn put(
    conn: &Connection,
    lix: LocationRow,
    location: &LocationId,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.execute("DELETE FROM roster WHERE lix = ?", [lix.0])?;
    let sql = "INSERT INTO locations (lix, location_id, joined_ms) VALUES (?1, ?2, ?3)
               ON CONFLICT (lix) DO UPDATE SET location_id = ?2, joined_ms = ?3";
    rows::write(conn, sql, params![lix.0, location.as_bytes(), now.ms()])
}

/// The number of a location.
pub fn lix(conn: &Connection, location: &LocationId) -> Result<Option<LocationRow>, StoreError> {
    let sql = "SELECT lix FROM locations WHERE location_id = ?";
    rows::one(conn, sql, params![location.as_bytes()], |row| {
        Ok(LocationRow(row.get(0)?))
    })
}

/// The location that has this number.
pub fn location_id(conn: &Connection, lix: LocationRow) -> Result<LocationId, StoreError> {
    conn.prepare_cached("SELECT location_id FROM locations WHERE lix = ?")?
        .query_row([lix.0], |row| {
            Ok(LocationId::from_slice(row.get_ref(0)?.as_blob()?))
        })?
        .ok_or(StoreError::Damaged("locations.location_id"))
}

/// Every location with its number.
pub fn all(conn: &Connection) -> Result<Vec<(LocationRow, LocationId)>, StoreError> {
    let sql = "SELECT lix, location_id FROM locations ORDER BY lix";
    rows::all(conn, sql, [], |row| {
        let id = rows::bytes(row, 1, LocationId::from_slice, "locations.location_id")?;
        Ok((LocationRow(row.get(0)?), id))
    })
}

/// Appends the operation at `position`; fails where that position is taken, so that of two
/// operations on one head only the first stands.
pub fn append(
    conn: &Connection,
    lix: LocationRow,
    position: usize,
    operation: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO roster (lix, position, operation) VALUES (?, ?, ?)";
    rows::write(conn, sql, params![lix.0, position, operation])
}

/// Returns the number of operations of every roster that has any.
pub fn lens(conn: &Connection) -> Result<BTreeMap<LocationRow, usize>, StoreError> {
    let sql = "SELECT lix, count(*) FROM roster GROUP BY lix";
    rows::all(conn, sql, [], |row| {
        Ok((LocationRow(row.get(0)?), row.get(1)?))
    })
}

/// Returns the number of operations of a roster.
pub fn len(conn: &Connection, lix: LocationRow) -> Result<usize, StoreError> {
    let sql = "SELECT count(*) FROM roster WHERE lix = ?";
    let len = rows::one(conn, sql, [lix.0], |row| Ok(row.get(0)?))?;
    Ok(len.unwrap_or_default())
}

/// The encoded operations of a roster from `position` on.
pub fn operations(
    conn: &Connection,
    lix: LocationRow,
    position: usize,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT operation FROM roster WHERE lix = ? AND position >= ? ORDER BY position";
    rows::all(conn, sql, params![lix.0, position], |row| Ok(row.get(0)?))
}

/// The operations of a roster from `position` on.
pub fn signed(
    conn: &Connection,
    lix: LocationRow,
    position: usize,
) -> Result<Vec<SignedOperation>, StoreError> {
    let operations = operations(conn, lix, position)?.into_iter();
    let signed = operations.map(|bytes| SignedOperation::decode(&bytes));
    let signed: Result<_, _> = signed.collect();
    signed.map_err(|_| StoreError::Damaged("roster"))
}

/// When each location first synced on the last day on which it did.
pub fn synced(conn: &Connection) -> Result<Vec<(LocationRow, Option<Timestamp>)>, StoreError> {
    let sql = "SELECT lix, synced_ms FROM locations ORDER BY lix";
    rows::all(conn, sql, [], |row| {
        let synced: Option<i64> = row.get(1)?;
        Ok((LocationRow(row.get(0)?), synced.map(Timestamp::from_ms)))
    })
}

/// When one location first synced on the last day on which it did.
pub fn synced_day(conn: &Connection, lix: LocationRow) -> Result<Option<Timestamp>, StoreError> {
    let synced: Option<i64> = conn
        .prepare_cached("SELECT synced_ms FROM locations WHERE lix = ?")?
        .query_row([lix.0], |row| row.get(0))?;
    Ok(synced.map(Timestamp::from_ms))
}

/// Records when a location first synced on this day.
pub fn put_synced(conn: &Connection, lix: LocationRow, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE locations SET synced_ms = ? WHERE lix = ?";
    rows::write(conn, sql, params![at.ms(), lix.0])
}
