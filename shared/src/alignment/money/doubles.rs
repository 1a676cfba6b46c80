//! Likely doubles: investments that may have been entered twice under different identifiers.

use std::collections::{BTreeMap, BTreeSet};

use super::{Invested, InvestmentKey, books::Books};
use crate::{id::CurrencyCode, model::number::Number};

/// Investments of one funder and amount whose dates overlap, and which do not all name different
/// recipients. A person decides whether they are one; until then each counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Double {
    /// The funder, as the first of them names it.
    pub funder: String,
    /// The amount of each.
    pub amount: Number,
    /// The currency of each.
    pub currency: CurrencyCode,
    /// Their teams and records, by first day.
    pub investments: Vec<InvestmentKey>,
}

impl Books {
    /// The likely doubles, by funder and amount. Investments with one identifier are one already,
    /// a part is no double of its whole, and equal amounts for different recipients are none. One
    /// that names no recipient may be any that overlaps it.
    #[must_use]
    pub fn doubles(&self) -> Vec<Double> {
        let mut alike: BTreeMap<_, Vec<(&Invested, usize)>> = BTreeMap::new();
        for (one, number) in self.mains() {
            let funder = folded(&one.funder);
            if let (Some(amount), false) = (one.amount, funder.is_empty()) {
                let key = (funder, amount, &one.currency);
                alike.entry(key).or_default().push((one, number));
            }
        }
        let mut doubles = Vec::new();
        for ((_, amount, currency), mut members) in alike {
            let numbers: BTreeSet<usize> = members.iter().map(|(_, number)| *number).collect();
            let is_part = |number: usize| {
                let parent = self.parent(number);
                parent.is_some_and(|parent| numbers.contains(&parent))
            };
            members.retain(|(_, number)| !is_part(*number));
            members.sort_by_cached_key(|(one, _)| (one.from, one.to, one.key()));
            let runs = overlapping(&members).flat_map(of_one_recipient);
            doubles.extend(runs.filter(|run| run.len() > 1).map(|run| Double {
                funder: run[0].0.funder.clone(),
                amount,
                currency: currency.clone(),
                investments: run.iter().map(|(one, _)| one.key()).collect(),
            }));
        }
        doubles
    }
}

/// The runs of investments that overlap one after the other; they come sorted by first day.
fn overlapping<'m, 'i>(
    members: &'m [(&'i Invested, usize)],
) -> impl Iterator<Item = &'m [(&'i Invested, usize)]> {
    let mut last = None;
    let mut starts = Vec::new();
    for (at, (one, _)) in members.iter().enumerate() {
        if last.is_none_or(|last| one.from > last) {
            starts.push(at);
        }
        last = last.max(Some(one.to));
    }
    let ends = starts.clone().into_iter().skip(1).chain([members.len()]);
    let runs: Vec<_> = starts.into_iter().zip(ends).collect();
    runs.into_iter().map(|(from, to)| &members[from..to])
}

/// The parts of a run that may be one investment: all of it if one does not say who receives it, or
/// else those of each recipient that overlap.
fn of_one_recipient<'i>(run: &[(&'i Invested, usize)]) -> Vec<Vec<(&'i Invested, usize)>> {
    let mut of: BTreeMap<String, Vec<(&Invested, usize)>> = BTreeMap::new();
    for member in run {
        match member.0.recipient.as_deref().map(folded) {
            Some(recipient) if !recipient.is_empty() => {
                of.entry(recipient).or_default().push(*member);
            }
            _ => return vec![run.to_vec()],
        }
    }
    let members = of.values();
    members
        .flat_map(|members| overlapping(members).map(<[_]>::to_vec))
        .collect()
}

/// The name of an organisation as it is compared: in lower case, with single blanks.
fn folded(name: &str) -> String {
    let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}
