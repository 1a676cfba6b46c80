//! `verify`: proves offline that every change in the documents was signed by an admitted device.

use clap::Args;

use crate::commands::Json;

/// Prove, without the hub, that every change in our documents is covered by an entry signed by a
/// device that our roster admitted; lists every exception.
#[derive(Args, Debug)]
#[command(
    after_help = "With --json: {entries, changes, devices, exceptions: [{log, entry, what}]}."
)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) json: Json,
}

pub(crate) fn run(context: &mut super::Context<'_>, _args: Verify) -> super::Outcome {
    context.tell("not yet")
}
