//! The values of an indicator as a file, with the columns that an import reads.

use weft_shared::{id::LocationCode, model::number::Number};

use crate::{failure::Failure, view::ObservationRow};

const COLUMNS: [&str; 18] = [
    "location_code",
    "area_code",
    "indicator_code",
    "breakdown",
    "breakdown_value",
    "period",
    "numerator",
    "denominator",
    "value",
    "obs_status",
    "sign",
    "confirmed",
    "method",
    "note",
    "note_for",
    "audience",
    "device",
    "at",
];

/// One line for each statement: a contested value has one for each of its answers.
pub(super) fn csv(location: &LocationCode, rows: &[ObservationRow]) -> Result<Vec<u8>, Failure> {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(COLUMNS).map_err(Failure::failed_error)?;
    let number = |number: Option<Number>| number.map_or_else(String::new, |one| one.to_string());
    for row in rows {
        for stated in &row.stated {
            let statement = &stated.statement;
            let (note, note_for) = row.note(statement).unzip();
            let note_for = note_for.flatten().map(ToString::to_string);
            let at = stated.written.at.map(|at| at.rfc3339());
            let confirmed = statement.confirmed.iter().map(String::as_str);
            let confirmed = confirmed.collect::<Vec<_>>().join("; ");
            file.write_record([
                location.as_str(),
                row.key.area.as_str(),
                row.key.indicator.as_str(),
                &row.key.breakdown.name(),
                &row.key.breakdown.value(),
                &row.key.period.to_string(),
                &number(statement.numerator),
                &number(statement.denominator),
                &number(statement.value),
                statement.status.word(),
                statement.sign.as_deref().unwrap_or_default(),
                &confirmed,
                statement.method.as_deref().unwrap_or_default(),
                note.unwrap_or_default(),
                note_for.as_deref().unwrap_or_default(),
                statement.audience.word(),
                stated.written.device.as_deref().unwrap_or_default(),
                at.as_deref().unwrap_or_default(),
            ])
            .map_err(Failure::failed_error)?;
        }
    }
    file.into_inner()
        .map_err(|error| Failure::failed_error(error.into_error()))
}
