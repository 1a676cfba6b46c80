//! `weft-hub location end`: a location leaves the network.

use weft_host::{output::Io, reply::Outcome};
use weft_shared::{id::LocationCode, period::Date};

use super::{Failure, show, warn};
use crate::app::AppHandle;

/// Shown below the long help of `location end`.
pub(super) const EXAMPLES: &str = "\
Examples:
  weft-hub location end FN --from 2027-07-01";

/// Arguments of `location end`.
#[derive(Debug, clap::Args)]
pub struct End {
    /// The location's code, such as FN.
    pub code: LocationCode,
    /// The first day without it, such as 2027-07-01.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub from: Date,
}

fn day(text: &str) -> Result<Date, String> {
    let day = text
        .parse::<Date>()
        .ok()
        .filter(|day| day.to_string() == text);
    day.ok_or_else(|| format!("\"{text}\" is not a day: write one such as 2027-07-01"))
}

pub(super) async fn run(app: &AppHandle, args: End, io: &mut Io) -> Outcome {
    let End { code, from } = args;
    let plan = app.plan_end(&code, from)?;
    show([(&code, plan.changes.as_slice())], false, io)?;
    warn(&plan.warnings, io)?;
    if !io.agrees(&format!("End {code} like this?"))? {
        return Err(Failure::needs_action(format!(
            "Nothing was changed: {code} goes on."
        )));
    }
    app.put_location(plan).await?;
    io.tell(format_args!(
        "{code} ends: no figure of a period that ends on {from} or later expects it. Its devices \
         keep what they have."
    ))
}
