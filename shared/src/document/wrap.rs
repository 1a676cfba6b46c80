//! The only place that makes, copies and guards Automerge documents.
//!
//! Automerge draws a random actor wherever it makes or forks a document; here each gets one that
//! everybody computes, so that nothing depends on chance.

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
    model::schema::{Container, DocKind, SCHEMA_VERSION},
};

/// The actor that trial edits are made with; it is never part of a change.
const TRIAL_ACTOR: [u8; 16] = *b"weft/trial-actor";

thread_local! {
    static GUARDED: Cell<u32> = const { Cell::new(0) };
}

/// Whether this thread is inside a call whose panic becomes an ordinary error.
///
/// This crate installs no panic hook. A program that does may stay silent while this is true, or
/// every mutated change that a peer sends writes a backtrace.
#[must_use]
pub fn is_panic_expected() -> bool {
    GUARDED.get() > 0
}

/// Automerge panicked on bytes that the gate let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// Runs `f`; a panic inside becomes an error. What `f` was changing must be thrown away then.
pub(super) fn guarded<T>(f: impl FnOnce() -> T) -> Result<T, Panicked> {
    GUARDED.set(GUARDED.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(f));
    GUARDED.set(GUARDED.get() - 1);
    result.map_err(|_| Panicked)
}

/// A copy to try changes on.
pub(super) fn fork(document: &Automerge) -> Automerge {
    // Not `Automerge::fork`, which differs only in drawing a random actor.
    document.clone()
}

/// Reads a saved document.
pub(super) fn load(bytes: &[u8]) -> Option<Automerge> {
    let loaded = guarded(|| Automerge::load(bytes).ok());
    let document = loaded.ok().flatten()?;
    Some(document.with_actor(ActorId::from(TRIAL_ACTOR)))
}

/// The actor of a document's first change.
pub(super) fn genesis_actor(id: &DocId) -> ActorId {
    let version = SCHEMA_VERSION.to_be_bytes();
    let actor: [u8; 16] = sha256_prefix("weft/genesis/1", &[id.as_bytes(), &version]);
    ActorId::from(actor)
}

/// The document that everybody begins with: its containers, made by a change that all compute and
/// nobody sends. Written down whole: as a transaction it took more than twice as long, and a device
/// makes one for every document that is new to it.
pub(super) fn genesis(id: &DocId, kind: DocKind) -> Automerge {
    let containers = kind.containers().iter();
    let operations = containers.map(|container| legacy::Op {
        action: legacy::OpType::Make(automerge::ObjType::Map),
        obj: legacy::ObjectId::Root,
        key: legacy::Key::Map(container.word().into()),
        pred: Vec::new().into(),
        insert: false,
    });
    let first = Change::from(ExpandedChange {
        operations: operations.collect(),
        actor_id: genesis_actor(id),
        author: None,
        hash: None,
        seq: 1,
        start_op: std::num::NonZeroU64::MIN,
        time: 0,
        message: None,
        deps: Vec::new(),
        extra_bytes: Vec::new(),
    });
    #[expect(
        clippy::disallowed_methods,
        reason = "the actor is replaced before anything is written"
    )]
    let mut document = Automerge::new().with_actor(ActorId::from(TRIAL_ACTOR));
    document
        .apply_changes([first])
        .expect("a new document takes its first change");
    document
}

/// The id of a container, which its place in the first change determines. Never looked up by name:
/// a change may put another map under that name.
pub(super) fn container_id(actor: &ActorId, kind: DocKind, container: Container) -> Option<ObjId> {
    let at = kind.containers().iter().position(|one| *one == container)?;
    Some(ObjId::Id(at as u64 + 1, actor.clone(), 0))
}

pub(super) use automerge::ObjId;

/// Whether a document still takes edits: a change can apply cleanly and make every later edit fail.
pub(super) fn takes_edits(document: &mut Automerge) -> bool {
    document.set_actor(ActorId::from(TRIAL_ACTOR));
    let mut transaction = document.transaction();
    let taken = transaction.put(ROOT, "trial", "trial").is_ok();
    let read = transaction.get(ROOT, "trial").is_ok();
    transaction.rollback();
    taken && read
}
