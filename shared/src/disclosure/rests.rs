//! The rule about what unnamed parts leave of an unnamed sum.
//!
//! A location that gave a total and not all of its parts is what is left of the sum when the parts
//! are taken off it. What is left must be a sum that may be shown itself, as if those in it had
//! joined: else a part is not shown.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    before::Before,
    cell::{Cell, CellKey, Relations, Sum},
    profile::Profile,
    protect::{Draft, Reason},
    rules::hides,
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

/// One way in which a cell was or will be known.
#[derive(Clone, Copy)]
struct State<'a> {
    cell: &'a Cell,
    /// Whether this release shows it, and no earlier one did.
    is_new: bool,
    /// Whether its sum is shown.
    is_shown: bool,
}

/// Withholds sums of this release until no sum and its parts leave too few.
pub(super) fn withhold<'a>(
    profile: &Profile,
    (cells, before): (&BTreeMap<&'a CellKey, &'a Cell>, &'a Before),
    relations: &Relations,
    drafts: &mut Drafts<'a>,
) {
    // Each turn withholds a row, so they end.
    while let Some(key) = relations.sums.iter().find_map(|sum| {
        let total = states(&sum.total, (cells, before), drafts);
        let parts: Vec<_> = sum
            .parts
            .iter()
            .map(|key| states(key, (cells, before), drafts))
            .collect();
        to_withhold(profile, sum, (&total, &parts))
    }) {
        let rows = drafts.get_mut(&key).map_or(&mut [][..], Vec::as_mut_slice);
        if let Some(draft) = rows.iter_mut().find(|one| one.raw.level == Level::Network) {
            draft.shown = Err(Reason::Contributors);
        }
    }
}

/// The sums of a cell that are known, each once; if none is, the one that is withheld.
fn states<'a>(
    key: &CellKey,
    (cells, before): (&BTreeMap<&'a CellKey, &'a Cell>, &'a Before),
    drafts: &Drafts<'a>,
) -> Vec<State<'a>> {
    let mut states: Vec<State<'_>> = Vec::new();
    for (cell, _) in before.shown(key, &Level::Network) {
        if states
            .iter()
            .all(|one| one.cell.contributions != cell.contributions)
        {
            states.push(State {
                cell,
                is_new: false,
                is_shown: true,
            });
        }
    }
    let draft = drafts.get(key).into_iter().flatten();
    let draft = draft.filter(|draft| draft.raw.level == Level::Network);
    let now = draft.zip(cells.get(key)).next();
    let Some((draft, cell)) = now.filter(|(draft, _)| draft.kept.is_none()) else {
        return states;
    };
    let is_shown = draft.shown.is_ok();
    let is_new = states
        .iter()
        .all(|one| one.cell.contributions != cell.contributions);
    if is_new && (is_shown || states.is_empty()) {
        states.push(State {
            cell,
            is_new,
            is_shown,
        });
    }
    states
}

/// The key of a sum that must not be shown beside the others, if they leave too few.
fn to_withhold(
    profile: &Profile,
    sum: &Sum,
    (total, parts): (&[State<'_>], &[Vec<State<'_>>]),
) -> Option<CellKey> {
    let ways = parts.iter().map(Vec::len);
    let ways = ways.fold(total.len(), usize::saturating_mul);
    for total in total.iter().filter(|one| one.is_shown) {
        if total.cell.rows != Rows::Network {
            continue;
        }
        // Many states of many parts: the newest of each part stand for all.
        let most = if ways > WAYS_MAX { 1 } else { usize::MAX };
        let mut chosen: Vec<Vec<State<'_>>> = vec![Vec::new()];
        for part in parts {
            let states = part.iter().rev().take(most);
            chosen = states
                .flat_map(|state| {
                    let with = chosen.iter().cloned();
                    with.map(|mut way| {
                        way.push(*state);
                        way
                    })
                })
                .collect();
        }
        for way in &chosen {
            if leaves_enough(profile, sum, (total, way)) {
                continue;
            }
            let new = way.iter().filter(|part| part.is_shown && part.is_new);
            let largest = new.max_by_key(|part| (numerator(part.cell), &part.cell.key));
            let found = largest.or_else(|| Some(total).filter(|total| total.is_new));
            if let Some(found) = found {
                return Some(found.cell.key.clone());
            }
        }
    }
    None
}

/// Whether a sum without its shown parts is none of few locations.
fn leaves_enough(profile: &Profile, sum: &Sum, (total, parts): (&State<'_>, &[State<'_>])) -> bool {
    let whole: BTreeSet<Place<'_>> = places(total.cell).map(|(place, _)| place).collect();
    let is_even = parts.iter().all(|part| {
        let of: BTreeSet<Place<'_>> = places(part.cell).map(|(place, _)| place).collect();
        of == whole
    });
    if is_even || parts.iter().all(|part| !part.is_shown) {
        return true;
    }
    let mut left: BTreeMap<&LocationCode, Amounts> = BTreeMap::new();
    let shown = parts.iter().filter(|part| part.is_shown);
    let off = shown.flat_map(|part| places(part.cell));
    for ((location, _), (numerator, denominator)) in places(total.cell) {
        let of = left.entry(location).or_default();
        *of = (of.0 + numerator, of.1 + denominator);
    }
    for ((location, _), (numerator, denominator)) in off {
        let of = left.entry(location).or_default();
        *of = (of.0 - numerator, of.1 - denominator);
    }
    let size = |number: Number| match number.is_negative() {
        true => Number::ZERO - number,
        false => number,
    };
    let nothing = (Number::ZERO, Number::ZERO);
    left.retain(|_, amounts| *amounts != nothing);
    let numerators = left.values().map(|amounts| size(amounts.0));
    let denominators = left.values().map(|amounts| size(amounts.1));
    let denominated = sum.denominators && total.cell.kind.is_ratio();
    left.is_empty() || hides(profile, numerators) && (!denominated || hides(profile, denominators))
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
