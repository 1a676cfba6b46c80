//! Each rule of counting, by a script and what it gives.

use expect_test::{Expect, expect};

use super::*;

fn check(texts: &[&str], expected: &Expect) {
    expected.assert_eq(&told(texts, "FY2027"));
}

#[test]
fn a_line_over_three_locations_is_in_three_cells_and_once_in_the_total() {
    let texts = ["hub A amount=90 | committed FY2027 FN+IN+WT VAX 90"];
    check(
        &texts,
        &expect![[r#"
            cash NZD: committed 90, (committed 90)
            VAX, FN: (committed 90)
            VAX, IN: (committed 90)
            VAX, WT: (committed 90)"#]],
    );
    let money = books(&texts).count(period("FY2027"), &locations());
    let pot = money.pots.values().next().unwrap();
    // By outcome it is divided, and so it is as a whole.
    let vax = &pot.outcomes.of[&Row::Network("VAX".parse().unwrap())];
    assert_eq!(vax.divided.committed.value, Number::from(90));
    assert_eq!(pot.outcomes.shared, Totals::default());
    assert_eq!(pot.locations.shared.committed.value, Number::from(90));
}

#[test]
fn money_for_all_is_shown_in_each_column_and_added_once() {
    check(
        &["hub A amount=90 at=ALL for=VAX+HOMES | spent FY2027 ALL VAX 30"],
        &expect![[r#"
            cash NZD: spent 30, (spent 30), in_force 90, (in_force 90)
            HOMES, FN: (in_force 90)
            HOMES, IN: (in_force 90)
            HOMES, WT: (in_force 90)
            VAX, FN: (spent 30), (in_force 90)
            VAX, IN: (spent 30), (in_force 90)
            VAX, WT: (spent 30), (in_force 90)"#]],
    );
}

#[test]
fn the_not_stated_has_the_last_row_and_column() {
    check(
        &[
            "hub A amount=70 | committed FY2027 - VAX 10 | committed FY2027 FN - 20 | committed \
             FY2027 FN VAX 30",
        ],
        &expect![[r#"
            cash NZD: committed 60, in_force 10
            VAX, FN: committed 30
            VAX, not stated: committed 10
            not stated, FN: committed 20
            not stated, not stated: in_force 10"#]],
    );
}

#[test]
fn a_line_counts_in_the_period_that_it_lies_in() {
    let texts = [
        "hub A amount=100 at=FN for=VAX days=FY2026..FY2028 | committed FY2026 FN VAX 20 | \
         committed 2026-Q4 FN VAX 5 | committed 2026 FN VAX 30",
    ];
    // The quarter is in the calendar year, of which the fiscal year has only a part.
    check(
        &texts,
        &expect![[r#"
            cash NZD: committed 5, in_force 70, 1 partly
            VAX, FN: committed 5, in_force 70, 1 partly"#]],
    );
    assert_eq!(told(&texts, "FY2029"), "");
    assert!(told(&texts, "FY2026").starts_with("cash NZD: committed 20, in_force 70, 1 partly"));
    // The rest is what no period can have committed.
    assert!(told(&texts, "2026").starts_with("cash NZD: committed 30, in_force 70, 1 partly"));
}

#[test]
fn two_lines_whose_periods_overlap_are_named_and_never_added() {
    let texts = [
        "hub A amount=100 at=FN days=FY2026..FY2028 | committed 2026 FN VAX 30 | committed FY2027 \
         FN VAX 20",
    ];
    // The line that begins first counts where both lie, and is taken off the rest.
    assert!(told(&texts, "2026").starts_with("cash NZD: committed 30, in_force 70, 1 partly\n"));
    assert!(told(&texts, "FY2027").starts_with("cash NZD: committed 20, in_force 70, 1 partly\n"));
    assert!(told(&texts, "Y2026-2027").starts_with("cash NZD: committed 30, in_force 70\n"));
    let named = problems(&texts);
    let words = "A: A: committed in 2026 at FN for VAX and committed in the year to June 2027 at \
                 FN for VAX overlap, so they are";
    assert!(named.len() == 1 && named[0].starts_with(words), "{named:?}");
}

#[test]
fn what_is_spent_in_a_month_is_in_what_is_spent_in_its_year() {
    let texts = [
        "hub A amount=100 at=FN days=FY2026..FY2028 | spent FY2027 FN VAX 60 | spent 2027-Q1 FN \
         VAX 30 | spent 2027-03 FN VAX 20 | spent 2027-03 FN HOMES 5 | committed 2027-03 FN VAX 7",
    ];
    check(
        &texts,
        &expect![[r#"
            cash NZD: committed 7, spent 65, in_force 93
            HOMES, FN: spent 5
            VAX, FN: committed 7, spent 60
            not stated, FN: in_force 93"#]],
    );
    // The month counts where its quarter does not, and the quarter where its year does not.
    assert!(told(&texts, "2027-Q1").starts_with("cash NZD: committed 7, spent 35, in_force 93"));
    assert!(told(&texts, "2027-03").starts_with("cash NZD: committed 7, spent 25, in_force 93"));
    assert_eq!(problems(&texts), Vec::<String>::new());
    // Committed money is divided in the same way.
    let texts =
        ["hub A amount=100 at=FN | committed FY2027 FN VAX 60 | committed 2027-03 FN VAX 20"];
    assert!(told(&texts, "FY2027").starts_with("cash NZD: committed 60, in_force 40\n"));
    assert!(told(&texts, "2027-03").starts_with("cash NZD: committed 20, in_force 40, 1 partly\n"));
}

#[test]
fn more_spent_than_there_is_and_months_beyond_their_year_are_named() {
    for (texts, problem, total) in [
        (
            &["hub A amount=100 at=FN | spent FY2027 FN VAX 130"][..],
            "A: its spent lines exceed its own amount by 30, and all of them count",
            "cash NZD: spent 130, in_force 100\n",
        ),
        (
            &["hub A amount=100 at=FN status=cancelled | spent FY2027 FN VAX 130"],
            "A: its spent lines exceed its own amount by 30, and all of them count",
            "cash NZD: spent 130\n",
        ),
        // Money that was passed on is spent by its part.
        (
            &[
                "hub A amount=100 at=FN identifier=A1 | spent FY2027 FN VAX 50",
                "hub B amount=60 at=FN part_of=A1 | spent FY2027 FN VAX 50",
            ],
            "A: its spent lines exceed its own amount by 10, and all of them count",
            "cash NZD: spent 100, in_force 100\n",
        ),
        (
            &[
                "hub A amount=100 at=FN | spent FY2027 FN VAX 50 | spent 2027-02 FN VAX 30 | spent \
                 2027-03 FN VAX 25",
            ],
            "A: A: spent in parts of the year to June 2027 (55) is more than spent in all of it \
             (50) at FN for VAX, and the longer period counts",
            "cash NZD: spent 50, in_force 100\n",
        ),
    ] {
        names(texts, problem, total);
    }
    // Years of the calendar and of money overlap, and a month is in both.
    let named = problems(&[
        "hub A amount=100 at=FN days=FY2026..FY2028 | spent 2026 FN VAX 10 | spent FY2027 FN VAX \
         50 | spent 2026-09 FN VAX 20",
    ]);
    let words = "A: A: spent in parts of 2026 (20) is more than spent in all of it (10) at FN for \
                 VAX";
    assert!(named[0].starts_with(words) && named.len() == 2, "{named:?}");
}

#[test]
fn parts_are_taken_off_their_parent_down_the_chain() {
    check(
        &[
            "hub A amount=100 at=ALL identifier=A1",
            "hub B amount=60 at=FN+WT part_of=A1 identifier=B1",
            "FN C amount=25 at=FN part_of=B1 for=VAX",
            "hub D amount=40 at=IN part_of=A1 status=proposed",
            "hub E amount=10 at=IN part_of=A1 status=ended",
        ],
        &expect![[r#"
            cash NZD: in_force 100, (in_force 65)
            VAX, FN: in_force 25
            not stated, FN: (in_force 65)
            not stated, IN: in_force 10, (in_force 30)
            not stated, WT: (in_force 65)"#]],
    );
}

#[test]
fn a_part_names_its_parent_by_the_id_of_its_record_too() {
    let part = format!("hub B amount=30 at=FN part_of={}", id("A"));
    let texts = ["hub A amount=100 at=WT", part.as_str()];
    assert!(told(&texts, "FY2027").starts_with("cash NZD: in_force 100\n"));
    assert_eq!(problems(&texts), Vec::<String>::new());
}

#[test]
fn no_location_takes_money_off_another() {
    let by_id = format!("FN B amount=60 at=FN part_of={}", id("A"));
    for part in ["FN B amount=60 at=FN part_of=WT-9", by_id.as_str()] {
        let texts = ["WT A amount=70 at=WT identifier=WT-9", part];
        let told = told(&texts, "FY2027");
        assert!(told.contains("not stated, WT: in_force 70"), "{told}");
        let named = problems(&texts);
        let words = "B A: it is a part of A, which WT states, so it is not taken off: only WT";
        assert!(named[0].starts_with(words), "{named:?}");
    }
    // A record of theirs with an id that is our whole's identifier hides nothing.
    let whole = format!("hub A amount=100 at=FN identifier={}", id("C"));
    let part = format!("FN B amount=30 at=FN part_of={}", id("C"));
    let texts = ["WT C amount=70 at=WT", whole.as_str(), part.as_str()];
    assert!(told(&texts, "FY2027").starts_with("cash NZD: in_force 170\n"));
    // Nor does the hub.
    let texts = [
        "WT A amount=70 at=WT identifier=WT-9",
        "hub B amount=60 at=FN part_of=WT-9",
    ];
    assert!(told(&texts, "FY2027").contains("not stated, WT: in_force 70"));
    // Our own parts are taken off our own, and off the hub's, also if others use the identifier.
    for whole in ["FN", "hub"] {
        let whole = format!("{whole} A amount=100 at=FN identifier=X funder=Other");
        let texts = [
            "WT C amount=70 at=WT identifier=X",
            whole.as_str(),
            "FN B amount=30 at=FN part_of=X for=VAX",
        ];
        let told = told(&texts, "FY2027");
        assert!(told.starts_with("cash NZD: in_force 170\n"), "{told}");
        assert!(told.contains("not stated, WT: in_force 70"), "{told}");
    }
}

#[test]
fn kinds_and_currencies_are_apart_and_mixed_gst_is_marked() {
    check(
        &[
            "hub A amount=100 at=FN for=VAX",
            "hub B amount=50 at=FN for=VAX kind=staff",
            "hub C amount=30 at=FN for=VAX currency=AUD",
            "hub D amount=5 at=FN for=VAX gst=included",
        ],
        &expect![[r#"
            cash AUD: in_force 30
            VAX, FN: in_force 30
            cash NZD: in_force 105, mixed GST
            VAX, FN: in_force 105, mixed GST
            staff time NZD: in_force 50
            VAX, FN: in_force 50"#]],
    );
}

#[test]
fn proposed_withheld_and_unknown_amounts_are_listed_and_in_no_figure() {
    let texts = [
        "hub A amount=100 at=FN status=proposed | committed FY2027 FN VAX 60",
        "hub B amount=100 at=FN status=withheld | committed FY2027 FN VAX 60",
        "hub C at=FN | spent FY2027 FN VAX 60",
    ];
    check(&texts, &expect![""]);
    let books = books(&texts);
    let left = books.left().iter().map(|one| (name_of(&one.of), one.why));
    assert_eq!(
        left.collect::<Vec<_>>(),
        [
            ("A".to_owned(), WhyLeft::Proposed),
            ("B".to_owned(), WhyLeft::Withheld),
            ("C".to_owned(), WhyLeft::NoAmount),
        ]
    );
}

#[test]
fn a_cancelled_investment_keeps_what_was_spent() {
    check(
        &[
            "hub A amount=100 at=FN status=cancelled | committed FY2027 FN VAX 60 | spent FY2027 \
             FN VAX 15",
            "hub B amount=30 at=FN part_of=A1",
        ],
        &expect![[r#"
            cash NZD: spent 15, in_force 30
            VAX, FN: spent 15
            not stated, FN: in_force 30"#]],
    );
}

#[test]
fn a_locations_own_outcome_counts_under_the_code_that_it_shares() {
    let own = id("OWN");
    let text = format!("FN A amount=10 at=FN for={own}");
    let count = |shared: &SharedOutcomes| {
        let books = Books::of([invested(&text)], shared);
        let money = books.count(period("FY2027"), &locations());
        let rows = money.pots.values().next().unwrap().outcomes.of.keys();
        rows.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(count(&BTreeMap::new()), [own.to_string()]);
    let shared = |code: &str| {
        [(
            (Owner::Location(code.parse().unwrap()), own),
            "VAX".parse().unwrap(),
        )]
    };
    assert_eq!(count(&shared("FN").into()), ["VAX"]);
    // Another location's record of this id says nothing of ours.
    assert_eq!(count(&shared("WT").into()), [own.to_string()]);
}

#[test]
fn what_does_not_add_up_is_named_and_counts_nothing_below_zero() {
    for (texts, problem, total) in [
        (
            &[
                "hub A amount=100 at=FN identifier=A1",
                "hub B amount=130 at=WT part_of=A1",
            ][..],
            "A: its parts exceed it by 30",
            "cash NZD: in_force 130\n",
        ),
        (
            &["hub A amount=100 at=FN | committed FY2027 FN VAX 1200"],
            "A: its committed lines exceed its own amount by 1,100",
            "cash NZD: committed 1200\n",
        ),
        (
            &["hub A amount=100 at=FN part_of=NOWHERE"],
            "A: it is a part of NOWHERE, which is not stated",
            "cash NZD: in_force 100\n",
        ),
        (
            &["hub A amount=100 at=FN part_of=A1 identifier=A1"],
            "A: it is a part of itself",
            "cash NZD: in_force 100\n",
        ),
        (
            &[
                "hub A amount=10 part_of=B1 identifier=A1",
                "hub B amount=10 part_of=C1 identifier=B1",
                "hub C amount=10 part_of=A1 identifier=C1",
                "hub D amount=4 part_of=A1",
            ],
            "A B C: 3 investments are parts of each other",
            "cash NZD: in_force 30\n",
        ),
        (
            &[
                "hub A amount=100 identifier=A1",
                "hub B amount=10 part_of=A1 currency=AUD",
            ],
            "B A: it is a part of A, which is of another kind",
            "cash AUD: in_force 10\n",
        ),
    ] {
        names(texts, problem, total);
    }
}

#[test]
fn what_is_stated_twice_or_not_at_all_is_named() {
    for (texts, problem, total) in [
        (
            &["hub A amount=9 identifier=X", "hub B amount=8 identifier=X"][..],
            "A B: one team states X more than once",
            "cash NZD: in_force 9\n",
        ),
        (
            &["hub A amount=90 at=FN | spent FY2031 FN VAX 9"],
            "A: A: spent in the year to June 2031 at FN for VAX is of a period outside the dates",
            "cash NZD: in_force 90\n",
        ),
        (
            &["hub A amount=90 at=FN | spent FY2027 FN VAX 9..12"],
            "A: A: spent in the year to June 2027 at FN for VAX has different amounts",
            "cash NZD: spent 9 P 9..12, in_force 90\n",
        ),
        (
            &["hub A amount=90 at=FN | committed FY2027 FN VAX 9..12"],
            "A: A: committed in the year to June 2027 at FN for VAX has different amounts",
            "cash NZD: committed 9 P 9..12, in_force 81 P 78..81\n",
        ),
        (
            &["hub A at=FN"],
            "A: it has no amount and is in no figure",
            "",
        ),
    ] {
        names(texts, problem, total);
    }
}

/// Holds that there is one problem, with these words, and that the total begins so.
fn names(texts: &[&str], problem: &str, total: &str) {
    let problems = problems(texts);
    assert_eq!(problems.len(), 1, "{texts:?}: {problems:?}");
    assert!(problems[0].starts_with(problem), "{}", problems[0]);
    assert!(told(texts, "FY2027").starts_with(total), "{texts:?}");
}

#[test]
fn money_that_a_location_states_for_others_alone_is_named() {
    let named = |text: &str| problems(&[text]).join("\n");
    let words = "A: FN states money for IN, WT, and the national team does not: it counts there, \
                 so ask IN, WT whether it is right";
    let lines = "| committed FY2027 IN VAX 10 | spent FY2027 FN+WT VAX 10";
    assert_eq!(named(&format!("FN A amount=100 at=WT {lines}")), words);
    let spent = "FN A amount=100 at=FN status=cancelled | spent FY2027 WT VAX 10";
    assert_eq!(named(spent), words.replace("IN, WT", "WT"));
    for none in [
        "FN A amount=100 at=FN+WT | spent FY2027 FN VAX 10",
        "FN A amount=100 at=ALL",
        "FN A amount=100",
        "FN A amount=100 at=WT status=proposed",
        "FN A amount=100 at=WT status=cancelled | committed FY2027 WT VAX 10",
        "hub A amount=100 at=WT",
    ] {
        assert_eq!(named(none), "", "{none}");
    }
    let of_both = [
        "hub A amount=9 at=WT identifier=X",
        "FN B amount=9 at=WT identifier=X",
    ];
    assert!(problems(&of_both).is_empty());
}

#[test]
fn likely_doubles_are_listed_for_a_person() {
    let books = books(&[
        "hub A amount=100 funder=Fund_One days=FY2026..FY2027",
        "FN B amount=100 funder=FUND_ONE days=FY2027..FY2028",
        "hub C amount=100 funder=Fund_One days=FY2029..FY2029",
        "hub D amount=101 funder=Fund_One",
        "hub E amount=100 funder=Fund_One identifier=E1",
        "FN F amount=100 funder=Fund_One identifier=E1",
    ]);
    let doubles = books.doubles();
    let doubles = doubles.iter().map(|double| {
        let ids = double.investments.iter().map(name_of);
        ids.collect::<Vec<_>>().join(" ")
    });
    assert_eq!(doubles.collect::<Vec<_>>(), ["A E B"]);
}

#[test]
fn equal_amounts_for_different_recipients_are_no_doubles() {
    let doubles = |texts: &[&str]| -> Vec<Vec<String>> {
        let doubles = books(texts).doubles().into_iter();
        let names = |one: Double| one.investments.iter().map(name_of).collect();
        doubles.map(names).collect()
    };
    let [one, other] = [
        "hub A amount=100 to=Team_One",
        "FN B amount=100 to=Team_Two",
    ];
    assert!(doubles(&[one, other]).is_empty());
    assert_eq!(doubles(&[one, "FN B amount=100 to=TEAM_ONE"]), [["A", "B"]]);
    // It may be either of them.
    assert_eq!(doubles(&[one, other, "FN C amount=100"]), [["A", "B", "C"]]);
    // Two of one recipient follow each other, and only a third of another one overlaps both.
    let years = [
        "hub A amount=100 to=One days=FY2026..FY2026",
        "hub B amount=100 to=Two days=FY2026..FY2028",
        "hub C amount=100 to=One days=FY2028..FY2028",
    ];
    assert!(doubles(&years).is_empty());
}

#[test]
fn a_part_is_no_double_of_its_whole() {
    let books = books(&[
        "hub A amount=100 identifier=A1",
        "hub B amount=100 part_of=A1",
    ]);
    assert_eq!(books.doubles(), []);
}
