//! The messages that transfer logs: ENTRIES and BLOB, ACK and CREDIT.

use minicbor::{Decode, Encode};

use super::Scope;
use crate::id::{BlobHash, DeviceIndex, DocId, DocName, RosterHash, Signature};

/// ENTRIES: consecutive entries of one log and one signed tip over the last.
///
/// Parts that the receiver knows are left out: location, device, each dseq and prev, the facts and
/// hashes of each run, and the entry hashes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entries {
    /// The location that the log belongs to.
    #[n(0)]
    pub scope: Scope,
    /// The log.
    #[n(1)]
    pub dix: DeviceIndex,
    /// The dseq of the first entry.
    #[n(2)]
    pub first_dseq: u64,
    /// The first eight bytes of the hash of the entry before the first; zeros before entry 1.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub prev_tag: [u8; 8],
    /// Documents that get the next numbers in this sender's table.
    #[n(4)]
    pub documents: Vec<DocId>,
    /// The entries.
    #[n(5)]
    pub entries: Vec<WireEntry>,
    /// Signature over the hash of the last entry.
    #[n(6)]
    pub tip: Signature,
}

/// One entry within ENTRIES.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WireEntry {
    /// Milliseconds since the entry before it, or since the epoch for the first.
    #[n(0)]
    pub created_delta: i64,
    /// Its runs; empty if there is `voided`.
    #[n(1)]
    pub runs: Vec<WireRun>,
    /// The heights seen, if they differ from those of the entry before.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub seen: Option<[u8; 32]>,
    /// The roster head, if it differs from that of the entry before.
    #[n(3)]
    pub roster: Option<RosterHash>,
    /// An entry whose body was refused: only its header remains.
    #[n(4)]
    pub voided: Option<Voided>,
}

/// The rest of an entry whose body was refused.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Voided {
    /// The reason; a number of `VoidCode`.
    #[n(0)]
    pub code: u8,
    /// The header as it was hashed.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub header: Vec<u8>,
}

/// One run within an entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WireRun {
    /// The document's number in the sender's table.
    #[n(0)]
    pub document: u32,
    /// The actor's number.
    #[n(1)]
    pub n: u8,
    /// The codec of the bytes.
    #[n(2)]
    pub codec: u8,
    /// The change chunks.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
    /// Number of changes.
    #[n(4)]
    pub n_changes: u32,
    /// Number of operations in them.
    #[n(5)]
    pub n_ops: u32,
    /// The document's name, in the first run of the log for it.
    #[n(6)]
    pub name: Option<DocName>,
}

/// ACK: the log is durable at the sender of this message, up to and including `dseq`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ack {
    /// The location that the log belongs to.
    #[n(0)]
    pub scope: Scope,
    /// The log.
    #[n(1)]
    pub dix: DeviceIndex,
    /// The last durable entry.
    #[n(2)]
    pub dseq: u64,
    /// Entries whose bodies were refused.
    #[n(3)]
    pub voids: Option<Vec<Void>>,
    /// The first bytes of that entry's hash, if another session stored it.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub tag: Option<[u8; 8]>,
}

/// An entry that was accepted without its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Void {
    /// The entry.
    #[n(0)]
    pub dseq: u64,
    /// The reason; a number of `VoidCode`.
    #[n(1)]
    pub code: u8,
}

/// CREDIT: body bytes granted in addition to earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Credit {
    /// The bytes.
    #[n(0)]
    pub bytes: u32,
}

/// BLOB: bytes that an entry names, sent before it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Blob {
    /// The location that the log belongs to.
    #[n(0)]
    pub scope: Scope,
    /// The log of the entry.
    #[n(1)]
    pub dix: DeviceIndex,
    /// The entry.
    #[n(2)]
    pub dseq: u64,
    /// The hash of the bytes.
    #[n(3)]
    pub hash: BlobHash,
    /// The bytes.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}
