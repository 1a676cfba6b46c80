//! The line of sight: for each outcome and location, need, the location's own priority, the work it
//! shares, and money, side by side and never blended.
//!
//! Rows and columns have one order for everybody: outcomes by code, locations by the alphabet. They
//! are never sorted by value.

mod order;
#[cfg(test)]
mod tests;
mod work;

use std::collections::{BTreeMap, BTreeSet};

pub use self::{
    order::{Order, UNSORTED},
    work::{Action, Initiative, Marker, NOT_COUNTED, Stage, Work, not_counted},
};
use super::{
    money::{
        Books, Column, Figures, InvestmentKey, LeftOut, Money, Owner, Purse, Row, SharedOutcomes,
        WhyLeft,
    },
    need::Need,
};
use crate::{
    id::{IndicatorCode, LocationCode, OutcomeCode},
    model::outcome::OutcomeRef,
    period::{Date, Period},
};

/// An outcome of the network, or a location's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Its code, or the record of a location's own.
    pub of: OutcomeRef,
    /// The team that named it.
    pub owner: Owner,
    /// Its name.
    pub name: String,
    /// Its indicators, the headline first.
    pub indicators: Vec<IndicatorCode>,
    /// The network's outcome that a location's own is. Its priority, work and money stand there.
    pub shared: Option<OutcomeCode>,
    /// The location's word that it is a priority. Only a location can say so; no word says nothing.
    pub priority: Option<Priority>,
}

/// A location's word that an outcome is a priority for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Priority {
    /// The day on which it said so.
    pub on: Date,
    /// The people who decided.
    pub by: Option<String>,
    /// Why.
    pub why: Option<String>,
}

/// Everything from which the line of sight is made.
#[derive(Clone, Copy, Debug)]
pub struct Given<'g> {
    /// The period.
    pub period: Period,
    /// The day as of which it is asked, in the network's time zone.
    pub today: Date,
    /// The locations of the network.
    pub locations: &'g BTreeSet<LocationCode>,
    /// The network's outcomes and the locations' own, in any order.
    pub outcomes: &'g [Outcome],
    /// The need of each location by indicator, its parts of the population in order.
    pub needs: &'g BTreeMap<(LocationCode, IndicatorCode), Vec<Need>>,
    /// The initiatives that locations share.
    pub initiatives: &'g [Initiative],
    /// The markers of system change that they share.
    pub markers: &'g [Marker],
    /// All investments.
    pub books: &'g Books,
}

/// The whole matrix, or one location's column of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sight {
    /// The columns: locations by code, then what is not stated.
    pub columns: Vec<Column>,
    /// The rows: the network's outcomes by code, the locations' own by location and name, and what
    /// is not stated.
    pub rows: Vec<SightRow>,
    /// The money of the period, with totals.
    pub money: Money,
}

/// One row, with a cell for each column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SightRow {
    /// The outcome.
    pub head: Row,
    /// Its name; empty for money of which none is stated, and for an outcome that is gone.
    pub name: String,
    /// The team that named it; `None` likewise.
    pub owner: Option<Owner>,
    /// Its cells, in the order of the columns.
    pub cells: Vec<Cell>,
}

/// Need, priority, work and money of one outcome in one location.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// The location.
    pub column: Column,
    /// The need that each indicator shows, headline first; none if it is not measured here.
    pub needs: Vec<Need>,
    /// The location's own word; `None` reads "not stated".
    pub priority: Option<Priority>,
    /// The work that the location shares. Its team's own records are not counted.
    pub work: Work,
    /// The money, each kind and currency apart.
    pub money: BTreeMap<Purse, Figures>,
    /// Proposed investments for this cell in the period; they are in no figure.
    pub proposed: Vec<InvestmentKey>,
    /// Investments whose amount is withheld or not stated.
    pub withheld: Vec<InvestmentKey>,
}

impl Cell {
    /// The need that stands first: of the headline indicator the first part of the population with
    /// a value, the total before all. Without any value it is the total, with the reason.
    #[must_use]
    pub fn headline(&self) -> Option<&Need> {
        let first = self.needs.first()?;
        let mut of_indicator = self
            .needs
            .iter()
            .filter(|need| need.indicator == first.indicator);
        let known = of_indicator.find(|need| need.value().is_some());
        Some(known.unwrap_or(first))
    }

    /// Whether any need here is above zero: the gap of one of the indicators.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        self.needs
            .iter()
            .any(|need| need.is_reached() == Some(false))
    }

    /// Whether any money is known here, also if its amount is not.
    #[must_use]
    pub fn has_money(&self) -> bool {
        !self.withheld.is_empty() || self.money.values().any(|figures| !figures.is_zero())
    }

    /// Whether nothing is known here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.needs.is_empty()
            && self.priority.is_none()
            && self.work == Work::default()
            && self.money.is_empty()
            && self.proposed.is_empty()
            && self.withheld.is_empty()
    }
}

impl Outcome {
    /// The row of its priority, work and money: that of the network's outcome, if it is one.
    #[must_use]
    pub fn row(&self) -> Row {
        let shared = self.shared.clone().map(Row::Network);
        shared.unwrap_or_else(|| Row::of(&self.owner, &self.of))
    }
}

/// The locations' own outcomes that are one of the network's; see [`Books::of`].
#[must_use]
pub fn shared(outcomes: &[Outcome]) -> SharedOutcomes {
    let shared = outcomes.iter().filter_map(|one| match &one.of {
        OutcomeRef::Own(id) => Some(((one.owner.clone(), *id), one.shared.clone()?)),
        OutcomeRef::Network(_) => None,
    });
    shared.collect()
}

impl Sight {
    /// The whole matrix.
    #[must_use]
    pub fn of(given: &Given<'_>) -> Self {
        Self::with(given, None)
    }

    /// One location's column by the same function. A node that has the hub's records and its own
    /// computes it offline; it is the column of the whole unless [`Books::beyond`] names others.
    #[must_use]
    pub fn of_location(given: &Given<'_>, location: &LocationCode) -> Self {
        Self::with(given, Some(location))
    }

    fn with(given: &Given<'_>, only: Option<&LocationCode>) -> Self {
        let own = only.map(|code| BTreeSet::from([code.clone()]));
        let money = given
            .books
            .count(given.period, own.as_ref().unwrap_or(given.locations));
        let cells = || money.pots.values().flat_map(|pot| pot.cells.of.keys());
        let columns: Vec<Column> = match only {
            Some(code) => vec![Column::Of(code.clone())],
            None => {
                let named = given.locations.iter().cloned().map(Column::Of);
                let all = named.chain(cells().map(|(_, column)| column.clone()));
                let all: BTreeSet<Column> = all.chain([Column::NotStated]).collect();
                all.into_iter().collect()
            }
        };
        let work = work::Table::of(given);
        // An outcome that is not listed has a row as well if anything is for it.
        let money_for = cells().map(|(row, column)| (row.clone(), column.clone()));
        let work_for = work
            .keys()
            .map(|(row, code)| (row.clone(), Column::Of(code.clone())));
        let mut used: BTreeSet<Row> = money_for
            .chain(work_for)
            .filter(|(_, column)| columns.contains(column))
            .map(|(row, _)| row)
            .collect();
        let left = given.books.left().iter();
        let left: Vec<_> = left.filter(|one| one.is_of(given.period)).collect();
        for one in &left {
            if columns.iter().any(|column| one.is_in(column)) {
                used.extend(one.outcomes.iter().cloned());
            }
        }
        let heads = heads(given.outcomes, &used);
        let priorities = priorities(given.outcomes);
        let left = by_row(&left);
        let rows = heads.into_iter().map(|(head, outcome)| {
            let left = left.get(&head).map_or(&[][..], Vec::as_slice);
            let cell = |column: &Column| {
                let code = match column {
                    Column::Of(code) => Some(code),
                    Column::NotStated => None,
                };
                let key = code.map(|code| (head.clone(), code.clone()));
                Cell {
                    column: column.clone(),
                    needs: needs(given, outcome, code),
                    priority: key.as_ref().and_then(|key| priorities.get(key).cloned()),
                    work: key.and_then(|key| work.get(&key)).unwrap_or_default(),
                    money: money_of(&money, &head, column),
                    proposed: of_cell(left, column, true),
                    withheld: of_cell(left, column, false),
                }
            };
            SightRow {
                name: outcome.map(|one| one.name.clone()).unwrap_or_default(),
                owner: outcome.map(|one| one.owner.clone()),
                cells: columns.iter().map(cell).collect(),
                head,
            }
        });
        Self {
            rows: rows.collect(),
            columns,
            money,
        }
    }

    /// A location's column: its cells in the network's outcomes, in its own, and in what else has
    /// something for it.
    pub fn column(&self, location: &LocationCode) -> impl Iterator<Item = (&SightRow, &Cell)> {
        let at = Column::Of(location.clone());
        let owner = Owner::Location(location.clone());
        self.rows.iter().filter_map(move |row| {
            let cell = row.cells.iter().find(|cell| cell.column == at)?;
            let is_ours = match &row.owner {
                Some(of) => *of == Owner::Hub || *of == owner,
                None => row.head == Row::NotStated,
            };
            (is_ours || !cell.is_empty()).then_some((row, cell))
        })
    }
}

/// The rows with their outcomes, in their order. Money for an outcome that is gone keeps its row.
fn heads<'g>(outcomes: &'g [Outcome], used: &BTreeSet<Row>) -> Vec<(Row, Option<&'g Outcome>)> {
    let mut listed: Vec<&Outcome> = outcomes.iter().filter(|one| one.shared.is_none()).collect();
    listed.sort_by(|a, b| {
        // The network's sort by code, which is unique; a location's own by name.
        let name = |one: &'g Outcome| (one.owner != Owner::Hub).then_some(&one.name);
        (&a.owner, name(a), &a.of).cmp(&(&b.owner, name(b), &b.of))
    });
    let mut heads: Vec<(Row, Option<&Outcome>)> = listed
        .into_iter()
        .map(|one| (one.row(), Some(one)))
        .collect();
    let known: BTreeSet<Row> = heads.iter().map(|(row, _)| row.clone()).collect();
    let gone = used
        .iter()
        .filter(|row| !known.contains(*row) && **row != Row::NotStated);
    heads.extend(gone.map(|row| (row.clone(), None)));
    heads.push((Row::NotStated, None));
    heads
}

/// The latest word of each location on each outcome.
fn priorities(outcomes: &[Outcome]) -> BTreeMap<(Row, LocationCode), Priority> {
    let mut priorities: BTreeMap<_, Priority> = BTreeMap::new();
    for one in outcomes {
        // The hub cannot state a priority for anybody.
        let (Some(code), Some(priority)) = (one.owner.location(), &one.priority) else {
            continue;
        };
        let said = priorities.entry((one.row(), code.clone()));
        let said = said.or_insert_with(|| priority.clone());
        let words = |one: &Priority| (one.on, one.by.clone(), one.why.clone());
        if words(priority) > words(said) {
            *said = priority.clone();
        }
    }
    priorities
}

fn needs(given: &Given<'_>, of: Option<&Outcome>, code: Option<&LocationCode>) -> Vec<Need> {
    let (Some(outcome), Some(code)) = (of, code) else {
        return Vec::new();
    };
    // The need of a location's own outcome is that of the location alone.
    if outcome.owner.location().is_some_and(|owner| owner != code) {
        return Vec::new();
    }
    let indicators = outcome.indicators.iter();
    let needs = indicators.filter_map(|one| given.needs.get(&(code.clone(), one.clone())));
    needs.flatten().cloned().collect()
}

fn money_of(money: &Money, row: &Row, column: &Column) -> BTreeMap<Purse, Figures> {
    let key = (row.clone(), column.clone());
    let pots = money.pots.iter();
    let pots = pots.filter_map(|(purse, pot)| Some((purse.clone(), *pot.cells.of.get(&key)?)));
    pots.collect()
}

/// The investments that are in no figure, by the rows that they are for.
fn by_row<'b>(all: &[&'b LeftOut]) -> BTreeMap<&'b Row, Vec<&'b LeftOut>> {
    let mut left: BTreeMap<&Row, Vec<&LeftOut>> = BTreeMap::new();
    for one in all.iter().copied() {
        let not_stated = one.outcomes.is_empty().then_some(&Row::NotStated);
        for row in one.outcomes.iter().chain(not_stated) {
            left.entry(row).or_default().push(one);
        }
    }
    left
}

/// Those of a row that are for a cell: the ones that are proposed, or the others.
fn of_cell(left: &[&LeftOut], column: &Column, proposed: bool) -> Vec<InvestmentKey> {
    let of_cell = left.iter().filter(|one| {
        let is_wanted = (one.why == WhyLeft::Proposed) == proposed;
        is_wanted && one.is_in(column)
    });
    of_cell.map(|one| one.of.clone()).collect()
}
