//! Investments that are parts of others: their parents, and circles.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Invested, Owner, Problem,
    figures::Gsts,
    stated::{Standing, Voice, purse, standing},
};
use crate::{
    id::LocationCode,
    model::{number::Number, places::Places},
};

/// Returns the parent of each contract by number, without those in circles. `stated` are the
/// statements of each contract, the one that counts first: it says what the contract is a part of,
/// so a location's statement of the hub's takes nothing off anything.
pub(super) fn parents(
    stated: &[Vec<usize>],
    invested: &[Invested],
    problems: &mut BTreeSet<Problem>,
) -> (Vec<Option<usize>>, Vec<Vec<usize>>) {
    let named = Named::of(stated, invested);
    let mut parents = Vec::with_capacity(stated.len());
    for members in stated {
        let part = &invested[members[0]];
        for other in members[1..].iter().map(|at| &invested[*at]) {
            if let Some(text) = &other.part_of
                && part.part_of.as_deref().map(str::trim) != Some(text.trim())
            {
                let problem = Problem::PartOfHub(other.key(), part.key());
                problems.insert(problem);
            }
        }
        let Some(text) = &part.part_of else {
            parents.push(None);
            continue;
        };
        let Some((number, may_take)) = named.find(text, &part.owner) else {
            problems.insert(Problem::NoParent(part.key(), text.clone()));
            parents.push(None);
            continue;
        };
        let whole = &invested[stated[number][0]];
        let problem = match may_take {
            true => beyond(part, whole),
            false => Some(Problem::OtherTeam(part.key(), whole.key())),
        };
        let takes = match &problem {
            None => true,
            Some(problem) => matches!(problem, Problem::OtherDays(.., true)),
        };
        parents.push(takes.then_some(number));
        problems.extend(problem);
    }
    let circles = circles(&parents);
    for circle in &circles {
        let ids = circle
            .iter()
            .map(|number| invested[stated[*number][0]].key());
        problems.insert(Problem::Circle(ids.collect()));
        for number in circle {
            parents[*number] = None;
        }
    }
    (parents, circles)
}

/// The problem of a part that is not in its whole. What a location takes off money of the hub that
/// is for others too must be for the location alone, or it would move theirs; and a part that has
/// no day of its whole is no part of it.
fn beyond(part: &Invested, whole: &Invested) -> Option<Problem> {
    let of = || (part.key(), whole.key());
    let other_days = |taken| {
        let (part, whole) = of();
        Some(Problem::OtherDays(part, whole, taken))
    };
    if part.from > whole.to || part.to < whole.from {
        return other_days(false);
    }
    if let (Owner::Hub, Owner::Location(code)) = (&whole.owner, &part.owner)
        && Voice::of(whole, code) == Voice::Among
        && !is_alone(part, code)
    {
        let (part, whole) = of();
        return Some(Problem::OtherPlaces(part, whole));
    }
    if part.from < whole.from || part.to > whole.to {
        return other_days(true);
    }
    None
}

/// The problem of a part by which a location takes money of others out of the figures of some days.
fn fewer_days(part: &Invested, whole: &Invested, amount: Number) -> Option<Problem> {
    let (Owner::Hub, Owner::Location(code)) = (&whole.owner, &part.owner) else {
        return None;
    };
    let is_fewer = part.from > whole.from || part.to < whole.to;
    let is_shared = Voice::of(whole, code) == Voice::Among;
    let problem = Problem::FewerDays(part.key(), whole.key(), amount);
    (is_fewer && is_shared).then_some(problem)
}

/// Whether an investment and all of its lines that have a place are for one location.
fn is_alone(one: &Invested, code: &LocationCode) -> bool {
    let mut lines = one.lines.iter().map(|line| &line.key.places);
    one.places.is_only(code)
        && lines.all(|places| *places == Places::NotStated || places.is_only(code))
}

/// The contracts by the ids of their records and by their identifiers, each with the team of the
/// statement.
struct Named<'i> {
    stated: &'i [Vec<usize>],
    invested: &'i [Invested],
    by_id: BTreeMap<String, Vec<(usize, &'i Owner)>>,
    by_identifier: BTreeMap<&'i str, Vec<(usize, &'i Owner)>>,
}

impl<'i> Named<'i> {
    fn of(stated: &'i [Vec<usize>], invested: &'i [Invested]) -> Self {
        let mut named = Self {
            stated,
            invested,
            by_id: BTreeMap::new(),
            by_identifier: BTreeMap::new(),
        };
        for (number, members) in stated.iter().enumerate() {
            for one in members.iter().map(|at| &invested[*at]) {
                let of = (number, &one.owner);
                named.by_id.entry(one.id.to_string()).or_default().push(of);
                if let Some(identifier) = &one.identifier {
                    let of_identifier = named.by_identifier.entry(identifier.trim());
                    of_identifier.or_default().push(of);
                }
            }
        }
        named
    }

    /// The contract that a team names, and whether a part that the team states is taken off it: it
    /// is its own, or the hub's for that location. No location takes money off what another states,
    /// or off what the hub states for others.
    fn find(&self, text: &str, of: &Owner) -> Option<(usize, bool)> {
        let by_id = self.by_id.get(text).map_or(&[][..], Vec::as_slice);
        let by_identifier = self.by_identifier.get(text.trim());
        let by_identifier = by_identifier.map_or(&[][..], Vec::as_slice);
        let may_take = |number: usize| {
            let whole = &self.invested[self.stated[number][0]];
            match (&whole.owner, of) {
                (Owner::Hub, Owner::Location(code)) => Voice::of(whole, code).is_place(),
                (whole, of) => whole == of,
            }
        };
        // An identifier may look like the id of another record: the record comes first. A record
        // of a team that may not be meant comes last, or its id would hide what is meant.
        let theirs = [by_id, by_identifier].into_iter().find_map(|all| {
            let mut all = all.iter().filter(|(number, _)| may_take(*number));
            let own = all.clone().find(|(_, owner)| *owner == of);
            own.or_else(|| all.find(|(_, owner)| **owner == Owner::Hub))
        });
        match theirs {
            Some((number, _)) => Some((*number, true)),
            None => Some((by_id.first().or_else(|| by_identifier.first())?.0, false)),
        }
    }
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

/// The amounts that parts take off an investment.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    /// The sum of their amounts.
    pub(super) sum: Number,
    /// Their treatments of tax.
    pub(super) gst: Gsts,
    /// The statements of the parts that count.
    pub(super) by: Vec<usize>,
}

/// The amounts that parts take off each investment.
pub(super) fn taken(
    stated: &[Vec<usize>],
    parents: &[Option<usize>],
    invested: &[Invested],
    problems: &mut BTreeSet<Problem>,
) -> Vec<Taken> {
    let mut taken = vec![Taken::default(); stated.len()];
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
            problems.insert(Problem::OtherPurse(part.key(), whole.key()));
            continue;
        }
        let amount = part.amount.unwrap_or_default();
        problems.extend(fewer_days(part, whole, amount));
        let of = &mut taken[parent];
        of.sum += amount;
        of.gst = of.gst.and(Gsts::one(part.gst));
        of.by.push(stated[number][0]);
    }
    taken
}
