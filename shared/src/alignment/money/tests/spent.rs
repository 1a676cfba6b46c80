//! Money that locations say was spent, beside the hub.

use expect_test::expect;

use super::{merged::check, *};

#[test]
fn what_a_location_spent_counts_within_a_line_of_the_hub_for_more_places() {
    // Of other years or outcomes it is other money.
    check(
        &[
            "hub A amount=200 at=ALL identifier=X days=FY2026..FY2028 | spent FY2026 ALL VAX 90 | \
             spent FY2027 ALL HOMES 50",
            "FN B amount=200 at=ALL identifier=X days=FY2026..FY2028 | spent FY2027 FN VAX 30",
        ],
        &expect![[r#"
            cash NZD: spent 80, (spent 50), in_force 200, (in_force 200)
            HOMES, FN: (spent 50)
            HOMES, IN: (spent 50)
            HOMES, WT: (spent 50)
            VAX, FN: spent 30
            not stated, FN: (in_force 200)
            not stated, IN: (in_force 200)
            not stated, WT: (in_force 200)"#]],
    );
    // A month is in the year of the hub, and counts by itself where the year does not.
    let texts = [
        "hub A amount=100 at=FN+WT identifier=X | spent FY2027 FN+WT VAX 90",
        "FN B amount=100 at=FN+WT identifier=X | spent FY2027 FN VAX 40 | spent 2027-02 FN VAX 10",
    ];
    assert!(told(&texts, "FY2027").starts_with("cash NZD: spent 90, (spent 50), in_force 100"));
    assert!(told(&texts, "2027-02").starts_with("cash NZD: spent 10, in_force 100"));
    // Several lines of the hub are taken one after the other.
    let texts = [
        "hub A amount=100 at=FN+WT identifier=X | spent 2027-Q1 FN+WT VAX 30 | spent 2027-Q2 \
         FN+WT VAX 30",
        "FN B amount=100 at=FN+WT identifier=X | spent FY2027 FN VAX 40",
    ];
    assert!(told(&texts, "FY2027").starts_with("cash NZD: spent 60, (spent 20), in_force 100"));
    assert!(told(&texts, "2027-Q2").contains("(spent 30)"));
}

#[test]
fn what_a_location_spent_beyond_the_line_of_the_hub_leaves_both_standing() {
    check(
        &[
            "hub A amount=200 at=FN+WT identifier=X | spent FY2027 FN+WT VAX 90",
            "FN B amount=200 at=FN+WT identifier=X | spent FY2027 FN VAX 130",
        ],
        &expect![[r#"
            cash NZD: spent 130 P 90..130, (spent 0 P 0..90), in_force 200, (in_force 200)
            VAX, FN: spent 130 P 0..130, (spent 0 P 0..90)
            VAX, WT: (spent 0 P 0..90)
            not stated, FN: (in_force 200)
            not stated, WT: (in_force 200)
            X spent FN: FN 130 counts"#]],
    );
}

#[test]
fn a_cell_names_whose_spent_money_was_taken_off_its_line() {
    let books = books(&[
        "hub A amount=100 at=ALL identifier=X | spent FY2027 ALL VAX 90",
        "FN B amount=100 at=ALL identifier=X | spent FY2027 FN VAX 30",
    ]);
    let vax = Row::Network("VAX".parse().unwrap());
    let column = Column::Of("WT".parse().unwrap());
    let explained = books.explain(period("FY2027"), &vax, &column);
    let (fn_, hub) = (Owner::Location("FN".parse().unwrap()), Owner::Hub);
    let moved = Moved::Spent((fn_.clone(), id("B")), (hub.clone(), id("A")));
    assert_eq!(explained.moved, [moved]);
    assert_eq!(
        explained.contributions[0].amount,
        Range::of(60.into(), 60.into())
    );
    let owners = books.owners(period("FY2027"), &[vax].into(), &[column].into());
    assert_eq!(owners, [hub, fn_].into());
}

#[test]
fn what_was_spent_of_a_contract_that_the_hub_cancelled_counts_once() {
    check(
        &[
            "hub A amount=100 at=FN identifier=X status=cancelled | spent FY2027 FN VAX 15",
            "FN B amount=100 at=FN identifier=X | committed FY2027 FN VAX 60 | spent FY2027 FN \
             VAX 15",
        ],
        &expect![[r#"
            cash NZD: committed 60, spent 15, in_force 40
            VAX, FN: committed 60, spent 15
            not stated, FN: in_force 40"#]],
    );
    // The location's counts, and what it does not state of it stays.
    check(
        &[
            "hub A amount=100 at=FN+WT identifier=X status=cancelled | spent FY2027 FN VAX 15 | \
             spent FY2027 WT VAX 5",
            "FN B amount=100 at=FN identifier=X | spent FY2027 FN VAX 20",
        ],
        &expect![[r#"
            cash NZD: spent 25 P 20..25, in_force 100
            VAX, FN: spent 20 P 15..20
            VAX, WT: spent 5
            not stated, FN: in_force 100
            X spent FN: the national team 15 FY2027, FN 20 FY2027 counts"#]],
    );
    // A part of the location's is taken off its own, which is in force.
    let parts = [
        "hub A amount=100 at=FN identifier=X status=cancelled | spent FY2027 FN VAX 15",
        "FN B amount=100 at=FN identifier=X | spent FY2027 FN VAX 15",
        "FN C amount=30 at=FN part_of=X",
    ];
    assert!(told(&parts, "FY2027").starts_with("cash NZD: spent 15, in_force 100\n"));
}

#[test]
fn what_a_location_cancelled_or_only_proposes_is_the_investment_of_the_hub() {
    let hub = "hub A amount=100 at=FN identifier=X | spent FY2027 FN VAX 20";
    check(
        &[
            hub,
            "FN B amount=100 at=FN identifier=X status=cancelled | spent FY2027 FN VAX 15",
        ],
        &expect![[r#"
            cash NZD: spent 15 P 15..20, in_force 100
            VAX, FN: spent 15 P 15..20
            not stated, FN: in_force 100
            X spent FN: the national team 20 FY2027, FN 15 FY2027 counts"#]],
    );
    for status in ["proposed", "cancelled"] {
        let own = format!("FN B amount=100 at=FN identifier=X status={status}");
        let texts = [hub, own.as_str()];
        let named = problems(&texts);
        let words = "A B: X is stated with different statuses";
        assert!(named.len() == 1 && named[0].starts_with(words), "{named:?}");
        assert_eq!(books(&texts).left(), [], "{status}");
    }
}

/// The hub's line without a place is what the location's two lines are both rivals of.
#[test]
fn a_line_that_was_replaced_is_left_out_of_no_reading() {
    let one = [
        "hub A amount=100 at=FN identifier=X | spent FY2027 - VAX 100",
        "FN B amount=100 at=FN identifier=X | spent FY2027 FN VAX 40 | spent FY2027 - VAX 60",
    ];
    assert!(
        told(&one, "FY2027").contains("spent 60"),
        "{}",
        told(&one, "FY2027")
    );
    let two = [
        "hub A amount=100 at=FN identifier=X | spent FY2027 - VAX 100 | committed FY2027 WT VAX 10",
        "FN B amount=100 at=FN identifier=X | spent FY2027 - VAX 60",
        "WT C amount=100 at=WT identifier=X | spent FY2027 WT VAX 5",
    ];
    assert!(
        told(&two, "FY2027").contains("spent"),
        "{}",
        told(&two, "FY2027")
    );
}

/// Which lines are held against each other is a matter of the days that are asked for.
#[test]
fn lines_at_three_levels_count_once_in_each_period() {
    let texts = [
        "hub A amount=1000 at=FN+WT identifier=X | spent FY2027 FN+WT VAX 90 | spent 2027-Q1 FN+WT \
         VAX 30 | spent 2027-02 FN+WT VAX 10",
        "FN B amount=1000 at=FN+WT identifier=X | spent 2027-02 FN VAX 10",
    ];
    for (period, spent) in [
        ("FY2027", "spent 90, (spent 80)"),
        ("2027-Q1", "spent 30, (spent 20)"),
        ("2027-02", "spent 10, in_force"),
    ] {
        let told = told(&texts, period);
        assert!(
            told.starts_with(&format!("cash NZD: {spent}")),
            "{period}: {told}"
        );
        assert!(told.contains("VAX, FN: spent 10"), "{period}: {told}");
    }
}

#[test]
fn a_line_of_another_year_changes_nothing_of_this_one() {
    let own = "FN B amount=200 at=FN+WT identifier=X | spent FY2027 FN VAX 100";
    let hub = "hub A amount=200 at=FN+WT identifier=X days=FY2026..FY2027 | spent FY2027 - VAX 100";
    let more = format!("{hub} | spent FY2026 FN+WT VAX 1");
    let expected = "cash NZD: spent 100, in_force 200";
    for hub in [hub, &more] {
        let told = told(&[hub, own], "FY2027");
        assert!(told.starts_with(expected), "{told}");
        assert!(told.contains("VAX, FN: spent 0 P 0..100"), "{told}");
        assert!(
            told.contains("VAX, not stated: spent 100 P 0..100"),
            "{told}"
        );
    }
}

#[test]
fn what_a_location_spent_without_an_outcome_stays_under_that_of_the_hub() {
    let texts = [
        "hub A amount=200 at=FN+WT identifier=X | spent FY2027 FN+WT VAX 100",
        "FN B amount=200 at=FN+WT identifier=X | spent FY2027 FN - 30",
    ];
    check(
        &texts,
        &expect![[r#"
            cash NZD: spent 100, (spent 70), in_force 200, (in_force 200)
            VAX, FN: spent 30, (spent 70)
            VAX, WT: (spent 70)
            not stated, FN: (in_force 200)
            not stated, WT: (in_force 200)"#]],
    );
    let books = books(&texts);
    let vax = Row::Network("VAX".parse().unwrap());
    let column = Column::Of("FN".parse().unwrap());
    let explained = books.explain(period("FY2027"), &vax, &column);
    let shown = explained.contributions.iter();
    let shown = shown.map(|one| (one.owner.to_string(), one.amount.value, one.is_shared));
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            ("the national team".to_owned(), 70.into(), true),
            ("FN".to_owned(), 30.into(), false)
        ]
    );
    // Also if it is more than there is; then both stand.
    let more = "FN B amount=200 at=FN+WT identifier=X | spent FY2027 FN - 130";
    let told = told(&[texts[0], more], "FY2027");
    assert!(told.starts_with("cash NZD: spent 130 P 100..130"), "{told}");
    assert!(told.contains("VAX, FN: spent 130 P 0..130"), "{told}");
}

#[test]
fn a_contested_line_leaves_the_range_of_what_may_be_left() {
    for (hub, own, expected) in [
        ("100", "20..60", "VAX, WT: (spent 80 P 40..80)"),
        ("80..100", "20", "VAX, WT: (spent 60 P 60..80)"),
        ("80..100", "20..90", "VAX, WT: (spent 60 P 0..80)"),
    ] {
        let hub = format!("hub A amount=200 at=FN+WT identifier=X | spent FY2027 FN+WT VAX {hub}");
        let own = format!("FN B amount=200 at=FN+WT identifier=X | spent FY2027 FN VAX {own}");
        let told = told(&[&hub, &own], "FY2027");
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn more_than_a_shorter_line_of_the_hub_is_named_and_marks_the_location() {
    let texts = [
        "hub A amount=200 at=FN+WT identifier=X | spent FY2027 FN+WT VAX 100 | spent 2027-Q1 FN+WT \
         VAX 10",
        "FN B amount=200 at=FN+WT identifier=X | spent 2027-02 FN VAX 20",
    ];
    assert!(told(&texts, "FY2027").starts_with("cash NZD: spent 100, (spent 80)"));
    assert!(told(&texts, "2027-Q1").starts_with("cash NZD: spent 20 P 10..20"));
    let books = books(&texts);
    let subjects = books.differences().iter().map(|one| &one.subject);
    let own = Subject::Lines(LineWhat::Spent, "FN".parse().unwrap());
    assert!(subjects.clone().any(|one| *one == own));
    let vax = Row::Network("VAX".parse().unwrap());
    let differing = (vax, "FN".parse().unwrap());
    assert!(books.differing(period("2027-Q1")).contains(&differing));
    assert!(!books.differing(period("FY2027")).contains(&differing));
}
