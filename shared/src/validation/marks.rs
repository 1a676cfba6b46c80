//! Marks on a figure that a newer statement of the same figure keeps or replaces.

use std::collections::BTreeSet;

use super::question::{BESIDE, Kind, named};
use crate::model::observation::Statement;

/// Adds the marks of a standing statement of the same figure, regardless of either audience: to
/// leave a mark out does not remove it.
pub fn keep_marks(mut statement: Statement, standing: &Statement) -> Statement {
    let travels = Statement {
        audience: statement.audience,
        ..standing.clone()
    };
    if statement.contests(&travels) || statement.is_retraction() != standing.is_retraction() {
        return statement;
    }
    statement.method = statement.method.or_else(|| standing.method.clone());
    statement.sign = statement.sign.or_else(|| standing.sign.clone());
    statement.confirmed = replaced(&standing.confirmed, statement.confirmed);
    statement
}

/// Merges marks: each newer one replaces those about the same question.
pub(super) fn replaced(marks: &BTreeSet<String>, newer: BTreeSet<String>) -> BTreeSet<String> {
    let about = |mark: &str| {
        let kind = named(mark).map(|(kind, _)| kind);
        kind.or_else(|| mark.starts_with(BESIDE).then_some(Kind::Base))
    };
    let kinds: BTreeSet<Kind> = newer.iter().filter_map(|mark| about(mark)).collect();
    let stays = |mark: &&String| about(mark).is_none_or(|kind| !kinds.contains(&kind));
    let stay: Vec<String> = marks.iter().filter(stays).cloned().collect();
    newer.into_iter().chain(stay).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::DefinitionHash,
        model::{Audience, observation::Status},
    };

    #[test]
    fn the_same_figure_keeps_its_marks_however_far_it_travels() {
        let stated = |value: i64, audience| Statement {
            value: Some(value.into()),
            ..Statement::without_figure(DefinitionHash::new([1; 32]), Status::Normal, audience)
        };
        let marked = |audience| Statement {
            method: Some("counted".to_owned()),
            confirmed: ["magnitude".to_owned()].into_iter().collect(),
            sign: Some("r".to_owned()),
            ..stated(50, audience)
        };
        let (network, public) = (Audience::Network, Audience::Released);
        let kept = |value, audience| keep_marks(stated(value, audience), &marked(network));
        assert_eq!(kept(50, network), marked(network));
        assert_eq!(kept(50, public), marked(public));
        assert_eq!(kept(51, network), stated(51, network));
    }
}
