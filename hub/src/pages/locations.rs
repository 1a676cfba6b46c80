//! `/locations`: every location, and how much it shared.

use askama::Template;
use axum::{extract::Query, http::StatusCode, response::Response};
use weft_host::clock;
use weft_shared::{
    model::profile::Area,
    period::{Date, day_words},
    text::{counted, listed},
    time::{Timestamp, Zone},
};

use super::{
    Web,
    asked::Asked,
    frame::{Frame, PageFailure, html},
    fresh::{self, Freshness},
    indicators::pages_of,
    lists::{LocationLine, lines},
    search::{Search, address},
    words::{Pages, in_lists, place_page},
};
use crate::app::LocationView;

#[derive(Template)]
#[template(path = "locations.html")]
struct Page {
    frame: Frame,
    lede: String,
    rows: Vec<Row>,
    pages: Pages,
    asked: String,
    keys: Vec<(String, &'static str)>,
}

/// A location as a row.
struct Row {
    code: String,
    name: String,
    name_mi: Option<String>,
    page: String,
    areas: String,
    mark: String,
    heard: String,
    indicators: usize,
    initiatives: usize,
    insights: usize,
}

pub(super) async fn page(web: Web, Query(asked): Query<Asked>) -> Result<Response, PageFailure> {
    let frame = Frame::national(&web, "/locations");
    let search = Search::of(asked.get("q"));
    let page = asked.get("page").and_then(|text| text.parse().ok());
    let base = address("/locations", &[("q", search.typed())]);
    let words = search.clone();
    let found = web.app.counted(move |at| {
        let (zone, now) = (at.zone(), clock::now());
        let views = at.locations()?;
        let fitting = views.iter().filter(|one| fits(one, &words));
        let fitting: Vec<LocationView> = fitting.cloned().collect();
        let (shown, pages) = pages_of(&fitting, page.unwrap_or(1), (&base, "page"), ROWS_MAX);
        let heard = Freshness::of(&views, (&zone, now)).heard();
        let all = views.len();
        Ok(lines(at, shown)?.map(|lines| (lines, (pages, all, heard, zone, now))))
    });
    let reading = web.reading("/locations");
    let (lines, (pages, all, heard, zone, now)) = web.app.shown(reading, found.await?).await?;
    let views: Vec<LocationView> = lines.0.iter().map(|line| line.view.clone()).collect();
    let views = in_lists(views);
    let freshness = Freshness::of(&views, (&zone, now));
    let today = zone.day(now);
    let rows = lines.0.iter().zip(&freshness.0);
    let page = Page {
        lede: match all {
            0 => "The network has no locations yet. Add the first one in the administration, or \
                  with: weft-hub location add"
                .to_owned(),
            _ => format!(
                "{} in the order of their codes; {heard} heard from in seven days.",
                counted(all, "location", "locations")
            ),
        },
        rows: rows
            .map(|(line, heard)| Row::of(line, heard, today))
            .collect(),
        pages,
        asked: search.typed().to_owned(),
        keys: fresh::keys(),
        frame,
    };
    html(StatusCode::OK, &page)
}

impl Row {
    fn of(line: &LocationLine, heard: &fresh::Heard<'_>, today: Date) -> Self {
        Self {
            code: line.view.code.to_string(),
            name: heard.view.name.clone(),
            name_mi: line.view.name_mi.clone(),
            page: place_page(line.view.code.as_str()),
            areas: areas(&line.view.areas, today),
            mark: heard.mark(),
            heard: heard.words().to_owned(),
            indicators: line.figures.len(),
            initiatives: line.initiatives,
            insights: line.insights,
        }
    }
}

/// Names the areas that a location has on a day.
pub(super) fn areas(areas: &[Area], today: Date) -> String {
    let is_here = |area: &&Area| {
        area.from.is_none_or(|from| from <= today) && area.to.is_none_or(|to| today <= to)
    };
    let here: Vec<&str> = areas.iter().filter(is_here).map(|one| &*one.name).collect();
    match (here.as_slice(), areas) {
        ([], []) => "one, under its own name".to_owned(),
        ([], _) => "none today".to_owned(),
        (here, _) => listed(here, AREAS_MAX),
    }
}

/// The day of a moment, with its time if that is today.
pub(super) fn moment(at: Timestamp, zone: &Zone, today: Date) -> String {
    match zone.day(at) == today {
        true => format!("today, {}", zone.told(at, at)),
        false => day_words(zone.day(at)),
    }
}

/// Whether a code, a name or an area has the words that were asked for.
fn fits(view: &LocationView, words: &Search) -> bool {
    let areas = view.areas.iter();
    let areas = areas.flat_map(|area| [area.name.as_str(), area.code.as_str()]);
    let names = [view.code.as_str(), &view.name];
    let names = names.into_iter().chain(view.name_mi.as_deref());
    words.finds(names.chain(areas))
}

/// Locations on one page.
const ROWS_MAX: usize = 60;
/// Areas that are named in a row.
const AREAS_MAX: usize = 4;
