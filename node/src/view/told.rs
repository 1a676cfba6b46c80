//! Stored values in words, for conflicts and for the history.

use std::collections::{BTreeMap, btree_map::Entry};

use weft_shared::{
    document::{Conflict, Told},
    model::{
        Audience,
        indicator::Definition,
        note::{Note, NotedFigure},
        observation::Statement,
        profile::{Adoption, AdoptionStatus},
        schema::{self, Container, FieldKind, FieldSpec, RecordKind},
    },
    period::{Date, Period, day_words},
};

use super::{Choices, RecordRow, observed_key};
use crate::{
    replica::{DocumentError, Replica},
    words::{audience_phrase, figure},
};

/// Puts stored values into words. It reads the labels of a kind of record once.
#[derive(Debug, Default)]
pub(crate) struct Teller {
    choices: BTreeMap<RecordKind, Choices>,
}

/// One part of a change, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ToldWords {
    /// The part of the record; empty if the whole is one value.
    pub(crate) part: String,
    /// The value before it, if one stood there alone.
    pub(crate) from: Option<String>,
    /// The value after it.
    pub(crate) to: String,
    /// The other values of a conflict that it settled.
    pub(crate) not_chosen: Vec<String>,
}

/// Words for something that only a newer version can read.
const NEWER: &str = "something that this version of Weft does not read";
/// Words for a value that was deleted.
const GONE: &str = "not kept here any more";

impl Teller {
    /// Puts one part of a change into words; `None` if it is bookkeeping.
    pub(crate) fn told(
        &mut self,
        replica: &mut Replica,
        told: &Told,
        record: Option<&RecordRow>,
    ) -> Result<Option<ToldWords>, DocumentError> {
        let about = Conflict {
            container: told.container,
            key: told.key.clone(),
            field: told.field.clone(),
            values: Vec::new(),
        };
        if let (Some(kind), Some(field)) = (RecordKind::of(told.container), told.field.as_deref())
            && let Some(words) = self.mark(replica, told, (kind, field))?
        {
            return Ok(words);
        }
        let mut said = |text: &str| self.said(replica, &about, record, text);
        let from = told.before.as_deref().map(&mut said).transpose()?;
        let to = told.value.as_deref().map(&mut said).transpose()?;
        let others = told.not_chosen.iter().map(|text| said(text));
        let not_chosen = others.collect::<Result<Vec<_>, _>>()?;
        Ok(Some(ToldWords {
            part: part(&about),
            to: to.unwrap_or_else(|| GONE.to_owned()),
            from,
            not_chosen,
        }))
    }

    /// Puts a mark on a record, or a member of a set, into words. The outer `None` means that the
    /// field is neither, the inner one that people need not see it.
    fn mark(
        &mut self,
        replica: &mut Replica,
        told: &Told,
        (kind, field): (RecordKind, &str),
    ) -> Result<Option<Option<ToldWords>>, DocumentError> {
        let alone = |text: &str| {
            Some(Some(ToldWords {
                to: text.to_owned(),
                ..ToldWords::default()
            }))
        };
        let set = |text: Option<&str>| text == Some(schema::SET);
        Ok(match field {
            schema::ORDER | schema::WORDS_BYTES => Some(None),
            schema::MOVED => alone("moved, because who may see it changed"),
            schema::WITHDRAWN => alone("withdrawn: the person who said it took it back"),
            schema::REMOVED if set(told.value.as_deref()) => alone("removed from the lists"),
            schema::REMOVED if !told.not_chosen.is_empty() => {
                alone("kept, after another device had removed it")
            }
            schema::REMOVED if set(told.before.as_deref()) => alone("put back into the lists"),
            schema::REMOVED => Some(None),
            _ => match field.split_once('/') {
                None => None,
                Some((schema::WORDS_BEFORE, _)) => Some(None),
                Some((of, member)) => Some(self.member(replica, told, kind, (of, member))?),
            },
        })
    }

    fn member(
        &mut self,
        replica: &mut Replica,
        told: &Told,
        kind: RecordKind,
        (of, member): (&str, &str),
    ) -> Result<Option<ToldWords>, DocumentError> {
        let Some(spec) = kind.field(of) else {
            return Ok(None);
        };
        let name = self.label(replica, kind, spec, member)?;
        let verb = match told.value.as_deref() {
            Some(schema::SET) => "added",
            _ => "taken out",
        };
        Ok(Some(ToldWords {
            part: spec.label.to_owned(),
            to: format!("{name} ({verb})"),
            ..ToldWords::default()
        }))
    }

    /// One of the values of a conflict or of the history, in words.
    pub(crate) fn said(
        &mut self,
        replica: &mut Replica,
        about: &Conflict,
        record: Option<&RecordRow>,
        value: &str,
    ) -> Result<String, DocumentError> {
        match about.container {
            Container::Observations => {
                let key = observed_key(about);
                let row = key.map(|key| replica.indicator(&key.indicator));
                let row = row.transpose()?.flatten();
                Ok(Statement::decode(value).map_or_else(
                    |_| NEWER.to_owned(),
                    |said| {
                        let pinned = row.as_ref().and_then(|row| row.pinned(&said));
                        let pinned = pinned.map(|(one, _)| one);
                        let newest = row.as_ref().map(|row| &row.definition);
                        let figure = figure::words(&said, pinned.or(newest));
                        format!("{figure}; {}", seen_by(said.audience))
                    },
                ))
            }
            Container::Adoptions => {
                Ok(Adoption::decode(value).map_or_else(|_| NEWER.to_owned(), |one| decided(&one)))
            }
            Container::Definitions => {
                let definition = Definition::decode(value);
                Ok(definition.map_or_else(|_| value.to_owned(), |said| said.words()))
            }
            Container::Notes => {
                let note = Note::decode(value);
                let figure = note.figure.as_ref().map(NotedFigure::words);
                Ok(figure.map_or_else(
                    || note.text.clone(),
                    |words| format!("for {}: {}", figure::grouped_words(words), note.text),
                ))
            }
            Container::Answers | Container::Lines => {
                let words = replica.statement_words((about.container, &about.key), value)?;
                Ok(words.unwrap_or_else(|| match value.is_empty() {
                    true => "taken back".to_owned(),
                    false => NEWER.to_owned(),
                }))
            }
            _ => self.field(replica, about, record, value),
        }
    }

    /// The value of a record's field, in words.
    fn field(
        &mut self,
        replica: &mut Replica,
        about: &Conflict,
        record: Option<&RecordRow>,
        value: &str,
    ) -> Result<String, DocumentError> {
        let kind = RecordKind::of(about.container);
        let (Some(field), Some(kind)) = (about.field.as_deref(), kind) else {
            return Ok(value.to_owned());
        };
        let words = match field {
            schema::AUDIENCE => audience_phrase(Audience::or_team(Some(value))).to_owned(),
            schema::REMOVED if value == schema::KEPT => {
                let changed = self.changed(replica, kind, record)?;
                return Ok(format!("keep it{changed}"));
            }
            schema::REMOVED => return Ok("remove it from the lists".to_owned()),
            schema::WORDS_HASH => words_of(replica, value)?,
            _ => match kind.field(field) {
                Some(spec) => self.label(replica, kind, spec, value)?,
                None => value.to_owned(),
            },
        };
        Ok(if words.is_empty() {
            "nothing".to_owned()
        } else {
            words
        })
    }

    /// The label of a field's stored value: labels for words, titles for ids, days in words.
    fn label(
        &mut self,
        replica: &mut Replica,
        kind: RecordKind,
        spec: &FieldSpec,
        value: &str,
    ) -> Result<String, DocumentError> {
        match spec.kind {
            FieldKind::Date => {
                let day = value.parse::<Date>().ok();
                return Ok(day.map_or_else(|| value.to_owned(), day_words));
            }
            FieldKind::Period => {
                let period = value.parse::<Period>().ok();
                return Ok(period.map_or_else(|| value.to_owned(), Period::words));
            }
            _ => {}
        }
        let choices = match self.choices.entry(kind) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(Choices::read(replica, kind)?),
        };
        let label = choices.label(spec, value);
        let (FieldKind::Reference(other) | FieldKind::References(other)) = spec.kind else {
            return Ok(label);
        };
        if label != value {
            return Ok(label);
        }
        // The other record was removed since, or has not arrived.
        let row = match value.parse() {
            Ok(id) => replica.record_anywhere(other, &id)?,
            Err(_) => None,
        };
        let unknown = || format!("{} that is not here", with_article(other.label()));
        Ok(row.map_or_else(unknown, |row| row.title()))
    }

    /// Describes the changes by a person who had not seen that the record was removed.
    fn changed(
        &mut self,
        replica: &mut Replica,
        kind: RecordKind,
        record: Option<&RecordRow>,
    ) -> Result<String, DocumentError> {
        let Some(row) = record.filter(|row| !row.record.unseen.is_empty()) else {
            return Ok(String::new());
        };
        let mut changed = Vec::new();
        for field in &row.record.unseen {
            changed.push(match (kind.field(field), row.record.text(field)) {
                (Some(spec), Some(text)) => {
                    let label = self.label(replica, kind, spec, text)?;
                    format!("{}: {label}", spec.label.to_lowercase())
                }
                (Some(spec), None) => spec.label.to_lowercase(),
                (None, _) => match field.as_str() {
                    schema::AUDIENCE => "who may see it".to_owned(),
                    schema::WORDS_HASH => "its words".to_owned(),
                    other => other.to_owned(),
                },
            });
        }
        Ok(format!("; changed meanwhile: {}", changed.join(", ")))
    }
}

/// The part of a record that a value is about; empty if that is the whole.
pub(super) fn part(about: &Conflict) -> String {
    let kind = RecordKind::of(about.container);
    let label = match (about.field.as_deref(), kind) {
        (Some(schema::AUDIENCE), _) => "Who may see it",
        (Some(schema::REMOVED), _) => "Whether it is removed",
        (Some(schema::WORDS_HASH), _) => "Its words",
        (Some(key), Some(kind)) => match kind.field(key) {
            // In a form the label of a name is the kind of record, which stands before it here.
            Some(field) if field.label.eq_ignore_ascii_case(kind.label()) => "Name",
            Some(field) => field.label,
            None => "",
        },
        _ if about.container == Container::Notes => "The note beside the value",
        _ => "",
    };
    label.to_owned()
}

fn decided(said: &Adoption) -> String {
    let reason = said.reason.as_ref();
    let why = reason.map_or_else(String::new, |text| format!(", because: {text}"));
    let whose = match said.status {
        AdoptionStatus::Adopted => "its values are",
        AdoptionStatus::Declined => "that is",
    };
    format!(
        "{}{why}; {whose} {}",
        said.status.label(),
        seen_by(said.audience)
    )
}

fn seen_by(audience: Audience) -> String {
    match audience {
        Audience::Team => format!("for {}", audience_phrase(audience)),
        other => format!("seen by {}", audience_phrase(other)),
    }
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

/// Returns the words of an insight by their hash, because a person cannot choose between hashes.
fn words_of(replica: &Replica, hash: &str) -> Result<String, DocumentError> {
    let words = match hash.parse() {
        Ok(hash) => replica.words_by_hash(&hash)?,
        Err(_) => None,
    };
    Ok(words.unwrap_or_else(|| "words that are not on this computer".to_owned()))
}
