//! One investment that several teams state: the readings of it, and the differences.
//!
//! A reading takes every amount from one team where teams differ. In the reading that counts, the
//! hub comes first for what was committed, and each location for what was spent in it alone. A
//! location speaks for itself: of its lines those count that are for no other. Where a line of it
//! may be of the same money as a line of the hub for more places, the hub's counts and the
//! location's does not: so no money is counted twice, and none is moved in the cells of others.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Difference, Invested, LineAmount, Said, Subject,
    stated::{Standing, Voice, standing},
};
use crate::{
    id::LocationCode,
    model::{
        line::{self, LineWhat},
        number::Number,
        outcome::OutcomeRef,
        places::Places,
    },
    period::Period,
};

/// One way to read an investment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Reading {
    /// The statement whose amount it takes.
    pub(super) amount: usize,
    /// The lines that it takes: the statement and the place among its lines.
    pub(super) lines: Vec<(usize, usize)>,
}

/// The lines of one team for the same places.
struct Group<'i> {
    of: usize,
    what: LineWhat,
    places: &'i Places,
    lines: Vec<usize>,
    /// The location that states them, beside the hub, and what it may say.
    beside: Option<(&'i LocationCode, Voice)>,
}

/// The readings of an investment, the one that counts first. `stated` are its statements that can
/// be compared, the one that counts first.
pub(super) fn readings(stated: &[usize], invested: &[Invested]) -> Vec<Reading> {
    let Some(first) = stated.first().copied() else {
        return Vec::new();
    };
    let groups = groups(stated, invested);
    let mut readings: Vec<Reading> = Vec::new();
    let ways = [None].into_iter().chain(stated.iter().copied().map(Some));
    // If one team states it there is nothing to choose from.
    let ways = ways.take(if stated.len() == 1 { 1 } else { usize::MAX });
    for way in ways {
        let kept = kept(&groups, first, way);
        let lines = kept.iter().flat_map(|group| {
            let at = group.lines.iter();
            at.map(|line| (group.of, *line))
        });
        let mut lines: Vec<_> = lines.collect();
        lines.sort_unstable();
        // A statement that is not in force for its team gives no other amount.
        let differs = |way: &usize| {
            let one = &invested[*way];
            let voice = one
                .owner
                .location()
                .map(|code| Voice::of(&invested[first], code));
            standing(one) == Standing::Whole
                && standing(&invested[first]) == Standing::Whole
                && voice.is_some_and(Voice::can_differ)
        };
        let amount = way.filter(differs).unwrap_or(first);
        let reading = Reading { amount, lines };
        if !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    readings
}

fn groups<'i>(stated: &[usize], invested: &'i [Invested]) -> Vec<Group<'i>> {
    let mut groups = Vec::new();
    for (nth, of) in stated.iter().enumerate() {
        let location = invested[*of].owner.location().filter(|_| nth > 0);
        let beside = location.map(|code| (code, Voice::of(&invested[stated[0]], code)));
        let mut by_places: BTreeMap<(LineWhat, &Places), Vec<usize>> = BTreeMap::new();
        let standing = standing(&invested[*of]);
        for (at, line) in invested[*of].lines.iter().enumerate() {
            let counts = match (standing, line.key.what) {
                (Standing::Whole, _) | (Standing::Spent, LineWhat::Spent) => true,
                (Standing::Spent, LineWhat::Committed) | (Standing::Left(_), _) => false,
            };
            if !counts {
                continue;
            }
            let key = (line.key.what, &line.key.places);
            by_places.entry(key).or_default().push(at);
        }
        for ((what, places), lines) in by_places {
            groups.push(Group {
                of: *of,
                what,
                places,
                lines,
                beside,
            });
        }
    }
    groups
}

/// The groups that a reading takes. `first` is the statement that counts, and `way` the one that
/// comes before all others.
fn kept<'g, 'i>(groups: &'g [Group<'i>], first: usize, way: Option<usize>) -> Vec<&'g Group<'i>> {
    let of_first = groups.iter().filter(|group| group.of == first);
    let mut kept: Vec<&Group<'_>> = of_first.collect();
    let is_open = |group: &Group<'_>| *group.places == Places::NotStated;
    // Lines of the location alone come before those without a place.
    for open in [false, true] {
        for group in groups.iter().filter(|group| is_open(group) == open) {
            let Some((code, voice)) = group.beside else {
                continue;
            };
            let is_way = way == Some(group.of);
            if !group.is_said(code, voice, is_way) {
                continue;
            }
            let is_rival = |one: &Group<'_>| {
                one.of == first && one.what == group.what && !are_apart(one.places, group.places)
            };
            let mut rivals = kept.iter().filter(|one| is_rival(one));
            let same = kept
                .iter()
                .position(|one| is_rival(one) && one.places == group.places);
            let of_both = rivals.all(|one| is_open(one) || one.places.include(code));
            match same {
                Some(at) if is_way || (group.what == LineWhat::Spent && way != Some(first)) => {
                    kept[at] = group;
                }
                Some(_) => {}
                None if !kept.iter().any(|one| is_rival(one)) => kept.push(group),
                None if is_way && of_both => {
                    kept.retain(|one| !is_rival(one));
                    kept.push(group);
                }
                None => {}
            }
        }
    }
    kept
}

impl Group<'_> {
    /// Whether the location may say this beside the hub: it is for it alone, and takes nothing off
    /// what the hub states for others, unless this is asked as the location says it.
    fn is_said(&self, code: &LocationCode, voice: Voice, is_way: bool) -> bool {
        let is_its_own = match self.places {
            Places::NotStated => voice == Voice::Alone,
            Places::All | Places::Of(_) => voice != Voice::None && self.places.is_only(code),
        };
        let may_take = match self.what {
            LineWhat::Spent => true,
            LineWhat::Committed => voice == Voice::Alone || (is_way && voice.can_differ()),
        };
        is_its_own && may_take
    }
}

/// Whether no location can be in both.
pub(super) fn are_apart(one: &Places, other: &Places) -> bool {
    match (one, other) {
        (Places::Of(one), Places::Of(other)) => one.is_disjoint(other),
        (Places::NotStated | Places::All | Places::Of(_), _) => false,
    }
}

/// The differences between the statements of an investment.
pub(super) fn differences(
    identifier: &str,
    stated: &[usize],
    invested: &[Invested],
) -> Vec<Difference> {
    let difference = |subject, said| Difference {
        identifier: identifier.to_owned(),
        subject,
        said,
    };
    let said = |at: usize, amount, counts| Said {
        owner: invested[at].owner.clone(),
        id: invested[at].id,
        amount,
        counts,
        periods: Vec::new(),
    };
    let mut differences = Vec::new();
    let amounts = stated
        .iter()
        .filter_map(|at| Some((*at, invested[*at].amount?)));
    let amounts: Vec<(usize, Number)> = amounts.collect();
    let distinct: BTreeSet<Number> = amounts.iter().map(|(_, amount)| *amount).collect();
    if distinct.len() > 1 {
        let amounts = amounts.iter().enumerate();
        let amounts = amounts.map(|(nth, (at, amount))| said(*at, *amount, nth == 0));
        differences.push(difference(Subject::Amount, amounts.collect()));
    }
    let groups = groups(stated, invested);
    let first = stated.first().copied().unwrap_or_default();
    let kept: BTreeSet<_> = kept(&groups, first, None)
        .iter()
        .map(|group| (group.of, group.what, group.places))
        .collect();
    let mut subjects: BTreeMap<(LineWhat, &Places), Vec<&Group<'_>>> = BTreeMap::new();
    for group in &groups {
        let key = (group.what, group.places);
        subjects.entry(key).or_default().push(group);
    }
    for ((what, places), groups) in subjects {
        let is_kept = |group: &Group<'_>| kept.contains(&(group.of, what, places));
        let stated = groups.iter().map(|group| stated_lines(group, invested));
        let stated: Vec<_> = stated.collect();
        let agree = stated.windows(2).all(|pair| pair[0] == pair[1]);
        if agree && groups.iter().any(|group| is_kept(group)) {
            continue;
        }
        let sums = groups.iter().zip(&stated).map(|(group, lines)| {
            let of_group = group.lines.iter().map(|at| &invested[group.of].lines[*at]);
            let amounts: Vec<_> = of_group.map(|line| (&line.key, line.least)).collect();
            let by_all = |key, said| stated.iter().all(|all| all.get(key) == Some(said));
            let differing = lines.iter().filter(|(key, said)| !by_all(*key, *said));
            let periods: BTreeSet<Period> = differing.map(|((period, _), _)| *period).collect();
            Said {
                periods: periods.into_iter().collect(),
                ..said(group.of, line::sum_of(&amounts), is_kept(group))
            }
        });
        let subject = Subject::Lines(what, places.clone());
        differences.push(difference(subject, sums.collect()));
    }
    differences
}

/// The lines of a group by period and outcomes.
fn stated_lines<'i>(group: &Group<'_>, invested: &'i [Invested]) -> StatedLines<'i> {
    let lines = group.lines.iter();
    let lines = lines.map(|at| &invested[group.of].lines[*at]);
    let line = |line: &'i LineAmount| {
        let key = (line.key.period, &*line.key.outcomes);
        (key, (line.least, line.most))
    };
    lines.map(line).collect()
}

/// The least and the most of each line, by its period and outcomes.
type StatedLines<'i> = BTreeMap<(Period, &'i BTreeSet<OutcomeRef>), (Number, Number)>;
