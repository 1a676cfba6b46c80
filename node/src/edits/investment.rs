//! Lines of money: each is a statement beside its investment, in the same document.

use std::collections::BTreeMap;

use weft_host::failure::Failure;
use weft_shared::{
    document::Document,
    id::RecordId,
    model::{
        investment::Investment,
        line::{self, Heard, Line, LineKey},
        record::{FieldProblem, FieldValue, Fields},
        schema::RecordKind,
    },
    period::Date,
    time::Timestamp,
};

use super::{
    records::{document, unknown},
    refused,
};
use crate::{
    replica::{DocumentError, Edit, Replica},
    view::RecordRow,
};

/// States a line of an investment, over an earlier statement of the same. Returns what the person
/// should hear of it.
pub(crate) fn line(
    replica: &mut Replica,
    edit: &mut Edit,
    row: &RecordRow,
    fields: &Fields,
    now: Timestamp,
) -> Result<Heard, Failure> {
    let (key, line) = judged(replica, row, fields, now)?.map_err(|problems| refused(&problems))?;
    let here = document(row)?;
    let others = lines_of(replica.own_document(here)?, &key.investment);
    let heard = Heard::of(&key, &line, &others);
    edit.on(here, move |editor| editor.say(&key, &line));
    Ok(heard)
}

/// Reads a line from its fields, or returns all that is wrong with it.
pub(crate) fn judged(
    replica: &mut Replica,
    row: &RecordRow,
    fields: &Fields,
    now: Timestamp,
) -> Result<Result<(LineKey, Line), Vec<FieldProblem>>, Failure> {
    let mut investment = read(row)?;
    // The amounts of its parts are not there for its own lines.
    investment.amount = replica.own_amount(&investment)?;
    let others = lines_of(replica.own_document(document(row)?)?, &investment.id);
    let mut problems = unknown_codes(replica, fields)?;
    match line::line(fields, &investment, &others, replica.today(now)?) {
        Ok(read) if problems.is_empty() => Ok(Ok(read)),
        Ok(_) => Ok(Err(problems)),
        Err(found) => {
            problems.extend(found);
            Ok(Err(problems))
        }
    }
}

/// Takes back the line that these fields name.
pub(crate) fn take_back(
    replica: &mut Replica,
    edit: &mut Edit,
    row: &RecordRow,
    fields: &Fields,
) -> Result<(), Failure> {
    let mut named = read(row)?;
    let id = named.id;
    // All that was stated can be taken back: only what names it is read.
    (named.amount, named.from, named.to) = (None, Date::MIN, Date::MAX);
    let mut fields = fields.clone();
    fields.insert("amount".to_owned(), "1".into());
    let (key, _) =
        line::line(&fields, &named, &[], Date::MAX).map_err(|problems| refused(&problems))?;
    let here = document(row)?;
    let stated = lines_of(replica.own_document(here)?, &id);
    if stated.iter().all(|(one, _)| *one != key) {
        return Err(Failure::usage(
            "This investment has no such line, so nothing was changed. weft-node investment show \
             ID lists its lines: name the one to take back by what, period, locations and \
             outcomes.",
        ));
    }
    edit.on(here, move |editor| editor.take_back::<Line>(&key));
    Ok(())
}

/// Reports an investment that would be a part of itself, directly or by others of ours.
pub(super) fn ring(
    replica: &mut Replica,
    id: RecordId,
    whole: &Fields,
) -> Result<Option<FieldProblem>, DocumentError> {
    let text = |key: &str| {
        let text = whole.get(key).and_then(FieldValue::text).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let Some(mut name) = text("part_of") else {
        return Ok(None);
    };
    let names = [Some(id.to_string()), text("identifier")];
    let rows = replica.records(RecordKind::Investment)?;
    let others = rows.iter().filter(|row| row.record.id != id);
    let others = others.filter_map(|row| Investment::read(&row.record));
    let mut wholes: BTreeMap<String, String> = BTreeMap::new();
    for other in others {
        let Some(part_of) = other.part_of else {
            continue;
        };
        wholes.extend(
            other
                .identifier
                .map(|name| (name, part_of.trim().to_owned())),
        );
        wholes.insert(other.id.to_string(), part_of.trim().to_owned());
    }
    let mut is_direct = true;
    while !names.iter().flatten().any(|own| *own == name) {
        // Each is asked once, so that a ring of others ends.
        let Some(next) = wholes.remove(&name) else {
            return Ok(None);
        };
        (name, is_direct) = (next, false);
    }
    let message = match is_direct {
        true => "it would be a part of itself: leave it out",
        false => "that is a part of this one, directly or by others: correct one of them",
    };
    Ok(Some(FieldProblem {
        field: "part_of".to_owned(),
        message: message.to_owned(),
    }))
}

fn read(row: &RecordRow) -> Result<Investment, Failure> {
    Investment::read(&row.record).ok_or_else(|| {
        Failure::needs_action(
            "This investment has a field that cannot be read, so nothing was saved. Show it, and \
             fill in what it must have.",
        )
    })
}

/// The problems with the codes of a line.
fn unknown_codes(
    replica: &mut Replica,
    fields: &Fields,
) -> Result<Vec<FieldProblem>, DocumentError> {
    let mut problems = Vec::new();
    for spec in line::LINE_FIELDS.iter().filter(|spec| spec.is_set()) {
        let Some(FieldValue::Set(members)) = fields.get(spec.key) else {
            continue;
        };
        for text in members.iter().filter(|text| !text.trim().is_empty()) {
            let message = unknown(replica, spec.kind, text)?;
            problems.extend(message.map(|message| FieldProblem {
                field: spec.key.to_owned(),
                message,
            }));
        }
    }
    Ok(problems)
}

/// The lines of an investment in its document; of a contested one all values.
pub(crate) fn lines_of(document: &Document, id: &RecordId) -> Vec<(LineKey, Line)> {
    let all = document.all_said::<Line>();
    let own = all.filter(|under| under.key.investment == *id);
    own.flat_map(|under| {
        let key = under.key;
        under
            .said
            .into_iter()
            .map(move |one| (key.clone(), one.value))
    })
    .collect()
}
