//! The table of locations: dots on one scale, and the numbers, in the order of codes.

use std::collections::BTreeSet;

use weft_host::chart::{Age, Dot, Dots, Target};
use weft_shared::{
    model::{indicator::Definition, number::Number, observation::Status},
    period::Period,
    rollup::series::Step,
    text::{capital, sentence},
};

use super::{
    super::{
        drawn::float,
        told::Aim,
        words::{Measure, NO_FIGURE, place_page},
    },
    Choice,
};
use crate::{
    app::LocationView,
    figures::{Figure, Sketch},
};

/// The table, up to one period.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) title: String,
    pub(super) words: String,
    pub(super) head: String,
    /// The periods with a column, the newest last.
    pub(super) periods: Vec<String>,
    pub(super) unit: String,
    pub(super) rows: Vec<Row>,
    pub(super) network: Row,
    /// Whether there are numerators and denominators.
    pub(super) counts: bool,
    pub(super) count_heading: String,
    /// The heading of the distances from the network's target, if it has one for these figures.
    pub(super) off_heading: Option<String>,
    /// Whether a row has something to know that not all have.
    pub(super) remarks: bool,
    pub(super) choices: Vec<Choice>,
}

/// A location's figures, or the network's.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) page: String,
    pub(super) dots: String,
    /// The values in the order of the periods; the last one is the newest.
    pub(super) values: Vec<String>,
    /// The distance of the newest value from the target, with its sign.
    pub(super) off: String,
    pub(super) numerator: String,
    pub(super) denominator: String,
    pub(super) remark: String,
}

impl Table {
    /// Whether a value has the star of a missing area.
    pub(super) fn is_starred(&self) -> bool {
        let mut rows = self.rows.iter().chain([&self.network]);
        rows.any(|row| row.values.iter().any(|value| value.ends_with('*')))
    }

    /// Makes the table of the last three periods up to `until`; `None` if no period has a figure.
    pub(super) fn of(
        (definition, measure): (&Definition, &Measure),
        (sketch, aim): (&Sketch, Option<&Aim<'_>>),
        (places, until): (&[LocationView], Option<Period>),
    ) -> Option<Self> {
        let mut all: Vec<Period> = sketch
            .network
            .iter()
            .map(|one| one.cell.key.period)
            .collect();
        all.dedup();
        let newest = sketch.newest().map(|figure| figure.cell.key.period);
        let chosen = until
            .filter(|period| all.contains(period))
            .or(newest)
            .or_else(|| all.last().copied())?;
        let upto = all.iter().position(|period| *period == chosen)? + 1;
        let periods = &all[upto.saturating_sub(PERIODS_MAX)..upto];
        let of_periods = |figures: &[Figure]| {
            let find = |period: &Period| {
                let mut figures = figures.iter();
                figures.find(|one| one.cell.key.period == *period).cloned()
            };
            periods.iter().map(find).collect::<Vec<Option<Figure>>>()
        };
        let own = sketch.locations.iter();
        let own: Vec<_> = own
            .map(|(code, figures)| (code, of_periods(figures)))
            .collect();
        let dots: Vec<Vec<Dot>> = own.iter().map(|(_, figures)| dots(figures)).collect();
        let network = of_periods(&sketch.network);
        let of_network = network.last().and_then(Option::as_ref);
        let scale = scale_of(&dots, (of_network, aim), measure)?;
        let rows = own.iter().zip(&dots).map(|((code, figures), dots)| {
            let view = places.iter().find(|one| one.code == **code);
            Row {
                code: code.to_string(),
                name: view.map_or_else(|| code.to_string(), |view| view.name.clone()),
                page: place_page(code.as_str()),
                dots: scale.row(dots),
                ..Row::of(figures, (measure, aim))
            }
        });
        let rows: Vec<Row> = rows.collect();
        let network = Row::of(&network, (measure, aim));
        let remark = common(rows.iter().chain([&network]));
        let words = words(sketch, periods);
        Some(Self {
            title: title(periods),
            words: match remark {
                Some(remark) if !remark.is_empty() => {
                    format!("{words} Of each figure: {}", sentence(remark))
                }
                _ => words,
            },
            remarks: remark.is_none(),
            head: scale.head(),
            periods: periods.iter().map(|one| one.words()).collect(),
            unit: match measure.percent {
                true => "%".to_owned(),
                false => measure.axis.clone(),
            },
            counts: !network.numerator.is_empty(),
            count_heading: definition.unit.clone(),
            off_heading: aim.map(|_| match measure.percent {
                true => "points from target".to_owned(),
                false => "from target".to_owned(),
            }),
            rows,
            network,
            choices: choices(&all, chosen),
        })
    }
}

/// The remark that all rows have; none if they differ.
fn common<'a>(rows: impl Iterator<Item = &'a Row>) -> Option<&'a str> {
    let mut remarks = rows.map(|row| row.remark.as_str());
    let first = remarks.next()?;
    remarks.all(|other| other == first).then_some(first)
}

/// The scale of the dots, with the network's own figure and its target on it.
fn scale_of(
    dots: &[Vec<Dot>],
    (network, aim): (Option<&Figure>, Option<&Aim<'_>>),
    measure: &Measure,
) -> Option<Dots> {
    let mut scale = Dots::over(dots.iter().map(Vec::as_slice));
    if measure.percent {
        scale = scale.unit("%");
    }
    if let Some(value) = network.and_then(Figure::headline) {
        let words = format!("network {}", measure.bare(value));
        scale = scale.network(float(value)?, &words);
    }
    if let Some(target) = aim.and_then(|aim| aim.drawn(measure)) {
        let words = aim.map(|aim| format!("target {}", aim.bare(measure)));
        let words = words.unwrap_or_default();
        scale = scale.target(&Target { words, ..target });
    }
    Some(scale)
}

/// The periods to choose from, newest first.
fn choices(all: &[Period], chosen: Period) -> Vec<Choice> {
    let newest_first = all.iter().rev();
    let choices = newest_first.map(|period| Choice {
        value: period.to_string(),
        label: period.words(),
        chosen: *period == chosen,
    });
    choices.collect()
}

impl Row {
    fn of(figures: &[Option<Figure>], (measure, aim): (&Measure, Option<&Aim<'_>>)) -> Self {
        let last = figures.last().and_then(Option::as_ref);
        let number = |of: fn(&Figure) -> Option<Number>| {
            last.and_then(of).map_or_else(String::new, Number::grouped)
        };
        Self {
            code: String::new(),
            name: String::new(),
            page: String::new(),
            dots: String::new(),
            values: figures
                .iter()
                .map(|one| value(one.as_ref(), measure))
                .collect(),
            off: aim
                .and_then(|aim| aim.off(last, measure))
                .unwrap_or_default(),
            numerator: number(|figure| figure.cell.numerator),
            denominator: number(|figure| figure.cell.denominator),
            remark: last.map(remark).unwrap_or_default(),
        }
    }
}

/// A value, with its interval if it comes from a survey; the interval of a contested figure; or
/// words that there is none. `*` marks one from which an area is missing.
fn value(figure: Option<&Figure>, measure: &Measure) -> String {
    let Some(figure) = figure else {
        return "not reported".to_owned();
    };
    let cell = &figure.cell;
    if let Some(value) = cell.value {
        let survey = cell.lower.zip(cell.upper);
        let survey = survey
            .map(|(lower, upper)| format!(" ({} to {})", measure.bare(lower), measure.bare(upper)));
        let mark = if figure.is_partial() { "*" } else { "" };
        return measure.bare(value) + &survey.unwrap_or_default() + mark;
    }
    let Some(contested) = cell.interval else {
        return match cell.status {
            Status::Normal => NO_FIGURE.to_owned(),
            other => other.label().to_owned(),
        };
    };
    match contested.value_low.zip(contested.value_high) {
        Some(ends) if contested.or_none => format!("{} or {NO_FIGURE}", measure.ends(ends)),
        Some(ends) => measure.ends(ends),
        None => NO_FIGURE.to_owned(),
    }
}

/// The remark on a figure, and whether it may be compared with the one before it.
fn remark(figure: &Figure) -> String {
    let step = figure.compared.as_ref().map(|one| &one.step);
    let tag = match step {
        _ if figure.cell.n_contested > 0 => "contested",
        Some(Step::Break { .. }) => "question changed",
        Some(Step::BaseChanged { .. }) => "base changed",
        Some(Step::CheckBase { .. }) => "check the base",
        Some(Step::OtherAreas) => "other areas than before",
        Some(Step::Comparable) | None => "",
    };
    let reason = &figure.cell.status_reason;
    match (tag, reason.as_str()) {
        ("", reason) => reason.to_owned(),
        (tag, "") => tag.to_owned(),
        (tag, reason) if reason.starts_with(tag) => reason.to_owned(),
        (tag, reason) => format!("{tag}; {reason}"),
    }
}

fn dots(figures: &[Option<Figure>]) -> Vec<Dot> {
    let count = figures.len();
    let (mut dots, mut is_cut) = (Vec::new(), false);
    for (at, figure) in figures.iter().enumerate() {
        let drawn = figure
            .as_ref()
            .and_then(|one| Some((one, float(one.headline()?)?)));
        let Some((figure, value)) = drawn else {
            is_cut = true;
            continue;
        };
        let age = match count - at {
            1 => Age::Now,
            2 => Age::Before,
            _ => Age::Earlier,
        };
        let mut dot = Dot::new(value, age);
        dot = match figure.compared.as_ref().map(|one| &one.step) {
            _ if is_cut => dot.apart(),
            Some(Step::Break { .. } | Step::OtherAreas) => dot.apart(),
            Some(Step::BaseChanged { .. }) => dot.loose(),
            Some(Step::Comparable | Step::CheckBase { .. }) | None => dot,
        };
        let survey = figure
            .cell
            .lower
            .and_then(float)
            .zip(figure.cell.upper.and_then(float));
        if let Some((lower, upper)) = survey {
            dot = dot.range(lower, upper);
        }
        dots.push(dot);
        is_cut = false;
    }
    dots
}

fn title(periods: &[Period]) -> String {
    match periods {
        [first, .., last] => format!("Every location, {} to {}", first.words(), last.words()),
        [only] => format!("Every location, {}", only.words()),
        [] => "Every location".to_owned(),
    }
}

/// Says what the dots are.
fn words(sketch: &Sketch, periods: &[Period]) -> String {
    let names: Vec<String> = periods.iter().map(|one| one.words()).collect();
    let dots = match names.as_slice() {
        [first, second, third] => {
            format!("Hollow small {first}, hollow {second}, filled {third}.")
        }
        [first, second] => format!("Hollow {first}, filled {second}."),
        _ => String::new(),
    };
    let shown: BTreeSet<Period> = periods.iter().copied().collect();
    let figures = sketch
        .network
        .iter()
        .filter(|one| shown.contains(&one.cell.key.period));
    let turns = figures.filter_map(|figure| {
        let compared = figure.compared.as_ref()?;
        let (now, then) = (figure.cell.key.period.words(), compared.before.words());
        match compared.step {
            _ if !shown.contains(&compared.before) => None,
            Step::BaseChanged { .. } => Some(format!("{now} stands on another base than {then}.")),
            Step::Break { .. } => Some(format!("{now} answers another question than {then}.")),
            Step::Comparable | Step::CheckBase { .. } | Step::OtherAreas => None,
        }
    });
    let parts = ["In the order of their codes.".to_owned(), dots].into_iter();
    let parts = parts.chain(turns).filter(|part| !part.is_empty());
    let words: Vec<String> = parts.map(|part| capital(&part)).collect();
    words.join(" ")
}

/// Periods that have a column.
const PERIODS_MAX: usize = 3;
