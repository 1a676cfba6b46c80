//! The order in which the runs of a bite came into their document. What stood there between two of
//! them is the same in whichever bites the entries are read.

use std::collections::BTreeMap;

use weft_shared::{log::scan, model::schema::Container};
use weft_store::cache::Applied;

/// Heads of a document: with the changes that they build on, they are all of it.
type Heads = Vec<[u8; 32]>;

/// The entry with which each run came in, and the keys of observations that it touched.
#[derive(Debug, Default)]
pub(super) struct Moments<'a> {
    /// The document's heads before anything came in.
    before: Heads,
    /// The entries with which something came in, in the order of commits, and the document's heads
    /// then. Those after the last step whose heads are asked for have none.
    steps: Vec<(u64, Heads)>,
    /// The steps that touched each key; empty if there is only one step.
    keys: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Moments<'a> {
    /// Puts the runs in order that a document with these heads took in. `alone` says that one
    /// device made all of them.
    pub(super) fn of(before: Heads, applied: &'a [Applied<u64>], alone: bool) -> Self {
        if let [only] = applied {
            return Self {
                before,
                steps: vec![(only.place, Vec::new())],
                keys: BTreeMap::new(),
            };
        }
        // A device builds on its own changes in the order of its log.
        let in_order = alone && applied.iter().all(|run| !run.waited);
        let places = match in_order {
            true => applied.iter().map(|run| run.place).collect(),
            false => places(applied),
        };
        let mut order: Vec<usize> = (0..applied.len()).collect();
        order.sort_by_key(|run| places[*run]);
        let steps = || order.chunk_by(|one, next| places[*one] == places[*next]);
        let mut heads = before.clone();
        let mut moments = Self {
            before,
            ..Self::default()
        };
        for step in steps() {
            let number = moments.steps.len();
            moments.steps.push((places[step[0]], Vec::new()));
            let touched = step.iter().flat_map(|run| &applied[*run].touched);
            for (_, key) in touched.filter(|one| one.0 == Container::Observations) {
                let steps = moments.keys.entry(key).or_default();
                if steps.last() != Some(&number) {
                    steps.push(number);
                }
            }
        }
        // The present statement of a key is asked for without heads.
        let last = moments
            .keys
            .values()
            .filter_map(|steps| steps.iter().rev().nth(1));
        let wanted = last.max().map_or(0, |step| step + 1);
        for (step, known) in steps().zip(&mut moments.steps).take(wanted) {
            let changes = step.iter().flat_map(|run| &applied[*run].changes);
            let facts: Vec<_> = changes.filter_map(|raw| scan::read(raw).ok()).collect();
            heads.extend(facts.iter().map(|facts| facts.hash));
            for facts in facts {
                heads.retain(|head| !facts.deps.contains(head));
            }
            known.1.clone_from(&heads);
        }
        moments
    }

    /// The document's heads before all of them.
    pub(super) fn before(&self) -> &[[u8; 32]] {
        &self.before
    }

    /// The entries with which something was written under a key, and the heads then; the last is
    /// how it stands now.
    pub(super) fn under(&self, key: &str) -> impl Iterator<Item = &(u64, Heads)> {
        let known = self.keys.get(key).map(Vec::as_slice);
        let steps = known.unwrap_or(if self.steps.is_empty() { &[] } else { &[0] });
        steps.iter().map(|step| &self.steps[*step])
    }
}

/// The place of the entry with which each run came in: its own, or that of a later one on which it
/// builds.
fn places(applied: &[Applied<u64>]) -> Vec<u64> {
    let mut runs: BTreeMap<[u8; 32], usize> = BTreeMap::new();
    let mut deps: Vec<Vec<[u8; 32]>> = Vec::new();
    for (at, run) in applied.iter().enumerate() {
        let facts = run.changes.iter().filter_map(|raw| scan::read(raw).ok());
        let mut of_run = Vec::new();
        for facts in facts {
            runs.insert(facts.hash, at);
            of_run.extend_from_slice(facts.deps);
        }
        deps.push(of_run);
    }
    let new = applied.iter().filter(|run| !run.waited);
    let first = new.map(|run| run.place).min().unwrap_or(0);
    // One that had waited did so for something that has come now.
    let place = |run: &Applied<u64>| match run.waited {
        true => run.place.max(first),
        false => run.place,
    };
    let mut places: Vec<u64> = applied.iter().map(place).collect();
    loop {
        let mut later = false;
        for (at, of_run) in deps.iter().enumerate() {
            for dep in of_run.iter().filter_map(|dep| runs.get(dep)) {
                later |= places[*dep] > places[at];
                places[at] = places[at].max(places[*dep]);
            }
        }
        if !later {
            return places;
        }
    }
}
