//! Investments that are parts of others: their parents, and circles.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Invested, Problem,
    figures::Gsts,
    stated::{Standing, purse, standing},
};
use crate::model::number::Number;

/// Returns the parent of each contract by number, without those in circles. `stated` are the
/// statements of each contract, the one that counts first.
pub(super) fn parents(
    stated: &[Vec<usize>],
    invested: &[Invested],
    problems: &mut BTreeSet<Problem>,
) -> (Vec<Option<usize>>, Vec<Vec<usize>>) {
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    for (number, members) in stated.iter().enumerate() {
        for one in members.iter().map(|at| &invested[*at]) {
            named.insert(one.id.to_string(), number);
            // An identifier may look like the id of another record: the record comes first.
            if let Some(identifier) = &one.identifier {
                named.entry(identifier.clone()).or_insert(number);
            }
        }
    }
    let mut parents = Vec::with_capacity(stated.len());
    for members in stated {
        let mut said = members.iter().map(|at| &invested[*at]);
        let said = said.find_map(|one| Some((one.id, one.part_of.as_ref()?)));
        let parent = said.and_then(|(_, text)| named.get(text.as_str()).copied());
        if let (Some((id, text)), None) = (said, parent) {
            problems.insert(Problem::NoParent(id, text.clone()));
        }
        parents.push(parent);
    }
    let circles = circles(&parents);
    for circle in &circles {
        let ids = circle.iter().map(|number| invested[stated[*number][0]].id);
        problems.insert(Problem::Circle(ids.collect()));
        for number in circle {
            parents[*number] = None;
        }
    }
    (parents, circles)
}

/// The circles among parents, each with its members in the order of their numbers.
fn circles(parents: &[Option<usize>]) -> Vec<Vec<usize>> {
    // The number of the walk that first came by, beginning with 1.
    let mut walks = vec![0_usize; parents.len()];
    let mut circles = Vec::new();
    for start in 0..parents.len() {
        let walk = start + 1;
        let mut at = Some(start);
        while let Some(here) = at.filter(|here| walks[*here] == 0) {
            walks[here] = walk;
            at = parents[here];
        }
        let Some(first) = at.filter(|here| walks[*here] == walk) else {
            continue;
        };
        let mut circle = vec![first];
        let mut next = parents[first];
        while let Some(here) = next.filter(|here| *here != first) {
            circle.push(here);
            next = parents[here];
        }
        circle.sort_unstable();
        circles.push(circle);
    }
    circles
}

/// The amounts that parts take off each investment, with their treatments of tax.
pub(super) fn taken(
    stated: &[Vec<usize>],
    parents: &[Option<usize>],
    invested: &[Invested],
    problems: &mut BTreeSet<Problem>,
) -> Vec<(Number, Gsts)> {
    let mut taken = vec![(Number::ZERO, Gsts::default()); stated.len()];
    let main = |number: usize| &invested[stated[number][0]];
    for (number, parent) in parents.iter().enumerate() {
        let part = main(number);
        let Some(parent) = parent.filter(|_| standing(part) == Standing::Whole) else {
            continue;
        };
        let whole = main(parent);
        if standing(whole) != Standing::Whole {
            continue;
        }
        if purse(part) != purse(whole) {
            problems.insert(Problem::OtherPurse(part.id, whole.id));
            continue;
        }
        let (sum, gst) = &mut taken[parent];
        *sum += part.amount.unwrap_or_default();
        *gst = gst.and(Gsts::one(part.gst));
    }
    taken
}
