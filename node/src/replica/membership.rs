//! The location of this device, and its network unless it works alone.

use std::collections::BTreeMap;

use rusqlite::Connection;
use weft_host::failure::Failure;
use weft_shared::{
    id::{HubRootHash, LocationCode, LocationId},
    identity::SignedOperation,
    time::Timestamp,
};

use super::Replica;
use crate::store::{
    LocationRow, StoreError, rosters,
    settings::{self, Key},
};

/// The network that this location has joined, and its place there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) location: LocationId,
    pub(crate) code: LocationCode,
    /// The address that the hub listens on.
    pub(crate) address: String,
    pub(crate) hub: HubRootHash,
    pub(crate) zero: LocationId,
    pub(crate) network: String,
    pub(crate) operator: String,
}

impl Belongs {
    /// Reads it; `None` if joining was interrupted.
    pub(super) fn load(db: &Connection) -> Result<Option<Self>, StoreError> {
        let ids: BTreeMap<_, _> = rosters::all(db)?.into_iter().collect();
        let Some(location) = ids.get(&LocationRow::OWN) else {
            return Ok(None);
        };
        let alone = settings::value(db, Key::Alone)? == Some(1);
        let joined = (!alone).then(|| Membership::load(db, &ids, *location));
        Ok(Some(Self {
            location: *location,
            membership: joined.transpose()?,
        }))
    }

    /// Location zero of the network. No location has the id that this returns without one.
    pub(super) fn zero(&self) -> LocationId {
        let membership = self.membership.as_ref();
        membership.map_or(LocationId::new([0; 16]), |membership| membership.zero)
    }
}

impl Membership {
    fn load(
        db: &Connection,
        ids: &BTreeMap<LocationRow, LocationId>,
        location: LocationId,
    ) -> Result<Self, StoreError> {
        let text = |key| settings::value::<String>(db, key).map(Option::unwrap_or_default);
        let damaged = || StoreError::Damaged("the membership");
        let hub: [u8; 32] = settings::value(db, Key::HubRoot)?.ok_or_else(damaged)?;
        Ok(Self {
            location,
            code: LocationCode::parse(&text(Key::LocationCode)?).map_err(|_| damaged())?,
            address: text(Key::HubAddress)?,
            hub: HubRootHash::new(hub),
            zero: *ids.get(&LocationRow::ZERO).ok_or_else(damaged)?,
            network: text(Key::Network)?,
            operator: text(Key::Operator)?,
        })
    }

    /// Saves the membership; together with the roster, in the transaction that ends joining.
    pub(crate) fn save(&self, db: &Connection) -> Result<(), StoreError> {
        rosters::put(db, LocationRow::ZERO, &self.zero, Timestamp::from_ms(0))?;
        rosters::put(db, LocationRow::OWN, &self.location, Timestamp::from_ms(0))?;
        settings::set(db, Key::Alone, 0)?;
        settings::set(db, Key::LocationCode, self.code.as_str())?;
        settings::set(db, Key::HubAddress, &self.address)?;
        settings::set(db, Key::HubRoot, self.hub.as_bytes())?;
        settings::set(db, Key::Network, &self.network)?;
        Ok(settings::set(db, Key::Operator, &self.operator)?)
    }
}

/// Makes this device the first of a location that has no network yet.
pub(crate) fn begin_alone(
    db: &Connection,
    location: &LocationId,
    founding: &SignedOperation,
) -> Result<(), StoreError> {
    rosters::put(db, LocationRow::OWN, location, Timestamp::from_ms(0))?;
    rosters::append(db, LocationRow::OWN, 0, &founding.encode())?;
    Ok(settings::set(db, Key::Alone, 1)?)
}

/// Whether the store belongs to a computer that works alone.
pub(crate) fn is_alone(db: &Connection) -> bool {
    matches!(settings::value(db, Key::Alone), Ok(Some(1)))
}

/// The location of this device, and its network.
pub(super) struct Belongs {
    pub(super) location: LocationId,
    pub(super) membership: Option<Membership>,
}

/// The reason why something that needs a network is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "This computer works alone: it has a plan and insights, and no network, so there is nothing \
     to share with and there are no indicators yet. If a national team sends you a line that \
     begins with weft://, join with it: weft-node join LINE, or Join a network on the page. What \
     is here stays"
)]
pub(crate) struct Alone;

impl From<Alone> for Failure {
    fn from(alone: Alone) -> Self {
        Self::needs_action(format_args!("{alone}."))
    }
}

impl Replica {
    /// Returns the network that this location has joined.
    ///
    /// # Errors
    /// If this computer works alone.
    pub(crate) fn membership(&self) -> Result<&Membership, Alone> {
        self.membership.as_ref().ok_or(Alone)
    }

    /// Whether this computer has joined no network yet.
    pub(crate) const fn is_alone(&self) -> bool {
        self.membership.is_none()
    }

    /// Returns the location's code, which a network gives it.
    pub(crate) fn code(&self) -> Option<LocationCode> {
        let membership = self.membership.as_ref()?;
        Some(membership.code.clone())
    }

    /// Returns the operation that began this location.
    ///
    /// # Errors
    /// If the store fails, or the roster is damaged.
    pub(crate) fn founding(&self) -> Result<SignedOperation, StoreError> {
        let signed = rosters::signed(&self.store.reader, LocationRow::OWN, 0)?;
        signed
            .into_iter()
            .next()
            .ok_or(StoreError::Damaged("roster"))
    }
}
