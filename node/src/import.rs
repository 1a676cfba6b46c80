//! Plans the changes that a file of indicator values would make, without touching anything.
//!
//! [`plan`] checks the bytes of a CSV file against the location's data. Either every row of it can
//! be used, or [`Refused`] lists every problem with its line number.

mod answers;
mod columns;
mod dated;
mod doubts;
mod figure;
mod figures;
pub(crate) mod fuzz;
mod layout;
mod names;
mod row;
mod sheet;
mod signs;
mod taken;
#[cfg(test)]
mod tests;
mod together;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{DefinitionHash, IndicatorCode, LocationCode},
    model::{
        Audience,
        indicator::{Definition, NoVersion, Versions},
        note::Note,
        observation::{Breakdown, ObservationKey, Statement},
        profile::Place,
    },
    period::{Date, Period},
    validation::question::{self, Kind, Question, Questions},
};

use self::{
    answers::is_same,
    names::Own,
    row::{Reader, Reading},
    sheet::{Sheet, Unread},
    together::{Broken, Together, together},
};
pub(crate) use self::{
    answers::{Answers, Only, SignMeans},
    layout::{Asked, Columns, Remembered, Used},
};
use crate::view::questions::Standing;

/// The location's data, for reading a file.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// The location's code.
    pub(crate) code: &'a LocationCode,
    /// The location and its areas.
    pub(crate) place: &'a Place,
    /// Every indicator of the network.
    pub(crate) indicators: BTreeMap<IndicatorCode, Indicator<'a>>,
    /// The current statements; several if an observation is contested.
    pub(crate) existing: &'a BTreeMap<ObservationKey, Vec<Statement>>,
    /// Their notes.
    pub(crate) notes: &'a BTreeMap<ObservationKey, Vec<Note>>,
    /// The requested audience. Without one, the audience chosen at adoption counts.
    pub(crate) audience: Option<Audience>,
    /// The plans of columns that this computer remembers.
    pub(crate) remembered: &'a Remembered,
    /// The latest date today in any time zone. A period that begins after it is a mistake.
    pub(crate) today: Date,
}

impl Context<'_> {
    /// Spells a row's key as existing values spell its label, or else as the definition does.
    fn spelled(&self, key: &ObservationKey, definition: &Definition) -> ObservationKey {
        let first = ObservationKey {
            breakdown: Breakdown::Total,
            ..key.clone()
        };
        let beside = self.existing.range(first..).map(|(one, _)| one);
        let beside = beside.take_while(|one| {
            (&one.indicator, &one.area, one.period) == (&key.indicator, &key.area, key.period)
        });
        key.spelled(definition, beside)
    }
}

/// An indicator, and the audience that the location chose at adoption.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Indicator<'a> {
    definition: &'a Definition,
    hash: DefinitionHash,
    audience: Option<Audience>,
    versions: Option<&'a Versions>,
}

impl<'a> Indicator<'a> {
    /// Takes the definition for new values (the adopted one, else the newest), and the audience
    /// chosen at adoption, if it is adopted.
    pub(crate) fn new(definition: &'a Definition, audience: Option<Audience>) -> Self {
        Self {
            definition,
            hash: definition.hash(),
            audience,
            versions: None,
        }
    }

    /// Adds all versions, so that each row is entered under the one in force for its period.
    #[must_use]
    pub(crate) fn with_versions(self, versions: &'a Versions) -> Self {
        let versions = Some(versions);
        Self { versions, ..self }
    }

    /// Returns the periods in which the network states a changed base of its denominators.
    fn base_from(self) -> Vec<Period> {
        self.versions.map_or_else(Vec::new, Versions::base_from)
    }

    /// Returns the indicator with the definition for a row about `period`. `stands` holds the
    /// current statements there, and `asked` is the version that the row names.
    ///
    /// # Errors
    /// If there is no such version, or none that holds for the period.
    fn stating(
        self,
        period: Period,
        stands: &[Statement],
        asked: Option<u32>,
    ) -> Result<Self, NoVersion> {
        let Some(versions) = self.versions else {
            return Ok(self);
        };
        let most = self.definition.version;
        let definition = versions.stating(period, stands, most, asked)?;
        let pinned = versions.hash(definition.version);
        Ok(Self {
            definition,
            hash: pinned.unwrap_or(self.hash),
            ..self
        })
    }
}

/// Choices that come with the file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Options {
    /// Takes only the rows of our own areas from a file that holds others too.
    pub(crate) own_areas: bool,
    /// Leaves out rows with problems.
    pub(crate) skip_invalid: bool,
    /// Replaces values that differ.
    pub(crate) replace: bool,
    /// Which column is what.
    pub(crate) columns: Columns,
    /// The meanings of signs and columns.
    pub(crate) answers: Answers,
    /// Answers to questions about the figures.
    pub(crate) confirm: question::Answers,
    /// Rows that the person saw before answering.
    pub(crate) shown: BTreeSet<question::Row>,
}

/// The changes that a file would make.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Plan {
    /// Observations to state, in the order of the file.
    pub(crate) changes: Vec<Change>,
    /// Rows that repeat the current value.
    pub(crate) unchanged: usize,
    /// Current values that differ and are kept, because replacing was not requested.
    pub(crate) conflicts: Vec<Change>,
    /// Rows of others, left out as requested.
    pub(crate) left_out: Vec<Problem>,
    /// Rows left out because a column has another value than the requested one.
    pub(crate) not_asked_for: usize,
    /// Rows with problems, left out as requested.
    pub(crate) invalid: Vec<Problem>,
    /// Remarks about accepted rows, by line.
    pub(crate) notes: Vec<Problem>,
    /// Questions about the figures, answered or not.
    pub(crate) questions: Questions,
    /// Current figures, with the answers given about them.
    pub(crate) answered_beside: Vec<(ObservationKey, Statement)>,
    /// Questions about figures that stand and no one was shown; each with the figure.
    pub(crate) open_beside: Vec<(Question, Standing)>,
    /// Figures that stand already as the file states them.
    same: Vec<Change>,
    /// Questions about single rows.
    asked: Vec<(Kind, question::Row)>,
    /// Columns that are not read, by name.
    pub(crate) ignored_columns: Vec<String>,
    /// Notes on the parts that were left out around the table, and on how values were read.
    pub(crate) reading: Vec<String>,
    /// The plan of columns, if the file is not in our own layout.
    pub(crate) used: Option<Used>,
    /// Number of rows in the file, not counting its header and blank rows; of figures, if a row
    /// has several.
    pub(crate) rows: usize,
}

/// One observation that a file states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    /// The line of the file, from 1.
    pub(crate) line: u64,
    /// The key of the observation.
    pub(crate) key: ObservationKey,
    /// The file's statement.
    pub(crate) statement: Statement,
    /// The file's note for it; `None` keeps the existing note.
    pub(crate) note: Option<String>,
    /// The file's note that was written for another figure.
    pub(crate) noted_for: Option<Note>,
    /// The current statements; empty if the observation is new.
    pub(crate) standing: Vec<Statement>,
    /// The current note, if the file has another.
    pub(crate) noted: Option<String>,
    /// A warning if the row's source is not as at a later day than that of the current value.
    pub(crate) earlier: Option<String>,
}

impl Change {
    /// A statement that no file makes.
    pub(crate) fn stating(key: ObservationKey, statement: Statement) -> Self {
        Self {
            line: 0,
            key,
            statement,
            note: None,
            noted_for: None,
            standing: Vec::new(),
            noted: None,
            earlier: None,
        }
    }

    /// Returns the questions about the row. `against` says how its value differs from its parts.
    fn doubts(&self, against: Option<String>) -> Vec<(Kind, question::Row)> {
        let is_figure = |one: &Statement| one.numerator.or(one.value).is_some();
        let is_blank = !is_figure(&self.statement) && self.standing.iter().any(is_figure);
        let blank = is_blank.then(|| {
            let standing = self.standing_words().join(" or ");
            format!("{standing}; the file says {}", self.file_words())
        });
        let doubts = [
            (Kind::Parts, against),
            (Kind::Outdated, self.earlier.clone()),
            (Kind::Blank, blank),
        ];
        let row = |words| question::Row {
            line: Some(self.line),
            key: self.key.clone(),
            words,
        };
        let doubts = doubts.into_iter();
        doubts
            .filter_map(|(kind, words)| Some((kind, row(words?))))
            .collect()
    }
}

/// A remark about one line of a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Problem {
    /// The line, from 1.
    pub(crate) line: u64,
    /// The problem, and what to do next.
    pub(crate) message: String,
    /// The kind of step that solves it.
    pub(crate) next: Next,
}

/// A person's next step with a problem.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Next {
    /// Leave out somebody else's row. `area` is set if the area is the only reason.
    LeaveOut { area: Option<String> },
    /// Adopt the indicator.
    Adopt,
    /// Correct the row.
    Mend,
    /// Answer the open question.
    Answer,
}

/// A file that was refused as a whole.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", words::refused(self))]
pub(crate) struct Refused {
    /// Every problem, in the order of the lines.
    pub(crate) problems: Vec<Problem>,
    /// Columns that are not read, by name.
    pub(crate) ignored_columns: Vec<String>,
    /// Number of rows in the file; 0 if it could not be read at all.
    pub(crate) rows: usize,
    /// The plan of columns that a person has to confirm or complete.
    pub(crate) asked: Option<Box<Asked>>,
}

impl Refused {
    /// A file that could not be read at all.
    const fn of(problems: Vec<Problem>) -> Self {
        Self {
            problems,
            ignored_columns: Vec::new(),
            rows: 0,
            asked: None,
        }
    }

    /// Returns what it is as a plan: one that changes nothing.
    pub(crate) fn plan(&self) -> Plan {
        Plan {
            invalid: self.problems.clone(),
            ignored_columns: self.ignored_columns.clone(),
            rows: self.rows,
            ..Plan::default()
        }
    }
}

/// Reads a file and plans its changes.
///
/// # Errors
/// Returns every problem of the file. Problems of single rows are an error only without
/// [`Options::skip_invalid`].
pub(crate) fn plan(
    bytes: &[u8],
    context: &Context<'_>,
    options: &Options,
) -> Result<Plan, Refused> {
    let layout::Laid { table, used } = layout::lay(bytes, context, &options.columns)?;
    let mut answers = options.answers.clone();
    answers.added_up.extend(table.add_up.iter().cloned());
    let reading = table.notes.clone();
    let mut sheet = Sheet::of(table);
    let signs = signs::settle(&mut sheet, context, &options.confirm);
    let wanted = sheet.wanted(&answers).map_err(Refused::of)?;
    let mut plan = Plan {
        ignored_columns: sheet.ignored(),
        rows: sheet.rows.len() + sheet.problems.len(),
        invalid: sheet.problems.clone(),
        reading,
        used,
        ..Plan::default()
    };
    let reader = Reader {
        sheet: &sheet,
        context,
        own: &Own::new(context.code, context.place),
        answers: &answers,
    };
    let mut rows = Vec::new();
    let mut broken = Broken::new();
    for (at, row) in sheet.rows.iter().enumerate() {
        let is_other = |(column, value): &(&Unread, &str)| !is_same(column.value(row), value);
        if wanted.iter().any(is_other) {
            plan.not_asked_for += 1;
            continue;
        }
        match reader.read(at) {
            Reading::Ours(candidate) => rows.push(*candidate),
            Reading::NotOurs(foreign) => {
                let problem = foreign.problem_of(row);
                if options.own_areas {
                    plan.left_out.push(problem);
                } else {
                    plan.invalid.push(problem);
                }
            }
            Reading::Invalid { wrong, key } => {
                if let Some(key) = key {
                    broken.entry(key).or_default().push(row.line);
                }
                let wrong = wrong.into_iter();
                let problems = wrong.map(|one| row.solved_by(one.next, one.message));
                plan.invalid.extend(problems);
            }
        }
    }
    let Together {
        said,
        repeated,
        problems,
        asked,
    } = together(&sheet, rows, &broken, context, &answers);
    plan.unchanged += repeated;
    plan.invalid.extend(problems);
    // A column that is asked about is not ignored.
    plan.ignored_columns.retain(|name| !asked.contains(name));
    for candidate in said {
        plan.add(candidate, context, options);
    }
    plan.judged(&signs, context, options)
}

impl Plan {
    /// Returns the plan with its questions, unless rows with problems stand in the way.
    fn judged(
        mut self,
        signs: &signs::Signs,
        context: &Context<'_>,
        options: &Options,
    ) -> Result<Self, Refused> {
        self.invalid.sort_by_key(|problem| problem.line);
        if self.invalid.is_empty() || options.skip_invalid {
            doubts::ask(&mut self, signs, context, options);
            return Ok(self);
        }
        Err(Refused {
            problems: self.invalid,
            ignored_columns: self.ignored_columns,
            rows: self.rows,
            asked: None,
        })
    }

    /// Whether the file holds no value of ours, new or known.
    pub(crate) fn is_idle(&self) -> bool {
        self.changes.is_empty() && self.conflicts.is_empty() && self.unchanged == 0
    }

    /// Number of rows with problems; one row may have several.
    pub(crate) fn rows_with_problems(&self) -> usize {
        rows_of(&self.invalid)
    }

    /// The areas of the rows that were left out for their areas alone.
    pub(crate) fn areas_left_out(&self) -> BTreeSet<&str> {
        let areas = self.left_out.iter().filter_map(|one| match &one.next {
            Next::LeaveOut { area } => area.as_deref(),
            Next::Adopt | Next::Mend | Next::Answer => None,
        });
        areas.collect()
    }

    /// Existing values that are replaced, as requested.
    pub(crate) fn replaced(&self) -> impl Iterator<Item = &Change> {
        let changes = self.changes.iter();
        changes.filter(|change| !change.standing.is_empty())
    }
}

/// Number of rows that the problems are about. The problems are in the order of the lines.
fn rows_of(problems: &[Problem]) -> usize {
    problems.chunk_by(|a, b| a.line == b.line).count()
}
