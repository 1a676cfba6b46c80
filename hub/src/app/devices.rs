//! The locations' devices: listed, blocked and served again.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::list::{Column, DATA, Datum, List, PAGE};
use weft_shared::{
    id::{DeviceId, LocationCode},
    identity::Role,
    time::Timestamp,
};
use weft_store::Transaction;

use super::{AppError, AppHandle, Snapshot};
use crate::{
    directory::Known,
    store::{LocationRow, devices, invites, logs, rosters},
};

/// Used in place of a location's code for the hub's own device.
pub const HUB: &str = "hub";

/// Whether the hub serves a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// It is served.
    Live,
    /// The operator has blocked it.
    Blocked,
    /// Its location has revoked it, for good.
    Revoked,
}

impl DeviceState {
    /// The name of the state.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Blocked => "blocked",
            Self::Revoked => "revoked",
        }
    }
}

/// A device of a location.
#[derive(Clone, Debug)]
pub struct DeviceView {
    /// Its key.
    pub id: DeviceId,
    /// Its location's code; [`HUB`] for the hub's own.
    pub location: String,
    /// Its index in its location.
    pub dix: u16,
    /// The name its location gave it.
    pub name: String,
    /// "admin" or "member".
    pub role: &'static str,
    /// The time of its admission, by its own clock.
    pub added: Timestamp,
    /// Whether the hub serves it.
    pub state: DeviceState,
    /// Number of its entries that the hub holds.
    pub entries: u64,
    /// The time at which the hub last received one.
    pub received: Option<Timestamp>,
}

/// Every device, as commands and pages list it.
pub const DEVICES: List<DeviceView> = List::new(&[
    Column::new("device", |device: &DeviceView| Datum::text(device.id))
        .shown(|device| device.id.to_string().chars().take(16).collect()),
    Column::new("location", |device: &DeviceView| (&*device.location).into()),
    Column::new("dix", |device: &DeviceView| u64::from(device.dix).into()).only(DATA),
    Column::new("name", |device: &DeviceView| (&*device.name).into())
        .words()
        .header(),
    Column::new("role", |device: &DeviceView| device.role.into()),
    Column::new("added", |device: &DeviceView| device.added.into()).only(DATA),
    Column::new("state", |device: &DeviceView| device.state.as_str().into()),
    Column::new("entries", |device: &DeviceView| device.entries.into()).number(),
    Column::new("last_received", |device: &DeviceView| {
        device.received.into()
    })
    .headed("last received")
    .or("never")
    .only(DATA | PAGE),
])
.notes(", state one of \"live\", \"revoked\", \"blocked\"");

impl DeviceView {
    /// Says what blocking this device takes away from its location, beside the device itself:
    /// nothing if another device of the location can do the same.
    pub fn lost_if_blocked(&self, all: &[Self]) -> Option<String> {
        let others = all.iter().filter(|other| {
            other.location == self.location
                && other.id != self.id
                && other.state == DeviceState::Live
        });
        let others: Vec<_> = others.collect();
        let (name, code) = (&self.name, &self.location);
        if others.is_empty() {
            return Some(format!(
                "{name} is the only device of {code} that the hub serves. While it is blocked, \
                 {code} can share nothing and receive nothing, and it can add no other device."
            ));
        }
        let admin = |device: &Self| device.role == Role::Admin.as_str();
        if admin(self) && !others.into_iter().any(admin) {
            return Some(format!(
                "{name} is the only admin of {code} that the hub serves. While it is blocked, \
                 {code} can neither add nor revoke a device."
            ));
        }
        None
    }
}

impl DeviceView {
    /// Returns the beginning of its id, as lists show it.
    pub fn short_id(&self) -> String {
        self.id.to_string().chars().take(16).collect()
    }
}

impl Snapshot<'_> {
    /// Returns every device, by location.
    ///
    /// # Errors
    /// If the store fails.
    pub fn devices(&self) -> Result<Vec<DeviceView>, AppError> {
        let bound = invites::bound_codes(self.conn)?.into_iter();
        let codes: BTreeMap<LocationRow, LocationCode> =
            bound.map(|bound| (bound.lix, bound.code)).collect();
        let (lens, blocked) = (rosters::lens(self.conn)?, devices::all_blocked(self.conn)?);
        let mut views = Vec::new();
        for (lix, location) in rosters::all(self.conn)? {
            if let Some(known) = self.roster(&location, lens.get(&lix))? {
                views.extend(self.devices_in(&known, codes.get(&lix), &blocked)?);
            }
        }
        Ok(views)
    }

    /// Returns a device with those of its location, itself among them; none if there is no such
    /// device.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn device(
        &self,
        id: &str,
    ) -> Result<Option<(DeviceView, Vec<DeviceView>)>, AppError> {
        let found = match id.parse() {
            Ok(id) => devices::device(self.conn, &id)?,
            Err(_) => None,
        };
        let Some((lix, _)) = found else {
            return Ok(None);
        };
        let location = rosters::location_id(self.conn, lix)?;
        let len = rosters::len(self.conn, lix)?;
        let Some(known) = self.roster(&location, Some(&len))? else {
            return Ok(None);
        };
        let code = invites::code_of(self.conn, lix)?;
        let all = self.devices_in(&known, code.as_ref(), &devices::all_blocked(self.conn)?)?;
        let one = all
            .iter()
            .find(|device| device.id.to_string() == id)
            .cloned();
        Ok(one.map(|one| (one, all)))
    }

    fn devices_in(
        &self,
        known: &Known,
        code: Option<&LocationCode>,
        blocked: &BTreeSet<DeviceId>,
    ) -> Result<Vec<DeviceView>, AppError> {
        let logs: BTreeMap<_, _> = logs::logs(self.conn, known.lix)?.into_iter().collect();
        let code = code.map_or_else(|| HUB.to_owned(), ToString::to_string);
        let views = known.roster.devices().map(|device| {
            let log = logs.get(&device.dix);
            DeviceView {
                id: device.id,
                location: code.clone(),
                dix: device.dix.0,
                name: device.name.clone(),
                role: device.role.as_str(),
                added: device.added,
                state: match (device.sealed, blocked.contains(&device.id)) {
                    (Some(_), _) => DeviceState::Revoked,
                    (None, true) => DeviceState::Blocked,
                    (None, false) => DeviceState::Live,
                },
                entries: log.map_or(0, |log| log.height.dseq),
                received: log.map(|log| log.stored),
            }
        });
        Ok(views.collect())
    }
}

impl AppHandle {
    /// Blocks a device: closes its sessions, and takes and sends nothing more.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn block_device(&self, device: DeviceId) -> Result<(), AppError> {
        let wakes = self.shared.wakes();
        let subject = self.device_words(device).await?;
        let block = move |tx: &Transaction<'_>, now| {
            wakes.blocked(tx, device);
            let blocked = devices::block(tx, &device, now)?;
            Ok(blocked.then_some((subject, ())))
        };
        self.act("device block", block).await.map(drop)
    }

    /// Serves a blocked device again, from its next session on.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn unblock_device(&self, device: DeviceId) -> Result<(), AppError> {
        let subject = self.device_words(device).await?;
        let unblock = move |tx: &Transaction<'_>, _| {
            let unblocked = devices::unblock(tx, &device)?;
            Ok(unblocked.then_some((subject, ())))
        };
        self.act("device unblock", unblock).await.map(drop)
    }

    /// Names a device for the ledger: its location, its name, and the beginning of its id.
    async fn device_words(&self, device: DeviceId) -> Result<String, AppError> {
        let id = device.to_string();
        let asked = id.clone();
        let found = self.read(move |at| at.device(&asked)).await?;
        Ok(match found {
            Some((one, _)) => format!("{}: {} ({})", one.location, one.name, one.short_id()),
            None => id,
        })
    }
}
