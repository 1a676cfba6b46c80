//! Conflicts in words, for both commands and pages.

use weft_shared::{
    document::Conflict,
    model::{
        Audience,
        indicator::{Definition, DefinitionKey},
        note::{Note, NotedFigure},
        observation::Statement,
        profile::{Adoption, AdoptionStatus},
        schema::{self, Container, RecordKind},
    },
};

use super::{Choices, ConflictRow, ConflictValue, RecordRow, observed_key};
use crate::{
    replica::{DocumentError, Replica},
    words::{audience_phrase, figure},
};

/// A conflict as people read it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    /// The title, such as `Smoking, Northland, 2023, Total`.
    pub(crate) title: String,
    /// The part that is in conflict; empty if that is the whole.
    pub(crate) part: String,
    /// Its answers, in the order of the row's values.
    pub(crate) answers: Vec<String>,
    /// The record that the conflict is about.
    pub(crate) record: Option<Box<RecordRow>>,
}

/// Puts a conflict into words.
pub(crate) fn describe(
    replica: &mut Replica,
    row: &ConflictRow,
) -> Result<Described, DocumentError> {
    let record = match (
        RecordKind::of(row.conflict.container),
        row.conflict.key.parse(),
    ) {
        (Some(kind), Ok(id)) => replica.record_anywhere(kind, &id)?,
        (Some(_) | None, _) => None,
    };
    let mut answers = Vec::with_capacity(row.values.len());
    for value in &row.values {
        answers.push(answer(replica, row, record.as_ref(), value)?);
    }
    Ok(Described {
        title: title(replica, &row.conflict, record.as_ref())?,
        part: part(&row.conflict),
        answers,
        record: record.map(Box::new),
    })
}

fn title(
    replica: &mut Replica,
    conflict: &Conflict,
    record: Option<&RecordRow>,
) -> Result<String, DocumentError> {
    if let Some(kind) = RecordKind::of(conflict.container) {
        let title = record.map_or_else(|| conflict.key.clone(), RecordRow::title);
        return Ok(format!("{}: {title}", kind.label()));
    }
    if let Some(key) = observed_key(conflict) {
        let areas = replica
            .place()?
            .map(|place| place.areas)
            .unwrap_or_default();
        let row = replica.indicator(&key.indicator)?;
        let name = row.map(|row| row.definition.name);
        let parts = [
            name.unwrap_or_else(|| key.indicator.to_string()),
            figure::area_name(&areas, &key.area),
            key.period.to_string(),
            figure::heading(&key.breakdown),
        ];
        return Ok(parts.join(", "));
    }
    if conflict.container == Container::Adoptions {
        let row = conflict.key.parse().ok();
        let row = row.map(|code| replica.indicator(&code)).transpose()?;
        let name = row.flatten().map(|row| row.definition.name);
        return Ok(format!(
            "whether this location takes part: {}",
            name.unwrap_or_else(|| conflict.key.clone())
        ));
    }
    if let (Container::Definitions, Ok(key)) =
        (conflict.container, conflict.key.parse::<DefinitionKey>())
    {
        let row = replica.indicator(&key.code)?;
        let name = row.map_or_else(|| key.code.to_string(), |row| row.definition.name);
        return Ok(format!("what {name} measures, version {}", key.version));
    }
    Ok(format!("{}: {}", conflict.container.label(), conflict.key))
}

fn part(conflict: &Conflict) -> String {
    let kind = RecordKind::of(conflict.container);
    let label = match (conflict.field.as_deref(), kind) {
        (Some(schema::AUDIENCE), _) => "Who may see it",
        (Some(schema::REMOVED), _) => "Whether it is removed",
        (Some(schema::WORDS_HASH), _) => "Its words",
        (Some(key), Some(kind)) => match kind.field(key) {
            // In a form the label of a name is the kind of record, which stands before it here.
            Some(field) if field.label.eq_ignore_ascii_case(kind.label()) => "Name",
            Some(field) => field.label,
            None => "",
        },
        _ if conflict.container == Container::Notes => "The note beside the value",
        _ => "",
    };
    label.to_owned()
}

/// One of the values, in words.
fn answer(
    replica: &mut Replica,
    row: &ConflictRow,
    record: Option<&RecordRow>,
    one: &ConflictValue,
) -> Result<String, DocumentError> {
    let (conflict, value) = (&row.conflict, one.value.as_str());
    let newer = || "something that this version of Weft does not read".to_owned();
    match conflict.container {
        Container::Observations => {
            let key = observed_key(conflict);
            let row = key
                .map(|key| replica.indicator(&key.indicator))
                .transpose()?;
            let definition = row.flatten().map(|row| row.definition);
            Ok(Statement::decode(value).map_or_else(
                |_| newer(),
                |said| {
                    let figure = figure::words(&said, definition.as_ref());
                    format!("{figure}; {}", seen_by(said.audience))
                },
            ))
        }
        Container::Adoptions => Ok(Adoption::decode(value).map_or_else(
            |_| newer(),
            |said| {
                let reason = said.reason.as_ref();
                let why = reason.map_or_else(String::new, |text| format!(", because: {text}"));
                let whose = match said.status {
                    AdoptionStatus::Adopted => "its values are",
                    AdoptionStatus::Declined => "that is",
                };
                let seen_by = seen_by(said.audience);
                format!("{}{why}; {whose} {seen_by}", said.status.label())
            },
        )),
        Container::Definitions => {
            let definition = Definition::decode(value);
            Ok(definition.map_or_else(|_| value.to_owned(), |said| said.words()))
        }
        Container::Notes => {
            let note = Note::decode(value);
            let figure = note.figure.as_ref().map(NotedFigure::words);
            Ok(figure.map_or_else(
                || note.text.clone(),
                |words| format!("for {words}: {}", note.text),
            ))
        }
        _ => field_answer(replica, conflict, record, value),
    }
}

fn seen_by(audience: Audience) -> String {
    match audience {
        Audience::Team => "kept on this computer".to_owned(),
        other => format!("seen by {}", audience_phrase(other)),
    }
}

/// The value of a record's field, in words.
fn field_answer(
    replica: &mut Replica,
    conflict: &Conflict,
    record: Option<&RecordRow>,
    value: &str,
) -> Result<String, DocumentError> {
    let kind = RecordKind::of(conflict.container);
    let (Some(field), Some(kind)) = (conflict.field.as_deref(), kind) else {
        return Ok(value.to_owned());
    };
    let words = match field {
        schema::AUDIENCE => audience_phrase(Audience::or_team(Some(value))).to_owned(),
        schema::REMOVED if value == schema::KEPT => {
            let changed = changed(replica, kind, record)?;
            return Ok(format!("keep it{changed}"));
        }
        schema::REMOVED => return Ok("remove it from the lists".to_owned()),
        schema::WORDS_HASH => words_of(replica, value)?,
        _ => match kind.field(field) {
            Some(spec) => Choices::read(replica, kind)?.label(spec, value),
            None => value.to_owned(),
        },
    };
    Ok(if words.is_empty() {
        "nothing".to_owned()
    } else {
        words
    })
}

/// Returns the words of an insight by their hash, because a person cannot choose between hashes.
fn words_of(replica: &Replica, hash: &str) -> Result<String, DocumentError> {
    let words = match hash.parse() {
        Ok(hash) => replica.words_by_hash(&hash)?,
        Err(_) => None,
    };
    Ok(words.unwrap_or_else(|| "words that have not arrived on this computer".to_owned()))
}

/// Describes the changes by a person who had not seen that the record was removed.
fn changed(
    replica: &mut Replica,
    kind: RecordKind,
    record: Option<&RecordRow>,
) -> Result<String, DocumentError> {
    let Some(row) = record.filter(|row| !row.record.unseen.is_empty()) else {
        return Ok(String::new());
    };
    let choices = Choices::read(replica, kind)?;
    let one = |field: &String| {
        let Some(spec) = kind.field(field) else {
            return match field.as_str() {
                schema::AUDIENCE => "who may see it".to_owned(),
                schema::WORDS_HASH => "its words".to_owned(),
                other => other.to_owned(),
            };
        };
        let label = spec.label.to_lowercase();
        match row.record.text(field) {
            Some(text) => format!("{label}: {}", choices.label(spec, text)),
            None => label,
        }
    };
    let changed: Vec<String> = row.record.unseen.iter().map(one).collect();
    Ok(format!("; changed meanwhile: {}", changed.join(", ")))
}
