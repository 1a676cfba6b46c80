//! CSV for people: a byte order mark, so that spreadsheets read macrons.

use axum::{http::HeaderMap, response::Response};
use weft_host::{answer::tagged, csv::file, list::List};
use weft_shared::time::Timestamp;

use crate::figures::{AS_OF, Figure, attachment, columns};

/// Answers with a list as a file.
pub(crate) fn list<T>(name: &str, list: &List<T>, rows: &[T], headers: &HeaderMap) -> Response {
    download(name, list.csv(rows, true), headers)
}

/// The same of a list of the past, which says in each row as of when.
pub(crate) fn list_as_of<T>(
    name: &str,
    (list, rows): (&List<T>, &[T]),
    as_of: Option<Timestamp>,
    headers: &HeaderMap,
) -> Response {
    let about = as_of.map(|moment| (AS_OF, moment.rfc3339()));
    download(name, list.csv_about(rows, true, about), headers)
}

/// Answers with figures as a file of all their columns.
pub(crate) fn figures(
    name: &str,
    (figures, as_of): (&[Figure], Option<Timestamp>),
    headers: &HeaderMap,
) -> Response {
    let rows = figures.iter().map(|figure| figure.row_as_of(as_of));
    download(name, file(true, &columns(as_of), rows), headers)
}

fn download(name: &str, body: Vec<u8>, headers: &HeaderMap) -> Response {
    let file = attachment(name);
    tagged(headers, "text/csv; charset=utf-8", Some(&file), body)
}
