//! Endpoints over loopback.

use quinn::ConnectionError;
use rustls::{
    DigitallySignedStruct, Error as TlsError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{ServerName, UnixTime},
};
use weft_shared::identity::RootKey;

use super::*;

struct Hub {
    listener: Listener,
    root: RootKey,
    key: DeviceKey,
}

impl Hub {
    fn start() -> Self {
        Self::speaking(VERSION)
    }

    fn speaking(version: u32) -> Self {
        let (root, key) = (RootKey::from_seed([1; 32]), DeviceKey::from_seed([2; 32]));
        let statement = HubStatement::sign(&root, key.id());
        let listener = Listener::speaking(loopback(), &key, &statement, version).unwrap();
        Self {
            listener,
            root,
            key,
        }
    }

    fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    fn pin(&self) -> HubRootHash {
        self.root.public().hash()
    }

    async fn accept(&self) -> Result<Peer, HandshakeError> {
        self.listener.accept().await.unwrap().open().await
    }
}

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn device() -> DeviceKey {
    DeviceKey::from_seed([3; 32])
}

/// Sends something and reads it back, so that the session's ticket has arrived too.
async fn say_and_hear(node: &Peer, hub: &Peer) {
    let (mut send, mut receive) = node.connection.open_bi().await.unwrap();
    send.write_all(b"kia ora").await.unwrap();
    send.finish().unwrap();
    let (mut back, mut heard) = hub.connection.accept_bi().await.unwrap();
    let heard = heard.read_to_end(64).await.unwrap();
    back.write_all(&heard).await.unwrap();
    back.finish().unwrap();
    assert_eq!(receive.read_to_end(64).await.unwrap(), b"kia ora");
}

#[tokio::test]
async fn both_sides_prove_their_keys() {
    let hub = Hub::start();
    let dialer = Dialer::new(&device(), hub.pin()).unwrap();
    let address = hub.address();
    let (node, hub_side) = tokio::join!(dialer.connect(&address, None), hub.accept());
    let (node, hub_side) = (node.unwrap(), hub_side.unwrap());
    assert_eq!(node.device, hub.key.id());
    assert_eq!(hub_side.device, device().id());
    say_and_hear(&node, &hub_side).await;
}

#[tokio::test]
async fn a_second_call_resumes_the_session_and_the_key_stays_known() {
    let hub = Hub::start();
    let dialer = Dialer::new(&device(), hub.pin()).unwrap();
    let address = hub.address();
    let mut bytes = Vec::new();
    for _ in 0..3 {
        let (node, hub_side) = tokio::join!(dialer.connect(&address, None), hub.accept());
        let (node, hub_side) = (node.unwrap(), hub_side.unwrap());
        assert_eq!(hub_side.device, device().id());
        assert_eq!(node.device, hub.key.id());
        say_and_hear(&node, &hub_side).await;
        let stats = node.connection.stats();
        bytes.push(stats.udp_tx.bytes + stats.udp_rx.bytes);
        node.connection.close(CLOSED, b"");
    }
    assert_eq!(
        dialer.full_handshakes(),
        1,
        "bytes of the three calls: {bytes:?}"
    );
    // A packet that is lost on a busy machine is sent again, so one call may take more.
    assert!(
        bytes.iter().any(|bytes| *bytes < 5_000),
        "bytes of the three calls: {bytes:?}"
    );
}

#[tokio::test]
async fn hanging_up_is_heard_and_waits_for_no_round_trip() {
    let hub = Hub::start();
    let dialer = Dialer::new(&device(), hub.pin()).unwrap();
    let address = hub.address();
    let (node, hub_side) = tokio::join!(dialer.connect(&address, None), hub.accept());
    let (node, hub_side) = (node.unwrap(), hub_side.unwrap());
    say_and_hear(&node, &hub_side).await;
    // A simulated clock: it moves if something waits for a timer, and as far as that.
    tokio::time::pause();
    let begin = tokio::time::Instant::now();
    let sent = node.connection.stats().udp_tx.datagrams;
    node.hang_up().await;
    assert!(begin.elapsed() < limits::HANG_UP_TIME_MAX);
    assert!(node.connection.stats().udp_tx.datagrams > sent);
    tokio::time::resume();
    let heard = hub_side.connection.closed().await;
    let gone = matches!(heard, ConnectionError::ApplicationClosed(_));
    assert!(gone, "{heard:?}");
    node.hang_up().await;
}

#[tokio::test]
async fn another_hub_than_the_pinned_one_is_refused() {
    let hub = Hub::start();
    let other = RootKey::from_seed([9; 32]).public().hash();
    let dialer = Dialer::new(&device(), other).unwrap();
    let address = hub.address();
    let (node, hub_side) = tokio::join!(dialer.connect(&address, None), hub.accept());
    let error = node.unwrap_err();
    assert!(matches!(error, ConnectError::WrongHub { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains(&address) && text.contains("new invite"),
        "{text}"
    );
    assert!(matches!(hub_side.unwrap_err(), HandshakeError::Failed(_)));
}

#[tokio::test]
async fn a_statement_about_another_key_is_refused() {
    let (root, key) = (RootKey::from_seed([1; 32]), DeviceKey::from_seed([2; 32]));
    // An attacker copied the hub's statement into a certificate of their own.
    let copied = HubStatement::sign(&root, DeviceKey::from_seed([8; 32]).id());
    let listener = Listener::bind(loopback(), &key, &copied).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let dialer = Dialer::new(&device(), root.public().hash()).unwrap();
    let knock = async { listener.accept().await.unwrap().open().await };
    let (node, _) = tokio::join!(dialer.connect(&address, None), knock);
    assert!(matches!(node.unwrap_err(), ConnectError::WrongHub { .. }));
}

#[tokio::test]
async fn of_two_versions_the_older_end_is_named() {
    for (ours, theirs, told) in [
        (1, 2, "upgrade weft-node on this computer"),
        (2, 1, "ask the people who run the hub to upgrade weft-hub"),
    ] {
        let hub = Hub::speaking(theirs);
        let dialer = Dialer::speaking(&device(), hub.pin(), ours).unwrap();
        let address = hub.address();
        let (node, hub_side) = tokio::join!(dialer.connect(&address, None), hub.accept());
        let error = node.unwrap_err();
        let older = matches!(error, ConnectError::HubOlder { .. });
        let newer = matches!(error, ConnectError::HubNewer { .. });
        assert_eq!((older, newer), (theirs < ours, theirs > ours), "{error:?}");
        assert!(error.to_string().contains(told), "{error}");
        let hub_side = hub_side.unwrap_err();
        assert!(
            matches!(hub_side, HandshakeError::OtherVersion),
            "{hub_side:?}"
        );
    }
}

#[tokio::test]
async fn another_protocol_is_refused_by_either_side() {
    let hub = Hub::start();
    let pinned = Arc::new(PinnedHub::new(hub.pin()));
    let mut dialer = Dialer::new(&device(), hub.pin()).unwrap();
    let other = tls::client_config(&device(), pinned, vec![b"other/1".to_vec()]);
    dialer.crypto = Arc::new(other.unwrap());
    let address = hub.address();
    let (node, hub_side) = tokio::join!(dialer.connect(&address, None), hub.accept());
    let error = node.unwrap_err();
    assert!(matches!(error, ConnectError::NotAHub { .. }), "{error:?}");
    hub_side.unwrap_err();
}

#[tokio::test]
async fn who_shows_no_key_is_refused() {
    let hub = Hub::start();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    config.alpn_protocols = tls::alpn(VERSION);
    let mut dialer = Dialer::new(&device(), hub.pin()).unwrap();
    dialer.crypto = Arc::new(config.try_into().unwrap());
    let address = hub.address();
    let (_, hub_side) = tokio::join!(dialer.connect(&address, None), hub.accept());
    let error = hub_side.unwrap_err();
    assert!(matches!(error, HandshakeError::Failed(_)), "{error:?}");
}

#[tokio::test]
async fn a_silent_address_is_called_unreachable() {
    let silent = std::net::UdpSocket::bind(loopback()).unwrap();
    let pin = RootKey::from_seed([1; 32]).public().hash();
    let mut dialer = Dialer::new(&device(), pin).unwrap();
    dialer.patience = Duration::from_millis(200);
    let address = silent.local_addr().unwrap().to_string();
    let error = dialer.connect(&address, None).await.unwrap_err();
    assert!(
        matches!(error, ConnectError::Unreachable { .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("safe on this computer"),
        "{error}"
    );
}

#[tokio::test]
async fn an_address_that_is_none_is_said_at_once() {
    let pin = RootKey::from_seed([1; 32]).public().hash();
    let dialer = Dialer::new(&device(), pin).unwrap();
    for address in ["", "127.0.0.1", "127.0.0.1:port", "hub.invalid:4433"] {
        let error = dialer.connect(address, None).await.unwrap_err();
        assert!(
            matches!(error, ConnectError::Unresolved { .. }),
            "{address}: {error:?}"
        );
    }
}

/// As after SIGKILL: the first hub ends without closing, and the next one at the same address
/// receives packets of an unknown connection.
#[tokio::test]
async fn a_hub_that_was_killed_is_missed_soon_after_it_is_back() {
    let first = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let hub = first.spawn(async { Hub::start() }).await.unwrap();
    let (address, pin) = (hub.address(), hub.pin());
    let hub_side = first.spawn(async move { (hub.accept().await.unwrap(), hub) });
    let dialer = Dialer::new(&device(), pin).unwrap();
    let node = dialer
        .connect(&address, Some(Duration::from_millis(50)))
        .await
        .unwrap();
    let (hub_side, hub) = hub_side.await.unwrap();
    let (key, statement) = (hub.key.clone(), HubStatement::sign(&hub.root, hub.key.id()));
    first.shutdown_background();
    drop((hub_side, hub));

    let again = async {
        loop {
            // The killed hub's port is free only once its last task has ended.
            match Listener::bind(address.parse().unwrap(), &key, &statement) {
                Ok(listener) => break listener,
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    };
    let _listener = again.await;
    let lost = timeout(Duration::from_secs(20), node.connection.closed()).await;
    let lost = lost.expect("the connection is known to be lost");
    assert!(matches!(lost, ConnectionError::Reset), "{lost:?}");
}

/// Trusts any peer, as no node does.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}
