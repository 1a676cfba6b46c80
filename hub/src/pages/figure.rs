//! One figure as pages and the data interface read it.

use serde_json::Value;
use weft_shared::{
    model::observation::{Breakdown, TOTAL},
    period::Period,
    rollup::series::Step,
};

use crate::app::Figure;

/// The columns that distinguish figures, in the order in which lists show them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FigureKey {
    pub(crate) indicator: String,
    pub(crate) period: String,
    pub(crate) breakdown: String,
    /// Sorts the whole network after its locations.
    pub(crate) is_network: bool,
    pub(crate) location: String,
}

impl Figure {
    /// Returns the text of a column; empty if it does not apply.
    pub(crate) fn word(&self, column: &str) -> &str {
        self.columns
            .get(column)
            .and_then(Value::as_str)
            .unwrap_or("")
    }

    /// Returns a number as written, without rounding; `None` if it does not apply.
    pub(crate) fn number(&self, column: &str) -> Option<String> {
        match self.columns.get(column)? {
            Value::Number(number) => Some(number.to_string()),
            // Sums too long for a JSON number are kept as text.
            Value::String(digits) => Some(digits.clone()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Returns a count, such as `n_locations`.
    pub(crate) fn count(&self, column: &str) -> u64 {
        self.columns
            .get(column)
            .and_then(Value::as_u64)
            .unwrap_or(0)
    }

    pub(crate) fn period(&self) -> Option<Period> {
        self.word("period").parse().ok()
    }

    /// Whether it has a value although an expected area is missing from it.
    pub(crate) fn is_partial(&self) -> bool {
        let areas = self.count("n_areas");
        areas > 0 && areas < self.count("n_areas_expected")
    }

    pub(crate) fn is_network(&self) -> bool {
        self.word("level") == "network"
    }

    /// Returns its part of the population.
    pub(crate) fn part(&self) -> Breakdown {
        let (names, values) = (self.word("breakdown"), self.word("breakdown_value"));
        let read = Breakdown::from_columns(names, values);
        read.unwrap_or_else(|_| Breakdown::by(names, values))
    }

    /// Returns its part of the population as people write it: `age=12+` or `total`.
    pub(crate) fn breakdown(&self) -> String {
        self.part().to_string()
    }

    /// Returns its part of the population in words: "age 12+".
    pub(crate) fn group(&self) -> String {
        group(&self.part())
    }

    /// Returns the reason for its state, without notes on its comparison with the figure before it.
    pub(crate) fn own_reason(&self) -> &str {
        let reason = self.word("status_reason");
        let words = self.compared.as_ref().and_then(|one| one.words.as_ref());
        let own = words.and_then(|words| reason.strip_prefix(words.as_str()));
        own.map_or(reason, |own| own.trim_start_matches("; "))
    }

    /// Returns the reason for its state. The column mentions a changed base twice: for the
    /// comparison with the figure before it and for the period itself. People read it once.
    pub(crate) fn reason_once(&self) -> String {
        let compared = self.compared.as_ref();
        let words = compared.and_then(|one| one.words.as_deref());
        let own = self.own_reason();
        let Some((words, Step::BaseChanged { reason, .. })) =
            words.zip(compared.map(|one| &one.step))
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

    /// Returns its point on a chart; `None` is a gap.
    pub(crate) fn point(&self) -> Option<f32> {
        self.headline()?.parse().ok()
    }
}

/// Describes a breakdown in words: "age 5-11, sex female".
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
