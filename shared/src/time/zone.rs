//! The network's time zone: the ends of days and periods, and the form of times for people.

use std::fmt;

use jiff::{
    Zoned,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};

use super::{DAY_MS, Timestamp};
use crate::text::BadText;

/// Maximum number of names that a refusal suggests.
const SUGGESTED_MAX: usize = 4;

/// A time zone, by its name in the time zone database. The database is built in, so that every
/// computer knows the same zones.
///
/// ```
/// use weft_shared::time::{Timestamp, Zone};
/// let zone = Zone::parse("Pacific/Auckland").unwrap();
/// let at = Timestamp::parse_rfc3339("2026-11-21T22:40:59Z").unwrap();
/// assert_eq!(zone.minute(at), "2026-11-22 11:40 NZDT");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// Coordinated Universal Time.
    pub fn utc() -> Self {
        Self {
            name: UTC.to_owned(),
            zone: TimeZone::UTC,
        }
    }

    /// Returns the zone with this name, such as `Pacific/Auckland`, ignoring case.
    ///
    /// # Errors
    /// If the built-in database has no such zone; the error suggests names that it has.
    pub fn parse(name: &str) -> Result<Self, BadText> {
        let name = name.trim();
        if name.eq_ignore_ascii_case(UTC) {
            return Ok(Self::utc());
        }
        let database = TimeZoneDatabase::bundled();
        let found = database.get(name).ok();
        let known = found.and_then(|zone| Some((zone.iana_name()?.to_owned(), zone)));
        known
            .map(|(name, zone)| Self { name, zone })
            .ok_or_else(|| unknown(name, &database))
    }

    /// The zone in a network's setting. It is UTC if none is set, or if the built-in database is
    /// too old to have it.
    pub fn of_setting(setting: Option<&str>) -> Self {
        let read = setting.and_then(|name| Self::parse(name).ok());
        read.unwrap_or_default()
    }

    /// Its name, such as `Pacific/Auckland`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The date of `at` in this zone; the last possible date if `at` is beyond the calendar.
    pub fn day(&self, at: Timestamp) -> Date {
        self.zoned(at).map_or(Date::MAX, |at| at.date())
    }

    /// The moment at which the day after that of `at` begins in this zone.
    pub fn next_day(&self, at: Timestamp) -> Timestamp {
        let day = self.zoned(at).map(|at| at.date());
        // Beyond the calendar there are no days.
        day.and_then(|day| self.end_of(day))
            .unwrap_or_else(|| at.plus_ms(DAY_MS))
    }

    /// The moment at which the day after this one begins in this zone; none at the end of the
    /// calendar.
    pub fn end_of(&self, day: Date) -> Option<Timestamp> {
        let next = day.tomorrow().ok()?.to_zoned(self.zone.clone()).ok()?;
        let next = next.start_of_day().ok()?;
        Some(Timestamp::from_ms(next.timestamp().as_millisecond()))
    }

    /// A time to the minute, with the zone's abbreviation: `2026-11-22 11:40 NZDT`.
    pub fn minute(&self, at: Timestamp) -> String {
        self.shown(at, "%Y-%m-%d %H:%M")
    }

    /// A time to the second, with the zone's abbreviation: `2026-11-22 11:40:09 NZDT`.
    pub fn second(&self, at: Timestamp) -> String {
        self.shown(at, "%Y-%m-%d %H:%M:%S")
    }

    /// The time of day without the zone, for a page that names the day: `11:40`.
    pub fn time_of_day(&self, at: Timestamp) -> String {
        let there = self.zoned(at);
        there.map_or_else(String::new, |there| there.strftime("%H:%M").to_string())
    }

    /// A time for a sentence: `22 November 2026, 11:40 NZDT`; only the time of day if it is on the
    /// same day as `now`.
    pub fn told(&self, at: Timestamp, now: Timestamp) -> String {
        if self.day(at) == self.day(now) {
            self.shown(at, "%H:%M")
        } else {
            self.shown(at, "%-d %B %Y, %H:%M")
        }
    }

    fn shown(&self, at: Timestamp, form: &str) -> String {
        let Some(there) = self.zoned(at) else {
            return at.rfc3339();
        };
        let name = there.strftime("%Z").to_string();
        // Zones without an abbreviation are shown by their offset from UTC.
        let name = match name.strip_prefix(['+', '-']) {
            Some(_) => format!("UTC{}", there.strftime("%:z")),
            None => name,
        };
        format!("{} {name}", there.strftime(form))
    }

    fn zoned(&self, at: Timestamp) -> Option<Zoned> {
        let at = jiff::Timestamp::from_millisecond(at.ms()).ok()?;
        Some(at.to_zoned(self.zone.clone()))
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn unknown(name: &str, database: &TimeZoneDatabase) -> BadText {
    let wanted = name.replace(' ', "_").to_ascii_lowercase();
    let names = database.available().map(|known| known.to_string());
    let mut alike: Vec<String> = names
        .filter(|known| !wanted.is_empty() && known.to_ascii_lowercase().contains(&wanted))
        .collect();
    alike.sort();
    alike.truncate(SUGGESTED_MAX);
    let suggestion = if alike.is_empty() {
        "write a name of the time zone database, such as Pacific/Auckland or UTC".to_owned()
    } else {
        format!("did you mean {}?", alike.join(" or "))
    };
    BadText::new(name, format!("is no time zone: {suggestion}"))
}

const UTC: &str = "UTC";

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_moment_is_shown_with_the_name_of_its_zone() {
        let auckland = Zone::parse("pacific/auckland").unwrap();
        assert_eq!(auckland.name(), "Pacific/Auckland");
        let winter = at("2026-06-30T12:00:00Z");
        assert_eq!(auckland.minute(winter), "2026-07-01 00:00 NZST");
        assert_eq!(
            auckland.minute(at("2026-12-31T11:00:00Z")),
            "2027-01-01 00:00 NZDT"
        );
        assert_eq!(Zone::utc().minute(winter), "2026-06-30 12:00 UTC");
        let chatham = Zone::parse("Pacific/Chatham").unwrap();
        assert_eq!(chatham.minute(winter), "2026-07-01 00:45 UTC+12:45");
        let now = at("2026-06-30T12:30:00Z");
        assert_eq!(auckland.told(winter, now), "00:00 NZST");
        let before = at("2026-06-30T11:59:00Z");
        assert_eq!(auckland.told(before, now), "30 June 2026, 23:59 NZST");
    }

    #[test]
    fn a_day_ends_where_the_network_is() {
        let auckland = Zone::parse("Pacific/Auckland").unwrap();
        let new_year = at("2026-12-31T11:00:00Z");
        assert_eq!(auckland.day(new_year).to_string(), "2027-01-01");
        assert_eq!(auckland.day(new_year.plus_ms(-1)).to_string(), "2026-12-31");
        assert_eq!(Zone::utc().day(new_year).to_string(), "2026-12-31");
        assert_eq!(Zone::utc().day(Timestamp::from_ms(i64::MAX)), Date::MAX);
    }

    #[test]
    fn an_unknown_zone_is_refused_in_words() {
        let refused = |name: &str| Zone::parse(name).unwrap_err().to_string();
        assert_eq!(
            refused("Auckland"),
            "\"Auckland\" is no time zone: did you mean Pacific/Auckland?"
        );
        assert_eq!(
            refused("NZT-12"),
            "\"NZT-12\" is no time zone: write a name of the time zone database, such as \
             Pacific/Auckland or UTC"
        );
        for name in [
            "",
            "Pacific/Nowhere",
            "../../etc/passwd",
            "NZST-12NZDT",
            "\u{0}",
        ] {
            assert!(Zone::parse(name).is_err(), "{name:?}");
        }
        assert_eq!(Zone::of_setting(None), Zone::utc());
        assert_eq!(Zone::of_setting(Some("Moon/Base")), Zone::utc());
    }

    #[test]
    fn every_zone_of_the_database_has_one_name_that_reads_back() {
        for known in TimeZoneDatabase::bundled().available() {
            let zone = Zone::parse(known.as_str()).unwrap();
            assert_eq!(Zone::parse(zone.name()), Ok(zone));
        }
    }
}
