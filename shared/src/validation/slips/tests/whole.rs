//! Wholes below one of their parts.

use super::*;

/// Says what is asked about statements such as `+ age=12+ 80/100`: `+` if about to be saved.
fn asked_about(kind: &str, script: &str) -> Vec<String> {
    let definition = of_kind(kind);
    let (mut stands, mut comes) = (Stated::new(), Stated::new());
    for line in script.split(';').map(str::trim) {
        let (new, line) = match line.strip_prefix("+ ") {
            Some(line) => (true, line),
            None => (false, line),
        };
        let (breakdown, figure) = line.split_once(' ').unwrap();
        let key = ObservationKey {
            breakdown: Breakdown::from_typed(breakdown, ["age", "sex"]).unwrap(),
            ..format!("{}/NN/2022-11/total", definition.code)
                .parse()
                .unwrap()
        };
        let (numerator, denominator) = match figure.split_once('/') {
            Some((numerator, denominator)) => (numerator, Some(denominator)),
            None => (figure, None),
        };
        let stated = statement(&definition, [Some(numerator), denominator, None]);
        let to = if new { &mut comes } else { &mut stands };
        to.entry(key).or_default().push(stated);
    }
    let questions = asked(&definition, &[], &stands, &comes).open(&Answers::NONE);
    let whole = questions.into_iter().filter(|one| one.kind == Kind::Whole);
    let rows = whole.flat_map(|question| question.rows);
    rows.map(|row| format!("{}: {}", row.key.breakdown, row.words))
        .collect()
}

#[test]
fn a_whole_below_its_part_is_asked_about_whichever_comes_last() {
    for (kind, script, expected) in [
        (
            "proportion",
            "age=12+ 327000/349158; + total 300/400",
            "total: numerator 300, and 327000 in its part age=12+",
        ),
        (
            "proportion",
            "total 300/400; + age=12+ 300/401",
            "age=12+: denominator 401, and 400 in the whole, total",
        ),
        (
            "count",
            "+ age=12+,sex=female 31; + age=12+ 30; + age=5-11 5",
            "age=12+: count 30, and 31 in its part age=12+,sex=female",
        ),
        // Of several parts the largest is named.
        (
            "count",
            "age=12+ 31; age=5-11 50; + total 30",
            "total: count 30, and 50 in its part age=5-11",
        ),
    ] {
        assert_eq!(asked_about(kind, script), [expected], "{script}");
    }
}

#[test]
fn what_may_be_right_is_not_asked_about() {
    for (kind, script) in [
        ("proportion", "age=12+ 300/400; + total 300/400"),
        ("count", "sex=female 300; + age=12+ 30"),
        // Nothing new, and nothing that can be compared.
        ("count", "age=12+ 31; total 30; + age=5-11 3"),
        ("mean", "age=12+ 31/40; + total 30/40"),
        // One of two contested answers fits.
        ("count", "total 30; total 300; + age=12+ 200"),
    ] {
        assert!(asked_about(kind, script).is_empty(), "{script}");
    }
}
