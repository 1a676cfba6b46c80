//! Compares figures with those before them when they are read.

use std::collections::BTreeMap;

use serde_json::Value;
use weft_shared::{
    model::number::Number,
    period::Period,
    rollup::{
        Network,
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

/// The columns that figures of one series have in common.
type Series = [String; 6];

/// Compares each figure with the one before it. Notes go into its `status_reason` too, so that
/// tables, files and interfaces all have them. `figures` holds whole series.
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
                let compared = pair_of(figures, (before, *first), (after, *second), network);
                if let Some(figure) = figures.get_mut(*second) {
                    tell(figure, compared.as_ref());
                    figure.compared = compared;
                }
            }
        }
    }
}

fn series(figure: &Figure) -> Series {
    [
        "indicator_code",
        "freq",
        "breakdown",
        "breakdown_value",
        "level",
        "location_code",
    ]
    .map(|column| figure.text(column))
}

/// Returns a figure as a point of its series; `None` if it has no value or a contested one.
fn point(figure: &Figure) -> Option<Point> {
    let value = figure.columns.get("value")?;
    if value.is_null() || figure.text("n_contested") != "0" {
        return None;
    }
    let version = figure.columns.get("definition_version");
    Some(Point {
        period: figure.text("period").parse().ok()?,
        version: version
            .and_then(Value::as_u64)
            .and_then(|version| u32::try_from(version).ok()),
        bases: figure.bases.clone(),
        says_base_changed: figure.columns.get("base_changed") == Some(&Value::Bool(true)),
    })
}

fn pair_of(
    figures: &[Figure],
    (before, first): (&Point, usize),
    (after, second): (&Point, usize),
    network: &Network,
) -> Option<Compared> {
    let (first, second) = (figures.get(first)?, figures.get(second)?);
    let code = second.text("indicator_code").parse().ok()?;
    let versions = network.versions(&code)?;
    let step = step(before, after, versions);
    let definition = after.version.and_then(|version| versions.version(version));
    let unit = definition.map_or("", |(one, _)| one.unit.as_str());
    let value = |figure: &Figure| figure.text("value").parse::<Number>().ok();
    let change = value(second)
        .zip(value(first))
        .map(|(now, then)| now - then);
    Some(Compared {
        before: before.period,
        change: change.filter(|_| step.is_comparable()),
        words: step.words(before.period, unit),
        step,
    })
}

fn tell(figure: &mut Figure, compared: Option<&Compared>) {
    let Some(words) = compared.and_then(|one| one.words.as_ref()) else {
        return;
    };
    let known = figure.text("status_reason");
    let text = match known.as_str() {
        "" => words.clone(),
        known => format!("{words}; {known}"),
    };
    figure
        .columns
        .insert("status_reason".to_owned(), text.into());
}
