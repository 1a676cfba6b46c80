//! The query of a page's address: parameters that the page knows, each once. Any other is
//! refused, because a page that ignores one shows something else than was asked for.

use std::collections::BTreeMap;

use axum::{
    extract::{MatchedPath, Request},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_shared::alignment::sight::UNSORTED;

use super::{
    Web, admin,
    frame::{BadValue, Frame, PageLink},
};
use crate::{
    app::{AppError, Moment},
    query::{self, BadQuery},
};

/// The parameters of an address.
pub(super) type Asked = BTreeMap<String, String>;

/// Refuses parameters that a page of the national team does not know, or cannot read.
pub(super) async fn check(web: Web, path: MatchedPath, request: Request, next: Next) -> Response {
    let fault = fault(&request, known(path.as_str()));
    let path = request.uri().path().to_owned();
    let why = match fault {
        Some(why) => why,
        None => {
            let answer = next.run(request).await;
            match answer.extensions().get::<BadValue>() {
                None => return answer,
                Some(BadValue(why)) => why.clone(),
            }
        }
    };
    refuse(Frame::national(&web, ""), &path, &why)
}

/// The same for pages of the administration.
pub(super) async fn check_of_admin(
    web: Web,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let known = match path.as_str().ends_with("/ledger.csv") {
        true => admin::ledger::PARAMETERS,
        false => &[],
    };
    match fault(&request, known) {
        None => next.run(request).await,
        // Inside what is nested, a path has lost its beginning.
        Some(why) => {
            let path = web.at(request.uri().path());
            refuse(Frame::administration(&web, ""), &path, &why)
        }
    }
}

fn refuse(frame: Frame, path: &str, why: &str) -> Response {
    let links = vec![PageLink::new(path, "The page without it")];
    let page = frame.message(
        StatusCode::BAD_REQUEST,
        "This page cannot show what was asked for",
        why,
        links,
    );
    page.unwrap_or_else(IntoResponse::into_response)
}

/// The parameters of the page at a path.
fn known(path: &str) -> &'static [&'static str] {
    match path {
        "/" => &["page", "places"],
        "/indicators" => &["q", "page"],
        "/definitions" | "/locations" => &["q", "page"],
        "/locations/{code}" => &["page", "plan"],
        "/insights" => &["q", "theme", "indicator", "location", "page"],
        "/agenda" | "/partners" => &["page"],
        "/learning" => &["page", "markers"],
        "/requests" | "/requests.csv" => &[AS_OF],
        "/coverage" => &["indicator", "location", "until", "page", AS_OF],
        "/coverage.csv" => &["indicator", "location", AS_OF],
        "/investment" | "/investment/{outcome}" => &["period", "location", AS_OF],
        "/investment.csv"
        | "/investment/need.csv"
        | "/investment/questions.csv"
        | "/investment/sum.csv" => &["outcome", "location", "period", AS_OF],
        "/money" => &["period", "q", "page"],
        "/money.csv" => &["period"],
        "/money/new" => &["part_of"],
        "/money/{id}" => &["by", "done"],
        "/money/{id}/line" => &["line"],
        "/report" | "/report.zip" => &["for", "period", AS_OF],
        "/sign-in" => &["next", "again"],
        "/indicators/{code}" => &["period", "breakdown", "level", AS_OF],
        _ => &[],
    }
}

fn fault(request: &Request, known: &[&str]) -> Option<String> {
    let names = match known {
        [] => "This page has no parameters.".to_owned(),
        known => format!("This page has these parameters: {}.", known.join(", ")),
    };
    let why = match query::read(request.uri(), known).err()? {
        BadQuery::Unreadable => "The part of the address after the ? cannot be read.".to_owned(),
        BadQuery::Unknown(name) if name == AS_OF => format!(
            "It shows the present alone, so it has no as_of. The pages of indicators, the \
             coverage, requests and the line of sight show the past. {names}"
        ),
        BadQuery::Unknown(name) if name == "sort" && is_of_sight(request) => {
            format!("There is no parameter \"sort\" here: {UNSORTED}. {names}")
        }
        BadQuery::Unknown(name) => format!("There is no parameter \"{name}\" here. {names}"),
        BadQuery::Twice(name) => format!("\"{name}\" is given twice: give it once."),
    };
    Some(why)
}

fn is_of_sight(request: &Request) -> bool {
    request.uri().path().starts_with("/investment")
}

/// The moment of the past that is asked for.
pub(super) fn moment(asked: &Asked) -> Result<Option<Moment>, AppError> {
    let moment = asked.get(AS_OF).map(|text| Moment::in_query(text));
    let moment = moment.transpose();
    moment.map_err(|error| AppError::NoMoment(error.to_string()))
}

/// An address with the moment that a page shows, so that what it links to is of the same.
pub(super) fn with_moment(path: &str, moment: Option<Moment>) -> String {
    let Some(moment) = moment else {
        return path.to_owned();
    };
    let mark = if path.contains('?') { '&' } else { '?' };
    let moment = moment.to_string();
    let moment = utf8_percent_encode(&moment, NON_ALPHANUMERIC);
    format!("{path}{mark}{AS_OF}={moment}")
}

const AS_OF: &str = "as_of";
