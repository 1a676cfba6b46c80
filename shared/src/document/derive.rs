//! Takes changes of others into a document: on a fork, inside a guard, a whole batch at once.
//!
//! Only where a batch fails are its runs tried one by one, so that the culprit alone is refused.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, Change, ChangeHash, ReadDoc as _};

use super::{
    Document, Touched,
    reapply::{Operation, Paths, operations},
    wrap,
};

/// Most operations of a document: far below where Automerge's counters end.
pub(super) const DOCUMENT_OPS_MAX: u64 = 500_000;

/// Why changes of others are not in a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeriveError {
    /// They build on changes that are not here yet: to be tried again when those arrive.
    #[error("{} earlier changes are missing", .missing.len())]
    Held {
        /// The hashes of those changes.
        missing: Vec<[u8; 32]>,
    },
    /// They cannot be taken in, now or ever: the entry is quarantined.
    #[error("the change cannot be taken in: {0}")]
    Quarantined(&'static str),
}

/// What became of several runs of changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Derived {
    /// What to read again.
    pub touched: Touched,
    /// One for each run, in their order. A run is taken in whole or not at all.
    pub results: Vec<Result<(), DeriveError>>,
}

impl Document {
    /// Takes in the changes of one entry, all or none; those that are here already count as taken.
    /// They must have passed the gate.
    ///
    /// # Errors
    /// [`DeriveError::Held`] where earlier changes are missing; else the entry is quarantined.
    pub fn apply(&mut self, changes: &[Vec<u8>]) -> Result<Touched, DeriveError> {
        let derived = self.apply_runs(&[changes]);
        let result = derived.results.into_iter().next();
        result.unwrap_or(Ok(())).map(|()| derived.touched)
    }

    /// Takes in the changes of many entries, in any order, at the cost of one fork: each run is
    /// what one entry holds for this document.
    pub fn apply_runs(&mut self, runs: &[&[Vec<u8>]]) -> Derived {
        let mut results: Vec<_> = runs.iter().map(|_| Ok(())).collect();
        let mut batch = Batch::default();
        for (at, run) in runs.iter().enumerate() {
            match parse(run) {
                Ok(changes) => batch.waiting.push((at, changes)),
                Err(error) => results[at] = Err(error),
            }
        }
        batch.settle_order(&self.inner, &mut results);
        let all: Vec<&Parsed> = batch.ready.iter().flat_map(|(_, run)| run).collect();
        let mut touched = Touched::new();
        if let Some(fork) = try_changes(&self.inner, &all) {
            self.inner = fork;
            self.touched_by(&all, &mut touched);
            return Derived { touched, results };
        }
        // Somebody's change spoils the batch: find whose, in an order in which dependencies come
        // first, and hold what builds on it.
        for (at, run) in &batch.ready {
            results[*at] = self.apply_alone(run, &mut touched);
        }
        Derived { touched, results }
    }

    /// What the changes of one entry touch, of a document that has them: the history of its
    /// records.
    #[must_use]
    pub fn touched(&self, run: &[Vec<u8>]) -> Touched {
        let mut touched = Touched::new();
        let changes = parse(run).unwrap_or_default();
        self.touched_by(&changes.iter().collect::<Vec<_>>(), &mut touched);
        touched
    }

    fn apply_alone(&mut self, run: &[Parsed], touched: &mut Touched) -> Result<(), DeriveError> {
        Known::new(&self.inner).accept_run(run)?;
        let run: Vec<&Parsed> = run.iter().collect();
        let why = "the document would no longer take edits";
        self.inner = try_changes(&self.inner, &run).ok_or(DeriveError::Quarantined(why))?;
        self.touched_by(&run, touched);
        Ok(())
    }

    /// What changes touch, read from their operations: patches only tell what people see first,
    /// and a concurrent value behind it matters too.
    fn touched_by(&self, changes: &[&Parsed], touched: &mut Touched) {
        let mut paths = Paths::new(self);
        for operation in changes.iter().flat_map(|change| &change.operations) {
            if let Some(path) = paths.of(operation) {
                touched.insert((path.container, path.key));
            }
        }
    }
}

/// A change and its operations, read inside the guard.
struct Parsed {
    change: Change,
    operations: Vec<Operation>,
}

fn parse(run: &[Vec<u8>]) -> Result<Vec<Parsed>, DeriveError> {
    let one = |bytes: &Vec<u8>| {
        let change = Change::try_from(bytes.as_slice()).ok()?;
        let operations = operations(&change);
        Some(Parsed { change, operations })
    };
    let parsed = wrap::guarded(|| run.iter().map(one).collect());
    let unreadable = DeriveError::Quarantined("it is no readable change");
    parsed.ok().flatten().ok_or(unreadable)
}

/// The document with these changes; nothing where it cannot be.
fn try_changes(document: &Automerge, changes: &[&Parsed]) -> Option<Automerge> {
    let attempt = || {
        let mut fork = wrap::fork(document);
        let all = changes.iter().map(|one| one.change.clone());
        fork.apply_changes(all).ok()?;
        let heads: BTreeSet<_> = fork.get_heads().into_iter().collect();
        let inner: BTreeSet<_> = changes.iter().flat_map(|one| one.change.deps()).collect();
        let tips = changes.iter().map(|one| one.change.hash());
        let arrived = tips
            .filter(|tip| !inner.contains(tip))
            .all(|tip| heads.contains(&tip) || document.get_missing_deps(&[tip]).is_empty());
        (arrived && wrap::takes_edits(&mut fork)).then_some(fork)
    };
    wrap::guarded(attempt).ok().flatten()
}

/// Runs that wait for what they build on, and those whose turn it is.
#[derive(Default)]
struct Batch {
    waiting: Vec<(usize, Vec<Parsed>)>,
    ready: Vec<(usize, Vec<Parsed>)>,
}

impl Batch {
    /// Moves runs from waiting to ready as their dependencies come, until none moves.
    fn settle_order(&mut self, document: &Automerge, results: &mut [Result<(), DeriveError>]) {
        let mut known = Known::new(document);
        loop {
            let before = self.waiting.len();
            for (at, run) in std::mem::take(&mut self.waiting) {
                match known.accept_run(&run) {
                    Ok(()) => {
                        results[at] = Ok(());
                        self.ready.push((at, run));
                    }
                    Err(DeriveError::Held { missing }) => {
                        results[at] = Err(DeriveError::Held { missing });
                        self.waiting.push((at, run));
                    }
                    Err(error) => results[at] = Err(error),
                }
            }
            if self.waiting.is_empty() || self.waiting.len() == before {
                return;
            }
        }
    }
}

/// The last operation of each change that is in the document or accepted before.
struct Known<'a> {
    document: &'a Automerge,
    last_ops: BTreeMap<ChangeHash, u64>,
}

impl<'a> Known<'a> {
    fn new(document: &'a Automerge) -> Self {
        Self {
            document,
            last_ops: BTreeMap::new(),
        }
    }

    fn last_op(&self, hash: &ChangeHash) -> Option<u64> {
        let known = self.last_ops.get(hash).copied();
        known.or_else(|| Some(self.document.get_change_meta_by_hash(hash)?.max_op))
    }

    /// Accepts a run whole or not at all: its dependencies are known, and its operations are
    /// numbered on from the greatest of theirs.
    fn accept_run(&mut self, run: &[Parsed]) -> Result<(), DeriveError> {
        let mut accepted = Vec::new();
        for Parsed { change, .. } in run {
            let result = self.check(change);
            if result.is_ok() {
                accepted.push(change.hash());
                self.last_ops.insert(change.hash(), change.max_op());
                continue;
            }
            for hash in accepted {
                self.last_ops.remove(&hash);
            }
            return result;
        }
        Ok(())
    }

    fn check(&self, change: &Change) -> Result<(), DeriveError> {
        let deps = change.deps();
        let last_ops: Vec<_> = deps.iter().map(|dep| self.last_op(dep)).collect();
        let missing = deps.iter().zip(&last_ops).filter(|(_, op)| op.is_none());
        let missing: Vec<_> = missing.map(|(dep, _)| dep.0).collect();
        if !missing.is_empty() {
            return Err(DeriveError::Held { missing });
        }
        let last = last_ops.into_iter().flatten().max();
        if last != change.start_op().get().checked_sub(1) {
            let why = "its operations are not numbered on from those it builds on";
            return Err(DeriveError::Quarantined(why));
        }
        if change.is_empty() || change.max_op() > DOCUMENT_OPS_MAX {
            return Err(DeriveError::Quarantined("it has no operation or too many"));
        }
        Ok(())
    }
}
