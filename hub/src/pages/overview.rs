//! `/`: which locations have reported, how fresh their data is, a headline per indicator, and what
//! locations shared of their plans and insights.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_host::{
    clock,
    list::{Column, List},
};
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::{observation::Status, plan::InitiativeStatus},
    rollup::Cell,
    text::{counted, part_of},
    time::{Timestamp, Zone},
};

use super::{
    Web,
    card::Card,
    csv,
    frame::{Frame, PageFailure, html},
    words,
};
use crate::{
    app::{
        AppError, Counted, LocationState, LocationView, OfLocations, Reading, SharedRecord,
        Unrecorded,
    },
    figures::{Figure, RollupQuery, source},
};

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    summary: String,
    /// The entries and documents that the figures lack; none if they lack nothing.
    behind: Option<String>,
    locations: Vec<LocationLine>,
    cards: Vec<Card>,
    statuses: Vec<StatusRow>,
    insights: Vec<LocationLine>,
}

/// A location and what it shared.
#[derive(Clone, Debug)]
struct LocationLine {
    code: String,
    name: String,
    name_mi: Option<String>,
    state: &'static str,
    state_class: &'static str,
    reported: Vec<String>,
    initiatives: usize,
    insights: usize,
    received: String,
    received_minute: Option<String>,
    received_at: Option<Timestamp>,
}

/// Initiatives of one status.
#[derive(Clone, Debug)]
struct StatusRow {
    status: String,
    titles: Vec<String>,
}

pub(super) async fn page(State(web): State<Web>) -> Result<Response, PageFailure> {
    let mut frame = Frame::national(&web.app, "/");
    let found = web
        .app
        .counted(|at| Ok((Shared::read(at)?, at.definitions(), at.behind()?)));
    let (shared, definitions, behind) = found.await?;
    let shared = web.app.shown(Reading::page("/"), shared).await?;
    frame.name_sources(&definitions, &shared.figures);
    let network: Vec<&Figure> = shared.figures.iter().filter(|f| f.is_network()).collect();
    let code = |figure: &&Figure| figure.cell.key.indicator.clone();
    let cards = network
        .chunk_by(|a, b| code(a) == code(b))
        .filter_map(|figures| {
            let code = &figures.first()?.cell.key.indicator;
            let definition = source::newest(&definitions, code.as_str())?;
            Some(Card::new(definition, figures))
        });
    let locations = shared.rows(clock::now());
    let page = Overview {
        summary: shared.summary(),
        behind: behind.why.is_some().then(|| behind.words()),
        cards: cards.collect(),
        statuses: shared.statuses(),
        insights: locations
            .iter()
            .filter(|row| row.insights > 0)
            .cloned()
            .collect(),
        locations,
        frame,
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn locations_csv(
    State(web): State<Web>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let shared = web.app.counted(|at| {
        let figures = source::figures(at, &RollupQuery::default())?;
        Shared::with(at, figures)
    });
    let reading = Reading::page("/locations.csv");
    let shared = web.app.shown(reading, shared.await?).await?;
    let rows = shared.rows(clock::now());
    Ok(csv::list("locations", &LOCATIONS, &rows, &headers))
}

const LOCATIONS: List<LocationLine> = List::new(&[
    Column::new("code", |row: &LocationLine| (&*row.code).into()),
    Column::new("name", |row: &LocationLine| (&*row.name).into()),
    Column::new("name_mi", |row: &LocationLine| row.name_mi.clone().into()),
    Column::new("state", |row: &LocationLine| row.state.into()),
    Column::new("figures", |row: &LocationLine| {
        row.reported.join("; ").into()
    }),
    Column::new("initiatives", |row: &LocationLine| row.initiatives.into()),
    Column::new("insights", |row: &LocationLine| row.insights.into()),
    Column::new("received", |row: &LocationLine| row.received_at.into()),
]);

pub(super) async fn initiatives_csv(
    State(web): State<Web>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let reading = Reading::page("/initiatives.csv");
    let plan = web.app.counted(|at| Ok(at.plan(None)?.map(initiatives)));
    let rows = web.app.shown(reading, plan.await?).await?;
    Ok(csv::list("initiatives", &INITIATIVES, &rows, &headers))
}

const INITIATIVES: List<SharedRecord> = List::new(&[
    Column::new("location", |one: &SharedRecord| (&*one.location).into()),
    Column::new("initiative", |one: &SharedRecord| (&*one.title).into()),
    Column::new("status", |one: &SharedRecord| one.text("status").into()),
    Column::new("id", |one: &SharedRecord| (&*one.id).into()),
]);

pub(super) async fn insights_csv(
    State(web): State<Web>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let rows = web.app.counted(|at| {
        let insights = at.insight_counts()?.unshown();
        let places = at.places().into_iter();
        let rows = places.map(|(code, place)| {
            let insights = insights.get(code.as_str()).copied().unwrap_or_default();
            (code, place.name, insights)
        });
        Ok(Unrecorded::new(rows.collect::<Vec<Told>>()))
    });
    let reading = Reading::page("/insights.csv");
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

/// The parts of what locations shared that the overview shows.
struct Shared {
    locations: Vec<LocationView>,
    figures: Vec<Figure>,
    initiatives: Vec<SharedRecord>,
    /// Number of insights each location shared; their words are not read here.
    insights: BTreeMap<String, usize>,
    zone: Zone,
}

/// Of single locations, initiatives are shown, and how many figures and insights each has shared;
/// of figures, those of the network.
impl OfLocations for Shared {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let shown = self.figures.iter().filter(|figure| {
            let cell = &figure.cell;
            figure.is_network() || cell.n_areas > 0 || cell.status == Status::NotCollected
        });
        let mut locations = self.initiatives.locations();
        locations.extend(shown.flat_map(|figure| figure.of_one.iter().cloned()));
        let told = self.insights.iter().filter(|(_, insights)| **insights > 0);
        locations.extend(told.filter_map(|(code, _)| code.parse().ok()));
        locations
    }
}

fn initiatives(mut plan: Vec<SharedRecord>) -> Vec<SharedRecord> {
    plan.retain(|record| record.kind == "initiative");
    plan
}

impl Shared {
    fn read(at: &Counted<'_>) -> Result<Unrecorded<Self>, AppError> {
        Self::with(at, source::standing(at, &RollupQuery::default())?)
    }

    fn with(
        at: &Counted<'_>,
        figures: Unrecorded<Vec<Figure>>,
    ) -> Result<Unrecorded<Self>, AppError> {
        Ok(Unrecorded::new(Self {
            locations: at.locations()?,
            figures: figures.unshown(),
            initiatives: initiatives(at.plan(None)?.unshown()),
            insights: at.insight_counts()?.unshown(),
            zone: at.zone(),
        }))
    }

    fn summary(&self) -> String {
        let confirmed = self
            .locations
            .iter()
            .filter(|location| location.state == LocationState::Confirmed)
            .count();
        let reporting = self
            .locations
            .iter()
            .filter(|location| self.has_figures(location.code.as_str()))
            .count();
        format!(
            "{} confirmed and counted; {} shared figures.",
            part_of(confirmed, self.locations.len(), "location", "locations"),
            counted(reporting, "has", "have")
        )
    }

    fn has_figures(&self, code: &str) -> bool {
        let mut figures = self.figures.iter();
        figures.any(|figure| figure.location() == code && figure.cell.n_areas > 0)
    }

    fn rows(&self, now: Timestamp) -> Vec<LocationLine> {
        let rows = self.locations.iter().map(|location| {
            let code = location.code.as_str();
            let received = location.received.map(|at| words::ago(at, now));
            let (state, state_class) = match location.state {
                LocationState::Confirmed => ("confirmed", "line"),
                LocationState::Unconfirmed => ("unconfirmed: counts nowhere", "aim"),
                LocationState::Added => ("not invited", "aim"),
                LocationState::Invited => ("invited, has not joined", "aim"),
                LocationState::InviteExpired => ("invite expired, has not joined", "aim"),
            };
            LocationLine {
                code: code.to_owned(),
                name: location.name.clone(),
                name_mi: location.name_mi.clone(),
                state,
                state_class,
                reported: self.reported(code),
                initiatives: self
                    .initiatives
                    .iter()
                    .filter(|one| one.location == code)
                    .count(),
                insights: self.insights.get(code).copied().unwrap_or_default(),
                received: received.unwrap_or_else(|| "never".to_owned()),
                received_minute: location.received.map(|at| self.zone.minute(at)),
                received_at: location.received,
            }
        });
        rows.collect()
    }

    /// Describes each indicator on one line: the number of figures, and the last period.
    fn reported(&self, code: &str) -> Vec<String> {
        let mut by_indicator: BTreeMap<&IndicatorCode, Vec<&Cell>> = BTreeMap::new();
        for figure in self.figures.iter().filter(|one| one.location() == code) {
            let of_code = by_indicator.entry(&figure.cell.key.indicator);
            of_code.or_default().push(&figure.cell);
        }
        let lines = by_indicator.into_iter().filter_map(|(indicator, figures)| {
            let with = figures.iter().filter(|cell| cell.n_areas > 0);
            if let Some(latest) = with.clone().map(|cell| cell.key.period).max() {
                let figures = counted(with.count(), "figure", "figures");
                return Some(format!("{indicator}: {figures}, to {latest}"));
            }
            let not_collected = figures
                .iter()
                .any(|cell| cell.status == Status::NotCollected);
            not_collected.then(|| format!("{indicator}: not collected"))
        });
        lines.collect()
    }

    /// Lists statuses in the order in which an initiative grows, without those that none has.
    fn statuses(&self) -> Vec<StatusRow> {
        let mut by_status: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for record in &self.initiatives {
            let titles = by_status
                .entry(record.text("status").to_owned())
                .or_default();
            titles.push(format!("{}: {}", record.location, record.title));
        }
        let known = InitiativeStatus::ALL.iter().map(|status| status.word());
        let mut rows = Vec::new();
        for status in known {
            if let Some(titles) = by_status.remove(status) {
                let status = status.to_owned();
                rows.push(StatusRow { status, titles });
            }
        }
        rows.extend(by_status.into_iter().map(|(status, titles)| StatusRow {
            status: if status.is_empty() {
                "not said".to_owned()
            } else {
                status
            },
            titles,
        }));
        rows
    }
}
