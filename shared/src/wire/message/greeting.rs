//! The greetings: JOIN, JOINED, HELLO, WELCOME.

use minicbor::{Decode, Encode};

use super::{LogMark, RosterMark};
use crate::{
    id::{DeviceId, InviteKey, LocationCode, LocationId},
    time::Timestamp,
};

/// JOIN: the only message that an unknown key may send.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Join {
    /// Minor version of the protocol.
    #[n(0)]
    pub version: u8,
    /// The joining device; must equal its TLS key.
    #[n(1)]
    pub device: DeviceId,
    /// Proof that it has an invite.
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
        /// The code that the invite is for.
        #[n(0)]
        code: LocationCode,
        /// The invite's one-time secret.
        #[cbor(n(1), with = "minicbor::bytes")]
        secret: [u8; 16],
    },
    /// A device invite; the operation is signed by its one-time key.
    #[n(1)]
    Device {
        /// The location that the invite is for.
        #[n(0)]
        location: LocationId,
        /// The public half of the invite's key.
        #[n(1)]
        key: InviteKey,
    },
}

/// JOINED: the device is durably in the roster.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Joined {
    /// The network's name.
    #[n(0)]
    pub network: String,
    /// The legal name of the hub's operator.
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
    /// Location zero, which has the hub's own documents.
    #[n(7)]
    pub zero: LocationId,
    /// The hub's clock, as a hint.
    #[n(8)]
    pub server_time: Timestamp,
}

/// HELLO: the state of a device. Idempotent: it may be repeated at any time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Hello {
    /// Minor version of the protocol.
    #[n(0)]
    pub version: u8,
    /// Bits for capabilities beyond this version; none yet. The other end must have those in
    /// [`CAPABILITIES_NEEDED`](crate::wire::limits::CAPABILITIES_NEEDED).
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
    /// Number of its own entries without a known acknowledgement.
    #[n(8)]
    pub outbox: u64,
    /// A digest over the sealed logs that it holds up to their seal.
    #[cbor(n(9), with = "minicbor::bytes")]
    pub sealed: Option<[u8; 16]>,
}

/// WELCOME: the answer to HELLO. An absent field means that nothing differs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Welcome {
    /// Minor version of the protocol.
    #[n(0)]
    pub version: u8,
    /// [`Self::SAME`] or [`Self::LIST_SEALED`].
    #[n(1)]
    pub flags: u8,
    /// The answering end's clock, as a hint.
    #[n(2)]
    pub server_time: Timestamp,
    /// The location's roster, if it differs.
    #[n(3)]
    pub roster: Option<RosterMark>,
    /// The location's logs with a different height.
    #[n(4)]
    pub heights: Option<Vec<LogMark>>,
    /// Location zero's roster, if it differs.
    #[n(5)]
    pub zero_roster: Option<RosterMark>,
    /// Location zero's logs with a different height.
    #[n(6)]
    pub zero_heights: Option<Vec<LogMark>>,
    /// Body bytes that the device may have in flight, if other than the usual initial credit.
    #[n(7)]
    pub credit: Option<u32>,
    /// Room left for the device. Number 8 is reserved.
    #[n(9)]
    pub left: Option<RoomLeft>,
}

/// Room left for a device at a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RoomLeft {
    /// Documents that it may begin.
    #[n(0)]
    pub documents: u64,
    /// Bytes of entries, bodies and blobs included.
    #[n(1)]
    pub bytes: u64,
    /// Bytes of headers, if their bodies are left out.
    #[n(2)]
    pub headers: u64,
}

impl Welcome {
    /// Nothing differs.
    pub const SAME: u8 = 1;
    /// The sealed logs differ: send HELLO again with every log listed.
    pub const LIST_SEALED: u8 = 2;
}
