//! `/coverage`: locations by period, and why data is missing.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_host::list::{Column, Datum, List};
use weft_shared::{id::IndicatorCode, model::observation::Status, rollup::Cell};

use super::{
    Web,
    asked::{self, Asked, with_moment},
    csv,
    frame::{Frame, PageFailure, Past, html},
    indicator::Choice,
};
use crate::{
    app::{Reading, Unrecorded},
    figures::{Figure, group, source},
};

#[derive(Template)]
#[template(path = "coverage.html")]
struct Page {
    frame: Frame,
    choices: Vec<Choice>,
    grids: Vec<Grid>,
    words: Vec<(&'static str, &'static str)>,
    csv: String,
}

/// One indicator and group, with a row per location and a column per period.
#[derive(Clone, Debug)]
struct Grid {
    anchor: String,
    name: String,
    group: String,
    periods: Vec<String>,
    rows: Vec<GridRow>,
}

impl Grid {
    fn has_gaps(&self) -> bool {
        self.rows.iter().any(|row| !row.why.is_empty())
    }
}

#[derive(Clone, Debug)]
struct GridRow {
    code: String,
    cells: Vec<String>,
    why: Vec<String>,
}

pub(super) async fn page(
    State(web): State<Web>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageFailure> {
    let mut frame = Frame::national(&web.app, "/coverage");
    let moment = asked::moment(&asked)?;
    let found = web.app.counted(move |now| {
        let at = now.at(moment)?;
        let past = Past::of(&at, moment);
        Ok((source::of_locations(&at)?, source::definitions(&at), past))
    });
    let (all, definitions, past) = found.await?;
    frame.past = past;
    let all = web.app.shown(Reading::page("/coverage"), all).await?;
    frame.name_sources(&definitions, &all);
    let chosen = asked
        .get("indicator")
        .map(String::as_str)
        .unwrap_or_default();
    let mut choices: Vec<Choice> = Vec::new();
    for figure in &all {
        let value = figure.cell.key.indicator.as_str();
        if choices.last().is_none_or(|last| last.value != value) {
            choices.push(Choice {
                value: value.to_owned(),
                label: format!("{} ({value})", figure.cell.labels.indicator_name),
                chosen: value == chosen,
            });
        }
    }
    let known = choices.iter().any(|choice| choice.chosen);
    let figures: Vec<&Figure> = all
        .iter()
        .filter(|figure| !known || figure.cell.key.indicator.as_str() == chosen)
        .collect();
    let page = Page {
        grids: grids(&figures),
        words: WORDS
            .iter()
            .map(|status| (status.word(), status.label()))
            .collect(),
        csv: match known {
            true => with_moment(&format!("/coverage.csv?indicator={chosen}"), moment),
            false => with_moment("/coverage.csv", moment),
        },
        choices,
        frame,
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn csv(
    State(web): State<Web>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let chosen = asked.get("indicator").filter(|code| !code.is_empty());
    let moment = asked::moment(&asked)?;
    let found = web.app.counted(move |now| {
        let at = now.at(moment)?;
        Ok((source::of_locations(&at)?.unshown(), at.as_of))
    });
    let (mut figures, as_of) = found.await?;
    let code = |figure: &Figure| figure.cell.key.indicator.clone();
    figures.retain(|figure| chosen.is_none_or(|chosen| chosen == code(figure).as_str()));
    let reading = Reading::page("/coverage.csv");
    let figures = web.app.shown(reading, Unrecorded::new(figures)).await?;
    Ok(csv::list_as_of(
        "coverage",
        (&COVERAGE, &figures),
        as_of,
        &headers,
    ))
}

const COVERAGE: List<Figure> = List::new(&[
    Column::new("indicator_code", |one: &Figure| {
        one.cell.key.indicator.as_str().into()
    }),
    Column::new("breakdown", |one: &Figure| {
        (&*one.cell.key.breakdown.name()).into()
    }),
    Column::new("breakdown_value", |one: &Figure| {
        (&*one.cell.key.breakdown.value()).into()
    }),
    Column::new("period", |one: &Figure| Datum::text(one.cell.key.period)),
    Column::new("location_code", |one: &Figure| one.location().into()),
    Column::new("n_areas", |one: &Figure| one.cell.n_areas.into()),
    Column::new("n_areas_expected", |one: &Figure| {
        one.cell.n_areas_expected.into()
    }),
    Column::new("obs_status", |one: &Figure| one.cell.status.word().into()),
    Column::new("status_reason", |one: &Figure| {
        (&*one.cell.status_reason).into()
    }),
]);

fn grids(figures: &[&Figure]) -> Vec<Grid> {
    let mut groups: BTreeMap<(&IndicatorCode, String), Vec<&Figure>> = BTreeMap::new();
    for figure in figures {
        let key = &figure.cell.key;
        let key = (&key.indicator, key.breakdown.to_string());
        groups.entry(key).or_default().push(figure);
    }
    let numbered = groups.into_values().zip(1_usize..);
    numbered
        .filter_map(|(figures, at)| grid(&figures, at))
        .collect()
}

fn grid(figures: &[&Figure], at: usize) -> Option<Grid> {
    let first = figures.first()?;
    let periods: BTreeSet<String> = figures.iter().map(|f| period(f)).collect();
    let mut by_location: BTreeMap<&str, Vec<&Figure>> = BTreeMap::new();
    for figure in figures {
        by_location
            .entry(figure.location())
            .or_default()
            .push(figure);
    }
    let rows = by_location.into_iter().map(|(code, figures)| GridRow {
        code: code.to_owned(),
        cells: periods
            .iter()
            .map(|period| {
                let at = figures
                    .iter()
                    .find(|figure| self::period(figure) == *period);
                at.map_or_else(String::new, |figure| cell(&figure.cell))
            })
            .collect(),
        why: why(&figures),
    });
    Some(Grid {
        anchor: format!("grid-{at}"),
        name: first.cell.labels.indicator_name.clone(),
        group: group(&first.cell.key.breakdown),
        rows: rows.collect(),
        periods: periods.into_iter().collect(),
    })
}

fn period(figure: &Figure) -> String {
    figure.cell.key.period.to_string()
}

fn cell(cell: &Cell) -> String {
    let (part, all) = (cell.n_areas, cell.n_areas_expected);
    if part == 0 {
        return cell.status.word().to_owned();
    }
    if part < all {
        return format!("{part} of {all}");
    }
    "yes".to_owned()
}

/// Lists each reason once, with the number of periods it holds for.
fn why(figures: &[&Figure]) -> Vec<String> {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for figure in figures {
        let reason = figure.cell.status_reason.as_str();
        if figure.cell.is_partial() && !reason.is_empty() {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    reasons
        .into_iter()
        .map(|(reason, periods)| match periods {
            1 => format!("{reason} (1 period)"),
            _ => format!("{reason} ({periods} periods)"),
        })
        .collect()
}

/// The words of a cell for a location that is in no figure.
const WORDS: [Status; 4] = [
    Status::NotCollected,
    Status::CannotExist,
    Status::Missing,
    Status::Suppressed,
];
