//! Why a roster refuses an operation, in words for the person who tried.

use crate::{
    id::{Dix, RosterHash},
    identity::{BadSignature, DEVICE_NAME_BYTES_MAX, DEVICES_LIVE_MAX, INVITES_OPEN_MAX, Role},
    time::Timestamp,
};

/// Why an operation does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// Made for another roster.
    #[error("the operation belongs to another location's roster")]
    OtherLocation,
    /// Another operation came first; sign again after the head.
    #[error("the roster has moved on since this was signed: take the new operations, sign again")]
    OutOfPlace {
        /// Where the roster stands.
        head: RosterHash,
        /// What the operation follows.
        prev: RosterHash,
    },
    /// The signer's key did not make the signature.
    #[error("a roster operation is not signed by whom it names")]
    Signature(#[source] BadSignature),
    /// The root key is another location's.
    #[error("the operation is signed by a root key that is not this location's")]
    OtherRoot,
    /// A roster begins with the root's word.
    #[error("a roster begins with a device that the location's root key adds")]
    NoRoot,
    /// The first device must be able to invite.
    #[error("the first device of a location is an admin")]
    FirstNotAdmin,
    /// No device has this index.
    #[error("the roster has no device {dix}: `weft-node device list` shows those it has")]
    UnknownDevice {
        /// Which.
        dix: Dix,
    },
    /// A revoked device signs nothing.
    #[error("device {dix} is revoked and can no longer change the roster")]
    SignerRevoked {
        /// Which.
        dix: Dix,
    },
    /// Members write, and leave the roster alone.
    #[error("device {dix} is a member, and only an admin device invites and revokes: do it there")]
    NotAdmin {
        /// Which.
        dix: Dix,
    },
    /// Devices invite, invites add, the root adds and revokes.
    #[error("the operation is signed by a key of the wrong kind")]
    WrongSigner,
    /// Nobody signed such an invite into the roster.
    #[error("the location knows no such invite: ask its team for a new one")]
    InviteUnknown,
    /// One invite, one device.
    #[error("the invite has been used: each admits one device; ask for another")]
    InviteSpent,
    /// Withdrawn, or made by a device that was revoked since.
    #[error("the invite was withdrawn: ask the location's team for a new one")]
    InviteRevoked,
    /// Its time is over.
    #[error("the invite expired at {expires}: ask the location's team for a new one")]
    InviteExpired {
        /// When.
        expires: Timestamp,
    },
    /// A one-time key serves once.
    #[error("an invite with this key has been made before")]
    InviteExists,
    /// Neither in the past nor beyond [`crate::identity::DEVICE_INVITE_LIFE_MS_MAX`].
    #[error("a device invite expires after it is made, and at most 30 days later")]
    BadExpiry,
    /// At most [`INVITES_OPEN_MAX`].
    #[error("{INVITES_OPEN_MAX} device invites stand open: withdraw some, or let them expire")]
    TooManyInvites,
    /// The invite was for another role.
    #[error("the invite is for the role {invited}, and the device claims {claimed}")]
    OtherRole {
        /// What the invite says.
        invited: Role,
        /// What the device says.
        claimed: Role,
    },
    /// A name that people can read.
    #[error(
        "a device's name has 1 to {DEVICE_NAME_BYTES_MAX} bytes, no line breaks and no other \
         control characters"
    )]
    BadName,
    /// Under such a key anybody could sign.
    #[error("the key is no Ed25519 key that can be trusted")]
    BadKey,
    /// A key is one device, for good.
    #[error("this key is device {dix} already: a revoked device comes back under a new key")]
    DeviceExists {
        /// Which.
        dix: Dix,
    },
    /// At most [`DEVICES_LIVE_MAX`].
    #[error("the location has {DEVICES_LIVE_MAX} devices, and cannot have more: revoke one first")]
    TooManyDevices,
    /// A log is sealed once.
    #[error("device {dix} is revoked already")]
    AlreadyRevoked {
        /// Which.
        dix: Dix,
    },
    /// Only what a revoked device wrote can be dropped.
    #[error("device {dix} is not revoked: revoke it first")]
    NotRevoked {
        /// Which.
        dix: Dix,
    },
    /// What is dropped ends where the log does.
    #[error("what is dropped of device {dix} is not the end of its log")]
    NotTheEnd {
        /// Which.
        dix: Dix,
    },
    /// As much was dropped before.
    #[error("these entries of device {dix} have been dropped already")]
    AlreadyDropped {
        /// Which.
        dix: Dix,
    },
    /// Zero height and zero hash go together.
    #[error("the seal's height and hash do not belong together")]
    BadSeal,
    /// Nobody could invite any more.
    #[error("this is the location's last admin device: invite another admin device first")]
    LastAdmin,
    /// At most [`crate::identity::ROSTER_OPERATIONS_MAX`].
    #[error("the roster is full: it takes no further devices and invites")]
    Full,
    /// Numbered for a later version.
    #[error("the operation {operation} is not supported by this version: update this program")]
    NotSupported {
        /// Its name.
        operation: &'static str,
    },
}
