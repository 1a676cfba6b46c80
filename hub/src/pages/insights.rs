//! `/insights`: what people said, in the words that locations shared; and one insight in full.
//!
//! Only the insights on a page are read, and each location among them has the reading in its
//! ledger.

mod about;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use weft_shared::{
    id::LocationCode,
    model::{Audience, insight::Attribution},
    period::{Date, day_words},
    seen,
    text::counted,
    time::Zone,
};

use self::about::{Showing, Shows};
use super::{
    Web,
    asked::Asked,
    frame::{Frame, PageFailure, PageLink, html},
    indicator::Choice,
    indicators::pages_of,
    search::{Search, address},
    words::{Pages, in_lists, place_page},
};
use crate::app::{AppError, Counted, LocationView, OfLocations, SharedRecord, Unrecorded};

#[derive(Template)]
#[template(path = "insights.html")]
struct ListPage {
    frame: Frame,
    lede: String,
    lines: Vec<Heard>,
    pages: Pages,
    search: String,
    themes: Vec<Choice>,
    indicators: Vec<Choice>,
    locations: Vec<Choice>,
    filtered: bool,
}

#[derive(Template)]
#[template(path = "insight.html")]
struct OnePage {
    frame: Frame,
    one: Heard,
    facts: Vec<(&'static str, String)>,
}

/// An insight in its words.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) location: String,
    pub(super) place: String,
    pub(super) place_page: String,
    /// Its own page.
    pub(super) page: String,
    /// Its words, cut if they are long; none if they were taken back.
    pub(super) words: Option<String>,
    /// Whether the words are cut.
    pub(super) cut: bool,
    /// The way in which the person who said it wants to be named.
    pub(super) naming: String,
    /// Themes and day.
    pub(super) meta: String,
    /// The indicators that it is about, by way of the plan.
    pub(super) shows: Vec<Shows>,
}

impl Heard {
    pub(super) fn of(record: &SharedRecord, locations: &[LocationView], zone: &Zone) -> Self {
        let view = locations
            .iter()
            .find(|one| one.code.as_str() == record.location);
        let told = told(record, zone);
        let (words, cut) = match &told.words {
            Some(words) => {
                let (words, cut) = excerpt(words);
                (Some(words), cut)
            }
            None => (None, false),
        };
        Self {
            place: view.map_or_else(|| record.location.clone(), |view| view.name.clone()),
            place_page: place_page(&record.location),
            page: format!("/insights/{}/{}", record.location, record.id),
            location: record.location.clone(),
            words,
            cut,
            naming: told.naming,
            meta: told.meta,
            shows: Vec::new(),
        }
    }

    /// The day it was heard, or else written down.
    pub(super) fn day(record: &SharedRecord, zone: &Zone) -> Option<Date> {
        let heard = record.text("heard_on").parse::<Date>().ok();
        heard.or_else(|| record.made().map(|at| zone.day(at)))
    }
}

/// An insight as the national team reads it, with all its words.
pub(super) fn told(record: &SharedRecord, zone: &Zone) -> seen::Heard {
    let themes: Vec<&str> = record.members("themes").collect();
    let named = (!themes.is_empty()).then(|| themes.join(", "));
    let heard = record.text("heard_on").parse::<Date>().ok();
    let day = match (heard, record.made()) {
        (Some(day), _) => Some(format!("heard {}", day_words(day))),
        (None, Some(at)) => Some(format!("written down {}", day_words(zone.day(at)))),
        (None, None) => None,
    };
    let meta = [named, day].into_iter().flatten();
    let meta: Vec<String> = meta.filter(|_| !record.withdrawn).collect();
    seen::Heard {
        words: record.words.clone().filter(|_| !record.withdrawn),
        naming: naming(record),
        meta: meta.join(" · "),
    }
}

/// The person who said it, as they wish.
fn naming(record: &SharedRecord) -> String {
    let teller = record.text("teller");
    match record.text("attribution").parse::<Attribution>().ok() {
        _ if record.withdrawn => String::new(),
        Some(Attribution::Named | Attribution::Pseudonym) if !teller.is_empty() => {
            format!("said by {teller}")
        }
        Some(Attribution::Named | Attribution::Pseudonym) => "name not stated".to_owned(),
        Some(Attribution::None) => "not named, as they asked".to_owned(),
        None => String::new(),
    }
}

/// Cuts long words at a blank.
fn excerpt(words: &str) -> (String, bool) {
    if words.chars().count() <= CHARS_MAX {
        return (words.to_owned(), false);
    }
    let cut: String = words.chars().take(CHARS_MAX).collect();
    let whole = cut.rsplit_once(char::is_whitespace);
    (
        format!("{} …", whole.map_or(cut.as_str(), |(head, _)| head)),
        true,
    )
}

/// A question about insights, as the address has it.
#[derive(Clone, Debug)]
struct Filter {
    search: Search,
    theme: String,
    indicator: String,
    location: String,
}

impl Filter {
    fn of(asked: &Asked) -> Self {
        let text = |name: &str| asked.get(name).cloned().unwrap_or_default();
        Self {
            search: Search::of(asked.get("q")),
            theme: text("theme"),
            indicator: text("indicator"),
            location: text("location"),
        }
    }

    fn address(&self) -> String {
        let pairs = [
            ("q", self.search.typed()),
            ("theme", &self.theme),
            ("indicator", &self.indicator),
            ("location", &self.location),
        ];
        address("/insights", &pairs)
    }

    fn is_any(&self) -> bool {
        self.address() != "/insights"
    }

    /// Whether a record is asked for. Words that were taken back are found by their location alone.
    fn takes(&self, record: &SharedRecord, showing: &Showing) -> bool {
        let of_location = self.location.is_empty() || self.location == record.location;
        if record.withdrawn {
            let asks_more = Self {
                location: String::new(),
                ..self.clone()
            };
            return of_location && !asks_more.is_any();
        }
        let themes = || record.members("themes");
        let texts = [
            record.words.as_deref().unwrap_or_default(),
            record.text("setting"),
        ];
        let shows = || showing.of(record);
        of_location
            && self.search.finds(texts.into_iter().chain(themes()))
            && (self.theme.is_empty() || themes().any(|one| one == self.theme))
            && (self.indicator.is_empty() || shows().iter().any(|one| one.code == self.indicator))
    }
}

/// A page of insights, and what can be chosen.
struct Seen {
    locations: Vec<LocationView>,
    zone: Zone,
    shown: Vec<SharedRecord>,
    showing: Showing,
    pages: Pages,
    all: usize,
    found: usize,
    themes: BTreeMap<String, usize>,
}

impl OfLocations for Seen {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.shown.locations()
    }
}

impl Seen {
    fn read(at: &Counted<'_>, filter: &Filter, page: usize) -> Result<Unrecorded<Self>, AppError> {
        let zone = at.zone();
        let showing = Showing::read(at)?;
        let mut all = at.insights(None)?.unshown();
        all.sort_by_cached_key(|one| std::cmp::Reverse(Heard::day(one, &zone)));
        let mut themes: BTreeMap<String, usize> = BTreeMap::new();
        let told = all.iter().filter(|one| !one.withdrawn);
        for theme in told.clone().flat_map(|one| one.members("themes")) {
            *themes.entry(theme.to_owned()).or_default() += 1;
        }
        let count = told.count();
        all.retain(|one| filter.takes(one, &showing));
        let (shown, pages) = pages_of(&all, page, (&filter.address(), "page"), LINES_MAX);
        Ok(Unrecorded::new(Self {
            locations: in_lists(at.locations()?),
            found: all.iter().filter(|one| !one.withdrawn).count(),
            all: count,
            zone,
            shown,
            showing,
            pages,
            themes,
        }))
    }
}

pub(super) async fn page(web: Web, Query(asked): Query<Asked>) -> Result<Response, PageFailure> {
    let frame = Frame::national(&web, "/insights");
    let filter = Filter::of(&asked);
    let page = asked.get("page").and_then(|text| text.parse().ok());
    let of = filter.clone();
    let found = web
        .app
        .counted(move |at| Seen::read(at, &of, page.unwrap_or(1)));
    let reading = web.reading("/insights");
    let seen = web.app.shown(reading, found.await?).await?;
    let lines = seen.shown.iter().map(|record| Heard {
        shows: seen.showing.of(record),
        ..Heard::of(record, &seen.locations, &seen.zone)
    });
    let choice = |value: &str, label: String, chosen: &str| Choice {
        value: value.to_owned(),
        label,
        chosen: value == chosen,
    };
    let themes = seen.themes.iter();
    let page = ListPage {
        lede: lede(&seen, filter.is_any()),
        lines: lines.collect(),
        themes: themes
            .map(|(name, count)| choice(name, format!("{name} ({count})"), &filter.theme))
            .collect(),
        indicators: seen
            .showing
            .all()
            .map(|one| choice(&one.code, one.name.clone(), &filter.indicator))
            .collect(),
        locations: seen
            .locations
            .iter()
            .map(|one| choice(one.code.as_str(), one.name.clone(), &filter.location))
            .collect(),
        search: filter.search.typed().to_owned(),
        filtered: filter.is_any(),
        pages: seen.pages,
        frame,
    };
    html(StatusCode::OK, &page)
}

fn lede(seen: &Seen, is_filtered: bool) -> String {
    match (seen.all, is_filtered) {
        (0, _) => "No location has shared an insight yet. What a community said, with the consent \
                   of the person who said it, appears here."
            .to_owned(),
        (all, false) => format!(
            "{} that locations shared with the network, newest first.",
            counted(all, "insight", "insights")
        ),
        (all, true) => format!(
            "{} of {} fit.",
            seen.found,
            counted(all, "insight", "insights")
        ),
    }
}

/// One insight in full.
pub(super) async fn one(
    web: Web,
    Path((location, id)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let frame = Frame::national(&web, "/insights");
    let code = location.parse::<LocationCode>().ok();
    let (of, wanted) = (code.clone(), id.clone());
    let found = web.app.counted(move |at| {
        let Some(code) = of.filter(|code| at.place(code).is_some()) else {
            return Ok(None);
        };
        let mut records = at.insights(Some(&code))?.unshown();
        records.retain(|one| one.id == wanted);
        let about = (at.locations()?, at.zone(), Showing::read(at)?);
        let is_any = !records.is_empty();
        Ok(is_any.then(|| Unrecorded::new((records, about))))
    });
    let Some(found) = found.await? else {
        return frame.message(
            StatusCode::NOT_FOUND,
            "There is no such insight",
            "No insight that is shared with the network has this address. Its location may share \
             it no longer.",
            vec![PageLink::new("/insights", "All insights")],
        );
    };
    let reading = web.reading(&format!("/insights/{location}/{id}"));
    let (records, (locations, zone, showing)) = web.app.shown(reading, found).await?;
    let record = &records[0];
    let audience = record.audience.parse::<Audience>();
    let facts = [
        ("Heard in", record.text("setting").to_owned()),
        (
            "Shared with",
            audience.map_or_else(|_| String::new(), |one| one.label().to_owned()),
        ),
    ];
    let page = OnePage {
        frame,
        one: Heard {
            words: record.words.clone().filter(|_| !record.withdrawn),
            cut: false,
            shows: showing.of(record),
            ..Heard::of(record, &locations, &zone)
        },
        facts: facts
            .into_iter()
            .filter(|(_, text)| !text.is_empty() && !record.withdrawn)
            .collect(),
    };
    html(StatusCode::OK, &page)
}

/// Insights on one page of the list.
const LINES_MAX: usize = 30;
/// Characters of an insight in a list.
const CHARS_MAX: usize = 400;
