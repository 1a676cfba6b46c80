//! The heads under which money is shown: rows are outcomes, columns are locations.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::Owner;
use crate::{
    id::{LocationCode, OutcomeCode, RecordId},
    model::{outcome::OutcomeRef, places::Places},
};

/// A row of the matrix.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Row {
    /// One of the network's outcomes.
    Network(OutcomeCode),
    /// A team's own outcome. Another team's record may have the same id, and is another row.
    Own(Owner, RecordId),
    /// Money with no outcome stated: the last row.
    NotStated,
}

impl Row {
    /// The row of an outcome that a team names: one of the network's, or a record of its own.
    #[must_use]
    pub fn of(owner: &Owner, outcome: &OutcomeRef) -> Self {
        match outcome {
            OutcomeRef::Network(code) => Self::Network(code.clone()),
            OutcomeRef::Own(id) => Self::Own(owner.clone(), *id),
        }
    }

    /// The outcome as its own team names it; `None` if none is stated.
    #[must_use]
    pub fn outcome(&self) -> Option<OutcomeRef> {
        match self {
            Self::Network(code) => Some(OutcomeRef::Network(code.clone())),
            Self::Own(_, id) => Some(OutcomeRef::Own(*id)),
            Self::NotStated => None,
        }
    }
}

/// The teams' own outcomes that are one of the network's, with its code.
pub type SharedOutcomes = BTreeMap<(Owner, RecordId), OutcomeCode>;

/// The rows of the outcomes that a team names. One of its own that is the network's is that one, so
/// two names of one outcome are one row.
pub(in crate::alignment) fn rows(
    owner: &Owner,
    outcomes: &BTreeSet<OutcomeRef>,
    shared: &SharedOutcomes,
) -> BTreeSet<Row> {
    let rows = outcomes.iter().map(|outcome| {
        let code = match outcome {
            OutcomeRef::Own(id) => shared.get(&(owner.clone(), *id)),
            OutcomeRef::Network(_) => None,
        };
        code.map_or_else(
            || Row::of(owner, outcome),
            |code| Row::Network(code.clone()),
        )
    });
    rows.collect()
}

/// A column of the matrix.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Column {
    /// A location.
    Of(LocationCode),
    /// Money of which no location is stated: the last column.
    NotStated,
}

impl Column {
    /// Whether something for these places is shown in it.
    pub(super) fn is_of(&self, places: &Places) -> bool {
        match self {
            Self::Of(code) => places.include(code),
            Self::NotStated => *places == Places::NotStated,
        }
    }
}

/// The text of a head that is not stated.
const NOT_STATED: &str = "not stated";

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(code) => code.fmt(f),
            Self::Own(_, id) => id.fmt(f),
            Self::NotStated => f.pad(NOT_STATED),
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(code) => code.fmt(f),
            Self::NotStated => f.pad(NOT_STATED),
        }
    }
}

/// The places and outcomes that a line or the rest of an investment is for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Head {
    pub(super) places: Places,
    /// The outcomes; none if they are not stated.
    pub(super) outcomes: BTreeSet<Row>,
}

impl Head {
    /// The rows that it names: one if it is divided by outcome.
    pub(super) fn rows(&self) -> Vec<Row> {
        match self.outcomes.len() {
            0 => vec![Row::NotStated],
            _ => self.outcomes.iter().cloned().collect(),
        }
    }

    /// The columns that it names; `all` are the locations of the network.
    pub(super) fn columns(&self, all: &BTreeSet<LocationCode>) -> Vec<Column> {
        match &self.places {
            Places::NotStated => vec![Column::NotStated],
            Places::All => all.iter().cloned().map(Column::Of).collect(),
            Places::Of(codes) => codes.iter().cloned().map(Column::Of).collect(),
        }
    }

    /// Whether it is for exactly one outcome, or for none that is stated.
    pub(super) fn is_one_row(&self) -> bool {
        self.outcomes.len() <= 1
    }

    /// Whether it is for exactly one location, or for none that is stated. All locations are never
    /// one, however few there are.
    pub(super) fn is_one_column(&self) -> bool {
        match &self.places {
            Places::NotStated => true,
            Places::All => false,
            Places::Of(codes) => codes.len() == 1,
        }
    }

    /// Whether its money is divided in the matrix of outcomes and locations.
    pub(super) fn is_one_cell(&self) -> bool {
        self.is_one_row() && self.is_one_column()
    }

    /// Whether it is shown in this cell.
    pub(super) fn names(&self, row: &Row, column: &Column) -> bool {
        let in_row = match row {
            Row::NotStated => self.outcomes.is_empty(),
            stated @ (Row::Network(_) | Row::Own(..)) => self.outcomes.contains(stated),
        };
        in_row && column.is_of(&self.places)
    }
}

/// Each head once, with a number.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads {
    all: Vec<Head>,
    numbers: BTreeMap<Head, usize>,
}

impl Heads {
    /// The number of a head.
    pub(super) fn number(&mut self, places: &Places, outcomes: BTreeSet<Row>) -> usize {
        let head = Head {
            places: places.clone(),
            outcomes,
        };
        if let Some(number) = self.numbers.get(&head) {
            return *number;
        }
        let number = self.all.len();
        self.all.push(head.clone());
        self.numbers.insert(head, number);
        number
    }

    pub(super) fn get(&self, number: usize) -> &Head {
        &self.all[number]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Head)> {
        self.all.iter().enumerate()
    }
}
