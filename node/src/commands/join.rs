//! `join`: makes this computer a device of a location.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use tokio::runtime::Handle;
use weft_host::{
    config::Config,
    control::{self, Reach},
    data_dir::{BEGUN, DataDir, DataDirError},
    failure::Failure,
    output::{ExitCode, Io},
    reply::Outcome,
    shell, text,
};
use weft_shared::identity::Invite;

use crate::{
    app::{AppHandle, Node},
    enrol::{self, Enrolled, Recovery},
    limits::LAYOUT,
    view::clock_words,
};

/// Join the network with an invite, as a new location or as a further device of one.
///
/// Says which network the invite names, and asks at a terminal whether to go on. Prints four words:
/// read them out to the national team by telephone. At a terminal you write down a new location's
/// recovery words and type them back; otherwise they go to --recovery-file. A computer that works
/// alone keeps its own. Ends with a first sync.
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
    /// Join without being asked at a terminal whether these are the network and its operator.
    #[arg(long)]
    pub(crate) yes: bool,
}

pub(crate) fn run(
    args: &Join,
    folder: &Path,
    config: &Config,
    io: &mut Io,
    runtime: &Handle,
) -> Outcome {
    match control::reach(folder, LAYOUT) {
        // The directory is not complete, and its page is open.
        Ok(Reach::Running(_)) if folder.join(BEGUN).exists() => return Err(joins_on_page()),
        // It knows whether it works alone.
        Ok(Reach::Running(node)) => {
            let code = node.run(&shell::call()?, io);
            return code.map_err(Failure::failed_error);
        }
        Ok(Reach::Free(dir)) if enrol::alone::is_alone(&dir) => {
            return brings(args, Arc::new(dir), io, runtime);
        }
        Ok(Reach::Free(_)) | Err(DataDirError::InUse { .. } | DataDirError::Silent { .. }) => {
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
    confirm(args, &invite, io)?;
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
    exchange(&Node::open(folder, runtime)?, io, runtime)
}

/// Says what the invite names before anything is sent, and asks at a terminal whether to go on.
fn confirm(args: &Join, invite: &Invite, io: &mut Io) -> Result<(), Failure> {
    let (names, code) = (invite.names(), invite.code());
    let plan = format!(
        "You are about to join {}, run by {}, as location {code}. So the invite says; the hub at \
         {} is asked for its own names, and nothing has been sent to it yet.",
        names.network(),
        names.operator(),
        invite.address()
    );
    if args.yes || !io.terminal() {
        return Ok(text::say(io.err(), &plan)?);
    }
    match io.types_yes(&plan, "Join it?")? {
        true => Ok(()),
        false => Err(Failure::needs_action(
            "Nothing was joined, and nothing was sent.",
        )),
    }
}

/// Brings the location of a computer that works alone to a network.
fn brings(args: &Join, dir: Arc<DataDir>, io: &mut Io, runtime: &Handle) -> Outcome {
    let invite = enrol::read_invite(&args.invite)?;
    if args.recovery_file.is_some() {
        return Err(Failure::usage(
            "This computer has begun its location, whose recovery words you have. Leave out \
             --recovery-file. Nothing was joined.",
        ));
    }
    confirm(args, &invite, io)?;
    let node = Node::open_dir(Arc::clone(&dir), runtime)?;
    let joined = Node::join(&node, (&dir, &invite), runtime);
    runtime.block_on(node.close());
    tell(args, &joined?, io)?;
    text::say(
        io.err(),
        "The plan and the insights of this computer come along: what is for the network goes to \
         its hub, and what is for your team only goes there sealed.",
    )?;
    exchange(&Node::open_dir(dir, runtime)?, io, runtime)
}

/// Exchanges with the hub for the first time, and ends the node.
fn exchange(node: &AppHandle, io: &mut Io, runtime: &Handle) -> Outcome {
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

/// The failure of joining in the terminal while the page is open.
pub(crate) fn refused(node: &AppHandle) -> Failure {
    if node.is_alone() {
        return Failure::needs_action(
            "This computer works alone, and its page is open. Join there, under Join a network: \
             weft-node open shows it. To join in the terminal, end that process (Ctrl-C) first.",
        );
    }
    Failure::needs_action(
        "This computer has joined already. To join another location or network, use another \
         --data-dir.",
    )
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
        claimed,
        founded,
        back: _,
    } = enrolled;
    let mut told = vec![format!(
        "This computer has joined {location} in the network {network}. The hub is operated by \
         {operator}: what is shared with the network is shared with them, under the laws that bind \
         them."
    )];
    told.extend(claimed.as_ref().map(|names| {
        format!(
            "The invite named {}, run by {}. What the hub says counts. If you do not know its \
             names, telephone the national team before you share anything.",
            names.network(),
            names.operator()
        )
    }));
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
