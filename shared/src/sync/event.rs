//! The interface between a session and its host: events, the answers to them, and errors.

use crate::{
    id::{BlobHash, DeviceId, DeviceIndex, LocationId},
    identity::{
        Roster, SignedOperation,
        reads::{ReadPart, ReadsAfter},
    },
    log::{
        allowance::Allowance,
        entry::{Entry, Tip},
        gate::{Admission, Batch, Height, LogState, VoidCode},
        room::Left,
    },
    time::Timestamp,
    wire::{
        BadFrame, NackCode,
        message::{Join, Joined, NoticeLevel},
    },
};

/// Identifies a question to the host; never reused within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// This end's durable copy of the two locations.
#[derive(Clone, Debug)]
pub struct Replica {
    /// The roster of the device's own location.
    pub roster: Roster,
    /// Its logs; empty ones may be left out.
    pub heights: Vec<(DeviceIndex, Height)>,
    /// The roster of location zero.
    pub zero: Roster,
    /// Its logs.
    pub zero_heights: Vec<(DeviceIndex, Height)>,
}

/// The data with which an acceptor serves an admitted device.
#[derive(Clone, Debug)]
pub struct Admittance {
    /// This end's copy.
    pub replica: Replica,
    /// The room left for the device here, if there is a quota.
    pub left: Option<Left>,
    /// The device's allowance over all its sessions; `None` gives this session one of its own.
    pub allowance: Option<Allowance>,
}

impl From<Replica> for Admittance {
    fn from(replica: Replica) -> Self {
        Self {
            replica,
            left: None,
            allowance: None,
        }
    }
}

/// Something for the host to do or to know. Events come in the order in which they happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Acceptor: an unknown device asks to be enrolled. Answer with `handle_joined`.
    Join {
        /// Ticket for the answer.
        ticket: Ticket,
        /// The request; its device is that of the TLS key.
        request: Box<Join>,
    },
    /// Acceptor: a device sent HELLO. Answer with `handle_admitted`.
    Hello {
        /// Ticket for the answer.
        ticket: Ticket,
        /// The device of the TLS key.
        device: DeviceId,
        /// The location that it claims to belong to.
        location: LocationId,
    },
    /// Connector: the device is enrolled and this session is over; open one with `connect`.
    Joined(Box<Joined>),
    /// Connector: sign the AddDevice again on top of these operations, then call `rejoin`.
    JoinStale {
        /// The whole roster of the location.
        operations: Vec<SignedOperation>,
    },
    /// The gate needs this end's state of a log. Answer with `handle_log`.
    LoadLog {
        /// Ticket for the answer.
        ticket: Ticket,
        /// The location that the log belongs to.
        location: LocationId,
        /// The log.
        dix: DeviceIndex,
    },
    /// Acceptor: read which entries of a log, above a given one, are void, and their codes; the
    /// peer may not know them. Answer with `handle_voids`, in the order of the log, with at most
    /// the first [`ACK_VOIDS_MAX`](crate::wire::limits::ACK_VOIDS_MAX).
    LoadVoids {
        /// Ticket for the answer.
        ticket: Ticket,
        /// The location that the log belongs to.
        location: LocationId,
        /// The log.
        dix: DeviceIndex,
        /// The entry above which to read.
        above: u64,
    },
    /// Commit all of these entries and nothing else. Answer with `handle_persisted`.
    Persist {
        /// Ticket for the answer.
        ticket: Ticket,
        /// The location that the log belongs to.
        location: LocationId,
        /// The log.
        dix: DeviceIndex,
        /// The entries that the gate admitted.
        admission: Admission,
        /// The blobs sent before them that were not known to be stored yet. If one could not be
        /// stored, these entries must not be either: nothing would bring the blob again.
        beside: Vec<(u64, BlobHash)>,
    },
    /// Commit this blob; its entry follows. Answer with `handle_persisted`.
    PersistBlob {
        /// Ticket for the answer.
        ticket: Ticket,
        /// The location that the log belongs to.
        location: LocationId,
        /// The log of the entry that introduces it.
        dix: DeviceIndex,
        /// That entry.
        dseq: u64,
        /// The hash of its bytes, already checked.
        hash: BlobHash,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Verify, then append these operations by compare-and-set on the length and head. Answer with
    /// `handle_roster`.
    PersistRoster {
        /// Ticket for the answer.
        ticket: Ticket,
        /// The location that the roster belongs to.
        location: LocationId,
        /// Number of operations that must come before them.
        after: usize,
        /// The operations.
        operations: Vec<SignedOperation>,
    },
    /// Read entries to send. Answer with `handle_loaded`. For its own log the host first commits
    /// that they are offered, then signs a tip at the last one; for others it ends at a stored tip.
    Load {
        /// Ticket for the answer.
        ticket: Ticket,
        /// The location that the log belongs to.
        location: LocationId,
        /// The log.
        dix: DeviceIndex,
        /// The first entry.
        from_dseq: u64,
        /// Target number of body and blob bytes; see [`BatchBuilder`](super::BatchBuilder).
        bytes_aim: usize,
    },
    /// Read roster operations to send. Answer with `handle_roster_loaded`.
    LoadRoster {
        /// Ticket for the answer.
        ticket: Ticket,
        /// The location that the roster belongs to.
        location: LocationId,
        /// Number of operations to leave out.
        after: usize,
    },
    /// Acceptor: close what is to be closed of the location's ledger of reads, and read the rows
    /// after `after`. Answer with `handle_reads`.
    LoadReads {
        /// Ticket for the answer.
        ticket: Ticket,
        /// The location that was read.
        location: LocationId,
        /// The last row and the last proof that the device holds.
        after: ReadsAfter,
    },
    /// Connector: rows of the location's ledger of reads, not yet checked.
    Reads(Box<ReadPart>),
    /// The peer has committed this log up to here.
    Acknowledged {
        /// The location that the log belongs to.
        location: LocationId,
        /// The log.
        dix: DeviceIndex,
        /// The last entry that it holds.
        dseq: u64,
        /// Entries of which it holds only the header, with their codes.
        voids: Vec<(u64, VoidCode)>,
    },
    /// The offered roster operations are now in the peer's roster and in ours.
    RosterAccepted {
        /// The location that the roster belongs to.
        location: LocationId,
    },
    /// The peer did not append the offered operations. Its roster was delivered before this event,
    /// so the operation can be signed again if `code` is `RosterStale`.
    RosterRefused {
        /// The location that the roster belongs to.
        location: LocationId,
        /// The code of the refusal.
        code: NackCode,
        /// The peer's explanation.
        text: String,
    },
    /// Connector: the peer answered HELLO.
    Welcome {
        /// Whether both ends hold the same.
        same: bool,
        /// The peer's clock, as a hint.
        server_time: Timestamp,
        /// The room left for this device there, above the named entry of its own log, if the peer
        /// sent it.
        left: Option<(Left, u64)>,
    },
    /// Connector: entries of this device's own log as the peer holds them, if the peer reported
    /// that they differ from those here. Another copy of the device wrote them if
    /// [`Gate::read_copy`](crate::log::gate::Gate::read_copy) confirms it.
    OwnLog {
        /// The location that the log belongs to.
        location: LocationId,
        /// The log.
        dix: DeviceIndex,
        /// The entries; the predecessor of the first one is held here.
        batch: Batch,
    },
    /// Both ends now hold the same; later entries are new.
    Live,
    /// A message for the user.
    Notice {
        /// Its level.
        level: NoticeLevel,
        /// Its text.
        text: String,
    },
    /// A refusal that concerns people; the session continues with everything else.
    Refused(Refused),
    /// The session is over; close the stream once everything is transmitted.
    Closed {
        /// The reason.
        reason: CloseReason,
        /// Time to stay away, if the peer set one.
        retry_after_ms: Option<u64>,
    },
}

/// A refusal that sending again cannot resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The end that refused.
    pub by: Side,
    /// The code of the refusal.
    pub code: NackCode,
    /// The log concerned, if any.
    pub log: Option<(LocationId, DeviceIndex, u64)>,
    /// An explanation, if there is one.
    pub text: String,
}

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// This end.
    Here,
    /// The other end.
    Peer,
}

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The host closed it.
    Shutdown,
    /// The connection was lost.
    Disconnected,
    /// The peer did not answer in time.
    TimedOut,
    /// The peer is shedding load.
    RetryAfter,
    /// The peer refused the session as a whole.
    RefusedByPeer(NackCode, String),
    /// This end refused the session as a whole.
    RefusedHere(NackCode, String),
    /// A join has ended.
    JoinOver,
    /// The host's store failed.
    StoreFailed,
}

/// The answer to `Persist` and `PersistBlob`.
#[derive(Clone, Debug)]
pub enum Persisted {
    /// It is durable.
    Stored,
    /// Another session has stored entries of this log; nothing of this ticket was stored.
    Conflict(LogState),
    /// The store cannot take it now. The session ends, and the peer keeps everything.
    Failed,
}

/// The answer to `Load`: consecutive entries from the one asked for, and a tip over the last.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The entries; empty if the log does not reach that far.
    pub entries: Vec<Entry>,
    /// The codes of those entries that have no bodies.
    pub voids: Vec<(u64, VoidCode)>,
    /// Signature over the last entry.
    pub tip: Option<Tip>,
    /// Blobs that these entries introduce and that were not withdrawn.
    pub blobs: Vec<OutgoingBlob>,
}

/// A blob that accompanies the entry which introduces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingBlob {
    /// The entry.
    pub dseq: u64,
    /// The hash of the bytes.
    pub hash: BlobHash,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Why an acceptor refuses to enrol a device.
#[derive(Clone, Debug)]
pub enum JoinRefusal {
    /// The AddDevice is signed on another head: this is the roster to sign it on.
    Stale(Vec<SignedOperation>),
    /// Any other reason, in words for the person at the other end.
    Refused {
        /// The code of the refusal.
        code: NackCode,
        /// Says what happened, why, and what to do next.
        text: String,
    },
}

/// Why roster operations were not appended.
#[derive(Clone, Debug)]
pub struct RosterRefusal {
    /// The current roster.
    pub roster: Roster,
    /// `RosterStale` if the operation can be signed again, else `RosterRefused`.
    pub code: NackCode,
    /// Says what happened, why, and what to do next.
    pub text: String,
}

/// An error that ends a session. The peer hears as much as it may know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The peer sent bytes that are not a frame.
    #[error("the peer sent bytes that are no frame")]
    Frame(#[from] BadFrame),
    /// The peer broke a rule of the protocol.
    #[error("the peer broke the protocol: {0}")]
    Misbehaved(&'static str),
    /// The session was already over.
    #[error("bytes for a session that is over")]
    Closed,
}

impl Event {
    pub(super) fn log_refused(
        by: Side,
        code: NackCode,
        log: (LocationId, DeviceIndex, u64),
    ) -> Self {
        Self::Refused(Refused {
            by,
            code,
            log: Some(log),
            text: String::new(),
        })
    }
}

pub(super) type Heights = Vec<(DeviceIndex, Height)>;
