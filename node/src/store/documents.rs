//! Names of documents, and the snapshots that save replaying the log from its start.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Result};
use weft_shared::id::{Dix, DocId, DocName};

use super::{Owner, bytes};

/// A document's snapshot and how far up each log it reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) bytes: Vec<u8>,
    /// The last entry of each log that is in it; for a local document, log 0 counts the journal.
    pub(crate) folded: BTreeMap<Dix, u64>,
}

/// Makes a document known by its name.
pub(crate) fn introduce(
    store: &Connection,
    owner: Owner,
    id: &DocId,
    name: &DocName,
) -> Result<()> {
    store
        .prepare_cached(
            "INSERT INTO document (owner, id, name, epoch) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute((owner, id.as_bytes(), &name.name, name.epoch))?;
    Ok(())
}

/// Every document that is known, by name.
pub(crate) fn all(store: &Connection, owner: Owner) -> Result<Vec<(DocId, DocName)>> {
    store
        .prepare_cached(
            "SELECT id, name, epoch FROM document WHERE owner = ?1 ORDER BY name, epoch",
        )?
        .query_map([owner], |row| {
            let name = DocName {
                name: row.get(1)?,
                epoch: row.get(2)?,
            };
            Ok((DocId::new(bytes(row, 0)?), name))
        })?
        .collect()
}

/// The snapshot of a document, where one was taken.
pub(crate) fn snapshot(store: &Connection, owner: Owner, id: &DocId) -> Result<Option<Snapshot>> {
    type Columns = (Option<Vec<u8>>, Option<Vec<u8>>);
    let row: Option<Columns> = store
        .prepare_cached("SELECT snapshot, folded FROM document WHERE owner = ?1 AND id = ?2")?
        .query_row((owner, id.as_bytes()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    // A snapshot whose heights cannot be read is none: the log has all of it.
    let row = row.and_then(|(bytes, folded)| bytes.zip(folded));
    Ok(row.and_then(|(bytes, folded)| {
        let folded = decode_folded(&folded)?;
        Some(Snapshot { bytes, folded })
    }))
}

/// Replaces a document's snapshot.
pub(crate) fn put_snapshot(
    store: &Connection,
    owner: Owner,
    id: &DocId,
    snapshot: &Snapshot,
) -> Result<()> {
    store
        .prepare_cached(
            "UPDATE document SET snapshot = ?3, folded = ?4 WHERE owner = ?1 AND id = ?2",
        )?
        .execute((
            owner,
            id.as_bytes(),
            &snapshot.bytes,
            encode_folded(&snapshot.folded),
        ))?;
    Ok(())
}

/// Forgets the snapshot of one document, so that it is replayed from the log.
pub(crate) fn drop_snapshot(store: &Connection, owner: Owner, id: &DocId) -> Result<()> {
    store.execute(
        "UPDATE document SET snapshot = NULL, folded = NULL WHERE owner = ?1 AND id = ?2",
        (owner, id.as_bytes()),
    )?;
    Ok(())
}

fn encode_folded(folded: &BTreeMap<Dix, u64>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(folded.len() * 10);
    for (dix, dseq) in folded {
        bytes.extend_from_slice(&dix.0.to_be_bytes());
        bytes.extend_from_slice(&dseq.to_be_bytes());
    }
    bytes
}

fn decode_folded(bytes: &[u8]) -> Option<BTreeMap<Dix, u64>> {
    let (pairs, rest) = bytes.as_chunks::<10>();
    rest.is_empty().then(|| {
        let read = |pair: &[u8; 10]| {
            let dix = u16::from_be_bytes([pair[0], pair[1]]);
            let mut dseq = [0; 8];
            dseq.copy_from_slice(&pair[2..]);
            (Dix(dix), u64::from_be_bytes(dseq))
        };
        pairs.iter().map(read).collect()
    })
}
