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
            &match at {
                "WT" => expect![
                    "B A: it is a part of A, which is for other locations too, and it is not for \
                     FN alone, so it is not taken off: FN can state FN as its only location, also \
                     in its lines\nB: FN states money for WT, and the national team does not: it \
                     counts there, so ask WT whether it is right"
                ],
                _ => expect![
                    "B A: it is a part of A, which is for other locations too, and it is not for \
                     FN alone, so it is not taken off: FN can state FN as its only location, also \
                     in its lines"
                ],
            },
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

#[test]
fn a_part_of_fewer_days_by_a_location_is_named() {
    let whole = "hub A amount=100 at=FN+WT identifier=X days=FY2027..FY2030";
    let of = |part: &str| problems(&[whole, part]);
    let named = of("FN B amount=60 at=FN days=FY2030..FY2030 part_of=X");
    let [named] = named.as_slice() else {
        panic!("{named:?}");
    };
    assert!(
        named.contains("60 is taken off that on all of them"),
        "{named}"
    );
    assert!(of("FN B amount=60 at=FN days=FY2027..FY2030 part_of=X").is_empty());
    // The hub divides its own money over years, and a location money that is for it alone.
    assert!(of("hub B amount=60 at=FN days=FY2030..FY2030 part_of=X").is_empty());
    let alone = "hub A amount=100 at=FN identifier=X days=FY2027..FY2030";
    let part = "FN B amount=60 at=FN days=FY2030..FY2030 part_of=X";
    assert!(problems(&[alone, part]).is_empty());
}

#[test]
fn a_part_that_shares_the_last_day_of_its_whole_is_taken_off() {
    let whole = "hub A amount=100 at=FN identifier=X days=2026-07..2026-08";
    let part = "hub B amount=60 at=FN days=2026-08..2026-09 part_of=X";
    let told = told(&[whole, part], "2026-08");
    assert!(told.starts_with("cash NZD: in_force 100"), "{told}");
    let part = Invested {
        from: period("2026-08").end(),
        ..invested(part)
    };
    let books = Books::of([invested(whole), part], &BTreeMap::new());
    let pot = books.count(period("2026-07"), &locations()).pots;
    let total: Vec<_> = pot.values().map(|pot| pot.total.in_force.value).collect();
    assert_eq!(total, [Number::from(40)]);
}

#[test]
fn parts_of_a_cancelled_whole_are_taken_off_nothing() {
    let whole = "hub A amount=100 at=FN identifier=X status=cancelled | spent FY2027 FN - 80";
    let part = "hub B amount=60 at=FN part_of=X";
    assert_eq!(problems(&[whole, part]), Vec::<String>::new());
}

#[test]
fn spent_money_of_another_currency_is_not_read_into_a_cancelled_contract() {
    let texts = [
        "hub A amount=100 at=FN+WT identifier=X status=cancelled | spent FY2027 FN+WT VAX 10",
        "FN B amount=100 at=FN identifier=X currency=AUD | spent FY2027 FN VAX 60",
    ];
    let told = told(&texts, "FY2027");
    assert!(told.contains("cash NZD: spent 10"), "{told}");
    assert!(told.contains("cash AUD: spent 60"), "{told}");
}

#[test]
fn spent_lines_are_no_money_that_ends() {
    let texts = ["hub A amount=100 at=FN days=FY2027..FY2027 | spent FY2030 FN VAX 10"];
    let last = books(&texts).last_days(&locations());
    let days: Vec<String> = last.values().map(ToString::to_string).collect();
    assert_eq!(days, ["2027-06-30"]);
}

#[test]
fn a_contested_line_that_may_hold_its_months_is_no_problem() {
    let lines = "committed FY2027 FN - 50..100 | committed 2026-09 FN - 80";
    let texts = [format!("hub A amount=300 at=FN | {lines}")];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let named = problems(&texts);
    assert!(
        !named.iter().any(|one| one.contains("in parts of")),
        "{named:?}"
    );
}

#[test]
fn an_amount_that_may_not_be_shown_yet_differs_in_no_status() {
    let texts = [
        "hub A at=FN identifier=X status=withheld",
        "FN B amount=100 at=FN identifier=X status=committed",
    ];
    let named = problems(&texts);
    assert!(
        !named.iter().any(|one| one.contains("different statuses")),
        "{named:?}"
    );
}

#[test]
fn two_that_share_one_day_may_be_one() {
    let texts = [
        "hub A amount=100 at=FN days=2026-07..2026-08",
        "WT B amount=100 at=FN days=2026-08..2026-09",
    ];
    let [whole, mut part] = texts.map(invested);
    part.from = whole.to;
    let books = Books::of([whole, part], &BTreeMap::new());
    assert_eq!(books.doubles().len(), 1, "{:?}", books.doubles());
}
