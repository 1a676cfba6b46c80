//! Spellings of one label, and impossible figures.

use proptest::prelude::*;

use super::*;
use crate::{
    model::{indicator::ANY_VALUE, number::Number, observation::Breakdown},
    rollup::{Level, Slice, explain, rollup},
};

const SPELLINGS: [&str; 5] = [
    "Heat pump",
    "Heat Pump",
    "heat  pump",
    "Heat\u{200b} pump",
    "ＨEAT pump",
];

/// Two locations with an area each, and an indicator whose kinds are open or named.
fn heating(kinds: &[&str]) -> (Network, Definition) {
    let mut definition = definitions().remove(0);
    definition.breakdowns = BTreeMap::from([(
        "kind".to_owned(),
        kinds.iter().map(|kind| (*kind).to_owned()).collect(),
    )]);
    let members = [("AA", "NORTH"), ("BB", "EAST")]
        .map(|(code, area)| member(code, code, &[(area, area)], &[&definition]));
    (Network::new(members, [definition.clone()]), definition)
}

fn said(definition: &Definition, (code, area): (&str, &str), kind: &str, figure: &str) -> Fact {
    let key = ObservationKey {
        indicator: definition.code.clone(),
        area: area.parse().unwrap(),
        period: "2023-05".parse().unwrap(),
        breakdown: Breakdown::by("kind", kind),
    };
    let location = LocationCode::parse(code).unwrap();
    fact(&location, key, vec![statement(definition, figure, "A")])
}

const AA: (&str, &str) = ("AA", "NORTH");
const BB: (&str, &str) = ("BB", "EAST");

fn totals(facts: &[Fact], network: &Network) -> Vec<String> {
    let cells = rollup(facts, network).into_iter();
    let network_cells = cells.filter(|cell| cell.key.level == Level::Network);
    let words = network_cells.map(|cell| {
        let text = |number: Option<Number>| number.map_or_else(String::new, |n| n.to_string());
        format!(
            "{} {}/{} contested {}",
            cell.key.breakdown,
            text(cell.numerator),
            text(cell.denominator),
            cell.n_contested
        )
    });
    words.collect()
}

#[test]
fn spellings_of_one_label_are_one_figure() {
    let facts = |definition: &Definition| {
        [
            said(definition, AA, "Heat pump", "40/100"),
            said(definition, BB, "Heat Pump", "10/100"),
        ]
    };
    // The first in code point order, if the definition leaves it open.
    let (network, definition) = heating(&[ANY_VALUE]);
    let open = totals(&facts(&definition), &network);
    assert_eq!(open, ["kind=Heat Pump 50/200 contested 0"]);
    let (network, definition) = heating(&["Wood", "Heat pump"]);
    let named = totals(&facts(&definition), &network);
    assert_eq!(named, ["kind=Heat pump 50/200 contested 0"]);
}

#[test]
fn two_spellings_in_one_area_are_contested_and_never_summed() {
    let (network, definition) = heating(&[ANY_VALUE]);
    let facts = [
        said(&definition, AA, "Heat pump", "40/100"),
        said(&definition, AA, "Heat Pump", "30/100"),
        said(&definition, BB, "Heat Pump", "10/100"),
    ];
    assert_eq!(
        totals(&facts, &network),
        ["kind=Heat Pump /200 contested 1"]
    );
    let agreed = [
        said(&definition, AA, "Heat pump", "40/100"),
        said(&definition, AA, "Heat Pump", "40/100"),
    ];
    assert_eq!(
        totals(&agreed, &network),
        ["kind=Heat Pump 40/100 contested 0"]
    );
}

#[test]
fn what_cannot_be_true_counts_nowhere_and_says_why() {
    let (network, definition) = heating(&["Heat pump"]);
    for (kind, figure, why) in [
        ("Heat pump", "-5/10", "the numerator -5 is below zero"),
        ("Heat pump", "5/-10", "the denominator -10 is below zero"),
        (
            "Heat pump",
            "100/50",
            "the numerator 100 is above the denominator 50",
        ),
        ("Heat pump", "5/0", "the denominator is 0"),
        ("Heat pump", "5", "the denominator is missing"),
        (
            "Heat pump",
            "0.5/10",
            "the numerator 0.5 is a fraction of whole people",
        ),
        (
            "Heat pump",
            "=101",
            "the value 101 is above 100, which is all of them",
        ),
        ("Coal", "5/10", "its definition does not name kind=Coal"),
    ] {
        let facts = [
            said(&definition, AA, kind, figure),
            said(&definition, BB, kind, "1/10"),
        ];
        let cells = rollup(&facts, &network);
        let [own, _, all] = cells.as_slice() else {
            panic!("a row for each location and one for the network");
        };
        let named = kind == "Heat pump";
        let counted = named.then(|| Number::from(1));
        assert_eq!(all.numerator, counted, "{figure}");
        assert_eq!(all.denominator, named.then(|| Number::from(10)), "{figure}");
        assert_eq!(own.value, None);
        assert!(
            own.status_reason.contains(&format!("impossible: {why}")),
            "{}",
            own.status_reason
        );
        assert!(all.status_reason.contains("impossible: AA"), "{figure}");
        let explained = explain(&all.key, &facts, &network).unwrap().to_string();
        assert!(
            explained.contains(&format!("AA NORTH: left out, impossible: {why}")),
            "{explained}"
        );
        assert!(all.row().contains(&all.status_reason), "{figure}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// The spellings that locations use, and their order, do not change the figures.
    #[test]
    fn a_spelling_changes_no_figure(
        spelled in prop::collection::vec((0..5_usize, 0..5_usize, 0..50_i64), 1..8),
        named in any::<bool>(),
    ) {
        let (network, definition) = heating(if named { &["Heat pump"] } else { &[ANY_VALUE] });
        let figure = |more: &i64| format!("{more}/100");
        let facts: Vec<Fact> = spelled
            .iter()
            .flat_map(|(a, b, more)| [
                said(&definition, AA, SPELLINGS[*a], &figure(more)),
                said(&definition, BB, SPELLINGS[*b], &figure(more)),
            ])
            .collect();
        let mut one: Vec<Fact> = facts.clone();
        for fact in &mut one {
            fact.key.breakdown = Breakdown::by("kind", SPELLINGS[0]);
        }
        let mut turned = facts.clone();
        turned.reverse();
        let cells = rollup(&facts, &network);
        prop_assert_eq!(&rollup(&turned, &network), &cells);
        let figures = |cells: &[Cell]| -> Vec<_> {
            let figures = cells.iter().map(|cell| (
                cell.key.level.clone(), cell.value, cell.numerator, cell.denominator, cell.interval,
                cell.n_contested, cell.status,
            ));
            figures.collect()
        };
        prop_assert_eq!(figures(&rollup(&one, &network)), figures(&cells));
        let labels: std::collections::BTreeSet<&Breakdown> =
            cells.iter().map(|cell| &cell.key.breakdown).collect();
        prop_assert_eq!(labels.len(), 1);
        let slice = Slice::of(&facts[0].key);
        prop_assert!(explain(&slice.at(Level::Network), &facts, &network).is_some());
    }
}
