//! Requests of locations to the national team: by when an answer is due, and whether it is late.

use crate::{period::Date, time::after_days};

/// Days that the national team has for an answer if the request names no day, unless the network
/// set another number. The summer break does not count.
pub const ANSWER_DAYS: u16 = 28;
/// Maximum number of days that a network may set.
pub const ANSWER_DAYS_MAX: u16 = 90;

/// The days that a network set, by the text of its setting; [`ANSWER_DAYS`] if it set none that
/// counts.
#[must_use]
pub fn answer_days(setting: Option<&str>) -> u16 {
    let days = setting.and_then(|text| text.parse().ok());
    days.filter(|days| (1..=ANSWER_DAYS_MAX).contains(days))
        .unwrap_or(ANSWER_DAYS)
}

/// A request, as far as its answer is a matter of days. All days are in the network's time zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Requested {
    /// The day on which the hub received its present wording.
    pub on: Date,
    /// The day by which the location needs what it asks for.
    pub needed_by: Option<Date>,
    /// The day of the answer to its present wording. "Needs time" is no such answer.
    pub answered: Option<Date>,
}

impl Requested {
    /// The last day on which an answer is in time: the day that the location named, or else `days`
    /// days after the hub received it. A day that had passed by then leaves no time to answer and
    /// counts as none: no wording is late on the day it arrives. More time that the hub takes for
    /// itself moves no day.
    #[must_use]
    pub fn due(&self, days: u16) -> Date {
        let named = self.needed_by.filter(|day| *day >= self.on);
        named.unwrap_or_else(|| after_days(self.on, days))
    }

    /// Whether it is late on `today`: an answer came after the day on which it was due, or there is
    /// none and that day has passed.
    ///
    /// ```
    /// use weft_shared::alignment::late::{ANSWER_DAYS, Requested};
    /// let asked = Requested {
    ///     on: "2026-12-10".parse().unwrap(),
    ///     needed_by: None,
    ///     answered: None,
    /// };
    /// let is_late = |today: &str| asked.is_late(ANSWER_DAYS, today.parse().unwrap());
    /// assert!(!is_late("2027-02-03"));
    /// assert!(is_late("2027-02-04"));
    /// ```
    #[must_use]
    pub fn is_late(&self, days: u16, today: Date) -> bool {
        self.answered.unwrap_or(today) > self.due(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_late_after_the_day_it_names_or_28_days_without_the_summer() {
        for (on, needed_by, answered, due, in_time, late) in [
            (
                "2026-08-01",
                "",
                "",
                "2026-08-29",
                "2026-08-29",
                "2026-08-30",
            ),
            // 9 days before the break, 19 after it.
            (
                "2026-12-10",
                "",
                "",
                "2027-02-03",
                "2027-02-03",
                "2027-02-04",
            ),
            (
                "2026-12-24",
                "",
                "",
                "2027-02-12",
                "2027-02-12",
                "2027-02-13",
            ),
            // A day that the location names counts as it is, also in the break.
            (
                "2026-12-10",
                "2026-12-28",
                "",
                "2026-12-28",
                "2026-12-28",
                "2026-12-29",
            ),
            (
                "2026-08-01",
                "2026-08-03",
                "",
                "2026-08-03",
                "2026-08-03",
                "2026-08-04",
            ),
        ] {
            let day = |text: &str| text.parse::<Date>().ok();
            let request = Requested {
                on: day(on).unwrap(),
                needed_by: day(needed_by),
                answered: day(answered),
            };
            let is_late = |today: &str| request.is_late(ANSWER_DAYS, day(today).unwrap());
            assert_eq!(request.due(ANSWER_DAYS).to_string(), due);
            assert!(!is_late(in_time) && is_late(late), "{on} {needed_by}");
            // An answer settles it for ever: in time, or late.
            let answered = |on: &str| Requested {
                answered: day(on),
                ..request
            };
            let at_end = day("2030-01-01").unwrap();
            assert!(!answered(in_time).is_late(ANSWER_DAYS, at_end));
            assert!(answered(late).is_late(ANSWER_DAYS, at_end));
        }
    }

    #[test]
    fn a_day_that_had_passed_when_the_request_came_counts_as_none() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let due = |needed_by: &str| Requested {
            on: day("2026-08-01"),
            needed_by: Some(day(needed_by)),
            answered: None,
        };
        for (needed_by, last) in [("2026-07-31", "2026-08-29"), ("2026-08-01", "2026-08-01")] {
            assert_eq!(due(needed_by).due(ANSWER_DAYS), day(last), "{needed_by}");
        }
    }
}
