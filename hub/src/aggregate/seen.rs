//! The network as figures see it, with the places that it expects.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Deref,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use rusqlite::Connection;
use weft_shared::{
    period::Date,
    rollup::{Expected, Network},
};

use crate::store::{LocationRow, StoreError, derived::names, rosters};

/// A network, and its places by number once a reader has asked for them.
pub(crate) struct Seen {
    network: Arc<Network>,
    expected: OnceLock<Expected>,
    /// The same network on the day when somebody last asked.
    on_day: Mutex<Option<Arc<Self>>>,
}

impl Seen {
    pub(crate) fn new(network: Network) -> Arc<Self> {
        Self::with(Arc::new(network))
    }

    fn with(network: Arc<Network>) -> Arc<Self> {
        Arc::new(Self {
            network,
            expected: OnceLock::new(),
            on_day: Mutex::default(),
        })
    }

    /// The same network on a day, by which the calendars of its indicators say what is late.
    pub(crate) fn on(self: &Arc<Self>, today: Date) -> Arc<Self> {
        if self.network.today() == Some(today) || !self.network.has_calendar() {
            return Arc::clone(self);
        }
        let mut on_day = self.on_day.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = on_day.as_ref().filter(|one| one.today() == Some(today)) {
            return Arc::clone(known);
        }
        let network = Network::clone(&self.network).on(today);
        let made = Self::new(network);
        *on_day = Some(Arc::clone(&made));
        made
    }

    /// The same network after places came.
    pub(super) fn again(&self) -> Arc<Self> {
        Self::with(Arc::clone(&self.network))
    }

    /// The places that the network expects, those in the store by their numbers. A store that has
    /// more of them since is read rightly, too: see [`Expected`].
    pub(super) fn places(&self, conn: &Connection) -> Result<&Expected, StoreError> {
        if let Some(known) = self.expected.get() {
            return Ok(known);
        }
        let locations: BTreeMap<LocationRow, _> = rosters::all(conn)?.into_iter().collect();
        let places = names::places(conn)?.into_iter();
        let places = places.filter_map(|(place, lix, area)| {
            let place = u32::try_from(place).ok()?;
            Some((place, *locations.get(&lix)?, area))
        });
        let made = Expected::new(Arc::clone(&self.network), places);
        Ok(self.expected.get_or_init(|| made))
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.network.fmt(f)
    }
}

impl Deref for Seen {
    type Target = Network;

    fn deref(&self) -> &Network {
        &self.network
    }
}
