//! Scripts of locations' statements, and the resulting cells.

use expect_test::{Expect, expect};

use super::*;
use crate::{
    model::{
        indicator::{IndicatorType, Mapping, MappingKind, RollupRule},
        observation::Breakdown,
    },
    rollup::{Level, Slice, cells, coverage},
};

const PERIOD: &str = "2023-05";

/// Versions 1 to 3 of one indicator: 2 is mapped from 1 by `first`, 3 from 2 by `second`.
fn versions(kind: &str, rollup: RollupRule, first: &str, second: &str) -> Vec<Definition> {
    let definitions = definitions();
    let kind: IndicatorType = kind.parse().unwrap();
    let base = definitions
        .iter()
        .find(|one| one.code.as_str() == "VAX_PRIMARY")
        .unwrap();
    let version = |version: u32, mapping: &str| Definition {
        version,
        kind,
        rollup,
        factor: if kind == IndicatorType::Mean { 1 } else { 100 }.into(),
        from: mapping.parse::<MappingKind>().ok().map(|kind| Mapping {
            version: version - 1,
            kind,
            reason: format!("Reason {version}"),
        }),
        ..base.clone()
    };
    vec![version(1, ""), version(2, first), version(3, second)]
}

/// Runs a script. Each line has a location, an area and then statements as `figure:status:version`.
/// A line of a location and one word makes it decline, forget, become unconfirmed or be cut off.
pub(super) fn check(kind: &str, mappings: (&str, &str), script: &str, expected: &Expect) {
    let rollup = match kind {
        "unadded" => RollupRule::None,
        _ => RollupRule::Sum,
    };
    let kind = if rollup == RollupRule::None {
        "proportion"
    } else {
        kind
    };
    let definitions = versions(kind, rollup, mappings.0, mappings.1);
    let mut members = vec![
        member("AA", "A place", &[("ONE", "One")], &[&definitions[0]]),
        member(
            "BB",
            "B place",
            &[("TRE", "Three"), ("TWO", "Two")],
            &[&definitions[0]],
        ),
        member("CC", "C place", &[], &[&definitions[0]]),
    ];
    let mut facts = Vec::new();
    for line in script.lines().map(str::trim) {
        let mut words = line.split(' ');
        let code = LocationCode::parse(words.next().unwrap()).unwrap();
        let member = members.iter_mut().find(|one| one.code == code).unwrap();
        match words.next().unwrap() {
            "declines" => decline(member, "VAX_PRIMARY", "Too few people"),
            "adopts-nothing" => member.adoptions.clear(),
            "unconfirmed" => member.place.confirmed_at = None,
            "never-synced" => member.synced = None,
            "synced" => member.synced = "2023-05-30".parse().ok(),
            area => {
                let statements = words.map(|word| {
                    let parts: Vec<&str> = word.split(':').collect();
                    let version: usize = parts[2].parse().unwrap();
                    statement(&definitions[version - 1], parts[0], parts[1])
                });
                let key = format!("VAX_PRIMARY/{area}/{PERIOD}/age=12%2B");
                facts.push(fact(&code, key.parse().unwrap(), statements.collect()));
            }
        }
    }
    let slice = Slice {
        indicator: "VAX_PRIMARY".parse().unwrap(),
        period: PERIOD.parse().unwrap(),
        breakdown: Breakdown::by("age", "12+"),
    };
    let network = Network::new(members, definitions);
    let coverages = coverage(&facts, &network);
    let cells = cells(&slice, &facts, &network);
    let shown = cells.iter().map(|cell| shown(cell, &coverages[&cell.key]));
    expected.assert_eq(&shown.collect::<String>());
}

fn shown(cell: &Cell, coverage: &Coverage) -> String {
    let number = |number: Option<_>| {
        number.map_or_else(
            || "-".to_owned(),
            |n: crate::model::number::Number| n.to_string(),
        )
    };
    let place = match &cell.key.level {
        Level::Location(code) => code.to_string(),
        Level::Network => "all".to_owned(),
    };
    let mut shown = format!(
        "{place} {} = {}/{} {} locations {}/{} areas {}/{} covered {}, {}",
        number(cell.value),
        number(cell.numerator),
        number(cell.denominator),
        cell.status,
        cell.n_locations,
        cell.n_expected,
        cell.n_areas,
        cell.n_areas_expected,
        number(cell.denominator_covered),
        stands(cell, coverage),
    );
    assert_eq!(cell.is_partial(), cell.n_areas != cell.n_areas_expected);
    if let Some(interval) = &cell.interval {
        shown.push_str(&format!(
            "\n    between {} and {}, numerator between {} and {}",
            number(interval.value_low),
            number(interval.value_high),
            number(interval.numerator_low),
            number(interval.numerator_high),
        ));
    }
    for part in cell
        .status_reason
        .split("; ")
        .filter(|part| !part.is_empty())
    {
        shown.push_str(&format!("\n    {part}"));
    }
    shown + "\n"
}

#[test]
fn nothing_reported_is_no_row() {
    check(
        "proportion",
        ("", ""),
        "AA ONE :L:1\nBB TWO :O:1\nBB TRE /5:M:1",
        &expect![""],
    );
    check(
        "proportion",
        ("", ""),
        "AA ONE 1/2:A:1\nAA unconfirmed",
        &expect![""],
    );
    check("proportion", ("", ""), "AA TWO 1/2:A:1", &expect![""]);
}

#[test]
fn shares_are_summed_and_never_averaged() {
    check(
        "proportion",
        ("", ""),
        "AA ONE 1/3:A:1
        BB TWO 30/100:P:1
        BB TRE 0/7:E:1
        CC CC 2/2:A:1",
        &expect![[r#"
            AA 33.333333 = 1/3 A locations 1/1 areas 1/1 covered 1, stands alone
            BB 28.037383 = 30/107 E locations 1/1 areas 2/2 covered 1, stands alone
            CC 100 = 2/2 A locations 1/1 areas 1/1 covered 1, stands alone
            all 29.464286 = 33/112 E locations 3/3 areas 4/4 covered 1, stands alone
        "#]],
    );
}

#[test]
fn what_is_missing_says_why() {
    check(
        "rate",
        ("", ""),
        "AA ONE 1/3:A:1
        BB TWO /100:Q:1
        BB TRE :M:1
        CC CC :L:1",
        &expect![[r#"
            AA 33.333333 = 1/3 A locations 1/1 areas 1/1 covered 1, stands alone
            BB - = -/- Q locations 0/1 areas 0/2 covered 0, no figure
                cannot exist: TRE
                suppressed: TWO
            CC - = -/- L locations 0/1 areas 0/1 covered -, no figure
                not collected
            all 33.333333 = 1/3 A locations 1/3 areas 1/4 covered 0.0291, coverage unknown: TRE CC
                not collected: CC
                cannot exist: BB (1 of 2 areas)
                suppressed: BB (1 of 2 areas)
        "#]],
    );
    check(
        "proportion",
        ("", ""),
        "AA ONE 1/3:A:1\nBB TWO 2/4:A:1\nCC declines",
        &expect![[r#"
            AA 33.333333 = 1/3 A locations 1/1 areas 1/1 covered 1, stands alone
            BB 50 = 2/4 A locations 1/1 areas 1/2 covered 1, coverage unknown: TRE
                not reported: TRE
            CC - = -/- O locations 0/1 areas 0/1 covered -, no figure
                declined: Too few people
            all 42.857143 = 3/7 A locations 2/3 areas 2/4 covered 1, coverage unknown: TRE CC
                declined: CC (Too few people)
                not reported: BB (1 of 2 areas)
        "#]],
    );
    check(
        "proportion",
        ("", ""),
        "AA ONE 1/3:A:1\nBB adopts-nothing\nCC synced",
        &expect![[r#"
            AA 33.333333 = 1/3 A locations 1/1 areas 1/1 covered 1, stands alone
            BB - = -/- O locations 0/1 areas 0/2 covered -, no figure
                not adopted
            CC - = -/- O locations 0/1 areas 0/1 covered -, no figure
                not synced since 2023-05-30
            all 33.333333 = 1/3 A locations 1/3 areas 1/4 covered 1, coverage unknown: TRE TWO CC
                not adopted: BB
                not synced: CC (since 2023-05-30)
        "#]],
    );
    check(
        "proportion",
        ("", ""),
        "AA ONE 1/3:A:1\nBB unconfirmed\nCC never-synced",
        &expect![[r#"
            AA 33.333333 = 1/3 A locations 1/1 areas 1/1 covered 1, stands alone
            CC - = -/- O locations 0/1 areas 0/1 covered -, no figure
                never synced
            all 33.333333 = 1/3 A locations 1/2 areas 1/2 covered 1, coverage unknown: CC
                not synced: CC (never)
                1 location is not confirmed yet and is not expected: BB
        "#]],
    );
}

#[test]
fn contested_figures_are_intervals() {
    check(
        "proportion",
        ("", ""),
        "AA ONE 1/4:A:1 3/4:A:1\nCC CC 5/10:A:1",
        &expect![[r#"
            AA - = -/4 P locations 1/1 areas 1/1 covered 1, contested
                between 25 and 75, numerator between 1 and 3
                1 observation has several values that nobody has settled
            BB - = -/- O locations 0/1 areas 0/2 covered -, no figure
                not reported
            CC 50 = 5/10 A locations 1/1 areas 1/1 covered 1, stands alone
            all - = -/14 P locations 2/3 areas 2/4 covered 1, contested
                between 42.857143 and 57.142857, numerator between 6 and 8
                1 observation has several values that nobody has settled
                not reported: BB
        "#]],
    );
    check(
        "proportion",
        ("", ""),
        "AA ONE 1/4:A:1 :O:1\nBB unconfirmed",
        &expect![[r#"
            AA - = -/- P locations 1/1 areas 1/1 covered 1, contested
                between 25 and 25, numerator between 1 and 1
                1 observation has several values that nobody has settled
                there may be no figure at all: that is one of the answers
            CC - = -/- O locations 0/1 areas 0/1 covered -, no figure
                not reported
            all - = -/- P locations 1/2 areas 1/2 covered 1, contested
                between 25 and 25, numerator between 1 and 1
                1 observation has several values that nobody has settled
                there may be no figure at all: that is one of the answers
                not reported: CC
                1 location is not confirmed yet and is not expected: BB
        "#]],
    );
}

#[test]
fn a_contested_area_and_equal_answers_are_intervals() {
    check(
        "proportion",
        ("", ""),
        "BB TWO 1/4:A:1 9/10:A:1 /8:Q:1\nCC CC 5/10:A:1",
        &expect![[r#"
            AA - = -/- O locations 0/1 areas 0/1 covered -, no figure
                not reported
            BB - = -/- P locations 1/1 areas 1/2 covered 1, contested
                between 25 and 90, numerator between 1 and 9
                1 observation has several values that nobody has settled
                there may be no figure at all: that is one of the answers
                not reported: TRE
            CC 50 = 5/10 A locations 1/1 areas 1/1 covered 1, stands alone
            all - = -/- P locations 2/3 areas 2/4 covered 1, contested
                between 42.857143 and 70, numerator between 5 and 14
                1 observation has several values that nobody has settled
                not reported: AA, BB (1 of 2 areas)
        "#]],
    );
    check(
        "proportion",
        ("", ""),
        "AA ONE 1/4:A:1 1/4:P:1",
        &expect![[r#"
            AA 25 = 1/4 P locations 1/1 areas 1/1 covered 1, contested
                1 observation has several values that nobody has settled
            BB - = -/- O locations 0/1 areas 0/2 covered -, no figure
                not reported
            CC - = -/- O locations 0/1 areas 0/1 covered -, no figure
                not reported
            all 25 = 1/4 P locations 1/3 areas 1/4 covered 1, contested
                1 observation has several values that nobody has settled
                not reported: BB, CC
        "#]],
    );
}

#[test]
fn contested_counts_and_values_are_intervals() {
    check(
        "count",
        ("", ""),
        "AA ONE 7:A:1 9:A:1\nCC CC =5:A:1",
        &expect![[r#"
            AA - = -/- P locations 1/1 areas 1/1 covered -, contested
                between 7 and 9, numerator between - and -
                1 observation has several values that nobody has settled
            BB - = -/- O locations 0/1 areas 0/2 covered -, no figure
                not reported
            CC 5 = -/- A locations 1/1 areas 1/1 covered -, stands alone
            all - = -/- P locations 2/3 areas 2/4 covered -, contested
                between 12 and 14, numerator between - and -
                1 observation has several values that nobody has settled
                not reported: BB
        "#]],
    );
    check(
        "index",
        ("", ""),
        "AA ONE =7:A:1 =9.5:A:1",
        &expect![[r#"
            AA - = -/- P locations 1/1 areas 1/1 covered -, contested
                between 7 and 9.5, numerator between - and -
                1 observation has several values that nobody has settled
            BB - = -/- O locations 0/1 areas 0/2 covered -, no figure
                not reported
            CC - = -/- O locations 0/1 areas 0/1 covered -, no figure
                not reported
            all - = -/- M locations 0/3 areas 0/4 covered -, contested
                1 observation has several values that nobody has settled
                a value that cannot be added: AA
                not reported: BB, CC
        "#]],
    );
    // Settled counts are a figure, so there is one whatever becomes of the contested count.
    check(
        "count",
        ("", ""),
        "AA ONE 7:A:1 :O:1\nBB TWO 2:A:1\nBB TRE 3:A:1\nCC unconfirmed",
        &expect![[r#"
            AA - = -/- P locations 1/1 areas 1/1 covered -, contested
                between 7 and 7, numerator between - and -
                1 observation has several values that nobody has settled
                there may be no figure at all: that is one of the answers
            BB 5 = -/- A locations 1/1 areas 2/2 covered -, stands alone
            all - = -/- P locations 2/2 areas 3/3 covered -, contested
                between 5 and 12, numerator between - and -
                1 observation has several values that nobody has settled
                1 location is not confirmed yet and is not expected: CC
        "#]],
    );
}

#[test]
fn drift_is_added_flagged_or_left_out() {
    let script = "AA ONE 1/4:A:1\nBB TWO 2/4:A:2\nBB TRE 3/4:A:2\nCC CC 4/4:A:1";
    check(
        "proportion",
        ("exact", ""),
        script,
        &expect![[r#"
            AA 25 = 1/4 A locations 1/1 areas 1/1 covered 1, stands alone
            BB 62.5 = 5/8 A locations 1/1 areas 2/2 covered 1, stands alone
            CC 100 = 4/4 A locations 1/1 areas 1/1 covered 1, stands alone
            all 62.5 = 10/16 A locations 3/3 areas 4/4 covered 1, stands alone
                2 of 3 locations use v1
                1 uses v2
        "#]],
    );
    check(
        "proportion",
        ("approximate", ""),
        script,
        &expect![[r#"
            AA 25 = 1/4 A locations 1/1 areas 1/1 covered 1, stands alone
            BB 62.5 = 5/8 A locations 1/1 areas 2/2 covered 1, stands alone
            CC 100 = 4/4 A locations 1/1 areas 1/1 covered 1, stands alone
            all 62.5 = 10/16 D locations 3/3 areas 4/4 covered 1, stands alone
                2 of 3 locations use v1
                1 uses v2
                v1 is added as approximately the same: Reason 2
        "#]],
    );
    check(
        "proportion",
        ("break", ""),
        script,
        &expect![[r#"
            AA 25 = 1/4 A locations 1/1 areas 1/1 covered 1, stands alone
            BB 62.5 = 5/8 A locations 1/1 areas 2/2 covered 1, stands alone
            CC 100 = 4/4 A locations 1/1 areas 1/1 covered 1, stands alone
            all 62.5 = 5/8 A locations 2/3 areas 2/4 covered 1, coverage unknown: TRE TWO
                2 of 3 locations use v1
                1 uses v2
                v2 is not added: Reason 2
                another definition: BB (v2)
        "#]],
    );
}

#[test]
fn who_collects_nothing_uses_no_version() {
    check(
        "proportion",
        ("approximate", ""),
        "AA ONE 1/4:A:1\nBB TWO 2/4:A:2\nBB TRE 3/4:A:2\nCC CC :L:1",
        &expect![[r#"
            AA 25 = 1/4 A locations 1/1 areas 1/1 covered 1, stands alone
            BB 62.5 = 5/8 A locations 1/1 areas 2/2 covered 1, stands alone
            CC - = -/- L locations 0/1 areas 0/1 covered -, no figure
                not collected
            all 50 = 6/12 D locations 2/3 areas 3/4 covered 1, coverage unknown: CC
                1 of 2 locations uses v2
                1 uses v1
                v1 is added as approximately the same: Reason 2
                not collected: CC
        "#]],
    );
}

#[test]
fn mappings_are_followed_from_version_to_version() {
    check(
        "proportion",
        ("exact", "approximate"),
        "AA ONE 1/4:A:3\nBB TWO 2/4:A:1\nBB TRE 3/4:A:2",
        &expect![[r#"
            AA 25 = 1/4 A locations 1/1 areas 1/1 covered 1, stands alone
            BB 62.5 = 5/8 A locations 1/1 areas 2/2 covered 1, stands alone
                1 of 2 areas uses v2
                1 uses v1
            CC - = -/- O locations 0/1 areas 0/1 covered -, no figure
                not reported
            all 50 = 6/12 D locations 2/3 areas 3/4 covered 1, coverage unknown: CC
                1 of 2 locations uses v3
                1 uses v2
                1 uses v1
                v2 is added as approximately the same: Reason 3
                v1 is added as approximately the same: Reason 3
                not reported: CC
        "#]],
    );
}
