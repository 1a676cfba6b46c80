//! The relations between the cells of a release: what its readers know of them.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    disclosure::{self, Before, Cell, CellKey},
    id::IndicatorCode,
    model::{
        indicator::{Definition, DefinitionKey, MappingKind, Settings},
        label::folded,
        observation::Breakdown,
    },
    period::{Date, Period},
    rollup::Network,
};

use super::collect::SliceOf;

/// Cells by what they count: versions that mean the same are one.
type Places<'a> = BTreeMap<(Same, Period, &'a Breakdown), Vec<&'a CellKey>>;

/// The periods of a series by their first days, the shortest first.
type Series<'a> = BTreeMap<Date, Vec<&'a CellKey>>;

/// An indicator and the first of those of its versions that mean the same as one of them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Same {
    code: IndicatorCode,
    first: u32,
}

impl Same {
    fn of(network: &Network, key: &DefinitionKey) -> Self {
        let mut first = key.version;
        let from = |version: u32| network.version(&key.code, version)?.from.as_ref();
        while let Some(from) = from(first)
            && from.kind == MappingKind::Exact
            && from.version < first
        {
            first = from.version;
        }
        Self {
            code: key.code.clone(),
            first,
        }
    }
}

/// The relations between cells that definitions state: those of this release, those that earlier
/// ones showed, and those that offices published.
pub(super) fn relations(
    slices: &[SliceOf],
    known: Vec<Cell>,
    before: &Before,
    network: &Network,
) -> disclosure::Relations {
    let shown = before.published().map(|one| &one.cell.key);
    let slices = slices.iter().map(|slice| &slice.key);
    let published = known.iter().map(|cell| &cell.key);
    let keys: BTreeSet<CellKey> = slices.chain(shown).chain(published).cloned().collect();
    let mut relations = disclosure::Relations {
        known,
        ..disclosure::Relations::default()
    };
    // The last version of a definition comes last, and stays.
    let newest: BTreeMap<(&IndicatorCode, Period, &Breakdown), &CellKey> = keys
        .iter()
        .map(|key| ((&key.definition.code, key.period, key.breakdown()), key))
        .collect();
    let mut places: Places<'_> = BTreeMap::new();
    let mut series: BTreeMap<(Same, &Breakdown), Vec<&CellKey>> = BTreeMap::new();
    for key in &keys {
        let same = Same::of(network, &key.definition);
        let of = places.entry((same.clone(), key.period, key.breakdown()));
        of.or_default().push(key);
        series.entry((same, key.breakdown())).or_default().push(key);
    }
    for key in &keys {
        let Some((definition, settings)) = defined(network, key) else {
            continue;
        };
        relations
            .sums
            .extend(sums(key, (definition, settings), network, &places));
        if let Some(whole) = &settings.part_of {
            let whole = newest.get(&(whole, key.period, key.breakdown()));
            let pair = whole.map(|whole| (key.clone(), (*whole).clone()));
            relations.part_of.extend(pair);
        }
    }
    relations
        .sums
        .extend(places.values().flat_map(|of| versions(of)));
    for mut of in series.into_values() {
        of.sort_by_key(|key| (key.period, key.definition.version));
        of.dedup_by_key(|key| key.period);
        let grows = of.iter().filter(|key| {
            defined(network, key).is_some_and(|(_, settings)| settings.over_time.is_some())
        });
        let grows: Vec<&CellKey> = grows.copied().collect();
        let pairs = grows.windows(2).filter_map(|pair| match pair {
            [one, next] => Some(((*one).clone(), (*next).clone())),
            _ => None,
        });
        relations.cumulative.extend(pairs);
        relations.sums.extend(over_time(&of));
    }
    relations
}

/// These indicators, with those that include them or are part of them, and those of these.
pub(super) fn tied<'n>(
    mut codes: BTreeSet<&'n IndicatorCode>,
    networks: &[&'n Network],
) -> BTreeSet<&'n IndicatorCode> {
    let pairs = networks.iter().flat_map(|network| {
        let codes = network.indicators();
        codes.filter_map(|code| {
            let settings = network.settings(network.newest(code)?)?;
            Some((code, settings.part_of.as_ref()?))
        })
    });
    let pairs: Vec<_> = pairs.collect();
    loop {
        let before = codes.len();
        for (code, whole) in &pairs {
            if codes.contains(code) || codes.contains(whole) {
                codes.extend([*code, *whole]);
            }
        }
        if codes.len() == before {
            return codes;
        }
    }
}

fn defined<'n>(network: &'n Network, key: &CellKey) -> Option<(&'n Definition, &'n Settings)> {
    let DefinitionKey { code, version } = &key.definition;
    let definition = network.version(code, *version)?;
    Some((definition, network.settings(definition)?))
}

/// One figure under several versions that mean the same: each is all of the one before.
fn versions(of: &[&CellKey]) -> Vec<disclosure::Sum> {
    let pairs = of.windows(2).filter_map(|pair| match pair {
        [one, next] => Some(disclosure::Sum {
            total: (*next).clone(),
            parts: vec![(*one).clone()],
            denominators: true,
            // If the two differ at a place, one of them was corrected.
            over_time: true,
        }),
        _ => None,
    });
    pairs.collect()
}

/// The sums of periods: a quarter whose three months are in releases too. The reader sees that they
/// add up, and subtracts. Disclosure control looks at which places they do.
fn over_time(of: &[&CellKey]) -> Vec<disclosure::Sum> {
    let mut series: Series<'_> = BTreeMap::new();
    for key in of {
        series.entry(key.period.start()).or_default().push(key);
    }
    for from in series.values_mut() {
        from.sort_by_key(|key| key.period.end());
    }
    let of_total = |total: &&CellKey| {
        let parts: BTreeSet<Vec<&CellKey>> = [false, true]
            .into_iter()
            .filter_map(|longest| tiles(total, &series, longest))
            .collect();
        let total = (*total).clone();
        parts.into_iter().map(move |parts| disclosure::Sum {
            total: total.clone(),
            parts: parts.into_iter().cloned().collect(),
            denominators: true,
            over_time: true,
        })
    };
    of.iter().flat_map(of_total).collect()
}

/// Other periods that follow each other without a gap from the first day of the total to its last;
/// `None` if one is missing. Where several begin on a day, the longest is taken or the shortest.
fn tiles<'a>(total: &CellKey, series: &Series<'a>, longest: bool) -> Option<Vec<&'a CellKey>> {
    let (mut next, end) = (total.period.start(), total.period.end());
    let mut parts = Vec::new();
    loop {
        let within = series.get(&next)?.iter();
        let mut within =
            within.filter(|part| part.period.end() <= end && part.period != total.period);
        let part = match longest {
            true => within.next_back(),
            false => within.next(),
        };
        let part = *part?;
        parts.push(part);
        if part.period.end() == end {
            return Some(parts);
        }
        next = part.period.end().tomorrow().ok()?;
    }
}

/// The sums whose total is this cell: the values of each complete breakdown that it does not name.
/// A value of which the version has no cell may have one of a version that means the same.
fn sums(
    key: &CellKey,
    (definition, settings): (&Definition, &Settings),
    network: &Network,
    places: &Places<'_>,
) -> Vec<disclosure::Sum> {
    let parts = key.breakdown().parts();
    let named: BTreeSet<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
    let complete = settings.complete.iter();
    let complete = complete.filter(|name| !named.contains(folded(name).as_str()));
    let same = Same::of(network, &key.definition);
    let sum = |name: &String| {
        let values = definition.breakdowns.get(name)?;
        let keys = values.iter().map(|value| {
            let with = parts.iter().cloned();
            let with = with.chain([(name.clone(), value.clone())]);
            let breakdown = Breakdown::crossed(with).ok()?.folded();
            let of = places.get(&(same.clone(), key.period, &breakdown));
            let of = of.into_iter().flatten();
            let own = of.clone().find(|one| one.definition == key.definition);
            let other = own.or_else(|| of.last());
            Some(other.map_or_else(
                || CellKey::new(key.definition.clone(), key.period, &breakdown),
                |other| (*other).clone(),
            ))
        });
        let parts: Option<Vec<CellKey>> = keys.collect();
        Some(disclosure::Sum {
            total: key.clone(),
            parts: parts.filter(|parts| !parts.is_empty())?,
            denominators: true,
            over_time: false,
        })
    };
    complete.filter_map(sum).collect()
}

#[cfg(test)]
mod tests {
    use weft_shared::model::observation::TOTAL;

    use super::*;

    fn key(version: u32, period: &str) -> CellKey {
        CellKey::new(
            format!("VISITS/{version}").parse().unwrap(),
            period.parse().unwrap(),
            &Breakdown::from_key(TOTAL).unwrap(),
        )
    }

    fn found(keys: &[CellKey]) -> Vec<String> {
        let of: Vec<&CellKey> = keys.iter().collect();
        let sums = over_time(&of).into_iter().map(|sum| {
            let parts: Vec<String> = sum.parts.iter().map(|one| one.period.to_string()).collect();
            format!("{} = {}", sum.total.period, parts.join(" + "))
        });
        sums.collect()
    }

    #[test]
    fn periods_without_a_gap_are_a_sum_of_a_longer_one_whatever_their_frequency() {
        let months = ["2024-01", "2024-02", "2024-03"].map(|period| key(1, period));
        let quarter = key(2, "2024-Q1");
        let around = ["2023-12", "2024-04"].map(|period| key(1, period));
        let all = [months.as_slice(), &around, std::slice::from_ref(&quarter)].concat();
        assert_eq!(found(&all), ["2024-Q1 = 2024-01 + 2024-02 + 2024-03"]);
        // A month that is missing.
        let some = [&months[..2], std::slice::from_ref(&quarter)].concat();
        assert_eq!(found(&some), [""; 0]);
        // A year of two quarters, three months and a quarter.
        let year = [
            key(1, "2024"),
            quarter,
            key(1, "2024-Q2"),
            key(1, "2024-07"),
            key(1, "2024-08"),
            key(1, "2024-09"),
            key(1, "2024-Q4"),
        ];
        assert_eq!(
            found(&[year.as_slice(), &months].concat()),
            [
                "2024 = 2024-01 + 2024-02 + 2024-03 + 2024-Q2 + 2024-07 + 2024-08 + 2024-09 + \
                 2024-Q4",
                "2024 = 2024-Q1 + 2024-Q2 + 2024-07 + 2024-08 + 2024-09 + 2024-Q4",
                "2024-Q1 = 2024-01 + 2024-02 + 2024-03",
            ]
        );
    }
}
