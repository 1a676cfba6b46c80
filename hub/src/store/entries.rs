//! The log: entries appended in the order of commits, found again by their place in their log.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use weft_shared::{
    id::{Dix, DocId, EntryHash, Signature},
    identity::Role,
    log::{
        codec::Codec,
        entry::{Body, Entry, Header, Tip},
        gate::{Admission, Height, LogState, VoidCode},
        size::DocumentSize,
    },
    sync::{Cut, Outgoing},
    time::Timestamp,
    wire::limits::ACK_VOIDS_MAX,
};

use super::{Lix, Log, StoreError, blobs, documents, shares};

/// An entry as stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredEntry {
    pub(crate) hub_seq: u64,
    pub(crate) entry: Entry,
    pub(crate) void: Option<VoidCode>,
    pub(crate) tip: Option<Signature>,
}

/// What became of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// Stored; the log is this high now.
    To(Height),
    /// The log is not where the entries continue from: another session appended meanwhile, or the
    /// log was sealed.
    Moved,
}

/// The log of a device, made at its first use.
pub(crate) fn log(conn: &Connection, lix: Lix, dix: Dix) -> Result<Log, StoreError> {
    if let Some(log) = find(conn, lix, dix)? {
        return Ok(log);
    }
    conn.prepare_cached(
        "INSERT INTO logs (lix, dix, dseq, hash, stored_ms) VALUES (?, ?, 0, ?, 0)",
    )?
    .execute(params![lix.0, dix.0, EntryHash::ZERO.as_bytes()])?;
    Ok(Log(conn.last_insert_rowid()))
}

pub(crate) fn find(conn: &Connection, lix: Lix, dix: Dix) -> Result<Option<Log>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT log FROM logs WHERE lix = ? AND dix = ?")?
        .query_row(params![lix.0, dix.0], |row| row.get(0).map(Log))
        .optional()?)
}

pub(crate) fn height(conn: &Connection, log: Log) -> Result<Height, StoreError> {
    let mut query = conn.prepare_cached("SELECT dseq, hash FROM logs WHERE log = ?")?;
    let mut rows = query.query([log.0])?;
    let row = rows.next()?.ok_or(StoreError::Damaged("logs"))?;
    Ok(Height {
        dseq: row.get(0)?,
        hash: entry_hash(row, 1)?,
    })
}

/// A device's log, its height, and whether it is sealed; an empty log where it has none yet.
fn place(conn: &Connection, lix: Lix, dix: Dix) -> Result<(Log, Height, bool), StoreError> {
    let mut query =
        conn.prepare_cached("SELECT log, dseq, hash, sealed FROM logs WHERE lix = ? AND dix = ?")?;
    let mut rows = query.query(params![lix.0, dix.0])?;
    let Some(row) = rows.next()? else {
        return Ok((log(conn, lix, dix)?, Height::ZERO, false));
    };
    let height = Height {
        dseq: row.get(1)?,
        hash: entry_hash(row, 2)?,
    };
    Ok((Log(row.get(0)?), height, row.get(3)?))
}

/// Marks a log as one that never grows again.
pub(crate) fn seal(conn: &Connection, log: Log) -> Result<(), StoreError> {
    conn.execute("UPDATE logs SET sealed = 1 WHERE log = ?", [log.0])?;
    Ok(())
}

/// One log of a location.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogRow {
    pub(crate) dix: Dix,
    pub(crate) height: Height,
    pub(crate) stored: Timestamp,
}

/// The logs of a location that hold anything.
pub(crate) fn logs(conn: &Connection, lix: Lix) -> Result<Vec<LogRow>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT dix, dseq, hash, stored_ms FROM logs WHERE lix = ? AND dseq > 0 ORDER BY dix",
    )?;
    let mut rows = query.query([lix.0])?;
    let mut logs = Vec::new();
    while let Some(row) = rows.next()? {
        logs.push(LogRow {
            dix: Dix(row.get(0)?),
            height: Height {
                dseq: row.get(1)?,
                hash: entry_hash(row, 2)?,
            },
            stored: Timestamp::from_ms(row.get(3)?),
        });
    }
    Ok(logs)
}

/// What the gate must know of a log.
pub(crate) fn log_state(
    conn: &Connection,
    lix: Lix,
    dix: Dix,
    role: Role,
) -> Result<LogState, StoreError> {
    let mut state = LogState::default();
    if let Some(log) = find(conn, lix, dix)? {
        state.height = height(conn, log)?;
        state.blobs_ahead = blobs::ahead(conn, log, state.height.dseq)?;
        let mut query = conn.prepare_cached("SELECT doc, n, seq FROM actors WHERE log = ?")?;
        let mut rows = query.query([log.0])?;
        while let Some(row) = rows.next()? {
            state
                .seqs
                .insert((doc_id(row, 0)?, row.get(1)?), row.get(2)?);
        }
    }
    state.documents = documents::sizes(conn, lix)?;
    state.room = Some(shares::room(conn, lix, dix, role)?);
    Ok(state)
}

/// The first entries of a log above `above` that were stored without their bodies, and why.
pub(crate) fn voids(
    conn: &Connection,
    lix: Lix,
    dix: Dix,
    above: u64,
) -> Result<Vec<(u64, VoidCode)>, StoreError> {
    let Some(log) = find(conn, lix, dix)? else {
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

/// Appends what the gate admitted: all of it, if the log is where it continues from.
pub(crate) fn append(
    conn: &Connection,
    lix: Lix,
    dix: Dix,
    admission: &Admission,
    now: Timestamp,
) -> Result<Appended, StoreError> {
    let (log, held, sealed) = place(conn, lix, dix)?;
    let first = admission.entries.first().map(|a| &a.entry.header);
    let follows = first.is_some_and(|h| h.dseq == held.dseq + 1 && h.prev == held.hash);
    if sealed || !follows {
        return Ok(Appended::Moved);
    }
    let height = admission.height();
    let mut insert = conn.prepare_cached(
        "INSERT INTO entries (log, dseq, received_ms, void, tip, header, bodies)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut seqs = BTreeMap::new();
    let mut grown: BTreeMap<DocId, DocumentSize> = BTreeMap::new();
    let mut body_bytes = 0;
    let mut bodies = Vec::new();
    for admitted in &admission.entries {
        let Entry { header, .. } = &admitted.entry;
        let tip = (header.dseq == height.dseq).then(|| admission.tip.signature.as_bytes());
        encode_bodies(&admitted.entry.bodies, &mut bodies);
        let header_encoded = header.encode();
        body_bytes += header_encoded.len() + bodies.len();
        insert.execute(params![
            log.0,
            header.dseq,
            now.ms(),
            admitted.void.map(VoidCode::number),
            tip,
            header_encoded,
            bodies
        ])?;
        for (run, seq) in header.runs.iter().zip(&admitted.seqs) {
            seqs.insert((run.doc, run.n), *seq);
            *grown.entry(run.doc).or_default() += run.into();
            if let Some(name) = &run.name {
                documents::introduce(conn, (lix, log), &run.doc, name)?;
            }
        }
    }
    let mut actor = conn.prepare_cached(
        "INSERT INTO actors (log, doc, n, seq) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (log, doc, n) DO UPDATE SET seq = ?4",
    )?;
    for ((doc, n), seq) in seqs {
        actor.execute(params![log.0, doc.as_bytes(), n, seq])?;
    }
    documents::grow(conn, lix, &grown)?;
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

/// Entries from `from_dseq` on, and a stored tip over the last of them.
///
/// They are cut at the last tip within about `bytes_aim`, or at the first one beyond where one
/// batch is longer than that: a relay has no tips but those that it received.
pub(crate) fn outgoing(
    conn: &Connection,
    lix: Lix,
    dix: Dix,
    from_dseq: u64,
    bytes_aim: usize,
) -> Result<Outgoing, StoreError> {
    let mut outgoing = Outgoing {
        entries: Vec::new(),
        voids: Vec::new(),
        tip: None,
        blobs: Vec::new(),
    };
    let Some(log) = find(conn, lix, dix)? else {
        return Ok(outgoing);
    };
    let mut query = conn.prepare_cached(
        "SELECT hub_seq, header, bodies, void, tip FROM entries
         WHERE log = ? AND dseq >= ? ORDER BY dseq",
    )?;
    let mut rows = query.query(params![log.0, from_dseq])?;
    let blob_sizes = blobs::sizes(conn, log, from_dseq)?;
    let mut aim = Cut::new(bytes_aim);
    let mut cut = 0;
    while let Some(row) = rows.next()? {
        let StoredEntry {
            entry, void, tip, ..
        } = stored_entry(row)?;
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
        if let Some(signature) = tip {
            cut = outgoing.entries.len();
            outgoing.tip = Some(Tip {
                dseq,
                hash,
                signature,
            });
        }
    }
    outgoing.entries.truncate(cut);
    let end = outgoing.tip.as_ref().map_or(0, |tip| tip.dseq);
    outgoing.voids.retain(|(dseq, _)| *dseq <= end);
    outgoing.blobs = blobs::of_entries(conn, log, from_dseq, end)?;
    Ok(outgoing)
}

/// Where an entry belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) lix: Lix,
    pub(crate) dix: Dix,
}

/// Entries, and how far they reach: past those that cannot be read too.
pub(crate) type Bite = (Vec<(Origin, StoredEntry)>, Option<u64>);

/// Entries after `hub_seq` in the order of their commits, within the limits.
pub(crate) fn after(
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
            lix: Lix(row.get(5)?),
            dix: Dix(row.get(6)?),
        };
        entries.push((origin, stored));
    }
    Ok((entries, reached))
}

/// One entry by its place in the order of commits.
pub(crate) fn at(conn: &Connection, hub_seq: u64) -> Result<StoredEntry, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT hub_seq, header, bodies, void, tip FROM entries WHERE hub_seq = ?",
    )?;
    let mut rows = query.query([hub_seq])?;
    let row = rows.next()?.ok_or(StoreError::Damaged("entries"))?;
    stored_entry(row)
}

/// The last entry committed; 0 where there is none.
pub(crate) fn last_hub_seq(conn: &Connection) -> Result<u64, StoreError> {
    Ok(conn
        .prepare_cached("SELECT coalesce(max(hub_seq), 0) FROM entries")?
        .query_row([], |row| row.get(0))?)
}

pub(super) fn stored_entry(row: &Row<'_>) -> Result<StoredEntry, StoreError> {
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

fn entry_hash(row: &Row<'_>, column: usize) -> Result<EntryHash, StoreError> {
    EntryHash::from_slice(row.get_ref(column)?.as_blob()?).ok_or(StoreError::Damaged("logs.hash"))
}

fn doc_id(row: &Row<'_>, column: usize) -> Result<DocId, StoreError> {
    DocId::from_slice(row.get_ref(column)?.as_blob()?).ok_or(StoreError::Damaged("a document's id"))
}

/// All entries of a location, log by log; for the hub's own, which are few.
pub(crate) fn of_location(conn: &Connection, lix: Lix) -> Result<Vec<Entry>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT hub_seq, header, bodies, void, tip FROM logs JOIN entries USING (log)
         WHERE lix = ? ORDER BY dix, entries.dseq",
    )?;
    let mut rows = query.query([lix.0])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let stored = stored_entry(row)?;
        if stored.void.is_none() {
            entries.push(stored.entry);
        }
    }
    Ok(entries)
}

/// The entries in which an actor wrote, each with the seq of its last change there.
pub(crate) fn chain(
    conn: &Connection,
    log: Log,
    doc: &DocId,
    n: u8,
) -> Result<Vec<(u64, u64)>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT dseq, header FROM entries WHERE log = ? AND void IS NULL ORDER BY dseq",
    )?;
    let mut rows = query.query([log.0])?;
    let mut chain = Vec::new();
    let mut seq = 0;
    while let Some(row) = rows.next()? {
        let header = Header::decode(row.get_ref(1)?.as_blob()?)
            .map_err(|_| StoreError::Damaged("entries.header"))?;
        for run in header
            .runs
            .iter()
            .filter(|run| run.doc == *doc && run.n == n)
        {
            seq += u64::from(run.n_changes);
            chain.push((seq, header.dseq));
        }
    }
    Ok(chain)
}

/// Logs that are not whole: each with what is wrong.
pub(crate) fn broken_chains(conn: &Connection) -> Result<Vec<String>, StoreError> {
    let mut logs = conn.prepare_cached("SELECT log, dseq, hash FROM logs ORDER BY log")?;
    let mut logs = logs.query([])?;
    let mut broken = Vec::new();
    while let Some(row) = logs.next()? {
        let log = Log(row.get(0)?);
        let told = Height {
            dseq: row.get(1)?,
            hash: entry_hash(row, 2)?,
        };
        let mut height = Height::ZERO;
        let mut entries = conn.prepare_cached(
            "SELECT hub_seq, header, bodies, void, tip FROM entries WHERE log = ? ORDER BY dseq",
        )?;
        let mut entries = entries.query([log.0])?;
        let mut whole = true;
        while let Some(row) = entries.next()? {
            let Ok(StoredEntry { entry, void, .. }) = stored_entry(row) else {
                whole = false;
                continue;
            };
            whole &= entry.header.dseq == height.dseq + 1 && entry.header.prev == height.hash;
            whole &= void.is_some() || entry.changes().is_ok();
            height = Height {
                dseq: entry.header.dseq,
                hash: entry.hash,
            };
        }
        if !whole || height != told {
            broken.push(format!("log {} breaks at entry {}", log.0, height.dseq));
        }
    }
    Ok(broken)
}
