//! Published figures beside what locations state of the same.

use std::collections::BTreeSet;

use super::Fact;
use crate::{
    id::{AreaCode, IndicatorCode, LocationId},
    model::observation::Breakdown,
};

/// Leaves the facts of a slice that count: what a location states of an area stands beside a
/// published figure of it, and is not added to it.
#[must_use]
pub fn published_first(facts: &[Fact]) -> Vec<Fact> {
    type Same = (LocationId, IndicatorCode, AreaCode, Breakdown);
    let same = |fact: &Fact| -> Same {
        let key = &fact.key;
        let part = key.breakdown.folded();
        (fact.location, key.indicator.clone(), key.area.clone(), part)
    };
    let is_published = |fact: &Fact| fact.stated.iter().any(|one| one.published.is_some());
    let published: BTreeSet<Same> = facts
        .iter()
        .filter(|one| is_published(one))
        .map(same)
        .collect();
    let counts = |fact: &&Fact| is_published(fact) || !published.contains(&same(fact));
    facts.iter().filter(counts).cloned().collect()
}
