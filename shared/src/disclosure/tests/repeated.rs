//! Attacks by repetition: the same counts in other indicators, months and releases.

use super::{
    attacker::check,
    kit::{count, key, proportion, protected, release, row, secret, sum_of},
};
use crate::{
    disclosure::{
        Areas, Before, Cell, FRR3, Kind, Protected, protect,
        rounding::{Coins, round},
    },
    rollup::Level,
};

#[test]
fn ten_thousand_repetitions_say_no_more_than_one() {
    let cells = (0..10_000).map(|at| {
        let (year, month) = (2000 + at / 12 % 100, at % 12 + 1);
        let name = format!("SEEN_{} {year}-{month:02}", at / 1_200);
        count(key(&name), "FN:301 EC:200 RT:407")
    });
    let cells: Vec<Cell> = cells.collect();
    let protected = protected(&cells, &Before::default());
    for level in ["FN", "EC", "RT", ""] {
        let of = protected.rows.iter().filter(|row| match level {
            "" => row.level == Level::Network,
            code => row.level.location().is_some_and(|one| one.as_str() == code),
        });
        let mut shown: Vec<_> = of.map(|row| row.numerator).collect();
        assert_eq!(shown.len(), 10_000);
        shown.dedup();
        assert_eq!(shown.len(), 1, "{level}");
    }
    assert!(protected.rounded.iter().count() <= 4);
}

#[test]
fn a_hundred_releases_of_small_corrections_say_no_more_than_one() {
    let mut before = Before::default();
    let mut shown = Vec::new();
    for correction in 0..100 {
        let figures = format!("FN:{} EC:200 RT:407", 300 + correction % 6);
        let cell = count(key("SEEN 2023"), &figures);
        let released = release(std::slice::from_ref(&cell), &mut before);
        shown.push(row(&released, &cell.key, "FN").numerator);
    }
    shown.dedup();
    assert_eq!(shown, [Some(300)]);
}

#[test]
fn rounding_has_no_bias_and_moves_by_two_at_most() {
    let coins = Coins::new(&secret());
    let mut sum = 0_i64;
    let mut far = 0;
    for area in 0..20 {
        let areas = Areas::new([format!("AREA_{area}").as_str()]);
        for raw in 6..3_006 {
            let shown = round(&FRR3, &coins, &areas, raw);
            assert_eq!(shown % 3, 0);
            assert!(shown.abs_diff(raw) <= 2);
            far += u32::from(shown.abs_diff(raw) == 2);
            sum += i64::try_from(shown).unwrap() - i64::try_from(raw).unwrap();
        }
    }
    // 40,000 coins with a standard deviation of 94 far ones, and of 283 in the sum.
    assert!((13_000..13_700).contains(&far), "{far}");
    assert!(sum.abs() < 1_000, "{sum}");
}

#[test]
fn all_but_a_few_is_as_hidden_as_a_few() {
    for rest in 0..6 {
        let figures = format!("FN:{}/90 EC:40/90", 90 - rest);
        let cell = proportion(key("SEEN 2023"), &figures);
        let protected = protected(std::slice::from_ref(&cell), &Before::default());
        assert!(row(&protected, &cell.key, "FN").withheld);
        assert!(!row(&protected, &cell.key, "EC").withheld);
    }
}

/// A total of two parts, one of which is withheld in both releases. Each release alone leaves
/// enough; that the shown counts changed says more.
#[test]
fn a_shown_count_that_changed_tells_nothing_of_a_withheld_part() {
    let mut withheld = 0;
    // Each area rounds in its own way.
    for area in 0..60 {
        let cell = |part: &str, figure: u32| {
            let figures = format!("FN.AREA_{area}:{figure}");
            count(key(&format!("SEEN 2023{part}")), &figures)
        };
        let cells = |total, f, m| [cell("", total), cell(" sex=f", f), cell(" sex=m", m)];
        let first = cells(8, 6, 2);
        let relations = sum_of(&first);
        let mut before = Before::default();
        for cells in [first, cells(14, 12, 2)] {
            before.add(protect(&FRR3, &secret(), &cells, &relations, &before));
            check(&before, &relations);
        }
        let last = before.of(&cell(" sex=m", 2).key).last().unwrap();
        withheld += usize::from(last.rows.values().any(Option::is_none));
    }
    assert_eq!(withheld, 60, "the small part is never shown");
}

/// The mean of twenty people, and then of one more, who is 90.
#[test]
fn a_mean_does_not_tell_the_value_of_one_who_joined() {
    let mean = |figures: &str| Cell {
        kind: Kind::Mean,
        ..count(key("AGE 2023"), figures)
    };
    let mut before = Before::default();
    let first = release(&[mean("FN:400/20")], &mut before);
    let value = |of: &Protected| row(of, &key("AGE 2023"), "FN").value;
    let joined = release(&[mean("FN:490/21")], &mut before);
    assert_eq!(value(&joined), value(&first));
    // A sum that was corrected for the same people is shown, and so is one of many more.
    let mut other = Before::default();
    release(&[mean("FN:400/20")], &mut other);
    let corrected = release(&[mean("FN:500/20")], &mut other);
    assert_ne!(value(&corrected), value(&first));
    let more = release(&[mean("FN:700/30")], &mut before);
    assert_ne!(value(&more), value(&first));
    // The sum that was kept is remembered: the release after the next tells no one.
    let mut thrice = Before::default();
    release(&[mean("FN:400/20")], &mut thrice);
    release(&[mean("FN:490/21")], &mut thrice);
    let third = release(&[mean("FN:580/22")], &mut thrice);
    assert_eq!(value(&third), value(&first));
}
