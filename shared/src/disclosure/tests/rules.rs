//! Each rule in a plain case.

use super::kit::{
    count, key, level, line, proportion, protected, release, row, secret, unnamed, with,
};
use crate::{
    disclosure::{Before, Cell, FRR3, Kind, Reason, Relations, Withheld, protect},
    model::{
        indicator::{Protect, Rows},
        number::Number,
    },
};

fn shown(cell: &Cell) -> String {
    line(
        &protected(std::slice::from_ref(cell), &Before::default()),
        &cell.key,
    )
}

fn reasons(cell: &Cell) -> Vec<Reason> {
    let protected = protected(std::slice::from_ref(cell), &Before::default());
    protected.withheld.iter().map(|one| one.reason).collect()
}

#[test]
fn withheld_rows_look_alike_and_only_the_reviewer_reads_why() {
    let few = proportion(key("SEEN"), "FN:3/900 EC:300/400 RT:895/900 WR:2/4");
    let protected = protected(std::slice::from_ref(&few), &Before::default());
    for code in ["FN", "RT", "WR"] {
        let row = row(&protected, &few.key, code);
        assert!(row.withheld);
        assert_eq!(
            (row.numerator, row.denominator, row.value),
            (None, None, None)
        );
    }
    let reason = |code: &str, reason| Withheld {
        key: few.key.clone(),
        level: level(code),
        reason,
    };
    for expected in [
        reason("FN", Reason::Numerator),
        reason("RT", Reason::Complement),
        reason("WR", Reason::Numerator),
    ] {
        assert!(protected.withheld.contains(&expected), "{expected:?}");
    }
}

#[test]
fn amounts_that_are_no_persons_keep_the_rule_about_contributors() {
    let hectares = |figures| Cell {
        protect: Protect::None,
        ..count(key("SEEN"), figures)
    };
    assert_eq!(shown(&hectares("FN:3 EC:0")), "EC 0 FN 3 network 3");
    assert_eq!(shown(&hectares("FN:2.6 EC:3.4")), "EC 3 FN 3 network 6");
    assert_eq!(
        reasons(&unnamed(hectares("FN:3 EC:0"))).last(),
        Some(&Reason::Contributors)
    );
    let dominated = unnamed(hectares("FN:1000 EC:500 RT:99"));
    assert_eq!(reasons(&dominated).last(), Some(&Reason::Contributors));
}

#[test]
fn figures_that_are_no_counts_are_withheld() {
    for figures in ["FN:6.5", "FN:-7"] {
        assert_eq!(
            reasons(&count(key("SEEN"), figures)),
            [Reason::NotCounts; 2]
        );
    }
    assert_eq!(
        reasons(&proportion(key("SEEN"), "FN:70")),
        [Reason::NotCounts; 2]
    );
    // A large sum does not hide a negative part.
    let mixed = count(key("SEEN"), "FN.NORTH:-7 FN.SOUTH:700");
    assert_eq!(reasons(&mixed), [Reason::NotCounts; 2]);
}

#[test]
fn a_mean_shows_its_number_and_three_digits() {
    let mean = |figures| Cell {
        kind: Kind::Mean,
        factor: Number::from(1),
        ..proportion(key("SEEN"), figures)
    };
    let value = |figures| {
        let cell = mean(figures);
        let protected = protected(std::slice::from_ref(&cell), &Before::default());
        let row = row(&protected, &cell.key, "FN").clone();
        assert_eq!(row.numerator, None);
        row.value.map(|value| value.to_string())
    };
    for (figures, expected) in [
        ("FN:60/20", None),
        ("FN:100000/21", Some("4760")),
        ("FN:-70.5/21", Some("-3.36")),
        ("FN:0.0123/30", Some("0.00041")),
        ("FN:299.9/30", Some("10")),
        ("FN:0/30", Some("0")),
        ("FN:57/19", None),
    ] {
        let expected = expected.map(str::to_owned);
        if figures == "FN:60/20" {
            assert!(value(figures).is_some());
        } else {
            assert_eq!(value(figures), expected, "{figures}");
        }
    }
    assert_eq!(reasons(&mean("FN:57/19")), [Reason::Mean; 2]);
    assert_eq!(reasons(&mean("FN:57/5")), [Reason::Denominator; 2]);
}

#[test]
fn nearly_all_of_an_including_count_is_withheld() {
    let (part, whole) = (
        count(key("PART"), "FN:95 EC:50"),
        count(key("ALL"), "FN:100 EC:90"),
    );
    let relations = Relations {
        part_of: vec![(part.key.clone(), whole.key.clone())],
        ..Relations::default()
    };
    let cells = [part.clone(), whole];
    let with = protect(&FRR3, &secret(), &cells, &relations, &Before::default());
    assert!(row(&with, &part.key, "FN").withheld);
    assert!(!row(&with, &part.key, "EC").withheld);
    // The audit would find it too, after more work.
    let mut why = with.withheld.iter().filter(|one| one.key == part.key);
    assert_eq!(why.next().map(|one| &one.reason), Some(&Reason::PartOf));
    let without = protected(&cells, &Before::default());
    assert!(!row(&without, &part.key, "FN").withheld);
}

#[test]
fn a_change_of_rows_does_not_touch_what_was_released() {
    for first in [Rows::Network, Rows::Locations] {
        let cell = Cell {
            rows: first,
            ..count(key("SEEN"), "FN:100 EC:90 RT:80")
        };
        let other = match first {
            Rows::Network => Rows::Locations,
            Rows::Locations => Rows::Network,
        };
        let changed = Cell {
            rows: other,
            ..with(&cell, "WR:70 IN:60 HV:50")
        };
        let mut before = Before::default();
        let released = release(std::slice::from_ref(&cell), &mut before);
        let after = release(std::slice::from_ref(&changed), &mut before);
        assert_eq!(row(&after, &cell.key, ""), row(&released, &cell.key, ""));
        for code in ["FN", "EC", "RT", "WR", "IN", "HV"] {
            assert!(row(&after, &cell.key, code).withheld);
        }
    }
}

#[test]
fn locations_that_join_together_do_not_give_one_of_them_away() {
    let cell = unnamed(count(key("SEEN"), "FN:100 EC:90 RT:80"));
    let mut before = Before::default();
    let released = release(std::slice::from_ref(&cell), &mut before);
    // WR is nearly all of what joins.
    let joined = with(&cell, "WR:7000 IN:6 HV:5");
    let after = release(std::slice::from_ref(&joined), &mut before);
    assert_eq!(row(&after, &cell.key, ""), row(&released, &cell.key, ""));
}

#[test]
fn a_cumulative_count_is_kept_from_period_to_period() {
    let cells: Vec<Cell> = ["300", "303", "305", "306", "308"]
        .into_iter()
        .zip(["2023-01", "2023-02", "2023-03", "2023-04", "2023-05"])
        .map(|(raw, period)| {
            count(
                key(&format!("SEEN {period}")),
                &format!("FN.FAR_NORTH:{raw}"),
            )
        })
        .collect();
    let pairs = cells.windows(2);
    let relations = Relations {
        cumulative: pairs
            .map(|two| (two[0].key.clone(), two[1].key.clone()))
            .collect(),
        ..Relations::default()
    };
    let protected = protect(&FRR3, &secret(), &cells, &relations, &Before::default());
    let shown: Vec<_> = cells
        .iter()
        .map(|cell| row(&protected, &cell.key, "FN"))
        .collect();
    let shown: Vec<_> = shown.iter().map(|row| row.numerator.unwrap()).collect();
    assert_eq!(shown, [300, 300, 300, 306, 306]);
}

#[test]
fn a_lost_secret_rounds_nothing_in_another_way() {
    let cell = count(key("SEEN"), "FN:100 EC:200 RT:301 WR:400 IN:502 HV:601");
    let mut before = Before::default();
    release(std::slice::from_ref(&cell), &mut before);
    let same = Cell {
        key: key("HEARD"),
        ..cell.clone()
    };
    for lost in 0..20 {
        let secret = crate::disclosure::Secret::new([lost; 32]);
        let cells = [same.clone()];
        let again = protect(&FRR3, &secret, &cells, &Relations::default(), &before);
        let first = protected(std::slice::from_ref(&cell), &Before::default());
        assert_eq!(line(&again, &same.key), line(&first, &cell.key));
        assert_eq!(again.rounded.iter().count(), 0);
    }
}

#[test]
fn nearly_all_of_a_count_that_was_released_before_is_withheld() {
    let (part, whole) = (count(key("PART"), "FN:95"), count(key("ALL"), "FN:100"));
    let relations = Relations {
        part_of: vec![(part.key.clone(), whole.key.clone())],
        ..Relations::default()
    };
    let mut before = Before::default();
    release(std::slice::from_ref(&whole), &mut before);
    let found = protect(&FRR3, &secret(), &[part], &relations, &before);
    let reasons = found.withheld.iter().map(|one| one.reason);
    assert_eq!(reasons.collect::<Vec<_>>(), [Reason::PartOf; 2]);
}

#[test]
fn a_count_of_the_areas_of_an_earlier_release_is_compared_with_that_one() {
    let mut before = Before::default();
    let shown = |figures: &str, before: &mut Before| {
        let cell = count(key("SEEN"), figures);
        let protected = release(std::slice::from_ref(&cell), before);
        row(&protected, &cell.key, "FN").numerator
    };
    assert_eq!(shown("FN.NORTH:99", &mut before), Some(99));
    assert_eq!(shown("FN.NORTH:99 FN.SOUTH:51", &mut before), Some(150));
    // It has moved by 3 from what was shown of the north.
    assert_eq!(shown("FN.NORTH:102", &mut before), Some(99));
}

#[test]
fn releases_are_numbered_one_after_the_other() {
    let mut before = Before::default();
    for numerator in [60, 90, 120] {
        let cell = count(key("SEEN"), &format!("FN:{numerator}"));
        release(&[cell], &mut before);
    }
    let numbers = before.published().map(|published| published.release);
    assert_eq!(numbers.collect::<Vec<_>>(), [1, 2, 3]);
}
