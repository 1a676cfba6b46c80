//! What a roster holds and says: devices, seals, invites, and what an operation did.

use crate::{
    id::{DeviceId, Dix, EntryHash, InviteKey},
    identity::Role,
    time::Timestamp,
};

/// A device that the roster admitted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Its index in this location.
    pub dix: Dix,
    /// Its key.
    pub id: DeviceId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was admitted, by its own clock.
    pub added: Timestamp,
    /// Position of the operation that admitted it; an entry that names an earlier one is false.
    pub added_at: usize,
    /// Where its log ends, if it was revoked.
    pub sealed: Option<Seal>,
    /// The first entry of the end of its log that was dropped, if one was.
    pub dropped: Option<u64>,
}

/// Where a revoked device's log ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seal {
    /// The last entry that stands; 0 where there is none.
    pub dseq: u64,
    /// That entry's hash; zero where there is none.
    pub hash: EntryHash,
    /// When it was revoked, by the signer's clock.
    pub at: Timestamp,
    /// Position of the operation that revoked it.
    pub sealed_at: usize,
}

/// A device invite that stands open, expired or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenInvite {
    /// The public half of its one-time key.
    pub key: InviteKey,
    /// The role of the device to come.
    pub role: Role,
    /// From this moment on it admits nobody.
    pub expires: Timestamp,
    /// Who made it; revoking that device withdraws it too.
    pub by: Dix,
    /// When it was made, by the signer's clock.
    pub made: Timestamp,
}

/// What an operation did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applied {
    /// Admitted a device.
    Added(Dix),
    /// Opened an invite.
    Invited,
    /// Withdrew an invite.
    InviteRevoked,
    /// Sealed a device's log.
    Revoked(Dix),
    /// Dropped the end of a revoked device's log.
    Dropped(Dix),
}
