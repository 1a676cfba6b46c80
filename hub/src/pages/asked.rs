//! The query of a page's address: parameters that the page knows, each once. Any other is
//! refused, because a page that ignores one shows something else than was asked for.

use std::collections::BTreeMap;

use axum::{
    extract::{MatchedPath, Query, Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    Web,
    frame::{Frame, PageLink},
};
use crate::app::{AppError, Moment};

/// The parameters of an address.
pub(super) type Asked = BTreeMap<String, String>;

/// Refuses parameters that the page does not know.
pub(super) async fn check(
    State(web): State<Web>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let known = known(path.as_str());
    let Some(why) = fault(&request, known) else {
        return next.run(request).await;
    };
    let frame = Frame::national(&web.app, "");
    let links = vec![PageLink::new(request.uri().path(), "The page without it")];
    let page = frame.message(
        StatusCode::BAD_REQUEST,
        "This page cannot show what was asked for",
        &why,
        links,
    );
    page.unwrap_or_else(IntoResponse::into_response)
}

/// The parameters of the page at a path.
fn known(path: &str) -> &'static [&'static str] {
    match path {
        "/" => &["page", "places"],
        "/indicators" => &["q", "page"],
        "/locations" => &["q", "page"],
        "/locations/{code}" => &["page", "plan"],
        "/insights" => &["q", "theme", "indicator", "location", "page"],
        "/coverage" => &["indicator", "location", "until", "page", AS_OF],
        "/coverage.csv" => &["indicator", "location", AS_OF],
        "/indicators/{code}" => &["period", "breakdown", AS_OF],
        _ => &[],
    }
}

fn fault(request: &Request, known: &[&str]) -> Option<String> {
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
    let Ok(Query(pairs)) = pairs else {
        return Some("The part of the address after the ? cannot be read.".to_owned());
    };
    let names = match known {
        [] => "This page has no parameters.".to_owned(),
        known => format!("This page has these parameters: {}.", known.join(", ")),
    };
    for (at, (name, _)) in pairs.iter().enumerate() {
        if name == AS_OF && !known.contains(&AS_OF) {
            return Some(format!(
                "It shows the present alone, so it has no as_of. The pages of indicators and the \
                 coverage show the past. {names}"
            ));
        }
        if !known.contains(&name.as_str()) {
            let shown: String = name.chars().take(SHOWN_MAX).collect();
            return Some(format!("There is no parameter \"{shown}\" here. {names}"));
        }
        if pairs[..at].iter().any(|(other, _)| other == name) {
            return Some(format!("\"{name}\" is given twice: give it once."));
        }
    }
    None
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
/// Maximum number of characters of an unknown name that a page repeats.
const SHOWN_MAX: usize = 64;
