//! Work and words of locations about an indicator: the initiatives of outcomes that name it, and
//! the insights that name these.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::schema::RecordKind,
};

use super::super::{
    insights::Heard,
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
        let codes = insights.chain(initiatives);
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

/// Beside the chart.
const INSIGHTS_MAX: usize = 4;
const INITIATIVES_MAX: usize = 12;
