//! The true rows of a cell: one for each contributor, and their sum.

use std::collections::BTreeMap;

use super::{
    before::{Last, Shown},
    cell::{Cell, Counts, Kind},
    rounding::Areas,
};
use crate::{
    id::{AreaCode, LocationCode},
    model::{indicator::Protect, number::Number},
    rollup::Level,
};

/// A row before anything was done to it.
#[derive(Clone, Debug)]
pub(super) struct RawRow {
    pub(super) level: Level,
    /// Number of figures of areas that it is made of.
    pub(super) n_areas: u32,
    /// The areas that contribute.
    pub(super) areas: Areas,
    /// The sum of the numerators.
    pub(super) numerator: Number,
    /// Numerator and denominator as counts; `None` if they are not whole numbers from zero.
    pub(super) counts: Option<RawCounts>,
}

/// The true counts of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RawCounts {
    /// The numerator; a mean has none.
    pub(super) numerator: Option<u64>,
    /// The denominator; a count has none.
    pub(super) denominator: Option<u64>,
}

impl RawCounts {
    /// The counts as a reader has them of a figure that was not rounded.
    pub(super) fn as_they_are(self) -> Shown {
        let last = |raw: Option<u64>| raw.map(|raw| Last { raw, shown: raw });
        Shown {
            numerator: last(self.numerator),
            denominator: last(self.denominator),
            sum: None,
        }
    }
}

/// The rows of a cell: locations by code, the network last.
pub(super) fn raw_rows(cell: &Cell) -> Vec<RawRow> {
    let locations = cell.contributions.iter();
    let locations = locations.filter(|(_, areas)| !areas.is_empty());
    let mut rows = Vec::with_capacity(cell.contributions.len() + 1);
    let named = locations.clone();
    rows.extend(named.map(|(code, areas)| raw_row(cell, Level::Location(code.clone()), [areas])));
    if !rows.is_empty() {
        let all = locations.map(|(_, areas)| areas);
        rows.push(raw_row(cell, Level::Network, all));
    }
    rows
}

/// One row of a cell; `None` if no one contributes to it.
pub(super) fn raw_row_at(cell: &Cell, level: &Level) -> Option<RawRow> {
    let rows = match level {
        Level::Location(code) => {
            let areas = cell.contributions.get(code)?;
            raw_row(cell, level.clone(), [areas])
        }
        Level::Network => raw_row(cell, Level::Network, cell.contributions.values()),
    };
    Some(rows).filter(|row| row.areas.codes().next().is_some())
}

fn raw_row<'a>(
    cell: &Cell,
    level: Level,
    by_location: impl IntoIterator<Item = &'a BTreeMap<AreaCode, Counts>>,
) -> RawRow {
    let (mut numerator, mut denominator) = (Number::ZERO, Some(Number::ZERO));
    let (mut plain, mut n_areas) = (true, 0);
    let figures = by_location.into_iter().flatten();
    let areas = Areas::of(figures.map(|(area, counts)| {
        numerator += counts.numerator;
        denominator = denominator.zip(counts.denominator).map(|(a, b)| a + b);
        plain &= is_plain(cell, counts);
        n_areas += 1;
        area
    }));
    let counts = plain.then(|| counts(cell, numerator, denominator));
    RawRow {
        level,
        n_areas,
        areas,
        numerator,
        counts: counts.flatten(),
    }
}

/// Whether the figures of an area are ones that the rules can handle. Counts of people are whole.
fn is_plain(cell: &Cell, counts: &Counts) -> bool {
    let fits = |number: Number| match cell.protect {
        Protect::Persons => number.is_whole() && !number.is_negative(),
        Protect::None => !number.is_negative(),
    };
    let numerator = cell.kind == Kind::Mean || fits(counts.numerator);
    numerator && (!cell.kind.is_ratio() || counts.denominator.is_some_and(fits))
}

fn counts(cell: &Cell, numerator: Number, denominator: Option<Number>) -> Option<RawCounts> {
    // An amount that is not a count, such as hectares, may have decimals.
    let whole = |number: Number| u64::try_from(number.round(0).whole()?).ok();
    let numerator = match cell.kind {
        Kind::Mean => None,
        Kind::Count | Kind::Proportion | Kind::Rate => Some(whole(numerator)?),
    };
    let denominator = match cell.kind {
        Kind::Count => None,
        Kind::Proportion | Kind::Rate | Kind::Mean => Some(whole(denominator?)?),
    };
    Some(RawCounts {
        numerator,
        denominator,
    })
}

/// The contribution of each location: the sums of its numerators and denominators, without signs.
pub(super) fn contributed(cell: &Cell) -> BTreeMap<&LocationCode, (Number, Number)> {
    let locations = cell.contributions.iter();
    let locations = locations.filter(|(_, areas)| !areas.is_empty());
    let sums = locations.map(|(code, areas)| {
        let numerator: Number = areas.values().map(|counts| counts.numerator).sum();
        let denominators = areas.values().filter_map(|counts| counts.denominator);
        (
            code,
            (numerator.size(), denominators.sum::<Number>().size()),
        )
    });
    sums.collect()
}
