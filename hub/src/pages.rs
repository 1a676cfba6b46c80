//! The hub's pages: the national team's view of its network, and the administration.
//!
//! All pages only read, except the administration, which has a separate port.

mod account;
pub(crate) mod admin;
mod agenda;
mod asked;
mod coverage;
mod csv;
pub(crate) mod data;
mod definitions;
mod drawn;
mod form;
pub(crate) mod frame;
mod fresh;
pub(crate) mod guide;
mod indicator;
mod indicators;
mod insights;
mod invite;
mod learning;
mod lists;
mod location;
mod locations;
mod meaning;
mod money;
mod overview;
mod releases;
pub(crate) mod report;
mod search;
mod shifted;
mod sight;
pub(crate) mod sign_in;
mod told;
pub(crate) mod words;

pub(crate) use self::location::seen;

use std::{convert::Infallible, net::IpAddr, sync::Arc};

use axum::{
    Router,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use self::frame::{Frame, PageFailure, PageLink};
use crate::{
    access::{roles::Role, site::Site, visitor::Visitor},
    app::{AppError, AppHandle, Reading},
};

/// State shared by the pages, and who asks for one.
#[derive(Clone)]
pub(crate) struct Web {
    pub(crate) app: AppHandle,
    pub(crate) site: Arc<Site>,
    pub(crate) visitor: Visitor,
    /// The path under which the administration is: none on its own port.
    pub(crate) base: &'static str,
    /// The address from which they ask, if it is known.
    pub(crate) from: Option<IpAddr>,
}

impl Web {
    /// The operator's own desk, which has a port and a link of its own.
    fn desk(app: &AppHandle) -> Self {
        Self {
            app: app.clone(),
            site: Arc::new(Site::local(String::new(), 0)),
            visitor: Visitor::Here,
            base: "",
            from: None,
        }
    }

    /// The state before anybody asks.
    fn new(app: &AppHandle, site: &Arc<Site>) -> Self {
        Self {
            app: app.clone(),
            site: Arc::clone(site),
            visitor: Visitor::Stranger,
            base: ADMIN,
            from: None,
        }
    }

    /// Whether the person who asks has not signed in.
    const fn is_stranger(&self) -> bool {
        matches!(self.visitor, Visitor::Stranger)
    }

    /// Returns the reading of a page by the person who asks for it.
    fn reading(&self, path: &str) -> Reading {
        Reading::page(&self.visitor, path)
    }
}

/// The address that a request comes from, as the door found out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct From(pub(crate) Option<IpAddr>);

impl FromRequestParts<Self> for Web {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Self) -> Result<Self, Infallible> {
        let mut web = web.clone();
        if let Some(visitor) = parts.extensions.get::<Visitor>() {
            web.visitor = visitor.clone();
        }
        web.from = parts.extensions.get::<From>().and_then(|from| from.0);
        if let Visitor::Signed(signed) = &web.visitor {
            web.app = web.app.acting_as(signed, web.from);
        }
        Ok(web)
    }
}

/// Returns the routes of the national team's pages, and of those with which people sign in.
pub(crate) fn national(app: &AppHandle, site: &Arc<Site>) -> Router {
    let web = Web::new(app, site);
    Router::new()
        .route("/", get(overview::page))
        .route("/locations", get(locations::page))
        .route("/locations/{code}", get(location::page))
        .route("/locations.csv", get(lists::locations))
        .route("/initiatives.csv", get(lists::initiatives))
        .route("/insights", get(insights::page))
        .route("/insights/{location}/{id}", get(insights::one))
        .route("/insights.csv", get(lists::insights))
        .route("/shifted.csv", get(lists::shifted))
        .route("/indicators", get(indicators::page))
        .route("/indicators.csv", get(indicators::csv))
        .route("/indicators/{code}", get(indicator::page))
        .route("/report", get(report::page))
        .route("/report.zip", get(report::zip))
        .route("/coverage", get(coverage::page))
        .route("/coverage.csv", get(coverage::csv))
        .route("/investment", get(sight::page))
        .route("/investment.csv", get(sight::file))
        .route("/investment/need.csv", get(sight::file))
        .route("/investment/questions.csv", get(sight::file))
        .route("/investment/sum.csv", get(sight::file))
        .route("/investment/{outcome}", get(sight::outcome))
        .route("/definitions", get(definitions::page))
        .route("/definitions.csv", get(definitions::csv))
        .merge(agenda_and_learning())
        .merge(of_money())
        .route("/releases", get(releases::list).post(releases::propose))
        .route(
            "/releases/{dataset}/{release}",
            get(releases::one).post(releases::act),
        )
        .merge(signing_in())
        .route_layer(middleware::from_fn_with_state(web.clone(), asked::check))
        .nest(ADMIN, admin::pages(&web))
        .fallback(no_such_page)
        .with_state(web)
}

/// The pages of the agenda and of learning.
fn agenda_and_learning() -> Router<Web> {
    Router::new()
        .route("/agenda", get(agenda::page))
        .route("/agenda.csv", get(agenda::items_csv))
        .route("/answers.csv", get(agenda::answers_csv))
        .route(
            "/agenda/new",
            get(agenda::write::new).post(agenda::write::add),
        )
        .route("/agenda/publish", post(agenda::write::publish))
        .route("/agenda/{id}", get(agenda::one))
        .route(
            "/agenda/{id}/edit",
            get(agenda::write::edit).post(agenda::write::reword),
        )
        .route("/agenda/{id}/close", post(agenda::write::close))
        .route("/requests", get(agenda::requests::page))
        .route("/requests.csv", get(agenda::requests::file))
        .route(
            "/requests/{location}/{id}",
            get(agenda::requests::one).post(agenda::requests::answer),
        )
        .route("/learning", get(learning::page))
        .route("/learning/new", get(learning::new).post(learning::add))
        .route("/markers.csv", get(learning::markers_csv))
        .route("/reviews.csv", get(learning::reviews_csv))
        .route("/partners", get(learning::partners))
        .route("/partners.csv", get(learning::partners_csv))
        .route("/ties.csv", get(learning::ties_csv))
}

/// The pages of money.
fn of_money() -> Router<Web> {
    use money::write;
    Router::new()
        .route("/money", get(money::page))
        .route("/money.csv", get(money::file))
        .route("/money/new", get(write::new).post(write::add))
        .route("/money/{id}", get(money::one))
        .route("/money/{id}/edit", get(write::edit).post(write::change))
        .route("/money/{id}/line", get(write::line).post(write::state))
        .route("/money/{id}/line/back", post(write::take_back))
}

/// The pages with which people sign in, and look after their account.
fn signing_in() -> Router<Web> {
    Router::new()
        .route("/sign-in", get(sign_in::page).post(sign_in::password))
        .route("/sign-in/passkey", post(sign_in::passkey))
        .route("/invite/{secret}/passkey", post(invite::spend_by_passkey))
        .route("/account/passkeys", post(account::add_passkey))
        .route("/account/passkeys/end", post(account::end_passkey))
        .route("/sign-out", post(sign_in::out))
        .route("/invite/{secret}", get(invite::page).post(invite::spend))
        .route("/account", get(account::page))
        .route("/account/sessions/end", post(account::end_session))
        .route("/account/tokens", post(account::make_token))
        .route("/account/tokens/revoke", post(account::revoke_token))
}

/// The path of the administration, for admins who signed in.
pub(crate) const ADMIN: &str = "/admin";

/// Answers a request for what is not there, or not for who asks.
pub(crate) fn nothing_here(web: Web) -> Response {
    message_of_nothing(&web).unwrap_or_else(IntoResponse::into_response)
}

/// Says to an admin without a passkey how they get one: the role alone opens nothing.
pub(crate) fn needs_passkey(web: &Web) -> Response {
    let answer = Frame::national(web, "").message(
        StatusCode::FORBIDDEN,
        "Looking after people needs a passkey",
        "You have the role admin, and signed in without a passkey. Ask another admin, or who runs \
         the hub, for a link with which you begin again: it is the way from a password to a \
         passkey.",
        vec![PageLink::new("/account", "Your account")],
    );
    answer.unwrap_or_else(IntoResponse::into_response)
}

/// Answers a request that could not be judged.
pub(crate) fn failure(error: AppError) -> Response {
    PageFailure::from(error).into_response()
}

async fn no_such_page(web: Web) -> Result<Response, PageFailure> {
    message_of_nothing(&web)
}

fn message_of_nothing(web: &Web) -> Result<Response, PageFailure> {
    let frame = Frame::national(web, "");
    let link = match web.visitor.may(Role::National) {
        true => PageLink::new("/", "National overview"),
        false => PageLink::new("/account", "Your account"),
    };
    frame.message(
        StatusCode::NOT_FOUND,
        "There is no such page",
        "The address may be mistyped, or the page may have moved.",
        vec![link],
    )
}
