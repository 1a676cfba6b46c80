//! The reasons why a connection was not made, in words for people.

use std::{io, net::SocketAddr};

use quinn::ConnectionError;

use super::OTHER_VERSION;

/// The reason a hub cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken, or belongs to another computer.
    #[error("cannot listen at {address}: close what uses that port, or choose another address")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// The key or the statement does not make a certificate.
    #[error("cannot make the hub's TLS certificate")]
    Tls(#[source] rustls::Error),
    /// A bug: called outside the asynchronous runtime.
    #[error("no asynchronous runtime")]
    NoRuntime,
}

/// The reason a connecting peer was not let in.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// It did not speak our protocol, or disconnected.
    #[error("the handshake failed")]
    Failed(#[from] ConnectionError),
    /// It took too long.
    #[error("the handshake took too long")]
    TooSlow,
    /// It speaks another version of our protocol.
    #[error("the peer speaks another version of the protocol")]
    OtherVersion,
    /// It showed no Ed25519 key.
    #[error("the peer showed no Ed25519 key")]
    NoKey,
}

/// The reason a hub could not be called.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address is not of the form `host:port`, or its name is unknown.
    #[error(
        "the hub's address {address} cannot be found; check its spelling and this computer's \
         network. Your work is safe on this computer"
    )]
    Unresolved {
        /// The address.
        address: String,
    },
    /// Nothing answers.
    #[error(
        "the hub at {address} does not answer: it may be down, the address may be wrong, or a \
         firewall blocks UDP. Your work is safe on this computer and is shared once the hub answers"
    )]
    Unreachable {
        /// The address.
        address: String,
    },
    /// Something answers with a different key from the one that the invite pins.
    #[error(
        "what answers at {address} is not the hub of your invite: its key does not match the one \
         that the invite pins. Nothing was sent to it. Check the address with the people who run \
         your hub, and ask for a new invite if its key was replaced"
    )]
    WrongHub {
        /// The address.
        address: String,
    },
    /// Something answers in another protocol.
    #[error("what answers at {address} is no hub of this protocol; check the address")]
    NotAHub {
        /// The address.
        address: String,
    },
    /// The hub speaks an older version of the protocol.
    #[error(
        "the hub at {address} is older than this program and does not speak its version of the \
         protocol: ask the people who run the hub to upgrade weft-hub. Your work is safe on this \
         computer and is shared after that"
    )]
    HubOlder {
        /// The address.
        address: String,
    },
    /// The hub speaks a newer version of the protocol.
    #[error(
        "the hub at {address} is newer than this program and no longer speaks its version of the \
         protocol: upgrade weft-node on this computer. Your work is safe here and is shared after \
         that"
    )]
    HubNewer {
        /// The address.
        address: String,
    },
    /// The hub closed the connection.
    #[error("the hub at {address} hung up; it may be overloaded or stopping: try again later")]
    HungUp {
        /// The address.
        address: String,
        /// The reason it gave.
        #[source]
        source: ConnectionError,
    },
    /// No socket is available.
    #[error("this computer gives no network socket")]
    Socket(#[source] io::Error),
    /// The key does not make a certificate.
    #[error("cannot make this device's TLS certificate")]
    Tls(#[source] rustls::Error),
    /// A bug: the call was refused before a packet left.
    #[error("the call could not be made")]
    Local(#[source] quinn::ConnectError),
}

impl ConnectError {
    /// Whether the hub answered, and one of the two programs must be upgraded.
    pub const fn names_older_end(&self) -> bool {
        matches!(self, Self::HubOlder { .. } | Self::HubNewer { .. })
    }
}

pub(super) fn why_not(error: ConnectionError, address: &str) -> ConnectError {
    let address = address.to_owned();
    match error {
        ConnectionError::TimedOut | ConnectionError::Reset => ConnectError::Unreachable { address },
        ConnectionError::TransportError(ours) if u64::from(ours.code) == ACCESS_DENIED => {
            ConnectError::WrongHub { address }
        }
        ConnectionError::VersionMismatch | ConnectionError::TransportError(_) => {
            ConnectError::NotAHub { address }
        }
        ConnectionError::ConnectionClosed(ref theirs)
            if u64::from(theirs.error_code) == NO_APPLICATION_PROTOCOL =>
        {
            ConnectError::NotAHub { address }
        }
        source => ConnectError::HungUp { address, source },
    }
}

/// Says which end is older, by the version that the hub names as it closes the connection.
pub(super) fn other_version(
    closed: Option<ConnectionError>,
    ours: u32,
    address: &str,
) -> ConnectError {
    let address = address.to_owned();
    let Some(ConnectionError::ApplicationClosed(closed)) = closed else {
        return ConnectError::NotAHub { address };
    };
    let theirs = std::str::from_utf8(&closed.reason).ok();
    match theirs.and_then(|theirs| theirs.parse::<u32>().ok()) {
        Some(theirs) if closed.error_code == OTHER_VERSION && theirs > ours => {
            ConnectError::HubNewer { address }
        }
        Some(theirs) if closed.error_code == OTHER_VERSION && theirs < ours => {
            ConnectError::HubOlder { address }
        }
        _ => ConnectError::NotAHub { address },
    }
}

pub(super) fn wrong_hub(address: &str) -> ConnectError {
    ConnectError::WrongHub {
        address: address.to_owned(),
    }
}

/// TLS alerts as QUIC error codes (RFC 9001, section 4.8).
const ACCESS_DENIED: u64 = 0x100 + 49;
const NO_APPLICATION_PROTOCOL: u64 = 0x100 + 120;
