//! `start-alone`: begins a location without a network.

use std::path::{Path, PathBuf};

use clap::Args;
use weft_host::{
    config::Config,
    control::{self, Reach},
    data_dir::BEGUN,
    failure::Failure,
    output::{ExitCode, Io},
    reply::Outcome,
    text,
};

use super::join::joins_on_page;
use crate::{
    enrol::{self, Recovery},
    limits::LAYOUT,
};

/// Begin without an invite: a plan and insights on this computer alone, until a network invites
/// you.
///
/// Nothing is sent anywhere. At a terminal you write down the location's recovery words and type
/// them back; otherwise they go to --recovery-file. weft-node join brings the same location to a
/// network later, with what it has.
#[derive(Args, Debug)]
pub(crate) struct StartAlone {
    /// This computer's name among the location's devices. Name its role, not a person.
    #[arg(long, value_name = "NAME", env = "WEFT_DEVICE_NAME")]
    pub(crate) device_name: Option<String>,
    /// Write the location's recovery words to this new file, instead of asking for them.
    #[arg(long, value_name = "FILE")]
    pub(crate) recovery_file: Option<PathBuf>,
}

pub(crate) fn run(args: &StartAlone, folder: &Path, config: &Config, io: &mut Io) -> Outcome {
    let dir = match control::reach_or_begin(folder, LAYOUT)? {
        Reach::Running(_) if folder.join(BEGUN).exists() => return Err(joins_on_page()),
        Reach::Running(_) => return Err(begun_already(folder)),
        Reach::Free(dir) if !dir.is_new() => return Err(begun_already(folder)),
        Reach::Free(dir) => dir,
    };
    let device_name: String = config
        .require("device-name")
        .map_err(Failure::usage_error)?;
    if args.recovery_file.is_none() && !io.terminal() {
        return Err(Failure::usage(
            "A location has recovery words that a person must keep. Without a terminal, name a \
             file for them: --recovery-file FILE. Nothing was begun.",
        ));
    }
    let recovery = match &args.recovery_file {
        Some(file) => Recovery::File(file),
        None => Recovery::Terminal(io),
    };
    enrol::alone::start(&dir, &device_name, recovery)?;
    text::say(io.err(), STARTED)?;
    if let Some(file) = &args.recovery_file {
        let words = format!(
            "The location's recovery words are in {}. Print them, keep them where only the \
             stewards find them, and delete the file.",
            file.display()
        );
        text::say(io.err(), &words)?;
    }
    Ok(ExitCode::Ok)
}

fn begun_already(folder: &Path) -> Failure {
    Failure::needs_action(format_args!(
        "A location has begun on this computer already, in {}: weft-node status shows it. To begin \
         another one, use another --data-dir.",
        folder.display()
    ))
}

/// The words for a computer that works alone from now on.
const STARTED: &str = "This computer works alone. It has a plan and insights: there are no \
                       indicators, no import, no report and no sharing before it joins a network. \
                       Nothing is sent anywhere. weft-node backup schedule makes backups, and \
                       weft-node open shows the page. If a national team sends you a line, \
                       weft-node join LINE brings all of it along.";
