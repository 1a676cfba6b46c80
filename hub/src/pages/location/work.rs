//! The work of a location: its initiatives, with what they are for and how far they have come.

use std::collections::BTreeMap;

use weft_shared::{
    model::{plan::ActionState, schema::RecordKind},
    period::Date,
    seen::Doing,
    text::{counted, listed},
};

use super::super::shifted::status;
use crate::app::SharedRecord;

/// The initiatives of a plan, in the plan's order.
pub(super) fn doing(plan: &[SharedRecord], today: Date) -> Vec<Doing> {
    let titles: BTreeMap<&str, &str> = plan
        .iter()
        .map(|one| (one.id.as_str(), one.title.as_str()))
        .collect();
    let of_kind = |kind: RecordKind| plan.iter().filter(move |one| one.kind == kind.word());
    let doing = of_kind(RecordKind::Initiative).map(|one| {
        let named = |set: &str| {
            let titles = one.members(set).filter_map(|id| titles.get(id));
            titles.copied().collect::<Vec<&str>>()
        };
        let (outcomes, partners) = (named("outcomes"), named("partners"));
        let actions = of_kind(RecordKind::Action);
        let actions: Vec<&SharedRecord> = actions
            .filter(|action| action.text("initiative") == one.id)
            .collect();
        let parts = [
            (!outcomes.is_empty()).then(|| format!("towards: {}", listed(&outcomes, NAMES_MAX))),
            counted_actions(&actions, today),
            Some(one.text("setting").to_owned()).filter(|text| !text.is_empty()),
            (!partners.is_empty()).then(|| format!("with {}", listed(&partners, NAMES_MAX))),
        ];
        Doing {
            name: one.title.clone(),
            status: status(one.text("status")),
            description: one.text("description").to_owned(),
            meta: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        }
    });
    doing.collect()
}

/// "3 actions, 1 overdue"; none if there are none.
fn counted_actions(actions: &[&SharedRecord], today: Date) -> Option<String> {
    let is_over = |one: &SharedRecord| {
        let state = one.text("state");
        state == ActionState::Done.word() || state == ActionState::Dropped.word()
    };
    let overdue = actions.iter().filter(|one| {
        let due = one.text("due").parse::<Date>();
        !is_over(one) && due.is_ok_and(|due| due < today)
    });
    let all = (!actions.is_empty()).then(|| counted(actions.len(), "action", "actions"))?;
    Some(match overdue.count() {
        0 => all,
        overdue => format!("{all}, {overdue} overdue"),
    })
}

/// Outcomes or partners that are named of one initiative.
const NAMES_MAX: usize = 3;
