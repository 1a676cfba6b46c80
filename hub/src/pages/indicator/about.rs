//! Work and words of locations about an indicator: the initiatives of outcomes that name it, and
//! the insights that name these.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::{plan::ActionState, schema::RecordKind},
    period::day_words,
};

use super::super::{
    agenda::places,
    insights::Heard,
    learning::whose,
    shifted::chip,
    words::{in_lists, shortened},
};
use crate::app::{AppError, Counted, OfLocations, SharedRecord, Unrecorded};

/// The words beside the chart.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    pub(super) insights: Vec<Heard>,
    /// Insights that are not shown.
    pub(super) more_insights: usize,
    pub(super) initiatives: Vec<Doing>,
    pub(super) more_initiatives: usize,
    /// Actions of these initiatives that are not done, by their due day.
    pub(super) actions: Vec<Action>,
    pub(super) more_actions: usize,
    /// The latest reviews that looked into it.
    pub(super) reviews: Vec<Reviewed>,
}

/// Something that will be done, and where.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub(super) location: String,
    pub(super) what: String,
    /// When it is due, and how far it has come.
    pub(super) meta: String,
}

/// A review: whose it is, and what was decided.
#[derive(Clone, Debug)]
pub(super) struct Reviewed {
    /// The location; none for the national team's.
    pub(super) location: Option<String>,
    pub(super) story: String,
    pub(super) decided: String,
    pub(super) meta: String,
}

/// An initiative, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Doing {
    pub(super) location: String,
    pub(super) name: String,
    /// The drawing of its status and the word.
    pub(super) status: (String, String),
    pub(super) place: String,
}

impl OfLocations for About {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let insights = self.insights.iter().map(|one| &one.location);
        let initiatives = self.initiatives.iter().map(|one| &one.location);
        let actions = self.actions.iter().map(|one| &one.location);
        let reviews = self.reviews.iter().filter_map(|one| one.location.as_ref());
        let codes = insights.chain(initiatives).chain(actions).chain(reviews);
        codes.filter_map(|code| code.parse().ok()).collect()
    }
}

impl About {
    /// Reads what names the indicator, newest first.
    pub(super) fn read(
        at: &Counted<'_>,
        indicator: &IndicatorCode,
    ) -> Result<Unrecorded<Self>, AppError> {
        let plan = at.plan(None)?.unshown();
        let mut names = at.places();
        shortened(names.values_mut().map(|place| &mut place.name));
        let name = |code: &str| {
            let place = code
                .parse::<LocationCode>()
                .ok()
                .and_then(|code| names.get(&code));
            place.map_or_else(|| code.to_owned(), |place| place.name.clone())
        };
        let of_kind = |kind: RecordKind| plan.iter().filter(move |one| one.kind == kind.word());
        let outcomes: BTreeSet<(&str, &str)> = of_kind(RecordKind::Outcome)
            .filter(|one| {
                one.members("indicators")
                    .any(|code| code == indicator.as_str())
            })
            .map(|one| (one.location.as_str(), one.id.as_str()))
            .collect();
        let initiatives: Vec<&SharedRecord> = of_kind(RecordKind::Initiative)
            .filter(|one| {
                let mut of = one.members("outcomes");
                of.any(|outcome| outcomes.contains(&(one.location.as_str(), outcome)))
            })
            .collect();
        let named: BTreeMap<(&str, &str), ()> = initiatives
            .iter()
            .map(|one| ((one.location.as_str(), one.id.as_str()), ()))
            .collect();
        let actions = actions(&plan, |one| {
            named.contains_key(&(one.location.as_str(), one.text("initiative")))
        });
        let mut insights = match named.is_empty() {
            true => Vec::new(),
            false => at.insights(None)?.unshown(),
        };
        insights.retain(|one| {
            let mut of = one.members("initiatives");
            one.words.is_some()
                && of.any(|initiative| named.contains_key(&(one.location.as_str(), initiative)))
        });
        let (locations, zone) = (in_lists(at.locations()?), at.zone());
        insights.sort_by_cached_key(|one| std::cmp::Reverse(Heard::day(one, &zone)));
        let about = Self {
            more_insights: insights.len().saturating_sub(INSIGHTS_MAX),
            more_initiatives: initiatives.len().saturating_sub(INITIATIVES_MAX),
            more_actions: actions.len().saturating_sub(ACTIONS_MAX),
            actions: actions
                .iter()
                .take(ACTIONS_MAX)
                .map(|one| Action::of(one, name(&one.location)))
                .collect(),
            reviews: reviews(at, indicator)?,
            insights: insights
                .iter()
                .take(INSIGHTS_MAX)
                .map(|one| Heard::of(one, &locations, &zone))
                .collect(),
            initiatives: initiatives
                .iter()
                .take(INITIATIVES_MAX)
                .map(|one| Doing {
                    location: one.location.clone(),
                    name: one.title.clone(),
                    status: chip(one.text("status")),
                    place: name(&one.location),
                })
                .collect(),
        };
        Ok(Unrecorded::new(about))
    }
}

/// The actions that `of` takes and that are not done, by their due day; those without one last.
fn actions(plan: &[SharedRecord], of: impl Fn(&SharedRecord) -> bool) -> Vec<&SharedRecord> {
    let mut actions: Vec<&SharedRecord> = plan
        .iter()
        .filter(|one| one.kind == RecordKind::Action.word() && of(one))
        .filter(|one| !["done", "dropped"].contains(&one.text("state")))
        .collect();
    actions.sort_by_key(|one| (one.text("due").is_empty(), one.text("due"), &one.location));
    actions
}

impl Action {
    fn of(record: &SharedRecord, place: String) -> Self {
        let due = match record.text("due").parse() {
            Ok(day) => format!("due {}", day_words(day)),
            Err(_) => "no day stated".to_owned(),
        };
        let state = match record.text("state").parse::<ActionState>() {
            Ok(state) => format!(" · {}", state.label()),
            Err(_) => String::new(),
        };
        Self {
            location: record.location.clone(),
            what: record.title.clone(),
            meta: format!("{place} · {due}{state}"),
        }
    }
}

/// The latest reviews that name the indicator.
fn reviews(at: &Counted<'_>, indicator: &IndicatorCode) -> Result<Vec<Reviewed>, AppError> {
    let all = at.learnt()?.unshown().reviews;
    let places = places(at);
    let of = all
        .iter()
        .filter(|one| one.text("indicator") == indicator.as_str());
    let reviews = of.take(REVIEWS_MAX).map(|one| {
        let held = one.on().map(|on| format!(" · {}", day_words(on)));
        Reviewed {
            location: one.location.as_ref().map(ToString::to_string),
            story: one.text("story").to_owned(),
            decided: one.text("decided").to_owned(),
            meta: format!("{}{}", whose(one, &places), held.unwrap_or_default()),
        }
    });
    Ok(reviews.collect())
}

/// Beside the chart.
const ACTIONS_MAX: usize = 8;
const REVIEWS_MAX: usize = 3;
const INSIGHTS_MAX: usize = 4;
const INITIATIVES_MAX: usize = 12;
