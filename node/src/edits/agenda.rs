//! Answers of this location to the national team's agenda.

use weft_host::failure::Failure;
use weft_shared::{
    model::{
        answer::{Answer, AnswerKey, Answered, answer},
        item::ItemState,
        outcome::OutcomeRef,
        record::Fields,
    },
    time::Timestamp,
};

use super::{
    records::{there_are, year},
    refused,
};
use crate::{
    replica::{Edit, Replica},
    view::ItemRow,
};

/// Answers an item as it is worded now.
pub(crate) fn answer_item(
    replica: &mut Replica,
    edit: &mut Edit,
    row: &ItemRow,
    fields: &Fields,
    now: Timestamp,
) -> Result<(), Failure> {
    if row.state != ItemState::Open {
        return Err(Failure::needs_action(format_args!(
            "\"{}\" is {} and takes no more answers. Nothing was saved.",
            row.item.title,
            row.state.label()
        )));
    }
    let (answered, wording) = (Answered::Item(row.item.kind), Some(row.item.wording));
    let said = answer(fields, answered, wording).map_err(|problems| refused(&problems))?;
    say(replica, edit, AnswerKey::Item(row.item.id), said, now)
}

/// Answers a question that the line of sight asks about one of its outcomes. What is asked today
/// need not be asked tomorrow, so any of them may be answered.
pub(crate) fn answer_question(
    replica: &mut Replica,
    edit: &mut Edit,
    key: AnswerKey,
    fields: &Fields,
    now: Timestamp,
) -> Result<(), Failure> {
    if let AnswerKey::Question(_, outcome) = &key {
        known(replica, outcome)?;
    }
    let said = answer(fields, Answered::Asked, None).map_err(|problems| refused(&problems))?;
    say(replica, edit, key, said, now)
}

/// Refuses an outcome that is neither the network's nor one of ours that we shared.
fn known(replica: &mut Replica, outcome: &OutcomeRef) -> Result<(), Failure> {
    let code = replica.membership()?.code.clone();
    let outcomes = replica.outcomes_shared(&code)?;
    if outcomes.iter().any(|one| one.of == *outcome) {
        return Ok(());
    }
    let codes = outcomes.iter().filter_map(|one| one.of.code());
    let codes: Vec<String> = codes.map(ToString::to_string).collect();
    Err(Failure::usage(format_args!(
        "\"{outcome}\" is neither an outcome of the network nor one that you shared. {} Nothing \
         was saved.",
        there_are(&outcome.to_string(), &codes)
    )))
}

fn say(
    replica: &mut Replica,
    edit: &mut Edit,
    key: AnswerKey,
    said: Answer,
    now: Timestamp,
) -> Result<(), Failure> {
    let document = replica.document_of_answer(&key, year(now))?;
    edit.on(document, move |editor| editor.say(&key, &said));
    Ok(())
}
