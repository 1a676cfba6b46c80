//! Adds and changes records in the documents for their audiences, and moves them when that changes.
//! Commands and pages use the same functions.

use weft_host::{failure::Failure, random::random_bytes, text};
use weft_shared::{
    document::RecordPlace,
    id::RecordId,
    model::{
        Audience, clean_text,
        insight::{Consent, WORDS_BYTES_MAX, Words},
        places::ALL,
        record::{FieldProblem, FieldValue, Fields, one_a_field},
        schema::{self, DocKind, FieldKind, RecordKind},
    },
    time::Timestamp,
    validation,
};

use super::{
    investment::{self, lines_of},
    refused,
};
use crate::{
    replica::{DocumentError, Edit, Replica, SaveError},
    store::settings::Key,
    view::RecordRow,
};

/// The effect of a change of audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    /// It stays in its document and travels this far.
    Stays(Audience),
    /// It was for the team alone, and now travels further.
    Widened(Audience),
    /// It travelled further, and is now for the team alone. `shared` is the time of the last
    /// exchange, if it may have left already.
    Narrowed { shared: Option<Timestamp> },
}

/// Adds a record to the document for its audience.
pub(crate) fn add(
    replica: &mut Replica,
    edit: &mut Edit,
    kind: RecordKind,
    id: RecordId,
    audience: Audience,
    mut fields: Fields,
    now: Timestamp,
) -> Result<(), Failure> {
    consent(kind, &fields, audience)?;
    agree(replica, (kind, id), (&fields, &fields), (true, now))?;
    seal_words(replica, edit, &mut fields, audience)?;
    let place = RecordPlace::End(replica.last_order(kind)?);
    edit.on(
        replica.document_for(kind, audience, year(now))?,
        move |editor| editor.put_record_at(kind, &id, audience, &fields, &place),
    );
    Ok(())
}

/// Changes the given fields, and moves the record if its audience requires it.
pub(crate) fn change(
    replica: &mut Replica,
    edit: &mut Edit,
    row: &RecordRow,
    mut fields: Fields,
    audience: Option<Audience>,
    now: Timestamp,
) -> Result<Moved, Failure> {
    let record = &row.record;
    let (kind, id) = (record.kind, record.id);
    if record.withdrawn {
        return Err(Failure::needs_action(
            "The person who said it took this insight back; it takes no more changes.",
        ));
    }
    let audience = audience.unwrap_or(record.audience);
    let says_words = fields.contains_key(schema::WORDS_HASH);
    let mut whole = record.to_fields();
    whole.extend(fields.clone());
    consent(kind, &whole, audience)?;
    agree(replica, (kind, id), (&fields, &whole), (false, now))?;
    let here = document(row)?;
    let recalls = !here.is_sealed()
        && audience == Audience::Team
        && replica.is_unoffered(kind.container(), &id.to_string())?;
    let moves = here.is_sealed() != (audience == Audience::Team);
    if moves && !says_words {
        fields.extend(say_afresh(replica, edit, row, here.is_sealed())?);
    }
    seal_words(replica, edit, &mut fields, audience)?;
    whole.extend(fields.clone());
    if says_words {
        // Copies elsewhere hold the old words.
        for copy in replica.copies(kind, &id)? {
            if copy != here || (moves && !recalls) {
                edit.on(copy, move |editor| editor.forget_words(kind, &id));
            }
        }
    }
    if !moves {
        edit.on(here, move |editor| {
            editor.put_record(kind, &id, audience, &fields)
        });
        return Ok(Moved::Stays(audience));
    }
    let there = replica.document_for(kind, audience, year(now))?;
    let name = there.to_string();
    let lines = match kind {
        RecordKind::Investment => lines_of(replica.own_document(here)?, &id),
        _ => Vec::new(),
    };
    let place = RecordPlace::At(record.order.clone());
    edit.on(there, move |editor| {
        editor.put_record_at(kind, &id, audience, &whole, &place)?;
        for (key, line) in &lines {
            editor.say(key, line)?;
        }
        editor.restore_record(kind, &id)
    });
    if recalls {
        edit.recall(kind.container(), id.to_string());
        return Ok(Moved::Narrowed { shared: None });
    }
    edit.on(here, move |editor| editor.mark_moved(kind, &id, &name));
    if here.is_sealed() {
        return Ok(Moved::Widened(audience));
    }
    let shared: Option<i64> = replica.setting(Key::LastShared)?;
    Ok(Moved::Narrowed {
        shared: Some(shared.map_or(now, Timestamp::from_ms)),
    })
}

/// Takes a record out of the lists.
pub(crate) fn remove(row: &RecordRow) -> Result<Edit, Failure> {
    let (kind, id) = (row.record.kind, row.record.id);
    let mut edit = Edit::default();
    edit.on(document(row)?, move |editor| {
        editor.remove_record(kind, &id)
    });
    Ok(edit)
}

/// Puts a removed record back into the lists.
pub(crate) fn restore(row: &RecordRow) -> Result<Edit, Failure> {
    let (kind, id) = (row.record.kind, row.record.id);
    let mut edit = Edit::default();
    edit.on(document(row)?, move |editor| {
        editor.restore_record(kind, &id)
    });
    Ok(edit)
}

/// The document that holds a record.
pub(super) fn document(row: &RecordRow) -> Result<DocKind, Failure> {
    row.document.name.parse().map_err(Failure::failed_error)
}

/// Checks fields against the network's indicators, our areas and the day of `now`. For a target it
/// also checks the parts of the population that its indicator has, and for an investment that it is
/// no part of itself. `given` are the new fields, and `whole` is the record with them.
pub(crate) fn problems(
    replica: &mut Replica,
    (kind, id): (RecordKind, RecordId),
    (given, whole): (&Fields, &Fields),
    now: Timestamp,
) -> Result<Vec<FieldProblem>, DocumentError> {
    let before = replica.record(kind, &id)?;
    let before = before.map(|row| row.record.to_fields()).unwrap_or_default();
    let mut problems = kind.untimely(given, &before, replica.today(now)?);
    if kind == RecordKind::Investment {
        problems.extend(investment::ring(replica, id, whole)?);
    }
    for (key, value) in given {
        let Some(spec) = kind.field(key) else {
            continue;
        };
        let texts: Vec<&str> = match value {
            FieldValue::Text(text) => vec![text],
            FieldValue::Set(members) => members.iter().map(String::as_str).collect(),
        };
        for text in texts {
            if let Some(message) = unknown(replica, spec.kind, text)? {
                let field = key.clone();
                problems.push(FieldProblem { field, message });
            }
        }
    }
    if kind == RecordKind::Target
        && ["indicator", "value", "breakdown"]
            .iter()
            .any(|key| given.contains_key(*key))
    {
        problems.extend(target(replica, whole)?);
    }
    Ok(problems)
}

/// Checks a target against the definition of its indicator.
fn target(replica: &mut Replica, whole: &Fields) -> Result<Vec<FieldProblem>, DocumentError> {
    let code = whole.get("indicator").and_then(FieldValue::text);
    let code = code.unwrap_or_default().trim().to_uppercase();
    let rows = replica.indicators()?;
    let row = rows.iter().find(|row| row.definition.code.as_str() == code);
    let problems = row.map(|row| validation::target(whole, &row.in_use));
    Ok(problems.unwrap_or_default())
}

/// Reports an unknown indicator, area, outcome or location, with the known ones.
pub(super) fn unknown(
    replica: &mut Replica,
    kind: FieldKind,
    text: &str,
) -> Result<Option<String>, DocumentError> {
    let text = text.trim();
    let (noun, known) = match kind {
        _ if text.is_empty() => return Ok(None),
        FieldKind::Indicator => {
            let rows = replica.indicators()?;
            let codes = rows.iter().map(|row| row.definition.code.to_string());
            ("indicator here", codes.collect::<Vec<_>>())
        }
        FieldKind::Area => {
            let place = replica.place()?;
            let areas = place.iter().flat_map(|place| &place.areas);
            let codes = areas.map(|area| area.code.to_string());
            ("area of this location", codes.collect())
        }
        // The id of an outcome of our own is not a code of the network's.
        FieldKind::Outcomes if text.contains('-') => return unknown_own(replica, text),
        FieldKind::Outcome | FieldKind::Outcomes => {
            let outcomes = replica.network_outcomes()?;
            let codes = outcomes.iter().map(|one| one.code.to_string());
            ("outcome of the network", codes.collect())
        }
        FieldKind::Locations if text.eq_ignore_ascii_case(ALL) => return Ok(None),
        FieldKind::Locations => ("location of the network", replica.location_codes()?),
        _ => return Ok(None),
    };
    let wanted = text.to_uppercase();
    Ok((!known.contains(&wanted)).then(|| {
        let there_are = there_are(text, &known);
        let article = match noun.starts_with(['a', 'i', 'o']) {
            true => "an",
            false => "a",
        };
        format!("\"{text}\" is not {article} {noun}. {there_are}")
    }))
}

/// Reports the id of an outcome that is none of ours.
fn unknown_own(replica: &mut Replica, text: &str) -> Result<Option<String>, DocumentError> {
    let id = text.to_ascii_lowercase();
    let own = replica.records(RecordKind::Outcome)?;
    let is_ours = own.iter().any(|row| row.record.id.to_string() == id);
    Ok((!is_ours).then(|| {
        format!(
            "\"{text}\" is not the id of an outcome of yours: weft-node outcome list shows them"
        )
    }))
}

/// Refuses fields with all that is wrong with them: by themselves, with what is known here, and
/// those that only the hub has.
fn agree(
    replica: &mut Replica,
    (kind, id): (RecordKind, RecordId),
    (given, whole): (&Fields, &Fields),
    (complete, now): (bool, Timestamp),
) -> Result<(), Failure> {
    let checked = kind.check_of(schema::Owner::Location, given, complete);
    let mut found = checked.err().unwrap_or_default();
    if !complete {
        found.extend(kind.across(whole));
    }
    found.extend(problems(replica, (kind, id), (given, whole), now)?);
    one_a_field(&mut found);
    match found.is_empty() {
        true => Ok(()),
        false => Err(refused(&found)),
    }
}

/// Lists the known names, most similar first.
pub(crate) fn there_are(typed: &str, known: &[String]) -> String {
    let none = "This computer knows none yet: weft-node sync --once takes them from the hub.";
    text::there_are(typed, known, none)
}

/// Withdraws an insight: the mark travels everywhere that the insight went, and the words are
/// deleted. Also returns whether it ever went beyond the team.
pub(crate) fn withdraw(replica: &mut Replica, row: &RecordRow) -> Result<(Edit, bool), Failure> {
    let (kind, id) = (row.record.kind, row.record.id);
    let copies = replica.copies(kind, &id)?;
    let mut edit = Edit::default();
    for copy in &copies {
        edit.on(*copy, move |editor| editor.withdraw(kind, &id));
    }
    Ok((edit, copies.iter().any(|copy| !copy.is_sealed())))
}

/// Stores these words for an insight, and returns the fields that name them.
pub(crate) fn say(edit: &mut Edit, text: &str) -> Result<Fields, Failure> {
    let (words, blob) = Words::salted(random_bytes(), &words(text)?);
    edit.with_words(words.hash, blob);
    Ok(words.fields())
}

/// Says the words of an insight again, because sealed words are no use to others, and words that
/// others have are not sealed. Nothing of one form leads to the other. Plain words that others may
/// have cannot be recalled; all others are deleted.
fn say_afresh(
    replica: &Replica,
    edit: &mut Edit,
    row: &RecordRow,
    were_sealed: bool,
) -> Result<Fields, Failure> {
    let Some(words) = Words::in_record(&row.record) else {
        return Ok(Fields::new());
    };
    let text = replica.words_by_hash(&words.hash)?.ok_or_else(|| {
        Failure::needs_action(
            "The words of this insight have not arrived on this computer yet, so who sees them \
             cannot be changed here: weft-node sync --once takes them from the hub.",
        )
    })?;
    if were_sealed || !replica.were_offered(&words.hash)? {
        edit.without_words(words.hash);
    }
    let (words, blob) = Words::salted(random_bytes(), &text);
    edit.with_words(words.hash, blob);
    Ok(words.fields())
}

/// Seals the words that `fields` name if they are for the team alone.
fn seal_words(
    replica: &mut Replica,
    edit: &mut Edit,
    fields: &mut Fields,
    audience: Audience,
) -> Result<(), Failure> {
    let hash = fields.get(schema::WORDS_HASH).and_then(FieldValue::text);
    let hash = hash.and_then(|hash| hash.parse().ok());
    let Some(hash) = hash.filter(|_| audience == Audience::Team) else {
        return Ok(());
    };
    let Some(blob) = edit.take_words(&hash) else {
        return Ok(());
    };
    let (hash, sealed) = replica
        .seal(&blob)
        .ok_or_else(|| Failure::failed(SaveError::NotAdmitted))?;
    fields.insert(schema::WORDS_HASH.to_owned(), hash.to_string().into());
    edit.with_words(hash, sealed);
    Ok(())
}

/// An insight's words as they are stored.
pub(crate) fn words(text: &str) -> Result<String, Failure> {
    let text = clean_text(text);
    if text.is_empty() {
        return Err(Failure::usage("Fill in \"What was heard\"."));
    }
    if text.len() > WORDS_BYTES_MAX {
        return Err(Failure::usage(format_args!(
            "An insight has at most {WORDS_BYTES_MAX} bytes of words, and this one has {}. Split \
             it into several.",
            text.len()
        )));
    }
    Ok(text)
}

fn consent(kind: RecordKind, fields: &Fields, audience: Audience) -> Result<(), Failure> {
    match kind {
        RecordKind::Insight => Consent::check(fields, audience).map_err(Failure::usage_error),
        _ => Ok(()),
    }
}

/// Returns the year of a time, in UTC.
pub(crate) fn year(now: Timestamp) -> i16 {
    let text = now.rfc3339();
    let year = text.split('-').next().and_then(|year| year.parse().ok());
    year.unwrap_or(i16::MAX)
}
