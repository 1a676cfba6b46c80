//! `weft-hub network`: what the network's settings say.

use clap::Subcommand;
use serde_json::json;
use weft_host::{
    output::{ExitCode, Io},
    reply::Outcome,
};
use weft_shared::{id::IndicatorCode, text::counted, time::Zone};

use super::Json;
use crate::app::{AppHandle, HEADLINE_MAX, TILE_COLUMNS_MAX, TILE_ROWS_MAX, Tile, UNSET_ZONE};

/// Commands for the network's settings.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the network's time zone, or set it.
    ///
    /// Days and periods end in this time zone, and people read times in it, at the hub and at every
    /// node. Files of data stay in UTC.
    ///
    /// JSON: {time_zone, set}; set is false if none is set, and UTC is used.
    #[command(after_long_help = EXAMPLES)]
    TimeZone(TimeZone),
    /// Show the indicators that the overview puts first, or set them.
    ///
    /// The overview draws these, in this order and at most 12, with a panel for each location. All
    /// others stand below them, one line each. If none are set, the first 12 codes are drawn.
    ///
    /// JSON: {headline, set}; set is false if none are set.
    #[command(after_long_help = HEADLINE_EXAMPLES)]
    Headline(Headline),
    /// Show where locations stand on the overview's map, or set it.
    ///
    /// The map shows where a location is and when the hub last heard from it, never a value. A
    /// location without a place of its own is not on the map, but in the list beside it. If none
    /// has one, all stand in the order of their codes.
    ///
    /// JSON: {tiles: [{code, row, column}], set}; set is false if none are set.
    #[command(after_long_help = TILES_EXAMPLES)]
    Tiles(Tiles),
    /// Show the days within which requests of locations are answered, or set them.
    ///
    /// They are for requests that name no day of their own. 20 December to 15 January do not count.
    /// Every node hears of the number.
    ///
    /// JSON: {answer_days, set}; set is false if none are set, and 28 are used.
    AnswerDays(AnswerDays),
}

/// Arguments of `network answer-days`.
#[derive(Debug, clap::Args)]
pub struct AnswerDays {
    /// The days, 1 to 90 [default: show them].
    #[arg(value_name = "DAYS")]
    pub days: Option<u16>,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Arguments of `network headline`.
#[derive(Debug, clap::Args)]
pub struct Headline {
    /// The codes of the indicators in the order of the overview [default: show them].
    #[arg(value_name = "CODE")]
    pub codes: Vec<IndicatorCode>,
    /// Go back to the first 12 codes.
    #[arg(long, conflicts_with = "codes")]
    pub none: bool,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Arguments of `network tiles`.
#[derive(Debug, clap::Args)]
pub struct Tiles {
    /// The row and the column of each location, from the top left [default: show them].
    #[arg(value_name = "CODE=ROW,COLUMN", value_parser = Tile::parse)]
    pub tiles: Vec<Tile>,
    /// Go back to the order of codes.
    #[arg(long, conflicts_with = "tiles")]
    pub none: bool,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Shown below the long help of `network headline`.
const HEADLINE_EXAMPLES: &str = "\
Examples:
  weft-hub network headline SMOKING ACTIVE_COMMUTE
  weft-hub network headline --none";

/// Shown below the long help of `network tiles`.
const TILES_EXAMPLES: &str = "\
Examples:
  weft-hub network tiles FN=1,2 WT=2,2 SA=2,3
  weft-hub network tiles --none";

/// Arguments of `network time-zone`.
#[derive(Debug, clap::Args)]
pub struct TimeZone {
    /// The zone's name in the time zone database, such as Pacific/Auckland [default: show it].
    #[arg(value_name = "NAME", value_parser = parse_zone)]
    pub name: Option<Zone>,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Shown below the long help of `network time-zone`.
const EXAMPLES: &str = "\
Examples:
  weft-hub network time-zone
  weft-hub network time-zone Pacific/Auckland";

/// Parses the name of a time zone from a command line.
///
/// # Errors
/// If there is no such zone. The text suggests names.
pub(crate) fn parse_zone(text: &str) -> Result<Zone, String> {
    Zone::parse(text).map_err(|error| error.to_string())
}

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    match command {
        Command::TimeZone(args) => time_zone(app, args, io).await,
        Command::Headline(args) => headline(app, args, io).await,
        Command::Tiles(args) => tiles(app, args, io).await,
        Command::AnswerDays(args) => answer_days(app, args, io).await,
    }
}

async fn answer_days(app: &AppHandle, args: AnswerDays, io: &mut Io) -> Outcome {
    if let Some(days) = args.days {
        app.set_answer_days(days).await?;
    }
    let (days, set) = app.read(|at| Ok(at.answer_days())).await?;
    if args.json.json {
        let value = json!({"answer_days": days, "set": set});
        writeln!(io.out(), "{value}")?;
        return Ok(ExitCode::Ok);
    }
    writeln!(io.out(), "{days}")?;
    io.tell(format_args!(
        "A request that names no day is late after {} without an answer. 20 December to 15 \
         January do not count.",
        counted(u64::from(days), "day", "days")
    ))
}

async fn headline(app: &AppHandle, args: Headline, io: &mut Io) -> Outcome {
    let Headline { codes, none, json } = args;
    let sets = none || !codes.is_empty();
    if sets {
        app.set_headline(codes).await?;
    }
    let found = app.read(|at| Ok(at.headline())).await?;
    if json.json {
        let value = json!({"headline": found, "set": !found.is_empty()});
        writeln!(io.out(), "{value}")?;
    } else if found.is_empty() {
        io.tell(format_args!(
            "No indicators are set, so the overview shows the first {HEADLINE_MAX} codes first."
        ))?;
    } else if sets {
        let count = counted(found.len(), "indicator", "indicators");
        io.tell(format_args!("The overview shows {count} first."))?;
    }
    if !json.json {
        for code in found {
            writeln!(io.out(), "{code}")?;
        }
    }
    Ok(ExitCode::Ok)
}

async fn tiles(app: &AppHandle, args: Tiles, io: &mut Io) -> Outcome {
    let Tiles { tiles, none, json } = args;
    if none || !tiles.is_empty() {
        app.set_tiles(tiles).await?;
    }
    let found = app.read(|at| Ok(at.tiles())).await?;
    if json.json {
        let tiles = found.iter();
        let tiles =
            tiles.map(|one| json!({"code": one.code, "row": one.row, "column": one.column}));
        let value = json!({"tiles": tiles.collect::<Vec<_>>(), "set": !found.is_empty()});
        writeln!(io.out(), "{value}")?;
        return Ok(ExitCode::Ok);
    }
    if found.is_empty() {
        io.tell(format_args!(
            "No places are set, so the map shows locations in the order of their codes. It has up \
             to {TILE_ROWS_MAX} rows and {TILE_COLUMNS_MAX} columns."
        ))?;
    }
    for Tile { code, row, column } in found {
        writeln!(io.out(), "{code}={row},{column}")?;
    }
    Ok(ExitCode::Ok)
}

async fn time_zone(app: &AppHandle, TimeZone { name, json }: TimeZone, io: &mut Io) -> Outcome {
    if let Some(zone) = &name {
        app.set_time_zone(zone).await?;
        let now = zone.minute(weft_host::clock::now());
        io.tell(format_args!(
            "The network's time zone is {zone} now; it is {now} there. Days and periods end \
             in it, and the hub and every node show moments in it once they hear of it. \
             Files of data stay in UTC."
        ))?;
    }
    let found = app.read(|at| Ok((at.time_zone().is_some(), at.zone())));
    let (set, zone) = found.await?;
    if json.json {
        let value = json!({"time_zone": zone.name(), "set": set});
        writeln!(io.out(), "{value}")?;
    } else if name.is_none() {
        writeln!(io.out(), "{zone}")?;
        if !set {
            io.tell(UNSET_ZONE)?;
        }
    }
    Ok(ExitCode::Ok)
}
