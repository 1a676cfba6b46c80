//! `weft-hub person`: people who may sign in.

use clap::Subcommand;
use weft_host::{
    output::{ExitCode, Io},
    reply::Outcome,
};
use weft_shared::text::quoted;

use super::{Json, json_help};
use crate::{
    access::roles::{Role, Roles},
    app::{AppHandle, Invitation, PEOPLE},
};

/// Commands for people.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Invite a person; prints only the link with which they enrol, and never shows it again.
    ///
    /// The link works once and for 72 hours. When the person has used it, they wait until you have
    /// confirmed them. From the first person on, nothing is shown without a sign-in.
    Invite(Invite),
    /// Confirm a person by the four words that their browser shows.
    Confirm(Confirm),
    /// Give a person other roles, and end their sessions.
    Roles(RolesArgs),
    /// Keep a person out until they are unlocked.
    Lock(Name),
    /// Let a locked person in again.
    Unlock(Name),
    /// End a person's part in the hub. Their name stays in the ledger.
    End(Name),
    /// Print a link for a person who has lost what they sign in with; it works for an hour.
    ///
    /// Once they use it, what they signed in with before ends, and so do their tokens.
    Reset(Name),
    /// List people.
    #[command(after_long_help = json_help(PEOPLE.shape()))]
    List(Json),
}

/// Arguments of `person invite`.
#[derive(Debug, clap::Args)]
pub struct Invite {
    /// The name with which they will sign in.
    pub name: String,
    /// Their organisation, which locations see.
    #[arg(long, value_name = "NAME")]
    pub organisation: String,
    /// A role: analyst, national or admin; give it again for another.
    #[arg(long, required = true, value_name = "ROLE")]
    pub role: Vec<Role>,
    /// They agreed that locations see their name, not only their organisation and role.
    #[arg(long)]
    pub named: bool,
}

/// Arguments of `person confirm`.
#[derive(Debug, clap::Args)]
pub struct Confirm {
    /// Their name.
    pub name: String,
    /// The four words that they read out.
    #[arg(long, value_name = "WORDS")]
    pub words: Option<String>,
}

/// Arguments of `person roles`.
#[derive(Debug, clap::Args)]
pub struct RolesArgs {
    /// Their name.
    pub name: String,
    /// A role from now on: analyst, national or admin; give it again for another.
    #[arg(long, required = true, value_name = "ROLE")]
    pub role: Vec<Role>,
}

/// A person's name.
#[derive(Debug, clap::Args)]
pub struct Name {
    /// Their name.
    pub name: String,
}

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    match command {
        Command::Invite(invite) => {
            let invitation = Invitation {
                name: invite.name,
                organisation: invite.organisation,
                roles: invite.role.into_iter().collect(),
                named: invite.named,
            };
            let (roles, asked) = (invitation.roles.said(), invitation.name.clone());
            let link = app.invite_person(invitation).await?;
            let name = app.read(move |at| at.person_named(&asked)).await?.row.name;
            io.tell(format_args!(
                "{name} is invited, as {roles}. Send them this link in a way that they alone \
                 read: it works once, and for 72 hours. Then phone them, and let them read out the \
                 four words that their browser shows.\nNext: weft-hub person confirm {} --words \
                 WORDS",
                quoted(&name)
            ))?;
            io.say(link)
        }
        Command::Confirm(args) => confirm(app, args, io).await,
        Command::Roles(args) => {
            let roles: Roles = args.role.into_iter().collect();
            app.set_roles(&args.name, roles).await?;
            let name = args.name.clone();
            let person = app.read(move |at| at.person_named(&name)).await?;
            let (name, roles) = (&person.row.name, roles.words());
            io.tell(format_args!("{name} has {roles} now, and signs in again."))?;
            match person.needs_passkey() {
                true => io.tell(format_args!(
                    "The role admin opens nothing yet: {name} signs in with a password, and it \
                     needs a passkey.\nNext: weft-hub person reset {}",
                    quoted(name)
                )),
                false => Ok(ExitCode::Ok),
            }
        }
        Command::Lock(Name { name }) => {
            app.lock_person(&name, true).await?;
            io.tell(format_args!("{name} is locked, and signed out."))
        }
        Command::Unlock(Name { name }) => {
            app.lock_person(&name, false).await?;
            io.tell(format_args!("{name} may sign in again."))
        }
        Command::End(Name { name }) => {
            app.end_person(&name).await?;
            io.tell(format_args!("Nothing of {name} opens anything any more."))
        }
        Command::Reset(Name { name }) => {
            let link = app.reset_person(&name).await?;
            io.tell(format_args!(
                "Once {name} uses it, what they signed in with before ends, and so do their \
                 tokens: programs that read with one need a new one."
            ))?;
            io.say(link)
        }
        Command::List(Json { json }) => {
            let found = app.read(|at| Ok((at.people()?, at.unseen_resets()?, at.zone())));
            let (people, resets, zone) = found.await?;
            let listed = io.list(&PEOPLE, &people, json, &zone)?;
            for (reset, admins) in &resets {
                let (words, admins) = (reset.words(&zone), admins.join(", "));
                io.tell(format_args!("{words} Not seen yet by {admins}."))?;
            }
            Ok(listed)
        }
    }
}

async fn confirm(app: &AppHandle, args: Confirm, io: &mut Io) -> Outcome {
    // The words are never shown here: they must come from the person, by telephone.
    let said = match args.words {
        Some(said) => Some(said),
        None if io.terminal() => {
            let question = format!("The four words that {} reads out:", args.name);
            Some(io.prompt(&question)?.unwrap_or_default())
        }
        // A script, which no one can read words out to.
        None => None,
    };
    app.confirm_person(&args.name, said.as_deref()).await?;
    let mut done = format!("{} is confirmed, and may sign in.", args.name);
    if said.is_none() {
        done.push_str(
            " Their four words were not compared. If you can, phone them, and lock them with \
             weft-hub person lock if it was somebody else.",
        );
    }
    io.tell(done)
}
