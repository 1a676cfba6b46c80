//! Ed25519 keys, and the contexts that keep a signature for one purpose from serving another.

use std::fmt;

use bip39::{Language, Mnemonic};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey, pkcs8::EncodePrivateKey as _};

use super::HUB_STATEMENT_BYTES_MAX;
use crate::id::{DeviceId, HubRootHash, LocationId, RootPublic, Signature, sha256};

/// The purpose of a signature; its label is signed ahead of the message.
///
/// No label is a prefix of another, and TLS messages begin with 64 blanks, so a signature made in
/// one context verifies in no other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Context {
    /// A roster operation.
    Roster,
    /// The tip of a log: it vouches for the whole chain below it.
    Tip,
    /// The hub root's certificate for a TLS key.
    HubTls,
    /// The end of a location's ledger of reads.
    Reads,
}

impl Context {
    /// The label that is signed ahead of the message.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Roster => "weft/roster/1",
            Self::Tip => "weft/tip/1",
            Self::HubTls => "weft/hub-tls/1",
            Self::Reads => "weft/reads/1",
        }
    }

    fn message(self, message: &[u8]) -> Vec<u8> {
        [self.label().as_bytes(), message].concat()
    }
}

/// A signature that its key did not make over this message in this context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

/// Verifies strictly: rejects small-order keys and signatures that are not in canonical form.
///
/// # Errors
/// If the key is malformed, or did not sign this message.
pub fn verify(
    key: &[u8; 32],
    context: Context,
    message: &[u8],
    signature: &Signature,
) -> Result<(), BadSignature> {
    let key = VerifyingKey::from_bytes(key).map_err(|_| BadSignature)?;
    let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
    key.verify_strict(&context.message(message), &signature)
        .map_err(|_| BadSignature)
}

/// Whether `key` is well formed and not weak: anyone can sign under a weak key.
pub(super) fn is_usable(key: &[u8; 32]) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| !key.is_weak())
}

fn sign(key: &SigningKey, context: Context, message: &[u8]) -> Signature {
    Signature::new(key.sign(&context.message(message)).to_bytes())
}

/// A device's key: it signs the device's log and is its TLS identity. An invite's one-time key is
/// one of these too.
#[derive(Clone)]
pub struct DeviceKey(SigningKey);

impl DeviceKey {
    /// Derives the key from 32 secret random bytes.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The public half.
    pub fn id(&self) -> DeviceId {
        DeviceId::new(self.0.verifying_key().to_bytes())
    }

    /// The secret, to be kept in a file that only this user can read.
    pub fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Signs `message` for one purpose.
    pub fn sign(&self, context: Context, message: &[u8]) -> Signature {
        sign(&self.0, context, message)
    }

    /// The secret for X25519 that belongs to the public key's Montgomery form (RFC 7748), as
    /// OpenSSH's and libsodium's keys are converted.
    pub(super) fn exchange_secret(&self) -> [u8; 32] {
        self.0.to_scalar_bytes()
    }

    /// The secret as PKCS #8 version 1 (RFC 8410), which every TLS library reads.
    pub fn pkcs8_der(&self) -> Vec<u8> {
        let pair = ed25519_dalek::pkcs8::KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        };
        let der = pair.to_pkcs8_der();
        der.expect("a key of fixed length always encodes")
            .as_bytes()
            .to_vec()
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeviceKey").field(&self.id()).finish()
    }
}

/// A root key: the authority behind a location or the hub. It is shown as words and then erased.
#[derive(Clone)]
pub struct RootKey(SigningKey);

impl RootKey {
    /// Derives the key from 32 secret random bytes.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// Parses the 24 words. Capitals and extra blanks are allowed.
    ///
    /// # Errors
    /// If a word is not in the list, there are not 24 of them, or the checksum does not match.
    pub fn from_recovery_words(text: &str) -> Result<Self, BadRecoveryWords> {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        if words.len() != RECOVERY_WORDS {
            return Err(BadRecoveryWords::Count(words.len()));
        }
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, &words.join(" "));
        let mnemonic = mnemonic.map_err(|error| match error {
            bip39::Error::UnknownWord(index) => BadRecoveryWords::Unknown(index + 1),
            bip39::Error::BadWordCount(found) => BadRecoveryWords::Count(found),
            bip39::Error::InvalidChecksum
            | bip39::Error::BadEntropyBitCount(_)
            | bip39::Error::AmbiguousLanguages(_) => BadRecoveryWords::Checksum,
        })?;
        let seed = mnemonic.to_entropy();
        let seed = seed
            .as_slice()
            .try_into()
            .map_err(|_| BadRecoveryWords::Checksum)?;
        Ok(Self::from_seed(seed))
    }

    /// The secret as 24 words of the BIP 39 list, separated by blanks.
    pub fn recovery_words(&self) -> String {
        let mnemonic = Mnemonic::from_entropy(self.0.as_bytes());
        mnemonic.expect("32 bytes are 24 words").to_string()
    }

    /// The secret, which only the hub keeps.
    pub fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The public half.
    pub fn public(&self) -> RootPublic {
        RootPublic::new(self.0.verifying_key().to_bytes())
    }

    /// Signs `message` for one purpose.
    pub fn sign(&self, context: Context, message: &[u8]) -> Signature {
        sign(&self.0, context, message)
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RootKey").field(&self.public()).finish()
    }
}

/// Words that do not give a root key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecoveryWords {
    /// There are not 24.
    #[error("there are {0} words, and recovery words are 24: check that none is missing")]
    Count(usize),
    /// A word is not in the list.
    #[error("word {0} is in no list of recovery words: check its spelling")]
    Unknown(usize),
    /// All words are in the list, but the checksum does not match.
    #[error(
        "every word exists, but together they are no key: two may be swapped, or one misread; \
         compare each with what was written down"
    )]
    Checksum,
}

impl RootPublic {
    /// The id of the location that has this root: the first 16 bytes of [`Self::hash`].
    pub fn location_id(&self) -> LocationId {
        location_zero(&self.hash())
    }

    /// The hash that an invite pins if this is a hub's root: SHA-256("weft/location/1" || key).
    pub fn hash(&self) -> HubRootHash {
        HubRootHash::new(sha256("weft/location/1", &[self.as_bytes()]))
    }
}

/// The id of location zero, the hub's own. It follows from the pin alone.
pub fn location_zero(hub: &HubRootHash) -> LocationId {
    let mut id = [0; LocationId::LEN];
    id.copy_from_slice(&hub.as_bytes()[..LocationId::LEN]);
    LocationId::new(id)
}

/// The hub root's certificate for the hub's TLS key; carried in the hub's X.509 certificate.
#[derive(Clone, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub struct HubStatement {
    /// The hub's root.
    #[n(0)]
    pub root: RootPublic,
    /// The key that the hub uses for TLS.
    #[n(1)]
    pub tls_key: DeviceId,
    /// The root's signature over the TLS key.
    #[n(2)]
    pub signature: Signature,
}

impl HubStatement {
    /// Certifies `tls_key`.
    pub fn sign(root: &RootKey, tls_key: DeviceId) -> Self {
        Self {
            root: root.public(),
            tls_key,
            signature: root.sign(Context::HubTls, tls_key.as_bytes()),
        }
    }

    /// Encodes the statement as CBOR.
    pub fn encode(&self) -> Vec<u8> {
        encode_cbor(self)
    }

    /// Parses the output of [`Self::encode`].
    ///
    /// # Errors
    /// If the bytes are not a hub statement.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadHubStatement> {
        if bytes.len() > HUB_STATEMENT_BYTES_MAX {
            return Err(BadHubStatement::Malformed);
        }
        let read: Self = minicbor::decode(bytes).map_err(|_| BadHubStatement::Malformed)?;
        if read.encode() == bytes {
            Ok(read)
        } else {
            Err(BadHubStatement::Malformed)
        }
    }

    /// Checks that the hub with the key `tls_key` is the one that the invite pinned.
    ///
    /// # Errors
    /// If it is another hub, or cannot prove that it is this one.
    pub fn verify(&self, pin: &HubRootHash, tls_key: &DeviceId) -> Result<(), BadHubStatement> {
        if self.root.hash() != *pin {
            return Err(BadHubStatement::OtherHub);
        }
        if self.tls_key != *tls_key {
            return Err(BadHubStatement::OtherKey);
        }
        let message = self.tls_key.as_bytes();
        verify(
            self.root.as_bytes(),
            Context::HubTls,
            message,
            &self.signature,
        )
        .map_err(BadHubStatement::Signature)
    }
}

/// Why the peer is not the hub that was pinned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHubStatement {
    /// The bytes are not a hub statement.
    #[error("its certificate carries no statement of a Weft hub")]
    Malformed,
    /// The root is not the pinned one.
    #[error("it is another hub than the one that the invite names")]
    OtherHub,
    /// The statement is for another key.
    #[error("it shows a statement that was made for another key")]
    OtherKey,
    /// The root did not sign the statement.
    #[error("its statement was not signed by the hub's root")]
    Signature(#[source] BadSignature),
}

/// Encodes into memory, which cannot fail for the types of this module.
pub(super) fn encode_cbor(value: &impl minicbor::Encode<()>) -> Vec<u8> {
    minicbor::to_vec(value).expect("a vector takes any bytes, and no type here refuses to encode")
}

const RECOVERY_WORDS: usize = 24;
