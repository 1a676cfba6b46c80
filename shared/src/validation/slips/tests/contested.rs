//! Figures that stand and are contested: each of them is held against what comes.

use expect_test::{Expect, expect};

use super::check;

#[test]
fn contested_neighbours_are_held_against_it_both() {
    check(
        "count",
        "
        NN/2022-11 1250
        NN/2022-11 130
        + NN/2022-12 129
    ",
        &expect![""],
    );
    check(
        "count",
        "
        NN/2022-11 1250
        NN/2022-11 1300
        + NN/2022-12 129
    ",
        &expect![[r#"
            tenfold NN/2022-12/total: count 129, about a tenth of 1250 in 2022-11: did you mean 1290?
        "#]],
    );
}

#[test]
fn contested_denominators_are_held_against_it_both() {
    let base = |script: &str, expected: &Expect| check("proportion", script, expected);
    base(
        "
        NN/2022-07 45000/56393
        NN/2022-07 45000/56400
        + NN/2022-08 45100/59649
        ",
        &expect![[r#"
        base NN/2022-08/total: denominator 59649, beside 56393 or 56400 in 2022-07
    "#]],
    );
    // One of them agrees, in whichever order they stand.
    for (one, other) in [("56393", "59649"), ("59649", "56393")] {
        let script = format!(
            "NN/2022-07 45000/{one}
             NN/2022-07 45000/{other}
             + NN/2022-08 45100/59649"
        );
        base(&script, &expect![""]);
        let script = format!(
            "+ NN/2022-07 45000/59649
             NN/2022-08 45100/{one}
             NN/2022-08 45100/{other}"
        );
        base(&script, &expect![""]);
    }
    base(
        "
        + NN/2022-07 45000/56393
        NN/2022-08 45100/59649
        NN/2022-08 45100/59700
        ",
        &expect![[r#"
        base NN/2022-08/total: denominator 59649 or 59700, beside 56393 in 2022-07
    "#]],
    );
}
