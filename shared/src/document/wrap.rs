//! The only place that creates, copies and guards Automerge documents.
//!
//! Automerge draws a random actor when it creates or forks a document. Here each gets a computed
//! one, the same on every replica, so that nothing depends on chance.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use automerge::{
    ActorId, Automerge, Change, ExpandedChange, ROOT, ReadDoc as _, legacy,
    transaction::Transactable as _,
};

use crate::{
    id::{DocId, sha256_prefix},
    model::schema::{Container, Generations, SCHEMA_VERSION},
};

/// The actor of trial edits; it is never part of a change.
pub(super) const TRIAL_ACTOR: [u8; 16] = *b"weft/trial-actor";

thread_local! {
    static GUARDED: Cell<u32> = const { Cell::new(0) };
}

#[cfg(test)]
thread_local! {
    /// Number of copies that were made to try changes.
    pub(super) static FORKS: Cell<usize> = const { Cell::new(0) };
}

/// Whether this thread is inside a call whose panic becomes an ordinary error.
///
/// This crate installs no panic hook. A program with a hook may stay silent while this is true, or
/// every mutated change from a peer writes a backtrace.
pub fn is_panic_expected() -> bool {
    GUARDED.get() > 0
}

/// Automerge panicked on bytes that the gate admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// Runs `f` and turns a panic into an error. Whatever `f` was changing must then be discarded.
pub(super) fn guarded<T>(f: impl FnOnce() -> T) -> Result<T, Panicked> {
    GUARDED.set(GUARDED.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(f));
    GUARDED.set(GUARDED.get() - 1);
    result.map_err(|_| Panicked)
}

/// A copy for trying changes.
pub(super) fn fork(document: &Automerge) -> Automerge {
    #[cfg(test)]
    FORKS.set(FORKS.get() + 1);
    // Not `Automerge::fork`, which differs only in drawing a random actor.
    document.clone()
}

/// Loads a saved document.
pub(super) fn load(bytes: &[u8]) -> Option<Automerge> {
    let loaded = guarded(|| Automerge::load(bytes).ok());
    let document = loaded.ok().flatten()?;
    Some(document.with_actor(ActorId::from(TRIAL_ACTOR)))
}

/// The origin of a document's containers: one change for each generation of its kind, which every
/// replica computes and none sends.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    generations: Generations,
    /// The actor of each of those changes.
    actors: Vec<ActorId>,
}

impl Origin {
    pub(super) fn new(id: &DocId, generations: Generations) -> Self {
        let actors = (1..=generations.len()).map(|number| genesis_actor(id, number));
        Self {
            generations,
            actors: actors.collect(),
        }
    }

    /// Whether `actor` makes one of those changes.
    pub(super) fn is_of(&self, actor: &ActorId) -> bool {
        self.actors.contains(actor)
    }

    /// The id of a container, determined by its place in its change. Never look it up by name: a
    /// change may put another map under that name.
    pub(super) fn id_of(&self, container: Container) -> Option<ObjId> {
        let mut before = 0;
        for (actor, made) in self.actors.iter().zip(self.generations) {
            if let Some(at) = made.iter().position(|one| *one == container) {
                return Some(ObjId::Id((before + at) as u64 + 1, actor.clone(), 0));
            }
            before += made.len();
        }
        None
    }

    /// The container that an operation of one of those changes made.
    pub(super) fn container(&self, counter: u64, actor: &ActorId) -> Option<Container> {
        let generation = self.actors.iter().position(|one| one == actor)?;
        let (earlier, made) = self.generations.split_at(generation);
        let before: usize = earlier.iter().map(|made| made.len()).sum();
        let at = usize::try_from(counter.checked_sub(1)?).ok()?;
        made.first()?.get(at.checked_sub(before)?).copied()
    }

    /// The containers of the later generations.
    pub(super) fn grown(&self) -> impl Iterator<Item = Container> + use<'_> {
        self.generations.iter().skip(1).copied().flatten().copied()
    }

    /// The initial document, the same on every replica.
    pub(super) fn begin(&self) -> Automerge {
        #[expect(
            clippy::disallowed_methods,
            reason = "the actor is replaced before anything is written"
        )]
        let mut document = Automerge::new().with_actor(ActorId::from(TRIAL_ACTOR));
        document
            .apply_changes(self.changes())
            .expect("a new document takes its first changes");
        document
    }

    /// The hash of the last of those changes, and the number of its last operation.
    pub(super) fn tip(&self) -> Option<([u8; 32], u64)> {
        let changes = self.changes();
        changes.last().map(|last| (last.hash().0, last.max_op()))
    }

    /// Brings a saved document up to the generations known here; `None` if it does not begin as
    /// this one does.
    pub(super) fn grow(&self, mut document: Automerge) -> Option<Automerge> {
        let changes = self.changes();
        let has = |change: &Change| document.get_missing_deps(&[change.hash()]).is_empty();
        if !has(changes.first()?) {
            return None;
        }
        let missing: Vec<_> = changes.into_iter().filter(|change| !has(change)).collect();
        if !missing.is_empty() {
            document.apply_changes(missing).ok()?;
        }
        Some(document)
    }

    /// The computed changes, built directly: as transactions they took more than twice as long, and
    /// a device makes one for every document that is new to it.
    fn changes(&self) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::with_capacity(self.actors.len());
        let mut start_op = std::num::NonZeroU64::MIN;
        for (actor, made) in self.actors.iter().zip(self.generations) {
            let operations = made.iter().map(|container| legacy::Op {
                action: legacy::OpType::Make(automerge::ObjType::Map),
                obj: legacy::ObjectId::Root,
                key: legacy::Key::Map(container.word().into()),
                pred: Vec::new().into(),
                insert: false,
            });
            let change = Change::from(ExpandedChange {
                operations: operations.collect(),
                actor_id: actor.clone(),
                author: None,
                hash: None,
                seq: 1,
                start_op,
                time: 0,
                message: None,
                deps: changes.last().map(Change::hash).into_iter().collect(),
                extra_bytes: Vec::new(),
            });
            changes.push(change);
            start_op = start_op.saturating_add(made.len() as u64);
        }
        changes
    }
}

/// The actor of a document's first change, of its second, and so on.
fn genesis_actor(id: &DocId, number: usize) -> ActorId {
    let version = SCHEMA_VERSION.to_be_bytes();
    let label = format!("weft/genesis/{number}");
    let actor: [u8; 16] = sha256_prefix(&label, &[id.as_bytes(), &version]);
    ActorId::from(actor)
}

pub(super) use automerge::ObjId;

/// Whether a document still accepts edits: a change can apply cleanly and break every later edit.
pub(super) fn takes_edits(document: &mut Automerge) -> bool {
    document.set_actor(ActorId::from(TRIAL_ACTOR));
    let mut transaction = document.transaction();
    let taken = transaction.put(ROOT, "trial", "trial").is_ok();
    let read = transaction.get(ROOT, "trial").is_ok();
    transaction.rollback();
    taken && read
}
