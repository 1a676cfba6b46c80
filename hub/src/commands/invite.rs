//! `weft-hub invite`: founding invites.

use clap::Subcommand;
use serde_json::json;
use weft_host::{
    output::{ExitCode, Io},
    text::say,
};
use weft_shared::{
    id::LocationCode, identity::FOUNDING_INVITE_LIFE_MS_MAX, text::counted, time::parse_length_ms,
};

use super::{
    Failure, Json,
    table::{Column, Table},
};
use crate::app::AppHandle;

/// Commands upon founding invites.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an invite for the first device of a location; prints only the invite.
    Create(Create),
    /// List founding invites.
    ///
    /// JSON: [{invite, code, created, expires, state}], state one of "open", "used", "expired",
    /// "revoked", "not needed" (the location has joined with another one).
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

pub(super) async fn run(
    app: &AppHandle,
    command: Command,
    io: &mut Io,
) -> Result<ExitCode, Failure> {
    match command {
        Command::Create(create) => {
            if create.expires > FOUNDING_INVITE_LIFE_MS_MAX {
                return Err(Failure::usage(
                    "An invite expires after at most 7 days, so that nobody can use a lost one \
                     for long. Give --expires 7d or less.",
                ));
            }
            let invite = app.create_invite(&create.code, create.expires).await?;
            writeln!(io.out(), "{invite}")?;
            Ok(ExitCode::Ok)
        }
        Command::List(Json { json }) => list(app, json, io).await,
        Command::Revoke(Revoke { invite }) => revoke(app, &invite, io).await,
    }
}

async fn list(app: &AppHandle, json: bool, io: &mut Io) -> Result<ExitCode, Failure> {
    let now = weft_host::clock::now();
    let invites = app.invites().await?;
    if invites.is_empty() {
        let text = "There are no invites yet. Next: weft-hub invite create CODE";
        say(io.err(), text)?;
    }
    if json {
        let rows: Vec<_> = invites
            .iter()
            .map(|invite| {
                json!({
                    "invite": invite.number,
                    "code": invite.code,
                    "created": invite.created,
                    "expires": invite.expires,
                    "state": invite.state(now),
                })
            })
            .collect();
        writeln!(io.out(), "{}", json!(rows))?;
        return Ok(ExitCode::Ok);
    }
    if invites.is_empty() {
        return Ok(ExitCode::Ok);
    }
    let mut table = Table::new(&[
        Column::Number("invite"),
        Column::Text("code"),
        Column::Text("expires"),
        Column::Text("state"),
    ]);
    let zone = app.zone().await;
    for invite in &invites {
        table.row([
            invite.number.to_string(),
            invite.code.to_string(),
            zone.minute(invite.expires),
            invite.state(now).to_owned(),
        ]);
    }
    table.write(io.out())?;
    Ok(ExitCode::Ok)
}

async fn revoke(app: &AppHandle, invite: &str, io: &mut Io) -> Result<ExitCode, Failure> {
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
    let all = app.invites().await?;
    let matching = all.iter().filter(|one| match (number, &code) {
        (Some(number), _) => one.number == number,
        (None, code) => code.as_ref() == Some(&one.code),
    });
    let last = matching.max_by_key(|one| one.number);
    let was_revoked = last.is_some_and(|one| one.revoked.is_some());
    let revoked = app.revoke_invites(number, code).await?;
    if revoked == 0 && was_revoked {
        say(
            io.err(),
            &format!("The invite {invite} was revoked already."),
        )?;
        return Ok(ExitCode::Ok);
    }
    if revoked == 0 {
        return Err(Failure::usage(format!(
            "No open invite matches {invite}: nothing was revoked. weft-hub invite list shows \
             which are open."
        )));
    }
    say(
        io.err(),
        &format!(
            "{} revoked. Nobody can join with {} any more.",
            counted(revoked, "invite is", "invites are"),
            if revoked == 1 { "it" } else { "them" }
        ),
    )?;
    Ok(ExitCode::Ok)
}
