//! Properties: cells from sums are those from facts, whatever was stated and wherever it is.

mod world;

use std::collections::BTreeSet;

use proptest::{prelude::*, sample::select};

use self::world::{said, world};
use super::*;
use crate::{
    model::number::Number,
    rollup::{
        AmountKind, Level, Parts, PlaceSet, Plain, Sum, Summed, cells, coverage,
        coverage_of_series, levels, places_to_list,
        series::{Base, Bases, Point, step, step_of_sums},
        whole_locations,
    },
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn sums_are_what_cells_says(world in world()) {
        for (of_facts, of_sums) in world.store().cells().into_values() {
            let Some(Summed { mut cell, bases }) = of_sums else {
                prop_assert_eq!(of_facts, None);
                continue;
            };
            let of_facts = of_facts.unwrap();
            match bases {
                Bases::Listed(listed) => prop_assert_eq!(&listed, &of_facts.bases),
                Bases::Summed { areas, denominator, whole } => {
                    let known: Vec<Number> =
                        of_facts.bases.iter().filter_map(|base| base.denominator).collect();
                    let sum = (!known.is_empty()).then(|| known.iter().copied().sum());
                    prop_assert_eq!((areas.len(), denominator), (of_facts.bases.len(), sum));
                    let is_growth = |base: &Base| base.is_growth;
                    prop_assert!(!whole || !of_facts.bases.iter().any(is_growth));
                }
            }
            cell.bases.clone_from(&of_facts.bases);
            prop_assert_eq!(cell, of_facts);
        }
    }

    #[test]
    fn steps_between_sums_are_those_between_facts(world in world()) {
        let store = world.store();
        let cells: Vec<_> = store.cells().into_iter().collect();
        for pair in cells.windows(2) {
            let [((one, _), (Some(before), Some(from))), ((other, _), (Some(after), Some(to)))] =
                pair
            else {
                continue;
            };
            let has_value = |cell: &Cell| cell.value.is_some() && cell.n_contested == 0;
            if one != other || !has_value(before) || !has_value(after) {
                continue;
            }
            let versions = store.expected.network().versions(&one.indicator).unwrap();
            let (before, after) = (Point::of_cell(before), Point::of_cell(after));
            let found = step_of_sums((&before, &from.bases), (&after, &to.bases), versions);
            if let Some(found) = found {
                prop_assert_eq!(found, step(&before, &after, versions));
                continue;
            }
            let whole = |bases: &Bases| matches!(bases, Bases::Summed { whole: true, .. });
            prop_assert!(!whole(&from.bases) || !whole(&to.bases));
        }
    }

    #[test]
    fn the_coverage_of_sums_is_that_of_facts(world in world(), of_locations in any::<bool>()) {
        let store = world.store();
        let mut by_facts = coverage(&store.facts, store.expected.network());
        let levels = match of_locations {
            true => levels(store.expected.network()).collect(),
            false => BTreeSet::from([Level::Network]),
        };
        by_facts.retain(|key, _| levels.contains(&key.level));
        let mut by_sums = BTreeMap::new();
        let mut series: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (slice, facts) in store.slices() {
            series.entry(slice.breakdown.clone()).or_default().push((slice, facts));
        }
        for slices in series.values() {
            let parts = |more: &PlaceSet| -> Vec<Parts> {
                let slices = slices.iter();
                slices.map(|(slice, facts)| store.parts(slice, facts, more)).collect()
            };
            let more = places_to_list(&parts(&PlaceSet::default()), &levels, &store.expected);
            by_sums.extend(coverage_of_series(&parts(&more), &levels, &store.expected));
        }
        prop_assert_eq!(by_sums, by_facts);
    }

    #[test]
    fn what_is_whole_in_sums_is_whole_in_facts(world in world()) {
        let store = world.store();
        let network = store.expected.network();
        for (slice, facts) in store.slices() {
            let parts = store.parts(&slice, &facts, &PlaceSet::default());
            let cells = cells(&slice, &facts, network);
            let whole = whole_locations(&parts, &store.expected);
            prop_assert_eq!(whole.is_some(), !cells.is_empty());
            for ((code, is_whole), cell) in whole.into_iter().flatten().zip(&cells) {
                prop_assert_eq!(Some(code), cell.key.level.location());
                prop_assert!(!is_whole || cell.n_areas > 0 && !cell.is_partial(), "{cell:?}");
                let is_plain = cell.n_areas_expected == 1 && cell.status == Status::Normal;
                let counts = cell.numerator.is_some() && cell.n_contested == 0;
                let own: Vec<_> = parts.listed.iter().map(|fact| fact.location).collect();
                let id = network.member(code).and_then(|member| member.place.location_id);
                let is_listed = id.is_some_and(|id| own.contains(&id));
                prop_assert!(is_whole || is_listed || !(is_plain && counts), "{cell:?}");
            }
        }
    }

    #[test]
    fn plain_cells_are_those_of_all_the_rules(world in world()) {
        let store = world.store();
        let network = store.expected.network();
        for (slice, facts) in store.slices() {
            for cell in cells(&slice, &facts, network) {
                let code = cell.key.level.location();
                let Some(member) = code.and_then(|code| network.member(code)) else {
                    continue;
                };
                let id = member.place.location_id;
                let own: Vec<_> = facts.iter().filter(|fact| Some(fact.location) == id).collect();
                let [Fact { key, stated, .. }] = own.as_slice() else {
                    continue;
                };
                let [Stated { statement, at, .. }] = stated.as_slice() else {
                    continue;
                };
                let mut plain = Plain::new(network, member);
                let found = plain.cell(&slice, &key.area, (statement, *at));
                let is_usual = AmountKind::of(key, stated, network) == AmountKind::Share
                    && key.breakdown == slice.breakdown
                    && cell.n_areas_expected == 1
                    && cell.n_areas == 1
                    && cell.base_changed.is_none();
                prop_assert!(found.is_some() || !is_usual, "{cell:?}");
                if let Some(found) = found {
                    prop_assert_eq!(found, cell);
                }
            }
        }
    }

    #[test]
    fn whole_shares_are_of_one_kind(world in world(), part in 0..5_000_i64, rest in 0..5_000_i64) {
        let store = world.store();
        let network = store.expected.network();
        for Fact { key, stated, .. } in &store.facts {
            for Stated { statement, .. } in stated {
                let Statement { definition, status, audience, .. } = *statement;
                let without = Statement::without_figure(definition, status, audience);
                if AmountKind::is_share_if_whole(key, &without, network) {
                    let whole = Statement {
                        numerator: Some(part.into()),
                        denominator: Some((part + rest + 1).into()),
                        ..without
                    };
                    let kind = AmountKind::of_one(key, &whole, network);
                    prop_assert_eq!(kind, AmountKind::Share);
                }
            }
        }
    }

    #[test]
    fn adding_and_taking_away_leaves_nothing(
        said in prop::collection::vec((said(), any::<u32>()), 1..20),
        kind in select(vec![
            AmountKind::Share, AmountKind::Count, AmountKind::Value, AmountKind::Survey,
            AmountKind::None,
        ]),
    ) {
        let definitions = definitions();
        let stated: BTreeMap<u32, Stated> = said
            .iter()
            .map(|(said, place)| (*place, said.stated(&definitions[..1])))
            .collect();
        let nothing = Sum::new(definitions[0].hash(), Status::Normal, kind);
        let sum = |places: &[u32]| {
            let mut sum = nothing.clone();
            for place in places {
                sum.add(*place, &stated[place].statement, stated[place].at);
            }
            sum
        };
        let places: Vec<u32> = stated.keys().copied().collect();
        let half = places.len() / 2;
        let mut left = sum(&places);
        for (at, place) in places.iter().enumerate() {
            if at == half {
                // In between it is the sum of those that are left; only the latest may be unknown.
                let rest = sum(&places[half..]);
                let latest = left.latest.or(rest.latest);
                prop_assert_eq!(Sum { latest, ..left.clone() }, Sum { latest, ..rest });
            }
            left.subtract(*place, &stated[place].statement, stated[place].at);
        }
        prop_assert_eq!(left, nothing);
    }
}
