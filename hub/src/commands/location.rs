//! `weft-hub location`: add, list and confirm locations.

pub mod areas;
pub mod end;

use clap::Subcommand;
use weft_host::{output::Io, reply::Outcome};
use weft_shared::{
    id::LocationCode,
    model::profile::{AreaAlias, AreaChange},
};

use super::{Failure, Json, json_help};
use crate::app::{AppError, AppHandle, AreaWord, LOCATIONS, Renamed, Said, Since};

/// Commands for locations.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a location, or change its names and areas.
    ///
    /// A new location has its areas from the start, and takes no --from. An existing one keeps its
    /// areas if you give no --area, and its Māori name if you give no --name-mi. If its areas
    /// change, give the day with --from: figures of periods that end before it stay with the
    /// location that had the area. A location without areas is one area, with the same code.
    #[command(after_long_help = ADD_EXAMPLES)]
    Add(Add),
    /// Hand areas from one location to another from a day on.
    ///
    /// All areas that you name move together, so two locations can exchange theirs, even if each
    /// has only one. Figures of periods that end before the day stay with the location that had
    /// the area. Areas that you do not name stay where they are. Each location keeps at least one.
    #[command(after_long_help = areas::EXAMPLES)]
    Areas(areas::Areas),
    /// End a location from a day on.
    ///
    /// From that day on it has no areas, and no figure expects it. What it shared of periods that
    /// end before stays in their figures. Its devices keep all they have and can still sync; to
    /// stop that, block them with weft-hub device. If another location takes the areas over, use
    /// weft-hub location areas instead.
    #[command(after_long_help = end::EXAMPLES)]
    End(end::End),
    /// List locations, with their areas, their state and the time of their last entry.
    #[command(after_long_help = json_help(LOCATIONS.shape()))]
    List(Json),
    /// Confirm a location that has joined, by the four words that its steward reads out.
    Confirm(Confirm),
}

/// Shown below the long help of `location add`.
const ADD_EXAMPLES: &str = "\
Examples:
  weft-hub location add FN --name \"Healthy Families Far North\" \\
    --area FAR_NORTH=\"Far North District\"
  weft-hub location add HV --name \"Healthy Families Hutt Valley\" \\
    --area LOWER_HUTT=\"Lower Hutt City\" --area UPPER_HUTT=\"Upper Hutt City\"
  weft-hub location add HV --name \"Healthy Families Hutt Valley\" \\
    --area LOWER_HUTT=\"Lower Hutt City\" --from 2024-01-01
  weft-hub location add FN --name \"Healthy Families Far North\" \\
    --alias stats_nz:001=FAR_NORTH";

/// Arguments of `location add`.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// The location's code: two to eight letters, such as FN.
    pub code: LocationCode,
    /// The location's name in English.
    #[arg(long)]
    pub name: String,
    /// The location's name in te reo Māori.
    #[arg(long, value_name = "NAME")]
    pub name_mi: Option<String>,
    /// An area that the location reports, by code and name; repeat it for each area.
    #[arg(long = "area", value_name = "CODE=NAME", value_parser = AreaWord::parse)]
    pub areas: Vec<AreaWord>,
    /// A code that others use for an area, with the name of its scheme; repeat it for each code. An
    /// import then finds the area by it. Codes that the location has already stay.
    #[arg(long = "alias", value_name = "SCHEME:CODE=AREA")]
    pub aliases: Vec<AreaAlias>,
    /// The day from which an existing location has these areas, such as 2024-01-01; or start, if
    /// the areas given before were wrong all the time. A new location has its areas from the
    /// start.
    #[arg(long, value_name = "DAY")]
    pub from: Option<Since>,
}

/// Arguments of `location confirm`.
#[derive(Debug, clap::Args)]
pub struct Confirm {
    /// The location's code, such as FN.
    pub code: LocationCode,
    /// The four words that the location's steward reads out, in quotes. Without them, a terminal
    /// asks you for them, and a script confirms without comparing any.
    #[arg(long)]
    pub words: Option<String>,
}

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    match command {
        Command::Add(args) => add(app, args, io).await,
        Command::Areas(args) => areas::run(app, args, io).await,
        Command::End(args) => end::run(app, args, io).await,
        Command::List(Json { json }) => list(app, json, io).await,
        Command::Confirm(args) => confirm(app, args, io).await,
    }
}

async fn add(app: &AppHandle, args: Add, io: &mut Io) -> Outcome {
    let code = args.code.clone();
    let locations = app.read(|at| at.locations()).await?;
    let before = locations.into_iter().find(|one| one.code == code);
    let mut said = Said {
        code: args.code,
        name: args.name,
        name_mi: args.name_mi,
        areas: args.areas,
        aliases: args.aliases,
        since: args.from,
        ends: false,
    };
    let plan = match app.plan_location(said.clone()) {
        Err(AppError::AreasNeedDay { .. }) if io.terminal() => {
            let question = format!(
                "{code} is there already with other areas. From which day does it have these \
                 (2024-01-01, or start)?"
            );
            let day = io.prompt(&question)?.unwrap_or_default();
            let since = day.trim().parse().map_err(Failure::usage)?;
            said.since = Some(since);
            app.plan_location(said)?
        }
        plan => plan?,
    };
    if !plan.changes.is_empty() {
        show([(&code, plan.changes.as_slice())], plan.from_start, io)?;
        warn(&plan.warnings, io)?;
        if !io.agrees(&format!("Change the areas of {code} like this?"))? {
            return Err(Failure::needs_action(format!(
                "Nothing was changed: {code} keeps its areas."
            )));
        }
    }
    let kept: Vec<String> = plan.kept.iter().map(ToString::to_string).collect();
    let renamed = plan.renamed.clone();
    let aliased = plan.aliased.clone();
    let unchanged = plan.changes.is_empty() && renamed.is_empty() && aliased.is_empty();
    let nothing = plan.exists && unchanged;
    app.put_location(plan).await?;
    if !kept.is_empty() {
        let text = format!(
            "{code} was there already and keeps its areas: {}. To change them, name all its new \
             areas with --area, and the day with --from.",
            kept.join(", ")
        );
        io.tell(text)?;
    }
    tell_names(&code, &renamed, &aliased, io)?;
    if nothing {
        io.tell(format_args!(
            "Nothing was changed: {code} has these names and areas already."
        ))?;
    }
    let next = match before.is_some_and(|one| one.joined.is_some()) {
        true => format!("{code} is in the network, and has joined already."),
        false => format!("{code} is in the network. Next: weft-hub invite create {code}"),
    };
    io.tell(next)
}

/// Tells which names are others now, and which codes of others are new.
fn tell_names(
    code: &LocationCode,
    renamed: &[Renamed],
    aliased: &[AreaAlias],
    io: &mut Io,
) -> Result<(), Failure> {
    for one in renamed {
        io.tell(match one {
            Renamed {
                area: None,
                is_mi: false,
                before: Some(before),
                ..
            } => format!("{code} was called \"{before}\" until now."),
            other => format!("{code}: {other} now."),
        })?;
    }
    for AreaAlias {
        area,
        scheme,
        code: alias,
    } in aliased
    {
        io.tell(format_args!(
            "{code}: {alias} of {scheme} means {area} now."
        ))?;
    }
    Ok(())
}

/// Names the areas that no figure will expect.
fn warn(warnings: &[String], io: &mut Io) -> Result<(), Failure> {
    for warning in warnings {
        io.tell(warning)?;
    }
    Ok(())
}

/// Shows the planned changes of locations' areas.
fn show<'a>(
    places: impl IntoIterator<Item = (&'a LocationCode, &'a [AreaChange])>,
    from_start: bool,
    io: &mut Io,
) -> Result<(), Failure> {
    let mut count = 0;
    for (code, changes) in places {
        count += 1;
        io.tell(format_args!("What changes in the areas of {code}:"))?;
        for change in changes {
            io.tell(format_args!("  {change}"))?;
        }
    }
    let earlier = match from_start {
        true => "Figures of all periods follow, the earliest too.",
        false => "Periods that end before the change stay as they are.",
    };
    let sees = match count {
        1 => "The location sees this at its node.",
        _ => "The locations see this at their nodes.",
    };
    let text = format!(
        "A figure counts for the location that holds its area on the last day of the period. \
         {earlier} {sees}"
    );
    io.tell(text)?;
    Ok(())
}

async fn list(app: &AppHandle, json: bool, io: &mut Io) -> Outcome {
    let found = app.read(|at| Ok((at.locations()?, at.zone())));
    let (locations, zone) = found.await?;
    io.list(&LOCATIONS, &locations, json, &zone)
}

async fn confirm(app: &AppHandle, args: Confirm, io: &mut Io) -> Outcome {
    let code = args.code;
    let asked = code.clone();
    let confirmation = app.read(move |at| at.confirmation(&asked)).await?;
    let waits = confirmation.waits(&code)?;
    // The words are never shown here: they must come from the steward, by telephone.
    let said = match args.words {
        Some(said) => Some(said),
        None if waits && io.terminal() => {
            let question = format!("The four words that the steward of {code} reads out:");
            Some(io.prompt(&question)?.unwrap_or_default())
        }
        // A script, which no one can read words out to.
        None => None,
    };
    if let Some(said) = &said {
        confirmation.compare(&code, said)?;
    }
    if !waits {
        return io.tell(format_args!("{code} was confirmed before."));
    }
    app.confirm_location(&code).await?;
    let mut done = format!("{code} is confirmed, and its values count in figures from now on.");
    if said.is_none() {
        done.push_str(
            " Its four words were not compared. If you can, phone its steward, and check them \
             with --words.",
        );
    }
    io.tell(done)
}
