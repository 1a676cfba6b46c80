//! Releases, and what was ever shown in one.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row, params};
use weft_shared::{
    id::{DeviceIndex, LocationCode, LocationId, ManifestHash, RosterHash},
    identity::{SignedOperation, reads::SentProof},
    model::release::{ReleaseId, ReleaseNumber, ReleaseState},
    release::Heights,
    time::Timestamp,
    wire::limits::PROOF_BYTES_MAX,
};
use weft_store::{Transaction, rows};

use super::{LocationRow, StoreError, rosters};

/// A release as the hub keeps it.
#[derive(Clone, Debug)]
pub struct ReleaseRow {
    /// The number of its row.
    pub(crate) row: i64,
    /// Its dataset and number.
    pub id: ReleaseId,
    /// Its state.
    pub state: ReleaseState,
    /// The proposal as JSON.
    pub(crate) plan: String,
    /// When it was proposed.
    pub proposed: Timestamp,
    /// By whom.
    pub proposed_by: String,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// By whom.
    pub published_by: Option<String>,
    /// The number of the link of the chain by which it went out: a later release has a larger one,
    /// whatever the clock said.
    pub link: Option<u32>,
    /// The hash of its manifest.
    pub manifest: Option<ManifestHash>,
    /// When it was withdrawn.
    pub withdrawn: Option<Timestamp>,
    /// The reason for its withdrawal.
    pub reason: Option<String>,
}

const COLUMNS: &str = "release, dataset, year, n, state, plan, proposed_ms, proposed_by, \
    published_ms, published_by, manifest, withdrawn_ms, reason, link";

fn read(row: &Row<'_>) -> Result<ReleaseRow, StoreError> {
    let damaged = || StoreError::Damaged("releases");
    let of_ms = |ms: Option<i64>| ms.map(Timestamp::from_ms);
    let manifest: Option<[u8; 32]> = row.get(10)?;
    let (dataset, state): (String, String) = (row.get(1)?, row.get(4)?);
    Ok(ReleaseRow {
        row: row.get(0)?,
        id: ReleaseId {
            dataset: dataset.parse().map_err(|_| damaged())?,
            number: ReleaseNumber {
                year: row.get(2)?,
                n: row.get(3)?,
            },
        },
        state: state.parse().map_err(|_| damaged())?,
        plan: row.get(5)?,
        proposed: Timestamp::from_ms(row.get(6)?),
        proposed_by: row.get(7)?,
        published: of_ms(row.get(8)?),
        published_by: row.get(9)?,
        manifest: manifest.map(ManifestHash::new),
        withdrawn: of_ms(row.get(11)?),
        reason: row.get(12)?,
        link: row.get(13)?,
    })
}

/// All releases by dataset: those that went out in the order of the chain, then the others in the
/// order of their proposals.
pub(crate) fn all(conn: &Connection) -> Result<Vec<ReleaseRow>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM releases ORDER BY dataset, link IS NULL, link, release");
    rows::all(conn, &sql, [], read)
}

/// One release.
pub(crate) fn one(conn: &Connection, id: &ReleaseId) -> Result<Option<ReleaseRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM releases WHERE dataset = ? AND year = ? AND n = ?");
    let number = id.number;
    rows::one(
        conn,
        &sql,
        params![id.dataset.as_str(), number.year, number.n],
        read,
    )
}

/// Writes a proposal.
pub(crate) fn propose(
    tx: &Transaction<'_>,
    id: &ReleaseId,
    plan: &str,
    (now, by): (Timestamp, &str),
) -> Result<(), StoreError> {
    let sql = "INSERT INTO releases (dataset, year, n, state, plan, proposed_ms, proposed_by)
         VALUES (?, ?, ?, 'proposed', ?, ?, ?)";
    let (dataset, number) = (id.dataset.as_str(), id.number);
    rows::write(
        tx,
        sql,
        params![dataset, number.year, number.n, plan, now.ms(), by],
    )
}

/// Marks a proposal as dropped. Returns whether it stood.
pub(crate) fn drop_proposal(tx: &Transaction<'_>, row: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE releases SET state = 'dropped' WHERE release = ? AND state = 'proposed'";
    Ok(tx.prepare_cached(sql)?.execute([row])? == 1)
}

/// The parts of a publication that the store keeps.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) row: i64,
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    /// The number of its link of the chain.
    pub(crate) link: u32,
    pub(crate) manifest: ManifestHash,
    /// The rows, compressed.
    pub(crate) rows: Vec<u8>,
    /// The inputs, compressed.
    pub(crate) inputs: Vec<u8>,
    /// The cells that were shown, compressed.
    pub(crate) cells: Vec<u8>,
    /// The roundings that are new: areas, true count, shown count.
    pub(crate) rounded: Vec<(String, u64, u64)>,
    /// The proof for each location.
    pub(crate) proofs: Vec<LocationProof>,
}

/// The proof that goes to one location.
#[derive(Debug)]
pub(crate) struct LocationProof {
    pub(crate) lix: LocationRow,
    pub(crate) code: LocationCode,
    /// The proof, compressed.
    pub(crate) proof: Vec<u8>,
    pub(crate) part: PartOf,
}

/// The part of a location in a release, as the store has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartOf {
    /// Nothing of its own: an office published the figures about it.
    About = 0,
    /// A sum that was kept from an earlier release has a count of it.
    Kept = 1,
    /// Its statements were counted.
    Counted = 2,
}

/// Publishes a proposal. Returns false, and changes nothing, if it does not stand.
pub(crate) fn publish(tx: &Transaction<'_>, made: &Publication) -> Result<bool, StoreError> {
    let sql = "UPDATE releases SET state = 'published', published_ms = ?, published_by = ?,
             link = ?, manifest = ?, rows = ?, inputs = ? WHERE release = ? AND state = 'proposed'";
    let manifest = made.manifest.as_bytes();
    let (rows, inputs) = (&made.rows, &made.inputs);
    let values = params![
        made.at.ms(),
        made.by,
        made.link,
        manifest,
        rows,
        inputs,
        made.row
    ];
    if tx.prepare_cached(sql)?.execute(values)? == 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO shown_cells (release, cells) VALUES (?, ?)";
    tx.prepare_cached(sql)?
        .execute(params![made.row, made.cells])?;
    let sql = "INSERT OR IGNORE INTO rounded (areas, raw, shown) VALUES (?, ?, ?)";
    let mut insert = tx.prepare_cached(sql)?;
    for (areas, raw, shown) in &made.rounded {
        insert.execute(params![areas, raw, shown])?;
    }
    let sql = "INSERT INTO release_proofs (release, lix, code, proof, part) VALUES (?, ?, ?, ?, ?)";
    let mut insert = tx.prepare_cached(sql)?;
    for one in &made.proofs {
        let part = one.part as u8;
        insert.execute(params![
            made.row,
            one.lix.0,
            one.code.as_str(),
            one.proof,
            part
        ])?;
    }
    Ok(true)
}

/// Marks a release as withdrawn. Returns whether it stood.
pub(crate) fn withdraw(
    tx: &Transaction<'_>,
    row: i64,
    (now, reason): (Timestamp, &str),
) -> Result<bool, StoreError> {
    let sql = "UPDATE releases SET state = 'withdrawn', withdrawn_ms = ?, reason = ?
         WHERE release = ? AND state = 'published'";
    let values = params![now.ms(), reason, row];
    Ok(tx.prepare_cached(sql)?.execute(values)? == 1)
}

/// Every rounding that was shown: areas, true count, shown count.
pub(crate) fn rounded(conn: &Connection) -> Result<Vec<(String, u64, u64)>, StoreError> {
    let sql = "SELECT areas, raw, shown FROM rounded";
    rows::all(conn, sql, [], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}

/// The cells that a release showed.
#[derive(Debug)]
pub(crate) struct ShownCells {
    pub(crate) id: ReleaseId,
    pub(crate) was_withdrawn: bool,
    /// Compressed.
    pub(crate) cells: Vec<u8>,
}

/// The cells that each release showed, the oldest release first.
pub(crate) fn shown_cells(conn: &Connection) -> Result<Vec<ShownCells>, StoreError> {
    let sql = "SELECT dataset, year, n, state = 'withdrawn', cells
         FROM shown_cells JOIN releases USING (release) ORDER BY link";
    rows::all(conn, sql, [], |row| {
        let dataset: String = row.get(0)?;
        let dataset = dataset.parse();
        Ok(ShownCells {
            id: ReleaseId {
                dataset: dataset.map_err(|_| StoreError::Damaged("releases"))?,
                number: ReleaseNumber {
                    year: row.get(1)?,
                    n: row.get(2)?,
                },
            },
            was_withdrawn: row.get(3)?,
            cells: row.get(4)?,
        })
    })
}

/// The rows of a release, compressed; none before it is published.
pub(crate) fn rows_of(conn: &Connection, row: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT rows FROM releases WHERE release = ?";
    Ok(rows::one(conn, sql, [row], |row| Ok(row.get(0)?))?.flatten())
}

/// The locations whose numbers are in a release.
pub(crate) fn contributors(
    conn: &Connection,
    row: i64,
) -> Result<BTreeSet<LocationCode>, StoreError> {
    let sql = "SELECT code FROM release_proofs WHERE release = ? AND part > 0";
    rows::all(conn, sql, [row], |row| {
        let code: String = row.get(0)?;
        code.parse()
            .map_err(|_| StoreError::Damaged("release_proofs"))
    })
}

/// Whether any release was ever published.
pub(crate) fn any_published(conn: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM releases WHERE published_ms IS NOT NULL LIMIT 1";
    Ok(rows::one(conn, sql, [], |_| Ok(()))?.is_some())
}

/// The next proof of a location after the one with this number. One that fits in no message is
/// passed over.
pub(crate) fn proof_after(
    conn: &Connection,
    lix: LocationRow,
    after: u64,
) -> Result<Option<SentProof>, StoreError> {
    let sql = "SELECT release, proof FROM release_proofs
         WHERE lix = ? AND release > ? AND length(proof) BETWEEN 1 AND ? ORDER BY release LIMIT 1";
    rows::one(conn, sql, params![lix.0, after, PROOF_BYTES_MAX], |row| {
        Ok(SentProof {
            n: row.get(0)?,
            bytes: row.get(1)?,
        })
    })
}

/// The head of a location's roster, and the heights of its logs among the entries up to `hub_seq`;
/// `None` if it never joined.
pub(crate) fn standing(
    conn: &Connection,
    id: &LocationId,
    hub_seq: u64,
) -> Result<Option<(RosterHash, Heights)>, StoreError> {
    let Some(lix) = rosters::lix(conn, id)? else {
        return Ok(None);
    };
    let last = rosters::signed(conn, lix, 0)?
        .last()
        .map(SignedOperation::hash);
    let sql = "SELECT logs.dix, max(entries.dseq) FROM entries JOIN logs USING (log)
         WHERE logs.lix = ? AND entries.hub_seq <= ? GROUP BY logs.dix";
    let heights = rows::all(conn, sql, params![lix.0, hub_seq], |row| {
        Ok((DeviceIndex(row.get(0)?), row.get(1)?))
    })?;
    Ok(Some((last.unwrap_or(RosterHash::ZERO), heights)))
}

/// Whether any of these locations stored something after `hub_seq`.
pub(crate) fn stored_since(
    conn: &Connection,
    lixes: &[LocationRow],
    hub_seq: u64,
) -> Result<bool, StoreError> {
    let sql = "SELECT DISTINCT logs.lix FROM entries JOIN logs USING (log)
         WHERE entries.hub_seq > ?";
    let stored: Vec<i64> = rows::all(conn, sql, [hub_seq], |row| Ok(row.get(0)?))?;
    Ok(lixes.iter().any(|lix| stored.contains(&lix.0)))
}
