//! Checks before the hub's money is written: the codes that it names, and that no investment gives
//! away more than it has.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{LocationCode, RecordId},
    model::{
        investment::{Investment, InvestmentStatus},
        number::Number,
        outcome::OutcomeRef,
        places::Places,
    },
    text::listed,
};

use super::{super::own::Standing, held::Held};

/// Codes that a problem names.
const LISTED_MAX: usize = 12;

/// The codes that money may name.
pub(super) struct Codes {
    places: BTreeSet<LocationCode>,
    outcomes: BTreeSet<OutcomeRef>,
}

impl Codes {
    pub(super) fn of(standing: &Standing) -> Self {
        let outcomes = standing.outcomes().into_iter();
        Self {
            places: standing.places().into_keys().collect(),
            outcomes: outcomes.map(|one| OutcomeRef::Network(one.code)).collect(),
        }
    }

    /// The problems with places and outcomes that the network does not have. `fields` are the names
    /// of both.
    pub(super) fn problems(
        &self,
        fields: (&str, &str),
        places: &Places,
        outcomes: &BTreeSet<OutcomeRef>,
    ) -> Vec<String> {
        let mut problems = Vec::new();
        if let Places::Of(codes) = places {
            let unknown: Vec<_> = codes.difference(&self.places).collect();
            if !unknown.is_empty() {
                let there: Vec<_> = self.places.iter().collect();
                problems.push(format!(
                    "{}: the network has no location {}: {}",
                    fields.0,
                    listed(&unknown, LISTED_MAX),
                    there_are(&there, "weft-hub location add")
                ));
            }
        }
        let unknown: Vec<_> = outcomes.difference(&self.outcomes).collect();
        if !unknown.is_empty() {
            let there: Vec<_> = self.outcomes.iter().collect();
            problems.push(format!(
                "{}: the network has no outcome {}: {}",
                fields.1,
                listed(&unknown, LISTED_MAX),
                there_are(&there, "weft-hub outcome add CODE --name TEXT")
            ));
        }
        problems
    }
}

fn there_are(codes: &[impl std::fmt::Display], add: &str) -> String {
    match codes {
        [] => format!("it has none yet: {add}"),
        codes => format!("it has {}", listed(codes, LISTED_MAX)),
    }
}

/// An investment as it is, or will be, with the sum of its committed lines.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    pub(super) investment: Investment,
    pub(super) committed: Number,
}

/// All investments of the hub by id, as they are or will be.
pub(super) type Sums = BTreeMap<RecordId, Sum>;

pub(super) fn sums(held: &Held) -> Sums {
    let kept = held.all.iter().map(|one| {
        let sum = Sum {
            investment: one.investment.clone(),
            committed: one.committed(),
        };
        (one.record.id, sum)
    });
    kept.collect()
}

/// The amounts of the parts of each investment that are taken off it: those that are committed or
/// ended, and of its kind and currency.
pub(super) fn taken(sums: &Sums) -> BTreeMap<RecordId, Number> {
    let mut named: BTreeMap<String, RecordId> = BTreeMap::new();
    for (id, one) in sums {
        named.insert(id.to_string(), *id);
        named.extend(one.investment.identifier.clone().map(|name| (name, *id)));
    }
    let mut taken = BTreeMap::new();
    for (id, part) in sums {
        let part = &part.investment;
        let parent = part
            .part_of
            .as_ref()
            .and_then(|name| named.get(name.trim()));
        let Some(parent) = parent.filter(|parent| *parent != id) else {
            continue;
        };
        let of = &sums[parent].investment;
        let counts = matches!(
            part.status,
            InvestmentStatus::Committed | InvestmentStatus::Ended
        );
        let alike = part.kind == of.kind && part.currency == of.currency;
        if let (true, true, Some(amount)) = (counts, alike, part.amount) {
            let sum = taken.entry(*parent).or_insert(Number::ZERO);
            *sum += amount;
        }
    }
    taken
}

/// By how much the parts and committed lines of investments are more than their amounts.
fn exceeding(sums: &Sums) -> BTreeMap<RecordId, Number> {
    let taken = taken(sums);
    let over = sums.iter().filter_map(|(id, one)| {
        let amount = one.investment.amount?;
        let parts = taken.get(id).copied().unwrap_or(Number::ZERO);
        let over = parts + one.committed - amount;
        (over > Number::ZERO).then_some((*id, over))
    });
    over.collect()
}

/// The investments of which more is given away than before a change, and than they have, each with
/// the problem in words.
pub(super) fn overdrawn(before: &Sums, after: &Sums) -> Vec<(RecordId, String)> {
    let earlier = exceeding(before);
    let over = exceeding(after).into_iter();
    let worse = over.filter(|(id, by)| earlier.get(id).is_none_or(|earlier| by > earlier));
    worse
        .map(|(id, by)| {
            let one = &after[&id].investment;
            let amount = one.amount.map(Number::grouped).unwrap_or_default();
            let text = format!(
                "the parts and committed lines of \"{}\" would be {} {} more than its amount of \
                 {amount}: correct one of them",
                one.title,
                one.currency,
                by.grouped()
            );
            (id, text)
        })
        .collect()
}
