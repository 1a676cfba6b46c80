//! One figure as pages, commands and the data interface read it.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::Value;
use weft_shared::{
    id::LocationCode,
    model::{
        number::Number,
        observation::{Breakdown, TOTAL},
    },
    period::Date,
    rollup::{Cell, Coverage, Level, Standing},
    time::Timestamp,
};

use super::Compared;

/// The texts that distinguish figures, in the order in which lists show them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FigureKey {
    pub(crate) indicator: String,
    pub(crate) period: String,
    pub(crate) breakdown: String,
    /// Sorts the whole network after its locations.
    pub(crate) is_network: bool,
    pub(crate) location: String,
}

/// One figure: its cell, with all that is worked out only when it is read.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The figure as it was rolled up.
    pub cell: Cell,
    /// Whether it may stand alone; none until [`Counted::stand`] is called.
    ///
    /// [`Counted::stand`]: crate::app::Counted::stand
    pub standing: Option<Standing>,
    /// The share of its subject that it covers; none until [`Counted::stand`] is called.
    ///
    /// [`Counted::stand`]: crate::app::Counted::stand
    pub coverage: Option<Coverage>,
    /// Comparison with the figure before it, if there is one.
    pub compared: Option<Compared>,
    /// The locations that it tells of, as their ledgers have it: the one whose own figure it is, or
    /// that is alone in a sum of the network, and each that is in a sum of the past. Empty if
    /// several are in a sum of today, or none.
    pub told_of: BTreeSet<LocationCode>,
}

impl From<Cell> for Figure {
    fn from(cell: Cell) -> Self {
        Self {
            told_of: cell.key.level.location().cloned().into_iter().collect(),
            cell,
            standing: None,
            coverage: None,
            compared: None,
        }
    }
}

impl Figure {
    /// Whether it is a sum of the network that contains one location.
    pub(super) fn is_of_one(&self) -> bool {
        self.is_network() && self.cell.n_locations == 1
    }

    /// Says on the day `today`, in the network's time zone, whether it may stand alone.
    pub(super) fn stand(&mut self, coverage: Coverage, today: Date) {
        let cell = &self.cell;
        self.coverage = Some(coverage.clone());
        self.standing = Some(Standing::of(
            cell.value.is_some(),
            cell.n_contested > 0,
            cell.key.period.end(),
            coverage,
            today,
        ));
    }

    /// Returns the value if it may stand alone in a headline or a chart.
    pub fn headline(&self) -> Option<Number> {
        let alone = self.standing.as_ref() == Some(&Standing::Alone);
        self.cell.value.filter(|_| alone)
    }

    /// Returns its fields in the order of the columns of a rollup, for CSV.
    pub fn row(&self) -> Vec<String> {
        self.told().row()
    }

    /// Returns its fields by the names of the columns of a rollup, for JSON.
    pub fn json(&self) -> Value {
        self.json_as_of(None)
    }

    /// The same, with the moment if it is one of the past.
    pub(crate) fn json_as_of(&self, as_of: Option<Timestamp>) -> Value {
        let mut json = self.told().json();
        if let Some(moment) = as_of {
            json[AS_OF] = moment.rfc3339().into();
        }
        json
    }

    /// Returns the cell with the note on its comparison, so that tables, files and interfaces all
    /// have it.
    fn told(&self) -> Cow<'_, Cell> {
        match self.compared_words() {
            None => Cow::Borrowed(&self.cell),
            Some(_) => Cow::Owned(Cell {
                status_reason: self.reason(),
                ..self.cell.clone()
            }),
        }
    }

    fn compared_words(&self) -> Option<&str> {
        self.compared.as_ref()?.words.as_deref()
    }

    /// Returns the note on its comparison with the figure before it, and the reason for its state.
    pub(crate) fn reason(&self) -> String {
        let parts = [self.compared_words(), Some(&*self.cell.status_reason)];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        parts.join("; ").trim_end_matches("; ").to_owned()
    }

    /// Whether it has a value although an expected area is missing from it.
    pub(crate) const fn is_partial(&self) -> bool {
        self.cell.n_areas > 0 && self.cell.is_partial()
    }

    pub(crate) fn is_network(&self) -> bool {
        self.cell.key.level == Level::Network
    }

    /// Returns the code of its location; empty for the network.
    pub(crate) fn location(&self) -> &str {
        let location = self.cell.key.level.location();
        location.map_or("", LocationCode::as_str)
    }

    pub(crate) fn key(&self) -> FigureKey {
        let key = &self.cell.key;
        FigureKey {
            indicator: key.indicator.to_string(),
            period: key.period.to_string(),
            breakdown: key.breakdown.to_string(),
            is_network: self.is_network(),
            location: self.location().to_owned(),
        }
    }
}

/// The column of the moment of the past as of which figures are.
pub(crate) const AS_OF: &str = "as_of";

/// Describes a part of the population in words: "age 5-11, sex female".
pub(crate) fn group(breakdown: &Breakdown) -> String {
    breakdown.words().unwrap_or_else(|| TOTAL.to_owned())
}
