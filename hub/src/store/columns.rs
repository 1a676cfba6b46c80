//! A figure as stored: its columns, and beside them what comparing it with other periods needs and
//! whether a contested one may be none.

use serde_json::{Map, Value, json};
use weft_shared::{
    id::AreaCode,
    model::number::Number,
    rollup::{Cell, series::Base},
};

/// The key of the areas beside the columns; no column is called so.
const BASES: &str = "bases";
/// The key of the mark that there may be no figure at all; no column is called so either.
const OR_NONE: &str = "or_none";

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
    if cell.interval.is_some_and(|interval| interval.or_none) {
        columns[OR_NONE] = true.into();
    }
    columns.to_string()
}

/// A figure that was read.
pub(crate) struct Stored {
    pub(crate) columns: Map<String, Value>,
    /// The areas that add to it.
    pub(crate) bases: Vec<Base>,
    /// Whether one of its contested answers is that there is none.
    pub(crate) or_none: bool,
}

/// Reads a stored figure; nothing if the text is none.
pub(crate) fn decode(text: &str) -> Option<Stored> {
    let mut columns: Map<String, Value> = serde_json::from_str(text).ok()?;
    let bases = match columns.remove(BASES) {
        None => Vec::new(),
        Some(bases) => bases.as_array()?.iter().map(base).collect::<Option<_>>()?,
    };
    let or_none = columns.remove(OR_NONE).is_some();
    Some(Stored {
        columns,
        bases,
        or_none,
    })
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
