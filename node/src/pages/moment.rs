//! Times and days in the form that people read, in the network's time zone.

use weft_shared::{
    period::Date,
    time::{Timestamp, Zone},
};

/// The network's time zone and the time at which a page is made.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    zone: Zone,
    now: Timestamp,
}

/// A time, for people and for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) text: String,
    pub(crate) rfc3339: String,
}

impl Calendar {
    pub(crate) const fn new(zone: Zone, now: Timestamp) -> Self {
        Self { zone, now }
    }

    /// Returns the network's time zone.
    pub(crate) const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Returns the time at which the page is made.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Formats a time, dated unless it is today: `10:42 NZST`, `3 May 2026, 10:42 NZST`.
    pub(crate) fn moment(&self, at: Timestamp) -> Moment {
        Moment {
            text: self.zone.told(at, self.now),
            rfc3339: at.rfc3339(),
        }
    }

    /// Returns today as a date.
    pub(crate) fn today(&self) -> Date {
        self.zone.day(self.now)
    }
}

/// Formats a stored date for people: `3 May 2026`.
pub(crate) fn day(text: &str) -> String {
    let day: Result<Date, _> = text.parse();
    day.map_or_else(
        |_| text.to_owned(),
        |day| day.strftime("%-d %B %Y").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_of_another_day_says_which_day() {
        let at = |text| Timestamp::parse_rfc3339(text).unwrap();
        let zone = Zone::parse("Pacific/Auckland").unwrap();
        let calendar = Calendar::new(zone, at("2026-11-21T22:00:00Z"));
        let text = |moment| calendar.moment(at(moment)).text;
        assert_eq!(text("2026-11-21T21:42:00Z"), "10:42 NZDT");
        assert_eq!(text("2026-11-21T10:42:00Z"), "21 November 2026, 23:42 NZDT");
        assert_eq!(calendar.today().to_string(), "2026-11-22");
        assert_eq!(day("2026-05-03"), "3 May 2026");
        assert_eq!(day("soon"), "soon");
    }
}
