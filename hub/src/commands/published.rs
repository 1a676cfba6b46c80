//! `weft-hub published`: figures that offices published, loaded once for all locations.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use weft_host::{
    list::{Column, DATA, Datum, List},
    output::Io,
    reply::Outcome,
};
use weft_shared::{
    model::source::Source,
    period::Date,
    text::{listed, sentence},
};

use super::{
    Json,
    columns::{self, ColumnArgs},
    json_help,
};
use crate::{
    app::{AppHandle, NewPublished, PublishedColumns},
    limits::PUBLISHED_BYTES_MAX,
};

/// Commands for published figures.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import a file of figures that an office published, all of it or nothing: CSV, XLSX, ODS,
    /// SDMX-CSV, or what DHIS2 exports.
    ///
    /// Every node receives them and shows them as its place's. The hub alone signs them, and
    /// no location is late with them. Where two imports have the same figure, the one with the
    /// later --as-at counts.
    #[command(after_long_help = COLUMNS)]
    Import(Import),
    /// List the imports.
    #[command(after_long_help = json_help(SOURCES.shape()))]
    List(Json),
    /// Remove an import: its figures count nowhere from then on. They stay in the history.
    Remove(Remove),
}

/// Arguments of `published import`.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// The file.
    pub file: PathBuf,
    /// The publisher of the figures, such as "Stats NZ".
    #[arg(long, value_name = "NAME")]
    pub publisher: String,
    /// The licence of the figures, such as "CC BY 4.0".
    #[arg(long, value_name = "NAME")]
    pub licence: String,
    /// The day as at which the figures stood, such as 2018-03-06.
    #[arg(long, value_name = "DAY")]
    pub as_at: Date,
    /// Which column is what.
    #[command(flatten)]
    pub columns: ColumnArgs,
}

/// Arguments of `published remove`.
#[derive(Debug, clap::Args)]
pub struct Remove {
    /// The number of the import, as weft-hub published list shows it.
    pub number: u32,
}

const COLUMNS: &str = "\
Columns: indicator_code, area_code and period must be there. Further ones are breakdown and
breakdown_value, numerator, denominator, value, lower, upper, obs_status, sign, method and
definition_version. Other columns are left alone. If the headings are others, Weft proposes which
is what and imports nothing until --yes, --column, --constant or --map FILE says so: a column is
indicator, area, period, numerator, denominator, value, status, part, or a breakdown of the
indicator. Areas are named by our code, by name, or by the code that an office uses.

Example:
  weft-hub published import census.csv --publisher \"Stats NZ\" --licence \"CC BY 4.0\" \\
    --as-at 2018-03-06";

/// Areas that a message names.
const LISTED_MAX: usize = 8;

pub(super) async fn run(app: &AppHandle, command: Command, cwd: &Path, io: &mut Io) -> Outcome {
    match command {
        Command::Import(args) => import(app, args, cwd, io).await,
        Command::List(Json { json }) => {
            let found = app.read(|at| Ok((at.sources(), at.zone())));
            let (sources, zone) = found.await?;
            let sources: Vec<(u32, Source)> = sources.into_iter().collect();
            io.list(&SOURCES, &sources, json, &zone)
        }
        Command::Remove(args) => {
            let source = app.remove_published(args.number).await?;
            io.tell(format_args!(
                "Removed import {}, {}. Its figures count nowhere any more; each node hears of it \
                 with its next sync.",
                args.number,
                source.line()
            ))
        }
    }
}

async fn import(app: &AppHandle, args: Import, cwd: &Path, io: &mut Io) -> Outcome {
    let (file, bytes) = columns::read(&cwd.join(&args.file), PUBLISHED_BYTES_MAX)?;
    let columns = PublishedColumns {
        given: args.columns.plan(cwd)?,
        sheet: args.columns.sheet,
        confirmed: args.columns.yes,
    };
    let new = NewPublished {
        columns,
        file,
        bytes,
        publisher: args.publisher,
        licence: args.licence,
        as_at: args.as_at,
    };
    let done = app.import_published(new).await?;
    for note in &done.notes {
        io.tell(sentence(note))?;
    }
    io.tell(format_args!(
        "{} Each node has it with its next sync.",
        done.line()
    ))?;
    if !done.elsewhere.is_empty() {
        let areas: Vec<_> = done.elsewhere.iter().collect();
        io.tell(format_args!(
            "No location has these areas, so their figures are in no sum: {}.",
            listed(&areas, LISTED_MAX)
        ))?;
    }
    Ok(weft_host::output::ExitCode::Ok)
}

/// The imports, as `published list` lists them.
const SOURCES: List<(u32, Source)> = List::new(&[
    Column::new("number", |one: &(u32, Source)| u64::from(one.0).into()).number(),
    Column::new("publisher", |one: &(u32, Source)| {
        (&*one.1.publisher).into()
    })
    .words(),
    Column::new("as_at", |one: &(u32, Source)| Datum::text(one.1.as_at)),
    Column::new("licence", |one: &(u32, Source)| (&*one.1.licence).into()).words(),
    Column::new("figures", |one: &(u32, Source)| {
        u64::from(one.1.figures).into()
    })
    .number(),
    Column::new("indicators", |one: &(u32, Source)| {
        let codes: Vec<String> = one.1.indicators.iter().map(ToString::to_string).collect();
        codes.join(" ").into()
    })
    .words(),
    Column::new("file", |one: &(u32, Source)| (&*one.1.file).into()).only(DATA),
    Column::new("removed", |one: &(u32, Source)| {
        one.1.removed.map(Datum::text).into()
    }),
])
.none("Nothing was imported yet. Next: weft-hub published import FILE --help");
