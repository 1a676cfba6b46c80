//! `history`: what was saved when, from which device.

use clap::Args;
use serde::Serialize;
use weft_shared::time::Timestamp;

use super::{Context, Json, Outcome};
use crate::view::HistoryRow;

/// List what was saved, when, and from which device; newest last.
#[derive(Args, Debug)]
#[command(after_help = "With --json: [{at, device, entry, document, record, shared}].")]
pub(crate) struct History {
    /// Only this record, by its id, or an observation by its key.
    #[arg(long, value_name = "ID")]
    pub(crate) record: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// One line of `history --json`.
#[derive(Debug, Serialize)]
struct Shape {
    at: Timestamp,
    device: Option<String>,
    entry: Option<u64>,
    document: String,
    record: String,
    shared: Option<bool>,
}

impl Shape {
    fn of(row: HistoryRow) -> Self {
        Self {
            at: row.at,
            device: row.device,
            entry: row.entry,
            document: row.document,
            record: format!("{}/{}", row.container, row.record),
            shared: row.shared,
        }
    }
}

pub(crate) fn run(context: &mut Context<'_>, args: History) -> Outcome {
    let record = args
        .record
        .as_deref()
        .map(|record| record.trim().to_owned());
    let rows = context
        .node
        .read(move |replica| replica.history_rows(record.as_deref()))??;
    let shapes: Vec<Shape> = rows.into_iter().map(Shape::of).collect();
    if args.json.json {
        return context.json(&shapes);
    }
    let row = |shape: &Shape| {
        vec![
            shape.at.to_string(),
            shape.device.clone().unwrap_or_default(),
            match shape.shared {
                Some(true) => "shared".to_owned(),
                Some(false) => "waiting".to_owned(),
                None => "here only".to_owned(),
            },
            format!("{} {}", shape.document, shape.record),
        ]
    };
    let rows: Vec<_> = shapes.iter().map(row).collect();
    context.table(&["at", "device", "state", "what"], &rows)
}
