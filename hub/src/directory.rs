//! The rosters of all locations, verified once and cached.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use rusqlite::Connection;
use weft_shared::{
    id::{DeviceId, Dix, LocationId},
    identity::{Applied, Role, Roster, RosterError, SignedOperation, Signer},
    time::Timestamp,
};
use weft_store::Transaction;

use crate::store::{Lix, Store, StoreError, devices, dropped, logs, rosters};

/// A location and its roster, verified from the root.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) lix: Lix,
    pub(crate) roster: Arc<Roster>,
}

/// The reason operations were not appended.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum AppendError {
    /// Another device's operation came first. Sign again after the new head of the roster.
    #[error("another device changed the roster at the same moment")]
    Moved,
    /// The roster does not accept the operation.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// A revocation names a different height from the one the hub has acknowledged.
    #[error("the device's log has grown since this was signed: take the new entries, sign again")]
    OtherHeight,
    /// Other devices built on what was to be dropped.
    #[error("nothing was dropped, because what these devices wrote builds on it: {names}")]
    BuiltOn {
        /// The devices.
        names: String,
    },
    /// The device's key is in another location's roster.
    #[error("this device belongs to another location: join with a device of its own")]
    Elsewhere,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Rosters as last read or appended. The store decides; this only saves verifying them again.
#[derive(Debug)]
pub(crate) struct Directory {
    store: Store,
    known: RwLock<BTreeMap<LocationId, Known>>,
}

impl Directory {
    pub(crate) const fn new(store: Store) -> Self {
        Self {
            store,
            known: RwLock::new(BTreeMap::new()),
        }
    }

    /// Whether a device is in any roster. A device that cannot be looked up counts as a stranger.
    pub(crate) async fn knows(&self, device: DeviceId) -> bool {
        let found = self
            .store
            .read(move |conn| devices::device(conn, &device))
            .await;
        matches!(found, Ok(Some(_)))
    }

    /// Returns a location's roster, if the location is known.
    pub(crate) async fn roster(&self, location: LocationId) -> Result<Option<Known>, StoreError> {
        if let Some(known) = self.held(&location) {
            return Ok(Some(known));
        }
        let read = self.store.read(move |conn| read(conn, location)).await?;
        if let Some(known) = &read {
            self.keep(known.clone());
        }
        Ok(read)
    }

    /// Returns every location's roster, the hub's own first.
    pub(crate) async fn all(&self) -> Result<Vec<Known>, StoreError> {
        let locations = self.store.read(rosters::all).await?;
        let mut known = Vec::with_capacity(locations.len());
        for (_, location) in locations {
            known.extend(self.roster(location).await?);
        }
        Ok(known)
    }

    /// Appends all operations or none, and only if the roster's head is still where they begin.
    pub(crate) async fn append(
        &self,
        location: LocationId,
        operations: Vec<SignedOperation>,
        now: Timestamp,
    ) -> Result<Known, AppendError> {
        let Some(known) = self.roster(location).await? else {
            return Err(RosterError::NoRoot.into());
        };
        let mut roster = (*known.roster).clone();
        let mut added = Vec::new();
        let (mut sealed, mut dropped) = (Vec::new(), Vec::new());
        for operation in &operations {
            check_expiry(&roster, operation, now)?;
            match roster.apply(operation)? {
                Applied::Added(dix) => added.push(dix),
                Applied::Revoked(dix) => sealed.push(dix),
                Applied::Dropped(dix) => dropped.push(dix),
                Applied::Invited | Applied::InviteRevoked => {}
            }
        }
        let known = Known {
            lix: known.lix,
            roster: Arc::new(roster),
        };
        let append = Append {
            known: known.clone(),
            operations,
            added,
            sealed,
            dropped,
        };
        let written = self.store.write(move |conn| append.write(conn)).await;
        if matches!(written, Err(AppendError::Moved)) {
            self.forget(location);
        }
        written?;
        self.keep(known.clone());
        Ok(known)
    }

    /// Returns the location's row and the device's role if its roster was read before. For callers
    /// that must not wait.
    pub(crate) fn known_device(&self, location: &LocationId, dix: Dix) -> Option<(Lix, Role)> {
        let known = self.held(location)?;
        let device = known.roster.device(dix)?;
        Some((known.lix, device.role))
    }

    fn held(&self, location: &LocationId) -> Option<Known> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(location).cloned()
    }

    fn keep(&self, known: Known) {
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let held = all.entry(known.roster.location());
        let held = held.or_insert_with(|| known.clone());
        // Two appends may return in either order; the longer chain is the newer one.
        if held.roster.len() < known.roster.len() {
            *held = known;
        }
    }

    fn forget(&self, location: LocationId) {
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        all.remove(&location);
    }
}

/// Checks an invite's expiry against the hub's clock too. By the joining device's own clock an
/// invite could last for ever.
fn check_expiry(
    roster: &Roster,
    operation: &SignedOperation,
    now: Timestamp,
) -> Result<(), RosterError> {
    match &operation.signer {
        Signer::Invite(key) => roster.open_invite(key, now).map(|_| ()),
        Signer::Root(_) | Signer::Device(_) => Ok(()),
    }
}

struct Append {
    known: Known,
    operations: Vec<SignedOperation>,
    added: Vec<Dix>,
    sealed: Vec<Dix>,
    dropped: Vec<Dix>,
}

impl Append {
    fn write(&self, conn: &Transaction<'_>) -> Result<(), AppendError> {
        let (lix, roster) = (self.known.lix, &self.known.roster);
        let first = roster.len() - self.operations.len();
        if rosters::len(conn, lix)? != first {
            return Err(AppendError::Moved);
        }
        for (position, operation) in self.operations.iter().enumerate() {
            rosters::append(conn, lix, first + position, &operation.encode())?;
        }
        for dix in &self.added {
            let device = roster.device(*dix).expect("the roster has just added it");
            if devices::device(conn, &device.id)?.is_some() {
                return Err(AppendError::Elsewhere);
            }
            devices::add_device(conn, lix, *dix, &device.id)?;
        }
        for dix in &self.sealed {
            let seal = roster.device(*dix).and_then(|device| device.sealed);
            let seal = seal.expect("the roster has just sealed it");
            let log = logs::log(conn, lix, *dix)?;
            let held = logs::height(conn, log)?;
            if (seal.dseq, seal.hash) != (held.dseq, held.hash) {
                return Err(AppendError::OtherHeight);
            }
            logs::seal(conn, log)?;
        }
        for dix in &self.dropped {
            let device = roster.device(*dix);
            let first = device.and_then(|device| device.dropped);
            let first = first.expect("the roster has just dropped it");
            if let Err(builders) = dropped::drop_end(conn, lix, *dix, first)? {
                let names = builders.iter().filter_map(|dix| roster.device(*dix));
                let names: Vec<String> =
                    names.map(|device| format!("\"{}\"", device.name)).collect();
                let names = names.join(", ");
                return Err(AppendError::BuiltOn { names });
            }
        }
        Ok(())
    }
}

/// Reads the location's row and the device's role from its roster.
pub(crate) fn read_device(
    conn: &Connection,
    location: LocationId,
    dix: Dix,
) -> Result<(Lix, Role), StoreError> {
    let known = read(conn, location)?.ok_or(StoreError::Damaged("locations"))?;
    let device = known.roster.device(dix);
    let device = device.ok_or(StoreError::Damaged("roster"))?;
    Ok((known.lix, device.role))
}

fn read(conn: &Connection, location: LocationId) -> Result<Option<Known>, StoreError> {
    let Some(lix) = rosters::lix(conn, &location)? else {
        return Ok(None);
    };
    let mut roster = Roster::new(location);
    for bytes in rosters::operations(conn, lix, 0)? {
        let operation =
            SignedOperation::decode(&bytes).map_err(|_| StoreError::Damaged("roster"))?;
        roster
            .apply(&operation)
            .map_err(|_| StoreError::Damaged("roster"))?;
    }
    Ok(Some(Known {
        lix,
        roster: Arc::new(roster),
    }))
}
