//! Checks changes against their past before Automerge applies them.
//!
//! Automerge trusts what a change says about its predecessors: one that does not exist applies
//! cleanly and makes the document unreadable once it is saved. So each operation must be one that
//! the schema knows, on a map and over values in the change's own past. Since a refusal depends on
//! nothing but that past, it is the same on every replica.

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
};

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

/// The place of an operation: a container, a key in it, and the field if it is in a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::document) struct Path {
    pub(in crate::document) container: Container,
    pub(in crate::document) key: String,
    pub(in crate::document) field: Option<String>,
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

/// A chain of changes that is not in the fork yet, and its effect on the past it began at.
struct Branch {
    base: Base,
    made: BTreeSet<Id>,
    values: BTreeMap<(Id, String), Values>,
    tip: ChangeHash,
}

/// The past at which a branch began.
enum Base {
    /// Everything in the fork.
    Now,
    /// Only these changes and their ancestors; the rest of the fork is not its past.
    At {
        heads: Vec<ChangeHash>,
        others: BTreeSet<ChangeHash>,
    },
}

/// A branch's effect on the values under one key.
#[derive(Default)]
struct Values {
    added: Vec<Id>,
    removed: Vec<Id>,
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
            branch.take(&self.fork, operation)?;
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
            let others = self.fork.get_changes_meta(&heads);
            let others = others.iter().map(|meta| meta.hash).collect();
            Base::At { heads, others }
        };
        Some(Branch {
            base,
            made: BTreeSet::new(),
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
    /// Takes an operation if its map and predecessors are in the branch's past.
    fn take(&mut self, fork: &Automerge, operation: &Operation) -> Option<()> {
        if !self.made.contains(&operation.map) && !self.base.has(fork, &operation.map) {
            return None;
        }
        let at = (operation.map.clone(), operation.key.clone());
        let values = self.values.entry(at).or_default();
        let mut held = None;
        for pred in &operation.pred {
            if let Some(at) = values.added.iter().position(|added| added == pred) {
                values.added.swap_remove(at);
                continue;
            }
            let held = held.get_or_insert_with(|| self.base.values(fork, operation));
            if !held.contains(pred) || values.removed.contains(pred) {
                return None;
            }
            values.removed.push(pred.clone());
        }
        match operation.action {
            Action::Put(_) => values.added.push(operation.id.clone()),
            Action::MakeMap => {
                values.added.push(operation.id.clone());
                self.made.insert(operation.id.clone());
            }
            Action::Delete => {}
        }
        Some(())
    }
}

impl Base {
    fn has(&self, fork: &Automerge, (counter, actor): &Id) -> bool {
        let id = ObjId::Id(*counter, actor.clone(), 0);
        let Some(hash) = fork.hash_for_opid(&id) else {
            return false;
        };
        match self {
            Self::Now => true,
            Self::At { others, .. } => !others.contains(&hash),
        }
    }

    fn values(&self, fork: &Automerge, operation: &Operation) -> BTreeSet<Id> {
        let map = ObjId::Id(operation.map.0, operation.map.1.clone(), 0);
        let key = operation.key.as_str();
        let values = match self {
            Self::Now => fork.get_all(&map, key),
            Self::At { heads, .. } => fork.get_all_at(&map, key, heads),
        };
        let ids = values.unwrap_or_default().into_iter();
        let ids = ids.filter_map(|(_, id)| match id {
            ObjId::Id(counter, actor, _) => Some((counter, actor)),
            ObjId::Root => None,
        });
        ids.collect()
    }
}
