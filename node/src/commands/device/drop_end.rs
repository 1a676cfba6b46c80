//! `device drop`: takes back what a revoked device wrote last.

use clap::Args;
use weft_host::{failure::Failure, output::ExitCode, reply::Outcome};
use weft_shared::{identity::Operation, text::counted};

use super::named;
use crate::commands::Context;

/// Arguments of `device drop`.
#[derive(Args, Debug)]
pub(crate) struct Drop {
    /// The device's number, its name, or the beginning of its id, as `device list` shows them.
    pub(crate) device: String,
    /// Keep its first ENTRIES saves. Without it, all are dropped that no one has built on.
    #[arg(long, value_name = "ENTRIES")]
    pub(crate) keep: Option<u64>,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &Drop) -> Outcome {
    const UNDONE: &str = "Nothing was dropped.";
    let undone = |why: Failure| why.undone(UNDONE);
    // Exchange first to learn what others have built on it meanwhile.
    context.node.exchange().map_err(undone)?;
    let device = named(context, &args.device, UNDONE)?;
    let name = &device.name;
    let Some(seal) = device.sealed else {
        return Err(Failure::needs_action(format_args!(
            "\"{name}\" is not revoked. {UNDONE} Revoke it first: weft-node device revoke {}.",
            device.dix
        )));
    };
    context.node.admin_alone("drops what a device wrote")?;
    let (dix, keep) = (device.dix, args.keep.unwrap_or(0));
    let end = context
        .node
        .read(move |replica| replica.droppable(dix, keep))??;
    let builders: Vec<String> = end
        .builders
        .iter()
        .map(|one| format!("\"{one}\""))
        .collect();
    let builders = builders.join(", ");
    let asked_for = args.keep.is_some() && end.first > keep + 1;
    if asked_for || end.first > end.last || device.dropped.is_some_and(|held| held <= end.first) {
        if builders.is_empty() {
            return context
                .io
                .tell(nothing_left(name, end.last, keep, device.dropped.is_some()));
        }
        return Err(Failure::needs_action(format_args!(
            "What {builders} wrote builds on entry {} of \"{name}\", so only later entries can be \
             dropped. {UNDONE}",
            end.first - 1
        )));
    }
    let count = counted(end.last - end.first + 1, "save", "saves");
    let plan = format!(
        "This drops {count} of \"{name}\" ({} to {}) for good, at the hub and on every device of \
         this location.",
        end.first, end.last
    );
    if !args.yes && !context.io.types_yes(&plan, "Drop them?")? {
        return Err(Failure::needs_action(format_args!(
            "{plan} {UNDONE} Say so with --yes; weft-node export keeps a copy."
        )));
    }
    let operation = Operation::Void {
        dix,
        first: end.first,
        last: seal.dseq,
        hash: seal.hash,
    };
    context.node.roster(operation).map_err(undone)?;
    let kept = if builders.is_empty() {
        String::new()
    } else {
        format!(" What came before stays, because {builders} built on it.")
    };
    context.io.tell(format_args!(
        "{count} of \"{name}\" dropped; the signed headers stay.{kept}"
    ))?;
    Ok(ExitCode::Ok)
}

/// Says why nothing of a device can be dropped: it shared `last` entries, and `keep` are kept.
fn nothing_left(name: &str, last: u64, keep: u64, dropped: bool) -> String {
    if last == 0 {
        return format!("\"{name}\" never shared anything, so there is nothing to drop.");
    }
    if dropped {
        return format!("Nothing of \"{name}\" is left to drop: it was dropped already.");
    }
    let saves = counted(last, "save", "saves");
    format!("\"{name}\" shared {saves}, and --keep {keep} keeps them all. Nothing was dropped.")
}

#[cfg(test)]
mod tests {
    use super::nothing_left;

    #[test]
    fn who_wrote_nothing_has_nothing_to_drop() {
        for (last, keep, dropped, words) in [
            (0, 0, false, "never shared anything, so there is nothing"),
            (3, 0, true, "is left to drop: it was dropped already"),
            (3, 5, false, "shared 3 saves, and --keep 5 keeps them all"),
        ] {
            let told = nothing_left("Phone", last, keep, dropped);
            assert!(told.contains(words), "{told}");
        }
    }
}
