//! An answer with data: its format, its strong entity tag, and 304 if nothing has changed.

use axum::{
    body::Body,
    http::{HeaderMap, header},
    response::Response,
};
use serde_json::{Value, json};
use weft_host::answer::{put, tagged, with_tag};

use super::{problem::Problem, query::Query};
use crate::figures::{NOTICE, attachment, stream::Pieces};

/// The format of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Csv,
    Json,
}

impl Format {
    const WORDS: [&str; 2] = ["csv", "json"];

    /// Reads the parameter `format`; without one, chooses from what the client accepts.
    pub(crate) fn of(query: &Query, headers: &HeaderMap) -> Result<Self, Problem> {
        match query.one("format") {
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            Some(other) => Err(Problem::parameter(
                "format",
                format!("There is no format \"{other}\"."),
                Self::WORDS,
            )),
            None => {
                let accept = headers.get(header::ACCEPT);
                let text = accept.and_then(|accept| accept.to_str().ok()).unwrap_or("");
                Ok(if text.contains("text/csv") && !text.contains("json") {
                    Self::Csv
                } else {
                    Self::Json
                })
            }
        }
    }
}

/// Returns rows as JSON objects, with the cursor of the page after them.
pub(crate) fn json(
    rows: impl Iterator<Item = Value>,
    next: Option<String>,
    headers: &HeaderMap,
) -> Response {
    let body = json!({
        "data": rows.collect::<Vec<_>>(),
        "next": next,
        "notice": NOTICE,
    });
    let body = body.to_string().into_bytes();
    described(tagged(headers, "application/json", None, body))
}

/// Returns a CSV file for machines.
pub(crate) fn csv(name: &str, body: Vec<u8>, headers: &HeaderMap) -> Response {
    described(tagged(headers, CSV_TYPE, Some(&attachment(name)), body))
}

/// Returns a CSV file for machines that is written while it is read; nothing of it if the client
/// has it already.
pub(crate) fn csv_stream(name: &str, tag: &str, pieces: Option<Pieces>) -> Response {
    let body = pieces.map(Body::from_stream);
    described(with_tag(tag, CSV_TYPE, Some(&attachment(name)), body))
}

fn described(mut response: Response) -> Response {
    put(&mut response, header::LINK, DESCRIBED_BY);
    response
}

const DESCRIBED_BY: &str = "</openapi.json>; rel=\"describedby\"";
const CSV_TYPE: &str = "text/csv; charset=utf-8; header=present";
