//! Questions at the command line. At a terminal each kind is asked once; without one, the same
//! command is given again with `--confirm`.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::{Value, json};
use weft_host::{failure::Failure, problems::line_words};
use weft_shared::{
    model::observation::Breakdown,
    text::quoted,
    validation::question::{Answer, Answers, Kind, Question, Questions, Row},
};

use super::Context;
use crate::view::questions::Standing;

/// Answers to questions about figures, given beforehand.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ConfirmArg {
    /// Answer a question about the figures beforehand: tenfold, jump or sentinel (the figure is
    /// right), whole (a total and its part are), thousands or decimals (what a comma or a point
    /// is), growth or base (why a denominator moved); of a file also
    /// outdated (earlier rows replace what stands), blank (what stands is taken away) and parts (a
    /// value beside its parts is left out). Once for each question; what is not asked does no harm.
    #[arg(long, value_name = "WORD")]
    confirm: Vec<String>,
}

/// Maximum number of rows listed for one question. The rest are counted.
const ROWS_MAX: usize = 24;

/// The answers so far, and the questions that were left open on purpose.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) answers: Answers,
    /// Rows that a person was shown at the terminal.
    pub(super) shown: BTreeSet<Row>,
    left_open: BTreeSet<Kind>,
}

impl Asking {
    /// Takes the words after `--confirm`.
    pub(super) fn of(given: &ConfirmArg) -> Result<Self, Failure> {
        let answers = Answers::of(given.confirm.iter().map(String::as_str));
        Ok(Self {
            answers: answers.map_err(Failure::usage_error)?,
            shown: BTreeSet::new(),
            left_open: BTreeSet::new(),
        })
    }

    /// Returns the questions to ask before anything is saved.
    pub(super) fn before_saving(&self, questions: &Questions) -> Vec<Question> {
        let mut open = questions.open(&self.answers);
        open.retain(|question| !self.left_open.contains(&question.kind));
        open
    }

    /// Returns the questions that may stay open, and do.
    pub(super) fn left_open(&self, questions: &Questions) -> Vec<Question> {
        let mut open = questions.open(&self.answers);
        open.retain(|question| !question.kind.holds_up());
        open
    }

    /// Asks the questions. Returns once each is answered, or left open if it may be.
    ///
    /// # Errors
    /// If there is no terminal, or if the person says that a figure is not right.
    pub(super) fn ask(
        &mut self,
        context: &mut Context<'_>,
        open: &[Question],
    ) -> Result<(), Failure> {
        if !context.io.terminal() {
            let must: Vec<_> = open.iter().filter(|one| one.kind.holds_up()).collect();
            let may = open.iter().filter(|one| !one.kind.holds_up());
            self.left_open.extend(may.map(|one| one.kind));
            if must.is_empty() {
                return Ok(());
            }
            return Err(unanswered(context, &must));
        }
        for question in open {
            context.io.tell(shown(question))?;
            self.shown.extend(question.rows.iter().cloned());
            self.ask_one(context, question)?;
        }
        Ok(())
    }

    fn ask_one(&mut self, context: &mut Context<'_>, question: &Question) -> Result<(), Failure> {
        let answers = question.kind.answers();
        let words: Vec<&str> = answers.iter().map(|answer| answer.word).collect();
        let (ask, nothing) = match words[..] {
            [_] => ("Type yes or no:".to_owned(), "Mend the figure"),
            _ => (format!("Type {}:", words.join(" or ")), "Find out which"),
        };
        let ask = if question.kind.holds_up() {
            ask
        } else {
            format!(
                "{} To leave it open, press Enter:",
                ask.trim_end_matches(':')
            )
        };
        let said = context.io.prompt(&ask)?.unwrap_or_default();
        let said = said.trim().to_lowercase();
        let yes = words.len() == 1 && ["y", "yes"].contains(&said.as_str());
        let word = if yes { words.first().copied() } else { None };
        let word = word.or_else(|| words.iter().copied().find(|word| *word == said));
        match word {
            Some(word) => self.answers.give(word).map_err(Failure::usage_error),
            None if !question.kind.holds_up() => {
                self.left_open.insert(question.kind);
                Ok(())
            }
            None => Err(Failure::needs_action(format_args!(
                "Nothing was saved. {nothing}, and give the command again."
            ))),
        }
    }
}

/// The failure if questions are open and there is no terminal to ask at.
fn unanswered(context: &Context<'_>, open: &[&Question]) -> Failure {
    let mut text = String::from("Nothing was saved, because something is to be answered first.");
    let mut words = Vec::new();
    let mut other = Vec::new();
    for question in open {
        text.push('\n');
        text.push_str(&shown(question));
        let mut answers = question.kind.answers().iter().map(|answer| answer.word);
        words.extend(answers.next());
        other.extend(answers);
    }
    let instead = if other.is_empty() {
        String::new()
    } else {
        format!(" (or --confirm {})", other.join(", --confirm "))
    };
    text.push_str(&format!(
        "\nMend what is wrong. If it is right as it stands, say so with the same command{instead}:\
         \n  {}",
        context.again(&words)
    ));
    Failure::needs_action(text)
}

/// A question as JSON, with its possible answers and the rows that it is about.
pub(super) fn question_json(question: &Question) -> Value {
    let answers = question.kind.answers().iter();
    let answers = answers.map(|one| json!({"word": one.word, "meaning": one.meaning}));
    let rows = question.rows.iter();
    let rows = rows.map(|row| json!({"line": row.line, "id": row.key, "words": row.words}));
    json!({
        "kind": question.kind,
        "question": question.ask(),
        "answers": answers.collect::<Vec<_>>(),
        "rows": rows.collect::<Vec<_>>(),
    })
}

/// A question about a figure that stands, with the command that answers it.
pub(super) fn shown_beside(question: &Question, standing: &Standing) -> String {
    let mut text = with_rows(question);
    let [row] = &question.rows[..] else {
        return text;
    };
    let Standing::Settled(standing) = standing else {
        text.push_str(
            "\n  That figure is contested. Settle it first (weft-node conflicts); its page asks \
             again if the one that was chosen moved too far.",
        );
        return text;
    };
    let key = &row.key;
    let figures = [
        ("numerator", standing.numerator),
        ("denominator", standing.denominator),
        ("value", standing.value),
    ];
    let figures = figures.into_iter();
    let figures = figures.filter_map(|(name, number)| Some(format!(" --{name} {}", number?)));
    let breakdown = match &key.breakdown {
        Breakdown::Total => String::new(),
        part => format!(" --breakdown {}", quoted(&part.to_string())),
    };
    let command = format!(
        "weft-node observation set {} --area {} --period {}{breakdown}{}",
        key.indicator,
        key.area,
        key.period,
        figures.collect::<String>()
    );
    text.push_str("\n  That figure stands already. To answer, state it again:");
    for answer in question.kind.answers() {
        let Answer { word, meaning } = answer;
        text.push_str(&format!("\n  {meaning}:\n    {command} --confirm {word}"));
    }
    text
}

fn with_rows(question: &Question) -> String {
    let mut text = question.ask().to_owned();
    for line in rows(&question.rows) {
        text.push_str("\n  ");
        text.push_str(&line);
    }
    text
}

/// A question with its rows and its answers.
pub(super) fn shown(question: &Question) -> String {
    let mut text = with_rows(question);
    for answer in question.kind.answers() {
        text.push_str(&format!(
            "\n  --confirm {}: {}",
            answer.word, answer.meaning
        ));
    }
    text
}

fn rows(rows: &[Row]) -> Vec<String> {
    let words = |row: &Row| {
        let line = row
            .line
            .map_or_else(String::new, |line| format!("{}: ", line_words(&[line])));
        format!("{line}{}: {}", row.key.typed(), row.words)
    };
    let mut lines: Vec<String> = rows.iter().take(ROWS_MAX).map(words).collect();
    let more = rows.len().saturating_sub(ROWS_MAX);
    if more > 0 {
        lines.push(format!("and {more} more: --json lists all"));
    }
    lines
}

impl Context<'_> {
    /// The same command line again, with answers added.
    fn again(&self, words: &[&str]) -> String {
        let given = self.arguments.iter().skip(1).map(|word| quoted(word));
        let answers = words.iter().map(|word| format!("--confirm {word}"));
        let all: Vec<String> = given.chain(answers).collect();
        format!("weft-node {}", all.join(" "))
    }
}
