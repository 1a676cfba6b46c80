//! Roster operations, as signed.

use rusqlite::{Connection, Result};
use weft_shared::id::RosterHash;

use super::Owner;

/// The operations of `owner`'s roster from `after` on, in their order.
pub(crate) fn operations(store: &Connection, owner: Owner, after: usize) -> Result<Vec<Vec<u8>>> {
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    store
        .prepare_cached(
            "SELECT operation FROM roster WHERE owner = ?1 AND position >= ?2 ORDER BY position",
        )?
        .query_map((owner, after), |row| row.get(0))?
        .collect()
}

/// Appends an operation at `position`; fails where that place is taken.
pub(crate) fn append(
    store: &Connection,
    owner: Owner,
    position: usize,
    hash: &RosterHash,
    operation: &[u8],
) -> Result<()> {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    store
        .prepare_cached(
            "INSERT INTO roster (owner, position, hash, operation) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((owner, position, hash.as_bytes(), operation))?;
    Ok(())
}
