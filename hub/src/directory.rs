//! The rosters of all locations, verified once and cached.

use weft_shared::id::{DeviceId, LocationId};
use weft_store::host::Rosters;
pub(crate) use weft_store::host::{AppendError, Known};

use crate::store::{Store, StoreError, devices};

/// Rosters as last read or appended.
#[derive(Debug)]
pub(crate) struct Directory {
    store: Store,
    rosters: Rosters,
}

impl Directory {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            rosters: Rosters::default(),
        }
    }

    pub(crate) const fn rosters(&self) -> &Rosters {
        &self.rosters
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
        if let Some(known) = self.rosters.held(&location) {
            return Ok(Some(known));
        }
        let rosters = self.rosters.clone();
        let read = self.store.read(move |conn| rosters.read(conn, &location));
        read.await
    }
}
