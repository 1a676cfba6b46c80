//! Figures that were due and did not come, by the calendars of the indicators.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::indicator::Due,
    rollup::{
        Reason,
        late::{Unsaid, unsaid},
    },
    text::counted,
};

use crate::app::{AppError, Counted, OfLocations, Unrecorded};

/// Late periods of an indicator of which a location said nothing, all for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The location.
    pub location: LocationCode,
    /// The indicator.
    pub indicator: IndicatorCode,
    /// Its name.
    pub name: String,
    /// Why they are missing, in the words of coverage.
    pub why: Reason,
    /// Whether the location takes part, and is late.
    pub is_late: bool,
    /// The periods, oldest first.
    pub periods: Vec<Due>,
}

impl Missing {
    /// Names the periods: `2024-01`, or `2024-01 to 2024-03 (3)`.
    pub fn which(&self) -> String {
        match (
            self.periods.first(),
            self.periods.last(),
            self.periods.len(),
        ) {
            (Some(first), Some(last), many @ 2..) => {
                format!("{} to {} ({many})", first.period, last.period)
            }
            (Some(only), ..) => only.period.to_string(),
            (None, ..) => String::new(),
        }
    }
}

impl OfLocations for Vec<Missing> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        // A reason for declining is the location's own words.
        let own = self
            .iter()
            .filter(|one| matches!(one.why, Reason::Declined(_)));
        own.map(|one| one.location.clone()).collect()
    }
}

impl Counted<'_> {
    /// Returns what locations have not said of late periods, with the reason, by indicator and
    /// location; of one indicator or of all.
    ///
    /// # Errors
    /// If the store fails.
    pub fn missing(
        &self,
        indicator: Option<&IndicatorCode>,
    ) -> Result<Unrecorded<Vec<Missing>>, AppError> {
        Ok(Unrecorded::new(self.all_missing(indicator)?))
    }

    /// Returns how many locations are late, in words; none if no one is.
    ///
    /// # Errors
    /// If the store fails.
    pub fn late_words(&self) -> Result<Option<String>, AppError> {
        let mut missing = self.all_missing(None)?;
        missing.retain(|one| one.is_late);
        let locations: BTreeSet<_> = missing.iter().map(|one| &one.location).collect();
        let indicators: BTreeSet<_> = missing.iter().map(|one| &one.indicator).collect();
        Ok((!missing.is_empty()).then(|| {
            format!(
                "{} late with {}: weft-hub missing",
                counted(locations.len(), "location is", "locations are"),
                counted(indicators.len(), "indicator", "indicators")
            )
        }))
    }

    fn all_missing(&self, indicator: Option<&IndicatorCode>) -> Result<Vec<Missing>, AppError> {
        let reader = self.reader()?;
        let mut found = Vec::new();
        let codes = self.network.indicators();
        let codes = codes.filter(|code| indicator.is_none_or(|wanted| wanted == *code));
        for code in codes {
            let late = self.network.late_periods(code);
            let mut facts = Vec::new();
            if late.is_empty() {
                continue;
            }
            for label in reader.labels(Some(code))? {
                for due in &late {
                    let of_period = reader.facts(&label, Some(due.period))?;
                    facts.extend(of_period.into_values().flatten());
                }
            }
            let name = self.network.newest(code).map(|one| one.name.clone());
            let name = name.unwrap_or_default();
            found.extend(grouped(unsaid(code, &facts, &self.network), &name));
        }
        Ok(found)
    }
}

/// Joins the periods of one location that are missing for one reason.
fn grouped(unsaid: Vec<Unsaid>, name: &str) -> impl Iterator<Item = Missing> {
    let mut lines: BTreeMap<(LocationCode, Reason), Missing> = BTreeMap::new();
    for one in unsaid {
        let is_late = one.is_late();
        let key = (one.location.clone(), one.why.clone());
        let line = lines.entry(key).or_insert_with(|| Missing {
            location: one.location,
            indicator: one.indicator,
            name: name.to_owned(),
            why: one.why,
            is_late,
            periods: Vec::new(),
        });
        line.periods.push(one.due);
    }
    lines.into_values()
}
