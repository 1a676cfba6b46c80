//! The sums of the lines of an investment over all periods.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Invested,
    books::Posting,
    figures::{Measure, Range},
};
use crate::model::{line, number::Number, outcome::OutcomeRef, places::Places};

/// A statement, and the places and outcomes of lines in it.
type Words = (usize, Places, Arc<BTreeSet<OutcomeRef>>);

/// The most of committed lines that can count in one period, as least and most, by their words.
pub(super) struct Committed {
    by: BTreeMap<Words, (Number, Number)>,
    /// The least and the most of all of them.
    pub(super) sums: (Number, Number),
}

impl Committed {
    pub(super) fn of<'p>(
        postings: impl IntoIterator<Item = &'p Posting>,
        invested: &[Invested],
    ) -> Self {
        let mut groups: BTreeMap<Words, Vec<&Posting>> = BTreeMap::new();
        for one in postings {
            if let Some(words) = words(one, invested) {
                groups.entry(words).or_default().push(one);
            }
        }
        let by = groups.into_iter().map(|(key, lines)| {
            let most = |of: fn(&Range) -> Number| {
                line::most_together(lines.iter().map(|one| ((), one.days, of(&one.range))))
            };
            (key, (most(|range| range.low), most(|range| range.high)))
        });
        let by: BTreeMap<_, _> = by.collect();
        let sums = (
            by.values().map(|one| one.0).sum(),
            by.values().map(|one| one.1).sum(),
        );
        Self { by, sums }
    }

    /// The sums with other lines: a reading takes or leaves all lines of the same words.
    pub(super) fn changed<'p>(
        &self,
        without: impl Iterator<Item = &'p Posting>,
        with: &[Posting],
        invested: &[Invested],
    ) -> Self {
        let gone: BTreeSet<Words> = without.filter_map(|one| words(one, invested)).collect();
        let other = Self::of(with, invested);
        let (mut least, mut most) = other.sums;
        least += self.sums.0;
        most += self.sums.1;
        for (low, high) in gone.iter().map(|words| self.by[words]) {
            least = least - low;
            most = most - high;
        }
        Self {
            by: BTreeMap::new(),
            sums: (least, most),
        }
    }
}

/// The words of a committed line; none for any other.
fn words(posting: &Posting, invested: &[Invested]) -> Option<Words> {
    let (of, at) = posting.of;
    let key = &invested[of].lines.get(at?)?.key;
    let words = (of, key.places.clone(), Arc::clone(&key.outcomes));
    (posting.measure == Measure::Committed).then_some(words)
}

/// The most of the committed lines of a reading that can count in one period.
pub(super) fn most_committed<'p>(
    postings: impl IntoIterator<Item = &'p Posting>,
    invested: &[Invested],
) -> Number {
    Committed::of(postings, invested).sums.0
}
