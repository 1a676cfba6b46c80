//! One figure as pages and the data interface read it.

use serde_json::Value;
use weft_shared::{
    model::observation::{Breakdown, TOTAL},
    period::Period,
    rollup::series::Step,
};

use crate::app::Figure;

/// What tells figures apart, in the order in which lists show them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FigureKey {
    pub(crate) indicator: String,
    pub(crate) period: String,
    pub(crate) breakdown: String,
    /// The whole network comes after its locations.
    pub(crate) is_network: bool,
    pub(crate) location: String,
}

impl Figure {
    /// The words of a column; empty if it does not apply.
    pub(crate) fn word(&self, column: &str) -> &str {
        self.columns
            .get(column)
            .and_then(Value::as_str)
            .unwrap_or("")
    }

    /// A number as it is written, without rounding; none if it does not apply.
    pub(crate) fn number(&self, column: &str) -> Option<String> {
        match self.columns.get(column)? {
            Value::Number(number) => Some(number.to_string()),
            // Sums too long for a JSON number are kept as text.
            Value::String(digits) => Some(digits.clone()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A count, such as `n_locations`.
    pub(crate) fn count(&self, column: &str) -> u64 {
        self.columns
            .get(column)
            .and_then(Value::as_u64)
            .unwrap_or(0)
    }

    pub(crate) fn period(&self) -> Option<Period> {
        self.word("period").parse().ok()
    }

    /// Whether an expected area is missing from it, and it has a value all the same.
    pub(crate) fn is_partial(&self) -> bool {
        let areas = self.count("n_areas");
        areas > 0 && areas < self.count("n_areas_expected")
    }

    pub(crate) fn is_network(&self) -> bool {
        self.word("level") == "network"
    }

    /// Which part of the population.
    pub(crate) fn part(&self) -> Breakdown {
        let (names, values) = (self.word("breakdown"), self.word("breakdown_value"));
        let read = Breakdown::from_columns(names, values);
        read.unwrap_or_else(|_| Breakdown::by(names, values))
    }

    /// Which part of the population, as people write it: `age=12+` or `total`.
    pub(crate) fn breakdown(&self) -> String {
        self.part().to_string()
    }

    /// Which part of the population, in words: "age 12+".
    pub(crate) fn group(&self) -> String {
        group(&self.part())
    }

    /// Why it is as it is, without what is said of it beside the figure before it.
    pub(crate) fn own_reason(&self) -> &str {
        let reason = self.word("status_reason");
        let words = self.compared.as_ref().and_then(|one| one.words.as_ref());
        let own = words.and_then(|words| reason.strip_prefix(words.as_str()));
        own.map_or(reason, |own| own.trim_start_matches("; "))
    }

    /// Why it is as it is. A changed base is said twice in the column: beside the figure before it,
    /// and of the period by itself. People read it once.
    pub(crate) fn reason_once(&self) -> String {
        let compared = self.compared.as_ref();
        let words = compared.and_then(|one| one.words.as_deref());
        let own = self.own_reason();
        let Some((words, Step::BaseChanged { reason })) = words.zip(compared.map(|one| &one.step))
        else {
            return self.word("status_reason").to_owned();
        };
        let again = reason
            .as_ref()
            .map(|reason| format!("base changed: {reason}"));
        let mut parts = vec![words];
        parts.extend(
            own.split("; ")
                .filter(|part| !part.is_empty() && again.as_deref() != Some(*part)),
        );
        parts.join("; ")
    }

    pub(crate) fn key(&self) -> FigureKey {
        FigureKey {
            indicator: self.word("indicator_code").to_owned(),
            period: self.word("period").to_owned(),
            breakdown: self.breakdown(),
            is_network: self.is_network(),
            location: self.word("location_code").to_owned(),
        }
    }

    /// Its place on a chart: none is a gap.
    pub(crate) fn point(&self) -> Option<f32> {
        self.headline()?.parse().ok()
    }
}

/// A breakdown in words: "age 5-11, sex female".
pub(crate) fn group(breakdown: &Breakdown) -> String {
    let parts = breakdown.parts().iter();
    let parts: Vec<String> = parts
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if parts.is_empty() {
        return TOTAL.to_owned();
    }
    parts.join(", ")
}
