//! Tells contradictions between statements from mere marks on one figure.

use super::Statement;

impl Statement {
    /// Whether two such statements, made concurrently, contradict each other: their definition,
    /// numerator, denominator, value, lower, upper, status or audience differs. The method,
    /// confirmations and a publisher's sign are marks on a figure and contradict nothing.
    #[must_use]
    pub fn contests(&self, other: &Self) -> bool {
        self.unmarked() != other.unmarked()
    }

    /// The figure without its marks.
    fn unmarked(&self) -> Self {
        Self {
            method: None,
            confirmed: Default::default(),
            sign: None,
            ..self.clone()
        }
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
    for item in items {
        let same = |known: &&mut T| !statement(known).contests(statement(&item));
        match figures.iter_mut().find(same) {
            Some(known) if rank(statement(known)) < rank(statement(&item)) => *known = item,
            Some(_) => {}
            None => figures.push(item),
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
    use crate::{
        id::DefinitionHash,
        model::{Audience, number::Number, observation::Status},
    };

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
                audience: Audience::Public,
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
}
