//! The logs: signed entries, their tips, and how high each log stands.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, Result, Row};
use weft_shared::{
    id::{Dix, DocId, EntryHash, Signature},
    log::{
        codec::Codec,
        entry::{Body, Entry, Header},
        gate::{Height, LogState},
        size::DocumentSize,
    },
    time::Timestamp,
};

use super::{Owner, bytes, damaged, documents};

/// How one log stands on this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogRow {
    pub(crate) height: Height,
    /// The highest entry that may have left this device; of our own log only.
    pub(crate) offered: u64,
    /// The highest entry that the hub has on disk.
    pub(crate) acknowledged: u64,
    /// The highest entry that was read into its documents.
    pub(crate) derived: u64,
}

impl LogRow {
    pub(crate) const EMPTY: Self = Self {
        height: Height::ZERO,
        offered: 0,
        acknowledged: 0,
        derived: 0,
    };
}

impl Default for LogRow {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// An entry as stored, with what this node knows beside it.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) entry: Entry,
    /// Why its bodies count for nothing, as a code of the protocol.
    pub(crate) void: Option<u8>,
}

impl Stored {
    /// The entry as others are given it: bodies that count for nothing stay here.
    pub(crate) fn into_sent(self) -> Entry {
        let mut entry = self.entry;
        if self.void.is_some() {
            entry.bodies.clear();
        }
        entry
    }
}

/// How the log `dix` stands; an unknown one stands at zero.
pub(crate) fn log(store: &Connection, owner: Owner, dix: Dix) -> Result<LogRow> {
    let row = store
        .prepare_cached(
            "SELECT dix, dseq, hash, offered, acknowledged, derived FROM log
             WHERE owner = ?1 AND dix = ?2",
        )?
        .query_row((owner, dix.0), read_log)
        .optional()?;
    Ok(row.map_or(LogRow::EMPTY, |(_, row)| row))
}

/// Every log of `owner` that has an entry.
pub(crate) fn logs(store: &Connection, owner: Owner) -> Result<Vec<(Dix, LogRow)>> {
    store
        .prepare_cached(
            "SELECT dix, dseq, hash, offered, acknowledged, derived FROM log
             WHERE owner = ?1 ORDER BY dix",
        )?
        .query_map([owner], read_log)?
        .collect()
}

fn read_log(row: &Row<'_>) -> Result<(Dix, LogRow)> {
    let row_of = LogRow {
        height: Height {
            dseq: row.get::<_, i64>(1)?.cast_unsigned(),
            hash: EntryHash::new(bytes(row, 2)?),
        },
        offered: row.get::<_, i64>(3)?.cast_unsigned(),
        acknowledged: row.get::<_, i64>(4)?.cast_unsigned(),
        derived: row.get::<_, i64>(5)?.cast_unsigned(),
    };
    Ok((Dix(row.get(0)?), row_of))
}

/// What the gate has to know of a log before it judges the next entry.
pub(crate) fn log_state(store: &Connection, owner: Owner, dix: Dix) -> Result<LogState> {
    let seqs: BTreeMap<(DocId, u8), u64> = store
        .prepare_cached("SELECT document, n, seq FROM actor WHERE owner = ?1 AND dix = ?2")?
        .query_map((owner, dix.0), |row| {
            let seq = row.get::<_, i64>(2)?.cast_unsigned();
            Ok(((DocId::new(bytes(row, 0)?), row.get(1)?), seq))
        })?
        .collect::<Result<_>>()?;
    let documents = documents::all(store, owner)?.into_iter();
    let documents = documents
        .map(|(id, _)| (id, DocumentSize::default()))
        .collect();
    Ok(LogState {
        height: log(store, owner, dix)?.height,
        seqs,
        documents,
        room: None,
        dropped: BTreeSet::new(),
        blobs_ahead: BTreeMap::new(),
    })
}

/// Appends entries to their log: the height, the actors' sequence numbers and the names of their
/// documents move with them. The caller has checked that they follow the log's last entry.
pub(crate) fn append<'a>(
    store: &Connection,
    owner: Owner,
    dix: Dix,
    entries: impl IntoIterator<Item = (&'a Entry, Option<u8>)>,
    now: Timestamp,
) -> Result<()> {
    let mut insert = store.prepare_cached(
        "INSERT INTO entry (owner, dix, dseq, hash, created, stored, void, header, bodies)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let mut last = None;
    let mut sound = Vec::new();
    for (entry, void) in entries {
        let header = &entry.header;
        let bodies = if void.is_some() {
            Vec::new()
        } else {
            encode_bodies(&entry.bodies)
        };
        insert.execute((
            owner,
            dix.0,
            header.dseq.cast_signed(),
            entry.hash.as_bytes(),
            header.created.ms(),
            now.ms(),
            void,
            header.encode(),
            bodies,
        ))?;
        last = Some((header.dseq, entry.hash));
        if void.is_none() {
            sound.push(header);
        }
    }
    let Some((dseq, hash)) = last else {
        return Ok(());
    };
    store
        .prepare_cached(
            "INSERT INTO log (owner, dix, dseq, hash) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET dseq = excluded.dseq, hash = excluded.hash",
        )?
        .execute((owner, dix.0, dseq.cast_signed(), hash.as_bytes()))?;
    index(store, owner, dix, sound)
}

/// Writes what is derived from the headers of entries alone.
pub(crate) fn index<'a>(
    store: &Connection,
    owner: Owner,
    dix: Dix,
    headers: impl IntoIterator<Item = &'a Header>,
) -> Result<()> {
    let mut run = store.prepare_cached(
        "INSERT INTO run (owner, document, dix, dseq, number) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
    )?;
    let mut advances: BTreeMap<(DocId, u8), i64> = BTreeMap::new();
    for header in headers {
        for (number, one) in (0_i64..).zip(&header.runs) {
            if let Some(name) = &one.name {
                documents::introduce(store, owner, &one.doc, name)?;
            }
            let dseq = header.dseq.cast_signed();
            run.execute((owner, one.doc.as_bytes(), dix.0, dseq, number))?;
            *advances.entry((one.doc, one.n)).or_default() += i64::from(one.n_changes);
        }
    }
    let mut actor = store.prepare_cached(
        "INSERT INTO actor (owner, dix, document, n, seq) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET seq = seq + excluded.seq",
    )?;
    for ((document, n), changes) in advances {
        actor.execute((owner, dix.0, document.as_bytes(), n, changes))?;
    }
    Ok(())
}

/// Keeps a tip; every entry that another device may be given lies at or below one.
pub(crate) fn put_tip(
    store: &Connection,
    owner: Owner,
    dix: Dix,
    dseq: u64,
    signature: &Signature,
) -> Result<()> {
    store
        .prepare_cached(
            "INSERT INTO tip (owner, dix, dseq, signature) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute((owner, dix.0, dseq.cast_signed(), signature.as_bytes()))?;
    Ok(())
}

/// The lowest tip at or above `dseq`.
pub(crate) fn tip_from(
    store: &Connection,
    owner: Owner,
    dix: Dix,
    dseq: u64,
) -> Result<Option<(u64, Signature)>> {
    store
        .prepare_cached(
            "SELECT dseq, signature FROM tip WHERE owner = ?1 AND dix = ?2 AND dseq >= ?3
             ORDER BY dseq LIMIT 1",
        )?
        .query_row((owner, dix.0, dseq.cast_signed()), read_tip)
        .optional()
}

/// The highest tip of a log.
pub(crate) fn last_tip(
    store: &Connection,
    owner: Owner,
    dix: Dix,
) -> Result<Option<(u64, Signature)>> {
    store
        .prepare_cached(
            "SELECT dseq, signature FROM tip WHERE owner = ?1 AND dix = ?2
             ORDER BY dseq DESC LIMIT 1",
        )?
        .query_row((owner, dix.0), read_tip)
        .optional()
}

/// Entries `from..=to` of a log, as many as fit into `bytes_max` but at least one.
pub(crate) fn range(
    store: &Connection,
    owner: Owner,
    dix: Dix,
    from: u64,
    to: u64,
    bytes_max: usize,
) -> Result<Vec<Stored>> {
    let mut query = store.prepare_cached(
        "SELECT hash, void, header, bodies FROM entry
         WHERE owner = ?1 AND dix = ?2 AND dseq BETWEEN ?3 AND ?4 ORDER BY dseq",
    )?;
    let mut rows = query.query((owner, dix.0, from.cast_signed(), to.cast_signed()))?;
    let (mut entries, mut size) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        size += row.get_ref(2)?.as_blob()?.len() + row.get_ref(3)?.as_blob()?.len();
        if size > bytes_max && !entries.is_empty() {
            break;
        }
        entries.push(read_entry(row)?);
    }
    Ok(entries)
}

/// One entry.
pub(crate) fn one(store: &Connection, owner: Owner, dix: Dix, dseq: u64) -> Result<Option<Stored>> {
    Ok(range(store, owner, dix, dseq, dseq, 0)?.pop())
}

/// The places of a document's runs above what `folded` holds, in the order of their logs.
pub(crate) fn runs_above(
    store: &Connection,
    owner: Owner,
    document: &DocId,
    folded: &BTreeMap<Dix, u64>,
) -> Result<Vec<(Dix, u64, u32)>> {
    let mut query = store.prepare_cached(
        "SELECT dix, dseq, number FROM run WHERE owner = ?1 AND document = ?2
         ORDER BY dix, dseq, number",
    )?;
    let rows = query.query_map((owner, document.as_bytes()), |row| {
        Ok((
            Dix(row.get(0)?),
            row.get::<_, i64>(1)?.cast_unsigned(),
            row.get(2)?,
        ))
    })?;
    rows.filter(|row| {
        row.as_ref().map_or(true, |(dix, dseq, _)| {
            folded.get(dix).is_none_or(|reached| dseq > reached)
        })
    })
    .collect()
}

/// When the last entry of one of our logs was made.
pub(crate) fn last_created(store: &Connection, dix: Dix) -> Result<Option<Timestamp>> {
    let ms: Option<i64> = store
        .prepare_cached(
            "SELECT created FROM entry WHERE owner = 1 AND dix = ?1 ORDER BY dseq DESC LIMIT 1",
        )?
        .query_row([dix.0], |row| row.get(0))
        .optional()?;
    Ok(ms.map(Timestamp::from_ms))
}

/// Commits that entries up to `dseq` may have left this device, before they do.
pub(crate) fn offer(store: &Connection, dix: Dix, dseq: u64) -> Result<()> {
    store
        .prepare_cached("UPDATE log SET offered = max(offered, ?2) WHERE owner = 1 AND dix = ?1")?
        .execute((dix.0, dseq.cast_signed()))?;
    Ok(())
}

/// Takes the entries of our own log above `to` out; nobody was offered any of them.
pub(crate) fn cut_above(store: &Connection, dix: Dix, to: &Height) -> Result<()> {
    let dseq = to.dseq.cast_signed();
    for table in ["entry", "run", "tip"] {
        let sql = format!("DELETE FROM {table} WHERE owner = 1 AND dix = ?1 AND dseq > ?2");
        store.execute(&sql, (dix.0, dseq))?;
    }
    store.execute(
        "DELETE FROM touch WHERE dix = ?1 AND dseq > ?2",
        (dix.0, dseq),
    )?;
    store.execute("DELETE FROM outbox WHERE dseq > ?1", [dseq])?;
    let gone = "DELETE FROM lost WHERE dseq > ?1 AND kept IS NULL";
    store.execute(gone, [dseq])?;
    // Words that are still wanted are put beside their new entry.
    store.execute(
        "UPDATE blob SET dseq = 0 WHERE owner = 1 AND dix = ?1 AND dseq > ?2",
        (dix.0, dseq),
    )?;
    store.execute(
        "UPDATE log SET dseq = ?2, hash = ?3, derived = min(derived, ?2)
         WHERE owner = 1 AND dix = ?1",
        (dix.0, dseq, to.hash.as_bytes()),
    )?;
    Ok(())
}

/// An actor of ours has not made its last `changes` changes to a document after all.
pub(crate) fn take_back(
    store: &Connection,
    dix: Dix,
    document: &DocId,
    n: u8,
    changes: u32,
) -> Result<()> {
    let actor = (dix.0, document.as_bytes(), n, changes);
    store.execute(
        "UPDATE actor SET seq = seq - ?4
         WHERE owner = 1 AND dix = ?1 AND document = ?2 AND n = ?3",
        actor,
    )?;
    store.execute("DELETE FROM actor WHERE seq <= 0", ())?;
    Ok(())
}

/// The hub has entries up to `dseq` of our log on disk.
pub(crate) fn acknowledge(store: &Connection, dix: Dix, dseq: u64) -> Result<()> {
    store
        .prepare_cached(
            "UPDATE log SET acknowledged = max(acknowledged, ?2) WHERE owner = 1 AND dix = ?1",
        )?
        .execute((dix.0, dseq.cast_signed()))?;
    Ok(())
}

/// Entries up to `dseq` were read into their documents.
pub(crate) fn set_derived(store: &Connection, owner: Owner, dix: Dix, dseq: u64) -> Result<()> {
    store
        .prepare_cached("UPDATE log SET derived = max(derived, ?3) WHERE owner = ?1 AND dix = ?2")?
        .execute((owner, dix.0, dseq.cast_signed()))?;
    Ok(())
}

/// The hub took the header of an entry and left its bodies out.
pub(crate) fn set_void(store: &Connection, dix: Dix, dseq: u64, code: u8) -> Result<()> {
    store.execute(
        "UPDATE entry SET void = ?3 WHERE owner = 1 AND dix = ?1 AND dseq = ?2",
        (dix.0, dseq.cast_signed(), code),
    )?;
    Ok(())
}

/// The entries of a log of ours from `first` on that are not void.
pub(crate) fn whole_from(store: &Connection, dix: Dix, first: u64) -> Result<Vec<u64>> {
    store
        .prepare_cached(
            "SELECT dseq FROM entry WHERE owner = 1 AND dix = ?1 AND dseq >= ?2 AND void IS NULL
             ORDER BY dseq",
        )?
        .query_map((dix.0, first.cast_signed()), |row| {
            row.get(0).map(i64::cast_unsigned)
        })?
        .collect()
}

/// Leaves nothing but the headers of the entries of a log from `first` on.
pub(crate) fn drop_bodies(store: &Connection, dix: Dix, first: u64) -> Result<()> {
    store.execute(
        "UPDATE entry SET bodies = x'' WHERE owner = 1 AND dix = ?1 AND dseq >= ?2",
        (dix.0, first.cast_signed()),
    )?;
    Ok(())
}

/// A run of one of our entries counts for nothing.
pub(crate) fn drop_run(
    store: &Connection,
    dix: Dix,
    dseq: u64,
    document: &DocId,
    number: u32,
) -> Result<()> {
    store.execute(
        "DELETE FROM run WHERE owner = 1 AND document = ?1 AND dix = ?2 AND dseq = ?3
         AND number = ?4",
        (document.as_bytes(), dix.0, dseq.cast_signed(), number),
    )?;
    Ok(())
}

fn read_tip(row: &Row<'_>) -> Result<(u64, Signature)> {
    let dseq = row.get::<_, i64>(0)?.cast_unsigned();
    Ok((dseq, Signature::new(bytes(row, 1)?)))
}

fn read_entry(row: &Row<'_>) -> Result<Stored> {
    let header =
        Header::decode(row.get_ref(2)?.as_blob()?).map_err(|_| damaged("an entry's header"))?;
    let bodies =
        decode_bodies(row.get_ref(3)?.as_blob()?).ok_or_else(|| damaged("an entry's bodies"))?;
    Ok(Stored {
        entry: Entry {
            header,
            hash: EntryHash::new(bytes(row, 0)?),
            bodies,
        },
        void: row.get(1)?,
    })
}

/// Each body as codec (1 byte), length (4 bytes, big-endian), bytes.
fn encode_bodies(bodies: &[Body]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(bodies.iter().map(|body| body.bytes.len() + 5).sum());
    for body in bodies {
        let len = u32::try_from(body.bytes.len()).expect("a body is within its limit of 1 MiB");
        bytes.push(body.codec.number());
        bytes.extend_from_slice(&len.to_be_bytes());
        bytes.extend_from_slice(&body.bytes);
    }
    bytes
}

fn decode_bodies(mut bytes: &[u8]) -> Option<Vec<Body>> {
    let mut bodies = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk::<5>() {
        let [codec, len @ ..] = *head;
        let len = usize::try_from(u32::from_be_bytes(len)).ok()?;
        let (body, rest) = rest.split_at_checked(len)?;
        bodies.push(Body {
            codec: Codec::from_number(codec)?,
            bytes: body.to_vec(),
        });
        bytes = rest;
    }
    bytes.is_empty().then_some(bodies)
}
