//! Answers of this location to the national team's agenda.

use weft_host::failure::Failure;
use weft_shared::{
    model::{
        answer::{AnswerKey, Answered, answer},
        item::ItemState,
        record::Fields,
    },
    text::sentence,
    time::Timestamp,
};

use super::records::year;
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
    let said = answer(fields, answered, wording).map_err(|problems| {
        let texts: Vec<String> = problems
            .iter()
            .map(|one| sentence(&one.to_string()))
            .collect();
        Failure::usage(format_args!("{} Nothing was saved.", texts.join(" ")))
    })?;
    let key = AnswerKey::Item(row.item.id);
    let document = replica.document_of_answer(&key, year(now))?;
    edit.on(document, move |editor| editor.say(&key, &said));
    Ok(())
}
