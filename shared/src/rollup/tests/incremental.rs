//! Properties: updating cell by cell gives the same result as a rebuild, in any order of facts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    model::number::Number,
    rollup::{Cell, CellKey, Slice, cells as compute, interval, levels, rollup, tally::Amount},
};

const LOCATIONS: [&str; 4] = ["AA", "BB", "CC", "DD"];
const AREAS: [(&str, &str); 3] = [("ONE", "One"), ("TWO", "Two"), ("TRE", "Three")];

/// Three confirmed locations, the last without areas, and one that is not confirmed.
fn small_network() -> Network {
    let definitions = definitions();
    let adopted: Vec<&Definition> = definitions.iter().filter(|one| one.version == 1).collect();
    let mut members: Vec<_> = LOCATIONS
        .iter()
        .zip([&AREAS[..1], &AREAS[..], &[], &AREAS[..2]])
        .map(|(code, areas)| member(code, code, areas, &adopted))
        .collect();
    decline(&mut members[1], "VAX_PRIMARY", "Too few people");
    members[3].place.confirmed_at = None;
    Network::new(members, definitions)
}

/// The statements that one location makes at once: location, area, period and statements.
#[derive(Clone, Debug)]
struct Saying {
    location: usize,
    area: &'static str,
    period: &'static str,
    statements: Vec<(usize, i64, i64, &'static str)>,
}

fn saying() -> impl Strategy<Value = Saying> {
    let statement = (
        0_usize..2,
        0_i64..50,
        0_i64..100,
        prop::sample::select(vec!["A", "A", "A", "E", "P", "L", "Q", "M", "O"]),
    );
    (
        0_usize..LOCATIONS.len(),
        prop::sample::select(vec!["ONE", "TWO", "TRE", "CC", "ELSEWHERE"]),
        prop::sample::select(vec!["2023-04", "2023-05"]),
        prop::collection::vec(statement, 0..4),
    )
        .prop_map(|(location, area, period, statements)| Saying {
            location,
            area,
            period,
            statements,
        })
}

impl Saying {
    fn fact(&self, definitions: &[Definition]) -> Fact {
        let of_code: Vec<_> = definitions
            .iter()
            .filter(|one| one.code.as_str() == "VAX_PRIMARY")
            .collect();
        let statements = self
            .statements
            .iter()
            .map(|(version, numerator, more, status)| {
                let figure = match Status::is_without_figure(status.parse().unwrap()) {
                    true => format!("/{}", numerator + more),
                    false => format!("{numerator}/{}", numerator + more),
                };
                statement(of_code[*version], &figure, status)
            });
        let key = format!("VAX_PRIMARY/{}/{}/age=12%2B", self.area, self.period);
        let location = LocationCode::parse(LOCATIONS[self.location]).unwrap();
        fact(&location, key.parse().unwrap(), statements.collect())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn incremental_equals_rebuilt(sayings in prop::collection::vec(saying(), 1..24)) {
        let (network, definitions) = (small_network(), definitions());
        let mut facts: BTreeMap<(LocationId, ObservationKey), Fact> = BTreeMap::new();
        let mut cells: BTreeMap<CellKey, Cell> = BTreeMap::new();
        for saying in &sayings {
            let fact = saying.fact(&definitions);
            let slice = Slice::of(&fact.key);
            let keys: Vec<CellKey> = levels(&network).map(|level| slice.at(level)).collect();
            // No statement is left: the fact is gone.
            if fact.stated.is_empty() {
                facts.remove(&(fact.location, fact.key));
            } else {
                facts.insert((fact.location, fact.key.clone()), fact);
            }
            for key in keys {
                let slice = key.slice();
                let own: Vec<Fact> = facts
                    .values()
                    .filter(|fact| Slice::of(&fact.key) == slice)
                    .cloned()
                    .collect();
                match compute(&slice, &own, &network).into_iter().find(|one| one.key == key) {
                    Some(cell) => cells.insert(key, cell),
                    None => cells.remove(&key),
                };
            }
        }
        let facts: Vec<Fact> = facts.into_values().collect();
        let rebuilt = rollup(&facts, &network);
        prop_assert_eq!(cells.into_values().collect::<Vec<_>>(), rebuilt);
    }

    #[test]
    fn arrival_order_is_invisible(
        sayings in prop::collection::vec(saying(), 1..16),
        turns in prop::collection::vec(0_usize..16, 16),
    ) {
        let (network, definitions) = (small_network(), definitions());
        let facts: Vec<Fact> = sayings.iter().map(|saying| saying.fact(&definitions)).collect();
        let mut shuffled = facts.clone();
        for (index, turn) in turns.into_iter().enumerate() {
            let length = shuffled.len();
            shuffled.swap(index % length, turn % length);
        }
        for fact in &mut shuffled {
            fact.stated.reverse();
        }
        prop_assert_eq!(rollup(&shuffled, &network), rollup(&facts, &network));
    }

    /// Compares the extremes of contested shares with a trial of every choice.
    #[test]
    fn intervals_are_what_trying_everything_finds(
        settled in (0_i64..100, 1_i64..200),
        contested in prop::collection::vec(
            prop::collection::vec(prop::option::of((0_i64..100, 1_i64..200)), 1..4), 0..5),
    ) {
        let share = |(n, d): (i64, i64)| Amount::Share(n.into(), d.into());
        let choices: Vec<_> = contested
            .iter()
            .map(|choices| choices.iter().map(|choice| choice.map(share)).collect())
            .collect();
        let value = |n: Number, d: Number| n.ratio(d, Number::from(100), 6);
        let found = interval::shares((settled.0.into(), settled.1.into()), &choices, value);
        let mut sums = vec![settled];
        for choices in &contested {
            let each = |sum: &(i64, i64)| {
                let (n, d) = *sum;
                let choices = choices.iter().map(|choice| choice.unwrap_or((0, 0)));
                choices.map(move |one| (n + one.0, d + one.1)).collect::<Vec<_>>()
            };
            sums = sums.iter().flat_map(each).collect();
        }
        let values = || sums.iter().map(|(n, d)| value((*n).into(), (*d).into()));
        prop_assert_eq!(found.value_low, values().min().flatten());
        prop_assert_eq!(found.value_high, values().max().flatten());
        let numerators = || sums.iter().map(|sum| Number::from(sum.0));
        prop_assert_eq!(found.numerator_low, numerators().min());
        prop_assert_eq!(found.numerator_high, numerators().max());
    }
}
