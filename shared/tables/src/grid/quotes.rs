//! Misplaced quotes. A CSV reader silently takes everything between two quotes as one field, whole
//! rows included.

use weft_shared::period::Period;

/// A fault in the quotes of one record. Places are byte offsets in the record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// Text follows the closing quote in the same line.
    TextAfter { opened: usize },
    /// A quote takes rows into one field, up to `last`.
    Swallows { opened: usize, last: usize },
    /// A quote is never closed.
    Open { opened: usize },
}

/// The columns, which help to tell a row from the text of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    /// The number of columns.
    pub(crate) count: usize,
    /// The place of `period`; `None` within the header, or if nothing is called so.
    pub(crate) period: Option<usize>,
    /// The separator of the fields.
    pub(crate) separator: u8,
}

/// Looks for misplaced quotes. `record` is the text of one record as the file has it.
///
/// # Errors
/// Returns the fault. Lost rows are reported rather than a fault within one row.
pub(super) fn check(record: &str, columns: Columns) -> Result<(), Fault> {
    let bytes = record.as_bytes();
    let (mut at, mut begins) = (0, true);
    let mut in_line = Ok(());
    while let Some(byte) = bytes.get(at) {
        if *byte != b'"' || !begins {
            begins = *byte == columns.separator;
            at += 1;
            continue;
        }
        let opened = at;
        let closed = closing(bytes, opened).ok_or(Fault::Open { opened })?;
        let rest = record.get(closed + 1..).unwrap_or_default();
        let separator = char::from(columns.separator);
        let rest = rest.trim_start_matches(|c| c != separator && [' ', '\t'].contains(&c));
        let ends = rest.is_empty() || rest.starts_with([separator, '\r', '\n']);
        let swallows = Fault::Swallows {
            opened,
            last: closed,
        };
        match (ends, spans_lines(record, opened, closed)) {
            (false, true) => return Err(swallows),
            (true, true) if holds_a_row(record, opened, closed, columns) => return Err(swallows),
            (false, false) => in_line = in_line.and(Err(Fault::TextAfter { opened })),
            (true, _) => {}
        }
        (at, begins) = (closed + 1, false);
    }
    in_line
}

/// Finds the quote that closes the one at `opened`. Two in a row are an escaped quote.
fn closing(bytes: &[u8], opened: usize) -> Option<usize> {
    let mut at = opened + 1;
    loop {
        match (bytes.get(at)?, bytes.get(at + 1)) {
            (b'"', Some(b'"')) => at += 2,
            (b'"', _) => return Some(at),
            _ => at += 1,
        }
    }
}

fn spans_lines(record: &str, opened: usize, closed: usize) -> bool {
    let inside = record.get(opened..closed);
    inside.is_some_and(|inside| inside.contains(['\r', '\n']))
}

/// Whether one of the lines that a field continues on is itself a row.
fn holds_a_row(record: &str, opened: usize, closed: usize, columns: Columns) -> bool {
    let after = record.get(closed..).unwrap_or_default();
    let end = after.find(['\r', '\n']).unwrap_or(after.len());
    let lines = record.get(opened..closed + end).unwrap_or_default();
    let mut lines = lines.split(['\r', '\n']).skip(1);
    lines.any(|line| is_row(line, columns))
}

fn is_row(line: &str, columns: Columns) -> bool {
    let plain: Vec<&str> = line.split(char::from(columns.separator)).collect();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(columns.separator)
        .from_reader(line.as_bytes());
    let read = reader.records().next().and_then(Result::ok);
    let quoted: Vec<&str> = read.iter().flat_map(|record| record.iter()).collect();
    [plain, quoted].iter().any(|fields| {
        let is_period = |place| {
            let field: &&str = fields.get(place)?;
            let field = field.trim_matches(|c: char| c == '"' || c.is_whitespace());
            Some(field.parse::<Period>().is_ok() || is_code(field))
        };
        fields.len() >= columns.count
            && columns
                .period
                .is_none_or(|place| is_period(place) == Some(true))
    })
}

/// Whether a text looks machine-written, such as a period in another form.
fn is_code(field: &str) -> bool {
    field.contains(|c: char| c.is_ascii_digit()) && !field.contains(char::is_whitespace)
}
