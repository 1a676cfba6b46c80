//! CSV for people: a byte order mark, so that spreadsheets read macrons, and no text that a
//! spreadsheet would run as a formula.

use axum::{http::HeaderMap, response::Response};
use weft_host::sheet::harmless;
use weft_shared::rollup::COLUMNS;

use crate::{
    api::{NOT_PUBLIC, tagged},
    app::Figure,
};

/// A table to download.
#[derive(Debug)]
pub(crate) struct Sheet {
    name: String,
    writer: csv::Writer<Vec<u8>>,
}

impl Sheet {
    /// A file called `name`, with these headings.
    pub(crate) fn new(name: &str, headings: &[&str]) -> Self {
        let mut sheet = Self {
            name: name.to_owned(),
            writer: csv::Writer::from_writer(BYTE_ORDER_MARK.to_vec()),
        };
        sheet.row(headings);
        sheet
    }

    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells = cells
            .into_iter()
            .map(|cell| harmless(cell.as_ref()).into_owned());
        let wrote = self.writer.write_record(cells);
        wrote.expect("a vector takes every write, and each row has the cells of the headings");
    }

    pub(crate) fn answer(self, headers: &HeaderMap) -> Response {
        let body = self
            .writer
            .into_inner()
            .expect("a vector takes every write");
        let file = format!("attachment; filename=\"{}-{NOT_PUBLIC}.csv\"", self.name);
        tagged(headers, "text/csv; charset=utf-8", Some(&file), body)
    }
}

/// Figures in all their columns.
pub(crate) fn figures<'a>(name: &str, figures: impl Iterator<Item = &'a Figure>) -> Sheet {
    let mut sheet = Sheet::new(name, COLUMNS);
    for figure in figures {
        sheet.row(figure.row());
    }
    sheet
}

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
