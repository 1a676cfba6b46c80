//! The agenda and what was learnt, one grain a list: items, answers, requests, markers, reviews,
//! partners and ties. They are the national team's; a token needs the scope `live`.

use axum::response::Response;

use super::{lists::Ask, problem::Problem, question::Live};
use crate::app::{
    AGENDA_ROWS, ANSWER_ROWS, AnswerRow, MARKER_ROWS, PARTNER_ROWS, REQUEST_ROWS, REVIEW_ROWS,
    TIE_ROWS, TieView,
};

/// The items of the agenda that were published, with their states today.
#[utoipa::path(
    get, path = "/api/v1/agenda", tag = "agenda",
    params(("format" = Option<String>, Query, description = "csv or json")),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn agenda(live: Live) -> Result<Response, Problem> {
    let ask = Ask::read(&live, "agenda")?;
    let items = live.app().counted(|at| Ok(at.items())).await?;
    Ok(ask.answer(&AGENDA_ROWS, &items))
}

/// Items by locations: what each location answered, and to which wording.
#[utoipa::path(
    get, path = "/api/v1/answers", tag = "agenda",
    params(("format" = Option<String>, Query, description = "csv or json")),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn answers(live: Live) -> Result<Response, Problem> {
    let ask = Ask::read(&live, "answers")?;
    let found = live.app().counted(|at| at.answer_rows()).await?;
    let rows: Vec<AnswerRow> = live.shown("answers", found).await?;
    Ok(ask.answer(&ANSWER_ROWS, &rows))
}

/// Requests of locations to the national team, by when they are due, and its answers.
#[utoipa::path(
    get, path = "/api/v1/requests", tag = "agenda",
    params(("format" = Option<String>, Query, description = "csv or json")),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn requests(live: Live) -> Result<Response, Problem> {
    let ask = Ask::read(&live, "requests")?;
    let found = live.app().counted(|at| at.requests()).await?;
    let rows = live.shown("requests", found).await?;
    Ok(ask.answer(&REQUEST_ROWS, &rows))
}

/// The markers of system change that locations shared, the latest first.
#[utoipa::path(
    get, path = "/api/v1/markers", tag = "agenda",
    params(("format" = Option<String>, Query, description = "csv or json")),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn markers(live: Live) -> Result<Response, Problem> {
    let ask = Ask::read(&live, "markers")?;
    let found = live.app().counted(|at| at.learnt()).await?;
    let found = found.map(|all| all.only_markers());
    let all = live.shown("markers", found).await?;
    Ok(ask.answer(&MARKER_ROWS, &all.markers))
}

/// Learning reviews of the national team and of locations, the latest first.
#[utoipa::path(
    get, path = "/api/v1/reviews", tag = "agenda",
    params(("format" = Option<String>, Query, description = "csv or json")),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn reviews(live: Live) -> Result<Response, Problem> {
    let ask = Ask::read(&live, "reviews")?;
    let found = live.app().counted(|at| at.learnt()).await?;
    let found = found.map(|all| all.only_reviews());
    let all = live.shown("reviews", found).await?;
    Ok(ask.answer(&REVIEW_ROWS, &all.reviews))
}

/// The partners of locations, by name.
#[utoipa::path(
    get, path = "/api/v1/partners", tag = "agenda",
    params(("format" = Option<String>, Query, description = "csv or json")),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn partners(live: Live) -> Result<Response, Problem> {
    let ask = Ask::read(&live, "partners")?;
    let found = live.app().counted(|at| at.learnt()).await?;
    let found = found.map(|all| all.only_partners());
    let all = live.shown("partners", found).await?;
    Ok(ask.answer(&PARTNER_ROWS, &all.partners))
}

/// The ties of locations with their partners, from the first to the latest.
#[utoipa::path(
    get, path = "/api/v1/ties", tag = "agenda",
    params(("format" = Option<String>, Query, description = "csv or json")),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn ties(live: Live) -> Result<Response, Problem> {
    let ask = Ask::read(&live, "ties")?;
    let found = live.app().counted(|at| at.learnt()).await?;
    let found = found.map(|all| all.only_partners());
    let all = live.shown("ties", found).await?;
    let ties = all.partners.into_iter().flat_map(|one| one.ties);
    Ok(ask.answer(&TIE_ROWS, &ties.collect::<Vec<TieView>>()))
}
