//! Entries that no longer count: void ones, dropped ends of logs, and a tail that was taken back
//! before it was offered.

use rusqlite::{Connection, params};
use weft_shared::{
    id::{Dix, DocId},
    log::gate::{Height, VoidCode},
    wire::limits::ACK_VOIDS_MAX,
};

use crate::{Lix, Log, StoreError, Transaction, logs};

/// The first entries of a log above `above` that were stored without their bodies, and why.
pub fn voids(
    conn: &Connection,
    lix: Lix,
    dix: Dix,
    above: u64,
) -> Result<Vec<(u64, VoidCode)>, StoreError> {
    let Some(log) = logs::find(conn, lix, dix)? else {
        return Ok(Vec::new());
    };
    let mut query = conn.prepare_cached(
        "SELECT dseq, void FROM entries WHERE log = ? AND dseq > ? AND void IS NOT NULL
         ORDER BY dseq LIMIT ?",
    )?;
    let codes = query.query_map(params![log.0, above, ACK_VOIDS_MAX], |row| {
        Ok((row.get(0)?, VoidCode::from_number(row.get(1)?)))
    })?;
    Ok(codes.collect::<Result<_, _>>()?)
}

/// Marks an entry as void; its bodies stay where they are.
pub fn set_void(conn: &Connection, log: Log, dseq: u64, code: VoidCode) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE entries SET void = ?3 WHERE log = ?1 AND dseq = ?2",
        params![log.0, dseq, code.number()],
    )?;
    Ok(())
}

/// The entries of a log from `first` on that are not void.
pub fn whole_from(
    conn: &Connection,
    lix: Lix,
    dix: Dix,
    first: u64,
) -> Result<Vec<u64>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT entries.dseq FROM logs JOIN entries USING (log)
         WHERE lix = ? AND dix = ? AND entries.dseq >= ? AND void IS NULL ORDER BY entries.dseq",
    )?;
    let rows = query.query_map(params![lix.0, dix.0, first], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Leaves the headers alone, and of what the log counts their bytes: they stay on the disk.
pub fn erase(conn: &Transaction<'_>, log: Log, first: u64) -> Result<(), StoreError> {
    let code = VoidCode::Dropped.number();
    let freed: u64 = conn.query_row(
        "SELECT coalesce((SELECT sum(length(bodies)) FROM entries
                WHERE log = ?1 AND dseq >= ?2), 0)
            + coalesce((SELECT sum(length(bytes)) FROM blobs
                WHERE log = ?1 AND dseq >= ?2), 0)",
        params![log.0, first],
        |row| row.get(0),
    )?;
    conn.execute(
        "UPDATE entries SET void = ?3, bodies = x'' WHERE log = ?1 AND dseq >= ?2",
        params![log.0, first, code],
    )?;
    conn.execute(
        "UPDATE blobs SET bytes = NULL WHERE log = ? AND dseq >= ?",
        params![log.0, first],
    )?;
    conn.execute(
        "UPDATE logs SET body_bytes = max(0, body_bytes - ?) WHERE log = ?",
        params![freed, log.0],
    )?;
    conn.scrub();
    Ok(())
}

/// Deletes the entries of a log above `to`, none of which was offered. Words beside them stay for
/// the entries that say the same again.
pub fn cut_above(conn: &Connection, log: Log, to: &Height) -> Result<(), StoreError> {
    let place = params![log.0, to.dseq];
    conn.execute(
        "DELETE FROM quarantine
         WHERE hub_seq IN (SELECT hub_seq FROM entries WHERE log = ? AND dseq > ?)",
        place,
    )?;
    conn.execute("DELETE FROM entries WHERE log = ? AND dseq > ?", place)?;
    conn.execute(
        "UPDATE OR REPLACE blobs SET dseq = 0 WHERE log = ? AND dseq > ?",
        place,
    )?;
    conn.execute(
        "UPDATE logs SET dseq = ?2, hash = ?3, derived = min(derived, ?2), body_bytes =
             coalesce((SELECT sum(length(header) + length(bodies)) FROM entries
                 WHERE entries.log = ?1), 0)
             + coalesce((SELECT sum(length(bytes)) FROM blobs WHERE blobs.log = ?1), 0)
         WHERE log = ?1",
        params![log.0, to.dseq, to.hash.as_bytes()],
    )?;
    Ok(())
}

/// An actor has not made its last `changes` changes to a document after all.
pub fn take_back(
    conn: &Connection,
    log: Log,
    doc: &DocId,
    n: u8,
    changes: u32,
) -> Result<(), StoreError> {
    let actor = params![log.0, doc.as_bytes(), n, changes];
    conn.execute(
        "UPDATE actors SET seq = seq - ?4 WHERE log = ?1 AND doc = ?2 AND n = ?3",
        actor,
    )?;
    conn.execute("DELETE FROM actors WHERE log = ? AND seq <= 0", [log.0])?;
    Ok(())
}
