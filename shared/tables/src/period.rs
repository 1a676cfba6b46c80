//! Periods as offices write them, where the frequency of the indicator leaves one reading.

mod parts;

use weft_shared::period::{Date, Frequency, Period};

use self::parts::Written;

/// Which of two numbers in a date is the day, as the rest of its column tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// 31/03/2022.
    DayFirst,
    /// 03/31/2022.
    MonthFirst,
}

/// The part of its period that a date names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Stands {
    /// The first or the last day of the period.
    #[default]
    FirstOrLast,
    /// The first day, as in "week beginning".
    First,
    /// The last day, as in "week ending".
    Last,
    /// Any day within it, as in the date of a grant.
    Within,
}

impl Stands {
    /// The part that a heading names, such as "Week ending"; `None` if it says nothing.
    pub fn of_heading(heading: &str) -> Option<Self> {
        let words = heading.to_lowercase();
        let has = |all: &[&str]| all.iter().any(|word| words.contains(word));
        if has(&[
            "ending",
            "ended",
            "week end",
            "w/e",
            "year to",
            " end date",
            "period end",
        ]) {
            return Some(Self::Last);
        }
        let first = [
            "beginning",
            "commencing",
            "starting",
            "start date",
            "w/c",
            "period start",
        ];
        has(&first).then_some(Self::First)
    }
}

/// The known facts about a column of periods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// The order of day and month, if anything tells.
    pub order: Option<Order>,
    /// The part of a period that its dates name.
    pub stands: Stands,
    /// The latest day today in any time zone: two digits are a year of the past.
    pub today: Date,
}

impl Column {
    /// Looks at a column's heading and its texts.
    pub fn of<'t>(heading: &str, texts: impl Iterator<Item = &'t str>, today: Date) -> Self {
        let (mut day, mut month) = (false, false);
        for text in texts {
            match parts::order(text) {
                Some(Order::DayFirst) => day = true,
                Some(Order::MonthFirst) => month = true,
                None => {}
            }
        }
        let order = match (day, month) {
            (true, false) => Some(Order::DayFirst),
            (false, true) => Some(Order::MonthFirst),
            _ => None,
        };
        Self {
            order,
            stands: Stands::of_heading(heading).unwrap_or_default(),
            today,
        }
    }

    /// Reads a text as a period of an indicator that is reported by `frequency`.
    ///
    /// A text in Weft's own form, such as 2024-03, is read as it stands, unless the frequency gives
    /// it another meaning: 2011-12 is a fiscal year if the indicator is reported by fiscal year.
    ///
    /// # Errors
    /// If no period or more than one can be meant; in words for a person.
    pub fn read(self, text: &str, frequency: Frequency) -> Result<Period, String> {
        let own = text.trim().parse::<Period>().ok();
        let fits = |period: Period| {
            let pooled = period.frequency() == Frequency::PooledYears;
            period.frequency() == frequency || (pooled && frequency == Frequency::Year)
        };
        if let Some(period) = own.filter(|period| fits(*period)) {
            return Ok(period);
        }
        let written = parts::read(text, self.today);
        let stands = Stands::of_heading(text).unwrap_or(self.stands);
        let mut readings: Vec<Period> = written
            .iter()
            .filter_map(|one| self.period(one, frequency, stands))
            .collect();
        readings.sort();
        readings.dedup();
        match (readings.as_slice(), own) {
            ([only], _) => Ok(*only),
            // The form is right and the frequency is not: that is said with the indicator.
            ([], Some(own)) => Ok(own),
            ([], None) => Err(self.refusal(text, frequency, stands, &written)),
            ([one, other, ..], _) => Err(format!(
                "\"{}\" can be {one} or {other}: write the one that is meant",
                text.trim()
            )),
        }
    }

    fn period(self, written: &Written, frequency: Frequency, stands: Stands) -> Option<Period> {
        match written {
            Written::Year(year) => named(frequency, &[(Frequency::Year, format!("{year:04}"))]),
            Written::Fiscal(year) => named(
                frequency,
                &[(Frequency::FiscalYear, format!("FY{year:04}"))],
            ),
            Written::Pooled(first, last) => {
                let text = format!("Y{first:04}-{last:04}");
                named(frequency, &[(Frequency::Year, text)])
            }
            Written::Quarter(year, quarter) => {
                let text = format!("{year:04}-Q{quarter}");
                named(frequency, &[(Frequency::Quarter, text)])
            }
            Written::Week(year, week) => {
                let text = format!("{year:04}-W{week:02}");
                named(frequency, &[(Frequency::Week, text)])
            }
            Written::Month(year, month) => {
                let text = format!("{year:04}-{month:02}");
                named(frequency, &[(Frequency::Month, text)])
            }
            // DHIS2 names a financial year by the month in which it begins: 2020July.
            Written::JulyOf(year) => {
                let fiscal = (Frequency::FiscalYear, format!("FY{:04}", year + 1));
                let month = (Frequency::Month, format!("{year:04}-07"));
                named(frequency, &[fiscal, month])
            }
            Written::Span(date, length) => {
                let period = containing(*length, *date)?;
                (period.start() == *date && *length == frequency).then_some(period)
            }
            Written::Day(date, order) => {
                let told = self.order.or(*order);
                if order.is_some() && told != *order {
                    return None;
                }
                let period = containing(frequency, *date)?;
                let first = period.start() == *date;
                let last = period.end() == *date;
                let fits = match stands {
                    Stands::FirstOrLast => first || last,
                    Stands::First => first,
                    Stands::Last => last,
                    Stands::Within => true,
                };
                fits.then_some(period)
            }
        }
    }

    fn refusal(
        self,
        text: &str,
        frequency: Frequency,
        stands: Stands,
        written: &[Written],
    ) -> String {
        let text = text.trim();
        let by = frequency_words(frequency);
        let example = frequency.example();
        let mut days = written.iter().filter_map(Written::day);
        if let Some(day) = days.next() {
            let which = match stands {
                Stands::First => "the first day",
                Stands::Last => "the last day",
                Stands::FirstOrLast | Stands::Within => "neither the first nor the last day",
            };
            let not = if which.starts_with("neither") {
                ""
            } else {
                "not "
            };
            return format!(
                "\"{text}\" is the day {day}, {not}{which} of any {by}, and the indicator is \
                 reported by {by}: write the {by}, such as {example}"
            );
        }
        if written.is_empty() {
            let text = shortened(text);
            return format!(
                "\"{text}\" is not a period: write a year as 2023, a fiscal year as FY2024, a \
                 quarter as 2024-Q1, a month as 2024-03, a week as 2024-W05 or pooled years as \
                 Y2017-2020"
            );
        }
        format!(
            "\"{text}\" is no {by}, and the indicator is reported by {by}: write it such as \
             {example}"
        )
    }
}

fn shortened(text: &str) -> String {
    let mut text: String = text.chars().filter(|c| !c.is_control()).collect();
    if text.chars().count() > 40 {
        text = text.chars().take(39).chain(['…']).collect();
    }
    text
}

/// A frequency in words: "fiscal year".
pub fn frequency_words(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::PooledYears => "pooled years",
        Frequency::Year => "calendar year",
        Frequency::FiscalYear => "fiscal year, July to June,",
        Frequency::Quarter => "quarter",
        Frequency::Month => "month",
        Frequency::Week => "week, Monday to Sunday,",
    }
}

fn named(frequency: Frequency, readings: &[(Frequency, String)]) -> Option<Period> {
    let mut fitting = readings.iter().filter(|(of, _)| *of == frequency);
    fitting.find_map(|(_, text)| text.parse().ok())
}

/// Returns the period of a frequency that a day is in.
fn containing(frequency: Frequency, day: Date) -> Option<Period> {
    let (year, month) = (day.year(), day.month());
    let text = match frequency {
        Frequency::PooledYears => return None,
        Frequency::Year => format!("{year:04}"),
        Frequency::FiscalYear => format!("FY{:04}", year + i16::from(month >= 7)),
        Frequency::Quarter => format!("{year:04}-Q{}", (month + 2) / 3),
        Frequency::Month => format!("{year:04}-{month:02}"),
        Frequency::Week => {
            let week = day.iso_week_date();
            format!("{:04}-W{:02}", week.year(), week.week())
        }
    };
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(heading: &str, texts: &[&str]) -> Column {
        Column::of(heading, texts.iter().copied(), Date::constant(2026, 11, 27))
    }

    fn read(heading: &str, text: &str, frequency: Frequency) -> String {
        let read = column(heading, &[text]).read(text, frequency);
        read.map_or_else(|_| "?".to_owned(), |period| period.to_string())
    }

    #[test]
    fn the_frequency_leaves_one_reading() {
        use Frequency::{FiscalYear, Month, Quarter, Week, Year};
        for (text, frequency, expected) in [
            ("202203", Month, "2022-03"),
            ("2022M03", Month, "2022-03"),
            ("2022-M3", Month, "2022-03"),
            ("2022/03", Month, "2022-03"),
            ("03/2022", Month, "2022-03"),
            ("Mar-22", Month, "2022-03"),
            ("March 2022", Month, "2022-03"),
            ("2022 Mar", Month, "2022-03"),
            ("Sept. 1998", Month, "1998-09"),
            ("Mar-95", Month, "1995-03"),
            ("31/03/2022", Month, "2022-03"),
            ("03/31/2022", Month, "2022-03"),
            ("01/02/2022", Month, "2022-02"),
            ("2022-03-31T00:00:00", Month, "2022-03"),
            ("20220331", Month, "2022-03"),
            ("15/03/2022", Month, "?"),
            ("03/04/2022", Month, "?"),
            ("2020-01-01/P1M", Month, "2020-01"),
            ("2020-01-15/P1M", Month, "?"),
            ("2020-01-01/P1Y", Year, "2020"),
            ("2019-07-01/P1Y", FiscalYear, "FY2020"),
            ("2022Q1", Quarter, "2022-Q1"),
            ("Q1 2022", Quarter, "2022-Q1"),
            ("2022-Q1", Quarter, "2022-Q1"),
            ("31 March 2022", Quarter, "2022-Q1"),
            ("2022/23", FiscalYear, "FY2023"),
            ("2022-23", FiscalYear, "FY2023"),
            ("2022–2023", FiscalYear, "FY2023"),
            ("FY2022/23", FiscalYear, "FY2023"),
            ("FY 22", FiscalYear, "FY2022"),
            ("FY2022", FiscalYear, "FY2022"),
            ("2011-12", FiscalYear, "FY2012"),
            ("2011-12", Month, "2011-12"),
            ("2020July", FiscalYear, "FY2021"),
            ("1999/00", FiscalYear, "FY2000"),
            ("year ended 30 June 2022", FiscalYear, "FY2022"),
            ("2022/24", FiscalYear, "?"),
            ("2022/23", Year, "?"),
            ("2017-2020", Year, "Y2017-2020"),
            ("2022", Year, "2022"),
            ("2022", FiscalYear, "2022"),
            ("31/12/2022", Year, "2022"),
            ("week ending 6 March 2022", Week, "2022-W09"),
            ("week ending 7 March 2022", Week, "?"),
            ("w/c 28/02/2022", Week, "2022-W09"),
            ("2022W5", Week, "2022-W05"),
            ("2020-02-23", Week, "2020-W08"),
            ("2020-02-25", Week, "?"),
            ("soon", Month, "?"),
            ("", Month, "?"),
        ] {
            assert_eq!(
                read("period", text, frequency),
                expected,
                "{text} {frequency}"
            );
        }
    }

    #[test]
    fn a_heading_says_which_day_a_date_is() {
        let week = Frequency::Week;
        assert_eq!(read("Week ending", "2020-02-23", week), "2020-W08");
        assert_eq!(read("Week ending", "2020-02-24", week), "?");
        assert_eq!(read("Week beginning", "2020-02-24", week), "2020-W09");
    }

    #[test]
    fn one_date_of_a_column_tells_the_order_of_all() {
        let texts = ["03/04/2022", "31/05/2022"];
        let told = Column {
            stands: Stands::Within,
            ..column("Award Date", &texts)
        };
        let read = told.read(texts[0], Frequency::Month).unwrap();
        assert_eq!(read.to_string(), "2022-04");
        let open = Column {
            stands: Stands::Within,
            ..column("Award Date", &texts[..1])
        };
        let asked = open.read(texts[0], Frequency::Month).unwrap_err();
        assert!(asked.contains("2022-03 or 2022-04"), "{asked}");
    }

    proptest! {
        #[test]
        fn every_period_is_read_as_it_is_written(number in 0_u32..1 << 18) {
            if let Some(period) = Period::from_number(number) {
                let mut frequency = period.frequency();
                if frequency == Frequency::PooledYears {
                    frequency = Frequency::Year;
                }
                let text = period.to_string();
                prop_assert_eq!(column("period", &[]).read(&text, frequency), Ok(period));
                // And by its last day, if that is said.
                let last = column("Period ending", &[]);
                if period.frequency() == frequency {
                    let day = period.end().to_string();
                    prop_assert_eq!(last.read(&day, frequency), Ok(period));
                }
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9a-zQWMFYP/ .–-]{0,14}|\\PC{0,20}") {
            for frequency in Frequency::ALL {
                if let Err(words) = column("period", &[&text]).read(&text, frequency) {
                    prop_assert!(!words.is_empty());
                }
            }
        }
    }
}
