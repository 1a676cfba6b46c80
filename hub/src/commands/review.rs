//! `weft-hub review`: what moved, the story behind it, and what was decided.

use clap::Subcommand;
use weft_host::{
    list::{Column, DATA, Datum, List},
    output::Io,
    reply::Outcome,
};
use weft_shared::model::{
    record::Record,
    schema::{FieldSpec, Owner, RecordKind},
};

use super::{Json, fields::field_args, json_help};
use crate::app::AppHandle;

/// Commands for learning reviews.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a review. Every node receives it with its next sync.
    #[command(after_long_help = EXAMPLES)]
    Add(NewReview),
    /// Change the fields of a review that are given; an empty value clears one.
    Edit(Edit),
    /// List the national team's reviews, the latest first.
    #[command(after_long_help = json_help(REVIEWS.shape()))]
    List(Json),
}

fn fields() -> impl Iterator<Item = &'static FieldSpec> {
    RecordKind::Review.fields_of(Owner::Hub)
}

field_args!(
    /// The fields of a new review.
    NewReview,
    fields(),
    true
);
field_args!(
    /// The fields of a review that are to change.
    ReviewChanges,
    fields(),
    false
);

/// Arguments of `review edit`.
#[derive(Debug, clap::Args)]
pub struct Edit {
    /// The review's id, or its beginning.
    pub id: String,
    /// The fields.
    #[command(flatten)]
    pub fields: ReviewChanges,
}

/// Shown below the long help of `review add`.
const EXAMPLES: &str = "\
Example:
  weft-hub review add --question \"Example: what moved in vaccination?\" --period 2026-Q3 \\
    --on 2026-10-12 --outcomes VAX --decided \"Example: pay for evening clinics\"";

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    match command {
        Command::Add(NewReview(fields)) => {
            let id = app.set_review(None, fields).await?;
            io.say(id)?;
            io.tell("Added the review. Each node has it with its next sync.")
        }
        Command::Edit(args) => {
            app.set_review(Some(args.id), args.fields.0).await?;
            io.tell("Changed the review. Each node has it with its next sync.")
        }
        Command::List(json) => {
            let found = app.read(|at| Ok((at.reviews(), at.zone())));
            let (reviews, zone) = found.await?;
            io.list(&REVIEWS, &reviews, json.json, &zone)
        }
    }
}

/// The reviews, as `review list` lists them.
const REVIEWS: List<Record> = List::new(&[
    Column::new("on", |one: &Record| text(one, "on")),
    Column::new("question", |one: &Record| text(one, "question")).words(),
    Column::new("decided", |one: &Record| text(one, "decided")).words(),
    Column::new("period", |one: &Record| text(one, "period")).only(DATA),
    Column::new("indicator", |one: &Record| text(one, "indicator")).only(DATA),
    Column::new("outcomes", |one: &Record| members(one, "outcomes")).only(DATA),
    Column::new("took_part", |one: &Record| members(one, "took_part")).only(DATA),
    Column::new("story", |one: &Record| text(one, "story")).only(DATA),
    Column::new("partners", |one: &Record| members(one, "partners")).only(DATA),
    Column::new("works", |one: &Record| text(one, "works")).only(DATA),
    Column::new("next", |one: &Record| text(one, "next")).only(DATA),
    Column::new("id", |one: &Record| Datum::text(one.id)).id(),
])
.none("There are no reviews yet. Next: weft-hub review add --help");

fn text(record: &Record, key: &str) -> Datum {
    record.text(key).filter(|text| !text.is_empty()).into()
}

fn members(record: &Record, key: &str) -> Datum {
    let members: Vec<&str> = record.members(key).collect();
    Some(members.join("; "))
        .filter(|text| !text.is_empty())
        .into()
}
