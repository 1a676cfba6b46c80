//! The figure that may be shown alone: the last whole period that covers enough of the series.

use super::*;
use crate::rollup::{Level, coverage};

/// Areas of one location, and figures by period: `1/3` a share, `/3` a denominator alone.
fn covered(said: &[(&str, &str, &str)], period: &str) -> Coverage {
    let definition = definitions().remove(0);
    let areas = [("NORTH", "North"), ("SOUTH", "South"), ("EAST", "East")];
    let member = member("AA", "Alpha", &areas, &[&definition]);
    let facts: Vec<Fact> = said
        .iter()
        .map(|(period, area, figure)| {
            let key = format!("{}/{area}/{period}/age=12%2B", definition.code);
            let status = if figure.starts_with('/') { "Q" } else { "A" };
            let statement = statement(&definition, figure, status);
            fact(&member.code, key.parse().unwrap(), vec![statement])
        })
        .collect();
    let network = Network::new([member], [definition]);
    let coverages = coverage(&facts, &network);
    let mut found = coverages
        .into_iter()
        .filter(|(key, _)| key.level == Level::Network && key.period.to_string() == period);
    found.next().unwrap().1
}

#[test]
fn a_missing_area_is_as_large_as_when_it_was_last_known() {
    let before = [
        ("2023-01", "NORTH", "1/100"),
        ("2023-01", "SOUTH", "1/100"),
        ("2023-01", "EAST", "1/800"),
        ("2023-02", "EAST", "/700"),
    ];
    let with = |more: &[(&'static str, &'static str, &'static str)]| [&before, more].concat();
    assert_eq!(covered(&before, "2023-01"), Coverage::Whole);
    // EAST counts with its size in February, although its figure was not published since.
    let said = with(&[("2023-03", "NORTH", "1/100"), ("2023-03", "SOUTH", "1/200")]);
    let share = covered(&said, "2023-03");
    assert_eq!(share, Coverage::Share("0.3".parse().unwrap()));
    assert!(!share.is_enough());
    let said = with(&[("2023-03", "NORTH", "1/100"), ("2023-03", "EAST", "1/700")]);
    let share = covered(&said, "2023-03");
    assert_eq!(share, Coverage::Share("0.8889".parse().unwrap()));
    assert!(share.is_enough());
}

#[test]
fn what_was_never_known_is_no_share() {
    let said = [
        ("2023-01", "NORTH", "1/100"),
        ("2023-01", "SOUTH", "1/100"),
        ("2023-02", "EAST", "1/1"),
    ];
    let unknown = covered(&said, "2023-01");
    assert_eq!(unknown, Coverage::Unknown(vec!["EAST".parse().unwrap()]));
    assert!(!unknown.is_enough());
    assert!(!Coverage::Areas(7, 9).is_enough() && Coverage::Areas(8, 10).is_enough());
}

#[test]
fn a_figure_stands_alone_once_its_period_has_ended() {
    let day = |text: &str| text.parse::<crate::period::Date>().unwrap();
    let standing =
        |today: &str| Standing::of(true, false, day("2023-05-31"), Coverage::Whole, day(today));
    assert_eq!(standing("2023-05-31"), Standing::SoFar);
    assert_eq!(standing("2023-06-01"), Standing::Alone);
    let zone = crate::time::Zone::parse("Pacific/Auckland").unwrap();
    let noon = Timestamp::parse_rfc3339("2023-05-31T12:00:00Z").unwrap();
    assert_eq!(zone.day(noon), day("2023-06-01"), "the day has ended there");
}

#[test]
fn eighty_percent_is_counted_in_people_and_not_rounded() {
    let enough = |north: u32| {
        let said = [
            ("2023-01", "SOUTH", format!("1/{}", 1_000_000 - north)),
            ("2023-01", "NORTH", format!("1/{north}")),
            ("2023-01", "EAST", "1/1000".to_owned()),
            ("2023-02", "EAST", "/0".to_owned()),
            ("2023-02", "NORTH", format!("1/{north}")),
        ];
        let said: Vec<_> = said.iter().map(|(a, b, c)| (*a, *b, c.as_str())).collect();
        covered(&said, "2023-02")
    };
    assert!(!enough(799_999).is_enough());
    assert_eq!(enough(799_999), Coverage::Share("0.7999".parse().unwrap()));
    assert!(enough(800_000).is_enough());
    assert!(enough(800_001).is_enough());
    // All but one person is not the whole.
    assert_eq!(enough(999_999), Coverage::Share("0.9999".parse().unwrap()));
}
