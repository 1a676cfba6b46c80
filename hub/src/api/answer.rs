//! An answer with data: its format, its strong entity tag, and 304 if nothing has changed.

use axum::{
    body::Body,
    http::{HeaderMap, header},
    response::Response,
};
use serde_json::{Value, json};
use weft_host::answer::{put, tagged, with_tag};

use super::{problem::Problem, query::Query};
use crate::figures::{NOTICE, attachment, stream::Pieces, workbook::XLSX_TYPE};

/// The format of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Csv,
    /// A workbook: of figures only.
    Xlsx,
    Json,
}

impl Format {
    const WORDS: [&str; 3] = ["csv", "json", "xlsx"];

    /// Reads the parameter `format`, as [`of`](Self::of), for an answer that is no workbook.
    pub(crate) fn of_list(query: &Query, headers: &HeaderMap) -> Result<Self, Problem> {
        let of_list = ["csv", "json"];
        match query.one("format") {
            Some(other) if !of_list.contains(&other) => Err(none(other, &of_list)),
            Some(_) | None => Self::of(query, headers),
        }
    }

    /// Reads the parameter `format`; without one, chooses from what the client accepts.
    pub(crate) fn of(query: &Query, headers: &HeaderMap) -> Result<Self, Problem> {
        match query.one("format") {
            Some("csv") => Ok(Self::Csv),
            Some("xlsx") => Ok(Self::Xlsx),
            Some("json") => Ok(Self::Json),
            Some(other) => Err(none(other, &Self::WORDS)),
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

fn none(format: &str, allowed: &[&str]) -> Problem {
    let detail = format!("There is no format \"{format}\".");
    Problem::parameter("format", detail, allowed.iter().copied())
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
    let file = attachment(name, "csv");
    described(tagged(headers, CSV_TYPE, Some(&file), body))
}

/// Returns a file that is written while it is read; nothing of it if the client has it already.
pub(crate) fn file_stream(
    (name, format): (&str, Format),
    tag: &str,
    pieces: Option<Pieces>,
) -> Response {
    let body = pieces.map(Body::from_stream);
    let (kind, ending) = match format {
        Format::Xlsx => (XLSX_TYPE, "xlsx"),
        Format::Csv | Format::Json => (CSV_TYPE, "csv"),
    };
    described(with_tag(tag, kind, Some(&attachment(name, ending)), body))
}

fn described(mut response: Response) -> Response {
    put(&mut response, header::LINK, DESCRIBED_BY);
    response
}

const DESCRIBED_BY: &str = "</openapi.json>; rel=\"describedby\"";
const CSV_TYPE: &str = "text/csv; charset=utf-8; header=present";
