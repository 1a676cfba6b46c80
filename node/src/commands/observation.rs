//! `observation`: indicator values, entered one by one.

mod list;
mod set;

use clap::{ArgGroup, Args, Subcommand};
use weft_host::reply::Outcome;

use super::{AudienceArg, Context, Json, ask::ConfirmArg};

/// Set, list and retract indicator values.
#[derive(Args, Debug)]
pub(crate) struct Observation {
    #[command(subcommand)]
    pub(crate) command: ObservationCommand,
}

/// The subcommands of `observation`.
#[derive(Debug, Subcommand)]
pub(crate) enum ObservationCommand {
    /// Enter a value, or the reason why there is none.
    #[command(
        after_help = SET_EXAMPLES,
        override_usage = "weft-node observation set CODE --area CODE --period PERIOD [OPTIONS]"
    )]
    Set(Box<Set>),
    /// List the values.
    #[command(after_help = LIST_NAMES)]
    List(List),
    /// Take a value back: it stays in the history and leaves the figures.
    #[command(
        after_help = RETRACT_EXAMPLES,
        override_usage = RETRACT_USAGE
    )]
    Retract(Retract),
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("what").required(true).args(["numerator", "value", "status"])
    .multiple(true))]
pub(crate) struct Set {
    /// The indicator's code, such as VAX_PRIMARY.
    pub(crate) code: String,
    /// One of the location's areas, such as FAR_NORTH.
    #[arg(long, value_name = "CODE")]
    pub(crate) area: String,
    /// The period, in the indicator's frequency: 2023, FY2024, 2024-Q1, 2024-03 or 2024-W05;
    /// pooled years of a survey as Y2017-2020.
    #[arg(long)]
    pub(crate) period: String,
    /// The part of the population, such as age=12+ or age=5-11,sex=female [default: total,
    /// everybody together].
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) breakdown: Vec<String>,
    /// The numerator, or the count, which has no denominator: 48799 or 48,799.
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "value",
        allow_hyphen_values = true
    )]
    pub(crate) numerator: Option<String>,
    /// The denominator: the whole that the numerator is a part of.
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "value",
        allow_hyphen_values = true
    )]
    pub(crate) denominator: Option<String>,
    /// The figure of an indicator that has no numerator, such as an index. A percentage alone
    /// counts in no figure of the network, and never replaces counts.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) value: Option<String>,
    /// The lower end of a survey's 95% interval, in the unit of the value.
    #[arg(long, value_name = "N", requires = "upper", allow_hyphen_values = true)]
    pub(crate) lower: Option<String>,
    /// The upper end of that interval.
    #[arg(long, value_name = "N", requires = "lower", allow_hyphen_values = true)]
    pub(crate) upper: Option<String>,
    /// The version of the definition [default: the one that holds for the period; for a
    /// correction, the one of the value].
    #[arg(long, value_name = "N")]
    pub(crate) version: Option<u32>,
    /// The status. Without a figure: L not collected, M cannot exist, O missing, Q suppressed. With
    /// a figure: A normal, B base changed, D definition differs, E estimated, P provisional.
    #[arg(long, value_name = "LETTER")]
    pub(crate) status: Option<String>,
    /// The method, if it differs from the definition's.
    #[arg(long, value_name = "TEXT")]
    pub(crate) method: Option<String>,
    /// A note beside the value.
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) confirm: ConfirmArg,
    #[command(flatten)]
    pub(crate) audience: AudienceArg,
}

#[derive(Args, Debug)]
pub(crate) struct List {
    /// Only this indicator.
    #[arg(long, value_name = "CODE")]
    pub(crate) indicator: Option<String>,
    /// Only this period, or a range such as 2022-01..2022-12.
    #[arg(long, value_name = "PERIOD")]
    pub(crate) period: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Args, Debug)]
pub(crate) struct Retract {
    /// The indicator's code; or the value's id, as `observation list` shows it.
    #[arg(value_name = "CODE or ID")]
    pub(crate) what: String,
    /// The value's area.
    #[arg(long, value_name = "CODE", requires = "period")]
    pub(crate) area: Option<String>,
    /// The value's period.
    #[arg(long, requires = "area")]
    pub(crate) period: Option<String>,
    /// The part of the population, such as age=12+, or total.
    #[arg(long, value_name = "NAME=VALUE", requires = "area")]
    pub(crate) breakdown: Vec<String>,
    /// The reason for taking it back.
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) audience: AudienceArg,
}

const SET_EXAMPLES: &str = "\
Examples:
  weft-node observation set VAX_PRIMARY --area FAR_NORTH --period 2023-06 \\
      --breakdown age=12+ --numerator 48850 --denominator 60463
  weft-node observation set VAX_PRIMARY --area FAR_NORTH --period 2023-07 \\
      --breakdown age=12+ --status L";
const RETRACT_USAGE: &str = "\
weft-node observation retract CODE --area CODE --period PERIOD [OPTIONS]
       weft-node observation retract ID [OPTIONS]";
const RETRACT_EXAMPLES: &str = "\
Examples:
  weft-node observation retract VAX_PRIMARY --area FAR_NORTH --period 2023-06 \\
      --breakdown age=12+ --note \"entered for the wrong month\"
  weft-node observation retract VAX_PRIMARY/FAR_NORTH/2023-06/age=12+";
const LIST_NAMES: &str = "\
With --json: [{id, indicator, area, period, breakdown, breakdown_value, numerator, denominator, \
value, lower, upper, status, retracted, method, note, note_for, audience, definition, contested, \
device, at}]; empty is null; note_for is the figure that the note was written for, if it is \
another one. An id there has one spelling, such as age=12%2B; every command takes it, and age=12+ \
as it is typed.";

pub(crate) fn run(context: &mut Context<'_>, args: Observation) -> Outcome {
    match args.command {
        ObservationCommand::Set(args) => set::set(context, *args),
        ObservationCommand::List(args) => list::list(context, &args),
        ObservationCommand::Retract(args) => set::retract(context, args),
    }
}
