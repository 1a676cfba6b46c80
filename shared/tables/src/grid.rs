//! A file as rows of text cells, with the line of each as its maker sees it.

mod archive;
mod dhis2;
mod markup;
mod ods;
mod quotes;
mod records;
pub(crate) mod room;
mod text;
mod workbook;

use std::borrow::Cow;

pub(crate) use self::{
    quotes::Columns,
    records::{Reach, Record},
};
use crate::limits::FILE_BYTES_MAX;

/// A problem of a file, and where it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Fault {
    /// The line of a text file, or the row of a sheet, from 1.
    pub line: u64,
    /// The problem, and what to do.
    pub message: String,
}

impl Fault {
    pub(crate) fn new(line: u64, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { line, message }
    }
}

/// The form of a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Form {
    /// Text whose fields are separated by this character.
    Separated(char),
    /// A workbook, XLSX or ODS.
    Workbook,
    /// A dataValueSet of DHIS2, as JSON.
    Dhis2Json,
    /// ADX, the exchange of aggregate data as XML.
    Adx,
}

/// A file that could be read.
#[derive(Debug)]
pub(crate) struct Grid<'a> {
    pub(crate) form: Form,
    pub(crate) records: Vec<Record<'a>>,
    /// Notes on the reading for a person, in words.
    pub(crate) notes: Vec<String>,
    /// Whether its encoding was guessed.
    pub(crate) guessed: bool,
}

/// Reads the bytes and hands the rows on, because those of a text file point into its text.
///
/// `sheet` names the sheet of a workbook to read.
///
/// # Errors
/// If the file cannot be read as rows at all.
pub(crate) fn with<T>(
    bytes: &[u8],
    sheet: Option<&str>,
    read: impl FnOnce(Grid<'_>) -> Result<T, Vec<Fault>>,
) -> Result<T, Vec<Fault>> {
    let fault = |message: String| vec![Fault::new(1, message)];
    if bytes.len() > FILE_BYTES_MAX {
        let mebibytes = FILE_BYTES_MAX >> 20;
        return Err(fault(format!("a file may have {mebibytes} MiB: split it")));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let records = workbook::read(bytes, sheet).map_err(fault)?;
        return read(Grid {
            form: Form::Workbook,
            records,
            notes: Vec::new(),
            guessed: false,
        });
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        let message = "this is a workbook of the old kind (.xls), or one with a password: save it \
                       as .xlsx without a password";
        return Err(fault(message.to_owned()));
    }
    if sheet.is_some() {
        let message = "the file is no workbook, so it has no sheets to choose from";
        return Err(fault(message.to_owned()));
    }
    let decoded = text::decode(bytes).map_err(|fault| vec![fault])?;
    let notes: Vec<String> = decoded.note.into_iter().collect();
    let guessed = !notes.is_empty();
    let text = decoded.text;
    let begins = text.trim_start();
    if begins.starts_with(['{', '[']) && dhis2::is_json(begins) {
        let records = dhis2::from_json(&text)?;
        return read(Grid {
            form: Form::Dhis2Json,
            records,
            notes,
            guessed,
        });
    }
    if begins.starts_with('<') {
        let records = dhis2::from_adx(&text).map_err(|fault| vec![fault])?;
        return read(Grid {
            form: Form::Adx,
            records,
            notes,
            guessed,
        });
    }
    let (separator, first_line, rows) = text::separator(&text);
    let records = records::of(rows, separator, first_line)?;
    read(Grid {
        form: Form::Separated(char::from(separator)),
        records,
        notes,
        guessed,
    })
}

/// A record that was no text: cells with the number of their row.
fn owned<'a>(line: u64, cells: Vec<String>) -> Record<'a> {
    Record {
        line,
        text: Cow::Borrowed(""),
        cells: cells.into(),
    }
}
