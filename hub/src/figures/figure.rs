//! One figure as pages and the data interface read it.

use serde_json::{Map, Value};
use weft_shared::{
    model::observation::{Breakdown, TOTAL},
    period::Period,
    rollup::{
        COLUMNS, CellKey, Coverage, Level, Standing,
        series::{Base, Step},
    },
};

use super::Compared;

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

/// One figure: the columns of a rollup.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    /// Values by the names of [`COLUMNS`]; a column that does not apply is null.
    pub columns: Map<String, Value>,
    /// Whether it may stand alone; none until [`AppHandle::stand`] is called.
    pub standing: Option<Standing>,
    /// The share of its subject that it covers; none until [`AppHandle::stand`] is called.
    pub coverage: Option<Coverage>,
    /// The areas that add to it.
    pub bases: Vec<Base>,
    /// Whether one of its contested answers is that there is no figure.
    pub or_none: bool,
    /// Comparison with the figure before it, if there is one.
    pub compared: Option<Compared>,
}

impl Figure {
    /// Returns a column as text; empty if it does not apply.
    #[must_use]
    pub fn text(&self, column: &str) -> String {
        match self.columns.get(column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            // Write decimals in full: JSON writes small fractions with an exponent.
            Some(Value::Number(number)) => match number.as_f64() {
                Some(fraction) if number.is_f64() => fraction.to_string(),
                Some(_) | None => number.to_string(),
            },
            Some(other) => other.to_string(),
        }
    }

    /// Returns the value if it may stand alone in a headline or a chart.
    #[must_use]
    pub fn headline(&self) -> Option<String> {
        let alone = self.standing.as_ref() == Some(&Standing::Alone);
        alone.then(|| self.text("value"))
    }

    /// Returns the key of its cell.
    #[must_use]
    pub fn cell_key(&self) -> Option<CellKey> {
        let (names, values) = (self.text("breakdown"), self.text("breakdown_value"));
        let location = self.text("location_code");
        Some(CellKey {
            indicator: self.text("indicator_code").parse().ok()?,
            period: self.text("period").parse().ok()?,
            breakdown: Breakdown::from_columns(&names, &values).ok()?,
            level: match location.as_str() {
                "" => Level::Network,
                code => Level::Location(code.parse().ok()?),
            },
        })
    }

    /// Returns its fields in the order of [`COLUMNS`], for CSV.
    #[must_use]
    pub fn row(&self) -> Vec<String> {
        COLUMNS.iter().map(|column| self.text(column)).collect()
    }

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
