//! `weft-hub alert`: the command that is called when the hub needs a person.

use clap::Subcommand;
use weft_host::{config::Config, failure::Failure, hook, output::Io, reply::Outcome};

use crate::{alert, settings::ALERT_COMMAND};

/// The commands of `alert`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Give the alert command a trial text.
    ///
    /// The command is `command` in the section `[alert]` of config.toml. The hub gives it one plain
    /// text, as its input, when something needs a person.
    Test,
}

pub(crate) fn run(command: &Command, config: &Config, io: &mut Io) -> Outcome {
    match command {
        Command::Test => test(config, io),
    }
}

fn test(config: &Config, io: &mut Io) -> Outcome {
    let Some(command) = config.value(ALERT_COMMAND) else {
        return Err(Failure::needs_action(
            "No alert command is set, so the hub calls no one. Put two lines into config.toml in \
             the data directory, such as [alert] and command = \"mail -s Weft \
             operator@example.org\", and start the hub again.",
        ));
    };
    hook::run(&command.text, &alert::trial()).map_err(Failure::failed_error)?;
    io.tell(format_args!(
        "The command from {} took the trial text. Look whether it arrived. A hub that runs uses \
         the command that was set when it started.",
        command.origin
    ))
}
