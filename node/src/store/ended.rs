//! Runs at which the program ended: left out of their document. Ground state, or a rebuild that
//! nobody asked for would try them again.

use rusqlite::{Connection, Result};
use weft_shared::id::Dix;

use super::Owner;

/// A run by its log, its entry and its number there.
pub(crate) type Place = (Owner, Dix, u64, u32);

/// Leaves a run out, because this version ended at it.
pub(crate) fn put(store: &Connection, place: Place, version: &str) -> Result<()> {
    let (owner, dix, dseq, number) = place;
    store
        .prepare_cached(
            "INSERT INTO ended (owner, dix, dseq, number, version) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET version = excluded.version",
        )?
        .execute((owner, dix.0, dseq.cast_signed(), number, version))?;
    Ok(())
}

/// Leaves nothing out that only other versions ended at; says how many runs that were.
pub(crate) fn forget_others(store: &Connection, version: &str) -> Result<usize> {
    store.execute("DELETE FROM ended WHERE version <> ?1", [version])
}

/// Leaves nothing out.
pub(crate) fn clear(store: &Connection) -> Result<()> {
    store.execute("DELETE FROM ended", []).map(drop)
}

/// Returns the runs that are left out.
pub(crate) fn all(store: &Connection) -> Result<Vec<Place>> {
    store
        .prepare_cached("SELECT owner, dix, dseq, number FROM ended")?
        .query_map([], |row| {
            let dseq: i64 = row.get(2)?;
            Ok((
                row.get(0)?,
                Dix(row.get(1)?),
                dseq.cast_unsigned(),
                row.get(3)?,
            ))
        })?
        .collect()
}
