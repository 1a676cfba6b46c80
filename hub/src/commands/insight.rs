//! `weft-hub insight`: what locations heard and learnt, as far as they shared it.

use clap::Subcommand;
use weft_host::output::{ExitCode, Io};

use super::{Failure, plan};
use crate::app::AppHandle;

/// Commands upon shared insights.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the insights that locations shared, with their words unless withdrawn.
    ///
    /// JSON: as `plan list`, with `words` (null where withdrawn).
    List(plan::List),
}

pub(super) async fn run(
    app: &AppHandle,
    command: Command,
    io: &mut Io,
) -> Result<ExitCode, Failure> {
    let Command::List(args) = command;
    let records = app.insights(args.location.as_ref()).await?;
    plan::print(&records, args.json.json, io)
}
