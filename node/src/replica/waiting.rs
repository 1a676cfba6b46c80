//! Runs that wait for changes that have not arrived. Only their places are in memory: the store
//! keeps the runs, and each is read again once everything that it waits for is here.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{document::Document, id::Dix, log::scan};

use super::documents::Pending;

/// Log, entry and number of a run.
pub(super) type RunPlace = (Dix, u64, u32);

/// The waiting runs of a document, with the changes that each lacked last.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    runs: BTreeMap<RunPlace, Vec<[u8; 32]>>,
    /// Number of all these changes.
    missing: usize,
}

impl Waiting {
    pub(super) fn put(&mut self, place: RunPlace, missing: Vec<[u8; 32]>) {
        self.remove(place);
        self.missing += missing.len();
        self.runs.insert(place, missing);
    }

    pub(super) fn remove(&mut self, place: RunPlace) {
        let known = self.runs.remove(&place);
        self.missing -= known.map_or(0, |missing| missing.len());
    }

    /// Returns the first entry of a log that waits.
    pub(super) fn first(&self, dix: Dix) -> Option<u64> {
        let mut of_log = self.runs.range((dix, 0, 0)..=(dix, u64::MAX, u32::MAX));
        of_log.next().map(|((_, dseq, _), _)| *dseq)
    }

    /// Estimated bytes of memory.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.runs.len() as u64 * PLACE_BYTES + self.missing as u64 * 32
    }

    /// Reads the runs that have everything they need once `runs` are applied. The others stay
    /// unread: to read all of them at each arrival would be quadratic work.
    pub(super) fn ready<E>(
        &self,
        document: &Document,
        runs: &[Pending],
        read: impl Fn(RunPlace) -> Result<Option<Pending>, E>,
    ) -> Result<Vec<Pending>, E> {
        let mut ready = Vec::new();
        if self.runs.is_empty() {
            return Ok(ready);
        }
        let given: BTreeSet<RunPlace> = runs.iter().map(Pending::place).collect();
        let mut still: Vec<_> = self.runs.iter().collect();
        still.retain(|(place, _)| !given.contains(*place));
        let mut arrived: BTreeSet<[u8; 32]> = runs.iter().flat_map(hashes).collect();
        loop {
            let before = still.len();
            let mut later = Vec::new();
            for (place, missing) in still {
                let is_here = |hash| arrived.contains(hash) || document.has_change(hash);
                if !missing.iter().all(is_here) {
                    later.push((place, missing));
                } else if let Some(run) = read(*place)? {
                    arrived.extend(hashes(&run));
                    ready.push(run);
                }
            }
            if later.is_empty() || later.len() == before {
                return Ok(ready);
            }
            still = later;
        }
    }
}

/// Returns the hashes of a run's changes.
fn hashes(run: &Pending) -> impl Iterator<Item = [u8; 32]> {
    let changes = run.changes.iter();
    changes.filter_map(|change| scan::read(change).ok().map(|facts| facts.hash))
}

/// Approximate bytes of one place in the map, without its hashes.
const PLACE_BYTES: u64 = 64;
