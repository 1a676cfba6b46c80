//! Describes and settles conflicts, for both commands and pages.

use weft_shared::{
    document::Conflict,
    model::{
        Audience,
        note::{Note, NotedFigure},
        observation::Statement,
        profile::{Adoption, AdoptionStatus},
        schema::{self, Container, DocKind, RecordKind},
    },
};

use crate::{
    commands::indicator::decision,
    failure::Failure,
    observations,
    pages::{Choices, area_name, audience_phrase, figure_words, part_heading, record_title},
    replica::{DocumentError, Edit, Replica},
    view::{ConflictRow, ConflictValue, RecordRow, observed_key},
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
        let title = record.map_or_else(|| conflict.key.clone(), record_title);
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
            area_name(&areas, &key.area),
            key.period.to_string(),
            part_heading(&key.breakdown),
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
                    let figure = figure_words(&said, definition.as_ref());
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

/// Keeps one of the values; the others stay in the history. A value that this computer kept to
/// itself becomes the location's, and travels as far as `audience`.
pub(crate) fn settlement(
    replica: &mut Replica,
    row: &ConflictRow,
    chosen: &ConflictValue,
    audience: Option<Audience>,
) -> Result<Edit, Failure> {
    if chosen.local {
        return share(replica, row, chosen, audience);
    }
    let mut edit = Edit::default();
    // The list has the same order on every device, but the document has another.
    let values = &row.conflict.values;
    let at = values.iter().position(|one| one.value == chosen.value);
    let at = at.unwrap_or(0) + 1;
    if row.values.iter().any(|value| value.local) {
        let (container, key) = (row.conflict.container, row.conflict.key.clone());
        edit.on(DocKind::Team, move |editor| {
            if container == Container::Observations {
                editor.put_text(Container::Notes, &key, "")?;
            }
            editor.put_text(container, &key, "")
        });
    }
    if values.len() > 1 {
        for document in [&row.document].into_iter().chain(&row.also) {
            let kind: DocKind = document.name.parse().map_err(Failure::failed_error)?;
            let conflict = row.conflict.clone();
            edit.on(kind, move |editor| editor.settle(&conflict, at));
        }
    }
    Ok(edit)
}

/// Returns the audiences of the location's values. A value that replaces them may travel as far.
pub(crate) fn audiences(row: &ConflictRow) -> Vec<Audience> {
    let of = |value: &ConflictValue| match row.conflict.container {
        Container::Observations => Statement::decode(&value.value)
            .ok()
            .map(|said| said.audience),
        Container::Adoptions => Adoption::decode(&value.value)
            .ok()
            .map(|said| said.audience),
        _ => None,
    };
    let shared = row.values.iter().filter(|value| !value.local);
    let mut audiences: Vec<Audience> = shared.filter_map(of).collect();
    audiences.retain(|audience| *audience != Audience::Team);
    audiences.sort();
    audiences.dedup();
    if audiences.is_empty() {
        audiences.push(Audience::Network);
    }
    audiences
}

/// Shares a value that this computer kept to itself, in place of the location's.
fn share(
    replica: &mut Replica,
    row: &ConflictRow,
    chosen: &ConflictValue,
    audience: Option<Audience>,
) -> Result<Edit, Failure> {
    let audience = audience.filter(|audience| *audience != Audience::Team);
    let audience = audience.ok_or_else(|| {
        let others: Vec<String> = audiences(row).iter().map(ToString::to_string).collect();
        Failure::needs_action(format_args!(
            "That value is kept on this computer. If it is to stand for the whole location, say \
             how far it may travel: --audience {} is how far the other one travels. Nothing was \
             changed.",
            others.join(" or ")
        ))
    })?;
    let unreadable = || Failure::failed("The value cannot be read by this version. Upgrade Weft.");
    if let Some(key) = observed_key(&row.conflict) {
        let mut statement = Statement::decode(&chosen.value).map_err(|_| unreadable())?;
        statement.audience = audience;
        let mut edit = Edit::default();
        observations::confirm(replica, &mut edit, &key, statement, None)?;
        return Ok(edit);
    }
    let code = row.conflict.key.parse().map_err(|_| unreadable())?;
    let mut adoption = Adoption::decode(&chosen.value).map_err(|_| unreadable())?;
    adoption.audience = audience;
    Ok(decision(replica, &code, adoption)?)
}
