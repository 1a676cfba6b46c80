//! `weft-hub network`: what the network's settings say.

use clap::Subcommand;
use serde_json::json;
use weft_host::{
    output::{ExitCode, Io},
    reply::Outcome,
};
use weft_shared::time::Zone;

use super::Json;
use crate::app::{AppHandle, UNSET_ZONE};

/// Commands for the network's settings.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the network's time zone, or set it.
    ///
    /// Days and periods end in this time zone, and people read times in it, at the hub and at every
    /// node. Files of data stay in UTC.
    ///
    /// JSON: {time_zone, set}; set is false if none is set, and UTC is used.
    #[command(after_long_help = EXAMPLES)]
    TimeZone(TimeZone),
}

/// Arguments of `network time-zone`.
#[derive(Debug, clap::Args)]
pub struct TimeZone {
    /// The zone's name in the time zone database, such as Pacific/Auckland [default: show it].
    #[arg(value_name = "NAME", value_parser = parse_zone)]
    pub name: Option<Zone>,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Shown below the long help of `network time-zone`.
const EXAMPLES: &str = "\
Examples:
  weft-hub network time-zone
  weft-hub network time-zone Pacific/Auckland";

/// Parses the name of a time zone from a command line.
///
/// # Errors
/// If there is no such zone. The text suggests names.
pub(crate) fn parse_zone(text: &str) -> Result<Zone, String> {
    Zone::parse(text).map_err(|error| error.to_string())
}

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    let Command::TimeZone(TimeZone { name, json }) = command;
    if let Some(zone) = &name {
        app.set_time_zone(zone).await?;
        let now = zone.minute(weft_host::clock::now());
        io.tell(format_args!(
            "The network's time zone is {zone} now; it is {now} there. Days and periods end \
             in it, and the hub and every node show moments in it once they hear of it. \
             Files of data stay in UTC."
        ))?;
    }
    let found = app.read(|at| Ok((at.time_zone().is_some(), at.zone())));
    let (set, zone) = found.await?;
    if json.json {
        let value = json!({"time_zone": zone.name(), "set": set});
        writeln!(io.out(), "{value}")?;
    } else if name.is_none() {
        writeln!(io.out(), "{zone}")?;
        if !set {
            io.tell(UNSET_ZONE)?;
        }
    }
    Ok(ExitCode::Ok)
}
