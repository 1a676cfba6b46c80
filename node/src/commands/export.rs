//! `export`: everything, as plain files.

use std::path::PathBuf;

use clap::Args;

/// Write everything that this node holds as plain files.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// A directory that does not exist yet, or is empty.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// csv for spreadsheets, json for programs, automerge for the documents with their history.
    #[arg(long, default_value = "csv", value_parser = ["csv", "json", "automerge"])]
    pub(crate) format: String,
}

pub(crate) fn run(context: &mut super::Context<'_>, _args: Export) -> super::Outcome {
    context.tell("not yet")
}
