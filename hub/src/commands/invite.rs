//! `weft-hub invite`: founding invites.

use clap::Subcommand;
use weft_host::{output::Io, reply::Outcome};
use weft_shared::{id::LocationCode, identity::invite_life_ms};

use super::{Json, json_help};
use crate::app::{AppHandle, INVITES};

/// Commands for founding invites.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an invite for the first device of a location; prints only the invite.
    Create(Create),
    /// List founding invites.
    #[command(after_long_help = json_help(INVITES.shape()))]
    List(Json),
    /// Revoke an open invite by its number, or all open invites of a code.
    Revoke(Revoke),
}

/// Arguments of `invite create`.
#[derive(Debug, clap::Args)]
pub struct Create {
    /// The location's code.
    pub code: LocationCode,
    /// Time until it expires: 12h, 5m, 30s, or days as 3d or just 3; at most 7d.
    #[arg(
        long,
        visible_alias = "days",
        value_name = "TIME",
        default_value = "7d",
        value_parser = invite_life_ms
    )]
    pub expires: i64,
    /// Make a way back for a location whose devices are all lost. Its recovery words admit a device
    /// with it: weft-node recover LINE.
    #[arg(long)]
    pub way_back: bool,
}

/// Arguments of `invite revoke`.
#[derive(Debug, clap::Args)]
pub struct Revoke {
    /// The invite's number, or a location's code.
    pub invite: String,
}

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    match command {
        Command::Create(create) => {
            let (code, expires) = (&create.code, create.expires);
            let invite = match create.way_back {
                true => app.create_way_back(code, expires).await?,
                false => app.create_invite(code, expires).await?,
            };
            io.say(invite)
        }
        Command::List(Json { json }) => list(app, json, io).await,
        Command::Revoke(Revoke { invite }) => io.tell(app.revoke_named(&invite).await?),
    }
}

async fn list(app: &AppHandle, json: bool, io: &mut Io) -> Outcome {
    let found = app.read(|at| Ok((at.invites()?, at.zone())));
    let (invites, zone) = found.await?;
    io.list(&INVITES, &invites, json, &zone)
}
