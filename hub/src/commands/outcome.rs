//! `weft-hub outcome`: the network's outcomes.

use clap::Subcommand;
use weft_host::{
    list::{Column, Datum, List},
    output::Io,
    reply::Outcome,
};
use weft_shared::model::{
    outcome::NetworkOutcome,
    record::Fields,
    schema::{FieldSpec, Owner, RecordKind},
};

use super::{Json, fields::field_args, json_help};
use crate::app::AppHandle;

/// Commands for outcomes.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add an outcome. Every node receives it with its next sync.
    Add(Add),
    /// Change the fields of an outcome that are given; an empty value clears one.
    Edit(Edit),
    /// List the outcomes.
    #[command(after_long_help = json_help(OUTCOMES.shape()))]
    List(Json),
}

fn fields() -> impl Iterator<Item = &'static FieldSpec> {
    let fields = RecordKind::Outcome.fields_of(Owner::Hub);
    fields.filter(|field| field.key != "code")
}

field_args!(
    /// The fields of a new outcome.
    NewOutcome,
    fields(),
    true
);
field_args!(
    /// The fields of an outcome that are to change.
    OutcomeChanges,
    fields(),
    false
);

/// Arguments of `outcome add`.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// Its code, such as VAX; others name the outcome by it.
    #[arg(value_name = "CODE")]
    pub outcome: String,
    /// The other fields.
    #[command(flatten)]
    pub fields: NewOutcome,
}

/// Arguments of `outcome edit`.
#[derive(Debug, clap::Args)]
pub struct Edit {
    /// Its code.
    #[arg(value_name = "CODE")]
    pub outcome: String,
    /// The other fields.
    #[command(flatten)]
    pub fields: OutcomeChanges,
}

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    let with_code = |code: &str, mut fields: Fields| {
        fields.insert("code".to_owned(), code.into());
        fields
    };
    match command {
        Command::Add(args) => {
            let fields = with_code(&args.outcome, args.fields.0);
            app.set_outcome(fields, true).await?;
            io.tell("Added the outcome. Each node has it with its next sync.")
        }
        Command::Edit(args) => {
            let fields = with_code(&args.outcome, args.fields.0);
            app.set_outcome(fields, false).await?;
            io.tell("Changed the outcome. Each node has it with its next sync.")
        }
        Command::List(json) => {
            let found = app.read(|at| Ok((at.outcomes(), at.zone())));
            let (outcomes, zone) = found.await?;
            io.list(&OUTCOMES, &outcomes, json.json, &zone)
        }
    }
}

/// The outcomes, as `outcome list` lists them.
const OUTCOMES: List<NetworkOutcome> = List::new(&[
    Column::new("code", |one: &NetworkOutcome| one.code.as_str().into()),
    Column::new("name", |one: &NetworkOutcome| (&*one.name).into()).words(),
    Column::new("headline", |one: &NetworkOutcome| {
        one.headline.as_ref().map(Datum::text).into()
    }),
    Column::new("id", |one: &NetworkOutcome| Datum::text(one.id)).id(),
])
.none("There are no outcomes yet. Next: weft-hub outcome add CODE --name TEXT");
