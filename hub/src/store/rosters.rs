//! Locations, their rosters, and which device belongs to which of them.

use rusqlite::{Connection, OptionalExtension as _, params};
use weft_shared::{
    id::{DeviceId, Dix, LocationId},
    time::Timestamp,
};

use super::{Lix, StoreError};

/// Adds a location, or finds it where it is known.
pub(crate) fn found(
    conn: &Connection,
    location: &LocationId,
    now: Timestamp,
) -> Result<Lix, StoreError> {
    if let Some(lix) = lix(conn, location)? {
        return Ok(lix);
    }
    conn.execute(
        "INSERT INTO locations (location_id, joined_ms) VALUES (?, ?)",
        params![location.as_bytes(), now.ms()],
    )?;
    Ok(Lix(conn.last_insert_rowid()))
}

pub(crate) fn lix(conn: &Connection, location: &LocationId) -> Result<Option<Lix>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT lix FROM locations WHERE location_id = ?")?
        .query_row(params![location.as_bytes()], |row| row.get(0).map(Lix))
        .optional()?)
}

pub(crate) fn location_id(conn: &Connection, lix: Lix) -> Result<LocationId, StoreError> {
    conn.prepare_cached("SELECT location_id FROM locations WHERE lix = ?")?
        .query_row([lix.0], |row| {
            Ok(LocationId::from_slice(row.get_ref(0)?.as_blob()?))
        })?
        .ok_or(StoreError::Damaged("locations.location_id"))
}

pub(crate) fn all(conn: &Connection) -> Result<Vec<(Lix, LocationId)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT lix, location_id FROM locations ORDER BY lix")?;
    let mut rows = query.query([])?;
    let mut locations = Vec::new();
    while let Some(row) = rows.next()? {
        let id = LocationId::from_slice(row.get_ref(1)?.as_blob()?)
            .ok_or(StoreError::Damaged("locations.location_id"))?;
        locations.push((Lix(row.get(0)?), id));
    }
    Ok(locations)
}

/// Appends the operation at `position`; fails where that position is taken, so that of two
/// operations on one head only the first stands.
pub(crate) fn append(
    conn: &Connection,
    lix: Lix,
    position: usize,
    operation: &[u8],
) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT INTO roster (lix, position, operation) VALUES (?, ?, ?)")?
        .execute(params![lix.0, position, operation])?;
    Ok(())
}

/// How many operations a roster has.
pub(crate) fn len(conn: &Connection, lix: Lix) -> Result<usize, StoreError> {
    Ok(conn
        .prepare_cached("SELECT count(*) FROM roster WHERE lix = ?")?
        .query_row([lix.0], |row| row.get(0))?)
}

/// The encoded operations of a roster from `position` on.
pub(crate) fn operations(
    conn: &Connection,
    lix: Lix,
    position: usize,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT operation FROM roster WHERE lix = ? AND position >= ? ORDER BY position",
    )?;
    let rows = query.query_map(params![lix.0, position], |row| row.get(0))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

pub(crate) fn add_device(
    conn: &Connection,
    lix: Lix,
    dix: Dix,
    device: &DeviceId,
) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT INTO devices (device_id, lix, dix) VALUES (?, ?, ?)")?
        .execute(params![device.as_bytes(), lix.0, dix.0])?;
    Ok(())
}

/// The location and index of a device.
pub(crate) fn device(
    conn: &Connection,
    device: &DeviceId,
) -> Result<Option<(Lix, Dix)>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT lix, dix FROM devices WHERE device_id = ?")?
        .query_row(params![device.as_bytes()], |row| {
            Ok((Lix(row.get(0)?), Dix(row.get(1)?)))
        })
        .optional()?)
}

pub(crate) fn block(
    conn: &Connection,
    device: &DeviceId,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO blocked (device_id, at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING",
        params![device.as_bytes(), now.ms()],
    )?;
    Ok(())
}

pub(crate) fn unblock(conn: &Connection, device: &DeviceId) -> Result<(), StoreError> {
    conn.execute(
        "DELETE FROM blocked WHERE device_id = ?",
        params![device.as_bytes()],
    )?;
    Ok(())
}

/// When the operator blocked the device, if it is blocked.
pub(crate) fn blocked(
    conn: &Connection,
    device: &DeviceId,
) -> Result<Option<Timestamp>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT at_ms FROM blocked WHERE device_id = ?")?
        .query_row(params![device.as_bytes()], |row| {
            row.get(0).map(Timestamp::from_ms)
        })
        .optional()?)
}
