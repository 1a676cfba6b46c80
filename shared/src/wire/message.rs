//! The messages: one type each, fields numbered, later fields optional.
//!
//! A message is a CBOR array whose places are the field numbers. A reader skips fields that it does
//! not know, so a later version may add optional ones.

use minicbor::{Decode, Encode};

use super::nack::Nack;
use crate::{
    id::{
        BlobHash, DeviceId, Dix, DocId, DocName, HubLogId, InviteKey, LocationCode, LocationId,
        RosterHash, Signature,
    },
    time::Timestamp,
};

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident = $number:literal $label:literal,)*) => {
        /// Any message of this version.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Message {
            $($(#[$doc])* $name($name),)*
        }

        impl Message {
            /// Number and name of every message of this version.
            pub const ALL: &[(u8, &str)] = &[$(($number, $label),)*];

            /// Its number on the wire.
            #[must_use]
            pub fn number(&self) -> u8 {
                match self {
                    $(Self::$name(_) => $number,)*
                }
            }

            /// Its name in the specification.
            #[must_use]
            pub fn label(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $label,)*
                }
            }

            pub(super) fn encode_body(&self, out: &mut Vec<u8>) {
                let encoded = match self {
                    $(Self::$name(body) => minicbor::encode(body, out),)*
                };
                encoded.expect("writing to a vector cannot fail");
            }

            pub(super) fn decode_body(
                number: u8,
                d: &mut minicbor::Decoder<'_>,
            ) -> Result<Option<Self>, minicbor::decode::Error> {
                Ok(Some(match number {
                    $($number => Self::$name(d.decode()?),)*
                    _ => return Ok(None),
                }))
            }
        }

        $(impl From<$name> for Message {
            fn from(body: $name) -> Self {
                Self::$name(body)
            }
        })*
    };
}

messages! {
    /// An unknown device asks to be enrolled.
    Join = 0x01 "JOIN",
    /// It is enrolled.
    Joined = 0x02 "JOINED",
    /// A known device says what it holds.
    Hello = 0x03 "HELLO",
    /// The answer: the same, or what differs.
    Welcome = 0x04 "WELCOME",
    /// Roster operations.
    RosterPart = 0x05 "ROSTER",
    /// Entries of one log.
    Entries = 0x06 "ENTRIES",
    /// A log is durable at the receiver up to here.
    Ack = 0x07 "ACK",
    /// A signed statement of what the hub holds. Refused in this version.
    Receipt = 0x08 "RECEIPT",
    /// A refusal.
    Nack = 0x09 "NACK",
    /// Body bytes that may be sent beyond those granted before.
    Credit = 0x0a "CREDIT",
    /// The device wants a feed pushed.
    Sub = 0x0b "SUB",
    /// It no longer does.
    Unsub = 0x0c "UNSUB",
    /// The device asks for a checkpoint or a blob. Refused in this version.
    Get = 0x0d "GET",
    /// A blob that the next entries name.
    Blob = 0x0e "BLOB",
    /// Document heads in buckets. Refused in this version.
    Digest = 0x0f "DIGEST",
    /// Words for the user.
    Notice = 0x10 "NOTICE",
    /// Come back later.
    RetryAfter = 0x11 "RETRY_AFTER",
    /// A sign of life.
    Ping = 0x12 "PING",
}

/// Which of the two locations of a session something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Scope {
    /// Location zero: the hub's own documents, which only flow from it.
    #[n(0)]
    Zero,
    /// The location that HELLO named.
    #[n(1)]
    Own,
}

/// A length and the first bytes of the last hash: enough to see whether two chains are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct RosterMark {
    /// Operations in the roster.
    #[n(0)]
    pub len: u32,
    /// The first eight bytes of its head; zeros where it is empty.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub tag: [u8; 8],
}

impl RosterMark {
    /// The mark of a roster of `len` operations with that head.
    #[must_use]
    pub fn new(len: u32, head: &RosterHash) -> Self {
        let mut tag = [0; 8];
        tag.copy_from_slice(&head.as_bytes()[..8]);
        Self { len, tag }
    }
}

/// How high a log is at one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct LogMark {
    /// The log.
    #[n(0)]
    pub dix: Dix,
    /// Its last entry; 0 where there is none.
    #[n(1)]
    pub dseq: u64,
    /// The first eight bytes of that entry's hash.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub tag: [u8; 8],
}

/// JOIN: the only thing an unknown key may say.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Join {
    /// Minor version of the protocol.
    #[n(0)]
    pub version: u8,
    /// The joining device; must equal its TLS key.
    #[n(1)]
    pub device: DeviceId,
    /// What it holds in its hand.
    #[n(2)]
    pub proof: JoinProof,
    /// The roster operation that adds the device, encoded and signed.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub operation: Vec<u8>,
}

/// The invite behind a JOIN.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum JoinProof {
    /// A founding invite; the operation is the first of a new roster, signed by its root.
    #[n(0)]
    Founding {
        /// The code the invite is for.
        #[n(0)]
        code: LocationCode,
        /// The invite's one-time secret.
        #[cbor(n(1), with = "minicbor::bytes")]
        secret: [u8; 16],
    },
    /// A device invite; the operation is signed by its one-time key.
    #[n(1)]
    Device {
        /// The location the invite is for.
        #[n(0)]
        location: LocationId,
        /// The public half of the invite's key.
        #[n(1)]
        key: InviteKey,
    },
}

/// JOINED: the device is in the roster, durably.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Joined {
    /// The network's name.
    #[n(0)]
    pub network: String,
    /// The legal name of whoever operates the hub.
    #[n(1)]
    pub operator: String,
    /// The location joined.
    #[n(2)]
    pub location: LocationId,
    /// Its code.
    #[n(3)]
    pub code: LocationCode,
    /// Its name.
    #[n(4)]
    pub name: String,
    /// Its name in te reo Māori.
    #[n(5)]
    pub name_mi: Option<String>,
    /// Its roster as accepted, each operation encoded.
    #[n(6)]
    pub roster: Vec<minicbor::bytes::ByteVec>,
    /// Location zero: where the hub's own documents live.
    #[n(7)]
    pub zero: LocationId,
    /// The hub's clock, as a hint.
    #[n(8)]
    pub server_time: Timestamp,
}

/// HELLO: what a device holds. Idempotent: it may be said again at any time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Hello {
    /// Minor version of the protocol.
    #[n(0)]
    pub version: u8,
    /// Bits of what it can do beyond this version; none yet.
    #[n(1)]
    pub capabilities: u32,
    /// Its location.
    #[n(2)]
    pub location: LocationId,
    /// The device; must equal its TLS key.
    #[n(3)]
    pub device: DeviceId,
    /// Its location's roster.
    #[n(4)]
    pub roster: RosterMark,
    /// Its location's logs, without those that `sealed` covers.
    #[n(5)]
    pub heights: Vec<LogMark>,
    /// Location zero's roster.
    #[n(6)]
    pub zero_roster: RosterMark,
    /// Location zero's logs.
    #[n(7)]
    pub zero_heights: Vec<LogMark>,
    /// Entries of its own that it knows no acknowledgement of.
    #[n(8)]
    pub outbox: u64,
    /// A digest over the sealed logs that it holds up to their seal.
    #[cbor(n(9), with = "minicbor::bytes")]
    pub sealed: Option<[u8; 16]>,
    /// Where it stands in the feeds it reads. None in this version.
    #[n(10)]
    pub feeds: Option<Vec<FeedCursor>>,
}

/// A place in a feed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FeedCursor {
    /// The feed.
    #[n(0)]
    pub feed: Feed,
    /// The hub log that counted.
    #[n(1)]
    pub hub_log: HubLogId,
    /// The last entry read.
    #[n(2)]
    pub hub_seq: u64,
    /// Running tag over what was read, so that a rewound hub is noticed.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub tag: [u8; 8],
}

/// WELCOME: the answer to HELLO. A field that is absent says "as you said".
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Welcome {
    /// Minor version of the protocol.
    #[n(0)]
    pub version: u8,
    /// [`Self::SAME`] or [`Self::LIST_SEALED`].
    #[n(1)]
    pub flags: u8,
    /// The answering clock, as a hint.
    #[n(2)]
    pub server_time: Timestamp,
    /// The location's roster, where it differs.
    #[n(3)]
    pub roster: Option<RosterMark>,
    /// The location's logs whose height differs.
    #[n(4)]
    pub heights: Option<Vec<LogMark>>,
    /// Location zero's roster, where it differs.
    #[n(5)]
    pub zero_roster: Option<RosterMark>,
    /// Location zero's logs whose height differs.
    #[n(6)]
    pub zero_heights: Option<Vec<LogMark>>,
    /// Body bytes the device may have in flight, where it is not the usual start.
    #[n(7)]
    pub credit: Option<u32>,
    /// Heads of the feeds the device reads. None in this version.
    #[n(8)]
    pub feeds: Option<Vec<FeedCursor>>,
}

impl Welcome {
    /// Nothing differs: the exchange is over.
    pub const SAME: u8 = 1;
    /// The sealed logs differ: say HELLO again with every log listed.
    pub const LIST_SEALED: u8 = 2;
}

/// ROSTER: operations that follow the first `after`; none where it only states the head.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RosterPart {
    /// Whose roster.
    #[n(0)]
    pub scope: Scope,
    /// How many operations stand before these.
    #[n(1)]
    pub after: u32,
    /// The operations, each encoded.
    #[n(2)]
    pub operations: Vec<minicbor::bytes::ByteVec>,
}

/// ENTRIES: consecutive entries of one log and one signed tip over the last.
///
/// Left out is what the receiver knows: location, device, each dseq and prev, the facts and hashes
/// of each run, the entry hashes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entries {
    /// Whose log.
    #[n(0)]
    pub scope: Scope,
    /// The log.
    #[n(1)]
    pub dix: Dix,
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
    /// Milliseconds since the entry before it, since the epoch for the first.
    #[n(0)]
    pub created_delta: i64,
    /// Its runs; empty where `voided` stands.
    #[n(1)]
    pub runs: Vec<WireRun>,
    /// The heights seen, where they are not those of the entry before.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub seen: Option<[u8; 32]>,
    /// The roster head, where it is not that of the entry before.
    #[n(3)]
    pub roster: Option<RosterHash>,
    /// An entry whose body was refused: only its header remains.
    #[n(4)]
    pub voided: Option<Voided>,
}

/// What remains of an entry whose body was refused.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Voided {
    /// Why; the numbers of `VoidCode`.
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
    /// How the bytes are packed.
    #[n(2)]
    pub codec: u8,
    /// The change chunks.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
    /// How many changes.
    #[n(4)]
    pub n_changes: u32,
    /// How many operations they make.
    #[n(5)]
    pub n_ops: u32,
    /// The document's name, in the first run of the log for it.
    #[n(6)]
    pub name: Option<DocName>,
}

/// ACK: the log is durable at the sender of this, up to and including `dseq`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ack {
    /// Whose log.
    #[n(0)]
    pub scope: Scope,
    /// The log.
    #[n(1)]
    pub dix: Dix,
    /// The last durable entry.
    #[n(2)]
    pub dseq: u64,
    /// Entries whose bodies were refused.
    #[n(3)]
    pub voids: Option<Vec<Void>>,
    /// The first bytes of that entry's hash, where another session stored it.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub tag: Option<[u8; 8]>,
}

/// An entry that was accepted without its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Void {
    /// The entry.
    #[n(0)]
    pub dseq: u64,
    /// Why; the numbers of `VoidCode`.
    #[n(1)]
    pub code: u8,
}

/// RECEIPT: what the hub holds, signed by its log device. Sent by nobody in this version.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
    /// The location.
    #[n(0)]
    pub location: LocationId,
    /// Hash over the heights of its logs.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub heights: [u8; 32],
    /// The head of its roster.
    #[n(2)]
    pub roster: RosterHash,
    /// The hub's log.
    #[n(3)]
    pub hub_log: HubLogId,
    /// Its length.
    #[n(4)]
    pub hub_seq: u64,
    /// When.
    #[n(5)]
    pub at: Timestamp,
    /// The hub's log device's signature.
    #[n(6)]
    pub signature: Signature,
}

/// CREDIT: body bytes granted on top of those granted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Credit {
    /// The bytes.
    #[n(0)]
    pub bytes: u32,
}

/// What a device may have pushed to it beside its own location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Feed {
    /// The hub's own documents, for every node.
    #[n(0)]
    Zero,
    /// Every location, for devices in location zero's roster.
    #[n(1)]
    Everything,
}

/// SUB: push me this feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Sub {
    /// The feed.
    #[n(0)]
    pub feed: Feed,
}

/// UNSUB: push it no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Unsub {
    /// The feed.
    #[n(0)]
    pub feed: Feed,
}

/// GET: send me what has this hash. Refused in this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Get {
    /// The hash of a blob or checkpoint.
    #[n(0)]
    pub hash: BlobHash,
}

/// BLOB: bytes that an entry names, sent before it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Blob {
    /// Whose log.
    #[n(0)]
    pub scope: Scope,
    /// The log of the entry.
    #[n(1)]
    pub dix: Dix,
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

/// DIGEST: hashes of document heads in buckets. Refused in this version.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Digest {
    /// Whose documents.
    #[n(0)]
    pub scope: Scope,
    /// Eight bytes for each of 256 buckets.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub buckets: Vec<u8>,
}

/// How loudly a notice speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum NoticeLevel {
    /// Good to know.
    #[n(0)]
    Info,
    /// Somebody should act.
    #[n(1)]
    Warning,
}

/// NOTICE: words for the user.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Notice {
    /// How loudly.
    #[n(0)]
    pub level: NoticeLevel,
    /// The words.
    #[n(1)]
    pub text: String,
}

/// RETRY_AFTER: the connection ends; come back later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RetryAfter {
    /// Milliseconds to wait.
    #[n(0)]
    pub ms: u64,
}

/// PING: a sign of life is asked for, or given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ping {
    /// What the answer repeats.
    #[n(0)]
    pub nonce: u64,
    /// Whether this is the answer.
    #[n(1)]
    pub answer: bool,
}
