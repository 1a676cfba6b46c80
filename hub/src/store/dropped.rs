//! Changes that an admin dropped with the end of a log: an entry that builds on one is void.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use weft_shared::{
    id::DeviceIndex,
    log::{built_on::dependencies, gate::Admission},
};
use weft_store::{Transaction, undone};

use super::{LocationRow, StoreError, derived::again};

/// Drops the entries of a log from `first` on; nothing happens if other devices built on them, and
/// these are named.
pub(crate) fn drop_end(
    conn: &Transaction<'_>,
    lix: LocationRow,
    dix: DeviceIndex,
    first: u64,
) -> Result<Result<(), BTreeSet<DeviceIndex>>, StoreError> {
    let end = match undone::drop_end(conn, lix, dix, first)? {
        Ok(end) => end,
        Err(builders) => return Ok(Err(builders)),
    };
    let mut insert = conn.prepare_cached("INSERT OR IGNORE INTO dropped VALUES (?, ?)")?;
    for hash in &end.changes {
        insert.execute(params![lix.0, hash])?;
    }
    for doc in &end.documents {
        again::ask(conn, lix, doc)?;
    }
    Ok(Ok(()))
}

/// The dropped changes that these entries build on.
pub(crate) fn built_on(
    conn: &Connection,
    lix: LocationRow,
    admission: &Admission,
) -> Result<BTreeSet<[u8; 32]>, StoreError> {
    let mut found = BTreeSet::new();
    let mut any = conn.prepare_cached("SELECT 1 FROM dropped WHERE lix = ? LIMIT 1")?;
    if !any.exists([lix.0])? {
        return Ok(found);
    }
    let mut dropped = conn.prepare_cached("SELECT 1 FROM dropped WHERE lix = ? AND hash = ?")?;
    for raw in admission.entries.iter().flat_map(|one| one.raw()) {
        for dep in dependencies(raw) {
            if dropped.exists(params![lix.0, dep])? {
                found.insert(dep);
            }
        }
    }
    Ok(found)
}
