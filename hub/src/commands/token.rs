//! `weft-hub token`: tokens, with which programs read.

use clap::Subcommand;
use weft_host::{output::Io, reply::Outcome};
use weft_shared::model::clean_text;

use super::{Failure, Json, json_help};
use crate::{
    access::scope::Scope,
    app::{AppHandle, NewToken, TOKENS},
    limits::TOKEN_DAYS_MAX,
};

/// Commands for tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a token; prints only the token, and never shows it again.
    ///
    /// A token belongs to a person, and never goes beyond what their roles allow on the day on
    /// which it is used. People also make their own at /account. On a hub where no one signs in
    /// yet, a NAME is enough: such a token opens live figures for 90 days.
    Create(Create),
    /// List tokens.
    #[command(after_long_help = json_help(TOKENS.shape()))]
    List(Json),
    /// Revoke a token.
    Revoke(Revoke),
}

/// Arguments of `token create`.
#[derive(Debug, clap::Args)]
pub struct Create {
    /// The name of the token, such as Dashboard; by default the person's, with a number.
    pub name: Option<String>,
    /// The person it belongs to.
    #[arg(
        long = "for",
        value_name = "PERSON",
        requires = "purpose",
        requires = "days"
    )]
    pub person: Option<String>,
    /// The purpose, in 10 to 200 characters: locations read it beside all that the token reads.
    #[arg(long, value_name = "TEXT", requires = "person")]
    pub purpose: Option<String>,
    /// The days for which it lasts: 1 to 365.
    #[arg(
        long,
        requires = "person",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(TOKEN_DAYS_MAX))
    )]
    pub days: Option<u32>,
    /// The figures it reads: releases, or live for those of today as well.
    #[arg(long, default_value = "releases", requires = "person")]
    pub scope: Scope,
}

/// Arguments of `token revoke`.
#[derive(Debug, clap::Args)]
pub struct Revoke {
    /// The name it was made under.
    pub name: String,
}

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    match command {
        Command::Create(create) => {
            let name = create.name;
            let token = match create.person {
                None => app.create_token(name.as_deref().unwrap_or(TRIAL)).await?,
                Some(person) => {
                    let new = NewToken {
                        name,
                        purpose: create.purpose.unwrap_or_default(),
                        days: create.days.unwrap_or_default(),
                        scope: create.scope,
                    };
                    app.create_token_for(&person, new).await?
                }
            };
            io.say(token)
        }
        Command::List(Json { json }) => list(app, json, io).await,
        Command::Revoke(Revoke { name }) => {
            let name = clean_text(&name);
            if app.revoke_token(&name).await? {
                return io.tell(format_args!(
                    "The token \"{name}\" no longer opens anything."
                ));
            }
            // A revoked token keeps its name.
            let tokens = app.read(|at| at.tokens()).await?;
            if tokens.iter().any(|token| token.name == name) {
                return io.tell(format_args!("The token \"{name}\" was revoked already."));
            }
            Err(Failure::usage(format!(
                "No live token is named \"{name}\": nothing was revoked. \
                 weft-hub token list shows their names."
            )))
        }
    }
}

async fn list(app: &AppHandle, json: bool, io: &mut Io) -> Outcome {
    let found = app.read(|at| Ok((at.tokens()?, at.zone())));
    let (tokens, zone) = found.await?;
    io.list(&TOKENS, &tokens, json, &zone)
}

/// The name of a token that was made for trying out, if none is given.
const TRIAL: &str = "Trial";
