//! A figure as stored: its columns, and beside them what comparing it with other periods needs.

use serde_json::{Map, Value, json};
use weft_shared::{
    id::AreaCode,
    model::number::Number,
    rollup::{Cell, series::Base},
};

/// The key of the areas beside the columns; no column is called so.
const BASES: &str = "bases";

/// The text of a figure.
pub(crate) fn encode(cell: &Cell) -> String {
    let mut columns = cell.json();
    let bases = cell.bases.iter().map(|base| {
        let text = |number: Option<Number>| number.map(|one| one.to_string());
        let (denominator, beside) = (text(base.denominator), text(base.asked_beside));
        let mut members = vec![json!(base.area), json!(denominator), json!(base.is_growth)];
        members.extend(beside.map(Value::from));
        Value::Array(members)
    });
    columns[BASES] = bases.collect();
    columns.to_string()
}

/// The columns and areas of a stored figure; nothing if the text is none.
pub(crate) fn decode(text: &str) -> Option<(Map<String, Value>, Vec<Base>)> {
    let mut columns: Map<String, Value> = serde_json::from_str(text).ok()?;
    let bases = match columns.remove(BASES) {
        None => Vec::new(),
        Some(bases) => bases.as_array()?.iter().map(base).collect::<Option<_>>()?,
    };
    Some((columns, bases))
}

fn base(value: &Value) -> Option<Base> {
    let (area, denominator, is_growth, beside) = match value.as_array()?.as_slice() {
        [area, denominator, is_growth] => (area, denominator, is_growth, &Value::Null),
        [area, denominator, is_growth, beside] => (area, denominator, is_growth, beside),
        [..] => return None,
    };
    let number = |value: &Value| match value.as_str() {
        None => Some(None),
        Some(text) => text.parse::<Number>().ok().map(Some),
    };
    Some(Base {
        area: AreaCode::parse(area.as_str()?).ok()?,
        denominator: number(denominator)?,
        is_growth: is_growth.as_bool()?,
        asked_beside: number(beside)?,
    })
}
