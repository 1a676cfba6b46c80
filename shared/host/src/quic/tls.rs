//! Verifiers: a peer is its Ed25519 key, and nothing else in a certificate counts.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName as RootHint, Error, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use weft_shared::{
    id::HubRootHash,
    identity::{DeviceKey, HubStatement},
};

use super::certificate::{self, self_signed};

/// The protocol that two ends agree on if they speak no version in common. It carries nothing but
/// the version of the hub: a TLS alert would not say which end to upgrade.
pub(super) const ANY_VERSION: &[u8] = b"weft";

/// The names of the protocol in the order of preference.
pub(super) fn alpn(version: u32) -> Vec<Vec<u8>> {
    vec![format!("weft/{version}").into(), ANY_VERSION.to_vec()]
}

pub(super) fn server_config(
    key: &DeviceKey,
    statement: &HubStatement,
    alpn: Vec<Vec<u8>>,
) -> Result<QuicServerConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let (certificate, secret) = self_signed(key, Some(statement))?;
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(AnyDevice { provider }))
        .with_single_cert(vec![certificate], secret)?;
    config.alpn_protocols = alpn;
    // The nodes hold our sealed tickets, so ten thousand tickets take no memory here.
    config.ticketer = ring::Ticketer::new()?;
    config.send_tls13_tickets = 1;
    QuicServerConfig::try_from(config).map_err(no_initial_suite)
}

pub(super) fn client_config(
    key: &DeviceKey,
    hub: Arc<PinnedHub>,
    alpn: Vec<Vec<u8>>,
) -> Result<QuicClientConfig, Error> {
    let (certificate, secret) = self_signed(key, None)?;
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::clone(&hub.provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(hub)
        .with_client_auth_cert(vec![certificate], secret)?;
    config.alpn_protocols = alpn;
    config.resumption = Resumption::in_memory_sessions(SESSIONS_REMEMBERED);
    config.enable_sni = false;
    QuicClientConfig::try_from(config).map_err(no_initial_suite)
}

/// Accepts only the hub whose root is pinned, with the TLS key that the root certifies.
#[derive(Debug)]
pub(super) struct PinnedHub {
    pin: HubRootHash,
    provider: Arc<CryptoProvider>,
    verified: AtomicU64,
}

impl PinnedHub {
    pub(super) fn new(pin: HubRootHash) -> Self {
        Self {
            pin,
            provider: Arc::new(ring::default_provider()),
            verified: AtomicU64::new(0),
        }
    }

    /// Number of certificates accepted; a resumed session needs none.
    pub(super) fn verified(&self) -> u64 {
        self.verified.load(Ordering::Relaxed)
    }

    fn trusts(&self, certificate: &CertificateDer<'_>) -> bool {
        certificate::read(certificate).is_some_and(|seen| {
            let statement = seen.statement;
            statement.is_some_and(|said| said.verify(&self.pin, &seen.device).is_ok())
        })
    }
}

impl ServerCertVerifier for PinnedHub {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !intermediates.is_empty() || !self.trusts(certificate) {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        self.verified.fetch_add(1, Ordering::Relaxed);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

/// Accepts every device that proves its key. The roster decides its permissions at HELLO.
#[derive(Debug)]
struct AnyDevice {
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for AnyDevice {
    fn root_hint_subjects(&self) -> &[RootHint] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if intermediates.is_empty() && certificate::read(certificate).is_some() {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

fn only_tls13() -> Error {
    Error::General("only TLS 1.3 is spoken here".to_owned())
}

fn no_initial_suite(error: quinn::crypto::rustls::NoInitialCipherSuite) -> Error {
    Error::General(error.to_string())
}

/// Tickets that a node keeps; it knows one hub.
const SESSIONS_REMEMBERED: usize = 8;
