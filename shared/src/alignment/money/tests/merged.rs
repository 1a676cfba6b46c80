//! One investment that several teams state.

use expect_test::{Expect, expect};

use super::*;

pub(super) fn check(texts: &[&str], expected: &Expect) {
    let told = told(texts, "FY2027");
    let books = books(texts);
    let differences = books.differences().iter().map(|difference| {
        let subject = match &difference.subject {
            Subject::Amount => "amount".to_owned(),
            Subject::Lines(what, places) => format!("{what} {places}"),
        };
        let said = difference.said.iter().map(|said| {
            let mark = if said.counts { " counts" } else { "" };
            let periods = said.periods.iter().map(|period| format!(" {period}"));
            let periods: String = periods.collect();
            format!("{} {}{periods}{mark}", said.owner, said.amount)
        });
        let said = said.collect::<Vec<_>>().join(", ");
        format!("\n{} {subject}: {said}", difference.identifier)
    });
    expected.assert_eq(&format!("{told}{}", differences.collect::<String>()));
}

#[test]
fn the_same_contract_stated_twice_alike_is_one() {
    check(
        &[
            "hub A amount=100 at=FN for=VAX identifier=X | committed FY2027 FN VAX 60",
            "FN B amount=100 at=FN for=VAX identifier=X | committed FY2027 FN VAX 60",
        ],
        &expect![[r#"
            cash NZD: committed 60, in_force 40
            VAX, FN: committed 60, in_force 40"#]],
    );
}

#[test]
fn another_amount_for_our_contract_leaves_both_standing() {
    check(
        &[
            "hub A amount=100 at=FN for=VAX identifier=X",
            "FN B amount=80 at=FN for=VAX identifier=X",
        ],
        &expect![[r#"
            cash NZD: in_force 100 P 80..100
            VAX, FN: in_force 100 P 80..100
            X amount: the national team 100 counts, FN 80"#]],
    );
}

#[test]
fn the_tax_of_another_reading_is_in_the_sum() {
    check(
        &[
            "hub A amount=100 at=FN for=VAX identifier=X",
            "FN B amount=80 at=FN for=VAX identifier=X gst=included",
        ],
        &expect![[r#"
            cash NZD: in_force 100 P 80..100, mixed GST
            VAX, FN: in_force 100 P 80..100, mixed GST
            X amount: the national team 100 counts, FN 80"#]],
    );
}

#[test]
fn the_list_of_money_has_the_range_of_a_rest() {
    let rests = |texts: [&str; 2]| {
        let rests = books(&texts).contributions(period("FY2027")).into_iter();
        let rests = rests.filter(|one| one.line.is_none());
        let rests = rests.map(|one| {
            let Range { value, low, high } = one.amount;
            let counts = if one.counts { "" } else { " elsewhere" };
            format!("{}: {value} of {low}..{high}{counts}", one.owner)
        });
        rests.collect::<Vec<_>>().join(", ")
    };
    let hub = "hub A amount=100 at=FN for=VAX identifier=X";
    let less = rests([hub, "FN B amount=80 at=FN for=VAX identifier=X"]);
    assert_eq!(
        less,
        "the national team: 100 of 80..100, FN: 80 of 80..80 elsewhere"
    );
    // The amounts agree, and the lines leave another rest, or none.
    let hub = "hub A amount=100 at=FN identifier=X | committed FY2027 FN VAX 60";
    let more = "FN B amount=100 at=FN identifier=X | committed FY2027 FN VAX 90";
    assert_eq!(
        rests([hub, more]),
        "the national team: 40 of 10..40, FN: 10 of 10..10 elsewhere"
    );
    let all = "FN B amount=100 at=FN identifier=X | committed FY2027 FN VAX 100";
    assert_eq!(rests([hub, all]), "the national team: 40 of 0..40");
}

#[test]
fn the_hub_counts_for_what_was_committed_and_the_location_for_what_was_spent() {
    check(
        &[
            "hub A amount=100 at=FN identifier=X | committed FY2027 FN VAX 60 | spent FY2027 FN \
             VAX 50",
            "FN B amount=100 at=FN identifier=X | committed FY2027 FN VAX 55 | spent FY2027 FN \
             VAX 45",
        ],
        &expect![[r#"
            cash NZD: committed 60 P 55..60, spent 45 P 45..50, in_force 40 P 40..45
            VAX, FN: committed 60 P 55..60, spent 45 P 45..50
            not stated, FN: in_force 40 P 40..45
            X committed FN: the national team 60 FY2027 counts, FN 55 FY2027
            X spent FN: the national team 50 FY2027, FN 45 FY2027 counts"#]],
    );
}

#[test]
fn amounts_that_agree_in_other_periods_name_the_periods() {
    check(
        &[
            "hub A amount=100 at=FN identifier=X | committed 2026 FN VAX 30 | committed FY2028 FN \
             VAX 5",
            "FN B amount=100 at=FN identifier=X | committed FY2027 FN VAX 30 | committed FY2028 \
             FN VAX 5",
        ],
        &expect![[r#"
            cash NZD: committed 0 P 0..30, in_force 65, 1 partly
            VAX, FN: committed 0 P 0..30, 1 partly
            not stated, FN: in_force 65
            X committed FN: the national team 35 2026 counts, FN 35 FY2027"#]],
    );
}

#[test]
fn what_a_location_says_was_spent_elsewhere_does_not_outdo_the_hub() {
    check(
        &[
            "hub A amount=100 identifier=X | spent FY2027 FN VAX 30",
            "WT B amount=100 identifier=X | spent FY2027 FN VAX 90",
        ],
        &expect![[r#"
            cash NZD: spent 30, in_force 100
            VAX, FN: spent 30
            not stated, not stated: in_force 100
            X spent FN: the national team 30 FY2027 counts, WT 90 FY2027"#]],
    );
}

#[test]
fn lines_that_may_be_of_the_same_money_are_not_both_counted() {
    check(
        &[
            "hub A amount=100 identifier=X | spent FY2027 ALL VAX 90",
            "FN B amount=100 identifier=X | spent FY2027 FN VAX 30",
            "WT C amount=100 identifier=X | spent FY2027 WT VAX 20",
        ],
        &expect![[r#"
            cash NZD: spent 90, (spent 40), in_force 100
            VAX, FN: spent 30, (spent 40)
            VAX, IN: (spent 40)
            VAX, WT: spent 20, (spent 40)
            not stated, not stated: in_force 100"#]],
    );
}

#[test]
fn a_line_of_a_location_is_a_reading_where_the_hub_states_no_place() {
    check(
        &[
            "hub A amount=100 identifier=X | committed FY2027 WT VAX 20",
            "FN B amount=100 identifier=X | committed FY2027 FN VAX 30",
        ],
        &expect![[r#"
            cash NZD: committed 20 P 20..50, in_force 80 P 50..80
            VAX, FN: committed 0 P 0..30
            VAX, WT: committed 20
            not stated, not stated: in_force 80 P 50..80
            X committed FN: FN 30"#]],
    );
}

#[test]
fn places_that_only_a_location_states_are_another_reading() {
    check(
        &[
            "hub A amount=100 identifier=X",
            "FN B amount=100 at=FN for=VAX identifier=X",
        ],
        &expect![[r#"
            cash NZD: in_force 100
            VAX, FN: in_force 0 P 0..100
            not stated, not stated: in_force 100 P 0..100"#]],
    );
}

#[test]
fn an_amount_that_the_hub_withholds_counts_as_the_location_states_it() {
    check(
        &[
            "hub A at=FN identifier=X status=withheld",
            "FN B amount=100 at=FN for=VAX identifier=X",
        ],
        &expect![[r#"
            cash NZD: in_force 100
            VAX, FN: in_force 100"#]],
    );
}

#[test]
fn kinds_and_statuses_that_differ_are_named() {
    let texts = [
        "hub A amount=100 identifier=X",
        "FN B amount=90 identifier=X kind=staff",
        "WT C amount=100 identifier=X status=ended",
    ];
    check(
        &texts,
        &expect![[r#"
            cash NZD: in_force 100
            not stated, not stated: in_force 100"#]],
    );
    let named = problems(&texts);
    assert!(
        named[0].starts_with("A B C: X is stated with different kinds"),
        "{named:?}"
    );
    assert!(
        named[1].starts_with("A B C: X is stated with different statuses"),
        "{named:?}"
    );
}

#[test]
fn a_proposal_of_one_team_hides_no_money_of_another() {
    for status in ["proposed", "withheld", "cancelled"] {
        let other = format!("hub A amount=100 at=FN identifier=X status={status}");
        let texts = [other.as_str(), "FN B amount=100 at=FN for=VAX identifier=X"];
        let told = told(&texts, "FY2027");
        assert_eq!(
            told.lines().next(),
            Some("cash NZD: in_force 100"),
            "{status}"
        );
    }
}

#[test]
fn two_contracts_with_one_short_identifier_are_both_counted() {
    let texts = [
        "FN A amount=5 at=FN identifier=2026-1 funder=Council",
        "WT B amount=70 at=WT identifier=2026-1 funder=Trust",
    ];
    check(
        &texts,
        &expect![[r#"
            cash NZD: in_force 75
            not stated, FN: in_force 5
            not stated, WT: in_force 70"#]],
    );
    let named = problems(&texts);
    assert!(
        named[0].starts_with("A B: 2 statements have the identifier 2026-1"),
        "{named:?}"
    );
    // The hub's may be at other places, too. One that it states for the same place is the same.
    let hub = "hub C amount=40 at=IN identifier=2026-1 funder=Ministry";
    let told_of_all = told(&[texts[0], texts[1], hub], "FY2027");
    assert!(
        told_of_all.starts_with("cash NZD: in_force 115\n"),
        "{told_of_all}"
    );
    let same = "hub C amount=70 at=WT identifier=2026-1 funder=Ministry";
    let told_of_same = told(&[texts[0], texts[1], same], "FY2027");
    assert!(
        told_of_same.starts_with("cash NZD: in_force 75\n"),
        "{told_of_same}"
    );
    // Two locations may state one contract of one funder. It is one once the hub states it for
    // both.
    let alike = "WT B amount=5 at=FN identifier=2026-1 funder=Council";
    let told_of_alike = told(&[texts[0], alike], "FY2027");
    assert!(
        told_of_alike.starts_with("cash NZD: in_force 10\n"),
        "{told_of_alike}"
    );
    let hub = "hub C amount=5 at=FN+WT identifier=2026-1 funder=Council";
    let told_of_all = told(&[texts[0], alike, hub], "FY2027");
    assert!(
        told_of_all.starts_with("cash NZD: in_force 5, (in_force 5)\n"),
        "{told_of_all}"
    );
}
