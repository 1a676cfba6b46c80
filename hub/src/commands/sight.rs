//! `weft-hub line-of-sight`: need, priority, work and money side by side, and one cell explained.

use clap::Subcommand;
use serde_json::Value;
use weft_host::{
    failure::Failure,
    output::Io,
    reply::Outcome,
    text::{WIDTH, hanging, wrapped},
};
use weft_shared::{
    alignment::{
        money::Row,
        sight::{Sight, not_counted},
    },
    id::LocationCode,
    period::Period,
};

use super::json_help;
use crate::{
    app::{AppError, AppHandle, Moment, Reading},
    sight::{EXPLAINED, Explained, SIGHT, SightAsked, SightView, answer_words, as_of_words},
};

/// Arguments of `line-of-sight`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    /// Explain cells.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The cells.
    #[command(flatten)]
    pub cells: Cells,
}

/// Commands for cells.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show all that cells are made of, down to the signed entries: who, on which device, when.
    #[command(after_long_help = json_help(EXPLAINED.shape()))]
    Explain(Cells),
}

/// The cells that are asked about.
#[derive(Clone, Debug, clap::Args)]
pub struct Cells {
    /// Only this outcome: the code of one of the network's, such as VAX, or the id of a location's
    /// own.
    #[arg(long, value_name = "OUTCOME")]
    pub outcome: Option<String>,
    /// Only this location, such as FN.
    #[arg(long, value_name = "CODE")]
    pub location: Option<LocationCode>,
    /// The period, such as FY2027 [default: the fiscal year of the day].
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<Period>,
    /// As of this day or time, such as 2026-12-31: of the entries received by then, without what
    /// was withdrawn since [default: now].
    #[arg(long, value_name = "MOMENT")]
    pub as_of: Option<Moment>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub json: bool,
}

/// The form of the JSON of `line-of-sight`.
pub fn shape() -> String {
    SIGHT.shape()
}

pub(super) async fn run(app: &AppHandle, args: Args, io: &mut Io) -> Outcome {
    match args.command {
        Some(Command::Explain(cells)) => explain(app, cells, io).await,
        None => list(app, args.cells, io).await,
    }
}

impl Cells {
    fn asked(&self) -> SightAsked {
        SightAsked {
            period: self.period,
            outcome: self.outcome.clone(),
            location: self.location.clone(),
        }
    }

    fn subject(&self) -> String {
        let outcome = self.outcome.as_deref().unwrap_or("all outcomes");
        match &self.location {
            Some(code) => format!("{outcome} {code}"),
            None => outcome.to_owned(),
        }
    }
}

async fn list(app: &AppHandle, cells: Cells, io: &mut Io) -> Outcome {
    let (asked, moment) = (cells.asked(), cells.as_of);
    let found = app.counted(move |now| {
        let at = now.at(moment)?;
        Ok((at.sight(&asked)?, at.zone()))
    });
    let (found, zone) = found.await?;
    let reading = Reading::here("line-of-sight", &cells.subject());
    let view = app.shown(reading, found).await?;
    if cells.json {
        let lines = view.lines();
        let all: Vec<Value> = lines.iter().map(|line| SIGHT.json(line)).collect();
        writeln!(io.out(), "{}", Value::from(all))?;
        return io.tell(NOT_CONTROLLED);
    }
    writeln!(io.out(), "{}", as_of_words(&view))?;
    for (at, row) in view.sight.rows.iter().enumerate() {
        writeln!(io.out(), "\n{}", title(&view, at))?;
        let part = SightView {
            sight: Sight {
                rows: vec![row.clone()],
                ..view.sight.clone()
            },
            ..view.clone()
        };
        SIGHT.table(&part.lines(), &zone).write(io.out())?;
    }
    notes(&view, io)?;
    io.tell(NOT_CONTROLLED)
}

/// The heading of a row.
fn title(view: &SightView, at: usize) -> String {
    let row = &view.sight.rows[at];
    match (
        &row.head,
        row.owner.as_ref().and_then(|owner| owner.location()),
    ) {
        (Row::NotStated, _) => "Money with no outcome stated".to_owned(),
        (_, Some(code)) => format!("\"{}\", named by {code}", row.name),
        (head, None) if row.name.is_empty() => format!("{head}, an outcome that is gone"),
        (head, None) => format!("{head}: {}", row.name),
    }
}

/// The money identity, the questions and what must be known, under the tables.
fn notes(view: &SightView, io: &mut Io) -> Result<(), Failure> {
    let of_all = view.identity();
    let of_all = of_all.iter().map(|one| format!("Whole network, {one}"));
    let mut lines: Vec<String> = of_all.collect();
    let not_counted = not_counted(view.period, view.today());
    lines.push(format!("Work: {not_counted}."));
    lines.extend(view.gone_words());
    for raised in &view.questions {
        let answers: Vec<String> = raised.answers.iter().map(answer_words).collect();
        let answer = match answers.as_slice() {
            [] => "No answer yet.".to_owned(),
            answers => answers.join(" / "),
        };
        let question = &raised.question;
        lines.push(format!(
            "{}, {}: {} {answer}",
            raised.outcome,
            question.location,
            question.asked.question()
        ));
    }
    writeln!(io.out())?;
    for line in lines.iter().flat_map(|line| hanging(line)) {
        writeln!(io.out(), "{line}")?;
    }
    Ok(())
}

async fn explain(app: &AppHandle, cells: Cells, io: &mut Io) -> Outcome {
    let (asked, moment) = (cells.asked(), cells.as_of);
    if asked.outcome.is_none() && asked.location.is_none() {
        return Err(Failure::usage(
            "Name a cell with --outcome or --location, or both: weft-hub line-of-sight explain \
             --outcome VAX --location FN",
        ));
    }
    let found = app.counted(move |now| {
        let at = now.at(moment)?;
        Ok::<_, AppError>((at.explain_sight(&asked)?, at.zone(), at.as_of_words()))
    });
    let (found, zone, as_of) = found.await?;
    let reading = Reading::here("line-of-sight explain", &cells.subject());
    let all = app.shown(reading, found).await?;
    if cells.json {
        let all: Vec<Value> = all.iter().map(|one| EXPLAINED.json(one)).collect();
        writeln!(io.out(), "{}", Value::from(all))?;
        return io.tell(NOT_CONTROLLED);
    }
    for line in as_of.iter().flat_map(|words| wrapped(words, WIDTH)) {
        writeln!(io.out(), "{line}")?;
    }
    let mut last: Option<&Explained> = None;
    for one in &all {
        let is_new = last
            .is_none_or(|last| (&last.outcome, &last.location) != (&one.outcome, &one.location));
        if is_new {
            writeln!(io.out(), "\n{}, {}", one.outcome, one.location)?;
        }
        let source = one.source.as_ref().map(|source| {
            let at = source.at.map(|at| zone.minute(at)).unwrap_or_default();
            let entry = source
                .entry
                .map_or_else(String::new, |n| format!(", entry {n}"));
            format!(" [{}, {}, {at}{entry}]", source.team, source.device)
        });
        let line = format!("  {}: {}{}", one.part, one.what, source.unwrap_or_default());
        for part in hanging(&line) {
            writeln!(io.out(), "{part}")?;
        }
        last = Some(one);
    }
    if all.is_empty() {
        writeln!(io.out(), "Nothing is known of this.")?;
    }
    io.tell(NOT_CONTROLLED)
}

/// Printed with the line of sight.
const NOT_CONTROLLED: &str =
    "For the national team: not disclosure-controlled, not for publication.";
