//! `weft-hub token`: tokens for the data interface.

use clap::Subcommand;
use weft_host::{output::Io, reply::Outcome};
use weft_shared::model::clean_text;

use super::{Failure, Json, json_help};
use crate::app::{AppHandle, TOKENS};

/// Commands for tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a token; prints only the token, and never shows it again.
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
    /// The purpose of the token, such as "Quarterly report".
    pub name: String,
    /// The readers it is for: only `national` so far.
    #[arg(long, default_value = "national", value_name = "ROLE")]
    pub role: String,
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
            check_role(&create.role)?;
            let token = app.create_token(&create.name).await?;
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

/// Analysts may see only releases, and a token opens live figures.
fn check_role(role: &str) -> Result<(), Failure> {
    match role {
        "national" => Ok(()),
        "analyst" | "government" | "public" => Err(Failure::refused(format!(
            "No {role} token was made: a token opens live figures, and analysts may see only \
             releases, which passed disclosure control. An analyst signs in and reads them at \
             /data: weft-hub person invite NAME --organisation NAME --role analyst. Every token \
             is `national`: for the national team's own use, not for publication."
        ))),
        _ => Err(Failure::usage(format!(
            "\"{role}\" is not a role of a token. The only role so far is national."
        ))),
    }
}

async fn list(app: &AppHandle, json: bool, io: &mut Io) -> Outcome {
    let found = app.read(|at| Ok((at.tokens()?, at.zone())));
    let (tokens, zone) = found.await?;
    io.list(&TOKENS, &tokens, json, &zone)
}
