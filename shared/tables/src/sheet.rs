//! A file as a header and the rows below it: titles above and footnotes below are named and left
//! out.

use csv::StringRecord;
use weft_shared::{
    model::label::folded,
    text::{counted, listed},
};

use crate::{
    grid::{self, Columns, Fault, Form, Grid, Reach, Record, room::fits},
    headings,
    known::Known,
    limits::{ROWS_MAX, TITLE_LINES_MAX},
    number, roles,
};

/// A file that could be read as rows below a header.
#[derive(Debug)]
pub struct Sheet {
    pub(crate) form: Form,
    /// The line of the header.
    pub(crate) header_line: u64,
    /// The headings, as the file has them.
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<(u64, StringRecord)>,
    /// Problems of lines that are no rows.
    pub(crate) problems: Vec<Fault>,
    /// Notes on the reading for a person, in words.
    pub(crate) notes: Vec<String>,
    /// Whether the encoding of its text was guessed.
    pub(crate) guessed: bool,
}

impl Sheet {
    /// Reads a file. `sheet` names the sheet of a workbook. Problems of the whole file are the
    /// error; those of single rows come with the table.
    ///
    /// # Errors
    /// Returns every problem for which the file cannot be read.
    pub fn read(bytes: &[u8], sheet: Option<&str>, known: &Known<'_>) -> Result<Self, Vec<Fault>> {
        grid::with(bytes, sheet, |grid| Self::of(grid, known))
    }

    /// The headings as one text: the same for the next file of this shape.
    pub fn signature(&self) -> String {
        let names = self.names.iter().map(|name| folded(name));
        names.collect::<Vec<_>>().join("\u{1f}")
    }

    /// The headings, in their order.
    pub fn headings(&self) -> &[String] {
        &self.names
    }

    /// The line of the headings.
    pub const fn header_line(&self) -> u64 {
        self.header_line
    }

    /// Number of rows below the headings.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing stands below the headings.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows below the headings, each with its line. They have as many cells as headings.
    pub fn rows(&self) -> impl Iterator<Item = (u64, &StringRecord)> {
        self.rows.iter().map(|(line, cells)| (*line, cells))
    }

    /// Problems of lines that are no rows.
    pub fn problems(&self) -> &[Fault] {
        &self.problems
    }

    /// Notes on the reading for a person, in words.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether the encoding of its text was guessed; a note says as which one it was read.
    pub const fn is_guessed(&self) -> bool {
        self.guessed
    }

    fn of(grid: Grid<'_>, known: &Known<'_>) -> Result<Self, Vec<Fault>> {
        let Grid {
            form,
            mut records,
            notes,
            guessed,
        } = grid;
        records.retain(|record| !record.is_blank() || record.text.contains('"'));
        if records.is_empty() {
            let message = "the file is empty: its first line names the columns";
            return Err(vec![Fault::new(1, message)]);
        }
        let at = header(&records);
        let body = records.split_off(at + 1);
        let Some(header) = records.pop() else {
            return Err(Vec::new());
        };
        let mut sheet = Self {
            form,
            header_line: header.line,
            names: header
                .cells
                .iter()
                .map(|name| name.trim().to_owned())
                .collect(),
            rows: Vec::new(),
            problems: Vec::new(),
            notes,
            guessed,
        };
        sheet.leave_out("above the header", &records);
        let separator = match form {
            Form::Separated(separator) => u8::try_from(separator).unwrap_or(b','),
            Form::Workbook | Form::Dhis2Json | Form::Adx => b',',
        };
        let mut columns = Columns {
            count: sheet.names.len(),
            period: None,
            separator,
        };
        header.check(columns).map_err(|(fault, _)| vec![fault])?;
        let wrong = |message| vec![Fault::new(header.line, message)];
        header.cells.iter().try_for_each(fits).map_err(wrong)?;
        let period = |name: &String| roles::plain(name) == "period";
        columns.period = sheet.names.iter().position(period);
        sheet.take(body, columns, known)?;
        Ok(sheet)
    }

    fn take(
        &mut self,
        mut body: Vec<Record<'_>>,
        columns: Columns,
        known: &Known<'_>,
    ) -> Result<(), Vec<Fault>> {
        let text = matches!(self.form, Form::Separated(_));
        if !text {
            let widest = body.iter().map(|record| record.cells.len()).max();
            self.names
                .resize(columns.count.max(widest.unwrap_or(0)), String::new());
        }
        let count = self.names.len();
        let footnotes = footnotes(&body, count, columns.separator, known);
        let below = body.split_off(body.len() - footnotes);
        for Record {
            line,
            text: source,
            cells,
        } in body
        {
            if self.rows.len() >= ROWS_MAX {
                let message = format!("a file may have {ROWS_MAX} rows: split it");
                return Err(vec![Fault::new(line, message)]);
            }
            let record = Record {
                line,
                text: source,
                cells,
            };
            match record.check(columns) {
                Ok(()) => {}
                Err((fault, Reach::Row)) => {
                    self.problems.push(fault);
                    continue;
                }
                Err((fault, Reach::File)) => return Err(vec![fault]),
            }
            if record.is_blank() {
                continue;
            }
            if let Err(message) = record.cells.iter().try_for_each(fits) {
                self.problems.push(Fault::new(line, message));
                continue;
            }
            let mut cells = record.cells;
            let blank_after = cells.iter().skip(count).all(|cell| cell.trim().is_empty());
            if cells.len() > count && blank_after {
                cells.truncate(count);
            }
            while !text && cells.len() < count {
                cells.push_field("");
            }
            if cells.len() == count {
                self.rows.push((line, cells));
            } else {
                self.problems
                    .push(Fault::new(line, count_words(cells.len(), count)));
            }
        }
        for record in &below {
            record.check(columns).map_err(|(fault, _)| vec![fault])?;
        }
        self.leave_out("below the table", &below);
        Ok(())
    }

    /// Says what is left out because it is no row.
    fn leave_out(&mut self, place: &str, records: &[Record<'_>]) {
        let shown = records.iter().filter(|record| !record.is_blank());
        let shown: Vec<String> = shown
            .map(|record| {
                let texts: Vec<&str> = record.filled().map(|(_, text)| text).collect();
                let text = texts
                    .join(" ")
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ");
                let mut short: String = text.chars().take(SHOWN_LETTERS).collect();
                if short.len() < text.len() {
                    short.push('…');
                }
                format!("line {} \"{short}\"", record.line)
            })
            .collect();
        if shown.is_empty() {
            return;
        }
        let lines = counted(shown.len(), "line", "lines");
        let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
        self.notes.push(format!(
            "{lines} {place} left out: {}",
            listed(&shown, LINES_SHOWN)
        ));
    }
}

/// Letters of a line that is left out.
const SHOWN_LETTERS: usize = 60;
/// Number of lines left out that are shown.
const LINES_SHOWN: usize = 4;

/// Returns the place of the header: a record with headings that are known, or else the first that
/// is about as wide as the table.
fn header(records: &[Record<'_>]) -> usize {
    let first = &records[..records.len().min(TITLE_LINES_MAX)];
    let known = first.iter().position(|record| {
        let names: Vec<&str> = record.cells.iter().map(str::trim).collect();
        headings::is_header(&names)
    });
    if let Some(known) = known {
        return known;
    }
    let mut widths: Vec<usize> = records
        .iter()
        .map(|record| record.filled().count())
        .collect();
    let filled: Vec<usize> = widths.clone();
    widths.sort_unstable();
    let runs = widths.chunk_by(|a, b| a == b).filter(|run| run[0] > 1);
    let widest = runs
        .max_by_key(|run| run.len() * run[0])
        .map_or(1, |run| run[0]);
    let wide = |count: &usize| *count > 1 && *count * 5 >= widest * 3;
    let found = filled.iter().take(TITLE_LINES_MAX).position(wide);
    found.unwrap_or(0)
}

/// Returns the number of records at the end that are footnotes: one text of several words, or one
/// that begins with a mark, and no other cell. A row that somebody put into quotes as a whole is
/// none.
fn footnotes(body: &[Record<'_>], count: usize, separator: u8, known: &Known<'_>) -> usize {
    let is_figure = |part: &str| part == part.trim() && number::plain(part).is_some();
    let is_row = |text: &str| {
        let parts: Vec<&str> = text.split(char::from(separator)).collect();
        parts.len() == count && parts.into_iter().any(is_figure)
    };
    let is_footnote = |record: &&Record<'_>| {
        let mut filled = record.filled();
        let Some((_, text)) = filled.next() else {
            return !record.text.contains('"');
        };
        let marked = text.starts_with(|c: char| !c.is_alphanumeric()) || text.contains(' ');
        count > 1
            && filled.next().is_none()
            && marked
            && number::plain(text).is_none()
            && !known.is_area(text)
            && !is_row(text)
    };
    body.iter().rev().take_while(is_footnote).count()
}

fn count_words(found: usize, expected: usize) -> String {
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
