//! Laws that hold for any investments.

use std::sync::Arc;

use proptest::{prelude::*, sample::subsequence};

use super::*;

const NAMES: [&str; 6] = ["A", "B", "C", "D", "E", "F"];
const PERIODS: [&str; 6] = ["FY2026", "FY2027", "FY2028", "2026-Q4", "2027-02", "2026"];

fn places() -> impl Strategy<Value = String> {
    let some = subsequence(vec!["FN", "IN", "WT"], 0..=3).prop_map(|codes| codes.join("+"));
    prop_oneof![4 => some, 1 => Just("ALL".to_owned())]
}

fn outcomes() -> impl Strategy<Value = String> {
    let own = id("OWN").to_string();
    subsequence(vec!["HOMES".to_owned(), "VAX".to_owned(), own], 0..=3)
        .prop_map(|outcomes| joined(&split(&outcomes.join("+")).unwrap()))
}

fn dashed(text: &str) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        text.to_owned()
    }
}

fn line() -> impl Strategy<Value = String> {
    let what = prop_oneof![Just("committed"), Just("spent")];
    let sums = prop_oneof![
        4 => (1..60_u32).prop_map(|sum| sum.to_string()),
        1 => (1..60_u32, 1..60_u32).prop_map(|(one, other)| format!("{one}..{other}")),
    ];
    let period = prop::sample::select(PERIODS.to_vec());
    (what, period, places(), outcomes(), sums).prop_map(|(what, period, at, outcomes, sums)| {
        let (at, outcomes) = (dashed(&at), dashed(&outcomes));
        format!(" | {what} {period} {at} {outcomes} {sums}")
    })
}

fn word(name: &'static str, values: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    prop::sample::select(values.to_vec()).prop_map(move |value| match value {
        "" => String::new(),
        _ => format!(" {name}={value}"),
    })
}

/// One investment. With `related` it may have the identifier of another, and be a part of one.
fn investment(related: bool) -> impl Strategy<Value = String> {
    let identifiers = if related {
        &["", "", "X", "Y", "Z"][..]
    } else {
        &[""]
    };
    let wholes = if related {
        &["", "", "X", "Y", "Z", "NONE"][..]
    } else {
        &[""]
    };
    let owner = prop::sample::select(vec!["hub", "hub", "FN", "IN", "WT"]);
    let amount = prop_oneof![
        9 => (1..200_u32).prop_map(|sum| format!(" amount={sum}")),
        1 => Just(String::new()),
    ];
    let statuses = [
        "committed",
        "committed",
        "ended",
        "proposed",
        "cancelled",
        "withheld",
    ];
    let days = [
        "FY2026..FY2026",
        "FY2026..FY2028",
        "FY2027..FY2027",
        "FY2028..FY2028",
    ];
    let words = (
        amount,
        word("identifier", identifiers),
        word("part_of", wholes),
        word("status", &statuses),
        word("kind", &["cash", "cash", "staff"]),
        word("currency", &["NZD", "NZD", "AUD"]),
        word("gst", &["excluded", "included", "unknown"]),
        word("days", &days),
    );
    let lines = prop::collection::vec(line(), 0..4);
    (owner, places(), outcomes(), words, lines).prop_map(
        |(owner, at, outcomes, (a, b, c, d, e, f, g, h), lines)| {
            let lines = lines.concat();
            format!("{owner} ?{a}{b}{c}{d}{e}{f}{g}{h} at={at} for={outcomes}{lines}")
        },
    )
}

pub(crate) fn all(related: bool) -> impl Strategy<Value = Vec<Invested>> {
    prop::collection::vec(investment(related), 0..=NAMES.len()).prop_map(|texts| {
        let named = texts.iter().zip(NAMES);
        let named = named.map(|(text, name)| invested(&text.replacen('?', name, 1)));
        named.collect()
    })
}

fn count(all: &[Invested], of: &str) -> Money {
    Books::of(all.to_vec(), &BTreeMap::new()).count(period(of), &locations())
}

fn holds<K: Ord>(cut: &Cut<K>, total: &Totals) {
    for measure in Measure::ALL {
        let divided = cut
            .of
            .values()
            .map(|figures| figures.divided.get(measure).value);
        let divided: Number = divided.sum();
        let sum = divided + cut.shared.get(measure).value;
        assert_eq!(sum, total.get(measure).value, "{measure:?}");
        let figures = cut.of.values().flat_map(|one| [one.divided, one.shared]);
        for totals in figures.chain([cut.shared, *total]) {
            let range = totals.get(measure);
            assert!(
                range.low <= range.value && range.value <= range.high,
                "{range:?}"
            );
            assert!(!range.low.is_negative());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// The lines and rests of a period, each once, add up to its totals.
    #[test]
    fn each_line_is_in_the_total_once(all in all(true)) {
        let books = Books::of(all, &BTreeMap::new());
        for of in PERIODS {
            let mut sums: BTreeMap<(Purse, Measure), Number> = BTreeMap::new();
            for one in books.contributions(period(of)) {
                let counts = one.is_counted();
                let sum = sums.entry((one.purse, one.measure)).or_default();
                *sum += if counts { one.amount.value } else { Number::ZERO };
            }
            let pots = books.count(period(of), &locations()).pots;
            for (purse, measure) in sums.keys() {
                let pot = pots.get(purse);
                let total = pot.map_or(Number::ZERO, |pot| pot.total.get(*measure).value);
                prop_assert_eq!(sums[&(purse.clone(), *measure)], total);
            }
            for (purse, pot) in &pots {
                for measure in Measure::ALL {
                    let sum = sums.get(&(purse.clone(), measure)).copied().unwrap_or_default();
                    prop_assert_eq!(sum, pot.total.get(measure).value);
                }
            }
        }
    }

    /// The lines and rests that count add up to each head of each cut, under the heads that they
    /// are listed with.
    #[test]
    fn the_list_of_money_adds_up_to_every_cut(all in all(true)) {
        let books = Books::of(all, &BTreeMap::new());
        let codes = locations();
        for of in PERIODS.map(period) {
            let mut listed: BTreeMap<Purse, [BTreeMap<_, Number>; 3]> = BTreeMap::new();
            for one in books.contributions(of).iter().filter(|one| one.is_counted()) {
                let rows = match one.outcomes.is_empty() {
                    true => vec![Row::NotStated],
                    false => one.outcomes.iter().cloned().collect(),
                };
                let columns = match &one.places {
                    Places::NotStated => vec![Column::NotStated],
                    Places::All => codes.iter().cloned().map(Column::Of).collect(),
                    Places::Of(codes) => codes.iter().cloned().map(Column::Of).collect(),
                };
                let cuts = listed.entry(one.purse.clone()).or_default();
                let (some_rows, some_columns) = (rows.len() > 1, columns.len() > 1);
                let all = one.places == Places::All;
                prop_assert_eq!(one.is_shared, some_rows || some_columns || all);
                let mut add = |cut: usize, key, is_shared: bool| {
                    let key = (key, is_shared, one.measure);
                    *cuts[cut].entry(key).or_default() += one.amount.value;
                };
                for row in &rows {
                    add(0, (Some(row.clone()), None), some_rows);
                    for column in &columns {
                        add(2, (Some(row.clone()), Some(column.clone())), one.is_shared);
                    }
                }
                for column in &columns {
                    add(1, (None, Some(column.clone())), some_columns || all);
                }
            }
            // A line of which nothing is left counts, and adds nothing to any head.
            for cuts in listed.values_mut() {
                cuts.iter_mut().for_each(|cut| cut.retain(|_, sum| !sum.is_zero()));
            }
            listed.retain(|_, cuts| cuts.iter().any(|cut| !cut.is_empty()));
            let counted = books.count(of, &codes).pots.into_iter().map(|(purse, pot)| {
                let mut cuts: [BTreeMap<_, Number>; 3] = Default::default();
                let mut add = |cut: usize, key: (Option<Row>, Option<Column>), figures: &Figures| {
                    for (totals, shared) in [(figures.divided, false), (figures.shared, true)] {
                        for measure in Measure::ALL {
                            let value = totals.get(measure).value;
                            if !value.is_zero() {
                                cuts[cut].insert((key.clone(), shared, measure), value);
                            }
                        }
                    }
                };
                for (row, figures) in &pot.outcomes.of {
                    add(0, (Some(row.clone()), None), figures);
                }
                for (column, figures) in &pot.locations.of {
                    add(1, (None, Some(column.clone())), figures);
                }
                for ((row, column), figures) in &pot.cells.of {
                    add(2, (Some(row.clone()), Some(column.clone())), figures);
                }
                (purse, cuts)
            });
            let counted = counted.filter(|(_, cuts)| cuts.iter().any(|cut| !cut.is_empty()));
            let counted: BTreeMap<_, _> = counted.collect();
            prop_assert_eq!(&listed, &counted);
        }
    }

    /// Total = divided + shared, in every cut, and each sum lies in its range.
    #[test]
    fn the_total_is_divided_plus_shared_in_every_cut(all in all(true)) {
        for of in PERIODS {
            for pot in count(&all, of).pots.values() {
                holds(&pot.cells, &pot.total);
                holds(&pot.outcomes, &pot.total);
                holds(&pot.locations, &pot.total);
            }
        }
    }

    /// Each cell has the lines that name it, and no others.
    #[test]
    fn each_cell_is_the_plain_sum_of_its_lines(all in all(false)) {
        for of in PERIODS {
            let mut model = model::cells(&all, period(of), &locations());
            for (purse, pot) in count(&all, of).pots {
                for ((row, column), figures) in pot.cells.of {
                    let sums = [&figures.divided, &figures.shared].map(|totals| {
                        Measure::ALL.map(|measure| totals.get(measure).value)
                    });
                    let expected = model.remove(&(purse.clone(), row, column));
                    prop_assert_eq!(sums.concat(), expected.unwrap_or_default().to_vec());
                }
            }
            prop_assert_eq!(model.len(), 0);
        }
    }

    /// The order in which investments come makes no difference, down to problems and doubles.
    #[test]
    fn order_makes_no_difference(
        (all, other) in all(true).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
    ) {
        let [one, other] = [all, other].map(|all| Books::of(all, &BTreeMap::new()));
        let count = |books: &Books| books.count(period("FY2027"), &locations());
        prop_assert_eq!(count(&one), count(&other));
        prop_assert!(one.problems().eq(other.problems()));
        prop_assert_eq!(one.differences(), other.differences());
        prop_assert_eq!(one.left(), other.left());
        prop_assert_eq!(one.doubles(), other.doubles());
    }

    /// A hub and a location that state the same are one, and nothing is provisional.
    #[test]
    fn stated_alike_by_another_team_it_is_still_one(mut all in all(false)) {
        for (one, name) in all.iter_mut().zip(NAMES) {
            one.identifier = Some(format!("X{name}"));
            one.owner = Owner::Hub;
            // Only its own team can name a team's own outcome.
            let lines = one.lines.iter_mut();
            let lines = lines.map(|line| Arc::make_mut(&mut line.key.outcomes));
            for outcomes in lines.chain([&mut one.outcomes]) {
                outcomes.retain(|outcome| outcome.code().is_some());
            }
        }
        let once = count(&all, "FY2027");
        let mut twice = all.clone();
        for one in &all {
            let owner = Owner::Location("FN".parse().unwrap());
            twice.push(Invested { owner, ..one.clone() });
        }
        let books = Books::of(twice, &BTreeMap::new());
        prop_assert_eq!(books.count(period("FY2027"), &locations()), once);
        prop_assert_eq!(books.differences(), &[]);
    }

    /// A location that gives its records the ids of others' changes nothing of theirs, and theirs
    /// nothing of its own.
    #[test]
    fn copied_ids_move_nothing_of_others(
        all in all(true),
        copies in all(false),
        code in prop::sample::select(vec!["AA", "ZZ"]),
    ) {
        let copier = Owner::Location(code.parse().unwrap());
        let copies: Vec<Invested> = copies
            .into_iter()
            .map(|one| Invested { owner: copier.clone(), funder: "Other".to_owned(), ..one })
            .collect();
        let owned = [(copier.clone(), "HOMES"), (Owner::Hub, "VAX")];
        let shared: SharedOutcomes = owned
            .map(|(owner, code)| ((owner, id("OWN")), code.parse().unwrap()))
            .into();
        let books = |all: &[&[Invested]]| Books::of(all.concat(), &shared);
        let (apart, alone) = (books(&[&all]), books(&[&copies]));
        let both = books(&[&all, &copies]);
        for (of, is_copier) in [(&apart, false), (&alone, true)] {
            let is_of = |owner: &Owner| (*owner == copier) == is_copier;
            let all = if is_copier { &copies } else { &all };
            for one in all {
                let key = one.key();
                prop_assert_eq!(both.investment(&key), Some(one));
                prop_assert_eq!(both.rest_of(&key), of.rest_of(&key));
                prop_assert_eq!(both.parts_of(&key), of.parts_of(&key));
            }
            for period in PERIODS.map(period) {
                let mut lines = both.contributions(period);
                lines.retain(|one| is_of(&one.owner));
                prop_assert_eq!(lines, of.contributions(period));
            }
            let left = both.left().iter().filter(|one| is_of(&one.of.0));
            prop_assert!(left.eq(of.left()));
            let problems = both.problems().filter(|one| is_of(&one.investments()[0].0));
            prop_assert!(problems.eq(of.problems()));
        }
        prop_assert_eq!(both.differences(), apart.differences());
    }

    /// Proposals and stubs change no figure, and one currency none of another.
    #[test]
    fn what_is_not_counted_changes_nothing(all in all(true), more in all(false)) {
        let before = count(&all, "FY2027");
        let mut with = all;
        with.extend(more.into_iter().map(|one| Invested {
            currency: "EUR".parse().unwrap(),
            ..one
        }));
        let mut after = count(&with, "FY2027");
        after.pots.retain(|purse, _| purse.currency.as_str() != "EUR");
        prop_assert_eq!(&after, &before);
        let stubs = with.into_iter().map(|mut one| {
            if one.currency.as_str() == "EUR" {
                one.currency = "NZD".parse().unwrap();
                one.status = InvestmentStatus::Proposed;
            }
            one
        });
        prop_assert_eq!(count(&stubs.collect::<Vec<_>>(), "FY2027"), before);
    }

    /// An investment that is divided into parts, and these into parts, is as much as before.
    #[test]
    fn parts_change_no_total(cuts in prop::collection::vec((0..6_usize, 1..50_u32), 0..5)) {
        let mut amounts = vec![1_000_u32];
        let mut texts = vec!["hub A amount=1000 identifier=I0".to_owned()];
        for (nth, (whole, amount)) in cuts.iter().enumerate() {
            let whole = whole % amounts.len();
            let amount = (*amount).min(amounts[whole]);
            if amount == 0 {
                continue;
            }
            amounts[whole] -= amount;
            // The part is as large as what it will be divided into.
            amounts.push(amount);
            let name = NAMES[nth + 1];
            let number = amounts.len() - 1;
            texts.push(format!(
                "hub {name} amount={amount} part_of=I{whole} identifier=I{number} at=FN"
            ));
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let money = books(&texts).count(period("FY2027"), &locations());
        let total = money.pots.values().next().unwrap().total.in_force;
        prop_assert_eq!(total, Range::of(1_000.into(), 1_000.into()));
        prop_assert_eq!(problems(&texts), Vec::<String>::new());
    }

    /// A location's column, computed from the hub's investments and its own, is that of the whole,
    /// unless another location's statement reaches into it. Then it says whose.
    #[test]
    fn our_own_column_is_the_wholes(all in all(true)) {
        let whole = Books::of(all.clone(), &BTreeMap::new());
        let money = whole.count(period("FY2027"), &locations());
        for code in locations() {
            if !whole.beyond(&code).is_empty() {
                continue;
            }
            let owner = Owner::Location(code.clone());
            let mut ours = all.clone();
            ours.retain(|one| one.owner == Owner::Hub || one.owner == owner);
            let ours = Books::of(ours, &BTreeMap::new());
            let ours = ours.count(period("FY2027"), &[code.clone()].into());
            let column = Column::Of(code);
            let cells = |money: &Money| {
                let pots = money.pots.iter();
                let cells = pots.flat_map(|(purse, pot)| {
                    let cells = pot.cells.of.iter();
                    let cells = cells.filter(|((_, one), _)| *one == column);
                    cells.map(|(key, figures)| (purse.clone(), key.clone(), *figures))
                });
                cells.collect::<Vec<_>>()
            };
            prop_assert_eq!(cells(&ours), cells(&money));
        }
    }

    /// Each cell by itself is that of the whole matrix, and its lines add up to it.
    #[test]
    fn each_cell_is_explained(all in all(true)) {
        let books = Books::of(all, &BTreeMap::new());
        let of = period("FY2027");
        for (purse, pot) in books.count(of, &locations()).pots {
            for ((row, column), figures) in &pot.cells.of {
                let explained = books.explain(of, row, column);
                let found = explained.figures.get(&purse).copied().unwrap_or_default();
                prop_assert_eq!(&found, figures);
                for measure in Measure::ALL {
                    let lines = explained.contributions.iter().filter(|one| {
                        one.purse == purse && one.measure == measure && one.is_counted()
                    });
                    let sum: Number = lines.map(|one| one.amount.value).sum();
                    let both = [figures.divided, figures.shared];
                    let shown = both.iter().map(|totals| totals.get(measure).value).sum();
                    prop_assert_eq!(sum, shown);
                }
            }
        }
    }
}
