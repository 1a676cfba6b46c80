//! The chart of an indicator over all of this location's areas, and what it says in words.

mod brief;
mod place;

use std::collections::BTreeSet;

use weft_host::chart::{self, Line, Name, Picture, Tick, Trend, Turn};
use weft_shared::{
    model::{
        indicator::{Accountability, Definition, Measure},
        number::Number,
        observation::Breakdown,
    },
    period::{Date, Frequency, Period},
    rollup::{
        Cell,
        series::{Point, Step, step},
    },
    text::{capital, grouped, percent_unbroken, spelled},
};

pub(crate) use self::{
    brief::brief,
    place::{PlaceFigure, place_figures},
};
use crate::{
    view::{Figures, IndicatorRow, TargetRow, Whose},
    words::figure::{self, difference, shown, with_unit},
};

/// Maximum number of groups in one chart.
const LINES_MAX: usize = 4;

/// A chart with its words.
pub(crate) struct Curve {
    /// A sentence that says what it shows.
    pub(crate) headline: String,
    trend: Trend<'static>,
    /// Notes: changed bases, breaks, gaps.
    pub(crate) notes: Vec<String>,
    pub(crate) facts: Vec<FactView>,
    /// The figures of the heavy line, oldest first.
    pub(crate) rows: Vec<FigureRow>,
}

impl Curve {
    /// The drawing under a name.
    pub(crate) fn svg(&self, name: Name<'_>) -> String {
        let trend = self.trend.clone();
        Trend { name, ..trend }.svg()
    }

    pub(crate) fn picture(&self) -> Picture {
        self.trend.picture()
    }
}

/// One figure of the heavy line, in words.
pub(crate) struct FigureRow {
    pub(crate) period: String,
    pub(crate) value: String,
    /// Numerator and denominator; empty where there are none.
    pub(crate) counted: String,
    pub(crate) of: String,
}

/// A key figure.
pub(crate) struct FactView {
    pub(crate) label: String,
    pub(crate) value: String,
}

/// A figure that may be compared and drawn.
struct Drawn<'a> {
    period: Period,
    value: Number,
    cell: &'a Cell,
    /// Its relation to the figure before it.
    step: Option<Step>,
}

/// Draws the figures of one indicator; `None` if there is none that covers every area.
pub(crate) fn curve(
    row: &IndicatorRow,
    figures: &Figures,
    targets: &[TargetRow],
    (place, today): (&str, Date),
) -> Option<Curve> {
    let definition = &row.definition;
    let own = figures.own.iter().any(is_whole);
    let (main, beside) = match own {
        true => (&figures.own, Some(&figures.published)),
        false => (&figures.published, None),
    };
    let parts = parts(main, targets, definition);
    let first = parts.first()?;
    let own_line = series_of(main, first, row);
    let target = holding(targets, first, definition);
    let mut lines = vec![(place::label(place).to_owned(), own_line)];
    let others = parts.iter().skip(1).take(LINES_MAX - 1);
    if *first == Breakdown::Total {
        let published = beside.map(|cells| series_of(cells, first, row));
        lines.extend(published.map(|points| ("Published".to_owned(), points)));
        if !own {
            lines.push((
                "Network".to_owned(),
                series_of(&figures.network, first, row),
            ));
        }
    } else {
        lines[0].0 = capital(&figure::heading(first));
        lines.extend(others.map(|part| {
            let name = capital(&figure::heading(part));
            (name, series_of(main, part, row))
        }));
    }
    lines.retain(|(_, points)| !points.is_empty());
    let newest = newest_of(&lines)?;
    let headline = headline(definition, (&lines[0].1, first), target, (today, own));
    let facts = facts(definition, newest, target);
    Some(Curve {
        trend: draw(definition, &lines, target),
        notes: notes(definition, &lines[0].1),
        rows: figure_rows(definition, &lines[0].1),
        headline,
        facts,
    })
}

fn newest_of<'a, 'b>(lines: &'a [(String, Vec<Drawn<'b>>)]) -> Option<&'a Drawn<'b>> {
    lines.first()?.1.last()
}

/// Whether a cell has one figure, of every area.
fn is_whole(cell: &Cell) -> bool {
    cell.value.is_some() && cell.n_contested == 0 && !cell.is_partial()
}

/// The parts of the population that have figures: everybody first, or else the first one with a
/// target, as the line of sight has it.
fn parts(cells: &[Cell], targets: &[TargetRow], definition: &Definition) -> Vec<Breakdown> {
    let whole = cells.iter().filter(|cell| is_whole(cell));
    let parts: BTreeSet<&Breakdown> = whole.map(|cell| &cell.key.breakdown).collect();
    let mut parts: Vec<Breakdown> = parts.into_iter().cloned().collect();
    parts.sort_by_cached_key(Breakdown::order);
    lead(&mut parts, targets, definition);
    parts
}

/// The target that holds for a part of the population: ours that is due last, or else the
/// network's, as in the line of sight.
fn holding<'t>(
    targets: &'t [TargetRow],
    part: &Breakdown,
    definition: &Definition,
) -> Option<&'t TargetRow> {
    let of_part = targets
        .iter()
        .filter(|one| one.target.area.is_none() && one.target.is_for(part, definition));
    of_part.max_by_key(|one| {
        let end = one.target.period.map(Period::end);
        (one.whose, end, one.target.id)
    })
}

fn lead(parts: &mut [Breakdown], targets: &[TargetRow], definition: &Definition) {
    let has_target = |part: &Breakdown| {
        let mut targets = targets.iter().map(|one| &one.target);
        targets.any(|one| one.area.is_none() && one.is_for(part, definition))
    };
    let first = parts
        .iter()
        .position(|part| *part == Breakdown::Total || has_target(part));
    if let Some(first) = first {
        parts[..=first].rotate_right(1);
    }
}

/// The figures of one part in the order of their periods, each compared with the one before.
fn series_of<'a>(cells: &'a [Cell], part: &Breakdown, row: &IndicatorRow) -> Vec<Drawn<'a>> {
    let frequency = row.definition.period;
    let mut of_part: Vec<&Cell> = cells
        .iter()
        .filter(|cell| is_whole(cell) && cell.key.breakdown == *part)
        .filter(|cell| cell.key.period.frequency() == frequency)
        .collect();
    of_part.sort_by_key(|cell| cell.key.period);
    let mut before: Option<Point> = None;
    let mut drawn = Vec::new();
    for cell in of_part {
        let Some(value) = cell.value else { continue };
        let point = Point {
            period: cell.key.period,
            version: cell.labels.definition_version,
            bases: cell.bases.clone(),
            says_base_changed: cell.base_changed.is_some(),
        };
        drawn.push(Drawn {
            period: cell.key.period,
            value,
            cell,
            step: before
                .as_ref()
                .map(|before| step(before, &point, &row.versions)),
        });
        before = Some(point);
    }
    drawn
}

fn draw(
    definition: &Definition,
    lines: &[(String, Vec<Drawn<'_>>)],
    target: Option<&TargetRow>,
) -> Trend<'static> {
    let drawn = lines.iter().flat_map(|(_, points)| points);
    let periods: BTreeSet<Period> = drawn.map(|one| one.period).collect();
    let mut ticks: Vec<Tick> = periods
        .iter()
        .map(|period| Tick::new(position(*period), &tick_words(*period)))
        .collect();
    let until = target.and_then(|one| one.target.period);
    if let Some(until) = until.filter(|until| !periods.contains(until)) {
        ticks.push(Tick::new(position(until), &tick_words(until)));
        ticks.sort_by(|one, other| one.at.total_cmp(&other.at));
    }
    let is_percent = definition.measure() == Measure::Percent;
    let lines_drawn = lines.iter().enumerate();
    let lines_drawn = lines_drawn.map(|(at, (name, drawn))| line(definition, at, name, drawn));
    let aim = target.and_then(|row| aim(row, goal(definition, row)));
    Trend {
        unit: if is_percent { "%" } else { "" },
        ticks,
        lines: lines_drawn.collect(),
        target: aim,
        turns: turns(&lines[0].1),
        ..Trend::default()
    }
}

/// The points of a part as a line; the first is heavy.
fn line(definition: &Definition, index: usize, name: &str, drawn: &[Drawn<'_>]) -> Line {
    let is_percent = definition.measure() == Measure::Percent;
    let points = drawn.iter().enumerate().filter_map(|(at, one)| {
        let words = shown(definition, one.value);
        let is_last = at + 1 == drawn.len();
        let unit = if is_percent && is_last { " %" } else { "" };
        let point = chart::Point::new(position(one.period), plotted(one.value)?);
        let point = point.said(&format!("{words}{unit}"));
        let ends = one.cell.lower.zip(one.cell.upper);
        let ends = ends.and_then(|(low, high)| Some((plotted(low)?, plotted(high)?)));
        let point = match ends {
            Some((low, high)) => point.range(low, high),
            None => point,
        };
        Some(match one.step {
            None | Some(Step::Comparable | Step::CheckBase { .. }) => point,
            Some(Step::BaseChanged { .. }) => point.loose(),
            Some(Step::Break { .. } | Step::OtherAreas) => point.apart(),
        })
    });
    let line = if index == 0 { Line::own } else { Line::network };
    line(name, points.collect())
}

/// The places where the base or the question changed.
fn turns(series: &[Drawn<'_>]) -> Vec<Turn> {
    let pairs = series.windows(2).filter_map(|pair| {
        let [before, after] = pair else { return None };
        let between = (position(before.period), position(after.period));
        match &after.step {
            Some(Step::BaseChanged { .. }) => Some(Turn::Base { between }),
            Some(Step::Break { .. }) => Some(Turn::Question {
                between,
                before: "asked one way".to_owned(),
                after: "asked another way".to_owned(),
            }),
            _ => None,
        }
    });
    pairs.collect()
}

/// Notes on the line for the reader, in sentences.
fn notes(definition: &Definition, series: &[Drawn<'_>]) -> Vec<String> {
    let pairs = series.windows(2).filter_map(|pair| {
        let [before, after] = pair else { return None };
        let step = after
            .step
            .as_ref()
            .filter(|step| **step != Step::OtherAreas);
        let words = step?.words(before.period, &definition.unit)?;
        Some(format!("{}: {words}.", capital(&after.period.words())))
    });
    pairs.collect()
}

/// Says the newest figure, how far it is from the target, and how it changed where that is known.
/// It has no verb, so an old figure is never in the present tense.
fn headline(
    definition: &Definition,
    (series, part): (&[Drawn<'_>], &Breakdown),
    target: Option<&TargetRow>,
    (today, own): (Date, bool),
) -> String {
    let Some(newest) = series.last() else {
        return String::new();
    };
    let figure = with_unit(definition, newest.value);
    let when = newest.period.words();
    let who = match part {
        Breakdown::Total => String::new(),
        part => format!(" ({})", figure::heading(part)),
    };
    let mut words = match newest.period.age(today) {
        Some(age) => {
            let (when, age) = (capital(&when), spelled(usize::from(age)));
            format!("{when}, {age} years old: {figure}{who}")
        }
        None => format!("{figure}{who} in {when}"),
    };
    if !own {
        words.push_str(", as published");
    }
    let before = series.len().checked_sub(2).and_then(|at| series.get(at));
    let comparable = newest.step.as_ref().is_some_and(Step::is_comparable);
    if let Some(before) = before.filter(|_| comparable) {
        let change = newest.value - before.value;
        let since = before.period.words();
        words.push_str(&match difference(definition, change) {
            Some((amount, true)) => format!(", {amount} less than in {since}"),
            Some((amount, false)) => format!(", {amount} more than in {since}"),
            None => format!(", the same as in {since}"),
        });
    }
    if let Some(row) = target {
        let whose = whose(definition, row);
        let passed = match row.target.has_passed(today) {
            true => ", whose date has passed",
            false => "",
        };
        words.push_str(
            &match difference(definition, newest.value - row.target.value) {
                Some((amount, true)) => format!(", {amount} below {whose}{passed}"),
                Some((amount, false)) => format!(", {amount} above {whose}{passed}"),
                None => format!(", on {whose}{passed}"),
            },
        );
    }
    words
}

/// The newest figure with its parts, and the target.
fn facts(definition: &Definition, newest: &Drawn<'_>, target: Option<&TargetRow>) -> Vec<FactView> {
    let mut facts = vec![FactView {
        label: capital(&newest.period.words()),
        value: with_unit(definition, newest.value),
    }];
    if definition.kind.is_ratio() {
        let (numerator, denominator) = (newest.cell.numerator, newest.cell.denominator);
        for (label, number) in [("Counted", numerator), ("Of", denominator)] {
            facts.extend(number.map(|number| FactView {
                label: label.to_owned(),
                value: grouped(&number.to_string()),
            }));
        }
    }
    facts.extend(target.map(|row| FactView {
        label: capital(whose(definition, row)),
        value: goal(definition, row),
    }));
    facts
}

/// A target of a figure about the place is never called ours.
fn whose(definition: &Definition, row: &TargetRow) -> &'static str {
    match (row.whose, definition.accountability) {
        (Whose::Network, _) => "the network’s target",
        (Whose::Own, Accountability::Performance) => "our target",
        (Whose::Own, Accountability::Population) => "this location’s target",
    }
}

fn figure_rows(definition: &Definition, series: &[Drawn<'_>]) -> Vec<FigureRow> {
    let number = |number: Option<Number>| match (definition.kind.is_ratio(), number) {
        (true, Some(number)) => grouped(&number.to_string()),
        (true, None) | (false, _) => String::new(),
    };
    let row = |one: &Drawn<'_>| FigureRow {
        period: capital(&one.period.words()),
        value: with_unit(definition, one.value),
        counted: number(one.cell.numerator),
        of: number(one.cell.denominator),
    };
    series.iter().map(row).collect()
}

/// A target in words: `5 % by 2025`.
pub(crate) fn goal(definition: &Definition, row: &TargetRow) -> String {
    let value = row.target.value.to_string();
    let value = match definition.measure() {
        Measure::Percent => percent_unbroken(value),
        _ => grouped(&value),
    };
    let by = row.target.period.map(Period::words);
    by.map_or_else(|| value.clone(), |by| format!("{value} by {by}"))
}

/// The position of a period in time, in years: its first day, so that a year stands at its number.
fn position(period: Period) -> f64 {
    let start = period.start();
    f64::from(start.year()) + f64::from(start.day_of_year() - 1) / 366.0
}

/// The label of a period on the axis: years in full, others short.
fn tick_words(period: Period) -> String {
    match period.frequency() {
        Frequency::Year => period.words(),
        _ => period.short(),
    }
}

/// A target as it is drawn.
fn aim(row: &TargetRow, words: String) -> Option<chart::Target> {
    Some(chart::Target {
        value: plotted(row.target.value)?,
        until: row.target.period.map(position),
        words,
    })
}

fn plotted(value: Number) -> Option<f64> {
    value.to_string().parse().ok()
}
