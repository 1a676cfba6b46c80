//! The money that locations spent, as they say, beside the lines of the hub for more places.
//!
//! Which lines count together depends on the days that are asked for: a month counts by itself in
//! its month, and within its year not at all. So lines are held against each other for just those
//! days. Whether a location's line is held, and under which outcome it counts, depends on the lines
//! of the hub alone, so no location moves the money of another.
//!
//! - If the hub's lines that may be of the same money all have places and the same outcomes, the
//!   location's amount is taken off them. If it states no outcome, it counts under theirs.
//! - If they have no place or several outcomes, no one knows off which of them it is: the hub's
//!   count, and all such lines of locations are another reading.
//! - Where locations spent more than there is, the hub's lines alone are another reading.
//! - Amounts of contested lines make readings in which each side has its least or its most.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;

use super::{
    books::Posting,
    count::Part,
    figures::{Measure, Range},
    heads::{Head, Heads, Row},
};
use crate::{
    model::{number::Number, places::Places},
    period::{Date, Period},
};

/// The lines of an investment that may be held against each other, by their places among the
/// postings that count.
#[derive(Clone, Debug, Default)]
pub(super) struct Besides {
    /// Lines that locations state for themselves, each with whether lines without a place may be of
    /// the same money.
    own: Vec<(usize, bool)>,
    /// Lines of the hub for more places, or for none that is stated.
    hubs: Vec<usize>,
    /// Which of them may be of the same money, by their heads.
    meetings: BTreeMap<(usize, usize), Meeting>,
}

/// A head of a location and one of the hub that may be of the same money.
#[derive(Clone, Copy, Debug)]
struct Meeting {
    /// The outcomes of the hub's, by number.
    outcomes: usize,
    /// Whether both have the same outcomes.
    is_equal: bool,
    /// Whether the hub's has no place.
    is_open: bool,
    /// The head of the location's money under the outcomes of the hub, if it states none.
    under: Option<usize>,
}

impl Besides {
    /// Those of lines of which `own` are the ones that locations state for themselves.
    pub(super) fn of(
        postings: &[Posting],
        own: &BTreeMap<(usize, usize), bool>,
        first: usize,
        heads: &mut Heads,
    ) -> Self {
        let mut besides = Self::default();
        for (at, one) in postings.iter().enumerate() {
            let (of, line) = one.of;
            let known = line.and_then(|line| own.get(&(of, line)));
            if let Some(with_open) = known {
                besides.own.push((at, *with_open));
            } else if of == first && one.measure == Measure::Spent {
                besides.hubs.push(at);
            }
        }
        let own = besides.own.iter().map(|(at, _)| postings[*at].head);
        let own: BTreeSet<usize> = own.collect();
        let hubs = besides.hubs.iter().map(|at| postings[*at].head);
        let hubs: BTreeSet<usize> = hubs.collect();
        let mut outcomes: Vec<BTreeSet<Row>> = Vec::new();
        for hub in hubs {
            let of_hub = heads.get(hub).clone();
            let known = outcomes.iter().position(|one| *one == of_hub.outcomes);
            let number = known.unwrap_or(outcomes.len());
            if known.is_none() {
                outcomes.push(of_hub.outcomes.clone());
            }
            for one in &own {
                let of_own = heads.get(*one).clone();
                if !may_be_one(&of_own, &of_hub) {
                    continue;
                }
                let is_under = of_own.outcomes.is_empty() && !of_hub.outcomes.is_empty();
                let under = is_under.then(|| heads.number(&of_own.places, of_hub.outcomes.clone()));
                let meeting = Meeting {
                    outcomes: number,
                    is_equal: of_own.outcomes == of_hub.outcomes,
                    is_open: of_hub.places == Places::NotStated,
                    under,
                };
                besides.meetings.insert((*one, hub), meeting);
            }
        }
        besides
    }

    /// Whether no line may be held against another.
    pub(super) fn is_empty(&self) -> bool {
        self.meetings.is_empty()
    }

    /// The heads of locations' money under outcomes of the hub.
    pub(super) fn heads(&self) -> impl Iterator<Item = usize> {
        self.meetings.values().filter_map(|one| one.under)
    }

    /// The lines of the hub that may be of the same money as one of a location in some days; those
    /// with the same outcomes alone, if there are any.
    fn met(
        &self,
        postings: &[Posting],
        (own, with_open): (usize, bool),
        hubs: &[usize],
    ) -> Vec<(usize, Meeting)> {
        let (from, to) = postings[own].days;
        let met = hubs.iter().filter_map(|at| {
            let hub = &postings[*at];
            let meeting = self.meetings.get(&(postings[own].head, hub.head))?;
            let overlap = hub.days.0 <= to && hub.days.1 >= from;
            (overlap && (with_open || !meeting.is_open)).then_some((*at, *meeting))
        });
        let mut met: Vec<_> = met.collect();
        if met.iter().any(|(_, one)| one.is_equal) {
            met.retain(|(_, one)| one.is_equal);
        }
        met
    }
}

/// Whether a line of the hub may be of the same money as a location's: its places are not stated,
/// or those of several with the location among them. The location's own outcomes may be any.
fn may_be_one(own: &Head, hubs: &Head) -> bool {
    let is_wide = match (&hubs.places, &own.places) {
        (Places::NotStated | Places::All, _) => true,
        (Places::Of(all), Places::Of(own)) => all.len() > 1 && own.is_subset(all),
        (Places::Of(_), Places::NotStated | Places::All) => false,
    };
    let is_any = own.outcomes.is_empty()
        || hubs.outcomes.is_empty()
        || own.outcomes.iter().all(|row| matches!(row, Row::Own(..)));
    is_wide && (is_any || !own.outcomes.is_disjoint(&hubs.outcomes))
}

/// Most readings of lines of which no one knows off which of the hub's they are: one for each that
/// it may be.
const READINGS_MAX: usize = 16;

/// A line of a location with the lines of the hub against which it is held.
struct Line {
    own: usize,
    head: usize,
    hubs: Vec<usize>,
    is_doubted: bool,
}

/// The amounts that are left of lines of the hub, and the locations' lines that are more than them.
#[derive(Default)]
struct Left {
    of: BTreeMap<usize, Number>,
    exceeding: BTreeSet<usize>,
    /// The statements that are taken off each line.
    by: BTreeMap<usize, BTreeSet<usize>>,
}

impl Left {
    /// Takes lines off those of the hub. Those that end first come first, and take the earliest of
    /// the hub's, so that all is taken for which there is room.
    /// Those that are doubted come after all others, and take of `before` before any other.
    fn of(
        postings: &[Posting],
        lines: &[&Line],
        before: Option<usize>,
        amounts: (impl Fn(&Posting) -> Number, impl Fn(&Posting) -> Number),
    ) -> Self {
        let mut order: Vec<&&Line> = lines.iter().collect();
        order.sort_by_key(|one| {
            let (start, end) = postings[one.own].days;
            (one.is_doubted, end, start, one.own)
        });
        let mut left = Self::default();
        for line in order {
            let own = &postings[line.own];
            let mut more = amounts.0(own);
            let mut hubs = line.hubs.clone();
            hubs.sort_by_key(|at| {
                let is_before = line.is_doubted && Some(*at) == before;
                (!is_before, postings[*at].days.0, *at)
            });
            for at in hubs {
                let of = left.of.entry(at);
                let of = of.or_insert_with(|| amounts.1(&postings[at]));
                let amount = more.min(*of);
                *of = *of - amount;
                more = more - amount;
                if !amount.is_zero() {
                    left.by.entry(at).or_default().insert(own.of.0);
                }
            }
            if !more.is_zero() {
                left.exceeding.insert(line.own);
            }
        }
        left
    }
}

/// A sum of a line in some days.
#[derive(Clone)]
pub(super) struct Counted {
    /// The place of its posting.
    pub(super) at: usize,
    pub(super) head: usize,
    pub(super) range: Range,
}

/// The lines of an investment as they are held against each other in some days.
#[derive(Default)]
pub(super) struct InDays {
    /// The sums of lines that are held, each with its head.
    held: BTreeMap<usize, (usize, Number)>,
    /// The lines of locations that are another reading.
    doubted: BTreeSet<usize>,
    /// The lines of locations that are more, together, than the hub's.
    exceeding: BTreeSet<usize>,
    /// The statements that are taken off lines of the hub, by line.
    pub(super) by: BTreeMap<usize, BTreeSet<usize>>,
    /// Readings in which teams differ, by what is other than in the one that counts.
    pub(super) differing: Vec<Vec<Counted>>,
    /// Those of contested lines.
    pub(super) contested: Vec<Vec<Counted>>,
}

impl InDays {
    pub(super) fn of(postings: &[Posting], besides: &Besides, days: (Date, Date)) -> Self {
        let counts = |at: &usize| postings[*at].part(days) == Part::Counts;
        let hubs: Vec<usize> = besides.hubs.iter().copied().filter(counts).collect();
        let (mut lines, mut doubts) = (Vec::new(), Vec::new());
        for (own, with_open) in besides.own.iter().copied().filter(|(at, _)| counts(at)) {
            let met = besides.met(postings, (own, with_open), &hubs);
            let Some((_, first)) = met.first().copied() else {
                continue;
            };
            let is_clear = met
                .iter()
                .all(|(_, one)| !one.is_open && one.outcomes == first.outcomes);
            let line = Line {
                own,
                head: first
                    .under
                    .filter(|_| is_clear)
                    .unwrap_or(postings[own].head),
                hubs: met.into_iter().map(|(at, _)| at).collect(),
                is_doubted: !is_clear,
            };
            let all = if is_clear { &mut lines } else { &mut doubts };
            all.push(line);
        }
        let clear: Vec<&Line> = lines.iter().collect();
        let least = |one: &Posting| one.range.value;
        let left = Left::of(postings, &clear, None, (least, least));
        let mut there = Self {
            held: sums(postings, &clear, &left, least),
            doubted: doubts.iter().map(|one| one.own).collect(),
            by: left.by.clone(),
            ..Self::default()
        };
        there.exceed(postings, &clear, &left);
        let all: Vec<&Line> = clear.iter().copied().chain(&doubts).collect();
        let open: BTreeSet<usize> = doubts.iter().flat_map(|one| &one.hubs).copied().collect();
        for first in open.into_iter().take(READINGS_MAX) {
            let left = Left::of(postings, &all, Some(first), (least, least));
            let reading = there.unlike(postings, &sums(postings, &all, &left, least));
            there.differing.push(reading);
        }
        let mut held = there.held.keys().map(|at| postings[*at].range);
        if held.any(|range| range.low != range.high) {
            let most = |one: &Posting| one.range.high;
            for (own, hubs) in [(least as fn(&Posting) -> _, most as fn(&Posting) -> _)]
                .into_iter()
                .flat_map(|(least, most)| [(least, most), (most, least), (most, most)])
            {
                let left = Left::of(postings, &clear, None, (own, hubs));
                let reading = there.unlike(postings, &sums(postings, &clear, &left, own));
                there.contested.push(reading);
            }
        }
        there
    }

    /// Notes the lines that are more than the hub's, with all that are held against the same lines:
    /// none of their locations is more to blame. The hub's lines alone are another reading.
    fn exceed(&mut self, postings: &[Posting], lines: &[&Line], left: &Left) {
        let of = lines.iter().filter(|one| left.exceeding.contains(&one.own));
        let mut hubs: BTreeSet<usize> = of.flat_map(|one| &one.hubs).copied().collect();
        loop {
            let near = lines
                .iter()
                .filter(|one| one.hubs.iter().any(|at| hubs.contains(at)));
            let all: BTreeSet<usize> = near.flat_map(|one| &one.hubs).copied().collect();
            if all == hubs {
                break;
            }
            hubs = all;
        }
        let near = lines
            .iter()
            .filter(|one| one.hubs.iter().any(|at| hubs.contains(at)));
        self.exceeding = near.map(|one| one.own).collect();
        if hubs.is_empty() {
            return;
        }
        let mut alone = self.held.clone();
        alone.retain(|at, _| !self.exceeding.contains(at));
        for at in &hubs {
            alone.insert(*at, (postings[*at].head, postings[*at].range.value));
        }
        let reading = self.unlike(postings, &alone);
        self.differing.push(reading);
    }

    /// A reading by what is other in it than in the one that counts. A line that is held in the one
    /// alone is not in the other.
    fn unlike(
        &self,
        postings: &[Posting],
        other: &BTreeMap<usize, (usize, Number)>,
    ) -> Vec<Counted> {
        let as_is = |at: usize| match self.doubted.contains(&at) {
            true => None,
            false => Some((postings[at].head, postings[at].range.value)),
        };
        let mut unlike = Vec::new();
        let ours = |at: usize| self.held.get(&at).copied().or_else(|| as_is(at));
        for at in self
            .held
            .keys()
            .chain(other.keys())
            .copied()
            .collect::<BTreeSet<_>>()
        {
            let (was, is) = (ours(at), other.get(&at).copied());
            if was == is {
                continue;
            }
            let one = |(head, amount): (usize, Number)| Counted {
                at,
                head,
                range: Range::of(amount, amount),
            };
            unlike.extend(is.map(one));
            unlike.extend(was.map(one).map(|one| Counted {
                range: one.range.negated(),
                ..one
            }));
        }
        unlike
    }

    /// Whether another reading of a location's line counts.
    pub(super) fn is_doubted(&self, at: usize) -> bool {
        self.doubted.contains(&at)
    }

    /// The head and the amount of a line that counts.
    pub(super) fn sum(&self, at: usize, posting: &Posting) -> (usize, Range) {
        match self.held.get(&at) {
            Some((head, amount)) => (*head, Range::of(*amount, *amount)),
            None => (posting.head, posting.range),
        }
    }

    /// The sums of the reading that counts. A line of which nothing is left is in none.
    pub(super) fn counted(&self, postings: &[Posting], days: (Date, Date)) -> Vec<Counted> {
        let lines = postings.iter().enumerate();
        let lines =
            lines.filter(|(at, one)| !self.is_doubted(*at) && one.part(days) == Part::Counts);
        let sums = lines.map(|(at, one)| {
            let (head, range) = self.sum(at, one);
            Counted { at, head, range }
        });
        let is_used = |one: &Counted| self.held.contains_key(&one.at) && one.range.is_zero();
        sums.filter(|one| !is_used(one)).collect()
    }
}

/// The sums of lines of locations and of those of the hub against which they are held.
fn sums(
    postings: &[Posting],
    lines: &[&Line],
    left: &Left,
    own: impl Fn(&Posting) -> Number,
) -> BTreeMap<usize, (usize, Number)> {
    let own = lines
        .iter()
        .map(|one| (one.own, (one.head, own(&postings[one.own]))));
    let hubs = left
        .of
        .iter()
        .map(|(at, left)| (*at, (postings[*at].head, *left)));
    own.chain(hubs).collect()
}

/// The sum of what was spent over all periods, without lines that come after another.
pub(super) fn spent_ever(postings: &[Posting], besides: &Besides) -> Number {
    let ever = (Date::MIN, Date::MAX);
    let counted = InDays::of(postings, besides, ever).counted(postings, ever);
    let spent = counted.iter();
    let spent = spent.filter(|one| postings[one.at].measure == Measure::Spent);
    spent.map(|one| one.range.value).sum()
}

/// The month, quarter, year and fiscal year of a day.
fn around(day: Date) -> [(Date, Date); 4] {
    let months = (day.month() - 1) % 3;
    let first = day
        .first_of_month()
        .saturating_sub(i64::from(months).months());
    let last = first.saturating_add(2.months()).last_of_month();
    let year = Period::fiscal_year(day);
    [
        (day.first_of_month(), day.last_of_month()),
        (first, last),
        (day.first_of_year(), day.last_of_year()),
        (year.start(), year.end()),
    ]
}

/// The lines of locations that differ from those of the hub, in the days of any line, in the usual
/// periods around them, or over all: those that are more, and those that are another reading.
pub(super) fn odd(postings: &[Posting], besides: &Besides) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let (mut more, mut doubted) = (BTreeSet::new(), BTreeSet::new());
    if besides.is_empty() {
        return (more, doubted);
    }
    let lines = besides.own.iter().map(|(at, _)| at).chain(&besides.hubs);
    let lines = lines.map(|at| postings[*at].days);
    let days = lines.flat_map(|days| {
        let around = [days.0, days.1].into_iter().flat_map(around);
        around.chain([days])
    });
    let days: BTreeSet<_> = days.chain([(Date::MIN, Date::MAX)]).collect();
    for days in days {
        let there = InDays::of(postings, besides, days);
        more.extend(there.exceeding);
        doubted.extend(there.doubted);
    }
    (more, doubted)
}
