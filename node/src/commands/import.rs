//! `import`: indicator values from a file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde::Serialize;
use weft_host::{clock, output::ExitCode};
use weft_shared::model::observation::ObservationKey;

use super::{AudienceArg, Context, Json, Outcome};
use crate::{
    failure::Failure,
    import::{Change, Options, Plan, Problem, in_words},
    limits::IMPORT_BYTES_MAX,
    observations::{self, ImportError},
};

/// Bring in indicator values from a file.
#[derive(Args, Debug)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) command: ImportCommand,
}

/// What to bring in.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Indicator values from a CSV file: all of it, or nothing and every problem with its line.
    #[command(after_help = NAMES)]
    Observations(Observations),
}

#[derive(Args, Debug)]
pub(crate) struct Observations {
    /// The file. Its columns, in any order: indicator_code, area_code, period, numerator,
    /// denominator, and where there are such breakdown, breakdown_value, location_code, area_name,
    /// value, obs_status, as_at, method. Others are named and ignored.
    pub(crate) file: PathBuf,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take only the rows of our own areas from a file that holds others too.
    #[arg(long)]
    pub(crate) own_areas: bool,
    /// Leave out rows with problems, and say which.
    #[arg(long)]
    pub(crate) skip_invalid: bool,
    /// Replace values that a person entered later.
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) audience: AudienceArg,
    #[command(flatten)]
    pub(crate) json: Json,
}

const NAMES: &str = "\
With --json: {rows, changed, unchanged, kept: [{line, id, standing, file}], left_out, \
invalid: [{line, message}], ignored_columns, saved}; left_out counts rows that are not ours.";

/// The shape of `import observations --json`.
#[derive(Debug, Serialize)]
struct Shape {
    rows: usize,
    changed: usize,
    unchanged: usize,
    kept: Vec<KeptShape>,
    left_out: usize,
    invalid: Vec<ProblemShape>,
    ignored_columns: Vec<String>,
    saved: bool,
}

/// A value that stands and differs from the file's.
#[derive(Debug, Serialize)]
struct KeptShape {
    line: u64,
    id: ObservationKey,
    standing: Vec<String>,
    file: String,
}

/// A row with a problem.
#[derive(Debug, Serialize)]
struct ProblemShape {
    line: u64,
    message: String,
}

pub(crate) fn run(context: &mut Context<'_>, args: Import) -> Outcome {
    let ImportCommand::Observations(args) = args.command;
    let path = context.path(&args.file);
    let bytes = read(&path)?;
    let options = Options {
        own_areas: args.own_areas,
        skip_invalid: args.skip_invalid,
        replace: args.replace,
    };
    let (audience, dry_run) = (args.audience.audience, args.dry_run);
    let planned = context.node.call_blocking(move |replica| {
        let plan = observations::plan(replica, &bytes, audience, options)?;
        if !dry_run {
            observations::carry_out(replica, &plan, clock::now())?;
        }
        Ok::<Plan, ImportError>(plan)
    })?;
    let plan = planned?;
    let needs_action = !plan.conflicts.is_empty();
    if args.json.json {
        context.json(&Shape::of(&plan, dry_run))?;
    } else {
        tell(context, &plan, dry_run)?;
    }
    Ok(if needs_action {
        ExitCode::NeedsAction
    } else {
        ExitCode::Ok
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::usage(format_args!(
            "The file {} cannot be read ({error}). Check its name.",
            path.display()
        ))
    };
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > IMPORT_BYTES_MAX as u64 {
        return Err(Failure::usage(format_args!(
            "The file {} has {size} bytes, and {IMPORT_BYTES_MAX} is the most. Split it.",
            path.display()
        )));
    }
    fs::read(path).map_err(unreadable)
}

impl Shape {
    fn of(plan: &Plan, dry_run: bool) -> Self {
        let problem = |one: &Problem| ProblemShape {
            line: one.line,
            message: one.message.clone(),
        };
        let kept = |change: &Change| KeptShape {
            line: change.line,
            id: change.key.clone(),
            standing: change.standing.iter().map(in_words).collect(),
            file: in_words(&change.statement),
        };
        Self {
            rows: plan.rows,
            changed: plan.changes.len(),
            unchanged: plan.unchanged,
            kept: plan.conflicts.iter().map(kept).collect(),
            left_out: plan.left_out.len(),
            invalid: plan.invalid.iter().map(problem).collect(),
            ignored_columns: plan.ignored_columns.clone(),
            saved: !dry_run,
        }
    }
}

fn tell(context: &mut Context<'_>, plan: &Plan, dry_run: bool) -> Outcome {
    let details = plan.to_string();
    if !details.is_empty() {
        context.tell(details.trim_end())?;
    }
    let verb = if dry_run { "would change" } else { "changed" };
    context.say(format_args!(
        "{} rows: {} {verb}, {} unchanged, {} kept, {} not ours, {} with problems",
        plan.rows,
        plan.changes.len(),
        plan.unchanged,
        plan.conflicts.len(),
        plan.left_out.len(),
        plan.rows_with_problems()
    ))
}
