//! `/locations/{code}`: what a location shared. Its work and its own words come first, then the
//! figures of its place.

mod place;
mod says;
mod work;

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use weft_host::{chart::Mark, clock};
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::{indicator::Definition, profile::Place, schema::RecordKind},
    period::Date,
    text::{capital, counted},
    time::{Timestamp, Zone},
};

use self::{
    place::Strip,
    says::{Matter, Saying},
    work::Doing,
};
use super::{
    Web,
    asked::Asked,
    frame::{Frame, PageFailure, PageLink, html},
    indicators::{newest_of_each, pages_of},
    insights::Heard,
    locations::{areas, moment},
    search::address,
    shifted::{Happened, Names},
    words::{Pages, place_page},
};
use crate::{
    app::{
        AppError, Counted, LocationState, LocationView, OfLocations, Reading, SharedRecord,
        TargetView, Unrecorded,
    },
    figures::{Missing, Sketch},
};

#[derive(Template)]
#[template(path = "location.html")]
struct Page {
    frame: Frame,
    code: String,
    name: String,
    name_mi: Option<String>,
    lede: String,
    facts: Vec<(&'static str, String)>,
    doing: Vec<Doing>,
    plan_pages: Pages,
    shifted: Vec<Happened>,
    more_shifted: usize,
    sayings: Vec<Saying>,
    more_sayings: usize,
    strips: Vec<Strip>,
    pages: Pages,
    loose: bool,
    aim_line: Option<String>,
    own_line: String,
    network_line: String,
    not_standardised: bool,
    insights: Vec<Heard>,
    all_insights: usize,
    insights_page: String,
    matters: Vec<Matter>,
    more_matters: usize,
    fresh: Vec<String>,
    areas: Vec<AreaLine>,
    coverage: String,
}

/// An area in the folded list.
struct AreaLine {
    code: String,
    name: String,
    /// From when to when the location has it; empty if always.
    when: String,
    /// The codes that others use for it.
    aliases: String,
}

pub(super) async fn page(
    State(web): State<Web>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageFailure> {
    let mut frame = Frame::national(&web.app, "/locations");
    let Ok(code) = code.parse::<LocationCode>() else {
        return unknown(frame);
    };
    let number = |name: &str| {
        let number = asked.get(name).and_then(|text| text.parse().ok());
        number.unwrap_or(1)
    };
    let wanted = (number("page"), number("plan"));
    let of = code.clone();
    let found = web
        .app
        .counted(move |at| Seen::read(at, &of, wanted))
        .await?;
    let Some(found) = found else {
        return unknown(frame);
    };
    let reading = Reading::page(&place_page(code.as_str()));
    let seen = web.app.shown(reading, found).await?;
    let figures = seen.sketches.iter().flat_map(|one| &one.network);
    frame.name_sources(&seen.definitions, figures);
    html(StatusCode::OK, &seen.page(frame))
}

fn unknown(frame: Frame) -> Result<Response, PageFailure> {
    frame.message(
        StatusCode::NOT_FOUND,
        "There is no such location",
        "No location of the network has this code. The address may be mistyped.",
        vec![PageLink::new("/locations", "All locations")],
    )
}

/// The contents of the page, of one state of the hub.
struct Seen {
    now: Timestamp,
    zone: Zone,
    view: LocationView,
    place: Place,
    definitions: Vec<Definition>,
    targets: Vec<TargetView>,
    plan: Vec<SharedRecord>,
    /// Insights that no one took back, newest first.
    insights: Vec<SharedRecord>,
    shifted: Vec<SharedRecord>,
    /// The number of indicators of which the location reported something.
    reported: usize,
    sketches: Vec<Sketch>,
    pages: Pages,
    plan_page: usize,
    /// Its reasons for not taking part, in its own words.
    declined: Vec<(String, String)>,
    late: Vec<Missing>,
}

impl OfLocations for Seen {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let of_others = self.sketches.locations().into_iter();
        let mut codes: BTreeSet<LocationCode> = of_others.collect();
        let is_shown = self.reported > 0
            || !self.declined.is_empty()
            || !(self.plan.is_empty() && self.insights.is_empty());
        codes.extend(is_shown.then(|| self.view.code.clone()));
        codes
    }
}

impl Seen {
    /// Reads it; `None` if the network has no such location.
    fn read(
        at: &Counted<'_>,
        code: &LocationCode,
        (page, plan_page): (usize, usize),
    ) -> Result<Option<Unrecorded<Self>>, AppError> {
        let (now, zone) = (clock::now(), at.zone());
        let view = at.locations()?.into_iter().find(|one| one.code == *code);
        let Some((view, place)) = view.zip(at.place(code)) else {
            return Ok(None);
        };
        let definitions = newest_of_each(at.definitions());
        let lines = at.overview()?.unshown().lines;
        let of_location = lines.get(code);
        let has_figure = |one: &IndicatorCode| {
            let shared = of_location.and_then(|all| all.get(one));
            shared.is_some_and(|shared| shared.last.is_some())
        };
        let codes = definitions.iter().map(|one| one.code.clone());
        let codes: Vec<IndicatorCode> = codes.filter(has_figure).collect();
        let base = place_page(code.as_str());
        let (shown, pages) = pages_of(&codes, page, (&base, "page"), STRIPS_MAX);
        let shown: Vec<_> = shown.into_iter().map(|code| (code, None)).collect();
        let mut shifted = at.shifted()?.unshown();
        shifted.retain(|one| one.location == code.as_str());
        let mut late = at.missing(None)?.unshown();
        late.retain(|one| one.location == *code && one.is_late);
        let mut insights = at.insights(Some(code))?.unshown();
        insights.retain(|one| !one.withdrawn);
        insights.sort_by_key(|one| std::cmp::Reverse(Heard::day(one, &zone)));
        Ok(Some(Unrecorded::new(Self {
            targets: at.targets_shown(None)?,
            plan: at.plan(Some(code))?.unshown(),
            declined: says::declined(at.network(), code, &definitions),
            sketches: at.sketches(&shown, std::slice::from_ref(code))?.unshown(),
            reported: codes.len(),
            now,
            zone,
            view,
            place,
            definitions,
            insights,
            shifted,
            pages,
            plan_page,
            late,
        })))
    }

    fn today(&self) -> Date {
        self.zone.day(self.now)
    }

    fn page(&self, frame: Frame) -> Page {
        let code = self.view.code.to_string();
        let doing = work::doing(&self.plan, self.today());
        let base = place_page(&code);
        let (shown, plan_pages) = pages_of(&doing, self.plan_page, (&base, "plan"), DOING_MAX);
        let strips = self.strips();
        let locations = std::slice::from_ref(&self.view);
        let names = Names::of(locations, (&self.zone, self.now));
        let mut sayings = says::sayings(&self.plan, &self.declined);
        let mut matters = says::matters(&self.plan, &self.definitions, self.today());
        let (all_sayings, all_matters) = (sayings.len(), matters.len());
        sayings.truncate(SAID_MAX);
        matters.truncate(SAID_MAX);
        let insights = self.insights.iter().take(INSIGHTS_MAX);
        Page {
            name: self.view.name.clone(),
            name_mi: self.view.name_mi.clone(),
            lede: self.lede(),
            facts: self.facts(doing.len()),
            doing: shown,
            plan_pages,
            shifted: self
                .shifted
                .iter()
                .take(SHIFTED_MAX)
                .map(|one| names.shifted(one))
                .collect(),
            more_shifted: self.shifted.len().saturating_sub(SHIFTED_MAX),
            more_sayings: all_sayings - sayings.len(),
            more_matters: all_matters - matters.len(),
            sayings,
            matters,
            loose: strips.iter().any(|one| one.loose),
            aim_line: strips
                .iter()
                .any(|one| one.aimed)
                .then(|| Mark::TargetLine.svg()),
            own_line: Mark::OwnLine.svg(),
            network_line: Mark::NetworkLine.svg(),
            not_standardised: strips.iter().any(|one| one.not_standardised),
            strips,
            pages: self.pages.clone(),
            insights: insights
                .map(|one| Heard::of(one, locations, &self.zone))
                .collect(),
            all_insights: self.insights.len(),
            insights_page: address("/insights", &[("location", &code)]),
            fresh: self.fresh(),
            areas: self.areas(),
            coverage: address("/coverage", &[("location", &code)]),
            code,
            frame,
        }
    }

    fn strips(&self) -> Vec<Strip> {
        let strips = self.sketches.iter().filter_map(|sketch| {
            let mut definitions = self.definitions.iter();
            let definition = definitions.find(|one| one.code == sketch.indicator)?;
            let of = (self.targets.as_slice(), self.today());
            Some(Strip::of(definition, sketch, &self.view.code, of))
        });
        strips.collect()
    }

    fn lede(&self) -> String {
        let shared = "What this location chose to share with the network";
        match (self.view.state, self.view.received) {
            (LocationState::Unconfirmed, _) => format!(
                "{shared}. It has joined and is not confirmed, so it counts in no figure yet."
            ),
            (_, Some(at)) => format!(
                "{shared}. Last heard from {}.",
                moment(at, &self.zone, self.today())
            ),
            (LocationState::Confirmed, None) => format!("{shared}. It has sent nothing yet."),
            (_, None) => "It has not joined yet. What it chooses to share with the network \
                          appears here."
                .to_owned(),
        }
    }

    fn facts(&self, initiatives: usize) -> Vec<(&'static str, String)> {
        let kind = RecordKind::Action.word();
        let actions = self.plan.iter().filter(|one| one.kind == kind).count();
        let facts = [
            ("Areas", Some(areas(&self.view.areas, self.today()))),
            ("Indicators", Some(self.reported.to_string())),
            ("Initiatives", Some(initiatives.to_string())),
            ("Actions", (actions > 0).then(|| actions.to_string())),
            ("Insights", Some(self.insights.len().to_string())),
        ];
        let facts = facts.into_iter();
        facts
            .filter_map(|(name, fact)| Some((name, fact?)))
            .collect()
    }

    /// When it was heard from, what is late, and that this reading is known to it.
    fn fresh(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let today = self.today();
        if let Some(at) = self.view.joined {
            lines.push(format!("Joined {}.", moment(at, &self.zone, today)));
        }
        if let Some(at) = self.view.received {
            let at = moment(at, &self.zone, today);
            lines.push(format!("Last heard from {at}."));
        }
        let newest = self.sketches.iter().filter_map(|one| {
            let figures = one.locations.get(&self.view.code)?.iter();
            figures
                .map(|figure| figure.cell.key.period)
                .max_by_key(|period| period.end())
        });
        if let Some(period) = newest.max_by_key(|period| period.end()) {
            lines.push(format!("Newest figure here: {}.", period.words()));
        }
        let late = self.late.iter().take(LATE_MAX);
        lines.extend(late.map(|one| format!("Late: {}, {}.", one.name, which(one))));
        let more = self.late.len().saturating_sub(LATE_MAX);
        if more > 0 {
            lines.push(format!(
                "And {} late.",
                counted(more, "indicator is", "indicators are")
            ));
        }
        lines.push(
            "The hub records in this location’s ledger that this page was opened.".to_owned(),
        );
        lines
    }

    fn areas(&self) -> Vec<AreaLine> {
        let lines = self.place.areas.iter().map(|area| {
            let aliases = self
                .place
                .aliases
                .iter()
                .filter(|one| one.area == area.code);
            let aliases = aliases.map(|one| format!("{} in {}", one.code, one.scheme));
            let day = weft_shared::period::day_words;
            let when = match (area.from, area.to) {
                (Some(from), Some(to)) => format!("from {} to {}", day(from), day(to)),
                (Some(from), None) => format!("from {}", day(from)),
                (None, Some(to)) => format!("to {}", day(to)),
                (None, None) => String::new(),
            };
            AreaLine {
                code: area.code.to_string(),
                name: area.name.clone(),
                when: capital(&when),
                aliases: aliases.collect::<Vec<_>>().join("; "),
            }
        });
        lines.collect()
    }
}

/// The late periods in words.
fn which(late: &Missing) -> String {
    let words = |due: &weft_shared::model::indicator::Due| due.period.words();
    match (
        late.periods.first(),
        late.periods.last(),
        late.periods.len(),
    ) {
        (Some(first), Some(last), 2..) => format!("{} to {}", words(first), words(last)),
        (Some(only), ..) => words(only),
        (None, ..) => String::new(),
    }
}

/// Indicators on one page.
const STRIPS_MAX: usize = 24;
/// Initiatives on one page.
const DOING_MAX: usize = 20;
const SHIFTED_MAX: usize = 8;
/// Lines of each list of the location's own words.
const SAID_MAX: usize = 12;
/// Insights beside the figures.
const INSIGHTS_MAX: usize = 3;
const LATE_MAX: usize = 6;
