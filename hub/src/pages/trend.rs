//! The chart of an indicator over time. Nothing joins figures that cannot be compared.

use std::collections::BTreeSet;

use weft_host::chart::{Line, Name, Point, Tick, Trend};
use weft_shared::{
    model::{indicator::Definition, number::Number, observation::Breakdown},
    period::Period,
    rollup::series::Step,
};

use super::words::Measure;
use crate::figures::{Figure, group};

/// Charts the figures of each group. Returns `None` if no period has a figure that stands alone.
pub(crate) fn chart(
    definition: &Definition,
    figures: &[&Figure],
    groups: &[Breakdown],
    measure: &Measure,
) -> Option<String> {
    let frequency = definition.period;
    let shown = figures.iter().filter(|figure| {
        figure.cell.key.period.frequency() == frequency && figure.headline().is_some()
    });
    let shown: Vec<&Figure> = shown.copied().collect();
    let periods: BTreeSet<Period> = shown.iter().map(|figure| figure.cell.key.period).collect();
    let (first, last) = (*periods.first()?, *periods.last()?);
    let axis: Vec<Period> = std::iter::successors(Some(first), |period| period.next())
        .take_while(|period| *period <= last)
        .take(PERIODS_MAX)
        .collect();
    // A census leaves years out by design; a missing month is a gap.
    let sparse = axis
        .windows(2)
        .all(|pair| !pair.iter().all(|period| periods.contains(period)));
    let axis = Axis {
        periods: axis,
        sparse,
    };
    let lines = groups.iter().enumerate().map(|(index, breakdown)| {
        let of_group = shown
            .iter()
            .filter(|one| one.cell.key.breakdown == *breakdown);
        let of_group: Vec<&Figure> = of_group.copied().collect();
        let points = axis.points(&of_group, measure);
        let name = group(breakdown);
        // The first group is the whole population if there are figures of it.
        let line = if index == 0 { Line::own } else { Line::network };
        line(&name, points)
    });
    let name = format!("{}: the whole network, {first} to {last}", definition.name);
    let ticks = axis.periods.iter().zip(0_u32..);
    let ticks = ticks.filter(|(period, _)| !sparse || periods.contains(*period));
    let ticks = ticks.map(|(period, at)| Tick::new(f64::from(at), &period.to_string()));
    let trend = Trend {
        name: Name::Words(&name),
        unit: if measure.percent { "%" } else { "" },
        ticks: ticks.collect(),
        lines: lines.collect(),
        ..Trend::default()
    };
    Some(trend.svg())
}

/// The periods of a chart, the first at 0.
struct Axis {
    periods: Vec<Period>,
    /// Whether no two periods with figures follow each other.
    sparse: bool,
}

impl Axis {
    /// Returns the points of one group, in order.
    fn points(&self, figures: &[&Figure], measure: &Measure) -> Vec<Point> {
        let mut points = Vec::new();
        let mut before: Option<(Period, u32)> = None;
        for (period, at) in self.periods.iter().zip(0_u32..) {
            let figure = figures.iter().find(|one| one.cell.key.period == *period);
            let Some((figure, value)) = figure.and_then(|one| Some((one, one.headline()?))) else {
                continue;
            };
            let Some(y) = plotted(value) else { continue };
            let mut point = Point::new(f64::from(at), y).said(&measure.bare(value));
            let cell = &figure.cell;
            let ends = cell
                .lower
                .and_then(plotted)
                .zip(cell.upper.and_then(plotted));
            if let Some((lower, upper)) = ends {
                point = point.range(lower, upper);
            }
            let near = before.filter(|(_, other)| self.sparse || other + 1 == at);
            let compared = figure.compared.as_ref();
            let compared = compared.filter(|one| near.is_some_and(|(p, _)| p == one.before));
            points.push(match compared.map(|compared| &compared.step) {
                Some(Step::Comparable | Step::CheckBase { .. }) => point,
                Some(Step::BaseChanged { .. }) => point.loose(),
                Some(Step::Break { .. } | Step::OtherAreas) | None => point.apart(),
            });
            before = Some((*period, at));
        }
        points
    }
}

fn plotted(value: Number) -> Option<f64> {
    value.to_string().parse().ok()
}

/// Maximum number of turns named below a chart.
const CUTS_MAX: usize = 6;
const GAP: &str = "A gap in a line is a period that no one reported, that has not ended, or whose \
     figure is contested or covers less than 80% and cannot stand alone.";

/// Explains the gaps in lines, and where and why figures are not joined.
pub(crate) fn chart_note(figures: &[&Figure]) -> String {
    let cut = figures.iter().filter_map(|figure| {
        let compared = figure.compared.as_ref().filter(|one| one.step.cuts())?;
        let words = compared.words.as_ref()?;
        let drawn = match compared.step {
            Step::BaseChanged { .. } => "Dotted up to",
            _ => "Not joined at",
        };
        Some((figure.cell.key.period, drawn, words.as_str()))
    });
    let cut: BTreeSet<(Period, &str, &str)> = cut.collect();
    let mut note = GAP.to_owned();
    for (period, drawn, words) in cut.iter().take(CUTS_MAX) {
        note.push_str(&format!(" {drawn} {period}: {words}."));
    }
    if let more @ 1.. = cut.len().saturating_sub(CUTS_MAX) {
        note.push_str(&format!(" And {more} more, which the table names."));
    }
    note
}

/// Maximum number of periods on one axis.
const PERIODS_MAX: usize = 240;
