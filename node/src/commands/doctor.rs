//! `doctor`: checks the data directory, the store and the way to the hub.

use clap::Args;
use weft_host::{clock, reply::Outcome, table::Finding};

use super::{Context, Json};

/// Check the data directory, the store and the way to the hub, with advice for each finding.
/// Nothing is shared for that.
#[derive(Args, Debug)]
#[command(after_help = "With --json: [{check, ok, finding}].")]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) json: Json,
}

pub(crate) fn run(context: &mut Context<'_>, args: Doctor) -> Outcome {
    // Ask first for the hub's time.
    let hub = match context.node.probe() {
        Ok(()) => Finding::new("hub", true, "it serves this device"),
        Err(failure) => Finding::new("hub", false, failure.to_string()),
    };
    let mut checks = context
        .node
        .read(|replica| replica.doctor(clock::now()))??;
    let folder = context.node.folder();
    checks.insert(
        0,
        Finding::new("data directory", true, folder.display().to_string()),
    );
    checks.push(hub);
    context.io.findings(&checks, args.json.json)
}
