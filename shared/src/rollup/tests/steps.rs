//! Comparison of figures of two periods: breaks, changed bases, and questions to people.

use proptest::prelude::*;

use super::*;
use crate::{
    id::AreaCode,
    model::{
        indicator::{DefinitionKey, Settings, Versions, file_from_toml},
        number::Number,
        observation::Breakdown,
    },
    period::Period,
    rollup::{
        Cell, Slice, cells,
        series::{Base, Point, Step, step, steps},
    },
    validation::{question::Kind, slips::says_base_changed},
};

const PREVENTION: &str = include_str!("../../../../examples/data/indicators-prevention.toml");
const CENSUS: &str = include_str!("../../../../examples/data/nz-census-prevention.csv");

/// The definitions of prevention and their settings.
fn prevention() -> (Vec<Definition>, BTreeMap<DefinitionKey, Settings>) {
    let mut settings: BTreeMap<DefinitionKey, Settings> = BTreeMap::new();
    let mut definitions = Vec::new();
    for one in file_from_toml(PREVENTION).unwrap() {
        let set = settings.entry(one.definition.key()).or_default();
        for change in one.settings {
            assert!(set.take(change.key.setting, change.key.at, &change.text));
        }
        definitions.push(one.definition);
    }
    (definitions, settings)
}

fn versions(code: &str) -> Versions {
    let (definitions, settings) = prevention();
    let mut all = Versions::by_code(definitions, &settings);
    all.remove(&code.parse().unwrap()).unwrap()
}

/// Parses `period version denominator` of one area, optionally followed by `B` or `growth`.
fn point(text: &str) -> Point {
    let words: Vec<&str> = text.split(' ').collect();
    let has = |word| words.contains(&word);
    Point {
        period: words[0].parse().unwrap(),
        version: words[1].parse().ok(),
        bases: vec![Base {
            area: AreaCode::parse("ONE").unwrap(),
            denominator: words[2].parse().ok(),
            is_growth: has("growth"),
            asked_beside: None,
        }],
        says_base_changed: has("B"),
    }
}

fn said(code: &str, before: &str, after: &str) -> String {
    let (before, after) = (point(before), point(after));
    let step = step(&before, &after, &versions(code));
    step.words(before.period, "people").unwrap_or_default()
}

#[test]
fn a_step_says_what_must_be_known() {
    for (code, before, after, words) in [
        ("VOLUNTEERING", "2006 1 1000", "2013 1 1140", ""),
        (
            "VOLUNTEERING",
            "2006 1 10000",
            "2013 1 11401",
            "check the base: 10,000 people in 2006, 11,401 now: growth, or another base?",
        ),
        ("VOLUNTEERING", "2006 1 10000", "2013 1 11401 growth", ""),
        ("VOLUNTEERING", "2017 1 1000", "2018 1 1020", ""),
        (
            "VOLUNTEERING",
            "2017 1 1000",
            "2018 1 979",
            "check the base: 1,000 people in 2017, 979 now: growth, or another base?",
        ),
        (
            "VOLUNTEERING",
            "2017 1 1000",
            "2018 1 979 B",
            "new base from 2018: not comparable with 2017",
        ),
        (
            "SMOKING",
            "2013 1 100",
            "2018 1 124",
            "new base from 2018: not comparable with 2013 (The 2018 census filled gaps from \
             administrative records)",
        ),
        (
            "SMOKING",
            "2013 1 100",
            "2019 1 100",
            "new base from 2018: not comparable with 2013 (The 2018 census filled gaps from \
             administrative records)",
        ),
        ("SMOKING", "2018 1 124", "2019 1 124", ""),
        (
            "ACTIVE_COMMUTE",
            "2013 1 100",
            "2018 2 100",
            "not comparable with 2013 (version 1): The question changed in 2018 from census day \
             to the usual means of travel",
        ),
        ("ACTIVE_COMMUTE", "2013 1 100", "2018 1 100", ""),
        (
            "ACTIVE_COMMUTE",
            "2013 1 100",
            "2018 9 100",
            "not comparable with 2013 (version 1)",
        ),
        ("VOLUNTEERING", "2006 1 -", "2013 1 -", ""),
    ] {
        assert_eq!(
            said(code, before, after),
            words,
            "{code}: {before}, {after}"
        );
    }
}

#[test]
fn other_areas_are_not_compared() {
    let before = point("2006 1 100");
    let mut after = point("2013 1 100");
    after.bases[0].area = AreaCode::parse("TWO").unwrap();
    let step = step(&before, &after, &versions("SMOKING"));
    assert_eq!(step, Step::OtherAreas);
    assert!(!step.is_comparable() && !step.cuts());
}

/// Every place in the census file as a separate location, each figure under the definition that
/// holds for its period.
fn census(code: &str) -> Vec<Vec<Cell>> {
    let (definitions, settings) = prevention();
    let rows: Vec<_> = rows_of(code);
    let periods: std::collections::BTreeSet<Period> = rows
        .iter()
        .map(|row| row["period"].parse().unwrap())
        .collect();
    let areas: BTreeMap<&str, ()> = rows.iter().map(|row| (row["area_code"], ())).collect();
    let areas: Vec<(&str, &str)> = areas.keys().map(|area| (*area, *area)).collect();
    let adopted: Vec<&Definition> = definitions.iter().collect();
    let place = member("AA", "All places", &areas, &adopted);
    let network = Network::new([place.clone()], definitions).with_settings(&settings);
    let facts = rows.iter().map(|row| {
        let key = format!("{code}/{}/{}/total", row["area_code"], row["period"]);
        let key: ObservationKey = key.parse().unwrap();
        let holding = network.holding(&key.indicator, key.period).unwrap();
        let figure = format!("{}/{}", row["numerator"], row["denominator"]);
        fact(&place.code, key, vec![statement(holding, &figure, "A")])
    });
    let facts: Vec<Fact> = facts.collect();
    let of_period = |period: Period| {
        let slice = Slice {
            indicator: code.parse().unwrap(),
            period,
            breakdown: Breakdown::Total,
        };
        cells(&slice, &facts, &network)
    };
    periods.into_iter().map(of_period).collect()
}

fn rows_of(code: &str) -> Vec<BTreeMap<&'static str, &'static str>> {
    // In this file, only a comma in an area's name leads to a quoted field.
    let all = rows(CENSUS).into_iter();
    all.filter(|row| row["indicator_code"] == code && row["obs_status"].is_empty())
        .collect()
}

#[test]
fn the_census_breaks_where_the_question_changed() {
    let cells = census("ACTIVE_COMMUTE");
    let network: Vec<&Cell> = cells
        .iter()
        .map(|of_period| of_period.last().unwrap())
        .collect();
    let told: Vec<_> = network
        .iter()
        .map(|cell| {
            let version = cell.labels.definition_version;
            (cell.key.period.to_string(), version, cell.status.word())
        })
        .collect();
    let expected = [("2006", 1, "A"), ("2013", 1, "A"), ("2018", 2, "A")];
    assert_eq!(told, expected.map(|(p, v, s)| (p.to_owned(), Some(v), s)));
    let points: Vec<Point> = network.iter().map(|cell| Point::of_cell(cell)).collect();
    let steps = steps(&points, &versions("ACTIVE_COMMUTE"));
    assert!(steps[0].is_comparable(), "{:?}", steps[0]);
    assert!(matches!(&steps[1], Step::Break { from: Some(1), .. }));
}

#[test]
fn a_rebased_population_is_marked_and_not_compared() {
    let cells = census("SMOKING");
    let last = cells.last().unwrap().last().unwrap();
    assert_eq!(last.status, Status::Break);
    let reason = "base changed: The 2018 census filled gaps from administrative records";
    assert_eq!(last.status_reason, reason);
    assert_eq!(last.base_changed.as_deref(), Some(reason));
    assert_eq!(last.json()["base_changed"], true);
    let points: Vec<Point> = cells
        .iter()
        .map(|one| Point::of_cell(one.last().unwrap()))
        .collect();
    let steps = steps(&points, &versions("SMOKING"));
    assert!(
        matches!(steps[1], Step::BaseChanged { .. }),
        "{:?}",
        steps[1]
    );
}

#[test]
fn a_changed_base_never_replaces_another_status() {
    let definitions = definitions();
    let (first, second) = (&definitions[0], &definitions[3]);
    assert_eq!((first.version, second.version), (1, 2));
    for (statuses, status) in [
        (["A", "B"], "B"),
        (["B", "P"], "P"),
        (["B", "E"], "E"),
        (["B", "D"], "D"),
        (["A", "P"], "P"),
    ] {
        let areas = [("ONE", "One"), ("TWO", "Two")];
        let place = member("AA", "A place", &areas, &[first]);
        let facts = statuses.iter().zip(areas).map(|(status, (area, _))| {
            let key = format!("VAX_PRIMARY/{area}/2023-05/total").parse().unwrap();
            fact(&place.code, key, vec![statement(first, "1/2", status)])
        });
        let facts: Vec<Fact> = facts.collect();
        let network = Network::new([place.clone()], definitions.clone());
        let cell = crate::rollup::rollup(&facts, &network).pop().unwrap();
        assert_eq!(cell.status.word(), status, "{statuses:?}");
        assert_eq!(
            cell.base_changed.is_some(),
            statuses.contains(&"B"),
            "{statuses:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The question depends only on the share, in either direction, and an answer ends it.
    #[test]
    fn a_base_is_asked_about_beyond_two_percent_a_year(
        before in 1_000_i64..1_000_000,
        permille in -999_i64..3_000,
        years in 0_i16..12,
    ) {
        let versions = versions("VOLUNTEERING");
        let after = before + before * permille / 1_000;
        let point = |year: i16, denominator: i64, is_growth| Point {
            period: year.to_string().parse().unwrap(),
            version: Some(1),
            bases: vec![Base {
                area: AreaCode::parse("ONE").unwrap(),
                denominator: Some(Number::from(denominator)),
                is_growth,
                asked_beside: None,
            }],
            says_base_changed: false,
        };
        let (first, last) = (point(2006, before, false), point(2006 + years, after, false));
        let step_to = |last: &Point| step(&first, last, &versions);
        let allowed = before * 2 * i64::from(years.max(1));
        let beyond = (after - before).abs() * 100 > allowed;
        prop_assert_eq!(matches!(step_to(&last), Step::CheckBase { .. }), beyond);
        prop_assert!(step_to(&last).is_comparable());
        prop_assert_eq!(step_to(&point(2006 + years, after, true)), Step::Comparable);
        let stated = Point { says_base_changed: true, ..last };
        prop_assert!(!step_to(&stated).is_comparable());
    }

    /// Each answer to the question is stored with the statement and read from there, even if the
    /// status is one that B may not replace.
    #[test]
    fn an_answer_is_part_of_the_statement(
        answer in prop::sample::select(Kind::Base.answers()),
        status in prop::sample::select(vec!["A", "P", "D", "E"]),
    ) {
        let definition = &definitions()[0];
        let mut stated = statement(definition, "20/200", status);
        stated.confirmed.insert(answer.word.to_owned());
        let stated = Statement::decode(&stated.encode()).unwrap();
        let area = AreaCode::parse("ONE").unwrap();
        let read = (Base::of(&area, &stated).is_growth, says_base_changed(&stated));
        prop_assert!(read.0 != read.1, "{:?} is read as {:?}", answer, read);
        prop_assert_eq!(read.1, answer.word == "base");
    }
}
