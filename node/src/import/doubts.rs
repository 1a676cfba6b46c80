//! Questions about the figures of a file, to answer before they are saved.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::IndicatorCode,
    model::observation::ObservationKey,
    validation::{
        question::{Answers, Kind, Question, Questions, Row, keep},
        slips::{Series, Terms},
    },
};

use super::{Change, Context, Options, Plan, signs::Signs};
use crate::view::questions::Standing;

/// Checks a plan against the current values, records its questions, and applies the answers.
pub(super) fn ask(plan: &mut Plan, signs: &Signs, context: &Context<'_>, options: &Options) {
    let answers = &options.confirm;
    let mut questions = questions(&plan.changes, context);
    // A number with two readings may be the current value, or another one.
    for change in plan.changes.iter().chain(&plan.conflicts) {
        for words in signs.doubts.get(&change.line).into_iter().flatten() {
            let row = Row {
                line: Some(change.line),
                key: change.key.clone(),
                words: words.clone(),
            };
            questions.add(Kind::Sign, row);
        }
    }
    for (kind, row) in std::mem::take(&mut plan.asked) {
        questions.add(kind, row);
    }
    for change in &mut plan.changes {
        let words = questions.confirmed(&change.key, answers);
        keep(&mut change.statement, words);
    }
    plan.questions = questions;
    beside(plan, context, options);
    confirm_what_stands(plan, context, answers);
}

/// Collects the questions about current figures that new ones raise. An answer counts for what the
/// person had seen: a row of the file, or a figure that was shown. Everything else stays open.
fn beside(plan: &mut Plan, context: &Context<'_>, options: &Options) {
    let in_file: BTreeSet<&ObservationKey> = plan.same.iter().map(|one| &one.key).collect();
    for Question { kind, rows } in plan.questions.open(&Answers::NONE) {
        for row in rows.into_iter().filter(|row| row.line.is_none()) {
            let standing = match context.existing.get(&row.key).map(Vec::as_slice) {
                Some([standing]) => standing,
                Some([_, _, ..]) => {
                    let rows = vec![row];
                    let open = (Question { kind, rows }, Standing::Contested);
                    plan.open_beside.push(open);
                    continue;
                }
                Some([]) | None => continue,
            };
            let known = options.shown.contains(&row) || in_file.contains(&row.key);
            if known && options.confirm.has(kind) {
                let words = plan.questions.confirmed(&row.key, &options.confirm);
                let mut statement = standing.clone();
                keep(&mut statement, words);
                plan.answered_beside.push((row.key, statement));
            } else {
                let rows = vec![row];
                let standing = Standing::Settled(Box::new(standing.clone()));
                plan.open_beside.push((Question { kind, rows }, standing));
            }
        }
    }
}

/// Adds answers to current figures if the same file is imported again to give them.
fn confirm_what_stands(plan: &mut Plan, context: &Context<'_>, answers: &Answers) {
    let same = std::mem::take(&mut plan.same);
    if *answers == Answers::NONE {
        return;
    }
    let questions = questions(&same, context);
    let beside = plan.answered_beside.iter();
    let beside: BTreeSet<_> = beside.map(|(key, _)| key.clone()).collect();
    for mut change in same {
        if beside.contains(&change.key) {
            continue;
        }
        let words = questions.confirmed(&change.key, answers);
        let Some(standing) = context
            .existing
            .get(&change.key)
            .and_then(|all| all.first())
        else {
            continue;
        };
        let mut statement = standing.clone();
        keep(&mut statement, words);
        if statement == *standing {
            continue;
        }
        change.statement = statement;
        plan.unchanged -= 1;
        plan.changes.push(change);
    }
}

fn questions(changes: &[Change], context: &Context<'_>) -> Questions {
    let indicators = context.indicators.iter();
    let bases: Vec<_> = indicators
        .clone()
        .map(|(_, indicator)| indicator.base_from())
        .collect();
    let terms: BTreeMap<IndicatorCode, Terms<'_>> = indicators
        .zip(&bases)
        .map(|((code, indicator), base_from)| {
            let terms = Terms {
                definition: indicator.definition,
                base_from,
            };
            (code.clone(), terms)
        })
        .collect();
    let mut series = Series::default();
    for (key, stated) in context.existing {
        series.stands(key, stated);
    }
    for change in changes {
        series.comes(&change.key, &change.statement, Some(change.line));
    }
    series.questions(&terms)
}
