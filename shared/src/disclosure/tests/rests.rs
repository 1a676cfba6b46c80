//! The rest that unnamed parts leave of an unnamed sum.

use super::kit::{count, key, proportion, row, secret, sum_of, unnamed};
use crate::disclosure::{Before, Cell, FRR3, Protected, Relations, protect};

const TOTAL: &str = "FN:1300 EC:1310 RT:1320 HV:1217";
const WOMEN: &str = "FN:700 EC:610 RT:620";
const MEN: &str = "FN:600 EC:700 RT:700";

fn sexes([total, women, men]: [&str; 3]) -> [Cell; 3] {
    [
        unnamed(count(key("SEEN 2023"), total)),
        unnamed(count(key("SEEN 2023 sex=f"), women)),
        unnamed(count(key("SEEN 2023 sex=m"), men)),
    ]
}

fn release(cells: &[Cell], relations: &Relations, before: &Before) -> Protected {
    protect(&FRR3, &secret(), cells, relations, before)
}

fn shown(found: &Protected, cells: &[Cell]) -> Vec<bool> {
    let shown = |cell: &Cell| {
        let mut rows = found.rows.iter();
        rows.any(|row| row.key == cell.key && row.level.location().is_none() && !row.withheld)
    };
    cells.iter().map(shown).collect()
}

#[test]
fn who_gave_the_total_alone_is_not_what_the_parts_leave_of_it() {
    let cells = sexes([TOTAL, WOMEN, MEN]);
    let found = release(&cells, &sum_of(&cells), &Before::default());
    // Without the men, what is left of the total is of all four.
    assert_eq!(shown(&found, &cells), [true, true, false]);
    // Each in one sum only: there is nothing to take off.
    let even = sexes([
        TOTAL,
        "FN:700 EC:610 RT:620 HV:600",
        "FN:600 EC:700 RT:700 HV:617",
    ]);
    let found = release(&even, &sum_of(&even), &Before::default());
    assert_eq!(shown(&found, &even), [true; 3]);
}

#[test]
fn a_part_of_few_does_not_hide_a_large_location() {
    let cells = sexes([
        "FN:1300 EC:1310 RT:1320 HV:91217",
        "FN:1200 EC:1200 RT:1200",
        "FN:100 EC:110 RT:120",
    ]);
    let found = release(&cells, &sum_of(&cells), &Before::default());
    assert_eq!(
        shown(&found, &cells),
        [false, true, true],
        "one is too much of the total"
    );
    let cells = sexes([
        "FN:1300 EC:1310 RT:1320 HV:9000",
        "FN:1200 EC:1200 RT:1200",
        "FN:100 EC:110 RT:120",
    ]);
    let found = release(&cells, &sum_of(&cells), &Before::default());
    assert_eq!(shown(&found, &cells), [true, false, true]);
}

#[test]
fn parts_of_an_earlier_release_count_as_well() {
    let mut before = Before::default();
    let cells = sexes([TOTAL, WOMEN, MEN]);
    let relations = sum_of(&cells);
    before.add(release(&cells[1..], &relations, &before));
    let found = release(&cells[..1], &relations, &before);
    assert_eq!(shown(&found, &cells[..1]), [false]);
    // The other way round, a part stays out.
    let mut before = Before::default();
    before.add(release(&cells[..1], &relations, &before));
    let found = release(&cells[1..], &relations, &before);
    assert_eq!(shown(&found, &cells[1..]), [true, false]);
}

#[test]
fn a_month_that_one_location_did_not_give_is_not_the_rest_of_the_quarter() {
    let month = |at: u32, figures: &str| unnamed(count(key(&format!("SEEN 2024-0{at}")), figures));
    let cells = [
        unnamed(count(key("SEEN 2024-Q1"), "FN:300 EC:300 RT:300 HV:290")),
        month(1, "FN:100 EC:100 RT:100 HV:90"),
        month(2, "FN:100 EC:100 RT:100 HV:90"),
        month(3, "FN:100 EC:100 RT:100"),
    ];
    let mut relations = sum_of(&cells);
    relations.sums[0].over_time = true;
    let found = release(&cells, &relations, &Before::default());
    assert_eq!(
        shown(&found, &cells)
            .iter()
            .filter(|shown| !**shown)
            .count(),
        1
    );
}

#[test]
fn denominators_are_looked_at_too_where_they_add_up() {
    let cells = [
        unnamed(proportion(
            key("SEEN 2023"),
            "FN:100/900 EC:100/900 RT:100/900 HV:0/800",
        )),
        unnamed(proportion(
            key("SEEN 2023 sex=f"),
            "FN:50/500 EC:50/500 RT:50/500",
        )),
        unnamed(proportion(
            key("SEEN 2023 sex=m"),
            "FN:50/400 EC:50/400 RT:50/400",
        )),
    ];
    let mut relations = sum_of(&cells);
    let found = release(&cells, &relations, &Before::default());
    assert_eq!(
        shown(&found, &cells)
            .iter()
            .filter(|shown| !**shown)
            .count(),
        1
    );
    assert!(row(&found, &cells[0].key, "").numerator.is_some());
    relations.sums[0].total = key("OTHER 2023");
    let found = release(&cells, &relations, &Before::default());
    assert_eq!(shown(&found, &cells), [true; 3], "nothing ties them");
}

/// Whether any row of each cell is shown.
fn any_shown(found: &Protected, cells: &[Cell]) -> Vec<bool> {
    let any = |cell: &Cell| {
        let mut rows = found.rows.iter();
        rows.any(|row| row.key == cell.key && !row.withheld)
    };
    cells.iter().map(any).collect()
}

const ALL_WOMEN: &str = "FN:700 EC:610 RT:620 HV:85";
const ALL_MEN: &str = "FN:600 EC:700 RT:700 HV:90";

/// HV said yes to the sum alone. Then the others get rows with their names, and HV is in none.
#[test]
fn who_has_no_row_is_not_what_named_rows_leave_of_earlier_sums() {
    let named = count(key("SEEN 2023"), "FN:1300 EC:1310 RT:1320");
    let [total, women, men] = sexes([TOTAL, ALL_WOMEN, ALL_MEN]);
    let mut relations = sum_of(&[total.clone(), women.clone(), men.clone()]);
    let mut before = Before::default();
    before.add(release(&[women, men], &relations, &before));
    let now = std::slice::from_ref(&named);
    assert_eq!(any_shown(&release(now, &relations, &before), now), [false]);
    // In two other parts they are the same total, which nothing shows itself.
    let ages = [
        count(key("SEEN 2023 age=a"), "FN:650 EC:655 RT:700"),
        count(key("SEEN 2023 age=b"), "FN:650 EC:655 RT:620"),
    ];
    let [young, old] = ages.clone();
    relations
        .sums
        .extend(sum_of(&[total.clone(), young, old]).sums);
    let found = release(&ages, &relations, &before);
    assert_eq!(any_shown(&found, &ages), [false, true]);
    // The other way round: the sum of all is out, and parts with names make up most of it.
    let mut before = Before::default();
    before.add(release(&[total], &relations, &before));
    let found = release(&ages, &relations, &before);
    assert_eq!(any_shown(&found, &ages), [false, true]);
    // Names on both sides leave no one.
    let all = [&[named][..], &ages].concat();
    let found = release(&all, &relations, &Before::default());
    assert_eq!(any_shown(&found, &all), [true; 3]);
}

#[test]
fn a_quarter_with_names_does_not_leave_who_is_in_the_months_alone() {
    let month = |at: u32| {
        let figures = "FN:1000 EC:700 RT:500 HV:259";
        unnamed(count(key(&format!("SEEN 2024-0{at}")), figures))
    };
    let quarter = count(key("SEEN 2024-Q1"), "FN:3000 EC:2100 RT:1500");
    let cells = [quarter, month(1), month(2), month(3)];
    let mut relations = sum_of(&cells);
    relations.sums[0].over_time = true;
    let mut before = Before::default();
    before.add(release(&cells[1..], &relations, &before));
    let found = release(&cells[..1], &relations, &before);
    assert_eq!(any_shown(&found, &cells[..1]), [false]);
}

/// FN has nearly all women, so their sum is withheld; all but the men are the same sum.
#[test]
fn a_part_that_one_location_dominates_is_not_what_the_other_leaves() {
    let cells = sexes([
        "FN:794 EC:103 RT:103",
        "FN:694 EC:3 RT:3",
        "FN:100 EC:100 RT:100",
    ]);
    let found = release(&cells, &sum_of(&cells), &Before::default());
    assert_eq!(shown(&found, &cells), [true, false, false]);
}

/// The smallest count that is shown is one that the audit leaves alone.
#[test]
fn a_part_of_the_smallest_count_is_not_what_the_other_leaves() {
    let cells = sexes([
        "FN:106 EC:100 RT:100",
        "FN:6 EC:0 RT:0",
        "FN:100 EC:100 RT:100",
    ]);
    let found = release(&cells, &sum_of(&cells), &Before::default());
    assert_eq!(shown(&found, &cells), [true, false, false]);
}

/// Each of three parts is withheld for one location, and together they are of all alike.
#[test]
fn several_parts_that_are_withheld_hide_each_other() {
    let part = |part: &str, figures: &str| {
        let key = key(format!("SEEN 2023 {part}").trim_end());
        unnamed(count(key, figures))
    };
    let cells = [
        part("", "FN:800 EC:800 RT:800"),
        part("age=a", "FN:100 EC:100 RT:100"),
        part("age=b", "FN:694 EC:3 RT:3"),
        part("age=c", "FN:3 EC:694 RT:3"),
        part("age=d", "FN:3 EC:3 RT:694"),
    ];
    let found = release(&cells, &sum_of(&cells), &Before::default());
    assert_eq!(shown(&found, &cells), [true, true, false, false, false]);
}

/// FN has nearly all women of an age. In a table of ages by sex, the others of that age and that
/// sex are withheld for them; and these must not be what a margin leaves, or so is FN's figure.
#[test]
fn what_is_withheld_for_a_part_of_few_is_not_what_another_margin_leaves() {
    let cell = |part: &str, figures: &str| {
        let key = key(format!("SEEN 2023 {part}").trim_end());
        unnamed(count(key, figures))
    };
    let cells = [
        cell("", "FN:994 EC:303 RT:303"),
        cell("sex=f", "FN:794 EC:103 RT:103"),
        cell("sex=m", "FN:200 EC:200 RT:200"),
        cell("age=a", "FN:200 EC:210 RT:200"),
        cell("age=b", "FN:794 EC:93 RT:103"),
        cell("age=a,sex=f", "FN:100 EC:100 RT:100"),
        cell("age=b,sex=f", "FN:694 EC:3 RT:3"),
        cell("age=a,sex=m", "FN:100 EC:110 RT:100"),
        cell("age=b,sex=m", "FN:100 EC:90 RT:100"),
    ];
    let sums = [
        [0, 1, 2],
        [0, 3, 4],
        [1, 5, 6],
        [2, 7, 8],
        [3, 5, 7],
        [4, 6, 8],
    ];
    let relations = Relations {
        sums: sums
            .iter()
            .flat_map(|of| sum_of(&of.map(|at| cells[at].clone())).sums)
            .collect(),
        ..Relations::default()
    };
    let found = release(&cells, &relations, &Before::default());
    let shown = shown(&found, &cells);
    assert_eq!(shown[..5], [true; 5], "the margins tell nothing of it");
    assert_eq!(
        shown[5..],
        [false; 4],
        "one that is shown tells the other three"
    );
}
