//! Checks before the hub's money is written: the codes that it names, and that no investment gives
//! away more than it has.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use weft_shared::{
    id::{LocationCode, RecordId},
    model::{
        investment::{Investment, places},
        number::Number,
        outcome::{JOINED_BY, OutcomeRef},
        places::Places,
        record::{FieldValue, Fields},
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

    /// The problems with the codes that fields of a form name, as far as they can be read.
    pub(super) fn problems_of(&self, fields: &Fields, names: (&str, &str)) -> Vec<String> {
        let members = |name: &str| match fields.get(name) {
            Some(FieldValue::Set(members)) => members.iter().map(String::as_str).collect(),
            Some(FieldValue::Text(text)) => text.split([JOINED_BY, ';']).collect(),
            None => Vec::new(),
        };
        let outcomes = members(names.1).into_iter();
        let outcomes = outcomes.filter_map(|text| text.trim().parse().ok());
        let places = places(members(names.0).into_iter().map(str::trim));
        self.problems(names, &places, &outcomes.collect())
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
                    there_are(&there, "locations", "weft-hub location add")
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
                there_are(&there, "outcomes", "weft-hub outcome add CODE --name TEXT",)
            ));
        }
        problems
    }
}

fn there_are(codes: &[impl std::fmt::Display], what: &str, add: &str) -> String {
    match codes {
        [] => format!("it has none yet: {add}"),
        codes => format!("its {what} are {}", listed(codes, LISTED_MAX)),
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
    let mut taken = BTreeMap::new();
    for (part, whole) in wholes(sums)
        .into_iter()
        .filter(|(part, whole)| part != whole)
    {
        let part = &sums[&part].investment;
        if let Some(amount) = part.takes_off(&sums[&whole].investment) {
            let sum = taken.entry(whole).or_insert(Number::ZERO);
            *sum += amount;
        }
    }
    taken
}

/// The investment that each part is a part of, by id or identifier.
fn wholes(sums: &Sums) -> BTreeMap<RecordId, RecordId> {
    let mut named: BTreeMap<String, RecordId> = BTreeMap::new();
    for (id, one) in sums {
        named.insert(id.to_string(), *id);
        named.extend(one.investment.identifier.clone().map(|name| (name, *id)));
    }
    let wholes = sums.iter().filter_map(|(id, part)| {
        let name = part.investment.part_of.as_ref()?;
        Some((*id, *named.get(name.trim())?))
    });
    wholes.collect()
}

/// The investments that a change makes parts of themselves, each with the problem in words.
pub(super) fn rings(before: &Sums, after: &Sums) -> Vec<(RecordId, String)> {
    let earlier = ringed(&wholes(before));
    let ringed = ringed(&wholes(after)).into_iter();
    let rings = ringed.filter(|(id, _)| !earlier.contains_key(id));
    rings
        .map(|(id, through)| {
            let whole = &after[&through].investment.title;
            let text = match through == id {
                true => "part_of: it is a part of itself: leave it out".to_owned(),
                false => format!(
                    "part_of: \"{whole}\" is a part of this one, directly or by others: correct \
                     one of them"
                ),
            };
            (id, text)
        })
        .collect()
}

/// The investments that are parts of themselves, each with the one that it names as its whole.
fn ringed(wholes: &BTreeMap<RecordId, RecordId>) -> BTreeMap<RecordId, RecordId> {
    let is_ringed = |id: &RecordId| {
        let way = iter::successors(wholes.get(id), |here| wholes.get(here));
        // A way into a ring of others never ends.
        way.take(wholes.len()).any(|here| here == id)
    };
    let ringed = wholes.iter().filter(|(id, _)| is_ringed(id));
    ringed.map(|(id, whole)| (*id, *whole)).collect()
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
