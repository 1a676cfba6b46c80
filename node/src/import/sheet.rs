//! The table of a file as named columns and numbered rows.

use std::collections::BTreeSet;

use csv::StringRecord;
use weft_host::csv::meant;
use weft_tables::{COLUMNS, Fault, Table, TableColumn};

use super::{
    Next, Problem,
    answers::{Answers, is_same},
};

/// Columns of our exports that record authorship and time, and change nothing.
const OWN: [&str; 3] = ["contested", "device", "at"];

/// A file that could be read as rows.
#[derive(Debug)]
pub(super) struct Sheet {
    /// The place in a row of each of [`COLUMNS`].
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
    /// Why its period cannot be read.
    pub(super) period_problem: Option<Box<str>>,
    /// Further problems of it before it was looked at.
    pub(super) wrong: Vec<String>,
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

/// The problems of a file, in words for a person.
pub(super) fn problems(faults: Vec<Fault>) -> Vec<Problem> {
    let faults = faults.into_iter();
    faults
        .map(|fault| problem(fault.line, fault.message))
        .collect()
}

/// Puts a text on one line, without control characters.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

impl Sheet {
    pub(super) fn of(table: Table) -> Self {
        let mut sheet = Self {
            places: [None; COLUMNS.len()],
            unread: Vec::new(),
            rows: Vec::with_capacity(table.rows.len()),
            problems: problems(table.problems),
        };
        for (place, column) in table.columns.into_iter().enumerate() {
            match column {
                TableColumn::Own(name) => {
                    let known = COLUMNS.iter().position(|column| *column == name);
                    if let Some(known) = known.and_then(|known| sheet.places.get_mut(known)) {
                        *known = Some(place);
                    }
                }
                TableColumn::Unread(name) => sheet.unread.push(Unread { place, name }),
            }
        }
        let rows = table.rows.into_iter().map(|row| Row {
            line: row.line,
            fields: row.cells,
            period_problem: row.period_problem,
            wrong: row.problems,
        });
        sheet.rows.extend(rows);
        sheet
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
}
