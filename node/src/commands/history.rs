//! `history`: lists what was saved, when, from which device and with which values.

use clap::Args;
use serde_json::{Value, json};
use weft_host::{failure::Failure, reply::Outcome, text::wrapped};
use weft_shared::{model::observation::ObservationKey, time::Zone};

use super::{Context, Json};
use crate::{
    export::told::{in_words, told_json},
    replica::Dropped,
    view::HistoryRow,
};

/// List what was saved, with the time, the device and the values; newest last.
#[derive(Args, Debug)]
#[command(after_help = NAMES)]
pub(crate) struct History {
    /// Only this record: its id or the beginning of it, or an observation's id, such as
    /// VAX_PRIMARY/FAR_NORTH/2022-12/age=12+.
    #[arg(long, value_name = "ID")]
    pub(crate) record: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
}

const NAMES: &str = "\
Examples:
  weft-node history
  weft-node history --record VAX_PRIMARY/FAR_NORTH/2022-12/age=12+

With --json: [{at, device, entry, document, record, shared, values}], where values is \
[{field, value, not_chosen}]: statements of observations, and fields where a conflict was settled; \
field is null for an observation, value is null where it was deleted, not_chosen lists what a \
settled conflict did not keep.";

/// One line of `history --json`.
fn line_json(row: &HistoryRow) -> Value {
    json!({
        "at": row.at,
        "device": row.device,
        "entry": row.entry,
        "document": row.document,
        "record": format!("{}/{}", row.container, row.record),
        "shared": row.shared,
        "values": row.told.iter().map(told_json).collect::<Vec<_>>(),
    })
}

pub(crate) fn run(context: &mut Context<'_>, args: History) -> Outcome {
    let zone = context.node.zone();
    let rows = context
        .node
        .read(move |replica| match args.record.as_deref() {
            None => Ok(replica.history_told(None)?),
            Some(text) => {
                let record = replica.touched_record(text)?;
                let Some(record) = record else {
                    return Err(unknown(text, &replica.drops()?, &zone));
                };
                Ok::<_, Failure>(replica.history_told(Some(&record))?)
            }
        })??;
    if args.json.json {
        return context.io.json_rows(rows.iter().map(line_json));
    }
    if rows.is_empty() {
        return context.io.tell("Nothing has been saved yet.");
    }
    let zone = context.node.zone();
    for row in &rows {
        tell(context, row, &zone)?;
    }
    Ok(weft_host::output::ExitCode::Ok)
}

/// Says that there is no such record. Of what was dropped only the headers are left, which name no
/// records, so every drop is named.
fn unknown(text: &str, drops: &[Dropped], zone: &Zone) -> Failure {
    let dropped = drops.iter().map(|drop| {
        let from = match drop.first {
            1 => String::new(),
            first => format!(" from its entry {first} on"),
        };
        let (device, at) = (&drop.device, zone.minute(drop.at));
        let by = drop.by.as_deref().map(|by| format!(" by \"{by}\""));
        format!(
            " What \"{device}\" saved{from} was dropped on {at}{}; the record may have been among \
             that.",
            by.unwrap_or_default()
        )
    });
    let dropped: String = dropped.collect();
    Failure::usage(format_args!(
        "The history here has no record \"{text}\", or that is the beginning of several. The lists \
         show ids: weft-node observation list, weft-node initiative list and so on; weft-node \
         history shows every one.{dropped}"
    ))
}

/// Writes a heading with time and device, then the record and its changes.
fn tell(context: &mut Context<'_>, row: &HistoryRow, zone: &Zone) -> Outcome {
    let state = match row.shared {
        Some(true) => "shared",
        Some(false) => "waiting",
        None => "here only",
    };
    let device = row.device.as_deref().unwrap_or("an unknown device");
    context
        .io
        .say(format_args!("{}  {device}, {state}", zone.minute(row.at)))?;
    let key: Option<ObservationKey> = row.record.parse().ok();
    let record = key.map_or_else(|| row.record.clone(), |key| key.typed());
    context
        .io
        .say(format_args!("  {}/{record}", row.container))?;
    for told in &row.told {
        for line in wrapped(&in_words(told), 76) {
            context.io.say(format_args!("    {line}"))?;
        }
    }
    Ok(weft_host::output::ExitCode::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_dropped_is_not_said_to_have_never_been_here() {
        let told = unknown("0193", &[], &Zone::utc()).to_string();
        assert!(
            !told.contains("dropped") && !told.contains("ever saved"),
            "{told}"
        );
        let drop = Dropped {
            device: "Phone".to_owned(),
            first: 3,
            at: crate::kit::now(1),
            by: Some("Desk".to_owned()),
        };
        let told = unknown("0193", &[drop], &Zone::utc()).to_string();
        let words = "What \"Phone\" saved from its entry 3 on was dropped on 2025-10-09 ";
        assert!(told.contains(words), "{told}");
        assert!(
            told.contains(" by \"Desk\"; the record may have been"),
            "{told}"
        );
    }
}
