//! `sync`: one exchange with the hub.

use clap::Args;
use weft_host::{output::ExitCode, reply::Outcome};
use weft_shared::text::counted;

use super::Context;
use crate::{
    replica::DocumentError,
    view::clock_words,
    words::{not_taken, several_answers},
};

/// Exchange with the hub once: send what waits, and receive what is new.
#[derive(Args, Debug)]
pub(crate) struct Sync {
    /// Exchange once and end; weft-node run keeps in touch.
    #[arg(long, required = true)]
    pub(crate) once: bool,
}

pub(crate) fn run(context: &mut Context<'_>) -> Outcome {
    context.node.exchange()?;
    let (status, conflicts) = context.node.read(|replica| {
        let conflicts = replica.conflict_count()?;
        Ok::<_, DocumentError>((replica.brief()?, conflicts))
    })??;
    let shared = status.last_shared.map_or_else(
        || "Nothing has been shared yet.".to_owned(),
        |at| format!("Last shared {}.", context.node.zone().minute(at)),
    );
    let same = if status.void == 0 {
        "The hub and this computer hold the same."
    } else {
        "The hub has taken all but what is said below."
    };
    context.io.tell(format_args!("{same} {shared}"))?;
    if let Some(behind_ms) = status.clock_behind_ms {
        context.io.tell(clock_words(behind_ms))?;
    }
    let troubles = status.held + status.quarantined;
    if troubles > 0 {
        context.io.tell(format_args!(
            "{} not be read into the documents; weft-node status says more.",
            counted(troubles, "change could", "changes could")
        ))?;
    }
    if let Some(words) = several_answers(conflicts) {
        context.io.tell(words)?;
    }
    if status.void > 0 {
        context.io.tell(not_taken(status.void))?;
        return Ok(ExitCode::NeedsAction);
    }
    Ok(ExitCode::Ok)
}
