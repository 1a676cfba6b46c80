//! The columns of a cell, declared once for CSV and JSON.

use serde_json::{Map, Value};

use super::cell::Cell;
use crate::{id::LocationCode, model::number::Number};

/// The value of the column `dataset` until datasets are released under their own names.
pub const DATASET: &str = "rollups";

/// The content of one column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Field {
    /// The column does not apply: empty in CSV, null in JSON.
    None,
    /// Text.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A decimal number.
    Number(Number),
    /// `true` or `false`.
    Flag(bool),
}

impl Field {
    pub(crate) fn text(of: impl ToString) -> Self {
        of.to_string().as_str().into()
    }

    /// Its text in CSV.
    pub fn csv(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Text(text) => text,
            Self::Count(count) => count.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
        }
    }

    /// Its value in JSON.
    pub fn json(self) -> Value {
        match self {
            Self::None => Value::Null,
            Self::Text(text) => text.into(),
            Self::Count(count) => count.into(),
            Self::Number(number) => number.json(),
            Self::Flag(flag) => flag.into(),
        }
    }
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        match text {
            "" => Self::None,
            text => Self::Text(text.to_owned()),
        }
    }
}

impl From<usize> for Field {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<u32> for Field {
    fn from(count: u32) -> Self {
        Self::Count(count.into())
    }
}

impl From<Number> for Field {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl<T: Into<Self>> From<Option<T>> for Field {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

impl Cell {
    /// Its fields in the order of [`COLUMNS`], for CSV.
    pub fn row(&self) -> Vec<String> {
        FIELDS.iter().map(|(_, of)| of(self).csv()).collect()
    }

    /// Its fields by the names of [`COLUMNS`], for JSON: numbers are numbers, and a field that does
    /// not apply is null.
    pub fn json(&self) -> Value {
        let fields = FIELDS.iter();
        let fields = fields.map(|(name, of)| ((*name).to_owned(), of(self).json()));
        Value::Object(fields.collect::<Map<_, _>>())
    }
}

/// The columns of a rollup, in order; codes stand beside their labels. A column that does not apply
/// is empty, never zero.
///
/// - `value` of a proportion, rate or mean is `numerator / denominator x factor`, rounded half to
///   even at six decimals, without trailing zeros; a count is exact.
/// - `unit` is the unit of `value` and its bounds: `percent`, or `per 1000 people`. The definition
///   says what numerators and denominators count.
/// - A figure with `n_areas` below `n_areas_expected` is partial: its `status_reason` lists the
///   missing areas with reasons. Its `obs_status` is that of the areas that are in it.
/// - The `status_reason` of the network ends with the locations that are not expected because
///   no one has confirmed them.
/// - `denominator_covered` is a share between 0 and 1, rounded at four decimals.
/// - `base_changed` says whether the base of the figure was stated to have changed in its period;
///   the `obs_status` B never replaces D or P.
/// - `lower` and `upper` are the ends of a survey's 95 % interval.
/// - `release` and `conf_status` are empty: nothing here is released or disclosure-controlled.
pub const COLUMNS: &[&str] = &{
    let mut names = [""; FIELDS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = FIELDS[at].0;
        at += 1;
    }
    names
};

/// A column: its name, and what a cell has in it.
type Column = (&'static str, fn(&Cell) -> Field);

const FIELDS: &[Column] = &[
    ("dataset", |_| DATASET.into()),
    ("level", |cell| cell.key.level.as_str().into()),
    ("release", |_| Field::None),
    ("indicator_code", |cell| cell.key.indicator.as_str().into()),
    ("indicator_name", |cell| {
        cell.labels.indicator_name.as_str().into()
    }),
    ("indicator_name_mi", |cell| {
        cell.labels.indicator_name_mi.as_deref().into()
    }),
    ("definition_version", |cell| {
        cell.labels.definition_version.into()
    }),
    ("location_code", |cell| {
        cell.key.level.location().map(LocationCode::as_str).into()
    }),
    ("location_name", |cell| {
        cell.labels.location_name.as_deref().into()
    }),
    ("area_type", |_| Field::None),
    ("area_code", |cell| {
        cell.labels
            .area
            .as_ref()
            .map(|(code, _)| code.as_str())
            .into()
    }),
    ("area_name", |cell| {
        cell.labels
            .area
            .as_ref()
            .map(|(_, name)| name.as_str())
            .into()
    }),
    ("freq", |cell| cell.key.period.frequency().as_str().into()),
    ("period", |cell| Field::text(cell.key.period)),
    ("period_start", |cell| Field::text(cell.key.period.start())),
    ("period_end", |cell| Field::text(cell.key.period.end())),
    ("breakdown", |cell| (&*cell.key.breakdown.name()).into()),
    ("breakdown_value", |cell| {
        (&*cell.key.breakdown.value()).into()
    }),
    ("value", |cell| cell.value.into()),
    ("unit", |cell| cell.labels.unit.as_str().into()),
    ("numerator", |cell| cell.numerator.into()),
    ("denominator", |cell| cell.denominator.into()),
    ("obs_status", |cell| cell.status.word().into()),
    ("conf_status", |_| Field::None),
    ("status_reason", |cell| cell.status_reason.as_str().into()),
    ("n_locations", |cell| cell.n_locations.into()),
    ("n_expected", |cell| cell.n_expected.into()),
    ("n_areas", |cell| cell.n_areas.into()),
    ("n_areas_expected", |cell| cell.n_areas_expected.into()),
    ("denominator_covered", |cell| {
        cell.denominator_covered.into()
    }),
    ("n_contested", |cell| cell.n_contested.into()),
    ("base_changed", |cell| {
        Field::Flag(cell.base_changed.is_some())
    }),
    ("lower", |cell| cell.lower.into()),
    ("upper", |cell| cell.upper.into()),
    ("value_low", |cell| {
        cell.interval.and_then(|one| one.value_low).into()
    }),
    ("value_high", |cell| {
        cell.interval.and_then(|one| one.value_high).into()
    }),
    ("numerator_low", |cell| {
        cell.interval.and_then(|one| one.numerator_low).into()
    }),
    ("numerator_high", |cell| {
        cell.interval.and_then(|one| one.numerator_high).into()
    }),
    ("updated_at", |cell| {
        cell.updated_at
            .map_or(Field::None, |at| Field::text(at.rfc3339()))
    }),
];
