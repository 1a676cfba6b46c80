//! `/api/v1/sight` and `/api/v1/need`: the line of sight as tables, one grain each.

use axum::response::Response;
use weft_host::list::List;
use weft_shared::{
    alignment::{money::Owner, sight::Order},
    id::LocationCode,
    period::Period,
    text::sentence,
};

use super::{
    answer::{Format, csv, json},
    problem::Problem,
    query::{MOMENTS, PERIODS, Query},
    question::{Live, Wanted},
    released,
};
use crate::{
    app::{Aligned, AppError, Moment},
    query::shown,
    sight::{NEEDS, NeedLine, SIGHT, SightAsked, SightLine, SightView},
};

/// Need, priority, work and money side by side: a row for each outcome and location.
#[utoipa::path(
    get, path = "/api/v1/sight", tag = "figures",
    params(
        ("outcome" = Option<String>, Query, description = "The code of one of the network's \
            outcomes, or the id of a location's own"),
        ("location" = Option<String>, Query, description = "A location's code"),
        ("period" = Option<String>, Query, description = "A period, such as FY2027; the fiscal \
            year of the day is the default"),
        ("as_of" = Option<String>, Query, description = "A day, or a time with its offset from \
            UTC (+ as %2B): of the entries received by then, without what was withdrawn since"),
        ("sort" = Option<String>, Query, description = "outcome (the default) or location. \
            Nothing is sorted by value, and any other is refused with the reason"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses(
        (status = 200, body = super::openapi::ListPage),
        (status = 400, description = "A parameter is wrong: the problem names it",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "It is the national team's",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn sight(wanted: Wanted) -> Result<Response, Problem> {
    let (view, ask, live) = read(wanted, "sight").await?;
    let mut lines = view.lines();
    if ask.order == Order::Location {
        lines.sort_by(|a, b| a.column().cmp(b.column()));
    }
    Ok(ask.answer::<SightLine>(&SIGHT, &lines, &live))
}

/// Need: a row for each outcome, location, indicator and part of the population with a target.
///
/// Analysts get it by the figures of releases, each row with its release: of the locations that
/// have rows of their own there, and of the network. Targets are the network's, and those that
/// locations released.
#[utoipa::path(
    get, path = "/api/v1/need", tag = "figures",
    params(
        ("outcome" = Option<String>, Query, description = "The code of one of the network's \
            outcomes, or the id of a location's own"),
        ("location" = Option<String>, Query, description = "A location's code"),
        ("period" = Option<String>, Query, description = "A period, such as FY2027: figures of \
            periods that ended by its end"),
        ("dataset" = Option<String>, Query, description = "Only by this dataset's release"),
        ("release" = Option<String>, Query, description = "Only by this release"),
        ("as_of" = Option<String>, Query, description = "A day, or a time with its offset from \
            UTC (+ as %2B): of the entries received by then, without what was withdrawn since"),
        ("sort" = Option<String>, Query, description = "outcome (the default) or location. \
            Nothing is sorted by value, and any other is refused with the reason"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses(
        (status = 200, body = super::openapi::ListPage),
        (status = 400, description = "A parameter is wrong: the problem names it",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn need(wanted: Wanted) -> Result<Response, Problem> {
    if let Wanted::Released(question) = &wanted {
        return released::need(question).await;
    }
    let (view, ask, live) = read(wanted, "need").await?;
    let mut lines = view.needs();
    if ask.order == Order::Location {
        lines.sort_by(|a, b| a.column().cmp(&b.column()));
    }
    Ok(ask.answer::<NeedLine>(&NEEDS, &lines, &live))
}

/// A request for the line of sight, as it is read from an address.
struct Ask {
    name: &'static str,
    order: Order,
    format: Format,
}

impl Ask {
    fn answer<T>(&self, list: &List<T>, rows: &[T], live: &Live) -> Response {
        match self.format {
            Format::Json => json(rows.iter().map(|row| list.json(row)), None, &live.headers),
            Format::Csv | Format::Xlsx | Format::Parquet => {
                csv(self.name, list.csv(rows, false), &live.headers)
            }
        }
    }
}

async fn read(wanted: Wanted, name: &'static str) -> Result<(SightView, Ask, Live), Problem> {
    let live = match wanted {
        Wanted::Live(live) => live,
        Wanted::Released(_) => {
            let detail = "The line of sight is the national team's: money and words of communities \
                          stand beside its figures. The figures of releases are in \
                          /api/v1/rollups.";
            return Err(Problem::not_found(detail, ["/api/v1/rollups"]).of_releases());
        }
    };
    let query = Query::read(&live.uri, PARAMETERS)?;
    let format = Format::of(&query, &live.headers, Format::OF_LISTS)?;
    let order = one::<Order>(&query, "sort", &Order::WORDS)?.unwrap_or_default();
    let asked = SightAsked {
        period: one::<Period>(&query, "period", &PERIODS)?,
        outcome: query.one("outcome").map(str::to_owned),
        location: None,
    };
    let location = query.one("location").map(str::to_owned);
    let moment = query.one("as_of").map(Moment::in_query).transpose();
    let moment =
        moment.map_err(|error| Problem::parameter("as_of", format!("as_of: {error}."), MOMENTS))?;
    let reading = live.reader.reads("read the line of sight", &query.words());
    let found = live.app().counted(move |now| {
        let at = match now.at(moment) {
            Ok(at) => at,
            Err(error) => return asked_wrong(error, "as_of", MOMENTS.map(str::to_owned)),
        };
        let aligned = at.aligned()?;
        let location = match location.as_deref().map(|text| one_of(text, &aligned)) {
            Some(Err(problem)) => return Ok(Err(problem)),
            known => known.transpose().unwrap_or_default(),
        };
        match at.sight(&SightAsked { location, ..asked }) {
            Ok(found) => Ok(Ok(found)),
            Err(error) => asked_wrong(error, "outcome", outcomes(&aligned)),
        }
    });
    let view = live.app().shown(reading, found.await??).await?;
    let ask = Ask {
        name,
        order,
        format,
    };
    Ok((view, ask, live))
}

/// A problem with a parameter, for an error of somebody who asks; any other stays one of the hub.
fn asked_wrong<T>(
    error: AppError,
    parameter: &str,
    allowed: impl IntoIterator<Item = String>,
) -> Result<Result<T, Problem>, AppError> {
    match error {
        AppError::NoMoment(_) | AppError::NoFigure(_) => {
            let detail = sentence(&error.to_string());
            Ok(Err(Problem::parameter(parameter, detail, allowed)))
        }
        other => Err(other),
    }
}

/// The location with a code.
fn one_of(text: &str, aligned: &Aligned) -> Result<LocationCode, Problem> {
    let code = LocationCode::parse(text).ok();
    let known = code.filter(|code| aligned.locations.contains(code));
    known.ok_or_else(|| {
        let detail = format!("There is no location \"{}\" here.", shown(text));
        let codes = aligned.locations.iter().map(ToString::to_string);
        Problem::parameter("location", detail, codes)
    })
}

/// The outcomes that have a row of their own: the network's first.
fn outcomes(aligned: &Aligned) -> Vec<String> {
    let all = aligned.recorded.outcomes.iter();
    let mut own: Vec<_> = all.filter(|one| one.shared.is_none()).collect();
    own.sort_by_key(|one| one.owner != Owner::Hub);
    own.iter().map(|one| one.of.to_string()).collect()
}

fn one<T: std::str::FromStr<Err: std::fmt::Display>>(
    query: &Query,
    name: &str,
    allowed: &[&str],
) -> Result<Option<T>, Problem> {
    let value = query.one(name).map(str::parse::<T>).transpose();
    value.map_err(|error| {
        let allowed = allowed.iter().copied();
        Problem::parameter(name, format!("{name}: {error}."), allowed)
    })
}

const PARAMETERS: &[&str] = &["outcome", "location", "period", "as_of", "sort", "format"];
