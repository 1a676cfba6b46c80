//! `weft-hub invite`: founding invites.

use clap::Subcommand;
use weft_host::{output::Io, reply::Outcome};
use weft_shared::{
    id::LocationCode, identity::FOUNDING_INVITE_LIFE_MS_MAX, text::counted, time::parse_length_ms,
};

use super::{Failure, Json, json_help};
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
        value_parser = parse_length_ms
    )]
    pub expires: i64,
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
            if create.expires > FOUNDING_INVITE_LIFE_MS_MAX {
                return Err(Failure::usage(
                    "An invite expires after at most 7 days, so that no one can use a lost one \
                     for long. Give --expires 7d or less.",
                ));
            }
            let invite = app.create_invite(&create.code, create.expires).await?;
            io.say(invite)
        }
        Command::List(Json { json }) => list(app, json, io).await,
        Command::Revoke(Revoke { invite }) => revoke(app, &invite, io).await,
    }
}

async fn list(app: &AppHandle, json: bool, io: &mut Io) -> Outcome {
    let found = app.read(|at| Ok((at.invites()?, at.zone())));
    let (invites, zone) = found.await?;
    io.list(&INVITES, &invites, json, &zone)
}

async fn revoke(app: &AppHandle, invite: &str, io: &mut Io) -> Outcome {
    let (number, code) = match invite.parse::<i64>() {
        Ok(number) => (Some(number), None),
        Err(_) => {
            let code = LocationCode::parse(invite).map_err(|_| {
                Failure::usage(format!(
                    "\"{invite}\" is neither an invite's number nor a location's code. \
                     weft-hub invite list shows both."
                ))
            })?;
            (None, Some(code))
        }
    };
    let all = app.read(|at| at.invites()).await?;
    let matching = all.iter().filter(|one| match (number, &code) {
        (Some(number), _) => one.number == number,
        (None, code) => code.as_ref() == Some(&one.code),
    });
    let last = matching.max_by_key(|one| one.number);
    let was_revoked = last.is_some_and(|one| one.revoked.is_some());
    let revoked = app.revoke_invites(number, code).await?;
    if revoked == 0 && was_revoked {
        return io.tell(format_args!("The invite {invite} was revoked already."));
    }
    if revoked == 0 {
        return Err(Failure::usage(format!(
            "No open invite matches {invite}: nothing was revoked. weft-hub invite list shows \
             which are open."
        )));
    }
    io.tell(format_args!(
        "{} revoked. No one can join with {} any more.",
        counted(revoked, "invite is", "invites are"),
        if revoked == 1 { "it" } else { "them" }
    ))
}
