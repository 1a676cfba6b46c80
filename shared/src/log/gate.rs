//! The gate: it judges every entry from a peer, in the order of PROTOCOL.md, before anything is
//! stored and before any Automerge call. Hubs and nodes run the same gate.

mod judge;
mod open;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::id::{BlobHash, DeviceIndex, DocId, DocName, EntryHash, LocationId, RosterHash};
use crate::identity::{Device, Roster, Signature};
use crate::time::Timestamp;

use super::codec::Codec;
use super::entry::{Body, Entry, Header, Tip};
use super::room::Room;
use super::scan::ScanError;
use super::size::DocumentSize;

/// The end of a log, as far as it is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Height {
    /// Its last entry; 0 if there is none.
    pub dseq: u64,
    /// That entry's hash; zero if there is none.
    pub hash: EntryHash,
}

impl Height {
    /// An empty log.
    pub const ZERO: Self = Self {
        dseq: 0,
        hash: EntryHash::ZERO,
    };
}

impl Default for Height {
    fn default() -> Self {
        Self::ZERO
    }
}

/// A receiver's state for one device's log: loaded from its store, advanced by the gate.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogState {
    /// The last stored entry.
    pub height: Height,
    /// The last seq of each of the device's actors, by document and actor number. Voided entries do
    /// not count.
    pub seqs: BTreeMap<(DocId, u8), u64>,
    /// All documents of the location, whichever device began them, with their sizes. The sizes
    /// count only if the receiver sets a quota, as a hub does. A node takes what its hub took, even
    /// if the hub's limits were higher at the time.
    pub documents: BTreeMap<DocId, DocumentSize>,
    /// The location's use of its room, if the receiver sets a quota.
    pub room: Option<Room>,
    /// Changes that an admin dropped, of those that the next entries are known to build on.
    pub dropped: BTreeSet<[u8; 32]>,
    /// Blobs stored for entries of this log that have not arrived yet, and their sizes.
    pub blobs_ahead: BTreeMap<(u64, BlobHash), u64>,
}

/// Consecutive entries of one log and the signature over the last, as a peer sent them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    /// The device whose log it is.
    pub dix: DeviceIndex,
    /// The number of the first entry.
    pub first_dseq: u64,
    /// The tag of the entry before the first ([`EntryHash::tag`]). It tells two logs of the same
    /// device apart before any other check.
    pub prev_tag: [u8; 8],
    /// The entries, one number after the other.
    pub entries: Vec<Received>,
    /// Signature over the hash of the last entry.
    pub tip: Signature,
}

/// One entry as sent: only the parts that the receiver cannot rebuild.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Received {
    /// With its bodies.
    Whole {
        /// The head of the roster that the entry names.
        roster: RosterHash,
        /// See [`seen_hash`](super::entry::seen_hash).
        seen: [u8; 32],
        /// When the device claims to have made it.
        created: Timestamp,
        /// Its runs.
        runs: Vec<ReceivedRun>,
    },
    /// Without its bodies: the sender refused them itself and keeps only the header.
    Voided {
        /// The sender's reason.
        code: VoidCode,
        /// The header.
        header: Box<Header>,
    },
}

/// One run as sent. Its counts are claims. The entry's hash covers them and a void entry keeps
/// them, so the receiver needs them even if it cannot read the body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceivedRun {
    /// The document.
    pub doc: DocId,
    /// Its name, in the first run of this log for it.
    pub name: Option<DocName>,
    /// The device's actor.
    pub n: u8,
    /// Number of changes that the sender claims.
    pub n_changes: u32,
    /// Number of operations that the sender claims.
    pub n_ops: u32,
    /// The number of the codec.
    pub codec: u8,
    /// The packed change chunks.
    pub bytes: Vec<u8>,
}

impl Received {
    /// Converts a stored entry for sending; `void` if its bodies were refused here.
    pub fn from_entry(entry: Entry, void: Option<VoidCode>) -> Self {
        let Entry { header, bodies, .. } = entry;
        if let Some(code) = void {
            let header = Box::new(header);
            return Self::Voided { code, header };
        }
        let parts = header.runs.into_iter().zip(bodies);
        Self::Whole {
            roster: header.roster,
            seen: header.seen,
            created: header.created,
            runs: parts
                .map(|(run, body)| ReceivedRun {
                    doc: run.doc,
                    name: run.name,
                    n: run.n,
                    n_changes: run.n_changes,
                    n_ops: run.n_ops,
                    codec: body.codec.number(),
                    bytes: body.bytes,
                })
                .collect(),
        }
    }

    /// Total size of the bodies, which is charged against credit.
    pub fn body_bytes(&self) -> usize {
        match self {
            Self::Whole { runs, .. } => runs.iter().map(|run| run.bytes.len()).sum(),
            Self::Voided { .. } => 0,
        }
    }
}

/// The context in which a batch is judged.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    /// The location that the documents belong to.
    pub location: LocationId,
    /// Whether that is location zero, which holds the hub's own documents and no others.
    pub zero: bool,
    /// The location's roster as the receiver knows it.
    pub roster: &'a Roster,
    /// The device that owns the log, whichever peer delivers it.
    pub device: &'a Device,
}

impl Gate<'_> {
    /// Judges a batch. Returns `None` if every entry is held already: acknowledge again.
    ///
    /// Entries below the height are skipped, so a batch may overlap the stored log. `state`
    /// advances only if the batch is admitted.
    ///
    /// # Errors
    /// Returns the refusal to answer with; nothing of the batch is admitted. A void entry is not a
    /// refusal: it is admitted without its bodies, and the log goes on.
    pub fn admit(&self, state: &mut LogState, batch: Batch) -> Result<Option<Admission>, Refusal> {
        let Some(opened) = open::open(self, state, batch)? else {
            return Ok(None);
        };
        Ok(Some(judge::judge(self, state, opened)))
    }

    /// Returns the heights of a batch of this device's log, from `below` on, if the device signed
    /// it. They show what another copy of the device wrote, regardless of what is stored here. The
    /// batch may name rosters that are not known here.
    ///
    /// # Errors
    /// If the batch does not follow `below`, or the device did not sign it.
    pub fn read_copy(&self, below: Height, batch: Batch) -> Result<Vec<Height>, Refusal> {
        let expected = below.dseq + 1;
        if batch.first_dseq != expected || batch.prev_tag != below.hash.tag() {
            return Err(Refusal::Gap { expected });
        }
        open::read_copy(self, below, batch)
    }
}

/// Entries that the gate admitted. The caller stores them in one transaction, then acknowledges.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admission {
    /// The new entries, at least one, in the order of the log.
    pub entries: Vec<Admitted>,
    /// The device's signature over the last entry.
    pub tip: Tip,
}

impl Admission {
    /// The log's height once this is stored.
    pub fn height(&self) -> Height {
        Height {
            dseq: self.tip.dseq,
            hash: self.tip.hash,
        }
    }

    /// The voided entries and their codes, for the ACK.
    pub fn voids(&self) -> impl Iterator<Item = (u64, VoidCode)> {
        let entries = self.entries.iter();
        entries.filter_map(|admitted| Some((admitted.entry.header.dseq, admitted.void?)))
    }
}

/// One entry that passed the gate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// The entry, without bodies if it is void.
    pub entry: Entry,
    /// The reason why its bodies were refused, if they were.
    pub void: Option<VoidCode>,
    /// The last seq of each run's actor after this entry, one for each run; empty if it is void.
    /// They are stored with the entry: [`LogState::seqs`] is loaded from them.
    pub seqs: Vec<u64>,
    /// The raw bytes of each run whose body was compressed.
    inflated: Vec<Option<Vec<u8>>>,
}

impl Admitted {
    /// The raw change chunks of each run, or its sealed body; none if the entry is void.
    pub fn raw(&self) -> impl Iterator<Item = &[u8]> {
        let parts = self.entry.bodies.iter().zip(&self.inflated);
        parts.map(|(body, inflated)| raw_bytes(body, inflated.as_deref()))
    }
}

fn raw_bytes<'a>(body: &'a Body, inflated: Option<&'a [u8]>) -> &'a [u8] {
    match (body.codec, inflated) {
        (Codec::Zstd, Some(inflated)) => inflated,
        (Codec::Raw | Codec::Zstd | Codec::Sealed, _) => &body.bytes,
    }
}

/// A batch that is not admitted. Each refusal has one action for the sender, and none blocks a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Entries between the height and the batch are missing: send from `expected`.
    #[error("entries are missing: the next one wanted is {expected}")]
    Gap {
        /// The entry after the receiver's height.
        expected: u64,
    },
    /// The receiver holds another entry `dseq` of this device: two copies of it are writing.
    #[error("another copy of this device has written entry {dseq}; this copy must not go on")]
    Fork {
        /// The first entry at which the two are known to differ.
        dseq: u64,
    },
    /// The device did not sign this: a bug or an attack.
    #[error("the signature does not cover these entries")]
    BadTip,
    /// An entry names a roster that the receiver does not know: send the roster, then send again.
    #[error("an entry names a roster that is not known here yet")]
    RosterStale,
    /// The log is sealed below these entries: the device was revoked.
    #[error("this device was revoked; its later entries are not taken any more")]
    Revoked,
    /// A body has an unknown codec, or does not inflate: send it raw.
    #[error("a body is packed in a way that is not understood here")]
    UnknownCodec,
    /// Too many live entries: wait before the next.
    #[error("too many entries at once: wait {wait_ms} ms")]
    LimitRate {
        /// The time until the batch would be taken.
        wait_ms: u64,
    },
    /// The device has no room left, not even for headers.
    #[error("this device has no room left here")]
    Full,
    /// Not a batch of this protocol.
    #[error("the batch is malformed: {0}")]
    Malformed(&'static str),
}

/// Why the bodies of an entry were refused, although its place in the log stands. The device
/// applies the valid changes again in a new entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum VoidCode {
    /// Exceeds a limit of an entry: bytes, changes or operations.
    Size,
    /// A change is malformed.
    Scan,
    /// A change is not the next of its actor: an earlier one was void, or it is a duplicate.
    Seq,
    /// A change was made by an actor that is not the device's.
    Actor,
    /// Operation numbers so high that later edits would fail.
    StartOp,
    /// Too many operations in one change.
    Operations,
    /// A document without its name, with another's name, or over the limit.
    Documents,
    /// The numbers of changes or operations differ from those in the header.
    Counts,
    /// It names a roster older than the one that admitted the device.
    Roster,
    /// Its document has no room left.
    Full,
    /// The device has no room left: its own share, or the members' share, is used up.
    Room,
    /// An admin dropped the end of a revoked device's log.
    Dropped,
    /// It builds on changes that an admin dropped.
    Orphan,
    /// A code of a later version.
    Other(u8),
}

impl VoidCode {
    const NUMBERS: [(Self, u8); 13] = [
        (Self::Size, 1),
        (Self::Scan, 2),
        (Self::Seq, 3),
        (Self::Actor, 4),
        (Self::StartOp, 5),
        (Self::Operations, 6),
        (Self::Documents, 7),
        (Self::Counts, 8),
        (Self::Roster, 9),
        (Self::Full, 10),
        (Self::Room, 11),
        (Self::Dropped, 12),
        (Self::Orphan, 13),
    ];

    /// Its number on the wire and in stores.
    pub fn number(self) -> u8 {
        if let Self::Other(number) = self {
            return number;
        }
        let known = Self::NUMBERS.iter().find(|(code, _)| *code == self);
        known.map_or(0, |(_, number)| *number)
    }

    /// The code with this number. An unknown one is kept as [`Self::Other`].
    pub fn from_number(number: u8) -> Self {
        let known = Self::NUMBERS.iter().find(|(_, known)| *known == number);
        known.map_or(Self::Other(number), |(code, _)| *code)
    }
}

impl From<ScanError> for VoidCode {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Seq { .. } => Self::Seq,
            ScanError::Actor => Self::Actor,
            ScanError::StartOp => Self::StartOp,
            ScanError::Operations => Self::Operations,
            ScanError::Predecessors | ScanError::Text => Self::Size,
            ScanError::Length
            | ScanError::Magic
            | ScanError::ChunkType(_)
            | ScanError::Checksum
            | ScanError::Number
            | ScanError::Dependencies(_)
            | ScanError::Message
            | ScanError::OtherActors
            | ScanError::Columns
            | ScanError::Actions
            | ScanError::Rows
            | ScanError::Reference
            | ScanError::Key
            | ScanError::Value => Self::Scan,
        }
    }
}

impl fmt::Display for VoidCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Size => "it is larger than an entry may be",
            Self::Scan => "one of its changes is malformed",
            Self::Seq => "it builds on a change that was not accepted",
            Self::Actor => "one of its changes was not made by this device",
            Self::StartOp => "its document has no numbers left for new operations",
            Self::Operations => "one of its changes makes too many operations",
            Self::Documents => "a document is not named properly, or there are too many",
            Self::Counts => "it does not hold what its header says",
            Self::Roster => "it was made before the device was admitted",
            Self::Full => "its document has no room left",
            Self::Room => "this device has no room left at the hub",
            Self::Dropped => "an admin of the location dropped it",
            Self::Orphan => "it builds on something that an admin dropped",
            Self::Other(_) => "for a reason that this version does not know",
        })
    }
}
