//! The commands of `weft-hub`. The same code runs in the command's own process and, while the hub
//! runs, inside the hub.

pub mod admin;
pub mod cli;
pub mod definitions;
pub mod device;
pub(crate) mod figures;
pub mod init;
pub mod insight;
pub mod invite;
pub mod location;
pub mod network;
pub mod plan;
pub mod rebuild;
pub mod rollup;
pub mod run;
pub mod status;
pub mod token;

use std::path::Path;

use weft_host::{
    failure::Failure,
    output::{ExitCode, Io, sentence},
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

/// Runs a command against an open hub. The program runs `init` and `run` itself, before this.
///
/// `cwd` is the folder that relative paths start from: the caller's, not the running hub's.
pub async fn run(app: &AppHandle, command: Command, cwd: &Path, io: &mut Io) -> ExitCode {
    let done = match command {
        Command::Init(_) | Command::Run(_) => Err(Failure::needs_action(
            "A hub is running on this data directory already.",
        )),
        Command::Location(command) => location::run(app, command, io).await,
        Command::Network(command) => network::run(app, command, io).await,
        Command::Invite(command) => invite::run(app, command, io).await,
        Command::Device(command) => device::run(app, command, io).await,
        Command::Definitions(command) => definitions::run(app, command, cwd, io).await,
        Command::Rollup(args) => rollup::run(app, args, io).await,
        Command::Plan(command) => plan::run(app, command, io).await,
        Command::Insight(command) => insight::run(app, command, io).await,
        Command::Admin(_) => admin::run(app, io),
        Command::Token(command) => token::run(app, command, io).await,
        Command::Status(args) => status::run(app, args, io).await,
        Command::Doctor(args) => status::doctor(app, args, io).await,
        Command::Rebuild(args) => rebuild::run(app, args, io).await,
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.tell(io),
    }
}

/// Parses `7d`, `12h`, `5m` or `30s` into milliseconds. A number alone is a number of days.
fn parse_duration_ms(text: &str) -> Result<i64, String> {
    let rule = || format!("\"{text}\" is not a length of time: write 7d, 12h, 5m or 30s");
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit_ms = match unit {
        "d" | "" => 24 * 60 * 60 * 1_000,
        "h" => 60 * 60 * 1_000,
        "m" => 60 * 1_000,
        "s" => 1_000,
        _ => return Err(rule()),
    };
    let number: i64 = number.parse().map_err(|_| rule())?;
    match number.checked_mul(unit_ms) {
        Some(ms) if number > 0 => Ok(ms),
        _ => Err(rule()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_or_are_days() {
        assert_eq!(parse_duration_ms("7d"), Ok(7 * 24 * 60 * 60 * 1_000));
        assert_eq!(parse_duration_ms("30m"), Ok(30 * 60 * 1_000));
        assert_eq!(parse_duration_ms("30s"), Ok(30 * 1_000));
        assert_eq!(parse_duration_ms("7"), parse_duration_ms("7d"));
        for bad in [
            "",
            "-7",
            "7w",
            "-1d",
            "0h",
            "d",
            "9223372036854775807d",
            "é",
        ] {
            assert!(parse_duration_ms(bad).is_err(), "{bad}");
        }
    }
}
