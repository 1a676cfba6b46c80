//! Why a roster refuses an operation, in words for the person who tried.

use crate::{
    id::{DeviceIndex, RosterHash},
    identity::{BadSignature, DEVICE_NAME_BYTES_MAX, DEVICES_LIVE_MAX, INVITES_OPEN_MAX, Role},
    time::Timestamp,
};

/// Why an operation does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// Made for another roster.
    #[error("the operation belongs to another location's roster")]
    OtherLocation,
    /// Another operation came first; sign again after the current head.
    #[error("the roster has moved on since this was signed: take the new operations, sign again")]
    OutOfPlace {
        /// The roster's head.
        head: RosterHash,
        /// The operation's predecessor.
        prev: RosterHash,
    },
    /// The named signer's key did not make the signature.
    #[error("a roster operation is not signed by whom it names")]
    Signature(#[source] BadSignature),
    /// The root key belongs to another location.
    #[error("the operation is signed by a root key that is not this location's")]
    OtherRoot,
    /// The first operation must be signed by the root.
    #[error("a roster begins with a device that the location's root key adds")]
    NoRoot,
    /// The first device must be able to invite.
    #[error("the first device of a location is an admin")]
    FirstNotAdmin,
    /// No device has this index.
    #[error("the roster has no device {0}: `weft-node device list` shows those it has")]
    UnknownDevice(DeviceIndex),
    /// A revoked device cannot sign.
    #[error("device {0} is revoked and can no longer change the roster")]
    SignerRevoked(DeviceIndex),
    /// Members may write, but not change the roster.
    #[error("device {0} is a member, and only an admin device invites and revokes: do it there")]
    NotAdmin(DeviceIndex),
    /// Devices invite, invites add, and the root adds and revokes.
    #[error("the operation is signed by a key of the wrong kind")]
    WrongSigner,
    /// No operation in the roster made this invite.
    #[error("the location knows no such invite: ask its team for a new one")]
    InviteUnknown,
    /// An invite admits one device.
    #[error("the invite has been used: each admits one device; ask for another")]
    InviteSpent,
    /// Withdrawn, or made by a device that has since been revoked.
    #[error("the invite was withdrawn: ask the location's team for a new one")]
    InviteRevoked,
    /// The invite has expired.
    #[error("the invite expired at {0}: ask the location's team for a new one")]
    InviteExpired(Timestamp),
    /// A one-time key is used once.
    #[error("an invite with this key has been made before")]
    InviteExists,
    /// The expiry is in the past, or too late: [`crate::identity::DEVICE_INVITE_LIFE_MS_MAX`].
    #[error("a device invite expires after it is made, and at most 30 days later")]
    BadExpiry,
    /// More than [`INVITES_OPEN_MAX`] are open.
    #[error("{INVITES_OPEN_MAX} device invites stand open: withdraw some, or let them expire")]
    TooManyInvites,
    /// The invite is for another role.
    #[error("the invite is for the role {invited}, and the device claims {claimed}")]
    OtherRole {
        /// The invite's role.
        invited: Role,
        /// The role that the device claims.
        claimed: Role,
    },
    /// The device's name is empty, too long or not readable.
    #[error(
        "a device's name has 1 to {DEVICE_NAME_BYTES_MAX} bytes, no line breaks and no other \
         control characters"
    )]
    BadName,
    /// Anyone could sign under such a key.
    #[error("the key is no Ed25519 key that can be trusted")]
    BadKey,
    /// A key belongs to one device for good.
    #[error("this key is device {0} already: a revoked device comes back under a new key")]
    DeviceExists(DeviceIndex),
    /// There are [`DEVICES_LIVE_MAX`] already.
    #[error("the location has {DEVICES_LIVE_MAX} devices, and cannot have more: revoke one first")]
    TooManyDevices,
    /// A log is sealed once.
    #[error("device {0} is revoked already")]
    AlreadyRevoked(DeviceIndex),
    /// Only the entries of a revoked device can be dropped.
    #[error("device {0} is not revoked: revoke it first")]
    NotRevoked(DeviceIndex),
    /// The dropped entries must be the end of the log.
    #[error("what is dropped of device {0} is not the end of its log")]
    NotTheEnd(DeviceIndex),
    /// These entries have already been dropped.
    #[error("these entries of device {0} have been dropped already")]
    AlreadyDropped(DeviceIndex),
    /// A height of zero needs a zero hash, and the reverse.
    #[error("the seal's height and hash do not belong together")]
    BadSeal,
    /// No device could invite after this.
    #[error("this is the location's last admin device: invite another admin device first")]
    LastAdmin,
    /// There are [`crate::identity::ROSTER_OPERATIONS_MAX`] operations.
    #[error("the roster is full: it takes no further devices and invites")]
    Full,
}
