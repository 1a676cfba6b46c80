//! The reporting calendar of an indicator: which periods are due, by which day, and late since
//! when.
//!
//! It comes from the settings `due_days` and `reported_from`. An indicator without both has none:
//! nothing of it is ever late. It is meant for what a location alone can know, its own
//! observations; figures that an office published are due from no one.

use super::{Settings, Versions};
use crate::period::{Date, Period};

/// Maximum number of periods that are due at once: the newest ones.
pub const DUE_PERIODS_MAX: usize = 240;

/// A period whose figures are due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Due {
    /// The period.
    pub period: Period,
    /// The last day on which its figures are on time.
    pub by: Date,
}

impl Due {
    /// Whether its figures are late on `today`.
    #[must_use]
    pub fn is_late(self, today: Date) -> bool {
        self.by < today
    }

    /// The first day on which its figures are late.
    #[must_use]
    pub fn late_since(self) -> Date {
        self.by.tomorrow().unwrap_or(self.by)
    }
}

impl Versions {
    /// The day by which figures of `period` are due; `None` if it is not reported, or nothing says
    /// when it is due.
    ///
    /// The settings are those of the version that holds for the period, and of the one before it
    /// where that has none.
    #[must_use]
    pub fn due(&self, period: Period) -> Option<Due> {
        let holding = self.holding(period, u32::MAX)?;
        if period.frequency() != holding.period {
            return None;
        }
        let settings = || {
            let of_version = self.iter().rev();
            let of_version = of_version.filter(|(one, _)| one.version <= holding.version);
            of_version.map(|(_, settings)| settings)
        };
        let first = settings().find_map(|one| one.reported_from)?;
        let days = settings().find_map(|one| one.due_days)?;
        if period.start() < first.start() {
            return None;
        }
        let days = jiff::Span::new().try_days(i64::from(days)).ok()?;
        let by = period.end().checked_add(days).ok()?;
        Some(Due { period, by })
    }

    /// The periods that have ended before `today` and are reported, oldest first: the newest
    /// [`DUE_PERIODS_MAX`] of them. The figures of the last ones may not be late yet.
    #[must_use]
    pub fn due_periods(&self, today: Date) -> Vec<Due> {
        let first = |settings: &Settings| settings.reported_from;
        let first = self.iter().filter_map(|(_, settings)| first(settings));
        let Some(first) = first.min_by_key(|period| period.start()) else {
            return Vec::new();
        };
        let mut due = std::collections::VecDeque::new();
        let mut next = Some(first);
        while let Some(period) = next.filter(|period| period.end() < today) {
            due.extend(self.due(period));
            if due.len() > DUE_PERIODS_MAX {
                due.pop_front();
            }
            next = period.next();
        }
        due.into()
    }

    /// Whether figures of `period` are late on `today`.
    #[must_use]
    pub fn is_late(&self, period: Period, today: Date) -> bool {
        self.due(period).is_some_and(|due| due.is_late(today))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::indicator::{Definition, definitions_from_toml};

    /// A version, its valid_from, due_days and reported_from.
    type Set<'a> = (u32, Option<&'a str>, Option<u16>, Option<&'a str>);

    fn versions(period: &str, settings: &[Set<'_>]) -> Versions {
        let text = format!(
            "[[indicator]]\ncode = \"WALKS\"\nversion = 1\nname = \"Walks\"\ntype = \"count\"\n\
             unit = \"walks\"\nnumerator = \"walks\"\nperiod = \"{period}\"\ndirection = \"up\"\n\
             accountability = \"performance\"\nclass = \"how_much\"\nrollup = \"sum\"\n\
             person_level = false\n"
        );
        let one = definitions_from_toml(&text).unwrap().remove(0);
        let mut definitions: Vec<Definition> = Vec::new();
        let mut all = BTreeMap::new();
        for (version, from, due_days, reported_from) in settings {
            let definition = Definition {
                version: *version,
                ..one.clone()
            };
            let settings = Settings {
                valid_from: from.map(|text| text.parse().unwrap()),
                due_days: *due_days,
                reported_from: reported_from.map(|text| text.parse().unwrap()),
                ..Settings::default()
            };
            all.insert(definition.key(), settings);
            definitions.push(definition);
        }
        Versions::by_code(definitions, &all)
            .into_values()
            .next()
            .unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn periods_are_due_from_their_end_and_late_after_the_last_day() {
        for (period, first, one, by, late) in [
            ("month", "2023-11", "2024-02", "2024-03-10", "2024-03-11"),
            ("month", "2023-11", "2023-12", "2024-01-10", "2024-01-11"),
            ("quarter", "2023-Q1", "2023-Q4", "2024-01-10", "2024-01-11"),
            ("year", "2020", "2023", "2024-01-10", "2024-01-11"),
            (
                "fiscal_year",
                "FY2020",
                "FY2024",
                "2024-07-10",
                "2024-07-11",
            ),
            ("week", "2024-W01", "2024-W08", "2024-03-06", "2024-03-07"),
        ] {
            let versions = versions(period, &[(1, None, Some(10), Some(first))]);
            let due = versions.due(one.parse().unwrap()).unwrap();
            assert_eq!((due.by, due.late_since()), (day(by), day(late)), "{one}");
            assert!(!due.is_late(day(by)) && due.is_late(day(late)), "{one}");
        }
    }

    #[test]
    fn a_period_counts_from_the_day_after_its_end() {
        let versions = versions("month", &[(1, None, Some(0), Some("2023-12"))]);
        let periods = |today: &str| {
            let due = versions.due_periods(day(today));
            due.iter()
                .map(|one| one.period.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(periods("2024-02-29"), ["2023-12", "2024-01"]);
        assert_eq!(periods("2024-03-01"), ["2023-12", "2024-01", "2024-02"]);
        assert!(periods("2023-12-31").is_empty());
        // The last day of a month is not late yet, with no days after it.
        assert!(!versions.is_late("2024-02".parse().unwrap(), day("2024-02-29")));
        assert!(versions.is_late("2024-02".parse().unwrap(), day("2024-03-01")));
    }

    #[test]
    fn nothing_is_due_without_both_settings_or_before_the_first_period() {
        let today = day("2024-06-01");
        assert!(
            versions("month", &[(1, None, Some(9), None)])
                .due_periods(today)
                .is_empty()
        );
        assert!(
            versions("month", &[(1, None, None, Some("2024-01"))])
                .due_periods(today)
                .is_empty()
        );
        let from = versions("month", &[(1, None, Some(9), Some("2024-03"))]);
        assert_eq!(from.due("2024-02".parse().unwrap()), None);
        assert_eq!(
            from.due("2024".parse().unwrap()),
            None,
            "another kind of period"
        );
        let endless = versions("week", &[(1, None, Some(9), Some("1900-W01"))]);
        let due = endless.due_periods(today);
        assert_eq!(due.len(), DUE_PERIODS_MAX);
        assert_eq!(due.last().unwrap().period.to_string(), "2024-W21");
    }

    #[test]
    fn a_version_without_a_setting_has_that_of_the_one_before() {
        let versions = versions(
            "year",
            &[
                (1, None, Some(30), Some("2020")),
                (2, Some("2023"), Some(60), None),
            ],
        );
        let by = |period: &str| versions.due(period.parse().unwrap()).unwrap().by;
        assert_eq!(by("2022"), day("2023-01-30"));
        assert_eq!(by("2023"), day("2024-02-29"));
    }
}
