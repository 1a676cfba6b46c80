//! Locations and their rosters.

use rusqlite::{Connection, OptionalExtension as _, params};
use weft_shared::{id::LocationId, identity::SignedOperation, time::Timestamp};

use crate::{LocationRow, StoreError};

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
    conn.execute(
        "INSERT INTO locations (lix, location_id, joined_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (lix) DO UPDATE SET location_id = ?2, joined_ms = ?3",
        params![lix.0, location.as_bytes(), now.ms()],
    )?;
    Ok(())
}

/// The number of a location.
pub fn lix(conn: &Connection, location: &LocationId) -> Result<Option<LocationRow>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT lix FROM locations WHERE location_id = ?")?
        .query_row(params![location.as_bytes()], |row| {
            row.get(0).map(LocationRow)
        })
        .optional()?)
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
    let mut query = conn.prepare_cached("SELECT lix, location_id FROM locations ORDER BY lix")?;
    let mut rows = query.query([])?;
    let mut locations = Vec::new();
    while let Some(row) = rows.next()? {
        let id = LocationId::from_slice(row.get_ref(1)?.as_blob()?)
            .ok_or(StoreError::Damaged("locations.location_id"))?;
        locations.push((LocationRow(row.get(0)?), id));
    }
    Ok(locations)
}

/// Appends the operation at `position`; fails where that position is taken, so that of two
/// operations on one head only the first stands.
pub fn append(
    conn: &Connection,
    lix: LocationRow,
    position: usize,
    operation: &[u8],
) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT INTO roster (lix, position, operation) VALUES (?, ?, ?)")?
        .execute(params![lix.0, position, operation])?;
    Ok(())
}

/// Returns the number of operations of a roster.
pub fn len(conn: &Connection, lix: LocationRow) -> Result<usize, StoreError> {
    Ok(conn
        .prepare_cached("SELECT count(*) FROM roster WHERE lix = ?")?
        .query_row([lix.0], |row| row.get(0))?)
}

/// The encoded operations of a roster from `position` on.
pub fn operations(
    conn: &Connection,
    lix: LocationRow,
    position: usize,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT operation FROM roster WHERE lix = ? AND position >= ? ORDER BY position",
    )?;
    let rows = query.query_map(params![lix.0, position], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
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
    let mut query = conn.prepare_cached("SELECT lix, synced_ms FROM locations ORDER BY lix")?;
    let rows = query.query_map([], |row| {
        let synced: Option<i64> = row.get(1)?;
        Ok((LocationRow(row.get(0)?), synced.map(Timestamp::from_ms)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
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
    conn.prepare_cached("UPDATE locations SET synced_ms = ? WHERE lix = ?")?
        .execute(params![at.ms(), lix.0])?;
    Ok(())
}
