//! When the hub last heard from each location.

use std::collections::BTreeMap;

use weft_shared::time::Timestamp;

use super::{AppError, Snapshot};
use crate::store::{invites, logs, rosters};

impl Snapshot<'_> {
    /// Returns the name of each confirmed location, and when the hub last received an entry from it
    /// or exchanged with it. A location all of whose areas have ended by `now` is not among them.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn heard(&self, now: Timestamp) -> Result<Vec<(String, Timestamp)>, AppError> {
        let today = self.zone().day(now);
        let received = logs::received(self.conn)?;
        let synced: BTreeMap<_, _> = rosters::synced(self.conn)?.into_iter().collect();
        let places = self.standing.places();
        let mut heard = Vec::new();
        for bound in invites::bound_codes(self.conn)? {
            let place = places.get(&bound.code);
            let Some(place) = place.filter(|place| place.confirmed_at.is_some()) else {
                continue;
            };
            let mut areas = place.areas.iter().peekable();
            let has_areas = areas.peek().is_some();
            if has_areas && areas.all(|area| area.to.is_some_and(|last| last < today)) {
                continue;
            }
            let moments = [
                Some(bound.bound),
                received.get(&bound.lix).copied(),
                synced.get(&bound.lix).copied().flatten(),
            ];
            if let Some(last) = moments.into_iter().flatten().max() {
                heard.push((place.name.clone(), last));
            }
        }
        Ok(heard)
    }
}
