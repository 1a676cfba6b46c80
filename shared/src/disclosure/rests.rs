//! The rule about what unnamed sums leave of each other.
//!
//! A location that gave a total and not all of its parts is what is left of the sum when the parts
//! are taken off it. The same holds where rows have names on one side alone, and where one total is
//! divided in two ways: who is in the unnamed sums and has no name is left. What is left must be a
//! sum that may be shown itself, as if those in it had joined: else a part is not shown.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    before::Before,
    cell::{Cell, CellKey, Contributions, Counts, Relations, Sum},
    profile::Profile,
    protect::{Draft, Reason},
    rules::{contributors, hides},
};
use crate::{
    id::{AreaCode, LocationCode},
    model::{indicator::Rows, number::Number},
    rollup::Level,
};

/// The rows of all cells, by key.
type Drafts<'a> = BTreeMap<&'a CellKey, Vec<Draft<'a>>>;
type Place<'a> = (&'a LocationCode, &'a AreaCode);
/// Numerator and denominator.
type Amounts = (Number, Number);
/// One state of each part of a total.
type Way<'a> = Vec<State<'a>>;

/// One way in which a cell was or will be known.
#[derive(Clone, Copy)]
struct State<'a> {
    cell: &'a Cell,
    /// Whether this release shows it, and no earlier one did.
    is_new: bool,
    /// Whether its sum is shown, or rows with names.
    is_shown: bool,
    /// Whether it is withheld because of those who contribute to it, or to what it would leave.
    is_hidden: bool,
}

/// All that is known or will be.
#[derive(Clone, Copy)]
struct Known<'k, 'a> {
    cells: &'k BTreeMap<&'a CellKey, &'a Cell>,
    before: &'a Before,
    published: &'k BTreeMap<&'a CellKey, &'a Cell>,
}

/// Withholds sums of this release until no sum and its parts leave too few.
pub(super) fn withhold<'a>(
    profile: &Profile,
    (cells, before): (&BTreeMap<&'a CellKey, &'a Cell>, &'a Before),
    relations: &'a Relations,
    drafts: &mut Drafts<'a>,
) {
    let published = relations.known.iter().map(|cell| (&cell.key, cell));
    let published = published.collect();
    let known = Known {
        cells,
        before,
        published: &published,
    };
    let mut by_total: BTreeMap<&CellKey, Vec<&Sum>> = BTreeMap::new();
    for sum in &relations.sums {
        by_total.entry(&sum.total).or_default().push(sum);
    }
    // Each turn withholds a row, so they end.
    while let Some(key) = by_total.iter().find_map(|(total, sums)| {
        let own = states(total, known, drafts);
        let of = sums.iter().map(|sum| {
            let parts = sum.parts.iter();
            let parts: Vec<_> = parts.map(|key| states(key, known, drafts)).collect();
            (*sum, parts)
        });
        to_withhold(profile, &own, &of.collect::<Vec<_>>())
    }) {
        // Rows with names make up their sum.
        let is_named = cells
            .get(&key)
            .is_some_and(|cell| cell.rows == Rows::Locations);
        for draft in drafts.get_mut(&key).into_iter().flatten() {
            if draft.shown.is_ok() && (is_named || draft.level == Level::Network) {
                draft.shown = Err(Reason::Contributors);
            }
        }
    }
}

/// The sums of a cell that are known, each once, the newest last; if none is, the one that is
/// withheld.
fn states<'a>(key: &CellKey, known: Known<'_, 'a>, drafts: &Drafts<'a>) -> Vec<State<'a>> {
    let mut states: Vec<State<'_>> = Vec::new();
    let shown = known.before.of(key).iter().rev();
    let shown = shown.filter(|one| one.rows.values().any(Option::is_some));
    let public = known.published.get(key).copied();
    for cell in public.into_iter().chain(shown.map(|one| &one.cell)) {
        if states
            .iter()
            .all(|one| one.cell.contributions != cell.contributions)
        {
            states.push(State {
                cell,
                is_new: false,
                is_shown: true,
                is_hidden: false,
            });
        }
    }
    states.reverse();
    let drafts = drafts.get(key).map_or(&[][..], Vec::as_slice);
    let Some(cell) = known.cells.get(key).filter(|_| !drafts.is_empty()) else {
        return states;
    };
    // The last row is the network's. What is kept as it was is among those of before.
    if drafts.last().is_some_and(|draft| draft.kept.is_some()) {
        return states;
    }
    let is_shown = drafts.iter().any(|draft| draft.shown.is_ok());
    let sum = drafts.last().map(|draft| draft.shown.as_ref().err());
    let is_hidden = !is_shown && sum == Some(Some(&Reason::Contributors));
    let is_new = states
        .iter()
        .all(|one| one.cell.contributions != cell.contributions);
    if is_new && (is_shown || states.is_empty()) {
        states.push(State {
            cell,
            is_new,
            is_shown,
            is_hidden,
        });
    }
    states
}

/// A total as it is shown, or as the parts of another sum of it make it.
struct Total<'a> {
    cell: &'a Cell,
    /// The sum by whose parts it is known; none if it is shown itself.
    of: Option<usize>,
    /// The cell to withhold, if it is of this release.
    new: Option<&'a CellKey>,
}

/// The key of a sum that must not be shown beside the others, if they leave too few.
fn to_withhold(
    profile: &Profile,
    own: &[State<'_>],
    sums: &[(&Sum, Vec<Vec<State<'_>>>)],
) -> Option<CellKey> {
    let parts = sums.iter().flat_map(|(_, parts)| parts.iter().flatten());
    if own.iter().chain(parts).all(|one| is_named(one.cell)) {
        return None;
    }
    let ways: Vec<Vec<Way<'_>>> = sums
        .iter()
        .map(|(_, parts)| ways(own.len(), parts))
        .collect();
    let shown: Vec<&State<'_>> = own.iter().filter(|one| one.is_shown).collect();
    let made = made(&shown, &ways);
    let mut totals: Vec<Total<'_>> = shown
        .iter()
        .map(|one| Total {
            cell: one.cell,
            of: None,
            new: one.is_new.then_some(&one.cell.key),
        })
        .collect();
    totals.extend(made.iter().map(|(of, cell, way)| Total {
        cell,
        of: Some(*of),
        new: largest_new(way),
    }));
    for (at, (sum, _)) in sums.iter().enumerate() {
        for total in totals.iter().filter(|total| total.of != Some(at)) {
            let denominators =
                sum.denominators && total.of.is_none_or(|of| sums[of].0.denominators);
            for way in &ways[at] {
                if !leaves_enough(profile, denominators, (total.cell, way))
                    && let Some(key) = largest_new(way).or(total.new)
                {
                    return Some(key.clone());
                }
            }
        }
    }
    None
}

/// All ways to combine the states of parts. A part without any is of no one.
fn ways<'a>(totals: usize, parts: &[Vec<State<'a>>]) -> Vec<Way<'a>> {
    let lengths = parts.iter().map(|states| states.len().max(1));
    let all = lengths.fold(totals.max(1), usize::saturating_mul);
    // Many states of many parts: the newest of each part stand for all.
    let most = if all > WAYS_MAX { 1 } else { usize::MAX };
    let mut ways: Vec<Way<'_>> = vec![Vec::new()];
    for states in parts.iter().filter(|states| !states.is_empty()) {
        let states = states.iter().rev().take(most);
        ways = states
            .flat_map(|state| {
                let with = ways.iter().cloned();
                with.map(|mut way| {
                    way.push(*state);
                    way
                })
            })
            .collect();
    }
    ways
}

/// The totals that parts give which are all shown, where they are others than are shown
/// themselves: each with its sum's place and its parts. One sum alone says nothing of another.
fn made<'w, 'a>(
    shown: &[&State<'_>],
    ways: &'w [Vec<Way<'a>>],
) -> Vec<(usize, Cell, &'w [State<'a>])> {
    let mut made = Vec::new();
    if ways.len() < 2 {
        return made;
    }
    for (of, ways) in ways.iter().enumerate() {
        for way in ways
            .iter()
            .filter(|way| way.iter().all(|part| part.is_shown))
        {
            let Some(first) = way.first() else { continue };
            let cell = total_of(first.cell, way);
            if shown
                .iter()
                .all(|one| one.cell.contributions != cell.contributions)
            {
                made.push((of, cell, way.as_slice()));
            }
        }
    }
    made
}

/// The parts added up.
fn total_of(first: &Cell, parts: &[State<'_>]) -> Cell {
    let mut all = Contributions::new();
    for (location, areas) in parts.iter().flat_map(|part| part.cell.contributions.iter()) {
        let of = all.entry(location.clone()).or_default();
        for (area, counts) in areas {
            let sum = of.entry(area.clone()).or_insert(Counts {
                numerator: Number::ZERO,
                denominator: None,
            });
            sum.numerator += counts.numerator;
            if let Some(denominator) = counts.denominator {
                sum.denominator = Some(sum.denominator.unwrap_or(Number::ZERO) + denominator);
            }
        }
    }
    let all_named = parts.iter().all(|part| is_named(part.cell));
    Cell {
        rows: if all_named {
            Rows::Locations
        } else {
            Rows::Network
        },
        contributions: all.into(),
        ..first.clone()
    }
}

/// The largest of some parts that this release shows first.
fn largest_new<'a>(way: &[State<'a>]) -> Option<&'a CellKey> {
    let new = way.iter().filter(|part| part.is_shown && part.is_new);
    let largest = new.max_by_key(|part| (numerator(part.cell), &part.cell.key));
    largest.map(|part| &part.cell.key)
}

fn is_named(cell: &Cell) -> bool {
    cell.rows == Rows::Locations
}

/// Whether a sum without its shown parts is none of few locations.
fn leaves_enough(
    profile: &Profile,
    denominators: bool,
    (total, parts): (&Cell, &[State<'_>]),
) -> bool {
    let mut shown = parts.iter().filter(|part| part.is_shown);
    if is_named(total) && shown.all(|part| is_named(part.cell)) {
        return true;
    }
    let whole: BTreeSet<Place<'_>> = places(total).map(|(place, _)| place).collect();
    let is_even = parts.iter().all(|part| {
        let of: BTreeSet<Place<'_>> = places(part.cell).map(|(place, _)| place).collect();
        of == whole
    });
    if is_even && !parts.iter().any(|part| is_withheld(profile, part))
        || parts.iter().all(|part| !part.is_shown)
    {
        return true;
    }
    // A part that is withheld for another sum is what the others leave of this one, and so tells
    // what it was withheld for.
    let mut hidden = parts.iter().filter(|part| !part.is_shown);
    if let (true, Some(one), None) = (is_even, hidden.next(), hidden.next())
        && one.is_hidden
        && is_withheld(profile, one)
    {
        return false;
    }
    let mut left: BTreeMap<&LocationCode, Amounts> = BTreeMap::new();
    let shown = parts.iter().filter(|part| part.is_shown);
    let off = shown.flat_map(|part| places(part.cell));
    for ((location, _), (numerator, denominator)) in places(total) {
        let of = left.entry(location).or_default();
        *of = (of.0 + numerator, of.1 + denominator);
    }
    for ((location, _), (numerator, denominator)) in off {
        let of = left.entry(location).or_default();
        *of = (of.0 - numerator, of.1 - denominator);
    }
    let nothing = (Number::ZERO, Number::ZERO);
    left.retain(|_, amounts| *amounts != nothing);
    let numerators = left.values().map(|amounts| amounts.0.size());
    let bases = left.values().map(|amounts| amounts.1.size());
    let denominated = denominators && total.kind.is_ratio();
    left.is_empty() || hides(profile, numerators) && (!denominated || hides(profile, bases))
}

/// Whether a part is withheld because it is no sum that may be shown, or for one that is not: what
/// the others leave is it. One below the smallest count is the audit's to protect.
fn is_withheld(profile: &Profile, part: &State<'_>) -> bool {
    let least = i64::try_from(profile.count_min).unwrap_or(i64::MAX);
    !part.is_shown
        && !is_named(part.cell)
        && numerator(part.cell) >= Number::from(least)
        && (part.is_hidden || !contributors(profile, part.cell))
}

fn places(cell: &Cell) -> impl Iterator<Item = (Place<'_>, Amounts)> {
    cell.contributions.iter().flat_map(|(location, areas)| {
        areas.iter().map(move |(area, counts)| {
            let amounts = (counts.numerator, counts.denominator.unwrap_or(Number::ZERO));
            ((location, area), amounts)
        })
    })
}

fn numerator(cell: &Cell) -> Number {
    places(cell).map(|(_, (numerator, _))| numerator).sum()
}

/// Maximum number of ways to combine a sum with its parts that are all looked at.
const WAYS_MAX: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        disclosure::{
            before::{Last, Published, Shown},
            cell::Kind,
            rounding::Rounded,
        },
        model::{indicator::Protect, observation::Breakdown},
    };

    fn cell(numerator: u64) -> Cell {
        let counts = Counts {
            numerator: Number::from(i64::try_from(numerator).unwrap()),
            denominator: None,
        };
        let areas = BTreeMap::from([("FAR_NORTH".parse().unwrap(), counts)]);
        let all = Contributions::from([("FN".parse().unwrap(), areas)]);
        Cell {
            key: CellKey::new(
                "SEEN/1".parse().unwrap(),
                "2023".parse().unwrap(),
                &Breakdown::Total,
            ),
            kind: Kind::Count,
            factor: Number::from(1),
            rows: Rows::Network,
            protect: Protect::Persons,
            contributions: all.into(),
        }
    }

    fn published(release: u64, numerator: u64) -> Published {
        let shown = Shown {
            numerator: Some(Last {
                raw: numerator,
                shown: numerator,
            }),
            denominator: None,
            sum: None,
        };
        Published {
            release,
            cell: cell(numerator),
            rows: BTreeMap::from([(Level::Network, Some(shown))]),
        }
    }

    /// A reader has the last one, also if it was shown before.
    #[test]
    fn of_too_many_states_the_newest_stand_for_all() {
        let shown = [(1, 300), (2, 200), (3, 300), (4, 100), (5, 200)];
        let shown = shown.map(|(release, numerator)| published(release, numerator));
        let before = Before::new(Rounded::default(), shown);
        let (cells, none) = (BTreeMap::new(), BTreeMap::new());
        let known = Known {
            cells: &cells,
            before: &before,
            published: &none,
        };
        let found = states(&cell(0).key, known, &Drafts::new());
        let numerators = |totals: usize| {
            let all = ways(totals, std::slice::from_ref(&found));
            let all = all.iter().map(|way| numerator(way[0].cell));
            all.collect::<Vec<_>>()
        };
        assert_eq!(numerators(1), [200, 100, 300].map(Number::from));
        assert_eq!(numerators(WAYS_MAX), [Number::from(200)]);
    }
}
