//! Questions before figures are saved: new figures are compared with current ones.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    model::observation::{ObservationKey, Statement},
    validation::{
        question::{Answers, Question, Questions, Row, keep},
        slips::{Series, Terms},
    },
};

use super::ObservationRow;
use crate::replica::{DocumentError, Replica};

/// A figure that is about to be saved.
pub(crate) type Coming = (ObservationKey, Statement);

/// A figure that stands and is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Settled(Box<Statement>),
    /// No one has said yet which one it is.
    Contested,
}

/// Questions about figures, with the standing figures beside them.
#[derive(Debug)]
pub(crate) struct Doubts {
    pub(crate) questions: Questions,
    standing: Vec<ObservationRow>,
}

/// Whether the person chose the status of the new figures, or left it alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StatusIs {
    Chosen,
    Left,
}

/// Finds the questions to answer before `coming` is saved.
pub(crate) fn doubts(
    replica: &mut Replica,
    coming: &[Coming],
    status: StatusIs,
) -> Result<Doubts, DocumentError> {
    let indicators = replica.indicators()?;
    let bases: Vec<_> = indicators
        .iter()
        .map(|row| row.versions.base_from())
        .collect();
    let terms = indicators.iter().zip(&bases).map(|(row, base_from)| {
        let terms = Terms {
            definition: &row.in_use,
            base_from,
        };
        (row.definition.code.clone(), terms)
    });
    let terms: BTreeMap<_, _> = terms.collect();
    // All breakdowns, because a whole is compared with its parts.
    let wanted: BTreeSet<_> = coming
        .iter()
        .map(|(key, _)| (&key.indicator, &key.area))
        .collect();
    let standing = replica.observations(|key| wanted.contains(&(&key.indicator, &key.area)))?;
    let mut series = Series::default();
    for row in &standing {
        series.stands(&row.key, row.stated.iter().map(|one| &one.statement));
    }
    for (key, statement) in coming {
        match status {
            StatusIs::Chosen => series.comes_with_status(key, statement),
            StatusIs::Left => series.comes(key, statement, None),
        }
    }
    let questions = series.questions(&terms);
    Ok(Doubts {
        questions,
        standing,
    })
}

impl Doubts {
    /// Returns current figures with their answers, to be saved together. A new earlier figure may
    /// be the first to raise the question whether a later one has another base. Only rows that a
    /// person saw are answered: a row of `asked` holds its counts.
    pub(crate) fn answered_beside(
        &self,
        coming: &[Coming],
        answers: &Answers,
        asked: &BTreeSet<Row>,
    ) -> Vec<Coming> {
        let shown = |key: &ObservationKey| {
            let mut rows = self.questions.about(key);
            rows.all(|row| asked.contains(row))
        };
        let beside = self.standing.iter().filter(|row| {
            let Some(only) = row.settled() else {
                return false;
            };
            let other = coming.iter().all(|(key, _)| *key != row.key);
            !only.statement.is_retraction() && other && shown(&row.key)
        });
        let answered = beside.filter_map(|row| {
            let words = self.questions.confirmed(&row.key, answers);
            let mut statement = row.stated.first()?.statement.clone();
            (!words.is_empty()).then(|| keep(&mut statement, words))?;
            Some((row.key.clone(), statement))
        });
        answered.collect()
    }

    /// Questions about figures that stand, and no one was shown, or that are contested, so that
    /// there is none yet to keep an answer with.
    pub(crate) fn open_beside(
        &self,
        key: &ObservationKey,
        asked: &BTreeSet<Row>,
    ) -> Vec<(Question, Standing)> {
        let mut open = Vec::new();
        for question in self.questions.about_others(key) {
            for row in question.rows {
                let standing = self.standing.iter().find(|one| one.key == row.key);
                let standing = match standing.map(ObservationRow::settled) {
                    Some(Some(_)) if asked.contains(&row) => continue,
                    Some(Some(only)) => Standing::Settled(Box::new(only.statement.clone())),
                    Some(None) => Standing::Contested,
                    None => continue,
                };
                let one = Question {
                    kind: question.kind,
                    rows: vec![row],
                };
                open.push((one, standing));
            }
        }
        open
    }
}
