//! Runs that wait for changes that have not arrived.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeBounds,
};

use weft_shared::{document::Document, log::scan};

use super::Run;

/// The waiting runs of a document, with the changes that each lacked last.
#[derive(Debug)]
pub(super) struct Waiting<P> {
    runs: BTreeMap<P, Vec<[u8; 32]>>,
    /// Number of all these changes.
    missing: usize,
}

impl<P> Default for Waiting<P> {
    fn default() -> Self {
        Self {
            runs: BTreeMap::new(),
            missing: 0,
        }
    }
}

impl<P: Copy + Ord> Waiting<P> {
    pub(super) fn put(&mut self, place: P, missing: Vec<[u8; 32]>) {
        self.remove(place);
        self.missing += missing.len();
        self.runs.insert(place, missing);
    }

    pub(super) fn remove(&mut self, place: P) {
        let known = self.runs.remove(&place);
        self.missing -= known.map_or(0, |missing| missing.len());
    }

    pub(super) fn first(&self, places: impl RangeBounds<P>) -> Option<P> {
        self.runs.range(places).next().map(|(place, _)| *place)
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        self.runs.len() as u64 * PLACE_BYTES + self.missing as u64 * 32
    }

    /// Reads the runs that have everything they need once `runs` are applied. The others stay
    /// unread: to read all of them at each arrival would be quadratic work.
    pub(super) fn ready<E>(
        &self,
        document: &Document,
        runs: &[Run<P>],
        read: impl Fn(P) -> Result<Option<Run<P>>, E>,
    ) -> Result<Vec<Run<P>>, E> {
        let mut ready = Vec::new();
        if self.runs.is_empty() {
            return Ok(ready);
        }
        let given: BTreeSet<P> = runs.iter().map(|run| run.place).collect();
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
fn hashes<P>(run: &Run<P>) -> impl Iterator<Item = [u8; 32]> {
    let changes = run.changes.iter();
    changes.filter_map(|change| scan::read(change).ok().map(|facts| facts.hash))
}

/// Approximate bytes of one place in the map, without its hashes.
const PLACE_BYTES: u64 = 64;
