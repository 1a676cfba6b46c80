//! Tells contradictions between statements from mere marks on one figure.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{Statement, Status};
use crate::{
    id::DefinitionHash,
    model::{Audience, number::Number},
};

/// A statement without its marks: definition, numbers, status and audience.
type Figure = (DefinitionHash, [Option<Number>; 5], Status, Audience);

impl Statement {
    /// Whether two such statements, made concurrently, contradict each other: their definition,
    /// numerator, denominator, value, lower, upper, status or audience differs. The method,
    /// confirmations and a publisher's sign are marks on a figure and contradict nothing.
    pub fn contests(&self, other: &Self) -> bool {
        self.figure() != other.figure()
    }

    const fn figure(&self) -> Figure {
        // Each member is named, so that a new one is not forgotten.
        let Self {
            definition,
            numerator,
            denominator,
            value,
            lower,
            upper,
            status,
            audience,
            method: _,
            confirmed: _,
            sign: _,
        } = self;
        let numbers = [*numerator, *denominator, *value, *lower, *upper];
        (*definition, numbers, *status, *audience)
    }
}

/// Returns one statement of each figure. Of those that differ only in marks, it keeps the one with
/// the most, and of these the one whose text sorts last. Arrival order makes no difference.
///
/// `statement` gets the statement of an item; figures keep the order of their first items.
pub fn one_of_each_figure<T>(
    items: impl IntoIterator<Item = T>,
    statement: impl Fn(&T) -> &Statement,
) -> Vec<T> {
    let mut figures: Vec<T> = Vec::new();
    // One device can put thousands under a key, so each is looked up.
    let mut places = BTreeMap::new();
    for item in items {
        match places.entry(statement(&item).figure()) {
            Entry::Vacant(place) => {
                place.insert(figures.len());
                figures.push(item);
            }
            Entry::Occupied(place) => {
                let known = &mut figures[*place.get()];
                if rank(statement(known)) < rank(statement(&item)) {
                    *known = item;
                }
            }
        }
    }
    figures
}

fn rank(statement: &Statement) -> (usize, bool, bool, String) {
    (
        statement.confirmed.len(),
        statement.sign.is_some(),
        statement.method.is_some(),
        statement.encode(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(numerator: i64) -> Statement {
        Statement {
            numerator: Some(Number::from(numerator)),
            ..Statement::without_figure(
                DefinitionHash::new([9; 32]),
                Status::Normal,
                Audience::Network,
            )
        }
    }

    #[test]
    fn every_member_contests_but_the_marks() {
        let one = stated(50);
        let number = Some(Number::from(1));
        let others = [
            stated(51),
            Statement {
                definition: DefinitionHash::new([8; 32]),
                ..one.clone()
            },
            Statement {
                denominator: number,
                ..one.clone()
            },
            Statement {
                value: number,
                ..one.clone()
            },
            Statement {
                lower: number,
                ..one.clone()
            },
            Statement {
                upper: number,
                ..one.clone()
            },
            Statement {
                status: Status::Estimated,
                ..one.clone()
            },
            Statement {
                audience: Audience::Released,
                ..one.clone()
            },
        ];
        for other in &others {
            assert!(one.contests(other) && other.contests(&one), "{other:?}");
        }
        let marked = Statement {
            method: Some("counted".to_owned()),
            confirmed: ["magnitude".to_owned()].into_iter().collect(),
            sign: Some("r".to_owned()),
            ..stated(50)
        };
        assert!(!one.contests(&marked));
        for items in [[&one, &marked, &others[0]], [&marked, &one, &others[0]]] {
            assert_eq!(one_of_each_figure(items, |one| one), [&marked, &others[0]]);
        }
    }

    /// Compared with each other, these take 1.8 thousand million comparisons.
    #[test]
    fn as_many_statements_as_a_document_holds_are_told_apart_at_once() {
        let all: Vec<Statement> = (0..60_000).map(stated).collect();
        let marked = Statement {
            sign: Some("r".to_owned()),
            ..stated(59_999)
        };
        let one = one_of_each_figure(all.iter().chain([&marked]), |one| one);
        assert_eq!(one.len(), all.len());
        assert_eq!(one[59_999], &marked);
        assert_eq!(one[..59_999], all.iter().collect::<Vec<_>>()[..59_999]);
    }
}
