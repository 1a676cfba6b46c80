//! `sync`: one exchange with the hub.

use clap::Args;
use weft_host::{output::ExitCode, text::minute};

use super::{Context, Outcome};
use crate::{replica::Replica, view::clock_words, words::counted};

/// Share what waits with the hub and take what is new, once.
#[derive(Args, Debug)]
pub(crate) struct Sync {
    /// Exchange once and end; `weft-node run` keeps in touch.
    #[arg(long, required = true)]
    pub(crate) once: bool,
}

pub(crate) fn run(context: &mut Context<'_>) -> Outcome {
    context.node.exchange()?;
    let status = context.node.read(Replica::status)??;
    let shared = status.last_shared.map_or_else(
        || "Nothing has been shared yet.".to_owned(),
        |at| format!("Last shared {}.", minute(at)),
    );
    context.tell(format_args!(
        "The hub and this computer hold the same. {shared}"
    ))?;
    if let Some(behind_ms) = status.clock_behind_ms {
        context.tell(clock_words(behind_ms))?;
    }
    let troubles = status.held + status.quarantined + status.void;
    if troubles > 0 {
        context.tell(format_args!(
            "{} not be read into the documents; weft-node status says more.",
            counted(troubles, "change could", "changes could")
        ))?;
    }
    Ok(ExitCode::Ok)
}
