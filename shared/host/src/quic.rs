//! QUIC endpoints of hub and node: mutual TLS 1.3 between pinned keys, no authority between them.

mod certificate;
#[cfg(test)]
mod tests;
mod tls;

use std::{
    fmt, io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use quinn::{
    ConnectionError, Endpoint, EndpointConfig, IdleTimeout, TransportConfig, VarInt,
    crypto::rustls::QuicClientConfig, rustls::pki_types::CertificateDer,
};
use tokio::{
    net::lookup_host,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use weft_shared::{
    id::{DeviceId, HubRootHash, sha256},
    identity::{DeviceKey, HubStatement},
    wire::limits::HANDSHAKES_MAX,
};

use self::tls::PinnedHub;
use crate::limits;

/// A connection to a peer that has proved its key.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The connection, for its streams.
    pub connection: quinn::Connection,
    /// The key that the other side proved. On a resumed session nobody was asked again, so whether
    /// this device may do anything is decided at HELLO, always.
    pub device: DeviceId,
}

/// A hub's side: waits for nodes.
#[derive(Clone, Debug)]
pub struct Listener {
    endpoint: Endpoint,
    in_flight: Arc<Semaphore>,
}

impl Listener {
    /// Listens at `address` with the hub's TLS key and its root's statement about that key.
    ///
    /// # Errors
    /// Where the address is taken, or the statement is about another key.
    pub fn bind(
        address: SocketAddr,
        key: &DeviceKey,
        statement: &HubStatement,
    ) -> Result<Self, ListenError> {
        let failed = |source| ListenError::Bind { address, source };
        let crypto = tls::server_config(key, statement, tls::ALPN).map_err(ListenError::Tls)?;
        let mut config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
        config.transport_config(Arc::new(hub_transport()));
        config.migration(true);
        let socket = std::net::UdpSocket::bind(address).map_err(failed)?;
        let runtime = quinn::default_runtime().ok_or(ListenError::NoRuntime)?;
        let endpoint = Endpoint::new(steady_endpoint(key), Some(config), socket, runtime);
        Ok(Self {
            endpoint: endpoint.map_err(failed)?,
            in_flight: Arc::new(Semaphore::new(HANDSHAKES_MAX)),
        })
    }

    /// The address it listens at, with the port that port 0 became.
    ///
    /// # Errors
    /// Where the operating system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// The next peer that knocks; nothing once the listener is closed.
    ///
    /// Under load strangers must first prove their address, and past the limit they are turned
    /// away; neither is returned.
    pub async fn accept(&self) -> Option<Knock> {
        loop {
            let incoming = self.endpoint.accept().await?;
            let busy = HANDSHAKES_MAX - self.in_flight.available_permits();
            if busy >= limits::HANDSHAKES_UNPROVEN_MAX && incoming.may_retry() {
                // A peer that cannot be asked to retry has gone.
                let _gone = incoming.retry();
                continue;
            }
            match Arc::clone(&self.in_flight).try_acquire_owned() {
                Ok(permit) => return Some(Knock { incoming, permit }),
                Err(_) => incoming.refuse(),
            }
        }
    }

    /// Connections that are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.endpoint.open_connections()
    }

    /// Closes all connections with `reason`, and waits until the peers can have heard it.
    pub async fn close(&self, reason: &str) {
        self.endpoint.close(CLOSED, reason.as_bytes());
        // A peer that is gone must not keep the program from ending.
        let _late = timeout(limits::DRIVE_FAREWELL_TIME_MAX, self.endpoint.wait_idle()).await;
    }
}

/// A peer that knocks: its handshake runs in a task of the caller.
pub struct Knock {
    incoming: quinn::Incoming,
    permit: OwnedSemaphorePermit,
}

impl Knock {
    /// Where the peer seems to be.
    #[must_use]
    pub fn remote_address(&self) -> SocketAddr {
        self.incoming.remote_address()
    }

    /// Lets it in as far as its key.
    ///
    /// # Errors
    /// Where the handshake fails or takes too long.
    pub async fn open(self) -> Result<Peer, HandshakeError> {
        let connecting = self.incoming.accept()?;
        let connection = timeout(limits::HANDSHAKE_TIME_MAX, connecting).await;
        let connection = connection.map_err(|_| HandshakeError::TooSlow)??;
        drop(self.permit);
        let device = peer_device(&connection).ok_or(HandshakeError::NoKey)?;
        Ok(Peer { connection, device })
    }
}

impl fmt::Debug for Knock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Knock")
            .field(&self.remote_address())
            .finish()
    }
}

/// A node's side: calls the one hub that it knows. Keep it: it remembers the TLS ticket that spares
/// the next call both certificates and their signatures.
#[derive(Clone)]
pub struct Dialer {
    endpoint: Endpoint,
    crypto: Arc<QuicClientConfig>,
    hub: Arc<PinnedHub>,
    patience: Duration,
}

impl Dialer {
    /// For calls by the device `key` to the hub whose root is `pin`.
    ///
    /// # Errors
    /// Where no socket can be had.
    pub fn new(key: &DeviceKey, pin: HubRootHash) -> Result<Self, ConnectError> {
        let hub = Arc::new(PinnedHub::new(pin));
        let crypto =
            tls::client_config(key, Arc::clone(&hub), tls::ALPN).map_err(ConnectError::Tls)?;
        // Where IPv6 is switched off, IPv4 alone must do.
        let endpoint = Endpoint::client((Ipv6Addr::UNSPECIFIED, 0).into())
            .or_else(|_| Endpoint::client((Ipv4Addr::UNSPECIFIED, 0).into()))
            .map_err(ConnectError::Socket)?;
        Ok(Self {
            endpoint,
            crypto: Arc::new(crypto),
            hub,
            patience: limits::CONNECT_TIME_MAX,
        })
    }

    /// Calls the hub at `address` (`host:port`). `keep_alive` only while a person looks on: it
    /// costs battery and the hub's time.
    ///
    /// # Errors
    /// Says whether the address is wrong, nobody answers, or somebody else does.
    pub async fn connect(
        &self,
        address: &str,
        keep_alive: Option<Duration>,
    ) -> Result<Peer, ConnectError> {
        let mut config = quinn::ClientConfig::new(Arc::clone(&self.crypto) as _);
        config.transport_config(Arc::new(node_transport(keep_alive)));
        let mut last = ConnectError::Unresolved {
            address: address.to_owned(),
        };
        for target in resolve(address).await? {
            match self.connect_to(target, config.clone(), address).await {
                Err(error @ ConnectError::Unreachable { .. }) => last = error,
                result => return result,
            }
        }
        Err(last)
    }

    /// How often a hub had to show its certificate: all other calls resumed an earlier session.
    #[must_use]
    pub fn full_handshakes(&self) -> u64 {
        self.hub.verified()
    }

    /// Waits until the hub can have heard that connections were closed.
    pub async fn close(&self) {
        self.endpoint.close(CLOSED, b"");
        // A hub that is gone must not keep the program from ending.
        let _late = timeout(limits::DRIVE_FAREWELL_TIME_MAX, self.endpoint.wait_idle()).await;
    }

    async fn connect_to(
        &self,
        target: SocketAddr,
        config: quinn::ClientConfig,
        address: &str,
    ) -> Result<Peer, ConnectError> {
        let unreachable = || ConnectError::Unreachable {
            address: address.to_owned(),
        };
        let connecting = self.endpoint.connect_with(config, target, SERVER_NAME);
        let connecting = connecting.map_err(|error| match error {
            // An IPv6 address on a computer that speaks IPv4 alone, or port 0.
            quinn::ConnectError::InvalidRemoteAddress(_) => unreachable(),
            source => ConnectError::Local(source),
        })?;
        let connection = match timeout(self.patience, connecting).await {
            Err(_) => return Err(unreachable()),
            Ok(Err(error)) => return Err(why_not(error, address)),
            Ok(Ok(connection)) => connection,
        };
        let device = peer_device(&connection).ok_or_else(|| wrong_hub(address))?;
        Ok(Peer { connection, device })
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer")
            .field("hub", &self.hub)
            .finish_non_exhaustive()
    }
}

/// Why a hub cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken, or not this computer's.
    #[error("cannot listen at {address}: close what uses that port, or choose another address")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
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

/// Why a knocking peer was not let in.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// It did not speak our protocol or broke off.
    #[error("the handshake failed")]
    Failed(#[from] ConnectionError),
    /// It took too long.
    #[error("the handshake took too long")]
    TooSlow,
    /// It showed no Ed25519 key.
    #[error("the peer showed no Ed25519 key")]
    NoKey,
}

/// Why a hub could not be called.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address has not the form `host:port`, or nobody knows the name.
    #[error(
        "the hub's address {address} cannot be found; check its spelling and this computer's \
         network. Your work is safe on this computer"
    )]
    Unresolved {
        /// The address.
        address: String,
    },
    /// Nobody answers.
    #[error(
        "the hub at {address} does not answer: it may be down, the address may be wrong, or a \
         firewall blocks UDP. Your work is safe on this computer and is shared once the hub answers"
    )]
    Unreachable {
        /// The address.
        address: String,
    },
    /// Somebody answers, with another key than the invite pins.
    #[error(
        "what answers at {address} is not the hub of your invite: its key does not match the one \
         that the invite pins. Nothing was sent to it. Check the address with whoever runs your \
         hub, and ask for a new invite if its key was replaced"
    )]
    WrongHub {
        /// The address.
        address: String,
    },
    /// Somebody answers who speaks something else.
    #[error(
        "what answers at {address} does not speak this version of the protocol; check the address, \
         and update whichever of the two programs is older"
    )]
    NotAHub {
        /// The address.
        address: String,
    },
    /// The hub hung up.
    #[error("the hub at {address} hung up; it may be overloaded or stopping: try again later")]
    HungUp {
        /// The address.
        address: String,
        /// What it said.
        #[source]
        source: ConnectionError,
    },
    /// No socket can be had.
    #[error("this computer gives no network socket")]
    Socket(#[source] io::Error),
    /// The key does not make a certificate.
    #[error("cannot make this device's TLS certificate")]
    Tls(#[source] rustls::Error),
    /// A bug: the call was refused before a packet left.
    #[error("the call could not be made")]
    Local(#[source] quinn::ConnectError),
}

async fn resolve(address: &str) -> Result<Vec<SocketAddr>, ConnectError> {
    let unresolved = || ConnectError::Unresolved {
        address: address.to_owned(),
    };
    let found = timeout(limits::CONNECT_TIME_MAX, lookup_host(address)).await;
    let found = found.map_err(|_| unresolved())?.map_err(|_| unresolved())?;
    Ok(found.take(ADDRESSES_TRIED_MAX).collect())
}

fn why_not(error: ConnectionError, address: &str) -> ConnectError {
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

fn wrong_hub(address: &str) -> ConnectError {
    ConnectError::WrongHub {
        address: address.to_owned(),
    }
}

/// The key that the other side of `connection` has proved.
fn peer_device(connection: &quinn::Connection) -> Option<DeviceId> {
    let chain = connection
        .peer_identity()?
        .downcast::<Vec<CertificateDer<'static>>>()
        .ok()?;
    let [certificate] = chain.as_slice() else {
        return None;
    };
    certificate::read(certificate).map(|seen| seen.device)
}

/// After a restart with the same key, old connections are told at once that they are gone.
fn steady_endpoint(key: &DeviceKey) -> EndpointConfig {
    let reset = sha256("weft/quic-reset/1", &[key.seed()]);
    let reset = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &reset);
    let mut ids = [0; 8];
    ids.copy_from_slice(&sha256("weft/quic-ids/1", &[key.seed()])[..8]);
    let ids = u64::from_be_bytes(ids);
    let mut config = EndpointConfig::new(Arc::new(reset));
    config.cid_generator(move || Box::new(quinn_proto::HashedConnectionIdGenerator::from_key(ids)));
    config
}

/// As measured: a connection of 30 KB instead of 40, a cold call of 4.2 KB instead of 15.
fn transport() -> TransportConfig {
    let mut config = TransportConfig::default();
    let idle = IdleTimeout::try_from(limits::IDLE_TIME_MAX);
    config
        .max_concurrent_bidi_streams(limits::STREAMS_MAX.into())
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .mtu_discovery_config(None)
        .max_idle_timeout(Some(idle.expect("half an hour fits")));
    config
}

fn hub_transport() -> TransportConfig {
    let mut config = transport();
    config
        .stream_receive_window(limits::HUB_STREAM_WINDOW_BYTES.into())
        .receive_window(limits::HUB_CONNECTION_WINDOW_BYTES.into())
        .send_window(limits::HUB_CONNECTION_WINDOW_BYTES.into());
    config
}

fn node_transport(keep_alive: Option<Duration>) -> TransportConfig {
    let mut config = transport();
    config
        .stream_receive_window(limits::NODE_WINDOW_BYTES.into())
        .receive_window(limits::NODE_WINDOW_BYTES.into())
        .keep_alive_interval(keep_alive);
    config
}

/// Hubs are told apart by their keys; TLS wants a name all the same.
const SERVER_NAME: &str = "hub.weft";
const ADDRESSES_TRIED_MAX: usize = 4;
const CLOSED: VarInt = VarInt::from_u32(0);
/// TLS alerts as QUIC error codes (RFC 9001, section 4.8).
const ACCESS_DENIED: u64 = 0x100 + 49;
const NO_APPLICATION_PROTOCOL: u64 = 0x100 + 120;
