//! The span of time of a report: a period, or from one period to another.

use weft_shared::{
    period::{Date, Period, day_words},
    text::BadText,
};

/// Maximum years of a report.
const YEARS_MAX: i16 = 10;

/// The days that a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// As it was typed: `FY2027`.
    pub(crate) text: String,
    pub(crate) from: Date,
    /// The last day.
    pub(crate) to: Date,
    /// In words: `the year to June 2027`.
    pub(crate) words: String,
}

impl Span {
    /// Parses `FY2027`, `2026`, `2026-Q3`, `2026-11` or `2026-01..2026-06`.
    ///
    /// # Errors
    /// If it is no period, ends before it begins, is longer than ten years or has not begun.
    pub(crate) fn parse(text: &str, today: Date) -> Result<Self, BadText> {
        let text: String = text.chars().filter(|one| !one.is_whitespace()).collect();
        let text = text.as_str();
        let period = |one: &str| one.trim().parse::<Period>().map_err(|_| unknown(text));
        let (from, to, words) = match text.split_once("..") {
            None => {
                let one = period(text)?;
                (one.start(), one.end(), one.words())
            }
            Some((first, last)) => {
                let (from, to) = (period(first)?.start(), period(last)?.end());
                let words = format!("{} to {}", day_words(from), day_words(to));
                (from, to, words)
            }
        };
        if to < from {
            return Err(BadText::new(
                text,
                "ends before it begins: write the earlier period first",
            ));
        }
        if to.year() - from.year() > YEARS_MAX {
            let fault = format!("is longer than {YEARS_MAX} years: choose a shorter period");
            return Err(BadText::new(text, fault));
        }
        if from > today {
            let fault = format!(
                "begins on {}, so there is nothing to report yet: choose a period that has begun",
                day_words(from)
            );
            return Err(BadText::new(text, fault));
        }
        let text = text.to_owned();
        Ok(Self {
            text,
            from,
            to,
            words,
        })
    }

    pub(crate) fn has(&self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }
}

fn unknown(text: &str) -> BadText {
    BadText::new(
        text,
        "is not a period: write FY2027 for the year to June 2027, 2026, 2026-Q3 or 2026-11; or a \
         range, such as 2026-01..2026-06",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_read_or_says_what_is_wrong() {
        let today = "2026-11-27".parse().unwrap();
        let days = |text: &str| {
            let span = Span::parse(text, today).unwrap();
            format!("{} {} {}", span.from, span.to, span.words)
        };
        assert_eq!(
            days("FY2027"),
            "2026-07-01 2027-06-30 the year to June 2027"
        );
        assert_eq!(days("2026"), "2026-01-01 2026-12-31 2026");
        assert_eq!(
            days("2026-Q3"),
            "2026-07-01 2026-09-30 July to September 2026"
        );
        assert_eq!(
            days("2026-01 .. 2026-06"),
            "2026-01-01 2026-06-30 1 January 2026 to 30 June 2026"
        );
        for (text, fault) in [
            ("", "is not a period"),
            ("last year", "\"lastyear\" is not a period: write FY2027"),
            ("2026-06..2026-01", "ends before it begins"),
            ("1990..2026", "is longer than 10 years"),
            ("FY2028", "begins on 1 July 2027"),
            ("2026..x", "is not a period"),
        ] {
            let error = Span::parse(text, today).unwrap_err().to_string();
            assert!(error.contains(fault), "{text}: {error}");
        }
    }
}
