//! `investment line`: what of an investment was committed or spent, in which period and where.

use weft_host::reply::Outcome;
use weft_shared::model::{
    line::LINE_FIELDS,
    record::{FieldValue, Fields},
    schema::RecordKind,
};

use super::{Given, found};
use crate::{commands::Context, edits::investment, replica::Edit};

pub(super) fn run(context: &mut Context<'_>, id: &str, given: Given) -> Outcome {
    let is_set = |key: &str| (LINE_FIELDS.iter()).any(|spec| spec.key == key && spec.is_set());
    let fields: Fields = given
        .into_iter()
        .map(|(key, values)| match is_set(key) {
            true => (
                key.to_owned(),
                FieldValue::Set(values.into_iter().collect()),
            ),
            false => (key.to_owned(), FieldValue::Text(values.concat())),
        })
        .collect();
    let id = id.to_owned();
    let audience = context.node.save(move |replica| {
        let row = found(replica, RecordKind::Investment, &id)?;
        let mut edit = Edit::default();
        investment::line(replica, &mut edit, &row, &fields)?;
        Ok(vec![edit])
    });
    audience?;
    context
        .io
        .tell("Stated. It travels as far as the investment itself.")
}
