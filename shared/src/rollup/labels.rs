//! The spelling of a breakdown that is shown for all spellings of the same label.

use std::collections::BTreeMap;

use super::{Fact, Network, Slice};
use crate::{id::IndicatorCode, model::observation::Breakdown};

/// The spelling shown for breakdowns with the same label: that of the newest version of the
/// definition that names it, or else the first in code point order. `None` if there is no spelling.
pub fn shown<'a>(
    indicator: &IndicatorCode,
    spellings: impl IntoIterator<Item = &'a Breakdown>,
    network: &Network,
) -> Option<Breakdown> {
    let first = spellings.into_iter().min()?;
    let versions = network.versions(indicator).into_iter();
    let versions = versions.flat_map(|all| all.iter().rev().map(|(definition, _)| definition));
    let mut spelled = versions.filter_map(|definition| definition.spelled(first));
    Some(spelled.next().unwrap_or_else(|| first.clone()))
}

/// Groups facts by slice, with all spellings of a label together.
pub(super) fn slices<'a>(facts: &'a [Fact], network: &Network) -> BTreeMap<Slice, Vec<&'a Fact>> {
    let mut labels: BTreeMap<(&IndicatorCode, Breakdown), Vec<&Fact>> = BTreeMap::new();
    for fact in facts {
        let label = (&fact.key.indicator, fact.key.breakdown.folded());
        labels.entry(label).or_default().push(fact);
    }
    let mut slices: BTreeMap<Slice, Vec<&Fact>> = BTreeMap::new();
    for ((indicator, _), facts) in labels {
        let spellings = facts.iter().map(|fact| &fact.key.breakdown);
        let Some(breakdown) = shown(indicator, spellings, network) else {
            continue;
        };
        for fact in facts {
            let slice = Slice {
                breakdown: breakdown.clone(),
                ..Slice::of(&fact.key)
            };
            slices.entry(slice).or_default().push(fact);
        }
    }
    slices
}
