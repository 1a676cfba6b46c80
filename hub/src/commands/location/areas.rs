//! `weft-hub location areas`: areas change hands.

use weft_host::{output::Io, reply::Outcome};

use super::{Failure, show, warn};
use crate::app::{AppHandle, AreaTo, Handover, Since};

/// Shown below the long help of `location areas`.
pub(super) const EXAMPLES: &str = "\
Examples:
  weft-hub location areas UPPER_HUTT=WT --from 2024-01-01
  weft-hub location areas LOWER_HUTT=WT FAR_NORTH=HV --from 2024-01-01";

/// Arguments of `location areas`.
#[derive(Debug, clap::Args)]
pub struct Areas {
    /// An area and the location that it goes to; repeat it for each area that changes hands.
    #[arg(value_name = "AREA=LOCATION", required = true)]
    pub areas: Vec<AreaTo>,
    /// The day from which the locations have these areas, such as 2024-01-01; start, if the
    /// areas given before were wrong all the time.
    #[arg(long, value_name = "DAY")]
    pub from: Since,
}

pub(super) async fn run(app: &AppHandle, args: Areas, io: &mut Io) -> Outcome {
    let said = Handover {
        areas: args.areas,
        since: args.from,
    };
    let plan = app.plan_handover(said)?;
    if plan.changes.is_empty() {
        return io.tell("The locations have these areas already. Nothing was changed.");
    }
    let changes = plan.changes.iter();
    let changes = changes.map(|(code, changes)| (code, changes.as_slice()));
    show(changes, args.from == Since::Start, io)?;
    warn(&plan.warnings, io)?;
    if !io.agrees("Hand the areas over like this?")? {
        return Err(Failure::needs_action(
            "Nothing was changed: the locations keep their areas.",
        ));
    }
    app.hand_over(plan).await?;
    io.tell("The areas have changed hands.")
}
