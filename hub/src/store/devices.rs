//! Which device belongs to which location, and which are refused.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use weft_shared::{
    id::{DeviceId, DeviceIndex, DocId},
    time::Timestamp,
};

use weft_store::rows;

use super::{LocationRow, StoreError, logs};

pub(crate) fn add_device(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    device: &DeviceId,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO devices (device_id, lix, dix) VALUES (?, ?, ?)";
    rows::write(conn, sql, params![device.as_bytes(), lix.0, dix.0])
}

/// The location and index of a device.
pub(crate) fn device(
    conn: &Connection,
    device: &DeviceId,
) -> Result<Option<(LocationRow, DeviceIndex)>, StoreError> {
    let sql = "SELECT lix, dix FROM devices WHERE device_id = ?";
    rows::one(conn, sql, params![device.as_bytes()], |row| {
        Ok((LocationRow(row.get(0)?), DeviceIndex(row.get(1)?)))
    })
}

/// Returns whether it was not blocked before.
pub(crate) fn block(
    conn: &Connection,
    device: &DeviceId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = conn.execute(
        "INSERT INTO blocked (device_id, at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING",
        params![device.as_bytes(), now.ms()],
    )?;
    Ok(rows > 0)
}

/// Returns whether it was blocked.
pub(crate) fn unblock(conn: &Connection, device: &DeviceId) -> Result<bool, StoreError> {
    let rows = conn.execute(
        "DELETE FROM blocked WHERE device_id = ?",
        params![device.as_bytes()],
    )?;
    Ok(rows > 0)
}

/// When the operator blocked the device, if it is blocked.
pub(crate) fn blocked(
    conn: &Connection,
    device: &DeviceId,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT at_ms FROM blocked WHERE device_id = ?";
    rows::one(conn, sql, params![device.as_bytes()], |row| {
        Ok(Timestamp::from_ms(row.get(0)?))
    })
}

/// Returns every device that the operator has blocked.
pub(crate) fn all_blocked(conn: &Connection) -> Result<BTreeSet<DeviceId>, StoreError> {
    rows::all(conn, "SELECT device_id FROM blocked", [], |row| {
        rows::bytes(row, 0, DeviceId::from_slice, "blocked.device_id")
    })
}

/// The devices that wrote a document, each with the numbers of its actors.
pub(crate) fn authors(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
) -> Result<Vec<(DeviceId, u8)>, StoreError> {
    let mut device =
        conn.prepare_cached("SELECT device_id FROM devices WHERE lix = ? AND dix = ?")?;
    let mut authors = Vec::new();
    for (dix, n) in logs::actors(conn, lix, doc)? {
        let mut rows = device.query(params![lix.0, dix.0])?;
        let Some(row) = rows.next()? else {
            continue;
        };
        let device = rows::bytes(row, 0, DeviceId::from_slice, "devices.device_id")?;
        authors.push((device, n));
    }
    Ok(authors)
}
