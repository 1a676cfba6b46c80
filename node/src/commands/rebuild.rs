//! `rebuild`: remakes everything derived from the signed entries.

use clap::Args;
use serde_json::json;
use weft_host::reply::Outcome;
use weft_shared::{id::BlobHash, text::counted};

use super::Context;

use crate::{commands::Json, replica::Owner};

/// Make documents, history and counts again from the signed entries.
#[derive(Args, Debug)]
#[command(
    after_help = "With --json: {entries, documents, held, quarantined, dump_sha256, \
        dumps: [{location, document, sha256}]}."
)]
pub(crate) struct Rebuild {
    #[command(flatten)]
    pub(crate) json: Json,
}

pub(crate) fn run(context: &mut Context<'_>, args: Rebuild) -> Outcome {
    let (rebuilt, locations) = context.node.read(|replica| {
        let locations = [Owner::Hub, Owner::Location].map(|owner| replica.location(owner));
        let rebuilt = replica.rebuild();
        rebuilt.map(|rebuilt| (rebuilt, locations))
    })??;
    let fingerprint = BlobHash::new(rebuilt.dump_hash).to_string();
    if args.json.json {
        let dumps = rebuilt.dumps.iter().map(|((owner, name), hash)| {
            json!({
                "location": locations[*owner as usize].to_string(),
                "document": name.to_string(),
                "sha256": BlobHash::new(*hash).to_string(),
            })
        });
        return context.io.json(&json!({
            "entries": rebuilt.entries,
            "documents": rebuilt.documents,
            "held": rebuilt.held,
            "quarantined": rebuilt.quarantined,
            "dump_sha256": fingerprint,
            "dumps": dumps.collect::<Vec<_>>(),
        }));
    }
    let of_hub = rebuilt.of_hub;
    context.io.tell(format_args!(
        "Made {} again from {}: {} of this location and {of_hub} of the hub.",
        counted(rebuilt.documents, "document", "documents"),
        counted(rebuilt.entries, "entry", "entries"),
        rebuilt.entries.saturating_sub(of_hub)
    ))?;
    if rebuilt.held + rebuilt.quarantined > 0 {
        context.io.tell(format_args!(
            "{} for others that have not arrived, and {} be read: weft-node doctor says which.",
            counted(rebuilt.held, "change waits", "changes wait"),
            counted(rebuilt.quarantined, "change cannot", "changes cannot")
        ))?;
    }
    context.io.tell(
        "The fingerprint of the documents is below. The same entries always give the same one.",
    )?;
    context.io.say(format_args!("fingerprint {fingerprint}"))
}
