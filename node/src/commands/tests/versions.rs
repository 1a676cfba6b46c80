//! Definitions that take effect in a later period, crossed breakdowns and survey values, as
//! commands and files take them.

use serde_json::Value;

use super::desk::Desk;
use crate::kit::{Kit, example};

/// Walking to school with other ages in version 2, visits to a pool, and an adjusted rate.
const DEFINITIONS: &str = r#"
[[indicator]]
code = "WALKERS"
version = 1
name = "Example: children who walk to school"
type = "proportion"
unit = "people"
numerator = "Pupils who walked"
denominator = "Pupils"
factor = 100
direction = "up"
period = "year"
accountability = "population"
class = "better_off"
rollup = "sum"
person_level = true
crossed = [["age", "sex"]]
[indicator.breakdowns]
age = ["5-10", "11-17"]
sex = ["girls", "boys"]
home = ["*"]

[[indicator]]
code = "WALKERS"
version = 2
name = "Example: children who walk to school"
type = "proportion"
unit = "people"
numerator = "Pupils who walked"
denominator = "Pupils"
factor = 100
direction = "up"
period = "year"
accountability = "population"
class = "better_off"
rollup = "sum"
person_level = true
[indicator.breakdowns]
age = ["5-9", "10-17"]

[[indicator]]
code = "VISITS"
version = 1
name = "Example: visits to the pool"
type = "count"
unit = "visits"
direction = "up"
period = "year"
accountability = "performance"
class = "how_much"
rollup = "sum"
person_level = false
"#;

fn desk(definitions: String) -> Desk {
    let desk = Desk::of(Kit::publishing(definitions));
    for code in ["WALKERS", "VISITS", "ACTIVE_COMMUTE"] {
        desk.run(&format!("indicator adopt {code} --audience network"));
    }
    desk
}

/// Runs `observation set`; returns the exit code and the output on one line.
fn set(desk: &Desk, options: &str) -> (u8, String) {
    let answer = desk.run(&format!("observation set {options}"));
    let words = answer.err.split_whitespace().collect::<Vec<_>>();
    (answer.code, words.join(" "))
}

/// Every value: its id, numerator, denominator, value, lower, upper and version.
fn values(desk: &Desk) -> Vec<String> {
    let hashes = |code: &str| {
        let shown = desk.run(&format!("indicator show {code} --json")).out;
        let shown: Value = serde_json::from_str(&shown).unwrap_or_default();
        (shown["hash"].clone(), shown["version"].clone())
    };
    let listed: Value = serde_json::from_str(&desk.run("observation list --json").out).unwrap();
    let row = |one: &Value| {
        let number = |name: &str| match &one[name] {
            Value::Null => "-".to_owned(),
            number => number.to_string(),
        };
        let names = ["numerator", "denominator", "value", "lower", "upper"];
        let numbers = names.map(number).join(" ");
        let (newest, version) = hashes(one["indicator"].as_str().unwrap());
        let version = match one["definition"] == newest {
            true => format!("v{version}"),
            false => "older".to_owned(),
        };
        format!("{} {numbers} {version}", one["id"].as_str().unwrap())
    };
    listed.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn the_version_that_holds_for_the_period_is_meant() {
    let desk = desk(example("indicators-prevention.toml"));
    let figure = "--numerator 10 --denominator 100";
    for year in ["2013", "2018", "2023"] {
        let options = format!("ACTIVE_COMMUTE --area FAR_NORTH --period {year} {figure}");
        let (code, words) = set(&desk, &options);
        assert_eq!(code, 0, "{words}");
    }
    let expected = [
        "ACTIVE_COMMUTE/FAR_NORTH/2013/total 10 100 - - - older",
        "ACTIVE_COMMUTE/FAR_NORTH/2018/total 10 100 - - - v2",
        "ACTIVE_COMMUTE/FAR_NORTH/2023/total 10 100 - - - v2",
    ];
    assert_eq!(values(&desk), expected);
}

#[test]
fn a_value_that_stands_is_corrected_under_its_own_version() {
    let desk = desk(DEFINITIONS.to_owned());
    let walkers = "WALKERS --area FAR_NORTH --period 2023 --breakdown age=5-10 --denominator 100";
    let (code, words) = set(&desk, &format!("{walkers} --numerator 5"));
    assert_eq!(code, 2, "version 2 holds, and has other ages: {words}");
    let (code, words) = set(&desk, &format!("{walkers} --numerator 5 --version 1"));
    assert_eq!(code, 0, "{words}");
    let (code, words) = set(&desk, &format!("{walkers} --numerator 50"));
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("under version 1 of WALKERS"), "{words}");
    let key = "WALKERS/FAR_NORTH/2023/age=5-10";
    assert_eq!(values(&desk), [format!("{key} 50 100 - - - older")]);
    let (code, words) = set(&desk, &format!("{walkers} --numerator 60 --version 2"));
    assert_eq!(code, 2, "{words}");
    let (code, words) = set(&desk, &format!("{walkers} --numerator 60 --version 3"));
    assert_eq!(code, 2);
    assert!(
        words.contains("WALKERS has no version 3: it has 1, 2"),
        "{words}"
    );
    // A file corrects it too, and may name the version itself.
    let heading = "indicator_code,area_code,period,breakdown,breakdown_value,numerator,denominator,\
                   definition_version";
    let rows = "WALKERS,FAR_NORTH,2023,age,5-10,55,100,\n\
                WALKERS,FAR_NORTH,2024,age,11-17,7,100,1\n\
                WALKERS,FAR_NORTH,2024,age,5-9,8,100,\n";
    let (code, words) = import(&desk, heading, rows);
    assert_eq!(code, 0, "{words}");
    let expected = [
        "WALKERS/FAR_NORTH/2023/age=5-10 55 100 - - - older",
        "WALKERS/FAR_NORTH/2024/age=5-9 8 100 - - - v2",
        "WALKERS/FAR_NORTH/2024/age=11-17 7 100 - - - older",
    ];
    assert_eq!(values(&desk), expected);
}

/// Imports rows, replacing existing values.
fn import(desk: &Desk, heading: &str, rows: &str) -> (u8, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.csv");
    std::fs::write(&path, format!("{heading}\n{rows}")).unwrap();
    let path = path.to_str().unwrap();
    let answer = desk.run(&format!("import observations {path} --replace"));
    let words = answer.err.split_whitespace().collect::<Vec<_>>();
    (answer.code, words.join(" "))
}

#[test]
fn a_count_takes_a_numerator_alone_and_a_share_does_not() {
    let desk = desk(DEFINITIONS.to_owned());
    let (code, words) = set(
        &desk,
        "VISITS --area FAR_NORTH --period 2023 --numerator 1250",
    );
    assert_eq!(code, 0, "{words}");
    let (code, words) = set(
        &desk,
        "WALKERS --area FAR_NORTH --period 2023 --numerator 5",
    );
    assert_eq!(code, 2);
    assert!(words.contains("the denominator is missing"), "{words}");
    assert_eq!(
        values(&desk),
        ["VISITS/FAR_NORTH/2023/total 1250 - - - - v1"]
    );
}

#[test]
fn only_the_crosses_that_a_definition_lists_are_taken() {
    let desk = desk(DEFINITIONS.to_owned());
    let walkers = "WALKERS --area FAR_NORTH --period 2023 --version 1 --numerator 5 --denominator \
                   10 --breakdown";
    for (typed, fits) in [
        ("age=5-10,sex=girls", true),
        ("sex=boys,age=5-10", true),
        ("age=5-10,sex=others", false),
        ("age=5-10,home=rented", false),
        ("home=rented,~public", true),
    ] {
        let (code, words) = set(&desk, &format!("{walkers} {typed}"));
        assert_eq!(code == 0, fits, "{typed}: {words}");
    }
    let heading = "indicator_code,area_code,period,breakdown,breakdown_value,numerator,denominator,\
                   definition_version";
    let row = "WALKERS,FAR_NORTH,2024";
    let (code, words) = import(
        &desk,
        heading,
        &format!(
            "{row},\"age,sex\",\"11-17,boys\",3,10,1\n{row},\"sex,age\",\"girls,5-10\",4,10,1\n"
        ),
    );
    assert_eq!(code, 0, "{words}");
    let not_crossed = format!("{row},\"age,home\",\"11-17,rented\",3,10,1\n");
    let (code, words) = import(&desk, heading, &not_crossed);
    assert_eq!(code, 1);
    assert!(
        words.contains("has no breakdown age=11-17,home=rented"),
        "{words}"
    );
    let ids: Vec<String> = values(&desk)
        .iter()
        .map(|line| {
            line.split(' ')
                .next()
                .unwrap()
                .replace("WALKERS/FAR_NORTH/", "")
        })
        .collect();
    let expected = [
        "2023/age=5-10,sex=boys",
        "2023/age=5-10,sex=girls",
        "2023/home=rented%2C%20public",
        "2024/age=11-17,sex=boys",
        "2024/age=5-10,sex=girls",
    ];
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    let mut ids = ids;
    ids.sort();
    assert_eq!(ids, expected);
}

#[test]
fn a_survey_states_its_interval_and_pooled_years() {
    let desk = desk(DEFINITIONS.to_owned());
    let walkers = "WALKERS --area FAR_NORTH --period";
    let (code, words) = set(
        &desk,
        &format!("{walkers} Y2017-2020 --value 23.4 --lower 21 --upper 25.8"),
    );
    assert_eq!(code, 0, "{words}");
    assert!(
        words.contains("Saved as 23.4% (21 to 25.8), normal."),
        "{words}"
    );
    assert!(words.contains("never added up"), "{words}");
    let (code, words) = set(
        &desk,
        &format!("{walkers} 2021 --value 23.4 --lower 24 --upper 25.8"),
    );
    assert_eq!(code, 2);
    assert!(words.contains("23.4 is not between 24 and 25.8"), "{words}");
    let heading = "indicator_code,area_code,period,value,lower,upper";
    let (code, words) = import(&desk, heading, "WALKERS,FAR_NORTH,2022,30,28.5,31.5\n");
    assert_eq!(code, 0, "{words}");
    let (code, words) = import(&desk, heading, "WALKERS,FAR_NORTH,2021,30,28.5,\n");
    assert_eq!(code, 1);
    assert!(words.contains("the upper one is missing"), "{words}");
    let expected = [
        "WALKERS/FAR_NORTH/2022/total - - 30 28.5 31.5 v2",
        "WALKERS/FAR_NORTH/Y2017-2020/total - - 23.4 21 25.8 v2",
    ];
    let mut values = values(&desk);
    values.sort();
    assert_eq!(values, expected);
}
