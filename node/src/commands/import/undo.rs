//! `import list` and `import undo`: the imports of this computer, and taking one back.

use serde_json::json;
use weft_host::{clock, reply::Outcome};
use weft_shared::text::counted;

use super::{Context, Json, Undo};
use crate::edits::import::undo::{Undone, imports, undo as take_back};

pub(super) fn list(context: &mut Context<'_>, json: Json) -> Outcome {
    let all = context.node.read(|replica| imports(replica))??;
    if json.json {
        let rows = all.iter().map(|one| {
            json!({
                "number": one.number,
                "at": one.at,
                "file": one.file,
                "values": one.values,
                "undone": one.undone,
            })
        });
        return context.io.json(&rows.collect::<Vec<_>>());
    }
    if all.is_empty() {
        return context.io.say("This computer has imported no file yet.");
    }
    for one in &all {
        let undone = one
            .undone
            .map_or_else(String::new, |at| format!("; taken back {at}"));
        context.io.say(format_args!(
            "{}: {}, {}, {}{undone}",
            one.number,
            one.file,
            counted(
                i64::try_from(one.values).unwrap_or(i64::MAX),
                "value",
                "values"
            ),
            one.at
        ))?;
    }
    Ok(weft_host::output::ExitCode::Ok)
}

pub(super) fn undo(context: &mut Context<'_>, args: &Undo) -> Outcome {
    let Undone {
        file,
        taken_out,
        restored,
        kept,
    } = take_back(context.node, args.number, args.keep_changed, clock::now())?;
    let out = counted(taken_out, "value is", "values are");
    let again = counted(restored, "value stands", "values stand");
    context.io.say(format_args!(
        "The import of {file} is taken back: {out} taken out, and {again} again as before. All of \
         it stays in the history."
    ))?;
    for one in &kept {
        context.io.tell(format_args!("Left as it is now: {one}."))?;
    }
    Ok(weft_host::output::ExitCode::Ok)
}
