//! Periods and days in words for people; files keep the codes.

use super::{Date, Frequency, Period};

/// Years after its end from which a figure is led by its age.
pub const AGED_YEARS: i16 = 3;

impl Period {
    /// The period as it is written after "in": `2018`, `March 2023`, `the year to June 2024`.
    ///
    /// ```
    /// use weft_shared::period::Period;
    /// let words = |text: &str| text.parse::<Period>().unwrap().words();
    /// assert_eq!(words("2018"), "2018");
    /// assert_eq!(words("2023-03"), "March 2023");
    /// assert_eq!(words("2024-Q1"), "January to March 2024");
    /// assert_eq!(words("FY2024"), "the year to June 2024");
    /// assert_eq!(words("2024-W05"), "the week of 29 January 2024");
    /// assert_eq!(words("Y2017-2020"), "2017 to 2020");
    /// ```
    #[must_use]
    pub fn words(self) -> String {
        let (start, end) = (self.start(), self.end());
        match self.frequency() {
            Frequency::PooledYears => format!("{} to {}", start.year(), end.year()),
            Frequency::Year => end.year().to_string(),
            Frequency::FiscalYear => format!("the year to {}", end.strftime("%B %Y")),
            Frequency::Quarter => {
                format!("{} to {}", start.strftime("%B"), end.strftime("%B %Y"))
            }
            Frequency::Month => end.strftime("%B %Y").to_string(),
            Frequency::Week => format!("the week of {}", day_words(start)),
        }
    }

    /// The period below a small chart or above a narrow column: `’18`, `Mar ’23`.
    ///
    /// ```
    /// use weft_shared::period::Period;
    /// let short = |text: &str| text.parse::<Period>().unwrap().short();
    /// assert_eq!(short("2018"), "’18");
    /// assert_eq!(short("2023-03"), "Mar ’23");
    /// assert_eq!(short("2024-Q1"), "Mar ’24");
    /// assert_eq!(short("FY2024"), "’23/24");
    /// assert_eq!(short("2024-W05"), "29 Jan");
    /// assert_eq!(short("Y2017-2020"), "’17–20");
    /// ```
    #[must_use]
    pub fn short(self) -> String {
        let (start, end) = (self.start(), self.end());
        match self.frequency() {
            Frequency::PooledYears => format!("{}–{}", start.strftime("’%y"), end.strftime("%y")),
            Frequency::Year => end.strftime("’%y").to_string(),
            Frequency::FiscalYear => format!("{}/{}", start.strftime("’%y"), end.strftime("%y")),
            Frequency::Quarter | Frequency::Month => end.strftime("%b ’%y").to_string(),
            Frequency::Week => start.strftime("%-d %b").to_string(),
        }
    }

    /// The years since its end, if it ended more than [`AGED_YEARS`] years before `today`.
    ///
    /// ```
    /// use weft_shared::period::Period;
    /// let period: Period = "2018".parse().unwrap();
    /// assert_eq!(period.age("2026-11-26".parse().unwrap()), Some(8));
    /// assert_eq!(period.age("2021-12-31".parse().unwrap()), None);
    /// assert_eq!(period.age("2022-01-01".parse().unwrap()), Some(4));
    /// ```
    #[must_use]
    pub fn age(self, today: Date) -> Option<u16> {
        let end = self.end();
        let latest = Date::new(end.year() + AGED_YEARS, end.month(), end.day().min(28));
        // The last days of a month count as one, so that leap days need no rule.
        let is_aged = latest.is_ok_and(|latest| match end.day() {
            29.. => today >= latest.last_of_month().tomorrow().unwrap_or(Date::MAX),
            _ => today > latest,
        });
        is_aged.then(|| (today.year() - end.year()).unsigned_abs())
    }
}

/// A day as people write it: `26 November 2026`.
///
/// ```
/// use weft_shared::period::day_words;
/// assert_eq!(day_words("2026-11-06".parse().unwrap()), "6 November 2026");
/// ```
#[must_use]
pub fn day_words(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}
