//! `doctor`: checks the data directory, the store and the way to the hub.

use clap::Args;

use crate::commands::Json;

/// Check the data directory, the store and the way to the hub; says what to do about each finding.
#[derive(Args, Debug)]
#[command(after_help = "With --json: [{check, ok, finding}].")]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) json: Json,
}

pub(crate) fn run(context: &mut super::Context<'_>, _args: Doctor) -> super::Outcome {
    context.tell("not yet")
}
