//! The naive model: what people saved, what they were told is shared, and what must follow.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use weft_shared::{
    id::{BlobHash, DeviceIndex, LocationCode, RecordId},
    log::gate::VoidCode,
    model::observation::ObservationKey,
};
use weft_store::{StoreError, blobs, logs, rosters};

use crate::world::World;

/// A value that a person entered and was told is saved. It stands under its key until somebody who
/// saw it replaces it.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) device: usize,
    pub(crate) dix: DeviceIndex,
    pub(crate) dseq: u64,
    pub(crate) place: usize,
    pub(crate) key: ObservationKey,
}

/// An insight that its author was told is saved.
#[derive(Clone, Debug)]
pub(crate) struct Insight {
    pub(crate) device: usize,
    pub(crate) place: usize,
    /// Its author's log, and the entry that told it first.
    pub(crate) log: (DeviceIndex, u64),
    pub(crate) hash: BlobHash,
    pub(crate) text: String,
    pub(crate) withdrawn: bool,
}

/// Names that the national team gave, in order, and whether it read that they are saved.
type Names = Arc<Mutex<Vec<(LocationCode, String, bool)>>>;

/// Everything that people saved and were told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Oracle {
    /// Numbers that people tried to save, with those that they saw under the key and replaced.
    pub(crate) tried: BTreeMap<u64, BTreeSet<u64>>,
    /// Those that they were told are saved.
    pub(crate) written: BTreeMap<u64, Written>,
    pub(crate) insights: BTreeMap<RecordId, Insight>,
    /// Records that must stay with their device's team, and their words.
    pub(crate) kept: Vec<(usize, String)>,
    pub(crate) renamed: Names,
    /// Locations that ever had hardly any room at the hub.
    pub(crate) filled: BTreeSet<usize>,
    /// Devices of which the hub left out an entry.
    pub(crate) voided: BTreeSet<usize>,
    /// Values among which somebody chose one.
    pub(crate) contested: BTreeSet<u64>,
    /// Insights that a device took back.
    pub(crate) taken_back: Vec<(RecordId, usize)>,
}

impl Oracle {
    pub(crate) fn withdrawn(&mut self, id: &RecordId, device: usize) {
        self.taken_back.push((*id, device));
        if let Some(insight) = self.insights.get_mut(id) {
            insight.withdrawn = true;
        }
    }

    /// Whether a value was replaced or decided against. An act that was not called saved may be.
    pub(crate) fn may_be_gone(&self, number: u64) -> bool {
        let mut replaced = self.tried.values().flatten();
        self.contested.contains(&number) || replaced.any(|gone| *gone == number)
    }
}

impl World<'_> {
    /// Checks a device's news that the hub has its log up to `dseq`: what the hub has committed
    /// must say so at this moment.
    pub(crate) fn acknowledged(
        &mut self,
        device: usize,
        dseq: u64,
        voids: &[(u64, VoidCode)],
    ) -> Result<(), String> {
        if !voids.is_empty() {
            self.oracle.voided.insert(device);
        }
        match self.look_at_acknowledged(device, dseq) {
            Ok(found) => found,
            // The disk failed just as the model looked.
            Err(_) if self.disk.has_failed() => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn look_at_acknowledged(
        &self,
        device: usize,
        dseq: u64,
    ) -> Result<Result<(), String>, StoreError> {
        let author = &self.devices[device];
        let (Some(hub), Some((dix, _))) = (&self.hub, author.height()) else {
            return Ok(Ok(()));
        };
        let lix = rosters::lix(&hub.reader, &author.location)?;
        let lix = lix.ok_or(StoreError::Damaged("locations"))?;
        let held = match logs::find(&hub.reader, lix, dix)? {
            Some(log) => logs::height(&hub.reader, log)?.dseq,
            None => 0,
        };
        let name = &author.name;
        if held < dseq {
            return Ok(Err(format!(
                "{name} was told that {dseq} entries are stored, and the hub holds {held}"
            )));
        }
        for insight in self.oracle.insights.values() {
            let told = insight.device == device && insight.log.1 <= dseq;
            if !told || insight.withdrawn || self.oracle.voided.contains(&device) {
                continue;
            }
            if blobs::bytes(&hub.reader, lix, &insight.hash)?.is_none() {
                return Ok(Err(format!(
                    "{name} was told that entry {} is stored, and the hub lacks its words",
                    insight.log.1
                )));
            }
        }
        Ok(Ok(()))
    }
}
