//! `verify`: proves offline that every change in the documents was signed by an admitted device.

use clap::Args;
use serde::Serialize;
use weft_host::output::ExitCode;
use weft_shared::id::Dix;

use super::{Context, Json, Outcome};
use crate::{replica::Replica, verify::Exception};

/// Prove, without the hub, that every change in our documents is covered by an entry signed by a
/// device that our roster admitted; lists every exception.
#[derive(Args, Debug)]
#[command(after_help = "With --json: {entries, changes, devices, unsigned, \
        exceptions: [{log, entry, what}]}.")]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) json: Json,
}

/// The shape of `verify --json`.
#[derive(Debug, Serialize)]
struct Shape {
    entries: u64,
    changes: u64,
    devices: u64,
    unsigned: u64,
    exceptions: Vec<ExceptionShape>,
}

/// One exception.
#[derive(Debug, Serialize)]
struct ExceptionShape {
    log: Option<Dix>,
    entry: Option<u64>,
    what: String,
}

pub(crate) fn run(context: &mut Context<'_>, args: Verify) -> Outcome {
    let verified = context.node.read(Replica::verify)??;
    let exception = |one: Exception| ExceptionShape {
        log: one.log,
        entry: one.entry,
        what: one.what,
    };
    let shape = Shape {
        entries: verified.entries,
        changes: verified.changes,
        devices: verified.devices,
        unsigned: verified.unsigned,
        exceptions: verified.exceptions.into_iter().map(exception).collect(),
    };
    let clean = shape.exceptions.is_empty();
    if args.json.json {
        context.json(&shape)?;
    } else {
        for one in &shape.exceptions {
            let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
            let log = text(one.log.map(|log| log.to_string()));
            let entry = text(one.entry.map(|entry| entry.to_string()));
            context.say(format_args!("log {log} entry {entry}: {}", one.what))?;
        }
        context.say(format_args!(
            "{} entries of {} devices, {} changes: {} exceptions",
            shape.entries,
            shape.devices,
            shape.changes,
            shape.exceptions.len()
        ))?;
        if shape.unsigned > 0 {
            context.tell(format_args!(
                "{} entries of this device have not been offered to anybody, and are signed when \
                 they are.",
                shape.unsigned
            ))?;
        }
    }
    if clean {
        return Ok(ExitCode::Ok);
    }
    context.tell(
        "Something in this data directory is not what the location's devices signed. Keep it as it \
         is, and tell the people who run your hub and another device's steward.",
    )?;
    Ok(ExitCode::Failed)
}
