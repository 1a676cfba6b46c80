//! QUIC endpoints of hub and node: mutual TLS 1.3 between pinned keys, without an authority.

mod certificate;
mod error;
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
    Endpoint, EndpointConfig, IdleTimeout, TransportConfig, VarInt,
    crypto::rustls::{HandshakeData, QuicClientConfig},
    rustls::pki_types::CertificateDer,
};
use tokio::{
    net::lookup_host,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use weft_shared::{
    id::{DeviceId, HubRootHash, sha256},
    identity::{DeviceKey, HubStatement},
    wire::limits::HANDSHAKES_MAX,
};

pub use self::error::{ConnectError, HandshakeError, ListenError};
use self::{
    error::{other_version, why_not, wrong_hub},
    tls::PinnedHub,
};
use crate::limits;

/// A connection to a peer that has proved its key.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The connection, for its streams.
    pub connection: quinn::Connection,
    /// The key that the other side proved. A resumed session does not prove it again, so a device's
    /// permissions are always decided at HELLO.
    pub device: DeviceId,
}

impl Peer {
    /// Closes the connection. Returns once the packet that says so has left.
    ///
    /// It waits for no answer, which would take further round trips. A peer that misses the packet
    /// drops the connection by itself, because no session is open on it.
    pub async fn hang_up(&self) {
        if self.connection.close_reason().is_some() {
            return;
        }
        let sent = || self.connection.stats().udp_tx.datagrams;
        let before = sent();
        self.connection.close(CLOSED, b"");
        let left = async {
            while sent() == before {
                sleep(limits::HANG_UP_POLL_INTERVAL).await;
            }
        };
        // A network that takes no packet must not keep the program from ending.
        let _late = timeout(limits::HANG_UP_TIME_MAX, left).await;
    }
}

/// The hub's side: accepts nodes.
#[derive(Clone, Debug)]
pub struct Listener {
    endpoint: Endpoint,
    in_flight: Arc<Semaphore>,
    version: u32,
}

impl Listener {
    /// Listens at `address` with the hub's TLS key and its root's statement about that key.
    ///
    /// # Errors
    /// If the address is taken, or the statement is about another key.
    pub fn bind(
        address: SocketAddr,
        key: &DeviceKey,
        statement: &HubStatement,
    ) -> Result<Self, ListenError> {
        Self::speaking(address, key, statement, VERSION)
    }

    /// As [`Listener::bind`], with a major version of the protocol.
    fn speaking(
        address: SocketAddr,
        key: &DeviceKey,
        statement: &HubStatement,
        version: u32,
    ) -> Result<Self, ListenError> {
        let failed = |source| ListenError::Bind { address, source };
        let crypto =
            tls::server_config(key, statement, tls::alpn(version)).map_err(ListenError::Tls)?;
        let mut config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
        config.transport_config(Arc::new(hub_transport()));
        config.migration(true);
        let socket = std::net::UdpSocket::bind(address).map_err(failed)?;
        let runtime = quinn::default_runtime().ok_or(ListenError::NoRuntime)?;
        let endpoint = Endpoint::new(steady_endpoint(key), Some(config), socket, runtime);
        Ok(Self {
            endpoint: endpoint.map_err(failed)?,
            in_flight: Arc::new(Semaphore::new(HANDSHAKES_MAX)),
            version,
        })
    }

    /// Returns the address it listens on, with port 0 replaced by the chosen port.
    ///
    /// # Errors
    /// If the operating system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// Returns the next incoming connection, or `None` once the listener is closed.
    ///
    /// Under load, strangers must first prove their address; beyond the limit they are turned away.
    /// Neither kind is returned.
    pub async fn accept(&self) -> Option<Knock> {
        loop {
            let incoming = self.endpoint.accept().await?;
            let busy = HANDSHAKES_MAX - self.in_flight.available_permits();
            if busy >= limits::HANDSHAKES_UNPROVEN_MAX && incoming.may_retry() {
                // A peer that cannot be asked to retry is gone.
                let _gone = incoming.retry();
                continue;
            }
            match Arc::clone(&self.in_flight).try_acquire_owned() {
                Ok(permit) => {
                    return Some(Knock {
                        incoming,
                        permit,
                        version: self.version,
                    });
                }
                Err(_) => incoming.refuse(),
            }
        }
    }

    /// The number of open connections.
    pub fn connections(&self) -> usize {
        self.endpoint.open_connections()
    }

    /// Closes all connections with `reason`, and gives the peers time to hear it.
    pub async fn close(&self, reason: &str) {
        self.endpoint.close(CLOSED, reason.as_bytes());
        // A peer that is gone must not keep the program from ending.
        let _late = timeout(limits::DRIVE_FAREWELL_TIME_MAX, self.endpoint.wait_idle()).await;
    }
}

/// An incoming connection. The caller runs its handshake in a task.
pub struct Knock {
    incoming: quinn::Incoming,
    permit: OwnedSemaphorePermit,
    version: u32,
}

impl Knock {
    /// The apparent address of the peer.
    pub fn remote_address(&self) -> SocketAddr {
        self.incoming.remote_address()
    }

    /// Completes the handshake, which proves the peer's key.
    ///
    /// # Errors
    /// If the handshake fails or takes too long, or the peer speaks another version; this end
    /// tells it which one it speaks.
    pub async fn open(self) -> Result<Peer, HandshakeError> {
        let connecting = self.incoming.accept()?;
        let connection = timeout(limits::HANDSHAKE_TIME_MAX, connecting).await;
        let connection = connection.map_err(|_| HandshakeError::TooSlow)??;
        drop(self.permit);
        if negotiated(&connection).as_deref() == Some(tls::ANY_VERSION) {
            connection.close(OTHER_VERSION, self.version.to_string().as_bytes());
            return Err(HandshakeError::OtherVersion);
        }
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

/// The node's side: calls the one hub that it knows. Keep it: its TLS ticket saves the next call
/// both certificates and their signatures.
#[derive(Clone)]
pub struct Dialer {
    endpoint: Endpoint,
    crypto: Arc<QuicClientConfig>,
    hub: Arc<PinnedHub>,
    patience: Duration,
    version: u32,
}

impl Dialer {
    /// Makes a dialer for the device `key` and the hub whose root is `pin`.
    ///
    /// # Errors
    /// If no socket is available.
    pub fn new(key: &DeviceKey, pin: HubRootHash) -> Result<Self, ConnectError> {
        Self::speaking(key, pin, VERSION)
    }

    /// As [`Dialer::new`], with a major version of the protocol.
    fn speaking(key: &DeviceKey, pin: HubRootHash, version: u32) -> Result<Self, ConnectError> {
        let hub = Arc::new(PinnedHub::new(pin));
        let crypto = tls::client_config(key, Arc::clone(&hub), tls::alpn(version));
        let crypto = crypto.map_err(ConnectError::Tls)?;
        // If IPv6 is switched off, use only IPv4.
        let endpoint = Endpoint::client((Ipv6Addr::UNSPECIFIED, 0).into())
            .or_else(|_| Endpoint::client((Ipv4Addr::UNSPECIFIED, 0).into()))
            .map_err(ConnectError::Socket)?;
        Ok(Self {
            endpoint,
            crypto: Arc::new(crypto),
            hub,
            patience: limits::CONNECT_TIME_MAX,
            version,
        })
    }

    /// Calls the hub at `address` (`host:port`). Use `keep_alive` only while a person is watching:
    /// it costs battery and the hub's time.
    ///
    /// # Errors
    /// If the address is wrong, if nothing answers, or if something other than the hub answers.
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

    /// Number of times a hub showed its certificate. All other calls resumed an earlier session.
    pub fn full_handshakes(&self) -> u64 {
        self.hub.verified()
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
            // An IPv6 address on a computer with only IPv4, or port 0.
            quinn::ConnectError::InvalidRemoteAddress(_) => unreachable(),
            source => ConnectError::Local(source),
        })?;
        let connection = match timeout(self.patience, connecting).await {
            Err(_) => return Err(unreachable()),
            Ok(Err(error)) => return Err(why_not(error, address)),
            Ok(Ok(connection)) => connection,
        };
        if negotiated(&connection).as_deref() == Some(tls::ANY_VERSION) {
            let closed = timeout(self.patience, connection.closed()).await;
            return Err(other_version(closed.ok(), self.version, address));
        }
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

async fn resolve(address: &str) -> Result<Vec<SocketAddr>, ConnectError> {
    let unresolved = || ConnectError::Unresolved {
        address: address.to_owned(),
    };
    let found = timeout(limits::CONNECT_TIME_MAX, lookup_host(address)).await;
    let found = found.map_err(|_| unresolved())?.map_err(|_| unresolved())?;
    Ok(found.take(ADDRESSES_TRIED_MAX).collect())
}

/// Returns the protocol that both ends agreed on.
fn negotiated(connection: &quinn::Connection) -> Option<Vec<u8>> {
    let data = connection.handshake_data()?.downcast::<HandshakeData>();
    data.ok()?.protocol
}

/// Returns the key that the other side of `connection` has proved.
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

/// Makes the stateless reset key stable, so that after a restart old connections end at once.
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

/// Measured: a connection takes 30 KB instead of 40, a cold call 4.2 KB instead of 15.
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

/// Hubs are identified by their keys, but TLS needs a name.
const SERVER_NAME: &str = "hub.weft";
const ADDRESSES_TRIED_MAX: usize = 4;
const CLOSED: VarInt = VarInt::from_u32(0);
/// A hub closes the connection of a node of another major version, and names its own.
const OTHER_VERSION: VarInt = VarInt::from_u32(3);
/// The major version of the protocol, which its ALPN name carries.
const VERSION: u32 = 1;
