//! `/locations/{code}`: what a location shared. Its work and its own words come first, then the
//! figures of its place.

mod place;
mod says;
mod seen;
mod work;

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_host::chart::Mark;
use weft_shared::{
    id::LocationCode,
    period::Period,
    seen::{AreaSeen, Doing, LocationSeen, Matter, Saying, Shifted},
};

pub(crate) use self::seen::seen;
use self::{place::Strip, seen::Seen};
use super::{
    Web,
    asked::Asked,
    csv,
    frame::{Frame, PageFailure, PageLink, html},
    indicators::pages_of,
    insights::Heard,
    search::address,
    words::{Pages, place_page},
};
use crate::{
    app::Counted,
    figures::{FileLevel, RollupQuery},
};

#[derive(Template)]
#[template(path = "location.html")]
struct Page {
    frame: Frame,
    code: String,
    name: String,
    name_mi: Option<String>,
    lede: String,
    facts: Vec<(String, String)>,
    doing: Vec<Doing>,
    plan_pages: Pages,
    shifted: Vec<Shifted>,
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
    /// Drawn beside a priority.
    priority_mark: String,
    more_matters: usize,
    fresh: Vec<String>,
    areas: Vec<AreaSeen>,
    coverage: String,
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
    let (wanted, plan_page) = ((number("page"), STRIPS_MAX), number("plan"));
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
    html(StatusCode::OK, &seen.page(frame, plan_page))
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

impl Seen {
    fn page(&self, frame: Frame, plan_page: usize) -> Page {
        let code = self.view.code.to_string();
        let base = place_page(&code);
        let LocationSeen {
            lede,
            facts,
            doing,
            mut shifted,
            mut sayings,
            mut matters,
            mut fresh,
            areas,
            ..
        } = self.seen();
        let (doing, plan_pages) = pages_of(&doing, plan_page, (&base, "plan"), DOING_MAX);
        let strips = self.strips();
        let (more_shifted, more_sayings, more_matters) = (
            cut(&mut shifted, SHIFTED_MAX),
            cut(&mut sayings, SAID_MAX),
            cut(&mut matters, SAID_MAX),
        );
        fresh.push(
            "The hub records in this location’s ledger that this page was opened.".to_owned(),
        );
        let locations = std::slice::from_ref(&self.view);
        let insights = self.heard().take(INSIGHTS_MAX);
        Page {
            name: self.view.name.clone(),
            name_mi: self.view.name_mi.clone(),
            lede,
            facts,
            doing,
            plan_pages,
            shifted,
            more_shifted,
            sayings,
            more_sayings,
            matters,
            more_matters,
            priority_mark: Mark::DiamondFull.svg(),
            loose: strips.iter().any(|one| one.loose),
            aim_line: strips
                .iter()
                .any(|one| one.aimed)
                .then(|| Mark::TargetLine.svg()),
            own_line: Mark::OwnLine.svg(),
            network_line: Mark::NetworkLine.svg(),
            not_standardised: strips.iter().any(|one| one.not_standardised),
            starred: strips.iter().any(|one| one.line.own.ends_with('*')),
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
            all_insights: self.heard().count(),
            insights_page: address("/insights", &[("location", &code)]),
            fresh,
            areas,
            coverage: address("/coverage", &[("location", &code)]),
            code,
            frame,
        }
    }
}

/// Cuts a list, and returns the number of lines that are cut.
fn cut<T>(lines: &mut Vec<T>, lines_max: usize) -> usize {
    let more = lines.len().saturating_sub(lines_max);
    lines.truncate(lines_max);
    more
}

/// A span of time in words: "2006 to May 2023".
fn span_words((first, last): (Period, Period)) -> String {
    match first == last {
        true => first.words(),
        false => format!("{} to {}", first.words(), last.words()),
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
