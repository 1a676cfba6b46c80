//! A location's share of the store: the room that each of its devices still has.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use weft_shared::{
    id::{DeviceIndex, DocId},
    identity::Role,
    log::{
        gate::{Admission, LogState},
        room::{Held, Room},
        size::DocumentSize,
    },
};

use crate::{LocationRow, StoreError, documents, logs};

/// Returns the state of a log as the gate needs it, with the room that its device has.
pub fn log_state(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    role: Role,
) -> Result<LogState, StoreError> {
    Ok(LogState {
        room: Some(room(conn, lix, dix, role)?),
        ..logs::state(conn, lix, dix)?
    })
}

/// The room of a location, seen by one of its devices.
pub fn room(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    role: Role,
) -> Result<Room, StoreError> {
    let mut room = bytes(conn, lix, dix, role)?;
    count_documents(conn, lix, dix, &mut room)?;
    Ok(room)
}

/// Whether all of it still fits: other devices may have stored something since it was judged.
pub fn takes(
    conn: &Connection,
    (lix, dix, role): (LocationRow, DeviceIndex, Role),
    admission: &Admission,
) -> Result<bool, StoreError> {
    let mut room = bytes(conn, lix, dix, role)?;
    let mut begun = begun(conn, lix, admission)?;
    if begun.iter().any(|documents| *documents > 0) {
        // Few entries begin a document, and only for those they need to be counted.
        count_documents(conn, lix, dix, &mut room)?;
    }
    let left = room.left();
    let mut more = Held::default();
    for (admitted, documents) in admission.entries.iter().zip(begun.drain(..)) {
        let entry = &admitted.entry;
        more.bytes += (entry.header.encode().len() + entry.wire_bytes()) as u64;
        more.documents += documents;
        let fits = left.fits(more) || admitted.void.is_some();
        if more.bytes > left.headers || !fits {
            return Ok(false);
        }
    }
    documents_fit(conn, lix, admission)
}

/// Whether every document that grows stays within its limits: devices of one location fill the same
/// documents, each in sessions of its own.
fn documents_fit(
    conn: &Connection,
    lix: LocationRow,
    admission: &Admission,
) -> Result<bool, StoreError> {
    let mut grown: BTreeMap<DocId, DocumentSize> = BTreeMap::new();
    let counting = admission.entries.iter().filter(|one| one.void.is_none());
    for run in counting.flat_map(|one| &one.entry.header.runs) {
        *grown.entry(run.doc).or_default() += run.fills();
    }
    for (doc, more) in grown {
        let mut size = documents::size(conn, lix, &doc)?;
        size += more;
        if !size.fits() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the number of documents that each entry begins.
fn begun(
    conn: &Connection,
    lix: LocationRow,
    admission: &Admission,
) -> Result<Vec<u64>, StoreError> {
    let mut known = conn.prepare_cached("SELECT 1 FROM documents WHERE lix = ? AND doc = ?")?;
    let mut begun = Vec::with_capacity(admission.entries.len());
    for admitted in &admission.entries {
        let mut documents = 0;
        let runs = &admitted.entry.header.runs;
        let named = runs.iter().filter(|run| run.name.is_some());
        for run in named.filter(|_| admitted.void.is_none()) {
            documents += u64::from(!known.exists(params![lix.0, run.doc.as_bytes()])?);
        }
        begun.push(documents);
    }
    Ok(begun)
}

/// The room with its bytes, and no documents counted.
fn bytes(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    role: Role,
) -> Result<Room, StoreError> {
    let sums = "SELECT coalesce(sum(body_bytes), 0),
                       coalesce(sum(body_bytes) FILTER (WHERE dix = ?2), 0)
                FROM logs WHERE lix = ?1";
    let mut room = Room::empty(role);
    (room.all.bytes, room.own.bytes) = conn
        .prepare_cached(sums)?
        .query_row(params![lix.0, dix.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(room)
}

fn count_documents(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    room: &mut Room,
) -> Result<(), StoreError> {
    let log = logs::find(conn, lix, dix)?.map_or(0, |log| log.0);
    let counts = "SELECT count(*), count(*) FILTER (WHERE began = ?2)
                  FROM documents WHERE lix = ?1";
    (room.all.documents, room.own.documents) = conn
        .prepare_cached(counts)?
        .query_row(params![lix.0, log], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(())
}
