//! A cell as a CSV row and as a JSON object: two shapes of one figure, converted by hand.

use serde_json::{Map, Value};

use super::{cell::Cell, interval::Interval};
use crate::model::number::Number;

/// The value of the column `dataset` until datasets are released under their own names.
pub const DATASET: &str = "rollups";

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
///   nobody has confirmed them.
/// - `denominator_covered` is a share between 0 and 1, rounded at four decimals.
/// - `base_changed` says whether the base of the figure was stated to have changed in its period;
///   the `obs_status` B never replaces D or P.
/// - `lower` and `upper` are the ends of a survey's 95 % interval.
/// - `release` and `conf_status` are empty: nothing here is released or disclosure-controlled.
pub const COLUMNS: &[&str] = &[
    "dataset",
    "level",
    "release",
    "indicator_code",
    "indicator_name",
    "indicator_name_mi",
    "definition_version",
    "location_code",
    "location_name",
    "area_type",
    "area_code",
    "area_name",
    "freq",
    "period",
    "period_start",
    "period_end",
    "breakdown",
    "breakdown_value",
    "value",
    "unit",
    "numerator",
    "denominator",
    "obs_status",
    "conf_status",
    "status_reason",
    "n_locations",
    "n_expected",
    "n_areas",
    "n_areas_expected",
    "denominator_covered",
    "n_contested",
    "base_changed",
    "lower",
    "upper",
    "value_low",
    "value_high",
    "numerator_low",
    "numerator_high",
    "updated_at",
];

impl Cell {
    /// Its fields in the order of [`COLUMNS`], for CSV.
    #[must_use]
    pub fn row(&self) -> Vec<String> {
        let (key, labels) = (&self.key, &self.labels);
        let some = |text: &Option<String>| text.clone().unwrap_or_default();
        let number = |number: Option<Number>| number.map_or_else(String::new, |n| n.to_string());
        let bound =
            |of: fn(&Interval) -> Option<Number>| number(self.interval.as_ref().and_then(of));
        let location = key.level.location();
        let area = labels.area.as_ref();
        let version = labels.definition_version;
        vec![
            DATASET.to_owned(),
            key.level.as_str().to_owned(),
            String::new(),
            key.indicator.to_string(),
            labels.indicator_name.clone(),
            some(&labels.indicator_name_mi),
            version.map_or_else(String::new, |version| version.to_string()),
            location.map_or_else(String::new, ToString::to_string),
            some(&labels.location_name),
            String::new(),
            area.map_or_else(String::new, |(code, _)| code.to_string()),
            area.map_or_else(String::new, |(_, name)| name.clone()),
            key.period.frequency().to_string(),
            key.period.to_string(),
            key.period.start().to_string(),
            key.period.end().to_string(),
            key.breakdown.name().into_owned(),
            key.breakdown.value().into_owned(),
            number(self.value),
            labels.unit.clone(),
            number(self.numerator),
            number(self.denominator),
            self.status.word().to_owned(),
            String::new(),
            self.status_reason.clone(),
            self.n_locations.to_string(),
            self.n_expected.to_string(),
            self.n_areas.to_string(),
            self.n_areas_expected.to_string(),
            number(self.denominator_covered),
            self.n_contested.to_string(),
            self.base_changed.is_some().to_string(),
            number(self.lower),
            number(self.upper),
            bound(|interval| interval.value_low),
            bound(|interval| interval.value_high),
            bound(|interval| interval.numerator_low),
            bound(|interval| interval.numerator_high),
            self.updated_at.map_or_else(String::new, |at| at.rfc3339()),
        ]
    }

    /// Its fields by the names of [`COLUMNS`], for JSON: numbers are numbers, and a field that does
    /// not apply is null.
    #[must_use]
    pub fn json(&self) -> Value {
        let (key, labels) = (&self.key, &self.labels);
        let number = |number: Option<Number>| number.map_or(Value::Null, Number::json);
        let bound =
            |of: fn(&Interval) -> Option<Number>| number(self.interval.as_ref().and_then(of));
        let word = |text: &str| match text {
            "" => Value::Null,
            text => text.into(),
        };
        let area = labels.area.as_ref();
        let fields: [Value; 39] = [
            DATASET.into(),
            key.level.as_str().into(),
            Value::Null,
            key.indicator.as_str().into(),
            word(&labels.indicator_name),
            labels.indicator_name_mi.clone().into(),
            labels.definition_version.into(),
            key.level.location().map(|code| code.as_str()).into(),
            labels.location_name.clone().into(),
            Value::Null,
            area.map(|(code, _)| code.as_str()).into(),
            area.map(|(_, name)| name.as_str()).into(),
            key.period.frequency().as_str().into(),
            key.period.to_string().into(),
            key.period.start().to_string().into(),
            key.period.end().to_string().into(),
            word(&key.breakdown.name()),
            word(&key.breakdown.value()),
            number(self.value),
            word(&labels.unit),
            number(self.numerator),
            number(self.denominator),
            self.status.word().into(),
            Value::Null,
            word(&self.status_reason),
            self.n_locations.into(),
            self.n_expected.into(),
            self.n_areas.into(),
            self.n_areas_expected.into(),
            number(self.denominator_covered),
            self.n_contested.into(),
            self.base_changed.is_some().into(),
            number(self.lower),
            number(self.upper),
            bound(|interval| interval.value_low),
            bound(|interval| interval.value_high),
            bound(|interval| interval.numerator_low),
            bound(|interval| interval.numerator_high),
            self.updated_at.map(|at| at.rfc3339()).into(),
        ];
        let names = COLUMNS.iter().map(|name| (*name).to_owned());
        Value::Object(names.zip(fields).collect::<Map<_, _>>())
    }
}

const _: () = assert!(COLUMNS.len() == 39);
