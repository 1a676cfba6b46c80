//! The locations' devices: listed, blocked and served again.

use weft_host::list::{Column, DATA, Datum, List, PAGE};
use weft_shared::{id::DeviceId, identity::Role, time::Timestamp};
use weft_store::{Transaction, logs};

use super::{AppError, AppHandle};
use crate::store::{StoreError, devices, invites};

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

impl AppHandle {
    /// Returns every device, by location.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn devices(&self) -> Result<Vec<DeviceView>, AppError> {
        let bound = self.shared.store.read(invites::bound_codes).await?;
        let mut views = Vec::new();
        for known in self.shared.directory.all().await? {
            let lix = known.lix;
            let code = bound.iter().find(|bound| bound.lix == lix);
            let code = code.map_or_else(|| HUB.to_owned(), |bound| bound.code.to_string());
            let ids: Vec<DeviceId> = known.roster.devices().map(|device| device.id).collect();
            let held = self.shared.store.read(move |conn| {
                let blocked: Result<Vec<_>, StoreError> =
                    ids.iter().map(|id| devices::blocked(conn, id)).collect();
                Ok::<_, StoreError>((logs::logs(conn, lix)?, blocked?))
            });
            let (logs, blocked) = held.await?;
            for (device, blocked) in known.roster.devices().zip(blocked) {
                let log = logs.iter().find(|(dix, _)| *dix == device.dix);
                let log = log.map(|(_, log)| log);
                views.push(DeviceView {
                    id: device.id,
                    location: code.clone(),
                    dix: device.dix.0,
                    name: device.name.clone(),
                    role: device.role.as_str(),
                    added: device.added,
                    state: match (device.sealed, blocked) {
                        (Some(_), _) => DeviceState::Revoked,
                        (None, Some(_)) => DeviceState::Blocked,
                        (None, None) => DeviceState::Live,
                    },
                    entries: log.map_or(0, |log| log.height.dseq),
                    received: log.map(|log| log.stored),
                });
            }
        }
        Ok(views)
    }

    /// Blocks a device: closes its sessions, and takes and sends nothing more.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn block_device(&self, device: DeviceId) -> Result<(), AppError> {
        let wakes = self.shared.wakes();
        let block = move |tx: &Transaction<'_>, now| {
            wakes.blocked(tx, device);
            let blocked = devices::block(tx, &device, now)?;
            Ok(blocked.then(|| (device.to_string(), ())))
        };
        self.act("device block", block).await.map(drop)
    }

    /// Serves a blocked device again, from its next session on.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn unblock_device(&self, device: DeviceId) -> Result<(), AppError> {
        let unblock = move |tx: &Transaction<'_>, _| {
            let unblocked = devices::unblock(tx, &device)?;
            Ok(unblocked.then(|| (device.to_string(), ())))
        };
        self.act("device unblock", unblock).await.map(drop)
    }
}
