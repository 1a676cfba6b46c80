//! `investment line`: what of an investment was committed or spent, in which period and where.

use weft_host::{
    clock,
    failure::Failure,
    output::ExitCode,
    reply::Outcome,
    table::{Column, Table},
};
use weft_shared::model::{
    line::LINE_FIELDS,
    outcome::joined,
    record::{FieldValue, Fields},
    schema::RecordKind,
};

use super::{Given, found};
use crate::{commands::Context, edits::investment, replica::Edit, view::LineRow};

pub(super) fn run(context: &mut Context<'_>, id: &str, given: Given, take_back: bool) -> Outcome {
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
    let heard = context.node.read(move |replica| {
        let row = found(replica, RecordKind::Investment, &id)?;
        let mut edit = Edit::default();
        let now = clock::now();
        let heard = match take_back {
            true => {
                investment::take_back(replica, &mut edit, &row, &fields)?;
                None
            }
            false => Some(investment::line(replica, &mut edit, &row, &fields, now)?),
        };
        replica.save(vec![edit], now)?;
        Ok::<_, Failure>(heard)
    })??;
    let Some(heard) = heard else {
        return context
            .io
            .tell("Taken back. What it said stays in the history.");
    };
    let words = format!("Stated. Those who see the investment see it too. {heard}");
    context.io.tell(words.trim_end())
}

/// Lists the lines of an investment.
pub(super) fn list(context: &mut Context<'_>, lines: &[LineRow]) -> Outcome {
    if lines.is_empty() {
        return Ok(ExitCode::Ok);
    }
    context.io.say("")?;
    let mut table = Table::new(&[
        Column::Text("what"),
        Column::Text("period"),
        Column::Text("locations"),
        Column::Words("outcomes"),
        Column::Number("amount"),
        Column::Text(""),
    ]);
    for LineRow {
        key,
        line,
        contested,
        ..
    } in lines
    {
        table.row([
            key.what.word().to_owned(),
            key.period.to_string(),
            key.places.to_string(),
            joined(&key.outcomes),
            line.amount.grouped(),
            if *contested { "two answers" } else { "" }.to_owned(),
        ]);
    }
    context.io.table(&table)
}
