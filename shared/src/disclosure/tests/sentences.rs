//! Sentences of the profile that no other test says at their edge. DISCLOSURE.md lists all of them.

use super::kit::{
    count, key, line, proportion, protected, release, row, secret, sum_of, unnamed, with,
};
use crate::{
    disclosure::{
        Areas, Before, Cell, FRR3, Kind, Last, Profile, Protected, Reason, Relations,
        audit::bounds, protect,
    },
    model::number::Number,
};

/// A profile for which each target is too narrow, so that the audit acts on all of them.
const NEVER_SAFE: Profile = Profile {
    candidates_min: 1_000_000,
    ..FRR3
};

fn kind(kind: Kind, figures: &str) -> Cell {
    Cell {
        kind,
        ..proportion(key("SEEN 2023"), figures)
    }
}

/// The first location's row of a cell that is released alone; the rule that withholds it.
fn reason(cell: &Cell) -> Option<Reason> {
    let protected = protected(std::slice::from_ref(cell), &Before::default());
    Some(protected.withheld.first()?.reason)
}

/// The rows that the audit withholds: cell and level.
fn audited(protected: &Protected) -> Vec<String> {
    let audited = protected.withheld.iter();
    let audited = audited.filter(|one| one.reason == Reason::Audit);
    let named = audited.map(|one| {
        let level = one.level.location().map_or("network", |code| code.as_str());
        format!("{} {level}", one.key)
    });
    named.collect()
}

/// Roundings of earlier releases: areas, count, shown number.
fn rounded(known: &[(&[&str], u64, u64)]) -> Before {
    let mut before = Before::default();
    for (areas, raw, shown) in known {
        before
            .rounded
            .add(&Areas::new(areas.iter().copied()), *raw, *shown);
    }
    before
}

#[test]
fn each_denominator_hides_in_an_unnamed_sum_too() {
    let sum = |figures: &str, of: Kind| {
        let cell = unnamed(kind(of, figures));
        let protected = protected(std::slice::from_ref(&cell), &Before::default());
        let network = protected.withheld.iter();
        let mut network = network.filter(|one| one.level.location().is_none());
        network.next().map(|one| one.reason)
    };
    for of in [Kind::Proportion, Kind::Rate, Kind::Mean] {
        // 100 is 10 % of 1,000.
        assert_eq!(sum("FN:40/1000 EC:40/200 RT:40/100", of), None, "{of:?}");
        let dominated = sum("FN:40/1000 EC:40/200 RT:40/99", of);
        assert_eq!(dominated, Some(Reason::Contributors), "{of:?}");
        let dominated = sum("FN:400/1000 EC:40/1000 RT:39/1000", of);
        assert_eq!(dominated, Some(Reason::Contributors), "{of:?}");
    }
}

#[test]
fn those_who_join_are_compared_with_each_earlier_release() {
    let three = unnamed(count(key("SEEN"), "FN:100 EC:90 RT:80"));
    let six = with(&three, "WR:70 IN:60 HV:50");
    let seven = with(&three, "WR:70 IN:60 HV:50 OC:40");
    // HV joins and OC leaves: two.
    let swapped = with(&three, "WR:70 IN:60 OC:40");
    let sums = |cells: &[&Cell]| {
        let mut before = Before::default();
        let sums = cells.iter().map(|cell| {
            let released = release(std::slice::from_ref(*cell), &mut before);
            row(&released, &cell.key, "").contributors.len()
        });
        sums.collect::<Vec<_>>()
    };
    assert_eq!(sums(&[&three, &six]), [3, 6]);
    // WR joins alone. The sum that is kept stays one of three, however often it is kept.
    let four = with(&three, "WR:70");
    assert_eq!(sums(&[&three, &four, &four]), [3, 3, 3]);
    assert_eq!(sums(&[&six, &seven]), [6, 6]);
    assert_eq!(
        sums(&[&six, &three, &seven]),
        [6, 3, 3],
        "OC, beside the first"
    );
    // Nearly all that joined since the first is OC's. Beside what joined since the last it is not.
    let nine = with(&six, "OC:1000 SA:60 WT:30");
    assert_eq!(sums(&[&six, &three, &nine]), [6, 3, 3]);
    assert_eq!(sums(&[&three, &nine]), [3, 9]);
    let mut before = Before::default();
    let first = release(std::slice::from_ref(&six), &mut before);
    let second = release(std::slice::from_ref(&swapped), &mut before);
    assert_eq!(row(&first, &six.key, ""), row(&second, &six.key, ""));
}

#[test]
fn several_earlier_sums_together_leave_no_location_alone() {
    let figures = |codes: &str| {
        let codes = codes.split(' ').map(|code| format!("{code}:100"));
        unnamed(count(key("SEEN"), &codes.collect::<Vec<_>>().join(" ")))
    };
    let seven = figures("FN EC RT WR HV OC IN");
    let (three, others) = (figures("EC RT WR"), figures("HV OC IN"));
    let mut before = Before::default();
    let of = |cell: &Cell, before: &mut Before| {
        let released = release(std::slice::from_ref(cell), before);
        let codes = &row(&released, &cell.key, "").contributors;
        codes.codes().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(of(&seven, &mut before).len(), 7);
    assert_eq!(of(&three, &mut before), ["EC", "RT", "WR"]);
    // All less the first three less these is FN.
    assert_eq!(of(&others, &mut before), ["EC", "RT", "WR"]);
    // A set that was released may be shown again: it tells nothing more.
    assert_eq!(of(&seven, &mut before).len(), 7);
}

#[test]
fn each_threshold_of_small_counts_is_at_its_number() {
    for (of, figures, expected) in [
        (Kind::Count, "FN:0", Some(Reason::Numerator)),
        (Kind::Count, "FN:5", Some(Reason::Numerator)),
        (Kind::Count, "FN:6", None),
        (Kind::Proportion, "FN:5/900", Some(Reason::Numerator)),
        (Kind::Proportion, "FN:6/12", None),
        (Kind::Proportion, "FN:6/11", Some(Reason::Complement)),
        (Kind::Proportion, "FN:895/900", Some(Reason::Complement)),
        (Kind::Proportion, "FN:894/900", None),
        // The numerator of a rate is not part of its denominator.
        (Kind::Rate, "FN:6/6", None),
        (Kind::Rate, "FN:6/5", Some(Reason::Denominator)),
        (Kind::Rate, "FN:0/5", Some(Reason::Numerator)),
        (Kind::Mean, "FN:0/20", None),
        (Kind::Mean, "FN:900/19", Some(Reason::Mean)),
        (Kind::Mean, "FN:900/6", Some(Reason::Mean)),
        (Kind::Mean, "FN:900/5", Some(Reason::Denominator)),
    ] {
        assert_eq!(reason(&kind(of, figures)), expected, "{of:?} {figures}");
    }
}

#[test]
fn what_is_left_of_an_including_count_is_small_below_six() {
    let whole = count(key("ALL 2023"), "FN.NORTH:60 FN.SOUTH:40 EC:100 RT:100");
    // RT has no rest; the rest in FN is 2 and 3, and 4 and 2.
    for (figures, expected) in [
        ("FN.NORTH:58 FN.SOUTH:37 EC:94 HV:50", ["EC", "HV"]),
        ("FN.NORTH:56 FN.SOUTH:38 EC:95 HV:50", ["FN", "HV"]),
    ] {
        let part = count(key("PART 2023"), figures);
        let cells = [part.clone(), whole.clone()];
        let relations = Relations {
            part_of: vec![(part.key.clone(), whole.key.clone())],
            ..Relations::default()
        };
        let protected = protect(&FRR3, &secret(), &cells, &relations, &Before::default());
        let rows = protected.rows.iter().filter(|row| row.key == part.key);
        let shown = rows
            .filter(|row| !row.withheld)
            .filter_map(|row| row.level.location());
        let shown: Vec<&str> = shown.map(|code| code.as_str()).collect();
        assert_eq!(shown, expected, "{figures}");
        // The rests of both places together are 11.
        assert!(!row(&protected, &part.key, "").withheld);
    }
}

#[test]
fn totals_are_rounded_by_themselves() {
    let cell = proportion(key("SEEN 2023"), "EC:10/31 FN:10/31 RT:10/31");
    let coins: Vec<(&[&str], u64, u64)> = vec![
        (&["EC"], 10, 12),
        (&["FN"], 10, 12),
        (&["RT"], 10, 12),
        (&["EC"], 31, 30),
        (&["FN"], 31, 30),
        (&["RT"], 31, 30),
    ];
    let protected = protected(std::slice::from_ref(&cell), &rounded(&coins));
    let shown = line(&protected, &cell.key);
    assert_eq!(shown, "EC 12/30 FN 12/30 RT 12/30 network 30/93");
    // The value is that of the shown counts: 30 of 93, not 36 of 90.
    let value = row(&protected, &cell.key, "").value.unwrap();
    assert_eq!(value.to_string(), "32.258065");
}

#[test]
fn values_have_six_decimals_and_means_three_digits() {
    let cell = kind(Kind::Proportion, "FN:12/18 EC:12/21");
    let coined = rounded(&[(&["EC"], 21, 21)]);
    let protected = protected(std::slice::from_ref(&cell), &coined);
    let value = |code: &str| row(&protected, &cell.key, code).value.unwrap().to_string();
    // 12 of 21 is 57.142857142...; 12 of 18 is 66.666666666...
    assert_eq!([value("EC"), value("FN")], ["57.142857", "66.666667"]);
    let mean = Cell {
        factor: Number::from(1),
        ..kind(Kind::Mean, "FN:12345/30")
    };
    let protected = self::protected(std::slice::from_ref(&mean), &Before::default());
    let row = row(&protected, &mean.key, "FN");
    let value = row.value.map(|value| value.to_string());
    assert_eq!((row.numerator, row.denominator), (None, Some(30)));
    assert_eq!(value.as_deref(), Some("412"));
}

#[test]
fn a_kept_row_is_marked_by_nothing() {
    let then = proportion(key("SEEN 2023"), "FN:300/900 EC:60/90");
    let now = with(&then, "FN:305/895");
    let mut before = Before::default();
    let first = release(std::slice::from_ref(&then), &mut before);
    let second = release(std::slice::from_ref(&now), &mut before);
    for code in ["FN", "EC", ""] {
        assert_eq!(row(&first, &then.key, code), row(&second, &then.key, code));
    }
    // Numerator and denominator stay each by itself.
    let moved = with(&then, "FN:306/895");
    let third = release(std::slice::from_ref(&moved), &mut before);
    let row = row(&third, &then.key, "FN");
    assert_eq!((row.numerator, row.denominator), (Some(306), Some(900)));
}

#[test]
fn a_shown_count_stands_for_counts_within_two_or_seven_and_never_below_six() {
    let shown = |raw: u64, shown: u64, now: i64| bounds(&FRR3, Last { raw, shown }, now);
    assert_eq!(shown(7, 6, 7), (6, 8));
    assert_eq!(shown(8, 9, 8), (7, 11));
    assert_eq!(shown(100, 102, 100), (100, 104));
    // Kept.
    assert_eq!(shown(100, 102, 101), (95, 109));
    assert_eq!(shown(8, 9, 6), (6, 16));
}

#[test]
fn differences_from_one_to_five_are_targets_in_each_release() {
    let withheld = |total: u64, part: u64| {
        let cells = [
            count(key("SEEN 2023"), &format!("FN:{total}")),
            count(key("SEEN 2023 age=a"), &format!("FN:{part}")),
        ];
        let relations = sum_of(&cells);
        let found = protect(
            &NEVER_SAFE,
            &secret(),
            &cells,
            &relations,
            &Before::default(),
        );
        audited(&found)
    };
    for difference in 1..6 {
        let both = ["SEEN/1 2023 age a FN", "SEEN/1 2023 age a network"];
        assert_eq!(withheld(100, 100 - difference), both, "{difference}");
    }
    assert!(withheld(100, 94).is_empty());
    // An area begins to report between two releases: the row of now tells it, and goes.
    for (more, is_told) in [(1, true), (5, true), (6, false)] {
        let then = count(key("SEEN 2023"), "FN.NORTH:100");
        let now = with(&then, &format!("FN.SOUTH:{more}"));
        let mut before = Before::default();
        release(std::slice::from_ref(&then), &mut before);
        let none = Relations::default();
        let found = protect(&NEVER_SAFE, &secret(), &[now], &none, &before);
        assert_eq!(!audited(&found).is_empty(), is_told, "{more}");
    }
}

/// A place with 1 of age a beside other ages: what goes if the total is shown low.
fn beside_one(others: &[(&str, u64, u64)], more: &[(&[&str], u64, u64)]) -> Vec<String> {
    let sum: u64 = 1 + others.iter().map(|(_, raw, _)| raw).sum::<u64>();
    let elsewhere = 300 * (1 + others.len());
    let mut cells = vec![
        count(key("SEEN 2023"), &format!("FN:{sum} EC:{elsewhere}")),
        count(key("SEEN 2023 age=a"), "FN:1 EC:300"),
    ];
    let mut coins: Vec<(&[&str], u64, u64)> = more.to_vec();
    for (age, raw, shown) in others {
        let key = key(&format!("SEEN 2023 age={age}"));
        cells.push(count(key, &format!("FN:{raw} EC:300")));
        coins.push((&["FN"], *raw, *shown));
    }
    let relations = sum_of(&cells);
    let found = protect(&FRR3, &secret(), &cells, &relations, &rounded(&coins));
    let rows = audited(&found).into_iter();
    rows.map(|row| row.replace("SEEN/1 2023 ", "")).collect()
}

#[test]
fn the_smallest_row_beside_goes_and_of_equal_ones_the_first_by_key() {
    let total = |raw: u64, shown: u64| -> [(&[&str], u64, u64); 1] { [(&["FN"], raw, shown)] };
    // 1, 10 and 13: ages of 12 and 15 say at least 23, a total of 24 at most 26.
    let found = beside_one(&[("b", 13, 15), ("c", 10, 12)], &total(24, 24));
    assert_eq!(found, ["age c FN"]);
    let found = beside_one(&[("b", 10, 12), ("c", 13, 15)], &total(24, 24));
    assert_eq!(found, ["age b FN"]);
    let found = beside_one(&[("b", 10, 12), ("c", 10, 12)], &total(21, 21));
    assert_eq!(found, ["age b FN"]);
}

#[test]
fn margins_go_last() {
    // Only the total of FN is narrow. All of age a are fewer than b in FN, but they are a margin.
    let all = count(key("SEEN 2023"), "FN:101 EC:60");
    let a = count(key("SEEN 2023 age=a"), "FN:1 EC:20");
    let b = count(key("SEEN 2023 age=b"), "FN:100 EC:40");
    let cells = [all, a, b];
    let relations = sum_of(&cells);
    let before = rounded(&[(&["FN"], 100, 102), (&["FN"], 101, 99)]);
    let found = protect(&FRR3, &secret(), &cells, &relations, &before);
    let audited = audited(&found);
    assert_eq!(audited[0], "SEEN/1 2023 age b FN", "{audited:?}");
    assert!(!row(&found, &cells[1].key, "").withheld, "{audited:?}");
}

#[test]
fn a_row_of_an_earlier_release_is_the_same_if_it_leaves_the_same() {
    // PART is 7 then and now. It leaves much of ALL then, and 6 now: so 5 to 8 are of age a.
    let part = count(key("PART 2023"), "FN:7");
    let figures = |all: u64, a: u64, b: u64| {
        [
            part.clone(),
            count(key("ALL 2023"), &format!("FN:{all}")),
            count(key("ALL 2023 age=a"), &format!("FN:{a}")),
            count(key("ALL 2023 age=b"), &format!("FN:{b}")),
        ]
    };
    let (then, now) = (figures(70, 30, 40), figures(13, 5, 8));
    let relations = Relations {
        part_of: vec![(then[0].key.clone(), then[1].key.clone())],
        ..sum_of(&then[1..])
    };
    let mut before = rounded(&[(&["FN"], 7, 9), (&["FN"], 8, 6), (&["FN"], 13, 12)]);
    for cells in [&then, &now] {
        let released = protect(&FRR3, &secret(), cells, &relations, &before);
        assert_eq!(released.exposed, []);
        before.add(released);
        super::attacker::check(&before, &relations);
    }
}

#[test]
fn a_shown_proportion_says_that_its_complement_is_six_or_more() {
    // Of all at most 20 - 13 are not in the numerator, and 6 of these are of age b. So of age a
    // there is 1 at most.
    let cells = [
        proportion(key("SEEN 2023"), "FN:13/20"),
        proportion(key("SEEN 2023 age=a"), "FN:7/8"),
        proportion(key("SEEN 2023 age=b"), "FN:6/12"),
    ];
    let relations = sum_of(&cells);
    let mut before = rounded(&[(&["FN"], 20, 18), (&["FN"], 13, 15)]);
    let found = protect(&FRR3, &secret(), &cells, &relations, &before);
    assert_eq!(audited(&found)[0], "SEEN/1 2023 age b FN");
    before.add(found);
    super::attacker::check(&before, &relations);
}

#[test]
fn a_cumulative_count_is_kept_beyond_a_withheld_period() {
    let cells = [
        proportion(key("SEEN 2023-01"), "FN:300/900"),
        // All but two.
        proportion(key("SEEN 2023-02"), "FN:303/305"),
        proportion(key("SEEN 2023-03"), "FN:304/900"),
    ];
    let pairs = cells.windows(2);
    let relations = Relations {
        cumulative: pairs
            .map(|two| (two[0].key.clone(), two[1].key.clone()))
            .collect(),
        ..Relations::default()
    };
    let found = protect(&FRR3, &secret(), &cells, &relations, &Before::default());
    let shown = cells
        .iter()
        .map(|cell| row(&found, &cell.key, "FN").numerator);
    assert_eq!(shown.collect::<Vec<_>>(), [Some(300), None, Some(300)]);
}
