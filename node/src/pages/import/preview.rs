//! The changes that a file would make, in words: counts, rows, problems and questions.

use askama::Template;
use weft_host::csv;
use weft_shared::{
    id::sha256_prefix,
    model::{
        observation::{ObservationKey, Statement},
        profile::Area,
    },
    text::{capital, counted, sentence},
    validation::question::{Answers, Kind, Question},
};

use super::{
    super::{Fault, Visit, controls::page_words, form::OptionView, shell::Shell},
    draft::{Choices, Draft},
};
use crate::{
    import::{Change, Next, Plan, Problem},
    view::IndicatorRow,
    words::figure,
};

/// Maximum number of rows, problems and rows of a question that the page shows. The rest is
/// counted.
const SHOWN_MAX: usize = 60;
/// Maximum number of areas of others that are named.
const AREAS_MAX: usize = 8;

#[derive(Template)]
#[template(path = "import-check.html")]
pub(super) struct CheckPage {
    pub(super) shell: Shell,
    id: String,
    name: String,
    lede: String,
    fresh: usize,
    replaced: usize,
    kept: usize,
    same: usize,
    look: usize,
    problems: Vec<(u64, String)>,
    more_problems: usize,
    reading: Vec<String>,
    others: String,
    questions: Vec<QuestionView>,
    rows: Vec<RowView>,
    more_rows: usize,
    choices: Choices,
    /// Whether a plan of columns was used, so that it can be changed.
    laid_out: bool,
    takes: usize,
    button: String,
    nothing: &'static str,
    mark: String,
}

struct RowView {
    line: u64,
    indicator: String,
    place: String,
    period: String,
    part: String,
    figure: String,
    happens: String,
    looks: bool,
}

struct QuestionView {
    name: String,
    ask: &'static str,
    rows: Vec<String>,
    more: usize,
    options: Vec<OptionView>,
    must: bool,
}

/// Returns the mark of what a page shows: what is saved must be the same.
pub(super) fn mark(plan: &Plan) -> String {
    let mut text = String::new();
    for change in plan.changes.iter().chain(&plan.conflicts) {
        text.push_str(&format!(
            "{} {} {} {:?}\n",
            change.line,
            change.key,
            change.file_words(),
            change.standing_words()
        ));
    }
    let counts = (plan.changes.len(), plan.unchanged, plan.invalid.len());
    text.push_str(&format!("{counts:?}"));
    let hash = sha256_prefix::<8>("weft/import-shown/1", &[text.as_bytes()]);
    format!("{:016x}", u64::from_be_bytes(hash))
}

/// Returns the problems of a file as CSV.
pub(super) fn problems_csv(plan: &Plan) -> Vec<u8> {
    let rows = plan.invalid.iter().map(|one| {
        let words = page_words(&one.message);
        [one.line.to_string(), words]
    });
    csv::file(true, &["row", "problem"], rows)
}

impl Visit<'_> {
    /// Makes the page that shows what a file would change.
    pub(super) fn check_page(
        &mut self,
        shell: Shell,
        draft: &Draft,
        plan: &Plan,
        answers: &Answers,
    ) -> Result<CheckPage, Fault> {
        let indicators = self.replica.indicators()?;
        let areas = self.replica.place()?.map(|place| place.areas);
        let names = Names {
            indicators: &indicators,
            areas: &areas.unwrap_or_default(),
        };
        let replaced = plan.replaced().count();
        let takes = plan.changes.len();
        let problems = plan.invalid.iter().take(SHOWN_MAX).map(told).collect();
        Ok(CheckPage {
            shell,
            id: draft.id.clone(),
            name: draft.name.clone(),
            lede: lede(plan),
            fresh: takes - replaced,
            replaced,
            kept: plan.conflicts.len(),
            same: plan.unchanged,
            look: plan.rows_with_problems(),
            problems,
            more_problems: plan.invalid.len().saturating_sub(SHOWN_MAX),
            reading: reading(plan),
            others: others(plan),
            questions: asked(plan, answers),
            rows: names.rows(plan),
            more_rows: (takes + plan.conflicts.len()).saturating_sub(SHOWN_MAX),
            choices: draft.choices.clone(),
            laid_out: plan.used.is_some(),
            takes,
            button: button(plan),
            nothing: nothing(plan),
            mark: mark(plan),
        })
    }
}

fn told(problem: &Problem) -> (u64, String) {
    (problem.line, page_words(&sentence(&problem.message)))
}

/// Notes on how the file was read, and on what of it was not.
fn reading(plan: &Plan) -> Vec<String> {
    let mut notes: Vec<String> = plan.reading.iter().map(|note| sentence(note)).collect();
    if !plan.ignored_columns.is_empty() {
        let names = plan.ignored_columns.join(", ");
        notes.push(format!("Columns that mean nothing here: {names}."));
    }
    if plan.not_asked_for > 0 {
        notes.push(format!("{} not asked for.", rows(plan.not_asked_for)));
    }
    let doubtful = plan.left_out.iter().filter(|one| one.next == Next::Mend);
    notes.extend(doubtful.take(SHOWN_MAX).map(|one| {
        let (line, words) = told(one);
        format!("Row {line} names this location and was left out: {words}")
    }));
    let remarks = plan.notes.iter().take(SHOWN_MAX).map(told);
    notes.extend(remarks.map(|(line, words)| format!("Row {line}: {words}")));
    notes.iter().map(|note| page_words(note)).collect()
}

fn lede(plan: &Plan) -> String {
    let left = match plan.left_out.len() {
        0 => String::new(),
        left => format!(", of which {} of other places are left out", rows(left)),
    };
    format!("{}{left}. Nothing is saved yet.", rows(plan.rows))
}

fn rows(count: usize) -> String {
    counted(count, "row", "rows")
}

/// The areas of others, and rows that name this location and were left out all the same.
fn others(plan: &Plan) -> String {
    let areas: Vec<&str> = plan.areas_left_out().into_iter().collect();
    if areas.is_empty() {
        return String::new();
    }
    let named = areas[..areas.len().min(AREAS_MAX)].join(", ");
    let more = match areas.len().saturating_sub(AREAS_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("Left out, areas that are not ours: {named}{more}.")
}

fn button(plan: &Plan) -> String {
    let takes = rows(plan.changes.len());
    match plan.rows_with_problems() {
        0 => format!("Import {takes}"),
        bad => format!("Leave out the {}, import {}", rows(bad), plan.changes.len()),
    }
}

/// The reason why there is nothing to import.
fn nothing(plan: &Plan) -> &'static str {
    match plan.changes.is_empty() {
        false => "",
        true if plan.rows == 0 => {
            "The file has a line with headings and no row below it. Check that it is the file that \
             you meant."
        }
        true if plan.is_idle() && plan.invalid.is_empty() => {
            "No row of the file is about an area of this location. Check the file, and which \
             columns say the area and the period."
        }
        true if plan.is_idle() => {
            "Every row about this location has a problem. Correct the file and choose it again."
        }
        true if plan.conflicts.is_empty() => {
            "Everything in the file is here already: there is nothing to import."
        }
        true => "Other values stand wherever the file has one, and they stay.",
    }
}

fn asked(plan: &Plan, answers: &Answers) -> Vec<QuestionView> {
    let mut open = plan.questions.open(&Answers::NONE);
    for question in &mut open {
        question.rows.retain(|row| row.line.is_some());
    }
    open.retain(|question| !question.rows.is_empty());
    open.iter()
        .map(|question| view_of(question, answers))
        .collect()
}

fn view_of(question: &Question, answers: &Answers) -> QuestionView {
    let kind = question.kind;
    let chosen = answers.get(kind).map(|answer| answer.word);
    let option = |word: &str, label: String| OptionView {
        value: word.to_owned(),
        label,
        chosen: chosen == Some(word),
    };
    let answers = kind.answers().iter();
    let mut options: Vec<OptionView> = answers
        .map(|answer| option(answer.word, capital(answer.meaning)))
        .collect();
    if !kind.holds_up() {
        options.push(option("", "Not known yet: leave it open".to_owned()));
    }
    let row = question.rows.iter().take(SHOWN_MAX).map(|row| {
        let line = row.line.unwrap_or_default();
        format!("Row {line}: {}", row.words)
    });
    QuestionView {
        name: field_of(kind),
        ask: question.ask(),
        rows: row.collect(),
        more: question.rows.len().saturating_sub(SHOWN_MAX),
        options,
        must: kind.holds_up(),
    }
}

impl QuestionView {
    fn is_one(&self) -> bool {
        self.options.len() == 1
    }
}

/// The field of a question.
pub(super) fn field_of(kind: Kind) -> String {
    format!("confirm-{kind}")
}

/// The names behind the codes of a file.
struct Names<'a> {
    indicators: &'a [IndicatorRow],
    areas: &'a [Area],
}

impl Names<'_> {
    /// Returns the first rows, in the order of the file.
    fn rows(&self, plan: &Plan) -> Vec<RowView> {
        let kept = plan.conflicts.iter().map(|change| (change, true));
        let mut all: Vec<(&Change, bool)> = plan
            .changes
            .iter()
            .map(|change| (change, false))
            .chain(kept)
            .collect();
        all.sort_by_key(|(change, _)| change.line);
        let shown = all.into_iter().take(SHOWN_MAX);
        shown.map(|(change, kept)| self.row(change, kept)).collect()
    }

    fn row(&self, change: &Change, kept: bool) -> RowView {
        let ObservationKey {
            indicator,
            area,
            period,
            breakdown,
        } = &change.key;
        let row = self
            .indicators
            .iter()
            .find(|row| row.definition.code == *indicator);
        let name = row.map_or_else(|| indicator.to_string(), |row| row.in_use.name.clone());
        let words = |statement: &Statement| {
            let pinned = row.and_then(|row| row.pinned(statement));
            figure::words(statement, pinned.map(|(definition, _)| definition))
        };
        let stands: Vec<String> = change.standing.iter().map(words).collect();
        let stands = stands.join(" or ");
        let (happens, looks) = match (stands.is_empty(), kept) {
            (true, _) => ("New".to_owned(), false),
            (false, false) => (format!("Replaces {stands}"), true),
            (false, true) => (format!("{} stands, and stays", capital(&stands)), true),
        };
        RowView {
            line: change.line,
            indicator: name,
            place: figure::area_name(self.areas, area),
            period: capital(&period.words()),
            part: figure::heading(breakdown),
            figure: words(&change.statement),
            happens,
            looks,
        }
    }
}
