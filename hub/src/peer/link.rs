//! The hub as the host of one session: joins, quotas, dropped ends of logs, and whom to tell.

use std::{collections::BTreeSet, sync::Arc};

use rusqlite::Connection;
use weft_shared::{
    id::{DeviceId, LocationId},
    identity::{
        Applied,
        reads::{ReadPart, ReadsAfter},
    },
    log::{gate::Admission, room::Room},
    sync::Refused,
    time::Timestamp,
    wire::{
        NackCode,
        message::{Join, Joined},
    },
};
use weft_store::{
    Transaction,
    host::{Host, Member, NotJoined, Rosters, refusal},
};

use crate::{
    app::Shared,
    directory::{AppendError, Known},
    enrol,
    limits::REVOCATION_HOLD_MS,
    store::{LocationRow, StoreError, devices, dropped, reads, releases, shares},
};

/// One session's view of the hub.
#[derive(Clone)]
pub(crate) struct HubHost {
    pub(super) shared: Arc<Shared>,
    pub(super) device: DeviceId,
    /// The session's seat, once it has one.
    pub(super) by: Option<u64>,
}

impl HubHost {
    pub(crate) const fn new(shared: Arc<Shared>, device: DeviceId) -> Self {
        let by = None;
        Self { shared, device, by }
    }
}

impl Host for HubHost {
    fn rosters(&self) -> &Rosters {
        self.shared.directory.rosters()
    }

    fn zero(&self) -> LocationId {
        self.shared.identity.zero
    }

    fn decides(&self) -> bool {
        true
    }

    fn join(
        &self,
        tx: &Transaction<'_>,
        request: &Join,
        now: Timestamp,
    ) -> Result<Joined, NotJoined> {
        Ok(enrol::join(
            (&self.shared, self),
            tx,
            &self.device,
            request,
            now,
        )?)
    }

    fn refuses(&self, conn: &Connection, device: &DeviceId) -> Result<Option<Refused>, StoreError> {
        let blocked = devices::blocked(conn, device)?;
        Ok(blocked.map(|_| refusal(NackCode::Blocked, BLOCKED_TEXT)))
    }

    fn room(&self, conn: &Connection, member: &Member) -> Result<Option<Room>, StoreError> {
        match member.lix {
            // Entries that the hub itself wrote, and comes back to after a restore.
            LocationRow::ZERO => Ok(None),
            lix => shares::room(conn, lix, member.dix, member.role).map(Some),
        }
    }

    fn conflict(
        &self,
        tx: &Transaction<'_>,
        member: &Member,
        admission: &Admission,
    ) -> Result<Option<BTreeSet<[u8; 32]>>, StoreError> {
        let orphaned = dropped::built_on(tx, member.lix, admission)?;
        let (lix, dix, role) = (member.lix, member.dix, member.role);
        if lix == LocationRow::ZERO && orphaned.is_empty() {
            return Ok(None);
        }
        let takes = orphaned.is_empty() && shares::takes(tx, (lix, dix, role), admission)?;
        Ok((!takes).then_some(orphaned))
    }

    fn appended(
        &self,
        tx: &Transaction<'_>,
        member: &Member,
        admission: &Arc<Admission>,
    ) -> Result<(), StoreError> {
        let (log, height) = ((member.location, member.dix), admission.height());
        self.shared.wakes().stored(tx, log, height, self.by);
        if member.lix == LocationRow::ZERO {
            let arrived = self.shared.own.arrived();
            tx.on_commit(move || arrived.note());
        }
        Ok(())
    }

    fn reads(
        &self,
        tx: &Transaction<'_>,
        location: &LocationId,
        after: ReadsAfter,
        now: Timestamp,
    ) -> Result<Option<ReadPart>, StoreError> {
        let Some(known) = self.shared.directory.rosters().held(location) else {
            return Ok(None);
        };
        let key = &self.shared.identity.log;
        let part = reads::chain::part(tx, (known.lix, location), key, after.row, now)?;
        Ok(Some(ReadPart {
            proof: releases::proof_after(tx, known.lix, after.proof)?.map(Box::new),
            ..part
        }))
    }

    /// Nothing is taken of the device until its location has signed again, or gives up.
    fn outruns(&self, device: &DeviceId) {
        self.shared.allowances.hold(*device, REVOCATION_HOLD_MS);
    }

    fn grown(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        applied: &[Applied],
    ) -> Result<(), AppendError> {
        for applied in applied {
            match applied {
                Applied::Added(dix) => {
                    let device = known.roster.device(*dix);
                    let device = device.expect("the roster has just added it");
                    if devices::device(tx, &device.id)?.is_some() {
                        return Err(AppendError::Elsewhere);
                    }
                    devices::add_device(tx, known.lix, *dix, &device.id)?;
                }
                Applied::Dropped(dix) => {
                    let device = known.roster.device(*dix);
                    let first = device.and_then(|device| device.dropped);
                    let first = first.expect("the roster has just dropped it");
                    if let Err(builders) = dropped::drop_end(tx, known.lix, *dix, first)? {
                        let names = builders.iter().filter_map(|dix| known.roster.device(*dix));
                        let names = names.map(|device| format!("\"{}\"", device.name));
                        let names = names.collect::<Vec<_>>().join(", ");
                        return Err(AppendError::BuiltOn { names });
                    }
                }
                Applied::Invited | Applied::InviteRevoked | Applied::Revoked(_) => {}
            }
        }
        self.shared.wakes().roster_changed(tx, &known.roster);
        Ok(())
    }
}

/// Message to the people at a device that the operator has blocked.
pub(super) const BLOCKED_TEXT: &str = "the hub's operator has blocked this device; your work is \
    safe on this computer. Ask the national team why";
