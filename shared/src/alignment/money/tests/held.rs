//! Lines of several locations beside those of the hub: the laws of money for whatever they state,
//! and what attacks on them found.

use proptest::{prelude::*, sample::select};

use super::*;

const PERIODS: [&str; 6] = ["FY2027", "2027-Q1", "2027-02", "2027", "FY2026", "2026"];

/// A line of what was spent.
fn line(owner: &'static str) -> impl Strategy<Value = String> {
    let places = match owner {
        "hub" => vec!["FN+WT", "ALL", "-", "FN", "WT", "IN+WT"],
        "FN" => vec!["FN", "FN", "FN", "-", "FN+WT"],
        "WT" => vec!["WT", "WT", "WT", "-"],
        _ => vec!["IN", "IN", "-"],
    };
    let mut outcomes: Vec<String> = ["-", "VAX", "HOMES", "HOMES+VAX"].map(str::to_owned).into();
    if owner != "hub" {
        outcomes.push(id("OWN").to_string());
    }
    let amount = prop_oneof![
        4 => (1..60_u32).prop_map(|amount| amount.to_string()),
        1 => (1..30_u32, 1..60_u32).prop_map(|(least, most)| format!("{least}..{most}")),
    ];
    (
        select(&PERIODS[..5]),
        select(places),
        select(outcomes),
        amount,
    )
        .prop_map(|(period, at, of, amount)| format!("spent {period} {at} {of} {amount}"))
}

/// A statement of one contract.
fn statement(owner: &'static str, name: &'static str) -> impl Strategy<Value = String> {
    let at = match owner {
        "hub" => vec!["FN+WT", "ALL", "", "FN"],
        "FN" => vec!["FN", "FN+WT", ""],
        "WT" => vec!["WT", "FN+WT"],
        _ => vec!["IN", "ALL"],
    };
    let status = match owner {
        "hub" => vec!["committed", "committed", "cancelled"],
        _ => vec!["committed"],
    };
    let lines = prop::collection::vec(line(owner), 0..5);
    (select(at), select(status), lines).prop_map(move |(at, status, lines)| {
        let mut seen = BTreeSet::new();
        let head = format!(
            "{owner} {name} amount=500 identifier=X days=FY2026..FY2027 status={status} at={at}"
        );
        let is_new = |line: &String| {
            let key = line.rsplit_once(' ').map(|(key, _)| key.to_owned());
            seen.insert(key)
        };
        let lines: Vec<String> = lines.into_iter().filter(is_new).collect();
        [vec![head], lines].concat().join(" | ")
    })
}

/// Whether each sum of a cut is in its range, and all of them add up to the total.
fn holds<K: Ord>(cut: &Cut<K>, total: &Totals) -> bool {
    Measure::ALL.iter().all(|measure| {
        let sums = cut.of.values().flat_map(|one| [&one.divided, &one.shared]);
        let mut ranges = sums
            .chain([&cut.shared, total])
            .map(|one| one.get(*measure));
        let divided = cut.of.values().map(|one| one.divided.get(*measure).value);
        let sum: Number = divided.chain([cut.shared.get(*measure).value]).sum();
        sum == total.get(*measure).value
            && ranges
                .all(|one| !one.low.is_negative() && one.low <= one.value && one.value <= one.high)
    })
}

/// The lines of a location for itself, as they are shown.
fn of_wt(books: &Books, of: Period) -> Vec<Contribution> {
    let owner = Owner::Location("WT".parse().unwrap());
    let mut all = books.contributions(of);
    all.retain(|one| one.owner == owner && !one.places.include(&"FN".parse().unwrap()));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    /// Four teams may state anything of one contract: each line is in the total once, cells and
    /// totals agree, and the explanation of a cell is what the matrix has.
    #[test]
    fn the_laws_hold_for_lines_that_rival_each_other(
        hub in statement("hub", "A"),
        one in statement("FN", "B"),
        two in statement("WT", "C"),
        three in statement("IN", "D"),
    ) {
        let books = books(&[&hub, &one, &two, &three]);
        for of in PERIODS.map(period) {
            let mut listed: BTreeMap<(Purse, Measure), Number> = BTreeMap::new();
            for one in books.contributions(of).into_iter().filter(Contribution::is_counted) {
                *listed.entry((one.purse, one.measure)).or_default() += one.amount.value;
            }
            for (purse, pot) in books.count(of, &locations()).pots {
                prop_assert!(holds(&pot.cells, &pot.total));
                prop_assert!(holds(&pot.outcomes, &pot.total));
                prop_assert!(holds(&pot.locations, &pot.total));
                for measure in Measure::ALL {
                    let sum = listed.get(&(purse.clone(), measure)).copied();
                    prop_assert_eq!(sum.unwrap_or_default(), pot.total.get(measure).value);
                }
                for ((row, column), figures) in &pot.cells.of {
                    let found = books.explain(of, row, column);
                    let shown = found.figures.get(&purse).copied();
                    prop_assert_eq!(shown.unwrap_or_default(), *figures);
                }
            }
        }
    }

    /// A location moves no line of another, and changes no amount of it.
    #[test]
    fn a_location_moves_nothing_that_another_spent(
        hub in statement("hub", "A"),
        one in statement("FN", "B"),
        two in statement("WT", "C"),
    ) {
        let (without, with) = (books(&[&hub, &two]), books(&[&hub, &one, &two]));
        for of in PERIODS.map(period) {
            prop_assert_eq!(of_wt(&without, of), of_wt(&with, of));
        }
    }

    /// A line of a location that does not count, and could, is named.
    #[test]
    fn a_line_that_does_not_count_is_named(
        hub in statement("hub", "A"),
        one in statement("FN", "B"),
    ) {
        let books = books(&[&hub, &one]);
        let is_lines = |one: &Difference| matches!(one.subject, Subject::Lines(..));
        let is_named = books.differences().iter().any(is_lines);
        for of in PERIODS.map(period) {
            for one in books.contributions(of) {
                let may_count = one.measure == Measure::Spent && !one.is_partly && !one.is_within;
                let is_left = one.owner != Owner::Hub && may_count && !one.counts;
                prop_assert!(!is_left || is_named, "{one:?}");
            }
        }
    }
}

/// The statements of one contract for FN and WT.
fn contract(hub: &str, own: &str, other: &str) -> Vec<String> {
    let of = [("hub A", hub), ("FN B", own), ("WT C", other)].into_iter();
    let of = of.filter(|(_, lines)| !lines.is_empty());
    of.map(|(of, lines)| {
        format!("{of} amount=300 at=FN+WT identifier=X days=FY2026..FY2027 | {lines}")
    })
    .collect()
}

/// Checks the total of a contract and some of its cells.
#[track_caller]
fn check([hub, own, other]: [&str; 3], total: &str, cells: &[&str]) {
    let texts = contract(hub, own, other);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let told = told(&texts, "FY2027");
    let starts = format!("cash NZD: spent {total}, in_force");
    assert!(told.starts_with(&starts), "{total}: {told}");
    for cell in cells {
        assert!(
            told.lines().any(|line| line.starts_with(cell)),
            "{cell}: {told}"
        );
    }
}

const TWO: &str = "spent FY2027 FN+WT HOMES 50 | spent FY2027 FN+WT VAX 50";

#[test]
fn money_of_which_nobody_knows_the_outcome_is_a_reading_of_each() {
    check(
        [TWO, "spent FY2027 FN - 30", ""],
        "100, (spent 100 P 70..100)",
        &[
            "HOMES, FN: (spent 50 P 20..50)",
            "VAX, WT: (spent 50 P 20..50)",
            "not stated, FN: spent 0 P 0..30",
        ],
    );
    // The same whatever another location states.
    check(
        [TWO, "spent FY2027 FN HOMES 50", "spent FY2027 WT - 30"],
        "100, (spent 50 P 20..50)",
        &["HOMES, FN: spent 50", "not stated, WT: spent 0 P 0..30"],
    );
    check(
        [TWO, "spent FY2027 FN - 50 | spent FY2027 FN HOMES 50", ""],
        "100, (spent 50 P 0..50)",
        &["HOMES, FN: spent 50", "VAX, WT: (spent 50 P 0..50)"],
    );
}

#[test]
fn lines_that_end_first_take_first_so_that_all_fits() {
    check(
        [
            "spent 2026-Q3 FN+WT VAX 50 | spent 2026-Q4 FN+WT VAX 50",
            "spent FY2027 FN - 50 | spent 2026-Q3 FN VAX 50",
            "",
        ],
        "100",
        &["VAX, FN: spent 100"],
    );
}

#[test]
fn a_line_of_the_hub_for_the_location_alone_replaces_no_other() {
    let own = "spent FY2027 FN HOMES 10 | spent FY2027 FN VAX 60";
    for hub in ["spent FY2027 FN HOMES 10", "spent FY2026 FN VAX 10"] {
        let hub = format!("{hub} | spent FY2027 FN+WT VAX 100");
        let cells = ["VAX, FN: spent 60, (spent 40)", "HOMES, FN: spent 10"];
        check([&hub, own, ""], "110, (spent 40)", &cells);
    }
    // The hub's line of another year stays.
    let texts = contract("spent FY2026 FN VAX 10", "spent FY2027 FN VAX 60", "");
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert!(told(&texts, "FY2026").starts_with("cash NZD: spent 10,"));
    // Of the same year it is the same money, whatever the outcome.
    check(
        ["spent FY2027 FN HOMES 10", "spent FY2027 FN VAX 60", ""],
        "60 P 10..60",
        &["VAX, FN: spent 60 P 0..60"],
    );
}

#[test]
fn a_line_without_a_place_counts_where_nobody_knows_of_what_it_is() {
    let open = "spent FY2027 - VAX 100";
    let one = "spent FY2027 FN VAX 60";
    check([open, one, ""], "100", &["VAX, FN: spent 0 P 0..60"]);
    let two = "spent FY2027 WT VAX 60";
    let cells = ["VAX, FN: spent 0 P 0..60", "VAX, WT: spent 0 P 0..60"];
    check([open, one, two], "100 P 100..120", &cells);
    let wide = format!("{open} | spent FY2027 FN+WT VAX 1");
    check(
        [&wide, one, ""],
        "101, (spent 1 P 0..1)",
        &["VAX, not stated: spent 100 P 40..100"],
    );
    let texts = contract(open, "spent FY2027 FN VAX 150", "");
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let books = books(&texts);
    let [named] = books.differences() else {
        panic!("{:?}", books.differences());
    };
    assert!(!named.said[0].counts, "{named:?}");
    let row = Row::Network("VAX".parse().unwrap());
    let differing = books.differing(period("FY2027"));
    assert!(differing.contains(&(row, "FN".parse().unwrap())));
}

#[test]
fn an_excess_is_of_all_who_share_the_line_and_of_no_other() {
    let hub = "spent FY2027 FN+WT HOMES 100 | spent FY2027 FN+WT VAX 100";
    check(
        [hub, "spent FY2027 FN VAX 130", "spent FY2027 WT HOMES 20"],
        "230 P 200..230, (spent 80 P 80..180)",
        &[
            "HOMES, WT: spent 20, (spent 80)",
            "VAX, FN: spent 130 P 0..130",
        ],
    );
    let texts = contract(
        "spent FY2027 FN+WT VAX 100",
        "spent FY2027 FN VAX 60",
        "spent FY2027 WT VAX 60",
    );
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let differing = books(&texts).differing(period("FY2027"));
    assert_eq!(differing.len(), 2, "{differing:?}");
}

#[test]
fn contested_lines_leave_the_range_that_is_possible() {
    let hub = "spent FY2027 FN+WT VAX 100";
    let own = "spent FY2027 FN VAX 20..60";
    check(
        [hub, own, ""],
        "100, (spent 80 P 40..80)",
        &["VAX, FN: spent 20 P 20..60, (spent 80 P 40..80)"],
    );
    let hub = "spent FY2027 FN+WT VAX 80..100";
    let own = "spent FY2027 FN VAX 20..90";
    check([hub, own, ""], "80 P 80..100, (spent 60 P 0..80)", &[]);
}

#[test]
fn an_own_outcome_that_is_one_of_the_networks_is_that_one() {
    let hub = "hub A amount=300 at=FN+WT identifier=X | spent FY2027 FN+WT HOMES 100 | spent \
               FY2027 FN+WT VAX 100";
    let own = format!(
        "FN B amount=300 at=FN+WT identifier=X | spent FY2027 FN {} 60",
        id("OWN")
    );
    let owner = Owner::Location("FN".parse().unwrap());
    let shared = BTreeMap::from([((owner, id("OWN")), "VAX".parse().unwrap())]);
    let books = Books::of([invested(hub), invested(&own)], &shared);
    let pots = books.count(period("FY2027"), &locations()).pots;
    let rows = pots.values().flat_map(|pot| &pot.outcomes.of);
    let spent = rows.map(|(row, one)| (row.to_string(), one.divided.spent.value));
    let spent: Vec<_> = spent.filter(|(_, sum)| !sum.is_zero()).collect();
    let hundred = |row: &str| (row.to_owned(), Number::from(100));
    assert_eq!(spent, [hundred("HOMES"), hundred("VAX")]);
}

#[test]
fn what_was_spent_of_an_investment_that_the_hub_cancelled_without_lines_is_the_locations() {
    let texts = [
        "hub A amount=100 at=FN+WT identifier=X status=cancelled",
        "FN B amount=100 at=FN identifier=X | spent FY2027 - VAX 60",
    ];
    assert!(told(&texts, "FY2027").starts_with("cash NZD: spent 60,"));
}

#[test]
fn a_cell_of_two_lines_for_all_locations_is_short_of_one_at_most() {
    let hub = "spent FY2027 FN+WT VAX 1 | spent FY2027 ALL HOMES+VAX 2 | spent FY2027 ALL HOMES 2";
    check(
        [hub, "spent FY2027 FN - 1", ""],
        "5, (spent 5 P 4..5)",
        &["HOMES, FN: (spent 4 P 3..4)", "HOMES, WT: (spent 4 P 3..4)"],
    );
}

/// Nothing is left that no line divides, so the lines alone differ.
#[test]
fn lines_that_differ_mark_their_cells_although_nothing_is_left_to_divide() {
    let texts = [
        "hub A amount=100 at=FN+WT identifier=X | committed FY2027 FN+WT VAX 100 | spent FY2027 \
         FN+WT VAX 50",
        "FN B amount=100 at=FN+WT identifier=X | spent FY2027 FN VAX 80",
    ];
    let differing = books(&texts).differing(period("FY2027"));
    let cell = (Row::Network("VAX".parse().unwrap()), "FN".parse().unwrap());
    assert!(differing.contains(&cell), "{differing:?}");
}

/// A week may lie in two months, so a quarter can be other than its months.
#[test]
fn an_excess_of_a_quarter_that_no_line_has_is_named() {
    let texts = contract(
        "spent 2026-01 FN+WT VAX 10 | spent FY2026 FN+WT VAX 200",
        "spent 2026-W05 FN VAX 30 | spent FY2026 FN VAX 100",
        "",
    );
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let books = books(&texts);
    assert_eq!(books.differences().len(), 1, "{:?}", books.differences());
    assert!(!books.differing(period("2026-Q1")).is_empty());
}
