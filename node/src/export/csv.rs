//! The export as CSV for spreadsheets: UTF-8 with a byte order mark, so that macrons survive, and
//! with an apostrophe before text that looks like a formula.

use weft_host::{
    csv,
    list::{Column, Datum, List},
};
use weft_shared::{
    document::Told,
    model::{
        indicator::Definition,
        number::Number,
        observation::Statement,
        schema::{FieldKind, Owner, RecordKind},
    },
};

use super::{
    Content, DEVICES, File,
    statements::{ANSWERS, LINES},
    told::not_chosen,
    values::{self, Form},
};
use crate::{
    store::touches::Touch,
    view::{IndicatorRow, RecordRow},
};

/// The name of the notice beside the files.
const README: &str = "README.txt";

pub(super) fn files(content: &Content) -> Vec<File> {
    let mut files = vec![
        File::new(README, format!("{}\n", csv::NOTICE)),
        File::new("observations.csv", values(content)),
        File::new("indicators.csv", indicators(content)),
        File::new("devices.csv", DEVICES.csv(&content.devices, true)),
        history_file(content),
        File::new("lines.csv", LINES.csv(&content.lines, true)),
        File::new("answers.csv", ANSWERS.csv(&content.answers, true)),
    ];
    let records = content.records.iter();
    files.extend(records.map(|(kind, rows)| records_of(*kind, rows)));
    files
}

fn values(content: &Content) -> Vec<u8> {
    values::csv(
        Form::Export,
        content.code.as_deref().unwrap_or_default(),
        &content.indicators,
        &content.observations,
    )
}

/// One line for each version of each indicator, which the lines of values name.
fn indicators(content: &Content) -> Vec<u8> {
    let rows = content.indicators.iter().flat_map(|row| {
        let versions = row.versions.iter();
        versions.map(|(definition, _)| Version {
            row: row.clone(),
            definition: definition.clone(),
        })
    });
    INDICATORS.csv(&rows.collect::<Vec<_>>(), true)
}

/// A version of an indicator.
struct Version {
    row: IndicatorRow,
    definition: Definition,
}

const INDICATORS: List<Version> = List::new(&[
    Column::new("code", |row: &Version| Datum::text(&row.definition.code)),
    Column::new("version", |row: &Version| {
        u64::from(row.definition.version).into()
    }),
    Column::new("name", |row: &Version| (&*row.definition.name).into()),
    Column::new("type", |row: &Version| Datum::text(row.definition.kind)),
    Column::new("unit", |row: &Version| (&*row.definition.unit).into()),
    Column::new("period", |row: &Version| Datum::text(row.definition.period)),
    Column::new("decision", |row: &Version| {
        row.row.decided().map(|one| one.status.word()).into()
    }),
    Column::new("audience", |row: &Version| {
        row.row.decided().map(|one| one.audience.word()).into()
    }),
    Column::new("reason", |row: &Version| {
        row.row.decided().and_then(|one| one.reason.clone()).into()
    }),
    Column::new("definition", |row: &Version| {
        Datum::text(row.definition.hash())
    }),
]);

fn history_file(content: &Content) -> File {
    let heading = [
        "at",
        "device",
        "entry",
        "document",
        "container",
        "record",
        "field",
        "numerator",
        "denominator",
        "value",
        "obs_status",
        "not_chosen",
    ];
    let rows = content.history.iter().flat_map(|(touch, told)| {
        // A save with no change to show still gets a row, because it touched the record.
        let several = told.iter().map(Some);
        let none = told.is_empty().then_some(None);
        several
            .chain(none)
            .map(move |told| history_row(touch, told))
    });
    table("history.csv", &heading, rows)
}

fn history_row(touch: &Touch, told: Option<&Told>) -> Vec<String> {
    let (device, entry) = touch.entry.unzip();
    let value = told.and_then(|told| told.value.as_deref());
    let statement = value.and_then(|text| Statement::decode(text).ok());
    let number = |number: Option<Number>| number.map_or_else(String::new, |one| one.to_string());
    let [numerator, denominator, figure, status] = match statement {
        Some(statement) => [
            number(statement.numerator),
            number(statement.denominator),
            number(statement.value),
            statement.status.to_string(),
        ],
        None => [
            String::new(),
            String::new(),
            value.unwrap_or_default().to_owned(),
            String::new(),
        ],
    };
    let field = told.and_then(|told| told.field.as_deref());
    let not_chosen = told.and_then(not_chosen).unwrap_or_default();
    vec![
        touch.at.to_string(),
        device.map_or_else(String::new, |dix| dix.to_string()),
        entry.map_or_else(String::new, |dseq| dseq.to_string()),
        touch.document.clone(),
        touch.container.clone(),
        touch.record.clone(),
        field.unwrap_or_default().to_owned(),
        numerator,
        denominator,
        figure,
        status,
        not_chosen,
    ]
}

fn records_of(kind: RecordKind, rows: &[RecordRow]) -> File {
    let fields: Vec<_> = kind.fields_of(Owner::Location).collect();
    let heading: Vec<&str> = ["id", "audience"]
        .into_iter()
        .chain(fields.iter().map(|field| field.key))
        .chain(["withdrawn", "contested", "device", "at"])
        .collect();
    let rows = rows.iter().map(|row| {
        let record = &row.record;
        let values = fields.iter().map(|field| match field.kind {
            FieldKind::Words => row.words.clone().unwrap_or_default(),
            _ if field.is_set() => record.members(field.key).collect::<Vec<_>>().join("; "),
            _ => record.text(field.key).unwrap_or_default().to_owned(),
        });
        let mut cells = vec![record.id.to_string(), record.audience.to_string()];
        cells.extend(values);
        cells.push(record.withdrawn.to_string());
        // The fields with more than one answer, of which the columns show the first.
        cells.push(record.contested().collect::<Vec<_>>().join("; "));
        cells.push(row.written.device.clone().unwrap_or_default());
        cells.push(row.written.at.map_or_else(String::new, |at| at.to_string()));
        cells
    });
    table(&format!("{}.csv", kind.container().word()), &heading, rows)
}

fn table(name: &str, heading: &[&str], rows: impl Iterator<Item = Vec<String>>) -> File {
    let bytes = csv::file(true, heading, rows);
    File::new(name, bytes)
}
