//! `weft-hub rollup`: the national team's figures, and how each was made.

use std::{
    collections::BTreeMap,
    fmt::Display,
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use weft_host::{
    output::{Io, plain},
    reply::Outcome,
    text::{WIDTH, hanging, wrapped},
};
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    period::{Period, PeriodRange},
    time::Timestamp,
};

use super::{Failure, figures};
use crate::{
    app::{AppError, AppHandle, Moment, Reading, Unrecorded},
    figures::{
        FileLevel, RollupQuery,
        stream::{self, Pieces, WriteRows},
        workbook,
    },
};

/// Arguments of `rollup`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    /// Explain one figure.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Only this indicator, such as VAX_PRIMARY.
    #[arg(long, value_name = "CODE")]
    pub indicator: Option<IndicatorCode>,
    /// Only this period, such as 2023-05, or this range, such as 2022-01..2023-05.
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<PeriodRange>,
    /// Only the figures of this location, such as FN.
    #[arg(long, value_name = "CODE", conflicts_with = "level")]
    pub location: Option<LocationCode>,
    /// Only this breakdown value, such as age=12+ or age=5-11,sex=female, or total.
    #[arg(long)]
    pub breakdown: Option<String>,
    /// The figures of the whole network, of each location, or all of both. A sum over both counts
    /// everything twice [default: network].
    #[arg(long, value_parser = FileLevel::WORDS)]
    pub level: Option<String>,
    /// The figures as of this day or time, such as 2023-06-01 or 2023-06-01T09:00:00Z: of the
    /// entries received by then, without what was withdrawn or dropped since or is no longer
    /// shared. Each row of CSV and JSON then has the moment as as_of [default: now].
    #[arg(long, value_name = "MOMENT")]
    pub as_of: Option<Moment>,
    /// The format: a table for people, csv, xlsx or json [default: as the ending of --to says, or
    /// table].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write to this file, which must not exist yet. A workbook (xlsx) is always a file.
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// Commands for one figure.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the observations, entries, devices and the rule that made a figure.
    ///
    /// JSON: [{cell, rule, compared, definitions, areas: [{location_code, area_code, area_name,
    /// part, reason, statements}], as_of}], one for each breakdown value. as_of is null for the
    /// figures of now.
    #[command(after_long_help = EXPLAIN_EXAMPLES)]
    Explain(Explain),
}

/// Arguments of `rollup explain`.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// The indicator's code, such as VAX_PRIMARY.
    pub code: IndicatorCode,
    /// The period of the figure, such as 2023-05.
    #[arg(long)]
    pub period: Period,
    /// The location whose figure it is [default: the whole network].
    #[arg(long, value_name = "CODE")]
    pub location: Option<LocationCode>,
    /// The breakdown value, such as age=12+ or age=5-11,sex=female, or total [default: each there
    /// is].
    #[arg(long)]
    pub breakdown: Option<String>,
    /// The figure as of this day or time, as in rollup --as-of [default: now].
    #[arg(long, value_name = "MOMENT")]
    pub as_of: Option<Moment>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub json: bool,
}

/// Shown below the long help of `rollup`.
pub const EXAMPLES: &str = "\
Examples:
  weft-hub rollup --indicator VAX_PRIMARY --period 2023-05
  weft-hub rollup --level location --period 2022-01..2023-05
  weft-hub rollup --indicator VAX_PRIMARY --as-of 2023-06-30
  weft-hub rollup --location FN --breakdown age=12+
  weft-hub rollup --to figures.xlsx
  weft-hub rollup --format csv > figures.csv";

/// Shown below the long help of `rollup explain`.
const EXPLAIN_EXAMPLES: &str = "\
Examples:
  weft-hub rollup explain VAX_PRIMARY --period 2023-05
  weft-hub rollup explain VAX_PRIMARY --period 2023-05 --breakdown age=12+
  weft-hub rollup explain VAX_PRIMARY --period 2023-05 --location FN --json";

/// The format of printed figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For spreadsheets and statistics programs.
    Csv,
    /// A workbook, for Excel and LibreOffice.
    Xlsx,
    /// For scripts.
    Json,
}

impl Format {
    /// The format that was asked for, or that the ending of a file's name says.
    fn of(args: &Args) -> Result<Self, Failure> {
        let ending = args.to.as_deref().and_then(Path::extension);
        let ending = ending.and_then(|ending| ending.to_str());
        let of_file = ending.and_then(|ending| match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            "json" => Some(Self::Json),
            _ => None,
        });
        let asked = if args.json {
            Some(Self::Json)
        } else {
            args.format
        };
        match (asked.or(of_file).unwrap_or(Self::Table), &args.to) {
            (Self::Xlsx, None) => Err(Failure::usage(
                "A workbook is not text: name the file with --to FILE.xlsx.",
            )),
            (format, _) => Ok(format),
        }
    }

    const fn writer(self) -> WriteRows {
        match self {
            Self::Table => figures::write,
            Self::Csv => stream::csv,
            Self::Xlsx => workbook::xlsx,
            Self::Json => stream::json,
        }
    }
}

pub(super) async fn run(app: &AppHandle, args: Args, cwd: &Path, io: &mut Io) -> Outcome {
    let format = Format::of(&args);
    if let Some(Command::Explain(args)) = args.command {
        return explain(app, args, io).await;
    }
    let format = format?;
    let file = args.to.as_ref().map(|path| NewFile::make(&cwd.join(path)));
    let file = file.transpose()?;
    let level = args.level.as_deref().map(str::parse::<FileLevel>);
    let level = level.transpose().map_err(Failure::usage)?;
    let mut query = RollupQuery {
        indicator: args.indicator,
        period: args.period,
        level: FileLevel::query(level, args.location.as_ref()),
        location: args.location,
        breakdown: None,
    };
    if let Some(text) = args.breakdown {
        let indicator = query.indicator.clone();
        let typed = app.counted(move |at| Ok(at.typed_breakdown(&text, indicator.as_ref())));
        let typed = typed.await?;
        query.breakdown = Some(typed.map_err(|error| Failure::usage(format!("{error}.")))?);
    }
    let subject = query.indicator.as_ref();
    let subject = subject.map_or("all indicators", IndicatorCode::as_str);
    let reading = Reading::here("rollup", subject);
    let (asked, moment) = (query.clone(), args.as_of);
    let key = reading.key();
    let found = app.stream_rows(&key, move |at| {
        let past = moment.map(|moment| at.as_of(moment)).transpose()?;
        Ok::<_, AppError>((past, asked))
    });
    let (head, found) = found.await?;
    let about = app.counted(move |at| {
        let past = moment.map(|moment| at.as_of(moment)).transpose()?;
        let at = past.as_ref().unwrap_or(at);
        let why_none = head.is_empty.then(|| figures::why_none(at, &query));
        Ok((at.as_of_words(), why_none.transpose()?))
    });
    let (as_of, why_none) = match head.is_empty || moment.is_some() {
        true => about.await?,
        false => (None, None),
    };
    let mut pieces = app.shown_rows(reading, found, format.writer()).await?;
    match file {
        None => {
            while let Some(piece) = pieces.next().await {
                io.out().write_all(&piece?)?;
            }
        }
        Some(file) => {
            let path = file.fill(pieces).await?;
            io.tell(format_args!("Written: {path}"))?;
        }
    }
    if let Some(as_of) = as_of {
        io.tell(&as_of)?;
    }
    io.tell(why_none.as_deref().unwrap_or(NOT_CONTROLLED))
}

/// A file that is being written under another name, and has its own once it is whole.
struct NewFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl NewFile {
    fn make(path: &Path) -> Result<Self, Failure> {
        let cannot = |why: &dyn Display| {
            Failure::usage(format_args!(
                "The file {} cannot be written: {why}. Nothing was written; name another file.",
                path.display()
            ))
        };
        if path.exists() {
            return Err(cannot(&"there is one of this name"));
        }
        let folder = path.parent().unwrap_or(path);
        let file = NamedTempFile::new_in(folder).map_err(|error| cannot(&plain(&error)))?;
        let path = path.to_owned();
        Ok(Self { path, file })
    }

    /// Writes the pieces. Returns the name of the file.
    async fn fill(mut self, pieces: Pieces) -> Result<String, Failure> {
        let mut pieces = pieces.begun().await?;
        while let Some(piece) = pieces.next().await {
            self.file.write_all(&piece?)?;
        }
        self.file.as_file().sync_all()?;
        let put = self.file.persist_noclobber(&self.path);
        put.map_err(|error| error.error)?;
        Ok(self.path.display().to_string())
    }
}

async fn explain(app: &AppHandle, args: Explain, io: &mut Io) -> Outcome {
    let (code, period, location) = (args.code.clone(), args.period, args.location);
    let typed = args.breakdown;
    let found = app.counted(move |at| {
        let past = args.as_of.map(|moment| at.as_of(moment)).transpose()?;
        let at = past.as_ref().unwrap_or(at);
        let breakdowns = match typed.map(|text| at.typed_breakdown(&text, Some(&code))) {
            Some(Ok(typed)) => vec![typed],
            Some(Err(error)) => return Ok(Err(error)),
            None => at.breakdowns(&code, period)?,
        };
        let devices = at.devices()?.into_iter();
        let devices: BTreeMap<_, _> = devices.map(|one| (one.id, one.name)).collect();
        let explanations = breakdowns.into_iter().map(|breakdown| {
            let found = at.explain(code.clone(), period, breakdown, location.clone())?;
            let mut found = found.unshown();
            found.devices.clone_from(&devices);
            Ok(found)
        });
        let explanations = explanations.collect::<Result<Vec<_>, AppError>>()?;
        Ok(Ok((explanations, at.as_of, at.as_of_words())))
    });
    let explanations = found.await?;
    let (explanations, as_of, as_of_words) =
        explanations.map_err(|error| Failure::usage(format!("{error}.")))?;
    if explanations.is_empty() {
        return Err(Failure::usage(format!(
            "No one reported {} for {}, so there is no figure to explain. weft-hub rollup \
             --indicator {} shows the figures there are.",
            args.code, args.period, args.code
        )));
    }
    let reading = Reading::here("rollup explain", &format!("{} {}", args.code, args.period));
    let explanations = Unrecorded::new(explanations);
    let explanations = app.shown(reading, explanations).await?;
    if args.json {
        let all = explanations.iter().map(|one| {
            let mut json = one.json();
            json["as_of"] = as_of.map(Timestamp::rfc3339).into();
            json
        });
        let all: Vec<Value> = all.collect();
        writeln!(io.out(), "{}", json!(all))?;
    } else {
        for line in as_of_words.iter().flat_map(|words| wrapped(words, WIDTH)) {
            writeln!(io.out(), "{line}")?;
        }
        for explanation in &explanations {
            for line in explanation.to_string().lines() {
                for part in hanging(line) {
                    writeln!(io.out(), "{part}")?;
                }
            }
            writeln!(io.out())?;
        }
    }
    io.tell(NOT_CONTROLLED)
}

/// Printed with every figure until disclosure control exists.
const NOT_CONTROLLED: &str = "For the national team: not disclosure-controlled, not for \
    publication.";
