//! `weft-hub plan`: what locations plan and do, as far as they shared it.

use clap::Subcommand;
use weft_host::{
    list::{Column, DATA, Datum, List, TABLE},
    output::Io,
    reply::Outcome,
};
use weft_shared::id::LocationCode;

use super::{Json, json_help};
use crate::app::{AppHandle, Reading, SharedRecord};

/// Commands for shared plans.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the outcomes, initiatives, actions and partners that locations shared.
    #[command(after_long_help = json_help(PLAN.shape()))]
    List(Args),
}

/// Arguments of `plan list` and `insight list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this location's.
    #[arg(long, value_name = "CODE")]
    pub location: Option<LocationCode>,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

impl Args {
    /// The reading for the ledger.
    pub(super) fn reading(&self, act: &'static str) -> Reading {
        let whose = self.location.as_ref();
        Reading::here(act, whose.map_or("all locations", LocationCode::as_str))
    }
}

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    let Command::List(args) = command;
    let location = args.location.clone();
    let found = app.counted(move |at| Ok((at.plan(location.as_ref())?, at.zone())));
    let (records, zone) = found.await?;
    let records = app.shown(args.reading("plan list"), records).await?;
    if records.is_empty() {
        let whose = whose(args.location.as_ref());
        io.tell(format_args!(
            "Nothing to list: no plan was shared{whose}. {SHARING}"
        ))?;
    }
    io.list(&PLAN, &records, args.json.json, &zone)
}

/// Describes the location whose records were requested.
pub(super) fn whose(location: Option<&LocationCode>) -> String {
    location.map_or_else(|| " yet".to_owned(), |code| format!(" by {code} yet"))
}

/// Explains why a list of shared records may be empty, and what to do.
pub(super) const SHARING: &str = "A location decides what it shares, and the hub sees it after \
    its next sync: weft-hub status shows when each was last heard of.";

/// Shared records, as `plan list` lists them.
const PLAN: List<SharedRecord> = List::new(&[
    LOCATION,
    KIND,
    ID,
    AUDIENCE,
    Column::new("title", |one: &SharedRecord| (&*one.title).into())
        .words()
        .only(TABLE),
    Column::new("state", |one: &SharedRecord| state(one).into()).only(TABLE),
    FIELDS,
])
.notes("; a field with more than one value was changed by two people at once");

type OfRecord = Column<SharedRecord>;
pub(super) const LOCATION: OfRecord = Column::new("location", |one| (&*one.location).into());
pub(super) const KIND: OfRecord = Column::new("kind", |one| (&*one.kind).into());
pub(super) const ID: OfRecord =
    Column::new("id", |one: &SharedRecord| (&*one.id).into()).only(DATA);
pub(super) const AUDIENCE: OfRecord =
    Column::new("audience", |one: &SharedRecord| (&*one.audience).into()).only(DATA);
pub(super) const FIELDS: OfRecord = Column::new("fields", |one: &SharedRecord| {
    Datum::Json(one.fields_json())
})
.only(DATA);

/// Returns the status of an initiative or the state of an action; other records have neither.
fn state(record: &SharedRecord) -> &str {
    match record.text("status") {
        "" => record.text("state"),
        status => status,
    }
}
