//! `readers`: lists who may read what this location shares with the network.

use clap::Args;
use weft_host::{
    clock,
    list::{Column, Datum, List},
    reply::Outcome,
};
use weft_shared::model::reader::Reader;

use super::{Context, Json};

/// List who may read what this location shares, with organisation, role, purpose and since when.
#[derive(Args, Debug)]
#[command(after_help = format!("With --json: {}.", READERS.shape()))]
pub(crate) struct Readers {
    #[command(flatten)]
    pub(crate) json: Json,
}

/// A person's number, the person, and whether they are new.
type Row = (u32, Reader, bool);

/// The people who may read, as `readers` lists them.
const READERS: List<Row> = List::new(&[
    Column::new("number", |(number, ..): &Row| u64::from(*number).into()),
    Column::new("organisation", |(_, one, _): &Row| {
        (&*one.organisation).into()
    })
    .words(),
    Column::new("name", |(_, one, _): &Row| Datum::from(one.name.as_deref())).words(),
    Column::new("role", |(_, one, _): &Row| Datum::text(one.role_words())).words(),
    Column::new("purpose", |(_, one, _): &Row| {
        Datum::from(one.purpose.as_deref())
    })
    .words(),
    Column::new("since", |(_, one, _): &Row| one.since.into()).words(),
    Column::new("until", |(_, one, _): &Row| one.until.into()).words(),
    Column::new("new", |(_, _, new): &Row| (*new).into())
        .headed("")
        .shown(|(_, _, new)| if *new { "new" } else { "" }.to_owned())
        .words(),
])
.notes(
    "; name is null unless the person agreed to it, until is null while they may read, new is true \
     for 14 days",
)
.none(
    "The hub has named no one. Until people sign in there, all who use the hub's own computer can \
     read what you share.",
);

pub(crate) fn run(context: &mut Context<'_>, args: &Readers) -> Outcome {
    let now = clock::now();
    let readers = context.node.read(move |replica| replica.readers())??;
    let rows = readers.into_iter().map(|(number, reader)| {
        let new = reader.is_new(now);
        (number, reader, new)
    });
    let rows: Vec<Row> = rows.collect();
    let zone = context.node.zone();
    context.io.list(&READERS, &rows, args.json.json, &zone)
}
