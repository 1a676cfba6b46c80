//! NACK: a refusal. Each code has one action for the receiver.

use minicbor::{Decode, Encode};

use super::message::{RosterMark, Scope};
use crate::id::DeviceIndex;

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NackCode {
    /// Entries are missing below those sent: resend from `dseq`.
    Gap,
    /// The receiver does not know the named roster head: send it the roster, then resend.
    RosterStale,
    /// Too many live entries: wait `wait_ms`, then resend from `dseq`.
    Limit,
    /// The receiver does not read that codec: resend from `dseq` as codec 0.
    UnknownCodec,
    /// The receiver has another entry at `dseq`: never append to this log again.
    Fork,
    /// The tip's signature does not verify: close and report; it is a bug or an attack.
    BadTip,
    /// The log is sealed, or the device is not allowed any more: stop, keep all, tell the user.
    Revoked,
    /// The bytes break the protocol: close and report.
    Malformed,
    /// The device is in no roster here: join first.
    UnknownDevice,
    /// The hub's operator refuses to serve this device.
    Blocked,
    /// The invite was never issued here, or its secret is wrong.
    InviteUnknown,
    /// The invite has expired.
    InviteExpired,
    /// The invite was used, or revoked.
    InviteSpent,
    /// The code already belongs to another location.
    CodeBound,
    /// A limit of the receiver is reached: devices, documents, bytes.
    Full,
    /// The versions of the two ends do not fit: tell the user which one to upgrade.
    Version,
    /// The receiver does not support that, in this version or at all.
    Unsupported,
    /// The device may not ask for that.
    NotAllowed,
    /// A roster operation does not hold: its signature, its authority or its place in the chain.
    RosterRefused,
    /// A code of a later version: treat the refusal as final.
    Other(u8),
}

impl NackCode {
    const NUMBERS: [(Self, u8); 19] = [
        (Self::Gap, 1),
        (Self::RosterStale, 2),
        (Self::Limit, 3),
        (Self::UnknownCodec, 4),
        (Self::Fork, 5),
        (Self::BadTip, 6),
        (Self::Revoked, 7),
        (Self::Malformed, 8),
        (Self::UnknownDevice, 16),
        (Self::Blocked, 17),
        (Self::InviteUnknown, 18),
        (Self::InviteExpired, 19),
        (Self::InviteSpent, 20),
        (Self::CodeBound, 21),
        (Self::Full, 22),
        (Self::Version, 23),
        (Self::Unsupported, 32),
        (Self::NotAllowed, 33),
        (Self::RosterRefused, 34),
    ];

    /// Its number on the wire.
    pub fn number(self) -> u8 {
        if let Self::Other(number) = self {
            return number;
        }
        let known = Self::NUMBERS.iter().find(|(code, _)| *code == self);
        known.map_or(0, |(_, number)| *number)
    }

    /// The code with this number. An unknown one is kept as [`Self::Other`].
    pub fn from_number(number: u8) -> Self {
        let known = Self::NUMBERS.iter().find(|(_, n)| *n == number);
        known.map_or(Self::Other(number), |(code, _)| *code)
    }
}

impl<C> Encode<C> for NackCode {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u8(self.number())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for NackCode {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(Self::from_number(d.u8()?))
    }
}

/// A refusal of one message. It concerns the log `dix` if there is one, or else the session.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Nack {
    /// The code, which determines what the peer does.
    #[n(0)]
    pub code: NackCode,
    /// The location that the log or roster belongs to.
    #[n(1)]
    pub scope: Option<Scope>,
    /// The log in question.
    #[n(2)]
    pub dix: Option<DeviceIndex>,
    /// The entry: the one to resend from, or the one at which two logs differ.
    #[n(3)]
    pub dseq: Option<u64>,
    /// Delay before the next attempt, in milliseconds.
    #[n(4)]
    pub wait_ms: Option<u64>,
    /// The number of the message that was refused.
    #[n(5)]
    pub about: Option<u8>,
    /// The roster of the refusing end.
    #[n(6)]
    pub roster: Option<RosterMark>,
    /// A text for people and logs.
    #[n(7)]
    pub text: Option<String>,
}

impl Nack {
    /// A refusal of the message with number `about`, concerning the session as a whole.
    pub fn of_message(code: NackCode, about: u8, text: impl Into<String>) -> Self {
        Self {
            about: Some(about),
            text: Some(text.into()),
            ..Self::bare(code)
        }
    }

    /// A refusal of entries of one log; `dseq` is the one to resend from, or the one in dispute.
    pub fn of_log(code: NackCode, scope: Scope, dix: DeviceIndex, dseq: u64) -> Self {
        Self {
            scope: Some(scope),
            dix: Some(dix),
            dseq: Some(dseq),
            ..Self::bare(code)
        }
    }

    /// A refusal with nothing but its code.
    pub fn bare(code: NackCode) -> Self {
        Self {
            code,
            scope: None,
            dix: None,
            dseq: None,
            wait_ms: None,
            about: None,
            roster: None,
            text: None,
        }
    }
}
