//! Parts of investments: which are parts of which, what they exceed, and what is left.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    alignment::money::{Books, Invested, InvestmentKey, LineAmount, Owner, Problem},
    id::{LocationCode, RecordId},
    model::{
        investment::{Investment, InvestmentStatus},
        line::Heard,
        number::Number,
        places::Places,
    },
    text::sentence,
};

use crate::view::{LineRow, StatedInvestment};

/// The rests that no line divides by year: of shared records as the hub counts them, and of those
/// that are for the team alone as if they were shared.
pub(super) struct Rests {
    with_hub: Books,
    own: Books,
}

/// The statements from which the rests are counted.
#[derive(Default)]
pub(super) struct Stated {
    hub: BTreeMap<RecordId, Invested>,
    shared: Vec<Invested>,
    own: Vec<Invested>,
}

impl Stated {
    /// Takes a statement of the national team, in the place of an earlier one. What is only a part
    /// of another needs no lines.
    pub(super) fn hub(&mut self, stated: &StatedInvestment, with_lines: bool) {
        let lines = match with_lines {
            true => stated.lines.clone(),
            false => Vec::new(),
        };
        let invested = Invested::new(Owner::Hub, stated.investment.clone(), lines);
        self.hub.insert(invested.id, invested);
    }

    /// Takes one of ours.
    pub(super) fn ours(
        &mut self,
        code: &LocationCode,
        (investment, lines): (&Investment, &[LineRow]),
        is_local: bool,
    ) {
        let mut amounts: BTreeMap<_, Vec<Number>> = BTreeMap::new();
        for line in lines {
            let of_key = amounts.entry(line.key.clone()).or_default();
            of_key.push(line.line.amount);
        }
        let lines = amounts.into_iter();
        let lines = lines.filter_map(|(key, amounts)| LineAmount::of(key, amounts));
        let owner = Owner::Location(code.clone());
        let invested = Invested::new(owner, investment.clone(), lines.collect());
        if !is_local {
            self.shared.push(invested.clone());
        }
        self.own.push(invested);
    }

    pub(super) fn count(self) -> Rests {
        let shared = BTreeMap::new();
        Rests {
            with_hub: Books::of(self.hub.into_values().chain(self.shared), &shared),
            own: Books::of(self.own, &shared),
        }
    }
}

impl Rests {
    fn books(&self, is_local: bool) -> &Books {
        match is_local {
            true => &self.own,
            false => &self.with_hub,
        }
    }

    /// The problems of an investment of ours in sentences, as the national team sees them.
    pub(super) fn problems(
        &self,
        key: &InvestmentKey,
        is_local: bool,
        titles: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let title = |(_, id): &InvestmentKey| {
            let id = id.to_string();
            titles.get(&id).cloned().unwrap_or(id)
        };
        let problems = self.books(is_local).problems();
        let ours = problems.filter(|one| !is_shown(one) && one.investments().contains(key));
        let words = ours.map(|one| format!("To look at: {}", sentence(&one.words(title))));
        words.collect()
    }

    /// The rest of an investment in words; none if there is none, or another statement counts.
    pub(super) fn of(&self, owner: &Owner, one: &Investment, is_local: bool) -> Option<String> {
        let rest = self.books(is_local).rest_of(&(owner.clone(), one.id))?;
        let (low, high) = (rest.low.grouped(), rest.high.grouped());
        let head = match one.status {
            InvestmentStatus::Ended => "Not divided by year",
            _ => "In force and not divided by year",
        };
        let currency = &one.currency;
        match (rest.is_zero(), rest.is_provisional()) {
            (true, _) => None,
            (false, true) => Some(format!("{head}: {currency} {low} to {high}")),
            (false, false) => Some(format!("{head}: {currency} {high}")),
        }
    }
}

/// Whether the page shows a problem in another way: beside the whole, at the line, or as the
/// amount.
const fn is_shown(problem: &Problem) -> bool {
    matches!(
        problem,
        Problem::PartsExceed(..) | Problem::Contested(..) | Problem::NoAmount(_)
    )
}

/// For how many locations an amount is, if it is for several.
pub(super) fn together(places: &Places) -> Option<String> {
    match places {
        Places::All => Some("for all locations together".to_owned()),
        Places::Of(codes) if codes.len() > 1 => {
            Some(format!("for {} locations together", codes.len()))
        }
        Places::NotStated | Places::Of(_) => None,
    }
}

/// The message after a line was saved.
pub(super) const fn done(heard: &Heard) -> &'static str {
    match (heard.replaced.is_empty(), heard.is_nowhere) {
        (true, false) => "saved",
        (false, false) => "linereplaced",
        (true, true) => "linenowhere",
        (false, true) => "linereplacednowhere",
    }
}

/// The names by which an investment is a part or a whole: its own, and that of its whole.
pub(super) fn names_in(one: &Investment) -> impl Iterator<Item = String> {
    let whole = one.part_of.as_deref().map(|name| name.trim().to_owned());
    [Some(one.id.to_string()), one.identifier.clone(), whole]
        .into_iter()
        .flatten()
}

pub(super) fn names_of(all: &[&Investment]) -> BTreeSet<String> {
    all.iter().flat_map(|one| names_in(one)).collect()
}

/// Whether one is a part of the other, by its id or identifier.
pub(super) fn is_part(one: &Investment, whole: &Investment) -> bool {
    let name = one.part_of.as_deref().map(str::trim);
    let id = whole.id.to_string();
    one.id != whole.id
        && name.is_some()
        && [Some(&*id), whole.identifier.as_deref()].contains(&name)
}

/// Says by how much the parts of an investment are more than it is. A part that the national team
/// states as we do is one.
pub(super) fn excess_of(whole: &Investment, all: &[&Investment]) -> Option<String> {
    let parts = all.iter().filter(|one| is_part(one, whole));
    let mut seen = BTreeSet::new();
    let parts = parts.filter(|one| match &one.identifier {
        Some(identifier) => seen.insert(identifier),
        None => true,
    });
    let sum: Number = parts.filter_map(|one| one.takes_off(whole)).sum();
    let by = sum - whole.amount?;
    (by > Number::ZERO).then(|| {
        format!(
            "The parts of {} are {} {} more than it is. Correct the amounts, or what is a part of \
             it.",
            whole.title,
            whole.currency,
            by.grouped()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_for_several_locations_says_so() {
        for (places, words) in [
            ("", None),
            ("FN", None),
            ("FN+WT", Some("for 2 locations together")),
            ("ALL", Some("for all locations together")),
        ] {
            let places = places.parse().unwrap();
            assert_eq!(together(&places).as_deref(), words);
        }
    }
}
