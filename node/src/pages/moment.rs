//! Moments and days as the person at this computer reads them, in this computer's time zone.

use jiff::{Zoned, tz::TimeZone};
use weft_shared::{period::Date, time::Timestamp};

/// The time zone of this computer and the moment at which a page is made.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    zone: TimeZone,
    now: Timestamp,
}

/// A moment, for people and for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) text: String,
    pub(crate) rfc3339: String,
}

impl Calendar {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            zone: TimeZone::system(),
            now,
        }
    }

    /// The moment at which the page is made.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Today's day of the month only where it is another day: `10:42 NZST`, or
    /// `3 May 2026, 10:42 NZST`.
    pub(crate) fn moment(&self, at: Timestamp) -> Moment {
        let (Some(then), Some(now)) = (self.zoned(at), self.zoned(self.now)) else {
            return Moment {
                text: at.rfc3339(),
                rfc3339: at.rfc3339(),
            };
        };
        let form = if then.date() == now.date() {
            "%H:%M %Z"
        } else {
            "%-d %B %Y, %H:%M %Z"
        };
        Moment {
            text: then.strftime(form).to_string(),
            rfc3339: at.rfc3339(),
        }
    }

    /// Today, as dates are written in records.
    pub(crate) fn today(&self) -> Option<Date> {
        Some(self.zoned(self.now)?.date())
    }

    fn zoned(&self, at: Timestamp) -> Option<Zoned> {
        let at = jiff::Timestamp::from_millisecond(at.ms()).ok()?;
        Some(at.to_zoned(self.zone.clone()))
    }
}

/// A day as people read it: `3 May 2026`.
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
        let calendar = Calendar {
            zone: TimeZone::fixed(jiff::tz::offset(13)),
            now: at("2026-11-21T22:00:00Z"),
        };
        let text = |moment| calendar.moment(at(moment)).text;
        assert_eq!(text("2026-11-21T21:42:00Z"), "10:42 +13");
        assert_eq!(text("2026-11-21T10:42:00Z"), "21 November 2026, 23:42 +13");
        assert_eq!(calendar.today().unwrap().to_string(), "2026-11-22");
        assert_eq!(day("2026-05-03"), "3 May 2026");
        assert_eq!(day("soon"), "soon");
    }
}
