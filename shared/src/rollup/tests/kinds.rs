//! Each type of indicator follows its own rule.

use expect_test::expect;

use super::{scenario::check, *};
use crate::{
    model::{indicator::IndicatorType, observation::Breakdown},
    rollup::{Slice, cells},
};

#[test]
fn each_kind_has_its_rule() {
    check(
        "count",
        ("", ""),
        "AA ONE 7:A:1\nBB TWO =2.5:E:1\nCC CC :Q:1",
        &expect![[r#"
            AA 7 = -/- A locations 1/1 areas 1/1 covered -, stands alone
            BB - = -/- O locations 0/1 areas 0/2 covered -, no figure
                impossible: the value 2.5 is a fraction of whole people: TWO
                not reported: TRE
            CC - = -/- Q locations 0/1 areas 0/1 covered -, no figure
                suppressed
            all 7 = -/- A locations 1/3 areas 1/4 covered -, little: 1 of 4 areas
                suppressed: CC
                impossible: BB (1 of 2 areas, the value 2.5 is a fraction of whole people)
                not reported: BB (1 of 2 areas)
        "#]],
    );
    check(
        "mean",
        ("", ""),
        "AA ONE 70/4:A:1\nBB TWO 30/3:A:1\nCC CC =9:A:1",
        &expect![[r#"
            AA 17.5 = 70/4 A locations 1/1 areas 1/1 covered 1, stands alone
            BB 10 = 30/3 A locations 1/1 areas 1/2 covered 1, coverage unknown: TRE
                not reported: TRE
            CC 9 = -/- A locations 1/1 areas 1/1 covered -, stands alone
            all 14.285714 = 100/7 A locations 2/3 areas 2/4 covered 1, coverage unknown: TRE CC
                a value without its counts: CC
                not reported: BB (1 of 2 areas)
        "#]],
    );
    check(
        "index",
        ("", ""),
        "AA ONE =7:A:1\nBB TWO =2:A:1\nBB TRE =3:A:1",
        &expect![[r#"
            AA 7 = -/- A locations 1/1 areas 1/1 covered -, stands alone
            BB - = -/- M locations 0/1 areas 0/2 covered -, no figure
                a value that cannot be added
            CC - = -/- O locations 0/1 areas 0/1 covered -, no figure
                not reported
            all - = -/- M locations 0/3 areas 0/4 covered -, no figure
                a value that cannot be added: AA, BB
                not reported: CC
        "#]],
    );
}

#[test]
fn what_cannot_be_added_is_not() {
    check(
        "ordinal",
        ("", ""),
        "AA ONE =3:A:1\nBB TWO =3:A:1\nBB TRE =1:A:1",
        &expect![[r#"
            AA 3 = -/- A locations 1/1 areas 1/1 covered -, stands alone
            BB - = -/- M locations 0/1 areas 0/2 covered -, no figure
                1 area at 1, 1 area at 3
                a value that cannot be added
            CC - = -/- O locations 0/1 areas 0/1 covered -, no figure
                not reported
            all - = -/- M locations 0/3 areas 0/4 covered -, no figure
                1 area at 1, 2 areas at 3
                a value that cannot be added: AA, BB
                not reported: CC
        "#]],
    );
    check(
        "proportion",
        ("", ""),
        "AA ONE =24.5:A:1\nBB TWO 1/4:A:1",
        &expect![[r#"
            AA 24.5 = -/- A locations 1/1 areas 1/1 covered -, stands alone
            BB 25 = 1/4 A locations 1/1 areas 1/2 covered 1, coverage unknown: TRE
                not reported: TRE
            CC - = -/- O locations 0/1 areas 0/1 covered -, no figure
                not reported
            all 25 = 1/4 A locations 1/3 areas 1/4 covered 1, coverage unknown: ONE TRE CC
                a value without its counts: AA
                not reported: BB (1 of 2 areas), CC
        "#]],
    );
    check(
        "unadded",
        ("", ""),
        "AA ONE 1/4:A:1\nBB TWO 1/4:A:1\nBB TRE 1/4:A:1",
        &expect![[r#"
            AA 25 = 1/4 A locations 1/1 areas 1/1 covered 1, stands alone
            BB - = -/- M locations 0/1 areas 0/2 covered 0, no figure
                a value that cannot be added
            CC - = -/- O locations 0/1 areas 0/1 covered -, no figure
                not reported
            all - = -/- M locations 0/3 areas 0/4 covered 0, no figure
                a value that cannot be added: AA, BB
                not reported: CC
        "#]],
    );
}

#[test]
fn a_value_without_its_counts_is_in_no_figure_of_the_network() {
    // However few areas there are: a percentage of one area is no percentage of the network.
    check(
        "proportion",
        ("", ""),
        "AA ONE =80:A:1\nBB unconfirmed\nCC unconfirmed",
        &expect![[r#"
            AA 80 = -/- A locations 1/1 areas 1/1 covered -, stands alone
            all - = -/- O locations 0/1 areas 0/1 covered -, no figure
                a value without its counts: AA
                2 locations are not confirmed yet and are not expected: BB, CC
        "#]],
    );
    // The figure could exist: that the other location is late is not hidden.
    check(
        "proportion",
        ("", ""),
        "AA ONE =70:A:1\nBB unconfirmed",
        &expect![[r#"
            AA 70 = -/- A locations 1/1 areas 1/1 covered -, stands alone
            CC - = -/- O locations 0/1 areas 0/1 covered -, no figure
                not reported
            all - = -/- O locations 0/2 areas 0/2 covered -, no figure
                a value without its counts: AA
                not reported: CC
                1 location is not confirmed yet and is not expected: BB
        "#]],
    );
    check(
        "proportion",
        ("", ""),
        "BB TWO =70:A:1\nBB TRE =60:A:1\nAA unconfirmed\nCC unconfirmed",
        &expect![[r#"
            BB - = -/- O locations 0/1 areas 0/2 covered -, no figure
                a value without its counts
            all - = -/- O locations 0/1 areas 0/2 covered -, no figure
                a value without its counts: BB
                2 locations are not confirmed yet and are not expected: AA, CC
        "#]],
    );
    check(
        "index",
        ("", ""),
        "AA ONE =7:A:1\nBB unconfirmed\nCC unconfirmed",
        &expect![[r#"
            AA 7 = -/- A locations 1/1 areas 1/1 covered -, stands alone
            all - = -/- M locations 0/1 areas 0/1 covered -, no figure
                a value that cannot be added: AA
                2 locations are not confirmed yet and are not expected: BB, CC
        "#]],
    );
}

#[test]
fn counts_of_several_areas_are_added() {
    check(
        "count",
        ("", ""),
        "AA ONE 7:A:1\nBB TWO 2:A:1\nBB TRE 3:A:1\nCC CC :L:1",
        &expect![[r#"
            AA 7 = -/- A locations 1/1 areas 1/1 covered -, stands alone
            BB 5 = -/- A locations 1/1 areas 2/2 covered -, stands alone
            CC - = -/- L locations 0/1 areas 0/1 covered -, no figure
                not collected
            all 12 = -/- A locations 2/3 areas 3/4 covered -, little: 3 of 4 areas
                not collected: CC
        "#]],
    );
}

#[test]
fn a_distribution_has_no_values_of_another_definition() {
    let first = definitions().remove(0);
    let second = Definition {
        version: 2,
        kind: IndicatorType::Ordinal,
        ..first.clone()
    };
    let said = [
        ("AA", &first, "=24.5"),
        ("BB", &second, "=3"),
        ("CC", &second, "=1"),
    ];
    let members = said.map(|(code, ..)| member(code, code, &[], &[&first]));
    let facts = said.map(|(code, definition, figure)| {
        let key = format!("VAX_PRIMARY/{code}/2023-05/age=12%2B")
            .parse()
            .unwrap();
        let code = LocationCode::parse(code).unwrap();
        fact(&code, key, vec![statement(definition, figure, "A")])
    });
    let slice = Slice {
        indicator: first.code.clone(),
        period: "2023-05".parse().unwrap(),
        breakdown: Breakdown::by("age", "12+"),
    };
    let cells = cells(
        &slice,
        &facts,
        &Network::new(members, [first.clone(), second.clone()]),
    );
    expect![[r#"
        2 of 3 locations use v2
        1 uses v1
        v1 is not added
        1 area at 1, 1 area at 3
        another definition: AA (v1)
        a value that cannot be added: BB, CC"#]]
    .assert_eq(&cells.last().unwrap().status_reason.replace("; ", "\n"));
}

#[test]
fn a_distribution_has_no_value_whose_status_says_that_there_is_none() {
    let ordinal = Definition {
        kind: IndicatorType::Ordinal,
        ..definitions().remove(0)
    };
    let said = [("AA", "A"), ("BB", "Q"), ("CC", "A")];
    let members = said.map(|(code, _)| member(code, code, &[], &[&ordinal]));
    let facts = said.map(|(code, status)| {
        let key = format!("VAX_PRIMARY/{code}/2023-05/age=12%2B");
        let code = LocationCode::parse(code).unwrap();
        let stated = vec![statement(&ordinal, "=3", status)];
        fact(&code, key.parse().unwrap(), stated)
    });
    let slice = Slice {
        indicator: ordinal.code.clone(),
        period: "2023-05".parse().unwrap(),
        breakdown: Breakdown::by("age", "12+"),
    };
    let network = Network::new(members, [ordinal]);
    let cells = cells(&slice, &facts, &network);
    let reason = &cells.last().unwrap().status_reason;
    assert!(reason.contains("2 areas at 3"), "{reason}");
}
