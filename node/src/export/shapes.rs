//! Values and records as JSON, the same in an export and in the lists of the commands.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use weft_shared::{
    id::{AreaCode, DefinitionHash, IndicatorCode, RecordId},
    model::{
        Audience,
        number::Number,
        observation::{ObservationKey, Status},
        schema::{FieldKind, RecordKind},
    },
    time::Timestamp,
};

use crate::view::{ObservationRow, RecordRow};

/// One line of `observation list --json`; a contested value has one line for each statement.
#[derive(Debug, Serialize)]
pub(crate) struct ObservationShape {
    pub(crate) id: ObservationKey,
    pub(crate) indicator: IndicatorCode,
    pub(crate) area: AreaCode,
    pub(crate) period: String,
    pub(crate) breakdown: String,
    pub(crate) breakdown_value: String,
    pub(crate) numerator: Option<Value>,
    pub(crate) denominator: Option<Value>,
    pub(crate) value: Option<Value>,
    pub(crate) lower: Option<Value>,
    pub(crate) upper: Option<Value>,
    pub(crate) status: Status,
    pub(crate) sign: Option<String>,
    pub(crate) confirmed: Vec<String>,
    pub(crate) retracted: bool,
    pub(crate) method: Option<String>,
    pub(crate) note: Option<String>,
    /// The figure that the note was written for, if it is not this one.
    pub(crate) note_for: Option<String>,
    pub(crate) audience: Audience,
    pub(crate) definition: DefinitionHash,
    pub(crate) contested: bool,
    pub(crate) device: Option<String>,
    pub(crate) at: Option<Timestamp>,
}

impl ObservationShape {
    /// The shapes of all statements about one key.
    pub(crate) fn of(row: &ObservationRow) -> impl Iterator<Item = Self> {
        row.stated.iter().map(|stated| {
            let statement = &stated.statement;
            let (note, note_for) = row.note(statement).unzip();
            Self {
                id: row.key.clone(),
                indicator: row.key.indicator.clone(),
                area: row.key.area.clone(),
                period: row.key.period.to_string(),
                breakdown: row.key.breakdown.name().into_owned(),
                breakdown_value: row.key.breakdown.value().into_owned(),
                numerator: statement.numerator.map(Number::json),
                denominator: statement.denominator.map(Number::json),
                value: statement.value.map(Number::json),
                lower: statement.lower.map(Number::json),
                upper: statement.upper.map(Number::json),
                status: statement.status,
                sign: statement.sign.clone(),
                confirmed: statement.confirmed.iter().cloned().collect(),
                retracted: statement.is_retraction(),
                method: statement.method.clone(),
                note: note.map(str::to_owned),
                note_for: note_for.flatten().map(ToString::to_string),
                audience: statement.audience,
                definition: statement.definition,
                contested: row.is_contested(),
                device: stated.written.device.clone(),
                at: stated.written.at,
            }
        })
    }
}

/// One line of `list --json` of a kind of record, and `show --json`.
#[derive(Debug, Serialize)]
pub(crate) struct RecordShape {
    id: RecordId,
    kind: RecordKind,
    audience: Audience,
    order: String,
    fields: BTreeMap<String, Value>,
    contested: Vec<String>,
    withdrawn: bool,
    at: Option<Timestamp>,
    device: Option<String>,
}

impl RecordShape {
    pub(crate) fn of(row: &RecordRow) -> Self {
        let record = &row.record;
        let mut fields = BTreeMap::new();
        for field in record.kind.fields() {
            let value = match field.kind {
                FieldKind::Words => row.words.clone().map(Value::from),
                _ if field.is_set() => Some(record.members(field.key).collect::<Vec<_>>().into()),
                _ => record.text(field.key).map(Value::from),
            };
            fields.insert(field.key.to_owned(), value.unwrap_or(Value::Null));
        }
        Self {
            id: record.id,
            kind: record.kind,
            audience: record.audience,
            order: record.order.clone(),
            fields,
            contested: record.contested().map(str::to_owned).collect(),
            withdrawn: record.withdrawn,
            at: row.written.at,
            device: row.written.device.clone(),
        }
    }
}
