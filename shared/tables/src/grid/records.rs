//! The records of a text whose fields are separated by a character.

use std::borrow::Cow;

use csv::StringRecord;

use super::{
    Fault,
    quotes::{self, Columns},
};
use crate::limits::{COLUMNS_MAX, ROWS_MAX, TITLE_LINES_MAX};

/// One record as the file has it.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    /// The line it begins on.
    pub(crate) line: u64,
    /// Its text; empty if the file is no text.
    pub(crate) text: Cow<'a, str>,
    /// Its fields.
    pub(crate) cells: StringRecord,
}

/// The extent of the damage that a problem does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    Row,
    File,
}

impl Record<'_> {
    /// Whether it is empty.
    pub(crate) fn is_blank(&self) -> bool {
        self.filled().next().is_none()
    }

    /// Returns the cells that are not empty, with their places.
    pub(crate) fn filled(&self) -> impl Iterator<Item = (usize, &str)> {
        let cells = self.cells.iter().enumerate();
        cells
            .map(|(at, cell)| (at, cell.trim()))
            .filter(|(_, cell)| !cell.is_empty())
    }

    /// Checks the quotes; the problem has the line of the quote.
    pub(crate) fn check(&self, columns: Columns) -> Result<(), (Fault, Reach)> {
        if !self.text.contains('"') {
            return Ok(());
        }
        let line = |place: usize| {
            let before = self.text.as_bytes().get(..place).unwrap_or_default();
            self.line + Lines::default().after(before) - 1
        };
        quotes::check(&self.text, columns).map_err(|fault| match fault {
            quotes::Fault::TextAfter { opened } => {
                let message = "text follows a closed quote: a quote that belongs to the text of a \
                               field in quotes is written twice";
                (Fault::new(line(opened), message), Reach::Row)
            }
            quotes::Fault::Swallows { opened, last } => {
                let message = format!(
                    "a quote is opened here and closes on line {} only, so the rows between would \
                     be lost: close it where it belongs, or take it out",
                    line(last)
                );
                (Fault::new(line(opened), message), Reach::File)
            }
            quotes::Fault::Open { opened } => {
                let message = "a quote is opened here and never closed, so the rows after it would \
                               be lost: close it where it belongs, or take it out";
                (Fault::new(line(opened), message), Reach::File)
            }
        })
    }
}

/// Returns the records of a text that begins on `first_line`, without blank lines.
pub(super) fn of(
    text: &str,
    separator: u8,
    first_line: u64,
) -> Result<Vec<Record<'_>>, Vec<Fault>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let (mut lines, mut counted) = (Lines::default(), 0);
    let mut records = Vec::new();
    let mut fields = StringRecord::new();
    loop {
        let from = offset(reader.position());
        // Text in memory cannot fail to be read, and it is UTF-8.
        if !reader.read_record(&mut fields).unwrap_or(false) {
            return Ok(records);
        }
        let read = text
            .get(from..offset(reader.position()))
            .unwrap_or_default();
        let text_of = read.trim_start_matches(['\r', '\n']);
        let begins = from + read.len() - text_of.len();
        let between = text.as_bytes().get(counted..begins).unwrap_or_default();
        let line = lines.after(between) + first_line - 1;
        counted = begins;
        if fields.len() > COLUMNS_MAX {
            let message = format!("a file may have {COLUMNS_MAX} columns: leave some out");
            return Err(vec![Fault::new(line, message)]);
        }
        if records.len() > ROWS_MAX + TITLE_LINES_MAX {
            let message = format!("a file may have {ROWS_MAX} rows: split it");
            return Err(vec![Fault::new(line, message)]);
        }
        records.push(Record {
            line,
            text: Cow::Borrowed(text_of),
            cells: fields.clone(),
        });
    }
}

fn offset(position: &csv::Position) -> usize {
    usize::try_from(position.byte()).unwrap_or(usize::MAX)
}

/// Counts lines, whether they end with a line feed, a carriage return or both.
#[derive(Default)]
pub(super) struct Lines {
    ends: u64,
    after_return: bool,
}

impl Lines {
    /// Returns the line on which the text after `bytes` begins, counted from 1 over all calls.
    pub(super) fn after(&mut self, bytes: &[u8]) -> u64 {
        for byte in bytes {
            if *byte == b'\r' || (*byte == b'\n' && !self.after_return) {
                self.ends += 1;
            }
            self.after_return = *byte == b'\r';
        }
        self.ends + 1
    }
}
