//! Lengths of time, as people write and read them.

use jiff::{Span, SpanRelativeTo};

use super::DAY_MS;
use crate::text::{BadText, counted};

/// Parses a length of time to milliseconds: `30s`, `5m`, `12h`, `7d`, or `1d 12h`. A number alone
/// is a number of days.
///
/// # Errors
/// If it is not a length of time, is not longer than nothing, or has months or years, which are of
/// different lengths.
///
/// ```
/// use weft_shared::time::{DAY_MS, parse_length_ms};
/// assert_eq!(parse_length_ms("7"), Ok(7 * DAY_MS));
/// assert_eq!(parse_length_ms("36h"), parse_length_ms("1d 12h"));
/// ```
pub fn parse_length_ms(text: &str) -> Result<i64, BadText> {
    let bad = || BadText::new(text, "is not a length of time: write 7d, 12h, 5m or 30s");
    if let Ok(days) = text.parse::<u32>() {
        return Some(i64::from(days) * DAY_MS)
            .filter(|ms| *ms > 0)
            .ok_or_else(bad);
    }
    let span: Span = text.parse().map_err(|_| bad())?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let ms = i64::try_from(length.map_err(|_| bad())?.as_millis()).ok();
    ms.filter(|ms| *ms > 0).ok_or_else(bad)
}

/// A length of time, rounded, in the largest unit of which there are then at least two: `30 hours`,
/// `2 days`. There may be one minute.
///
/// ```
/// use weft_shared::time::length_words;
/// assert_eq!(length_words(30 * 3_600_000), "30 hours");
/// ```
pub fn length_words(ms: u64) -> String {
    let count = |unit_ms: u64| ms.saturating_add(unit_ms / 2) / unit_ms;
    let fitting = UNITS
        .into_iter()
        .find(|(unit_ms, least, ..)| count(*unit_ms) >= *least);
    let (unit_ms, _, one, many) = fitting.unwrap_or(SECOND);
    counted(count(unit_ms), one, many)
}

/// Each unit with its length in milliseconds, and the least number of it that is said.
const UNITS: [(u64, u64, &str, &str); 4] = [
    (YEAR_MS, 2, "year", "years"),
    (DAY_MS.unsigned_abs(), 2, "day", "days"),
    (3_600_000, 2, "hour", "hours"),
    (60_000, 1, "minute", "minutes"),
];
const SECOND: (u64, u64, &str, &str) = (1_000, 0, "second", "seconds");

/// The average length of a calendar year.
const YEAR_MS: u64 = 31_556_952_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_a_unit_or_are_days() {
        for (text, ms) in [
            ("7d", 7 * DAY_MS),
            ("7", 7 * DAY_MS),
            ("12h", DAY_MS / 2),
            ("30m", 30 * 60 * 1_000),
            ("30s", 30 * 1_000),
            ("1d 12h", 3 * DAY_MS / 2),
            ("2w", 14 * DAY_MS),
        ] {
            assert_eq!(parse_length_ms(text), Ok(ms), "{text}");
        }
        for bad in [
            "",
            "0",
            "-7",
            "-1d",
            "0h",
            "d",
            "1mo",
            "1y",
            "é",
            "9223372036854775807d",
            "7d ago",
        ] {
            assert!(parse_length_ms(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_length_is_said_in_something_a_person_can_picture() {
        for (ms, words) in [
            (0, "0 seconds"),
            (59_000, "1 minute"),
            (20_000, "20 seconds"),
            (7_200_000, "2 hours"),
            (5_000_000, "83 minutes"),
            (2 * DAY_MS.unsigned_abs() - 1_000, "2 days"),
            (YEAR_MS, "365 days"),
            (10 * YEAR_MS, "10 years"),
            (u64::MAX, "584554049 years"),
        ] {
            assert_eq!(length_words(ms), words, "{ms}");
        }
    }
}
