//! `weft-hub ledger`: who did and saw what.

use weft_host::{output::Io, reply::Outcome};
use weft_shared::{id::LocationCode, period::Date};

use crate::{
    app::{AppHandle, LEDGER_FILE, LedgerAsked, ledger_day},
    ledger::Form,
};

/// Arguments of `ledger`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only what this person did or saw, and what was done to them.
    #[arg(long, value_name = "NAME")]
    pub person: Option<String>,
    /// Only who read this location's records, and what was done to it.
    #[arg(long, value_name = "CODE")]
    pub location: Option<LocationCode>,
    /// The first day, such as 2026-11-01, in the network's time zone.
    #[arg(long, value_name = "DATE", value_parser = ledger_day)]
    pub since: Option<Date>,
    /// The last day.
    #[arg(long, value_name = "DATE", value_parser = ledger_day)]
    pub until: Option<Date>,
    /// The form.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Form,
}

/// The columns of the file, for help.
pub(super) fn shape() -> String {
    LEDGER_FILE.shape()
}

pub(super) async fn run(app: &AppHandle, args: Args, io: &mut Io) -> Outcome {
    let asked = LedgerAsked {
        person: args.person,
        location: args.location,
        since: args.since,
        until: args.until,
    };
    let mut pieces = app.ledger_file(asked, args.format).await?;
    let mut any = false;
    while let Some(piece) = pieces.next().await {
        io.out().write_all(&piece?)?;
        any = true;
    }
    match any {
        true => Ok(weft_host::output::ExitCode::Ok),
        false => io.tell("The ledger has nothing of that."),
    }
}
