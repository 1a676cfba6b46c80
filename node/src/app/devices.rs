//! The location's devices: inviting a further one, and revoking one.

use weft_host::{clock, failure::Failure, random::random_bytes};
use weft_shared::{
    id::DeviceIndex,
    identity::{self, DeviceInvite, InviteNames, Operation, Role},
};

use super::AppHandle;
use crate::{replica::Owner, view::clock_words};

/// A device that was revoked.
#[derive(Clone, Debug)]
pub(crate) struct Revoked {
    /// Number of its entries that stay.
    pub(crate) entries: u64,
}

impl AppHandle {
    /// Makes an invite for one further device, which the hub has by then. Outside the asynchronous
    /// runtime.
    ///
    /// # Errors
    /// If the hub cannot be reached, this device may not invite, or a clock is far off.
    pub(crate) fn invite_device(&self, role: Role, life_ms: i64) -> Result<DeviceInvite, Failure> {
        // Exchange first for the hub's time, because the hub decides when an invite expires.
        let undone = |why: Failure| why.undone("No invite was made.");
        self.exchange().map_err(undone)?;
        self.admin_alone("invites devices")?;
        let behind_ms = self.read(|replica| replica.clock_behind_ms())??;
        if let Some(behind_ms) = behind_ms.filter(|behind| behind.saturating_abs() > life_ms / 2) {
            return Err(Failure::needs_action(format_args!(
                "No invite was made: by the hub's clock it would end long before or long after the \
                 time you ask for. {}",
                clock_words(behind_ms)
            )));
        }
        let membership = self.read(|replica| replica.membership().cloned())??;
        let invite = DeviceInvite {
            address: membership.address,
            hub: membership.hub,
            names: InviteNames::new(&membership.network, &membership.operator),
            location: membership.location,
            code: membership.code,
            seed: random_bytes(),
            role,
            expires: clock::now().plus_ms(life_ms),
        };
        let (key, expires) = (invite.key(), invite.expires);
        self.roster(Operation::Invite { key, role, expires })
            .map_err(undone)?;
        Ok(invite)
    }

    /// Revokes a device for good. Outside the asynchronous runtime, after an exchange: the seal
    /// goes to the end of the device's log.
    ///
    /// # Errors
    /// If the hub cannot be reached, or this device may not revoke.
    pub(crate) fn revoke_device(&self, dix: DeviceIndex) -> Result<Revoked, Failure> {
        self.admin_alone("revokes devices")?;
        let height = self.read(move |replica| replica.height(Owner::Location, dix))?;
        let revoke = Operation::RevokeDevice {
            dix,
            dseq: height.dseq,
            hash: height.hash,
        };
        self.roster(revoke)
            .map_err(|why| why.undone(NOTHING_REVOKED))?;
        let sealed = self.read(move |replica| {
            let device = replica.roster(Owner::Location).device(dix);
            device
                .and_then(|device| device.sealed)
                .map(|seal| seal.dseq)
        })?;
        Ok(Revoked {
            entries: sealed.unwrap_or(height.dseq),
        })
    }

    /// Returns the location's devices; `true` marks this one.
    pub(crate) fn devices(&self) -> Result<Vec<(identity::Device, bool)>, Failure> {
        let own = self.device();
        self.read(move |replica| {
            let devices = replica.roster(Owner::Location).devices();
            devices
                .map(|device| (device.clone(), device.id == own))
                .collect()
        })
    }

    /// Refuses what only an admin may do, and names the admins.
    pub(crate) fn admin_alone(&self, what: &str) -> Result<(), Failure> {
        let devices = self.read(|replica| replica.devices())?;
        let own = devices.iter().find(|device| device.this);
        if own.is_none_or(|own| own.admin) {
            return Ok(());
        }
        let admins = devices
            .iter()
            .filter(|device| device.admin && !device.revoked)
            .map(|device| format!("\"{}\"", device.name));
        Err(Failure::needs_action(format_args!(
            "Only an admin device {what}, and this one is a member. Do it on {}. Nothing was \
             changed.",
            admins.collect::<Vec<_>>().join(" or ")
        )))
    }
}

/// The words if the hub could not be asked to revoke a device.
pub(crate) const NOTHING_REVOKED: &str = "Nothing was revoked: the device can still share.";
