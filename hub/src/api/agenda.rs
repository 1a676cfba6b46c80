//! The agenda and what was learnt, one grain a list: items, answers, requests, markers, reviews,
//! partners and ties, now or as of a moment. They are the national team's; a token needs the scope
//! `live`.

use axum::response::Response;
use weft_host::list::List;
use weft_shared::text::sentence;

use super::{
    answer::dated,
    lists::Ask,
    problem::Problem,
    query::{MOMENTS, Query},
    question::Live,
};
use crate::app::{
    AGENDA_ROWS, ANSWER_ROWS, AppError, Counted, Learnt, MARKER_ROWS, Moment, OfLocations,
    PARTNER_ROWS, REQUEST_ROWS, REVIEW_ROWS, TIE_ROWS, TieView, Unrecorded,
};

/// Reads what a list needs, now or at the moment that is asked for, and answers with its rows.
async fn list<F, R>(
    live: &Live,
    name: &'static str,
    read: impl FnOnce(&Counted<'_>) -> Result<Unrecorded<F>, AppError> + Send + 'static,
    (list, rows): (&List<R>, impl FnOnce(F) -> Vec<R>),
) -> Result<Response, Problem>
where
    F: OfLocations + Send + 'static,
{
    let ask = Ask::of(live, name, &["format", "as_of"])?;
    let query = Query::read(&live.uri, &["format", "as_of"])?;
    let moment = query.one("as_of").map(Moment::in_query).transpose();
    let moment =
        moment.map_err(|error| Problem::parameter("as_of", format!("as_of: {error}."), MOMENTS))?;
    let found = live.app().counted(move |at| {
        let at = at.at(moment)?;
        Ok((read(&at)?, at.moment()))
    });
    let (found, as_of) = found.await.map_err(|error| match error {
        AppError::NoMoment(_) => {
            Problem::parameter("as_of", sentence(&error.to_string()), ["2026-12-31"])
        }
        other => other.into(),
    })?;
    let found = live.shown(name, found).await?;
    Ok(dated(ask.answer(list, &rows(found)), as_of))
}

/// The items of the agenda that were published, with their states today.
#[utoipa::path(
    get, path = "/api/v1/agenda", tag = "agenda",
    params(
        ("as_of" = Option<String>, Query, description = "As it stood on a day or at a time"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn agenda(live: Live) -> Result<Response, Problem> {
    list(
        &live,
        "agenda",
        |at| Ok(Unrecorded::new(at.items()?)),
        (&AGENDA_ROWS, |all| all),
    )
    .await
}

/// Items by locations: what each location answered, and to which wording.
#[utoipa::path(
    get, path = "/api/v1/answers", tag = "agenda",
    params(
        ("as_of" = Option<String>, Query, description = "As it stood on a day or at a time"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn answers(live: Live) -> Result<Response, Problem> {
    list(
        &live,
        "answers",
        |at| at.answer_rows(),
        (&ANSWER_ROWS, |all| all),
    )
    .await
}

/// Requests of locations to the national team, by when they are due, and its answers.
#[utoipa::path(
    get, path = "/api/v1/requests", tag = "agenda",
    params(
        ("as_of" = Option<String>, Query, description = "As it stood on a day or at a time"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn requests(live: Live) -> Result<Response, Problem> {
    list(
        &live,
        "requests",
        |at| at.requests(),
        (&REQUEST_ROWS, |all| all),
    )
    .await
}

/// The markers of system change that locations shared, the latest first.
#[utoipa::path(
    get, path = "/api/v1/markers", tag = "agenda",
    params(
        ("as_of" = Option<String>, Query, description = "As it stood on a day or at a time"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn markers(live: Live) -> Result<Response, Problem> {
    let read = |at: &Counted<'_>| Ok(at.learnt()?.map(Learnt::only_markers));
    list(&live, "markers", read, (&MARKER_ROWS, |all| all.markers)).await
}

/// Learning reviews of the national team and of locations, the latest first.
#[utoipa::path(
    get, path = "/api/v1/reviews", tag = "agenda",
    params(
        ("as_of" = Option<String>, Query, description = "As it stood on a day or at a time"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn reviews(live: Live) -> Result<Response, Problem> {
    let read = |at: &Counted<'_>| Ok(at.learnt()?.map(Learnt::only_reviews));
    list(&live, "reviews", read, (&REVIEW_ROWS, |all| all.reviews)).await
}

/// The partners of locations, by name.
#[utoipa::path(
    get, path = "/api/v1/partners", tag = "agenda",
    params(
        ("as_of" = Option<String>, Query, description = "As it stood on a day or at a time"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn partners(live: Live) -> Result<Response, Problem> {
    let read = |at: &Counted<'_>| Ok(at.learnt()?.map(Learnt::only_partners));
    list(&live, "partners", read, (&PARTNER_ROWS, |all| all.partners)).await
}

/// The ties of locations with their partners, from the first to the latest.
#[utoipa::path(
    get, path = "/api/v1/ties", tag = "agenda",
    params(
        ("as_of" = Option<String>, Query, description = "As it stood on a day or at a time"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn ties(live: Live) -> Result<Response, Problem> {
    let read = |at: &Counted<'_>| Ok(at.learnt()?.map(Learnt::only_partners));
    let ties = |all: Learnt| {
        let ties = all.partners.into_iter().flat_map(|one| one.ties);
        ties.collect::<Vec<TieView>>()
    };
    list(&live, "ties", read, (&TIE_ROWS, ties)).await
}
