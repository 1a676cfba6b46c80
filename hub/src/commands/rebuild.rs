//! `weft-hub rebuild`: derived state made again from the signed entries.

use serde_json::json;
use weft_host::{
    output::{ExitCode, Io},
    text::say,
};
use weft_shared::{id::BlobHash, model::counted};

use super::Failure;
use crate::{app::AppHandle, cli::Json};

/// Arguments of `rebuild`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

pub(super) async fn run(app: &AppHandle, args: Args, io: &mut Io) -> Result<ExitCode, Failure> {
    let report = app.rebuild().await?;
    let dump = BlobHash::new(report.dump_hash).to_string();
    if args.json.json {
        let value = json!({
            "entries": report.entries,
            "documents": report.documents,
            "facts": report.facts,
            "figures": report.cells,
            "dump_sha256": dump,
        });
        writeln!(io.out(), "{value}")?;
        return Ok(ExitCode::Ok);
    }
    say(
        io.err(),
        &format!(
            "Rebuilt from {}: {}, {}, {}.",
            counted(report.entries, "entry", "entries"),
            counted(report.documents, "document", "documents"),
            counted(report.facts, "fact", "facts"),
            counted(report.cells, "figure", "figures")
        ),
    )?;
    writeln!(io.out(), "dump {dump}")?;
    Ok(ExitCode::Ok)
}
