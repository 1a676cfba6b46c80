//! Entries: one save by one device, chained by hash and vouched for by a signed tip.

mod open;
#[cfg(test)]
mod tests;

use crate::id::{
    DeviceId, DeviceIndex, DocId, DocName, EntryHash, LocationId, RosterHash, actor, sha256,
};
use crate::identity::{BadSignature, Context, DeviceKey, Signature, verify};
use crate::time::Timestamp;
use crate::wire::limits::{
    DOC_NAME_BYTES_MAX, ENTRY_CHANGES_MAX, ENTRY_OPS_MAX, ENTRY_RAW_BYTES_MAX, ENTRY_RUNS_MAX,
    ENTRY_WIRE_BYTES_MAX,
};

use super::codec::{self, Codec};
use super::scan::{self, ScanError};
use super::sealed::{self, Envelope};
use super::size::DocumentSize;
pub use open::{BadBody, Opener, ScannedRun, Span};

/// The header version that this code writes, and the only one that it reads.
pub const HEADER_VERSION: u8 = 1;

const ENTRY_LABEL: &str = "weft/entry/1";
const SEEN_LABEL: &str = "weft/seen/1";

/// The changes that an entry makes to one document, as its header names them.
#[derive(Clone, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub struct Run {
    /// The document.
    #[n(0)]
    pub doc: DocId,
    /// Its name, in the first run of this log for it and in no other.
    #[n(1)]
    pub name: Option<DocName>,
    /// The device's actor that wrote it; see [`actor`].
    #[n(2)]
    pub n: u8,
    /// Number of changes; 1 for a sealed run that only gives keys.
    #[n(3)]
    pub n_changes: u32,
    /// Number of operations in them; 0 if the run is sealed.
    #[n(4)]
    pub n_ops: u32,
    /// Length of the raw change chunks, or of the sealed body.
    #[n(5)]
    pub raw_len: u32,
    /// SHA-256 of the raw change chunks, one after the other, or of the sealed body.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub raw_hash: [u8; 32],
}

impl Run {
    /// The size that it adds to its document. A sealed run counts its changes alone: its bytes
    /// count against the room of its device and location, and the hub, which cannot open it, holds
    /// none of them in memory.
    pub fn fills(&self) -> DocumentSize {
        let size = DocumentSize::from(self);
        match self.n_ops {
            0 => DocumentSize {
                raw_bytes: 0,
                ..size
            },
            _ => size,
        }
    }
}

/// The description of an entry; its hash is the entry's hash.
#[derive(Clone, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub struct Header {
    /// [`HEADER_VERSION`].
    #[n(0)]
    pub version: u8,
    /// The location that the documents belong to.
    #[n(1)]
    pub location: LocationId,
    /// The device that made it.
    #[n(2)]
    pub device: DeviceId,
    /// Its number in the device's log: 1, 2, 3, without gaps.
    #[n(3)]
    pub dseq: u64,
    /// The hash of the entry before it; [`EntryHash::ZERO`] for the first.
    #[n(4)]
    pub prev: EntryHash,
    /// The head of the location's roster when it was made.
    #[n(5)]
    pub roster: RosterHash,
    /// Hash of the device's view of the location's other logs when it made it; see [`seen_hash`].
    #[cbor(n(6), with = "minicbor::bytes")]
    pub seen: [u8; 32],
    /// When the device claims to have made it.
    #[n(7)]
    pub created: Timestamp,
    /// Its changes, by document.
    #[n(8)]
    pub runs: Vec<Run>,
}

/// Bytes that are not a header in its one encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no entry header of version {HEADER_VERSION} in canonical CBOR")]
pub struct BadHeader;

impl Header {
    /// Canonical CBOR: arrays of definite length, the shortest form of each number.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        self.encode_into(&mut bytes);
        bytes
    }

    /// Overwrites `bytes` with the encoding, so that a loop needs one buffer.
    pub(crate) fn encode_into(&self, bytes: &mut Vec<u8>) {
        bytes.clear();
        minicbor::encode(self, bytes).expect("writing to a Vec cannot fail");
    }

    /// Parses the output of [`Header::encode`], and nothing else.
    ///
    /// # Errors
    /// If the bytes are in another encoding, of another version, or not a header.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadHeader> {
        let header = Self::decode_stored(bytes)?;
        if header.encode() != bytes {
            return Err(BadHeader);
        }
        Ok(header)
    }

    /// Parses a header that this program stored. Damage that still parses breaks the chain of
    /// hashes, so receivers and `doctor` notice it.
    fn decode_stored(bytes: &[u8]) -> Result<Self, BadHeader> {
        let mut decoder = minicbor::Decoder::new(bytes);
        let header: Self = decoder.decode().map_err(|_| BadHeader)?;
        if header.version != HEADER_VERSION || decoder.position() != bytes.len() {
            return Err(BadHeader);
        }
        Ok(header)
    }

    /// SHA-256 over `weft/entry/1` and the encoding.
    pub fn hash(&self) -> EntryHash {
        Self::hash_encoded(&self.encode())
    }

    /// The entry hash of a header that is already encoded.
    pub(crate) fn hash_encoded(header: &[u8]) -> EntryHash {
        EntryHash::new(sha256(ENTRY_LABEL, &[header]))
    }
}

/// One run's change chunks, as stored and sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    /// Their codec.
    pub codec: Codec,
    /// The packed bytes.
    pub bytes: Vec<u8>,
}

/// A header and its bodies, one a run. A voided entry has no bodies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The part that the device's signature covers.
    pub header: Header,
    /// The header's hash.
    pub hash: EntryHash,
    /// One for each run of the header, or none if they were refused.
    pub bodies: Vec<Body>,
}

/// Changes to one document, for an entry or from one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunChanges {
    /// The document.
    pub doc: DocId,
    /// Its name, if this is the first run of this log for it.
    pub name: Option<DocName>,
    /// The device's actor that made the changes.
    pub n: u8,
    /// Automerge change chunks, uncompressed (`Change::raw_bytes`), in the order of their seq.
    pub changes: Vec<Vec<u8>>,
}

/// A limit that an entry would exceed. The work is safe, but must be saved in smaller parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this save is too large to share at once: {size} {what}, at most {max} are allowed; \
     save it in smaller parts"
)]
pub struct TooLarge {
    /// The quantity that is too large.
    pub what: &'static str,
    /// The amount.
    pub size: u64,
    /// The maximum amount.
    pub max: u64,
}

impl TooLarge {
    pub(super) fn check(what: &'static str, size: usize, max: usize) -> Result<(), Self> {
        if size <= max {
            return Ok(());
        }
        Err(Self {
            what,
            size: size as u64,
            max: max as u64,
        })
    }
}

/// Changes that no gate would admit: a fault of our own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// Too much for one entry.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// An entry or a run without changes.
    #[error("an entry without changes was asked for")]
    Empty,
    /// A change that may not be sent.
    #[error("a change of our own would be refused")]
    Change(#[from] ScanError),
    /// A name that belongs to another document id.
    #[error("the name {0} is not that of the document it stands with")]
    Name(DocName),
}

impl Entry {
    /// Makes an entry of changes that the device has just committed; `header` has no runs yet.
    ///
    /// # Errors
    /// If a gate would refuse it. An entry composed here is never voided elsewhere for its form.
    pub fn compose(mut header: Header, changes: Vec<RunChanges>) -> Result<Self, ComposeError> {
        if changes.is_empty() {
            return Err(ComposeError::Empty);
        }
        TooLarge::check("documents", changes.len(), ENTRY_RUNS_MAX)?;
        let mut runs = Vec::with_capacity(changes.len());
        let mut bodies = Vec::with_capacity(changes.len());
        for part in changes {
            let (run, body) = compose_run(&header, part)?;
            runs.push(run);
            bodies.push(body);
        }
        check_totals(&runs, &bodies)?;
        header.runs = runs;
        Ok(Self {
            hash: header.hash(),
            header,
            bodies,
        })
    }

    /// Makes an entry of a sealed run of `n_changes`, which is alone in it; `is_first` if the log
    /// has no other.
    ///
    /// # Errors
    /// If it is too large to send.
    pub fn compose_sealed(
        mut header: Header,
        (n_changes, is_first): (u32, bool),
        envelope: &Envelope,
    ) -> Result<Self, ComposeError> {
        let (run, bytes) = sealed::run(&header.location, (n_changes, is_first), envelope);
        let codec = Codec::Sealed;
        let bodies = vec![Body { codec, bytes }];
        header.runs = vec![run];
        check_totals(&header.runs, &bodies)?;
        Ok(Self {
            hash: header.hash(),
            header,
            bodies,
        })
    }

    /// The sealed run, if it has one.
    pub fn sealed(&self) -> Option<(&Run, &Body)> {
        let mut runs = self.header.runs.iter().zip(&self.bodies);
        runs.find(|(_, body)| body.codec == Codec::Sealed)
    }

    /// An entry from a store: its header as [`Header::encode`] wrote it, and its bodies.
    ///
    /// # Errors
    /// If the header cannot be parsed.
    pub fn from_stored(header: &[u8], bodies: Vec<Body>) -> Result<Self, BadHeader> {
        Ok(Self {
            hash: Header::hash_encoded(header),
            header: Header::decode_stored(header)?,
            bodies,
        })
    }

    /// Total size of its bodies as sent.
    pub fn wire_bytes(&self) -> usize {
        self.bodies.iter().map(|body| body.bytes.len()).sum()
    }
}

fn compose_run(header: &Header, part: RunChanges) -> Result<(Run, Body), ComposeError> {
    if part.changes.is_empty() {
        return Err(ComposeError::Empty);
    }
    if let Some(name) = part.name.clone() {
        TooLarge::check(
            "bytes of a document's name",
            name.name.len(),
            DOC_NAME_BYTES_MAX,
        )?;
        if name.id(&header.location) != part.doc {
            return Err(ComposeError::Name(name));
        }
    }
    let n_ops = count_ops(&actor(&header.device, &part.doc, part.n), &part.changes)?;
    TooLarge::check("changes", part.changes.len(), ENTRY_CHANGES_MAX as usize)?;
    let raw = part.changes.concat();
    TooLarge::check("bytes", raw.len(), ENTRY_RAW_BYTES_MAX)?;
    let (codec, bytes) = codec::compress(&raw);
    let run = Run {
        doc: part.doc,
        name: part.name,
        n: part.n,
        n_changes: u32::try_from(part.changes.len()).unwrap_or(u32::MAX),
        n_ops,
        raw_len: u32::try_from(raw.len()).unwrap_or(u32::MAX),
        raw_hash: sha256("", &[&raw]),
    };
    Ok((run, Body { codec, bytes }))
}

/// Scans one's own changes as any gate will, each after the one before.
fn count_ops(actor: &[u8; 16], changes: &[Vec<u8>]) -> Result<u32, ScanError> {
    let mut n_ops = 0_u32;
    let mut seq = None;
    for chunk in changes {
        let facts = scan::read(chunk)?;
        facts.check(actor, seq.unwrap_or(facts.seq))?;
        seq = Some(facts.seq + 1);
        n_ops = n_ops.saturating_add(facts.n_ops);
    }
    Ok(n_ops)
}

fn check_totals(runs: &[Run], bodies: &[Body]) -> Result<(), TooLarge> {
    let total = |part: fn(&Run) -> u32| runs.iter().map(|run| part(run) as usize).sum();
    TooLarge::check(
        "changes",
        total(|run| run.n_changes),
        ENTRY_CHANGES_MAX as usize,
    )?;
    TooLarge::check("operations", total(|run| run.n_ops), ENTRY_OPS_MAX as usize)?;
    TooLarge::check("bytes", total(|run| run.raw_len), ENTRY_RAW_BYTES_MAX)?;
    let wire_bytes = bodies.iter().map(|body| body.bytes.len()).sum();
    TooLarge::check("bytes to send", wire_bytes, ENTRY_WIRE_BYTES_MAX)
}

/// A signature over an entry's hash, which vouches for every entry below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tip {
    /// The entry it was made at.
    pub dseq: u64,
    /// That entry's hash.
    pub hash: EntryHash,
    /// Signature of the device that owns the log.
    pub signature: Signature,
}

impl Tip {
    /// Signs the log up to the entry `dseq`, which has this hash.
    pub fn sign(key: &DeviceKey, dseq: u64, hash: EntryHash) -> Self {
        Self {
            dseq,
            hash,
            signature: key.sign(Context::Tip, hash.as_bytes()),
        }
    }

    /// Verifies the signature with the key of the device that owns the log.
    ///
    /// # Errors
    /// If the device did not sign this.
    pub fn verify(&self, device: &DeviceId) -> Result<(), BadSignature> {
        verify(
            device.as_bytes(),
            Context::Tip,
            self.hash.as_bytes(),
            &self.signature,
        )
    }
}

/// The hash over the heights of a location's other logs, in the order of `dix`: the device's view
/// of them when it made an entry.
pub fn seen_hash(heights: impl Iterator<Item = (DeviceIndex, u64, EntryHash)>) -> [u8; 32] {
    let mut bytes = Vec::new();
    for (dix, dseq, hash) in heights {
        bytes.extend_from_slice(&dix.0.to_be_bytes());
        bytes.extend_from_slice(&dseq.to_be_bytes());
        bytes.extend_from_slice(hash.as_bytes());
    }
    sha256(SEEN_LABEL, &[&bytes])
}
