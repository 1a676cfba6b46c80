//! The reasons why an exchange with the hub failed, in words for a person.

use std::sync::Arc;

use weft_host::{failure::Failure, output::sentence, quic::ConnectError};
use weft_shared::{sync::CloseReason, text::counted, wire::NackCode};

use crate::{
    limits::{EXCHANGE_MAX, RETRY_DELAY_MS_MAX},
    replica::{Alone, Halted, Stopped},
};

/// The reason why an exchange with the hub failed. In every case the work is safe on this computer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("{}.", weft_host::output::explain(.0.as_ref()))]
    Connect(Arc<ConnectError>),
    #[error(
        "The connection to the hub broke off ({why}). Your work is safe on this computer; try \
         again."
    )]
    Lost { why: String },
    #[error(
        "The hub stopped answering: it may be down or overloaded, or a firewall stops UDP now. \
         Your work is safe on this computer; try again."
    )]
    TooSlow,
    #[error(
        "The exchange with the hub is not finished after {} seconds. The hub answered at first; it \
         may be busy and take the rest later, or lack an earlier part of what it was sent. Your \
         work is safe on this computer, and weft-node run goes on by itself. If this lasts, tell \
         the people who run the hub",
        EXCHANGE_MAX.as_secs()
    )]
    Unfinished,
    #[error(
        "The hub is busy and asks to come back in {}. Your work is safe on this computer; \
         weft-node run comes back by itself",
        seconds(*.wait_ms)
    )]
    Busy { wait_ms: u64 },
    #[error("The hub refused: {}", reason(*.code, .text))]
    Refused {
        code: NackCode,
        text: String,
        /// Time to stay away, if the hub set one.
        wait_ms: Option<u64>,
    },
    #[error(
        "The hub takes nothing more of this device now: {}. All of it is safe on this computer, \
         and what others share still arrives. weft-node run tries again by itself every quarter of \
         an hour, and weft-node sync --once tries now",
        reason(*.code, .text)
    )]
    Untaken { code: NackCode, text: String },
    #[error(
        "The hub cannot serve this device now: {}. Your work is safe on this computer, and \
         weft-node run tries again by itself",
        reason(*.code, .text)
    )]
    Unavailable { code: NackCode, text: String },
    #[error("{text}. Your work is safe on this computer, and is shared after that")]
    Upgrade { text: String },
    #[error("{0}")]
    Stopped(Halted),
    #[error(
        "The hub says that it holds other or newer work of this very device, and does not show it, \
         so nothing of this device is shared now. Your work is safe, and you can go on with it on \
         this computer. If this data directory was copied or restored from a backup, join again \
         with a device invite (weft-node join INVITE) into a new --data-dir; if not, ask the \
         people who run the hub"
    )]
    Doubted,
    #[error("This computer could not store what the hub sent: {0}")]
    Store(String),
    #[error("{}", Alone)]
    Alone,
    #[error("The node is ending; nothing was lost.")]
    Ending,
}

/// The hub's words, or the meaning of the code and what to do, if it has none.
pub(crate) fn reason(code: NackCode, text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    if !text.is_empty() {
        return text.to_owned();
    }
    format!("{}. {}", meaning(code), remedy(code))
}

/// The meaning of a refusal.
const fn meaning(code: NackCode) -> &'static str {
    match code {
        NackCode::Gap => {
            "it lacks an earlier part of what it was sent, and asks for it again and again"
        }
        NackCode::RosterStale => "it asks again and again for a list of devices that it was sent",
        NackCode::Limit => "it is busy, and takes nothing more until later",
        NackCode::UnknownCodec => "it cannot unpack what it was sent, so it may be too old",
        NackCode::Fork => "it holds other work of this very device in the same place",
        NackCode::BadTip => "the signature under what it was sent does not hold there",
        NackCode::Revoked => "this device is revoked",
        NackCode::Malformed => "it cannot read what it was sent",
        NackCode::UnknownDevice => "it does not know this device",
        NackCode::Blocked => "its operator blocks this device",
        NackCode::InviteUnknown => {
            "it does not know the invite. Check that you have the whole line, and that it comes \
             from this network's national team"
        }
        NackCode::InviteExpired => "the invite has expired. Check this computer's clock, too",
        NackCode::InviteSpent => {
            "the invite was used or revoked before; each admits one device, once"
        }
        NackCode::CodeBound => "the location is there already",
        NackCode::Full => "it has no more room",
        NackCode::Version => "the versions of this program and the hub's do not fit",
        NackCode::Unavailable => "it cannot use its store now",
        NackCode::Unsupported => "it does not support what it was asked, so it may be too old",
        NackCode::NotAllowed => "this device may not ask for that",
        NackCode::RosterRefused => "the change to the list of devices does not hold there",
        NackCode::Other(_) => "its reason is one that this version does not know",
    }
}

/// The next step of a person whom the hub refused.
const fn remedy(code: NackCode) -> &'static str {
    match code {
        NackCode::Gap
        | NackCode::RosterStale
        | NackCode::UnknownCodec
        | NackCode::Fork
        | NackCode::BadTip
        | NackCode::Malformed
        | NackCode::UnknownDevice
        | NackCode::Blocked
        | NackCode::Full
        | NackCode::Unsupported => "Tell the people who run it",
        NackCode::Limit | NackCode::Unavailable => "Try again later",
        NackCode::Revoked => "Ask the location's team for a new invite",
        NackCode::InviteUnknown | NackCode::InviteExpired | NackCode::InviteSpent => {
            "Ask the person who gave you the invite"
        }
        NackCode::CodeBound => "Ask one of its stewards for a device invite",
        NackCode::Version => "Upgrade the older one",
        NackCode::NotAllowed => "Ask an admin of the location to do it",
        NackCode::RosterRefused => "Run weft-node sync --once, and try again",
        NackCode::Other(_) => "Upgrade weft-node",
    }
}

/// A wait in words, rounded up.
pub(crate) fn seconds(wait_ms: u64) -> String {
    counted(wait_ms.div_ceil(1_000), "second", "seconds")
}

impl LinkError {
    pub(crate) fn connect(error: ConnectError) -> Self {
        Self::Connect(Arc::new(error))
    }

    /// Whether the hub was reached.
    pub(crate) fn reached(&self) -> bool {
        match self {
            Self::Connect(error) => error.names_older_end(),
            Self::Lost { .. } | Self::TooSlow | Self::Alone => false,
            Self::Unfinished
            | Self::Busy { .. }
            | Self::Refused { .. }
            | Self::Untaken { .. }
            | Self::Unavailable { .. }
            | Self::Upgrade { .. }
            | Self::Stopped(_)
            | Self::Doubted
            | Self::Store(_)
            | Self::Ending => true,
        }
    }

    /// The time in milliseconds for which the hub asks this device to stay away.
    pub(super) fn asked_ms(&self) -> Option<u64> {
        let asked = match self {
            Self::Busy { wait_ms } => Some(*wait_ms),
            Self::Refused { wait_ms, .. } => *wait_ms,
            _ => None,
        };
        // A hub must not keep a device away for good.
        asked.map(|asked| asked.min(RETRY_DELAY_MS_MAX))
    }

    /// The code with which the hub refused this device.
    pub(super) fn refused(&self) -> Option<NackCode> {
        match self {
            Self::Refused { code, .. } | Self::Untaken { code, .. } => Some(*code),
            Self::Stopped(Halted {
                why: Stopped::Revoked,
                ..
            }) => Some(NackCode::Revoked),
            _ => None,
        }
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        let text = sentence(&error);
        match error {
            LinkError::Connect(error) if error.names_older_end() => Self::refused(text),
            LinkError::Connect(_)
            | LinkError::Lost { .. }
            | LinkError::TooSlow
            | LinkError::Unfinished
            | LinkError::Busy { .. }
            | LinkError::Unavailable { .. } => Self::unreachable(text),
            LinkError::Refused { .. }
            | LinkError::Untaken { .. }
            | LinkError::Upgrade { .. }
            | LinkError::Stopped(_)
            | LinkError::Doubted => Self::refused(text),
            LinkError::Alone => Alone.into(),
            LinkError::Store(_) | LinkError::Ending => Self::failed(text),
        }
    }
}

/// Turns the end of a session into the error for waiting callers.
pub(super) fn ending(closed: &CloseReason, retry_after_ms: Option<u64>) -> Option<LinkError> {
    let refused = |code: &NackCode, text: &str| match code {
        NackCode::Full => LinkError::Untaken {
            code: *code,
            text: text.to_owned(),
        },
        NackCode::Unavailable => LinkError::Unavailable {
            code: *code,
            text: text.to_owned(),
        },
        NackCode::Version => LinkError::Upgrade {
            text: reason(*code, text),
        },
        code => LinkError::Refused {
            code: *code,
            text: text.to_owned(),
            wait_ms: retry_after_ms,
        },
    };
    match closed {
        CloseReason::Shutdown | CloseReason::JoinOver => None,
        CloseReason::Disconnected => Some(LinkError::Lost {
            why: "the connection was lost".to_owned(),
        }),
        CloseReason::TimedOut => Some(LinkError::TooSlow),
        CloseReason::RetryAfter => Some(LinkError::Busy {
            wait_ms: retry_after_ms.unwrap_or(0),
        }),
        CloseReason::RefusedByPeer(code, text) | CloseReason::RefusedHere(code, text) => {
            Some(refused(code, text))
        }
        CloseReason::StoreFailed => Some(LinkError::Store(
            "the disk may be full. Nothing is lost, the hub keeps it: free some space and try again"
                .to_owned(),
        )),
    }
}
