//! Series as charts draw them.

use weft_host::chart::{Line, Point, Tick, Turn};
use weft_shared::{
    model::{number::Number, observation::Status},
    period::{Frequency, Period},
    rollup::series::Step,
};

use super::words::Measure;
use crate::figures::Figure;

/// The position of a period in time, in years.
pub(crate) fn at(period: Period) -> f64 {
    let start = period.start();
    f64::from(start.year()) + f64::from(start.day_of_year() - 1) / 366.0
}

/// The points of a series, and the periods whose figure its publisher hides.
pub(crate) struct Series {
    points: Vec<Point>,
    gone: Vec<f64>,
}

impl Series {
    /// Takes what may stand alone. `said` are the figures whose values are written beside them.
    pub(crate) fn of(figures: &[Figure], measure: &Measure, said: Said) -> Self {
        let standing = figures
            .iter()
            .filter(|one| one.headline().is_some())
            .count();
        let (mut points, mut gone) = (Vec::new(), Vec::new());
        let (mut last, mut is_cut): (Option<Period>, bool) = (None, false);
        for figure in figures {
            let (cell, period) = (&figure.cell, figure.cell.key.period);
            let Some(value) = figure.headline().and_then(float) else {
                is_cut |= cell.value.is_some() || cell.status == Status::Suppressed;
                if cell.status == Status::Suppressed && cell.n_areas == 0 {
                    gone.push(at(period));
                }
                continue;
            };
            let mut point = Point::new(at(period), value);
            let step = figure.compared.as_ref().map(|one| &one.step);
            let is_next = last.is_none_or(|last| joins(last, period));
            point = match step {
                _ if is_cut || !is_next => point.apart(),
                Some(Step::Break { .. }) => point.apart(),
                Some(Step::BaseChanged { .. }) => point.loose(),
                Some(Step::Comparable | Step::CheckBase { .. } | Step::OtherAreas) | None => point,
            };
            if let Some((lower, upper)) = cell.lower.and_then(float).zip(cell.upper.and_then(float))
            {
                point = point.range(lower, upper);
            }
            let is_end = points.is_empty() || points.len() + 1 == standing;
            if said == Said::Values && (is_end || standing <= SAID_MAX) {
                let number = figure.headline().unwrap_or_default();
                let is_last = points.len() + 1 == standing;
                let words = match is_last {
                    true => measure.shown(number),
                    false => measure.bare(number),
                };
                point = point.said(&words);
            }
            points.push(point);
            (last, is_cut) = (Some(period), false);
        }
        Self { points, gone }
    }

    pub(crate) fn own(self, name: &str) -> Line {
        Line::own(name, self.points).gone(&self.gone)
    }

    pub(crate) fn network(self, name: &str) -> Line {
        Line::network(name, self.points)
    }

    pub(crate) fn other(self) -> Line {
        Line::other(self.points)
    }
}

/// Whether values are written beside their points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Values,
    Nothing,
}

/// Whether a line may lead from one period to another. Years are often those of a census; of what
/// comes each month, a missing one is a gap.
fn joins(last: Period, next: Period) -> bool {
    match next.frequency() {
        Frequency::Quarter | Frequency::Month | Frequency::Week => last.next() == Some(next),
        Frequency::Year | Frequency::FiscalYear | Frequency::PooledYears => true,
    }
}

/// The places where figures of the network before and after are not the same thing.
pub(crate) fn turns(network: &[Figure]) -> Vec<Turn> {
    let turns = network.iter().filter_map(|figure| {
        let compared = figure.compared.as_ref()?;
        let period = figure.cell.key.period;
        let between = (at(compared.before), at(period));
        match &compared.step {
            Step::BaseChanged { .. } => Some(Turn::Base { between }),
            Step::Break { from, .. } => {
                let version = |version: Option<u32>| {
                    version.map_or_else(String::new, |version| format!("version {version}"))
                };
                let now = version(figure.cell.labels.definition_version);
                Some(Turn::Question {
                    between,
                    before: version(*from),
                    after: format!("{now} from {}", period.words()).trim().to_owned(),
                })
            }
            Step::Comparable | Step::CheckBase { .. } | Step::OtherAreas => None,
        }
    });
    turns.collect()
}

/// The labels of time below a chart of the network's periods: at most eight, the last among them.
pub(crate) fn ticks(network: &[Figure]) -> Vec<Tick> {
    let count = network.len();
    let every = count.div_ceil(TICKS_MAX).max(1);
    let shown = network.iter().enumerate();
    let shown = shown.filter(|(index, _)| (count - 1 - index).is_multiple_of(every));
    shown
        .map(|(_, figure)| tick(figure.cell.key.period))
        .collect()
}

/// The label of a period that has no figure, such as the one of a target.
pub(crate) fn tick(period: Period) -> Tick {
    let words = match period.frequency() {
        Frequency::Year => period.words(),
        _ => period.short(),
    };
    Tick::new(at(period), &words)
}

/// The first and the last period, for small charts.
pub(crate) fn ends(network: &[Figure]) -> Vec<Tick> {
    let mut periods: Vec<Period> = network.iter().map(|one| one.cell.key.period).collect();
    periods.dedup();
    let ends = match periods.as_slice() {
        [first, .., last] => vec![*first, *last],
        other => other.to_vec(),
    };
    let ticks = ends.into_iter();
    ticks.map(|one| Tick::new(at(one), &one.short())).collect()
}

/// A number as a chart draws it: pages write the exact one.
pub(crate) fn float(number: Number) -> Option<f64> {
    number.to_string().parse().ok()
}

/// A series of so many figures has all of their values written beside them.
const SAID_MAX: usize = 6;
const TICKS_MAX: usize = 8;
