//! The data interface: the rollup and the code lists as CSV and JSON, and health checks and metrics
//! for machines.
//!
//! Analysts read releases, as files or as a filter over their rows. All else is live and not
//! disclosure-controlled: it is the national team's, and each such answer says that it is not for
//! publication.

mod agenda;
mod answer;
mod cursor;
pub(crate) mod data;
mod health;
mod lists;
mod money;
mod openapi;
mod problem;
mod query;
mod question;
mod released;
mod rollups;
mod sight;
pub(crate) mod token;

use std::sync::Arc;

use axum::{
    Router,
    http::{StatusCode, Uri, header},
    middleware,
    response::{IntoResponse as _, Response},
    routing::get,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use weft_host::answer::put;

use self::{health::Metrics, problem::Problem, question::Source};
use crate::app::AppHandle;

/// State shared by the routes of the data interface that have no figures.
#[derive(Clone)]
pub(crate) struct Api {
    app: AppHandle,
    metrics: Arc<Metrics>,
    openapi: Arc<str>,
}

/// Returns every route of the data interface.
pub(crate) fn router(app: &AppHandle) -> Router {
    let (data, description) = OpenApiRouter::with_openapi(openapi::description())
        .routes(routes!(rollups::answer))
        .routes(routes!(lists::indicators))
        .routes(routes!(lists::locations))
        .routes(routes!(lists::areas))
        .routes(routes!(lists::periods))
        .routes(routes!(lists::codes))
        .routes(routes!(lists::coverage))
        .routes(routes!(sight::sight))
        .routes(routes!(sight::need))
        .routes(routes!(released::changes::changes))
        .routes(routes!(agenda::agenda))
        .routes(routes!(agenda::answers))
        .routes(routes!(agenda::requests))
        .routes(routes!(agenda::markers))
        .routes(routes!(agenda::reviews))
        .routes(routes!(agenda::partners))
        .routes(routes!(agenda::ties))
        .routes(routes!(money::investments))
        .routes(routes!(money::money))
        .split_for_parts();
    let api = Api {
        app: app.clone(),
        metrics: Arc::new(Metrics::new()),
        openapi: openapi::with_refusals(description)
            .to_json()
            .unwrap_or_default()
            .into(),
    };
    Router::new()
        .route("/api/{*path}", get(no_such_path))
        .route("/openapi.json", get(openapi::answer))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .with_state(api.clone())
        .merge(data.with_state(Source::new(app)))
        .layer(middleware::from_fn(answer::wanted))
        .layer(middleware::from_fn_with_state(api, health::count))
}

/// Whether an answer is from releases, so that it is for publication.
pub(crate) fn is_released(answer: &Response) -> bool {
    answer.extensions().get::<answer::Released>().is_some()
}

/// Whether a path is of the data interface, whose answers are for programs.
pub(crate) fn is_path(path: &str) -> bool {
    path.starts_with("/api/") || path == "/openapi.json"
}

/// Whether a path is of data that are read and never changed through the web.
pub(crate) fn is_read_only(path: &str) -> bool {
    let mut paths = READ_ONLY.iter();
    paths.any(|one| path == *one || one.ends_with('/') && path.starts_with(one))
}

/// Answers a request that would change what is only read.
pub(crate) fn only_reads() -> Response {
    let detail = "Data are only read here: send GET, or HEAD for the headers alone. Nothing was \
                  changed.";
    let problem = Problem::released(StatusCode::METHOD_NOT_ALLOWED, detail);
    let mut response = problem.allowing(METHODS.map(str::to_owned)).into_response();
    put(&mut response, header::ALLOW, &METHODS.join(", "));
    response
}

/// Answers a program that has not said who asks.
pub(crate) fn sign_in_first(uri: &Uri) -> Response {
    token::said_of(uri, Problem::no_token(token::MISSING)).into_response()
}

/// Answers a request for what is not there, or not for who asks.
pub(crate) fn nothing_here() -> Response {
    let detail = "Nothing is at this address for you. Your page /account says which roles you \
                  have; an admin can give you another. The figures of releases are in \
                  /api/v1/rollups.";
    Problem::not_found(detail, [""; 0]).into_response()
}

/// Answers a program whose token is for releases alone.
pub(crate) fn out_of_scope() -> Response {
    let detail = "Your token is of the scope releases. This address has what locations share with \
                  the network today, and takes a token of the scope live: somebody with the role \
                  national makes one on the page /account/tokens. The figures of releases are in \
                  /api/v1/rollups.";
    Problem::out_of_scope(detail).into_response()
}

async fn no_such_path() -> Problem {
    Problem::not_found(
        "Nothing is at this address; /openapi.json describes what is.",
        PATHS,
    )
}

/// The data interface, the files of releases and the pages beside them: a path, or what is below
/// one that ends in `/`.
pub(crate) const READ_ONLY: &[&str] = &[
    "/api",
    "/api/",
    "/data",
    "/data/",
    "/data.json",
    "/openapi.json",
];
/// The methods that it takes.
const METHODS: [&str; 2] = ["GET", "HEAD"];
const PATHS: [&str; 19] = [
    "/api/v1/rollups",
    "/api/v1/indicators",
    "/api/v1/locations",
    "/api/v1/areas",
    "/api/v1/periods",
    "/api/v1/codes/{list}",
    "/api/v1/coverage",
    "/api/v1/sight",
    "/api/v1/need",
    "/api/v1/changes",
    "/api/v1/agenda",
    "/api/v1/answers",
    "/api/v1/requests",
    "/api/v1/markers",
    "/api/v1/reviews",
    "/api/v1/partners",
    "/api/v1/ties",
    "/api/v1/investments",
    "/api/v1/money",
];
