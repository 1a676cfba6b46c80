//! The lists of what locations shared, as files: locations, initiatives, insights, what shifted.

use std::collections::{BTreeMap, BTreeSet};

use axum::{http::HeaderMap, response::Response};
use weft_host::list::{Column, List};
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    text::counted,
    time::Timestamp,
};

use super::{Web, csv, frame::PageFailure};
use crate::{
    app::{AppError, Counted, LocationView, OfLocations, SharedRecord, Unrecorded},
    figures::Shared,
};

/// A location and what it shared.
#[derive(Clone, Debug)]
pub(super) struct LocationLine {
    pub(super) view: LocationView,
    /// A line for each indicator of which it reported something.
    pub(super) figures: Vec<String>,
    pub(super) initiatives: usize,
    pub(super) insights: usize,
    received: Option<Timestamp>,
}

/// The records that each location shared. Only those that shared something are read about.
pub(super) struct Lines(pub(super) Vec<LocationLine>);

impl OfLocations for Lines {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let lines = self.0.iter();
        let lines = lines
            .filter(|line| !line.figures.is_empty() || line.initiatives > 0 || line.insights > 0);
        lines.map(|line| line.view.code.clone()).collect()
    }
}

pub(super) async fn locations(web: Web, headers: HeaderMap) -> Result<Response, PageFailure> {
    let lines = web.app.counted(|at| lines(at, at.locations()?)).await?;
    let lines = web.app.shown(web.reading("/locations.csv"), lines).await?;
    Ok(csv::list("locations", &LOCATIONS, &lines.0, &headers))
}

/// Counts what each of these locations shared.
pub(super) fn lines(
    at: &Counted<'_>,
    views: Vec<LocationView>,
) -> Result<Unrecorded<Lines>, AppError> {
    let overview = at.overview()?.unshown();
    let lines = overview.lines();
    let insights = at.insight_counts()?.unshown();
    let mut initiatives: BTreeMap<String, usize> = BTreeMap::new();
    for one in initiatives_of(at)?.unshown() {
        *initiatives.entry(one.location).or_default() += 1;
    }
    let rows = views.into_iter().map(|view| LocationLine {
        figures: lines.get(&view.code).map(reported).unwrap_or_default(),
        initiatives: initiatives
            .get(view.code.as_str())
            .copied()
            .unwrap_or_default(),
        insights: insights
            .get(view.code.as_str())
            .copied()
            .unwrap_or_default(),
        received: view.received,
        view,
    });
    Ok(Unrecorded::new(Lines(rows.collect())))
}

/// Describes each indicator on one line: the number of figures, and the last period.
fn reported(of_location: &BTreeMap<IndicatorCode, Shared>) -> Vec<String> {
    let lines = of_location
        .iter()
        .filter_map(|(code, shared)| match shared.last {
            Some(last) => {
                let figures = counted(shared.figures, "figure", "figures");
                Some(format!("{code}: {figures}, to {last}"))
            }
            None => shared
                .not_collected
                .then(|| format!("{code}: not collected")),
        });
    lines.collect()
}

const LOCATIONS: List<LocationLine> = List::new(&[
    Column::new("code", |row: &LocationLine| row.view.code.as_str().into()),
    Column::new("name", |row: &LocationLine| (&*row.view.name).into()),
    Column::new("name_mi", |row: &LocationLine| {
        row.view.name_mi.clone().into()
    }),
    Column::new("state", |row: &LocationLine| row.view.state.as_str().into()),
    Column::new("figures", |row: &LocationLine| {
        row.figures.join("; ").into()
    }),
    Column::new("initiatives", |row: &LocationLine| row.initiatives.into()),
    Column::new("insights", |row: &LocationLine| row.insights.into()),
    Column::new("received", |row: &LocationLine| row.received.into()),
]);

pub(super) async fn initiatives(web: Web, headers: HeaderMap) -> Result<Response, PageFailure> {
    let reading = web.reading("/initiatives.csv");
    let found = web.app.counted(initiatives_of).await?;
    let rows = web.app.shown(reading, found).await?;
    Ok(csv::list("initiatives", &INITIATIVES, &rows, &headers))
}

fn initiatives_of(at: &Counted<'_>) -> Result<Unrecorded<Vec<SharedRecord>>, AppError> {
    let keep = |mut plan: Vec<SharedRecord>| {
        plan.retain(|record| record.kind == "initiative");
        plan
    };
    Ok(at.plan(None)?.map(keep))
}

const INITIATIVES: List<SharedRecord> = List::new(&[
    Column::new("location", |one: &SharedRecord| (&*one.location).into()),
    Column::new("initiative", |one: &SharedRecord| (&*one.title).into()),
    Column::new("status", |one: &SharedRecord| one.text("status").into()),
    Column::new("id", |one: &SharedRecord| (&*one.id).into()),
]);

pub(super) async fn shifted(web: Web, headers: HeaderMap) -> Result<Response, PageFailure> {
    let found = web.app.counted(|at| at.shifted()).await?;
    let rows = web.app.shown(web.reading("/shifted.csv"), found).await?;
    Ok(csv::list("shifted", &SHIFTED, &rows, &headers))
}

/// A marker has `from` and `to` as its location wrote them; an initiative has its statuses there.
const SHIFTED: List<SharedRecord> = List::new(&[
    Column::new("location", |one: &SharedRecord| (&*one.location).into()),
    Column::new("kind", |one: &SharedRecord| (&*one.kind).into()),
    Column::new("what", |one: &SharedRecord| (&*one.title).into()),
    Column::new("from", |one: &SharedRecord| match &one.changed {
        Some(change) => (&*change.from).into(),
        None => one.text("from").into(),
    }),
    Column::new("to", |one: &SharedRecord| match &one.changed {
        Some(_) => one.text("status").into(),
        None => one.text("to").into(),
    }),
    Column::new("evidence", |one: &SharedRecord| one.text("evidence").into()),
    Column::new("on", |one: &SharedRecord| one.text("on").into()),
    Column::new("changed", |one: &SharedRecord| {
        one.changed.as_ref().map(|change| change.at).into()
    }),
    Column::new("id", |one: &SharedRecord| (&*one.id).into()),
]);

pub(super) async fn insights(web: Web, headers: HeaderMap) -> Result<Response, PageFailure> {
    let rows = web.app.counted(|at| {
        let insights = at.insight_counts()?.unshown();
        let places = at.places().into_iter();
        let rows = places.map(|(code, place)| {
            let insights = insights.get(code.as_str()).copied().unwrap_or_default();
            (code, place.name, insights)
        });
        Ok(Unrecorded::new(rows.collect::<Vec<Told>>()))
    });
    let reading = web.reading("/insights.csv");
    let rows = web.app.shown(reading, rows.await?).await?;
    Ok(csv::list("insights", &INSIGHTS, &rows, &headers))
}

/// A location's code and name, and the number of insights it shared.
type Told = (LocationCode, String, usize);

impl OfLocations for Vec<Told> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let told = self.iter().filter(|(_, _, insights)| *insights > 0);
        told.map(|(code, _, _)| code.clone()).collect()
    }
}

const INSIGHTS: List<Told> = List::new(&[
    Column::new("location", |(code, _, _): &Told| code.as_str().into()),
    Column::new("name", |(_, name, _): &Told| (&**name).into()),
    Column::new("insights", |(_, _, insights): &Told| (*insights).into()),
]);
