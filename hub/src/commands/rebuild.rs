//! `weft-hub rebuild`: derives all state again from the signed entries.

use std::time::Duration;

use serde_json::json;
use weft_host::{
    output::{ExitCode, Io},
    reply::Outcome,
};
use weft_shared::{id::BlobHash, text::counted};

use super::Json;
use crate::app::AppHandle;

pub(super) async fn run(app: &AppHandle, Json { json }: Json, io: &mut Io) -> Outcome {
    let rebuilding = app.rebuild();
    tokio::pin!(rebuilding);
    let report = loop {
        tokio::select! {
            report = &mut rebuilding => break report?,
            () = tokio::time::sleep(PROGRESS_TIME) => {
                let (derived, stored) = app.derived().await?;
                io.tell(format_args!("{derived} of {stored} entries are read."))?;
            }
        }
    };
    let dump = BlobHash::new(report.dump_hash).to_string();
    if json {
        let dumps: Vec<_> = report.dumps.iter().map(shape).collect();
        let value = json!({
            "entries": report.entries,
            "documents": report.documents,
            "facts": report.facts,
            "figures": report.cells,
            "dump_sha256": dump,
            "dumps": dumps,
        });
        writeln!(io.out(), "{value}")?;
        return Ok(ExitCode::Ok);
    }
    io.tell(format_args!(
        "Rebuilt from {}: {}, {}, {}.",
        counted(report.entries, "entry", "entries"),
        counted(report.documents, "document", "documents"),
        counted(report.facts, "fact", "facts"),
        counted(report.cells, "figure", "figures")
    ))?;
    writeln!(io.out(), "fingerprint {dump}")?;
    Ok(ExitCode::Ok)
}

fn shape((document, sha256): &(String, [u8; 32])) -> serde_json::Value {
    let (location, name) = document.split_once(' ').unwrap_or_default();
    let sha256 = BlobHash::new(*sha256).to_string();
    json!({"location": location, "document": name, "sha256": sha256})
}

/// Interval between reports of progress.
const PROGRESS_TIME: Duration = Duration::from_secs(2);
