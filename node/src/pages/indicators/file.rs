//! The values of an indicator as a file, with the columns that an import reads.

use weft_host::sheet;
use weft_shared::{id::LocationCode, model::number::Number};

use crate::view::{IndicatorRow, ObservationRow};

const COLUMNS: [&str; 21] = [
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
    "device",
    "at",
];

/// Writes one line for each statement. A contested value has one for each of its answers.
pub(super) fn csv(
    location: &LocationCode,
    indicator: &IndicatorRow,
    rows: &[ObservationRow],
) -> Vec<u8> {
    let number = |number: Option<Number>| number.map_or_else(String::new, |one| one.to_string());
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let lines = rows.iter().flat_map(|row| {
        row.stated.iter().map(move |stated| {
            let statement = &stated.statement;
            let (note, note_for) = row.note(statement).unzip();
            let note_for = note_for.flatten().map(ToString::to_string);
            let confirmed = statement.confirmed.iter().map(String::as_str);
            let version = indicator.pinned(statement).map(|(one, _)| one.version);
            [
                location.to_string(),
                row.key.area.to_string(),
                row.key.indicator.to_string(),
                row.key.breakdown.name().into_owned(),
                row.key.breakdown.value().into_owned(),
                row.key.period.to_string(),
                number(statement.numerator),
                number(statement.denominator),
                number(statement.value),
                number(statement.lower),
                number(statement.upper),
                statement.status.to_string(),
                text(&statement.sign),
                confirmed.collect::<Vec<_>>().join("; "),
                version.map_or_else(String::new, |version| version.to_string()),
                text(&statement.method),
                note.unwrap_or_default().to_owned(),
                text(&note_for),
                statement.audience.to_string(),
                text(&stated.written.device),
                stated
                    .written
                    .at
                    .map_or_else(String::new, |at| at.rfc3339()),
            ]
        })
    });
    sheet::file(false, &COLUMNS, lines)
}
