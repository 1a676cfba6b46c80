//! Questions beside the cells of the entry grid, and their answers.

use std::collections::BTreeSet;

use weft_shared::{
    model::observation::ObservationKey,
    text::{capital, sentence},
    validation::question::{Answers, Kind, Questions},
};

use super::{
    super::form::{OptionView, Sent},
    cell::Typed,
};

/// The answer that leaves a question open, if it may stay open.
const OPEN: &str = "open";

/// The answers about one cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) answers: Answers,
    left_open: BTreeSet<Kind>,
}

impl Said {
    /// Reads the answers for a cell from the form. An answer that was given for another figure than
    /// the one that is now typed does not count.
    pub(super) fn read(sent: &Sent, key: &ObservationKey, typed: &Typed) -> Self {
        let mut said = Self::default();
        for kind in Kind::ALL {
            for given in sent.all(&name(*kind, key)) {
                let Some((word, mark)) = given.split_once('/') else {
                    continue;
                };
                if mark != typed.mark() {
                    continue;
                }
                if word == OPEN && !kind.holds_up() {
                    said.left_open.insert(*kind);
                }
                if kind.answers().iter().any(|answer| answer.word == word) {
                    // A form cannot send two answers to one question. Of others the first counts.
                    let _first_counts = said.answers.give(word);
                }
            }
        }
        said
    }

    /// Returns the questions about a cell that are neither answered nor left open.
    pub(super) fn still_open(
        &self,
        questions: &Questions,
        key: &ObservationKey,
        typed: &Typed,
    ) -> Vec<AskView> {
        let mut open = questions.open(&self.answers);
        open.retain(|question| !self.left_open.contains(&question.kind));
        let asked = open.into_iter().filter_map(|question| {
            let row = question.rows.into_iter().find(|row| row.key == *key)?;
            Some(AskView::new(question.kind, key, &row.words, typed))
        });
        asked.collect()
    }
}

/// One question as the page shows it.
#[derive(Clone, Debug)]
pub(super) struct AskView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) ask: &'static str,
    pub(super) words: String,
    pub(super) options: Vec<OptionView>,
}

impl AskView {
    fn new(kind: Kind, key: &ObservationKey, words: &str, typed: &Typed) -> Self {
        let option = |word: &str, label: &str| OptionView {
            value: format!("{word}/{}", typed.mark()),
            label: label.to_owned(),
            chosen: false,
        };
        let answers = kind.answers().iter();
        let mut options: Vec<OptionView> = answers
            .map(|answer| option(answer.word, &capital(answer.meaning)))
            .collect();
        if !kind.holds_up() {
            options.push(option(OPEN, "Not known yet: leave it open"));
        }
        Self {
            id: format!("ask-{kind}-{key}"),
            name: name(kind, key),
            ask: kind.ask(1),
            words: sentence(words),
            options,
        }
    }

    /// Whether there is only one answer, so that the page shows a checkbox rather than a choice.
    pub(super) fn is_one(&self) -> bool {
        self.options.len() == 1
    }

    /// The id of the first field, for the link in the error summary.
    pub(super) fn first_id(&self) -> String {
        format!("{}-1", self.id)
    }
}

fn name(kind: Kind, key: &ObservationKey) -> String {
    format!("confirm:{kind}:{key}")
}
