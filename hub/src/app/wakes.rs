//! Those who hear of a commit: the sessions and the aggregation. Each method takes the transaction,
//! so that they hear nothing before its commit, or without one.

use std::sync::Arc;

use weft_shared::{
    id::{DeviceId, DeviceIndex, LocationId},
    identity::Roster,
    log::gate::Height,
};
use weft_store::Transaction;

use crate::{aggregate::Bell, registry::SessionRegistry};

/// Handles to everything that hears of a commit.
#[derive(Clone, Debug)]
pub(crate) struct Wakes {
    zero: LocationId,
    sessions: Arc<SessionRegistry>,
    aggregation: Bell,
}

impl Wakes {
    pub(super) const fn new(
        zero: LocationId,
        sessions: Arc<SessionRegistry>,
        aggregation: Bell,
    ) -> Self {
        Self {
            zero,
            sessions,
            aggregation,
        }
    }

    /// A log has grown: tells the location's other sessions, or every session if it is the hub's
    /// own log, and the aggregation.
    pub(crate) fn stored(
        &self,
        tx: &Transaction<'_>,
        log: (LocationId, DeviceIndex),
        height: Height,
        by: Option<u64>,
    ) {
        if log.0 == self.zero {
            self.sessions.stored_zero(tx, log, height);
        } else {
            self.sessions.stored(tx, log, height, by);
        }
        self.aggregation.ring(tx);
    }

    /// A location has a new roster.
    pub(crate) fn roster_changed(&self, tx: &Transaction<'_>, roster: &Arc<Roster>) {
        self.sessions.roster_changed(tx, roster);
        // Entries that were dropped must leave the figures.
        self.aggregation.ring(tx);
    }

    /// The operator has blocked a device.
    pub(crate) fn blocked(&self, tx: &Transaction<'_>, device: DeviceId) {
        self.sessions.block(tx, device);
    }

    /// A location has synced on another day.
    pub(crate) fn synced(&self, tx: &Transaction<'_>) {
        self.aggregation.ring(tx);
    }
}
