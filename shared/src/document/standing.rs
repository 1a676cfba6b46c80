//! What stands under one key if people wrote at once: which values differ, and which are one.

use std::collections::BTreeSet;

use super::read::Stated;
use crate::model::{
    note::Note,
    observation::{Statement, one_of_each_figure},
    record::Concurrent,
    schema::Container,
};

/// The values that differ in their text; of equal ones the first.
pub(super) fn distinct(values: Vec<Concurrent>) -> Vec<Concurrent> {
    if values.len() < 2 {
        return values;
    }
    let mut seen = BTreeSet::new();
    let mut values = values;
    values.retain(|one| seen.insert(one.value.clone()));
    values
}

/// The values of a container's key that contradict each other; fewer than two if none do. They may
/// be of several documents that hold the same key.
#[must_use]
pub fn contested(container: Container, values: Vec<Concurrent>) -> Vec<Concurrent> {
    if values.len() < 2 {
        return values;
    }
    if container == Container::Observations {
        let (stated, unreadable) = figures(values);
        let stated = stated.into_iter().map(|(_, one)| one);
        stated.chain(unreadable).collect()
    } else if container == Container::Notes {
        one_figures_notes(values)
    } else {
        distinct(values)
    }
}

/// The statements of a key, one of each figure, and the texts that are no statements here.
pub(super) fn statements(values: Vec<Concurrent>) -> (Vec<Stated>, Vec<Concurrent>) {
    let (stated, unreadable) = figures(values);
    let stated = stated.into_iter().map(|(statement, one)| Stated {
        statement,
        actor: one.actor,
        op: one.op,
    });
    (stated.collect(), unreadable)
}

/// As [`statements`], with their texts.
fn figures(values: Vec<Concurrent>) -> (Vec<(Statement, Concurrent)>, Vec<Concurrent>) {
    let (mut stated, mut unreadable) = (Vec::new(), Vec::new());
    for one in distinct(values) {
        match Statement::decode(&one.value) {
            Ok(statement) => stated.push((statement, one)),
            Err(_) => unreadable.push(one),
        }
    }
    (
        one_of_each_figure(stated, |(statement, _)| statement),
        unreadable,
    )
}

/// The notes of a key, each with another text or figure.
pub(super) fn notes(values: Vec<Concurrent>) -> Vec<Note> {
    let values = distinct(values).into_iter();
    values.map(|one| Note::decode(&one.value)).collect()
}

/// The notes that differ although they were written for one figure. Notes for different figures
/// stand side by side, as the figures do.
fn one_figures_notes(values: Vec<Concurrent>) -> Vec<Concurrent> {
    let values: Vec<_> = distinct(values)
        .into_iter()
        .map(|one| (Note::decode(&one.value).figure, one))
        .collect();
    let of = |(figure, _): &(_, Concurrent)| {
        let same = values.iter().filter(|other| other.0 == *figure);
        same.count() > 1
    };
    let first = values.iter().find(|one| of(one)).map(|one| one.0.clone());
    let Some(figure) = first else {
        return Vec::new();
    };
    let values = values.into_iter().filter(|one| one.0 == figure);
    values.map(|(_, one)| one).collect()
}
