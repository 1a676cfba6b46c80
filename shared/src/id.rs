//! Identifiers: fixed-length bytes in hexadecimal, record ids, and the codes that people type.

mod codes;

use std::{fmt, str::FromStr};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use self::codes::{AreaCode, CurrencyCode, IndicatorCode, LocationCode, OutcomeCode};
use crate::text::{BadText, parsed};

/// SHA-256 over a domain label and parts, in this order. The label separates hashes for different
/// purposes.
pub fn sha256(label: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(label.as_bytes());
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// [`sha256`] of parts that arrive one by one.
#[derive(Clone, Debug)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Begins a hash with the label.
    pub fn new(label: &str) -> Self {
        Self(Sha256::new_with_prefix(label.as_bytes()))
    }

    /// Adds a part.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// The hash of all parts.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// The first `N` bytes of [`sha256`].
pub fn sha256_prefix<const N: usize>(label: &str, parts: &[&[u8]]) -> [u8; N] {
    let mut prefix = [0; N];
    prefix.copy_from_slice(&sha256(label, parts)[..N]);
    prefix
}

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(minicbor::Encode, minicbor::Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// Creates one from its bytes.
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// Creates one from a slice of exactly the right length.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // One write instead of one per byte: every statement contains ids.
                f.write_str(HEXLOWER.encode_mut_str(&self.0, &mut [0; 2 * $len]))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({}..)", stringify!($name), HEXLOWER.encode_display(&self.0[..4]))
            }
        }

        impl FromStr for $name {
            type Err = BadText;

            fn from_str(text: &str) -> Result<Self, BadText> {
                parse_hex(text).map(Self).ok_or_else(|| {
                    let fault =
                        concat!("is not ", $kind, ": it has ", $len, " bytes in hexadecimal");
                    BadText::new(text, fault)
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                parsed(d)
            }
        }
    };
}

fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let fits = HEXLOWER_PERMISSIVE.decode_len(text.len()) == Ok(N);
    fits.then(|| HEXLOWER_PERMISSIVE.decode_mut(text.as_bytes(), &mut bytes))?
        .ok()?;
    Some(bytes)
}

byte_id! {
    /// A location (or the hub, location zero): the first half of a hash of its root public key.
    LocationId, 16, "a location id"
}
byte_id! {
    /// A device: its Ed25519 public key, which is also its TLS identity.
    DeviceId, 32, "a device id"
}
byte_id! {
    /// A document of one location; see [`DocId::derive`].
    DocId, 16, "a document id"
}
byte_id! {
    /// SHA-256 of an entry's header.
    EntryHash, 32, "an entry hash"
}
byte_id! {
    /// SHA-256 of a signed roster operation.
    RosterHash, 32, "a roster hash"
}
byte_id! {
    /// SHA-256 of a blob's bytes.
    BlobHash, 32, "a blob hash"
}
byte_id! {
    /// SHA-256 of an indicator definition's canonical text.
    DefinitionHash, 32, "a definition hash"
}
byte_id! {
    /// SHA-256 of the bytes of a release's `manifest.json`, as any tool for checksums makes it.
    ManifestHash, 32, "a manifest's hash"
}
byte_id! {
    /// The salted hash of what a release counted of a location.
    ContributionHash, 32, "a contribution"
}
byte_id! {
    /// The hash of a link of the chain of releases.
    ReleaseHash, 32, "a release's hash"
}
byte_id! {
    /// The hash of a row of the ledger of reads; see [`crate::identity::reads`].
    ReadHash, 32, "a read's hash"
}
impl Default for ReadHash {
    /// Zeros, before the first row.
    fn default() -> Self {
        Self([0; 32])
    }
}
byte_id! {
    /// The hash of the wording that an answer is to; see [`crate::model::item::wording`].
    WordingHash, 32, "a wording's hash"
}
byte_id! {
    /// SHA-256 of a hub's root public key; every invite pins it.
    HubRootHash, 32, "a hub root hash"
}
byte_id! {
    /// The public half of a root key, a location's or the hub's; see [`crate::identity::RootKey`].
    RootPublic, 32, "a root public key"
}
byte_id! {
    /// The public half of a device invite's one-time key.
    InviteKey, 32, "an invite key"
}
byte_id! {
    /// The name of a team key: a hash of it; see [`crate::identity::TeamKey`].
    TeamKeyId, 16, "a team key's name"
}
byte_id! {
    /// An Ed25519 signature.
    Signature, 64, "signature"
}

impl EntryHash {
    /// The predecessor that the first entry of a log names.
    pub const ZERO: Self = Self([0; 32]);

    /// The first eight bytes, which tell two logs of equal length apart.
    pub fn tag(&self) -> [u8; 8] {
        let mut tag = [0; 8];
        tag.copy_from_slice(&self.0[..8]);
        tag
    }
}

impl RosterHash {
    /// The predecessor that the first operation of a roster names.
    pub const ZERO: Self = Self([0; 32]);
}

impl DocId {
    /// The id that every device derives for the same document. Two devices that start
    /// `observations/2026` offline start the same document.
    pub fn derive(location: &LocationId, name: &str, epoch: u32) -> Self {
        let name = name.as_bytes();
        Self(sha256_prefix(
            "weft/doc/1",
            &[location.as_bytes(), name, &epoch.to_be_bytes()],
        ))
    }
}

/// The document and epoch from which every device derives a document's id.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, minicbor::Encode, minicbor::Decode,
)]
pub struct DocName {
    /// The name, such as `plan` or `observations/2026`.
    #[n(0)]
    pub name: String,
    /// 0 until a checkpoint closes an epoch and begins the next.
    #[n(1)]
    pub epoch: u32,
}

impl DocName {
    /// A document in its first epoch.
    pub fn first(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            epoch: 0,
        }
    }

    /// The id of this document at `location`.
    pub fn id(&self, location: &LocationId) -> DocId {
        DocId::derive(location, &self.name, self.epoch)
    }
}

impl fmt::Display for DocName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.epoch == 0 {
            return Ok(());
        }
        write!(f, "@{}", self.epoch)
    }
}

/// The Automerge actor of a device in a document. Every replica computes it, so none can forge it.
/// `n` counts a device's actors; this version writes with the first, 0.
pub fn actor(device: &DeviceId, doc: &DocId, n: u8) -> [u8; 16] {
    sha256_prefix("weft/actor/1", &[device.as_bytes(), doc.as_bytes(), &[n]])
}

impl BlobHash {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha256("weft/blob/1", &[bytes]))
    }
}

/// A device's small index within its location, assigned by the roster operation that adds it;
/// starts at 1.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    minicbor::Encode,
    minicbor::Decode,
    Serialize,
    Deserialize,
)]
#[cbor(transparent)]
pub struct DeviceIndex(#[n(0)] pub u16);

impl fmt::Display for DeviceIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A record's id: a UUIDv7, so that ids sort by creation time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(Uuid);

impl RecordId {
    /// Makes an id from the time and ten random bytes.
    pub fn from_parts(now: crate::time::Timestamp, random: [u8; 10]) -> Self {
        let ms = u64::try_from(now.ms()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
    }

    /// When it was made, as the clock of its device said; `None` if its form tells no time.
    pub fn made(&self) -> Option<crate::time::Timestamp> {
        let (seconds, nanos) = self.0.get_timestamp()?.to_unix();
        let ms = i64::try_from(seconds).ok()?.checked_mul(1_000)?;
        let ms = ms.checked_add(i64::from(nanos / 1_000_000))?;
        Some(crate::time::Timestamp::from_ms(ms))
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RecordId {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        Uuid::try_parse(text).map(Self).map_err(|_| {
            let form = "it looks like 01936f2e-7c1a-7b2e-8a51-6d1c2f3e4a5b";
            BadText::new(text, format!("is not a record id: {form}"))
        })
    }
}

impl Serialize for RecordId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        parsed(d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_the_location_whose_own_indicator_it_would_be() {
        let location = |code: &str| IndicatorCode::parse(code).unwrap().location();
        let of = |code: &str| location(code).map(|code| code.to_string());
        assert_eq!(of("FN_SWIM_LESSONS").as_deref(), Some("FN"));
        assert_eq!(of("SMOKING_RATE").as_deref(), Some("SMOKING"));
        for code in ["FN", "FN_", "F_SWIM", "FN1_SWIM", "TOOLONGCODE_SWIM"] {
            assert_eq!(of(code), None, "{code}");
        }
    }

    #[test]
    fn an_id_is_digits_and_nothing_else() {
        let right = "0F".repeat(16).parse::<LocationId>();
        assert_eq!(right, Ok(LocationId::new([15; 16])));
        for digits in ["+f", "-1", "0x", " f", "f\n", "ōo"] {
            let text: String = digits.repeat(16).chars().take(32).collect();
            assert!(text.parse::<LocationId>().is_err(), "{text}");
        }
    }
}
