//! `weft-hub definitions`: the indicator definitions that the network shares.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};
use weft_host::{
    file,
    list::{Column, DATA, Datum, List},
    output::{ExitCode, Io, plain},
    reply::Outcome,
};
use weft_shared::{
    id::IndicatorCode,
    model::indicator::{Definition, Settings},
};

use super::{Failure, Json, json_help};
use crate::{
    app::{AppError, AppHandle, SettingSaid},
    limits::DEFINITIONS_BYTES_MAX,
};

/// Commands for definitions.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import definitions from a TOML file.
    ///
    /// The same content again changes nothing. Other content for a version that exists is refused.
    /// A file with problems is refused whole.
    Import(Import),
    /// List definitions.
    #[command(after_long_help = json_help(DEFINITIONS.shape()))]
    List(Json),
    /// Show every version of one definition, with its settings.
    ///
    /// JSON: [the whole definition, its hash and its settings], oldest version first.
    Show(Show),
    /// Change settings of one version; its hash stays the same.
    ///
    /// To clear a setting, write nothing after its =; for a change of base, nothing after its
    /// colon. Every change is kept: weft-hub definitions history.
    #[command(after_long_help = SET_EXAMPLES, disable_version_flag = true)]
    Set(Set),
    /// Show every change of an indicator's settings, the oldest first.
    #[command(after_long_help = json_help(HISTORY.shape()))]
    History(Show),
}

/// Arguments of `definitions import`.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// The TOML file, such as examples/data/indicators.toml.
    pub file: PathBuf,
    /// Name every problem on a line of its own, in the order of the file's lines.
    #[arg(long)]
    pub all_problems: bool,
}

/// Arguments of `definitions show`.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The indicator's code.
    pub code: IndicatorCode,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Arguments of `definitions set`.
#[derive(Debug, clap::Args)]
#[command(disable_version_flag = true)]
pub struct Set {
    /// The indicator's code.
    pub code: IndicatorCode,
    /// The version of its definition.
    pub version: u32,
    /// The settings, each with its value; they are listed below with --help.
    #[arg(required = true, value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
}

const SET_EXAMPLES: &str = "\
Settings:
  valid_from=PERIOD     the first period for which the version holds
  base_from=PERIOD:WHY  the first period with denominators on another base, and why
  due_days=DAYS         days after the end of a period until its figures are due
  reported_from=PERIOD  the first period that is reported
  protect=COUNTS        the small counts that releases protect: persons or none
  part_of=CODE          the indicator whose numerator includes this one's
  over_time=WORD        cumulative, if each figure includes those before it
  complete=NAMES        the breakdowns whose values make up the total: age,sex
  rows=LEVEL            the rows of releases: network or locations

Examples:
  weft-hub definitions set ACTIVE_COMMUTE 2 valid_from=2018
  weft-hub definitions set SMOKING 1 \"base_from=2018: gaps were filled from records\"
  weft-hub definitions set SMOKING 1 base_from=2018: due_days=60";

pub(super) async fn run(app: &AppHandle, command: Command, cwd: &Path, io: &mut Io) -> Outcome {
    match command {
        Command::Import(args) => import(app, &args, cwd, io).await,
        Command::List(Json { json }) => list(app, json, io).await,
        Command::Show(show_args) => show(app, show_args, io).await,
        Command::Set(args) => set(app, &args, io).await,
        Command::History(args) => history(app, args, io).await,
    }
}

async fn set(app: &AppHandle, args: &Set, io: &mut Io) -> Outcome {
    let changed = app.set_definition(&args.code, args.version, &args.settings);
    let changed = changed.await?;
    for line in &changed {
        io.tell(line)?;
    }
    if changed.is_empty() {
        io.tell("That is what they are already. Nothing was changed.")?;
    } else {
        let text = "The change takes effect here at once, and at each node with its next sync.";
        io.tell(text)?;
    }
    Ok(ExitCode::Ok)
}

async fn history(app: &AppHandle, args: Show, io: &mut Io) -> Outcome {
    let code = args.code.clone();
    let found = app.read(move |at| Ok((at.definitions(), at.setting_history(&code), at.zone())));
    let (definitions, said, zone) = found.await?;
    known(definitions, &args.code)?;
    if said.is_empty() {
        let text = format_args!("No setting of {} was ever changed.", args.code);
        io.tell(text)?;
    }
    io.list(&HISTORY, &said, args.json.json, &zone)
}

/// Every change of an indicator's settings.
const HISTORY: List<SettingSaid> = List::new(&[
    Column::new("at", |one: &SettingSaid| one.at.into()),
    Column::new("code", |one: &SettingSaid| {
        Datum::text(&one.key.definition.code)
    })
    .only(DATA),
    Column::new("version", |one: &SettingSaid| {
        u64::from(one.key.definition.version).into()
    })
    .number(),
    Column::new("setting", |one: &SettingSaid| Datum::text(one.key.setting)),
    Column::new("period", |one: &SettingSaid| {
        one.key.at.map(Datum::text).into()
    }),
    Column::new("value", |one: &SettingSaid| one.text.clone().into())
        .or("cleared")
        .words(),
])
.notes("; value is null if it was cleared");

/// Every version of every definition.
const DEFINITIONS: List<Definition> = List::new(&[
    Column::new("code", |one: &Definition| Datum::text(&one.code)),
    Column::new("version", |one: &Definition| u64::from(one.version).into()).number(),
    Column::new("name", |one: &Definition| (&*one.name).into()).words(),
    Column::new("type", |one: &Definition| one.kind.word().into()),
    Column::new("unit", |one: &Definition| (&*one.unit).into()).only(DATA),
    Column::new("period", |one: &Definition| one.period.as_str().into()),
    Column::new("hash", |one: &Definition| Datum::text(one.hash())).only(DATA),
])
.none("There are no definitions yet. Next: weft-hub definitions import FILE");

/// Returns every version of an indicator, or an error if there is none.
fn known(all: Vec<Definition>, code: &IndicatorCode) -> Result<Vec<Definition>, Failure> {
    let all = all.into_iter();
    let found: Vec<_> = all.filter(|one| one.code == *code).collect();
    if found.is_empty() {
        return Err(Failure::usage(format!(
            "The network has no indicator {code}. weft-hub definitions list shows those it has."
        )));
    }
    Ok(found)
}

async fn import(app: &AppHandle, args: &Import, cwd: &Path, io: &mut Io) -> Outcome {
    let path = cwd.join(&args.file);
    let text = file::read_text(&path, DEFINITIONS_BYTES_MAX as u64).map_err(|error| {
        Failure::usage(format!(
            "The file {} cannot be read: {}. Nothing was imported; check the path.",
            path.display(),
            plain(&error)
        ))
    })?;
    let report = match app.import_definitions(&text).await {
        Err(AppError::Definitions { problems }) if args.all_problems => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return Err(Failure::failed(format!(
                "Nothing was imported.\n{}",
                lines.join("\n")
            )));
        }
        report => report?,
    };
    for name in &report.added {
        io.tell(format_args!("Added {name}"))?;
    }
    for line in &report.set {
        io.tell(line)?;
    }
    io.tell(format_args!(
        "{} added, {} already there.",
        report.added.len(),
        report.unchanged
    ))
}

async fn list(app: &AppHandle, json: bool, io: &mut Io) -> Outcome {
    let found = app.read(|at| Ok((at.definitions(), at.zone())));
    let (definitions, zone) = found.await?;
    io.list(&DEFINITIONS, &definitions, json, &zone)
}

async fn show(app: &AppHandle, args: Show, io: &mut Io) -> Outcome {
    let found = app.read(|at| Ok((at.definitions(), at.definition_settings())));
    let (definitions, settings) = found.await?;
    let found = known(definitions, &args.code)?;
    let versions: Vec<Value> = found
        .iter()
        .map(|definition| {
            let mut value = serde_json::from_str::<Value>(&definition.encode()).unwrap_or_default();
            if let Some(object) = value.as_object_mut() {
                object.insert("hash".to_owned(), json!(definition.hash()));
                let set = settings.get(&definition.key());
                let words = set.map(Settings::words).unwrap_or_default();
                let words = words.iter().map(|(one, text)| format!("{one}={text}"));
                object.insert("settings".to_owned(), json!(words.collect::<Vec<_>>()));
            }
            value
        })
        .collect();
    if args.json.json {
        return io.json(&versions);
    }
    for version in &versions {
        let fields = version.as_object().into_iter().flatten();
        for (name, value) in fields {
            io.labelled(name, FIELD_WIDTH, &in_words(value))?;
        }
        writeln!(io.out())?;
    }
    Ok(ExitCode::Ok)
}

/// Formats a value of a definition for people: lists without JSON punctuation.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(values) => values.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| format!("{name}: {}", in_words(value)));
            fields.collect::<Vec<_>>().join("; ")
        }
        Value::Null | Value::Number(_) => value.to_string(),
    }
}

/// Width of a definition field's name, with the blanks after it.
const FIELD_WIDTH: usize = 16;
