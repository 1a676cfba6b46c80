//! CSV for people: a byte order mark, so that spreadsheets read macrons.

use axum::{http::HeaderMap, response::Response};
use weft_host::{answer::tagged, csv::file, list::List};
use weft_shared::rollup::COLUMNS;

use crate::figures::{Figure, attachment};

/// Answers with a list as a file.
pub(crate) fn list<T>(name: &str, list: &List<T>, rows: &[T], headers: &HeaderMap) -> Response {
    download(name, list.csv(rows, true), headers)
}

/// Answers with figures as a file of all their columns.
pub(crate) fn figures(name: &str, figures: &[Figure], headers: &HeaderMap) -> Response {
    let rows = figures.iter().map(Figure::row);
    download(name, file(true, COLUMNS, rows), headers)
}

fn download(name: &str, body: Vec<u8>, headers: &HeaderMap) -> Response {
    let file = attachment(name);
    tagged(headers, "text/csv; charset=utf-8", Some(&file), body)
}
