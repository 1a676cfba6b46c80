//! The administration: locations, invites, devices and tokens. It has its own port, behind a
//! one-time link that the operator requests from the program.
//!
//! Reading changes nothing. Each change is a form, followed by an answer that can be reloaded.

mod access;
mod definitions;
mod health;
mod locations;
mod table;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use weft_host::assets;
use weft_shared::text::{BadText, sentence};

use super::{
    Web, asked,
    frame::{Frame, PageFailure, PageLink},
};
use crate::app::{AppError, AppHandle};

/// Paths that need no cookie.
pub(crate) const OPEN: &[&str] = &[assets::PATH];

/// Returns every route of the administration.
pub(crate) fn routes(app: &AppHandle) -> Router {
    let web = Web::desk(app);
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
        .route("/tokens", get(access::tokens).post(access::create_token))
        .route("/tokens/revoke", post(access::revoke_token))
        .route("/ledger", get(access::ledger))
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
            asked::check_none,
        ))
        .fallback(no_such_page)
        .with_state(web)
        .merge(assets::routes())
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

/// Redirects after a change, so that reloading the page does not send the form again.
fn see(path: &'static str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response()
}

/// Says that what an address names is not there, and links to where else to look.
fn missing(
    web: &Web,
    heading: &str,
    text: &str,
    links: &[(&str, &str)],
) -> Result<Response, PageFailure> {
    let frame = Frame::administration(&web.app, "");
    let links = links.iter().map(|(path, name)| PageLink::new(path, name));
    frame.message(StatusCode::NOT_FOUND, heading, text, links.collect())
}

async fn no_such_page(State(web): State<Web>) -> Result<Response, PageFailure> {
    let links = [("/", "Locations")];
    let text = "The address may be mistyped.";
    missing(&web, "There is no such page", text, &links)
}
