//! `weft-hub location`: add, list and confirm locations.

pub mod areas;

use clap::Subcommand;
use serde_json::json;
use weft_host::{
    output::{ExitCode, Io},
    text::say,
};
use weft_shared::{
    id::LocationCode, identity::ConfirmationWords, model::profile::AreaChange, period::Date,
};

use super::{
    Failure, Json,
    table::{Column, Table},
};
use crate::{
    app::{AppError, AppHandle, AreaWord, Confirmation, LocationView, Said, Since},
    pages::words::never,
};

/// Commands upon locations.
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
    /// List locations, with their areas, their state and the time of their last entry.
    ///
    /// JSON: [{code, name, name_mi, areas: [{code, name, from, to}], state, devices, blocked,
    /// joined, last_received}]. from is null if it has had the area from the start, to if it still
    /// has it. state is one of "not invited" (no invite is open), "invited", "invite expired",
    /// "unconfirmed" (joined, but in no figure), "confirmed". blocked counts those of its devices
    /// that the hub does not serve.
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
    --area LOWER_HUTT=\"Lower Hutt City\" --from 2024-01-01";

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

pub(super) async fn run(
    app: &AppHandle,
    command: Command,
    io: &mut Io,
) -> Result<ExitCode, Failure> {
    match command {
        Command::Add(args) => add(app, args, io).await,
        Command::Areas(args) => areas::run(app, args, io).await,
        Command::List(Json { json }) => list(app, json, io).await,
        Command::Confirm(args) => confirm(app, args, io).await,
    }
}

async fn add(app: &AppHandle, args: Add, io: &mut Io) -> Result<ExitCode, Failure> {
    let (code, name) = (args.code.clone(), args.name.clone());
    let locations = app.locations().await?;
    let before = locations.into_iter().find(|one| one.code == code);
    let mut said = Said {
        code: args.code,
        name: args.name,
        name_mi: args.name_mi,
        areas: args.areas,
        since: args.from,
    };
    let plan = match app.plan_location(said.clone()).await {
        Err(AppError::AreasNeedDay { .. }) if io.terminal() => {
            let question = format!(
                "{code} is there already with other areas. From which day does it have these \
                 (2024-01-01, or start)?"
            );
            let day = io.prompt(&question)?.unwrap_or_default();
            let since = day.trim().parse().map_err(Failure::usage)?;
            said.since = Some(since);
            app.plan_location(said).await?
        }
        plan => plan?,
    };
    if !plan.changes.is_empty() {
        show([(&code, plan.changes.as_slice())], plan.from_start, io)?;
        warn(&plan.warnings, io)?;
        if !agreed(&format!("Change the areas of {code} like this? [y/N]"), io)? {
            return Err(Failure::needs_action(format!(
                "Nothing was changed: {code} keeps its areas."
            )));
        }
    }
    let kept: Vec<String> = plan.kept.iter().map(ToString::to_string).collect();
    app.put_location(plan).await?;
    if !kept.is_empty() {
        let text = format!(
            "{code} was there already and keeps its areas: {}. To change them, name all its new \
             areas with --area, and the day with --from.",
            kept.join(", ")
        );
        say(io.err(), &text)?;
    }
    let renamed = before.as_ref().filter(|one| one.name != name.trim());
    if let Some(before) = renamed {
        let text = format!("{code} was called \"{}\" until now.", before.name);
        say(io.err(), &text)?;
    }
    let next = match before.is_some_and(|one| one.joined.is_some()) {
        true => format!("{code} is in the network, and has joined already."),
        false => format!("{code} is in the network. Next: weft-hub invite create {code}"),
    };
    say(io.err(), &next)?;
    Ok(ExitCode::Ok)
}

/// Asks somebody at a terminal; without one, the command itself says so.
fn agreed(question: &str, io: &mut Io) -> Result<bool, Failure> {
    if !io.terminal() {
        return Ok(true);
    }
    let answer = io.prompt(question)?.unwrap_or_default();
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}

/// Names the areas that no figure will expect.
fn warn(warnings: &[String], io: &mut Io) -> Result<(), Failure> {
    for warning in warnings {
        say(io.err(), warning)?;
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
        say(io.err(), &format!("What changes in the areas of {code}:"))?;
        for change in changes {
            say(io.err(), &format!("  {change}"))?;
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
    say(io.err(), &text)?;
    Ok(())
}

async fn list(app: &AppHandle, json: bool, io: &mut Io) -> Result<ExitCode, Failure> {
    let locations = app.locations().await?;
    if locations.is_empty() {
        let text = "There are no locations yet. Next: weft-hub location add CODE --name NAME";
        say(io.err(), text)?;
    }
    if json {
        let rows: Vec<_> = locations.iter().map(location_json).collect();
        writeln!(io.out(), "{}", json!(rows))?;
        return Ok(ExitCode::Ok);
    }
    if locations.is_empty() {
        return Ok(ExitCode::Ok);
    }
    let mut table = Table::new(&[
        Column::Text("code"),
        Column::Words("name"),
        Column::Words("areas"),
        Column::Text("state"),
        Column::Text("last received"),
    ]);
    let zone = app.zone().await;
    for location in &locations {
        let areas: Vec<String> = location.areas.iter().map(ToString::to_string).collect();
        table.row([
            location.code.to_string(),
            location.name.clone(),
            areas.join(", "),
            location.state.as_str().to_owned(),
            location.received.map_or_else(never, |at| zone.minute(at)),
        ]);
    }
    table.write(io.out())?;
    Ok(ExitCode::Ok)
}

fn location_json(location: &LocationView) -> serde_json::Value {
    let areas: Vec<_> = location
        .areas
        .iter()
        .map(|area| {
            let day = |day: Option<Date>| day.map(|day| day.to_string());
            json!({
                "code": area.code,
                "name": area.name,
                "from": day(area.from),
                "to": day(area.to),
            })
        })
        .collect();
    json!({
        "code": location.code,
        "name": location.name,
        "name_mi": location.name_mi,
        "areas": areas,
        "state": location.state.as_str(),
        "devices": location.devices,
        "blocked": location.blocked,
        "joined": location.joined,
        "last_received": location.received,
    })
}

async fn confirm(app: &AppHandle, args: Confirm, io: &mut Io) -> Result<ExitCode, Failure> {
    let code = args.code;
    let words = match app.confirmation(&code).await? {
        Confirmation::Confirmed { words } => {
            if let Some(said) = &args.words
                && !words_equal(said, &words)?
            {
                return Err(Failure::needs_action(format!(
                    "{code} was confirmed before, but not by these words: they are not those of \
                     the device that joined. Ask the steward to read them out again; if they still \
                     differ, somebody else has used the invite: call the team, and see \
                     weft-hub device list and weft-hub device block."
                )));
            }
            say(io.err(), &format!("{code} was confirmed before."))?;
            return Ok(ExitCode::Ok);
        }
        Confirmation::NotJoined => {
            return Err(Failure::needs_action(format!(
                "No device has joined as {code} yet, so there is nothing to confirm. Send the \
                 location its invite: weft-hub invite create {code}"
            )));
        }
        Confirmation::Waiting { words } => words,
    };
    // The words are never shown here: they must come from the steward, by telephone.
    let said = match args.words {
        Some(said) => Some(said),
        None if io.terminal() => {
            let question = format!("The four words that the steward of {code} reads out:");
            Some(io.prompt(&question)?.unwrap_or_default())
        }
        // A script, which nobody can read words out to.
        None => None,
    };
    if let Some(said) = &said
        && !words_equal(said, &words)?
    {
        return Err(Failure::needs_action(format!(
            "These are not the words of the device that joined as {code}, so it stays \
             unconfirmed. Ask the steward to read them out again. If they still differ, somebody \
             else has used the invite: do not confirm, and call the team."
        )));
    }
    app.confirm_location(&code).await?;
    let mut done = format!("{code} is confirmed, and its values count in figures from now on.");
    if said.is_none() {
        done.push_str(
            " Its four words were not compared. If you can, phone its steward, and check them \
             with --words.",
        );
    }
    say(io.err(), &done)?;
    Ok(ExitCode::Ok)
}

/// Whether `said` are the words. Returns an error if they cannot be confirmation words at all.
fn words_equal(said: &str, words: &str) -> Result<bool, Failure> {
    let read = said.parse::<ConfirmationWords>();
    let read = read.map_err(|error| {
        Failure::usage(format!(
            "Nothing was confirmed: {error}. Give all four as the steward reads them out: \
             --words \"frost cargo approve ostrich\""
        ))
    })?;
    Ok(read.to_string() == words)
}
