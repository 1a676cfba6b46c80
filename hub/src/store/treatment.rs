//! Counts of what the hub did for each location.

use std::collections::BTreeSet;

use rusqlite::Connection;
use weft_shared::{id::LocationCode, time::Timestamp};
use weft_store::rows;

use super::StoreError;

/// The hub's service of a location that joined.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) code: LocationCode,
    /// When its first invite was made.
    pub(crate) invited: Option<Timestamp>,
    pub(crate) joined: Timestamp,
    pub(crate) confirmed: Option<Timestamp>,
    /// When it last had a whole exchange with the hub, to the day.
    pub(crate) synced: Option<Timestamp>,
    pub(crate) entries: u64,
    /// Entries whose content was refused.
    pub(crate) refused: u64,
    pub(crate) bytes: u64,
    pub(crate) reads: u64,
    /// Those of them that are of insights.
    pub(crate) insight_reads: u64,
    /// Releases that stand and have numbers of it.
    pub(crate) releases: u64,
}

/// Returns it for every location that joined, in the order of codes.
pub(crate) fn served(conn: &Connection) -> Result<Vec<Served>, StoreError> {
    let sql = "SELECT code, bound_ms, confirmed_ms, synced_ms,
        (SELECT min(created_ms) FROM invites WHERE invites.code = codes.code),
        (SELECT count(*) FROM entries JOIN logs USING (log) WHERE logs.lix = codes.lix),
        (SELECT count(*) FROM entries JOIN logs USING (log)
            WHERE logs.lix = codes.lix AND void IS NOT NULL),
        (SELECT coalesce(sum(body_bytes), 0) FROM logs WHERE logs.lix = codes.lix),
        (SELECT coalesce(sum(count), 0) FROM reads WHERE reads.lix = codes.lix),
        (SELECT coalesce(sum(count), 0) FROM reads WHERE reads.lix = codes.lix
            AND (subject LIKE '/insights%' OR act = 'insight list')),
        (SELECT count(*) FROM release_proofs JOIN releases USING (release)
            WHERE release_proofs.lix = codes.lix AND state = 'published' AND part = 2)
        FROM codes JOIN locations USING (lix) ORDER BY code";
    rows::all(conn, sql, [], |row| {
        let at = |column: usize| {
            let ms: Option<i64> = row.get(column)?;
            Ok::<_, StoreError>(ms.map(Timestamp::from_ms))
        };
        let code = LocationCode::parse(row.get_ref(0)?.as_str()?);
        Ok(Served {
            code: code.map_err(|_| StoreError::Damaged("codes.code"))?,
            joined: Timestamp::from_ms(row.get(1)?),
            confirmed: at(2)?,
            synced: at(3)?,
            invited: at(4)?,
            entries: row.get(5)?,
            refused: row.get(6)?,
            bytes: row.get(7)?,
            reads: row.get(8)?,
            insight_reads: row.get(9)?,
            releases: row.get(10)?,
        })
    })
}

/// Returns the locations whose numbers a release counted. One that only a sum kept from an earlier
/// release holds is not among them.
pub(crate) fn counted(
    conn: &Connection,
    release: i64,
) -> Result<BTreeSet<LocationCode>, StoreError> {
    let sql = "SELECT code FROM release_proofs WHERE release = ? AND part = 2";
    rows::all(conn, sql, [release], |row| {
        let code = LocationCode::parse(row.get_ref(0)?.as_str()?);
        code.map_err(|_| StoreError::Damaged("release_proofs"))
    })
}
