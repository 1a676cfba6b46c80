//! `weft-hub plan`: what locations plan and do, as far as they shared it.

use clap::Subcommand;
use serde_json::{Value, json};
use weft_host::{
    output::{ExitCode, Io},
    reply::Outcome,
};
use weft_shared::id::LocationCode;

use super::{
    Json,
    table::{Column, Table},
};
use crate::app::{AppHandle, Reading, SharedRecord};

/// Commands for shared plans.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the outcomes, initiatives, actions and partners that locations shared.
    ///
    /// JSON: [{location, kind, id, audience, fields: {field: [value, ...]}}]; a field with more
    /// than one value was changed by two people at once.
    List(List),
}

/// Arguments of `plan list` and `insight list`.
#[derive(Debug, clap::Args)]
pub struct List {
    /// Only this location's.
    #[arg(long, value_name = "CODE")]
    pub location: Option<LocationCode>,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

impl List {
    /// The reading for the ledger.
    pub(super) fn reading(&self, act: &'static str) -> Reading {
        let whose = self.location.as_ref();
        Reading::here(act, whose.map_or("all locations", LocationCode::as_str))
    }
}

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    let Command::List(args) = command;
    let records = app.plan(args.location.as_ref()).await?;
    let records = app.shown(args.reading("plan list"), records).await?;
    if records.is_empty() {
        let whose = whose(args.location.as_ref());
        io.tell(format_args!(
            "Nothing to list: no plan was shared{whose}. {SHARING}"
        ))?;
    }
    print(&records, args.json.json, io)
}

/// Describes the location whose records were requested.
pub(super) fn whose(location: Option<&LocationCode>) -> String {
    location.map_or_else(|| " yet".to_owned(), |code| format!(" by {code} yet"))
}

/// Explains why a list of shared records may be empty, and what to do.
pub(super) const SHARING: &str = "A location decides what it shares, and the hub sees it after \
    its next sync: weft-hub status shows when each was last heard of.";

pub(super) fn print(records: &[SharedRecord], json: bool, io: &mut Io) -> Outcome {
    if json {
        let rows: Vec<Value> = records.iter().map(SharedRecord::to_json).collect();
        writeln!(io.out(), "{}", json!(rows))?;
        return Ok(ExitCode::Ok);
    }
    if records.is_empty() {
        return Ok(ExitCode::Ok);
    }
    let mut table = Table::new(&[
        Column::Text("location"),
        Column::Text("kind"),
        Column::Words("title"),
        Column::Text("state"),
    ]);
    for record in records {
        table.row([
            record.location.clone(),
            record.kind.clone(),
            record.title.clone(),
            state(record).to_owned(),
        ]);
    }
    table.write(io.out())?;
    Ok(ExitCode::Ok)
}

/// Returns the status of an initiative or the state of an action; other records have neither.
fn state(record: &SharedRecord) -> &str {
    match record.text("status") {
        "" => record.text("state"),
        status => status,
    }
}
