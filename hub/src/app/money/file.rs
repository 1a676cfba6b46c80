//! Weft's own form of a file of investments: a row for each, and a row below it for each line.

use weft_host::csv;
use weft_shared::model::{
    line::{Line, LineKey},
    outcome::joined,
    record::FieldValue,
    schema::{FieldSpec, Owner, RecordKind},
};

use super::InvestmentView;

/// The column that says whether a row is an investment or a line. A file without it has no lines.
pub(super) const RECORD: &str = "record";
/// The word in [`RECORD`] of an investment.
pub(super) const INVESTMENT: &str = "investment";
/// The word in [`RECORD`] of a line.
pub(super) const LINE: &str = "line";
/// The column of the id of the record; of a line, that of its investment.
pub(super) const ID: &str = "id";
/// The column of audiences.
pub(super) const AUDIENCE: &str = "audience";
/// The columns of lines alone.
pub(super) const OF_LINES: [&str; 2] = ["what", "period"];

/// The fields of an investment of the hub.
pub(super) fn fields() -> impl Iterator<Item = &'static FieldSpec> {
    RecordKind::Investment.fields_of(Owner::Hub)
}

/// The columns of a file, in their order.
pub(super) fn columns() -> Vec<&'static str> {
    let before = [RECORD, ID].into_iter();
    let after = [AUDIENCE].into_iter().chain(OF_LINES);
    before
        .chain(fields().map(|field| field.key))
        .chain(after)
        .collect()
}

/// Writes investments and their lines as a CSV file. An import of it changes nothing.
pub fn exported(views: &[InvestmentView]) -> Vec<u8> {
    let columns = columns();
    let rows = views.iter().flat_map(|view| {
        let own = columns.iter().map(|column| cell(view, column)).collect();
        let lines = view.lines.iter().map(|line| {
            let cells = columns.iter().map(|column| line_cell(view, line, column));
            cells.collect::<Vec<String>>()
        });
        std::iter::once::<Vec<String>>(own).chain(lines)
    });
    csv::file(true, &columns, rows)
}

fn cell(view: &InvestmentView, column: &str) -> String {
    match column {
        RECORD => INVESTMENT.to_owned(),
        ID => view.investment.id.to_string(),
        AUDIENCE => view.audience.word().to_owned(),
        key => match view.fields.get(key) {
            Some(FieldValue::Text(text)) => text.clone(),
            Some(FieldValue::Set(members)) => {
                let members: Vec<&str> = members.iter().map(String::as_str).collect();
                members.join(";")
            }
            None => String::new(),
        },
    }
}

fn line_cell(view: &InvestmentView, (key, line): &(LineKey, Line), column: &str) -> String {
    match column {
        RECORD => LINE.to_owned(),
        ID => key.investment.to_string(),
        "identifier" => view.investment.identifier.clone().unwrap_or_default(),
        "what" => key.what.word().to_owned(),
        "period" => key.period.to_string(),
        "locations" => key.places.to_string(),
        "outcomes" => joined(&key.outcomes),
        "amount" => line.amount.to_string(),
        "source" => line.source.clone().unwrap_or_default(),
        "note" => line.note.clone().unwrap_or_default(),
        _ => String::new(),
    }
}
