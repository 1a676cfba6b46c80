//! `join`: makes this computer a device of a location.

use std::path::{Path, PathBuf};

use clap::Args;
use weft_host::{
    config::Config,
    control::{self, Reach},
    data_dir::{BEGUN, DataDirError},
    failure::Failure,
    output::{ExitCode, Io},
    reply::Outcome,
    text,
};
use weft_shared::identity::Invite;

use crate::{
    app::Node,
    enrol::{self, Enrolled, Recovery},
    limits::LAYOUT,
    view::clock_words,
};

/// Join the network with an invite, as a new location or as a further device of one.
///
/// Prints four words: read them out to the national team by telephone. At a terminal you write down
/// a new location's recovery words and type them back; otherwise they go to --recovery-file. Ends
/// with a first sync.
#[derive(Args, Debug)]
pub(crate) struct Join {
    /// The invite: one line that begins with weft://.
    pub(crate) invite: String,
    /// This computer's name among the location's devices. Name its role, not a person.
    #[arg(long, value_name = "NAME", env = "WEFT_DEVICE_NAME")]
    pub(crate) device_name: Option<String>,
    /// Write the recovery words of a new location to this new file, instead of asking for them.
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
        // The directory is not complete, and its page is open.
        Ok(Reach::Running(_)) if folder.join(BEGUN).exists() => return Err(joins_on_page()),
        Ok(_) | Err(DataDirError::InUse { .. } | DataDirError::Silent { .. }) => {
            return Err(enrol::joined_already(folder));
        }
        Err(error @ (DataDirError::OtherProgram { .. } | DataDirError::Lost { .. })) => {
            return Err(error.into());
        }
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
    tell(args, &enrolled, io)?;
    let node = Node::open(folder, runtime)?;
    let outcome = node.exchange();
    let behind_ms = node.read(|replica| replica.clock_behind_ms());
    runtime.block_on(node.close());
    if let Err(failure) = outcome {
        let told =
            format!("You have joined, but the first exchange with the hub failed. {failure}");
        text::say(io.err(), &told)?;
        return Ok(failure.code());
    }
    writeln!(io.err(), "The first exchange with the hub is done.")?;
    if let Some(behind_ms) = behind_ms?? {
        text::say(io.err(), &clock_words(behind_ms))?;
    }
    Ok(ExitCode::Ok)
}

/// The failure of a command while the page of a computer that has not joined is open.
pub(crate) fn joins_on_page() -> Failure {
    Failure::new(
        ExitCode::NoDataDir,
        "This computer has joined no network yet, and its page is open for that. Join there: \
         weft-node open shows it. To join in the terminal, end that process (Ctrl-C) first.",
    )
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
            "The location counts in no figure until the national team has confirmed it. Call them, \
             and read out these four words:"
                .to_owned(),
        );
    } else {
        told.push("The device that invited this one can compare these four words:".to_owned());
    }
    text::say(io.err(), &told.join("\n"))?;
    writeln!(io.out(), "{words}")?;
    io.flush()
}
