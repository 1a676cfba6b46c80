//! The statements of a location move no money of others.

use std::slice;

use proptest::prelude::*;

use super::{books::Contract, properties::all, *};

const PERIODS: [&str; 4] = ["FY2026", "FY2027", "2027-02", "2026"];

fn code(text: &str) -> LocationCode {
    text.parse().unwrap()
}

/// The same statements, with other places.
fn placed(all: Vec<Invested>, place: impl Fn(&Places) -> Places) -> Vec<Invested> {
    let mut all = all;
    for one in &mut all {
        one.places = place(&one.places);
        let mut lines: BTreeMap<LineKey, LineAmount> = BTreeMap::new();
        for mut line in one.lines.drain(..) {
            line.key.places = place(&line.key.places);
            lines.insert(line.key.clone(), line);
        }
        one.lines = lines.into_values().collect();
    }
    all
}

fn owned(all: Vec<Invested>, code: &LocationCode) -> Vec<Invested> {
    let owner = Owner::Location(code.clone());
    let own = all.into_iter().map(|one| Invested {
        owner: owner.clone(),
        ..one
    });
    own.collect()
}

/// Whether what a location states as the whole of an investment is shown, is as the hub states it,
/// or is named.
fn is_told(books: &Books, at: usize) -> bool {
    let one = &books.invested[at];
    let key = one.key();
    let is_of = |contract: &&Contract| contract.stated.contains(&at);
    let contract = books.contracts.iter().find(is_of);
    let shown = contract.into_iter().flat_map(Contract::all_postings);
    let mut shown = shown.map(|posting| posting.of);
    let as_hub = contract.is_some_and(|contract| {
        let whole = &books.invested[contract.stated[0]];
        let may_be = [&whole.places, &Places::NotStated].contains(&&one.places);
        let is_open = whole.places == Places::NotStated;
        whole.amount == one.amount && (may_be || is_open)
    });
    let mut problems = books.problems();
    let mut said = books.differences().iter().flat_map(|one| &one.said);
    shown.any(|(of, _)| of == at)
        || as_hub
        || problems.any(|problem| problem.investments().contains(&key))
        || said.any(|said| (said.owner.clone(), said.id) == key)
}

/// The lines and rests of others that are not for this location.
fn of_others(books: &Books, period: Period, code: &LocationCode) -> Vec<Contribution> {
    let owner = Owner::Location(code.clone());
    let mut all = books.contributions(period);
    all.retain(|one| one.owner != owner && !one.places.include(code));
    without_ranges(all)
}

/// Money of which the hub states no place may be a location's: what that states makes a range.
fn without_ranges(mut all: Vec<Contribution>) -> Vec<Contribution> {
    for one in all.iter_mut().filter(|one| one.places == Places::NotStated) {
        one.amount = Range::of(one.amount.value, one.amount.value);
    }
    all
}

fn books_of(all: &[&[Invested]]) -> Books {
    Books::of(all.concat(), &BTreeMap::new())
}

/// The columns of other locations, of each cut that has columns.
fn columns_of(books: &Books, period: Period) -> Vec<(Purse, Option<Row>, LocationCode, Figures)> {
    let mut columns = Vec::new();
    for (purse, pot) in books.count(period, &locations()).pots {
        let cells = pot.cells.of.into_iter();
        let cells = cells.map(|((row, column), figures)| (Some(row), column, figures));
        let whole = pot.locations.of.into_iter();
        let whole = whole.map(|(column, figures)| (None, column, figures));
        for (row, column, figures) in cells.chain(whole) {
            if let Column::Of(code) = column
                && locations().contains(&code)
            {
                columns.push((purse.clone(), row, code, figures));
            }
        }
    }
    columns
}

/// One of several places of a contract speaks for itself alone.
#[test]
fn a_location_s_line_for_others_changes_nothing_in_a_contract_that_it_is_in() {
    for (hubs, own) in [("40", "70"), ("70", "40")] {
        let hub = format!("hub A identifier=EX-1 amount=100 at=FN+WT | spent FY2027 WT - {hubs}");
        let location = "FN B identifier=EX-1 amount=100 at=FN+WT";
        let with = format!("{location} | spent FY2027 WT - {own}");
        let told = |location: &str| told(&[&hub, location], "FY2027");
        assert_eq!(told(&with), told(location));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Any statements of one of the locations leave each line and rest of others as it was, unless
    /// it is for that location too: whatever identifiers, parts, lines and outcomes they state.
    #[test]
    fn no_statement_of_a_location_moves_money_that_is_for_others(
        base in all(true),
        more in all(true),
    ) {
        let fn_ = code("FN");
        let owner = Owner::Location(fn_.clone());
        let mut base = base;
        base.retain(|one| one.owner != owner);
        let more = owned(more, &fn_);
        let (before, after) = (books_of(&[&base]), books_of(&[&base, &more]));
        for period in PERIODS.map(period) {
            prop_assert_eq!(
                of_others(&after, period, &fn_),
                of_others(&before, period, &fn_)
            );
        }
    }

    /// No money of a location vanishes without a word: it is shown, or it is as the hub states it,
    /// or it is named.
    #[test]
    fn no_money_of_a_location_vanishes_unnamed(all in all(true)) {
        let books = books_of(&[&all]);
        for (at, one) in books.invested.iter().enumerate() {
            let is_whole = stated::standing(one) == stated::Standing::Whole;
            if one.owner != Owner::Hub && is_whole {
                prop_assert!(is_told(&books, at), "{one:?}");
            }
        }
    }

    /// A location that the hub names nowhere changes no cell of another location, down to the
    /// ranges, and nothing of the total but what it adds itself.
    #[test]
    fn a_location_that_the_hub_does_not_name_changes_no_cell_of_others(
        base in all(true),
        more in all(true),
    ) {
        let zz = code("ZZ");
        let named = Places::of(locations());
        let base = placed(base, |places| match places {
            Places::All => named.clone(),
            Places::NotStated | Places::Of(_) => places.clone(),
        });
        let more = placed(owned(more, &zz), |places| match places {
            Places::NotStated => Places::NotStated,
            Places::All | Places::Of(_) => Places::of([zz.clone()]),
        });
        let (before, after) = (books_of(&[&base]), books_of(&[&base, &more]));
        for period in PERIODS.map(period) {
            prop_assert_eq!(columns_of(&after, period), columns_of(&before, period));
            let of_base = |books: &Books| {
                let mut all = books.contributions(period);
                all.retain(|one| one.owner != Owner::Location(zz.clone()));
                without_ranges(all)
            };
            prop_assert_eq!(of_base(&after), of_base(&before));
        }
    }
}

#[test]
fn a_copied_identifier_takes_nothing_off_the_contract_of_another_location() {
    for copier in ["FN B amount=1 at=WT", "FN B amount=1 at=FN", "FN B at=WT"] {
        let copy = format!("{copier} identifier=WT-9 part_of=WT-9");
        let texts = [
            "WT A amount=70 at=WT for=VAX identifier=WT-9 | committed FY2027 WT VAX 20",
            copy.as_str(),
            "FN C amount=60 at=FN part_of=WT-9",
        ];
        let books = books(&texts);
        let of = slice::from_ref(&texts[0]);
        let key = books.contributions(period("FY2027"));
        let of_wt = key
            .iter()
            .filter(|one| one.owner != Owner::Location(code("FN")));
        let alone = super::books(of).contributions(period("FY2027"));
        assert!(of_wt.eq(&alone), "{copier}: {}", told(&texts, "FY2027"));
    }
    let named = problems(&[
        "WT A amount=70 at=WT identifier=WT-9",
        "FN B amount=1 at=FN identifier=WT-9",
    ]);
    let words = "A B: 2 statements have the identifier WT-9 and count as different investments, \
                 because two locations";
    assert!(
        named[0].starts_with("B A: 2") || named[0].starts_with(words),
        "{named:?}"
    );
}

#[test]
fn what_the_hub_states_for_others_stays_as_it_is() {
    // Another outcome, place, line, part or amount for a contract with other places.
    for said in [
        "amount=100 at=FN+WT for=VAX identifier=X",
        "amount=5 at=WT identifier=X | committed FY2027 WT VAX 5 | spent FY2027 WT VAX 5",
        "amount=60 at=FN part_of=X",
        "amount=60 at=ALL identifier=X part_of=X",
    ] {
        let text = format!("FN B {said}");
        let texts = ["hub A amount=100 at=WT identifier=X", text.as_str()];
        let told = told(&texts, "FY2027");
        assert!(
            told.contains("not stated, WT: in_force 100"),
            "{said}: {told}"
        );
        assert!(!told.contains(" P "), "{said}: {told}");
    }
    let part = [
        "hub A amount=100 at=WT identifier=X",
        "FN B amount=60 at=FN part_of=X",
    ];
    let named = problems(&part);
    assert_eq!(
        named,
        [
            "B A: it is a part of A, which the national team does not state for FN, so it is not \
             taken off: the national team can add FN to its locations"
        ]
    );
}

#[test]
fn no_money_of_a_location_vanishes_in_a_contract_of_the_hub_for_others() {
    for (at, own) in [
        ("", "\nnot stated, not stated: in_force 60"),
        ("FN", "\nnot stated, FN: in_force 60"),
        ("FN+IN", "\nnot stated, IN: (in_force 60)"),
    ] {
        let text = format!("FN B amount=60 at={at} identifier=X");
        let texts = ["hub A amount=100 at=WT identifier=X", text.as_str()];
        let told = told(&texts, "FY2027");
        assert!(told.starts_with("cash NZD: in_force 160"), "{at}: {told}");
        assert!(told.contains(own), "{at}: {told}");
        assert!(
            told.contains("not stated, WT: in_force 100"),
            "{at}: {told}"
        );
        let named = problems(&texts);
        let words = "A B: 2 statements have the identifier X and count as different investments";
        assert!(named.len() == 1 && named[0].starts_with(words), "{named:?}");
    }
    // If both state one amount for other places, the hub's count, and that is named.
    for at in ["FN+WT", "ALL"] {
        let hub = format!("hub A amount=100 at={at} identifier=X");
        let texts = [hub.as_str(), "FN B amount=100 at=FN identifier=X"];
        assert_eq!(
            problems(&texts),
            [
                "A B: X is stated for different locations, and those of the first count: agree on \
                 one"
            ]
        );
    }
}

#[test]
fn a_location_gives_its_own_money_an_outcome_and_no_others() {
    let outcome = |at: &str| {
        let hub = format!("hub A amount=100 at={at} identifier=X");
        let texts = [hub.as_str(), "FN B amount=100 at=FN for=VAX identifier=X"];
        told(&texts, "FY2027")
    };
    assert_eq!(
        outcome("FN"),
        "cash NZD: in_force 100\nVAX, FN: in_force 100"
    );
    assert!(!outcome("FN+WT").contains("VAX"), "{}", outcome("FN+WT"));
    // If the hub states no place, the location's is another reading, and the hub's counts.
    assert_eq!(
        outcome(""),
        "cash NZD: in_force 100\nVAX, FN: in_force 0 P 0..100\nnot stated, not stated: in_force \
         100 P 0..100"
    );
}

#[test]
fn what_the_hub_does_not_state_of_its_contract_takes_nothing_off() {
    let texts = [
        "hub A amount=100 at=FN identifier=X",
        "FN B amount=100 at=FN identifier=X part_of=W",
        "FN C amount=300 at=FN identifier=W",
    ];
    assert!(told(&texts, "FY2027").starts_with("cash NZD: in_force 400\n"));
    let named = problems(&texts);
    assert!(
        named[0].starts_with("B A: the national team states this"),
        "{named:?}"
    );
}

#[test]
fn an_excess_is_put_to_the_team_whose_statement_makes_it() {
    for (texts, words) in [
        (
            [
                "hub A amount=100 at=FN+WT identifier=X | committed FY2027 FN VAX 80",
                "FN B amount=40 at=FN part_of=X",
            ],
            "A B: its committed lines exceed its own amount by 20, so the rest counts as 0: it \
             comes of B, which FN can correct; the national team can correct the amount",
        ),
        (
            [
                "hub A amount=100 at=FN identifier=X | committed FY2027 FN VAX 80",
                "FN B amount=100 at=FN identifier=X | spent FY2027 FN VAX 130",
            ],
            "A B: its spent lines exceed its own amount by 30, and all of them count: it comes of \
             B, which FN can correct; the national team can correct the amount",
        ),
        (
            [
                "hub A amount=100 at=FN identifier=X",
                "FN B amount=140 at=FN part_of=X",
            ],
            "A B: its parts exceed it by 40, so its own amount counts as 0: it comes of B, which \
             FN can correct; the national team can correct the amount",
        ),
    ] {
        assert_eq!(problems(&texts), [words]);
    }
    // If the hub's own lines are too much, they are the hub's to correct.
    let texts = [
        "hub A amount=100 at=FN identifier=X | committed FY2027 FN VAX 120",
        "FN B amount=10 at=FN part_of=X",
    ];
    let named = problems(&texts);
    assert!(
        named[0].ends_with("correct the lines, or the amount"),
        "{named:?}"
    );
}

#[test]
fn a_cell_names_who_took_off_and_who_gave_the_outcome() {
    let books = books(&[
        "hub A amount=100 at=FN identifier=X",
        "FN B amount=90 at=FN for=VAX identifier=X",
        "FN C amount=100 at=WT part_of=X",
        "hub D amount=10 at=WT for=VAX identifier=Y",
    ]);
    let column = |text: &str| Column::Of(code(text));
    let vax = Row::Network("VAX".parse().unwrap());
    // Nothing is left of it, and that is explained as well.
    let explained = books.explain(period("FY2027"), &vax, &column("FN"));
    let moved = explained.moved.iter().map(|moved| match moved {
        Moved::Part(by, of) => format!("{} off {}", name_of(by), name_of(of)),
        Moved::Outcomes(by, of) => format!("{} for {}", name_of(by), name_of(of)),
        Moved::Spent(by, of) => format!("{} spent of {}", name_of(by), name_of(of)),
    });
    assert_eq!(moved.collect::<Vec<_>>(), ["C off A", "B for A"]);
    let owners = |column: Column| {
        let rows = [vax.clone()].into();
        books.owners(period("FY2027"), &rows, &[column].into())
    };
    assert!(owners(column("FN")).contains(&Owner::Location(code("FN"))));
    assert_eq!(owners(column("WT")), [Owner::Hub].into());
    let next = books.explain(period("FY2031"), &vax, &column("FN"));
    assert_eq!(next.moved, []);
}

#[test]
fn one_day_in_common_is_enough_to_be_of_a_period() {
    let mut all = [
        "hub A amount=100 at=FN for=VAX identifier=X",
        "FN C amount=40 at=FN part_of=X",
    ]
    .map(invested);
    (all[0].from, all[0].to) = (period("FY2027").end(), period("FY2028").start());
    let books = Books::of(all.clone(), &BTreeMap::new());
    let vax = Row::Network("VAX".parse().unwrap());
    all[0].status = "proposed".parse().unwrap();
    let proposed = Books::of(all, &BTreeMap::new());
    for (of, n) in [("FY2026", 0), ("FY2027", 1), ("FY2028", 1), ("FY2029", 0)] {
        let explained = books.explain(period(of), &vax, &Column::Of(code("FN")));
        assert_eq!(explained.moved.len(), n, "{of}");
        let left = proposed.left().iter();
        assert_eq!(left.filter(|one| one.is_of(period(of))).count(), n, "{of}");
    }
}
