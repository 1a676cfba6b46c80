//! The logs: one row a device of a location, with how high it stands and how far it got.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use weft_shared::{
    id::{DeviceIndex, DocId, EntryHash},
    log::gate::{Height, LogState},
    time::Timestamp,
};

use crate::{LocationRow, Log, StoreError, blobs, documents, rows};

/// The state of one log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogRow {
    /// Its last entry.
    pub height: Height,
    /// When something of it was last stored.
    pub stored: Timestamp,
    /// The highest entry that may have left this device; of a node's own log only.
    pub offered: u64,
    /// The highest entry that the hub has on disk.
    pub acknowledged: u64,
    /// The highest entry that was read into its documents.
    pub derived: u64,
}

/// A mark on a log: the highest entry of which something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Up to the entry that may have left this device.
    Offered,
    /// Up to the entry that the hub has on disk.
    Acknowledged,
    /// Up to the entry that was read into its documents.
    Derived,
}

/// The log of a device, made at its first use.
pub fn log(conn: &Connection, lix: LocationRow, dix: DeviceIndex) -> Result<Log, StoreError> {
    if let Some(log) = find(conn, lix, dix)? {
        return Ok(log);
    }
    conn.prepare_cached(
        "INSERT INTO logs (lix, dix, dseq, hash, stored_ms) VALUES (?, ?, 0, ?, 0)",
    )?
    .execute(params![lix.0, dix.0, EntryHash::ZERO.as_bytes()])?;
    Ok(Log(conn.last_insert_rowid()))
}

/// The log of a device, if it has one.
pub fn find(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
) -> Result<Option<Log>, StoreError> {
    let sql = "SELECT log FROM logs WHERE lix = ? AND dix = ?";
    rows::one(conn, sql, params![lix.0, dix.0], |row| Ok(Log(row.get(0)?)))
}

/// The last entry of a log.
pub fn height(conn: &Connection, log: Log) -> Result<Height, StoreError> {
    let sql = "SELECT dseq, hash FROM logs WHERE log = ?";
    let height = rows::one(conn, sql, [log.0], |row| read_height(row, 0))?;
    height.ok_or(StoreError::Damaged("logs"))
}

/// A device's log, its height, and whether it is sealed; an empty log if it has none yet.
pub(crate) fn place(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
) -> Result<(Log, Height, bool), StoreError> {
    let sql = "SELECT log, dseq, hash, sealed FROM logs WHERE lix = ? AND dix = ?";
    let place = rows::one(conn, sql, params![lix.0, dix.0], |row| {
        Ok((Log(row.get(0)?), read_height(row, 1)?, row.get(3)?))
    })?;
    match place {
        Some(place) => Ok(place),
        None => Ok((log(conn, lix, dix)?, Height::ZERO, false)),
    }
}

/// Marks a log as one that never grows again.
pub fn seal(conn: &Connection, log: Log) -> Result<(), StoreError> {
    let sql = "UPDATE logs SET sealed = 1 WHERE log = ?";
    rows::write(conn, sql, [log.0])
}

/// Notes how far a log got; it never goes back.
pub fn reach(
    conn: &Connection,
    (lix, dix): (LocationRow, DeviceIndex),
    mark: Mark,
    dseq: u64,
) -> Result<(), StoreError> {
    let sql = match mark {
        Mark::Offered => {
            "UPDATE logs SET offered = ?3 WHERE lix = ?1 AND dix = ?2 AND offered < ?3"
        }
        Mark::Acknowledged => {
            "UPDATE logs SET acknowledged = max(acknowledged, ?3) WHERE lix = ?1 AND dix = ?2"
        }
        Mark::Derived => "UPDATE logs SET derived = max(derived, ?3) WHERE lix = ?1 AND dix = ?2",
    };
    rows::write(conn, sql, params![lix.0, dix.0, dseq])
}

/// The devices that wrote a document, each with the numbers of its actors.
pub fn actors(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
) -> Result<Vec<(DeviceIndex, u8)>, StoreError> {
    let sql = "SELECT dix, n FROM logs JOIN actors USING (log) WHERE lix = ? AND doc = ?";
    rows::all(conn, sql, params![lix.0, doc.as_bytes()], |row| {
        Ok((DeviceIndex(row.get(0)?), row.get(1)?))
    })
}

/// Notes that no entry, or every entry, was read into its documents.
pub fn set_derived(conn: &Connection, all: bool) -> Result<(), StoreError> {
    let sql = "UPDATE logs SET derived = CASE ? WHEN 1 THEN dseq ELSE 0 END";
    rows::write(conn, sql, [all])
}

/// The logs of a location that hold anything.
pub fn logs(conn: &Connection, lix: LocationRow) -> Result<Vec<(DeviceIndex, LogRow)>, StoreError> {
    let sql = "SELECT dseq, hash, dix, stored_ms, offered, acknowledged, derived FROM logs
               WHERE lix = ? AND dseq > 0 ORDER BY dix";
    rows::all(conn, sql, [lix.0], |row| {
        let standing = LogRow {
            height: read_height(row, 0)?,
            stored: Timestamp::from_ms(row.get(3)?),
            offered: row.get(4)?,
            acknowledged: row.get(5)?,
            derived: row.get(6)?,
        };
        Ok((DeviceIndex(row.get(2)?), standing))
    })
}

/// Returns when each location that wrote anything was last heard of.
pub fn received(conn: &Connection) -> Result<BTreeMap<LocationRow, Timestamp>, StoreError> {
    let sql = "SELECT lix, max(stored_ms) FROM logs WHERE dseq > 0 GROUP BY lix";
    rows::all(conn, sql, [], |row| {
        Ok((LocationRow(row.get(0)?), Timestamp::from_ms(row.get(1)?)))
    })
}

/// Returns the number of entries of a log, and the place of the last of them in the store.
pub fn last(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
) -> Result<(u64, u64), StoreError> {
    let sql = "SELECT dseq, coalesce(hub_seq, 0) FROM logs LEFT JOIN entries USING (log, dseq)
               WHERE lix = ? AND dix = ?";
    let last = rows::one(conn, sql, params![lix.0, dix.0], |row| {
        Ok((row.get(0)?, row.get(1)?))
    });
    Ok(last?.unwrap_or_default())
}

/// Returns the state of a log as the gate needs it. The caller adds how much room there is.
pub fn state(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
) -> Result<LogState, StoreError> {
    let mut state = LogState::default();
    if let Some(log) = find(conn, lix, dix)? {
        state.height = height(conn, log)?;
        state.blobs_ahead = blobs::ahead(conn, log, state.height.dseq)?;
        let mut query = conn.prepare_cached("SELECT doc, n, seq FROM actors WHERE log = ?")?;
        let mut rows = query.query([log.0])?;
        while let Some(row) = rows.next()? {
            let doc = rows::bytes(row, 0, DocId::from_slice, "actors.doc")?;
            state.seqs.insert((doc, row.get(1)?), row.get(2)?);
        }
    }
    state.documents = documents::sizes(conn, lix)?;
    Ok(state)
}

/// A height that is in two columns from `at` on.
pub(crate) fn read_height(row: &Row<'_>, at: usize) -> Result<Height, StoreError> {
    let hash = EntryHash::from_slice(row.get_ref(at + 1)?.as_blob()?);
    Ok(Height {
        dseq: row.get(at)?,
        hash: hash.ok_or(StoreError::Damaged("logs.hash"))?,
    })
}
