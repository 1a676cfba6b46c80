//! The chart of an indicator over time. Lines are cut between figures that cannot be compared.

use std::collections::BTreeSet;

use weft_shared::{
    model::{indicator::Definition, observation::Breakdown},
    period::Period,
};

use super::{
    chart::{Line, Trend},
    words::Measure,
};
use crate::figures::{Figure, group};

/// Charts the figures of each group. Returns `None` if no period has a figure that stands alone.
pub(crate) fn chart(
    definition: &Definition,
    figures: &[&Figure],
    groups: &[Breakdown],
    measure: &Measure,
) -> Option<String> {
    let frequency = definition.period;
    let periods = figures.iter().map(|figure| figure.cell.key.period);
    let periods: Vec<Period> = periods.filter(|one| one.frequency() == frequency).collect();
    let (first, last) = (*periods.iter().min()?, *periods.iter().max()?);
    // Every period between the ends is drawn, so that unreported ones show as gaps.
    let axis: Vec<Period> = std::iter::successors(Some(first), |period| period.next())
        .take_while(|period| *period <= last)
        .take(PERIODS_MAX)
        .collect();
    let lines = groups.iter().zip(0..).flat_map(|(breakdown, style)| {
        let of_group = figures
            .iter()
            .filter(|f| f.cell.key.breakdown == *breakdown);
        let of_group: Vec<&Figure> = of_group.copied().collect();
        cut(&axis, &of_group, (&group(breakdown), style))
    });
    let trend = Trend {
        title: format!("{}: the whole network, {first} to {last}", definition.name),
        unit: measure.axis.clone(),
        periods: axis.iter().map(ToString::to_string).collect(),
        percent: measure.percent,
        lines: lines.collect(),
    };
    trend.svg()
}

/// Draws the line of one group, cut where it would show a change that no one measured.
fn cut(axis: &[Period], figures: &[&Figure], (group, style): (&str, usize)) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (at, period) in axis.iter().enumerate() {
        let figure = figures
            .iter()
            .find(|figure| figure.cell.key.period == *period);
        let cuts = figure
            .and_then(|figure| figure.compared.as_ref())
            .is_some_and(|compared| compared.step.cuts());
        if lines.is_empty() || cuts {
            lines.push(Line {
                name: group.to_owned(),
                style,
                points: vec![None; axis.len()],
            });
        }
        if let (Some(line), Some(figure)) = (lines.last_mut(), figure) {
            line.points[at] = figure.point();
        }
    }
    lines.retain(|line| line.points.iter().any(Option::is_some));
    lines
}

/// Maximum number of cuts named below a chart.
const CUTS_MAX: usize = 6;
const GAP: &str = "A gap in a line is a period that no one reported, that has not ended, or whose \
     figure is contested or covers less than 80% and cannot stand alone.";

/// Explains the gaps in lines, and where and why lines are cut.
pub(crate) fn chart_note(figures: &[&Figure]) -> String {
    let cut = figures.iter().filter_map(|figure| {
        let compared = figure.compared.as_ref().filter(|one| one.step.cuts())?;
        let words = compared.words.as_ref()?;
        Some((figure.cell.key.period, words.as_str()))
    });
    let cut: BTreeSet<(Period, &str)> = cut.collect();
    let mut note = GAP.to_owned();
    for (period, words) in cut.iter().take(CUTS_MAX) {
        note.push_str(&format!(" Cut at {period}: {words}."));
    }
    if let more @ 1.. = cut.len().saturating_sub(CUTS_MAX) {
        note.push_str(&format!(" And {more} more, which the table names."));
    }
    note
}

/// Maximum number of periods on one axis.
const PERIODS_MAX: usize = 240;
