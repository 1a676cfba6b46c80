//! Drops the end of a revoked device's log on an admin's order. Its content leaves the documents,
//! its bodies and words leave this computer, and its headers stay.

use std::collections::BTreeSet;

use weft_shared::{
    id::DeviceIndex,
    identity::{Operation, SignedOperation, Signer},
    log::{built_on::BuiltOn, gate::VoidCode},
    time::Timestamp,
};
use weft_store::StoreError;

use super::{DocumentError, Replica};
use crate::store::{LocationRow, Owner, entries, logs, rosters, undone};

/// The part of a revoked device's log that can be dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// The first entry of the longest end that no device has built on.
    pub(crate) first: u64,
    /// The entry at which the log is sealed.
    pub(crate) last: u64,
    /// The devices that built on the entry before the first.
    pub(crate) builders: BTreeSet<String>,
}

/// An order to drop the end of a device's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dropped {
    /// The name of the device that wrote it.
    pub(crate) device: String,
    /// The first entry that was dropped.
    pub(crate) first: u64,
    pub(crate) at: Timestamp,
    /// The name of the device that ordered it; `None` if the location's root did.
    pub(crate) by: Option<String>,
}

impl Replica {
    /// Returns every order to drop the end of a log of this location, oldest first.
    pub(crate) fn drops(&self) -> Result<Vec<Dropped>, StoreError> {
        let roster = self.roster(Owner::Location);
        let name = |dix| roster.device(dix).map(|device| device.name.clone());
        let drop = |signed: SignedOperation| {
            let Operation::Void { dix, first, .. } = signed.operation else {
                return None;
            };
            Some(Dropped {
                device: name(dix)?,
                first,
                at: signed.slot.at,
                by: match signed.signer {
                    Signer::Device(by) => name(by),
                    Signer::Root(_) | Signer::Invite(_) => None,
                },
            })
        };
        let operations = rosters::signed(&self.store.reader, LocationRow::OWN, 0)?;
        Ok(operations.into_iter().filter_map(drop).collect())
    }

    /// Returns the end of a device's log above `keep` that can be dropped, as far as is known here.
    pub(crate) fn droppable(&self, dix: DeviceIndex, keep: u64) -> Result<End, DocumentError> {
        let db = &self.store.reader;
        let last = self.height(Owner::Location, dix).dseq;
        let mut end = BuiltOn::with(self.keys_of(Owner::Location).clone());
        for dseq in keep + 1..=last {
            let stored = entries::one(db, LocationRow::OWN, dix, dseq)?;
            if let Some(stored) = stored.filter(|stored| stored.void.is_none()) {
                end.add(&stored.entry);
            }
        }
        let (mut deepest, mut builders) = (keep, BTreeSet::new());
        let others = self.logs(Owner::Location).iter();
        for (other, log) in others.filter(|(other, _)| **other != dix) {
            for dseq in 1..=log.height.dseq {
                let stored = entries::one(db, LocationRow::OWN, *other, dseq)?;
                let stored = stored.filter(|stored| stored.void.is_none());
                let Some(built_on) = stored.and_then(|stored| end.deepest(&stored.entry)) else {
                    continue;
                };
                if built_on > deepest {
                    builders.clear();
                    deepest = built_on;
                }
                if built_on == deepest {
                    let device = self.roster(Owner::Location).device(*other);
                    builders.extend(device.map(|device| device.name.clone()));
                }
            }
        }
        Ok(End {
            first: deepest + 1,
            last,
            builders,
        })
    }

    /// Takes entries above the seal of a revoked device out of the documents: no other device gets
    /// them any more.
    fn take_out_sealed(&mut self) -> Result<(), StoreError> {
        let own = self.dix();
        let devices = self.own.roster.devices();
        let seals = devices.filter(|device| Some(device.dix) != own);
        let seals = seals.filter_map(|device| Some((device.dix, device.sealed.as_ref()?.dseq)));
        let seals: Vec<(DeviceIndex, u64)> = seals.collect();
        for (dix, last) in seals {
            if self.height(Owner::Location, dix).dseq <= last {
                continue;
            }
            let db = &self.store.reader;
            let above = undone::whole_from(db, LocationRow::OWN, dix, last + 1)?;
            let above = above.into_iter().map(|dseq| (dseq, VoidCode::Dropped));
            let voids: Vec<_> = above.collect();
            if !voids.is_empty() {
                self.take_out(dix, &voids, |_| Ok(()))?;
            }
        }
        Ok(())
    }

    /// Removes what the roster lists as dropped and is still here, and from the documents what came
    /// by a bundle and is above the seal of a revoked device. This device keeps its own.
    pub(super) fn take_out_dropped(&mut self) -> Result<(), StoreError> {
        self.take_out_sealed()?;
        let own = self.dix();
        let devices = self.own.roster.devices();
        let dropped: Vec<(DeviceIndex, u64)> = devices
            .filter(|device| Some(device.dix) != own)
            .filter_map(|device| Some((device.dix, device.dropped?)))
            .collect();
        for (dix, first) in dropped {
            let whole = undone::whole_from(&self.store.reader, LocationRow::OWN, dix, first)?;
            if whole.is_empty() {
                continue;
            }
            let voids: Vec<_> = whole
                .into_iter()
                .map(|dseq| (dseq, VoidCode::Dropped))
                .collect();
            self.take_out(dix, &voids, move |db| {
                let log = logs::log(db, LocationRow::OWN, dix)?;
                undone::erase(db, log, first)
            })?;
        }
        Ok(())
    }
}
