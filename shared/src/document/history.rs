//! The history of values: what single changes wrote, and which values they replaced.

use std::collections::BTreeMap;

use automerge::{Change, ChangeHash, ReadDoc as _, ScalarValue, Value};

use super::{
    ChangeMeta, Document, actor_bytes,
    derive::{Action, Maps, Parsed, Path},
    read::concurrent,
    wrap::{self, ObjId},
};
use crate::{
    id::{RecordId, WordingHash},
    model::{
        answer::{Answer, AnswerKey},
        item::wording_of,
        record::Concurrent,
        schema::{Container, RecordKind, split_member},
    },
    time::Timestamp,
};

/// The last change of a record's field from one value to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldChange {
    /// The value before it; the one that every replica showed first.
    pub from: String,
    /// When the present value was written, as the clock of its device said.
    pub at: Timestamp,
}

/// The effect of a change on one scalar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The container.
    pub container: Container,
    /// The record, or the key of an observation.
    pub key: String,
    /// The record's field; `None` if the whole is one scalar.
    pub field: Option<String>,
    /// The text; `None` if it was deleted.
    pub value: Option<String>,
    /// The text that stood there alone before; `None` if nothing or several stood there.
    pub before: Option<String>,
    /// The other texts that stood there concurrently and that the change settled, sorted.
    pub not_chosen: Vec<String>,
}

impl Document {
    /// The effects of one entry's changes, for a document that has them.
    pub fn told(&self, run: &[Vec<u8>]) -> Vec<Told> {
        self.told_about(run, &|_| true)
    }

    /// The same, of the places that `wanted` selects: each costs a look into the past.
    pub fn told_about(&self, run: &[Vec<u8>], wanted: &dyn Fn(&Path) -> bool) -> Vec<Told> {
        let told = || {
            let mut maps = Maps::of(self);
            let mut told = Vec::new();
            for Parsed { change, operations } in run.iter().filter_map(|one| Parsed::read(one)) {
                for operation in operations {
                    let value = match &operation.action {
                        Action::Put(ScalarValue::Str(text)) => Some(text.to_string()),
                        Action::Delete => None,
                        Action::Put(_) | Action::MakeMap => continue,
                    };
                    let path = maps.path(&self.inner, &operation);
                    let path = path.filter(wanted);
                    told.extend(path.map(|path| self.tell(path, value, &change)));
                }
            }
            // Several deletions that settle one conflict have the same effect.
            told.dedup();
            told
        };
        wrap::guarded(told).unwrap_or_default()
    }

    /// Every change except the computed ones, with its effects; each after its dependencies.
    pub fn all_told(&self) -> Vec<(ChangeMeta, Vec<Told>)> {
        let told = self.all_changes().into_iter().filter_map(|raw| {
            let hash = Parsed::read(&raw)?.change.hash();
            Some((self.change_meta(&hash.0)?, self.told(&[raw])))
        });
        told.collect()
    }

    /// When one of the texts that `wanted` takes was first written under a key of scalars, as the
    /// clock of its device said; also if another took its place since.
    pub fn first_said(
        &self,
        container: Container,
        key: &str,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Option<Timestamp> {
        let is_here =
            |path: &Path| path.container == container && path.key == key && path.field.is_none();
        let first = || {
            let mut maps = Maps::of(self);
            let mut first: Option<Timestamp> = None;
            for raw in self.all_changes() {
                let Some(Parsed { change, operations }) = Parsed::read(&raw) else {
                    continue;
                };
                let says = operations.iter().any(|operation| match &operation.action {
                    Action::Put(ScalarValue::Str(text)) if wanted(text) => maps
                        .path(&self.inner, operation)
                        .is_some_and(|at| is_here(&at)),
                    Action::Put(_) | Action::Delete | Action::MakeMap => false,
                });
                if says && let Some(meta) = self.change_meta(&change.hash().0) {
                    first = Some(first.map_or(meta.at, |before| before.min(meta.at)));
                }
            }
            first
        };
        wrap::guarded(first).unwrap_or_default()
    }

    /// The moment of the hub's answer to a request in this wording, by its clock: the first one, if
    /// the last is not `in_time`, for which every change is read. To ask for time is no answer.
    pub fn answered(
        &self,
        request: &AnswerKey,
        wording: &WordingHash,
        in_time: impl Fn(Timestamp) -> bool,
    ) -> Option<Timestamp> {
        let under = self.said::<Answer>(request)?;
        let mut said = under.said.iter();
        let last = said.find(|one| one.value.settles(wording))?;
        let last = self.change_of(&last.actor, last.op)?.at;
        if in_time(last) {
            return Some(last);
        }
        Some(self.first_answer(request, wording).unwrap_or(last))
    }

    /// The same, also of an answer that does not stand any more.
    pub fn first_answer(&self, request: &AnswerKey, wording: &WordingHash) -> Option<Timestamp> {
        self.first_said(Container::Answers, &request.to_string(), &|text| {
            Answer::decode(text).is_ok_and(|answer| answer.settles(wording))
        })
    }

    /// The texts of a record in an earlier wording, and when it last gave way to another, by the
    /// clock of who wrote that. `None` if it never had this wording, or has it now. For records of
    /// one writer: the changes are read in one order.
    pub fn worded(
        &self,
        kind: RecordKind,
        id: &RecordId,
        wording: &WordingHash,
    ) -> Option<(BTreeMap<String, String>, Timestamp)> {
        let key = id.to_string();
        let of_record = |path: &Path| path.container == kind.container() && path.key == key;
        let (mut fields, mut last) = (BTreeMap::<String, String>::new(), None);
        let mut was = false;
        for raw in self.all_changes() {
            let told = self.told_about(std::slice::from_ref(&raw), &of_record);
            if told.is_empty() {
                continue;
            }
            let before = fields.clone();
            for one in told {
                let field = one.field.unwrap_or_default();
                match one.value {
                    Some(text) => fields.insert(field, text),
                    None => fields.remove(&field),
                };
            }
            let is = wording_in(kind, &fields).as_ref() == Some(wording);
            if was && !is {
                let at = Parsed::read(&raw).and_then(|one| self.change_meta(&one.change.hash().0));
                last = at.map(|meta| (before, meta.at));
            }
            was = is;
        }
        last
    }

    /// The places that `wanted` selects of all that changes ever wrote or cleared, each with the
    /// actor of its change and the change's first operation.
    pub fn writings(&self, wanted: &dyn Fn(&Path) -> bool) -> Vec<(Path, ([u8; 16], u64))> {
        let writings = || {
            let mut maps = Maps::of(self);
            let mut writings = Vec::new();
            for raw in self.all_changes() {
                let Some(Parsed { change, operations }) = Parsed::read(&raw) else {
                    continue;
                };
                let by = (actor_bytes(change.actor_id()), change.start_op().get());
                let paths = operations.iter();
                let paths = paths.filter_map(|one| maps.path(&self.inner, one));
                writings.extend(paths.filter(wanted).map(|path| (path, by)));
            }
            writings
        };
        wrap::guarded(writings).unwrap_or_default()
    }

    /// The last change of a record's field from another value to the one it shows; `None` if it has
    /// had no other value. It depends on the changes alone, not on the order in which they arrived.
    pub fn changed(&self, kind: RecordKind, id: &RecordId, field: &str) -> Option<FieldChange> {
        self.changes_of(kind, id, field, 1)
            .pop()
            .map(|(_, change)| change)
    }

    /// The changes of a record's field from one value to another, the last first, each with the
    /// value that it wrote; at most `most`.
    pub fn changes_of(
        &self,
        kind: RecordKind,
        id: &RecordId,
        field: &str,
        most: usize,
    ) -> Vec<(String, FieldChange)> {
        let record = self.record(kind, id);
        let shown = record.and_then(|record| record.fields.get(field)?.first().cloned());
        let path = Path {
            container: kind.container(),
            key: id.to_string(),
            field: Some(field.to_owned()),
        };
        let changes = || {
            let mut shown = shown;
            let changes = std::iter::from_fn(|| {
                let (to, change, before) = self.change_from(&path, shown.take()?)?;
                shown = Some(before);
                Some((to, change))
            });
            changes.take(most).collect()
        };
        wrap::guarded(changes).unwrap_or_default()
    }

    /// The last change of a field to this value from another one: the value, the change, and the
    /// value before it.
    fn change_from(
        &self,
        path: &Path,
        shown: Concurrent,
    ) -> Option<(String, FieldChange, Concurrent)> {
        let (mut actor, mut op) = (shown.actor, shown.op);
        for _ in 0..REWRITTEN_MAX {
            let written = self.change_of(&actor, op)?;
            let change = self.inner.get_change_by_hash(&ChangeHash(written.hash))?;
            let before = self.values_at(path, change.deps()).into_iter().next()?;
            if before.value != shown.value {
                let change = FieldChange {
                    from: before.value.clone(),
                    at: written.at,
                };
                return Some((shown.value, change, before));
            }
            (actor, op) = (before.actor, before.op);
        }
        None
    }

    fn tell(&self, path: Path, value: Option<String>, change: &Change) -> Told {
        let mut before = self.texts_at(&path, change.deps());
        // To settle on the value that is already shown, Automerge deletes the others.
        let stays = || self.texts_at(&path, &[change.hash()]).into_iter().next();
        let value = value.or_else(stays);
        before.sort_unstable();
        before.dedup();
        let settled = before.len() > 1;
        let alone = before.first().filter(|_| !settled).cloned();
        before.retain(|one| settled && Some(one) != value.as_ref());
        let Path {
            container,
            key,
            field,
        } = path;
        Told {
            container,
            key,
            field,
            value,
            before: alone,
            not_chosen: before,
        }
    }

    /// The texts at a place when `heads` were the newest changes.
    fn texts_at(&self, path: &Path, heads: &[ChangeHash]) -> Vec<String> {
        let texts = self
            .all_at(path, heads)
            .into_iter()
            .filter_map(|(value, _)| match value {
                Value::Scalar(scalar) => scalar.as_str().map(str::to_owned),
                Value::Object(_) => None,
            });
        texts.collect()
    }

    /// The same with their authors, the one that every replica showed first before the others.
    fn values_at(&self, path: &Path, heads: &[ChangeHash]) -> Vec<Concurrent> {
        let all = self.all_at(path, heads);
        let all = all.iter().rev();
        let key = path.field.as_deref().unwrap_or(&path.key);
        all.filter_map(|(value, id)| concurrent(key, value, id))
            .collect()
    }

    fn all_at(&self, path: &Path, heads: &[ChangeHash]) -> Vec<(Value<'_>, ObjId)> {
        let known = self.inner.get_missing_deps(heads).is_empty();
        let place = self.place_of(path).filter(|_| known);
        let values = place.map(|(map, key)| self.inner.get_all_at(&map, key, heads));
        values.and_then(Result::ok).unwrap_or_default()
    }

    pub(super) fn place_of<'a>(&self, path: &'a Path) -> Option<(ObjId, &'a str)> {
        let view = self.view();
        match (&path.field, RecordKind::of(path.container)) {
            (Some(field), Some(kind)) => {
                Some((view.record_map(kind, &path.key.parse().ok()?)?, field))
            }
            (None, None) => Some((view.container(path.container)?, &path.key)),
            (Some(_), None) | (None, Some(_)) => None,
        }
    }
}

/// The wording of a record with these fields; a member of a set is a field of its own.
fn wording_in(kind: RecordKind, fields: &BTreeMap<String, String>) -> Option<WordingHash> {
    let members = |set: &str| {
        let members = fields.keys().filter_map(|key| split_member(key));
        let of_set = members.filter(|(of, _)| *of == set);
        of_set.map(|(_, member)| member.to_owned()).collect()
    };
    wording_of(kind, |key| fields.get(key).cloned(), members)
}

/// Number of times that a value may have been written again before the change to it is not looked
/// for any more.
const REWRITTEN_MAX: usize = 16;
