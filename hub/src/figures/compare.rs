//! Compares figures with those before them when they are read.

use std::collections::BTreeMap;

use weft_shared::{
    id::IndicatorCode,
    model::{number::Number, observation::Breakdown},
    period::{Frequency, Period},
    rollup::{
        Cell, Level, Network,
        series::{Point, Step, step},
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
        let version = next.point.version;
        let definition = version.and_then(|version| versions.version(version));
        let unit = definition.map_or("", |(one, _)| one.unit.as_str());
        let before = self.point.period;
        Some(Compared {
            before,
            change: step.is_comparable().then_some(next.value - self.value),
            words: step.words(before, unit),
            step,
        })
    }
}

/// Compares each figure with the one before it. `figures` holds whole series.
pub(super) fn compare(figures: &mut [Figure], network: &Network) {
    let mut all: BTreeMap<Series, Vec<(Before, usize)>> = BTreeMap::new();
    for (at, figure) in figures.iter().enumerate() {
        if let Some(one) = Before::of(&figure.cell) {
            all.entry(series(figure)).or_default().push((one, at));
        }
    }
    for points in all.values_mut() {
        points.sort_by_key(|(one, _)| one.point.period);
        for pair in points.windows(2) {
            if let [(before, _), (after, at)] = pair {
                let indicator = &figures[*at].cell.key.indicator;
                figures[*at].compared = before.and(after, indicator, network);
            }
        }
    }
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
