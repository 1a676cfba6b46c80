//! The membership that a device asks for, and by which right.

use weft_host::{data_dir::DataDir, failure::Failure};
use weft_shared::{
    id::{HubRootHash, LocationId, RootPublic},
    identity::{
        ConfirmationWords, DeviceInvite, DeviceKey, FoundingInvite, Operation, Role, RootKey,
        Roster, SignedOperation,
    },
    time::Timestamp,
};

use super::{FOUNDING, Recovery, found, kept, lied, words};

/// The membership that the device requests, and by which right.
pub(crate) enum Wish<'a> {
    Found {
        invite: &'a FoundingInvite,
        operation: SignedOperation,
        root: RootPublic,
    },
    Enter {
        invite: &'a DeviceInvite,
        add: Operation,
    },
    /// The location is there, and its root admits the device.
    ComeBack {
        invite: &'a FoundingInvite,
        root: Box<RootKey>,
        add: Operation,
    },
}

impl<'a> Wish<'a> {
    /// Signs the first operation with the location's root, and forgets the root. A person has its
    /// words by then.
    pub(super) fn found(
        dir: &DataDir,
        invite: &'a FoundingInvite,
        key: &DeviceKey,
        device_name: &str,
        recovery: Recovery<'_>,
    ) -> Result<Self, Failure> {
        let root = words::root(&kept(dir)?, recovery)?;
        let operation = found(&root, key, device_name);
        dir.write_secret(FOUNDING, &operation.encode())
            .map_err(Failure::failed_error)?;
        Ok(Self::Found {
            invite,
            operation,
            root: root.public(),
        })
    }

    pub(super) fn enter(invite: &'a DeviceInvite, key: &DeviceKey, device_name: &str) -> Self {
        Self::Enter {
            invite,
            add: Operation::AddDevice {
                device: key.id(),
                name: device_name.to_owned(),
                role: invite.role,
            },
        }
    }

    /// Asks to come back with the recovery words that a person has.
    pub(super) fn come_back(
        invite: &'a FoundingInvite,
        key: &DeviceKey,
        device_name: &str,
        recovery: Recovery<'_>,
    ) -> Result<Self, Failure> {
        let Recovery::Held(root) = recovery else {
            return Err(Failure::usage(
                "A way back needs the location's recovery words.",
            ));
        };
        Ok(Self::ComeBack {
            invite,
            root,
            add: Operation::AddDevice {
                device: key.id(),
                name: device_name.to_owned(),
                role: Role::Admin,
            },
        })
    }

    pub(crate) fn address(&self) -> &str {
        match self {
            Self::Found { invite, .. } | Self::ComeBack { invite, .. } => &invite.address,
            Self::Enter { invite, .. } => &invite.address,
        }
    }

    pub(crate) const fn hub(&self) -> &HubRootHash {
        match self {
            Self::Found { invite, .. } | Self::ComeBack { invite, .. } => &invite.hub,
            Self::Enter { invite, .. } => &invite.hub,
        }
    }

    fn location(&self) -> LocationId {
        match self {
            Self::Found { root, .. } => root.location_id(),
            Self::ComeBack { root, .. } => root.public().location_id(),
            Self::Enter { invite, .. } => invite.location,
        }
    }

    /// Returns the signed operation that adds the device, on top of `roster`.
    pub(crate) fn operation(&self, roster: &Roster, now: Timestamp) -> SignedOperation {
        match self {
            Self::Found { operation, .. } => operation.clone(),
            Self::ComeBack { root, add, .. } => {
                SignedOperation::sign_root(roster.slot(now), add.clone(), root)
            }
            Self::Enter { invite, add } => {
                SignedOperation::sign_invite(roster.slot(now), add.clone(), &invite.signing_key())
            }
        }
    }

    /// Returns the empty roster from which replay starts.
    pub(crate) fn empty_roster(&self) -> Roster {
        Roster::new(self.location())
    }

    pub(super) fn words(
        &self,
        roster: &Roster,
        key: &DeviceKey,
    ) -> Result<ConfirmationWords, Failure> {
        let root = roster.root().ok_or_else(|| lied("sent an empty roster"))?;
        Ok(match self {
            Self::Found { invite, .. } | Self::ComeBack { invite, .. } => {
                invite.confirmation_words(root, &key.id())
            }
            Self::Enter { invite, .. } => invite.confirmation_words(root, &key.id()),
        })
    }
}
