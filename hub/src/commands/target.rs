//! `weft-hub target`: the network's targets.

use clap::Subcommand;
use weft_host::{
    list::{Column, DATA, Datum, List, TABLE},
    output::{ExitCode, Io},
    reply::Outcome,
};
use weft_shared::{
    id::IndicatorCode,
    model::{number::Number, target::ONLY_PARTS},
    period::Period,
};

use super::{Json, json_help};
use crate::app::{AppHandle, NewTarget, TargetKey, TargetSet, TargetView};

/// Commands for targets.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set a target, in place of the one for the same period and part.
    ///
    /// Every node receives it with its next sync, and shows it beside the location's own target.
    #[command(after_long_help = EXAMPLES)]
    Set(Set),
    /// List the network's targets.
    #[command(after_long_help = json_help(TARGETS.shape()))]
    List(ListArgs),
    /// Remove a target. It stays in the history.
    Remove(Remove),
}

/// Arguments of `target set`.
#[derive(Debug, clap::Args)]
pub struct Set {
    /// The indicator's code.
    pub code: IndicatorCode,
    /// The value hoped for, in the unit of the indicator's values.
    #[arg(long, allow_negative_numbers = true)]
    pub value: Number,
    /// When it should be reached, such as 2025, FY2026 or 2026-12.
    #[arg(long)]
    pub period: Option<Period>,
    /// The part of the population that it is for, such as age=12+ [default: the total].
    #[arg(
        long,
        value_name = "NAME=VALUE",
        default_value = "",
        hide_default_value = true
    )]
    pub breakdown: String,
    /// Each group is to reach it, and not only the total.
    #[arg(long)]
    pub every_group: bool,
    /// The people who hope for it.
    #[arg(long, value_name = "TEXT")]
    pub by: Option<String>,
    /// Why this value, in a sentence.
    #[arg(long, value_name = "TEXT")]
    pub why: String,
}

/// Arguments of `target list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only this indicator's.
    #[arg(long, value_name = "CODE")]
    pub indicator: Option<IndicatorCode>,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Arguments of `target remove`.
#[derive(Debug, clap::Args)]
pub struct Remove {
    /// The indicator's code.
    pub code: IndicatorCode,
    /// Its period; may be left out if the indicator has one target for the part.
    #[arg(long)]
    pub period: Option<Period>,
    /// The part of the population that it is for [default: the total].
    #[arg(
        long,
        value_name = "NAME=VALUE",
        default_value = "",
        hide_default_value = true
    )]
    pub breakdown: String,
}

/// Shown after the note that only parts of the population are reported.
const SET_FOR_PART: &str =
    "Set one for a part as well: weft-hub target set ... --breakdown NAME=VALUE";

/// Shown below the long help of `target set`.
const EXAMPLES: &str = "\
Examples:
  weft-hub target set SMOKING --value 5 --period 2025 --every-group --why \"The Smokefree goal\"
  weft-hub target set VAX_PRIMARY --value 90 --period 2023-12 --breakdown age=12+ --why \"Agreed\"";

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    match command {
        Command::Set(args) => set(app, args, io).await,
        Command::List(args) => list(app, args, io).await,
        Command::Remove(args) => remove(app, args, io).await,
    }
}

async fn set(app: &AppHandle, args: Set, io: &mut Io) -> Outcome {
    let (code, period, breakdown) = (args.code.clone(), args.period, args.breakdown.clone());
    let new = NewTarget {
        indicator: args.code,
        value: args.value,
        period: args.period,
        breakdown: args.breakdown,
        every_group: args.every_group,
        by: args.by,
        why: args.why,
    };
    let done = app.set_target(new).await?;
    let text = match done {
        TargetSet::Same => {
            return io.tell("That is what it is already. Nothing was changed.");
        }
        TargetSet::Added => format!("Set a target of {code}."),
        TargetSet::Changed(before) => format!("Changed the target of {code}. It was {before}."),
    };
    io.tell(format_args!("{text} Each node has it with its next sync."))?;
    let known = app.counted(move |at| at.targets_shown(Some(&code)));
    let known = known.await?.into_iter();
    let is_total = breakdown.is_empty();
    let mut set = known.filter(|one| is_total && one.target.period == period);
    let set = set.find(|one| one.target.breakdown.is_empty());
    if set.is_some_and(|one| one.remarks.iter().any(|remark| remark == ONLY_PARTS)) {
        io.tell(format_args!("Note: {ONLY_PARTS}. {SET_FOR_PART}"))?;
    }
    Ok(ExitCode::Ok)
}

async fn list(app: &AppHandle, args: ListArgs, io: &mut Io) -> Outcome {
    let code = args.indicator.clone();
    let found = app.counted(move |at| Ok((at.targets_shown(code.as_ref())?, at.zone())));
    let (targets, zone) = found.await?;
    io.list(&TARGETS, &targets, args.json.json, &zone)
}

async fn remove(app: &AppHandle, args: Remove, io: &mut Io) -> Outcome {
    let key = TargetKey {
        indicator: args.code,
        period: args.period,
        breakdown: args.breakdown,
    };
    let target = app.remove_target(key).await?;
    let by = target.period.map(|period| format!(" by {period}"));
    io.tell(format_args!(
        "Removed the target {}{} of {}. Each node hears of it with its next sync.",
        target.value,
        by.unwrap_or_default(),
        target.indicator
    ))
}

/// The network's targets, as `target list` lists them.
const TARGETS: List<TargetView> = List::new(&[
    Column::new("indicator", |one: &TargetView| {
        Datum::text(&one.target.indicator)
    }),
    Column::new("goal", |one: &TargetView| one.goal().into())
        .words()
        .only(TABLE),
    Column::new("value", |one: &TargetView| Datum::text(one.target.value)).only(DATA),
    Column::new("period", |one: &TargetView| {
        one.target.period.map(Datum::text).into()
    })
    .only(DATA),
    Column::new("breakdown", |one: &TargetView| {
        Some(one.target.breakdown.clone())
            .filter(|text| !text.is_empty())
            .into()
    })
    .only(DATA),
    Column::new("every_group", |one: &TargetView| {
        one.target.every_group.into()
    })
    .only(DATA),
    Column::new("remarks", |one: &TargetView| one.remarks.join("; ").into()).words(),
    Column::new("by", |one: &TargetView| one.target.by.clone().into()).words(),
    Column::new("why", |one: &TargetView| one.target.why.clone().into()).words(),
])
.none("There are no targets yet. Next: weft-hub target set CODE --value NUMBER --why TEXT");
