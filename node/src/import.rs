//! What a file of indicator values would change: a plan, made without touching anything.
//!
//! [`plan`] reads the bytes of a CSV file against what the location knows and has. Either every
//! row of it can be used, or [`Refused`] lists all that is wrong, with line numbers.

mod answers;
mod columns;
mod dated;
mod doubts;
mod figure;
mod figures;
mod names;
mod quotes;
mod row;
mod sheet;
mod signs;
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
        note::{Note, NotedFigure},
        observation::{Breakdown, ObservationKey, Statement},
        profile::Place,
    },
    period::{Date, Period},
    validation::{
        keep_marks,
        question::{self, Kind, Question, Questions, says_the_same},
    },
};

use self::{
    answers::is_same,
    names::Own,
    row::{Candidate, Reader, Reading},
    sheet::{Sheet, Unread},
    together::{Broken, Together, together},
};
pub(crate) use self::{
    answers::{Answers, Only, SignMeans},
    words::{in_words, rows},
};

/// What the location knows and has.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// The location's code.
    pub(crate) code: &'a LocationCode,
    /// Its areas.
    pub(crate) place: &'a Place,
    /// Every indicator of the network.
    pub(crate) indicators: BTreeMap<IndicatorCode, Indicator<'a>>,
    /// The statements that stand; several where an observation is contested.
    pub(crate) existing: &'a BTreeMap<ObservationKey, Vec<Statement>>,
    /// The notes beside them.
    pub(crate) notes: &'a BTreeMap<ObservationKey, Vec<Note>>,
    /// The audience that was asked for; otherwise what was chosen at adoption counts.
    pub(crate) audience: Option<Audience>,
    /// The day that it is at the latest; a period that begins after it is a mistake.
    pub(crate) today: Date,
}

impl Context<'_> {
    /// A row's key in the spelling in which its label stands already, or as the definition has it.
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

/// An indicator, and what the location chose when it adopted it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Indicator<'a> {
    definition: &'a Definition,
    hash: DefinitionHash,
    audience: Option<Audience>,
    versions: Option<&'a Versions>,
}

impl<'a> Indicator<'a> {
    /// With the definition that new values are entered under (the adopted one, or else the
    /// newest), and the audience chosen at adoption, where it is adopted.
    #[must_use]
    pub(crate) fn new(definition: &'a Definition, audience: Option<Audience>) -> Self {
        Self {
            definition,
            hash: definition.hash(),
            audience,
            versions: None,
        }
    }

    /// Knowing all versions, so that each row is entered under the one that holds for its period.
    #[must_use]
    pub(crate) fn with_versions(self, versions: &'a Versions) -> Self {
        let versions = Some(versions);
        Self { versions, ..self }
    }

    /// The periods in which the base of its denominators changed, as the network states.
    fn base_from(self) -> Vec<Period> {
        self.versions.map_or_else(Vec::new, Versions::base_from)
    }

    /// The same indicator with the definition under which a row about `period` is entered, where
    /// `stands` is what is stated there; `asked` is the version that the row names.
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

/// What is asked for besides the file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Options {
    /// Take only the rows of our own areas from a file that holds others too.
    pub(crate) own_areas: bool,
    /// Leave out rows with problems.
    pub(crate) skip_invalid: bool,
    /// Replace values that differ.
    pub(crate) replace: bool,
    /// What signs and columns mean.
    pub(crate) answers: Answers,
    /// Answers to what is asked about the figures.
    pub(crate) confirm: question::Answers,
    /// What somebody was shown before answering.
    pub(crate) shown: BTreeSet<question::Row>,
}

/// What a file would change.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Plan {
    /// What is to be stated, in the order of the file.
    pub(crate) changes: Vec<Change>,
    /// Rows that say what stands already.
    pub(crate) unchanged: usize,
    /// Values that stand and differ: they are kept, because replacing was not asked for.
    pub(crate) conflicts: Vec<Change>,
    /// Rows that are not ours, and were left out as asked for.
    pub(crate) left_out: Vec<Problem>,
    /// Rows that say something else than was asked for in a column.
    pub(crate) not_asked_for: usize,
    /// Rows with problems, left out as asked for.
    pub(crate) invalid: Vec<Problem>,
    /// What a person should know of rows that are taken, by line.
    pub(crate) notes: Vec<Problem>,
    /// What is asked about the figures, answered or not.
    pub(crate) questions: Questions,
    /// Figures that stand, with the answers that somebody gave about them.
    pub(crate) answered_beside: Vec<(ObservationKey, Statement)>,
    /// What is asked about figures that stand and nobody was shown; each with the figure.
    pub(crate) open_beside: Vec<(Question, Statement)>,
    /// What stands already, as the file states it.
    same: Vec<Change>,
    /// What is asked about single rows.
    asked: Vec<(Kind, question::Row)>,
    /// Columns that mean nothing here, by name.
    pub(crate) ignored_columns: Vec<String>,
    /// Rows of the file, its header and blank rows not counted.
    pub(crate) rows: usize,
}

/// One observation that a file states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    /// The line of the file, from 1.
    pub(crate) line: u64,
    /// What it is about.
    pub(crate) key: ObservationKey,
    /// What the file says.
    pub(crate) statement: Statement,
    /// The file's note beside it; nothing leaves what stands there.
    pub(crate) note: Option<String>,
    /// The file's note that was written for another figure.
    pub(crate) noted_for: Option<Note>,
    /// What stands instead; nothing where the observation is new.
    pub(crate) standing: Vec<Statement>,
    /// The note that stands instead of the file's.
    pub(crate) noted: Option<String>,
    /// That the row is not as at a later day than what stands, where it is not.
    pub(crate) earlier: Option<String>,
}

impl Change {
    /// What is asked before the row is saved. `against` is what its value says against its parts.
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

/// Something about one line of a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Problem {
    /// The line, from 1.
    pub(crate) line: u64,
    /// What about it, and what to do next.
    pub(crate) message: String,
    /// What solves it.
    pub(crate) next: Next,
}

/// What a person does about a problem.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Next {
    /// Leaves out a row that is somebody else's; its area, where that is all there is to it.
    LeaveOut { area: Option<String> },
    /// Adopts the indicator.
    Adopt,
    /// Mends the row.
    Mend,
    /// Says what the file leaves open.
    Answer,
}

/// A file of which nothing is used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", words::refused(self))]
pub(crate) struct Refused {
    /// Everything that is wrong, in the order of the lines.
    pub(crate) problems: Vec<Problem>,
    /// Columns that mean nothing here, by name.
    pub(crate) ignored_columns: Vec<String>,
    /// Rows of the file; none where it could not be read at all.
    pub(crate) rows: usize,
}

/// Reads a file and says what it would change.
///
/// # Errors
/// Every problem of the file. Problems of single rows are only an error where
/// [`Options::skip_invalid`] was not asked for.
pub(crate) fn plan(
    bytes: &[u8],
    context: &Context<'_>,
    options: &Options,
) -> Result<Plan, Refused> {
    let whole = |problems| Refused {
        problems,
        ignored_columns: Vec::new(),
        rows: 0,
    };
    let mut sheet = Sheet::read(bytes).map_err(whole)?;
    let signs = signs::settle(&mut sheet, context, &options.confirm);
    let wanted = sheet.wanted(&options.answers).map_err(whole)?;
    let mut plan = Plan {
        ignored_columns: sheet.ignored(),
        rows: sheet.rows.len() + sheet.problems.len(),
        invalid: sheet.problems.clone(),
        ..Plan::default()
    };
    let reader = Reader {
        sheet: &sheet,
        context,
        own: &Own::new(context.code, context.place),
        answers: &options.answers,
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
                let message = foreign.message.clone();
                let problem = row.solved_by(foreign.next(), message);
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
    } = together(&sheet, rows, &broken, context, &options.answers);
    plan.unchanged += repeated;
    plan.invalid.extend(problems);
    for candidate in said {
        plan.add(candidate, context, options);
    }
    plan.invalid.sort_by_key(|problem| problem.line);
    if plan.invalid.is_empty() || options.skip_invalid {
        doubts::ask(&mut plan, &signs, context, options);
        return Ok(plan);
    }
    Err(Refused {
        problems: plan.invalid,
        ignored_columns: plan.ignored_columns,
        rows: plan.rows,
    })
}

impl Plan {
    /// Whether nothing in the file is a value of ours, new or known.
    pub(crate) fn is_idle(&self) -> bool {
        self.changes.is_empty() && self.conflicts.is_empty() && self.unchanged == 0
    }

    /// How many rows have problems; one row may have several.
    pub(crate) fn rows_with_problems(&self) -> usize {
        rows_of(&self.invalid)
    }

    /// What stands already and is replaced, as asked for.
    pub(crate) fn replaced(&self) -> impl Iterator<Item = &Change> {
        let changes = self.changes.iter();
        changes.filter(|change| !change.standing.is_empty())
    }

    fn add(&mut self, candidate: Candidate, context: &Context<'_>, options: &Options) {
        let Candidate {
            line,
            key,
            mut statement,
            farthest,
            note,
            note_for,
            notes,
            as_at,
            against,
            ..
        } = candidate;
        let standing = context.existing.get(&key).cloned().unwrap_or_default();
        // An audience that somebody chose for one observation is not changed by the way; but what
        // the row keeps back is kept back.
        if let ([only], None) = (standing.as_slice(), context.audience) {
            statement.audience = only.audience.min(farthest);
        }
        let stands = as_it_stands(&statement, &standing);
        let same = stands.is_some();
        statement = stands.unwrap_or(statement);
        let known = context.notes.get(&key).map_or(&[][..], Vec::as_slice);
        let noted = known.iter().find(|one| one.is_about(&statement));
        let noted = noted.map(|one| &one.text);
        let (note, noted_for) = by_figure(note, note_for, known);
        // A note where there is none takes nothing's place.
        let other_note = note
            .as_ref()
            .is_some_and(|note| noted.is_some_and(|noted| note != noted));
        let news = note.is_some() && noted.is_none();
        if same && !other_note && !news && noted_for.is_none() {
            self.unchanged += 1;
            self.same.push(Change {
                line,
                key,
                statement,
                note: None,
                noted_for: None,
                standing: Vec::new(),
                noted: None,
                earlier: None,
            });
            return;
        }
        let replaces = !standing.is_empty() && (!same || other_note);
        let change = Change {
            line,
            key,
            statement,
            note,
            noted_for,
            earlier: if replaces {
                dated::earlier(as_at.as_deref(), &standing)
            } else {
                None
            },
            standing: if replaces { standing } else { Vec::new() },
            noted: noted.filter(|_| other_note).cloned(),
        };
        if replaces && !options.replace {
            self.conflicts.push(change);
            return;
        }
        self.asked.extend(change.doubts(against));
        self.changes.push(change);
        self.notes.extend(notes.into_iter().map(|message| Problem {
            line,
            message,
            next: Next::Mend,
        }));
    }
}

/// What stands, if the row says the same: that is no change, and takes no mark away.
fn as_it_stands(said: &Statement, standing: &[Statement]) -> Option<Statement> {
    let [only] = standing else {
        return None;
    };
    let answered = said.confirmed.is_empty() && says_the_same(only, said);
    let same = answered || keep_marks(said.clone(), only) == *only;
    same.then(|| only.clone())
}

/// A row's note about its own figure, or about another one: that stays with it, and takes nobody's
/// place.
fn by_figure(
    note: Option<String>,
    figure: Option<NotedFigure>,
    known: &[Note],
) -> (Option<String>, Option<Note>) {
    let Some(figure) = figure else {
        return (note, None);
    };
    let note = note.filter(|_| known.is_empty());
    (None, note.map(|text| Note::about(&text, figure)))
}

/// How many rows the problems are about; they are in the order of the lines.
fn rows_of(problems: &[Problem]) -> usize {
    problems.chunk_by(|a, b| a.line == b.line).count()
}
