//! The published vaccination figures: every cell is compared with plain sums of the file.

use std::collections::BTreeMap;

use expect_test::expect;

use super::*;
use crate::{
    model::observation::Breakdown,
    rollup::{COLUMNS, CellKey, Level, Slice, cells, coverage, explain, rollup},
};

const VACCINATION: &str =
    include_str!("../../../../examples/data/nz-vaccination-by-territorial-authority.csv");

/// The rows of the network's own locations as facts.
fn facts() -> Vec<Fact> {
    let definitions = definitions();
    let own = rows(VACCINATION)
        .into_iter()
        .filter(|row| !row["location_code"].is_empty());
    own.map(|row| {
        let find =
            |one: &&Definition| one.code.as_str() == row["indicator_code"] && one.version == 1;
        let definition = definitions.iter().find(find).unwrap();
        let figure = format!("{}/{}", row["numerator"], row["denominator"]);
        let key = ObservationKey {
            indicator: definition.code.clone(),
            area: row["area_code"].parse().unwrap(),
            period: row["period"].parse().unwrap(),
            breakdown: Breakdown::by(row["breakdown"], row["breakdown_value"]),
        };
        let code = row["location_code"].parse().unwrap();
        fact(
            &code,
            key,
            vec![statement(definition, &figure, row["obs_status"])],
        )
    })
    .collect()
}

/// Indicator, period, breakdown value and location, or none for the network.
type Name<'a> = (&'a str, &'a str, &'a str, Option<&'a str>);

#[test]
fn every_cell_equals_the_plain_sums_of_the_file() {
    let mut sums: BTreeMap<Name<'_>, (i64, i64, usize)> = BTreeMap::new();
    let file = rows(VACCINATION);
    for row in file.iter().filter(|row| !row["location_code"].is_empty()) {
        for location in [Some(row["location_code"]), None] {
            let name = (
                row["indicator_code"],
                row["period"],
                row["breakdown_value"],
                location,
            );
            let sum = sums.entry(name).or_default();
            if !row["numerator"].is_empty() {
                sum.0 += row["numerator"].parse::<i64>().unwrap();
                sum.1 += row["denominator"].parse::<i64>().unwrap();
                sum.2 += 1;
            }
        }
    }
    let cells = rollup(&facts(), &network());
    let periods: Vec<String> = cells
        .iter()
        .map(|cell| cell.key.period.to_string())
        .collect();
    let silent = ["SA", "WT"].map(|code| LocationCode::parse(code).unwrap());
    let (mut n_network, mut n_location) = (0, 0);
    for (cell, period) in cells.iter().zip(&periods) {
        let key = &cell.key;
        let location = key.level.location();
        if location.is_some_and(|code| silent.contains(code)) {
            assert_eq!((cell.value, cell.n_areas), (None, 0));
            continue;
        }
        let name = (
            key.indicator.as_str(),
            period.as_str(),
            key.breakdown
                .parts()
                .first()
                .map_or("", |(_, value)| value.as_str()),
            location.map(LocationCode::as_str),
        );
        let (numerator, denominator, areas) = sums.remove(&name).unwrap();
        let some = |sum: i64| (areas > 0).then(|| sum.into());
        assert_eq!(cell.numerator, some(numerator), "{name:?}");
        assert_eq!(cell.denominator, some(denominator), "{name:?}");
        assert_eq!(cell.n_areas, areas);
        let percent = numerator as f64 / denominator as f64 * 100.0;
        let value = cell
            .value
            .map(|value| value.to_string().parse::<f64>().unwrap());
        assert!(
            value.is_none_or(|value| (value - percent).abs() < 1e-6),
            "{name:?}"
        );
        assert_eq!(value.is_some(), areas > 0);
        match location {
            Some(_) => n_location += 1,
            None => n_network += 1,
        }
    }
    assert_eq!((n_network, n_location, sums.len()), (64, 448, 0));
    assert_eq!(cells.len(), 64 + 9 * 64);
}

fn cell(key: &CellKey, facts: &[Fact], network: &Network) -> Cell {
    let mut cells = cells(&key.slice(), facts, network).into_iter();
    cells.find(|one| one.key == *key).unwrap()
}

fn find(level: &str, indicator: &str, period: &str, age: &str) -> (CellKey, Cell) {
    let level = match level {
        "" => Level::Network,
        code => Level::Location(code.parse().unwrap()),
    };
    let slice = Slice {
        indicator: indicator.parse().unwrap(),
        period: period.parse().unwrap(),
        breakdown: Breakdown::by("age", age),
    };
    let key = slice.at(level);
    let found = cell(&key, &facts(), &network());
    (key, found)
}

#[test]
fn a_row_has_every_column_in_csv_and_json() {
    let (_, cell) = find("EC", "VAX_PRIMARY", "2023-05", "5-11");
    let row = cell.row();
    let json = cell.json();
    let mut shown = String::new();
    for (name, field) in COLUMNS.iter().zip(&row) {
        shown.push_str(&format!("{name}: {field} {}\n", json[name]));
    }
    assert_eq!(
        (row.len(), json.as_object().unwrap().len()),
        (COLUMNS.len(), COLUMNS.len())
    );
    expect![[r#"
        dataset: rollups "rollups"
        level: location "location"
        release:  null
        indicator_code: VAX_PRIMARY "VAX_PRIMARY"
        indicator_name: Completed primary course "Completed primary course"
        indicator_name_mi:  null
        definition_version: 1 1
        location_code: EC "EC"
        location_name: Healthy Families East Cape "Healthy Families East Cape"
        area_type:  null
        area_code:  null
        area_name:  null
        freq: month "month"
        period: 2023-05 "2023-05"
        period_start: 2023-05-01 "2023-05-01"
        period_end: 2023-05-31 "2023-05-31"
        breakdown: age "age"
        breakdown_value: 5-11 "5-11"
        value: 20 20
        unit: percent "percent"
        numerator: 1451 1451
        denominator: 7255 7255
        obs_status: A "A"
        conf_status:  null
        status_reason:  null
        n_locations: 1 1
        n_expected: 1 1
        n_areas: 3 3
        n_areas_expected: 3 3
        denominator_covered: 1 1
        n_contested: 0 0
        base_changed: false false
        lower:  null
        upper:  null
        value_low:  null
        value_high:  null
        numerator_low:  null
        numerator_high:  null
        updated_at: 2026-11-18T11:06:40.000Z "2026-11-18T11:06:40.000Z"
    "#]]
    .assert_eq(&shown);
}

#[test]
fn masked_areas_leave_a_partial_figure_without_headline() {
    let mut shown = String::new();
    let coverages = coverage(&facts(), &network());
    for (level, indicator, period, age) in [
        ("HV", "VAX_PARTIAL", "2022-12", "12+"),
        ("OC", "VAX_PARTIAL", "2022-12", "12+"),
        ("", "VAX_PARTIAL", "2022-12", "12+"),
        ("", "VAX_PRIMARY", "2022-02", "12+"),
        ("", "VAX_PRIMARY", "2022-12", "12+"),
        ("SA", "VAX_PRIMARY", "2022-12", "12+"),
    ] {
        let (_, cell) = find(level, indicator, period, age);
        shown.push_str(&format!(
            "{level} {indicator} {:?} {} areas {}/{} covered {:?}, {}\n    {}\n",
            cell.value,
            cell.status,
            cell.n_areas,
            cell.n_areas_expected,
            cell.denominator_covered,
            stands(&cell, &coverages[&cell.key]),
            cell.status_reason,
        ));
    }
    expect![[r#"
        HV VAX_PARTIAL Some(94.121148) A areas 1/2 covered Some(0.7101), little: 0.7101
            suppressed: UPPER_HUTT
        OC VAX_PARTIAL None Q areas 0/1 covered Some(0), no figure
            suppressed
         VAX_PARTIAL Some(90.763421) A areas 10/19 covered Some(0.5013), coverage unknown: 7 areas
            suppressed: HV (1 of 2 areas), OC; not reported: SA, WT
         VAX_PRIMARY Some(91.005442) A areas 9/19 covered Some(0.3814), coverage unknown: 7 areas
            suppressed: HV, OC; not reported: SA, WT
         VAX_PRIMARY Some(91.463543) A areas 12/19 covered Some(1), coverage unknown: 7 areas
            not reported: SA, WT
        SA VAX_PRIMARY None O areas 0/4 covered None, no figure
            not reported
    "#]]
    .assert_eq(&shown);
}

#[test]
fn a_figure_explains_itself() {
    let (key, cell) = find("HV", "VAX_PRIMARY", "2022-02", "5-11");
    let explanation = explain(&key, &facts(), &network()).unwrap();
    assert_eq!(explanation.cell, cell);
    assert_eq!(
        explanation.json()["areas"].as_array().unwrap().len(),
        cell.n_areas_expected
    );
    expect![[r#"
        VAX_PRIMARY v1: Completed primary course
        2022-02, age=5-11, HV Healthy Families Hutt Valley
        Rule: sum of numerators / sum of denominators x 100, rounded half to even at 6 decimals
          HV LOWER_HUTT: counted
            17 of 10445, normal, v1, stated 2026-11-18 11:06 UTC
          HV UPPER_HUTT: counted
            14 of 4264, normal, v1, stated 2026-11-18 11:06 UTC
        Result: 31 of 14709 = 0.210755%
        Coverage: 1 of 1 location, 2 of 2 areas
    "#]]
    .assert_eq(&explanation.to_string());
}

#[test]
fn figures_under_the_second_version_are_added_and_flagged() {
    let second = definitions()
        .into_iter()
        .find(|one| one.version == 2)
        .unwrap();
    let adopters = ["FN", "IN"].map(|code| location_id(&code.parse().unwrap()));
    let mut facts = facts();
    for fact in facts
        .iter_mut()
        .filter(|fact| adopters.contains(&fact.location))
    {
        fact.stated
            .iter_mut()
            .for_each(|one| one.statement.definition = second.hash());
    }
    let slice = Slice {
        indicator: second.code,
        period: "2023-05".parse().unwrap(),
        breakdown: Breakdown::by("age", "12+"),
    };
    let cell = cell(&slice.at(Level::Network), &facts, &network());
    assert_eq!(cell.status, Status::DefinitionDiffers);
    assert_eq!(
        (cell.n_locations, cell.labels.definition_version),
        (7, Some(2))
    );
    let words: Vec<&str> = cell.status_reason.split("; ").collect();
    expect![[r#"
        5 of 7 locations use v1
        2 use v2
        v1 is added as approximately the same: The publisher rebased its population
        not reported: SA, WT"#]]
    .assert_eq(&words.join("\n"));
}

#[test]
fn a_location_that_is_not_expected_counts_nowhere() {
    let stranger = Fact {
        location: LocationId::new([9; 16]),
        ..facts().remove(0)
    };
    assert!(rollup(&[stranger], &network()).is_empty());
}
