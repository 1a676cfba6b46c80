//! A location's roster: the devices that may write, from which operation on and up to which height.

mod error;
mod parts;

use std::collections::BTreeMap;

pub use error::RosterError;
pub use parts::{Applied, Device, OpenInvite, Seal};

use super::{
    DEVICE_INVITE_LIFE_MS_MAX, DEVICE_NAME_BYTES_MAX, DEVICES_LIVE_MAX, INVITES_OPEN_MAX,
    ROSTER_OPERATIONS_MAX,
    keys::is_usable,
    operation::{Operation, Role, SignedOperation, Signer, Slot},
};
use crate::{
    id::{DeviceId, DeviceIndex, EntryHash, InviteKey, LocationId, RootPublic, RosterHash},
    time::Timestamp,
};

/// The state that a location's chain of operations leads to. Every replica verifies the whole
/// chain, beginning with the root: the location's id is a hash of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Roster {
    location: LocationId,
    root: Option<RootPublic>,
    head: RosterHash,
    positions: BTreeMap<RosterHash, usize>,
    devices: Vec<Device>,
    invites: BTreeMap<InviteKey, HeldInvite>,
    /// Position of the last revocation; 0 if there is none.
    revoked_at: usize,
}

impl Roster {
    /// Creates the empty roster of a location.
    pub fn new(location: LocationId) -> Self {
        Self {
            location,
            root: None,
            head: RosterHash::ZERO,
            positions: BTreeMap::new(),
            devices: Vec::new(),
            invites: BTreeMap::new(),
            revoked_at: 0,
        }
    }

    /// Verifies a whole chain from its beginning.
    ///
    /// # Errors
    /// Returns the first operation that does not hold, with its position.
    pub fn replay<'a>(
        location: LocationId,
        operations: impl IntoIterator<Item = &'a SignedOperation>,
    ) -> Result<Self, (usize, RosterError)> {
        let mut roster = Self::new(location);
        for (position, operation) in operations.into_iter().enumerate() {
            roster.apply(operation).map_err(|error| (position, error))?;
        }
        Ok(roster)
    }

    /// Verifies the operation's place, signature and authority, and applies it. A refused operation
    /// leaves the roster unchanged.
    ///
    /// An invite's expiry is compared with the time that the operation claims. The hub, which
    /// orders operations, first asks [`Self::open_invite`] by its own clock.
    ///
    /// # Errors
    /// If the operation does not hold. The error says why.
    pub fn apply(&mut self, signed: &SignedOperation) -> Result<Applied, RosterError> {
        if signed.slot.location != self.location {
            return Err(RosterError::OtherLocation);
        }
        if signed.slot.prev != self.head {
            return Err(RosterError::OutOfPlace {
                head: self.head,
                prev: signed.slot.prev,
            });
        }
        let authority = self.authority(&signed.signer)?;
        signed
            .verify(&authority.key())
            .map_err(RosterError::Signature)?;
        let slot = &signed.slot;
        let applied = match &signed.operation {
            Operation::AddDevice { device, name, role } => {
                self.add(authority, slot, *device, name, *role)
            }
            Operation::Invite { key, role, expires } => {
                self.invite(authority, slot, *key, *role, *expires)
            }
            Operation::RevokeInvite { key } => self.revoke_invite(authority, key),
            Operation::RevokeDevice { dix, dseq, hash } => {
                self.revoke(authority, slot, *dix, *dseq, *hash)
            }
            Operation::Void {
                dix,
                first,
                last,
                hash,
            } => self.drop_end(authority, *dix, (*first, *last), *hash),
        }?;
        if let Authority::Root(root) = authority {
            self.root = Some(root);
        }
        if let Applied::Revoked(_) = applied {
            self.revoked_at = self.len();
        }
        self.head = signed.hash();
        self.positions.insert(self.head, self.positions.len());
        Ok(applied)
    }

    /// The location that the roster belongs to.
    pub fn location(&self) -> LocationId {
        self.location
    }

    /// The location's root; `None` while the roster is empty.
    pub fn root(&self) -> Option<&RootPublic> {
        self.root.as_ref()
    }

    /// Hash of the last operation; zero if there is none.
    pub fn head(&self) -> RosterHash {
        self.head
    }

    /// Number of operations applied.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether no operation has been applied.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Position in the chain of the operation with this hash, counted from 0.
    pub fn position(&self, hash: &RosterHash) -> Option<usize> {
        self.positions.get(hash).copied()
    }

    /// Position of the last revocation of a device, counted from 0; 0 if there is none, because the
    /// first operation is no revocation.
    pub fn last_revocation(&self) -> usize {
        self.revoked_at
    }

    /// The place of the next operation, made at `at`.
    pub fn slot(&self, at: Timestamp) -> Slot {
        Slot {
            location: self.location,
            prev: self.head,
            at,
        }
    }

    /// All devices in the order of their index, including revoked ones.
    pub fn devices(&self) -> impl Iterator<Item = &Device> {
        self.devices.iter()
    }

    /// The device with this index.
    pub fn device(&self, dix: DeviceIndex) -> Option<&Device> {
        self.devices.get(usize::from(dix.0).checked_sub(1)?)
    }

    /// The index of the device with this key.
    pub fn dix_of(&self, id: &DeviceId) -> Option<DeviceIndex> {
        self.devices()
            .find(|device| device.id == *id)
            .map(|device| device.dix)
    }

    /// Invites that have not been used or withdrawn, including expired ones.
    pub fn invites(&self) -> impl Iterator<Item = &OpenInvite> {
        self.invites.values().filter_map(|held| match held {
            HeldInvite::Open(invite) => Some(invite),
            HeldInvite::Spent | HeldInvite::Revoked => None,
        })
    }

    /// Returns the invite with this key if it would admit a device at `now`.
    ///
    /// # Errors
    /// If it is unknown, spent, withdrawn or expired.
    pub fn open_invite(&self, key: &InviteKey, now: Timestamp) -> Result<&OpenInvite, RosterError> {
        let invite = self.held_invite(key)?;
        if now >= invite.expires {
            return Err(RosterError::InviteExpired(invite.expires));
        }
        Ok(invite)
    }

    fn held_invite(&self, key: &InviteKey) -> Result<&OpenInvite, RosterError> {
        match self.invites.get(key) {
            None => Err(RosterError::InviteUnknown),
            Some(HeldInvite::Spent) => Err(RosterError::InviteSpent),
            Some(HeldInvite::Revoked) => Err(RosterError::InviteRevoked),
            Some(HeldInvite::Open(invite)) => Ok(invite),
        }
    }

    fn authority(&self, signer: &Signer) -> Result<Authority, RosterError> {
        match signer {
            Signer::Root(root) if root.location_id() == self.location => Ok(Authority::Root(*root)),
            Signer::Root(_) => Err(RosterError::OtherRoot),
            Signer::Device(_) | Signer::Invite(_) if self.is_empty() => Err(RosterError::NoRoot),
            Signer::Device(dix) => {
                let device = self.device(*dix).ok_or(RosterError::UnknownDevice(*dix))?;
                if device.sealed.is_some() {
                    return Err(RosterError::SignerRevoked(*dix));
                }
                if device.role != Role::Admin {
                    return Err(RosterError::NotAdmin(*dix));
                }
                Ok(Authority::Admin(*dix, device.id))
            }
            Signer::Invite(key) => {
                let invite = self.held_invite(key)?;
                Ok(Authority::Invite(*invite))
            }
        }
    }

    fn add(
        &mut self,
        authority: Authority,
        slot: &Slot,
        id: DeviceId,
        name: &str,
        role: Role,
    ) -> Result<Applied, RosterError> {
        let spent = match authority {
            Authority::Admin(..) => return Err(RosterError::WrongSigner),
            Authority::Root(_) if self.is_empty() && role != Role::Admin => {
                return Err(RosterError::FirstNotAdmin);
            }
            Authority::Root(_) => None,
            Authority::Invite(invite) => {
                if slot.at >= invite.expires {
                    return Err(RosterError::InviteExpired(invite.expires));
                }
                if role != invite.role {
                    return Err(RosterError::OtherRole {
                        invited: invite.role,
                        claimed: role,
                    });
                }
                Some(invite.key)
            }
        };
        if name.len() > DEVICE_NAME_BYTES_MAX
            || name.trim().is_empty()
            || name.chars().any(char::is_control)
        {
            return Err(RosterError::BadName);
        }
        if !is_usable(id.as_bytes()) {
            return Err(RosterError::BadKey);
        }
        if let Some(dix) = self.dix_of(&id) {
            return Err(RosterError::DeviceExists(dix));
        }
        let live = self.devices().filter(|device| device.sealed.is_none());
        if live.count() >= DEVICES_LIVE_MAX {
            return Err(RosterError::TooManyDevices);
        }
        self.check_room()?;
        let dix = u16::try_from(self.devices.len() + 1).map_err(|_| RosterError::Full)?;
        let dix = DeviceIndex(dix);
        let device = Device {
            dix,
            id,
            name: name.to_owned(),
            role,
            added: slot.at,
            added_at: self.len(),
            sealed: None,
            dropped: None,
        };
        self.devices.push(device);
        if let Some(key) = spent {
            self.invites.insert(key, HeldInvite::Spent);
        }
        Ok(Applied::Added(dix))
    }

    fn invite(
        &mut self,
        authority: Authority,
        slot: &Slot,
        key: InviteKey,
        role: Role,
        expires: Timestamp,
    ) -> Result<Applied, RosterError> {
        let Authority::Admin(by, _) = authority else {
            return Err(RosterError::WrongSigner);
        };
        if expires <= slot.at || expires.since_ms(slot.at) > DEVICE_INVITE_LIFE_MS_MAX {
            return Err(RosterError::BadExpiry);
        }
        if !is_usable(key.as_bytes()) {
            return Err(RosterError::BadKey);
        }
        if self.invites.contains_key(&key) {
            return Err(RosterError::InviteExists);
        }
        let open = self.invites().filter(|invite| slot.at < invite.expires);
        if open.count() >= INVITES_OPEN_MAX {
            return Err(RosterError::TooManyInvites);
        }
        self.check_room()?;
        let invite = OpenInvite {
            key,
            role,
            expires,
            by,
        };
        self.invites.insert(key, HeldInvite::Open(invite));
        Ok(Applied::Invited)
    }

    fn revoke_invite(
        &mut self,
        authority: Authority,
        key: &InviteKey,
    ) -> Result<Applied, RosterError> {
        let Authority::Admin(..) = authority else {
            return Err(RosterError::WrongSigner);
        };
        self.held_invite(key)?;
        self.invites.insert(*key, HeldInvite::Revoked);
        Ok(Applied::InviteRevoked)
    }

    fn revoke(
        &mut self,
        authority: Authority,
        slot: &Slot,
        dix: DeviceIndex,
        dseq: u64,
        hash: EntryHash,
    ) -> Result<Applied, RosterError> {
        if let Authority::Invite(_) = authority {
            return Err(RosterError::WrongSigner);
        }
        let device = self.device(dix).ok_or(RosterError::UnknownDevice(dix))?;
        if device.sealed.is_some() {
            return Err(RosterError::AlreadyRevoked(dix));
        }
        if (dseq == 0) != (hash == EntryHash::ZERO) {
            return Err(RosterError::BadSeal);
        }
        let other_admin = self
            .devices()
            .any(|other| other.dix != dix && other.role == Role::Admin && other.sealed.is_none());
        // Only the last admin can do this, and to itself; no device could invite after that.
        if matches!(authority, Authority::Admin(..)) && !other_admin {
            return Err(RosterError::LastAdmin);
        }
        let seal = Seal {
            dseq,
            hash,
            at: slot.at,
        };
        let index = usize::from(dix.0) - 1;
        self.devices[index].sealed = Some(seal);
        // A thief may have made invites before the loss was noticed.
        for held in self.invites.values_mut() {
            if matches!(held, HeldInvite::Open(invite) if invite.by == dix) {
                *held = HeldInvite::Revoked;
            }
        }
        Ok(Applied::Revoked(dix))
    }

    /// Drops the end of a revoked device's log. A roster knows no documents: the hub checks whether
    /// others build on it.
    fn drop_end(
        &mut self,
        authority: Authority,
        dix: DeviceIndex,
        (first, last): (u64, u64),
        hash: EntryHash,
    ) -> Result<Applied, RosterError> {
        if let Authority::Invite(_) = authority {
            return Err(RosterError::WrongSigner);
        }
        let device = self.device(dix).ok_or(RosterError::UnknownDevice(dix))?;
        let Some(seal) = device.sealed else {
            return Err(RosterError::NotRevoked(dix));
        };
        if first == 0 || first > last || (last, hash) != (seal.dseq, seal.hash) {
            return Err(RosterError::NotTheEnd(dix));
        }
        if device.dropped.is_some_and(|dropped| dropped <= first) {
            return Err(RosterError::AlreadyDropped(dix));
        }
        self.check_room()?;
        let index = usize::from(dix.0) - 1;
        self.devices[index].dropped = Some(first);
        Ok(Applied::Dropped(dix))
    }

    fn check_room(&self) -> Result<(), RosterError> {
        if self.len() < ROSTER_OPERATIONS_MAX {
            Ok(())
        } else {
            Err(RosterError::Full)
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum HeldInvite {
    Open(OpenInvite),
    Spent,
    Revoked,
}

/// The authority behind an operation, once the roster has looked up the signer.
#[derive(Clone, Copy)]
enum Authority {
    Root(RootPublic),
    Admin(DeviceIndex, DeviceId),
    Invite(OpenInvite),
}

impl Authority {
    fn key(&self) -> [u8; 32] {
        match self {
            Self::Root(root) => *root.as_bytes(),
            Self::Admin(_, device) => *device.as_bytes(),
            Self::Invite(invite) => *invite.key.as_bytes(),
        }
    }
}
