//! `recover`: this computer comes back as a location whose devices are lost, with its words.

use std::path::{Path, PathBuf};

use clap::Args;
use tokio::runtime::Handle;
use weft_host::{
    config::Config,
    control::{self, Reach},
    data_dir::{DataDirError, default_path},
    failure::Failure,
    file,
    output::{ExitCode, Io, plain},
    reply::Outcome,
};
use weft_shared::{
    identity::{Device, RootKey},
    text::quoted,
};

use crate::{
    app::{AppHandle, Node},
    enrol::{self, Recovery},
    limits::{LAYOUT, WORDS_FILE_BYTES_MAX},
};

/// Come back as a location whose devices are all lost, with its recovery words.
///
/// The national team makes the line for it: weft-hub invite create CODE --way-back. This computer
/// becomes an admin device of the location and receives what was shared. Each old device stays or
/// is revoked, as you say. What was for the team alone comes back from a backup only.
#[derive(Args, Debug)]
pub(crate) struct Recover {
    /// The line from the national team, which begins with weft://.
    pub(crate) line: String,
    /// A file with the location's 24 recovery words; they are asked for at a terminal without it.
    #[arg(long, value_name = "FILE")]
    pub(crate) words_file: Option<PathBuf>,
    /// This computer's name among the location's devices. Name its role, not a person.
    #[arg(long, value_name = "NAME", env = "WEFT_DEVICE_NAME")]
    pub(crate) device_name: Option<String>,
    /// Revoke this old device, by its name or number; may be given for each.
    #[arg(long, value_name = "NAME")]
    pub(crate) revoke: Vec<String>,
    /// Keep this old device, by its name or number; may be given for each.
    #[arg(long, value_name = "NAME")]
    pub(crate) keep: Vec<String>,
}

pub(crate) fn run(
    args: &Recover,
    folder: &Path,
    config: &Config,
    io: &mut Io,
    runtime: &Handle,
) -> Outcome {
    match control::reach(folder, LAYOUT) {
        Ok(Reach::Running(_) | Reach::Free(_))
        | Err(DataDirError::InUse { .. } | DataDirError::Silent { .. }) => {
            return Err(enrol::joined_already(folder));
        }
        Err(error @ (DataDirError::OtherProgram { .. } | DataDirError::Lost { .. })) => {
            return Err(error.into());
        }
        // Other problems of the directory are reported when it is opened.
        Err(_) => {}
    }
    let line = enrol::read_way_back(&args.line)?;
    let root = words(args, io)?;
    let name: String = config
        .require("device-name")
        .map_err(Failure::usage_error)?;
    let enrolled = enrol::join(
        folder,
        &line,
        &name,
        Recovery::Held(Box::new(root)),
        runtime,
    )?;
    io.tell(format_args!(
        "This computer is an admin device of {} in the network {} again. The hub is operated by \
         {}.",
        enrolled.location, enrolled.network, enrolled.operator
    ))?;
    let node = Node::open(folder, runtime)?;
    let settled = settle(args, &node, (folder, io));
    runtime.block_on(node.close());
    settled
}

/// Reads the recovery words.
fn words(args: &Recover, io: &mut Io) -> Result<RootKey, Failure> {
    let text = match &args.words_file {
        Some(file) => file::read_text(file, WORDS_FILE_BYTES_MAX).map_err(|error| {
            let why = plain(&error);
            Failure::usage(format_args!("{} cannot be read: {why}.", file.display()))
        })?,
        None if io.terminal() => {
            let typed = io.prompt("The location's 24 recovery words:")?;
            typed.unwrap_or_default()
        }
        None => {
            return Err(Failure::usage(
                "The location's recovery words are needed. Without a terminal, name a file with \
                 them: --words-file FILE. Nothing was begun.",
            ));
        }
    };
    RootKey::from_recovery_words(&text).map_err(Failure::usage_error)
}

/// Exchanges with the hub, and keeps or revokes each old device.
fn settle(args: &Recover, node: &AppHandle, (folder, io): (&Path, &mut Io)) -> Outcome {
    node.exchange().map_err(|failure| {
        failure.and("The location is back, and no old device was revoked yet.")
    })?;
    let devices = node.devices()?.into_iter();
    let old: Vec<Device> = devices
        .filter(|(device, this)| !this && device.sealed.is_none())
        .map(|(device, _)| device)
        .collect();
    let mut open = Vec::new();
    for device in &old {
        match decision(args, (device, &old), io)? {
            Some(true) => {
                node.revoke_device(device.dix)?;
                io.tell(format_args!(
                    "\"{}\" is revoked. What it had shared stays; nothing later of it is taken.",
                    device.name
                ))?;
            }
            Some(false) => {
                io.tell(format_args!(
                    "\"{}\" stays a device of the location.",
                    device.name
                ))?;
            }
            None => open.push(device),
        }
    }
    let unknown = args.revoke.iter().chain(&args.keep);
    let is_one = |name: &String| old.iter().any(|device| is_named(name, (device, &old)));
    for name in unknown.filter(|name| !is_one(name)) {
        io.tell(format_args!(
            "\"{name}\" is no other live device, or the name of several: give its number."
        ))?;
    }
    if open.is_empty() {
        return Ok(ExitCode::Ok);
    }
    io.tell("These old devices can still share. Revoke each one that is lost:")?;
    let place = match default_path(LAYOUT.program).as_deref() == Some(folder) {
        true => String::new(),
        false => format!(" --data-dir {}", quoted(&folder.display().to_string())),
    };
    for device in open {
        let (number, name) = (device.dix.0, &device.name);
        io.tell(format_args!(
            "  weft-node device revoke {number}{place} # {name}"
        ))?;
    }
    Ok(ExitCode::NeedsAction)
}

/// Whether an old device is revoked; none if no one said.
fn decision(
    args: &Recover,
    (device, old): (&Device, &[Device]),
    io: &mut Io,
) -> Result<Option<bool>, Failure> {
    let names = |given: &[String]| given.iter().any(|name| is_named(name, (device, old)));
    if names(&args.revoke) {
        return Ok(Some(true));
    }
    if names(&args.keep) {
        return Ok(Some(false));
    }
    if !io.terminal() {
        return Ok(None);
    }
    let (number, name) = (device.dix.0, &device.name);
    let question = format!("Type revoke or keep for the old device {number}, \"{name}\":");
    let typed = io.prompt(&question)?.unwrap_or_default();
    Ok(match typed.trim().to_lowercase().as_str() {
        "revoke" => Some(true),
        "keep" => Some(false),
        _ => None,
    })
}

/// Whether a text is the number of a device, or its name and no other one's.
fn is_named(text: &str, (device, old): (&Device, &[Device])) -> bool {
    let alike = old.iter().filter(|other| other.name == device.name);
    text == device.dix.0.to_string() || (text == device.name && alike.count() == 1)
}
