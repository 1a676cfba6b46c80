//! The words of pages on an indicator.

use std::{collections::BTreeMap, sync::Arc};

use weft_shared::{
    model::{indicator::definitions_from_toml, observation::Breakdown},
    rollup::series::Step,
};

use super::*;
use crate::kit;

const TODAY: &str = "2023-11-26";

/// Makes a figure of one group and month, from `n_areas` of 14 areas.
fn figure(period: &str, value: Option<&str>, n_areas: usize) -> Figure {
    let mut figure = Figure::from(kit::cell("VAX_PRIMARY", period));
    figure.cell.key.breakdown = Breakdown::by("age", "12+");
    figure.cell.value = Some(value.unwrap_or("50").parse().unwrap());
    (figure.cell.n_locations, figure.cell.n_expected) = (7, 9);
    (figure.cell.n_areas, figure.cell.n_areas_expected) = (n_areas, 14);
    figure.standing = Some(match value {
        Some(_) => Standing::Alone,
        None => Standing::Little(Coverage::Share("0.2".parse().unwrap())),
    });
    figure
}

/// The same, compared with the figure of another period.
fn after(mut figure: Figure, before: &str, step: Step, change: Option<&str>) -> Figure {
    figure.compared = Some(Compared {
        before: before.parse().unwrap(),
        step,
        change: change.map(|change| change.parse().unwrap()),
        words: None,
    });
    figure
}

fn sketch(network: Vec<Figure>) -> Sketch {
    let definition = &definitions_from_toml(kit::DEFINITIONS).unwrap()[0];
    let breakdown = Breakdown::by("age", "12+");
    let south = ("SA".parse().unwrap(), "South Auckland".to_owned());
    Sketch {
        indicator: definition.code.clone(),
        groups: vec![breakdown.clone(), Breakdown::by("age", "5-11")],
        breakdown,
        network,
        locations: BTreeMap::new(),
        areas: Arc::new(BTreeMap::from([south])),
    }
}

fn glance(network: Vec<Figure>, today: &str) -> Glance {
    let definition = &definitions_from_toml(kit::DEFINITIONS).unwrap()[0];
    let sketch = sketch(network);
    Glance::of(definition, Some(&sketch), (&[], today.parse().unwrap()))
}

#[test]
fn a_share_of_what_is_known_is_no_reason_against_itself() {
    let why = |coverage: Coverage| {
        let mut figure = figure("2023-05", None, 7);
        figure.standing = Some(Standing::Little(coverage));
        why_no_headline(&figure, &sketch(Vec::new()))
    };
    assert_eq!(
        why(Coverage::Share("0.347".parse().unwrap())),
        "it covers 34.7\u{a0}% of the denominators, counting each missing area as it last was; \
         7 of 14 areas are in it"
    );
    let just_short = why(Coverage::Share("0.7999".parse().unwrap()));
    assert!(
        just_short.starts_with("it covers 79.99\u{a0}%"),
        "{just_short}"
    );
    let unknown = ["SA", "WT"].map(|code| code.parse().unwrap());
    assert_eq!(
        why(Coverage::Unknown(unknown.to_vec())),
        "coverage unknown, because South Auckland, WT have no denominator; 7 of 14 areas are in it"
    );
    assert_eq!(
        why(Coverage::Unknown(Vec::new())),
        "coverage unknown, because the denominators add up to nothing; 7 of 14 areas are in it"
    );
}

#[test]
fn a_change_is_measured_before_it_is_rounded_and_said_with_the_period_before() {
    let told = glance(
        vec![
            figure("2023-04", Some("84.76"), 14),
            after(
                figure("2023-05", Some("84.84"), 14),
                "2023-04",
                Step::Comparable,
                Some("0.08"),
            ),
        ],
        TODAY,
    );
    assert_eq!(told.value.as_deref(), Some("84.8\u{a0}%"));
    assert_eq!((told.when.as_str(), &told.age), ("May 2023", &None));
    assert_eq!(told.change, "Up 0.1 points from 84.8\u{a0}% in April 2023.");
    assert_eq!(
        told.moved.as_deref(),
        Some("up 0.1 points since April 2023")
    );
    assert_eq!((told.chip, told.coverage.as_str()), (None, "all 14 areas"));
    assert_eq!(told.others, "age 5-11");
}

#[test]
fn what_cannot_be_compared_says_why_and_not_how_it_went() {
    let told = |step: Step| {
        let before = figure("2023-04", Some("20"), 14);
        glance(
            vec![
                before,
                after(figure("2023-05", Some("15"), 14), "2023-04", step, None),
            ],
            TODAY,
        )
    };
    let based = told(Step::BaseChanged {
        from: "2023-05".parse().unwrap(),
        reason: None,
    });
    assert_eq!(based.chip, Some("base changed"));
    assert!(
        based.change.starts_with("20.0\u{a0}% in April 2023"),
        "{}",
        based.change
    );
    assert!(
        based.change.ends_with("Neither better nor worse."),
        "{}",
        based.change
    );
    let broken = told(Step::Break {
        from: Some(1),
        reason: Some("it asks what is usual".to_owned()),
    });
    assert_eq!(broken.chip, Some("question changed"));
    assert_eq!(
        broken.change,
        "20.0\u{a0}% in April 2023. It asks what is usual. Not compared."
    );
    let other = told(Step::OtherAreas);
    assert_eq!(other.chip, Some("other areas"));
    for one in [based, broken, other] {
        assert_eq!(one.moved, None);
        assert!(
            !one.change.contains("own") && !one.change.contains("Up"),
            "{}",
            one.change
        );
    }
    let first = glance(vec![figure("2023-05", Some("15"), 14)], TODAY);
    assert_eq!(first.chip, Some("first figure"));
}

#[test]
fn growth_that_nobody_explained_is_asked_about_beside_the_change() {
    let step = Step::CheckBase {
        before: 900.into(),
        after: 1_100.into(),
    };
    let told = glance(
        vec![
            figure("2023-04", Some("20"), 14),
            after(
                figure("2023-05", Some("15"), 14),
                "2023-04",
                step,
                Some("-5"),
            ),
        ],
        TODAY,
    );
    assert_eq!(told.chip, Some("check the base"));
    assert_eq!(
        told.change,
        "Down 5.0 points from 20.0\u{a0}% in April 2023. The same areas had 900 people then and \
         1,100 now: growth, or another base?"
    );
}

#[test]
fn a_figure_older_than_three_years_has_its_age() {
    let old = glance(vec![figure("2023-05", Some("89.8"), 14)], "2026-11-26");
    assert_eq!(old.age.as_deref(), Some("three years old"));
    let young = glance(vec![figure("2023-05", Some("89.8"), 14)], "2026-05-31");
    assert_eq!(young.age, None);
}

#[test]
fn what_stands_is_told_and_what_is_later_is_named_as_left_out() {
    let told = glance(
        vec![
            figure("2023-04", Some("89.8"), 12),
            figure("2023-05", None, 2),
        ],
        TODAY,
    );
    assert_eq!(
        (told.value.as_deref(), told.when.as_str()),
        (Some("89.8\u{a0}%"), "April 2023")
    );
    assert_eq!(
        told.notes,
        [
            "12 of 14 areas are in it.",
            "May 2023 is left out: it covers 20.0\u{a0}% of the denominators, counting each \
             missing area as it last was; 2 of 14 areas are in it."
        ]
    );
    let told = glance(
        vec![
            figure("2023-04", Some("89.8"), 14),
            figure("2023-05", None, 2),
            figure("2023-06", None, 2),
        ],
        TODAY,
    );
    assert_eq!(
        told.notes,
        [
            "May 2023 and June 2023 are left out: each covers 20.0\u{a0}% of the denominators, \
          counting each missing area as it last was; 2 of 14 areas are in it."
        ]
    );
    let mut later = figure("2026-12", Some("95"), 3);
    later.standing = Some(Standing::SoFar);
    let told = glance(
        vec![figure("2026-11", Some("89.8"), 14), later.clone()],
        "2026-12-10",
    );
    assert_eq!(
        told.notes,
        ["December 2026 so far, 3 of 14 areas: 95.0\u{a0}%."]
    );
    let alone = glance(vec![later], "2026-12-10");
    assert_eq!(
        (alone.value, alone.change.as_str()),
        (None, "No figure stands alone yet.")
    );
}

#[test]
fn an_indicator_that_nobody_reported_says_so() {
    let definition = &definitions_from_toml(kit::DEFINITIONS).unwrap()[0];
    let told = Glance::of(definition, None, (&[], TODAY.parse().unwrap()));
    assert_eq!(told.change, "No one has reported it yet.");
    assert_eq!((told.value, told.chip), (None, None));
}
