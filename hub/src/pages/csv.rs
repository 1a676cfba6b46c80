//! Files for people: CSV with a byte order mark, so that spreadsheets read macrons, and workbooks.

use axum::{body::Body, http::HeaderMap, response::Response};
use weft_host::{
    answer::{is_known, tagged, with_tag},
    list::List,
};
use weft_shared::model::indicator::Definition;

use super::Web;
use crate::{
    app::{AppError, Counted, Moment, Reading},
    figures::{
        RollupQuery, attachment,
        stream::{WriteRows, marked_csv},
        workbook::{XLSX_TYPE, xlsx},
    },
};

/// Answers with a list as a file.
pub(crate) fn list<T>(name: &str, list: &List<T>, rows: &[T], headers: &HeaderMap) -> Response {
    let file = attachment(name, "csv");
    tagged(headers, CSV_TYPE, Some(&file), list.csv(rows, true))
}

/// The kinds of files of figures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// All columns of figures.
    Csv,
    /// The same as a workbook.
    Xlsx,
    /// Columns of the page's own.
    Of(WriteRows),
}

/// The reason there is no file.
#[derive(Debug)]
pub(crate) enum NoFile {
    App(AppError),
    /// Nothing has what was asked for; these are the definitions that there are.
    Unknown(Vec<Definition>),
}

impl From<AppError> for NoFile {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

/// Answers with figures as a file that is written while they are read. `asked` says which, from
/// the state that they come from.
pub(crate) async fn figures(
    web: &Web,
    (name, kind): (&str, Kind),
    (moment, asked): (
        Option<Moment>,
        impl FnOnce(&Counted<'_>) -> Result<RollupQuery, NoFile> + Send + 'static,
    ),
    (reading, headers): (Reading, &HeaderMap),
) -> Result<Response, NoFile> {
    let key = reading.key();
    let found = web.app.stream_rows(&key, move |at| {
        let past = moment.map(|moment| at.as_of(moment)).transpose()?;
        let query = asked(past.as_ref().unwrap_or(at))?;
        Ok::<_, NoFile>((past, query))
    });
    let (head, rows) = found.await?;
    let (tag, write, of, ending): (_, WriteRows, _, _) = match kind {
        Kind::Csv => (head.tag_of("people"), marked_csv, CSV_TYPE, "csv"),
        Kind::Xlsx => (head.workbook_tag(), xlsx, XLSX_TYPE, "xlsx"),
        Kind::Of(write) => (head.tag_of("page"), write, CSV_TYPE, "csv"),
    };
    let pieces = match is_known(headers, &tag) {
        true => None,
        false => {
            let pieces = web.app.shown_rows(reading, rows, write).await?;
            Some(pieces.begun().await?)
        }
    };
    let (file, body) = (attachment(name, ending), pieces.map(Body::from_stream));
    Ok(with_tag(&tag, of, Some(&file), body))
}

const CSV_TYPE: &str = "text/csv; charset=utf-8";
