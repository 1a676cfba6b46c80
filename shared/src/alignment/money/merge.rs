//! One investment that several teams state: the readings of it, and the differences.
//!
//! A reading takes every amount from one team where teams differ. In the reading that counts, the
//! hub comes first for what was committed, and each location for what was spent where it is. Where
//! lines of two teams may be of the same money, because they are for some of the same places, the
//! one that comes first counts and the other does not: so no money is counted twice.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Difference, Invested, LineAmount, Owner, Said, Subject,
    stated::{Standing, standing},
};
use crate::{
    id::LocationCode,
    model::{
        line::{LineKey, LineWhat},
        number::Number,
        places::Places,
    },
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
}

/// The readings of an investment, the one that counts first. `stated` are its statements that can
/// be compared, the one that counts first.
pub(super) fn readings(stated: &[usize], invested: &[Invested]) -> Vec<Reading> {
    let groups = groups(stated, invested);
    let first = stated.first().copied();
    let mut readings: Vec<Reading> = Vec::new();
    let ways = [None].into_iter().chain(stated.iter().copied().map(Some));
    // If one team states it there is nothing to choose from.
    let ways = ways.take(if stated.len() == 1 { 1 } else { usize::MAX });
    for way in ways {
        let Some(main) = way.or(first) else { continue };
        let kept = kept(&groups, way, invested);
        let lines = kept.iter().flat_map(|group| {
            let at = group.lines.iter();
            at.map(|line| (group.of, *line))
        });
        let mut lines: Vec<_> = lines.collect();
        lines.sort_unstable();
        // A statement that is not in force for its team gives no other amount.
        let is_whole = standing(&invested[main]) == Standing::Whole;
        let Some(amount) = first.map(|first| if is_whole { main } else { first }) else {
            continue;
        };
        let reading = Reading { amount, lines };
        if !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    readings
}

fn groups<'i>(stated: &[usize], invested: &'i [Invested]) -> Vec<Group<'i>> {
    let mut groups = Vec::new();
    for of in stated {
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
            });
        }
    }
    groups
}

/// The groups that a reading takes. `way` is the statement that comes before all others.
fn kept<'g, 'i>(
    groups: &'g [Group<'i>],
    way: Option<usize>,
    invested: &[Invested],
) -> Vec<&'g Group<'i>> {
    let mut ordered: Vec<&Group<'_>> = groups.iter().collect();
    let rank = |group: &Group<'_>| match (&invested[group.of].owner, group.what) {
        _ if way == Some(group.of) => 0,
        (Owner::Hub, LineWhat::Committed) => 1,
        (Owner::Location(code), _) if group.places.is_only(code) => 2,
        (Owner::Location(code), _) if may_be_in(code, group.places) => 3,
        (Owner::Hub, LineWhat::Spent) => 4,
        // Money that was spent elsewhere is not this location's to speak of.
        (Owner::Location(_), _) => 5,
    };
    ordered.sort_by(|a, b| {
        let key = |group: &Group<'i>| (rank(group), group.of);
        (key(a), a.places).cmp(&(key(b), b.places))
    });
    let mut kept: Vec<&Group<'_>> = Vec::new();
    for group in ordered {
        let mut others = kept
            .iter()
            .filter(|one| one.of != group.of && one.what == group.what);
        if others.all(|one| are_apart(one.places, group.places)) {
            kept.push(group);
        }
    }
    kept
}

/// Whether money for these places may be for a location.
fn may_be_in(code: &LocationCode, places: &Places) -> bool {
    *places == Places::NotStated || places.include(code)
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
    let kept: BTreeSet<_> = kept(&groups, None, invested)
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
        let mut lines = groups.iter().map(|group| stated_lines(group, invested));
        let first = lines.next();
        let agree = lines.all(|one| Some(&one) == first.as_ref());
        if agree && groups.iter().any(|group| is_kept(group)) {
            continue;
        }
        let sums = groups.iter().map(|group| {
            let lines = group.lines.iter();
            let sum = lines.map(|at| invested[group.of].lines[*at].least).sum();
            said(group.of, sum, is_kept(group))
        });
        let subject = Subject::Lines(what, places.clone());
        differences.push(difference(subject, sums.collect()));
    }
    differences
}

/// The lines of a group, without the id of the record.
fn stated_lines<'i>(
    group: &Group<'_>,
    invested: &'i [Invested],
) -> BTreeMap<impl Ord + use<'i>, (Number, Number)> {
    let lines = group.lines.iter();
    let lines = lines.map(|at| &invested[group.of].lines[*at]);
    let line = |line: &'i LineAmount| {
        let LineKey {
            period, outcomes, ..
        } = &line.key;
        ((period, outcomes), (line.least, line.most))
    };
    lines.map(line).collect()
}
