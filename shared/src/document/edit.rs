//! Edits of this device: one Automerge transaction, in the model's words.

use std::collections::BTreeSet;

use automerge::{
    ActorId, ChangeHash, ObjType, ReadDoc as _,
    transaction::{CommitOptions, Transactable as _, Transaction},
};

use super::{Conflict, Document, Touched, View, read::distinct, wrap::ObjId};
use crate::{
    id::{DeviceId, IndicatorCode, LocationCode, RecordId, actor},
    model::{
        Audience, clean_text,
        indicator::Definition,
        observation::{ObservationKey, Statement},
        profile::{Adoption, Place},
        record::{FieldProblem, FieldValue, Fields, order_between},
        schema::{self, Container, RecordKind},
    },
    time::Timestamp,
};

/// Who edits: a device, and which of its actors. `n` is 0 but for a form that is saved over
/// somebody else's changes to its fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Author {
    /// The device.
    pub device: DeviceId,
    /// Which of its actors in the document.
    pub n: u8,
}

/// What an edit did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edited<T> {
    /// What the edit's closure returned.
    pub value: T,
    /// The change as raw bytes, to be stored in an entry; nothing where the document already said
    /// all of it.
    pub change: Option<Vec<u8>>,
    /// What to read again.
    pub touched: Touched,
}

/// Why a document refuses an edit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Another document holds such things.
    #[error("the document \"{document}\" holds no {container}")]
    WrongDocument {
        /// The document's name.
        document: String,
        /// What was to be put into it.
        container: &'static str,
    },
    /// No such record.
    #[error("there is no {kind} {id} in \"{document}\"")]
    UnknownRecord {
        /// The document's name.
        document: String,
        /// What kind of record.
        kind: RecordKind,
        /// Its id.
        id: RecordId,
    },
    /// What was filled in is not right.
    #[error("{}", list(.0))]
    Fields(Vec<FieldProblem>),
    /// The definition exists with other content.
    #[error(
        "{key} is already defined otherwise, and what was entered under it would change its \
         meaning: give the new content the next version"
    )]
    DefinitionChanged {
        /// The definition's key.
        key: String,
    },
    /// A conflict has fewer values.
    #[error("there is no value {choice} to choose: it has {count}")]
    NoSuchChoice {
        /// What was chosen, from 1.
        choice: usize,
        /// How many there are.
        count: usize,
    },
    /// Automerge refused.
    #[error("the document could not be changed: {0}")]
    Refused(String),
}

fn list(problems: &[FieldProblem]) -> String {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

impl From<automerge::AutomergeError> for EditError {
    fn from(error: automerge::AutomergeError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// An edit that is going on.
#[derive(Debug)]
pub struct Editor<'a> {
    tx: Transaction<'a>,
    kind: schema::DocKind,
    genesis: ActorId,
    touched: Touched,
}

impl Document {
    /// Makes one change out of whatever `edit` does; where it fails, the document stays as it was.
    ///
    /// The document is then ahead of what is stored: whoever cannot store the change throws this
    /// document away and loads it again.
    ///
    /// # Errors
    /// Whatever `edit` fails with.
    pub fn edit<T, E>(
        &mut self,
        author: Author,
        at: Timestamp,
        edit: impl FnOnce(&mut Editor<'_>) -> Result<T, E>,
    ) -> Result<Edited<T>, E> {
        let actor = actor(&author.device, &self.id, author.n);
        self.inner.set_actor(ActorId::from(actor));
        let editor = Editor {
            kind: self.kind,
            genesis: self.genesis.clone(),
            tx: self.inner.transaction(),
            touched: Touched::new(),
        };
        let (value, touched, hash) = editor.run(at, edit)?;
        let change = hash.and_then(|hash| self.inner.get_change_by_hash(&hash));
        Ok(Edited {
            value,
            change: change.map(|change| change.raw_bytes().to_vec()),
            touched,
        })
    }
}

impl<'a> Editor<'a> {
    fn run<T, E>(
        mut self,
        at: Timestamp,
        edit: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<(T, Touched, Option<ChangeHash>), E> {
        match edit(&mut self) {
            Ok(value) => {
                let seconds = at.ms().div_euclid(1_000);
                let options = CommitOptions::default().with_time(seconds);
                let (hash, _) = self.tx.commit_with(options);
                Ok((value, self.touched, hash))
            }
            Err(error) => {
                self.tx.rollback();
                Err(error)
            }
        }
    }

    /// Reads the document as it is within this edit.
    #[must_use]
    pub const fn view(&self) -> View<'_, Transaction<'a>> {
        View {
            doc: &self.tx,
            kind: self.kind,
            genesis: &self.genesis,
        }
    }

    /// Makes a record at the end of its kind, or changes the named fields of one that exists.
    ///
    /// # Errors
    /// Lists all that is wrong with the fields.
    pub fn put_record(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        audience: Audience,
        fields: &Fields,
    ) -> Result<(), EditError> {
        self.container(kind.container())?;
        let known = self.view().record_map(kind, id).is_some();
        let fields = kind.check(fields, !known).map_err(EditError::Fields)?;
        if !known {
            let last = self.view().records(kind).pop();
            let order = order_between(last.as_ref().map(|last| last.order.as_str()), None);
            self.make_record(kind, id)?;
            self.put_raw(kind, id, schema::ORDER, &order)?;
        }
        let map = self.record(kind, id)?;
        self.put(kind, id, &map, schema::AUDIENCE, audience.word())?;
        for (key, value) in &fields {
            self.put_field(kind, id, &map, key, value)?;
        }
        Ok(())
    }

    /// Changes one field of a record.
    ///
    /// # Errors
    /// Where there is no such record, or the value does not fit.
    pub fn set_field(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        key: &str,
        value: &FieldValue,
    ) -> Result<(), EditError> {
        let map = self.record(kind, id)?;
        let fields = Fields::from([(key.to_owned(), value.clone())]);
        for (key, value) in kind.check(&fields, false).map_err(EditError::Fields)? {
            self.put_field(kind, id, &map, &key, &value)?;
        }
        Ok(())
    }

    /// Changes how far a record may travel within this document; a record that goes to or from
    /// `team` moves to another document instead, see [`Editor::mark_moved`].
    ///
    /// # Errors
    /// Where there is no such record.
    pub fn set_audience(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        audience: Audience,
    ) -> Result<(), EditError> {
        self.put_raw(kind, id, schema::AUDIENCE, audience.word())
    }

    /// Takes a record out of all lists. What it says stays, so that nobody's words are lost.
    ///
    /// # Errors
    /// Where there is no such record.
    pub fn remove_record(&mut self, kind: RecordKind, id: &RecordId) -> Result<(), EditError> {
        self.put_raw(kind, id, schema::REMOVED, schema::SET)
    }

    /// Puts a removed or moved record back into the lists.
    ///
    /// # Errors
    /// Where there is no such record.
    pub fn restore_record(&mut self, kind: RecordKind, id: &RecordId) -> Result<(), EditError> {
        self.put_raw(kind, id, schema::REMOVED, "")?;
        self.put_raw(kind, id, schema::MOVED, "")
    }

    /// Leaves a mark that a record has moved to the document called `document`.
    ///
    /// # Errors
    /// Where there is no such record.
    pub fn mark_moved(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        document: &str,
    ) -> Result<(), EditError> {
        self.put_raw(kind, id, schema::MOVED, document)
    }

    /// Marks an insight as taken back by its teller; its words are deleted by whoever holds them.
    ///
    /// # Errors
    /// Where there is no such record.
    pub fn withdraw(&mut self, kind: RecordKind, id: &RecordId) -> Result<(), EditError> {
        self.put_raw(kind, id, schema::WITHDRAWN, schema::SET)
    }

    /// Puts a record between two others of its kind, by their [orders](order_between).
    ///
    /// # Errors
    /// Where there is no such record.
    pub fn place_record(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Result<(), EditError> {
        self.put_raw(kind, id, schema::ORDER, &order_between(before, after))
    }

    /// States an observation, on top of all that was stated before: a contested one is settled by
    /// it. A note of `None` leaves the note alone; an empty one clears it.
    ///
    /// # Errors
    /// Where this document holds no observations.
    pub fn put_observation(
        &mut self,
        key: &ObservationKey,
        statement: &Statement,
        note: Option<&str>,
    ) -> Result<(), EditError> {
        let key = key.to_string();
        self.put_scalar(Container::Observations, &key, &statement.encode())?;
        match note {
            Some(note) => self.put_scalar(Container::Notes, &key, &clean_text(note)),
            None => Ok(()),
        }
    }

    /// Writes what the location decided about an indicator.
    ///
    /// # Errors
    /// Where this document holds no adoptions.
    pub fn put_adoption(
        &mut self,
        code: &IndicatorCode,
        adoption: &Adoption,
    ) -> Result<(), EditError> {
        self.put_scalar(Container::Adoptions, code.as_str(), &adoption.encode())
    }

    /// Writes a location of the network.
    ///
    /// # Errors
    /// Where this document holds no locations.
    pub fn put_place(&mut self, code: &LocationCode, place: &Place) -> Result<(), EditError> {
        self.put_scalar(Container::Locations, code.as_str(), &place.encode())
    }

    /// Writes a definition; the same again is no change.
    ///
    /// # Errors
    /// Where its version has other content already.
    pub fn put_definition(&mut self, definition: &Definition) -> Result<(), EditError> {
        let key = definition.key();
        let known = self.view().texts(Container::Definitions);
        let text = definition.encode();
        if known
            .get(&key.to_string())
            .is_some_and(|known| *known != text)
        {
            return Err(EditError::DefinitionChanged {
                key: key.to_string(),
            });
        }
        self.put_scalar(Container::Definitions, &key.to_string(), &text)
    }

    /// Writes a plain text: a setting, a name, a lead provider, a person. Empty text clears it.
    ///
    /// # Errors
    /// Where this document has no such container.
    pub fn put_text(
        &mut self,
        container: Container,
        key: &str,
        text: &str,
    ) -> Result<(), EditError> {
        self.put_scalar(container, key, &clean_text(text))
    }

    /// Writes the chosen one of a conflict's values (from 1) on top of all of them.
    ///
    /// # Errors
    /// Where the conflict has no such value.
    pub fn settle(&mut self, conflict: &Conflict, choice: usize) -> Result<(), EditError> {
        let count = conflict.values.len();
        let chosen = choice.checked_sub(1).and_then(|at| conflict.values.get(at));
        let chosen = chosen.ok_or(EditError::NoSuchChoice { choice, count })?;
        let kind = RecordKind::of(conflict.container);
        let (Some(field), Some(kind)) = (&conflict.field, kind) else {
            return self.put_scalar(conflict.container, &conflict.key, &chosen.value);
        };
        let id = conflict.key.parse();
        let id: RecordId = id.map_err(|_| EditError::Refused(conflict.id()))?;
        if field == schema::WORDS_HASH {
            let record = self.view().record(kind, &id);
            let lengths = record.and_then(|mut one| one.fields.remove(schema::WORDS_BYTES));
            let lengths = lengths.unwrap_or_default();
            let length = lengths.iter().find(|one| one.actor == chosen.actor);
            if let Some(length) = length {
                self.put_raw(kind, &id, schema::WORDS_BYTES, &length.value)?;
            }
        }
        self.put_raw(kind, &id, field, &chosen.value)
    }

    /// Makes a record without fields, where there is none yet.
    pub(super) fn make_record(&mut self, kind: RecordKind, id: &RecordId) -> Result<(), EditError> {
        if self.view().record_map(kind, id).is_none() {
            let container = self.container(kind.container())?;
            self.tx
                .put_object(&container, id.to_string(), ObjType::Map)?;
            self.touch(kind.container(), &id.to_string());
        }
        Ok(())
    }

    fn record(&self, kind: RecordKind, id: &RecordId) -> Result<ObjId, EditError> {
        self.container(kind.container())?;
        let map = self.view().record_map(kind, id);
        map.ok_or_else(|| EditError::UnknownRecord {
            document: self.kind.to_string(),
            kind,
            id: *id,
        })
    }

    fn container(&self, container: Container) -> Result<ObjId, EditError> {
        let id = self.view().container(container);
        id.ok_or_else(|| EditError::WrongDocument {
            document: self.kind.to_string(),
            container: container.label(),
        })
    }

    /// Writes a field as it is, without holding it against the schema.
    pub(super) fn put_raw(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        key: &str,
        value: &str,
    ) -> Result<(), EditError> {
        let map = self.record(kind, id)?;
        self.put(kind, id, &map, key, value)
    }

    fn put_field(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        map: &ObjId,
        key: &str,
        value: &FieldValue,
    ) -> Result<(), EditError> {
        let members = match value {
            FieldValue::Text(text) => return self.put(kind, id, map, key, text),
            FieldValue::Set(members) => members,
        };
        let known: BTreeSet<String> = self.tx.keys(map).collect();
        let known = known.iter().filter_map(|known| {
            let (field, member) = schema::split_member(known)?;
            (field == key).then_some(member)
        });
        for gone in known.filter(|member| !members.contains(*member)) {
            self.put(kind, id, map, &schema::member_key(key, gone), "")?;
        }
        for member in members {
            self.put(kind, id, map, &schema::member_key(key, member), schema::SET)?;
        }
        Ok(())
    }

    fn put(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        map: &ObjId,
        key: &str,
        value: &str,
    ) -> Result<(), EditError> {
        if self.write(map, key, value)? {
            self.touch(kind.container(), &id.to_string());
        }
        Ok(())
    }

    pub(super) fn put_scalar(
        &mut self,
        container: Container,
        key: &str,
        value: &str,
    ) -> Result<(), EditError> {
        let map = self.container(container)?;
        if self.write(&map, key, value)? {
            self.touch(container, key);
        }
        Ok(())
    }

    /// Writes a scalar, or deletes it where it is empty; nothing where all who wrote it agree.
    fn write(&mut self, map: &ObjId, key: &str, value: &str) -> Result<bool, EditError> {
        let known = distinct(self.view().values_in(map, key));
        let same = match known.as_slice() {
            [] => value.is_empty(),
            [known] => known.value == value,
            [..] => false,
        };
        if same {
            return Ok(false);
        }
        if value.is_empty() {
            self.tx.delete(map, key)?;
        } else {
            self.tx.put(map, key, value)?;
        }
        Ok(true)
    }

    pub(super) fn touch(&mut self, container: Container, key: &str) {
        self.touched.insert((container, key.to_owned()));
    }
}
