//! `weft-hub bundle`: a location's entries that came on a stick.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use weft_host::{
    failure::Failure,
    output::{ExitCode, Io},
    reply::Outcome,
};

use weft_store::bundle::BundleError;

use crate::{app::AppHandle, peer};

/// The arguments of `bundle`.
#[derive(Args, Debug)]
pub struct BundleArgs {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand, Debug)]
enum Act {
    /// Take in what is new in a file that weft-node bundle create made. Every entry is checked like
    /// one that comes over the line. The location hears that the hub has it with its next exchange.
    Apply {
        /// The file.
        file: PathBuf,
    },
}

pub(super) async fn run(app: &AppHandle, args: BundleArgs, cwd: &Path, io: &mut Io) -> Outcome {
    let Act::Apply { file } = args.act;
    let taken = peer::bundle::apply(app, &cwd.join(file)).await;
    let taken = taken.map_err(|error| match error {
        BundleError::Store(_) => Failure::failed(format_args!(
            "{error}. What had been taken until then stays; try again."
        )),
        _ => Failure::usage(format_args!("Nothing was done: {error}.")),
    })?;
    let taken = taken.ok_or_else(|| {
        Failure::usage(
            "Nothing was taken: that bundle is of no location that has joined this network.",
        )
    })?;
    for line in taken.lines() {
        io.tell(format_args!("{line}"))?;
    }
    match taken.refused.is_empty() {
        true => Ok(ExitCode::Ok),
        false => Ok(ExitCode::Refused),
    }
}
