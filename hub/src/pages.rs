//! The hub's pages: the national team's view of its network, and the administration.
//!
//! All pages only read, except the administration, which has a separate port.

pub(crate) mod admin;
mod asked;
mod coverage;
mod csv;
mod definitions;
mod drawn;
mod frame;
mod fresh;
mod indicator;
mod indicators;
mod insights;
mod lists;
mod location;
mod locations;
mod meaning;
mod overview;
mod search;
mod shifted;
mod told;
pub(crate) mod words;

use axum::{
    Router, extract::State, http::StatusCode, middleware, response::Response, routing::get,
};

use self::frame::{Frame, PageFailure, PageLink};
use crate::app::AppHandle;

/// State shared by the pages.
#[derive(Clone)]
pub(crate) struct Web {
    pub(crate) app: AppHandle,
}

/// Returns the routes of the national team's pages.
pub(crate) fn national(app: &AppHandle) -> Router {
    let web = Web { app: app.clone() };
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
        .route("/coverage", get(coverage::page))
        .route("/coverage.csv", get(coverage::csv))
        .route("/definitions", get(definitions::page))
        .route("/definitions.csv", get(definitions::csv))
        .route_layer(middleware::from_fn_with_state(web.clone(), asked::check))
        .fallback(no_such_page)
        .with_state(web)
}

async fn no_such_page(State(web): State<Web>) -> Result<Response, PageFailure> {
    let frame = Frame::national(&web.app, "");
    frame.message(
        StatusCode::NOT_FOUND,
        "There is no such page",
        "The address may be mistyped, or the page may have moved.",
        vec![PageLink::new("/", "National overview")],
    )
}
