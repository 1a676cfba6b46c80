//! The statements of each investment: which of them are one, and which part of each counts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Invested, Problem, Purse, WhyLeft};
use crate::{id::RecordId, model::investment::InvestmentStatus as Status};

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
pub(super) fn contracts(
    invested: &[Invested],
    problems: &mut BTreeSet<Problem>,
) -> Vec<Vec<usize>> {
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    let mut contracts: Vec<Vec<usize>> = Vec::new();
    let mut twice: BTreeMap<(&str, usize), Vec<RecordId>> = BTreeMap::new();
    for (at, one) in invested.iter().enumerate() {
        let identifier = one.identifier.as_deref().map(str::trim);
        let Some(identifier) = identifier.filter(|text| !text.is_empty()) else {
            contracts.push(vec![at]);
            continue;
        };
        let number = *named.entry(identifier).or_insert_with(|| {
            contracts.push(Vec::new());
            contracts.len() - 1
        });
        let mut members = contracts[number].iter();
        match members.find(|member| invested[**member].owner == one.owner) {
            Some(first) => {
                let ids = twice.entry((identifier, *first));
                let ids = ids.or_insert_with(|| vec![invested[*first].id]);
                ids.push(one.id);
            }
            None => contracts[number].push(at),
        }
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
