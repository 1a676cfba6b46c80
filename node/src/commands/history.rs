//! `history`: what was saved when, from which device.

use clap::Args;
use serde::Serialize;
use weft_host::store_error::StoreError;
use weft_shared::time::Timestamp;

use super::{Context, Outcome};
use crate::replica::{Owner, Touch};

use crate::commands::Json;

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

pub(crate) fn run(context: &mut Context<'_>, args: History) -> Outcome {
    let record = args
        .record
        .as_deref()
        .map(|record| record.trim().to_owned());
    let shapes = context.node.read(move |replica| {
        let this = replica.device().map(|device| device.name.clone());
        let touches = replica.history(record.as_deref())?;
        let shape = |touch: Touch| {
            let device = match touch.entry {
                Some((dix, _)) => replica
                    .roster(Owner::Location)
                    .device(dix)
                    .map(|device| device.name.clone()),
                None => this.clone(),
            };
            let log = touch.entry.and_then(|(dix, dseq)| {
                let log = replica.logs(Owner::Location).get(&dix)?;
                let own = Some(dix) == replica.dix();
                Some(!own || log.acknowledged >= dseq)
            });
            Shape {
                at: touch.at,
                device,
                entry: touch.entry.map(|(_, dseq)| dseq),
                document: touch.document,
                record: format!("{}/{}", touch.container, touch.record),
                shared: touch.entry.map(|_| log.unwrap_or(false)),
            }
        };
        Ok::<Vec<Shape>, StoreError>(touches.into_iter().map(shape).collect())
    })??;
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
