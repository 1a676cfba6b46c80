//! A CSV file as named columns and numbered rows, with messages for files of other kinds.

use std::collections::BTreeSet;

use csv::StringRecord;
use weft_host::csv::meant;
use weft_shared::model::label::{folded, is_invisible};

use super::{
    Next, Problem,
    answers::{Answers, is_same},
    quotes::{self, Columns, Fault},
};
use crate::limits::{IMPORT_BYTES_MAX, IMPORT_ROWS_MAX};

/// The columns that have a meaning; the first three must be there.
const COLUMNS: [&str; 21] = [
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
    "lower",
    "upper",
    "obs_status",
    "sign",
    "confirmed",
    "definition_version",
    "method",
    "note",
    "note_for",
    "audience",
];
const REQUIRED: usize = 3;
/// Columns of our exports that record authorship and time, and change nothing.
const OWN: [&str; 3] = ["contested", "device", "at"];

/// Columns of which at least one must be present.
const FIGURES: [&str; 3] = ["numerator", "value", "obs_status"];

/// A file that could be read as rows.
#[derive(Debug)]
pub(super) struct Sheet {
    /// The place in the file of each of [`COLUMNS`].
    places: [Option<usize>; COLUMNS.len()],
    /// The other columns.
    pub(super) unread: Vec<Unread>,
    pub(super) rows: Vec<Row>,
    /// Problems of lines that are no rows.
    pub(super) problems: Vec<Problem>,
}

/// A column that is not read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Unread {
    place: usize,
    pub(super) name: String,
}

impl Unread {
    /// Returns a row's value without surrounding blanks.
    pub(super) fn value<'a>(&self, row: &'a Row) -> &'a str {
        row.fields.get(self.place).map_or("", bare)
    }

    /// Whether it is one of the columns that our exports have for people to read.
    pub(super) fn is_technical(&self) -> bool {
        OWN.iter().any(|own| self.name.eq_ignore_ascii_case(own))
    }
}

fn bare(field: &str) -> &str {
    meant(field.trim()).trim()
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

    /// A problem that needs another step than correcting the row.
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

/// Puts a text on one line, without control characters.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

impl Sheet {
    /// Reads a file. Problems of the whole file are the error; those of single rows are in
    /// [`Self::problems`].
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        let text = text(bytes).map_err(|problem| vec![problem])?;
        let mut records = records(text);
        let Some(header) = records.next() else {
            return Err(vec![problem(
                1,
                "the file is empty: its first line names the columns",
            )]);
        };
        let count = header.fields.len();
        let columns = Columns {
            count,
            period: None,
        };
        header
            .check(columns)
            .map_err(|(problem, _)| vec![problem])?;
        let mut sheet = Self::of_header(header.line, &header.fields)?;
        let columns = Columns {
            count,
            period: sheet.place("period"),
        };
        for record in records {
            let line = record.line;
            if sheet.rows.len() >= IMPORT_ROWS_MAX {
                let message = format!("a file may have {IMPORT_ROWS_MAX} rows: split it");
                return Err(vec![problem(line, message)]);
            }
            match record.check(columns) {
                Ok(()) => {}
                Err((problem, Reach::Row)) => {
                    sheet.problems.push(problem);
                    continue;
                }
                Err((problem, Reach::File)) => return Err(vec![problem]),
            }
            let fields = record.fields;
            if fields.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            if fields.len() == count {
                let fields = sheet.cleaned(fields);
                sheet.rows.push(Row { line, fields });
            } else {
                let words = count_words(&fields, &header.fields);
                sheet.problems.push(problem(line, words));
            }
        }
        Ok(sheet)
    }

    /// Returns the field of `row` in the named column, without surrounding blanks; empty if the
    /// file has no such column.
    pub(super) fn field<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        let place = self.place(column);
        place
            .and_then(|place| row.fields.get(place))
            .map_or("", bare)
    }

    /// Returns the names of the columns that are not read.
    pub(super) fn ignored(&self) -> Vec<String> {
        self.unread.iter().map(|one| one.name.clone()).collect()
    }

    /// Returns the columns in which answers require a value. The columns that answers name must
    /// exist.
    pub(super) fn wanted<'a>(
        &'a self,
        answers: &'a Answers,
    ) -> Result<Vec<(&'a Unread, &'a str)>, Vec<Problem>> {
        let find = |name: &str| self.unread.iter().find(|one| is_same(&one.name, name));
        let named: BTreeSet<&str> = answers.columns().collect();
        let unknown = named.into_iter().filter(|name| find(name).is_none());
        let problems: Vec<Problem> = unknown
            .map(|name| {
                let unread = self.ignored().join(", ");
                let message =
                    format!("{name} is not a column that is left unread here; those are: {unread}");
                problem(1, message)
            })
            .collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let only = answers.only.iter();
        let only = only.filter_map(|only| Some((find(&only.column)?, only.value.as_str())));
        Ok(only.collect())
    }

    /// Returns the row at a place in the file, counted from the first that could be read.
    pub(super) fn row(&self, at: usize) -> &Row {
        self.rows.get(at).expect("rows are named by their places")
    }

    /// Removes invisible characters from all fields but texts, which may hold them.
    fn cleaned(&self, fields: StringRecord) -> StringRecord {
        let is_text = |place| [self.place("note"), self.place("method")].contains(&Some(place));
        if !fields.iter().any(|field| field.contains(is_invisible)) {
            return fields;
        }
        let clean = |(place, field): (usize, &str)| {
            if is_text(place) {
                field.to_owned()
            } else {
                field.chars().filter(|c| !is_invisible(*c)).collect()
            }
        };
        fields
            .iter()
            .enumerate()
            .map(clean)
            .collect::<Vec<String>>()
            .into()
    }

    /// Returns the place of the named column.
    fn place(&self, column: &str) -> Option<usize> {
        let known = COLUMNS.iter().position(|name| *name == column)?;
        self.places.get(known).copied().flatten()
    }

    /// Replaces a field of the row at `at` with a number.
    pub(super) fn replace(&mut self, at: usize, column: &str, number: &str) {
        if let (Some(place), Some(row)) = (self.place(column), self.rows.get_mut(at)) {
            let fields = row.fields.iter().enumerate();
            row.fields = fields
                .map(|(at, field)| if at == place { number } else { field })
                .collect();
        }
    }

    fn of_header(line: u64, header: &StringRecord) -> Result<Self, Vec<Problem>> {
        let mut sheet = Self {
            places: [None; COLUMNS.len()],
            unread: Vec::new(),
            rows: Vec::new(),
            problems: Vec::new(),
        };
        let mut problems = Vec::new();
        for (place, name) in header.iter().enumerate() {
            let plain = plain(name);
            let known = COLUMNS
                .iter()
                .position(|column| plain == column.replace('_', ""));
            let Some(known) = known else {
                let shown = one_line(name).chars().take(64).collect::<String>();
                let name = if shown.is_empty() {
                    format!("column {} without a name", place + 1)
                } else {
                    shown
                };
                sheet.unread.push(Unread { place, name });
                continue;
            };
            if sheet.places[known].replace(place).is_some() {
                problems.push(problem(
                    line,
                    format!("two columns are called {}: keep one", COLUMNS[known]),
                ));
            }
        }
        let has = |name: &str| sheet.place(name).is_some();
        let missing: Vec<&str> = COLUMNS[..REQUIRED]
            .iter()
            .copied()
            .filter(|name| !has(name))
            .collect();
        if !missing.is_empty() {
            problems.push(problem(line, missing_words(&missing, header)));
        } else if !FIGURES.iter().any(|name| has(name)) {
            let mut message = format!(
                "there is no column of figures: one of {}",
                FIGURES.join(", ")
            );
            if !sheet.unread.is_empty() {
                let unread = sheet.ignored().join(", ");
                message.push_str(&format!("; these columns are not read: {unread}"));
            }
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

/// Normalises a column's name for comparison: `OBS-Status` is `obs_status`.
fn plain(name: &str) -> String {
    folded(name).replace([' ', '-', '_', '.'], "")
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

/// Names the kind of a file that is no table but is often taken for one.
fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'{', ..] | [b'[', b'{' | b'[' | b'\n' | b'\r', ..] => Some("JSON"),
        [b'<', b'?' | b'!', ..] => Some("XML or a web page"),
        [b'<', next, ..] if next.is_ascii_alphabetic() => Some("XML or a web page"),
        _ => None,
    }
}

/// Decodes the bytes as text, or reports the kind of file they are instead.
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
    if let Some(kind) = other_kind(bytes.trim_ascii_start()) {
        let message = format!("this is {kind}, not CSV: get the same figures as CSV");
        return Err(problem(1, message));
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

/// One record as the file has it.
struct Record<'a> {
    /// The line it begins on.
    line: u64,
    text: &'a str,
    fields: StringRecord,
}

/// The extent of the damage that a problem does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reach {
    Row,
    File,
}

impl Record<'_> {
    /// Checks the quotes; the problem has the line of the quote.
    fn check(&self, columns: Columns) -> Result<(), (Problem, Reach)> {
        if !self.text.contains('"') {
            return Ok(());
        }
        let line = |place: usize| {
            let before = self.text.as_bytes().get(..place).unwrap_or_default();
            self.line + Lines::default().after(before) - 1
        };
        quotes::check(self.text, columns).map_err(|fault| match fault {
            Fault::TextAfter { opened } => {
                let message = "text follows a closed quote: a quote that belongs to the text of a \
                               field in quotes is written twice";
                (problem(line(opened), message), Reach::Row)
            }
            Fault::Swallows { opened, last } => {
                let message = format!(
                    "a quote is opened here and closes on line {} only, so the rows between would \
                     be lost: close it where it belongs, or take it out",
                    line(last)
                );
                (problem(line(opened), message), Reach::File)
            }
            Fault::Open { opened } => {
                let message = "a quote is opened here and never closed, so the rows after it would \
                               be lost: close it where it belongs, or take it out";
                (problem(line(opened), message), Reach::File)
            }
        })
    }
}

/// Returns the records of a file, without blank lines.
fn records(text: &str) -> impl Iterator<Item = Record<'_>> + '_ {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let (mut lines, mut counted) = (Lines::default(), 0);
    std::iter::from_fn(move || {
        let from = offset(reader.position());
        let mut fields = StringRecord::new();
        // Text in memory cannot fail to be read, and it is UTF-8.
        if !reader.read_record(&mut fields).unwrap_or(false) {
            return None;
        }
        let read = text
            .get(from..offset(reader.position()))
            .unwrap_or_default();
        let text_of = read.trim_start_matches(['\r', '\n']);
        let begins = from + read.len() - text_of.len();
        let line = lines.after(&text.as_bytes()[counted..begins]);
        counted = begins;
        Some(Record {
            line,
            text: text_of,
            fields,
        })
    })
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
    /// Returns the line on which the text after `bytes` begins, counted from 1 over all calls.
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
