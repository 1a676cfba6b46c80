//! This device as the host of its session with the hub.

use std::sync::Arc;

use weft_shared::{
    id::{DeviceIndex, LocationId},
    identity::{Applied, DeviceKey},
    log::gate::Admission,
};
use weft_store::{
    Transaction,
    host::{AppendError, Host, Known, Member, Rosters},
};

use super::Stopped;
use crate::store::{LocationRow, Owner, StoreError, runs};

/// The parts of the replica that the answers to the session need.
#[derive(Clone)]
pub(crate) struct Device {
    pub(super) rosters: Rosters,
    pub(super) zero: LocationId,
    pub(super) location: LocationId,
    /// This device, once it is in its roster.
    pub(super) dix: Option<DeviceIndex>,
    /// None while this device may sign nothing.
    pub(super) key: Option<Arc<DeviceKey>>,
}

impl Host for Device {
    fn rosters(&self) -> &Rosters {
        &self.rosters
    }

    fn zero(&self) -> LocationId {
        self.zero
    }

    fn own_log(&self) -> Option<(LocationId, DeviceIndex, &DeviceKey)> {
        Some((self.location, self.dix?, self.key.as_deref()?))
    }

    fn appended(
        &self,
        tx: &Transaction<'_>,
        member: &Member,
        admission: &Arc<Admission>,
    ) -> Result<(), StoreError> {
        let own = member.lix == LocationRow::OWN;
        let owner = if own { Owner::Location } else { Owner::Hub };
        let sound = admission.entries.iter().filter(|one| one.void.is_none());
        let headers = sound.map(|one| &one.entry.header);
        runs::index(tx, owner, member.dix, headers)?;
        if own && Some(member.dix) == self.dix {
            // Somebody else has this device's key, or it was restored from an older copy.
            Stopped::Cloned.save(tx)?;
        }
        Ok(())
    }

    fn grown(&self, tx: &Transaction<'_>, known: &Known, _: &[Applied]) -> Result<(), AppendError> {
        let own = self.dix.filter(|_| known.lix == LocationRow::OWN);
        let device = own.and_then(|dix| known.roster.device(dix));
        if device.is_some_and(|device| device.sealed.is_some()) {
            Stopped::Revoked.save(tx).map_err(StoreError::from)?;
        }
        Ok(())
    }
}
