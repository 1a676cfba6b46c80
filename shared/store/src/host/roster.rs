//! Rosters, verified once and kept in memory, and operations appended to them.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use rusqlite::Connection;
use weft_shared::{
    id::{DeviceId, DeviceIndex, LocationId},
    identity::{Applied, Roster, RosterError, SignedOperation, Signer},
    time::Timestamp,
    wire::NackCode,
};

use super::{Host, Member};
use crate::{LocationRow, StoreError, Transaction, logs, rosters};

/// A location and its roster, verified from the root.
#[derive(Clone, Debug)]
pub struct Known {
    /// The location's row.
    pub lix: LocationRow,
    /// Its roster.
    pub roster: Arc<Roster>,
}

/// The reason operations were not appended.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// The roster does not accept the operation.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// A revocation names a different height from the one that this host has acknowledged.
    #[error("the device's log has grown since this was signed: take the new entries, sign again")]
    OtherHeight {
        /// The device that was to be revoked.
        device: DeviceId,
    },
    /// Other devices built on what was to be dropped.
    #[error("nothing was dropped, because what these devices wrote builds on it: {names}")]
    BuiltOn {
        /// The devices.
        names: String,
    },
    /// The device's key is in another location's roster.
    #[error("this device belongs to another location: join with a device of its own")]
    Elsewhere,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl AppendError {
    /// The code with which the peer is refused.
    pub const fn code(&self) -> NackCode {
        match self {
            Self::OtherHeight { .. } | Self::Roster(RosterError::OutOfPlace { .. }) => {
                NackCode::RosterStale
            }
            Self::Roster(RosterError::InviteUnknown) => NackCode::InviteUnknown,
            Self::Roster(RosterError::InviteSpent | RosterError::InviteRevoked) => {
                NackCode::InviteSpent
            }
            Self::Roster(RosterError::InviteExpired(_)) => NackCode::InviteExpired,
            Self::Roster(RosterError::TooManyDevices | RosterError::Full) | Self::Store(_) => {
                NackCode::Full
            }
            Self::Roster(_) | Self::Elsewhere | Self::BuiltOn { .. } => NackCode::RosterRefused,
        }
    }
}

impl Known {
    /// Returns a device of the roster.
    pub fn member(&self, dix: DeviceIndex) -> Option<Member> {
        self.roster.device(dix).map(|device| Member {
            location: self.roster.location(),
            lix: self.lix,
            dix,
            role: device.role,
        })
    }
}

/// Rosters as last read or appended. The store decides; this only saves verifying them again.
#[derive(Clone, Debug, Default)]
pub struct Rosters {
    known: Arc<RwLock<BTreeMap<LocationId, Known>>>,
}

impl FromIterator<Known> for Rosters {
    /// Keeps rosters that were read and verified before.
    fn from_iter<I: IntoIterator<Item = Known>>(known: I) -> Self {
        let known = known.into_iter();
        let known = known.map(|known| (known.roster.location(), known));
        Self {
            known: Arc::new(RwLock::new(known.collect())),
        }
    }
}

impl Rosters {
    /// Returns a location's roster, if the location is known. `conn` must see nothing uncommitted.
    ///
    /// # Errors
    /// If the store fails.
    pub fn read(
        &self,
        conn: &Connection,
        location: &LocationId,
    ) -> Result<Option<Known>, StoreError> {
        if let Some(known) = self.held(location) {
            return Ok(Some(known));
        }
        let read = read(conn, location)?;
        if let Some(known) = &read {
            self.keep(known.clone());
        }
        Ok(read)
    }

    /// Returns a location's roster as a transaction sees it, if the location is known.
    ///
    /// # Errors
    /// If the store fails.
    pub fn uncommitted(
        &self,
        tx: &Transaction<'_>,
        location: &LocationId,
    ) -> Result<Option<Known>, StoreError> {
        match self.held(location) {
            Some(held) => read_on(tx, held).map(Some),
            None => read(tx, location),
        }
    }

    /// Returns a location's roster of `len` operations, which `conn` sees: what is in memory may be
    /// newer than what an open read transaction sees.
    ///
    /// # Errors
    /// If the store fails.
    pub fn seen(
        &self,
        conn: &Connection,
        location: &LocationId,
        len: usize,
    ) -> Result<Option<Known>, StoreError> {
        if let Some(held) = self.held(location).filter(|held| held.roster.len() == len) {
            return Ok(Some(held));
        }
        let read = read(conn, location)?;
        if let Some(known) = &read {
            self.keep(known.clone());
        }
        Ok(read)
    }

    /// Appends all operations or none to the roster `before`, as [`Self::uncommitted`] returned it.
    ///
    /// # Errors
    /// If one is refused, or the store fails: the transaction must be undone.
    pub fn append(
        &self,
        tx: &Transaction<'_>,
        host: &impl Host,
        before: &Known,
        operations: &[SignedOperation],
        now: Timestamp,
    ) -> Result<Known, AppendError> {
        let mut roster = (*before.roster).clone();
        let mut applied = Vec::with_capacity(operations.len());
        for operation in operations {
            if let Signer::Invite(key) = &operation.signer
                && host.decides()
            {
                // By the joining device's own clock an invite could last for ever.
                roster.open_invite(key, now)?;
            }
            let position = roster.len();
            applied.push(roster.apply(operation)?);
            rosters::append(tx, before.lix, position, &operation.encode())?;
        }
        let known = Known {
            lix: before.lix,
            roster: Arc::new(roster),
        };
        let sealed = applied.iter().filter_map(|applied| match applied {
            Applied::Revoked(dix) => Some(*dix),
            Applied::Added(_) | Applied::Dropped(_) | Applied::Invited | Applied::InviteRevoked => {
                None
            }
        });
        for dix in sealed.filter(|_| host.decides()) {
            seal(tx, &known, dix)?;
        }
        let (rosters, keep) = (self.clone(), known.clone());
        tx.on_commit(move || rosters.keep(keep));
        host.grown(tx, &known, &applied)?;
        Ok(known)
    }

    /// Returns a device of a roster as a transaction sees it.
    ///
    /// # Errors
    /// If the roster has no such device, or the store fails.
    pub fn member(
        &self,
        tx: &Transaction<'_>,
        location: &LocationId,
        dix: DeviceIndex,
    ) -> Result<Member, StoreError> {
        let held = self.held(location).and_then(|known| known.member(dix));
        if let Some(member) = held {
            return Ok(member);
        }
        let known = read(tx, location)?.ok_or(StoreError::Damaged("locations"))?;
        let member = known.member(dix).ok_or(StoreError::Damaged("roster"))?;
        let rosters = self.clone();
        tx.on_commit(move || rosters.keep(known));
        Ok(member)
    }

    /// Returns the row of a location.
    ///
    /// # Errors
    /// If the location is unknown, or the store fails.
    pub fn lix(&self, conn: &Connection, location: &LocationId) -> Result<LocationRow, StoreError> {
        match self.held(location) {
            Some(known) => Ok(known.lix),
            None => rosters::lix(conn, location)?.ok_or(StoreError::Damaged("locations")),
        }
    }

    /// Returns a location's roster if it was read before.
    pub fn held(&self, location: &LocationId) -> Option<Known> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(location).cloned()
    }

    /// Keeps a roster of which everything is committed.
    fn keep(&self, known: Known) {
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let held = all.entry(known.roster.location());
        let held = held.or_insert_with(|| known.clone());
        // One that was read before an append may come after it; the longer chain is the newer one.
        if held.roster.len() < known.roster.len() {
            *held = known;
        }
    }
}

/// Seals a revoked device's log, if it is as high here as the roster says.
fn seal(tx: &Transaction<'_>, known: &Known, dix: DeviceIndex) -> Result<(), AppendError> {
    let device = known.roster.device(dix);
    let sealed = device.and_then(|device| Some((device.id, device.sealed?)));
    let (device, seal) = sealed.expect("the roster has just sealed it");
    let log = logs::log(tx, known.lix, dix)?;
    let held = logs::height(tx, log)?;
    if (seal.dseq, seal.hash) != (held.dseq, held.hash) {
        return Err(AppendError::OtherHeight { device });
    }
    Ok(logs::seal(tx, log)?)
}

fn read(conn: &Connection, location: &LocationId) -> Result<Option<Known>, StoreError> {
    let Some(lix) = rosters::lix(conn, location)? else {
        return Ok(None);
    };
    let roster = Arc::new(Roster::new(*location));
    read_on(conn, Known { lix, roster }).map(Some)
}

/// Verifies and applies the operations that follow.
fn read_on(conn: &Connection, known: Known) -> Result<Known, StoreError> {
    let rest = rosters::signed(conn, known.lix, known.roster.len())?;
    if rest.is_empty() {
        return Ok(known);
    }
    let mut roster = (*known.roster).clone();
    for operation in &rest {
        let applied = roster.apply(operation);
        applied.map_err(|_| StoreError::Damaged("roster"))?;
    }
    let roster = Arc::new(roster);
    Ok(Known { roster, ..known })
}

#[cfg(test)]
mod tests {
    use weft_shared::identity::{DeviceKey, Operation, Role, RootKey};

    use super::*;

    #[test]
    fn a_roster_that_was_read_before_an_append_replaces_no_longer_one() {
        let root = RootKey::from_seed([1; 32]);
        let location = root.public().location_id();
        let mut roster = Roster::new(location);
        let mut grown = |n: u8| {
            let add = Operation::AddDevice {
                device: DeviceKey::from_seed([n; 32]).id(),
                name: format!("Device {n}"),
                role: Role::Admin,
            };
            let signed = SignedOperation::sign_root(roster.slot(Timestamp::from_ms(0)), add, &root);
            roster.apply(&signed).unwrap();
            let roster = Arc::new(roster.clone());
            Known {
                lix: LocationRow::OWN,
                roster,
            }
        };
        let (before, after) = (grown(2), grown(3));
        let rosters = Rosters::default();
        rosters.keep(after);
        rosters.keep(before);
        assert_eq!(rosters.held(&location).unwrap().roster.len(), 2);
    }
}
