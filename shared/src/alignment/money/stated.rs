//! The statements of each investment: which of them are one, and which part of each counts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Invested, InvestmentKey, Owner, Problem, Purse, WhyLeft};
use crate::{
    id::LocationCode,
    model::{investment::InvestmentStatus as Status, line::LineWhat, places::Places},
};

/// The part of a statement that is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// All of it.
    Whole,
    /// Of a cancelled one, the money that was spent.
    Spent,
    Left(WhyLeft),
}

/// The say of a location in an investment that the hub states. It speaks for itself, so nothing
/// that it says takes off or moves money in the cells of others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Voice {
    /// The hub states it for this location alone.
    Alone,
    /// The hub states it for this location and others.
    Among,
    /// The hub does not state the places.
    Open,
    /// The hub states it for others, and a line of it for this location.
    Line,
    /// The hub states it for others.
    None,
}

impl Voice {
    /// The voice of a location in an investment as the hub states it.
    pub(super) fn of(whole: &Invested, code: &LocationCode) -> Self {
        let mut lines = whole.lines.iter();
        match &whole.places {
            places if places.is_only(code) => Self::Alone,
            places if places.include(code) => Self::Among,
            Places::NotStated => Self::Open,
            Places::All | Places::Of(_) => match lines.any(|line| line.key.places.include(code)) {
                true => Self::Line,
                false => Self::None,
            },
        }
    }

    /// Whether the hub names the location as a place of the whole, so that parts that it states
    /// are taken off.
    pub(super) const fn is_place(self) -> bool {
        matches!(self, Self::Alone | Self::Among)
    }

    /// Whether another amount or committed line of the location is another reading of the whole.
    pub(super) const fn can_differ(self) -> bool {
        matches!(self, Self::Alone | Self::Among | Self::Open)
    }
}

/// The statements of each investment.
#[derive(Default)]
pub(super) struct Contracts {
    /// The one that counts first. Investments come in the order of their first statement.
    pub(super) all: Vec<Vec<usize>>,
    /// The statements of locations of which an investment that the hub cancelled has what was
    /// spent, with its number. Each is an investment of its own in all else.
    pub(super) spent: BTreeMap<usize, usize>,
}

/// The statements of each investment.
///
/// The hub and the locations that it names state one investment with one identifier. Two locations
/// do not: a short identifier such as "2026-1" may be of several contracts, and a copied
/// identifier must not move another location's money. So each of them is counted.
pub(super) fn contracts(invested: &[Invested], problems: &mut BTreeSet<Problem>) -> Contracts {
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut contracts: Vec<Vec<usize>> = Vec::new();
    let mut spent = BTreeMap::new();
    let mut firsts: BTreeMap<(&str, &Owner), usize> = BTreeMap::new();
    let mut twice: BTreeMap<(&str, usize), Vec<InvestmentKey>> = BTreeMap::new();
    for (at, one) in invested.iter().enumerate() {
        let identifier = one.identifier.as_deref().map(str::trim);
        let Some(identifier) = identifier.filter(|text| !text.is_empty()) else {
            contracts.push(vec![at]);
            continue;
        };
        let first = *firsts.entry((identifier, &one.owner)).or_insert(at);
        if first != at {
            let ids = twice.entry((identifier, first));
            let ids = ids.or_insert_with(|| vec![invested[first].key()]);
            ids.push(one.key());
            continue;
        }
        // The hub sorts first, so its investment is the first of the identifier.
        let numbers = named.entry(identifier).or_default();
        let of_hub = numbers.first().copied();
        match of_hub.filter(|number| is_same(&invested[contracts[*number][0]], one)) {
            Some(number) => contracts[number].push(at),
            None => {
                let whole =
                    of_hub.filter(|number| is_cancelled_of(&invested[contracts[*number][0]], one));
                spent.extend(whole.map(|number| (at, number)));
                numbers.push(contracts.len());
                contracts.push(vec![at]);
            }
        }
    }
    for (identifier, numbers) in named.iter().filter(|(_, numbers)| numbers.len() > 1) {
        let members = numbers.iter().flat_map(|number| &contracts[*number]);
        let ids = members.map(|at| invested[*at].key()).collect();
        problems.insert(Problem::SeveralNamed((*identifier).to_owned(), ids));
    }
    for ((identifier, _), ids) in twice {
        problems.insert(Problem::Twice(identifier.to_owned(), ids));
    }
    Contracts {
        all: contracts,
        spent,
    }
}

/// Whether a location's statement is of the investment that the hub states with its identifier. A
/// proposal or stub of the hub hides no money of a location, so a statement that is more in force
/// than the hub's is another.
fn is_same(whole: &Invested, one: &Invested) -> bool {
    let may_meet = may_meet(whole, one);
    may_meet && rank(whole) <= rank(one)
}

/// Whether the hub cancelled the investment that a location states with its identifier and that is
/// in force for it. What was spent of both is the same money; if the hub states none that was
/// spent, all is the location's own.
fn is_cancelled_of(whole: &Invested, one: &Invested) -> bool {
    let standings = (standing(whole), standing(one));
    let mut lines = whole.lines.iter();
    lines.any(|line| line.key.what == LineWhat::Spent)
        && standings == (Standing::Spent, Standing::Whole)
        && may_meet(whole, one)
        && purse(whole) == purse(one)
}

/// Whether a location has a say in an investment of the hub, or both are for exactly the same
/// places. If the hub states it for others, the location's of that identifier is its own money,
/// also where it states no places.
fn may_meet(whole: &Invested, one: &Invested) -> bool {
    match (&whole.owner, &one.owner) {
        (Owner::Hub, Owner::Location(code)) => {
            Voice::of(whole, code) != Voice::None || whole.places == one.places
        }
        (Owner::Hub | Owner::Location(_), _) => false,
    }
}

/// The order of statements: those that are in force, those of which the spent money is counted, and
/// those that are in no figure.
fn rank(one: &Invested) -> u8 {
    match standing(one) {
        Standing::Whole => 0,
        Standing::Spent => 1,
        Standing::Left(_) => 2,
    }
}

/// The part of a statement that is counted.
pub(super) fn standing(one: &Invested) -> Standing {
    match (one.status, one.amount) {
        (Status::Proposed, _) => Standing::Left(WhyLeft::Proposed),
        (Status::Withheld, _) => Standing::Left(WhyLeft::Withheld),
        (Status::Cancelled, _) => Standing::Spent,
        (Status::Committed | Status::Ended, None) => Standing::Left(WhyLeft::NoAmount),
        (Status::Committed | Status::Ended, Some(_)) => Standing::Whole,
    }
}

/// The kind and currency of a statement.
pub(super) fn purse(one: &Invested) -> Purse {
    Purse {
        kind: one.kind,
        currency: one.currency.clone(),
    }
}
