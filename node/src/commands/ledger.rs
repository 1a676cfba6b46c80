//! `ledger`: lists who read what of this location, as the hub wrote it down before it answered.

use clap::Args;
use weft_host::{
    list::{Column, List},
    output::ExitCode,
    reply::Outcome,
};
use weft_shared::identity::reads::ReadRow;

use super::{Context, Json};

/// Number of rows that are listed.
const ROWS_MAX: usize = 1_000;

/// List who read what of this location at the hub: when, what, for which purpose, and how often;
/// newest first.
#[derive(Args, Debug)]
#[command(after_help = format!("With --json: {}.", ROWS.shape()))]
pub(crate) struct Ledger {
    #[command(flatten)]
    pub(crate) json: Json,
}

/// Reads of this location, as `ledger` lists them.
const ROWS: List<ReadRow> = List::new(&[
    Column::new("number", |row: &ReadRow| row.n.into()),
    Column::new("at", |row: &ReadRow| row.at.into()).words(),
    Column::new("who", |row: &ReadRow| (&*row.reader).into()).words(),
    Column::new("organisation", |row: &ReadRow| (&*row.organisation).into()).words(),
    Column::new("what", |row: &ReadRow| (&*row.act).into()).words(),
    Column::new("about", |row: &ReadRow| (&*row.subject).into()).words(),
    Column::new("purpose", |row: &ReadRow| (&*row.purpose).into()).words(),
    Column::new("times", |row: &ReadRow| row.count.into()),
])
.notes("; at is the first of the times, which lie within ten minutes")
.none(
    "The hub has shown no read of what you share. A row comes about ten minutes after the read, \
     with the next exchange.",
);

pub(crate) fn run(context: &mut Context<'_>, args: &Ledger) -> Outcome {
    let ledger = context
        .node
        .read(|replica| replica.read_ledger(ROWS_MAX))??;
    let zone = context.node.zone();
    context
        .io
        .list(&ROWS, &ledger.rows, args.json.json, &zone)?;
    match ledger.alarm {
        Some(alarm) => {
            context.io.tell(alarm)?;
            Ok(ExitCode::NeedsAction)
        }
        None => Ok(ExitCode::Ok),
    }
}
