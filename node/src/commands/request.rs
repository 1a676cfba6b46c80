//! `request`: what all locations ask of the national team, and its answers.

use clap::{Args, Subcommand};
use weft_host::{
    clock,
    list::{Column, DATA, Datum, List, TABLE},
    reply::Outcome,
};

use super::{Context, Json};
use crate::view::RequestRow;

/// Read what locations ask of the national team, and what it answers. To ask for something, add an
/// opportunity with --who backbone.
#[derive(Args, Debug)]
pub(crate) struct Request {
    #[command(subcommand)]
    pub(crate) command: RequestCommand,
}

/// The subcommands of `request`.
#[derive(Debug, Subcommand)]
pub(crate) enum RequestCommand {
    /// List the requests of all locations, with the answers and how many days each took.
    ///
    /// A request is due on the day that it names, or else 28 days after the hub received it; 20
    /// December to 15 January do not count. A new wording is a new request, and a day that had
    /// passed when the hub received it counts as none. An answer after the due day stays late.
    #[command(after_help = format!("With --json: {}.", REQUESTS.shape()))]
    List(ListArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only those that are late, or were answered late.
    #[arg(long)]
    pub(crate) late: bool,
    #[command(flatten)]
    pub(crate) json: Json,
}

pub(crate) fn run(context: &mut Context<'_>, args: &Request) -> Outcome {
    let RequestCommand::List(args) = &args.command;
    let (all, zone) = context.node.read(|replica| {
        let zone = replica.zone();
        (replica.requests(zone.day(clock::now())), zone)
    })?;
    let mut rows = all?;
    let any = !rows.is_empty();
    rows.retain(|one| !args.late || one.is_late);
    let list = match any {
        true => REQUESTS.none("No request is late."),
        false => REQUESTS,
    };
    context.io.list(&list, &rows, args.json.json, &zone)
}

/// The requests, as `request list` lists them.
const REQUESTS: List<RequestRow> = List::new(&[
    Column::new("location", |one: &RequestRow| one.location.as_str().into()),
    Column::new("name", |one: &RequestRow| (&*one.name).into()).only(DATA),
    Column::new("id", |one: &RequestRow| Datum::text(one.id)).only(DATA),
    Column::new("what", |one: &RequestRow| (&*one.what).into()).words(),
    Column::new("due", |one: &RequestRow| {
        one.dated.map(|dated| Datum::text(dated.due)).into()
    })
    .only(DATA),
    Column::new("state", |one: &RequestRow| one.due_words().into())
        .words()
        .only(TABLE),
    Column::new("late", |one: &RequestRow| one.is_late.into()).only(DATA),
    Column::new("received", |one: &RequestRow| {
        one.dated.map(|dated| Datum::text(dated.received)).into()
    })
    .only(DATA),
    Column::new("answered", |one: &RequestRow| {
        one.answered.map(Datum::text).into()
    })
    .only(DATA),
    Column::new("days", |one: &RequestRow| one.days().into()).only(DATA),
    Column::new("answer", |one: &RequestRow| one.answer_words().into())
        .words()
        .only(TABLE),
    Column::new("stance", |one: &RequestRow| {
        one.answer
            .as_ref()
            .map(|answer| answer.stance.word())
            .into()
    })
    .only(DATA),
    Column::new("reason", |one: &RequestRow| {
        let answer = one.answer.as_ref();
        answer.and_then(|answer| answer.reason.clone()).into()
    })
    .only(DATA),
])
.none("No location has a request. weft-node sync --once takes new ones from the hub.");
