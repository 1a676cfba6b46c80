//! Documents as saved, each with how far up each log it reaches.

use std::collections::BTreeMap;

use rusqlite::Connection;
use weft_shared::id::{DeviceIndex, DocId};
use weft_store::documents;

use super::{Owner, StoreError};

/// A document's snapshot and how far up each log it reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) bytes: Vec<u8>,
    /// The last entry of each log that is in it; for a local document, log 0 counts the journal.
    pub(crate) folded: BTreeMap<DeviceIndex, u64>,
}

/// The snapshot of a document, if one was taken.
pub(crate) fn find(
    store: &Connection,
    owner: Owner,
    id: &DocId,
) -> Result<Option<Snapshot>, StoreError> {
    let found = documents::snapshot(store, owner.lix(), id)?;
    // A snapshot whose heights cannot be read is none: the log has all of it.
    Ok(found.and_then(|(bytes, folded)| {
        let folded = decode_folded(&folded?)?;
        Some(Snapshot { bytes, folded })
    }))
}

/// Replaces a document's snapshot.
pub(crate) fn put(
    store: &Connection,
    owner: Owner,
    id: &DocId,
    snapshot: &Snapshot,
) -> Result<(), StoreError> {
    let folded = encode_folded(&snapshot.folded);
    documents::put_snapshot(store, owner.lix(), id, &snapshot.bytes, Some(&folded))
}

fn encode_folded(folded: &BTreeMap<DeviceIndex, u64>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(folded.len() * 10);
    for (dix, dseq) in folded {
        bytes.extend_from_slice(&dix.0.to_be_bytes());
        bytes.extend_from_slice(&dseq.to_be_bytes());
    }
    bytes
}

fn decode_folded(bytes: &[u8]) -> Option<BTreeMap<DeviceIndex, u64>> {
    let (pairs, rest) = bytes.as_chunks::<10>();
    rest.is_empty().then(|| {
        let read = |pair: &[u8; 10]| {
            let dix = u16::from_be_bytes([pair[0], pair[1]]);
            let mut dseq = [0; 8];
            dseq.copy_from_slice(&pair[2..]);
            (DeviceIndex(dix), u64::from_be_bytes(dseq))
        };
        pairs.iter().map(read).collect()
    })
}
