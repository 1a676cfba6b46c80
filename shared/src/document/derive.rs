//! Applies changes of others to a document: on a fork, inside a guard, a whole batch at once.
//!
//! If a batch fails, its runs are tried one by one, so that only the faulty one is refused.

mod bites;
mod careful;
mod check;

use std::collections::BTreeMap;

use automerge::{ActorId, Automerge, Change, ChangeHash};

pub use self::careful::Witness;
pub use self::check::Path;
#[cfg(test)]
pub(super) use self::check::READS;
use self::check::Trial;
pub(super) use self::check::{Action, Maps, Parsed};
use super::{Document, Touched, wrap};
use crate::wire::limits::OP_COUNTER_MAX;

/// Size of changes that may leave their values in one large piece.
const MUCH_BYTES: usize = 128 << 10;

/// Why changes of others are not in a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeriveError {
    /// They build on changes that are not here yet; try again when those arrive.
    #[error("{} earlier changes are missing", .missing.len())]
    Held {
        /// The hashes of those changes.
        missing: Vec<[u8; 32]>,
    },
    /// They can never be applied: the entry is quarantined.
    #[error("the change cannot be taken in: {0}")]
    Quarantined(&'static str),
}

/// The places that a run of changes touched, to be read again; none for changes that were here
/// already. A run is applied completely or not at all.
pub type Derived = Result<Touched, DeriveError>;

impl Document {
    /// Applies the changes of one entry, all or none; those already here count as applied. They
    /// must have passed the gate.
    ///
    /// # Errors
    /// Returns [`DeriveError::Held`] if earlier changes are missing; else the entry is quarantined.
    pub fn apply(&mut self, changes: &[Vec<u8>]) -> Derived {
        let result = self.apply_runs(&[changes]).pop();
        result.unwrap_or_else(|| Ok(Touched::new()))
    }

    /// Applies runs that are already parsed.
    fn apply_parsed(
        &mut self,
        runs: &[&[Vec<u8>]],
        parsed: Vec<Result<Vec<Parsed>, DeriveError>>,
    ) -> Vec<Derived> {
        let mut batch = Batch::default();
        let each = parsed.into_iter().enumerate().map(|(at, run)| -> Derived {
            batch.waiting.push((at, run?));
            Ok(Touched::new())
        });
        let mut results: Vec<Derived> = each.collect();
        batch.settle_order(&self.inner, &mut results);
        let (places, ready): (Vec<_>, Vec<_>) = batch.ready.into_iter().unzip();
        let lengths: Vec<_> = ready.iter().map(Vec::len).collect();
        if let Ok(touched) = self.try_changes(ready.into_iter().flatten().collect()) {
            let mut touched = touched.into_iter();
            for (at, length) in places.into_iter().zip(lengths) {
                results[at] = Ok(touched.by_ref().take(length).flatten().collect());
            }
        } else {
            // One change fails the batch. Find its run by trying them in dependency order, and hold
            // those that build on the refused one. The batch is used up, so each run is parsed
            // again: that is rare, and cheaper than a copy of every batch.
            for at in places {
                results[at] = self.try_run(runs[at]);
            }
        }
        results
    }

    /// The places that the changes of one entry touch, for a document that has them: the history of
    /// its records.
    pub fn touched(&self, run: &[Vec<u8>]) -> Touched {
        let touched = || {
            let mut maps = Maps::of(self);
            let changes = run.iter().filter_map(|bytes| Parsed::read(bytes));
            let operations = changes.flat_map(|change| change.operations);
            let paths = operations.filter_map(|operation| maps.path(&self.inner, &operation));
            paths.map(|path| (path.container, path.key)).collect()
        };
        wrap::guarded(touched).unwrap_or_default()
    }

    /// Tries one run alone, without the changes that are here already.
    fn try_run(&mut self, run: &[Vec<u8>]) -> Derived {
        let mut known = Known::new(&self.inner);
        let mut run = parse(run)?;
        run.retain(|one| known.facts(&one.change.hash()).is_none());
        known.accept(&run)?;
        Ok(self.try_changes(run)?.into_iter().flatten().collect())
    }

    fn try_changes(&mut self, changes: Vec<Parsed>) -> Result<Vec<Touched>, DeriveError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        self.even_out();
        let bytes: usize = changes.iter().map(|one| one.change.raw_bytes().len()).sum();
        let attempt = || {
            let mut trial = Trial::of(self, changes.len());
            for change in changes {
                trial.add(change)?;
            }
            trial.finish()
        };
        let why = "it does not fit what it builds on";
        let tried = wrap::guarded(attempt).ok().flatten();
        let (fork, touched) = tried.ok_or(DeriveError::Quarantined(why))?;
        self.inner = fork;
        self.uneven = bytes > MUCH_BYTES;
        Ok(touched)
    }
}

const fn is_held(result: &Derived) -> bool {
    matches!(result, Err(DeriveError::Held { .. }))
}

fn parse(run: &[Vec<u8>]) -> Result<Vec<Parsed>, DeriveError> {
    let parsed = wrap::guarded(|| run.iter().map(|bytes| Parsed::read(bytes)).collect());
    let unreadable = DeriveError::Quarantined("it is no change that this version can read");
    parsed.ok().flatten().ok_or(unreadable)
}

/// Runs that wait for their dependencies, and runs that are ready, without changes already here.
#[derive(Default)]
struct Batch {
    waiting: Vec<(usize, Vec<Parsed>)>,
    ready: Vec<(usize, Vec<Parsed>)>,
}

impl Batch {
    /// Moves runs from waiting to ready as their dependencies arrive, until none moves.
    fn settle_order(&mut self, document: &Automerge, results: &mut [Derived]) {
        let mut known = Known::new(document);
        loop {
            let before = self.waiting.len();
            for (at, mut run) in std::mem::take(&mut self.waiting) {
                run.retain(|one| known.facts(&one.change.hash()).is_none());
                results[at] = known.accept(&run).map(|()| Touched::new());
                match &results[at] {
                    Ok(_) => self.ready.push((at, run)),
                    Err(DeriveError::Held { .. }) => self.waiting.push((at, run)),
                    Err(DeriveError::Quarantined(_)) => {}
                }
            }
            if self.waiting.is_empty() || self.waiting.len() == before {
                return;
            }
        }
    }
}

/// Facts about each change that is in the document or was accepted before.
struct Known<'a> {
    document: &'a Automerge,
    accepted: BTreeMap<ChangeHash, Facts>,
}

/// Facts about a change that later changes depend on.
#[derive(Clone)]
struct Facts {
    actor: ActorId,
    seq: u64,
    last_op: u64,
}

impl Facts {
    fn of(change: &Change) -> Self {
        Self {
            actor: change.actor_id().clone(),
            seq: change.seq(),
            last_op: change.max_op(),
        }
    }
}

impl<'a> Known<'a> {
    const fn new(document: &'a Automerge) -> Self {
        Self {
            document,
            accepted: BTreeMap::new(),
        }
    }

    fn facts(&self, hash: &ChangeHash) -> Option<Facts> {
        if let Some(facts) = self.accepted.get(hash) {
            return Some(facts.clone());
        }
        let meta = self.document.get_change_meta_by_hash(hash)?;
        Some(Facts {
            actor: meta.actor.into_owned(),
            seq: meta.seq,
            last_op: meta.max_op,
        })
    }

    /// Accepts a run completely or not at all.
    fn accept(&mut self, run: &[Parsed]) -> Result<(), DeriveError> {
        for (at, Parsed { change, .. }) in run.iter().enumerate() {
            if let Err(error) = self.check(change) {
                for one in &run[..at] {
                    self.accepted.remove(&one.change.hash());
                }
                return Err(error);
            }
            self.accepted.insert(change.hash(), Facts::of(change));
        }
        Ok(())
    }

    /// Checks that the dependencies of a change are known, that its author's previous change is
    /// among them, and that its operations are numbered after theirs.
    fn check(&self, change: &Change) -> Result<(), DeriveError> {
        let deps: Vec<_> = change
            .deps()
            .iter()
            .map(|dep| (dep, self.facts(dep)))
            .collect();
        let missing = deps.iter().filter(|(_, facts)| facts.is_none());
        let missing: Vec<_> = missing.map(|(dep, _)| dep.0).collect();
        if !missing.is_empty() {
            return Err(DeriveError::Held { missing });
        }
        let facts = || deps.iter().filter_map(|(_, facts)| facts.as_ref());
        let last = facts().map(|facts| facts.last_op).max();
        if last != change.start_op().get().checked_sub(1) {
            let why = "its operations are not numbered on from those it builds on";
            return Err(DeriveError::Quarantined(why));
        }
        let before = change.seq().checked_sub(1);
        let own = |facts: &Facts| facts.actor == *change.actor_id() && Some(facts.seq) == before;
        if before != Some(0) && !facts().any(own) {
            let why = "it does not build on its author's change before it";
            return Err(DeriveError::Quarantined(why));
        }
        if change.is_empty() || change.max_op() > OP_COUNTER_MAX {
            return Err(DeriveError::Quarantined("it has no operation, or too many"));
        }
        Ok(())
    }
}
