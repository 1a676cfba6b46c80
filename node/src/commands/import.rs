//! `import`: indicator values from a file.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::commands::AudienceArg;

/// Bring in indicator values from a file.
#[derive(Args, Debug)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) command: ImportCommand,
}

/// What to bring in.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Indicator values from a CSV file: all of it, or nothing and every problem with its line.
    Observations(Observations),
}

#[derive(Args, Debug)]
pub(crate) struct Observations {
    /// The file. Its columns, in any order: area_code, indicator_code, breakdown, breakdown_value,
    /// period, numerator, denominator, and where there are such location_code, value, obs_status,
    /// as_at, method, note. Others are named and ignored.
    pub(crate) file: PathBuf,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take only the rows of our own areas from a file that holds others too.
    #[arg(long)]
    pub(crate) own_areas: bool,
    /// Leave out rows with problems, and say which.
    #[arg(long)]
    pub(crate) skip_invalid: bool,
    /// Replace values that a person entered later.
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) audience: AudienceArg,
    #[command(flatten)]
    pub(crate) json: crate::commands::Json,
}

pub(crate) fn run(context: &mut super::Context<'_>, _args: Import) -> super::Outcome {
    context.tell("not yet")
}
