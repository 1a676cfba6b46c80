//! `weft-hub investment`: the hub's investments, their lines, and files of both.

pub mod files;

use std::path::Path;

use clap::Subcommand;
use serde_json::json;
use weft_host::{
    output::{ExitCode, Io},
    reply::Outcome,
};
use weft_shared::{
    model::{
        Audience,
        line::{LINE_FIELDS, NOWHERE},
        schema::{FieldKind, FieldSpec, Owner, RecordKind},
    },
    text::counted,
};

use super::{Json, fields::field_args, json_help};
use crate::app::{AppHandle, FINDINGS, INVESTMENTS, InvestmentView, LINES, Reading};

/// Commands for investments.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add an investment: who gives what to whom, from when to when and for what. Every node
    /// receives it with its next sync.
    ///
    /// If it is a part of another one, name that with --part-of: its amount is taken off the whole,
    /// so that money is counted once.
    #[command(after_long_help = EXAMPLES)]
    Add(Add),
    /// Change the fields of an investment that are given; an empty value clears one.
    Edit(Edit),
    /// List the hub's investments.
    #[command(after_long_help = json_help(INVESTMENTS.shape()))]
    List(Json),
    /// Show one investment with its lines.
    #[command(after_long_help = SHOW_JSON)]
    Show(ShowArgs),
    /// State a line: what was committed or spent, in which period, where and for which outcomes.
    ///
    /// A line for the same period, locations and outcomes is replaced. Committed lines add up to at
    /// most the amount without its parts.
    #[command(after_long_help = LINE_EXAMPLES)]
    Line(LineArgs),
    /// List what a person should look at in the money of all teams: problems, amounts in which
    /// teams differ, and investments that may have been entered twice.
    #[command(after_long_help = json_help(FINDINGS.shape()))]
    Check(Json),
    /// Import a file of investments, all of it or nothing.
    #[command(after_long_help = files::COLUMNS)]
    Import(files::Import),
    /// Write the hub's investments and lines to a CSV file, which comes back in unchanged.
    Export(files::Export),
}

fn fields() -> impl Iterator<Item = &'static FieldSpec> {
    RecordKind::Investment.fields_of(Owner::Hub)
}

field_args!(
    /// The fields of a new investment.
    NewInvestment,
    fields(),
    true
);
field_args!(
    /// The fields of an investment that are to change.
    InvestmentChanges,
    fields(),
    false
);
field_args!(
    /// The fields of a line.
    LineFields,
    LINE_FIELDS.iter(),
    false
);

/// Arguments of `investment add`.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// The fields.
    #[command(flatten)]
    pub fields: NewInvestment,
    /// Its audience: network, or released for analysts as well [default: network].
    #[arg(long, value_name = "WORD")]
    pub audience: Option<Audience>,
}

/// Arguments of `investment edit`.
#[derive(Debug, clap::Args)]
pub struct Edit {
    /// The investment's identifier, or its id, or the beginning of its id.
    #[arg(value_name = "ID")]
    pub investment: String,
    /// The fields.
    #[command(flatten)]
    pub fields: InvestmentChanges,
    /// Its audience: network, or released for analysts as well.
    #[arg(long, value_name = "WORD")]
    pub audience: Option<Audience>,
}

/// Arguments of `investment show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The investment's identifier, or its id, or the beginning of its id.
    #[arg(value_name = "ID")]
    pub investment: String,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Arguments of `investment line`.
#[derive(Debug, clap::Args)]
pub struct LineArgs {
    /// The investment's identifier, or its id, or the beginning of its id.
    #[arg(value_name = "ID")]
    pub investment: String,
    /// The fields.
    #[command(flatten)]
    pub fields: LineFields,
    /// Take this line back. It stays in the history.
    #[arg(long)]
    pub take_back: bool,
}

/// Shown below the long help of `investment add`.
const EXAMPLES: &str = "\
Example:
  weft-hub investment add --title \"Example: prevention fund\" --funder \"Example: ministry\" \\
    --kind cash --amount 120000 --from 2026-07-01 --to 2027-06-30 --status committed \\
    --locations FN --outcomes VAX --identifier EX-1 --source \"Example: Budget 2026\"";

/// Shown below the long help of `investment line`.
const LINE_EXAMPLES: &str = "\
Examples:
  weft-hub investment line EX-1 --what committed --period FY2027 --amount 120000 \\
    --location FN --outcome VAX
  weft-hub investment line EX-1 --what committed --period FY2027 --location FN \\
    --outcome VAX --take-back";

/// Shown below the long help of `investment show`.
const SHOW_JSON: &str = "\
JSON: {the names of investment list, said: [{what, period, locations, outcomes, amount, source,
note}]}.";

/// Width of the label column of `show`.
const LABEL: usize = 24;

pub(super) async fn run(app: &AppHandle, command: Command, cwd: &Path, io: &mut Io) -> Outcome {
    match command {
        Command::Add(args) => {
            let places = args.fields.0.get("locations");
            let is_placed = places.is_some_and(|places| !places.is_empty());
            let id = app.add_investment(args.fields.0, args.audience).await?;
            io.say(id)?;
            let added = "Added the investment. Each node has it with its next sync.";
            match is_placed {
                true => io.tell(added),
                false => io.tell(format_args!("{added} {NOWHERE}")),
            }
        }
        Command::Edit(args) => {
            let (named, fields) = (&args.investment, args.fields.0);
            let changed = app
                .edit_investment(named, fields, args.audience, None)
                .await?;
            io.tell(match changed {
                true => "Changed the investment. Each node has it with its next sync.",
                false => "That is what it said already.",
            })
        }
        Command::List(json) => list(app, json, io).await,
        Command::Show(args) => show(app, args, io).await,
        Command::Line(args) => line(app, args, io).await,
        Command::Check(json) => check(app, json, io).await,
        Command::Import(args) => files::import(app, args, cwd, io).await,
        Command::Export(args) => files::export(app, args, cwd, io).await,
    }
}

async fn line(app: &AppHandle, args: LineArgs, io: &mut Io) -> Outcome {
    if args.take_back {
        app.take_line_back(&args.investment, args.fields.0).await?;
        return io.tell("Took the line back. Each node hears of it with its next sync.");
    }
    let (heard, changed) = app.state_line(&args.investment, args.fields.0).await?;
    if !changed {
        return io.tell("That is what it said already.");
    }
    let words = format!("Stated the line. Each node has it with its next sync. {heard}");
    io.tell(words.trim_end())
}

async fn list(app: &AppHandle, json: Json, io: &mut Io) -> Outcome {
    let found = app.counted(|at| Ok((at.investments()?, at.zone())));
    let ((views, unread), zone) = found.await?;
    io.list(&INVESTMENTS, &views, json.json, &zone)?;
    if unread > 0 {
        io.tell(format_args!(
            "{} a field that this version cannot read, and not in the list: install the newest \
             version.",
            counted(unread, "investment has", "investments have")
        ))?;
    }
    Ok(ExitCode::Ok)
}

async fn show(app: &AppHandle, args: ShowArgs, io: &mut Io) -> Outcome {
    let named = args.investment.clone();
    let found = app.counted(move |at| Ok((at.investment(&named)?, at.zone())));
    let (view, zone) = found.await?;
    if args.json.json {
        let mut whole = INVESTMENTS.json(&view);
        let said: Vec<_> = view.lines.iter().map(|line| LINES.json(line)).collect();
        whole["said"] = json!(said);
        return io.json(&whole);
    }
    io.labelled("Investment", LABEL, &view.investment.id.to_string())?;
    for field in fields() {
        let text = words(&view, field);
        if !text.is_empty() {
            io.labelled(field.label, LABEL, &text)?;
        }
    }
    io.labelled("Audience", LABEL, view.audience.label())?;
    match view.lines.is_empty() {
        true => io.tell("It has no lines, so all of it is in force and not divided by year."),
        false => io.list(&LINES, &view.lines, false, &zone),
    }
}

async fn check(app: &AppHandle, json: Json, io: &mut Io) -> Outcome {
    let found = app.counted(|at| Ok(at.check_money()?.map(|found| (found, at.zone()))));
    let reading = Reading::here("investment check", "all locations");
    let (found, zone) = app.shown(reading, found.await?).await?;
    io.list(&FINDINGS, &found.0, json.json, &zone)
}

/// The content of a field as `show` prints it.
fn words(view: &InvestmentView, field: &FieldSpec) -> String {
    let one = &view.investment;
    match (field.key, field.kind) {
        ("amount", _) => view.amount_words(),
        ("recipient", _) => view.recipient_words().to_owned(),
        ("locations", _) => view.places_words(),
        ("outcomes", _) if one.outcomes.is_empty() => "not stated".to_owned(),
        (key, FieldKind::Choice(_)) => match key {
            "kind" => one.kind.label().to_owned(),
            "gst" => one.gst.label().to_owned(),
            _ => one.status.label().to_owned(),
        },
        (key, _) => match &INVESTMENTS.json(view)[key] {
            serde_json::Value::String(text) => text.clone(),
            _ => String::new(),
        },
    }
}
