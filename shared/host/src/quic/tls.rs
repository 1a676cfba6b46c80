//! Certificates and verifiers: a peer is its Ed25519 key, and nothing else in a certificate counts.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair, PKCS_ED25519};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName as RootHint, Error, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use weft_shared::{
    id::{DeviceId, HubRootHash},
    identity::{DeviceKey, HubStatement},
};
use x509_parser::{
    asn1_rs::{FromDer as _, OctetString},
    prelude::X509Certificate,
};

/// The only protocol that is spoken here.
pub(super) const ALPN: &[u8] = b"weft/1";

/// Where a hub's certificate carries its root's statement: a number of our own under the arc for
/// UUIDs, as ITU-T X.667 allows to anybody.
const STATEMENT_OID: [u64; 3] = [2, 25, 8_203_117_204_512_966_341];

pub(super) fn server_config(
    key: &DeviceKey,
    statement: &HubStatement,
    alpn: &[u8],
) -> Result<QuicServerConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let (certificate, secret) = self_signed(key, Some(statement))?;
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(AnyDevice { provider }))
        .with_single_cert(vec![certificate], secret)?;
    config.alpn_protocols = vec![alpn.to_vec()];
    // Tickets are sealed for us and held by the nodes: ten thousand of them cost no memory here.
    config.ticketer = ring::Ticketer::new()?;
    config.send_tls13_tickets = 1;
    QuicServerConfig::try_from(config).map_err(no_initial_suite)
}

pub(super) fn client_config(
    key: &DeviceKey,
    hub: Arc<PinnedHub>,
    alpn: &[u8],
) -> Result<QuicClientConfig, Error> {
    let (certificate, secret) = self_signed(key, None)?;
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::clone(&hub.provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(hub)
        .with_client_auth_cert(vec![certificate], secret)?;
    config.alpn_protocols = vec![alpn.to_vec()];
    config.resumption = Resumption::in_memory_sessions(SESSIONS_REMEMBERED);
    config.enable_sni = false;
    QuicClientConfig::try_from(config).map_err(no_initial_suite)
}

/// The device behind a certificate, where it is of the one kind that is spoken here.
pub(super) fn device_of(certificate: &CertificateDer<'_>) -> Option<DeviceId> {
    let (rest, certificate) = X509Certificate::from_der(certificate).ok()?;
    let key = certificate.public_key();
    let ed25519 = key.algorithm.algorithm == x509_parser::oid_registry::OID_SIG_ED25519;
    if !rest.is_empty() || !ed25519 || key.algorithm.parameters.is_some() {
        return None;
    }
    DeviceId::from_slice(&key.subject_public_key.data)
}

/// Accepts exactly one hub: the one whose root is pinned, with the TLS key that it certifies.
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

    /// How often a certificate was accepted; a resumed session needs none.
    pub(super) fn verified(&self) -> u64 {
        self.verified.load(Ordering::Relaxed)
    }

    fn trusts(&self, certificate: &CertificateDer<'_>) -> bool {
        let statement = statement_of(certificate);
        let Some((statement, key)) = statement.zip(device_of(certificate)) else {
            return false;
        };
        statement.verify(&self.pin, &key).is_ok()
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

/// Accepts every device that proves its key: who may do what is decided at HELLO, by the roster.
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
        if intermediates.is_empty() && device_of(certificate).is_some() {
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

fn self_signed(
    key: &DeviceKey,
    statement: Option<&HubStatement>,
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), Error> {
    let secret = PrivatePkcs8KeyDer::from(key.pkcs8_der());
    let made = || {
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&secret, &PKCS_ED25519)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.custom_extensions.extend(statement.map(|statement| {
            let content = der_octets(&statement.encode());
            CustomExtension::from_oid_content(&STATEMENT_OID, content)
        }));
        params.self_signed(&pair)
    };
    let certificate = made().map_err(|error: rcgen::Error| Error::General(error.to_string()))?;
    Ok((certificate.der().clone(), PrivateKeyDer::Pkcs8(secret)))
}

fn statement_of(certificate: &CertificateDer<'_>) -> Option<HubStatement> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let found = certificate.iter_extensions().find(|extension| {
        let arcs = extension.oid.iter();
        arcs.is_some_and(|arcs| arcs.eq(STATEMENT_OID))
    })?;
    let (_, octets) = OctetString::from_der(found.value).ok()?;
    HubStatement::decode(octets.as_ref()).ok()
}

/// An ASN.1 OCTET STRING, which is what X.509 wants inside an extension.
fn der_octets(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a statement has a few hundred bytes");
    let [high, low] = length.to_be_bytes();
    let mut der = match (high, low) {
        (0, ..0x80) => vec![0x04, low],
        (0, _) => vec![0x04, 0x81, low],
        _ => vec![0x04, 0x82, high, low],
    };
    der.extend_from_slice(bytes);
    der
}

fn only_tls13() -> Error {
    Error::General("only TLS 1.3 is spoken here".to_owned())
}

fn no_initial_suite(error: quinn::crypto::rustls::NoInitialCipherSuite) -> Error {
    Error::General(error.to_string())
}

/// Tickets that a node keeps; it knows one hub.
const SESSIONS_REMEMBERED: usize = 8;
