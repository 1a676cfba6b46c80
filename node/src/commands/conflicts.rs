//! `conflicts`: what two people changed at once, and settling it.

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use weft_host::text::minute;
use weft_shared::{
    document::Conflict,
    model::{
        Audience,
        observation::{ObservationKey, Statement},
        schema::{Container, DocKind, RecordKind},
    },
    time::Timestamp,
};

use super::{Context, Json, Outcome, parse_audience, travels_to};
use crate::{
    failure::Failure,
    replica::{Edit, Replica},
    view::ConflictRow,
};

/// List what two devices changed at once, with every value; or settle one.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, after_help = NAMES)]
pub(crate) struct Conflicts {
    #[command(subcommand)]
    pub(crate) command: Option<ConflictsCommand>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// What to do about conflicts.
#[derive(Debug, Subcommand)]
pub(crate) enum ConflictsCommand {
    /// Keep one of the values; the others stay in the history.
    #[command(after_help = SETTLE_EXAMPLE)]
    Settle(Settle),
}

#[derive(Args, Debug)]
pub(crate) struct Settle {
    /// The conflict's id, as `conflicts` shows it.
    pub(crate) id: String,
    /// The number of the value to keep.
    #[arg(long, value_name = "N")]
    pub(crate) choose: usize,
    /// Only where the value is for this audience; otherwise nothing is changed.
    #[arg(long, value_name = "AUDIENCE", value_parser = parse_audience)]
    pub(crate) audience: Option<Audience>,
}

const SETTLE_EXAMPLE: &str = "\
Example:
  weft-node conflicts settle observations/VAX_PRIMARY/FAR_NORTH/2022-12/age=12+ --choose 1";
const NAMES: &str = "\
With --json: [{id, record, field, values: [{n, value, device, at}]}], n from 1. Ids there have one \
spelling, such as age=12%2B; settle takes it, and age=12+ as it is typed.";

/// One conflict of `conflicts --json`.
#[derive(Debug, Serialize)]
struct Shape {
    id: String,
    record: String,
    field: String,
    values: Vec<ValueShape>,
}

/// One of its values.
#[derive(Debug, Serialize)]
struct ValueShape {
    n: usize,
    value: Value,
    device: Option<String>,
    at: Option<Timestamp>,
}

pub(crate) fn run(context: &mut Context<'_>, args: Conflicts) -> Outcome {
    match args.command {
        None => list(context, args.json),
        Some(ConflictsCommand::Settle(args)) => settle(context, args),
    }
}

fn list(context: &mut Context<'_>, json: Json) -> Outcome {
    let rows = context.node.read(Replica::conflicts)??;
    let shapes: Vec<Shape> = rows.iter().map(Shape::of).collect();
    if json.json {
        return context.json(&shapes);
    }
    if shapes.is_empty() {
        return context.tell("Nobody's changes contradict each other.");
    }
    for shape in &shapes {
        context.say(typed(&shape.id))?;
        for value in &shape.values {
            let device = value.device.as_deref().unwrap_or("an unknown device");
            let at = value
                .at
                .map_or_else(String::new, |at| format!(", {}", minute(at)));
            let text = in_words(&value.value);
            context.say(format_args!("  {}  {text}, from {device}{at}", value.n))?;
        }
    }
    context.tell("Keep one of the values: weft-node conflicts settle ID --choose N.")
}

fn settle(context: &mut Context<'_>, args: Settle) -> Outcome {
    let (id, choose, audience) = (meant(&args.id), args.choose, args.audience);
    let wanted = id.clone();
    context.node.save(move |replica| {
        let rows = replica.conflicts()?;
        let row = rows
            .into_iter()
            .find(|row| row.id == wanted)
            .ok_or_else(|| {
                Failure::usage(format_args!(
                    "There is no conflict {}; it may have been settled already. weft-node \
                 conflicts shows what there is.",
                    typed(&wanted)
                ))
            })?;
        let count = row.values.len();
        let chosen = choose
            .checked_sub(1)
            .and_then(|at| row.values.get(at))
            .ok_or_else(|| {
                Failure::usage(format_args!(
                    "There is no value {choose}; {} has {count}, from 1. Nothing was changed.",
                    typed(&wanted)
                ))
            })?;
        let value = chosen.value.clone();
        if let Some(standing) = audience_of(replica, &row.conflict, &value)? {
            travels_to(audience, standing)?;
        }
        Ok(vec![settlement(row, &value)?])
    })?;
    context.tell(format_args!(
        "Settled {} on value {choose}. The other values stay in the history.",
        typed(&id)
    ))
}

/// How far a value travels; nothing where it is neither an observation nor a record's.
fn audience_of(
    replica: &mut Replica,
    conflict: &Conflict,
    value: &str,
) -> Result<Option<Audience>, Failure> {
    if conflict.container == Container::Observations {
        let statement = Statement::decode(value).ok();
        return Ok(statement.map(|statement| statement.audience));
    }
    let kind = RecordKind::of(conflict.container);
    let Some((kind, id)) = kind.zip(conflict.key.parse().ok()) else {
        return Ok(None);
    };
    let row = replica.record(kind, &id)?;
    Ok(row.map(|row| row.record.audience))
}

/// A conflict's id as it is typed: the key of an observation has several spellings.
fn meant(text: &str) -> String {
    let text = text.trim();
    let key = ObservationKey::from_typed(text);
    key.map_or_else(
        |_| text.to_owned(),
        |key| format!("{}/{key}", Container::Observations.word()),
    )
}

/// A conflict's id as people read and type it.
fn typed(id: &str) -> String {
    let key = ObservationKey::from_typed(id);
    key.map_or_else(
        |_| id.to_owned(),
        |key| format!("{}/{}", Container::Observations.word(), key.typed()),
    )
}

/// Keeps one of the values; the others stay in the history.
pub(crate) fn settlement(row: ConflictRow, value: &str) -> Result<Edit, Failure> {
    // A list is in an order that is the same on every device; the document has its own.
    let values = &row.conflict.values;
    let at = values.iter().position(|one| one.value == value);
    let at = at.unwrap_or(0) + 1;
    let kind: DocKind = row.document.name.parse().map_err(Failure::failed_error)?;
    let mut edit = Edit::default();
    edit.on(kind, move |editor| editor.settle(&row.conflict, at));
    Ok(edit)
}

impl Shape {
    fn of(row: &ConflictRow) -> Self {
        let values = (1..).zip(&row.values).map(|(n, value)| ValueShape {
            n,
            value: shown(row, &value.value),
            device: value.written.device.clone(),
            at: value.written.at,
        });
        Self {
            id: row.id.clone(),
            record: row.record(),
            field: row.field(),
            values: values.collect(),
        }
    }
}

/// A statement as the object that it is, anything else as text.
fn shown(row: &ConflictRow, value: &str) -> Value {
    let statement =
        row.conflict.field.is_none() && row.conflict.container == Container::Observations;
    let parsed = statement
        .then(|| serde_json::from_str(value).ok())
        .flatten();
    parsed.unwrap_or_else(|| Value::from(value))
}

/// A value on one line, for people.
fn in_words(value: &Value) -> String {
    let Some(statement) = value.as_object() else {
        return value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
    };
    let part = |key: &str| statement.get(key).map(Value::to_string);
    let figure = match (part("numerator"), part("denominator"), part("value")) {
        (Some(numerator), Some(denominator), _) => format!("{numerator} of {denominator}"),
        (_, _, Some(value)) => value,
        (Some(numerator), None, None) => numerator,
        (None, ..) => "no figure".to_owned(),
    };
    let status = statement
        .get("status")
        .and_then(Value::as_str)
        .unwrap_or("?");
    format!("{figure}, status {status}")
}
