//! `weft-hub init`: a new hub.

use std::path::Path;

use weft_host::{
    output::{ExitCode, Io},
    reply::Outcome,
};

use weft_shared::time::Zone;

use super::network::parse_zone;
use crate::app::{AppHandle, InitOptions, UNSET_ZONE};

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The network's name, such as "Healthy Families NZ".
    #[arg(long, value_name = "NAME")]
    pub network: String,
    /// The legal name of the organisation that runs the hub. People see it when they join, and
    /// beside every choice of an audience.
    #[arg(long, value_name = "LEGAL NAME")]
    pub operator: String,
    /// The address that invites carry [default: where the hub listens].
    #[arg(long, value_name = "HOST:PORT")]
    pub public_address: Option<String>,
    /// The network's time zone, such as Pacific/Auckland: periods end and moments are shown in it
    /// [default: UTC, until weft-hub network time-zone sets one].
    #[arg(long, value_name = "NAME", value_parser = parse_zone)]
    pub time_zone: Option<Zone>,
}

pub(crate) async fn run(args: Args, data_dir: &Path, io: &mut Io) -> Outcome {
    let options = InitOptions {
        network: args.network,
        operator: args.operator,
        public_address: args.public_address,
        time_zone: args.time_zone,
    };
    let app = AppHandle::init(data_dir, options).await?;
    writeln!(io.out(), "{}", app.hub())?;
    io.tell(format_args!(
        "The hub of {} is in {}.\n\
         The long code is its id. Every invite carries it, so that nodes talk to no other \
         hub. weft-hub status shows it again.\n\
         Its root key is in the file root.words there: move it to a safe place away from this \
         computer. It replaces the hub's other keys, and opens backups of the hub.\n\
         Next: weft-hub run, weft-hub location add",
        app.network(),
        app.data_dir().root().display()
    ))?;
    if app.read(|at| Ok(at.time_zone())).await?.is_none() {
        io.tell(UNSET_ZONE)?;
    }
    Ok(ExitCode::Ok)
}
