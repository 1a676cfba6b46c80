//! Periods: the time that a figure covers, and the reporting frequency of an indicator.

#[cfg(test)]
mod tests;
mod words;

use std::{fmt, str::FromStr};

pub use jiff::civil::Date;
use jiff::{ToSpan as _, civil::ISOWeekDate, civil::Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::words::{AGED_YEARS, day_words};
use crate::text::{BadText, parsed};

/// The first year that a period may name.
pub const YEAR_MIN: i16 = 1800;

/// The last year that a period may name.
pub const YEAR_MAX: i16 = 2199;

/// Maximum number of years that a survey may pool.
pub const POOLED_YEARS_MAX: i8 = 10;

/// The reporting frequency of an indicator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Frequency {
    /// Several calendar years together, as in surveys. It is not a reporting frequency, but an
    /// indicator that is reported yearly may have such values.
    PooledYears,
    /// A calendar year.
    Year,
    /// July to June, named by the year it ends in.
    FiscalYear,
    /// Three months, beginning with January.
    Quarter,
    /// A calendar month.
    Month,
    /// An ISO 8601 week, Monday to Sunday.
    Week,
}

impl Frequency {
    /// All reporting frequencies, longest first.
    pub const ALL: [Self; 5] = [
        Self::Year,
        Self::FiscalYear,
        Self::Quarter,
        Self::Month,
        Self::Week,
    ];

    /// Their names in files, in the same order.
    pub const WORDS: &'static [&'static str] = &["year", "fiscal_year", "quarter", "month", "week"];

    /// All of them in the order in which they sort.
    const IN_ORDER: [Self; 6] = [
        Self::PooledYears,
        Self::Year,
        Self::FiscalYear,
        Self::Quarter,
        Self::Month,
        Self::Week,
    ];

    /// Its name in files: `fiscal_year`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PooledYears => "pooled_years",
            Self::Year => "year",
            Self::FiscalYear => "fiscal_year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Week => "week",
        }
    }

    /// An example of such a period in text: `2024-Q1`.
    pub const fn example(self) -> &'static str {
        match self {
            Self::PooledYears => "Y2017-2020",
            Self::Year => "2023",
            Self::FiscalYear => "FY2024",
            Self::Quarter => "2024-Q1",
            Self::Month => "2024-03",
            Self::Week => "2024-W05",
        }
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Frequency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Frequency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

impl FromStr for Frequency {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        Self::ALL
            .into_iter()
            .find(|frequency| frequency.as_str() == text)
            .ok_or_else(|| {
                let words = "write year, fiscal_year, quarter, month or week";
                BadText::new(text, format!("is not a period type: {words}"))
            })
    }
}

/// A year, fiscal year, quarter, month or week, or several years pooled. Periods of one frequency
/// sort by time.
///
/// ```
/// use weft_shared::period::Period;
/// let fiscal: Period = "FY2024".parse().unwrap();
/// assert_eq!(fiscal.start().to_string(), "2023-07-01");
/// assert_eq!(fiscal.end().to_string(), "2024-06-30");
/// let pooled: Period = "Y2017-2020".parse().unwrap();
/// assert_eq!(pooled.start().to_string(), "2017-01-01");
/// assert_eq!(pooled.reporting_year(), 2020);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    year: i16,
    frequency: Frequency,
    part: i8,
}

impl Period {
    /// The fiscal year that a day is in, July to June. Days beyond the years that periods name are
    /// in the first or the last of them.
    ///
    /// ```
    /// use weft_shared::period::{Date, Period};
    /// let year = |day: Date| Period::fiscal_year(day).to_string();
    /// assert_eq!(year("2026-06-30".parse().unwrap()), "FY2026");
    /// assert_eq!(year("2026-07-01".parse().unwrap()), "FY2027");
    /// assert_eq!((year(Date::MIN), year(Date::MAX)), ("FY1800".into(), "FY2199".into()));
    /// ```
    #[must_use]
    pub fn fiscal_year(day: Date) -> Self {
        let year = day.year() + i16::from(day.month() >= 7);
        Self {
            year: year.clamp(YEAR_MIN, YEAR_MAX),
            frequency: Frequency::FiscalYear,
            part: 0,
        }
    }

    /// Its frequency.
    pub const fn frequency(self) -> Frequency {
        self.frequency
    }

    /// The year in its name: for a week that of the ISO week, for `FY2024` the year it ends in, and
    /// for pooled years the last.
    pub const fn reporting_year(self) -> i16 {
        self.year
    }

    /// A number that sorts as periods do, below 2^18. [`Period::from_number`] reads it.
    ///
    /// ```
    /// use weft_shared::period::Period;
    /// let month: Period = "2024-03".parse().unwrap();
    /// assert_eq!(Period::from_number(month.number()), Some(month));
    /// ```
    #[must_use]
    pub const fn number(self) -> u32 {
        let years = (self.year - YEAR_MIN).unsigned_abs() as u32;
        years << 9 | (self.frequency as u32) << 6 | self.part.unsigned_abs() as u32
    }

    /// The period that has this number; `None` if none does.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        let year = i16::try_from(number >> 9).ok()?.checked_add(YEAR_MIN)?;
        let frequency = Frequency::IN_ORDER.get(number as usize >> 6 & 7)?;
        Self::new(*frequency, year, i8::try_from(number & 63).ok()?)
    }

    /// Whether it begins after `before` does, and no later than `after`. A change that takes effect
    /// with it lies between the figures of the two.
    pub fn begins_between(self, before: Self, after: Self) -> bool {
        let start = self.start();
        start > before.start() && start <= after.start()
    }

    /// Its first day.
    pub fn start(self) -> Date {
        match self.frequency {
            Frequency::PooledYears => day(self.year - i16::from(self.part) + 1, 1),
            Frequency::Year => day(self.year, 1),
            Frequency::FiscalYear => day(self.year - 1, 7),
            Frequency::Quarter => day(self.year, self.part * 3 - 2),
            Frequency::Month => day(self.year, self.part),
            Frequency::Week => monday(self.year, self.part)
                .expect("the week exists: new() and next() make no other"),
        }
    }

    /// Its last day.
    pub fn end(self) -> Date {
        let start = self.start();
        match self.frequency {
            Frequency::PooledYears | Frequency::Year => day(self.year, 12).last_of_month(),
            Frequency::FiscalYear => day(self.year, 6).last_of_month(),
            Frequency::Quarter => day(self.year, self.part * 3).last_of_month(),
            Frequency::Month => start.last_of_month(),
            Frequency::Week => start.saturating_add(6.days()),
        }
    }

    /// The next period; `None` after the last one of [`YEAR_MAX`].
    #[must_use]
    pub fn next(self) -> Option<Self> {
        if self.frequency == Frequency::PooledYears {
            return Self::new(self.frequency, self.year + i16::from(self.part), self.part);
        }
        Self::new(self.frequency, self.year, self.part + 1)
            .or_else(|| Self::new(self.frequency, self.year + 1, self.first_part()))
    }

    fn first_part(self) -> i8 {
        match self.frequency {
            Frequency::Year | Frequency::FiscalYear => 0,
            Frequency::Quarter | Frequency::Month | Frequency::Week => 1,
            Frequency::PooledYears => 2,
        }
    }

    fn new(frequency: Frequency, year: i16, part: i8) -> Option<Self> {
        let exists = match frequency {
            Frequency::PooledYears => {
                (2..=POOLED_YEARS_MAX).contains(&part) && year - i16::from(part) + 1 >= YEAR_MIN
            }
            Frequency::Year | Frequency::FiscalYear => part == 0,
            Frequency::Quarter => (1..=4).contains(&part),
            Frequency::Month => (1..=12).contains(&part),
            Frequency::Week => monday(year, part).is_some(),
        };
        (exists && (YEAR_MIN..=YEAR_MAX).contains(&year)).then_some(Self {
            year,
            frequency,
            part,
        })
    }
}

fn day(year: i16, month: i8) -> Date {
    Date::new(year, month, 1).expect("year and month are in range: Period::new checked them")
}

fn monday(year: i16, week: i8) -> Option<Date> {
    let week = ISOWeekDate::new(year, week, Weekday::Monday).ok()?;
    Some(week.date())
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, part, .. } = self;
        let text = match self.frequency {
            Frequency::PooledYears => format!("Y{}-{year}", year - i16::from(*part) + 1),
            Frequency::Year => format!("{year}"),
            Frequency::FiscalYear => format!("FY{year}"),
            Frequency::Quarter => format!("{year}-Q{part}"),
            Frequency::Month => format!("{year}-{part:02}"),
            Frequency::Week => format!("{year}-W{part:02}"),
        };
        f.pad(&text)
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Period {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        parse(text).ok_or_else(|| {
            if let Some(year) = fiscal(text) {
                let fault = format!("is not a period: write the year to June {year} as FY{year}");
                return BadText::new(text, fault);
            }
            let fault = "is not a period: write a year as 2023, a fiscal year as FY2024, a quarter \
                         as 2024-Q1, a month as 2024-03, a week as 2024-W05 or pooled years as \
                         Y2017-2020";
            BadText::new(text, fault)
        })
    }
}

fn parse(text: &str) -> Option<Period> {
    if let Some(year) = text.strip_prefix("FY") {
        return Period::new(Frequency::FiscalYear, number(year, 4)?, 0);
    }
    if let Some((first, last)) = text
        .strip_prefix('Y')
        .and_then(|years| years.split_once('-'))
    {
        let (first, last) = (number(first, 4)?, number(last, 4)?);
        let years = i8::try_from(last.checked_sub(first)? + 1).ok()?;
        return Period::new(Frequency::PooledYears, last, years);
    }
    let Some((year, part)) = text.split_once('-') else {
        return Period::new(Frequency::Year, number(text, 4)?, 0);
    };
    let (frequency, digits, length) = match (part.strip_prefix('Q'), part.strip_prefix('W')) {
        (Some(quarter), _) => (Frequency::Quarter, quarter, 1),
        (None, Some(week)) => (Frequency::Week, week, 2),
        (None, None) => (Frequency::Month, part, 2),
    };
    let part = i8::try_from(number(digits, length)?).ok()?;
    Period::new(frequency, number(year, 4)?, part)
}

/// The year in which a fiscal year ends that is written as people write it, such as `2026/27`.
fn fiscal(text: &str) -> Option<i16> {
    let (first, last) = text.trim().split_once(['/', '-', '\u{2013}'])?;
    let first = number(first, 4)?;
    let end = first.checked_add(1)?;
    let is_next = number(last, 4) == Some(end) || number(last, 2) == Some(end % 100);
    is_next.then_some(end)
}

fn number(digits: &str, length: usize) -> Option<i16> {
    let plain = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

/// Periods of one frequency, both ends included: `2022-01..2023-05`, or just `2022-01`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeriodRange {
    from: Period,
    to: Period,
}

impl PeriodRange {
    /// The first period.
    pub const fn from(self) -> Period {
        self.from
    }

    /// The last period.
    pub const fn to(self) -> Period {
        self.to
    }

    /// Whether `period` is in the range; a period of another frequency never is.
    pub fn contains(self, period: Period) -> bool {
        period.frequency == self.from.frequency && (self.from..=self.to).contains(&period)
    }
}

impl From<Period> for PeriodRange {
    /// A range of just this period.
    fn from(period: Period) -> Self {
        Self {
            from: period,
            to: period,
        }
    }
}

impl fmt::Display for PeriodRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            self.from.fmt(f)
        } else {
            write!(f, "{}..{}", self.from, self.to)
        }
    }
}

impl FromStr for PeriodRange {
    type Err = BadPeriodRange;

    fn from_str(text: &str) -> Result<Self, BadPeriodRange> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let (from, to): (Period, Period) = (from.parse()?, to.parse()?);
        if from.frequency != to.frequency {
            return Err(BadPeriodRange::Mixed { from, to });
        }
        if from > to {
            return Err(BadPeriodRange::Backwards { from, to });
        }
        Ok(Self { from, to })
    }
}

/// Text that is not a range of periods.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPeriodRange {
    /// One end is not a period.
    #[error(transparent)]
    Period(#[from] BadText),
    /// The ends have different frequencies.
    #[error("{from} and {to} are of two kinds: give two months, two quarters or two years")]
    Mixed {
        /// The first end.
        from: Period,
        /// The last end.
        to: Period,
    },
    /// The ends are in the wrong order.
    #[error("{from} is later than {to}: write {to}..{from}")]
    Backwards {
        /// The first end.
        from: Period,
        /// The last end.
        to: Period,
    },
}
