//! `weft-hub insight`: what locations heard and learnt, as far as they shared it.

use clap::Subcommand;
use weft_host::{
    list::{Column, DATA, List, TABLE},
    output::Io,
    reply::Outcome,
};

use super::{
    json_help,
    plan::{self, AUDIENCE, FIELDS, ID, KIND, LOCATION},
};
use crate::app::{AppHandle, SharedRecord};

/// Commands for shared insights.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the insights that locations shared, with the words of those not withdrawn.
    #[command(after_long_help = json_help(INSIGHTS.shape()))]
    List(plan::Args),
}

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    let Command::List(args) = command;
    let location = args.location.clone();
    let found = app.counted(move |at| Ok((at.insights(location.as_ref())?, at.zone())));
    let (insights, zone) = found.await?;
    let insights = app.shown(args.reading("insight list"), insights).await?;
    if insights.is_empty() {
        let whose = plan::whose(args.location.as_ref());
        let text = format!(
            "Nothing to list: no insight was shared{whose}. {}",
            plan::SHARING
        );
        io.tell(text)?;
    }
    io.list(&INSIGHTS, &insights, args.json.json, &zone)
}

/// Shared insights, as `insight list` lists them.
const INSIGHTS: List<SharedRecord> = List::new(&[
    LOCATION,
    KIND.only(DATA),
    ID,
    AUDIENCE,
    Column::new("themes", |one: &SharedRecord| (&*one.title).into())
        .words()
        .only(TABLE),
    FIELDS,
    Column::new("withdrawn", |one: &SharedRecord| one.withdrawn.into()).only(DATA),
    Column::new("words", |one: &SharedRecord| one.words.clone().into())
        .shown(words)
        .words(),
])
.notes("; words is null if they were withdrawn");

/// Returns the words in one line of a table, cut if they are long; `--json` has all of them.
fn words(insight: &SharedRecord) -> String {
    let Some(words) = &insight.words else {
        let why = if insight.withdrawn {
            "(withdrawn)"
        } else {
            "(not here)"
        };
        return why.to_owned();
    };
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WORDS_CHARS_MAX) {
        Some((cut, _)) => format!("{}...", &line[..cut]),
        None => line,
    }
}

/// Maximum number of characters of an insight's words in a table.
const WORDS_CHARS_MAX: usize = 60;
