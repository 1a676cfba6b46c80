//! `ledger`: lists who read what of this location, as the hub wrote it down before it answered.

use clap::Args;
use weft_host::{
    clock,
    failure::Failure,
    list::{Column, DATA, List},
    output::ExitCode,
    reply::Outcome,
};
use weft_shared::time::Zone;

use super::{Context, Json};
use crate::replica::{KeptRead, NotAccepted, ReadAlarm};

/// Number of rows that are listed.
const ROWS_MAX: usize = 1_000;

/// List who read what of this location at the hub: when, what, for which purpose, and how often;
/// newest first.
#[derive(Args, Debug)]
#[command(after_help = format!("With --json: {}.", ROWS.shape()))]
pub(crate) struct Ledger {
    /// Accept that the hub's ledger does not go on from what is held here, for this reason. What is
    /// held here stays; from then on the ledger goes on from what the hub has.
    #[arg(long, value_name = "REASON", conflicts_with = "json")]
    pub(crate) accept: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// The thing that was read, and whether the hub has the row no more.
fn what(one: &KeptRead) -> String {
    let gone = if one.is_gone {
        " (the hub has it no more)"
    } else {
        ""
    };
    match one.row.about() {
        about if about.is_empty() => format!("{}{gone}", one.row.act),
        about => format!("{}: {about}{gone}", one.row.act),
    }
}

/// Reads of this location, as `ledger` lists them.
const ROWS: List<KeptRead> = List::new(&[
    Column::new("number", |one: &KeptRead| one.row.n.into()).only(DATA),
    Column::new("at", |one: &KeptRead| one.row.at.into()).words(),
    Column::new("who", |one: &KeptRead| (&*one.row.reader).into())
        .shown(|one| match one.row.organisation.is_empty() {
            true => one.row.reader.clone(),
            false => format!("{}, {}", one.row.reader, one.row.organisation),
        })
        .words(),
    Column::new("organisation", |one: &KeptRead| {
        (&*one.row.organisation).into()
    })
    .only(DATA),
    Column::new("what", |one: &KeptRead| (&*one.row.act).into())
        .shown(what)
        .words(),
    Column::new("about", |one: &KeptRead| (&*one.row.subject).into()).only(DATA),
    Column::new("purpose", |one: &KeptRead| (&*one.row.purpose).into()).words(),
    Column::new("times", |one: &KeptRead| one.row.count.into()).number(),
    Column::new("gone_at_hub", |one: &KeptRead| one.is_gone.into()).only(DATA),
])
.notes(
    "; at is the first of the times, which lie within ten minutes; gone_at_hub says that the hub \
     had shown the row and does not have it any more",
)
.none(
    "The hub has shown no read of what you share. A row comes about ten minutes after the read, \
     with the next exchange.",
);

pub(crate) fn run(context: &mut Context<'_>, args: &Ledger) -> Outcome {
    if let Some(reason) = &args.accept {
        return accept(context, reason.clone());
    }
    let ledger = context
        .node
        .read(|replica| replica.read_ledger(ROWS_MAX))??;
    let zone = context.node.zone();
    context
        .io
        .list(&ROWS, &ledger.rows, args.json.json, &zone)?;
    for one in ledger.alarms.iter().rev() {
        context.io.tell(told(one, &zone))?;
    }
    match ledger.alarm() {
        Some(_) => {
            context.io.tell(
                "Once you know why: weft-node ledger --accept \"what they said happened, and who \
                 said it\"",
            )?;
            Ok(ExitCode::NeedsAction)
        }
        None => Ok(ExitCode::Ok),
    }
}

/// Says when the ledger did not go on, and who accepted it.
fn told(one: &ReadAlarm, zone: &Zone) -> String {
    let found = zone.minute(one.at);
    match &one.accepted {
        None => format!("Found {found}. {}", one.alarm),
        Some(by) => format!(
            "Found {found}, and accepted {} on {}: {}\nIt was: {}",
            zone.minute(by.at),
            by.device,
            by.reason,
            one.alarm
        ),
    }
}

fn accept(context: &mut Context<'_>, reason: String) -> Outcome {
    let accepted = context
        .node
        .read(move |replica| replica.accept_reads(&reason, clock::now()))?;
    match accepted {
        Ok(()) => context.io.tell(
            "Accepted, and kept with your reason. The rows held here stay. Next: weft-node sync \
             --once fetches the hub's ledger as it is now.",
        ),
        Err(NotAccepted::Store(error)) => Err(error.into()),
        Err(why @ NotAccepted::NoAlarm) => Err(Failure::needs_action(why)),
        Err(why @ NotAccepted::Reason { .. }) => Err(Failure::usage(why)),
    }
}
