//! The commands: each file owns its arguments, its run and its JSON shape.

mod ask;
pub(crate) mod cli;
pub(crate) mod conflicts;
pub(crate) mod device;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod indicator;
pub(crate) mod join;
pub(crate) mod observation;
pub(crate) mod page;
pub(crate) mod rebuild;
pub(crate) mod record;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod sync;
#[cfg(test)]
mod tests;
pub(crate) mod verify;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Serialize, Serializer as _};
use weft_host::{
    failure::Failure,
    output::{ExitCode, Io},
    table::{self, Table},
    text,
};
use weft_shared::model::Audience;

use self::cli::Command;
use crate::app::AppHandle;

/// Whether a read command prints JSON.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Json {
    /// Print JSON, with the names below.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The audience of what a command writes.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct AudienceArg {
    /// The widest audience: team (this computer only), network, government or public.
    #[arg(long, value_name = "AUDIENCE", value_parser = parse_audience)]
    pub(crate) audience: Option<Audience>,
}

/// Refuses an audience other than `standing`: a change to an existing thing travels as far as the
/// thing itself.
pub(crate) fn travels_to(named: Option<Audience>, standing: Audience) -> Result<(), Failure> {
    match named {
        Some(named) if named != standing => Err(Failure::usage(format_args!(
            "It is for the audience {standing}, not {named}, and what is done to it travels as \
             far. Nothing was changed. Give --audience {standing}, or leave it out."
        ))),
        Some(_) | None => Ok(()),
    }
}

/// A command's surroundings: the node, and the terminal of the person who gave the command.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) node: &'a AppHandle,
    pub(crate) io: &'a mut Io,
    /// The folder that paths on the command line are relative to.
    pub(crate) folder: &'a Path,
    /// The command line, starting with the program's name.
    pub(crate) arguments: &'a [String],
}

impl Context<'_> {
    /// Resolves a path against the person's folder.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// Writes one line of data.
    pub(crate) fn say(&mut self, line: impl std::fmt::Display) -> Outcome {
        writeln!(self.io.out(), "{line}")?;
        Ok(ExitCode::Ok)
    }

    /// Writes prose for a person, wrapped to fit.
    pub(crate) fn tell(&mut self, text: impl std::fmt::Display) -> Outcome {
        text::say(self.io.err(), &text.to_string())?;
        Ok(ExitCode::Ok)
    }

    /// Writes data after a label, `width` columns wide. Further lines are indented to the same
    /// column.
    pub(crate) fn labelled(&mut self, label: &str, width: usize, words: &str) -> Outcome {
        table::field(self.io.out(), width, label, words)?;
        Ok(ExitCode::Ok)
    }

    /// Writes data as JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Outcome {
        serde_json::to_writer_pretty(self.io.out(), value).map_err(std::io::Error::from)?;
        self.say("")
    }

    /// Writes a list as JSON, row by row: all rows of a full document at once take several times
    /// its memory.
    pub(crate) fn json_rows<T: Serialize>(&mut self, rows: impl IntoIterator<Item = T>) -> Outcome {
        let mut to = serde_json::Serializer::pretty(self.io.out());
        to.collect_seq(rows).map_err(std::io::Error::from)?;
        self.say("")
    }

    /// Writes data as a table.
    pub(crate) fn table(&mut self, table: &Table) -> Outcome {
        table.write(self.io.out())?;
        Ok(ExitCode::Ok)
    }
}

/// The result of a command.
pub(crate) type Outcome = Result<ExitCode, Failure>;

/// Runs a command on an existing node, and says what went wrong if it failed.
pub(crate) fn run(
    node: &AppHandle,
    command: Command,
    io: &mut Io,
    (folder, arguments): (&Path, &[String]),
) -> ExitCode {
    let mut context = Context {
        node,
        io,
        folder,
        arguments,
    };
    let outcome = dispatch(&mut context, command);
    let outcome = outcome.and_then(|code| Ok(context.io.flush().map(|()| code)?));
    conclude(outcome, io)
}

/// Reports a failure to the person, and returns the exit code.
pub(crate) fn conclude(outcome: Outcome, io: &mut Io) -> ExitCode {
    outcome.unwrap_or_else(|failure| {
        let code = failure.tell(io);
        // If no one reads the message any more, the exit code still tells.
        let _ = io.flush();
        code
    })
}

fn dispatch(context: &mut Context<'_>, command: Command) -> Outcome {
    match command {
        Command::Join(_) => Err(Failure::needs_action(
            "This computer has joined already. To join another location or network, use another \
             --data-dir.",
        )),
        Command::Run(_) => Err(run::runs_already()),
        Command::Page(_) => page::run(context),
        Command::Sync(_) => sync::run(context),
        Command::Status(args) => status::run(context, args),
        Command::Device(args) => device::run(context, args),
        Command::Indicator(args) => indicator::run(context, args),
        Command::Observation(args) => observation::run(context, args),
        Command::Import(args) => import::run(context, args),
        Command::Record(command) => record::run(context, command),
        Command::Conflicts(args) => conflicts::run(context, args),
        Command::History(args) => history::run(context, args),
        Command::Export(args) => export::run(context, args),
        Command::Verify(args) => verify::run(context, &args),
        Command::Doctor(args) => doctor::run(context, args),
        Command::Rebuild(args) => rebuild::run(context, args),
    }
}

/// Parses an audience.
pub(crate) fn parse_audience(text: &str) -> Result<Audience, String> {
    text.parse()
        .map_err(|error: weft_shared::model::BadWord| error.to_string())
}
