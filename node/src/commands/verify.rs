//! `verify`: proves offline that every change in the documents was signed by an admitted device.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use weft_host::{
    output::{ExitCode, Io},
    reply::Outcome,
    text,
};
use weft_shared::text::counted;

use super::{Context, Json};
use crate::{
    export::{Checked, verify},
    replica::Replica,
    verify::Verified,
};

/// Check, without the hub, that a device of this location signed every change in its documents;
/// list every exception.
#[derive(Args, Debug)]
#[command(after_help = "With --json: {location, entries, changes, devices, \
        unsigned, dropped, set_aside, unopened, exceptions: [{log, entry, what}], \
        not_covered: [file]}; \
        location is null without --from.")]
pub(crate) struct Verify {
    /// Check an export (weft-node export --format automerge) instead of the data directory. No
    /// node is needed here.
    #[arg(long, value_name = "DIR")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) json: Json,
}

pub(crate) fn run(context: &mut Context<'_>, args: &Verify) -> Outcome {
    if let Some(from) = &args.from {
        let from = context.path(from);
        return run_from(&from, args.json, context.io);
    }
    let checked = Checked {
        location: None,
        verified: context.node.read(Replica::verify)??,
        not_covered: Vec::new(),
    };
    report(context.io, args.json, &checked)
}

/// Checks an export, for which no node is needed.
pub(crate) fn run_from(folder: &Path, json: Json, io: &mut Io) -> Outcome {
    report(io, json, &verify(folder)?)
}

fn report(io: &mut Io, json: Json, checked: &Checked) -> Outcome {
    let verified = &checked.verified;
    if json.json {
        let exceptions = verified.exceptions.iter();
        let exceptions =
            exceptions.map(|one| json!({"log": one.log, "entry": one.entry, "what": one.what}));
        io.json(&json!({
            "location": checked.location,
            "entries": verified.entries,
            "changes": verified.changes,
            "devices": verified.devices,
            "unsigned": verified.unsigned,
            "dropped": verified.dropped,
            "set_aside": verified.set_aside,
            "unopened": verified.unopened,
            "exceptions": exceptions.collect::<Vec<_>>(),
            "not_covered": checked.not_covered,
        }))?;
    } else {
        tell(io, checked)?;
    }
    if verified.exceptions.is_empty() {
        return Ok(ExitCode::Ok);
    }
    let advice = "Something here is not what the location's devices signed. Keep it as it is, and \
                tell the people who run your hub and another device's steward.";
    text::say(io.err(), advice)?;
    Ok(ExitCode::Failed)
}

fn tell(io: &mut Io, checked: &Checked) -> std::io::Result<()> {
    let verified = &checked.verified;
    if let Some(location) = &checked.location {
        writeln!(
            io.out(),
            "location {location}, as its root signed the roster"
        )?;
    }
    for one in &verified.exceptions {
        let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let log = text(one.log.map(|log| log.to_string()));
        let entry = text(one.entry.map(|entry| entry.to_string()));
        writeln!(io.out(), "log {log} entry {entry}: {}", one.what)?;
    }
    writeln!(
        io.out(),
        "{} of {}, {}: {}",
        counted(verified.entries, "entry", "entries"),
        counted(verified.devices, "device", "devices"),
        counted(verified.changes, "change", "changes"),
        match verified.exceptions.len() {
            1 => "1 exception".to_owned(),
            count => format!("{count} exceptions"),
        }
    )?;
    if verified.dropped > 0 {
        let told = format!(
            "{} by an admin of the location: {} here, and what they said is gone.",
            counted(
                verified.dropped,
                "entry was dropped",
                "entries were dropped"
            ),
            if verified.dropped == 1 {
                "its header is"
            } else {
                "their headers are"
            }
        );
        text::say(io.err(), &told)?;
    }
    if verified.unsigned > 0 {
        let told = format!(
            "{} above the last signature of their device: a device signs what it offers, and this \
             it has not offered to anybody.",
            counted(verified.unsigned, "entry stands", "entries stand")
        );
        text::say(io.err(), &told)?;
    }
    tell_unread(io, verified)?;
    if !checked.not_covered.is_empty() {
        let told = format!(
            "No signature covers {}: compare it with another copy if it matters.",
            checked.not_covered.join(", ")
        );
        text::say(io.err(), &told)?;
    }
    Ok(())
}

/// Says which entries could not be read, or not in whole.
fn tell_unread(io: &mut Io, verified: &Verified) -> std::io::Result<()> {
    if verified.unopened > 0 {
        let told = format!(
            "{} sealed for our team, and there is no key to {} here: the signature and the hash \
             hold.",
            counted(verified.unopened, "entry is", "entries are"),
            if verified.unopened == 1 { "it" } else { "them" }
        );
        text::say(io.err(), &told)?;
    }
    if verified.set_aside > 0 {
        let told = format!(
            "{} signed, and refused by the rules of this version: in no document.",
            counted(verified.set_aside, "entry is", "entries are")
        );
        text::say(io.err(), &told)?;
    }
    Ok(())
}
