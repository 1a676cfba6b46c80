//! Figures of past periods that locations have not stated and are late with, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::{CellKey, Fact, Level, coverage::Reason, network::Network};
use crate::{
    id::{AreaCode, IndicatorCode, LocationCode},
    model::{indicator::Due, observation::Breakdown},
    period::Period,
};

/// A period of which a location said nothing, though its figures are late.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsaid {
    /// The location.
    pub location: LocationCode,
    /// The indicator.
    pub indicator: IndicatorCode,
    /// The period, and the day by which its figures were due.
    pub due: Due,
    /// The areas that are missing.
    pub areas: Vec<AreaCode>,
    /// Number of areas that the location has in the period.
    pub n_areas: usize,
    /// Why they are missing, in the words of coverage.
    pub why: Reason,
}

impl Unsaid {
    /// Whether the location takes part, so that it is late; one that has not adopted the indicator,
    /// or declined it, is missing without being late.
    #[must_use]
    pub const fn is_late(&self) -> bool {
        matches!(self.why, Reason::NotReported | Reason::NotSynced(_))
    }
}

/// Returns, for one indicator, what each location that counts has not said of late periods, by
/// location and period. `facts` are all of the indicator's, of any part of the population: a period
/// counts as said once anything stands about it, also that nothing was collected.
#[must_use]
pub fn unsaid<'a>(
    indicator: &IndicatorCode,
    facts: impl IntoIterator<Item = &'a Fact>,
    network: &Network,
) -> Vec<Unsaid> {
    let late = network.late_periods(indicator);
    let mut said: BTreeMap<&LocationCode, BTreeSet<(Period, &AreaCode)>> = BTreeMap::new();
    for fact in facts {
        let stands = fact.stated.iter().any(|one| !one.statement.is_retraction());
        if let Some(member) = network.expected_member(&fact.location).filter(|_| stands) {
            let of_member = said.entry(&member.code).or_default();
            of_member.insert((fact.key.period, &fact.key.area));
        }
    }
    let mut unsaid = Vec::new();
    for member in network.expected() {
        let of_member = said.remove(&member.code).unwrap_or_default();
        let key = |period: Period| CellKey {
            indicator: indicator.clone(),
            period,
            breakdown: Breakdown::Total,
            level: Level::Location(member.code.clone()),
        };
        for due in &late {
            let areas = member.areas_in(due.period);
            let n_areas = areas.len();
            let areas: Vec<AreaCode> = areas
                .into_iter()
                .map(|(area, _)| area)
                .filter(|area| !of_member.contains(&(due.period, area)))
                .collect();
            if !areas.is_empty() {
                unsaid.push(Unsaid {
                    location: member.code.clone(),
                    indicator: indicator.clone(),
                    due: *due,
                    areas,
                    n_areas,
                    why: Reason::of_silence(member, &key(due.period), network),
                });
            }
        }
    }
    unsaid
}
