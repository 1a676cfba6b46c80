//! The last sync of each location, as far as this process noted it, so that a session need not ask
//! the store whether today's is noted.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use weft_shared::{id::LocationId, time::Timestamp};
use weft_store::Transaction;

use super::lock;

/// The last noted sync of each location.
#[derive(Debug, Default)]
pub(crate) struct Synced(Mutex<BTreeMap<LocationId, Timestamp>>);

impl Synced {
    /// Returns the location's last noted sync.
    pub(crate) fn last(&self, location: &LocationId) -> Option<Timestamp> {
        lock(&self.0).get(location).copied()
    }

    /// Keeps a sync once the transaction that notes it is committed.
    pub(crate) fn note(
        self: &Arc<Self>,
        tx: &Transaction<'_>,
        location: LocationId,
        at: Timestamp,
    ) {
        let synced = Arc::clone(self);
        tx.on_commit(move || {
            lock(&synced.0).insert(location, at);
        });
    }
}
