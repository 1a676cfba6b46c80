//! The administration: people, locations, invites, devices and tokens. Admins who signed in have it
//! under `/admin`. It has its own port as well, behind a one-time link that is asked for on the
//! hub's own computer: for the first person, and for an admin who cannot sign in.
//!
//! Reading changes nothing. Each change is a form, followed by an answer that can be reloaded.

mod access;
mod definitions;
mod health;
pub(super) mod ledger;
mod locations;
mod people;
mod table;

use askama::Template;
use axum::{
    Router,
    http::{StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use weft_host::assets;
use weft_shared::text::{BadText, sentence};

use super::{
    Web, asked,
    frame::{Frame, PageFailure, PageLink, html},
};
use crate::app::{AppError, AppHandle};

/// Paths that need no cookie.
pub(crate) const OPEN: &[&str] = &[assets::PATH];

/// Returns every route of the administration on its own port.
pub(crate) fn routes(app: &AppHandle) -> Router {
    let web = Web::desk(app);
    pages(&web)
        .fallback(no_such_page)
        .with_state(web)
        .merge(assets::routes())
}

/// Returns the pages of the administration. Their links begin at the base of `web`.
pub(super) fn pages(web: &Web) -> Router<Web> {
    Router::new()
        .route("/", get(locations::list).post(locations::add))
        .route(
            "/locations/{code}/confirm",
            get(locations::compare).post(locations::confirm),
        )
        .route("/invites", get(access::invites).post(access::create_invite))
        .route("/invites/revoke", post(access::revoke_invite))
        .route("/devices", get(access::devices))
        .route(
            "/devices/{id}/block",
            get(access::ask_block).post(access::block),
        )
        .route("/devices/{id}/unblock", post(access::unblock))
        .route("/tokens", get(access::tokens))
        .route("/tokens/revoke", post(access::revoke_token))
        .route("/ledger", get(ledger::page))
        .route("/ledger.csv", get(ledger::file))
        .route("/people", get(people::list).post(people::invite))
        .route("/people/seen", post(people::saw))
        .route("/people/{number}", get(people::one))
        .route("/people/{number}/confirm", post(people::confirm))
        .route("/people/{number}/roles", post(people::set_roles))
        .route("/people/{number}/lock", post(people::lock))
        .route("/people/{number}/unlock", post(people::unlock))
        .route(
            "/people/{number}/reset",
            get(people::ask_reset).post(people::reset),
        )
        .route(
            "/people/{number}/end",
            get(people::ask_end).post(people::end),
        )
        .route(
            "/definitions",
            get(definitions::list).post(definitions::import),
        )
        .route("/definitions/file", post(definitions::upload))
        .route(
            "/definitions/{code}/{version}",
            get(definitions::settings).post(definitions::set),
        )
        .route("/health", get(health::page))
        .route_layer(middleware::from_fn_with_state(
            web.clone(),
            asked::check_of_admin,
        ))
}

/// The result of a form: its problems, or what it did.
#[derive(Clone, Debug, Default)]
struct Said {
    /// Each problem with the field that it is about.
    problems: Vec<(&'static str, String)>,
    /// The change that was made.
    done: String,
    /// A secret that is shown only this once.
    secret: String,
}

impl Said {
    fn problem(field: &'static str, text: impl Into<String>) -> Self {
        Self {
            problems: vec![(field, text.into())],
            ..Self::default()
        }
    }

    fn secret(done: impl Into<String>, secret: String) -> Self {
        Self {
            done: done.into(),
            secret,
            ..Self::default()
        }
    }

    /// Returns the title. It names a problem, so that screen readers read it first.
    fn title(&self, name: &str) -> String {
        if self.problems.is_empty() {
            name.to_owned()
        } else {
            format!("Error: {name}")
        }
    }

    /// Returns the message beside a field.
    fn about(&self, field: &str) -> Option<&str> {
        let mut problems = self.problems.iter();
        let about = problems.find(|(name, _)| *name == field);
        about.map(|(_, text)| text.as_str())
    }

    const fn status(&self) -> StatusCode {
        if self.problems.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        }
    }
}

/// A page that asks before an act.
#[derive(Clone, Debug)]
struct Sure {
    heading: String,
    /// The loss that the act means.
    warn: Option<String>,
    text: String,
    button: String,
    /// The form of the act, and the page to go back to.
    path: String,
    back: String,
}

#[derive(Template)]
#[template(path = "admin/sure.html")]
struct SurePage {
    frame: Frame,
    sure: Sure,
}

impl Sure {
    fn page(self, web: &Web, current: &'static str) -> Result<Response, PageFailure> {
        let frame = Frame::administration(web, current);
        html(StatusCode::OK, &SurePage { frame, sure: self })
    }
}

/// Turns an error that the person can correct into a message on the form.
fn mendable(error: AppError, field: &'static str) -> Result<Said, PageFailure> {
    match error {
        AppError::Store(_)
        | AppError::DataDir(_)
        | AppError::Keys(_)
        | AppError::Aggregation(_)
        | AppError::Own(_) => Err(error.into()),
        other => Ok(Said::problem(field, sentence(&other.to_string()))),
    }
}

fn bad_id(field: &'static str, error: &BadText) -> Said {
    Said::problem(field, sentence(&error.to_string()))
}

impl Web {
    /// The address of a page of the administration.
    pub(super) fn at(&self, path: &str) -> String {
        match (self.base, path) {
            ("", path) => path.to_owned(),
            (base, "/") => base.to_owned(),
            (base, path) => format!("{base}{path}"),
        }
    }

    /// Redirects after a change, so that reloading the page does not send the form again.
    fn see(&self, path: &str) -> Response {
        (StatusCode::SEE_OTHER, [(header::LOCATION, self.at(path))]).into_response()
    }
}

/// Says that what an address names is not there, and links to where else to look.
fn missing(
    web: &Web,
    heading: &str,
    text: &str,
    links: &[(&str, &str)],
) -> Result<Response, PageFailure> {
    let frame = Frame::administration(web, "");
    let links = links.iter();
    let links = links.map(|(path, name)| PageLink::new(&web.at(path), name));
    frame.message(StatusCode::NOT_FOUND, heading, text, links.collect())
}

async fn no_such_page(web: Web) -> Result<Response, PageFailure> {
    let links = [("/", "Locations")];
    let text = "The address may be mistyped.";
    missing(&web, "There is no such page", text, &links)
}
