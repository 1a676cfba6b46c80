//! Values as CSV, with the columns that an import reads: a file of an export, and the file of one
//! indicator.

use weft_host::csv;
use weft_shared::model::observation::{ObservationKey, Statement};

use crate::view::{IndicatorRow, ObservationRow, StatedRow, version_of};

/// The file that values are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// For spreadsheets: with a byte order mark, and a column that says what is contested.
    Export,
    /// For programs, and to be imported again.
    Indicator,
}

/// A statement, with all that its line says.
struct Line<'a> {
    location: &'a str,
    version: Option<u32>,
    row: &'a ObservationRow,
    stated: &'a StatedRow,
}

impl Line<'_> {
    const fn statement(&self) -> &Statement {
        &self.stated.statement
    }
}

/// A column's name, and its cell in a line.
type Column = (&'static str, fn(&Line<'_>) -> String);

const CONTESTED: &str = "contested";

const COLUMNS: [Column; 22] = [
    ("location_code", |line| line.location.to_owned()),
    ("area_code", |line| line.row.key.area.to_string()),
    ("indicator_code", |line| line.row.key.indicator.to_string()),
    ("breakdown", |line| {
        line.row.key.breakdown.name().into_owned()
    }),
    ("breakdown_value", |line| {
        line.row.key.breakdown.value().into_owned()
    }),
    ("period", |line| line.row.key.period.to_string()),
    ("numerator", |line| cell(line.statement().numerator)),
    ("denominator", |line| cell(line.statement().denominator)),
    ("value", |line| cell(line.statement().value)),
    ("lower", |line| cell(line.statement().lower)),
    ("upper", |line| cell(line.statement().upper)),
    ("obs_status", |line| line.statement().status.to_string()),
    ("sign", |line| cell(line.statement().sign.as_ref())),
    ("confirmed", |line| {
        let confirmed = line.statement().confirmed.iter();
        confirmed.map(String::as_str).collect::<Vec<_>>().join("; ")
    }),
    ("definition_version", |line| cell(line.version)),
    ("method", |line| cell(line.statement().method.as_ref())),
    ("note", |line| {
        cell(line.row.note(line.statement()).map(|(note, _)| note))
    }),
    ("note_for", |line| {
        cell(
            line.row
                .note(line.statement())
                .and_then(|(_, figure)| figure),
        )
    }),
    ("audience", |line| line.statement().audience.to_string()),
    (CONTESTED, |line| line.row.is_contested().to_string()),
    ("device", |line| cell(line.stated.written.device.as_ref())),
    ("at", |line| cell(line.stated.written.at)),
];

/// Writes one line for each statement. A contested value has one for each of its answers.
pub(crate) fn csv(
    form: Form,
    location: &str,
    indicators: &[IndicatorRow],
    rows: &[ObservationRow],
) -> Vec<u8> {
    let written = |column: &&Column| form == Form::Export || column.0 != CONTESTED;
    let columns: Vec<&Column> = COLUMNS.iter().filter(written).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut rows: Vec<&ObservationRow> = rows.iter().collect();
    rows.sort_by_cached_key(|row| in_order(&row.key));
    let lines = rows.into_iter().flat_map(|row| {
        row.stated.iter().map(|stated| {
            let line = Line {
                location,
                version: version_of(indicators, &stated.statement),
                row,
                stated,
            };
            let cells = columns.iter().map(|(_, cell)| cell(&line));
            cells.collect::<Vec<_>>()
        })
    });
    csv::file(form == Form::Export, &names, lines)
}

/// A key that sorts values as their keys do, except that parts of a population stand as people
/// count: `5-9` before `10-14`.
pub(crate) fn in_order(key: &ObservationKey) -> impl Ord + use<> {
    let of = (key.indicator.clone(), key.area.clone(), key.period);
    (of, key.breakdown.order())
}

/// The text of what there may be.
fn cell(of: Option<impl ToString>) -> String {
    of.map_or_else(String::new, |one| one.to_string())
}
