//! Values as CSV, with the columns that an import reads: a file of an export, and the file of one
//! indicator.

use weft_host::csv;
use weft_shared::model::number::Number;

use crate::view::{IndicatorRow, ObservationRow, StatedRow, version_of};

/// The file that values are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// For spreadsheets: with a byte order mark, and a column that says what is contested.
    Export,
    /// For programs, and to be imported again.
    Indicator,
}

const CONTESTED: &str = "contested";

const COLUMNS: [&str; 22] = [
    "location_code",
    "area_code",
    "indicator_code",
    "breakdown",
    "breakdown_value",
    "period",
    "numerator",
    "denominator",
    "value",
    "lower",
    "upper",
    "obs_status",
    "sign",
    "confirmed",
    "definition_version",
    "method",
    "note",
    "note_for",
    "audience",
    CONTESTED,
    "device",
    "at",
];

/// Writes one line for each statement. A contested value has one for each of its answers.
pub(crate) fn csv(
    form: Form,
    location: &str,
    indicators: &[IndicatorRow],
    rows: &[ObservationRow],
) -> Vec<u8> {
    let written = |column: &str| form == Form::Export || column != CONTESTED;
    let heading: Vec<&str> = COLUMNS.into_iter().filter(|one| written(one)).collect();
    let lines = rows.iter().flat_map(|row| {
        row.stated.iter().map(move |stated| {
            let cells = cells(location, indicators, row, stated);
            let cells = COLUMNS.into_iter().zip(cells);
            cells.filter_map(move |(column, cell)| written(column).then_some(cell))
        })
    });
    csv::file(form == Form::Export, &heading, lines)
}

/// The cells of all columns.
fn cells(
    location: &str,
    indicators: &[IndicatorRow],
    row: &ObservationRow,
    stated: &StatedRow,
) -> [String; COLUMNS.len()] {
    let number = |number: Option<Number>| number.map_or_else(String::new, |one| one.to_string());
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (key, statement) = (&row.key, &stated.statement);
    let (note, note_for) = row.note(statement).unzip();
    let note_for = note_for.flatten().map(ToString::to_string);
    let confirmed: Vec<&str> = statement.confirmed.iter().map(String::as_str).collect();
    let version = version_of(indicators, statement);
    let at = stated.written.at;
    [
        location.to_owned(),
        key.area.to_string(),
        key.indicator.to_string(),
        key.breakdown.name().into_owned(),
        key.breakdown.value().into_owned(),
        key.period.to_string(),
        number(statement.numerator),
        number(statement.denominator),
        number(statement.value),
        number(statement.lower),
        number(statement.upper),
        statement.status.to_string(),
        text(&statement.sign),
        confirmed.join("; "),
        version.map_or_else(String::new, |version| version.to_string()),
        text(&statement.method),
        note.unwrap_or_default().to_owned(),
        text(&note_for),
        statement.audience.to_string(),
        row.is_contested().to_string(),
        text(&stated.written.device),
        at.map_or_else(String::new, |at| at.to_string()),
    ]
}
