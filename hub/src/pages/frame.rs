//! The frame of every page: the network's name, links to the other pages, and a message if a page
//! cannot be made.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use weft_host::{
    clock,
    words::{Lang, words},
};
use weft_shared::{
    id::IndicatorCode,
    model::{indicator::Definition, label::straight},
    period::day_words,
    text::sentence,
};

use super::{ADMIN, Web};
use crate::{
    access::{
        roles::Role,
        routes,
        visitor::{Reset, Visitor},
    },
    app::{AppError, AppHandle, Counted, Moment},
    figures::Figure,
};

/// A link to another page.
#[derive(Clone, Debug)]
pub(crate) struct PageLink {
    pub(crate) path: String,
    pub(crate) name: String,
}

impl PageLink {
    pub(crate) fn new(path: &str, name: &str) -> Self {
        Self {
            path: path.to_owned(),
            name: name.to_owned(),
        }
    }
}

/// The data that every page shows about itself.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) network: String,
    pub(crate) operator: String,
    /// Whose pages these are, beside the network's name.
    pub(crate) place: String,
    /// The person who has signed in; empty if there is none.
    pub(crate) person: String,
    /// Resets that an admin has not seen.
    pub(crate) resets: Vec<String>,
    /// The countries in which the hub and its backups are, on pages of the administration.
    pub(crate) country: String,
    /// Words at the foot: who can open these pages, and who hears of it.
    pub(crate) reach: &'static str,
    /// The people to whom these pages may travel, under the navigation; empty if nowhere is meant.
    pub(crate) travel: String,
    pub(crate) nav: Vec<PageLink>,
    pub(crate) current: String,
    /// The path under which the administration is, on its pages; empty elsewhere.
    pub(crate) base: &'static str,
    /// The sources of figures, from the definitions.
    pub(crate) sources: Vec<String>,
    /// The day, for paper; empty if it is not known.
    pub(crate) printed: String,
    /// The moment of the past that the page shows; none if it shows the present.
    pub(crate) past: Option<Past>,
}

/// A moment of the past that a page shows.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    /// The moment as it was asked for.
    pub(crate) asked: String,
    /// Says as of when the figures are.
    pub(crate) words: String,
}

impl Past {
    /// The moment of the figures on a page, if they are of the past.
    pub(crate) fn of(at: &Counted<'_>, moment: Option<Moment>) -> Option<Self> {
        Some(Self {
            asked: moment?.to_string(),
            words: at.as_of_words()?,
        })
    }
}

impl Frame {
    /// Makes the frame of a national team's page.
    pub(crate) fn national(web: &Web, current: &'static str) -> Self {
        if !web.visitor.may(Role::National) {
            return Self::entrance(web);
        }
        let app = &web.app;
        Self {
            place: word("national-team"),
            travel: word("for-the-national-team"),
            ..Self::new(app, app.network().to_owned(), NATIONAL, current).of(web)
        }
    }

    /// Makes the frame of a page that shows nothing of locations: signing in, an account.
    pub(crate) fn entrance(web: &Web) -> Self {
        let pages: &[_] = match web.visitor.may(Role::National) {
            true => NATIONAL,
            false => &[],
        };
        Self::new(&web.app, web.app.network().to_owned(), pages, "").of(web)
    }

    fn of(mut self, web: &Web) -> Self {
        self.reach = match &web.visitor {
            Visitor::Here => OPEN_HERE,
            Visitor::Stranger | Visitor::Token(_) => "",
            Visitor::Signed(signed) => {
                self.person.clone_from(&signed.name);
                let zone = web.app.shared.own.standing().zone();
                self.resets = Reset::lines(&signed.resets, &zone);
                if self.base.is_empty() && signed.roles.has(Role::Admin) {
                    let name = word("administration");
                    self.nav.push(PageLink::new(ADMIN, &name));
                }
                READERS_ARE_SEEN
            }
        };
        self
    }

    /// Names the sources of the figures on a page.
    pub(crate) fn name_sources<'a>(
        &mut self,
        definitions: &[Definition],
        figures: impl IntoIterator<Item = &'a Figure>,
    ) {
        let shown = figures.into_iter();
        self.name_definitions(definitions, shown.map(|figure| &figure.cell.key.indicator));
    }

    /// The same, of the figures of these indicators.
    pub(crate) fn name_definitions<'a>(
        &mut self,
        definitions: &[Definition],
        indicators: impl IntoIterator<Item = &'a IndicatorCode>,
    ) {
        let shown: BTreeSet<&IndicatorCode> = indicators.into_iter().collect();
        let sources: BTreeSet<&String> = definitions
            .iter()
            .filter(|one| shown.contains(&one.code))
            .filter_map(|one| one.source.as_ref())
            .collect();
        self.sources = sources.into_iter().cloned().collect();
    }

    /// Makes the frame of a page of the administration. It names the pages that the visitor may
    /// know of.
    pub(crate) fn administration(web: &Web, current: &'static str) -> Self {
        let name = format!("Administration of {}", web.app.network());
        let may_know = |path: &str| {
            let need = routes::need(&web.at(path));
            need.is_some_and(|need| routes::may_know(need, &web.visitor))
        };
        let pages = ADMINISTRATION.iter();
        let pages = pages.filter(|(path, _)| web.base.is_empty() || may_know(path));
        let nav = pages.map(|(path, id)| PageLink::new(&web.at(path), &word(id)));
        let mut nav: Vec<PageLink> = nav.collect();
        if !web.base.is_empty() && web.visitor.may(Role::National) {
            nav.push(PageLink::new("/", &word("overview")));
        }
        Self {
            travel: word("for-the-operator"),
            country: web.app.country_words(),
            nav,
            current: web.at(current),
            base: web.base,
            ..Self::new(&web.app, name, &[], "")
        }
        .of(web)
    }

    /// The page to which the name of the network leads.
    pub(crate) fn home(&self) -> &str {
        match self.base {
            "" => "/",
            base => base,
        }
    }

    fn new(
        app: &AppHandle,
        network: String,
        pages: &[(&str, &str)],
        current: &'static str,
    ) -> Self {
        let nav = pages
            .iter()
            .map(|(path, id)| PageLink::new(path, &word(id)));
        let zone = app.shared.own.standing().zone();
        Self {
            network,
            operator: app.operator().to_owned(),
            place: String::new(),
            person: String::new(),
            resets: Vec::new(),
            country: String::new(),
            reach: "",
            travel: String::new(),
            nav: nav.collect(),
            current: current.to_owned(),
            base: "",
            sources: Vec::new(),
            printed: day_words(zone.day(clock::now())),
            past: None,
        }
    }

    /// The words with this id: a heading, a button.
    pub(crate) fn word(&self, id: &str) -> String {
        word(id)
    }

    /// Makes a page that shows only a message.
    pub(crate) fn message(
        self,
        status: StatusCode,
        heading: &str,
        text: &str,
        links: Vec<PageLink>,
    ) -> Result<Response, PageFailure> {
        let message = Message {
            frame: self,
            heading: heading.to_owned(),
            text: text.to_owned(),
            links,
        };
        html(status, &message)
    }
}

fn word(id: &str) -> String {
    words(Lang::English, id).0
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    frame: Frame,
    heading: String,
    text: String,
    links: Vec<PageLink>,
}

/// Renders a page as an answer.
pub(crate) fn html(status: StatusCode, page: &impl Template) -> Result<Response, PageFailure> {
    let text = page
        .render()
        .map_err(|error| PageFailure::Page(error.to_string()))?;
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    Ok((status, kind, straight(text)).into_response())
}

/// The reason a page could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageFailure {
    #[error(transparent)]
    App(#[from] AppError),
    #[error("the page could not be written: {0}")]
    Page(String),
}

impl IntoResponse for PageFailure {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::App(AppError::Behind { .. } | AppError::FilesBusy | AppError::Unrecorded(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::App(AppError::NoMoment(_) | AppError::WorkbookFull { .. }) => {
                StatusCode::BAD_REQUEST
            }
            Self::App(_) | Self::Page(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            tracing::error!(error = %self, "a page could not be made");
        }
        let frame = Frame {
            network: "Weft".to_owned(),
            operator: "its operator".to_owned(),
            place: String::new(),
            person: String::new(),
            resets: Vec::new(),
            country: String::new(),
            reach: "",
            travel: String::new(),
            nav: Vec::new(),
            current: String::new(),
            base: "",
            sources: Vec::new(),
            printed: String::new(),
            past: None,
        };
        let why = sentence(&self.to_string());
        let text = format!("{why} Nothing was changed by looking at it.");
        let links = vec![PageLink::new("/", "Begin again")];
        let page = frame.message(status, "This page could not be shown", &text, links);
        let mut page = page.unwrap_or_else(|_| status.into_response());
        if status == StatusCode::BAD_REQUEST {
            page.extensions_mut().insert(BadValue(why));
        }
        page
    }
}

/// In an answer: the value of a parameter cannot be read, or asks for what there cannot be. The
/// page that says so is made where the address is known.
#[derive(Clone, Debug)]
pub(super) struct BadValue(pub(super) String);

/// At the foot of each page of a hub without people.
const OPEN_HERE: &str = "This hub is open for trying out: everybody who has an account on this \
    computer can read these pages, without a sign-in. That ends with the first person: weft-hub \
    person invite.";
/// At the foot of each page that somebody opened who has signed in.
const READERS_ARE_SEEN: &str = "Locations see who read what they shared, and what for.";
/// Paths, and the ids of their words.
const NATIONAL: &[(&str, &str)] = &[
    ("/", "overview"),
    ("/indicators", "indicators"),
    ("/locations", "locations"),
    ("/insights", "insights"),
    ("/agenda", "agenda"),
    ("/investment", "line-of-sight"),
    ("/money", "money"),
    ("/coverage", "coverage"),
    ("/definitions", "definitions"),
    ("/data", "data"),
];
const ADMINISTRATION: &[(&str, &str)] = &[
    ("/", "locations"),
    ("/people", "people"),
    ("/invites", "invites"),
    ("/devices", "devices"),
    ("/tokens", "tokens"),
    ("/definitions", "definitions"),
    ("/ledger", "ledger"),
    ("/health", "health"),
];
