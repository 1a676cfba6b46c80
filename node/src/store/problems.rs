//! Runs that could not be read into their document: held until what they build on arrives, or
//! quarantined for good.

use rusqlite::{Connection, Result};
use weft_shared::id::Dix;

use super::Owner;

/// One run that is not in its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) owner: Owner,
    pub(crate) dix: Dix,
    pub(crate) dseq: u64,
    pub(crate) number: u32,
    /// Whether it only waits for what it builds on.
    pub(crate) held: bool,
    pub(crate) reason: String,
}

/// Records a problem, or the newest word on it.
pub(crate) fn put(store: &Connection, problem: &Problem) -> Result<()> {
    store
        .prepare_cached(
            "INSERT INTO problem (owner, dix, dseq, number, held, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET held = excluded.held, reason = excluded.reason",
        )?
        .execute((
            problem.owner,
            problem.dix.0,
            problem.dseq.cast_signed(),
            problem.number,
            problem.held,
            &problem.reason,
        ))?;
    Ok(())
}

/// How many wait for others, and how many cannot be read.
pub(crate) fn counts(store: &Connection) -> Result<(u64, u64)> {
    store.query_row(
        "SELECT count(*) FILTER (WHERE held), count(*) FILTER (WHERE NOT held) FROM problem",
        [],
        |row| {
            let count = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
            Ok((count(0)?, count(1)?))
        },
    )
}

/// The run is in its document after all.
pub(crate) fn clear(
    store: &Connection,
    owner: Owner,
    dix: Dix,
    dseq: u64,
    number: u32,
) -> Result<()> {
    store
        .prepare_cached(
            "DELETE FROM problem WHERE owner = ?1 AND dix = ?2 AND dseq = ?3 AND number = ?4",
        )?
        .execute((owner, dix.0, dseq.cast_signed(), number))?;
    Ok(())
}

/// Whether there is any problem at all.
pub(crate) fn any(store: &Connection) -> Result<bool> {
    store
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM problem)")?
        .query_row([], |row| row.get(0))
}

/// Every problem that stands.
pub(crate) fn all(store: &Connection) -> Result<Vec<Problem>> {
    store
        .prepare_cached(
            "SELECT owner, dix, dseq, number, held, reason FROM problem
             ORDER BY owner, dix, dseq, number",
        )?
        .query_map([], |row| {
            Ok(Problem {
                owner: row.get(0)?,
                dix: Dix(row.get(1)?),
                dseq: row.get::<_, i64>(2)?.cast_unsigned(),
                number: row.get(3)?,
                held: row.get(4)?,
                reason: row.get(5)?,
            })
        })?
        .collect()
}
