//! The current values under one key if people wrote concurrently: which differ, and which agree.

use std::collections::BTreeSet;

use super::read::Stated;
use crate::model::{
    note::Note,
    observation::{Statement, one_of_each_figure},
    record::Concurrent,
    schema::Container,
};

/// The values with different texts; of equal ones the first.
pub(super) fn distinct(values: Vec<Concurrent>) -> Vec<Concurrent> {
    if values.len() < 2 {
        return values;
    }
    let mut seen = BTreeSet::new();
    let mut values = values;
    values.retain(|one| seen.insert(one.value.clone()));
    values
}

/// The contradicting values of a container's key; fewer than two if none contradict. They may come
/// from several documents that hold the same key.
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

/// The statements of a key, one of each figure, and the texts that are not statements here.
pub(super) fn statements(values: Vec<Concurrent>) -> (Vec<Stated>, Vec<Concurrent>) {
    let (stated, unreadable) = figures(values);
    let stated = stated.into_iter().map(|(statement, one)| Stated {
        statement,
        actor: one.actor,
        op: one.op,
    });
    (stated.collect(), unreadable)
}

/// Like [`statements`], with their texts.
fn figures(values: Vec<Concurrent>) -> (Vec<(Statement, Concurrent)>, Vec<Concurrent>) {
    let (mut stated, mut unreadable) = (Vec::new(), Vec::new());
    for one in distinct(values) {
        match Statement::decode(&one.value) {
            Ok(statement) => stated.push((statement, one)),
            Err(_) => unreadable.push(one),
        }
    }
    if stated.len() > 1 {
        stated = one_of_each_figure(stated, |(statement, _)| statement);
    }
    (stated, unreadable)
}

/// The notes of a key, without repetitions and without those that no form would accept.
pub(super) fn notes(values: Vec<Concurrent>) -> Vec<Note> {
    let values = distinct(values).into_iter();
    let notes = values.map(|one| Note::decode(&one.value));
    notes.filter(Note::fits).collect()
}

/// The notes of a key if two of them differ although they were written for one figure. Notes for
/// different figures stand side by side, as the figures do. But choosing a note overwrites all of
/// them, so a person sees them all.
fn one_figures_notes(values: Vec<Concurrent>) -> Vec<Concurrent> {
    let values: Vec<_> = distinct(values)
        .into_iter()
        .map(|one| (Note::decode(&one.value), one))
        .filter(|(note, _)| note.fits())
        .map(|(note, one)| (note.figure, one))
        .collect();
    let mut seen = BTreeSet::new();
    if values.iter().all(|(figure, _)| seen.insert(figure)) {
        return Vec::new();
    }
    values.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::DefinitionHash,
        model::{Audience, observation::Status},
    };

    #[test]
    fn a_choice_between_notes_shows_all_that_it_writes_over() {
        let figure = |numerator: i64| Statement {
            numerator: Some(numerator.into()),
            ..Statement::without_figure(
                DefinitionHash::new([1; 32]),
                Status::Normal,
                Audience::Network,
            )
        };
        let values = |notes: &[(&str, i64)]| {
            let notes = notes.iter().zip(1..);
            let notes = notes.map(|((text, numerator), n)| Concurrent {
                value: Note::of(text, &figure(*numerator)).encode(),
                actor: [1; 16],
                op: n,
            });
            one_figures_notes(notes.collect()).len()
        };
        assert_eq!(values(&[("a", 50), ("b", 60)]), 0);
        assert_eq!(values(&[("a", 50), ("a", 50)]), 0);
        assert_eq!(values(&[("a", 50), ("b", 50), ("c", 60)]), 3);
        // Compared with each other, these take 900 million comparisons.
        let mut many: Vec<_> = (0..30_000).map(|numerator| ("a", numerator)).collect();
        assert_eq!(values(&many), 0);
        many.push(("b", 29_999));
        assert_eq!(values(&many), many.len());
    }
}
