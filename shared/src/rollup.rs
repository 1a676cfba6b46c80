//! Aggregation of observations over locations. It is pure, so hub, node and tests share the code.
//!
//! Numerators and denominators are summed; percentages are never averaged, definitions never
//! silently mixed, and a missing value is never zero. A [`Cell`] is a pure function of the facts
//! about its [`Slice`] and of the [`Network`]; the order of arrival makes no difference.

mod base;
pub mod cell;
pub mod columns;
pub mod coverage;
pub mod drift;
pub mod expected;
pub mod explain;
mod found;
pub mod interval;
pub mod labels;
pub mod late;
pub mod network;
pub mod places;
mod plain;
mod published;
pub mod series;
pub mod standing;
pub mod sums;
mod tally;
#[cfg(test)]
pub(crate) mod tests;
mod whole;

use std::fmt;

pub use self::{
    cell::Cell,
    columns::COLUMNS,
    coverage::Reason,
    expected::Expected,
    explain::{Explanation, explain},
    interval::Interval,
    network::{Member, Network, areas_in},
    places::PlaceSet,
    plain::Plain,
    published::published_first,
    standing::{Coverage, Standing, coverage, coverage_of_series, places_to_list},
    sums::{AmountKind, Parts, Sum, Summed, cell_of_sums},
    whole::whole_locations,
};
use self::{found::Found, tally::Tally};
use crate::{
    id::{DeviceId, DeviceIndex, IndicatorCode, LocationCode, LocationId},
    model::observation::{Breakdown, ObservationKey, Statement},
    period::Period,
    time::Timestamp,
};

/// A location's statements for one indicator, area, period and breakdown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// The location that stated it.
    pub location: LocationId,
    /// The subject.
    pub key: ObservationKey,
    /// The current statements. If there are several different ones, the fact is contested.
    pub stated: Vec<Stated>,
}

/// One statement and its origin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stated {
    /// The statement.
    pub statement: Statement,
    /// The device that stated it.
    pub device: Option<DeviceId>,
    /// When it was stated, by that device's clock.
    pub at: Option<Timestamp>,
    /// The signed entry that contains it.
    pub entry: Option<EntryRef>,
    /// Its source in a line, if it is a figure that an office published and the hub signed.
    pub published: Option<String>,
}

/// An entry, identified by its place in the logs of a location.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EntryRef {
    /// The location.
    pub location: LocationId,
    /// The device's index in it.
    pub dix: DeviceIndex,
    /// The number of the entry in that device's log.
    pub dseq: u64,
}

impl fmt::Display for EntryRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.location, self.dix, self.dseq)
    }
}

/// The common key of the cells of all locations and of the network. Each cell is computed from the
/// facts of its slice alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slice {
    /// The indicator.
    pub indicator: IndicatorCode,
    /// The period.
    pub period: Period,
    /// The breakdown value; breakdown values are never added to each other.
    pub breakdown: Breakdown,
}

impl Slice {
    /// The slice that an observation belongs to.
    pub fn of(key: &ObservationKey) -> Self {
        Self {
            indicator: key.indicator.clone(),
            period: key.period,
            breakdown: key.breakdown.clone(),
        }
    }

    /// The cell of this slice at `level`.
    pub fn at(&self, level: Level) -> CellKey {
        CellKey {
            indicator: self.indicator.clone(),
            period: self.period,
            breakdown: self.breakdown.clone(),
            level,
        }
    }
}

/// The part of the network that a cell covers. Locations sort by code, the network after them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// One location.
    Location(LocationCode),
    /// All locations.
    Network,
}

impl Level {
    /// Its word in files: `location` or `network`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Location(_) => "location",
            Self::Network => "network",
        }
    }

    /// The location, if it is one.
    pub const fn location(&self) -> Option<&LocationCode> {
        match self {
            Self::Location(code) => Some(code),
            Self::Network => None,
        }
    }
}

/// The key of a cell; cells sort in this order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CellKey {
    /// The indicator.
    pub indicator: IndicatorCode,
    /// The period.
    pub period: Period,
    /// The breakdown value.
    pub breakdown: Breakdown,
    /// One location or all of them.
    pub level: Level,
}

impl CellKey {
    /// The key that this cell shares with those of the other locations.
    pub fn slice(&self) -> Slice {
        Slice {
            indicator: self.indicator.clone(),
            period: self.period,
            breakdown: self.breakdown.clone(),
        }
    }
}

/// All cells of one slice, locations by code and the network last. Reads each fact once.
pub fn cells(slice: &Slice, facts: &[Fact], network: &Network) -> Vec<Cell> {
    cells_of(slice, facts, network)
}

/// The cells of one slice at the levels that are wanted, in the same order. They are made of the
/// facts of all locations: a slice that no one reported has none.
#[must_use]
pub fn cells_at(
    slice: &Slice,
    facts: &[Fact],
    network: &Network,
    wanted: impl Fn(&Level) -> bool,
) -> Vec<Cell> {
    let found = Found::of(slice, facts, network);
    cells_found(slice, &found, network, wanted)
}

/// The cell of one location, made of its own facts. `elsewhere` is asked if they report nothing:
/// whether any location reported something about the slice. One that no one reported has no cells,
/// unless its figures are late.
///
/// # Errors
/// Returns the error of `elsewhere`.
pub fn cell_of_location<E>(
    slice: &Slice,
    facts: &[Fact],
    (location, network): (&LocationCode, &Network),
    elsewhere: impl FnOnce() -> Result<bool, E>,
) -> Result<Option<Cell>, E> {
    let found = Found::of(slice, facts, network);
    if !found.has_rows(slice, network) && !elsewhere()? {
        return Ok(None);
    }
    let key = slice.at(Level::Location(location.clone()));
    let tally = Tally::of(&key, &found, network);
    Ok(tally.map(|tally| Cell::new(&tally, network)))
}

fn cells_of<'a>(
    slice: &Slice,
    facts: impl IntoIterator<Item = &'a Fact>,
    network: &'a Network,
) -> Vec<Cell> {
    let found = Found::of(slice, facts, network);
    cells_found(slice, &found, network, |_| true)
}

fn cells_found(
    slice: &Slice,
    found: &Found<'_>,
    network: &Network,
    wanted: impl Fn(&Level) -> bool,
) -> Vec<Cell> {
    let levels = levels(network).filter(|_| found.has_rows(slice, network));
    levels
        .filter(wanted)
        .filter_map(|level| {
            let key = slice.at(level);
            let tally = Tally::of(&key, found, network)?;
            Some(Cell::new(&tally, network))
        })
        .collect()
}

/// All cells, in the order of [`CellKey`].
pub fn rollup(facts: &[Fact], network: &Network) -> Vec<Cell> {
    labels::slices(facts, network)
        .iter()
        .flat_map(|(slice, facts)| cells_of(slice, facts.iter().copied(), network))
        .collect()
}

fn levels(network: &Network) -> impl Iterator<Item = Level> + '_ {
    let locations = network
        .expected()
        .map(|member| Level::Location(member.code.clone()));
    locations.chain([Level::Network])
}
