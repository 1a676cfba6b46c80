//! `weft-hub request`: what locations ask of the national team, and its answers.

use clap::Subcommand;
use weft_host::{
    failure::Failure,
    list::{Column, DATA, Datum, List, TABLE},
    output::Io,
    reply::Outcome,
};
use weft_shared::{
    model::{answer::ANSWER, record::FieldValue, schema::FieldSpec},
    text::listed,
};

use super::{Json, fields::field_args, json_help};
use crate::app::{AppHandle, Reading, RequestView};

/// Commands for requests.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the requests of locations, with the answers that were published.
    ///
    /// A request is due on the day that it names, or else 28 days after the hub received it; 20
    /// December to 15 January do not count. A new wording is a new request, and a day that had
    /// passed when the hub received it counts as none. An answer after the due day stays late.
    #[command(after_long_help = json_help(REQUESTS.shape()))]
    List(ListArgs),
    /// Put an answer to a request among the drafts. It goes out with `agenda publish`.
    Answer(AnswerArgs),
}

/// Arguments of `request list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only those that are late, or were answered late.
    #[arg(long)]
    pub late: bool,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

fn answer_fields() -> impl Iterator<Item = &'static FieldSpec> {
    ANSWER.iter()
}

field_args!(
    /// The fields of an answer.
    AnswerFields,
    answer_fields(),
    false
);

/// Arguments of `request answer`.
#[derive(Debug, clap::Args)]
pub struct AnswerArgs {
    /// The request: its location and its id or the beginning of it, such as FN/0193.
    pub request: String,
    /// The fields of the answer.
    #[command(flatten)]
    pub fields: AnswerFields,
}

/// The role of those who answer, if none is given.
const NATIONAL: &str = "national team";

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    match command {
        Command::List(args) => list(app, &args, io).await,
        Command::Answer(args) => answer(app, args, io).await,
    }
}

async fn list(app: &AppHandle, args: &ListArgs, io: &mut Io) -> Outcome {
    let (found, late) = (app.counted(|at| Ok((at.requests()?, at.zone()))), args.late);
    let (requests, zone) = found.await?;
    let shown = requests.map(|all| {
        let (any, mut shown) = (!all.is_empty(), all);
        shown.retain(|one| !late || one.is_late);
        (shown, any)
    });
    let reading = Reading::here("request list", "all locations");
    let (requests, any) = app.shown(reading, shown).await?;
    let list = match any {
        true => REQUESTS.none("No request is late."),
        false => REQUESTS,
    };
    io.list(&list, &requests, args.json.json, &zone)
}

async fn answer(app: &AppHandle, args: AnswerArgs, io: &mut Io) -> Outcome {
    let requests = app.counted(|at| at.requests()).await?;
    let reading = Reading::here("request answer", &args.request);
    let requests = app.shown(reading, requests).await?;
    let wanted = args.request.trim();
    let found: Vec<&RequestView> = requests
        .iter()
        .filter(|one| is_named(one, wanted))
        .collect();
    let [request] = found.as_slice() else {
        let names: Vec<String> = requests.iter().map(name).collect();
        let there = match names.as_slice() {
            [] => "There are no requests.".to_owned(),
            names => format!("There are: {}.", listed(names, LISTED_MAX)),
        };
        let fault = match found.len() {
            0 => "is no location's request".to_owned(),
            several => format!("could be any of {several} requests"),
        };
        return Err(Failure::usage(format_args!(
            "\"{wanted}\" {fault}. Write one as FN/ID. {there}"
        )));
    };
    let mut fields = args.fields.0;
    fields
        .entry("by".to_owned())
        .or_insert_with(|| FieldValue::Text(NATIONAL.to_owned()));
    app.draft_answer(request, &fields).await?;
    io.tell("It is a draft, which no location sees. Next: weft-hub agenda publish")
}

/// Requests that an error names.
const LISTED_MAX: usize = 8;

fn name(request: &RequestView) -> String {
    format!("{}/{}", request.location, request.id)
}

fn is_named(request: &RequestView, wanted: &str) -> bool {
    let Some((code, id)) = wanted.split_once('/') else {
        return false;
    };
    let id = id.to_ascii_lowercase();
    request.location.as_str().eq_ignore_ascii_case(code)
        && !id.is_empty()
        && request.id.to_string().starts_with(&id)
}

/// The requests, as `request list` lists them.
const REQUESTS: List<RequestView> = List::new(&[
    Column::new("what", |one: &RequestView| (&*one.what).into()).words(),
    Column::new("request", |one: &RequestView| name(one).into()).id(),
    Column::new("needed_by", |one: &RequestView| {
        one.needed_by.map(Datum::text).into()
    })
    .only(DATA),
    Column::new("due", |one: &RequestView| Datum::text(one.due)),
    Column::new("late", |one: &RequestView| one.is_late.into())
        .shown(|one| if one.is_late { "late" } else { "" }.to_owned()),
    Column::new("received", |one: &RequestView| Datum::text(one.received)).only(DATA),
    Column::new("answered", |one: &RequestView| {
        one.answered.map(Datum::text).into()
    })
    .only(DATA),
    Column::new("answer", |one: &RequestView| {
        let word = one.answer().map(|answer| answer.stance.word());
        word.unwrap_or("no answer yet").into()
    })
    .only(TABLE),
    Column::new("stance", |one: &RequestView| {
        one.answer()
            .map(|answer| answer.stance.word().to_owned())
            .into()
    })
    .only(DATA),
])
.none("No location has a request.");
