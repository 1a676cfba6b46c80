//! `join`: makes this computer a device of a location.

use std::path::{Path, PathBuf};

use clap::Args;
use weft_host::{
    config::Config,
    control,
    data_dir::DataDirError,
    output::{ExitCode, Io},
    text,
};
use weft_shared::identity::Invite;

use super::Outcome;
use crate::{
    LAYOUT,
    enrol::{self, Enrolled, Recovery},
    failure::Failure,
    node::Node,
    view::clock_words,
};

/// Join the network with an invite, as a new location or as a further device of one.
///
/// Prints the four words that the national team sees too: compare them by telephone. A new
/// location's recovery words are typed back on a terminal, or written to --recovery-file. Ends with
/// a first sync.
#[derive(Args, Debug)]
pub(crate) struct Join {
    /// The line beginning with weft:// that you were given.
    pub(crate) invite: String,
    /// What this computer is called among the location's devices; name it by its role.
    #[arg(long, value_name = "NAME", env = "WEFT_DEVICE_NAME")]
    pub(crate) device_name: Option<String>,
    /// Write the recovery words of a new location here instead of asking for them; the file must
    /// not exist yet.
    #[arg(long, value_name = "FILE")]
    pub(crate) recovery_file: Option<PathBuf>,
}

pub(crate) fn run(
    args: &Join,
    folder: &Path,
    config: &Config,
    io: &mut Io,
    runtime: &tokio::runtime::Handle,
) -> Outcome {
    match control::reach(folder, LAYOUT) {
        Ok(_) | Err(DataDirError::InUse { .. } | DataDirError::Silent { .. }) => {
            return Err(enrol::joined_already(folder));
        }
        Err(error @ DataDirError::OtherProgram { .. }) => return Err(Failure::data_dir(error)),
        // Other problems of the directory are reported when it is opened.
        Err(_) => {}
    }
    let invite = enrol::read_invite(&args.invite)?;
    let device_name: String = config
        .require("device-name")
        .map_err(Failure::usage_error)?;
    let founding = matches!(invite, Invite::Founding(_));
    if founding && args.recovery_file.is_none() && !io.terminal() {
        return Err(Failure::usage(
            "A new location has recovery words that a person must keep. Without a terminal, name a \
             file for them: --recovery-file FILE. Nothing was begun.",
        ));
    }
    let recovery = match &args.recovery_file {
        Some(file) => Recovery::File(file),
        None => Recovery::Terminal(io),
    };
    let enrolled = enrol::join(folder, &invite, &device_name, recovery, runtime)?;
    tell(args, &enrolled, io).map_err(super::gone)?;
    let node = Node::open(folder, runtime)?;
    let outcome = node.exchange();
    let behind_ms = node.read(|replica| replica.clock_behind_ms());
    runtime.block_on(node.close());
    if let Err(failure) = outcome {
        let told =
            format!("You have joined; the first exchange with the hub did not work. {failure}");
        text::say(io.err(), &told).map_err(super::gone)?;
        return Ok(failure.code());
    }
    writeln!(io.err(), "The first exchange with the hub is done.").map_err(super::gone)?;
    if let Some(behind_ms) = behind_ms?? {
        text::say(io.err(), &clock_words(behind_ms)).map_err(super::gone)?;
    }
    Ok(ExitCode::Ok)
}

fn tell(args: &Join, enrolled: &Enrolled, io: &mut Io) -> std::io::Result<()> {
    let Enrolled {
        words,
        network,
        operator,
        location,
        founded,
    } = enrolled;
    let mut told = vec![format!(
        "This computer has joined {location} in the network {network}. The hub is operated by \
         {operator}: what is shared with the network is shared with them, under the laws that bind \
         them."
    )];
    if *founded {
        told.extend(args.recovery_file.as_ref().map(|file| {
            format!(
                "The location's recovery words are in {}. Print them, keep them where only the \
                 stewards find them, and delete the file.",
                file.display()
            )
        }));
        told.push(
            "Until the national team has confirmed the location it stands in no rollup. Call them \
             and compare these four words:"
                .to_owned(),
        );
    } else {
        told.push("The device that invited this one can compare these four words:".to_owned());
    }
    text::say(io.err(), &told.join("\n"))?;
    writeln!(io.out(), "{words}")?;
    io.flush()
}
