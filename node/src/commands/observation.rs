//! `observation`: indicator values, entered one by one.

use clap::{ArgGroup, Args, Subcommand};
use serde::Serialize;
use weft_shared::{
    id::{AreaCode, DefinitionHash, IndicatorCode},
    model::{
        Audience, clean_text,
        indicator::Definition,
        number::Number,
        observation::{Breakdown, ObservationKey, Statement, Status},
    },
    period::PeriodRange,
    time::Timestamp,
};

use super::{AudienceArg, Context, Json, Outcome, indicator};
use crate::{failure::Failure, observations, replica::Edit, view::ObservationRow};

/// Set, list and retract indicator values.
#[derive(Args, Debug)]
pub(crate) struct Observation {
    #[command(subcommand)]
    pub(crate) command: ObservationCommand,
}

/// What to do with indicator values.
#[derive(Debug, Subcommand)]
pub(crate) enum ObservationCommand {
    /// Enter a value, or say why there is none.
    Set(Set),
    /// List the values.
    #[command(after_help = LIST_NAMES)]
    List(List),
    /// Take a value back: it stays in the history and leaves the figures.
    Retract(Retract),
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("what").required(true).args(["numerator", "value", "status"])
    .multiple(true))]
pub(crate) struct Set {
    /// The indicator's code, such as VAX_PRIMARY.
    pub(crate) code: String,
    /// One of the location's areas, such as FAR_NORTH.
    #[arg(long)]
    pub(crate) area: String,
    /// The period, in the indicator's frequency: 2023, FY2024, 2024-Q1, 2024-03 or 2024-W05.
    #[arg(long)]
    pub(crate) period: String,
    /// Such as age=12+; without it, the total.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) breakdown: Option<String>,
    #[arg(
        long,
        value_name = "N",
        requires = "denominator",
        conflicts_with = "value",
        allow_hyphen_values = true
    )]
    pub(crate) numerator: Option<String>,
    #[arg(
        long,
        value_name = "D",
        conflicts_with = "value",
        allow_hyphen_values = true
    )]
    pub(crate) denominator: Option<String>,
    #[arg(long, value_name = "V", allow_hyphen_values = true)]
    pub(crate) value: Option<String>,
    /// Why there is no value: L not collected, M cannot exist, O missing, Q suppressed; or with a
    /// value, B break, D definition differs, E estimated, P provisional.
    #[arg(long, value_name = "CODE")]
    pub(crate) status: Option<String>,
    /// How it was measured, where that differs from the definition.
    #[arg(long, value_name = "TEXT")]
    pub(crate) method: Option<String>,
    /// A note beside the value.
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
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
    /// The value's id, as `observation list` shows it.
    pub(crate) id: String,
    /// Why it is taken back.
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) audience: AudienceArg,
}

const LIST_NAMES: &str = "\
With --json: [{id, indicator, area, period, breakdown, breakdown_value, numerator, denominator, \
value, status, method, note, audience, definition, contested, device, at}]; empty is null.";

/// One line of `observation list --json`; a contested value has one line for each statement.
#[derive(Debug, Serialize)]
pub(crate) struct Shape {
    pub(crate) id: ObservationKey,
    pub(crate) indicator: IndicatorCode,
    pub(crate) area: AreaCode,
    pub(crate) period: String,
    pub(crate) breakdown: String,
    pub(crate) breakdown_value: String,
    pub(crate) numerator: Option<serde_json::Value>,
    pub(crate) denominator: Option<serde_json::Value>,
    pub(crate) value: Option<serde_json::Value>,
    pub(crate) status: Status,
    pub(crate) method: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) audience: Audience,
    pub(crate) definition: DefinitionHash,
    pub(crate) contested: bool,
    pub(crate) device: Option<String>,
    pub(crate) at: Option<Timestamp>,
}

impl Shape {
    /// The statements about one key.
    pub(crate) fn of(row: &ObservationRow) -> impl Iterator<Item = Self> {
        row.stated.iter().map(|stated| {
            let statement = &stated.statement;
            Self {
                id: row.key.clone(),
                indicator: row.key.indicator.clone(),
                area: row.key.area.clone(),
                period: row.key.period.to_string(),
                breakdown: row.key.breakdown.name().to_owned(),
                breakdown_value: row.key.breakdown.value().to_owned(),
                numerator: statement.numerator.map(Number::json),
                denominator: statement.denominator.map(Number::json),
                value: statement.value.map(Number::json),
                status: statement.status,
                method: statement.method.clone(),
                note: row.note.clone(),
                audience: statement.audience,
                definition: statement.definition,
                contested: row.stated.len() > 1,
                device: stated.written.device.clone(),
                at: stated.written.at,
            }
        })
    }
}

pub(crate) fn run(context: &mut Context<'_>, args: Observation) -> Outcome {
    match args.command {
        ObservationCommand::Set(args) => set(context, args),
        ObservationCommand::List(args) => list(context, &args),
        ObservationCommand::Retract(args) => retract(context, args),
    }
}

fn set(context: &mut Context<'_>, args: Set) -> Outcome {
    let row = indicator::wanted(context, &args.code)?;
    let key = ObservationKey {
        indicator: row.definition.code.clone(),
        area: args.area.parse().map_err(Failure::usage_error)?,
        period: args.period.parse().map_err(Failure::usage_error)?,
        breakdown: args
            .breakdown
            .as_deref()
            .map_or(Ok(Breakdown::Total), str::parse)
            .map_err(Failure::usage_error)?,
    };
    let audience = args
        .audience
        .audience
        .or_else(|| row.adopted().map(|one| one.audience));
    let audience = audience.ok_or_else(|| not_chosen(&row.definition.code))?;
    let number = |text: &Option<String>| {
        let parsed = text.as_deref().map(str::parse::<Number>);
        parsed.transpose().map_err(Failure::usage_error)
    };
    let statement = Statement {
        definition: row.in_use.hash(),
        numerator: number(&args.numerator)?,
        denominator: number(&args.denominator)?,
        value: number(&args.value)?,
        status: match args.status.as_deref() {
            Some(code) => code
                .to_ascii_uppercase()
                .parse()
                .map_err(Failure::usage_error)?,
            None => Status::Normal,
        },
        method: args
            .method
            .as_deref()
            .map(clean_text)
            .filter(|text| !text.is_empty()),
        audience,
    };
    check(context, &key, &statement, &row.in_use)?;
    let id = key.to_string();
    let saved = context.node.save(move |replica| {
        let mut edit = Edit::default();
        observations::state(replica, &mut edit, &key, statement, args.note)?;
        Ok(vec![edit])
    })?;
    context.say(id)?;
    if !saved.changed {
        return context.tell("That is what stood there already; nothing was changed.");
    }
    let words = context.node.whereabouts(audience)?;
    context.tell(words)
}

/// Holds a statement against its definition and our own areas.
fn check(
    context: &Context<'_>,
    key: &ObservationKey,
    statement: &Statement,
    definition: &Definition,
) -> Result<(), Failure> {
    let (about, said, meant) = (key.clone(), statement.clone(), definition.clone());
    let found = context
        .node
        .read(move |replica| observations::problems(replica, &about, &said, &meant));
    let problems = found??;
    if problems.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Err(Failure::usage(format_args!(
        "Nothing was saved: {}.",
        lines.join("; ")
    )))
}

/// What to do where nobody chose how far an indicator's values travel.
pub(crate) fn not_chosen(code: &IndicatorCode) -> Failure {
    Failure::needs_action(format_args!(
        "Nobody has chosen how far values of {code} may travel. Choose it once (weft-node \
         indicator adopt {code} --audience network), or give --audience with this value."
    ))
}

fn list(context: &mut Context<'_>, args: &List) -> Outcome {
    let indicator: Option<IndicatorCode> = args
        .indicator
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(Failure::usage_error)?;
    let periods: Option<PeriodRange> = args
        .period
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(Failure::usage_error)?;
    let rows = context.node.read(move |replica| {
        replica.observations(|key| {
            indicator.as_ref().is_none_or(|code| key.indicator == *code)
                && periods
                    .as_ref()
                    .is_none_or(|range| range.contains(key.period))
        })
    })??;
    let shapes: Vec<Shape> = rows.iter().flat_map(Shape::of).collect();
    if args.json.json {
        return context.json(&shapes);
    }
    let number = |value: &Option<serde_json::Value>| {
        value.as_ref().map_or_else(String::new, ToString::to_string)
    };
    let row = |shape: &Shape| {
        vec![
            shape.id.to_string(),
            number(&shape.numerator),
            number(&shape.denominator),
            number(&shape.value),
            shape.status.to_string(),
            shape.audience.to_string(),
            if shape.contested {
                "contested".to_owned()
            } else {
                String::new()
            },
        ]
    };
    let rows: Vec<_> = shapes.iter().map(row).collect();
    context.table(
        &[
            "id",
            "numerator",
            "denominator",
            "value",
            "status",
            "audience",
            "",
        ],
        &rows,
    )
}

fn retract(context: &mut Context<'_>, args: Retract) -> Outcome {
    let key: ObservationKey = args.id.parse().map_err(Failure::usage_error)?;
    let audience = args.audience.audience;
    let id = key.to_string();
    let saved = context.node.save(move |replica| {
        let row = replica.observation(&key)?.ok_or_else(|| {
            Failure::usage(format_args!(
                "There is no value {key}. weft-node observation list shows what there is."
            ))
        })?;
        let first = &row.stated.first().ok_or_else(|| {
            Failure::failed(format_args!(
                "{key} is of a newer version of Weft: upgrade."
            ))
        })?;
        let statement = Statement::without_figure(
            first.statement.definition,
            Status::Missing,
            audience.unwrap_or(first.statement.audience),
        );
        let mut edit = Edit::default();
        observations::state(replica, &mut edit, &key, statement, args.note)?;
        Ok(vec![edit])
    })?;
    context.tell(if saved.changed {
        format!("{id} is taken back; the value that stood there stays in its history.")
    } else {
        format!("{id} had been taken back already.")
    })
}
