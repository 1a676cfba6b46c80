//! Lines of money: each is a statement beside its investment, in the same document.

use weft_host::failure::Failure;
use weft_shared::{
    document::Document,
    id::RecordId,
    model::{
        investment::Investment,
        line::{self, Line, LineKey},
        record::{FieldProblem, Fields},
    },
    text::sentence,
};

use super::records::document;
use crate::{
    replica::{Edit, Replica},
    view::RecordRow,
};

/// States a line of an investment, over an earlier statement of the same.
pub(crate) fn line(
    replica: &mut Replica,
    edit: &mut Edit,
    row: &RecordRow,
    fields: &Fields,
) -> Result<(), Failure> {
    let Some(investment) = Investment::read(&row.record) else {
        return Err(Failure::needs_action(
            "This investment has a field that cannot be read, so nothing was saved. Show it, and \
             fill in what it must have.",
        ));
    };
    let here = document(row)?;
    let others = lines_of(replica.own_document(here)?, &investment.id);
    let (key, line) = line::line(fields, &investment, &others).map_err(refused)?;
    edit.on(here, move |editor| editor.say(&key, &line));
    Ok(())
}

/// The lines of an investment in its document; of a contested one all values.
pub(crate) fn lines_of(document: &Document, id: &RecordId) -> Vec<(LineKey, Line)> {
    let all = document.all_said::<Line>();
    let own = all.filter(|under| under.key.investment == *id);
    own.flat_map(|under| {
        let key = under.key;
        under
            .said
            .into_iter()
            .map(move |one| (key.clone(), one.value))
    })
    .collect()
}

fn refused(problems: Vec<FieldProblem>) -> Failure {
    let texts: Vec<String> = problems
        .iter()
        .map(|one| sentence(&one.to_string()))
        .collect();
    Failure::usage(format_args!("{} Nothing was saved.", texts.join(" ")))
}
