//! `bundle`: what our devices saved as a file, for a stick where there is no line.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use weft_host::{
    clock,
    failure::Failure,
    file::size,
    output::{ExitCode, Io},
    reply::Outcome,
};
use weft_shared::text::counted;
use weft_store::bundle::{Bundle, BundleError, Carried};

use super::Context;
use crate::replica::CarryError;

/// Carry what our devices saved on a stick, between them or to the hub.
#[derive(Args, Debug)]
pub(crate) struct BundleArgs {
    #[command(subcommand)]
    pub(crate) act: Act,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Act {
    /// Write everything that this computer has of our location to a new file. weft-node bundle
    /// apply takes it in on another of our devices, and weft-hub bundle apply at the hub. Records
    /// for our team alone are sealed in it; all others can be read by anybody who has the file.
    Create {
        /// The file, such as fn.weft-bundle on a stick.
        file: PathBuf,
    },
    /// Take in what is new in such a file. Every entry is checked like one that comes over the
    /// line, so it does not matter who carried it. It counts as shared with the hub only once the
    /// hub has it.
    Apply {
        /// The file.
        file: PathBuf,
    },
}

pub(super) fn run(context: &mut Context<'_>, args: BundleArgs) -> Outcome {
    match args.act {
        Act::Create { file } => {
            let path = context.path(&file);
            let to = path.clone();
            let held = context
                .node
                .read(move |replica| replica.write_bundle(&to, clock::now()))?;
            let held = held.map_err(failure)?;
            context.io.tell(format_args!(
                "Wrote {} ({}): {} of our devices and {} of the hub. Records for our team alone \
                 are sealed in it; all others can be read by anybody who has the file. On another \
                 of our devices: weft-node bundle apply FILE; at the hub: weft-hub bundle apply \
                 FILE.",
                path.display(),
                size(held.bytes),
                counted(held.entries, "entry", "entries"),
                counted(held.of_hub, "entry", "entries"),
            ))?;
            Ok(ExitCode::Ok)
        }
        Act::Apply { file } => {
            let path = context.path(&file);
            let bundle = Bundle::open(&path).map_err(|error| failure(error.into()))?;
            let taken = context
                .node
                .read(move |replica| replica.take_bundle(&bundle, clock::now()))?;
            told(context.io, &taken.map_err(failure)?)
        }
    }
}

fn told(io: &mut Io, taken: &Carried) -> Outcome {
    for line in taken.lines() {
        io.tell(format_args!("{line}"))?;
    }
    match taken.refused.is_empty() {
        true => Ok(ExitCode::Ok),
        false => Ok(ExitCode::Refused),
    }
}

fn failure(error: CarryError) -> Failure {
    match error {
        CarryError::Alone(alone) => alone.into(),
        CarryError::Bundle(error @ BundleError::Store(_)) => Failure::failed(format_args!(
            "{error}. What had been taken until then stays; try again."
        )),
        CarryError::Bundle(error) => Failure::usage(format_args!("Nothing was done: {error}.")),
        CarryError::Foreign => Failure::usage(
            "Nothing was taken: that bundle is of another location. weft-node bundle create makes \
             one on a device of ours.",
        ),
    }
}
