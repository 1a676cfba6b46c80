//! `weft-hub rebuild`: derived state made again from the signed entries.

use weft_host::output::{ExitCode, Io};

use super::Failure;
use crate::app::AppHandle;

/// Arguments of `rebuild`.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) async fn run(app: &AppHandle, _: Args, io: &mut Io) -> Result<ExitCode, Failure> {
    let report = app.rebuild().await?;
    writeln!(
        io.err(),
        "Rebuilt from {} entries: {} documents, {} facts, {} figures.",
        report.entries,
        report.documents,
        report.facts,
        report.cells
    )?;
    Ok(ExitCode::Ok)
}
