//! The commands of `weft-hub`. The same code runs in the command's own process and, while the hub
//! runs, inside the hub.

pub mod admin;
pub mod agenda;
pub mod alert;
pub mod backup;
pub mod bundle;
pub mod cli;
pub mod columns;
pub mod definitions;
pub mod device;
pub mod fields;
pub(crate) mod figures;
pub mod init;
pub mod insight;
pub mod investment;
pub mod invite;
pub mod ledger;
pub mod location;
pub mod missing;
pub mod network;
pub mod outcome;
pub mod person;
pub mod plan;
pub mod published;
pub mod rebuild;
pub mod release;
pub mod report;
pub mod request;
pub mod review;
pub mod rollup;
pub mod run;
pub mod sight;
pub mod status;
pub mod target;
pub mod token;
pub mod treatment;

use std::path::Path;

use weft_host::{
    failure::Failure,
    output::{Io, sentence},
    reply::Outcome,
    table,
};

use self::cli::Command;
use crate::app::{AppError, AppHandle};

/// `--json`, on every command that reads.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Json {
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::new(error.exit_code(), sentence(&error))
    }
}

/// Runs a command against an open hub. The program runs `init`, `run`, `alert` and what needs no
/// hub of `backup` itself, before this.
///
/// `cwd` is the folder that relative paths start from: the caller's, not the running hub's.
pub async fn run(app: &AppHandle, command: Command, cwd: &Path, io: &mut Io) -> Outcome {
    match command {
        Command::Init(_) | Command::Run(_) => Err(Failure::needs_action(
            "A hub is running on this data directory already.",
        )),
        Command::Alert(_) => Err(Failure::needs_action(
            "weft-hub alert runs the alert command in a process of its own, not in the hub.",
        )),
        Command::Location(command) => location::run(app, command, io).await,
        Command::Network(command) => network::run(app, command, io).await,
        Command::Invite(command) => invite::run(app, command, io).await,
        Command::Device(command) => device::run(app, command, io).await,
        Command::Definitions(command) => definitions::run(app, command, cwd, io).await,
        Command::Published(command) => published::run(app, command, cwd, io).await,
        Command::Missing(args) => missing::run(app, args, io).await,
        Command::Treatment(args) => treatment::run(app, args, io).await,
        Command::Target(command) => target::run(app, command, io).await,
        Command::Outcome(command) => outcome::run(app, command, io).await,
        Command::Agenda(command) => agenda::run(app, command, cwd, io).await,
        Command::Request(command) => request::run(app, command, io).await,
        Command::Investment(command) => investment::run(app, command, cwd, io).await,
        Command::Review(command) => review::run(app, command, io).await,
        Command::LineOfSight(args) => sight::run(app, args, io).await,
        Command::Release(command) => release::run(app, command, io).await,
        Command::Report(args) => report::run(app, args, cwd, io).await,
        Command::Rollup(args) => rollup::run(app, args, cwd, io).await,
        Command::Plan(command) => plan::run(app, command, io).await,
        Command::Insight(command) => insight::run(app, command, io).await,
        Command::Admin => admin::run(app, io),
        Command::Person(command) => person::run(app, command, io).await,
        Command::Token(command) => token::run(app, command, io).await,
        Command::Ledger(args) => ledger::run(app, args, io).await,
        Command::Backup(args) => backup::run(app, args, cwd, io).await,
        Command::Bundle(args) => bundle::run(app, args, cwd, io).await,
        Command::Status(json) => status::run(app, json, io).await,
        Command::Doctor(json) => status::doctor(app, json, io).await,
        Command::Rebuild(json) => rebuild::run(app, json, io).await,
    }
}

/// Describes the JSON of a list, below its help.
fn json_help(shape: String) -> String {
    format!("JSON: {shape}.")
}
