//! What a change says, path by path: to know what it touches, and to say it again where the change
//! itself is lost (Automerge cannot rebase).

use std::collections::BTreeMap;

use automerge::{
    ActorId, Change, ObjType, ReadDoc as _, ScalarValue,
    legacy::{Key, ObjectId, OpType},
};

use super::{Document, EditError, Editor, wrap, wrap::ObjId};
use crate::model::schema::{Container, RecordKind};

/// An operation on a key of a map; those on lists and text touch nothing that the model knows.
pub(super) struct Operation {
    id: (u64, ActorId),
    map: Option<(u64, ActorId)>,
    key: String,
    action: Action,
}

enum Action {
    Put(ScalarValue),
    Delete,
    MakeMap,
    Other,
}

/// The operations of a change on keys of maps. May panic on hostile bytes: call it inside a guard.
pub(super) fn operations(change: &Change) -> Vec<Operation> {
    let expanded = change.decode();
    let start = expanded.start_op.get();
    let actor = &expanded.actor_id;
    let numbered = (start..).zip(expanded.operations);
    let on_maps = numbered.filter_map(|(counter, op)| {
        let Key::Map(key) = op.key else { return None };
        Some(Operation {
            id: (counter, actor.clone()),
            map: match op.obj {
                ObjectId::Root => None,
                ObjectId::Id(id) => Some((id.0, id.1)),
            },
            key: key.to_string(),
            action: match op.action {
                OpType::Put(value) => Action::Put(value),
                OpType::Delete => Action::Delete,
                OpType::Make(ObjType::Map) => Action::MakeMap,
                OpType::Make(ObjType::List | ObjType::Table | ObjType::Text)
                | OpType::Increment(_)
                | OpType::MarkBegin(..)
                | OpType::MarkEnd(_) => Action::Other,
            },
        })
    });
    on_maps.collect()
}

/// Where an operation acts: a container, a key in it, and a field where a record stands there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Path {
    pub(super) container: Container,
    pub(super) key: String,
    field: Option<String>,
}

/// Finds the paths of operations; those of one batch in their order, so that records made by one
/// are known to the next.
pub(super) struct Paths<'a> {
    document: &'a Document,
    records: BTreeMap<(u64, ActorId), Option<(Container, String)>>,
}

impl<'a> Paths<'a> {
    pub(super) const fn new(document: &'a Document) -> Self {
        Self {
            document,
            records: BTreeMap::new(),
        }
    }

    /// The path of `operation`; nothing where it acts outside of what the schema knows.
    pub(super) fn of(&mut self, operation: &Operation) -> Option<Path> {
        let map = operation.map.as_ref()?;
        if let Some(container) = self.container(map) {
            let key = operation.key.clone();
            if matches!(operation.action, Action::MakeMap) {
                let made = Some((container, key.clone()));
                self.records.insert(operation.id.clone(), made);
            }
            return Some(Path {
                container,
                key,
                field: None,
            });
        }
        if !self.records.contains_key(map) {
            let found = self.look_up(map);
            self.records.insert(map.clone(), found);
        }
        let (container, key) = self.records.get(map)?.clone()?;
        Some(Path {
            container,
            key,
            field: Some(operation.key.clone()),
        })
    }

    fn container(&self, (counter, actor): &(u64, ActorId)) -> Option<Container> {
        if *actor != self.document.genesis {
            return None;
        }
        let at = usize::try_from(counter.checked_sub(1)?).ok()?;
        self.document.kind.containers().get(at).copied()
    }

    fn look_up(&self, (counter, actor): &(u64, ActorId)) -> Option<(Container, String)> {
        let id = ObjId::Id(*counter, actor.clone(), 0);
        let parents = wrap::guarded(|| self.document.inner.parents(&id).ok()?.next());
        let parent = parents.ok().flatten()?;
        let ObjId::Id(counter, actor, _) = parent.obj else {
            return None;
        };
        let container = self.container(&(counter, actor))?;
        match parent.prop {
            automerge::Prop::Map(key) => Some((container, key)),
            automerge::Prop::Seq(_) => None,
        }
    }
}

/// One thing that a lost change said, to be said again.
#[derive(Clone, PartialEq, Debug)]
pub struct Assignment {
    path: Path,
    action: Said,
}

#[derive(Clone, PartialEq, Debug)]
enum Said {
    /// A text, or nothing where it was deleted.
    Text(String),
    /// A record.
    Record,
}

/// Reads from lost changes of this device what they said, in their order. `document` is built
/// without them.
///
/// Text is what the schema stores; anything else in a change is left out, as is whatever builds on
/// a record that nobody has any more.
#[must_use]
pub fn lost_assignments(document: &Document, changes: &[Vec<u8>]) -> Vec<Assignment> {
    let parse = |bytes: &Vec<u8>| {
        let change = Change::try_from(bytes.as_slice()).ok()?;
        Some(operations(&change))
    };
    let mut paths = Paths::new(document);
    let mut said = Vec::new();
    for bytes in changes {
        let operations = wrap::guarded(|| parse(bytes)).ok().flatten();
        for operation in operations.into_iter().flatten() {
            let path = paths.of(&operation);
            let action = match operation.action {
                Action::Put(ScalarValue::Str(text)) => Said::Text(text.to_string()),
                Action::Delete => Said::Text(String::new()),
                Action::MakeMap => Said::Record,
                Action::Put(_) | Action::Other => continue,
            };
            said.extend(path.map(|path| Assignment { path, action }));
        }
    }
    said
}

impl Editor<'_> {
    /// Says again what lost changes said; what the document says already is no change.
    ///
    /// # Errors
    /// Where Automerge refuses.
    pub fn say_again(&mut self, assignments: &[Assignment]) -> Result<(), EditError> {
        for Assignment { path, action } in assignments {
            let kind = RecordKind::of(path.container);
            let id = path.key.parse().ok();
            match (action, &path.field, kind.zip(id)) {
                (Said::Text(text), None, _) => self.put_scalar(path.container, &path.key, text)?,
                (Said::Text(text), Some(field), Some((kind, id))) => {
                    self.put_raw(kind, &id, field, text)?;
                }
                (Said::Record, None, Some((kind, id))) => self.make_record(kind, &id)?,
                (Said::Record, ..) | (Said::Text(_), Some(_), None) => {}
            }
        }
        Ok(())
    }
}
