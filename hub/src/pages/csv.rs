//! CSV for people: a byte order mark, so that spreadsheets read macrons.

use axum::{http::HeaderMap, response::Response};
use weft_host::{
    answer::tagged,
    csv::{CsvWriter, MARK},
};
use weft_shared::rollup::COLUMNS;

use crate::figures::{Figure, attachment};

/// A table to download.
#[derive(Debug)]
pub(crate) struct CsvDownload {
    name: String,
    file: CsvWriter<Vec<u8>>,
}

impl CsvDownload {
    /// Starts a file called `name` with these headings.
    pub(crate) fn new(name: &str, headings: &[&str]) -> Self {
        let file = CsvWriter::new(MARK.as_bytes().to_vec(), headings);
        Self {
            name: name.to_owned(),
            file: file.expect("memory takes every write"),
        }
    }

    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let wrote = self.file.row(cells);
        wrote.expect("memory takes every write, and each row has the cells of the headings");
    }

    pub(crate) fn answer(self, headers: &HeaderMap) -> Response {
        let body = self.file.finish().expect("memory takes every write");
        let file = attachment(&self.name);
        tagged(headers, "text/csv; charset=utf-8", Some(&file), body)
    }
}

/// Writes figures with all their columns.
pub(crate) fn figures<'a>(name: &str, figures: impl Iterator<Item = &'a Figure>) -> CsvDownload {
    let mut csv = CsvDownload::new(name, COLUMNS);
    for figure in figures {
        csv.row(figure.row());
    }
    csv
}
