//! The naive model: what people saved, what they were told is shared, and what must follow.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{BlobHash, Dix, DocName, EntryHash, LocationId},
    model::observation::ObservationKey,
};

use crate::{host::Host, store::Store};

/// A value that a person entered. It stands under its key until someone who saw it overwrites it.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) location: LocationId,
    pub(crate) dix: Dix,
    pub(crate) dseq: u64,
    pub(crate) hash: EntryHash,
    pub(crate) key: ObservationKey,
    /// The values that its author saw under the key and replaced.
    pub(crate) instead_of: BTreeSet<u64>,
    pub(crate) blob: Option<BlobHash>,
}

/// Everything that was saved, by the number of its statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Oracle {
    pub(crate) written: BTreeMap<u64, Written>,
    /// Numbers that people were told are saved on their computer.
    told_saved: BTreeSet<u64>,
    /// Entries that people were told are shared with the hub.
    told_shared: BTreeMap<(LocationId, Dix), u64>,
}

impl Oracle {
    pub(crate) fn saved(&mut self, number: u64) {
        self.told_saved.insert(number);
    }

    /// Records that it was never saved, and that no one was told it was.
    pub(crate) fn unsaved(&mut self, number: u64) {
        self.told_saved.remove(&number);
    }

    /// Records that the content of one entry is now in another.
    pub(crate) fn said_again(
        &mut self,
        (location, dix): (LocationId, Dix),
        dseq: u64,
        again: (u64, EntryHash),
    ) {
        let same = |one: &&mut Written| (one.location, one.dix, one.dseq) == (location, dix, dseq);
        if let Some(written) = self.written.values_mut().find(same) {
            (written.dseq, written.hash) = again;
        }
    }

    /// Records that another value has replaced it: its author is told, and does not repeat it.
    pub(crate) fn overtaken(&mut self, (location, dix): (LocationId, Dix), dseq: u64) {
        let same = |one: &Written| (one.location, one.dix, one.dseq) == (location, dix, dseq);
        let number = self.written.iter().find(|(_, one)| same(one));
        let Some(number) = number.map(|(number, _)| *number) else {
            return;
        };
        self.told_saved.remove(&number);
        let gone = self.written.remove(&number);
        let before = gone.map_or_else(BTreeSet::new, |gone| gone.instead_of);
        // The values that replaced it also saw what it had replaced.
        for written in self.written.values_mut() {
            if written.instead_of.contains(&number) {
                written.instead_of.extend(&before);
            }
        }
    }

    /// Checks a node's news that the hub has its log up to `dseq`: it must be true at this moment.
    pub(crate) fn shared(
        &mut self,
        (location, dix): (LocationId, Dix),
        dseq: u64,
        hub: &Store,
    ) -> Result<(), String> {
        let told = self.told_shared.entry((location, dix)).or_default();
        *told = dseq.max(*told);
        let told = *told;
        self.check_shared((location, dix), told, hub)
    }

    fn check_shared(&self, log: (LocationId, Dix), told: u64, hub: &Store) -> Result<(), String> {
        for written in self.written.values() {
            if (written.location, written.dix) != log || written.dseq > told {
                continue;
            }
            let entry = hub.logs.get(&log).and_then(|log| log.entry(written.dseq));
            if entry.is_none_or(|entry| entry.hash != written.hash) {
                return Err(format!(
                    "entry {} of log {} was acknowledged, and the hub does not hold it",
                    written.dseq, written.dix
                ));
            }
            if written
                .blob
                .is_some_and(|blob| !hub.blobs.contains_key(&blob))
            {
                return Err(format!(
                    "entry {} of log {} was acknowledged, and the hub lacks its words",
                    written.dseq, written.dix
                ));
            }
        }
        Ok(())
    }

    /// Checks in the end that nothing people were told about is missing anywhere.
    pub(crate) fn check_nothing_missing(&self, hosts: &[Host]) -> Result<(), String> {
        let hub = &hosts[0].store;
        for (log, told) in &self.told_shared {
            self.check_shared(*log, *told, hub)?;
        }
        for number in &self.told_saved {
            let written = self.written.get(number).ok_or_else(|| {
                format!("edit {number} was saved, and its author no longer has it")
            })?;
            let sealed = hub
                .roster(written.location)
                .device(written.dix)
                .and_then(|d| d.sealed);
            if sealed.is_some_and(|seal| written.dseq > seal.dseq) {
                // Written by a revoked device after its last sync: it stays on that device.
                continue;
            }
            if sealed.is_none() && hub.is_void((written.location, written.dix), written.dseq) {
                return Err(format!(
                    "edit {number} was saved, and the hub has only its header"
                ));
            }
            let holders = hosts
                .iter()
                .filter(|host| host.takes_part(written.location, hub));
            for host in holders {
                let log = host.store.logs.get(&(written.location, written.dix));
                let entry = log.and_then(|log| log.entry(written.dseq));
                if entry.is_none_or(|entry| entry.hash != written.hash) {
                    return Err(format!(
                        "edit {number} was saved, and {} lacks it",
                        host.name
                    ));
                }
                if written
                    .blob
                    .is_some_and(|blob| !host.store.blobs.contains_key(&blob))
                {
                    return Err(format!("{} lacks the words of edit {number}", host.name));
                }
            }
        }
        Ok(())
    }

    /// Returns the values that must stand under each key at a holder of the hub's logs: every value
    /// that no other replaced.
    pub(crate) fn standing(
        &self,
        hub: &Store,
    ) -> BTreeMap<(LocationId, ObservationKey), BTreeSet<u64>> {
        let here = |written: &&Written| {
            let log = hub.logs.get(&(written.location, written.dix));
            let entry = log.and_then(|log| log.entry(written.dseq));
            let void = hub.is_void((written.location, written.dix), written.dseq);
            !void && entry.is_some_and(|entry| entry.hash == written.hash)
        };
        let here: BTreeMap<u64, &Written> = self
            .written
            .iter()
            .filter(|(_, written)| here(written))
            .map(|(number, written)| (*number, written))
            .collect();
        let replaced: BTreeSet<u64> = here
            .values()
            .flat_map(|written| &written.instead_of)
            .copied()
            .collect();
        let mut standing: BTreeMap<_, BTreeSet<u64>> = BTreeMap::new();
        for (number, written) in here {
            if !replaced.contains(&number) {
                let key = (written.location, written.key.clone());
                standing.entry(key).or_default().insert(number);
            }
        }
        standing
    }
}

/// The document of a location's observations in the simulated year.
pub(crate) fn document() -> DocName {
    DocName::first("observations/2023")
}
