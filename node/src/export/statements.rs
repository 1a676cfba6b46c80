//! Lines of money and answers, in files for spreadsheets and for programs.

use weft_host::list::{Column, Datum, List};
use weft_shared::model::{answer::AnswerKey, outcome::joined};

use crate::view::{AnswerRow, LineRow};

/// The lines of money; a contested one has a row for each statement.
pub(crate) const LINES: List<LineRow> = List::new(&[
    Column::new("investment", |row: &LineRow| {
        Datum::text(row.key.investment)
    }),
    Column::new("title", |row: &LineRow| (&*row.title).into()).words(),
    Column::new("what", |row: &LineRow| row.key.what.word().into()),
    Column::new("period", |row: &LineRow| Datum::text(row.key.period)),
    Column::new("locations", |row: &LineRow| Datum::text(&row.key.places)),
    Column::new("outcomes", |row: &LineRow| joined(&row.key.outcomes).into()),
    Column::new("currency", |row: &LineRow| Datum::text(&row.currency)),
    Column::new("amount", |row: &LineRow| {
        Datum::Json(row.line.amount.json())
    })
    .number(),
    Column::new("source", |row: &LineRow| row.line.source.clone().into()),
    Column::new("note", |row: &LineRow| row.line.note.clone().into()),
    Column::new("audience", |row: &LineRow| row.audience.word().into()),
    Column::new("contested", |row: &LineRow| row.contested.into()),
]);

/// Our answers; a contested one has a row for each of them.
pub(crate) const ANSWERS: List<AnswerRow> = List::new(&[
    Column::new("answers", |row: &AnswerRow| Datum::text(&row.key)),
    Column::new("title", |row: &AnswerRow| row.title().into()).words(),
    Column::new("stance", |row: &AnswerRow| row.answer.stance.word().into()),
    Column::new("reason", |row: &AnswerRow| row.answer.reason.clone().into()).words(),
    Column::new("by", |row: &AnswerRow| (&*row.answer.by).into()),
    Column::new("until", |row: &AnswerRow| {
        row.answer.until.map(Datum::text).into()
    }),
    Column::new("wording", |row: &AnswerRow| {
        row.answer.wording.map(Datum::text).into()
    }),
    Column::new("contested", |row: &AnswerRow| row.contested.into()),
]);

impl AnswerRow {
    /// The title of the item, or the question itself.
    fn title(&self) -> String {
        match (&self.item, &self.key) {
            (Some(title), _) => title.clone(),
            (None, AnswerKey::Question(asked, _)) => asked.question().to_owned(),
            (None, _) => String::new(),
        }
    }
}
