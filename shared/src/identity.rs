//! Devices and root keys, invites, and each location's roster of devices.
//!
//! A location is its root key: `location_id` is a hash of it. The root signs the first roster
//! operation; after that the devices with the role `admin` admit and revoke others. The hub orders
//! the operations but signs none of them, so it cannot add a device.

mod invite;
mod keys;
mod operation;
pub mod reads;
mod roster;
mod team_key;
mod words;

#[cfg(test)]
mod tests;

pub use crate::id::{InviteKey, RootPublic, Signature};
pub use invite::{
    BadAddress, BadInvite, DeviceInvite, FoundingInvite, INVITE_NAME_BYTES_MAX, Invite,
    InviteExpired, InviteNames, address, invite_life_ms,
};
pub use keys::{
    BadHubStatement, BadRecoveryWords, BadSignature, Context, DeviceKey, HubStatement, RootKey,
    location_zero, verify,
};
pub use operation::{BadOperation, BadRole, Operation, Role, SignedOperation, Signer, Slot};
pub use roster::{Applied, Device, OpenInvite, Roster, RosterError, Seal};
pub use team_key::{Altered, GRANT_BYTES, NONCE_BYTES, TeamKey, TeamKeys};
pub use words::{BadWords, ConfirmationWords, confirmation_words};

use crate::time::DAY_MS;

/// Maximum number of devices of one location that are not revoked.
pub const DEVICES_LIVE_MAX: usize = 64;
/// Maximum length of a device's name.
pub const DEVICE_NAME_BYTES_MAX: usize = 64;
/// Maximum number of open device invites of one location.
pub const INVITES_OPEN_MAX: usize = 64;
/// Maximum time, in days, for which a person can make an invite of either kind.
pub const INVITE_DAYS_MAX: i64 = 7;
/// Maximum time from making a founding invite to its expiry.
pub const FOUNDING_INVITE_LIFE_MS_MAX: i64 = INVITE_DAYS_MAX * DAY_MS;
/// Maximum time from making a device invite to its expiry that a roster accepts.
pub const DEVICE_INVITE_LIFE_MS_MAX: i64 = 30 * DAY_MS;
/// Maximum size of a roster operation, encoded and signed.
pub const OPERATION_BYTES_MAX: usize = 2_048;
/// Number of operations after which a roster takes no devices or invites. It can still revoke.
pub const ROSTER_OPERATIONS_MAX: usize = 4_096;
/// Maximum length of a text that is parsed as an invite.
pub const INVITE_CHARS_MAX: usize = 1_024;
/// Maximum size of the hub's statement in its certificate.
pub const HUB_STATEMENT_BYTES_MAX: usize = 256;

const _: () = assert!(FOUNDING_INVITE_LIFE_MS_MAX <= DEVICE_INVITE_LIFE_MS_MAX);
