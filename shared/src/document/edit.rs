//! Edits of this device: one Automerge transaction, in the model's terms.

mod records;

pub use self::records::RecordPlace;

use automerge::{
    ActorId, ReadDoc as _,
    transaction::{CommitOptions, Transactable as _, Transaction},
};

use super::{
    Conflict, Document, Observed, Touched, View,
    standing::distinct,
    wrap::{ObjId, Origin},
};
use crate::{
    id::{DeviceId, IndicatorCode, LocationCode, RecordId, actor},
    model::{
        clean_text,
        indicator::{Definition, SettingChange, SettingKey},
        note::Note,
        observation::{ObservationKey, Statement},
        profile::{Adoption, Place},
        record::FieldProblem,
        schema::{self, Container, RecordKind},
    },
    time::Timestamp,
    validation::keep_marks,
};

/// The result of an edit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edited {
    /// The change as raw bytes, to be stored in an entry; `None` if the document already had
    /// everything.
    pub change: Option<Vec<u8>>,
    /// Places to read again.
    pub touched: Touched,
}

/// Why a document refuses an edit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Such content belongs in another document.
    #[error("the document \"{document}\" holds no {container}")]
    WrongDocument {
        /// The document's name.
        document: String,
        /// The container that the edit needed.
        container: &'static str,
    },
    /// There is no such record.
    #[error("there is no {kind} {id} in \"{document}\"")]
    UnknownRecord {
        /// The document's name.
        document: String,
        /// The kind of record.
        kind: RecordKind,
        /// Its id.
        id: RecordId,
    },
    /// The input is invalid.
    #[error("{}", list(.0))]
    Fields(Vec<FieldProblem>),
    /// The definition already exists with other content.
    #[error(
        "{0} is already defined otherwise, and what was entered under it would change its \
         meaning: give the new content the next version"
    )]
    DefinitionChanged(String),
    /// A conflict has fewer values.
    #[error("there is no value {choice} to choose: it has {count}")]
    NoSuchChoice {
        /// The choice, counted from 1.
        choice: usize,
        /// Number of values.
        count: usize,
    },
    /// The text under a key would not be parsed back as it was entered.
    #[error("what was entered for {0} cannot be kept: a part of it is too long, or no text")]
    Unreadable(String),
    /// Automerge refused the change.
    #[error("the document could not be changed: {0}")]
    Refused(String),
}

/// Checks that a key and value that is written is parsed back by its reader.
pub(super) fn reads_back(key: &str, holds: bool) -> Result<(), EditError> {
    if holds {
        return Ok(());
    }
    let key = key.chars().take(160).collect();
    Err(EditError::Unreadable(key))
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

/// An edit in progress.
#[derive(Debug)]
pub struct Editor<'a> {
    tx: Transaction<'a>,
    kind: schema::DocKind,
    origin: Origin,
    touched: Touched,
    pub(super) message: Option<String>,
}

impl Document {
    /// Makes one change by `device` from all that `edit` does. If it fails, the document stays
    /// unchanged.
    ///
    /// The document is then ahead of the store: if the change cannot be stored, discard this
    /// document and load it again.
    ///
    /// # Errors
    /// Returns the error of `edit`.
    pub fn edit<E>(
        &mut self,
        device: DeviceId,
        at: Timestamp,
        edit: impl FnOnce(&mut Editor<'_>) -> Result<(), E>,
    ) -> Result<Edited, E> {
        self.even_out();
        self.inner
            .set_actor(ActorId::from(actor(&device, &self.id, 0)));
        let (hash, touched) = {
            let mut editor = Editor {
                kind: self.kind,
                origin: self.origin.clone(),
                tx: self.inner.transaction(),
                touched: Touched::new(),
                message: None,
            };
            if let Err(error) = edit(&mut editor) {
                editor.tx.rollback();
                return Err(error);
            }
            let (time, message) = (Some(at.ms().div_euclid(1_000)), editor.message);
            let (hash, _) = editor.tx.commit_with(CommitOptions { message, time });
            (hash, editor.touched)
        };
        let change = hash.and_then(|hash| self.inner.get_change_by_hash(&hash));
        Ok(Edited {
            change: change.map(|change| change.raw_bytes().to_vec()),
            touched,
        })
    }
}

impl<'a> Editor<'a> {
    /// A view of the document as it is within this edit.
    pub const fn view(&self) -> View<'_, Transaction<'a>> {
        View {
            doc: &self.tx,
            origin: &self.origin,
            kind: self.kind,
        }
    }

    /// States an observation, over all earlier statements: it settles a contested one. `None`
    /// leaves the note unchanged; an empty note clears it.
    ///
    /// The same figure again writes nothing, and removes no mark. With a note that is new for it,
    /// the same figure is confirmed: see [`Editor::confirm_observation`].
    ///
    /// # Errors
    /// If this document holds no observations.
    pub fn put_observation(
        &mut self,
        key: &ObservationKey,
        statement: &Statement,
        note: Option<&str>,
    ) -> Result<(), EditError> {
        self.state(key, statement, note, false)
    }

    /// Repeats the current statement, or settles on it, because a person checked it and found it
    /// right. It then stands beside any concurrent statements of others, and they are contested.
    /// The statement's `confirmed` names the answers.
    ///
    /// The answer to a check, `--confirm` and a note about an unchanged figure do this. An import,
    /// or saving the same figure again, goes through [`Editor::put_observation`] and writes
    /// nothing.
    ///
    /// # Errors
    /// If this document holds no observations.
    pub fn confirm_observation(
        &mut self,
        key: &ObservationKey,
        statement: &Statement,
        note: Option<&str>,
    ) -> Result<(), EditError> {
        self.state(key, statement, note, true)
    }

    fn state(
        &mut self,
        key: &ObservationKey,
        statement: &Statement,
        note: Option<&str>,
        confirms: bool,
    ) -> Result<(), EditError> {
        let text = key.to_string();
        reads_back(
            &text,
            text.parse().is_ok_and(|read: ObservationKey| read == *key),
        )?;
        reads_back(&text, Statement::decode(&statement.encode()).is_ok())?;
        let standing = self.view().observation(key);
        let one = standing.as_ref().and_then(Observed::settled);
        let same = one.is_some_and(|one| !one.contests(statement));
        let stated = match one {
            Some(one) => keep_marks(statement.clone(), one),
            None => statement.clone(),
        };
        let mut known = standing.iter().flat_map(|known| &known.notes);
        let note = note.map(|text| Note::of(text, &stated));
        let news = note.as_ref().filter(|note| {
            let said = known.any(|known| known.says(note, &stated));
            !note.text.is_empty() && !said
        });
        if confirms || (same && news.is_some()) {
            self.restate(key, &stated)?;
        } else if !same || one != Some(&stated) {
            self.put_scalar(Container::Observations, &key.to_string(), &stated.encode())?;
        }
        let plain = standing.as_ref().and_then(Observed::plain_note);
        match (&note, one.zip(plain)) {
            (Some(note), _) if news.is_some() || note.text.is_empty() => self.put_note(key, note),
            // An older note without a figure was written for the one that is replaced now.
            (None, Some((one, plain))) if !same => self.put_note(key, &Note::of(plain, one)),
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// Writes a note unchanged, for the figure that it names.
    ///
    /// # Errors
    /// If this document holds no notes.
    pub fn put_note(&mut self, key: &ObservationKey, note: &Note) -> Result<(), EditError> {
        self.put_scalar(Container::Notes, &key.to_string(), &note.encode())
    }

    fn restate(&mut self, key: &ObservationKey, statement: &Statement) -> Result<(), EditError> {
        let (map, key) = (self.container(Container::Observations)?, key.to_string());
        self.rewrite(&map, &key, &statement.encode())?;
        self.touch(Container::Observations, &key);
        Ok(())
    }

    /// Writes the location's decision about an indicator.
    ///
    /// # Errors
    /// If this document holds no adoptions.
    pub fn put_adoption(
        &mut self,
        code: &IndicatorCode,
        adoption: &Adoption,
    ) -> Result<(), EditError> {
        let said = adoption.encode();
        reads_back(code.as_str(), Adoption::decode(&said).is_ok())?;
        self.put_scalar(Container::Adoptions, code.as_str(), &said)
    }

    /// Writes a location of the network.
    ///
    /// # Errors
    /// If this document holds no locations.
    pub fn put_place(&mut self, code: &LocationCode, place: &Place) -> Result<(), EditError> {
        let said = place.encode();
        reads_back(code.as_str(), Place::decode(&said).is_ok())?;
        self.put_scalar(Container::Locations, code.as_str(), &said)
    }

    /// Writes a definition; an equal one is not a change.
    ///
    /// # Errors
    /// If its version already has other content.
    pub fn put_definition(&mut self, definition: &Definition) -> Result<(), EditError> {
        let key = definition.key();
        let known = self.view().texts(Container::Definitions);
        let text = definition.encode();
        reads_back(&key.to_string(), Definition::decode(&text).is_ok())?;
        if known
            .get(&key.to_string())
            .is_some_and(|known| *known != text)
        {
            return Err(EditError::DefinitionChanged(key.to_string()));
        }
        self.put_scalar(Container::Definitions, &key.to_string(), &text)
    }

    /// Writes or clears a setting of a definition's version; an equal one is not a change.
    ///
    /// # Errors
    /// If this document holds no definitions, or the setting would not be read back.
    pub fn put_setting(&mut self, change: &SettingChange) -> Result<(), EditError> {
        let SettingChange { key, text } = change;
        let mut standing = self.view().definition_settings();
        // Check it with the current settings: the number of changes of base is limited.
        let mut read = standing.remove(&key.definition).unwrap_or_default();
        let name = key.to_string();
        reads_back(
            &name,
            name.parse().is_ok_and(|read: SettingKey| read == *key),
        )?;
        let holds = text.is_empty() || read.take(key.setting, key.at, text);
        reads_back(&name, holds)?;
        self.put_scalar(Container::Definitions, &name, text)
    }

    /// Writes a plain text: a setting, a name, a lead provider or a person. Empty text clears it.
    ///
    /// # Errors
    /// If this document has no such container.
    pub fn put_text(
        &mut self,
        container: Container,
        key: &str,
        text: &str,
    ) -> Result<(), EditError> {
        self.put_scalar(container, key, &clean_text(text))
    }

    /// Writes one of a conflict's values (from 1) over all of them. Two people who choose
    /// differently without knowing of each other cause a new conflict; two who choose alike agree.
    ///
    /// # Errors
    /// If the conflict has no such value.
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
        if field == schema::REMOVED {
            return self.decide_removal(kind, &id, chosen.value == schema::SET);
        }
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

    pub(super) fn container(&self, container: Container) -> Result<ObjId, EditError> {
        let id = self.view().container(container);
        id.ok_or_else(|| EditError::WrongDocument {
            document: self.kind.to_string(),
            container: container.label(),
        })
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

    /// Writes a scalar, or deletes it if the value is empty. Writes nothing if all current values
    /// already equal it.
    pub(super) fn write(&mut self, map: &ObjId, key: &str, value: &str) -> Result<bool, EditError> {
        let known = distinct(self.view().values_in(map, key));
        match known.as_slice() {
            [] if value.is_empty() => return Ok(false),
            [known] if known.value == value => return Ok(false),
            [] => self.tx.put(map, key, value)?,
            [_] if !value.is_empty() => self.tx.put(map, key, value)?,
            [_, ..] => self.rewrite(map, key, value)?,
        }
        Ok(true)
    }

    /// Writes over every value seen here, even an equal one.
    ///
    /// If a put writes the value that is already shown, Automerge turns it into deletions of the
    /// others: two people who settle a conflict on different values would each delete the other's.
    /// So this deletes the key, which removes everything seen, and puts the value again.
    pub(super) fn rewrite(&mut self, map: &ObjId, key: &str, value: &str) -> Result<(), EditError> {
        if self.tx.get(map, key)?.is_some() {
            self.tx.delete(map, key)?;
        }
        if !value.is_empty() {
            self.tx.put(map, key, value)?;
        }
        Ok(())
    }

    pub(super) fn touch(&mut self, container: Container, key: &str) {
        self.touched.insert((container, key.to_owned()));
    }
}
