//! Compares figures with those before them when they are read.

use std::{collections::BTreeMap, convert::Infallible};

use weft_shared::{
    id::IndicatorCode,
    model::{indicator::Versions, number::Number, observation::Breakdown},
    period::{Frequency, Period},
    rollup::{
        Cell, CellKey, Level, Network,
        series::{Base, Bases, Point, Step, step, step_of_sums},
    },
};

use super::Figure;

/// The comparison of a figure with the one before it in its series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The period of the figure before it.
    pub before: Period,
    /// Whether the two can be compared.
    pub step: Step,
    /// The value minus the one before it, if they can be compared.
    pub change: Option<Number>,
    /// A note to show beside the figure.
    pub words: Option<String>,
}

/// The key that figures of one series have in common.
type Series = (IndicatorCode, Frequency, Breakdown, Level);

/// A figure as the one after it in its series is compared with it.
pub(super) struct Before {
    point: Point,
    value: Number,
}

impl Before {
    /// `None` for a figure without a value, or with a contested one.
    pub(super) fn of(cell: &Cell) -> Option<Self> {
        let value = cell.value.filter(|_| cell.n_contested == 0)?;
        let point = Point {
            period: cell.key.period,
            version: cell.labels.definition_version,
            bases: cell.bases.clone(),
            says_base_changed: cell.base_changed.is_some(),
        };
        Some(Self { point, value })
    }

    /// Compares the next figure of the series with this one.
    pub(super) fn and(
        &self,
        next: &Self,
        indicator: &IndicatorCode,
        network: &Network,
    ) -> Option<Compared> {
        let versions = network.versions(indicator)?;
        let step = step(&self.point, &next.point, versions);
        Some(self.compared(next, step, versions))
    }

    fn compared(&self, next: &Self, step: Step, versions: &Versions) -> Compared {
        let version = next.point.version;
        let definition = version.and_then(|version| versions.version(version));
        let unit = definition.map_or("", |(one, _)| one.unit.as_str());
        let before = self.point.period;
        Compared {
            before,
            change: step.is_comparable().then_some(next.value - self.value),
            words: step.words(before, unit),
            step,
        }
    }
}

/// Compares each figure with the one before it. `figures` holds whole series.
pub(super) fn compare(figures: &mut [Figure], network: &Network) {
    let compared = compare_by(figures, network, |(before, _), (after, _), versions| {
        Ok::<_, Infallible>(step(before, after, versions))
    });
    match compared {
        Ok(()) => {}
        Err(never) => match never {},
    }
}

/// Compares figures of the network that were made from sums. `bases` are theirs, in the same order;
/// `list` lists those of a figure where the sums do not say enough.
pub(super) fn compare_sums<E>(
    figures: &mut [Figure],
    bases: &[Bases],
    network: &Network,
    list: impl Fn(&CellKey) -> Result<Vec<Base>, E>,
) -> Result<(), E> {
    let keys: Vec<CellKey> = figures
        .iter()
        .map(|figure| figure.cell.key.clone())
        .collect();
    compare_by(
        figures,
        network,
        |(before, first), (after, second), versions| {
            let (then, now) = ((before, &bases[first]), (after, &bases[second]));
            if let Some(step) = step_of_sums(then, now, versions) {
                return Ok(step);
            }
            let listed = |point: &Point, at: usize| {
                let bases = list(&keys[at])?;
                Ok::<_, E>(Point {
                    bases,
                    ..point.clone()
                })
            };
            Ok(step(
                &listed(before, first)?,
                &listed(after, second)?,
                versions,
            ))
        },
    )
}

/// A point and the index of its figure.
type At<'a> = (&'a Point, usize);

fn compare_by<E>(
    figures: &mut [Figure],
    network: &Network,
    step: impl Fn(At<'_>, At<'_>, &Versions) -> Result<Step, E>,
) -> Result<(), E> {
    let mut all: BTreeMap<Series, Vec<(Before, usize)>> = BTreeMap::new();
    for (at, figure) in figures.iter().enumerate() {
        if let Some(one) = Before::of(&figure.cell) {
            all.entry(series(figure)).or_default().push((one, at));
        }
    }
    for ((indicator, ..), points) in &mut all {
        let Some(versions) = network.versions(indicator) else {
            continue;
        };
        points.sort_by_key(|(one, _)| one.point.period);
        for pair in points.windows(2) {
            if let [(before, first), (after, second)] = pair {
                let step = step((&before.point, *first), (&after.point, *second), versions)?;
                figures[*second].compared = Some(before.compared(after, step, versions));
            }
        }
    }
    Ok(())
}

fn series(figure: &Figure) -> Series {
    let key = figure.cell.key.clone();
    (
        key.indicator,
        key.period.frequency(),
        key.breakdown,
        key.level,
    )
}
