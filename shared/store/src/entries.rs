//! The log: entries appended in the order of commits, found again by their place in their log.

mod chains;
mod received;

use std::{collections::BTreeMap, iter};

use rusqlite::{Connection, Row, ToSql, params};
use weft_shared::{
    id::{DeviceIndex, DocId, Signature},
    log::{
        codec::Codec,
        entry::{Body, Entry, Header, Tip},
        gate::{Admission, Height, VoidCode},
        size::DocumentSize,
    },
    sync::{BatchBuilder, Outgoing},
    time::Timestamp,
};

pub use self::{
    chains::{broken_chains, chain, of_location},
    received::{last_received_by, received, received_at, received_span},
};
use crate::{LocationRow, Log, StoreError, blobs, documents, logs, rows};

/// An entry as stored.
#[derive(Clone, Debug)]
pub struct StoredEntry {
    /// Its place in the order of commits.
    pub hub_seq: u64,
    /// The entry.
    pub entry: Entry,
    /// Why its bodies count for nothing, if so.
    pub void: Option<VoidCode>,
    /// The device's signature over its log up to here, if it is kept.
    pub tip: Option<Signature>,
}

/// The outcome of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Stored; the log is this high now.
    To(Height),
    /// The log is not where the entries continue from: another session appended meanwhile, or the
    /// log was sealed.
    Moved,
}

/// Appends what the gate admitted: all of it, if the log is where it continues from.
pub fn append(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    admission: &Admission,
    now: Timestamp,
) -> Result<Appended, StoreError> {
    let entries = admission.entries.iter();
    let entries = entries.map(|admitted| (&admitted.entry, admitted.void));
    write(conn, (lix, dix), entries, Some(&admission.tip), now)
}

/// Appends an entry that this device made; it signs the log when it offers it.
pub fn append_own(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    entry: &Entry,
    now: Timestamp,
) -> Result<Appended, StoreError> {
    write(conn, (lix, dix), iter::once((entry, None)), None, now)
}

fn write<'a>(
    conn: &Connection,
    (lix, dix): (LocationRow, DeviceIndex),
    entries: impl Iterator<Item = (&'a Entry, Option<VoidCode>)>,
    tip: Option<&Tip>,
    now: Timestamp,
) -> Result<Appended, StoreError> {
    let (log, held, sealed) = logs::place(conn, lix, dix)?;
    let mut height = held;
    let mut insert = conn.prepare_cached(
        "INSERT INTO entries (log, dseq, received_ms, void, tip, header, bodies)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?;
    // A clock that was set back must not make an entry look older than those before it.
    let received = now.max(received::last_received(conn)?.unwrap_or(now));
    let (mut body_bytes, mut bodies, mut sound) = (0, Vec::new(), Vec::new());
    for (entry, void) in entries {
        let header = &entry.header;
        if sealed || header.dseq != height.dseq + 1 || header.prev != height.hash {
            return match height == held {
                true => Ok(Appended::Moved),
                false => Err(StoreError::Damaged("entries that do not follow each other")),
            };
        }
        height = Height {
            dseq: header.dseq,
            hash: entry.hash,
        };
        let tip = tip.filter(|tip| tip.dseq == header.dseq);
        encode_bodies(&entry.bodies, &mut bodies);
        let header_encoded = header.encode();
        body_bytes += header_encoded.len() + bodies.len();
        insert.execute(params![
            log.0,
            header.dseq,
            received.ms(),
            void.map(VoidCode::number),
            tip.map(|tip| tip.signature.as_bytes()),
            header_encoded,
            bodies
        ])?;
        if void.is_none() {
            sound.push(header);
        }
    }
    index(conn, lix, log, sound)?;
    conn.prepare_cached(
        "UPDATE logs SET dseq = ?, hash = ?, stored_ms = ?, body_bytes = body_bytes + ?
         WHERE log = ?",
    )?
    .execute(params![
        height.dseq,
        height.hash.as_bytes(),
        now.ms(),
        body_bytes,
        log.0
    ])?;
    Ok(Appended::To(height))
}

/// Writes what the headers of new entries tell: the names and sizes of documents, and how far their
/// actors got.
pub fn index<'a>(
    conn: &Connection,
    lix: LocationRow,
    log: Log,
    headers: impl IntoIterator<Item = &'a Header>,
) -> Result<(), StoreError> {
    let mut advances: BTreeMap<(DocId, u8), u64> = BTreeMap::new();
    let mut grown: BTreeMap<DocId, DocumentSize> = BTreeMap::new();
    for run in headers.into_iter().flat_map(|header| &header.runs) {
        *advances.entry((run.doc, run.n)).or_default() += u64::from(run.n_changes);
        *grown.entry(run.doc).or_default() += run.fills();
        if let Some(name) = &run.name {
            documents::introduce(conn, lix, Some(log), &run.doc, name)?;
        }
    }
    let mut actor = conn.prepare_cached(
        "INSERT INTO actors (log, doc, n, seq) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (log, doc, n) DO UPDATE SET seq = seq + ?4",
    )?;
    for ((doc, n), changes) in advances {
        actor.execute(params![log.0, doc.as_bytes(), n, changes])?;
    }
    documents::grow(conn, lix, &grown)
}

/// Entries from `from_dseq` on, and a stored tip over the last of them.
///
/// They are cut at the last tip within about `bytes_aim`, or at the first one beyond where one
/// batch is longer than that: a relay has no tips but those that it received. If the caller `signs`
/// the last of them, they are cut within the aim, and no tip is looked for.
pub fn outgoing(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    from_dseq: u64,
    (bytes_aim, signs): (usize, bool),
) -> Result<Outgoing, StoreError> {
    let mut outgoing = Outgoing {
        entries: Vec::new(),
        voids: Vec::new(),
        tip: None,
        blobs: Vec::new(),
    };
    let Some(log) = logs::find(conn, lix, dix)? else {
        return Ok(outgoing);
    };
    let mut query = conn.prepare_cached(
        "SELECT hub_seq, header, bodies, void, tip FROM entries
         WHERE log = ? AND dseq >= ? ORDER BY dseq",
    )?;
    let mut rows = query.query(params![log.0, from_dseq])?;
    let blob_sizes = blobs::sizes(conn, log, from_dseq)?;
    let mut aim = BatchBuilder::new(bytes_aim);
    let mut cut = 0;
    while let Some(row) = rows.next()? {
        let StoredEntry {
            mut entry,
            void,
            tip,
            ..
        } = stored_entry(row)?;
        if void.is_some() {
            // Bodies that count for nothing stay here.
            entry.bodies.clear();
        }
        let dseq = entry.header.dseq;
        let blob_bytes = blob_sizes.get(&dseq).copied().unwrap_or(0);
        if !aim.take_with(&entry, blob_bytes) && cut > 0 {
            break;
        }
        if let Some(code) = void {
            outgoing.voids.push((dseq, code));
        }
        let hash = entry.hash;
        outgoing.entries.push(entry);
        if signs || tip.is_some() {
            cut = outgoing.entries.len();
            let tip = tip.filter(|_| !signs);
            outgoing.tip = tip.map(|signature| Tip {
                dseq,
                hash,
                signature,
            });
        }
    }
    outgoing.entries.truncate(cut);
    let end = outgoing.entries.last().map_or(0, |entry| entry.header.dseq);
    outgoing.voids.retain(|(dseq, _)| *dseq <= end);
    outgoing.blobs = blobs::of_entries(conn, log, from_dseq, end)?;
    Ok(outgoing)
}

/// Keeps the device's signature over its own log up to an entry.
pub fn put_tip(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    tip: &Tip,
) -> Result<(), StoreError> {
    let sql = "UPDATE entries SET tip = ?3
               WHERE log = (SELECT log FROM logs WHERE lix = ?1 AND dix = ?2) AND dseq = ?4
                 AND tip IS NULL";
    let tip = params![lix.0, dix.0, tip.signature.as_bytes(), tip.dseq];
    rows::write(conn, sql, tip)
}

/// The lowest tip at or above `dseq`.
pub fn tip_from(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    dseq: u64,
) -> Result<Option<(u64, Signature)>, StoreError> {
    let sql = "SELECT entries.dseq, tip FROM logs JOIN entries USING (log)
               WHERE lix = ? AND dix = ? AND entries.dseq >= ? AND tip IS NOT NULL
               ORDER BY entries.dseq LIMIT 1";
    tip(conn, sql, params![lix.0, dix.0, dseq])
}

/// The highest tip of a log.
pub fn last_tip(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
) -> Result<Option<(u64, Signature)>, StoreError> {
    let sql = "SELECT entries.dseq, tip FROM logs JOIN entries USING (log)
               WHERE lix = ? AND dix = ? AND tip IS NOT NULL ORDER BY entries.dseq DESC LIMIT 1";
    tip(conn, sql, params![lix.0, dix.0])
}

fn tip(
    conn: &Connection,
    sql: &str,
    place: &[&dyn ToSql],
) -> Result<Option<(u64, Signature)>, StoreError> {
    rows::one(conn, sql, place, |row| {
        let signature = rows::bytes(row, 1, Signature::from_slice, "entries.tip")?;
        Ok((row.get(0)?, signature))
    })
}

/// Entries `from` to `to` of a log, as many as fit into `bytes_max` but at least one.
pub fn range(
    conn: &Connection,
    (lix, dix): (LocationRow, DeviceIndex),
    from: u64,
    to: u64,
    bytes_max: usize,
) -> Result<Vec<StoredEntry>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT hub_seq, header, bodies, void, tip FROM logs JOIN entries USING (log)
         WHERE lix = ? AND dix = ? AND entries.dseq BETWEEN ? AND ? ORDER BY entries.dseq",
    )?;
    let last = i64::try_from(to).unwrap_or(i64::MAX);
    let mut rows = query.query(params![lix.0, dix.0, from, last])?;
    let (mut entries, mut size) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        size += row.get_ref(1)?.as_blob()?.len() + row.get_ref(2)?.as_blob()?.len();
        if size > bytes_max && !entries.is_empty() {
            break;
        }
        entries.push(stored_entry(row)?);
    }
    Ok(entries)
}

/// One entry of a log.
pub fn one(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    dseq: u64,
) -> Result<Option<StoredEntry>, StoreError> {
    Ok(range(conn, (lix, dix), dseq, dseq, 0)?.pop())
}

/// The location and device of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its location.
    pub lix: LocationRow,
    /// Its device.
    pub dix: DeviceIndex,
}

/// Entries, and how far they reach: past those that cannot be read too.
pub type Bite = (Vec<(Origin, StoredEntry)>, Option<u64>);

/// Entries after `hub_seq` in the order of their commits, within the limits.
pub fn after(
    conn: &Connection,
    hub_seq: u64,
    entries_max: usize,
    most: DocumentSize,
) -> Result<Bite, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT hub_seq, header, bodies, void, tip, lix, dix FROM entries JOIN logs USING (log)
         WHERE hub_seq > ? ORDER BY hub_seq LIMIT ?",
    )?;
    let mut rows = query.query(params![hub_seq, entries_max])?;
    let (mut entries, mut reached) = (Vec::new(), None);
    let mut size = DocumentSize::default();
    let fits =
        |size: &DocumentSize| size.raw_bytes < most.raw_bytes && size.operations < most.operations;
    while fits(&size)
        && let Some(row) = rows.next()?
    {
        reached = Some(row.get(0)?);
        // The doctor names the log of one that cannot be read; everything behind it goes on.
        let unreadable = |error: &_| tracing::error!(%error, "a stored entry cannot be read");
        let Ok(stored) = stored_entry(row).inspect_err(unreadable) else {
            continue;
        };
        stored
            .entry
            .header
            .runs
            .iter()
            .for_each(|run| size += run.into());
        let origin = Origin {
            lix: LocationRow(row.get(5)?),
            dix: DeviceIndex(row.get(6)?),
        };
        entries.push((origin, stored));
    }
    Ok((entries, reached))
}

/// One entry by its place in the order of commits.
pub fn at(conn: &Connection, hub_seq: u64) -> Result<StoredEntry, StoreError> {
    let sql = "SELECT hub_seq, header, bodies, void, tip FROM entries WHERE hub_seq = ?";
    rows::one(conn, sql, [hub_seq], stored_entry)?.ok_or(StoreError::Damaged("entries"))
}

/// Returns the content of a document, in the order of commits: the entries up to `hub_seq` that
/// write in it and count. One that cannot be read is left out; the doctor names its log.
pub fn filling(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
    hub_seq: u64,
) -> Result<Vec<(Origin, StoredEntry)>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT hub_seq, header, dix FROM logs CROSS JOIN entries USING (log)
         WHERE lix = ?1 AND hub_seq <= ?3 AND void IS NULL
           AND EXISTS (SELECT 1 FROM actors WHERE actors.log = logs.log AND actors.doc = ?2)
         ORDER BY hub_seq",
    )?;
    let mut rows = query.query(params![lix.0, doc.as_bytes(), hub_seq])?;
    let mut filling = Vec::new();
    while let Some(row) = rows.next()? {
        let header = Header::decode(row.get_ref(1)?.as_blob()?);
        if !header.is_ok_and(|header| header.runs.iter().any(|run| run.doc == *doc)) {
            continue;
        }
        let stored = at(conn, row.get(0)?)
            .inspect_err(|error| tracing::error!(%error, "a stored entry cannot be read"));
        let Ok(stored) = stored else {
            continue;
        };
        // One that was dropped since the rows were read.
        if stored.void.is_none() {
            let dix = DeviceIndex(row.get(2)?);
            filling.push((Origin { lix, dix }, stored));
        }
    }
    Ok(filling)
}

/// The place of an entry in the order of commits, if it is there.
pub fn hub_seq(
    conn: &Connection,
    lix: LocationRow,
    dix: DeviceIndex,
    dseq: u64,
) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT hub_seq FROM logs JOIN entries USING (log)
               WHERE lix = ? AND dix = ? AND entries.dseq = ?";
    let place = params![lix.0, dix.0, dseq];
    rows::one(conn, sql, place, |row| Ok(row.get(0)?))
}

/// The last entry committed; 0 where there is none.
pub fn last_hub_seq(conn: &Connection) -> Result<u64, StoreError> {
    Ok(conn
        .prepare_cached("SELECT coalesce(max(hub_seq), 0) FROM entries")?
        .query_row([], |row| row.get(0))?)
}

/// Reads the columns `hub_seq, header, bodies, void, tip`.
pub(crate) fn stored_entry(row: &Row<'_>) -> Result<StoredEntry, StoreError> {
    let bodies =
        decode_bodies(row.get_ref(2)?.as_blob()?).ok_or(StoreError::Damaged("entries.bodies"))?;
    let entry = Entry::from_stored(row.get_ref(1)?.as_blob()?, bodies)
        .map_err(|_| StoreError::Damaged("entries.header"))?;
    let tip = match row.get_ref(4)?.as_blob_or_null()? {
        None => None,
        Some(bytes) => {
            Some(Signature::from_slice(bytes).ok_or(StoreError::Damaged("entries.tip"))?)
        }
    };
    Ok(StoredEntry {
        hub_seq: row.get(0)?,
        entry,
        void: row.get::<_, Option<u8>>(3)?.map(VoidCode::from_number),
        tip,
    })
}

/// Each body as its codec's number, its length in four bytes, and its bytes.
fn encode_bodies(bodies: &[Body], out: &mut Vec<u8>) {
    out.clear();
    for body in bodies {
        out.push(body.codec.number());
        let len = u32::try_from(body.bytes.len()).expect("the gate holds bodies below 1 MiB");
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(&body.bytes);
    }
}

fn decode_bodies(mut bytes: &[u8]) -> Option<Vec<Body>> {
    let mut bodies = Vec::new();
    while let Some((&codec, rest)) = bytes.split_first() {
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let (body, rest) = rest.split_at_checked(u32::from_be_bytes(*len) as usize)?;
        bodies.push(Body {
            codec: Codec::from_number(codec)?,
            bytes: body.to_vec(),
        });
        bytes = rest;
    }
    Some(bodies)
}
