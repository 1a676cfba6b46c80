//! `readers`: lists who may read what this location shares with the network.

use clap::Args;
use weft_host::{
    clock,
    list::{Column, DATA, Datum, List},
    reply::Outcome,
};

use super::{Context, Json};
use crate::view::ReaderRow;

/// List who may read what this location shares, with organisation, role, purpose and since when.
#[derive(Args, Debug)]
#[command(after_help = format!("With --json: {}.", READERS.shape()))]
pub(crate) struct Readers {
    #[command(flatten)]
    pub(crate) json: Json,
}

/// A person, and whether they are new.
type Row = (ReaderRow, bool);

/// The person as the ledger of reads names them, and whether they are new.
fn who((one, new): &Row) -> String {
    let new = if *new { " (new)" } else { "" };
    format!("{}{new}", one.line())
}

/// The people who may read, as `readers` lists them.
const READERS: List<Row> = List::new(&[
    Column::new("number", |(one, _): &Row| u64::from(one.number).into()).only(DATA),
    Column::new("organisation", |(one, _): &Row| {
        (&*one.reader.organisation).into()
    })
    .headed("who")
    .shown(who)
    .words(),
    Column::new("name", |(one, _): &Row| {
        Datum::from(one.reader.name.as_deref())
    })
    .only(DATA),
    Column::new("role", |(one, _): &Row| {
        Datum::text(one.reader.role_words())
    })
    .words(),
    Column::new("purpose", |(one, _): &Row| {
        Datum::from(one.purpose.as_deref())
    })
    .words(),
    Column::new("since", |(one, _): &Row| one.reader.since.into()).words(),
    Column::new("until", |(one, _): &Row| one.reader.until.into()).words(),
    Column::new("new", |(_, new): &Row| (*new).into()).only(DATA),
])
.notes(
    "; name is null unless the person agreed to it, purpose is that of their last read of us, \
     until is null while they may read, new is true for 14 days",
)
.none(
    "The hub has named no one. Until people sign in there, all who use the hub's own computer can \
     read what you share.",
);

pub(crate) fn run(context: &mut Context<'_>, args: &Readers) -> Outcome {
    let now = clock::now();
    let readers = context.node.read(move |replica| replica.readers())??;
    let rows = readers.into_iter().map(|one| {
        let new = one.reader.is_new(now);
        (one, new)
    });
    let rows: Vec<Row> = rows.collect();
    let zone = context.node.zone();
    context.io.list(&READERS, &rows, args.json.json, &zone)
}
