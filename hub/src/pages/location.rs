//! `/locations/{code}`: what a location shared. Its work and its own words come first, then the
//! figures of its place.

mod place;
mod says;
mod work;

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_host::{chart::Mark, clock};
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::{indicator::Definition, profile::Place, schema::RecordKind},
    period::{Date, Period},
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
    csv, drawn,
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
        AppError, Counted, LocationState, LocationView, OfLocations, SharedRecord, TargetView,
        Unrecorded,
    },
    figures::{Figure, FileLevel, Missing, RollupQuery, Sketch},
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
    /// The span of time of all strips, in words.
    span: String,
    /// The files of the location's figures: addresses and names.
    files: Vec<(String, &'static str)>,
    pages: Pages,
    loose: bool,
    aim_line: Option<String>,
    own_line: String,
    network_line: String,
    not_standardised: bool,
    /// Whether a strip has a star: an area is missing from its figure.
    starred: bool,
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

/// Serves the page, or the location's figures as a file if the code ends in `.csv` or `.xlsx`.
pub(super) async fn page(
    web: Web,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    for (ending, kind) in [(".csv", csv::Kind::Csv), (".xlsx", csv::Kind::Xlsx)] {
        if let Some(code) = code.strip_suffix(ending) {
            return file(&web, (code, ending, kind), &asked, &headers).await;
        }
    }
    let mut frame = Frame::national(&web, "/locations");
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
    let reading = web.reading(&place_page(code.as_str()));
    let seen = web.app.shown(reading, found).await?;
    let figures = seen.sketches.iter().flat_map(|one| &one.network);
    frame.name_sources(&seen.definitions, figures);
    html(StatusCode::OK, &seen.page(frame))
}

/// Serves the figures of a location: every indicator, period and part, at its level alone.
async fn file(
    web: &Web,
    (code, ending, kind): (&str, &str, csv::Kind),
    asked: &Asked,
    headers: &HeaderMap,
) -> Result<Response, PageFailure> {
    let frame = Frame::national(web, "/locations");
    let page = place_page(code);
    if !asked.is_empty() {
        return frame.message(
            StatusCode::BAD_REQUEST,
            "This file has no parts",
            "It has all figures of the location and takes no parameters.",
            vec![PageLink::new(&format!("{page}{ending}"), "The whole file")],
        );
    }
    let of = code.parse::<LocationCode>().ok();
    let asked = move |at: &Counted<'_>| {
        let location = of.filter(|one| at.place(one).is_some());
        let location = location.ok_or_else(|| csv::NoFile::Unknown(Vec::new()))?;
        Ok(RollupQuery {
            level: FileLevel::query(None, Some(&location)),
            location: Some(location),
            ..RollupQuery::default()
        })
    };
    let reading = web.reading(&format!("{page}{ending}"));
    let file = csv::figures(web, (code, kind), (None, asked), (reading, headers)).await;
    file.or_else(|why| match why {
        csv::NoFile::App(error) => Err(error.into()),
        csv::NoFile::Unknown(_) => unknown(frame),
    })
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
            starred: strips.iter().any(|one| one.own.ends_with('*')),
            strips,
            span: self.span().map_or_else(String::new, span_words),
            files: vec![
                (format!("{base}.csv"), "Figures of this location, CSV"),
                (format!("{base}.xlsx"), "XLSX"),
            ],
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

    /// The first and the last period of all strips on the page: they share one span of time.
    fn span(&self) -> Option<(Period, Period)> {
        let figures = self.sketches.iter().flat_map(|one| {
            let own = one.locations.get(&self.view.code);
            one.network.iter().chain(own.into_iter().flatten())
        });
        let periods: Vec<Period> = figures.map(|one: &Figure| one.cell.key.period).collect();
        let in_time = |a: &&Period, b: &&Period| drawn::at(**a).total_cmp(&drawn::at(**b));
        let first = periods.iter().min_by(in_time)?;
        Some((*first, *periods.iter().max_by(in_time)?))
    }

    fn strips(&self) -> Vec<Strip> {
        let span = self.span();
        let strips = self.sketches.iter().filter_map(|sketch| {
            let mut definitions = self.definitions.iter();
            let definition = definitions.find(|one| one.code == sketch.indicator)?;
            let of = (self.targets.as_slice(), self.today());
            Some(Strip::of(definition, sketch, (&self.view.code, span), of))
        });
        strips.collect()
    }

    fn lede(&self) -> String {
        let shared = "What this location chose to share with the network";
        match (self.view.state, self.view.received) {
            (LocationState::Ended, _) => {
                format!("{shared}. It has ended, so no later figure expects it.")
            }
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

/// A span of time in words: "2006 to May 2023".
fn span_words((first, last): (Period, Period)) -> String {
    match first == last {
        true => first.words(),
        false => format!("{} to {}", first.words(), last.words()),
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
