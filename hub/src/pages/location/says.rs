//! The location's own words: what it says for itself, and what matters to it. Only what it shared
//! with the network is here.

use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::{
        indicator::Definition,
        number::Number,
        plan::{Actor, OpportunityState, Priority as Word, Tie},
        profile::AdoptionStatus,
        schema::RecordKind,
    },
    period::{Date, Period, day_words},
    rollup::Network,
    seen::{Matter, Priority, Saying},
    text::capital,
};

use super::super::words::Measure;
use crate::app::SharedRecord;

/// The location's own priority, if it names the outcome as one.
fn priority(outcome: &SharedRecord) -> Option<Priority> {
    let named = outcome.text("priority").parse::<Word>().ok()?;
    let by = match outcome.text("by") {
        "" => String::new(),
        by => format!(", decided by {by}"),
    };
    Some(Priority {
        words: capital(named.label()) + &by,
        why: outcome.text("why").to_owned(),
    })
}

/// The indicators that a location does not report, each with its reason.
pub(super) fn declined(
    network: &Network,
    code: &LocationCode,
    definitions: &[Definition],
) -> Vec<(String, String)> {
    let Some(member) = network.member(code) else {
        return Vec::new();
    };
    let declined = definitions.iter().filter_map(|one| {
        let adoption = member.adoptions.get(&one.code)?;
        let is_declined = adoption.status == AdoptionStatus::Declined;
        is_declined.then(|| {
            (
                one.name.clone(),
                adoption.reason.clone().unwrap_or_default(),
            )
        })
    });
    declined.collect()
}

/// Opportunities, ties with partners, and reasons for not taking part.
pub(super) fn sayings(plan: &[SharedRecord], declined: &[(String, String)]) -> Vec<Saying> {
    let of_kind = |kind: RecordKind| plan.iter().filter(move |one| one.kind == kind.word());
    let opportunities = of_kind(RecordKind::Opportunity).map(|one| {
        let who = one.text("who").parse::<Actor>().ok();
        let who = who.map(|who| format!("{} could act", who.label()));
        let state = one.text("state").parse::<OpportunityState>().ok();
        let parts = [who, state.map(|state| state.label().to_owned())];
        Saying {
            what: one.title.clone(),
            words: one.text("description").to_owned(),
            meta: joined(
                ["an opportunity".to_owned()]
                    .into_iter()
                    .chain(parts.into_iter().flatten()),
            ),
        }
    });
    let ties = of_kind(RecordKind::Relationship).filter_map(|one| {
        let on = one.text("on").parse::<Date>().ok();
        let on = on.map(|on| format!("as at {}", day_words(on)));
        Some(Saying {
            what: tie(one, plan)?,
            words: one.text("note").to_owned(),
            meta: joined(["a tie".to_owned()].into_iter().chain(on)),
        })
    });
    let declined = declined.iter().map(|(name, reason)| Saying {
        what: format!("{name}: not reported here"),
        words: match reason.is_empty() {
            true => "No reason is given.".to_owned(),
            false => format!("“{reason}”"),
        },
        meta: String::new(),
    });
    opportunities.chain(ties).chain(declined).collect()
}

/// Names a tie by its partner, which has a name while a tie has none.
fn tie(one: &SharedRecord, plan: &[SharedRecord]) -> Option<String> {
    let mut partners = plan
        .iter()
        .filter(|one| one.kind == RecordKind::Partner.word());
    let partner = partners.find(|partner| partner.id == one.text("partner"))?;
    let tie = one.text("tie").parse::<Tie>().ok()?;
    Some(format!("{}: {}", partner.title, tie.label()))
}

/// Names a target by its indicator and its value: "Regular smokers: 15.0 % by 2028".
fn target(one: &SharedRecord, definitions: &[Definition]) -> Option<String> {
    let code = one.text("indicator").parse::<IndicatorCode>().ok()?;
    let value = one.text("value").parse::<Number>().ok()?;
    let definition = definitions.iter().find(|one| one.code == code);
    let name = definition.map_or_else(|| code.to_string(), |one| one.name.clone());
    let value = match definition {
        Some(definition) => Measure::of(definition).shown(value),
        None => value.grouped(),
    };
    let period = one.text("period").parse::<Period>().ok();
    let by = period.map_or_else(String::new, |one| format!(" by {}", one.words()));
    Some(format!("{name}: {value}{by}"))
}

/// The title of a record. A tie and a target have no name of their own, so they have that of what
/// they are about.
pub(super) fn title(
    one: &SharedRecord,
    plan: &[SharedRecord],
    definitions: &[Definition],
) -> String {
    let is = |kind: RecordKind| one.kind == kind.word();
    let named = if is(RecordKind::Relationship) {
        tie(one, plan)
    } else if is(RecordKind::Target) {
        target(one, definitions)
    } else {
        None
    };
    named.unwrap_or_else(|| one.title.clone())
}

/// Its own outcomes and its own targets.
pub(super) fn matters(
    plan: &[SharedRecord],
    definitions: &[Definition],
    today: Date,
) -> Vec<Matter> {
    let of_kind = |kind: RecordKind| plan.iter().filter(move |one| one.kind == kind.word());
    let outcomes = of_kind(RecordKind::Outcome).map(|one| Matter {
        what: one.title.clone(),
        priority: priority(one),
        words: one.text("description").to_owned(),
        meta: match one.text("population") {
            "" => String::new(),
            population => format!("for {population}"),
        },
    });
    let targets = of_kind(RecordKind::Target).filter_map(|one| {
        let period = one.text("period").parse::<Period>().ok();
        let passed = period.is_some_and(|period| period.end() < today);
        let parts = [
            Some("its own target".to_owned()),
            Some(one.text("breakdown").to_owned()).filter(|text| !text.is_empty()),
            Some(one.text("area").to_owned()).filter(|text| !text.is_empty()),
            passed.then(|| "its date has passed".to_owned()),
        ];
        Some(Matter {
            what: target(one, definitions)?,
            priority: None,
            words: one.text("why").to_owned(),
            meta: joined(parts.into_iter().flatten()),
        })
    });
    outcomes.chain(targets).collect()
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" · ")
}
