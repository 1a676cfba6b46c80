//! The commands: each file owns its arguments, its run and its JSON shape.

pub(crate) mod agenda;
mod ask;
pub(crate) mod backup;
pub(crate) mod bundle;
pub(crate) mod cli;
pub(crate) mod conflicts;
pub(crate) mod device;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod indicator;
pub(crate) mod join;
pub(crate) mod ledger;
pub(crate) mod line_of_sight;
pub(crate) mod observation;
pub(crate) mod open;
pub(crate) mod page;
pub(crate) mod readers;
pub(crate) mod rebuild;
pub(crate) mod record;
pub(crate) mod recover;
pub(crate) mod release;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod run;
pub(crate) mod seen;
pub(crate) mod start_alone;
pub(crate) mod status;
pub(crate) mod sync;
#[cfg(test)]
mod tests;
pub(crate) mod verify;
pub(crate) mod words;

use std::path::{Path, PathBuf};

use clap::Args;
use weft_host::{failure::Failure, output::Io, reply::Outcome};
use weft_shared::model::{Audience, schema::RecordKind};

use self::cli::Command;
use crate::{app::AppHandle, replica::Alone};

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
    /// The widest audience: team (our team only), network or released.
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
}

/// Runs a command on an existing node.
pub(crate) fn run(
    node: &AppHandle,
    command: Command,
    io: &mut Io,
    (folder, arguments): (&Path, &[String]),
) -> Outcome {
    let mut context = Context {
        node,
        io,
        folder,
        arguments,
    };
    if node.is_alone() && needs_network(&command) {
        return Err(Alone.into());
    }
    dispatch(&mut context, command)
}

/// Whether a command works with what only a network has. A computer that works alone has a plan and
/// insights.
const fn needs_network(command: &Command) -> bool {
    match command {
        Command::Sync(_)
        | Command::Indicator(_)
        | Command::Observation(_)
        | Command::Import(_)
        | Command::Release(_)
        | Command::Agenda(_)
        | Command::Request(_)
        | Command::Bundle(_)
        | Command::LineOfSight(_)
        | Command::Readers(_)
        | Command::Ledger(_)
        | Command::Seen(_)
        | Command::Report(_) => true,
        Command::Record(record) => matches!(record.kind, RecordKind::Target),
        // The link refuses what asks the hub about devices.
        Command::Backup(_)
        | Command::Device(_)
        | Command::Join(_)
        | Command::Recover(_)
        | Command::StartAlone(_)
        | Command::Run(_)
        | Command::Open(_)
        | Command::Page(_)
        | Command::Status(_)
        | Command::Conflicts(_)
        | Command::History(_)
        | Command::Export(_)
        | Command::Verify(_)
        | Command::Doctor(_)
        | Command::Rebuild(_)
        | Command::Words(_) => false,
    }
}

fn dispatch(context: &mut Context<'_>, command: Command) -> Outcome {
    match command {
        Command::Join(_) | Command::StartAlone(_) | Command::Recover(_) => {
            Err(join::refused(context.node))
        }
        Command::Run(_) | Command::Open(_) => Err(run::runs_already()),
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
        Command::Release(args) => release::run(context, &args),
        Command::Agenda(args) => agenda::run(context, &args),
        Command::Request(args) => request::run(context, &args),
        Command::LineOfSight(args) => line_of_sight::run(context, &args),
        Command::Readers(args) => readers::run(context, &args),
        Command::Ledger(args) => ledger::run(context, &args),
        Command::Seen(args) => seen::run(context, &args),
        Command::Report(args) => report::run(context, &args),
        Command::Export(args) => export::run(context, args),
        Command::Backup(args) => backup::run(context, args),
        Command::Bundle(args) => bundle::run(context, args),
        Command::Verify(args) => verify::run(context, &args),
        Command::Doctor(args) => doctor::run(context, args),
        Command::Rebuild(args) => rebuild::run(context, args),
        Command::Words(args) => words::run(&args, context.folder, context.io),
    }
}

/// Parses an audience.
pub(crate) fn parse_audience(text: &str) -> Result<Audience, String> {
    text.parse()
        .map_err(|error: weft_shared::text::BadText| error.to_string())
}
