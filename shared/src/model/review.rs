//! Learning reviews: what moved, the story behind it, and what was decided.

use super::{
    form::problem,
    plan::{LINE, PROSE, TAG_BYTES_MAX},
    record::{FieldProblem, Fields},
    schema::{FieldKind as Kind, FieldSpec, RecordKind::Partner},
};
use crate::period::Date;

pub(super) const REVIEW: &[FieldSpec] = &[
    FieldSpec::required("question", "Question", LINE).hint("What the review looked into"),
    FieldSpec::optional("indicator", "Indicator", Kind::Indicator)
        .hint("The code of the indicator whose curve it is about"),
    FieldSpec::optional("outcomes", "Outcomes", Kind::Outcomes).hint("What it was about"),
    FieldSpec::required("period", "Period", Kind::Period).hint("The time it looked back on"),
    FieldSpec::required("on", "Held on", Kind::Date).hint("The day it was held"),
    FieldSpec::optional("took_part", "Took part", Kind::Tags(TAG_BYTES_MAX))
        .hint("Roles and organisations, no names of people"),
    FieldSpec::optional("story", "Story", PROSE).hint("What moved, and the story behind it"),
    FieldSpec::optional("partners", "Partners", Kind::References(Partner))
        .hint("Who has a part in doing better"),
    FieldSpec::optional("works", "What works", PROSE).hint("What works, and what might"),
    FieldSpec::required("decided", "Decided", PROSE).hint("What was decided"),
    FieldSpec::optional("next", "Next review", Kind::Date).hint("The day of the next one"),
];

/// The problems with the fields of a review together.
pub(super) fn across(fields: &Fields) -> Vec<FieldProblem> {
    let day = |key: &str| fields.get(key)?.text()?.parse::<Date>().ok();
    match (day("on"), day("next")) {
        (Some(on), Some(next)) if next <= on => {
            vec![problem("next", "the next review comes after this one")]
        }
        _ => Vec::new(),
    }
}
