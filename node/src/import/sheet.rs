//! A CSV file as named columns and numbered rows, with words for files of other kinds.

use csv::StringRecord;
use weft_host::sheet;

use super::{Next, Problem};
use crate::limits::{IMPORT_BYTES_MAX, IMPORT_ROWS_MAX};

/// The columns that have a meaning; the first three must be there.
const COLUMNS: [&str; 15] = [
    "indicator_code",
    "area_code",
    "period",
    "location_code",
    "area_name",
    "breakdown",
    "breakdown_value",
    "as_at",
    "numerator",
    "denominator",
    "value",
    "obs_status",
    "method",
    "note",
    "audience",
];
const REQUIRED: usize = 3;

/// Columns of which one must be there.
const FIGURES: [&str; 3] = ["numerator", "value", "obs_status"];

/// A file that could be read as rows.
#[derive(Debug)]
pub(super) struct Sheet {
    /// For each of [`COLUMNS`] its place in the file.
    places: [Option<usize>; COLUMNS.len()],
    /// The names of the others.
    pub(super) ignored: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// Rows that are none.
    pub(super) problems: Vec<Problem>,
}

/// One row, and the line it begins on.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    fields: StringRecord,
}

impl Row {
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        problem(self.line, message)
    }

    /// A problem that something else than mending the row solves.
    pub(super) fn solved_by(&self, next: Next, message: impl Into<String>) -> Problem {
        let problem = self.problem(message);
        Problem { next, ..problem }
    }
}

fn problem(line: u64, message: impl Into<String>) -> Problem {
    Problem {
        line,
        message: one_line(&message.into()),
        next: Next::Mend,
    }
}

/// On one line and without control characters, whatever the fields have in them.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

impl Sheet {
    /// Reads a file; what is wrong with it as a whole is the error, what is wrong with single rows
    /// stands in [`Self::problems`].
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        let text = text(bytes).map_err(|problem| vec![problem])?;
        let mut records = records(text);
        let Some((line, header)) = records.next() else {
            return Err(vec![problem(
                1,
                "the file is empty: its first line names the columns",
            )]);
        };
        let header = header.map_err(|open| vec![problem(line, open)])?;
        let mut sheet = Self::of_header(line, &header)?;
        for (line, fields) in records {
            if sheet.rows.len() >= IMPORT_ROWS_MAX {
                let message = format!("a file may have {IMPORT_ROWS_MAX} rows: split it");
                return Err(vec![problem(line, message)]);
            }
            match fields {
                Ok(fields) if fields.iter().all(|field| field.trim().is_empty()) => {}
                Ok(fields) if fields.len() == header.len() => sheet.rows.push(Row { line, fields }),
                Ok(fields) => sheet
                    .problems
                    .push(problem(line, count_words(&fields, &header))),
                Err(open) => return Err(vec![problem(line, open)]),
            }
        }
        Ok(sheet)
    }

    /// The field of `row` in the column of this name, without the blanks around it; empty where
    /// the file has no such column.
    pub(super) fn field<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        let known = COLUMNS.iter().position(|name| *name == column);
        let place = known.and_then(|known| self.places.get(known).copied().flatten());
        place
            .and_then(|place| row.fields.get(place))
            .map(|field| sheet::meant(field.trim()).trim())
            .unwrap_or("")
    }

    fn of_header(line: u64, header: &StringRecord) -> Result<Self, Vec<Problem>> {
        let mut sheet = Self {
            places: [None; COLUMNS.len()],
            ignored: Vec::new(),
            rows: Vec::new(),
            problems: Vec::new(),
        };
        let mut problems = Vec::new();
        for (place, name) in header.iter().enumerate() {
            let plain = name.trim().to_ascii_lowercase();
            let Some(known) = COLUMNS.iter().position(|column| *column == plain) else {
                let shown = name.trim().chars().take(64).collect::<String>();
                sheet.ignored.push(if shown.is_empty() {
                    format!("column {} without a name", place + 1)
                } else {
                    shown
                });
                continue;
            };
            if sheet.places[known].replace(place).is_some() {
                problems.push(problem(
                    line,
                    format!("two columns are called {plain}: keep one"),
                ));
            }
        }
        let has = |name: &str| {
            let known = COLUMNS.iter().position(|column| *column == name);
            known.is_some_and(|known| sheet.places[known].is_some())
        };
        let missing: Vec<&str> = COLUMNS[..REQUIRED]
            .iter()
            .copied()
            .filter(|name| !has(name))
            .collect();
        if !missing.is_empty() {
            problems.push(problem(line, missing_words(&missing, header)));
        } else if !FIGURES.iter().any(|name| has(name)) {
            let message = format!(
                "there is no column of figures: one of {}",
                FIGURES.join(", ")
            );
            problems.push(problem(line, message));
        }
        if has("breakdown") != has("breakdown_value") {
            let message = "breakdown and breakdown_value only have a meaning together: one is \
                           missing";
            problems.push(problem(line, message));
        }
        if problems.is_empty() {
            Ok(sheet)
        } else {
            Err(problems)
        }
    }
}

fn missing_words(missing: &[&str], header: &StringRecord) -> String {
    let names = missing.join(", ");
    let plural = if missing.len() == 1 {
        "column is"
    } else {
        "columns are"
    };
    let other = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];
    let line = header.iter().collect::<Vec<_>>().join(",");
    for (separator, words) in other {
        if line
            .split(separator)
            .any(|part| COLUMNS.contains(&part.trim().trim_matches('"')))
        {
            return format!(
                "the columns are separated by {words}: save the file as CSV with commas (in a \
                 spreadsheet: \"CSV UTF-8, comma delimited\")"
            );
        }
    }
    let found: String = line.chars().take(200).collect();
    format!("{plural} missing: {names}; the first line names the columns, and it says: {found}")
}

fn count_words(fields: &StringRecord, header: &StringRecord) -> String {
    let (found, expected) = (fields.len(), header.len());
    let noun = if found == 1 { "field" } else { "fields" };
    if found > expected {
        format!(
            "{found} {noun} instead of {expected}: a comma within a field, such as 1,311, needs \
             quotes around the field"
        )
    } else {
        format!("{found} {noun} instead of {expected}: leave a field empty, but keep its comma")
    }
}

/// The bytes as text, or what kind of file they are instead.
fn text(bytes: &[u8]) -> Result<&str, Problem> {
    const SAVE: &str = "save it as \"CSV UTF-8 (comma delimited)\"";
    if bytes.len() > IMPORT_BYTES_MAX {
        let mebibytes = IMPORT_BYTES_MAX >> 20;
        return Err(problem(
            1,
            format!("a file may have {mebibytes} MiB: split it"),
        ));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(problem(
            1,
            format!("this is a workbook, not CSV: open it and {SAVE}"),
        ));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) || bytes.contains(&0) {
        let message = format!("this is UTF-16 (\"Unicode text\") or no text at all: {SAVE}");
        return Err(problem(1, message));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = Lines::default().after(before);
        let message = format!(
            "this line is not UTF-8; the file is probably Windows-1252 (\"ANSI\"), which has no \
             macrons: {SAVE}"
        );
        problem(line, message)
    })
}

/// The records of a file with the lines they begin on; blank lines are none.
fn records(text: &str) -> impl Iterator<Item = (u64, Result<StringRecord, OpenQuote>)> + '_ {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let (mut lines, mut counted) = (Lines::default(), 0);
    std::iter::from_fn(move || {
        let from = offset(reader.position());
        let mut record = StringRecord::new();
        // Text in memory cannot fail to be read, and it is UTF-8.
        if !reader.read_record(&mut record).unwrap_or(false) {
            return None;
        }
        let read = text
            .get(from..offset(reader.position()))
            .unwrap_or_default();
        let blank = read.len() - read.trim_start_matches(['\r', '\n']).len();
        let line = lines.after(&text.as_bytes()[counted..from + blank]);
        counted = from + blank;
        // Where a quote stays open, the reader takes everything up to the end of the file.
        let to_the_end = from + read.len() == text.len();
        if to_the_end && read.matches('"').count() % 2 == 1 {
            return Some((line, Err(OpenQuote)));
        }
        Some((line, Ok(record)))
    })
}

/// A quote that is opened and never closed, so that nothing after it can be told apart.
struct OpenQuote;

impl From<OpenQuote> for String {
    fn from(_: OpenQuote) -> Self {
        "a quote is opened in this row and never closed, so the rows after it cannot be read"
            .to_owned()
    }
}

fn offset(position: &csv::Position) -> usize {
    usize::try_from(position.byte()).unwrap_or(usize::MAX)
}

/// Counts lines, whether they end with a line feed, a carriage return or both.
#[derive(Default)]
struct Lines {
    ends: u64,
    after_return: bool,
}

impl Lines {
    /// The line on which the text after `bytes` begins, counted from 1 over all calls.
    fn after(&mut self, bytes: &[u8]) -> u64 {
        for byte in bytes {
            if *byte == b'\r' || (*byte == b'\n' && !self.after_return) {
                self.ends += 1;
            }
            self.after_return = *byte == b'\r';
        }
        self.ends + 1
    }
}
