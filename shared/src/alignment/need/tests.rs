//! Need from the published figures, cell by cell, and its rules.

use std::collections::BTreeMap;

use super::*;
use crate::{
    id::LocationCode,
    model::{
        indicator::{DefinitionKey, Settings, file_from_toml},
        observation::{ObservationKey, Statement},
    },
    rollup::{
        Fact, Level, Network, rollup,
        tests::{fact, member, rows, statement},
    },
    time::Timestamp,
};

const EXPECTED: &str = include_str!("../../../../examples/data/expected-need.csv");
const CENSUS: &str = include_str!("../../../../examples/data/nz-census-prevention.csv");
const VACCINATION: &str =
    include_str!("../../../../examples/data/nz-vaccination-by-territorial-authority.csv");
const LOCATIONS: &str = include_str!("../../../../examples/data/locations.csv");
const PREVENTION: &str = include_str!("../../../../examples/data/indicators-prevention.toml");
const DEFINITIONS: &str = include_str!("../../../../examples/data/indicators.toml");

/// The nine locations with the definitions of both files.
fn network() -> Network {
    let mut settings: BTreeMap<DefinitionKey, Settings> = BTreeMap::new();
    let mut definitions = Vec::new();
    for file in [DEFINITIONS, PREVENTION] {
        for one in file_from_toml(file).unwrap() {
            let set = settings.entry(one.definition.key()).or_default();
            for change in one.settings {
                assert!(set.take(change.key.setting, change.key.at, &change.text));
            }
            definitions.push(one.definition);
        }
    }
    let adopted: Vec<&Definition> = definitions.iter().collect();
    let members = rows(LOCATIONS).into_iter().map(|row| {
        let codes = row["area_codes"].split(' ').filter(|code| !code.is_empty());
        let areas: Vec<_> = codes.zip(row["area_names"].split("; ")).collect();
        member(row["location_code"], row["name"], &areas, &adopted)
    });
    let members: Vec<_> = members.collect();
    Network::new(members, definitions).with_settings(&settings)
}

/// The published figures of the locations' areas. Auckland's locations say of vaccinations that
/// they were not collected, as the demonstration does.
fn facts(network: &Network) -> Vec<Fact> {
    let mut facts = Vec::new();
    let code_of: BTreeMap<AreaCode, LocationCode> = network
        .members()
        .flat_map(|one| {
            let areas = one.place.areas.iter();
            areas.map(|area| (area.code.clone(), one.code.clone()))
        })
        .collect();
    let mut add = |text: &str, figure: &str, status: &str| {
        let key: ObservationKey = text.parse().unwrap();
        let Some(code) = code_of.get(&key.area) else {
            return;
        };
        let definition = network.holding(&key.indicator, key.period).unwrap();
        let stated = vec![statement(definition, figure, status)];
        facts.push(fact(code, key, stated));
    };
    for (file, indicators) in [
        (CENSUS, &["SMOKING", "VOLUNTEERING"][..]),
        (VACCINATION, &["VAX_PRIMARY"]),
    ] {
        for row in rows(file) {
            if !indicators.contains(&row["indicator_code"]) || row["area_code"].is_empty() {
                continue;
            }
            let part = match row["breakdown"] {
                "" => Breakdown::Total,
                name => Breakdown::by(name, row["breakdown_value"]),
            };
            let (indicator, area, period) =
                (row["indicator_code"], row["area_code"], row["period"]);
            let key = format!("{indicator}/{area}/{period}/{}", part.key());
            let figure = format!("{}/{}", row["numerator"], row["denominator"]);
            let status = Some(row["obs_status"]).filter(|status| !status.is_empty());
            add(&key, &figure, status.unwrap_or("A"));
        }
    }
    let auckland = code_of
        .iter()
        .filter(|(_, code)| ["SA", "WT"].contains(&code.as_str()));
    for (area, _) in auckland {
        let part = Breakdown::by("age", "12+").key();
        add(&format!("VAX_PRIMARY/{area}/2023-05/{part}"), "", "L");
    }
    facts
}

fn target(indicator: &str, value: i64, period: &str, part: &str) -> Target {
    Target {
        id: RecordId::from_parts(Timestamp::from_ms(1), [1; 10]),
        indicator: indicator.parse().unwrap(),
        value: value.into(),
        period: period.parse().ok(),
        area: None,
        breakdown: part.to_owned(),
        every_group: false,
        by: None,
        why: None,
    }
}

/// The columns of the expected file, of one need.
fn told(code: &LocationCode, need: &Need) -> Vec<String> {
    let text = |one: Option<String>| one.unwrap_or_default();
    let number = |one: Option<Number>| text(one.map(|one| one.to_string()));
    let figure = need.figure.as_ref().unwrap();
    let before = need.change.as_ref().map(|change| &change.before);
    let target = need.target.as_ref();
    let part = need.part.parts().first();
    let remarks: Vec<String> = need.remarks.iter().map(ToString::to_string).collect();
    vec![
        code.to_string(),
        need.indicator.to_string(),
        text(part.map(|(name, _)| name.clone())),
        text(part.map(|(_, value)| value.clone())),
        figure.period.to_string(),
        need.direction.to_string(),
        figure.n_areas.to_string(),
        figure.n_areas_expected.to_string(),
        number(figure.numerator),
        number(figure.denominator),
        number(figure.value),
        number(target.map(|one| one.value)),
        text(target.map(|one| one.of.word().to_owned())),
        text(target.and_then(|one| Some(one.period?.to_string()))),
        number(need.gap),
        text(before.map(|one| one.period.to_string())),
        number(before.and_then(|one| one.numerator)),
        number(before.and_then(|one| one.denominator)),
        number(before.and_then(|one| one.value)),
        number(need.change.as_ref().map(|change| change.by)),
        number(need.change.as_ref().and_then(|change| change.base_percent)),
        remarks.join("; "),
    ]
}

#[test]
fn the_need_of_the_published_figures_is_as_expected_cell_by_cell() {
    let network = network();
    let cells = rollup(&facts(&network), &network);
    let targets = [
        target("SMOKING", 5, "2025", ""),
        target("VAX_PRIMARY", 90, "2023-12", "age=12+"),
    ];
    let mut lines = EXPECTED.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut n = 0;
    for line in lines {
        let expected: Vec<&str> = line.split(',').collect();
        let code: LocationCode = expected[0].parse().unwrap();
        let indicator: IndicatorCode = expected[1].parse().unwrap();
        let part = match expected[2] {
            "" => Breakdown::Total,
            name => Breakdown::by(name, expected[3]),
        };
        let own: Vec<Cell> = cells
            .iter()
            .filter(|cell| {
                cell.key.level == Level::Location(code.clone()) && cell.key.indicator == indicator
            })
            .cloned()
            .collect();
        let asked = Asked {
            versions: network.versions(&indicator).unwrap(),
            part: &part,
            areas: &[],
            own: &[],
            network: &targets,
        };
        let need = Need::of(&own, &asked, "2023".parse().unwrap()).unwrap();
        for ((name, expected), told) in names.iter().zip(expected).zip(told(&code, &need)) {
            assert_eq!(told, expected, "{name} in {line}");
        }
        // A changed base is neither better nor worse.
        if line.ends_with("base changed") {
            assert_eq!(need.change.unwrap().is_better, None);
        }
        n += 1;
    }
    assert_eq!(n, 27);
}

/// The need of a location with one area, of figures `period numerator/denominator`; `B` before the
/// figure says that its base changed.
fn of(figures: &[&str], own: &[Target], shared: &[Target], period: &str) -> Need {
    of_indicator("VOLUNTEERING", figures, (own, shared), period)
}

fn of_indicator(
    indicator: &str,
    figures: &[&str],
    (own, shared): (&[Target], &[Target]),
    period: &str,
) -> Need {
    let network = network();
    let indicator: IndicatorCode = indicator.parse().unwrap();
    let code: LocationCode = "FN".parse().unwrap();
    let definition = network.newest(&indicator).unwrap();
    let facts = figures.iter().map(|text| {
        let (period, figure) = text.split_once(' ').unwrap();
        let key = format!("{indicator}/FAR_NORTH/{period}/total")
            .parse()
            .unwrap();
        let stated: Vec<Statement> = figure
            .split(" or ")
            .map(|figure| match figure.strip_prefix("B ") {
                Some(figure) => statement(definition, figure, "B"),
                None => statement(definition, figure, "A"),
            })
            .collect();
        fact(&code, key, stated)
    });
    let facts: Vec<Fact> = facts.collect();
    let mut cells = rollup(&facts, &network);
    cells.retain(|cell| cell.key.level == Level::Location(code.clone()));
    let area = "FAR_NORTH".parse().unwrap();
    let asked = Asked {
        versions: network.versions(&indicator).unwrap(),
        part: &Breakdown::Total,
        areas: &[area],
        own,
        network: shared,
    };
    Need::of(&cells, &asked, period.parse().unwrap()).unwrap()
}

fn remarks(need: &Need) -> Vec<String> {
    need.remarks.iter().map(ToString::to_string).collect()
}

#[test]
fn the_latest_period_that_ended_in_time_is_shown() {
    let figures = ["2013 10/100", "2018 20/101"];
    for (period, value) in [("2018", 19.80198), ("2019", 19.80198), ("FY2018", 10.0)] {
        let need = of(&figures, &[], &[], period);
        let shown = need.figure.unwrap().value.unwrap().to_string();
        assert_eq!(shown, value.to_string(), "{period}");
    }
    let none = of(&figures, &[], &[], "2012");
    assert_eq!(none.figure, None);
    assert_eq!(remarks(&none), ["not reported"]);
}

#[test]
fn a_total_that_only_parts_are_reported_of_says_so() {
    let network = network();
    let facts = facts(&network);
    let code: LocationCode = "FN".parse().unwrap();
    let indicator: IndicatorCode = "VAX_PRIMARY".parse().unwrap();
    let mut cells = rollup(&facts, &network);
    cells.retain(|cell| {
        let key = &cell.key;
        key.indicator == indicator && key.level == Level::Location(code.clone())
    });
    let need = |part: &Breakdown, period: &str| {
        let asked = Asked {
            versions: network.versions(&indicator).unwrap(),
            part,
            areas: &[],
            own: &[],
            network: &[],
        };
        Need::of(&cells, &asked, period.parse().unwrap()).unwrap()
    };
    let only = ["reported for parts of the population only"];
    assert_eq!(remarks(&need(&Breakdown::Total, "2023-12")), only);
    assert_eq!(remarks(&need(&Breakdown::Total, "2001")), ["not reported"]);
    let other = Breakdown::by("age", "90+");
    assert_eq!(remarks(&need(&other, "2023-12")), ["not reported"]);
}

/// A period that one location reports is there for all of them, and is empty for the others.
#[test]
fn a_period_that_only_others_reported_hides_no_figure() {
    let network = network();
    let mut facts = facts(&network);
    let indicator: IndicatorCode = "VAX_PRIMARY".parse().unwrap();
    let part = Breakdown::by("age", "12+");
    let definition = network.newest(&indicator).unwrap();
    let key = format!("{indicator}/FAR_NORTH/2023-06/{}", part.key());
    let stated = vec![statement(definition, "50000/60500", "A")];
    facts.push(fact(&"FN".parse().unwrap(), key.parse().unwrap(), stated));
    let cells = rollup(&facts, &network);
    for (code, period, has_value) in [
        ("FN", "2023-06", true),
        ("WR", "2023-05", true),
        // It said itself that it collects none.
        ("SA", "2023-05", false),
    ] {
        let code: LocationCode = code.parse().unwrap();
        let mut own = cells.clone();
        own.retain(|cell| {
            let key = &cell.key;
            key.indicator == indicator && key.level == Level::Location(code.clone())
        });
        let asked = Asked {
            versions: network.versions(&indicator).unwrap(),
            part: &part,
            areas: &[],
            own: &[],
            network: &[],
        };
        let need = Need::of(&own, &asked, "2023".parse().unwrap()).unwrap();
        assert_eq!(need.value().is_some(), has_value, "{code}");
        let figure = need.figure.unwrap();
        assert_eq!(figure.period.to_string(), period, "{code}");
    }
}

#[test]
fn our_own_target_holds_before_the_networks_and_the_one_due_last() {
    let named = |value, period| target("VOLUNTEERING", value, period, "");
    let (own, shared) = ([named(30, "2020"), named(35, "2025")], [named(50, "2030")]);
    let aim = |own: &[Target], shared: &[Target]| {
        let need = of(&["2018 20/100"], own, shared, "2018");
        need.target
            .map(|one| (one.value.to_string(), one.of.word()))
    };
    assert_eq!(aim(&own, &shared), Some(("35".to_owned(), "location")));
    assert_eq!(aim(&[], &shared), Some(("50".to_owned(), "network")));
    let of_area = |area: &str| Target {
        area: area.parse().ok(),
        ..named(60, "2030")
    };
    assert_eq!(aim(&[], &[of_area("ROTORUA")]), None);
    assert!(aim(&[], &[of_area("FAR_NORTH")]).is_some());
    assert_eq!(aim(&[], &[target("SMOKING", 5, "2025", "")]), None);
    // A target for one of a location's areas is not one for the location.
    let network = network();
    let code: IndicatorCode = "VOLUNTEERING".parse().unwrap();
    let asked = Asked {
        versions: network.versions(&code).unwrap(),
        part: &Breakdown::Total,
        areas: &["FAR_NORTH", "ROTORUA"].map(|area| area.parse().unwrap()),
        own: &[],
        network: &[of_area("FAR_NORTH")],
    };
    assert_eq!(asked.aim(network.newest(&code).unwrap()), None);
}

#[test]
fn a_gap_of_zero_or_less_is_reached_and_rounded_once() {
    let named = [target("VOLUNTEERING", 20, "2025", "")];
    for (figure, gap, reached) in [
        ("2018 20/100", "0", true),
        ("2018 21/100", "-1", true),
        ("2018 19/100", "1", false),
        // 20 - 100 x 1/3 = -13.333333..., and 20 - 100 x 1/6 = 3.333333...
        ("2018 1/3", "-13.333333", true),
        ("2018 1/6", "3.333333", false),
    ] {
        let need = of(&[figure], &[], &named, "2018");
        assert_eq!(need.gap.unwrap().to_string(), gap, "{figure}");
        assert_eq!(need.is_reached(), Some(reached));
    }
}

#[test]
fn a_base_that_moved_too_far_is_to_be_checked() {
    let change = |figures: &[&str]| {
        let need = of(figures, &[], &[], "2018");
        let better = need.change.as_ref().and_then(|change| change.is_better);
        (remarks(&need), better)
    };
    let no_target = "no target".to_owned();
    // 2 percent for each of five years.
    assert_eq!(
        change(&["2013 10/1000", "2018 20/1100"]),
        (vec![no_target.clone()], Some(true))
    );
    let check = "check the base: 1,000 before, 1,101 now".to_owned();
    assert_eq!(
        change(&["2013 100/1000", "2018 20/1101"]),
        (vec![no_target.clone(), check], Some(false))
    );
    let nothing = "no whole figure a year before".to_owned();
    assert_eq!(
        change(&["2013 1/10 or 2/10", "2018 20/100"]),
        (vec![no_target, nothing], None)
    );
    assert_eq!(
        change(&["2018 1/10 or 2/10"]),
        (vec!["contested".to_owned()], None)
    );
}

#[test]
fn a_base_that_changed_between_the_two_figures_is_neither_better_nor_worse() {
    let base = "base changed".to_owned();
    let of = |figures: &[&str], period| of_indicator("VAX_PRIMARY", figures, (&[], &[]), period);
    for figures in [
        ["2020-05 10/100", "2021-02 B 15/100", "2021-05 20/100"],
        ["2020-05 10/100", "2021-04 15/100", "2021-05 B 20/100"],
    ] {
        let need = of(&figures, "2021-05");
        let said = remarks(&need);
        assert!(said.contains(&base), "{figures:?}: {said:?}");
        assert_eq!(need.change.unwrap().is_better, None, "{figures:?}");
    }
    // One that was there before, or came later, says nothing of these two.
    for (figures, period) in [
        (
            ["2020-05 B 10/100", "2021-02 15/100", "2021-05 20/100"],
            "2021-05",
        ),
        (
            ["2020-02 10/100", "2021-02 15/100", "2021-05 B 20/100"],
            "2021-02",
        ),
    ] {
        let need = of(&figures, period);
        assert!(!remarks(&need).contains(&base), "{figures:?}");
        assert_eq!(need.change.unwrap().is_better, Some(true), "{figures:?}");
    }
}
