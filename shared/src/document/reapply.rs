//! Says again what a lost change of this device said, path by path: Automerge cannot rebase.

use automerge::ScalarValue;

use super::{
    Document, EditError, Editor,
    derive::{Action, Maps, Parsed, Path},
    wrap,
};
use crate::model::schema::RecordKind;

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
    let mut maps = Maps::of(document);
    let mut said = Vec::new();
    for bytes in changes {
        let parsed = wrap::guarded(|| Parsed::read(bytes)).ok().flatten();
        for operation in parsed.into_iter().flat_map(|parsed| parsed.operations) {
            let path = wrap::guarded(|| maps.path(&document.inner, &operation));
            let action = match operation.action {
                Action::Put(ScalarValue::Str(text)) => Said::Text(text.to_string()),
                Action::Delete => Said::Text(String::new()),
                Action::MakeMap => Said::Record,
                Action::Put(_) => continue,
            };
            said.extend(path.ok().flatten().map(|path| Assignment { path, action }));
        }
    }
    said
}

impl Document {
    /// The values where an assignment writes, to see whether anybody has changed them.
    pub(super) fn stands_at(&self, Assignment { path, .. }: &Assignment) -> Vec<String> {
        let values = match (&path.field, RecordKind::of(path.container)) {
            (None, None) => self.view().values(path.container, &path.key),
            (Some(field), Some(kind)) => {
                let map = path.key.parse().ok();
                let map = map.and_then(|id| self.view().record_map(kind, &id));
                map.map_or_else(Vec::new, |map| self.view().values_in(&map, field))
            }
            (None, Some(_)) | (Some(_), None) => Vec::new(),
        };
        values.into_iter().map(|one| one.value).collect()
    }
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
