//! Compares figures with those before them when they are read.

use std::collections::BTreeMap;

use weft_shared::{
    id::IndicatorCode,
    model::{number::Number, observation::Breakdown},
    period::{Frequency, Period},
    rollup::{
        Level, Network,
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

/// Compares each figure with the one before it. `figures` holds whole series.
pub(super) fn compare(figures: &mut [Figure], network: &Network) {
    let mut all: BTreeMap<Series, Vec<(Point, usize)>> = BTreeMap::new();
    for (at, figure) in figures.iter().enumerate() {
        if let Some(point) = point(figure) {
            all.entry(series(figure)).or_default().push((point, at));
        }
    }
    for points in all.values_mut() {
        points.sort_by_key(|(point, _)| point.period);
        for pair in points.windows(2) {
            if let [(before, first), (after, second)] = pair {
                figures[*second].compared = pair_of(
                    (before, &figures[*first]),
                    (after, &figures[*second]),
                    network,
                );
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

/// Returns a figure as a point of its series; `None` if it has no value or a contested one.
fn point(figure: &Figure) -> Option<Point> {
    let cell = &figure.cell;
    cell.value.filter(|_| cell.n_contested == 0)?;
    Some(Point {
        period: cell.key.period,
        version: cell.labels.definition_version,
        bases: cell.bases.clone(),
        says_base_changed: cell.base_changed.is_some(),
    })
}

fn pair_of(
    (before, first): (&Point, &Figure),
    (after, second): (&Point, &Figure),
    network: &Network,
) -> Option<Compared> {
    let versions = network.versions(&second.cell.key.indicator)?;
    let step = step(before, after, versions);
    let definition = after.version.and_then(|version| versions.version(version));
    let unit = definition.map_or("", |(one, _)| one.unit.as_str());
    let values = second.cell.value.zip(first.cell.value);
    let change = values.map(|(now, then)| now - then);
    Some(Compared {
        before: before.period,
        change: change.filter(|_| step.is_comparable()),
        words: step.words(before.period, unit),
        step,
    })
}
