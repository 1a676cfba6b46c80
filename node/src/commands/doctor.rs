//! `doctor`: checks the data directory, the store and the way to the hub.

use clap::Args;
use serde::Serialize;
use weft_host::{
    clock,
    output::ExitCode,
    table::{Looked, findings},
};

use super::{Context, Json, Outcome};
use crate::verify::doctor::Check;

/// Check the data directory, the store and the way to the hub, with advice for each finding.
#[derive(Args, Debug)]
#[command(after_help = "With --json: [{check, ok, finding}].")]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) json: Json,
}

/// One check of `doctor --json`.
#[derive(Debug, Serialize)]
struct Shape {
    check: &'static str,
    ok: bool,
    finding: String,
}

pub(crate) fn run(context: &mut Context<'_>, args: Doctor) -> Outcome {
    // Exchange first for the hub's time.
    let hub = match context.node.exchange() {
        Ok(()) => Check::new("hub", true, "both hold the same"),
        Err(failure) => Check::new("hub", false, failure.to_string()),
    };
    let mut checks = context
        .node
        .read(|replica| replica.doctor(clock::now()))??;
    let folder = context.node.folder();
    checks.insert(
        0,
        Check::new("data directory", true, folder.display().to_string()),
    );
    checks.push(hub);
    let healthy = checks.iter().all(|check| check.ok);
    let shapes: Vec<Shape> = checks
        .into_iter()
        .map(|check| Shape {
            check: check.name,
            ok: check.ok,
            finding: check.finding,
        })
        .collect();
    if args.json.json {
        context.json(&shapes)?;
    } else {
        let looked = shapes.iter().map(|shape| Looked {
            ok: shape.ok,
            check: shape.check,
            finding: &shape.finding,
        });
        findings(context.io.out(), looked)?;
    }
    Ok(if healthy {
        ExitCode::Ok
    } else {
        ExitCode::NeedsAction
    })
}
