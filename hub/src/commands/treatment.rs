//! `weft-hub treatment`: how each location was served.

use clap::{Args as ClapArgs, ValueEnum};
use weft_host::{
    output::{ExitCode, Io},
    reply::Outcome,
};

use super::Json;
use crate::{app::AppHandle, treatment::TREATMENT};

/// The arguments of `treatment`.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub struct Args {
    /// The format, if it is not a table.
    #[arg(long, value_enum, conflicts_with = "json")]
    pub format: Option<Format>,
    /// Print JSON instead of a table.
    #[command(flatten)]
    pub json: Json,
}

/// A format for files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line for each location.
    Csv,
}

pub(super) fn shape() -> String {
    TREATMENT.shape()
}

pub(super) async fn run(app: &AppHandle, args: Args, io: &mut Io) -> Outcome {
    let rows = app.treatment().await?;
    if args.format == Some(Format::Csv) {
        io.out().write_all(&TREATMENT.csv(&rows, false))?;
        return Ok(ExitCode::Ok);
    }
    let zone = app.read(|at| Ok(at.zone())).await?;
    io.list(&TREATMENT, &rows, args.json.json, &zone)
}
