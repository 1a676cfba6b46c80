//! What is saved, what is shared, and what needs a person.

use weft_host::store_error::StoreError;
use weft_shared::time::Timestamp;

use crate::{
    replica::{DocumentError, Replica, Stopped},
    store::{entries, settings::Key},
};

/// Where this node stands.
#[derive(Clone, Debug)]
pub(crate) struct StatusRow {
    pub(crate) location_name: Option<String>,
    pub(crate) confirmed: bool,
    pub(crate) saved: Option<Timestamp>,
    pub(crate) last_shared: Option<Timestamp>,
    pub(crate) waiting: u64,
    pub(crate) waiting_since: Option<Timestamp>,
    pub(crate) local_only: u64,
    /// What came of the last attempt, of this or an earlier run.
    pub(crate) hub_reachable: Option<bool>,
    pub(crate) last_reached: Option<Timestamp>,
    pub(crate) stopped: Option<Stopped>,
    /// Whether this device was revoked: its roster says so, or the hub does.
    pub(crate) revoked: bool,
    pub(crate) held: u64,
    pub(crate) quarantined: u64,
    pub(crate) void: u64,
    pub(crate) conflicts: u64,
    pub(crate) words: Option<String>,
}

impl Replica {
    /// Where this node stands.
    pub(crate) fn status(&mut self) -> Result<StatusRow, DocumentError> {
        let place = self.place()?;
        let reachable: Option<i64> = self.setting(Key::HubReachable)?;
        let moment = |ms: Option<i64>| ms.map(Timestamp::from_ms);
        let troubles = self.troubles()?;
        let held = troubles.iter().filter(|trouble| trouble.held).count() as u64;
        Ok(StatusRow {
            confirmed: place.as_ref().is_some_and(|place| {
                place.location_id == Some(self.membership.location) && place.confirmed_at.is_some()
            }),
            location_name: place.map(|place| place.name),
            saved: self.last_saved()?,
            last_shared: moment(self.setting(Key::LastShared)?),
            waiting: self.waiting(),
            waiting_since: self.waiting_since()?,
            local_only: self.local_only()?,
            hub_reachable: reachable.map(|reachable| reachable != 0),
            last_reached: moment(self.setting(Key::LastReached)?),
            revoked: self.is_revoked()?,
            stopped: self.stopped().cloned(),
            held,
            quarantined: troubles.len() as u64 - held,
            void: entries::voids(&self.store().reader)?,
            conflicts: self.conflicts()?.len() as u64,
            words: self.setting(Key::Words)?,
        })
    }

    /// Whether this device was revoked: its roster says so, or the hub does.
    pub(crate) fn is_revoked(&self) -> Result<bool, StoreError> {
        let said: Option<i64> = self.setting(Key::SaidRevoked)?;
        Ok(self.stopped() == Some(&Stopped::Revoked) || said == Some(1))
    }
}
