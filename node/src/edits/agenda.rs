//! Answers of this location to the national team's agenda.

use weft_host::failure::Failure;
use weft_shared::{
    model::{
        answer::{Answer, AnswerKey, Answered, Asked, answer},
        item::ItemState,
        record::Fields,
    },
    period::Period,
    text::listed,
    time::Timestamp,
};

use super::{records::year, refused};
use crate::{
    replica::{Edit, Replica},
    view::ItemRow,
};

/// Answers an item as it is worded now. Returns the answers of which this one takes the place.
pub(crate) fn answer_item(
    replica: &mut Replica,
    edit: &mut Edit,
    row: &ItemRow,
    fields: &Fields,
    now: Timestamp,
) -> Result<Vec<Answer>, Failure> {
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

/// Answers a question that the line of sight of a period asks of us. The same question of another
/// period has the same answer. Returns the answers of which this one takes the place, and whether
/// this computer asks the question: the hub may ask what is not asked here.
pub(crate) fn answer_question(
    replica: &mut Replica,
    edit: &mut Edit,
    (key, period): (AnswerKey, Period),
    fields: &Fields,
    now: Timestamp,
) -> Result<(Vec<Answer>, bool), Failure> {
    let is_asked = must_be_asked(replica, (&key, period), now)?;
    let said = answer(fields, Answered::Asked, None).map_err(|problems| refused(&problems))?;
    Ok((say(replica, edit, key, said, now)?, is_asked))
}

/// Refuses an answer to a question that is not asked, with those that are: it would stand beside
/// nothing. Returns whether it is asked here.
fn must_be_asked(
    replica: &mut Replica,
    (key, period): (&AnswerKey, Period),
    now: Timestamp,
) -> Result<bool, Failure> {
    let sight = replica.sight(period, now)?;
    let asked: Vec<&AnswerKey> = sight.questions().map(|one| &one.key).collect();
    // Money that other locations state is at the hub alone, so it may ask what is not asked here.
    let may_be_asked = match key {
        AnswerKey::Question(Asked::EndsSoon | Asked::AmountsDiffer, outcome) => {
            sight.rows.iter().any(|row| row.head.outcome() == *outcome)
        }
        AnswerKey::Question(..) | AnswerKey::Item(_) | AnswerKey::Request(..) => false,
    };
    let is_asked = asked.contains(&key);
    if may_be_asked || is_asked {
        return Ok(is_asked);
    }
    let names: Vec<String> = asked
        .into_iter()
        .filter_map(AnswerKey::question_name)
        .collect();
    let are_asked = match names.as_slice() {
        [] => format!("No question is asked of us in {period}."),
        names => format!(
            "The questions of {period} are {}.",
            listed(names, QUESTIONS_LISTED_MAX)
        ),
    };
    Err(Failure::usage(format_args!(
        "\"{}\" is not asked of us in {period}, so there is nothing to answer and nothing was \
         saved. {are_asked} Another year may ask more: weft-node line-of-sight --period shows \
         them, and agenda answer takes the same --period.",
        key.question_name().unwrap_or_default()
    )))
}

/// Questions that an error names.
const QUESTIONS_LISTED_MAX: usize = 12;

fn say(
    replica: &mut Replica,
    edit: &mut Edit,
    key: AnswerKey,
    said: Answer,
    now: Timestamp,
) -> Result<Vec<Answer>, Failure> {
    let mut before = replica.answers_to(&key)?;
    before.retain(|one| *one != said);
    let document = replica.document_of_answer(&key, year(now))?;
    edit.on(document, move |editor| editor.say(&key, &said));
    Ok(before)
}
