//! The relations between the cells of a release: what its readers know of them.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    disclosure::{self, Before, CellKey, Contributions, Counts},
    id::IndicatorCode,
    model::{
        indicator::{Definition, DefinitionKey, Settings},
        number::Number,
        observation::Breakdown,
    },
    period::{Date, Frequency, Period},
    rollup::Network,
};

use super::collect::{MadeOf, SliceOf};

/// The first and the last day of a period.
type Span = (Date, Date);

/// The cells of a series by frequency and span.
type Series<'a> = BTreeMap<Frequency, BTreeMap<Span, &'a CellKey>>;

/// The relations between cells that definitions state: those of this release, and those that
/// earlier ones showed.
pub(super) fn relations(
    slices: &[SliceOf],
    before: &Before,
    network: &Network,
) -> disclosure::Relations {
    let shown = before.published().map(|one| &one.cell.key);
    let keys: BTreeSet<&CellKey> = slices.iter().map(|slice| &slice.key).chain(shown).collect();
    let mut relations = disclosure::Relations::default();
    // The last version of a definition comes last, and stays.
    let newest: BTreeMap<(&IndicatorCode, Period, &Breakdown), &CellKey> = keys
        .iter()
        .map(|key| ((&key.definition.code, key.period, &key.breakdown), *key))
        .collect();
    let mut series: BTreeMap<(&DefinitionKey, &Breakdown), Vec<&CellKey>> = BTreeMap::new();
    for key in &keys {
        let DefinitionKey { code, version } = &key.definition;
        let Some(definition) = network.version(code, *version) else {
            continue;
        };
        let Some(settings) = network.settings(definition) else {
            continue;
        };
        relations.sums.extend(sums(key, definition, settings));
        if let Some(whole) = &settings.part_of {
            let whole = newest.get(&(whole, key.period, &key.breakdown));
            let pair = whole.map(|whole| ((*key).clone(), (*whole).clone()));
            relations.part_of.extend(pair);
        }
        if settings.over_time.is_some() {
            let of = series.entry((&key.definition, &key.breakdown)).or_default();
            of.push(key);
        }
    }
    for mut of in series.into_values() {
        of.sort_by_key(|key| key.period);
        let pairs = of.windows(2).filter_map(|pair| match pair {
            [one, next] => Some(((*one).clone(), (*next).clone())),
            _ => None,
        });
        relations.cumulative.extend(pairs);
    }
    relations.sums.extend(over_time(&keys, slices, before));
    relations
}

/// The sums of periods: a quarter whose three months are in releases too, and add up to it at each
/// place. The reader sees that they do, and subtracts.
fn over_time(
    keys: &BTreeSet<&CellKey>,
    slices: &[SliceOf],
    before: &Before,
) -> Vec<disclosure::Sum> {
    let mut counts: BTreeMap<&CellKey, &Contributions> = BTreeMap::new();
    for one in before.published() {
        counts.insert(&one.cell.key, &one.cell.contributions);
    }
    for slice in slices {
        if let MadeOf::Counts(_, contributions) = &slice.made_of {
            counts.insert(&slice.key, contributions);
        }
    }
    let mut series: BTreeMap<(&DefinitionKey, &Breakdown), Series<'_>> = BTreeMap::new();
    for key in keys {
        let of = series.entry((&key.definition, &key.breakdown)).or_default();
        let of = of.entry(key.period.frequency()).or_default();
        of.insert((key.period.start(), key.period.end()), key);
    }
    let mut found = Vec::new();
    for key in keys {
        let of = &series[&(&key.definition, &key.breakdown)];
        let sums = of.values().map(|finer| within(key, finer));
        found.extend(sums.filter_map(|parts| sum_over_time(key, &parts, &counts)));
    }
    found
}

/// The other periods that lie in the period of `total`, in their order. They are looked up.
fn within<'a>(total: &CellKey, of: &BTreeMap<Span, &'a CellKey>) -> Vec<&'a CellKey> {
    let (start, end) = (total.period.start(), total.period.end());
    let from = of.range((start, start)..=(end, end));
    let from = from.filter(|((_, last), part)| *last <= end && part.period != total.period);
    from.map(|(_, part)| *part).collect()
}

/// The sum of periods that follow each other without a gap from the first day of the total to its
/// last, if they add up to it.
fn sum_over_time(
    total: &CellKey,
    parts: &[&CellKey],
    counts: &BTreeMap<&CellKey, &Contributions>,
) -> Option<disclosure::Sum> {
    let mut next = Some(total.period.start());
    for part in parts {
        if next != Some(part.period.start()) {
            return None;
        }
        next = part.period.end().tomorrow().ok();
    }
    if next != total.period.end().tomorrow().ok() {
        return None;
    }
    let whole = counts.get(total)?;
    let parts_of: Option<Vec<&Contributions>> = parts
        .iter()
        .map(|part| counts.get(*part).copied())
        .collect();
    let parts_of = parts_of?;
    let adds_up = |of: fn(&Counts) -> Option<Number>| {
        let places = whole
            .iter()
            .flat_map(|(code, areas)| areas.iter().map(move |(area, counts)| (code, area, counts)));
        places.into_iter().all(|(code, area, counts)| {
            let parts = parts_of
                .iter()
                .map(|one| of(one.get(code)?.get(area)?))
                .collect::<Option<Vec<Number>>>();
            parts.map(|all| all.into_iter().sum()) == of(counts)
        })
    };
    let same_places = parts_of.iter().all(|one| {
        let places = |of: &Contributions| of.values().map(BTreeMap::len).sum::<usize>();
        places(one) == places(whole)
    });
    if !same_places || !adds_up(|counts| Some(counts.numerator)) {
        return None;
    }
    Some(disclosure::Sum {
        total: total.clone(),
        parts: parts.iter().map(|part| (*part).clone()).collect(),
        denominators: adds_up(|counts| counts.denominator),
    })
}

/// The sums whose total is this cell: the values of each complete breakdown that it does not name.
fn sums(key: &CellKey, definition: &Definition, settings: &Settings) -> Vec<disclosure::Sum> {
    let parts = key.breakdown.parts();
    let named: BTreeSet<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
    let complete = settings.complete.iter();
    let complete = complete.filter(|name| !named.contains(name.as_str()));
    let sum = |name: &String| {
        let values = definition.breakdowns.get(name)?;
        let keys = values.iter().map(|value| {
            let with = parts.iter().cloned();
            let with = with.chain([(name.clone(), value.clone())]);
            let breakdown = Breakdown::crossed(with).ok()?;
            Some(CellKey {
                breakdown,
                ..key.clone()
            })
        });
        let parts: Option<Vec<CellKey>> = keys.collect();
        Some(disclosure::Sum {
            total: key.clone(),
            parts: parts.filter(|parts| !parts.is_empty())?,
            denominators: true,
        })
    };
    complete.filter_map(sum).collect()
}

#[cfg(test)]
mod tests {
    use weft_shared::{
        id::{AreaCode, LocationCode},
        model::observation::TOTAL,
    };

    use super::*;

    fn key(period: &str) -> CellKey {
        CellKey {
            definition: "VISITS/1".parse().unwrap(),
            period: period.parse().unwrap(),
            breakdown: Breakdown::from_key(TOTAL).unwrap(),
        }
    }

    fn counts(numerators: [i64; 2]) -> Contributions {
        let places = [("FN", "NORTH"), ("RT", "ROTO")]
            .into_iter()
            .zip(numerators);
        let place = |((code, area), numerator): ((&str, &str), i64)| {
            let counts = Counts {
                numerator: Number::from(numerator),
                denominator: Some(Number::from(100)),
            };
            let area: AreaCode = area.parse().unwrap();
            let code: LocationCode = code.parse().unwrap();
            (code, BTreeMap::from([(area, counts)]))
        };
        places.map(place).collect()
    }

    #[test]
    fn months_without_a_gap_that_add_up_at_each_place_are_a_sum_of_the_quarter() {
        let months = ["2024-01", "2024-02", "2024-03"].map(key);
        let each = [[1, 30], [20, 40], [2, 50]].map(counts);
        let quarter = key("2024-Q1");
        let find = |total: [i64; 2], parts: &[usize]| {
            let whole = counts(total);
            let mut all: BTreeMap<&CellKey, &Contributions> = months.iter().zip(&each).collect();
            all.insert(&quarter, &whole);
            let finer = parts.iter().map(|at| &months[*at]);
            let finer = finer.map(|key| ((key.period.start(), key.period.end()), key));
            // Neighbours that lie outside of the quarter in part, and the quarter itself.
            let around = ["2023-12", "2024-04", "2024", "2024-Q1"].map(key);
            let around = around
                .iter()
                .map(|key| ((key.period.start(), key.period.end()), key));
            let finer: BTreeMap<Span, &CellKey> = finer.chain(around).collect();
            sum_over_time(&quarter, &within(&quarter, &finer), &all)
        };
        let found = find([23, 120], &[0, 1, 2]).unwrap();
        assert_eq!(found.total, quarter);
        assert_eq!(found.parts, months);
        // The same people in each month are not added up.
        assert!(!found.denominators);
        // Other sums at a place, and a month that is missing.
        assert_eq!(find([24, 119], &[0, 1, 2]), None);
        assert_eq!(find([22, 90], &[1, 2]), None);
        assert_eq!(find([3, 80], &[0, 2]), None);
        assert_eq!(find([23, 120], &[]), None);
    }
}
