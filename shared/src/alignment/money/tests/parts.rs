//! Parts of investments: whose they are, where and when.

use expect_test::{Expect, expect};

use super::*;

fn check(texts: &[&str], total: &str, named: &Expect) {
    let told = told(texts, "FY2027");
    assert_eq!(told.lines().next(), Some(total), "{texts:?}: {told}");
    named.assert_eq(&problems(texts).join("\n"));
}

#[test]
fn a_part_for_another_place_takes_nothing_off_what_is_for_others_too() {
    for at in ["WT", "", "FN+WT", "ALL"] {
        let part = format!("FN B amount=60 at={at} part_of=X");
        check(
            &["hub A amount=100 at=ALL identifier=X", part.as_str()],
            match at {
                "WT" | "" => "cash NZD: in_force 160, (in_force 100)",
                _ => "cash NZD: in_force 160, (in_force 160)",
            },
            &expect![
                "B A: it is a part of A, which is for other locations too, and it is not for FN \
                 alone, so it is not taken off: FN can state FN as its only location, also in its \
                 lines"
            ],
        );
    }
    // A line of it for another place would move the money there.
    let whole = "hub A amount=100 at=ALL identifier=X";
    let part = "FN B amount=60 at=FN part_of=X | committed FY2027 WT VAX 60";
    let named = problems(&[whole, part]);
    assert!(named[0].ends_with("also in its lines"), "{named:?}");
    check(
        &[
            "hub A amount=100 at=ALL identifier=X",
            "FN B amount=60 at=FN part_of=X",
        ],
        "cash NZD: in_force 100, (in_force 40)",
        &expect![""],
    );
}

#[test]
fn a_part_of_other_years_is_named() {
    for owner in ["FN", "hub"] {
        let part = |days: &str| format!("{owner} B amount=60 at=FN part_of=X days={days}");
        let whole = "hub A amount=100 at=ALL identifier=X";
        check(
            &[whole, part("FY2030..FY2030").as_str()],
            "cash NZD: in_force 100, (in_force 100)",
            &expect![
                "B A: it is a part of A and has no day in common with it, so it is not taken off: \
                 correct the dates of one of them"
            ],
        );
        check(
            &[whole, part("FY2027..FY2028").as_str()],
            "cash NZD: in_force 100, (in_force 40)",
            &expect![
                "B A: it is a part of A and has days outside its dates, and all of it is taken \
                 off: correct the dates of one of them"
            ],
        );
    }
}

#[test]
fn a_location_takes_nothing_off_money_of_which_no_place_is_stated() {
    check(
        &[
            "hub A amount=100 identifier=X",
            "FN B amount=60 at=FN part_of=X",
        ],
        "cash NZD: in_force 160",
        &expect![
            "B A: it is a part of A, which the national team does not state for FN, so it is not \
             taken off: the national team can add FN to its locations"
        ],
    );
}

#[test]
fn the_id_of_a_record_is_meant_before_an_identifier_that_looks_like_it() {
    let other = format!("hub C amount=70 at=WT identifier={}", id("A"));
    let part = format!("hub B amount=30 at=IN part_of={}", id("A"));
    let texts = ["hub A amount=100 at=FN", other.as_str(), part.as_str()];
    assert_eq!(
        told(&texts, "FY2027"),
        "cash NZD: in_force 170\nnot stated, FN: in_force 70\nnot stated, IN: in_force \
         30\nnot stated, WT: in_force 70"
    );
}

#[test]
fn what_is_left_has_the_tax_of_the_parts_too() {
    let texts = [
        "hub A amount=100 at=FN identifier=X gst=excluded",
        "hub B amount=40 at=WT part_of=X gst=included",
    ];
    assert_eq!(
        told(&texts, "FY2027"),
        "cash NZD: in_force 100, mixed GST\nnot stated, FN: in_force 60, mixed GST\nnot \
         stated, WT: in_force 40"
    );
}

#[test]
fn a_committed_line_that_is_more_than_there_is_is_named_whatever_comes_before_it() {
    for (lines, words, total) in [
        // The calendar year begins first, and what overlaps it does not count with it.
        (
            "committed 2026 FN VAX 30 | committed FY2027 FN VAX 120",
            "A: its committed lines exceed its own amount by 20, so the rest counts as 0",
            "cash NZD: committed 120, 1 partly",
        ),
        (
            "committed FY2027 FN VAX 60 | committed 2027-02 FN VAX 130",
            "A: its committed lines exceed its own amount by 30, so the rest counts as 0",
            "cash NZD: committed 60",
        ),
        // Two years that are apart, with one between that is in neither.
        (
            "committed FY2026 FN VAX 70 | committed 2026 FN VAX 10 | committed FY2027 FN VAX 50",
            "A: its committed lines exceed its own amount by 20, so the rest counts as 0",
            "cash NZD: committed 50, 1 partly",
        ),
    ] {
        let text = format!("hub A amount=100 at=FN days=FY2026..FY2028 | {lines}");
        let named = problems(&[&text]);
        assert!(
            named.iter().any(|one| one.starts_with(words)),
            "{lines}: {named:?}"
        );
        let told = told(&[&text], "FY2027");
        assert_eq!(told.lines().next(), Some(total), "{lines}");
    }
    let within = "hub A amount=100 at=FN | committed FY2027 FN VAX 60 | committed 2027-02 FN VAX 5";
    assert_eq!(problems(&[within]), Vec::<String>::new());
}
