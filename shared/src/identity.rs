//! Who may speak: device and root keys, invites, and each location's roster of devices.
//!
//! A location is its root key: `location_id` is a hash of it. The root signs the first roster
//! operation; after that the devices with the role `admin` admit and revoke others. The hub puts
//! the operations in order and signs none of them, so that it can add nobody.

mod invite;
mod keys;
mod operation;
mod roster;
mod words;

#[cfg(test)]
mod tests;

pub use crate::id::{InviteKey, RootPublic, Signature};
pub use invite::{
    BadAddress, BadInvite, DeviceInvite, FoundingInvite, Invite, InviteExpired, address,
};
pub use keys::{
    BadHubStatement, BadRecoveryWords, BadSignature, Context, DeviceKey, HubStatement, RootKey,
    location_zero, verify,
};
pub use operation::{BadOperation, BadRole, Operation, Role, SignedOperation, Signer, Slot};
pub use roster::{Applied, Device, OpenInvite, Roster, RosterError, Seal};
pub use words::{BadWords, ConfirmationWords, confirmation_words};

use crate::time::DAY_MS;

/// Devices of one location that are not revoked.
pub const DEVICES_LIVE_MAX: usize = 64;
/// Length of a device's name.
pub const DEVICE_NAME_BYTES_MAX: usize = 64;
/// Device invites of one location that stand open.
pub const INVITES_OPEN_MAX: usize = 64;
/// From making a founding invite to its expiry.
pub const FOUNDING_INVITE_LIFE_MS_MAX: i64 = 7 * DAY_MS;
/// From making a device invite to its expiry.
pub const DEVICE_INVITE_LIFE_MS_MAX: i64 = 30 * DAY_MS;
/// One roster operation, encoded and signed.
pub const OPERATION_BYTES_MAX: usize = 2_048;
/// Operations of a roster after which it takes neither devices nor invites; it still revokes.
pub const ROSTER_OPERATIONS_MAX: usize = 4_096;
/// Text that is read as an invite.
pub const INVITE_CHARS_MAX: usize = 1_024;
/// Heads that a checkpoint names.
pub const CHECKPOINT_HEADS_MAX: usize = 32;
/// The hub's statement in its certificate.
pub const HUB_STATEMENT_BYTES_MAX: usize = 256;

const _: () = assert!(CHECKPOINT_HEADS_MAX * 34 + 512 < OPERATION_BYTES_MAX);
const _: () = assert!(FOUNDING_INVITE_LIFE_MS_MAX <= DEVICE_INVITE_LIFE_MS_MAX);
