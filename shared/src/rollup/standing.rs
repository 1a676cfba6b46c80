//! Whether a figure may be shown alone, as a headline or a point in a chart.
//!
//! That depends on the whole series: an area that has not reported yet counts with the size it had
//! when it last did. So it is computed when figures are read, and never stored.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CellKey, Fact, Level, Network,
    cell::{COVERED_DECIMALS, HEADLINE_PERCENT_MIN, covered_share},
    drift::{Relation, relation},
    expected::Expected,
    found::Found,
    labels, levels,
    places::PlaceSet,
    sums::Parts,
    tally::Tally,
};
use crate::{
    id::{AreaCode, DefinitionHash},
    model::number::Number,
    period::Date,
};

/// The part of its subject that a figure covers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Coverage {
    /// Every expected area.
    Whole,
    /// This share of the denominators, between 0 and 1. A denominator that is not known in the
    /// period is replaced by the area's last known one.
    Share(Number),
    /// This many of the expected areas, for an indicator without denominators.
    Areas(usize, usize),
    /// These areas have no denominator in the period or before it.
    Unknown(Vec<AreaCode>),
}

impl Coverage {
    /// Whether at least [`HEADLINE_PERCENT_MIN`] percent are covered.
    pub fn is_enough(&self) -> bool {
        let percent = |part: Number, all: Number| {
            let percent = part.ratio(all, Number::from(100), COVERED_DECIMALS);
            percent.is_some_and(|percent| percent >= Number::from(HEADLINE_PERCENT_MIN))
        };
        let count = |count: usize| Number::from(i64::try_from(count).unwrap_or(i64::MAX));
        match self {
            Self::Whole => true,
            Self::Share(share) => percent(*share, Number::from(1)),
            Self::Areas(part, all) => percent(count(*part), count(*all)),
            Self::Unknown(_) => false,
        }
    }
}

/// Whether a figure may be shown, and with what reservation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It may be shown alone.
    Alone,
    /// Its period has not ended in the network's time zone.
    SoFar,
    /// It has contested parts that are not settled.
    Contested,
    /// There is no figure.
    None,
    /// It covers too little, or an unknown part.
    Little(Coverage),
}

impl Standing {
    /// The standing of a figure with or without a value, for a period that ends on `end`, on the
    /// day `today` in the network's time zone.
    pub fn of(
        has_value: bool,
        contested: bool,
        end: Date,
        coverage: Coverage,
        today: Date,
    ) -> Self {
        if contested {
            Self::Contested
        } else if !has_value {
            Self::None
        } else if end >= today {
            Self::SoFar
        } else if coverage.is_enough() {
            Self::Alone
        } else {
            Self::Little(coverage)
        }
    }
}

/// The last known denominator of each area, and the definition it was counted under.
type Known = BTreeMap<AreaCode, (Number, Option<DefinitionHash>)>;

/// The coverage of each cell that can be computed from `facts`, which must contain the whole series
/// of each indicator in them.
///
/// An area counts with its denominator in the period, or else with the last earlier one that was
/// counted in a comparable way. Areas that move to another location keep theirs.
pub fn coverage(facts: &[Fact], network: &Network) -> BTreeMap<CellKey, Coverage> {
    let mut coverages = BTreeMap::new();
    // The slices of one label are adjacent, in the order of their periods.
    let mut series: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for (slice, facts) in labels::slices(facts, network) {
        let label = (slice.indicator.clone(), slice.breakdown.clone());
        let by_end = series.entry(label).or_default();
        by_end.insert((slice.period.end(), slice.period), (slice, facts));
    }
    for slices in series.into_values() {
        let mut known = Known::new();
        for (slice, facts) in slices.into_values() {
            let found = Found::of(&slice, facts, network);
            for level in levels(network).filter(|_| found.has_rows(&slice, network)) {
                let key = slice.at(level);
                if let Some(tally) = Tally::of(&key, &found, network) {
                    let coverage = covered(&tally, &known, network);
                    if key.level == Level::Network {
                        remember(&tally, &mut known);
                    }
                    coverages.insert(key, coverage);
                }
            }
        }
    }
    coverages
}

/// The coverage of the figures of one series at these levels. Each of [`places_to_list`] must be
/// taken out of the sums of every period, with its facts listed.
#[must_use]
pub fn coverage_of_series(
    points: &[Parts],
    levels: &BTreeSet<Level>,
    expected: &Expected,
) -> BTreeMap<CellKey, Coverage> {
    let network = expected.network();
    let mut points: Vec<_> = points.iter().collect();
    points.sort_by_key(|point| (point.slice.period.end(), point.slice.period));
    let mut known = Known::new();
    let mut coverages = BTreeMap::new();
    for point in points {
        let all = point.slice.at(Level::Network);
        let found = Found::of(&point.slice, &point.listed, network);
        let Some(of_network) = Tally::of_sums(&all, &point.sums, &found, expected) else {
            continue;
        };
        for level in levels {
            let key = point.slice.at(level.clone());
            let own;
            let tally = match level {
                Level::Network => Some(&of_network),
                Level::Location(_) => {
                    own = Tally::of(&key, &found, network);
                    own.as_ref()
                }
            };
            if let Some(tally) = tally {
                let coverage = covered(tally, &known, network);
                coverages.insert(key, coverage);
            }
        }
        remember(&of_network, &mut known);
    }
    coverages
}

/// The places whose own denominators the coverage of a series at these levels depends on: those
/// that some figure of the network lacks, and all of a location. They are few where most of the
/// network reports.
#[must_use]
pub fn places_to_list<'p>(
    points: impl IntoIterator<Item = &'p Parts>,
    levels: &BTreeSet<Level>,
    expected: &Expected,
) -> PlaceSet {
    let locations = levels.iter().filter_map(Level::location);
    let of_locations = locations.flat_map(|code| expected.places_of(code));
    let mut all: PlaceSet = of_locations.collect();
    let of_network = levels.contains(&Level::Network);
    for Parts {
        slice,
        sums,
        listed,
    } in points.into_iter().filter(|_| of_network)
    {
        let key = slice.at(Level::Network);
        let found = Found::of(slice, listed, expected.network());
        let Some(tally) = Tally::of_sums(&key, sums, &found, expected) else {
            continue;
        };
        if without_sizes(&tally).is_none() {
            let sized = tally.groups.iter().filter(|group| group.is_sized());
            let lacking = sized.fold(expected.places(key.period.end()).clone(), |all, group| {
                all.minus(&group.sum.places)
            });
            all = all.union(&lacking);
        }
    }
    expected.with_moved(&all)
}

/// The coverage, if it does not depend on the size of any area.
fn without_sizes(tally: &Tally<'_>) -> Option<Coverage> {
    let contributing = tally.n_contributing();
    if contributing == tally.n_areas {
        return Some(Coverage::Whole);
    }
    let without = tally.definition.is_none_or(|one| !one.kind.is_ratio());
    (without && tally.denominators().next().is_none())
        .then_some(Coverage::Areas(contributing, tally.n_areas))
}

fn covered(tally: &Tally<'_>, known: &Known, network: &Network) -> Coverage {
    if let Some(coverage) = without_sizes(tally) {
        return coverage;
    }
    let (mut reached, mut all, mut unknown) = (Number::ZERO, Number::ZERO, Vec::new());
    for (rank, area, denominator, contributes) in sizes(tally) {
        let before = || {
            let (denominator, base) = known.get(area?)?;
            is_comparable(*base, tally.drift.base, network).then_some(*denominator)
        };
        match (denominator.or_else(before), area) {
            (Some(denominator), _) => {
                all += denominator;
                if contributes {
                    reached += denominator;
                }
            }
            (None, Some(area)) => unknown.push((rank, area.clone())),
            (None, None) => {}
        }
    }
    match covered_share(reached, all) {
        Some(share) if unknown.is_empty() => Coverage::Share(share),
        Some(_) | None => {
            unknown.sort_unstable();
            Coverage::Unknown(unknown.into_iter().map(|(_, area)| area).collect())
        }
    }
}

/// The denominators of a cell with the ranks and codes of their areas, and whether these
/// contribute. The areas of a group of which each has one come as one, without a code.
fn sizes<'t>(
    tally: &'t Tally<'_>,
) -> impl Iterator<Item = (usize, Option<&'t AreaCode>, Option<Number>, bool)> {
    let rows = tally.rows.iter();
    let rows = rows.map(|row| {
        let area = Some(&row.area);
        (row.rank, area, row.denominator, row.contributes())
    });
    let (sized, other): (Vec<_>, Vec<_>) = tally.groups.iter().partition(|one| one.is_sized());
    let sized = sized.into_iter();
    let sized = sized.map(|group| (0, None, group.denominator, true));
    let rest = tally.rest.iter().flat_map(move |rest| {
        let other = other.clone().into_iter();
        let other = other.map(|group| (&group.sum.places, group.part.contributes()));
        let places = other.chain([(&rest.silent, false)]);
        let ranks = places.flat_map(|(places, contributes)| {
            let ranks = places.iter().filter_map(|place| rest.expected.rank(place));
            ranks.map(move |rank| (rank, contributes))
        });
        ranks.map(|(rank, contributes)| (rank, Some(rest.expected.area(rank).2), None, contributes))
    });
    rows.chain(sized).chain(rest)
}

/// Keeps the denominators of one period for later ones.
fn remember(tally: &Tally<'_>, known: &mut Known) {
    for row in &tally.rows {
        if let Some(denominator) = row.denominator {
            known.insert(row.area.clone(), (denominator, tally.drift.base));
        }
    }
}

/// Whether two definitions count the same, or nearly the same, population.
fn is_comparable(a: Option<DefinitionHash>, b: Option<DefinitionHash>, network: &Network) -> bool {
    let definition = |hash: Option<DefinitionHash>| hash.and_then(|hash| network.definition(&hash));
    match (definition(a), definition(b)) {
        (Some(a), Some(b)) => network
            .versions(&b.code)
            .is_some_and(|versions| relation(a, b, versions).0 < Relation::Broken),
        // A period without a reported figure follows no definition.
        (Some(_), None) => true,
        (None, _) => false,
    }
}
