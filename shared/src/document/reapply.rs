//! Repeats the content of a lost change of this device, path by path: Automerge cannot rebase.

use std::{collections::BTreeSet, fmt};

use automerge::{Change, ChangeHash, ReadDoc as _, ScalarValue};

use super::{
    Document, EditError, Editor,
    derive::{Action, Maps, Parsed, Path},
    wrap,
};
use crate::{
    id::EntryHash,
    model::{
        note::Note,
        observation::Statement,
        schema::{self, Container, RecordKind},
    },
};

/// One assignment of a lost change, to be repeated.
#[derive(Clone, PartialEq, Debug)]
pub struct Assignment {
    pub(super) path: Path,
    action: Said,
}

#[derive(Clone, PartialEq, Debug)]
enum Said {
    /// A text; `None` if it was deleted.
    Text(String),
    /// A text in place of everything seen, even an equal one: a settlement or a confirmation.
    Replacing(String),
    /// A record.
    Record,
}

/// Reads the lost changes of one document, entry by entry, in the order of their log.
pub struct Lost<'a> {
    document: &'a Document,
    maps: Maps<'a>,
    /// The part of the document that the author of the lost changes had seen.
    seen: BTreeSet<ChangeHash>,
}

/// The content of one entry's lost changes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LostWords {
    /// Assignments to repeat.
    pub again: Vec<Assignment>,
    /// Assignments that others have overwritten since without having seen them. To repeat them
    /// would hide the others' values.
    pub overtaken: Vec<Assignment>,
}

impl<'a> Lost<'a> {
    /// `document` is built from everything accepted, and from nothing lost.
    pub fn of(document: &'a Document) -> Self {
        Self {
            document,
            maps: Maps::of(document),
            seen: BTreeSet::new(),
        }
    }

    /// Reads the changes of the next lost entry.
    #[must_use]
    pub fn read(&mut self, changes: &[Vec<u8>]) -> LostWords {
        let said = self.assignments(changes);
        let heads: Vec<_> = self.seen.iter().copied().collect();
        let past = self.document.at(&heads);
        let stands = |one: &Assignment| {
            let past = past.as_ref();
            past.is_none_or(|past| past.stands_at(one) == self.document.stands_at(one))
        };
        let (again, overtaken) = said.into_iter().partition(stands);
        LostWords { again, overtaken }
    }

    /// Reads the changes of the next lost entry, regardless of what others have written since. The
    /// schema stores text: anything else is left out, and so is content that builds on a record
    /// that no longer exists.
    pub(super) fn assignments(&mut self, changes: &[Vec<u8>]) -> Vec<Assignment> {
        let mut said = Vec::new();
        for bytes in changes {
            let parsed = wrap::guarded(|| Parsed::read(bytes)).ok().flatten();
            let Some(Parsed { change, operations }) = parsed else {
                continue;
            };
            let known = change.deps().iter().copied();
            let known = known.filter(|hash| self.document.has_change(&hash.0));
            self.seen.extend(known);
            let first = said.len();
            for operation in operations {
                let inner = &self.document.inner;
                let path = wrap::guarded(|| self.maps.path(inner, &operation));
                let action = match operation.action {
                    Action::Put(ScalarValue::Str(text)) => Said::Text(text.to_string()),
                    Action::Delete => Said::Text(String::new()),
                    Action::MakeMap => Said::Record,
                    Action::Put(_) => continue,
                };
                let path = path.ok().flatten();
                said.extend(path.map(|path| Assignment { path, action }));
                join_settlement(&mut said, first);
            }
        }
        said
    }
}

/// Joins a deletion and a following text in the same place into one settlement. `first` is the
/// start of the change.
fn join_settlement(said: &mut Vec<Assignment>, first: usize) {
    let at = said.len().saturating_sub(2).max(first);
    if let [before, after] = &said[at..]
        && before.path == after.path
        && before.action == Said::Text(String::new())
        && let Said::Text(text) = &after.action
    {
        let replacing = Assignment {
            path: after.path.clone(),
            action: Said::Replacing(text.clone()),
        };
        said.truncate(at);
        said.push(replacing);
    }
}

impl fmt::Debug for Lost<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lost")
            .field("document", &self.document.name)
            .finish_non_exhaustive()
    }
}

/// The form for people: place and content.
impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Path {
            container,
            key,
            field,
        } = &self.path;
        write!(f, "{} {key}", container.label())?;
        if let Some(field) = field {
            write!(f, ", {field}")?;
        }
        match &self.action {
            Said::Text(text) | Said::Replacing(text) => said(f, *container, text),
            Said::Record => f.write_str(": begun"),
        }
    }
}

impl Document {
    /// The document as it was when `heads` were its newest changes; `None` if it does not have all
    /// of them.
    pub(super) fn at(&self, heads: &[ChangeHash]) -> Option<Self> {
        if !self.inner.get_missing_deps(heads).is_empty() {
            return None;
        }
        let mut past = Self::genesis(&self.location, &self.name).ok()?;
        let before = self.changes_below(heads, &past.inner.get_heads());
        past.inner.apply_changes(before).ok()?;
        Some(past)
    }

    /// The changes that lead to `heads`, without those that lead to `known`.
    pub(super) fn changes_below(&self, heads: &[ChangeHash], known: &[ChangeHash]) -> Vec<Change> {
        let later = self.inner.get_changes_meta(heads);
        let later: BTreeSet<_> = later.iter().map(|meta| meta.hash).collect();
        let mut changes = self.inner.get_changes(known);
        changes.retain(|change| !later.contains(&change.hash()));
        changes
    }

    /// The values at the place of an assignment, to see whether anyone has changed them.
    pub(super) fn stands_at(&self, Assignment { path, .. }: &Assignment) -> Vec<String> {
        let Some((map, key)) = self.place_of(path) else {
            return Vec::new();
        };
        let values = if path.field.is_some() && [schema::REMOVED, schema::MOVED].contains(&key) {
            // A removal concerns all fields of the record.
            let all = self.view().entries_in(&map);
            all.flat_map(|(_, values)| values).collect()
        } else {
            self.view().values_in(&map, key)
        };
        values.into_iter().map(|one| one.value).collect()
    }
}

fn said(f: &mut fmt::Formatter<'_>, container: Container, text: &str) -> fmt::Result {
    if text.is_empty() {
        f.write_str(": cleared")
    } else if container == Container::Observations {
        figure(f, text)
    } else if container == Container::Notes {
        write!(f, ": {}", Note::decode(text).text)
    } else {
        write!(f, ": {text}")
    }
}

/// A statement without the parts that people do not type.
fn figure(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let Ok(said) = Statement::decode(text) else {
        return write!(f, ": {text}");
    };
    write!(f, ": status {}", said.status)?;
    let parts = [
        ("numerator", said.numerator),
        ("denominator", said.denominator),
        ("value", said.value),
    ];
    for (name, number) in parts {
        if let Some(number) = number {
            write!(f, ", {name} {number}")?;
        }
    }
    Ok(())
}

impl Editor<'_> {
    /// Sets the change's message to the entry that it repeats.
    pub fn name_lost(&mut self, entry: &EntryHash) {
        self.message = Some(format!("again {entry}"));
    }

    /// Repeats the content of lost changes. Content that the document already has is not a change.
    ///
    /// # Errors
    /// If Automerge refuses.
    pub fn say_again(&mut self, assignments: &[Assignment]) -> Result<(), EditError> {
        for Assignment { path, action } in assignments {
            let kind = RecordKind::of(path.container);
            let id = path.key.parse().ok();
            match (action, &path.field, kind.zip(id)) {
                (Said::Text(text), None, _) => self.put_scalar(path.container, &path.key, text)?,
                (Said::Text(text), Some(field), Some((kind, id))) => {
                    self.put_raw(kind, &id, field, text)?;
                }
                (Said::Replacing(text), None, _) => {
                    let map = self.container(path.container)?;
                    self.rewrite(&map, &path.key, text)?;
                    self.touch(path.container, &path.key);
                }
                (Said::Replacing(text), Some(field), Some((kind, id))) => {
                    self.put_anew(kind, &id, field, text)?;
                }
                (Said::Record, None, Some((kind, id))) => self.make_record(kind, &id)?,
                (Said::Record, ..) | (Said::Text(_) | Said::Replacing(_), Some(_), None) => {}
            }
        }
        Ok(())
    }
}
