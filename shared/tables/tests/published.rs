//! Files as offices published them: the figures that are read equal the sums of the files, which a
//! plain reading of their text gives.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::collections::BTreeMap;

use weft_shared::{
    model::{
        indicator::{Definition, definitions_from_toml},
        number::Number,
    },
    period::Date,
};
use weft_tables::{ColumnPlan, Known, Proposal, Sheet, Table, TableColumn, propose};

const UPTAKE: &str = include_str!("published/moh-tla-uptake.csv");
const DEATHS: &str = include_str!("published/moh-weekly-deaths.csv");
const BENEFITS: &str = include_str!("published/va-education-by-state-fy10.csv");
const PRICES: &str = include_str!("published/oecd-g20-prices.csv");
const VALUE_SET: &str = include_str!("published/dhis2-dataValueSet.csv");
const VALUE_SET_JSON: &str = include_str!("published/dhis2-dataValueSet.json");
const ADX: &str = include_str!("published/dhis2-adx.xml");

/// The names here of each part of DHIS2's files.
const PARTS: &str = "[values.part]\nF_Under5 = \"age=Under 5,sex=Female\"\n\
                     M_Under5 = \"age=Under 5,sex=Male\"\n";

fn definitions() -> Vec<Definition> {
    definitions_from_toml(include_str!("published/indicators.toml")).unwrap()
}

fn read(text: &str, plan: &str) -> (Proposal, Table) {
    let definitions = definitions();
    let areas = ["FAR_NORTH", "Ashburton District", "CHN", "Alabama"];
    let areas = areas.map(str::to_owned);
    let known = Known::new(
        &definitions,
        areas,
        Some("NZ".to_owned()),
        Date::constant(2026, 11, 27),
    );
    let sheet = Sheet::read(text.as_bytes(), None, &known).unwrap();
    let plan = ColumnPlan::from_toml(plan).unwrap();
    let proposal = propose(&sheet, &known, &plan).unwrap();
    assert_eq!(proposal.open(), Vec::<String>::new());
    let table = sheet.table(&known, &proposal).unwrap();
    assert_eq!(table.problems, []);
    (proposal, table)
}

/// The cells of a column, by name; empty if there is no such column.
fn cell<'t>(table: &'t Table, row: usize, name: &'static str) -> &'t str {
    let at = table
        .columns
        .iter()
        .position(|column| *column == TableColumn::Own(name));
    at.and_then(|at| table.rows[row].cells.get(at))
        .unwrap_or_default()
}

/// The sums of a column by what `key` says of a row. Signs that hide a figure count for nothing.
fn sums(
    table: &Table,
    column: &'static str,
    key: impl Fn(usize) -> String,
) -> BTreeMap<String, Number> {
    let mut sums = BTreeMap::new();
    for row in 0..table.rows.len() {
        let sum = sums.entry(key(row)).or_insert(Number::ZERO);
        let number = cell(table, row, column).replace(',', "").parse();
        *sum += number.unwrap_or(Number::ZERO);
    }
    sums
}

/// Splits a line at the commas outside quotes, without any of the code under test.
fn plainly(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
}

fn sum_of(text: &str, column: usize, counts: impl Fn(&[String]) -> bool) -> i64 {
    let rows = text
        .lines()
        .map(plainly)
        .filter(|row| row.len() > column && counts(row));
    rows.filter_map(|row| row[column].trim().replace(',', "").parse::<i64>().ok())
        .sum()
}

#[test]
fn uptake_by_area_and_age_adds_up_to_the_file() {
    let (proposal, table) = read(UPTAKE, "[constants]\nperiod = \"2023-05\"");
    assert!(proposal.guessed);
    expect_test::expect![[r#"
        Age is the part "age".
        Territorial Authority is the area.
        At least partially vaccinated is the numerator, Population is the denominator of indicator PARTIAL.
        Completed primary course is the numerator, Population is the denominator of indicator PRIMARY.
        In every row, the period is 2023-05.
    "#]]
    .assert_eq(&proposal.plan.to_string());
    let key = |row| {
        format!(
            "{} {}",
            cell(&table, row, "indicator_code"),
            cell(&table, row, "breakdown_value")
        )
    };
    for (column, at) in [("numerator", [3, 4]), ("denominator", [2, 2])] {
        let read = sums(&table, column, key);
        for (indicator, at) in ["PARTIAL", "PRIMARY"].into_iter().zip(at) {
            for age in ["5-11", "12+"] {
                let expected = sum_of(UPTAKE, at, |row| row[1] == age);
                assert!(expected > 100_000);
                assert_eq!(
                    read[&format!("{indicator} {age}")],
                    expected.into(),
                    "{column} {age}"
                );
            }
        }
    }
    assert_eq!(table.rows.len(), 2 * (UPTAKE.lines().count() - 1));
    // Ashburton stands on line 2, and signs are left for the rules about figures.
    assert_eq!(
        (table.rows[0].line, cell(&table, 0, "area_code")),
        (2, "Ashburton District")
    );
    let masked = (0..table.rows.len()).filter(|row| cell(&table, *row, "numerator") == "Masked");
    assert_eq!(
        masked.count(),
        UPTAKE
            .lines()
            .map(plainly)
            .map(|row| { row[3..5].iter().filter(|cell| *cell == "Masked").count() })
            .sum::<usize>()
    );
}

#[test]
fn deaths_by_week_ending_add_up_to_the_file() {
    let (proposal, table) = read(DEATHS, "");
    assert!(proposal.guessed);
    let all = sums(&table, "numerator", |_| String::new());
    assert_eq!(sum_of(DEATHS, 2, |_| true), 4_803);
    assert_eq!(all[""], 4_803.into());
    let none = (0..table.rows.len()).filter(|row| cell(&table, *row, "numerator") == "0");
    assert_eq!((table.rows.len(), none.count()), (295, 92));
    assert_eq!(cell(&table, 0, "period"), "2020-W08");
    assert_eq!(cell(&table, 0, "area_code"), "NZ");
    let notes = table.notes.join("\n");
    assert!(
        notes.contains("the period \"2020-02-23\" was read as 2020-W08 (line 2), and 294 more"),
        "{notes}"
    );
}

#[test]
fn benefits_by_state_and_programme_add_up_to_the_file() {
    let plan = "[columns]\narea = \"State Name\"\n[constants]\nindicator = \"VA_STUDENTS\"\n\
                period = \"2010\"\n";
    let names = plainly(BENEFITS.lines().nth(2).unwrap());
    let programmes = names[2..8]
        .iter()
        .map(|name| format!("[[figure]]\nfigure = \"{name}\"\nprogramme = \"{name}\"\n"));
    let plan = format!(
        "{plan}{}[[figure]]\nfigure = \"TOTAL\"\n",
        programmes.collect::<String>()
    );
    let (proposal, table) = read(BENEFITS, &plan);
    assert!(!proposal.guessed);
    let read = sums(&table, "numerator", |row| {
        cell(&table, row, "breakdown_value").to_owned()
    });
    assert_eq!(read.len(), 7);
    for (at, heading) in names.iter().enumerate().take(9).skip(2) {
        let expected = sum_of(BENEFITS, at, |row| row[1].len() == 2);
        let name = if heading == "TOTAL" { "" } else { heading };
        assert!(expected > 100);
        assert_eq!(read[name], expected.into(), "{name}");
    }
    assert_eq!(
        (table.rows[0].line, cell(&table, 0, "area_code")),
        (4, "ALABAMA")
    );
    let notes = table.notes.join("\n");
    assert!(
        notes.contains("above the header left out: line 2 \"Number of Ben"),
        "{notes}"
    );
    assert!(
        notes.contains("2 lines below the table left out: line 57 \"Note: State"),
        "{notes}"
    );
}

#[test]
fn prices_in_sdmx_are_the_numbers_of_the_file() {
    let (proposal, table) = read(PRICES, "[constants]\nindicator = \"PRICES\"");
    assert!(!proposal.guessed);
    let rows: Vec<_> = (0..table.rows.len())
        .map(|row| {
            ["area_code", "period", "value", "obs_status"]
                .map(|name| cell(&table, row, name).to_owned())
        })
        .collect();
    let plain = PRICES.lines().skip(1).map(plainly);
    let plain: Vec<_> = plain
        .map(|row| [1, 9, 10, 11].map(|at| row[at].clone()))
        .collect();
    assert_eq!(rows, plain);
    let in_all = &table.notes[0];
    assert!(
        in_all.contains("MEASURE CPI") && in_all.contains("FREQ A"),
        "{in_all}"
    );
}

#[test]
fn the_three_exports_of_dhis2_say_the_same() {
    let shown = |text: &str, plan: &str| {
        let (proposal, table) = read(text, plan);
        assert!(!proposal.guessed);
        let rows = (0..table.rows.len()).map(|row| {
            let cells = [
                "indicator_code",
                "area_code",
                "period",
                "breakdown",
                "breakdown_value",
                "numerator",
            ];
            cells
                .map(|name| cell(&table, row, name).to_owned())
                .join(" ")
        });
        (rows.collect::<Vec<_>>(), table)
    };
    let expected = [
        "MALARIA FAR_NORTH 2020-01 age,sex Under 5,Female 1",
        "MALARIA FAR_NORTH 2020-01 age,sex Under 5,Male 2",
    ];
    let (csv, table) = shown(VALUE_SET, PARTS);
    assert_eq!(csv, expected);
    let notes = table.notes.join("\n");
    assert!(
        notes.contains("deleted where the file is from, and left out: line 4"),
        "{notes}"
    );
    let (json, table) = shown(VALUE_SET_JSON, PARTS);
    assert_eq!(json, expected);
    assert_eq!(
        table.rows.iter().map(|row| row.line).collect::<Vec<_>>(),
        [2, 3]
    );
    let (adx, table) = shown(ADX, "");
    assert_eq!(adx, expected);
    assert_eq!(
        table.rows.iter().map(|row| row.line).collect::<Vec<_>>(),
        [3, 4]
    );
}

#[test]
fn a_combination_that_nothing_explains_is_asked_about() {
    let (_, table) = read(VALUE_SET, "");
    let problems = &table.rows[0].problems;
    assert!(problems[0].contains("[values.part]"), "{problems:?}");
}
