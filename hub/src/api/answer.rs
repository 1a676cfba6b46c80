//! An answer with data: its format, its strong entity tag, and 304 if nothing has changed.

use axum::{
    http::{HeaderMap, header},
    response::Response,
};
use serde_json::{Value, json};
use weft_host::{
    answer::{put, tagged},
    csv,
};

use super::{problem::Problem, query::Query};
use crate::figures::{NOTICE, attachment};

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

/// Rows of named columns: the one shape behind both formats.
#[derive(Clone, Debug)]
pub(crate) struct Table<'a> {
    /// The name of a downloaded file.
    pub(crate) name: &'a str,
    pub(crate) columns: &'a [&'a str],
    /// One object per row, with these columns.
    pub(crate) rows: &'a [Value],
    /// The cursor of the page after this one.
    pub(crate) next: Option<String>,
}

impl Table<'_> {
    pub(crate) fn answer(&self, format: Format, headers: &HeaderMap) -> Response {
        let mut response = self.in_format(format, headers);
        put(&mut response, header::LINK, DESCRIBED_BY);
        response
    }

    fn in_format(&self, format: Format, headers: &HeaderMap) -> Response {
        match format {
            Format::Json => {
                let body = json!({
                    "data": self.rows,
                    "next": self.next,
                    "notice": NOTICE,
                });
                tagged(
                    headers,
                    "application/json",
                    None,
                    body.to_string().into_bytes(),
                )
            }
            Format::Csv => {
                let file = attachment(self.name);
                tagged(headers, CSV_TYPE, Some(&file), self.csv())
            }
        }
    }

    /// Writes CSV for machines: no byte order mark.
    fn csv(&self) -> Vec<u8> {
        let cells = |row: &Value| -> Vec<String> {
            let cells = self.columns.iter().map(|column| text(&row[*column]));
            cells.collect()
        };
        csv::file(false, self.columns, self.rows.iter().map(cells))
    }
}

/// Returns a value as CSV text; empty if it does not apply.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

const DESCRIBED_BY: &str = "</openapi.json>; rel=\"describedby\"";
const CSV_TYPE: &str = "text/csv; charset=utf-8; header=present";
