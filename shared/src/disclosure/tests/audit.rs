//! The audit in plain cases.

use super::{
    attacker,
    kit::{count, key, line, proportion, release, row, secret, sum_of, unnamed, with},
};
use crate::disclosure::{Areas, Before, Cell, FRR3, Protected, Reason, Relations, protect};

/// Roundings of earlier releases: areas, count, shown number.
fn rounded(known: &[(&[&str], u64, u64)]) -> Before {
    let mut before = Before::default();
    for (areas, raw, shown) in known {
        let areas = Areas::new(areas.iter().copied());
        before.rounded.add(&areas, *raw, *shown);
    }
    before
}

fn audited(protected: &Protected) -> Vec<String> {
    let audited = protected.withheld.iter();
    let audited = audited.filter(|one| one.reason == Reason::Audit);
    let named = audited.map(|one| {
        let level = one.level.location().map_or("network", |code| code.as_str());
        format!("{} {level}", one.key.breakdown().value())
    });
    named.collect()
}

#[test]
fn unlucky_coins_cost_the_smallest_part() {
    let parts = |a: &str, b: &str, total: &str| {
        [
            ("SEEN 2023", total),
            ("SEEN 2023 age=a", a),
            ("SEEN 2023 age=b", b),
        ]
        .map(|(name, raw)| count(key(name), &format!("FN:{raw}")))
    };
    let relations = sum_of(&parts("1", "10", "11"));
    let protected =
        |cells: &[Cell], before: &Before| protect(&FRR3, &secret(), cells, &relations, before);
    let unlucky = rounded(&[(&["FN"], 10, 12), (&["FN"], 11, 9)]);
    let cells = parts("1", "10", "11");
    let found = protected(&cells, &unlucky);
    assert_eq!(audited(&found), ["b FN", "b network"]);
    assert_eq!(line(&found, &cells[0].key), "FN 9 network 9");
    let lucky = rounded(&[(&["FN"], 30, 30), (&["FN"], 33, 33)]);
    assert_eq!(
        audited(&protected(&parts("3", "30", "33"), &lucky)),
        [""; 0]
    );
}

/// No one is of age a. Two ages that are shown high beside a total shown low say so.
#[test]
fn zero_is_hidden_like_other_small_counts() {
    let cells = [
        count(key("SEEN 2023"), "FN:20"),
        count(key("SEEN 2023 age=a"), "FN:0"),
        count(key("SEEN 2023 age=b"), "FN:10"),
        count(key("SEEN 2023 age=c"), "FN:10"),
    ];
    let relations = sum_of(&cells);
    for (of_ages, of_all, expected) in [(12, 18, true), (9, 21, false)] {
        let before = rounded(&[(&["FN"], 10, of_ages), (&["FN"], 20, of_all)]);
        let found = protect(&FRR3, &secret(), &cells, &relations, &before);
        assert_eq!(!audited(&found).is_empty(), expected, "{of_all}");
    }
}

/// The release has the ages alone; their total is in an earlier one.
#[test]
fn the_total_of_an_earlier_release_is_held_against_its_parts() {
    let cells = [
        count(key("SEEN 2023"), "FN:11"),
        count(key("SEEN 2023 age=a"), "FN:1"),
        count(key("SEEN 2023 age=b"), "FN:10"),
    ];
    let relations = sum_of(&cells);
    let mut before = rounded(&[(&["FN"], 10, 12), (&["FN"], 11, 9)]);
    release(&cells[..1], &mut before);
    let found = protect(&FRR3, &secret(), &cells[1..], &relations, &before);
    assert_eq!(audited(&found), ["b FN", "b network"]);
}

/// A count that was shown before any audit cannot be taken back, so the reviewer hears of it.
#[test]
fn what_earlier_releases_tell_is_named_to_the_reviewer() {
    let cells = [
        count(key("SEEN 2023"), "FN:11"),
        count(key("SEEN 2023 age=a"), "FN:1"),
        count(key("SEEN 2023 age=b"), "FN:10"),
    ];
    let relations = sum_of(&cells);
    let mut before = rounded(&[(&["FN"], 10, 12), (&["FN"], 11, 9)]);
    // Without the relation nothing of it is audited.
    release(&cells, &mut before);
    let found = protect(&FRR3, &secret(), &cells, &relations, &before);
    let mut named = found.exposed.iter().map(|one| one.key.breakdown().value());
    assert!(named.any(|value| value == "a"), "{:?}", found.exposed);
}

#[test]
fn a_count_that_was_withheld_is_not_read_from_two_releases() {
    // RT is small. The sums of then and now differ by HV, IN and WR, and those are shown.
    let then = count(key("SEEN 2023"), "EC:200 FN:300 RT:3");
    let now = with(&then, "HV:60 IN:70 WR:80");
    for coins in 0..32_u64 {
        // Both roundings, in all ways that are possible.
        let shown = |raw: u64, bit: u64| match (raw % 3, coins >> bit & 1) {
            (0, _) => raw,
            (1, 0) => raw - 1,
            (1, _) => raw + 2,
            (_, 0) => raw + 1,
            _ => raw - 2,
        };
        let old: &[&str] = &["EC", "FN", "RT"];
        let all: &[&str] = &["EC", "FN", "RT", "HV", "IN", "WR"];
        let mut before = rounded(&[
            (old, 503, shown(503, 0)),
            (all, 713, shown(713, 1)),
            (&["EC"], 200, shown(200, 2)),
            (&["IN"], 70, shown(70, 3)),
            (&["WR"], 80, shown(80, 4)),
        ]);
        release(std::slice::from_ref(&then), &mut before);
        let protected = release(std::slice::from_ref(&now), &mut before);
        assert!(row(&protected, &now.key, "RT").withheld, "{coins}");
        attacker::check(&before, &Relations::default());
    }
}

#[test]
fn a_small_difference_between_nested_rows_withholds_the_smaller() {
    // All but one of the total are in one part, and no row says so of the other parts.
    let total = count(key("SEEN 2023"), "FN:11");
    let part = count(key("SEEN 2023 age=a"), "FN:10");
    let cells = [total, part];
    let before = rounded(&[(&["FN"], 10, 12), (&["FN"], 11, 9)]);
    let relations = sum_of(&cells);
    let found = protect(&FRR3, &secret(), &cells, &relations, &before);
    assert_eq!(audited(&found), ["a FN", "a network"]);
}

#[test]
fn locations_whose_rows_are_not_shown_are_protected_too() {
    let cell = unnamed(proportion(
        key("SEEN 2023"),
        "EC:3/10 FN:2/90 RT:4/30 HV:1/50 IN:2/9",
    ));
    let protected = release(std::slice::from_ref(&cell), &mut Before::default());
    assert!(!row(&protected, &cell.key, "").withheld);
}

/// An office published the total as it is; a location released its two parts, one of them small. A
/// shown 6 stands for 6 to 8, so it leaves three values of the other, and five if the total were
/// rounded.
#[test]
fn a_published_total_does_not_give_a_withheld_part() {
    for (total, f, m, withheld) in [(8, 6, 2, true), (18, 14, 4, false)] {
        let cell = |part: &str, n: u32| count(key(&format!("SEEN 2023{part}")), &format!("FN:{n}"));
        let total = cell("", total);
        let parts = [cell(" sex=f", f), cell(" sex=m", m)];
        let [one, other] = parts.clone();
        let mut relations = sum_of(&[total.clone(), one, other]);
        relations.known.push(total);
        let mut before = Before::default();
        let found = protect(&FRR3, &secret(), &parts, &relations, &before);
        before.add(found.clone());
        attacker::check(&before, &relations);
        assert_eq!(row(&found, &parts[0].key, "FN").withheld, withheld);
        assert!(row(&found, &parts[1].key, "FN").withheld);
    }
}

/// Ten in January are no fewer in February. With nine of all, that leaves nothing else than 0 or 1
/// for the part that is withheld in February, even without a second row of that month.
#[test]
fn an_earlier_count_of_what_only_grows_does_not_give_a_withheld_part() {
    let cells = [
        count(key("SEEN 2023-02"), "FN:11"),
        count(key("SEEN 2023-02 age=a"), "FN:1"),
        count(key("SEEN 2023-02 age=b"), "FN:10"),
        count(key("SEEN 2023-01 age=b"), "FN:10"),
    ];
    let [of_february, of_january] = [&cells[2].key, &cells[3].key];
    let mut relations = sum_of(&cells[..3]);
    let grows = (of_january.clone(), of_february.clone());
    relations.cumulative.push(grows);
    let mut before = rounded(&[(&["FN"], 10, 12), (&["FN"], 11, 9)]);
    let found = protect(&FRR3, &secret(), &cells, &relations, &before);
    assert!(row(&found, of_january, "FN").withheld);
    assert_eq!(found.exposed, []);
    before.add(found);
    attacker::check(&before, &relations);
}

/// A month is missing at one place, and was corrected at another: the third adds up.
#[test]
fn months_are_added_up_place_by_place() {
    let month = |at: u32, figures: &str| count(key(&format!("SEEN 2024-0{at}")), figures);
    let cells = [
        count(key("SEEN 2024-Q1"), "FN:11 RT:90 WT:90"),
        month(1, "FN:10 RT:30 WT:31"),
        month(2, "FN:1 RT:30 WT:30"),
        month(3, "FN:0 RT:30 WT:30"),
    ];
    let mut relations = sum_of(&cells);
    relations.sums[0].over_time = true;
    let mut before = rounded(&[(&["FN"], 10, 12), (&["FN"], 11, 9)]);
    let found = protect(&FRR3, &secret(), &cells, &relations, &before);
    let shown = |at: usize, code: &str| !row(&found, &cells[at].key, code).withheld;
    // Nine for a quarter and twelve for January would leave February nothing else than 0 or 1.
    assert!(!(shown(0, "FN") && shown(1, "FN")));
    // The months of WT do not add up, so nothing of them is withheld.
    assert!((0..4).all(|at| shown(at, "WT") && shown(at, "RT")));
    before.add(found.clone());
    attacker::check(&before, &relations);
}

#[test]
fn a_missing_month_hides_nothing_of_the_others() {
    let month = |at: u32, figures: &str| count(key(&format!("SEEN 2024-0{at}")), figures);
    let cells = [
        count(key("SEEN 2024-Q1"), "FN:11 RT:90"),
        month(1, "FN:10 RT:30"),
        month(2, "FN:1 RT:30"),
        month(3, "RT:30"),
    ];
    let mut relations = sum_of(&cells);
    relations.sums[0].over_time = true;
    let mut before = rounded(&[(&["FN"], 10, 12), (&["FN"], 11, 9)]);
    let found = protect(&FRR3, &secret(), &cells, &relations, &before);
    let shown = |at: usize| !row(&found, &cells[at].key, "FN").withheld;
    assert!(!(shown(0) && shown(1)));
    before.add(found.clone());
    attacker::check(&before, &relations);
}

#[test]
fn a_small_denominator_of_a_withheld_proportion_is_a_target() {
    let cells = [
        proportion(key("SEEN 2023"), "FN:50/101"),
        proportion(key("SEEN 2023 sex=f"), "FN:48/97"),
        proportion(key("SEEN 2023 sex=m"), "FN:2/4 RT:30/91"),
    ];
    let relations = sum_of(&cells);
    let mut before = rounded(&[
        (&["FN"], 101, 99),
        (&["FN"], 97, 99),
        (&["FN"], 50, 51),
        (&["FN"], 48, 48),
        (&["RT"], 30, 30),
        (&["RT"], 91, 90),
        (&["FN", "RT"], 95, 96),
        (&["FN", "RT"], 32, 33),
    ]);
    let found = protect(&FRR3, &secret(), &cells, &relations, &before);
    before.add(found.clone());
    assert_eq!(found.exposed, []);
    attacker::check(&before, &relations);
}
