//! The parts of a roster (devices, seals, invites) and the effect of an operation.

use crate::{
    id::{DeviceId, DeviceIndex, EntryHash, InviteKey},
    identity::Role,
    time::Timestamp,
};

/// A device that the roster admitted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Its index in this location.
    pub dix: DeviceIndex,
    /// Its key.
    pub id: DeviceId,
    /// Its name, for people.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// When it was admitted, by its own clock.
    pub added: Timestamp,
    /// Position of the operation that admitted it. An entry that names an earlier one is invalid.
    pub added_at: usize,
    /// The end of its log, if it was revoked.
    pub sealed: Option<Seal>,
    /// The first dropped entry, if the end of its log was dropped.
    pub dropped: Option<u64>,
}

/// The end of a revoked device's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seal {
    /// The last entry that stands; 0 if there is none.
    pub dseq: u64,
    /// That entry's hash; zero if there is none.
    pub hash: EntryHash,
    /// When it was revoked, by the signer's clock.
    pub at: Timestamp,
}

/// An open device invite, expired or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenInvite {
    /// The public half of its one-time key.
    pub key: InviteKey,
    /// The new device's role.
    pub role: Role,
    /// The first moment at which it is no longer valid.
    pub expires: Timestamp,
    /// The device that made it. Revoking that device withdraws the invite.
    pub by: DeviceIndex,
}

/// The effect of an operation that was applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applied {
    /// Admitted a device.
    Added(DeviceIndex),
    /// Opened an invite.
    Invited,
    /// Withdrew an invite.
    InviteRevoked,
    /// Sealed a device's log.
    Revoked(DeviceIndex),
    /// Dropped the end of a revoked device's log.
    Dropped(DeviceIndex),
}
