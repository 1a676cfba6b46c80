//! The rules about one row: contributors, joining and leaving, and small counts.

use std::collections::BTreeMap;

use super::{
    cell::{Cell, Kind},
    profile::Profile,
    rows::{RawCounts, contributed},
};
use crate::{id::LocationCode, model::number::Number};

/// Whether the sum of unnamed contributors may be shown: there are enough, and all but the two
/// largest amount to enough of the largest (the p % rule). The second largest knows its own share,
/// so what hides the largest from it is the rest.
pub(super) fn contributors(profile: &Profile, cell: &Cell) -> bool {
    let sums = contributed(cell);
    let numerators = sums.values().map(|(numerator, _)| *numerator);
    let denominators = sums.values().map(|(_, denominator)| *denominator);
    hides(profile, numerators) && (!cell.kind.is_ratio() || hides(profile, denominators))
}

/// Whether a sum of these amounts hides each of them.
pub(super) fn hides(profile: &Profile, amounts: impl Iterator<Item = Number>) -> bool {
    let mut amounts: Vec<Number> = amounts.collect();
    amounts.sort_unstable_by(|a, b| b.cmp(a));
    let [largest, _, rest @ ..] = amounts.as_slice() else {
        return false;
    };
    let percent = i64::try_from(profile.p_percent).unwrap_or(i64::MAX);
    let rest: Number = rest.iter().copied().sum();
    amounts.len() >= profile.contributors_min
        && Number::compare_products((rest, 100.into()), (*largest, percent.into())).is_ge()
}

/// Whether two sums of unnamed contributors may both be known: the same locations contribute, or
/// those in one sum only are themselves a sum that may be shown. Otherwise their difference names
/// what a few locations contribute.
pub(super) fn may_differ(profile: &Profile, cell: &Cell, before: &Cell) -> bool {
    let (now, then) = (contributed(cell), contributed(before));
    let only_in = |one: &BTreeMap<&LocationCode, (Number, Number)>,
                   other: &BTreeMap<&LocationCode, (Number, Number)>| {
        let only = one.iter().filter(|(code, _)| !other.contains_key(*code));
        only.map(|(_, amounts)| *amounts).collect::<Vec<_>>()
    };
    let mut moved = only_in(&now, &then);
    moved.extend(only_in(&then, &now));
    let numerators = moved.iter().map(|(numerator, _)| *numerator);
    let denominators = moved.iter().map(|(_, denominator)| *denominator);
    moved.is_empty()
        || hides(profile, numerators) && (!cell.kind.is_ratio() || hides(profile, denominators))
}

/// The rule about small counts that a row of people breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Small {
    Numerator,
    Complement,
    Denominator,
    Mean,
}

/// Returns the first rule about small counts that a row breaks; zero is small.
pub(super) fn small(profile: &Profile, kind: Kind, counts: RawCounts) -> Option<Small> {
    let is_small = |count: Option<u64>| count.is_some_and(|count| count < profile.count_min);
    let complement = match (counts.numerator, counts.denominator) {
        (Some(numerator), Some(denominator)) if kind == Kind::Proportion => {
            Some(denominator.saturating_sub(numerator))
        }
        _ => None,
    };
    let few = |count: Option<u64>| count.is_some_and(|count| count < profile.mean_denominator_min);
    if is_small(counts.numerator) {
        Some(Small::Numerator)
    } else if is_small(counts.denominator) {
        Some(Small::Denominator)
    } else if is_small(complement) {
        Some(Small::Complement)
    } else if kind == Kind::Mean && few(counts.denominator) {
        Some(Small::Mean)
    } else {
        None
    }
}
