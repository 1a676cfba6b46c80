//! The periods of a grid: those that the address names, or else the latest.

use weft_shared::period::{Date, Frequency, Period, PeriodRange};

use super::super::form::Sent;

/// Periods shown if the address names none.
const PERIODS_DEFAULT: usize = 6;
/// Maximum number of periods in one grid.
const PERIODS_MAX: usize = 24;

/// Periods of one grid, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Range {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) example: &'static str,
    pub(super) periods: Vec<Period>,
    /// The reason why the requested periods are not shown.
    pub(super) error: Option<String>,
}

impl Range {
    pub(super) fn read(
        frequency: Frequency,
        asked: &Sent,
        (first, today): (Option<Period>, Date),
    ) -> Self {
        let (from, to) = (asked.first("from").trim(), asked.first("to").trim());
        let (periods, error) = match (from.is_empty(), to.is_empty()) {
            (true, true) => (missing(frequency, first, today), None),
            (false, true) => named(frequency, from),
            (true, false) => named(frequency, to),
            (false, false) => named(frequency, &format!("{from}..{to}")),
        };
        let text = |period: Option<&Period>| period.map_or_else(String::new, Period::to_string);
        Self {
            from: text(periods.first()),
            to: text(periods.last()),
            example: frequency.example(),
            periods: if periods.is_empty() {
                latest(frequency, today)
            } else {
                periods
            },
            error,
        }
    }
}

fn named(frequency: Frequency, text: &str) -> (Vec<Period>, Option<String>) {
    let range: PeriodRange = match text.parse() {
        Ok(range) => range,
        Err(error) => return (Vec::new(), Some(error.to_string())),
    };
    let asked = range.from().frequency();
    let pooled = asked == Frequency::PooledYears && frequency == Frequency::Year;
    if asked != frequency && !pooled {
        let error = format!(
            "this indicator is reported as {}, such as {}",
            frequency.as_str(),
            frequency.example()
        );
        return (Vec::new(), Some(error.replace('_', " ")));
    }
    let mut periods: Vec<Period> = from(Some(range.from()))
        .take_while(|period| *period <= range.to())
        .take(PERIODS_MAX + 1)
        .collect();
    let error = (periods.len() > PERIODS_MAX)
        .then(|| format!("a grid shows {PERIODS_MAX} periods at most: ask for fewer"));
    periods.truncate(PERIODS_MAX);
    (periods, error)
}

/// The periods from the first that is missing, as far as they have begun; the latest if none is
/// known to be missing, or only the one that has just begun.
fn missing(frequency: Frequency, first: Option<Period>, today: Date) -> Vec<Period> {
    let first = first.filter(|period| period.frequency() == frequency);
    let missing: Vec<Period> = from(first)
        .take_while(|period| period.start() <= today)
        .take(PERIODS_DEFAULT)
        .collect();
    match missing.as_slice() {
        [] => latest(frequency, today),
        [only] if only.end() >= today => latest(frequency, today),
        _ => missing,
    }
}

/// The latest periods that have begun.
fn latest(frequency: Frequency, today: Date) -> Vec<Period> {
    let years_back = match frequency {
        Frequency::PooledYears | Frequency::Year | Frequency::FiscalYear => {
            i16::try_from(PERIODS_DEFAULT).unwrap_or(1)
        }
        Frequency::Quarter => 2,
        Frequency::Month | Frequency::Week => 1,
    };
    let year = today.year() - years_back;
    let first = match frequency {
        Frequency::PooledYears | Frequency::Year => format!("{year}"),
        Frequency::FiscalYear => format!("FY{year}"),
        Frequency::Quarter => format!("{year}-Q1"),
        Frequency::Month => format!("{year}-01"),
        Frequency::Week => format!("{year}-W01"),
    };
    let begun: Vec<Period> = from(first.parse().ok())
        .take_while(|period| period.start() <= today)
        .collect();
    begun[begun.len().saturating_sub(PERIODS_DEFAULT)..].to_vec()
}

fn from(first: Option<Period>) -> impl Iterator<Item = Period> {
    std::iter::successors(first, |period| period.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(frequency: Frequency, from: &str, to: &str, shown: &str, error: &str) {
        let asked = [("from", from), ("to", to)].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let today: Date = "2026-11-21".parse().unwrap();
        let range = Range::read(frequency, &Sent(asked.to_vec()), (None, today));
        let first = range.periods.first().unwrap();
        assert_eq!(format!("{first}..{}", range.periods.last().unwrap()), shown);
        assert_eq!(range.error.unwrap_or_default(), error);
    }

    #[test]
    fn years_may_be_pooled() {
        let pooled = "Y2017-2020";
        let shown = "Y2017-2020..Y2017-2020";
        check(Frequency::Year, pooled, pooled, shown, "");
        let error = "this indicator is reported as month, such as 2024-03";
        check(Frequency::Month, pooled, pooled, "2026-06..2026-11", error);
    }

    #[test]
    fn a_grid_begins_at_the_first_missing_period() {
        let today: Date = "2026-11-21".parse().unwrap();
        for (first, shown) in [
            ("2026-09", "2026-09..2026-11"),
            ("2020-03", "2020-03..2020-08"),
            // A month alone that has not ended is no grid to work in.
            ("2026-11", "2026-06..2026-11"),
            ("2026-12", "2026-06..2026-11"),
            ("2026", "2026-06..2026-11"),
        ] {
            let first = first.parse().ok();
            let range = Range::read(Frequency::Month, &Sent::default(), (first, today));
            assert_eq!(format!("{}..{}", range.from, range.to), shown);
        }
    }

    #[test]
    fn an_address_names_its_periods() {
        check(Frequency::Month, "", "", "2026-06..2026-11", "");
        check(Frequency::Week, "", "", "2026-W42..2026-W47", "");
        check(Frequency::Year, "", "", "2021..2026", "");
        check(Frequency::FiscalYear, "", "", "FY2022..FY2027", "");
        check(
            Frequency::Month,
            "2022-12",
            "2023-05",
            "2022-12..2023-05",
            "",
        );
        check(Frequency::Month, "2022-12", "", "2022-12..2022-12", "");
        check(
            Frequency::Month,
            "2023-05",
            "2022-12",
            "2026-06..2026-11",
            "2023-05 is later than 2022-12: write 2022-12..2023-05",
        );
        check(
            Frequency::Month,
            "2000-01",
            "2023-05",
            "2000-01..2001-12",
            "a grid shows 24 periods at most: ask for fewer",
        );
        check(
            Frequency::Month,
            "2000",
            "2003",
            "2026-06..2026-11",
            "this indicator is reported as month, such as 2024-03",
        );
    }
}
