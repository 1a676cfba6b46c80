//! The keys that seal what a team keeps to itself, and how a device gives one to a colleague's.
//!
//! A team key is 32 random bytes that one of the location's devices made. Everything with the
//! audience `team` is sealed with one (XChaCha20-Poly1305). A device gives the key to another by
//! HPKE (RFC 9180, base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305) to that device's own key,
//! which the location's roster names. So only devices that the location admitted can open anything,
//! and neither the hub nor a person with a copy of the hub's store can add a reader.

use std::{collections::BTreeMap, fmt};

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use ed25519_dalek::VerifyingKey;
use hpke::{
    Deserializable as _, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305,
    kdf::HkdfSha256, kem::X25519HkdfSha256,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use super::DeviceKey;
use crate::id::{DeviceId, LocationId, TeamKeyId, sha256_prefix};

/// Length of a grant: a fresh public key of 32 bytes, the key, and an authentication tag of 16.
pub const GRANT_BYTES: usize = 32 + 32 + 16;
/// Length of the number that is drawn for each sealing.
pub const NONCE_BYTES: usize = 24;

type Exchange = X25519HkdfSha256;

/// A key that the devices of one location share.
#[derive(Clone, PartialEq, Eq)]
pub struct TeamKey([u8; 32]);

/// Bytes that were not sealed with this key, for this place, or for this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is sealed does not open: it was altered, or belongs elsewhere")]
pub struct Altered;

impl TeamKey {
    /// Makes a key of 32 secret random bytes.
    pub const fn from_seed(seed: [u8; 32]) -> Self {
        Self(seed)
    }

    /// The key's name, which gives nothing of it away.
    pub fn id(&self) -> TeamKeyId {
        TeamKeyId::new(sha256_prefix("weft/team-key/1", &[&self.0]))
    }

    /// Seals this key for a device of `location`; `seed` is 32 secret random bytes, never used
    /// before. Returns `None` if the device's key is malformed: no roster admits one.
    pub fn grant(
        &self,
        location: &LocationId,
        to: &DeviceId,
        seed: [u8; 32],
    ) -> Option<[u8; GRANT_BYTES]> {
        let to_key = VerifyingKey::from_bytes(to.as_bytes())
            .ok()?
            .to_montgomery();
        let to_key = <Exchange as hpke::Kem>::PublicKey::from_bytes(to_key.as_bytes()).ok()?;
        let mut random = ChaCha20Rng::from_seed(seed);
        let sealed = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Exchange, _>(
            &OpModeS::Base,
            &to_key,
            &purpose(location, &self.id()),
            &self.0,
            to.as_bytes(),
            &mut random,
        );
        let (fresh, sealed) = sealed.ok()?;
        let mut grant = [0; GRANT_BYTES];
        grant[..32].copy_from_slice(&fresh.to_bytes());
        grant[32..].copy_from_slice(&sealed);
        Some(grant)
    }

    /// Opens a grant to this device.
    ///
    /// # Errors
    /// If it was made for another device, location or key, or was altered.
    pub fn from_grant(
        location: &LocationId,
        own: &DeviceKey,
        id: &TeamKeyId,
        grant: &[u8; GRANT_BYTES],
    ) -> Result<Self, Altered> {
        let (fresh, sealed) = grant.split_at(32);
        let secret = <Exchange as hpke::Kem>::PrivateKey::from_bytes(&own.exchange_secret());
        let fresh = <Exchange as hpke::Kem>::EncappedKey::from_bytes(fresh);
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Exchange>(
            &OpModeR::Base,
            &secret.map_err(|_| Altered)?,
            &fresh.map_err(|_| Altered)?,
            &purpose(location, id),
            sealed,
            own.id().as_bytes(),
        );
        let opened = opened.map_err(|_| Altered)?;
        let key = Self(opened.try_into().map_err(|_| Altered)?);
        // A member could name another key than the one inside.
        if key.id() != *id {
            return Err(Altered);
        }
        Ok(key)
    }

    /// Seals `plain` for one place; `nonce` is random, and never used before with this key.
    pub fn seal(&self, place: &[u8], nonce: &[u8; NONCE_BYTES], plain: &[u8]) -> Vec<u8> {
        let payload = Payload {
            msg: plain,
            aad: place,
        };
        let sealed = self.cipher().encrypt(&XNonce::from(*nonce), payload);
        sealed.expect("what fits an entry is far below the cipher's limit")
    }

    /// Opens what [`Self::seal`] made.
    ///
    /// # Errors
    /// If it was sealed with another key or for another place, or was altered.
    pub fn open(
        &self,
        place: &[u8],
        nonce: &[u8; NONCE_BYTES],
        sealed: &[u8],
    ) -> Result<Vec<u8>, Altered> {
        let payload = Payload {
            msg: sealed,
            aad: place,
        };
        let opened = self.cipher().decrypt(&XNonce::from(*nonce), payload);
        opened.map_err(|_| Altered)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&self.0).into())
    }
}

impl fmt::Debug for TeamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TeamKey").field(&self.id()).finish()
    }
}

/// Binds a grant, so that it cannot serve another location or name another key.
fn purpose(location: &LocationId, key: &TeamKeyId) -> Vec<u8> {
    [
        b"weft/team-grant/1".as_slice(),
        location.as_bytes(),
        key.as_bytes(),
    ]
    .concat()
}

/// The team keys that a device can open, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamKeys(BTreeMap<TeamKeyId, TeamKey>);

impl TeamKeys {
    /// No key at all, as the hub has it.
    pub const NONE: Self = Self(BTreeMap::new());

    /// The key with this name.
    pub fn get(&self, id: &TeamKeyId) -> Option<&TeamKey> {
        self.0.get(id)
    }

    /// Adds a key. Returns whether it is new.
    pub fn insert(&mut self, key: TeamKey) -> bool {
        self.0.insert(key.id(), key).is_none()
    }

    /// The keys, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&TeamKeyId, &TeamKey)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(seed: u8) -> DeviceKey {
        DeviceKey::from_seed([seed; 32])
    }

    #[test]
    fn a_grant_opens_for_its_device_at_its_location_under_its_name_alone() {
        let (here, elsewhere) = (LocationId::new([1; 16]), LocationId::new([2; 16]));
        let key = TeamKey::from_seed([7; 32]);
        let grant = key.grant(&here, &device(3).id(), [9; 32]).unwrap();
        let open = |location, own: u8, id: &TeamKeyId, grant| {
            TeamKey::from_grant(location, &device(own), id, grant)
        };
        assert_eq!(open(&here, 3, &key.id(), &grant), Ok(key.clone()));
        assert_eq!(open(&here, 4, &key.id(), &grant), Err(Altered));
        assert_eq!(open(&elsewhere, 3, &key.id(), &grant), Err(Altered));
        let other = TeamKey::from_seed([8; 32]).id();
        assert_eq!(open(&here, 3, &other, &grant), Err(Altered));
        for at in 0..GRANT_BYTES {
            let mut altered = grant;
            altered[at] ^= 1;
            let opened = TeamKey::from_grant(&here, &device(3), &key.id(), &altered);
            assert_eq!(opened, Err(Altered), "{at}");
        }
    }

    /// A member's device seals a wrong key under a right name.
    #[test]
    fn a_grant_of_another_key_under_this_name_is_refused() {
        let here = LocationId::new([1; 16]);
        let (key, false_key) = (TeamKey::from_seed([7; 32]), TeamKey::from_seed([8; 32]));
        let to = device(3);
        let public = VerifyingKey::from_bytes(to.id().as_bytes()).unwrap();
        let public = public.to_montgomery();
        let public = <Exchange as hpke::Kem>::PublicKey::from_bytes(public.as_bytes()).unwrap();
        let (fresh, sealed) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Exchange, _>(
            &OpModeS::Base,
            &public,
            &purpose(&here, &key.id()),
            &false_key.0,
            to.id().as_bytes(),
            &mut ChaCha20Rng::from_seed([1; 32]),
        )
        .unwrap();
        let grant: Vec<u8> = [fresh.to_bytes().to_vec(), sealed].concat();
        let grant = grant.try_into().unwrap();
        let opened = TeamKey::from_grant(&here, &to, &key.id(), &grant);
        assert_eq!(opened, Err(Altered));
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_with_its_key_alone() {
        let key = TeamKey::from_seed([7; 32]);
        let nonce = [5; NONCE_BYTES];
        let sealed = key.seal(b"here", &nonce, b"kia ora");
        assert_eq!(sealed.len(), 7 + 16);
        assert_eq!(key.open(b"here", &nonce, &sealed).unwrap(), b"kia ora");
        assert_eq!(key.open(b"there", &nonce, &sealed), Err(Altered));
        assert_eq!(key.open(b"here", &[6; 24], &sealed), Err(Altered));
        let other = TeamKey::from_seed([8; 32]);
        assert_eq!(other.open(b"here", &nonce, &sealed), Err(Altered));
        let mut altered = sealed;
        altered[0] ^= 1;
        assert_eq!(key.open(b"here", &nonce, &altered), Err(Altered));
    }

    #[test]
    fn a_key_is_printed_by_its_name_only() {
        let key = TeamKey::from_seed([0x5a; 32]);
        assert!(!format!("{key:?}").contains("5a5a"), "{key:?}");
    }
}
