//! Checks changes against their past before Automerge applies them.
//!
//! Automerge trusts what a change says about its predecessors: one that does not exist applies
//! cleanly and makes the document unreadable once it is saved. So each operation must be one that
//! the schema knows, on a map and over values that its own past shows. Since a refusal depends on
//! nothing but that past, it is the same on every replica.
//!
//! A value that is added replaces every other one under its key that its past shows, as every edit
//! through Automerge does. So a key has no more values than its document has actors, and one that
//! is read for each operation costs little.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{
    ActorId, Automerge, Change, ChangeHash, ObjType, ReadDoc as _, ScalarValue,
    legacy::{self, Key, ObjectId, OpType},
};

use crate::{
    document::{
        Document, Touched, wrap,
        wrap::{ObjId, Origin},
    },
    model::schema::{Container, RecordKind},
    wire::limits::KEY_VALUES_SEEN_MAX,
};

#[cfg(test)]
thread_local! {
    /// Number of times that the values under a key were read from a document.
    pub(in crate::document) static READS: std::cell::Cell<usize> =
        const { std::cell::Cell::new(0) };
}

/// An operation's id: counter and actor.
type Id = (u64, ActorId);

/// A change and its operations, parsed inside the guard.
pub(in crate::document) struct Parsed {
    pub(in crate::document) change: Change,
    pub(in crate::document) operations: Vec<Operation>,
}

/// An operation that the schema knows.
pub(in crate::document) struct Operation {
    id: Id,
    map: Id,
    key: String,
    pred: Vec<Id>,
    pub(in crate::document) action: Action,
}

/// The effect of an operation.
pub(in crate::document) enum Action {
    Put(ScalarValue),
    Delete,
    MakeMap,
}

/// The place of an operation in a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    /// The container.
    pub container: Container,
    /// The record, or the key of an observation.
    pub key: String,
    /// The record's field; `None` if the whole is one scalar.
    pub field: Option<String>,
}

impl Parsed {
    /// Parses a change; `None` if it is not one, or does something that the schema does not allow.
    /// May panic on hostile bytes: call it inside a guard.
    pub(in crate::document) fn read(bytes: &[u8]) -> Option<Self> {
        let change = Change::try_from(bytes).ok()?;
        let expanded = change.decode();
        let numbered = (expanded.start_op.get()..).zip(&expanded.operations);
        let operations = numbered.map(|(at, op)| Operation::read((at, &expanded.actor_id), op));
        let operations = operations.collect::<Option<Vec<_>>>()?;
        // A save discards the encoding of a change and encodes it again. A change with any other
        // encoding would never load again.
        let again = Change::from(expanded);
        (again.raw_bytes() == bytes).then_some(Self { change, operations })
    }
}

impl Operation {
    fn read((counter, actor): (u64, &ActorId), op: &legacy::Op) -> Option<Self> {
        let (Key::Map(key), ObjectId::Id(map), false) = (&op.key, &op.obj, op.insert) else {
            return None;
        };
        let action = match &op.action {
            OpType::Put(value) => Action::Put(value.clone()),
            OpType::Delete if !op.pred.is_empty() => Action::Delete,
            OpType::Make(ObjType::Map) => Action::MakeMap,
            OpType::Make(ObjType::List | ObjType::Table | ObjType::Text)
            | OpType::Delete
            | OpType::Increment(_)
            | OpType::MarkBegin(..)
            | OpType::MarkEnd(_) => return None,
        };
        Some(Self {
            id: (counter, actor.clone()),
            map: (map.0, map.1.clone()),
            key: key.to_string(),
            pred: op.pred.iter().map(|id| (id.0, id.1.clone())).collect(),
            action,
        })
    }
}

/// The maps of a document: its containers, and the records in them.
pub(in crate::document) struct Maps<'a> {
    origin: &'a Origin,
    records: BTreeMap<Id, (Container, String)>,
}

impl<'a> Maps<'a> {
    pub(in crate::document) const fn of(document: &'a Document) -> Self {
        Self {
            origin: &document.origin,
            records: BTreeMap::new(),
        }
    }

    /// The path of an operation; `None` if it is outside the schema.
    pub(in crate::document) fn path(
        &mut self,
        document: &Automerge,
        operation: &Operation,
    ) -> Option<Path> {
        let Some(container) = self.container(&operation.map) else {
            let (container, key) = self.record(document, &operation.map)?;
            let field = Some(operation.key.clone());
            let flat = !matches!(operation.action, Action::MakeMap);
            return flat.then_some(Path {
                container,
                key,
                field,
            });
        };
        let key = operation.key.clone();
        let holds_records = RecordKind::of(container).is_some();
        match operation.action {
            Action::MakeMap if holds_records => {
                let record = (container, key.clone());
                self.records.insert(operation.id.clone(), record);
            }
            Action::Put(_) if holds_records => return None,
            Action::MakeMap => return None,
            Action::Put(_) | Action::Delete => {}
        }
        Some(Path {
            container,
            key,
            field: None,
        })
    }

    fn container(&self, (counter, actor): &Id) -> Option<Container> {
        self.origin.container(*counter, actor)
    }

    fn record(&mut self, document: &Automerge, map: &Id) -> Option<(Container, String)> {
        if let Some(known) = self.records.get(map) {
            return Some(known.clone());
        }
        let id = ObjId::Id(map.0, map.1.clone(), 0);
        let parent = document.parents(&id).ok()?.next()?;
        let ObjId::Id(counter, actor, _) = parent.obj else {
            return None;
        };
        let container = self.container(&(counter, actor))?;
        let automerge::Prop::Map(key) = parent.prop else {
            return None;
        };
        self.records.insert(map.clone(), (container, key.clone()));
        Some((container, key))
    }
}

/// A copy of a document on which changes are tried, each after its past.
pub(super) struct Trial<'a> {
    fork: Automerge,
    maps: Maps<'a>,
    pending: Vec<Change>,
    branches: BTreeMap<ChangeHash, Branch>,
    /// The places that each change touched, in the order in which the changes were added.
    touched: Vec<Touched>,
}

/// A chain of changes that is not in the fork yet, and the values that it sees.
struct Branch {
    base: Base,
    /// The containers that are in its past.
    containers: BTreeSet<Container>,
    /// The current values under each key that it has touched, sorted. Each key is read from the
    /// base once, however many operations name it.
    values: BTreeMap<(Id, String), Vec<Id>>,
    tip: ChangeHash,
}

/// The past at which a branch began.
enum Base {
    /// Everything in the fork.
    Now,
    /// Only these changes and their ancestors; the rest of the fork is not its past.
    At(Vec<ChangeHash>),
}

impl<'a> Trial<'a> {
    /// A trial of about this many changes.
    pub(super) fn of(document: &'a Document, changes: usize) -> Self {
        Self {
            fork: wrap::fork(&document.inner),
            maps: Maps::of(document),
            pending: Vec::with_capacity(changes),
            branches: BTreeMap::new(),
            touched: Vec::with_capacity(changes),
        }
    }

    /// Adds a change after its past was added; `None` if it does not fit that past.
    pub(super) fn add(&mut self, parsed: Parsed) -> Option<()> {
        let Parsed { change, operations } = parsed;
        let mut branch = self.branch(change.deps())?;
        let mut touched = Touched::new();
        for operation in &operations {
            let path = self.maps.path(&self.fork, operation)?;
            branch.take(&self.fork, self.maps.origin, &path, operation)?;
            touched.insert((path.container, path.key));
        }
        self.touched.push(touched);
        branch.tip = change.hash();
        self.pending.push(change);
        self.branches.insert(branch.tip, branch);
        Some(())
    }

    /// Returns the document with the changes, and the places each touched; `None` if some did not
    /// arrive, or the document would no longer accept edits.
    pub(super) fn finish(mut self) -> Option<(Automerge, Vec<Touched>)> {
        let tips: Vec<_> = self.branches.keys().copied().collect();
        self.flush()?;
        let arrived = self.fork.get_missing_deps(&tips).is_empty();
        let usable = arrived && wrap::takes_edits(&mut self.fork);
        usable.then_some((self.fork, self.touched))
    }

    /// The branch that a change with these dependencies continues.
    fn branch(&mut self, deps: &[ChangeHash]) -> Option<Branch> {
        if let [dep] = deps
            && let Some(branch) = self.branches.remove(dep)
        {
            return Some(branch);
        }
        let mut heads = deps.to_vec();
        heads.sort_unstable();
        if !self.pending.is_empty() && !self.fork.get_missing_deps(&heads).is_empty() {
            // It joins branches: apply their changes first.
            self.flush()?;
        }
        let base = if heads == self.fork.get_heads() {
            Base::Now
        } else {
            Base::At(heads)
        };
        Some(Branch {
            base,
            containers: BTreeSet::new(),
            values: BTreeMap::new(),
            tip: ChangeHash([0; 32]),
        })
    }

    fn flush(&mut self) -> Option<()> {
        self.branches.clear();
        self.fork
            .apply_changes(std::mem::take(&mut self.pending))
            .ok()
    }
}

impl Branch {
    /// Takes an operation if its map and predecessors are in the branch's past, and what it adds
    /// does not stand beside more values than [`KEY_VALUES_SEEN_MAX`] allows.
    fn take(
        &mut self,
        fork: &Automerge,
        origin: &Origin,
        path: &Path,
        operation: &Operation,
    ) -> Option<()> {
        self.find_map(fork, origin, path, operation)?;
        let values = self.values(fork, &operation.map, &operation.key);
        for pred in &operation.pred {
            let at = values.binary_search(pred).ok()?;
            values.remove(at);
        }
        match operation.action {
            Action::Put(_) | Action::MakeMap => {
                let at = values.binary_search(&operation.id).err()?;
                values.insert(at, operation.id.clone());
                (values.len() <= KEY_VALUES_SEEN_MAX).then_some(())
            }
            Action::Delete => Some(()),
        }
    }

    /// Finds the operation's map among the values that the branch sees: a container, or a record
    /// in one.
    fn find_map(
        &mut self,
        fork: &Automerge,
        origin: &Origin,
        path: &Path,
        operation: &Operation,
    ) -> Option<()> {
        let container = origin.id_of(path.container)?;
        if !self.containers.contains(&path.container) {
            let here = self.base.values(fork, &ObjId::Root, path.container.word());
            here.contains(&id(&container)?).then_some(())?;
            self.containers.insert(path.container);
        }
        if path.field.is_none() {
            return Some(());
        }
        let records = self.values(fork, &id(&container)?, &path.key);
        records.binary_search(&operation.map).ok().map(|_| ())
    }

    fn values(&mut self, fork: &Automerge, map: &Id, key: &str) -> &mut Vec<Id> {
        let base = &self.base;
        let at = (map.clone(), key.to_owned());
        self.values.entry(at).or_insert_with(|| {
            let map = ObjId::Id(map.0, map.1.clone(), 0);
            base.values(fork, &map, key)
        })
    }
}

impl Base {
    /// The values under a key, sorted; none in a map that is not in the fork.
    fn values(&self, fork: &Automerge, map: &ObjId, key: &str) -> Vec<Id> {
        #[cfg(test)]
        READS.set(READS.get() + 1);
        let values = match self {
            Self::Now => fork.get_all(map, key),
            Self::At(heads) => fork.get_all_at(map, key, heads),
        };
        let values = values.unwrap_or_default();
        let mut ids: Vec<Id> = values.iter().filter_map(|(_, at)| id(at)).collect();
        ids.sort_unstable();
        ids
    }
}

fn id(at: &ObjId) -> Option<Id> {
    match at {
        ObjId::Id(counter, actor, _) => Some((*counter, actor.clone())),
        ObjId::Root => None,
    }
}
