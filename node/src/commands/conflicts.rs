//! `conflicts`: lists concurrent changes by two people, and settles them.

use std::iter;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use weft_host::{failure::Failure, reply::Outcome, text::wrapped};
use weft_shared::{
    document::Conflict,
    model::{
        Audience,
        note::Note,
        observation::{ObservationKey, Statement},
        profile::Adoption,
        schema::{self, Container, RecordKind},
    },
};

use super::{Context, Json, parse_audience, travels_to};
use crate::{
    edits::settlement,
    replica::{DocumentError, Replica},
    view::{ConflictRow, ConflictValue, Described, Written, describe},
};

/// List conflicts, or settle one: things that people changed at once, and values for our team only
/// that differ from the shared ones.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, after_help = NAMES)]
pub(crate) struct Conflicts {
    #[command(subcommand)]
    pub(crate) command: Option<ConflictsCommand>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// The subcommands of `conflicts`.
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
    /// Change nothing unless the value has this audience. A value that is for our team only
    /// gets this audience.
    #[arg(long, value_name = "AUDIENCE", value_parser = parse_audience)]
    pub(crate) audience: Option<Audience>,
}

const SETTLE_EXAMPLE: &str = "\
Example:
  weft-node conflicts settle observations/VAX_PRIMARY/FAR_NORTH/2022-12/age=12+ --choose 1";
const NAMES: &str = "\
With --json: [{id, record, field, about, part, values: [{n, value, words, kept_here, device, \
at}]}], n from 1; about, part and words are what people read. Ids there have one spelling, such as \
age=12%2B; settle takes it, and age=12+ as it is typed.";

pub(crate) fn run(context: &mut Context<'_>, args: Conflicts) -> Outcome {
    match args.command {
        None => list(context, args.json),
        Some(ConflictsCommand::Settle(args)) => settle(context, args),
    }
}

fn list(context: &mut Context<'_>, json: Json) -> Outcome {
    let rows = context.node.read(|replica| {
        let rows = replica.conflicts()?.into_iter();
        let described = rows.map(|row| {
            let words = describe(replica, &row)?;
            Ok((row, words))
        });
        described.collect::<Result<Vec<_>, DocumentError>>()
    })??;
    if json.json {
        let rows = rows.iter();
        return context
            .io
            .json_rows(rows.map(|(row, described)| conflict_json(row, described)));
    }
    if rows.is_empty() {
        return context.io.tell("No one's changes contradict each other.");
    }
    let zone = context.node.zone();
    for (row, described) in &rows {
        context.io.say(typed(&row.id))?;
        let part = Some(&described.part).filter(|part| !part.is_empty());
        let part = part.map_or_else(String::new, |part| format!(" ({part})"));
        for line in wrapped(&format!("{}{part}", described.title), 78) {
            context.io.say(format_args!("  {line}"))?;
        }
        for (n, (value, words)) in numbered(row, described) {
            let Written { device, at } = &value.written;
            let device = device.as_deref().unwrap_or("an unknown device");
            let at = at.map_or_else(String::new, |at| format!(", {}", zone.minute(at)));
            let text = format!("{words}, from {device}{at}");
            let lines = wrapped(&text, 75).into_iter();
            for (line, mark) in lines.zip(iter::once(n.to_string()).chain(blanks())) {
                context.io.say(format_args!("  {mark}  {line}"))?;
            }
        }
    }
    context
        .io
        .tell("Keep one of the values: weft-node conflicts settle ID --choose N.")
}

/// Blank markers for the further lines of a value.
fn blanks() -> impl Iterator<Item = String> {
    iter::repeat_with(|| " ".to_owned())
}

fn settle(context: &mut Context<'_>, args: Settle) -> Outcome {
    let (id, choose, audience) = (meant(&args.id), args.choose, args.audience);
    if id.is_empty() {
        return Err(Failure::usage(
            "No conflict was named. weft-node conflicts lists them, each with its id. Nothing was \
             changed.",
        ));
    }
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
        if !chosen.local
            && let Some(standing) = audience_of(replica, &row.conflict, &chosen.value)?
        {
            travels_to(audience, standing)?;
        }
        Ok(vec![settlement(replica, &row, chosen, audience)?])
    })?;
    context.io.tell(format_args!(
        "Settled {} on value {choose}. The other values stay in the history.",
        typed(&id)
    ))
}

/// The audience of a value, or `None` if it is no observation, decision or record.
fn audience_of(
    replica: &mut Replica,
    conflict: &Conflict,
    value: &str,
) -> Result<Option<Audience>, Failure> {
    if conflict.container == Container::Observations {
        let statement = Statement::decode(value).ok();
        return Ok(statement.map(|statement| statement.audience));
    }
    if conflict.container == Container::Adoptions {
        let adoption = Adoption::decode(value).ok();
        return Ok(adoption.map(|adoption| adoption.audience));
    }
    let kind = RecordKind::of(conflict.container);
    let Some((kind, id)) = kind.zip(conflict.key.parse().ok()) else {
        return Ok(None);
    };
    let row = replica.record(kind, &id)?;
    Ok(row.map(|row| row.record.audience))
}

/// Normalises a typed conflict id, because the key of an observation has several spellings.
fn meant(text: &str) -> String {
    let text = text.trim();
    let key = ObservationKey::from_typed(text);
    key.map_or_else(
        |_| text.to_owned(),
        |key| format!("{}/{key}", Container::Observations.word()),
    )
}

/// A conflict's id in the form that people read and type.
fn typed(id: &str) -> String {
    let key = ObservationKey::from_typed(id);
    key.map_or_else(
        |_| id.to_owned(),
        |key| format!("{}/{}", Container::Observations.word(), key.typed()),
    )
}

/// The values of a conflict with their words, numbered from 1.
fn numbered<'a>(
    row: &'a ConflictRow,
    described: &'a Described,
) -> impl Iterator<Item = (usize, (&'a ConflictValue, &'a String))> {
    (1..).zip(row.values.iter().zip(&described.answers))
}

/// One conflict of `conflicts --json`.
fn conflict_json(row: &ConflictRow, described: &Described) -> Value {
    let values = numbered(row, described).map(|(n, (value, words))| {
        json!({
            "n": n,
            "value": shown(row, &value.value),
            "words": words,
            "kept_here": value.local,
            "device": value.written.device,
            "at": value.written.at,
        })
    });
    json!({
        "id": row.id,
        "record": row.record(),
        "field": row.field(),
        "about": described.title,
        "part": described.part,
        "values": values.collect::<Vec<_>>(),
    })
}

/// A conflict's value for JSON: a statement, decision, answer or line of money as an object, the
/// state of a record as a word, anything else as text.
fn shown(row: &ConflictRow, value: &str) -> Value {
    let object = [
        Container::Observations,
        Container::Adoptions,
        Container::Answers,
        Container::Lines,
    ];
    let object = object.contains(&row.conflict.container);
    let parsed = object.then(|| serde_json::from_str(value).ok()).flatten();
    let text = match value {
        _ if row.conflict.container == Container::Notes => Note::decode(value).text,
        schema::SET if RecordKind::is_removal(row.conflict.field.as_deref()) => "remove".to_owned(),
        _ if RecordKind::is_removal(row.conflict.field.as_deref()) => "keep".to_owned(),
        _ => value.to_owned(),
    };
    parsed.unwrap_or_else(|| Value::from(text))
}
