//! What locations say was spent in them, beside the lines of the hub for more places.
//!
//! Which lines count together depends on the days that are asked for: a month counts by itself in
//! its month, and within its year not at all. So lines are held against each other for just those
//! days. What a location spent is taken off the hub's lines that may be of the same money, one
//! after another. Where it is more than there is, the hub's lines alone are another reading. If the
//! hub states no place for those days, its line counts, and the location's is another reading.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    books::{Books, Posting},
    count::Part,
    figures::{Measure, Range},
    heads::{SharedOutcomes, rows},
    merge::{self, Place},
};
use crate::{model::number::Number, period::Date};

/// A line that a location states for itself, and the lines of the hub that may be of the same
/// money, by their places among the postings that count.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    own: usize,
    /// The lines for more places, those that have all of its days first. With each is the head for
    /// the location's money under the outcomes of that line, if the location states none.
    wide: Vec<(usize, Option<usize>)>,
    /// The lines without a place.
    open: Vec<usize>,
}

impl Beside {
    /// The lines beside each other of those that count. `head` numbers the head of the first line's
    /// places and the second one's outcomes; none if the first states outcomes.
    pub(super) fn of(
        all: &[merge::Beside],
        postings: &[Posting],
        mut head: impl FnMut(Place, Place) -> Option<usize>,
    ) -> Vec<Self> {
        let places = postings.iter().enumerate();
        let places = places.filter_map(|(at, one)| Some(((one.of.0, one.of.1?), at)));
        let places: BTreeMap<Place, usize> = places.collect();
        let mut found = Vec::new();
        for one in all {
            let Some(own) = places.get(&one.own).copied() else {
                continue;
            };
            let mut wide = Vec::with_capacity(one.wide.len());
            for line in &one.wide {
                let at = places.get(line).copied();
                wide.extend(at.map(|at| (at, head(one.own, *line))));
            }
            let open = one.open.iter();
            let open = open.filter_map(|line| places.get(line).copied());
            let open: Vec<usize> = open.collect();
            if !wide.is_empty() || !open.is_empty() {
                found.push(Self { own, wide, open });
            }
        }
        found
    }

    /// The heads of a location's money under outcomes of the hub.
    pub(super) fn heads(&self) -> impl Iterator<Item = usize> {
        self.wide.iter().filter_map(|(_, head)| *head)
    }
}

impl Books {
    /// The lines of locations that are held against those of the hub.
    pub(super) fn besides(
        &mut self,
        all: &[merge::Beside],
        postings: &[Posting],
        shared: &SharedOutcomes,
    ) -> Vec<Beside> {
        let invested = &self.invested;
        let heads = &mut self.heads;
        Beside::of(all, postings, |own, hubs| {
            let line = |(of, at): Place| (&invested[of].owner, &invested[of].lines[at].key);
            let ((_, own), (owner, hubs)) = (line(own), line(hubs));
            let is_under = own.outcomes.is_empty() && !hubs.outcomes.is_empty();
            is_under.then(|| heads.number(&own.places, rows(owner, &hubs.outcomes, shared)))
        })
    }
}

/// The lines of an investment that are held against each other in some days.
#[derive(Default)]
pub(super) struct InDays {
    /// The amounts that are left of lines, where others are taken off them.
    left: BTreeMap<usize, Range>,
    /// The money of locations under the outcomes of the hub, by line and head.
    under: BTreeMap<(usize, usize), Range>,
    /// The lines of locations of which money was taken off lines of the hub.
    taken: BTreeSet<usize>,
    /// The lines of locations that are another reading, each with those of the hub that count.
    doubted: BTreeMap<usize, Vec<usize>>,
    /// The statements of which more is spent than the hub's lines have.
    pub(super) exceeding: BTreeSet<usize>,
    /// The statements that are taken off lines, by line.
    pub(super) by: BTreeMap<usize, BTreeSet<usize>>,
}

/// A sum of a line in some days.
pub(super) struct Counted {
    /// The place of its posting.
    pub(super) at: usize,
    pub(super) head: usize,
    pub(super) range: Range,
}

impl InDays {
    pub(super) fn of(postings: &[Posting], besides: &[Beside], days: (Date, Date)) -> Self {
        let counts = |at: &usize| postings[*at].part(days) == Part::Counts;
        let mut there = Self::default();
        for one in besides.iter().filter(|one| counts(&one.own)) {
            let mut wide = one.wide.iter().filter(|(at, _)| counts(at)).peekable();
            if wide.peek().is_none() {
                let open: Vec<usize> = one.open.iter().copied().filter(counts).collect();
                if !open.is_empty() {
                    there.doubted.insert(one.own, open);
                }
                continue;
            }
            there.taken.insert(one.own);
            // The least is left of the hub's if the most is the location's.
            let own = &postings[one.own];
            let mut more = own.range.turned();
            for (at, head) in wide {
                let left = there.left.entry(*at).or_insert(postings[*at].range);
                let both = left.least_of(more);
                if both == Range::default() {
                    continue;
                }
                *left = left.less(both);
                more = more.less(both);
                there.by.entry(*at).or_default().insert(own.of.0);
                if let Some(head) = head {
                    let own_left = there.left.entry(one.own).or_insert(own.range);
                    *own_left = own_left.less(both.turned());
                    *there.under.entry((one.own, *head)).or_default() += both.turned();
                }
            }
            if !more.value.is_zero() {
                there.exceeding.insert(own.of.0);
            }
        }
        there
    }

    /// Whether all of a location's line is under outcomes of the hub.
    pub(super) fn is_all_under(&self, at: usize) -> bool {
        let is_used = self.left.get(&at) == Some(&Range::default());
        is_used && self.under.keys().any(|(line, _)| *line == at)
    }

    /// Whether another reading of a location's line counts.
    pub(super) fn is_doubted(&self, at: usize) -> bool {
        self.doubted.contains_key(&at)
    }

    /// The amount of a line under its own head.
    pub(super) fn range(&self, at: usize, posting: &Posting) -> Range {
        self.left
            .get(&at)
            .map_or(posting.range, |left| left.sorted())
    }

    /// The sums of locations' money under outcomes of the hub.
    pub(super) fn under(&self) -> impl Iterator<Item = Counted> {
        self.under.iter().map(|((at, head), range)| Counted {
            at: *at,
            head: *head,
            range: range.sorted(),
        })
    }

    /// The sums of the reading that counts.
    pub(super) fn counted(&self, postings: &[Posting], days: (Date, Date)) -> Vec<Counted> {
        let lines = postings.iter().enumerate();
        let lines = lines.filter(|(at, one)| {
            let is_shown = !self.is_doubted(*at) && !self.is_all_under(*at);
            is_shown && one.part(days) == Part::Counts
        });
        let lines = lines.map(|(at, one)| Counted {
            at,
            head: one.head,
            range: self.range(at, one),
        });
        lines.chain(self.under()).collect()
    }

    /// By how much the reading of one statement differs, beyond lines that it leaves out and takes:
    /// of the first, where locations spent more than it has; of a location, where lines without a
    /// place count.
    pub(super) fn changed(&self, of: usize, is_first: bool, postings: &[Posting]) -> Vec<Counted> {
        let mut changed = Vec::new();
        let mut change = |at: usize, head: usize, range: Range| {
            changed.push(Counted { at, head, range });
        };
        if is_first && !self.exceeding.is_empty() {
            for at in &self.taken {
                let own = &postings[*at];
                change(*at, own.head, self.range(*at, own).negated());
            }
            for one in self.under() {
                change(one.at, one.head, one.range.negated());
            }
            for at in self.by.keys() {
                let hubs = &postings[*at];
                change(*at, hubs.head, hubs.range);
                change(*at, hubs.head, self.range(*at, hubs).negated());
            }
        }
        let ours = self.doubted.iter();
        let ours = ours.filter(|(at, _)| !is_first && postings[**at].of.0 == of);
        let mut gone: BTreeSet<usize> = BTreeSet::new();
        for (at, open) in ours {
            change(*at, postings[*at].head, postings[*at].range);
            gone.extend(open);
        }
        for at in gone {
            change(at, postings[at].head, postings[at].range.negated());
        }
        changed
    }
}

/// The sum of what was spent over all periods, without lines that come after another.
pub(super) fn spent_ever(postings: &[Posting], besides: &[Beside]) -> Number {
    let ever = (Date::MIN, Date::MAX);
    let counted = InDays::of(postings, besides, ever).counted(postings, ever);
    let spent = counted.iter();
    let spent = spent.filter(|one| postings[one.at].measure == Measure::Spent);
    spent.map(|one| one.range.value).sum()
}

/// The statements of locations that spent more than the hub's lines have, in the days of any line
/// or over all.
pub(super) fn exceeding(postings: &[Posting], besides: &[Beside]) -> BTreeSet<usize> {
    let lines = besides.iter().flat_map(|one| {
        let wide = one.wide.iter().map(|(at, _)| *at);
        wide.chain([one.own])
    });
    let days = lines.map(|at| postings[at].days);
    let days: BTreeSet<_> = days.chain([(Date::MIN, Date::MAX)]).collect();
    let exceeding = days
        .into_iter()
        .flat_map(|days| InDays::of(postings, besides, days).exceeding);
    exceeding.collect()
}
