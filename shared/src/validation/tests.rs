//! Good and bad observations, and the messages for problems.

use expect_test::{Expect, expect};

use super::*;
use crate::model::{Audience, indicator::definitions_from_toml};

const DEFINITIONS: &str = include_str!("../../../examples/data/indicators.toml");

/// `INDICATOR/AREA/PERIOD/BREAKDOWN numerator denominator value status type`, `-` for none.
fn check(script: &str, expected: &Expect) {
    let definitions = definitions_from_toml(DEFINITIONS).unwrap();
    let mut out = String::new();
    for line in script.lines().map(str::trim) {
        let parts: Vec<&str> = line.split(' ').collect();
        let [key, numerator, denominator, value, status, kind] = parts[..] else {
            panic!("{line}");
        };
        let key: ObservationKey = key.parse().unwrap();
        let definition = definitions
            .iter()
            .find(|one| one.code == key.indicator)
            .unwrap();
        let definition = Definition {
            kind: kind.parse().unwrap(),
            ..definition.clone()
        };
        let number = |text: &str| text.parse::<Number>().ok();
        let statement = Statement {
            definition: definition.hash(),
            numerator: number(numerator),
            denominator: number(denominator),
            value: number(value),
            status: status.parse().unwrap(),
            method: None,
            audience: Audience::Network,
            lower: None,
            upper: None,
            confirmed: Default::default(),
            sign: None,
        };
        let problems = observation(&key, &statement, &definition);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        out.push_str(&format!("{line}\n"));
        for problem in problems {
            out.push_str(&format!("{}\n", wrapped(&problem)));
        }
    }
    expected.assert_eq(&out);
}

fn wrapped(text: &str) -> String {
    let (mut out, mut length) = ("   ".to_owned(), 3);
    for word in text.split(' ') {
        if length + word.len() > 72 {
            (length, out) = (7, out + "\n       ");
        }
        length += word.len() + 1;
        out.push_str(&format!(" {word}"));
    }
    out
}

#[test]
fn what_is_acceptable() {
    check(
        "VAX_PRIMARY/FAR_NORTH/2023-05/age=12%2B 1311 5357 - A proportion
        VAX_PRIMARY/FAR_NORTH/2023-05/total 0 5357 - A proportion
        VAX_PRIMARY/FAR_NORTH/2023-05/total 5357 5357 - E proportion
        VAX_PRIMARY/FAR_NORTH/2023-05/total - 5357 - Q proportion
        VAX_PRIMARY/FAR_NORTH/2023-05/total - - - L proportion
        VAX_PRIMARY/FAR_NORTH/2023-05/total - - 24.5 P proportion
        HEAT_MAIN/NTL/2018/heating=No%20heating%20used 3738 57933 - A proportion
        HEAT_MAIN/NTL/2018/total 12 - - A count
        HEAT_MAIN/NTL/2018/total - - -3.5 A index
        HEAT_MAIN/NTL/2018/total -12 4 - A mean
        HEAT_MAIN/NTL/2018/total 12 4 - A rate
        HEAT_MAIN/NTL/2018/total 1.5 - - A count
        VAX_PRIMARY/FAR_NORTH/2023-05/total 12.5 4 - A mean
        VAX_PRIMARY/FAR_NORTH/2023-05/total 12 4.5 - A rate",
        &expect![[r#"
            VAX_PRIMARY/FAR_NORTH/2023-05/age=12%2B 1311 5357 - A proportion
            VAX_PRIMARY/FAR_NORTH/2023-05/total 0 5357 - A proportion
            VAX_PRIMARY/FAR_NORTH/2023-05/total 5357 5357 - E proportion
            VAX_PRIMARY/FAR_NORTH/2023-05/total - 5357 - Q proportion
            VAX_PRIMARY/FAR_NORTH/2023-05/total - - - L proportion
            VAX_PRIMARY/FAR_NORTH/2023-05/total - - 24.5 P proportion
            HEAT_MAIN/NTL/2018/heating=No%20heating%20used 3738 57933 - A proportion
            HEAT_MAIN/NTL/2018/total 12 - - A count
            HEAT_MAIN/NTL/2018/total - - -3.5 A index
            HEAT_MAIN/NTL/2018/total -12 4 - A mean
            HEAT_MAIN/NTL/2018/total 12 4 - A rate
            HEAT_MAIN/NTL/2018/total 1.5 - - A count
            VAX_PRIMARY/FAR_NORTH/2023-05/total 12.5 4 - A mean
            VAX_PRIMARY/FAR_NORTH/2023-05/total 12 4.5 - A rate
        "#]],
    );
}

#[test]
fn what_is_not() {
    check(
        "VAX_PRIMARY/FAR_NORTH/2023/age=13%2B 5357 1311 - A proportion
        VAX_PRIMARY/FAR_NORTH/2023-05/sex=f -1 -2 - A proportion
        HEAT_MAIN/NTL/2018-Q1/fuel=gas 1 0 - A proportion
        HEAT_MAIN/NTL/2018/total 1 - - A rate
        HEAT_MAIN/NTL/2018/total 1 2 3 A rate
        HEAT_MAIN/NTL/2018/total - - 101 A proportion
        HEAT_MAIN/NTL/2018/total - - - A proportion
        HEAT_MAIN/NTL/2018/total - 57933 - P proportion
        HEAT_MAIN/NTL/2018/total 1 57933 - Q proportion
        HEAT_MAIN/NTL/2018/total - - 5 L proportion
        HEAT_MAIN/NTL/2018/total 5 - - A index",
        &expect![[r#"
            VAX_PRIMARY/FAR_NORTH/2023/age=13%2B 5357 1311 - A proportion
                VAX_PRIMARY is reported by month, and 2023 is a year: write a month
                    as 2024-03
                VAX_PRIMARY has no breakdown age=13+: it has age=12+, age=5-11
                the numerator 5357 is above the denominator 1311, and VAX_PRIMARY is
                    a proportion: check both, they may be swapped
            VAX_PRIMARY/FAR_NORTH/2023-05/sex=f -1 -2 - A proportion
                VAX_PRIMARY has no breakdown sex=f: it has age=12+, age=5-11
                the denominator -2 is below zero, which VAX_PRIMARY cannot be: check
                    it
                the numerator -1 is below zero, which VAX_PRIMARY cannot be: check it
            HEAT_MAIN/NTL/2018-Q1/fuel=gas 1 0 - A proportion
                HEAT_MAIN is reported by year, and 2018-Q1 is a quarter: write a year
                    as 2023
                HEAT_MAIN has no breakdown fuel=gas: it has heating with any value
                a denominator of 0 gives no figure: check it, or leave the numbers
                    out and say why with a status (M: cannot exist, O: missing)
            HEAT_MAIN/NTL/2018/total 1 - - A rate
                HEAT_MAIN is a rate: it needs numerator and denominator, and the
                    denominator is missing
            HEAT_MAIN/NTL/2018/total 1 2 3 A rate
                numerator and value are both given: leave out the value, it follows
                    from numerator and denominator
            HEAT_MAIN/NTL/2018/total - - 101 A proportion
                the value 101 is above 100, which is all of them in HEAT_MAIN: check
                    it, or give numerator and denominator
            HEAT_MAIN/NTL/2018/total - - - A proportion
                no figure is given, and status A (normal) says that there is one:
                    give it, or say why it is missing (L: not collected, M: cannot
                    exist, O: missing, Q: suppressed)
            HEAT_MAIN/NTL/2018/total - 57933 - P proportion
                no figure is given, and status P (provisional) says that there is
                    one: give it, or say why it is missing (L: not collected, M:
                    cannot exist, O: missing, Q: suppressed)
            HEAT_MAIN/NTL/2018/total 1 57933 - Q proportion
                status Q (suppressed) says that there is no figure, and 1 is given:
                    leave the number out, or choose status A (normal)
            HEAT_MAIN/NTL/2018/total - - 5 L proportion
                status L (not collected) says that there is no figure, and 5 is
                    given: leave the number out, or choose status A (normal)
            HEAT_MAIN/NTL/2018/total 5 - - A index
                HEAT_MAIN is an index: give its value, not a numerator
        "#]],
    );
}

#[test]
fn parts_of_what_only_comes_whole_are_refused() {
    check(
        "VAX_PRIMARY/FAR_NORTH/2023-05/total 48.850 60463.5 - A proportion
        VAX_PRIMARY/FAR_NORTH/2023-05/total 1.3333 - - A count
        VAX_PRIMARY/FAR_NORTH/2023-05/total - - 1.5 A count
        VAX_PRIMARY/FAR_NORTH/2023-05/total 0.5 2.5 - A rate",
        &expect![[r#"
            VAX_PRIMARY/FAR_NORTH/2023-05/total 48.850 60463.5 - A proportion
                the numerator 48.85 is a fraction, and VAX_PRIMARY counts whole
                    people: write the whole number, with a comma between thousands or
                    none (a point begins decimals: 48850 where 48.850 was meant)
                the denominator 60463.5 is a fraction, and VAX_PRIMARY counts whole
                    people: write the whole number, with a comma between thousands or
                    none (a point begins decimals: 60463500 where 60463.500 was
                    meant)
            VAX_PRIMARY/FAR_NORTH/2023-05/total 1.3333 - - A count
                the numerator 1.3333 is a fraction, and VAX_PRIMARY counts whole
                    people: write the whole number, with a comma between thousands or
                    none
            VAX_PRIMARY/FAR_NORTH/2023-05/total - - 1.5 A count
                the value 1.5 is a fraction, and VAX_PRIMARY counts whole people:
                    write the whole number, with a comma between thousands or none (a
                    point begins decimals: 1500 where 1.500 was meant)
            VAX_PRIMARY/FAR_NORTH/2023-05/total 0.5 2.5 - A rate
                the numerator 0.5 is a fraction, and VAX_PRIMARY counts whole people:
                    write the whole number, with a comma between thousands or none (a
                    point begins decimals: 500 where 0.500 was meant)
        "#]],
    );
}

#[test]
fn what_is_unknown_says_what_there_is() {
    let area = Invalid::UnknownArea {
        area: AreaCode::parse("CHATHAM").unwrap(),
        period: "2023-05".parse().unwrap(),
        known: vec!["FAR_NORTH".to_owned()],
    };
    // An expectation loses the indentation that its lines share, so the first line has none.
    let text = format!("unknown\n{}", wrapped(&area.to_string()));
    expect![[r#"
        unknown
            CHATHAM is not an area of this location in 2023-05: its areas are
                FAR_NORTH; the national team assigns areas"#]]
    .assert_eq(&text);
}

/// A walk over all rows for each of them would take minutes.
#[test]
fn the_rows_of_a_large_file_are_found_by_their_key() {
    use question::{Answers, Kind, Questions, Row};

    const ROWS: u64 = 40_000;
    let key = |line| -> ObservationKey { format!("AA/BB/2023/age={line}").parse().unwrap() };
    let mut questions = Questions::default();
    for line in 1..=ROWS {
        let row = Row {
            line: Some(line),
            key: key(line),
            words: "a figure".to_owned(),
        };
        questions.add(Kind::Base, row);
    }
    let answers = Answers::of(["growth"]).unwrap();
    for line in 1..=ROWS {
        let key = key(line);
        assert_eq!(questions.confirmed(&key, &answers).len(), 1);
        assert_eq!(questions.about(&key).count(), 1);
    }
}
