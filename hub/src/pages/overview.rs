//! `/`: what shifted, how things are about the place, what is missing, what is new, and when each
//! location was last heard from.

mod decided;
mod missing;
mod panels;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{extract::Query, http::StatusCode, response::Response};
use weft_host::{chart::Mark, clock};
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::indicator::Definition,
    period::{Date, Period},
    text::{capital, counted, spelled},
    time::{DAY_MS, Timestamp, Zone},
};

use self::{
    decided::{Decided, Requests},
    missing::Missing,
    panels::Row,
};
use super::{
    Web,
    frame::{Frame, PageFailure, html},
    fresh::{self, Freshness, Tile},
    indicators::{newest_of_each, pages_of},
    shifted::{self, Happened},
    told::{Glance, age},
    words::{Pages, in_lists},
};
use crate::{
    app::{
        AppError, Counted, HEADLINE_MAX, LocationState, LocationView, OfLocations, SharedRecord,
        TargetView, Unrecorded,
    },
    figures::{Overview, Sketch},
};

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    frame: Frame,
    today: String,
    lede: String,
    /// The entries and documents that the figures lack; none if they lack nothing.
    behind: Option<String>,
    newest: String,
    heard: String,
    /// Since when things shifted: the last review of the national team; empty if there was none.
    since_review: String,
    shifted: Vec<Happened>,
    more_shifted: usize,
    /// Decisions of reviews, the latest first.
    decided: Vec<Decided>,
    /// Requests that wait for the national team.
    requests: Requests,
    title: String,
    rows: Vec<Row>,
    /// The periods of the numbers in the panels, if all rows have the same one.
    numbers: String,
    loose: bool,
    /// A sample of the target's line, if any row has a target.
    aim_line: Option<String>,
    places: Pages,
    not_standardised: bool,
    others: Vec<Glance>,
    pages: Pages,
    indicators: usize,
    missing: Vec<Missing>,
    news: Vec<Happened>,
    more_news: usize,
    since: String,
    tiles: Vec<Tile>,
    /// Locations that have no place on the map while others have one.
    unplaced: Vec<Tile>,
    placed: bool,
    own_line: String,
    network_line: String,
    keys: Vec<(String, &'static str)>,
}

pub(super) async fn page(
    web: Web,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, PageFailure> {
    let mut frame = Frame::national(&web, "/");
    let number = |name: &str| {
        asked
            .get(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(1)
    };
    let (page, places) = (number("page"), number("places"));
    let found = web.app.counted(move |at| Seen::read(at, (page, places)));
    let (seen, behind) = found.await?;
    let seen = web.app.shown(web.reading("/"), seen).await?;
    let network = seen.headline.iter().chain(&seen.rest);
    let figures = network.flat_map(|sketch| &sketch.network);
    frame.name_sources(&seen.definitions, figures);
    html(StatusCode::OK, &seen.page(frame, behind))
}

/// The contents of the overview, of one state of the hub.
struct Seen {
    now: Timestamp,
    zone: Zone,
    definitions: Vec<Definition>,
    locations: Vec<LocationView>,
    overview: Overview,
    headline: Vec<Sketch>,
    /// The series of the other indicators on this page.
    rest: Vec<Sketch>,
    /// The codes of the indicators that stand one a line, on this page.
    lines: Vec<IndicatorCode>,
    pages: Pages,
    places: Pages,
    shifted: Vec<SharedRecord>,
    reviewed: decided::Seen,
    news: Vec<SharedRecord>,
    map: Vec<crate::app::Tile>,
    targets: Vec<TargetView>,
    /// The figures that were due by the calendars, and did not come.
    late: Vec<crate::figures::Missing>,
}

impl OfLocations for Seen {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let records = [self.shifted.locations(), self.news.locations()];
        let figures = [self.headline.locations(), self.rest.locations()];
        let all = records.into_iter().chain(figures).flatten();
        let late = self.late.locations().into_iter();
        let late = late.chain(self.reviewed.locations());
        all.chain(self.overview.locations()).chain(late).collect()
    }
}

impl Seen {
    /// Reads it: a page of the indicators, and a page of the locations in panels.
    fn read(
        at: &Counted<'_>,
        (page, place): (usize, usize),
    ) -> Result<(Unrecorded<Self>, Option<String>), AppError> {
        let (now, zone) = (clock::now(), at.zone());
        let definitions = newest_of_each(at.definitions());
        let overview = at.overview()?.unshown();
        let reported: BTreeSet<&IndicatorCode> = overview
            .last
            .iter()
            .map(|figure| &figure.cell.key.indicator)
            .collect();
        let codes: Vec<IndicatorCode> = definitions.iter().map(|one| one.code.clone()).collect();
        let mut first = at.headline();
        first.retain(|code| codes.contains(code));
        if first.is_empty() {
            let with_figures = codes.iter().filter(|code| reported.contains(code));
            first = with_figures.take(HEADLINE_MAX).cloned().collect();
        }
        let rest: Vec<IndicatorCode> = codes
            .into_iter()
            .filter(|code| !first.contains(code))
            .collect();
        let (lines, pages) = pages_of(&rest, page, ("/", "page"), LINES_MAX);
        let counting: Vec<LocationCode> = at
            .network()
            .expected()
            .map(|member| member.code.clone())
            .collect();
        let (drawn, places) = pages_of(&counting, place, ("/", "places"), PANELS_MAX);
        let any = |codes: &[IndicatorCode]| {
            codes
                .iter()
                .map(|code| (code.clone(), None))
                .collect::<Vec<_>>()
        };
        let reviewed = decided::Seen::read(at)?;
        let mut shifted = at.shifted()?.unshown();
        shifted.retain(|one| reviewed.is_since(one, &zone));
        let seen = Self {
            headline: at.sketches(&any(&first), &drawn)?.unshown(),
            rest: at.sketches(&any(&lines), &[])?.unshown(),
            shifted,
            reviewed,
            news: at.written_since(now.plus_ms(-NEW_DAYS * DAY_MS))?.unshown(),
            locations: in_lists(at.locations()?),
            map: at.tiles(),
            targets: at.targets_shown(None)?,
            late: at.missing(None)?.unshown(),
            now,
            zone,
            definitions,
            overview,
            lines,
            pages,
            places,
        };
        let behind = at.behind()?;
        let behind = behind.why.is_some().then(|| behind.words());
        Ok((Unrecorded::new(seen), behind))
    }

    fn today(&self) -> Date {
        self.zone.day(self.now)
    }

    fn definition(&self, code: &IndicatorCode) -> Option<&Definition> {
        self.definitions.iter().find(|one| one.code == *code)
    }

    fn page(&self, frame: Frame, behind: Option<String>) -> Page {
        let freshness = Freshness::of(&self.locations, (&self.zone, self.now));
        let panels = self.headline.iter().map(|one| one.locations.len()).sum();
        let points = panels::points(panels);
        let rows = self.headline.iter().filter_map(|sketch| {
            let definition = self.definition(&sketch.indicator)?;
            Some(Row::of(
                definition,
                sketch,
                (&self.locations, &self.targets, self.today()),
                points,
            ))
        });
        let rows: Vec<Row> = rows.collect();
        let of = (self.targets.as_slice(), self.today());
        let others = self.lines.iter().filter_map(|code| {
            let sketch = self.rest.iter().find(|one| one.indicator == *code);
            Some(Glance::of(self.definition(code)?, sketch, of))
        });
        let names = shifted::Names::of(&self.locations, (&self.zone, self.now));
        let since = self.now.plus_ms(-NEW_DAYS * DAY_MS);
        let (tiles, unplaced) = freshness.tiles(&self.map);
        let mut numbers: Vec<&str> = rows.iter().map(|row| row.glance.when.as_str()).collect();
        numbers.dedup();
        Page {
            today: self.today().strftime("%A %-d %B %Y").to_string(),
            lede: lede(&rows),
            newest: self.newest(),
            heard: freshness.heard(),
            shifted: (self.shifted.iter().take(SHOWN_MAX))
                .map(|one| names.shifted(one))
                .collect(),
            more_shifted: self.shifted.len().saturating_sub(SHOWN_MAX),
            since_review: self.reviewed.since_words(),
            decided: self.reviewed.decided(),
            requests: self.reviewed.requests(),
            title: self.title(),
            numbers: match numbers.as_slice() {
                [only] if !only.is_empty() => format!("The number is for {only}."),
                _ => "The number is the newest one.".to_owned(),
            },
            loose: rows.iter().any(|row| row.loose),
            aim_line: rows
                .iter()
                .any(|row| row.aimed)
                .then(|| Mark::TargetLine.svg()),
            not_standardised: rows.iter().any(|row| row.not_standardised),
            places: self.places.clone(),
            others: others.collect(),
            pages: self.pages.clone(),
            indicators: self.definitions.len(),
            missing: missing::list(&self.missing_of(), &freshness),
            news: (self.news.iter().take(SHOWN_MAX))
                .map(|one| names.news(one))
                .collect(),
            more_news: self.news.len().saturating_sub(SHOWN_MAX),
            since: self.zone.day(since).strftime("%A %-d %B").to_string(),
            placed: !self.map.is_empty(),
            tiles,
            unplaced,
            own_line: Mark::OwnLine.svg(),
            network_line: Mark::NetworkLine.svg(),
            keys: fresh::keys(),
            rows,
            frame,
            behind,
        }
    }

    fn missing_of(&self) -> missing::Known<'_> {
        missing::Known {
            definitions: &self.definitions,
            locations: &self.locations,
            overview: &self.overview,
            sketches: &self.headline,
            late: &self.late,
        }
    }

    /// The newest period of which the network has a figure and which has ended, with its age.
    fn newest(&self) -> String {
        let today = self.today();
        let last = self.overview.last.iter();
        let ended = last.filter(|figure| figure.cell.key.period.end() < today);
        let order = |period: Period| (period.end(), period);
        let newest = ended.max_by_key(|figure| order(figure.cell.key.period));
        newest.map_or_else(
            || "none yet".to_owned(),
            |figure| {
                let words = figure.cell.key.period.words();
                let age = age(figure, today);
                age.map_or_else(|| words.clone(), |age| format!("{words}, {age}"))
            },
        )
    }

    fn title(&self) -> String {
        let confirmed = self.locations.iter();
        let confirmed = confirmed
            .filter(|one| one.state == LocationState::Confirmed)
            .count();
        match confirmed {
            0 => "About the place".to_owned(),
            1 => "About the place, in one location".to_owned(),
            many => format!("About the place, in {} locations", spelled(many)),
        }
    }
}

/// Says what can be compared.
fn lede(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "Figures appear here once a location shares one.".to_owned();
    }
    let glances = rows.iter().map(|row| &row.glance);
    let compared: Vec<String> = glances
        .filter_map(|glance| {
            let (value, moved) = (glance.value.as_ref()?, glance.moved.as_ref()?);
            let name = match &glance.group {
                Some(group) => format!("{} of {group}", glance.name),
                None => glance.name.clone(),
            };
            Some(format!("{name}, {value} in {}, {moved}", glance.when))
        })
        .collect();
    let all = match rows.len() {
        1 => "The one headline indicator".to_owned(),
        many => format!("the {} headline indicators", spelled(many)),
    };
    match (compared.len(), rows.len()) {
        (0, 1) => format!("{all} cannot be compared with the period before it."),
        (0, 2) => "Neither of the two headline indicators can be compared with the period before \
                   it."
        .to_owned(),
        (0, _) => format!("None of {all} can be compared with the period before it."),
        (_, 1) => format!(
            "{all} can be compared: {}. {BEFORE_ROUNDING}",
            compared.join("; ")
        ),
        (some, many) => {
            let part = match some == many {
                true if many == 2 => "Both headline indicators".to_owned(),
                true => format!("All {} headline indicators", spelled(many)),
                false => capital(&format!("{} of {all}", spelled(some))),
            };
            let named = compared
                .iter()
                .take(LEDE_MAX)
                .cloned()
                .collect::<Vec<_>>()
                .join("; ");
            let more = match some.saturating_sub(LEDE_MAX) {
                0 => String::new(),
                more => format!("; and {}", counted(more, "more", "more")),
            };
            format!(
                "{part} can be compared with the period before it: {named}{more}. \
                 {BEFORE_ROUNDING}"
            )
        }
    }
}

/// Indicators on one page, one line each.
const LINES_MAX: usize = 60;
/// Locations in one row of panels.
const PANELS_MAX: usize = 9;
/// Maximum number of lines of shifts, and of news, on the page itself.
const SHOWN_MAX: usize = 8;
/// Said beside changes, which may differ from those of the figures as shown.
const BEFORE_ROUNDING: &str = "Differences are taken before rounding.";
/// Indicators that the sentence at the top names.
const LEDE_MAX: usize = 2;
/// Days for which something is new.
const NEW_DAYS: i64 = 7;
