//! The counts of earlier releases, as far as one location knows them: disclosure control keeps a
//! shown count until the true one has moved far enough, so a row may show what was counted then.

use std::collections::{BTreeMap, BTreeSet};

use super::{Counted, Proof, RowName, SliceName};
use crate::{
    model::{number::Number, release::Notice},
    period::PeriodRange,
};

/// The most by which rounding moves a count.
pub(super) const ROUNDED_MOST: i64 = 2;
/// The most by which a true count moves while its shown count is kept.
const MOVED_MOST: i64 = 5;
/// The most by which a shown count and the true one differ.
pub(super) const LAGS_MOST: i64 = ROUNDED_MOST + MOVED_MOST;

/// The sums of what was counted of a location in one slice; none where a statement has no such
/// part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Sums {
    pub(super) numerator: Option<Number>,
    pub(super) denominator: Option<Number>,
}

impl Sums {
    pub(super) fn of(counted: &[&Counted]) -> Self {
        let sum = |part: fn(&Counted) -> Option<Number>| {
            let all: Option<Vec<Number>> = counted.iter().map(|one| part(one)).collect();
            // A figure that an office published is not of statements.
            let all = all.filter(|all| !all.is_empty())?;
            Some(all.into_iter().sum())
        };
        Self {
            numerator: sum(|one| one.numerator),
            denominator: sum(|one| one.denominator),
        }
    }

    /// The numerator or the denominator.
    pub(super) fn part(&self, name: &str) -> Option<Number> {
        match name {
            "numerator" => self.numerator,
            _ => self.denominator,
        }
    }
}

/// Groups what was counted of a location by slice.
pub(super) fn by_slice(counted: &[Counted]) -> BTreeMap<SliceName, Vec<&Counted>> {
    let mut slices: BTreeMap<SliceName, Vec<&Counted>> = BTreeMap::new();
    for one in counted {
        let of = slices.entry(SliceName::of(&one.key)).or_default();
        of.push(one);
    }
    slices
}

/// The slices that a release was announced with.
#[derive(Clone, Debug)]
struct Scope {
    indicators: BTreeSet<String>,
    /// All, if there are none.
    periods: Option<PeriodRange>,
}

impl Scope {
    fn has(&self, row: &RowName, is_cumulative: bool) -> bool {
        let in_range = self.periods.is_none_or(|periods| {
            let period = row.period();
            period.is_none_or(|period| periods.contains(period))
        });
        // The count of an earlier period is kept in a later one.
        self.indicators.contains(row.indicator()) && (in_range || is_cumulative)
    }
}

/// The earlier releases of a network, as one location knows them.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// All of them; none in place of one that is not known.
    scopes: Vec<Option<Scope>>,
    /// Those about which the location has no proof.
    unproved: Vec<Option<Scope>>,
    counted: BTreeMap<SliceName, BTreeSet<Sums>>,
}

impl Earlier {
    /// Adds one: as it was announced, and what the hub sent the location about it.
    pub fn add(&mut self, notice: Option<&Notice>, proof: Option<&Proof>) {
        let scope = notice.map(|notice| Scope {
            indicators: notice.indicators.keys().map(ToString::to_string).collect(),
            periods: notice.periods.as_ref().and_then(|text| text.parse().ok()),
        });
        if let Some(proof) = proof {
            for (slice, counted) in by_slice(&proof.counted) {
                let of = self.counted.entry(slice).or_default();
                of.insert(Sums::of(&counted));
            }
        } else {
            self.unproved.push(scope.clone());
        }
        self.scopes.push(scope);
    }

    /// Whether one of them may have shown this row, or an earlier period of it.
    pub(super) fn may_have_shown(&self, row: &RowName, is_cumulative: bool) -> bool {
        any_has(&self.scopes, row, is_cumulative)
    }

    /// Whether one of them may have shown this row of the location, with counts that it does not
    /// know.
    pub(super) fn is_unknown(&self, row: &RowName, is_cumulative: bool) -> bool {
        any_has(&self.unproved, row, is_cumulative)
    }

    /// The sums that they counted of the location in a slice.
    pub(super) fn counted(&self, slice: &SliceName) -> impl Iterator<Item = Sums> {
        self.counted.get(slice).into_iter().flatten().copied()
    }

    /// The sums that they counted of the location in other periods of a slice.
    pub(super) fn in_other_periods(&self, slice: &SliceName) -> impl Iterator<Item = Sums> {
        let others = self.counted.iter();
        let others = others.filter(|(one, _)| one.is_other_period(slice));
        others.flat_map(|(_, sums)| sums).copied()
    }
}

fn any_has(scopes: &[Option<Scope>], row: &RowName, is_cumulative: bool) -> bool {
    let mut scopes = scopes.iter();
    scopes.any(|scope| scope.as_ref().is_none_or(|it| it.has(row, is_cumulative)))
}

/// Whether a shown count is explained by the true one, or by one of an earlier release that it may
/// have been kept from.
pub(super) fn explains(
    shown: Number,
    counted: Number,
    before: impl Iterator<Item = Number>,
) -> bool {
    let counted = counted.round(0);
    let mut kept = before.map(|then| then.round(0));
    !is_apart(shown, counted, ROUNDED_MOST)
        || kept.any(|then| may_keep(then, counted) && !is_apart(shown, then, ROUNDED_MOST))
}

/// Whether what was shown of one true count may stay for another.
pub(super) fn may_keep(then: Number, now: Number) -> bool {
    !is_apart(then, now, MOVED_MOST)
}

pub(super) fn is_apart(one: Number, other: Number, most: i64) -> bool {
    (one - other).size() > Number::from(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disclosure::FRR3;

    #[test]
    fn the_bounds_are_those_of_disclosure_control() {
        let of = |count: u64| i64::try_from(count - 1).unwrap();
        assert_eq!(ROUNDED_MOST, of(FRR3.base));
        assert_eq!(MOVED_MOST, of(FRR3.revision_min));
    }
}
