//! Periods as text, as days and as numbers.

use proptest::prelude::*;

use super::*;

#[test]
fn periods_have_days_and_a_next_one() {
    for (text, start, end, next) in [
        ("2023", "2023-01-01", "2023-12-31", "2024"),
        ("FY2024", "2023-07-01", "2024-06-30", "FY2025"),
        ("2024-Q1", "2024-01-01", "2024-03-31", "2024-Q2"),
        ("2024-Q4", "2024-10-01", "2024-12-31", "2025-Q1"),
        ("2024-02", "2024-02-01", "2024-02-29", "2024-03"),
        ("2024-12", "2024-12-01", "2024-12-31", "2025-01"),
        ("2024-W05", "2024-01-29", "2024-02-04", "2024-W06"),
        ("Y2017-2020", "2017-01-01", "2020-12-31", "Y2021-2024"),
        ("2020-W53", "2020-12-28", "2021-01-03", "2021-W01"),
        ("2021-W52", "2021-12-27", "2022-01-02", "2022-W01"),
    ] {
        let period: Period = text.parse().unwrap();
        assert_eq!(period.to_string(), text);
        assert_eq!(period.start().to_string(), start, "{text}");
        assert_eq!(period.end().to_string(), end, "{text}");
        assert_eq!(period.next().unwrap().to_string(), next);
        assert!(period < period.next().unwrap());
    }
    assert_eq!("2199".parse::<Period>().unwrap().next(), None);
}

#[test]
fn numbers_of_periods_sort_as_they_do_and_read_back() {
    let frequencies = Frequency::IN_ORDER.iter();
    let all = frequencies.flat_map(|frequency| {
        let parts = (YEAR_MIN..=YEAR_MAX).flat_map(|year| (0..64).map(move |part| (year, part)));
        parts.filter_map(move |(year, part)| Period::new(*frequency, year, part))
    });
    let mut all: Vec<Period> = all.collect();
    all.sort_unstable();
    let numbers: Vec<u32> = all.iter().map(|period| period.number()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b) && numbers[numbers.len() - 1] < 1 << 18);
    let read = numbers
        .iter()
        .filter_map(|number| Period::from_number(*number));
    assert!(read.eq(all));
    let mut others = (0..1 << 19).filter(|number| numbers.binary_search(number).is_err());
    assert!(others.all(|number| Period::from_number(number).is_none()));
}

#[test]
fn what_begins_between_two_periods_lies_between_their_figures() {
    for (change, before, after, lies) in [
        ("2018", "2013", "2018", true),
        ("2018", "2013", "2023", true),
        ("2018", "2018", "2023", false),
        ("2018", "2013", "2017", false),
        ("2018", "2018", "2018", false),
        ("2018", "2019", "2013", false),
        // Periods of other lengths are compared by their first days.
        ("2018", "2017-12", "2018-01", true),
        ("2018-02", "2018-01", "2018-Q2", true),
        ("2018-02", "2018-Q1", "2018-Q2", true),
        ("2018-Q1", "2018-01", "2018-02", false),
        ("FY2018", "2017-06", "2017-07", true),
    ] {
        let period = |text: &str| text.parse::<Period>().unwrap();
        let found = period(change).begins_between(period(before), period(after));
        assert_eq!(found, lies, "{change} between {before} and {after}");
    }
}

#[test]
fn a_fiscal_year_as_people_write_it_gets_the_form_that_is_read() {
    let says = |text: &str| text.parse::<Period>().unwrap_err().to_string();
    for text in ["2026/27", "2026-27", "2026\u{2013}2027", "2026/2027"] {
        let said = says(text);
        assert!(
            said.contains("write the year to June 2027 as FY2027"),
            "{said}"
        );
    }
    assert!(says("2099/00").ends_with("FY2100"));
    assert!(!says("2026/28").contains("June"));
    assert!("2011-12".parse::<Period>().is_ok(), "a month");
}

#[test]
fn what_is_no_period_is_refused() {
    for text in [
        "",
        "24",
        "2024-",
        "2024-13",
        "2024-00",
        "2024-1",
        "2024-Q5",
        "2024-Q0",
        "2024-Q01",
        "2021-W53",
        "2024-W00",
        "2024-W5",
        "FY24",
        "fy2024",
        "0001",
        "9999",
        "2024-03-01",
        "-024",
        "2024-+1",
        "２０２４",
        "2024 ",
        "Q1-2024",
        "Y2020-2020",
        "Y2020-2017",
        "Y2000-2020",
        "Y1799-1801",
        "Y2017-20",
    ] {
        assert!(text.parse::<Period>().is_err(), "{text}");
    }
}

#[test]
fn ranges_keep_to_one_frequency() {
    let range: PeriodRange = "2022-01..2023-05".parse().unwrap();
    let contains = |text: &str| range.contains(text.parse().unwrap());
    assert!(contains("2022-01") && contains("2022-12") && contains("2023-05"));
    assert!(!contains("2021-12") && !contains("2023-06") && !contains("2022-Q2"));
    let one: PeriodRange = "2022-Q1".parse().unwrap();
    assert_eq!(
        (one.from(), one.to_string()),
        (one.to(), "2022-Q1".to_owned())
    );
    let fails = |text: &str| text.parse::<PeriodRange>().unwrap_err().to_string();
    assert_eq!(
        fails("2023-05..2022-01"),
        "2023-05 is later than 2022-01: write 2022-01..2023-05"
    );
    assert!(fails("2022..2022-03").contains("two kinds"));
    assert!(fails("2022-01..").contains("is not a period"));
}

proptest! {
    #[test]
    fn any_text_reads_or_refuses(text in ".{0,12}") {
        if let Ok(period) = text.parse::<Period>() {
            prop_assert_eq!(period.to_string(), text);
            prop_assert!(period.start() <= period.end());
        }
    }

    #[test]
    fn periods_follow_each_other_without_gap(year in 1801_i16..2198, week in 1_i8..=52) {
        let period: Period = format!("{year}-W{week:02}").parse().unwrap();
        let next = period.next().unwrap();
        prop_assert_eq!(period.end().tomorrow().unwrap(), next.start());
    }
}
