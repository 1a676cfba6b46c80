//! `insight withdraw`: deletes the words of an insight whose teller took it back.

use weft_host::{clock, failure::Failure, reply::Outcome};
use weft_shared::model::{Audience, schema::RecordKind};

use super::found;
use crate::{
    commands::{Context, travels_to},
    edits::records,
};

const UNDONE: &str = "Nothing was withdrawn.";

/// Withdraws an insight, once a person has said that its words may go for good.
pub(super) fn run(
    context: &mut Context<'_>,
    kind: RecordKind,
    id: &str,
    (audience, yes): (Option<Audience>, bool),
) -> Outcome {
    let text = id.to_owned();
    let (id, words) = context.node.read(move |replica| {
        let row = found(replica, kind, &text)?;
        travels_to(audience, row.record.audience)?;
        let words = (!row.record.withdrawn).then_some(row.words);
        Ok::<_, Failure>((row.record.id, words))
    })??;
    let Some(words) = words else {
        return context
            .io
            .tell("It had been withdrawn already; nothing was changed.");
    };
    let words = words.map_or_else(String::new, |words| {
        let shown: String = words.chars().take(SHOWN_MAX).collect();
        format!(" (\"{shown}\")")
    });
    let plan = format!(
        "This deletes the words of the insight{words} for good, here, at the hub and on every \
         device of this location."
    );
    if !yes && !context.io.types_yes(&plan, "Delete them?")? {
        return Err(Failure::needs_action(format_args!(
            "{plan} {UNDONE} Say so with --yes; weft-node insight remove only takes it out of the \
             lists."
        )));
    }
    let local = context.node.read(move |replica| {
        let row = found(replica, kind, &id.to_string())?;
        let (edit, shared) = records::withdraw(replica, &row)?;
        replica.save(vec![edit], clock::now())?;
        Ok::<_, Failure>(!shared)
    })??;
    context.io.tell(if local {
        "Withdrawn: its words are deleted from this computer, and their sealed copies at the hub \
         and on your team's other devices when they next exchange."
    } else {
        "Withdrawn: its words are deleted from this computer, and at the hub and on your \
         colleagues' devices when they next exchange. Copies that somebody exported before cannot \
         be recalled; what was shared with a public agency may have to be kept by law."
    })
}

/// Maximum characters of the words that the question shows.
const SHOWN_MAX: usize = 60;
