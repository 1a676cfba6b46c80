//! The facts of one slice, in the order of locations and areas.

use std::collections::BTreeMap;

use super::{Fact, Slice, Stated, coverage::Reason, network::Network};
use crate::{
    id::{AreaCode, LocationCode},
    model::observation::{Breakdown, Statement, one_of_each_figure},
};

/// The different statements of a slice by location and area, in the order of their text.
#[derive(Debug)]
pub(super) struct Found<'a>(pub(super) BTreeMap<(&'a LocationCode, &'a AreaCode), Vec<&'a Stated>>);

impl<'a> Found<'a> {
    /// Collects the facts of `slice` among `facts`, in any spelling of its breakdown. Areas that
    /// are not the location's own in that period are ignored.
    pub(super) fn of(
        slice: &Slice,
        facts: impl IntoIterator<Item = &'a Fact>,
        network: &'a Network,
    ) -> Self {
        let mut found: BTreeMap<_, Vec<&Stated>> = BTreeMap::new();
        let label = slice.breakdown.folded();
        for fact in facts.into_iter().filter(|fact| is_in(slice, &label, fact)) {
            let Some(member) = network.expected_member(&fact.location) else {
                continue;
            };
            let mut areas = member.areas_in(slice.period).into_iter();
            if areas.any(|(area, _)| area == fact.key.area) {
                let stated = found.entry((&member.code, &fact.key.area)).or_default();
                stated.extend(&fact.stated);
            }
        }
        for stated in found.values_mut().filter(|stated| stated.len() > 1) {
            settle_order(stated);
        }
        Self(found)
    }

    /// Whether the slice has rows: any location reported anything, or its figures are late.
    pub(super) fn has_rows(&self, slice: &Slice, network: &Network) -> bool {
        self.is_reported() || network.is_late(&slice.indicator, slice.period)
    }

    /// Whether any location reported anything.
    pub(super) fn is_reported(&self) -> bool {
        let mut statements = self.0.values().flatten();
        statements.any(|stated| is_report(&stated.statement))
    }
}

/// Sorts statements by their text and keeps one of each figure, the earliest of equal ones. So
/// neither the order of arrival nor repetition matters.
fn settle_order(stated: &mut Vec<&Stated>) {
    stated.sort_by_cached_key(|one| (one.statement.encode(), one.at, one.device, one.entry));
    *stated = one_of_each_figure(std::mem::take(stated), |one| &one.statement);
}

/// Whether the fact is in the slice; `label` is the slice's breakdown, folded.
fn is_in(slice: &Slice, label: &Breakdown, fact: &Fact) -> bool {
    let key = &fact.key;
    key.indicator == slice.indicator
        && key.period == slice.period
        && (key.breakdown == slice.breakdown || key.breakdown.folded() == *label)
}

/// Whether the statement reports something: a figure, or that its publisher hides one.
pub(super) fn is_report(statement: &Statement) -> bool {
    match Reason::of_statement(statement) {
        None => statement.numerator.is_some() || statement.value.is_some(),
        Some(reason) => reason == Reason::Suppressed,
    }
}
