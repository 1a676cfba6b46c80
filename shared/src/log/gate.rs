//! The gate: every entry that a peer sends passes here, in the order of PROTOCOL.md, before
//! anything is stored and before any Automerge call. Hubs and nodes run the same gate.

mod judge;
mod open;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::id::{BlobHash, Dix, DocId, DocName, EntryHash, LocationId, RosterHash};
use crate::identity::{Device, Roster, Signature};
use crate::time::Timestamp;

use super::codec::Codec;
use super::entry::{Body, Entry, Header, Tip};
use super::room::Room;
use super::scan::ScanError;
use super::size::DocumentSize;

/// How far a log is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Height {
    /// Its last entry; 0 where there is none.
    pub dseq: u64,
    /// That entry's hash; zero where there is none.
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

/// What a receiver knows of one device's log; loaded from its store, advanced by the gate.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogState {
    /// The last stored entry.
    pub height: Height,
    /// The last seq of each of the device's actors, by document and actor number, over the entries
    /// that were not voided.
    pub seqs: BTreeMap<(DocId, u8), u64>,
    /// All documents of the location, whichever device began them, with their sizes. They
    /// count if the receiver sets a quota: a hub does, and a node takes what its hub took, also
    /// when the limits were higher.
    pub documents: BTreeMap<DocId, DocumentSize>,
    /// What the location holds, if the receiver sets a quota.
    pub room: Option<Room>,
    /// Changes that an admin has dropped, of those that the next entries are known to build on.
    pub dropped: BTreeSet<[u8; 32]>,
    /// Blobs stored beside entries of this log that are yet to come, and their bytes.
    pub blobs_ahead: BTreeMap<(u64, BlobHash), u64>,
}

/// Consecutive entries of one log and the signature over the last, as a peer sent them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    /// Whose log.
    pub dix: Dix,
    /// The number of the first entry.
    pub first_dseq: u64,
    /// The tag of the entry before the first ([`EntryHash::tag`]), by which two logs of the same
    /// device are told apart before anything else is.
    pub prev_tag: [u8; 8],
    /// The entries, one number after the other.
    pub entries: Vec<Received>,
    /// Over the hash of the last entry.
    pub tip: Signature,
}

/// One entry as it travels: what the receiver cannot rebuild.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Received {
    /// With its bodies.
    Whole {
        /// The head of the roster that it names.
        roster: RosterHash,
        /// See [`seen_hash`](super::entry::seen_hash).
        seen: [u8; 32],
        /// When the device says it made it.
        created: Timestamp,
        /// Its runs.
        runs: Vec<ReceivedRun>,
    },
    /// Without them: the sender refused the bodies itself and keeps the header alone.
    Voided {
        /// The sender's reason.
        code: VoidCode,
        /// The header.
        header: Box<Header>,
    },
}

/// One run as it travels. Its counts are claims: the entry's hash covers them, and a void entry
/// keeps them, so the receiver needs them even where it cannot read the body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceivedRun {
    /// The document.
    pub doc: DocId,
    /// Its name, in the first run of this log for it.
    pub name: Option<DocName>,
    /// Which of the device's actors.
    pub n: u8,
    /// How many changes, says the sender.
    pub n_changes: u32,
    /// How many operations, says the sender.
    pub n_ops: u32,
    /// The number of the codec.
    pub codec: u8,
    /// The packed change chunks.
    pub bytes: Vec<u8>,
}

impl Received {
    /// What to send of a stored entry; `void` where its bodies were refused here.
    #[must_use]
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

    /// The bytes of the bodies: what credit is spent on.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        match self {
            Self::Whole { runs, .. } => runs.iter().map(|run| run.bytes.len()).sum(),
            Self::Voided { .. } => 0,
        }
    }
}

/// Where a batch is judged.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    /// Whose documents.
    pub location: LocationId,
    /// Whether that is location zero, which holds the hub's own documents and no others.
    pub zero: bool,
    /// The location's roster as the receiver knows it.
    pub roster: &'a Roster,
    /// The device whose log it is, whoever carries it.
    pub device: &'a Device,
}

impl Gate<'_> {
    /// Judges a batch. `None`: every entry is held already, acknowledge again.
    ///
    /// Entries below the height are skipped, so a batch may overlap what is stored. `state` moves
    /// on only where the batch is admitted.
    ///
    /// # Errors
    /// The refusal to answer with; nothing of the batch is admitted then. An entry that is void is
    /// no refusal: it is admitted without its bodies, and the log goes on.
    pub fn admit(&self, state: &mut LogState, batch: Batch) -> Result<Option<Admission>, Refusal> {
        let Some(opened) = open::open(self, state, batch)? else {
            return Ok(None);
        };
        Ok(Some(judge::judge(self, state, opened)))
    }

    /// The heights that a batch of this device's log leads through, from `below` on, if the device
    /// signed it: what another copy of the device wrote, whatever is stored here. Rosters that are
    /// not known here are no obstacle.
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

/// What the gate let through; to be stored in one transaction, then acknowledged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admission {
    /// The new entries, at least one, in the order of the log.
    pub entries: Vec<Admitted>,
    /// The device's signature over the last of them.
    pub tip: Tip,
}

impl Admission {
    /// The height that the log has once this is stored.
    #[must_use]
    pub fn height(&self) -> Height {
        Height {
            dseq: self.tip.dseq,
            hash: self.tip.hash,
        }
    }

    /// The voided entries and why, for the ACK.
    pub fn voids(&self) -> impl Iterator<Item = (u64, VoidCode)> {
        let entries = self.entries.iter();
        entries.filter_map(|admitted| Some((admitted.entry.header.dseq, admitted.void?)))
    }
}

/// One entry that passed the gate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// The entry; without bodies where it is void.
    pub entry: Entry,
    /// Why its bodies were refused, if they were.
    pub void: Option<VoidCode>,
    /// The last seq of each run's actor after this entry, one a run; empty where it is void. They
    /// are stored with the entry: [`LogState::seqs`] is loaded from them.
    pub seqs: Vec<u64>,
    /// The raw bytes of each run whose body travelled compressed.
    inflated: Vec<Option<Vec<u8>>>,
}

impl Admitted {
    /// The raw change chunks of each run; nothing where the entry is void.
    pub fn raw(&self) -> impl Iterator<Item = &[u8]> {
        let parts = self.entry.bodies.iter().zip(&self.inflated);
        parts.map(|(body, inflated)| raw_bytes(body, inflated.as_deref()))
    }
}

fn raw_bytes<'a>(body: &'a Body, inflated: Option<&'a [u8]>) -> &'a [u8] {
    match (body.codec, inflated) {
        (Codec::Zstd, Some(inflated)) => inflated,
        (Codec::Raw | Codec::Zstd, _) => &body.bytes,
    }
}

/// A batch that is not admitted. Each has one action for the sender, and none blocks a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Entries between the height and the batch are missing: send from `expected`.
    #[error("entries are missing: the next one wanted is {expected}")]
    Gap {
        /// The entry after the receiver's height.
        expected: u64,
    },
    /// The receiver holds another entry `dseq` of this device: two copies of it write.
    #[error("another copy of this device has written entry {dseq}; this copy must not go on")]
    Fork {
        /// The entry at which the two differ, at the latest.
        dseq: u64,
    },
    /// Not what the device signed: a bug or an attack.
    #[error("the signature does not cover these entries")]
    BadTip,
    /// An entry names a roster that the receiver has not seen: bring it, send again.
    #[error("an entry names a roster that is not known here yet")]
    RosterStale,
    /// The log is sealed below these entries: the device was revoked.
    #[error("this device was revoked; its later entries are not taken any more")]
    Revoked,
    /// A body is packed in a way that is not understood, or does not unpack: send it raw.
    #[error("a body is packed in a way that is not understood here")]
    UnknownCodec,
    /// Too many live entries: wait as told.
    #[error("too many entries at once: wait {wait_ms} ms")]
    LimitRate {
        /// The time until the batch would be taken.
        wait_ms: u64,
    },
    /// The device has no room even for headers any more.
    #[error("this device has no room left here")]
    Full,
    /// No batch that this protocol knows.
    #[error("the batch is malformed: {0}")]
    Malformed(&'static str),
}

/// Why the bodies of an entry were refused, while its place in the log stands. The device applies
/// again what it can, in a new entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum VoidCode {
    /// Past a limit of an entry: bytes, changes, operations.
    Size,
    /// A change is malformed.
    Scan,
    /// A change is not the next of its actor: one before it was void, or it comes twice.
    Seq,
    /// A change was made by another actor than the device's.
    Actor,
    /// Operations numbered so high that later edits would fail.
    StartOp,
    /// Too many operations in one change.
    Operations,
    /// A document without its name, with another's, or one too many.
    Documents,
    /// The bodies hold another number of changes or operations than the header says.
    Counts,
    /// It names a roster older than the one that admitted the device.
    Roster,
    /// Its document has no room left.
    Full,
    /// The device has no room left: its share, or what members may fill, is used up.
    Room,
    /// An admin dropped what a revoked device had written last.
    Dropped,
    /// It builds on changes that an admin dropped.
    Orphan,
    /// A reason of a later version.
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
    #[must_use]
    pub fn number(self) -> u8 {
        if let Self::Other(number) = self {
            return number;
        }
        let known = Self::NUMBERS.iter().find(|(code, _)| *code == self);
        known.map_or(0, |(_, number)| *number)
    }

    /// The code with that number; one of a later version is kept as [`Self::Other`].
    #[must_use]
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
