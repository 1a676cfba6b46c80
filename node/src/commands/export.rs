//! `export`: writes everything as plain files.

use std::path::PathBuf;

use clap::Args;
use weft_host::{clock, output::ExitCode, reply::Outcome};
use weft_shared::text::counted;

use super::Context;
use crate::{
    export::{self, Format},
    replica::DocumentError,
};

/// Write everything that this node has to plain files.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// A folder that does not exist yet, or is empty.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// csv for spreadsheets, json for programs, automerge for the documents with their history.
    #[arg(long, default_value = "csv", value_parser = ["csv", "json", "automerge"])]
    pub(crate) format: String,
}

pub(crate) fn run(context: &mut Context<'_>, args: Export) -> Outcome {
    let format = match args.format.as_str() {
        "json" => Format::Json,
        "automerge" => Format::Automerge,
        _ => Format::Csv,
    };
    let to = context.path(&args.to);
    let (files, conflicts) = context.node.read(move |replica| {
        let files = export::files(replica, format, clock::now())?;
        Ok::<_, DocumentError>((files, replica.conflict_count()?))
    })??;
    export::write(&to, &files)?;
    context.io.tell(format_args!(
        "Wrote {} to {}.",
        counted(files.len(), "file", "files"),
        to.display()
    ))?;
    if conflicts > 0 {
        let open = counted(conflicts, "conflict is open", "conflicts are open");
        context.io.tell(format_args!(
            "{open}: the column contested marks them, and weft-node conflicts lists every answer."
        ))?;
    }
    Ok(ExitCode::Ok)
}
