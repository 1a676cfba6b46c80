//! The differences between the statements of an investment.

use std::collections::{BTreeMap, BTreeSet};

use super::{Group, Merged, Place};
use crate::{
    alignment::money::{Difference, Invested, LineAmount, Said, Subject},
    model::{
        line::{self, LineWhat},
        number::Number,
        outcome::OutcomeRef,
        places::Places,
    },
    period::Period,
};

/// Lines of locations that differ from those of the hub: those of which more is spent, and those
/// that are another reading.
#[derive(Clone, Default)]
pub(in crate::alignment::money) struct Odd {
    pub(in crate::alignment::money) more: BTreeSet<Place>,
    pub(in crate::alignment::money) doubted: BTreeSet<Place>,
}

/// The differences between the statements of an investment, of which these kinds of lines are read
/// here.
pub(in crate::alignment::money) fn differences(
    identifier: &str,
    stated: &[usize],
    (invested, odd): (&[Invested], &Odd),
    wanted: impl Fn(LineWhat) -> bool,
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
    let merged = Merged::of(stated, invested, wanted);
    let mut subjects: BTreeMap<(LineWhat, &Places), Vec<usize>> = BTreeMap::new();
    for (at, group) in merged.groups.iter().enumerate() {
        let key = (group.what, group.places);
        subjects.entry(key).or_default().push(at);
    }
    for ((what, places), groups) in subjects {
        let stated = groups.iter();
        let stated = stated.map(|at| stated_lines(&merged.groups[*at], invested));
        let stated: Vec<_> = stated.collect();
        let agree = stated.windows(2).all(|pair| pair[0] == pair[1]);
        let mut lines = groups.iter().flat_map(|at| merged.lines_of(*at));
        let is_odd = lines.any(|line| odd.more.contains(&line) || odd.doubted.contains(&line));
        let counts = |at: usize| {
            let mut lines = merged.lines_of(at);
            lines.any(|line| merged.counts(line) && !odd.doubted.contains(&line))
        };
        if agree && !is_odd && groups.iter().any(|at| counts(*at)) {
            continue;
        }
        let by_all = by_all(&stated);
        let sums = groups.iter().zip(&stated).map(|(at, lines)| {
            let group = &merged.groups[*at];
            let of_group = group.lines.iter().map(|at| &invested[group.of].lines[*at]);
            let amounts: Vec<_> = of_group.map(|line| (&line.key, line.least)).collect();
            let differing = lines.keys().filter(|key| !by_all.contains(*key));
            let periods: BTreeSet<Period> = differing.map(|(period, _)| *period).collect();
            Said {
                periods: periods.into_iter().collect(),
                ..said(group.of, line::sum_of(&amounts), counts(*at))
            }
        });
        let subject = Subject::Lines(what, places.clone());
        differences.push(difference(subject, sums.collect()));
    }
    differences
}

/// The lines that all of several teams state alike.
fn by_all<'i>(stated: &[StatedLines<'i>]) -> BTreeSet<(Period, &'i BTreeSet<OutcomeRef>)> {
    let mut seen: BTreeMap<_, (usize, (Number, Number))> = BTreeMap::new();
    for (key, said) in stated.iter().flatten() {
        let (n, first) = seen.entry(*key).or_insert((0, *said));
        *n += usize::from(first == said);
    }
    let alike = seen.into_iter().filter(|(_, (n, _))| *n == stated.len());
    alike.map(|(key, _)| key).collect()
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
