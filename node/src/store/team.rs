//! The clear part of sealed entries: which key each of them needs, and which device gave which key
//! to whom.

use std::{collections::BTreeSet, ops::RangeInclusive};

use rusqlite::{Connection, Row, params};
use weft_shared::{
    id::{DeviceId, DeviceIndex, TeamKeyId},
    identity::GRANT_BYTES,
    log::sealed::{Envelope, Grant},
};

use weft_store::rows;

use super::{LocationRow, StoreError};

/// A grant, the log that it is in, and whether its entry counts: a void one reached no one else.
pub(crate) type Given = (DeviceIndex, Grant, bool);

/// Writes down what a sealed entry says in the clear, with the position of the roster that it
/// names.
pub(crate) fn put(
    store: &Connection,
    dix: DeviceIndex,
    (dseq, roster): (u64, usize),
    envelope: &Envelope,
) -> rusqlite::Result<()> {
    if !envelope.sealed.is_empty() {
        let sql = "INSERT INTO sealed (dix, dseq, key, roster) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO NOTHING";
        let key = envelope.key.as_bytes();
        store.execute(sql, params![dix.0, dseq, key, roster as u64])?;
    }
    let mut insert = store.prepare_cached(
        "INSERT INTO team_grant (dix, dseq, key, device, sealed) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
    )?;
    for grant in &envelope.grants {
        let (key, to) = (grant.key.as_bytes(), grant.to.as_bytes());
        insert.execute(params![dix.0, dseq, key, to, grant.sealed])?;
    }
    Ok(())
}

/// Every grant of the location's logs.
pub(crate) fn grants(store: &Connection) -> Result<Vec<Given>, StoreError> {
    let sql = "SELECT dix, key, device, sealed, EXISTS (
            SELECT 1 FROM logs JOIN entries USING (log)
            WHERE lix = ?1 AND logs.dix = team_grant.dix AND entries.dseq = team_grant.dseq
                AND void IS NULL)
         FROM team_grant ORDER BY dix, dseq";
    rows::all(store, sql, [LocationRow::OWN.0], grant_at)
}

fn grant_at(row: &Row<'_>) -> Result<Given, StoreError> {
    let damaged = || StoreError::Derived("team_grant");
    let grant = Grant {
        key: TeamKeyId::from_slice(row.get_ref(1)?.as_blob()?).ok_or_else(damaged)?,
        to: DeviceId::from_slice(row.get_ref(2)?.as_blob()?).ok_or_else(damaged)?,
        sealed: row.get::<_, [u8; GRANT_BYTES]>(3)?,
    };
    Ok((DeviceIndex(row.get(0)?), grant, row.get(4)?))
}

/// An entry of this device, or of a log that is taken out, counts for nothing.
pub(crate) fn drop(
    store: &Connection,
    dix: DeviceIndex,
    entries: RangeInclusive<u64>,
) -> rusqlite::Result<()> {
    for gone in [
        "DELETE FROM sealed WHERE dix = ?1 AND dseq BETWEEN ?2 AND ?3",
        "DELETE FROM team_grant WHERE dix = ?1 AND dseq BETWEEN ?2 AND ?3",
    ] {
        store.execute(gone, params![dix.0, entries.start(), entries.end()])?;
    }
    Ok(())
}

/// A key that sealed entries need.
pub(crate) struct Needed {
    pub(crate) key: TeamKeyId,
    /// The device that seals with it.
    pub(crate) by: DeviceIndex,
    /// The position of the roster that its first entry names.
    pub(crate) since: usize,
    /// The same for the first entry of the own log, if that has one.
    pub(crate) own: Option<usize>,
}

/// The keys that sealed entries need.
pub(crate) fn keys(store: &Connection, own: DeviceIndex) -> Result<Vec<Needed>, StoreError> {
    let sql = "SELECT key, min(dix), min(roster), min(CASE WHEN dix = ?1 THEN roster END)
               FROM sealed GROUP BY key";
    rows::all(store, sql, [own.0], |row| {
        let key = TeamKeyId::from_slice(row.get_ref(0)?.as_blob()?);
        Ok(Needed {
            key: key.ok_or(StoreError::Derived("sealed"))?,
            by: DeviceIndex(row.get(1)?),
            since: row.get(2)?,
            own: row.get(3)?,
        })
    })
}

/// The entries that need one of these keys.
pub(crate) fn sealed_with(
    store: &Connection,
    keys: &BTreeSet<TeamKeyId>,
) -> Result<BTreeSet<(DeviceIndex, u64)>, StoreError> {
    let mut all = BTreeSet::new();
    for key in keys {
        let sql = "SELECT dix, dseq FROM sealed WHERE key = ?1";
        let found: Vec<_> = rows::all(store, sql, [key.as_bytes()], |row| {
            Ok((DeviceIndex(row.get(0)?), row.get(1)?))
        })?;
        all.extend(found);
    }
    Ok(all)
}

/// The number of entries that count and that one of these keys would open.
pub(crate) fn count(
    store: &Connection,
    keys: impl IntoIterator<Item = TeamKeyId>,
) -> rusqlite::Result<u64> {
    let mut count = 0;
    for key in keys {
        let sql = "SELECT count(*) FROM sealed WHERE key = ?1 AND EXISTS (
                SELECT 1 FROM run
                WHERE owner = 1 AND run.dix = sealed.dix AND run.dseq = sealed.dseq)";
        count += store.query_row(sql, [key.as_bytes()], |row| row.get::<_, u64>(0))?;
    }
    Ok(count)
}
