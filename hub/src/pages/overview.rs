//! `/`: which locations have reported, how fresh their data is, a headline per indicator, and what
//! locations shared of their plans and insights.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_host::clock;
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
    csv::CsvDownload,
    frame::{Frame, PageFailure, html},
    words,
};
use crate::{
    app::{
        AppError, AppHandle, LocationState, LocationView, OfLocations, Reading, SharedRecord,
        Unrecorded,
    },
    figures::{Figure, RollupQuery, source},
};

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    summary: String,
    /// How far the figures are behind; none if they are not.
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
    let mut frame = Frame::national(&web.app, "/").await?;
    let shared = web
        .app
        .shown(Reading::page("/"), Shared::read(&web.app).await?)
        .await?;
    let behind = web.app.behind().await?;
    let definitions = web.app.definitions()?;
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
    let shared = Shared::read(&web.app).await?.unshown();
    let mut csv = CsvDownload::new(
        "locations",
        &[
            "code",
            "name",
            "name_mi",
            "state",
            "figures",
            "initiatives",
            "insights",
            "received",
        ],
    );
    for row in shared.rows(clock::now()) {
        csv.row([
            row.code,
            row.name,
            row.name_mi.unwrap_or_default(),
            row.state.to_owned(),
            row.reported.join("; "),
            row.initiatives.to_string(),
            row.insights.to_string(),
            row.received_at.map_or_else(String::new, Timestamp::rfc3339),
        ]);
    }
    Ok(csv.answer(&headers))
}

pub(super) async fn initiatives_csv(
    State(web): State<Web>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let reading = Reading::page("/initiatives.csv");
    let shared = web
        .app
        .shown(reading, Shared::read(&web.app).await?)
        .await?;
    let mut csv = CsvDownload::new("initiatives", &["location", "initiative", "status", "id"]);
    for record in shared.initiatives() {
        csv.row([
            &record.location,
            &record.title,
            record.text("status"),
            &record.id,
        ]);
    }
    Ok(csv.answer(&headers))
}

pub(super) async fn insights_csv(
    State(web): State<Web>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let shared = Shared::read(&web.app).await?.unshown();
    let mut csv = CsvDownload::new("insights", &["location", "name", "insights"]);
    for row in shared.rows(clock::now()) {
        csv.row([row.code, row.name, row.insights.to_string()]);
    }
    Ok(csv.answer(&headers))
}

/// The parts of what locations shared that the overview shows.
struct Shared {
    locations: Vec<LocationView>,
    figures: Vec<Figure>,
    plan: Vec<SharedRecord>,
    /// Number of insights each location shared; their words are not read here.
    insights: BTreeMap<String, usize>,
    zone: Zone,
}

/// Of single locations, initiatives are shown; of figures, those of the network, and how many
/// a location has.
impl OfLocations for Shared {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let codes = self
            .initiatives()
            .filter_map(|one| one.location.parse().ok());
        codes.collect()
    }
}

impl Shared {
    async fn read(app: &AppHandle) -> Result<Unrecorded<Self>, AppError> {
        Ok(Unrecorded::new(Self {
            locations: app.locations().await?,
            figures: source::standing(app, RollupQuery::default())
                .await?
                .unshown(),
            plan: app.plan(None).await?.unshown(),
            insights: app.insight_counts().await?,
            zone: app.zone(),
        }))
    }

    fn initiatives(&self) -> impl Iterator<Item = &SharedRecord> {
        self.plan
            .iter()
            .filter(|record| record.kind == "initiative")
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
                LocationState::Confirmed => ("confirmed", "good"),
                LocationState::Unconfirmed => ("unconfirmed: counts nowhere", "warn"),
                LocationState::Added => ("not invited", "warn"),
                LocationState::Invited => ("invited, has not joined", "warn"),
                LocationState::InviteExpired => ("invite expired, has not joined", "warn"),
            };
            LocationLine {
                code: code.to_owned(),
                name: location.name.clone(),
                name_mi: location.name_mi.clone(),
                state,
                state_class,
                reported: self.reported(code),
                initiatives: self
                    .initiatives()
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
        for record in self.initiatives() {
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
