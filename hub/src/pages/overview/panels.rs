//! A row of the overview: an indicator in words, and a panel for each location on one scale.

use weft_host::chart::{Line, Name, Small, Tick};
use weft_shared::{id::LocationCode, model::indicator::Definition, period::Date};

use super::super::{
    drawn::{Said, Series, ends, turns},
    told::{Aim, Glance, needs_ages},
    words::{Measure, place_page},
};
use crate::{
    app::{LocationView, TargetView},
    figures::{Figure, Sketch},
};

/// An indicator in words and panels.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) glance: Glance,
    pub(super) panels: Vec<Panel>,
    /// Whether any piece is dotted.
    pub(super) loose: bool,
    /// Whether there is a target.
    pub(super) aimed: bool,
    /// Whether the word on ages belongs below it.
    pub(super) not_standardised: bool,
}

/// A location's panel.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) page: String,
    pub(super) value: String,
    pub(super) chart: String,
    /// The same in words, for screen readers.
    pub(super) words: String,
}

impl Row {
    pub(super) fn of(
        definition: &Definition,
        sketch: &Sketch,
        (locations, targets, today): (&[LocationView], &[TargetView], Date),
        points: usize,
    ) -> Self {
        let measure = Measure::of(definition);
        let network = tail(&sketch.network, points);
        let line = |figures: &[Figure]| Series::of(tail(figures, points), &measure, Said::Nothing);
        let whole = line(network).network("Network");
        let own: Vec<(&LocationCode, &[Figure], Line)> = sketch
            .locations
            .iter()
            .map(|(code, figures)| (code, tail(figures, points), line(figures).own("")))
            .collect();
        let lines = own.iter().map(|(_, _, line)| line).chain([&whole]);
        let unit = if measure.percent { "%" } else { "" };
        let small = Small::over(lines)
            .unit(unit)
            .ticks(ticks(network))
            .turns(&turns(network));
        let aim = Aim::of(targets, definition, sketch).and_then(|aim| aim.drawn(&measure));
        let small = match &aim {
            Some(target) => small.target(target),
            None => small,
        };
        // A number without its period is about the network's newest, or else about the newest that
        // any location has.
        let of_locations = own.iter().filter_map(|(_, figures, _)| last(figures));
        let newest = sketch
            .newest()
            .or_else(|| of_locations.max_by_key(|one| end(one)));
        let newest = newest.map(|figure| figure.cell.key.period);
        let panels = own.iter().map(|(code, figures, line)| {
            let view = locations.iter().find(|one| one.code == **code);
            let name = view.map_or_else(|| code.to_string(), |view| view.name.clone());
            let last = last(figures);
            let value = last
                .and_then(Figure::headline)
                .map(|value| measure.bare(value));
            let value = match (value, last.map(|figure| figure.cell.key.period)) {
                (Some(value), Some(period)) if Some(period) == newest => value,
                (Some(value), Some(period)) => format!("{value} {}", period.short()),
                _ => "none".to_owned(),
            };
            Panel {
                code: code.to_string(),
                words: words(&name, figures, &measure),
                name,
                page: place_page(code.as_str()),
                value,
                chart: small.panel(&[&whole, line], Name::Hidden),
            }
        });
        let panels: Vec<Panel> = panels.collect();
        let cuts = |figure: &Figure| {
            use weft_shared::rollup::series::Step;
            let step = figure.compared.as_ref().map(|one| &one.step);
            matches!(step, Some(Step::BaseChanged { .. }))
        };
        Self {
            glance: Glance::of(definition, Some(sketch), (targets, today)),
            loose: network.iter().any(cuts),
            aimed: aim.is_some(),
            not_standardised: needs_ages(definition, network) && !panels.is_empty(),
            panels,
        }
    }
}

/// The newest figure that may stand alone.
fn last(figures: &[Figure]) -> Option<&Figure> {
    let mut newest = figures.iter().rev();
    newest.find(|one| one.headline().is_some())
}

/// The first and the last period; the last alone if two of them do not fit below a narrow panel.
fn ticks(network: &[Figure]) -> Vec<Tick> {
    let mut ticks = ends(network);
    let is_long = |figure: &Figure| figure.cell.key.period.short().len() > SHORT_MAX;
    if network.iter().any(is_long) {
        ticks.drain(..ticks.len().saturating_sub(1));
    }
    ticks
}

fn end(figure: &Figure) -> Date {
    figure.cell.key.period.end()
}

/// The last figures of a long series: a panel is narrow.
fn tail(figures: &[Figure], points: usize) -> &[Figure] {
    &figures[figures.len().saturating_sub(points)..]
}

/// The number of points in each of so many panels. Many panels have fewer, so that the page stays
/// light: each weighs some eleven bytes on its way.
pub(super) fn points(panels: usize) -> usize {
    (ALL_POINTS_MAX / panels.max(1)).clamp(POINTS_MIN, POINTS_MAX)
}

/// A location's last figures in words.
fn words(name: &str, figures: &[Figure], measure: &Measure) -> String {
    let shown = figures.iter().filter_map(|figure| {
        let value = measure.shown(figure.headline()?);
        Some(format!("{value} in {}", figure.cell.key.period.words()))
    });
    let shown: Vec<String> = shown.collect();
    let skipped = shown.len().saturating_sub(WORDS_MAX);
    match shown.is_empty() {
        true => format!("{name}: no figure stands alone"),
        false => format!("{name}: {}", shown[skipped..].join("; ")),
    }
}

/// Bytes of a label of which two fit, such as "’18".
const SHORT_MAX: usize = 5;
/// Points of one panel.
const POINTS_MAX: usize = 24;
const POINTS_MIN: usize = 8;
/// Points of the location in all panels of the page.
const ALL_POINTS_MAX: usize = 864;
/// Figures that are read out.
const WORDS_MAX: usize = 3;
