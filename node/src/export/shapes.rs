//! Values and records as JSON, the same in an export and in the lists of the commands.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use weft_shared::model::{number::Number, schema::FieldKind};

use crate::view::{ObservationRow, RecordRow, StatedRow};

/// The lines of `observation list --json` about one key; a contested value has one for each
/// statement.
pub(crate) fn observation_json(row: &ObservationRow) -> impl Iterator<Item = Value> {
    row.stated.iter().map(|stated| statement_json(row, stated))
}

fn statement_json(row: &ObservationRow, stated: &StatedRow) -> Value {
    let (key, statement) = (&row.key, &stated.statement);
    // The figure that the note was written for, if it is not this one.
    let (note, note_for) = row.note(statement).unzip();
    json!({
        "id": key,
        "indicator": key.indicator,
        "area": key.area,
        "period": key.period.to_string(),
        "breakdown": key.breakdown.name(),
        "breakdown_value": key.breakdown.value(),
        "numerator": statement.numerator.map(Number::json),
        "denominator": statement.denominator.map(Number::json),
        "value": statement.value.map(Number::json),
        "lower": statement.lower.map(Number::json),
        "upper": statement.upper.map(Number::json),
        "status": statement.status,
        "sign": statement.sign,
        "confirmed": statement.confirmed,
        "retracted": statement.is_retraction(),
        "method": statement.method,
        "note": note,
        "note_for": note_for.flatten().map(ToString::to_string),
        "audience": statement.audience,
        "definition": statement.definition,
        "contested": row.is_contested(),
        "device": stated.written.device,
        "at": stated.written.at,
    })
}

/// One line of `list --json` of a kind of record, and `show --json`.
pub(crate) fn record_json(row: &RecordRow) -> Value {
    let record = &row.record;
    let fields = record.kind.fields().iter().map(|field| {
        let value = match field.kind {
            FieldKind::Words => row.words.clone().map(Value::from),
            _ if field.is_set() => Some(record.members(field.key).collect::<Vec<_>>().into()),
            _ => record.text(field.key).map(Value::from),
        };
        (field.key, value.unwrap_or(Value::Null))
    });
    // Sorted by name.
    let fields: BTreeMap<&str, Value> = fields.collect();
    json!({
        "id": record.id,
        "kind": record.kind,
        "audience": record.audience,
        "order": record.order,
        "fields": fields,
        "contested": record.contested().collect::<Vec<_>>(),
        "withdrawn": record.withdrawn,
        "at": row.written.at,
        "device": row.written.device,
    })
}
