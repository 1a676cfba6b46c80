//! The history of values: what single changes wrote, and which values they replaced.

use automerge::{Change, ChangeHash, ReadDoc as _, ScalarValue, Value};

use super::{
    ChangeMeta, Document,
    derive::{Action, Maps, Parsed, Path},
    wrap::{self, ObjId},
};
use crate::model::schema::{Container, RecordKind};

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
    /// The other texts that stood there concurrently and that the change settled, sorted.
    pub not_chosen: Vec<String>,
}

impl Document {
    /// The effects of one entry's changes, for a document that has them.
    pub fn told(&self, run: &[Vec<u8>]) -> Vec<Told> {
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

    fn tell(&self, path: Path, value: Option<String>, change: &Change) -> Told {
        let mut before = self.texts_at(&path, change.deps());
        // To settle on the value that is already shown, Automerge deletes the others.
        let stays = || self.texts_at(&path, &[change.hash()]).into_iter().next();
        let value = value.or_else(stays);
        before.sort_unstable();
        before.dedup();
        let settled = before.len() > 1;
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
            not_chosen: before,
        }
    }

    /// The texts at a place when `heads` were the newest changes.
    fn texts_at(&self, path: &Path, heads: &[ChangeHash]) -> Vec<String> {
        let known = self.inner.get_missing_deps(heads).is_empty();
        let place = self.place_of(path).filter(|_| known);
        let values = place.map(|(map, key)| self.inner.get_all_at(&map, key, heads));
        let values = values.and_then(Result::ok).unwrap_or_default();
        let texts = values.into_iter().filter_map(|(value, _)| match value {
            Value::Scalar(scalar) => scalar.as_str().map(str::to_owned),
            Value::Object(_) => None,
        });
        texts.collect()
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
