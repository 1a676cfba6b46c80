//! What passes between a session and its host: events, the answers to them, errors.

use crate::{
    id::{BlobHash, DeviceId, Dix, LocationId},
    identity::{Roster, SignedOperation},
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

/// Names a question that the host will answer; never used twice within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub(super) u64);

/// What this end holds of the two locations, durably.
#[derive(Clone, Debug)]
pub struct Replica {
    /// The roster of the device's own location.
    pub roster: Roster,
    /// Its logs; one that is empty may be left out.
    pub heights: Vec<(Dix, Height)>,
    /// The roster of location zero.
    pub zero: Roster,
    /// Its logs.
    pub zero_heights: Vec<(Dix, Height)>,
}

/// What an acceptor serves an admitted device with.
#[derive(Clone, Debug)]
pub struct Admittance {
    /// What this end holds.
    pub replica: Replica,
    /// What the device may still store here, if there is a quota.
    pub left: Option<Left>,
    /// The device's, over all its sessions; its own where there is none.
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

/// What the host must do, or may want to know. In the order in which it happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Acceptor: an unknown device asks to be enrolled. Answer with `handle_joined`.
    Join {
        /// For the answer.
        ticket: Ticket,
        /// Its device is the one of the TLS key.
        request: Box<Join>,
    },
    /// Acceptor: a device says HELLO. Answer with `handle_admitted`.
    Hello {
        /// For the answer.
        ticket: Ticket,
        /// The one of the TLS key.
        device: DeviceId,
        /// The location that it says it belongs to.
        location: LocationId,
    },
    /// Connector: the device is enrolled; this session is over, open one with `connect`.
    Joined(Box<Joined>),
    /// Connector: sign the AddDevice anew on top of these operations, then call `rejoin`.
    JoinStale {
        /// The whole roster of the location.
        operations: Vec<SignedOperation>,
    },
    /// The gate needs to know the receiver's view of a log. Answer with `handle_log`.
    LoadLog {
        /// For the answer.
        ticket: Ticket,
        /// Whose log.
        location: LocationId,
        /// The log.
        dix: Dix,
    },
    /// Acceptor: read which entries of a log above one were stored without their bodies, and why;
    /// the peer may not know. Answer with `handle_voids`, in the order of the log, and with no more
    /// than the first [`ACK_VOIDS_MAX`](crate::wire::limits::ACK_VOIDS_MAX).
    LoadVoids {
        /// For the answer.
        ticket: Ticket,
        /// Whose log.
        location: LocationId,
        /// The log.
        dix: Dix,
        /// The entries above this one.
        above: u64,
    },
    /// Commit these entries, and nothing but all of them. Answer with `handle_persisted`.
    Persist {
        /// For the answer.
        ticket: Ticket,
        /// Whose log.
        location: LocationId,
        /// The log.
        dix: Dix,
        /// What passed the gate.
        admission: Admission,
    },
    /// Commit this blob; its entry follows. Answer with `handle_persisted`.
    PersistBlob {
        /// For the answer.
        ticket: Ticket,
        /// Whose log.
        location: LocationId,
        /// The log of the entry that introduces it.
        dix: Dix,
        /// That entry.
        dseq: u64,
        /// Its name: the hash of its bytes, which was checked.
        hash: BlobHash,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Verify, then append these operations by compare-and-set on the length and head. Answer with
    /// `handle_roster`.
    PersistRoster {
        /// For the answer.
        ticket: Ticket,
        /// Whose roster.
        location: LocationId,
        /// How many operations must stand before them.
        after: usize,
        /// The operations.
        operations: Vec<SignedOperation>,
    },
    /// Read entries to send. Answer with `handle_loaded`. For its own log the host first commits
    /// that they are offered, then signs a tip at the last; elsewhere it cuts at a stored tip.
    Load {
        /// For the answer.
        ticket: Ticket,
        /// Whose log.
        location: LocationId,
        /// The log.
        dix: Dix,
        /// The first entry.
        from_dseq: u64,
        /// Body and blob bytes to aim at; see [`Cut`](super::Cut).
        bytes_aim: usize,
    },
    /// Read roster operations to send. Answer with `handle_roster_loaded`.
    LoadRoster {
        /// For the answer.
        ticket: Ticket,
        /// Whose roster.
        location: LocationId,
        /// How many operations to leave out.
        after: usize,
    },
    /// The peer has committed this log up to here.
    Acknowledged {
        /// Whose log.
        location: LocationId,
        /// The log.
        dix: Dix,
        /// The last entry it holds.
        dseq: u64,
        /// Entries of which it holds only the header, and why.
        voids: Vec<(u64, VoidCode)>,
    },
    /// The roster operations that were offered stand in the peer's roster, and in ours.
    RosterAccepted {
        /// Whose roster.
        location: LocationId,
    },
    /// The peer did not append what was offered. Its roster was handed over before this event, so
    /// the operation can be signed anew where `code` is `RosterStale`.
    RosterRefused {
        /// Whose roster.
        location: LocationId,
        /// Why.
        code: NackCode,
        /// The peer's words.
        text: String,
    },
    /// Connector: the peer answered HELLO.
    Welcome {
        /// Whether nothing differs.
        same: bool,
        /// The peer's clock, as a hint.
        server_time: Timestamp,
        /// What this device may still store there, above the entry of its own log named here; if
        /// the peer said so.
        left: Option<(Left, u64)>,
    },
    /// Connector: entries of this device's own log as the peer holds them, where it said that they
    /// are others than those here. Another copy of the device wrote them if
    /// [`Gate::read_copy`](crate::log::gate::Gate::read_copy) says so.
    OwnLog {
        /// Whose log.
        location: LocationId,
        /// The log.
        dix: Dix,
        /// The entries, from one on whose predecessor is held here.
        batch: Batch,
    },
    /// Both ends hold the same now; what comes from here on is news.
    Live,
    /// Words for the user.
    Notice {
        /// How loudly.
        level: NoticeLevel,
        /// The words.
        text: String,
    },
    /// Something was refused that concerns people; the session goes on with everything else.
    Refused(Refused),
    /// The session is over; close the stream once everything is transmitted.
    Closed {
        /// Why.
        reason: CloseReason,
        /// How long to stay away, where the peer said so.
        retry_after_ms: Option<u64>,
    },
}

/// A refusal that no resending mends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Who refused.
    pub by: Side,
    /// Why.
    pub code: NackCode,
    /// The log it is about, where it is about one.
    pub log: Option<(LocationId, Dix, u64)>,
    /// Words, where there are any.
    pub text: String,
}

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// This one.
    Here,
    /// The other one.
    Peer,
}

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The host wanted it.
    Shutdown,
    /// The connection went away.
    Disconnected,
    /// The peer did not answer in time.
    TimedOut,
    /// The peer sheds load.
    RetryAfter,
    /// The peer refused the session as a whole.
    RefusedByPeer(NackCode, String),
    /// This end refused the session as a whole.
    RefusedHere(NackCode, String),
    /// A join is over.
    JoinOver,
    /// The host's store could not do what was asked.
    StoreFailed,
}

/// The answer to `Persist` and `PersistBlob`.
#[derive(Clone, Debug)]
pub enum Persisted {
    /// It is durable.
    Stored,
    /// Another session stored entries of this log meanwhile; nothing of this ticket was stored.
    Conflict(LogState),
    /// The store cannot take it now: the session ends and the peer keeps everything.
    Failed,
}

/// The answer to `Load`: consecutive entries from the one asked for, and a tip over the last.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The entries; none where the log does not reach that far.
    pub entries: Vec<Entry>,
    /// Why those entries have no bodies that have none.
    pub voids: Vec<(u64, VoidCode)>,
    /// Signed over the last entry.
    pub tip: Option<Tip>,
    /// Blobs that these entries introduce and that were not withdrawn.
    pub blobs: Vec<OutgoingBlob>,
}

/// A blob beside the entry that introduces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingBlob {
    /// The entry.
    pub dseq: u64,
    /// The hash of the bytes.
    pub hash: BlobHash,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Why an acceptor does not enrol a device.
#[derive(Clone, Debug)]
pub enum JoinRefusal {
    /// The AddDevice is signed on another head: here is the roster to sign it on.
    Stale(Vec<SignedOperation>),
    /// Anything else, in words for the person at the other end.
    Refused {
        /// What kind.
        code: NackCode,
        /// What happened, why, what to do next.
        text: String,
    },
}

/// Why roster operations were not appended.
#[derive(Clone, Debug)]
pub struct RosterRefusal {
    /// The roster as it stands.
    pub roster: Roster,
    /// `RosterStale` where the operation can be signed anew, else `RosterRefused`.
    pub code: NackCode,
    /// What happened, why, what to do next.
    pub text: String,
}

/// What ends a session from below; the peer is told what it may know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The peer sent bytes that are no frame.
    #[error("the peer sent bytes that are no frame")]
    Frame(#[from] BadFrame),
    /// The peer broke a rule of the protocol.
    #[error("the peer broke the protocol: {0}")]
    Misbehaved(&'static str),
    /// The session was over already.
    #[error("bytes for a session that is over")]
    Closed,
}

impl Event {
    pub(super) fn log_refused(by: Side, code: NackCode, log: (LocationId, Dix, u64)) -> Self {
        Self::Refused(Refused {
            by,
            code,
            log: Some(log),
            text: String::new(),
        })
    }
}

pub(super) type Heights = Vec<(Dix, Height)>;
