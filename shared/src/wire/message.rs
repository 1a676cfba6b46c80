//! The messages: one type each, with numbered fields.
//!
//! A message is a CBOR array; the positions are the field numbers. A reader skips fields that it
//! does not know, so a later version may add optional ones.

mod greeting;
mod log;
mod reads;

use minicbor::{Decode, Encode};

use super::nack::Nack;
use crate::id::{DeviceIndex, RosterHash};

pub use greeting::{Hello, Join, JoinProof, Joined, RoomLeft, Welcome};
pub use log::{Ack, Blob, Credit, Entries, Void, Voided, WireEntry, WireRun};
pub use reads::{GetReads, Reads};

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
            pub fn number(&self) -> u8 {
                match self {
                    $(Self::$name(_) => $number,)*
                }
            }

            /// Its name in the specification.
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
    /// The device is enrolled.
    Joined = 0x02 "JOINED",
    /// A known device states what it holds.
    Hello = 0x03 "HELLO",
    /// The answer: nothing differs, or a list of differences.
    Welcome = 0x04 "WELCOME",
    /// Roster operations.
    RosterPart = 0x05 "ROSTER",
    /// Entries of one log.
    Entries = 0x06 "ENTRIES",
    /// A log is durable at the receiver up to an entry.
    Ack = 0x07 "ACK",
    /// A refusal.
    Nack = 0x09 "NACK",
    /// Additional body bytes that may be sent.
    Credit = 0x0a "CREDIT",
    /// The device wants a feed pushed.
    Sub = 0x0b "SUB",
    /// A blob that the next entries name.
    Blob = 0x0e "BLOB",
    /// A text for the user.
    Notice = 0x10 "NOTICE",
    /// A request to come back later.
    RetryAfter = 0x11 "RETRY_AFTER",
    /// A sign of life.
    Ping = 0x12 "PING",
    /// The device wants rows of its location's ledger of reads. An older peer skips it.
    GetReads = 0x80 "GET_READS",
    /// Rows of that ledger.
    Reads = 0x81 "READS",
}

/// The location that something belongs to, out of the two of a session.
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
    /// The first eight bytes of its head; zeros if it is empty.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub tag: [u8; 8],
}

impl RosterMark {
    /// The mark of a roster of `len` operations with that head.
    pub fn new(len: u32, head: &RosterHash) -> Self {
        let mut tag = [0; 8];
        tag.copy_from_slice(&head.as_bytes()[..8]);
        Self { len, tag }
    }
}

/// The height of a log at one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct LogMark {
    /// The log.
    #[n(0)]
    pub dix: DeviceIndex,
    /// Its last entry; 0 if there is none.
    #[n(1)]
    pub dseq: u64,
    /// The first eight bytes of that entry's hash.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub tag: [u8; 8],
}

/// ROSTER: operations that follow the first `after`; none if it only states the head.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RosterPart {
    /// The location that the roster belongs to.
    #[n(0)]
    pub scope: Scope,
    /// Number of operations before these.
    #[n(1)]
    pub after: u32,
    /// The operations, each encoded.
    #[n(2)]
    pub operations: Vec<minicbor::bytes::ByteVec>,
}

/// SUB: asks for a feed besides the device's own location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Sub {
    /// The feed: [`Self::ZERO`]; any other is refused.
    #[n(0)]
    pub feed: u8,
}

impl Sub {
    /// The hub's own documents.
    pub const ZERO: u8 = 0;
}

/// The level of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum NoticeLevel {
    /// For information.
    #[n(0)]
    Info,
    /// Someone should act.
    #[n(1)]
    Warning,
}

/// NOTICE: a text for the user.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Notice {
    /// Its level.
    #[n(0)]
    pub level: NoticeLevel,
    /// Its text.
    #[n(1)]
    pub text: String,
}

/// RETRY_AFTER: the connection ends, and the peer should come back later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RetryAfter {
    /// Milliseconds to wait.
    #[n(0)]
    pub ms: u64,
}

/// PING: a request for a sign of life, or the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ping {
    /// A number that the answer repeats.
    #[n(0)]
    pub nonce: u64,
    /// Whether this is the answer.
    #[n(1)]
    pub answer: bool,
}
