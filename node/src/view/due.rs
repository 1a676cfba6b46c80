//! Periods that this location is to report by the calendars of its indicators, and is late with.

use std::collections::BTreeMap;

use weft_shared::{
    id::{AreaCode, IndicatorCode},
    model::{
        indicator::Due,
        observation::ObservationKey,
        plan::ActionState,
        record::Record,
        schema::{DocKind, RecordKind},
    },
    period::{Date, Period},
    rollup::network::areas_in,
    time::Timestamp,
};

use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// A period that is due and of which nothing stands here for some of our areas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DueRow {
    pub(crate) indicator: IndicatorCode,
    pub(crate) name: String,
    pub(crate) due: Due,
    /// The areas of which nothing is entered.
    pub(crate) areas: Vec<AreaCode>,
    /// Whether the last day has passed.
    pub(crate) is_late: bool,
}

/// Late periods of one indicator, in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LateLine {
    pub(crate) indicator: IndicatorCode,
    pub(crate) name: String,
    /// The late periods, oldest first.
    pub(crate) periods: Vec<Due>,
}

impl LateLine {
    /// Says what is late: `Example: walks (WALKS): 2024-01 to 2024-03, late since 2024-02-11`.
    pub(crate) fn words(&self) -> String {
        let Some(first) = self.periods.first() else {
            return String::new();
        };
        let periods: Vec<Period> = self.periods.iter().map(|due| due.period).collect();
        let which = match periods.len() {
            1 | 2 => which(&periods, |period| period.to_string()),
            many => {
                let ends = which(&periods, |period| period.to_string());
                format!("{many} periods {ends}")
            }
        };
        let since = first.late_since();
        format!(
            "{} ({}): {which}, late since {since}",
            self.name, self.indicator
        )
    }
}

/// Names periods: one, both of two, and of more the ends. Only those without a gap go "from" one
/// "to" the other.
pub(crate) fn which(periods: &[Period], name: impl Fn(Period) -> String) -> String {
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else {
        return String::new();
    };
    let (first, last) = (name(*first), name(*last));
    let follows = |pair: &[Period]| pair[0].next() == Some(pair[1]);
    match periods.len() {
        1 => first,
        2 => format!("{first} and {last}"),
        _ if periods.windows(2).all(follows) => format!("from {first} to {last}"),
        _ => format!("between {first} and {last}"),
    }
}

impl Replica {
    /// Returns what is due of the indicators that this location adopted: periods that have ended,
    /// and of which nothing is entered for one of its areas, by indicator and period. No
    /// one owes what an office published. It needs no connection.
    pub(crate) fn due(&mut self, now: Timestamp) -> Result<Vec<DueRow>, DocumentError> {
        let today = self.zone().day(now);
        let (Some(code), Some(place)) = (self.code(), self.place()?) else {
            return Ok(Vec::new());
        };
        let published = self.published_indicators()?;
        let mut open: BTreeMap<(IndicatorCode, Period), DueRow> = BTreeMap::new();
        for row in self.indicators()? {
            if row.adopted().is_none() || published.contains(&row.definition.code) {
                continue;
            }
            for due in row.versions.due_periods(today) {
                let areas = areas_in(&code, &place, due.period).into_iter();
                let one = DueRow {
                    indicator: row.definition.code.clone(),
                    name: row.definition.name.clone(),
                    due,
                    areas: areas.map(|(area, _)| area).collect(),
                    is_late: due.is_late(today),
                };
                open.insert((one.indicator.clone(), due.period), one);
            }
        }
        if !open.is_empty() {
            self.leave_entered(&mut open)?;
        }
        open.retain(|_, row| !row.areas.is_empty());
        Ok(open.into_values().collect())
    }

    /// Returns what this location is late with, a line for each indicator.
    pub(crate) fn late(&mut self, now: Timestamp) -> Result<Vec<LateLine>, DocumentError> {
        let mut lines: Vec<LateLine> = Vec::new();
        for row in self.due(now)?.into_iter().filter(|row| row.is_late) {
            match lines
                .last_mut()
                .filter(|line| line.indicator == row.indicator)
            {
                Some(line) => line.periods.push(row.due),
                None => lines.push(LateLine {
                    indicator: row.indicator,
                    name: row.name,
                    periods: vec![row.due],
                }),
            }
        }
        Ok(lines)
    }

    /// Returns the number of indicators with periods that are late. It is counted once for each day
    /// and state of the documents.
    pub(crate) fn late_count(&mut self, now: Timestamp) -> Result<u64, DocumentError> {
        let today = self.zone().day(now);
        if let Some(count) = self.late_counted(today) {
            return Ok(count);
        }
        let count = self.late(now)?.len() as u64;
        self.count_late(today, count);
        Ok(count)
    }

    /// Returns the number of open actions whose day has passed. Counts only if something changed or
    /// the day is another one.
    pub(crate) fn overdue_count(&mut self, now: Timestamp) -> Result<u64, DocumentError> {
        let today = self.zone().day(now);
        if let Some(count) = self.overdue_counted(today) {
            return Ok(count);
        }
        let actions = self.records(RecordKind::Action)?;
        let days = actions.iter().filter_map(|row| open_until(&row.record));
        let count = days.filter(|day| *day < today).count() as u64;
        self.count_overdue(today, count);
        Ok(count)
    }

    /// Takes out the areas of which something stands. What was taken back does not.
    fn leave_entered(
        &mut self,
        open: &mut BTreeMap<(IndicatorCode, Period), DueRow>,
    ) -> Result<(), DocumentError> {
        let years: Vec<i16> = open.keys().map(|(_, one)| one.reporting_year()).collect();
        let with_values = |kind| match kind {
            DocKind::Observations(year, _) => years.contains(&year),
            other => other == DocKind::Team,
        };
        for name in self.own_documents(with_values) {
            let document = self.document(Owner::Location, &name)?;
            let keys: Vec<ObservationKey> = document.observation_keys().collect();
            for key in keys {
                let Some(row) = open.get_mut(&(key.indicator.clone(), key.period)) else {
                    continue;
                };
                let Some(at) = row.areas.iter().position(|area| *area == key.area) else {
                    continue;
                };
                let observed = document.observation(&key);
                let stands = observed.is_some_and(|one| {
                    let mut stated = one.stated.iter();
                    stated.any(|one| !one.statement.is_retraction()) || !one.unreadable.is_empty()
                });
                if stands {
                    row.areas.remove(at);
                }
            }
        }
        Ok(())
    }
}

/// Returns the day by which an open action is due, if it has one.
pub(crate) fn open_until(action: &Record) -> Option<Date> {
    let over = [ActionState::Done, ActionState::Dropped].map(ActionState::word);
    let state = action.text("state");
    let open = state.is_none_or(|state| !over.contains(&state));
    action.text("due").filter(|_| open)?.parse().ok()
}
