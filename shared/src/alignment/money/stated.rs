//! The statements of each investment: which of them are one, and which part of each counts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Invested, InvestmentKey, Owner, Problem, Purse, WhyLeft, merge::are_apart};
use crate::model::{investment::InvestmentStatus as Status, spelling::folded_name};

/// The part of a statement that is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// All of it.
    Whole,
    /// Of a cancelled one, the money that was spent.
    Spent,
    Left(WhyLeft),
}

/// The statements of each investment, the one that counts first: one that is in force with an
/// amount, so that no proposal or stub of one team hides the money of another; and of these the
/// hub's, then by the location's code. Investments come in the order of their first statement.
///
/// A short identifier such as "2026-1" may be of several contracts: each of them is counted.
pub(super) fn contracts(
    invested: &[Invested],
    problems: &mut BTreeSet<Problem>,
) -> Vec<Vec<usize>> {
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut contracts: Vec<Vec<usize>> = Vec::new();
    let mut twice: BTreeMap<(&str, usize), Vec<InvestmentKey>> = BTreeMap::new();
    for (at, one) in invested.iter().enumerate() {
        let identifier = one.identifier.as_deref().map(str::trim);
        let Some(identifier) = identifier.filter(|text| !text.is_empty()) else {
            contracts.push(vec![at]);
            continue;
        };
        let numbers = named.entry(identifier).or_default();
        let mut members = numbers.iter().flat_map(|number| &contracts[*number]);
        if let Some(first) = members.find(|member| invested[**member].owner == one.owner) {
            let ids = twice.entry((identifier, *first));
            let ids = ids.or_insert_with(|| vec![invested[*first].key()]);
            ids.push(one.key());
            continue;
        }
        let mut numbers_of = numbers.iter().copied();
        let same = numbers_of.find(|number| is_same(&invested[contracts[*number][0]], one));
        if let Some(number) = same {
            contracts[number].push(at);
        } else {
            numbers.push(contracts.len());
            contracts.push(vec![at]);
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
    for members in &mut contracts {
        members.sort_by_key(|at| {
            let rank = match standing(&invested[*at]) {
                Standing::Whole => 0,
                Standing::Spent => 1,
                Standing::Left(_) => 2,
            };
            (rank, *at)
        });
    }
    contracts
}

/// Whether two teams' statements with one identifier are of one contract: they have the same
/// funder, kind and currency; or the hub states one of them, and they may be for the same places.
fn is_same(one: &Invested, other: &Invested) -> bool {
    let of_hub = one.owner == Owner::Hub || other.owner == Owner::Hub;
    let alike =
        purse(one) == purse(other) && folded_name(&one.funder) == folded_name(&other.funder);
    alike || (of_hub && !are_apart(&one.places, &other.places))
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
