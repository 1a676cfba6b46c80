//! Changes that people make: values, records, decisions and settlements as edits of the documents
//! for their audiences. Commands, pages and imports use the same functions.

pub(crate) mod agenda;
mod decision;
pub(crate) mod define;
pub(crate) mod earlier;
pub(crate) mod import;
pub(crate) mod investment;
pub(crate) mod observations;
pub(crate) mod records;
mod settlement;

pub(crate) use self::{
    decision::{answer_after, decision, loses_yes},
    settlement::{audiences, settlement},
};

use weft_host::failure::Failure;
use weft_shared::{model::record::FieldProblem, text::sentence};

/// The refusal of fields, with all that is wrong with them.
fn refused(problems: &[FieldProblem]) -> Failure {
    let texts: Vec<String> = problems
        .iter()
        .map(|one| sentence(&one.to_string()))
        .collect();
    Failure::usage(format_args!("{} Nothing was saved.", texts.join(" ")))
}
