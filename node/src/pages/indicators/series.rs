//! Remarks on comparing values with those before them, and the answer to "growth, or another
//! base?".

use std::collections::BTreeMap;

use weft_shared::{
    model::{
        number::Number,
        observation::{Breakdown, ObservationKey},
    },
    period::Frequency,
    rollup::series::{Point, Step, step},
    text::capital,
    validation::question::{Answer, Kind, keep, words_beside},
};

use super::super::{Answered, Fault, Reply, Visit, figure, form::Sent};
use crate::{
    edits::observations::confirm,
    replica::Edit,
    view::{IndicatorRow, ObservationRow},
};

/// The remark beside a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Beside {
    pub(super) words: String,
    /// The subject of the question, if the remark asks one.
    pub(super) asked: Option<AskedAbout>,
    /// The period and part of the population that the remark is about.
    pub(super) about: String,
}

/// A button that answers the question.
pub(super) struct AnswerButton {
    pub(super) word: &'static str,
    pub(super) label: String,
}

/// The subject of an answer: a figure, and the two counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AskedAbout {
    pub(super) key: String,
    pub(super) before: Number,
    pub(super) after: Number,
}

/// Returns the buttons with the answers to the question.
pub(super) fn buttons() -> Vec<AnswerButton> {
    let buttons = answers().iter().map(|answer| AnswerButton {
        word: answer.word,
        label: capital(answer.meaning),
    });
    buttons.collect()
}

fn answers() -> &'static [Answer] {
    Kind::Base.answers()
}

/// Builds the remarks for the values of one area.
pub(super) fn beside(
    values: &[&ObservationRow],
    row: &IndicatorRow,
) -> BTreeMap<ObservationKey, Beside> {
    let mut all: BTreeMap<(Breakdown, Frequency), Vec<(Point, &ObservationKey)>> = BTreeMap::new();
    for value in values {
        let key = &value.key;
        if let Some(point) = point(value, row) {
            let series = (key.breakdown.clone(), key.period.frequency());
            all.entry(series).or_default().push((point, key));
        }
    }
    let mut beside = BTreeMap::new();
    for points in all.values_mut() {
        points.sort_by_key(|(point, _)| point.period);
        for pair in points.windows(2) {
            let [(before, _), (after, key)] = pair else {
                continue;
            };
            let step = step(before, after, &row.versions);
            let Some(words) = step.words(before.period, &row.definition.unit) else {
                continue;
            };
            let asked = match step {
                Step::CheckBase { before, after } => Some(AskedAbout {
                    key: key.to_string(),
                    before,
                    after,
                }),
                Step::Comparable
                | Step::OtherAreas
                | Step::BaseChanged { .. }
                | Step::Break { .. } => None,
            };
            let one = Beside {
                words: capital(&words),
                asked,
                about: format!("{}, {}", key.period, figure::heading(&key.breakdown)),
            };
            beside.insert((*key).clone(), one);
        }
    }
    beside
}

/// A value as a point of its series, or `None` if it is contested or has no figure.
fn point(value: &ObservationRow, row: &IndicatorRow) -> Option<Point> {
    let stated = value.settled()?;
    let version = row.pinned(&stated.statement).map(|(one, _)| one.version);
    let key = &value.key;
    Point::of(key.period, &key.area, &stated.statement, version)
}

impl Visit<'_> {
    pub(in super::super) fn answer_base(&mut self, code: &str, sent: &Sent) -> Answered {
        let row = self.indicator(code)?;
        let key: ObservationKey = sent.first("key").parse().map_err(|_| Fault::NotFound)?;
        let word = sent.first("answer");
        let answer = answers().iter().find(|answer| answer.word == word);
        let answer = answer.ok_or(Fault::NotFound)?;
        let place = format!("/indicators/{}", row.definition.code);
        let found = self.replica.observation(&key)?;
        let found = found.filter(|_| key.indicator == row.definition.code);
        let Some(stated) = found.as_ref().and_then(ObservationRow::settled) else {
            return Ok(Reply::See(place));
        };
        let mut statement = stated.statement.clone();
        let before: Number = sent.first("before").parse().map_err(|_| Fault::NotFound)?;
        let after: Number = sent.first("after").parse().map_err(|_| Fault::NotFound)?;
        if statement.denominator != Some(after) {
            // The figure has changed since, so the page asks about the new one.
            return Ok(Reply::See(place));
        }
        keep(&mut statement, words_beside(answer.word, before));
        let mut edit = Edit::default();
        confirm(self.replica, &mut edit, &key, statement, None)?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see(&place, saved, "saved"))
    }
}
