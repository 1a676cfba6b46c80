//! One operation on a roster: its content, its signer and its place in the chain.

use std::{fmt, str::FromStr};

use super::{
    OPERATION_BYTES_MAX,
    keys::{BadSignature, Context, DeviceKey, RootKey, encode_cbor, verify},
};
use crate::{
    id::{
        DeviceId, DeviceIndex, EntryHash, InviteKey, LocationId, RootPublic, RosterHash, Signature,
        sha256,
    },
    time::Timestamp,
};

/// A device's rights over its location's roster.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, minicbor::Encode, minicbor::Decode,
)]
#[cbor(index_only)]
pub enum Role {
    /// Can write, and can invite and revoke devices.
    #[n(0)]
    Admin,
    /// Can write to the location's log, but not change the roster.
    #[n(1)]
    Member,
}

impl Role {
    /// The role's name, as people write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = BadRole;

    fn from_str(text: &str) -> Result<Self, BadRole> {
        let text = text.trim().to_ascii_lowercase();
        [Self::Admin, Self::Member]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(BadRole)
    }
}

/// Text that is not a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is admin or member")]
pub struct BadRole;

/// The signer of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub enum Signer {
    /// The location's root.
    #[n(0)]
    Root(#[n(0)] RootPublic),
    /// A device that is already in the roster.
    #[n(1)]
    Device(#[n(0)] DeviceIndex),
    /// A device invite's one-time key.
    #[n(2)]
    Invite(#[n(0)] InviteKey),
}

/// The effect of an operation. The numbers are the wire format and are never reused.
#[derive(Clone, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub enum Operation {
    /// Admits a device; it takes the next `dix`. Signed by the root or by an open invite.
    #[n(0)]
    AddDevice {
        /// Its key.
        #[n(0)]
        device: DeviceId,
        /// Its name, for people.
        #[n(1)]
        name: String,
        /// Its role, which must be the invite's.
        #[n(2)]
        role: Role,
    },
    /// Lets the holder of the one-time key add one device.
    #[n(1)]
    Invite {
        /// The public half of the one-time key.
        #[n(0)]
        key: InviteKey,
        /// The new device's role.
        #[n(1)]
        role: Role,
        /// The first moment at which it is no longer valid.
        #[n(2)]
        expires: Timestamp,
    },
    /// Withdraws an unused invite.
    #[n(2)]
    RevokeInvite {
        /// The public half of the one-time key.
        #[n(0)]
        key: InviteKey,
    },
    /// Seals a device's log at a height: no entry above it will ever be accepted.
    #[n(3)]
    RevokeDevice {
        /// The device.
        #[n(0)]
        dix: DeviceIndex,
        /// The last entry that stands; 0 if there is none.
        #[n(1)]
        dseq: u64,
        /// That entry's hash; zero if there is none.
        #[n(2)]
        hash: EntryHash,
    },
    /// Drops the end of a revoked device's log: its entries leave all documents, but their headers
    /// stay.
    #[n(5)]
    Void {
        /// The device.
        #[n(0)]
        dix: DeviceIndex,
        /// The first entry to drop.
        #[n(1)]
        first: u64,
        /// The last entry to drop, at which the log is sealed.
        #[n(2)]
        last: u64,
        /// That last entry's hash.
        #[n(3)]
        hash: EntryHash,
    },
}

/// An operation's place: its roster, its predecessor and the time it was made. See
/// [`super::Roster::slot`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// The location that the roster belongs to.
    pub location: LocationId,
    /// The operation before it; zero if it is the first.
    pub prev: RosterHash,
    /// When it was made, by the signer's clock.
    pub at: Timestamp,
}

/// A signed operation at its place in the chain. On the wire it is a byte string that holds
/// [`Self::encode`], so its hash stays the same however it is relayed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedOperation {
    /// Its place.
    pub slot: Slot,
    /// The signer.
    pub signer: Signer,
    /// The operation itself.
    pub operation: Operation,
    /// Signature over everything above, in [`Context::Roster`].
    pub signature: Signature,
}

impl SignedOperation {
    /// Signs as the root.
    pub fn sign_root(slot: Slot, operation: Operation, root: &RootKey) -> Self {
        Self::sign(slot, Signer::Root(root.public()), operation, |message| {
            root.sign(Context::Roster, message)
        })
    }

    /// Signs as the device with this index.
    pub fn sign_device(
        slot: Slot,
        operation: Operation,
        dix: DeviceIndex,
        key: &DeviceKey,
    ) -> Self {
        Self::sign(slot, Signer::Device(dix), operation, |message| {
            key.sign(Context::Roster, message)
        })
    }

    /// Signs with the one-time key of an invite; see [`super::DeviceInvite::signing_key`].
    pub fn sign_invite(slot: Slot, operation: Operation, invite: &DeviceKey) -> Self {
        let key = InviteKey::new(*invite.id().as_bytes());
        Self::sign(slot, Signer::Invite(key), operation, |message| {
            invite.sign(Context::Roster, message)
        })
    }

    fn sign(
        slot: Slot,
        signer: Signer,
        operation: Operation,
        sign: impl FnOnce(&[u8]) -> Signature,
    ) -> Self {
        let signature = sign(&message(&slot, &signer, &operation));
        Self {
            slot,
            signer,
            operation,
            signature,
        }
    }

    /// Whether `key` signed this.
    pub(super) fn verify(&self, key: &[u8; 32]) -> Result<(), BadSignature> {
        let message = message(&self.slot, &self.signer, &self.operation);
        verify(key, Context::Roster, &message, &self.signature)
    }

    /// Encodes the operation as canonical CBOR.
    pub fn encode(&self) -> Vec<u8> {
        let Slot { location, prev, at } = self.slot;
        let (signer, operation) = (&self.signer, &self.operation);
        encode_cbor(&(location, prev, at, signer, operation, &self.signature))
    }

    /// Parses the output of [`Self::encode`], and rejects any other encoding of the same operation.
    ///
    /// # Errors
    /// If there are too many bytes, or they are not an operation in its canonical form.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadOperation> {
        if bytes.len() > OPERATION_BYTES_MAX {
            return Err(BadOperation::TooLong);
        }
        let (location, prev, at, signer, operation, signature) =
            minicbor::decode(bytes).map_err(|_| BadOperation::Malformed)?;
        let read = Self {
            slot: Slot { location, prev, at },
            signer,
            operation,
            signature,
        };
        // A second encoding of the same operation would have another hash and split the chain.
        if read.encode() == bytes {
            Ok(read)
        } else {
            Err(BadOperation::NotCanonical)
        }
    }

    /// The hash by which the next operation names this one; it covers the signature too.
    pub fn hash(&self) -> RosterHash {
        RosterHash::new(sha256("weft/operation/1", &[&self.encode()]))
    }
}

impl<C> minicbor::Encode<C> for SignedOperation {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&Self::encode(self))?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for SignedOperation {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::decode(d.bytes()?).map_err(|_| minicbor::decode::Error::message("roster operation"))
    }
}

/// Bytes that are not a roster operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadOperation {
    /// Longer than [`OPERATION_BYTES_MAX`].
    #[error("a roster operation has more than {OPERATION_BYTES_MAX} bytes")]
    TooLong,
    /// Not an operation.
    #[error("the bytes are no roster operation that this version knows")]
    Malformed,
    /// An operation that is not in its canonical form.
    #[error("a roster operation is not in its canonical form")]
    NotCanonical,
}

fn message(slot: &Slot, signer: &Signer, operation: &Operation) -> Vec<u8> {
    let Slot { location, prev, at } = *slot;
    encode_cbor(&(location, prev, at, signer, operation))
}
