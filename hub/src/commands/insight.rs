//! `weft-hub insight`: what locations heard and learnt, as far as they shared it.

use clap::Subcommand;
use weft_host::{
    output::{ExitCode, Io},
    reply::Outcome,
};

use super::{
    plan,
    table::{Column, Table},
};
use crate::app::{AppHandle, SharedRecord};

/// Commands for shared insights.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the insights that locations shared, with the words of those not withdrawn.
    ///
    /// JSON: as `plan list`, with `withdrawn` and `words` (null if withdrawn).
    List(plan::List),
}

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    let Command::List(args) = command;
    let insights = app.insights(args.location.as_ref()).await?;
    let insights = app.shown(args.reading("insight list"), insights).await?;
    if insights.is_empty() {
        let whose = plan::whose(args.location.as_ref());
        let text = format!(
            "Nothing to list: no insight was shared{whose}. {}",
            plan::SHARING
        );
        io.tell(text)?;
    }
    if args.json.json {
        return plan::print(&insights, true, io);
    }
    if insights.is_empty() {
        return Ok(ExitCode::Ok);
    }
    let mut table = Table::new(&[
        Column::Text("location"),
        Column::Words("themes"),
        Column::Words("words"),
    ]);
    for insight in &insights {
        table.row([
            insight.location.clone(),
            insight.title.clone(),
            words(insight),
        ]);
    }
    table.write(io.out())?;
    Ok(ExitCode::Ok)
}

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
