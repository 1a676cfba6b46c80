//! `verify`: proves offline that every change in the documents was signed by an admitted device.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use weft_host::{
    output::{ExitCode, Io},
    reply::Outcome,
    text,
};
use weft_shared::{id::DeviceIndex, text::counted};

use super::{Context, Json};
use crate::{
    replica::Replica,
    verify::{Exception, Verified},
};

/// Check, without the hub, that a device of this location signed every change in its documents;
/// list every exception.
#[derive(Args, Debug)]
#[command(after_help = "With --json: {location, entries, changes, devices, \
        unsigned, dropped, set_aside, exceptions: [{log, entry, what}], not_covered: [file]}; \
        location is null without --from.")]
pub(crate) struct Verify {
    /// Check an export (weft-node export --format automerge) instead of the data directory. No
    /// node is needed here.
    #[arg(long, value_name = "DIR")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// The shape of `verify --json`.
#[derive(Debug, Serialize)]
struct VerifyJson {
    location: Option<String>,
    entries: u64,
    changes: u64,
    devices: u64,
    unsigned: u64,
    dropped: u64,
    set_aside: u64,
    exceptions: Vec<ExceptionShape>,
    not_covered: Vec<String>,
}

/// One exception of `verify --json`.
#[derive(Debug, Serialize)]
struct ExceptionShape {
    log: Option<DeviceIndex>,
    entry: Option<u64>,
    what: String,
}

pub(crate) fn run(context: &mut Context<'_>, args: &Verify) -> Outcome {
    if let Some(from) = &args.from {
        let from = context.path(from);
        return run_from(&from, args.json, context.io);
    }
    let verified = context.node.read(Replica::verify)??;
    report(context.io, args.json, None, verified, Vec::new())
}

/// Checks an export, for which no node is needed.
pub(crate) fn run_from(folder: &Path, json: Json, io: &mut Io) -> Outcome {
    let checked = crate::export::verify(folder)?;
    report(
        io,
        json,
        Some(checked.location),
        checked.verified,
        checked.not_covered,
    )
}

fn report(
    io: &mut Io,
    json: Json,
    location: Option<String>,
    verified: Verified,
    not_covered: Vec<String>,
) -> Outcome {
    let exception = |one: Exception| ExceptionShape {
        log: one.log,
        entry: one.entry,
        what: one.what,
    };
    let shape = VerifyJson {
        location,
        entries: verified.entries,
        changes: verified.changes,
        devices: verified.devices,
        unsigned: verified.unsigned,
        dropped: verified.dropped,
        set_aside: verified.set_aside,
        not_covered,
        exceptions: verified.exceptions.into_iter().map(exception).collect(),
    };
    if json.json {
        serde_json::to_writer_pretty(io.out(), &shape).map_err(std::io::Error::from)?;
        writeln!(io.out())?;
    } else {
        tell(io, &shape)?;
    }
    if shape.exceptions.is_empty() {
        return Ok(ExitCode::Ok);
    }
    let advice = "Something here is not what the location's devices signed. Keep it as it is, and \
                tell the people who run your hub and another device's steward.";
    text::say(io.err(), advice)?;
    Ok(ExitCode::Failed)
}

fn tell(io: &mut Io, shape: &VerifyJson) -> std::io::Result<()> {
    if let Some(location) = &shape.location {
        writeln!(
            io.out(),
            "location {location}, as its root signed the roster"
        )?;
    }
    for one in &shape.exceptions {
        let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let log = text(one.log.map(|log| log.to_string()));
        let entry = text(one.entry.map(|entry| entry.to_string()));
        writeln!(io.out(), "log {log} entry {entry}: {}", one.what)?;
    }
    writeln!(
        io.out(),
        "{} of {}, {}: {}",
        counted(shape.entries, "entry", "entries"),
        counted(shape.devices, "device", "devices"),
        counted(shape.changes, "change", "changes"),
        match shape.exceptions.len() {
            1 => "1 exception".to_owned(),
            count => format!("{count} exceptions"),
        }
    )?;
    if shape.dropped > 0 {
        let told = format!(
            "{} by an admin of the location: {} here, and what they said is gone.",
            counted(shape.dropped, "entry was dropped", "entries were dropped"),
            if shape.dropped == 1 {
                "its header is"
            } else {
                "their headers are"
            }
        );
        text::say(io.err(), &told)?;
    }
    if shape.unsigned > 0 {
        let told = format!(
            "{} above the last signature of their device: a device signs what it offers, and this \
             it has not offered to anybody.",
            counted(shape.unsigned, "entry stands", "entries stand")
        );
        text::say(io.err(), &told)?;
    }
    if shape.set_aside > 0 {
        let told = format!(
            "{} signed, and refused by the rules of this version: in no document.",
            counted(shape.set_aside, "entry is", "entries are")
        );
        text::say(io.err(), &told)?;
    }
    if !shape.not_covered.is_empty() {
        let told = format!(
            "No signature covers {}: compare it with another copy if it matters.",
            shape.not_covered.join(", ")
        );
        text::say(io.err(), &told)?;
    }
    Ok(())
}
