//! Commas and points of a column: how they are read, and the questions they raise.

use super::*;

/// Imports one row of an index for each value, with these answers.
fn signs(values: &[&str], words: &[&str]) -> Result<Plan, Refused> {
    let mut file = "area_code,indicator_code,period,value\n".to_owned();
    for (area, value) in ["GISBORNE", "WAIROA"].iter().zip(values) {
        file.push_str(&format!("{area},SCORE,2023,\"{value}\"\n"));
    }
    let definition = Definition {
        code: "SCORE".parse().unwrap(),
        kind: "index".parse().unwrap(),
        period: "year".parse().unwrap(),
        breakdowns: BTreeMap::new(),
        person_level: false,
        unit: "points".to_owned(),
        ..definitions_from_toml(DEFINITIONS).unwrap().remove(0)
    };
    let context = Context {
        code: &"EC".parse().unwrap(),
        place: &place(&["GISBORNE", "WAIROA"]),
        indicators: BTreeMap::from([(
            definition.code.clone(),
            Indicator::new(&definition, Some(Audience::Network)),
        )]),
        existing: &BTreeMap::new(),
        notes: &BTreeMap::new(),
        remembered: &BTreeMap::new(),
        audience: None,
        today: "2026-11-22".parse().unwrap(),
    };
    let options = Options {
        confirm: question::Answers::of(words.iter().copied()).unwrap(),
        ..Options::default()
    };
    plan(file.as_bytes(), &context, &options)
}

fn values(plan: &Plan) -> Vec<String> {
    let values = plan.changes.iter().map(|one| one.statement.value.unwrap());
    values.map(|value| value.to_string()).collect()
}

#[test]
fn what_stands_in_a_column_tells_how_its_commas_are_read() {
    let plan = signs(&["7,125", "6,98"], &[]).unwrap();
    assert_eq!(values(&plan), ["7.125", "6.98"]);
    // One number with a missing digit would mislead, so the question is still asked.
    let open = plan.questions.open(&question::Answers::NONE);
    let words: Vec<&str> = open[0].rows.iter().map(|row| row.words.as_str()).collect();
    assert_eq!(
        words,
        [
            "value \"7,125\" is 7125 or 7.125",
            "value \"6,98\" can only be 6.98"
        ]
    );
    let thousands = signs(&["7,125", "6,98"], &["thousands"]).unwrap_err();
    assert_eq!(thousands.problems[0].line, 3, "{thousands}");
    assert_eq!(
        values(&signs(&["7,125", "6.98"], &[]).unwrap()),
        ["7125", "6.98"]
    );
    // A zero does not begin a group of thousands.
    assert_eq!(
        values(&signs(&["0,125", "7,125"], &[]).unwrap()),
        ["0.125", "7.125"]
    );
    // A column that mixes both notations is refused.
    let refused = signs(&["7.5", "6,98"], &[]).unwrap_err();
    assert_eq!(refused.problems.len(), 1, "{refused}");
}

#[test]
fn a_comma_that_can_be_read_two_ways_is_asked_about() {
    let plan = signs(&["7,125", "6,980"], &[]).unwrap();
    let open = plan.questions.open(&question::Answers::NONE);
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].kind.word(), "sign");
    let words: Vec<&str> = open[0].rows.iter().map(|row| row.words.as_str()).collect();
    assert_eq!(
        words,
        [
            "value \"7,125\" is 7125 or 7.125",
            "value \"6,980\" is 6980 or 6.98"
        ]
    );
    let decimals = signs(&["7,125", "6,980"], &["decimals"]).unwrap();
    assert_eq!(values(&decimals), ["7.125", "6.98"]);
    let confirmed = &decimals.changes[0].statement.confirmed;
    assert_eq!(Vec::from_iter(confirmed), ["decimals"]);
    assert_eq!(
        values(&signs(&["7,125", "6,980"], &["thousands"]).unwrap()),
        ["7125", "6980"]
    );
}
