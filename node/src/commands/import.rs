//! `import`: indicator values from a file.

mod undo;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use weft_host::{
    clock,
    failure::Failure,
    file,
    output::{ExitCode, plain},
    reply::Outcome,
};
use weft_shared::{
    model::Audience,
    text::{counted, listed},
    validation::question::Question,
};
use weft_tables::ColumnPlan;

use super::{
    AudienceArg, Context, Json,
    ask::{Asking, ConfirmArg, question_json, shown, shown_beside},
};
use crate::{
    edits::import::{File, ImportError, import},
    import::{Answers, Change, Columns, Next, Only, Options, Plan, Problem, Refused, SignMeans},
    limits::IMPORT_BYTES_MAX,
    replica::Replica,
};

/// Import indicator values from a file.
#[derive(Args, Debug)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) command: ImportCommand,
}

/// The subcommands of `import`.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Import indicator values from a file: all of it, or nothing if there is a problem.
    ///
    /// The file is CSV (with commas, semicolons or tabs), XLSX, ODS, SDMX-CSV, or an export of
    /// DHIS2 as CSV, JSON or ADX. If its columns are not those below, Weft proposes which is what,
    /// and asks before it takes anything.
    #[command(after_help = NAMES)]
    Observations(Box<Observations>),
    /// List the imports of this computer, the latest first.
    List(Json),
    /// Take an import back: its values are taken out, and those that it replaced stand again. A
    /// value that someone has changed since stays.
    Undo(Undo),
}

#[derive(Args, Debug)]
pub(crate) struct Undo {
    /// The number of the import in the list; the latest if none is given.
    pub(crate) number: Option<i64>,
    /// Leave the values alone that someone has changed since, and take the rest back.
    #[arg(long)]
    pub(crate) keep_changed: bool,
}

/// Which column of a file is what, if its headings are not ours.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ColumnArgs {
    /// A file that says which column is what, in TOML; weft-node prints one with its proposal.
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// Say what a column is: indicator, area, period, numerator, denominator, value, status, part,
    /// or a breakdown of the indicator. Once for each column.
    #[arg(long, value_name = "WHAT=HEADING", value_parser = ColumnPlan::pair)]
    pub(crate) column: Vec<(String, String)>,
    /// Say what holds for every row, such as indicator=VISITS or period=2024-03. Once for each.
    #[arg(long, value_name = "WHAT=TEXT", value_parser = ColumnPlan::pair)]
    pub(crate) constant: Vec<(String, String)>,
    /// The sheet of a workbook that has several.
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// Take the proposed columns as they are, without being asked.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Observations {
    /// The file. Its own columns are, in any order: indicator_code, area_code, period, numerator,
    /// denominator; and if the file has them breakdown, breakdown_value, location_code, area_name,
    /// value, lower, upper, obs_status, sign, definition_version, as_at, method, note, note_for,
    /// audience (never wider than the one chosen at adoption). Other columns are named and ignored,
    /// or asked about.
    pub(crate) file: PathBuf,
    /// Show what would happen, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take only the rows of our own areas from a file that has others too.
    #[arg(long)]
    pub(crate) own_areas: bool,
    /// Leave out rows with problems, and name them.
    #[arg(long)]
    pub(crate) skip_invalid: bool,
    /// Replace values that a person entered later.
    #[arg(long)]
    pub(crate) replace: bool,
    /// The meaning of a sign that a publisher prints instead of a figure: Q suppressed, O missing,
    /// L not collected, M cannot exist, 0 nil. Once for each sign.
    #[arg(long, value_name = "SIGN=MEANING", allow_hyphen_values = true)]
    pub(crate) sign: Vec<SignMeans>,
    /// Ignore a column that is not read: it changes nothing. Once for each column.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) ignore: Vec<String>,
    /// Take only the rows that have this value in a column that is not read.
    #[arg(long, value_name = "COLUMN=VALUE")]
    pub(crate) only: Vec<Only>,
    /// Add up rows for the same value that differ in a column that is not read.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) add_up: Vec<String>,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    #[command(flatten)]
    pub(crate) confirm: ConfirmArg,
    #[command(flatten)]
    pub(crate) audience: AudienceArg,
    #[command(flatten)]
    pub(crate) json: Json,
}

const NAMES: &str = "\
Examples:
  weft-node import observations figures.csv --own-areas --dry-run
  weft-node import observations figures.csv --own-areas
  weft-node import observations pool.xlsx --constant indicator=VISITS --column area=Place
  weft-node import undo

With --json: {rows, changed, unchanged, kept: [{line, id, standing, file}], replaced (the same), \
left_out, areas_left_out, not_asked_for, invalid: [{line, message}], notes (the same), \
ignored_columns, reading, questions: [{kind, question, answers: [{word, meaning}], \
rows: [{line, id, words}]}], saved}. left_out counts rows that are not ours, not_asked_for those \
that --only leaves out; invalid lists every problem, and questions those that no one has answered. \
The exit code is 1 if no row of the file is a value of ours, and 3 if values were kept or the file \
leaves something open. It is 0 if everything in the file is here already.";

pub(crate) fn run(context: &mut Context<'_>, args: Import) -> Outcome {
    match args.command {
        ImportCommand::Observations(args) => observations(context, *args),
        ImportCommand::List(json) => undo::list(context, json),
        ImportCommand::Undo(args) => undo::undo(context, &args),
    }
}

fn observations(context: &mut Context<'_>, args: Observations) -> Outcome {
    let path = context.path(&args.file);
    let bytes: Arc<[u8]> = read(&path)?.into();
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into());
    let columns = columns(context, &args.columns)?;
    let answers = Answers {
        signs: args.sign,
        ignored: args.ignore,
        only: args.only,
        added_up: args.add_up,
    };
    let mut asking = Asking::of(&args.confirm)?;
    let dry_run = args.dry_run;
    let attempt = |asking: &Asking, columns: &Columns| File {
        name: name.clone(),
        bytes: bytes.clone(),
        audience: args.audience.audience,
        options: Options {
            own_areas: args.own_areas,
            skip_invalid: args.skip_invalid,
            replace: args.replace,
            columns: columns.clone(),
            answers: answers.clone(),
            confirm: asking.answers.clone(),
            shown: asking.shown.clone(),
        },
        now: clock::now(),
    };
    let planned = laid_out(
        context,
        &attempt,
        columns,
        &mut asking,
        (dry_run, args.json),
    )?;
    let plan = match planned {
        Err(ImportError::Refused(refused)) if args.json.json => {
            context
                .io
                .json(&plan_json(&refused.plan(), false, &asking))?;
            return Err(ImportError::Refused(refused).into());
        }
        planned => planned?,
    };
    report(context, &plan, &asking, (dry_run, args.json))
}

/// Says what a file changed, or would change.
fn report(
    context: &mut Context<'_>,
    plan: &Plan,
    asking: &Asking,
    (dry_run, json): (bool, Json),
) -> Outcome {
    let open = open(plan, asking);
    let held_up = open.iter().any(|question| question.kind.holds_up());
    let needs_action = !plan.conflicts.is_empty() || held_up;
    if json.json {
        context.io.json(&plan_json(plan, !dry_run, asking))?;
    } else {
        tell(context, plan, dry_run)?;
        for question in &open {
            context.io.tell(shown(question))?;
        }
        for (question, standing) in &plan.open_beside {
            context.io.tell(shown_beside(question, standing))?;
        }
    }
    if plan.is_idle() {
        return Err(idle(context, plan)?);
    }
    if !dry_run && !plan.changes.is_empty() {
        let travels = |change: &Change| change.statement.audience != Audience::Team;
        let audience = if plan.changes.iter().any(travels) {
            Audience::Network
        } else {
            Audience::Team
        };
        let words = context.node.whereabouts(audience)?;
        context.io.tell(words)?;
    }
    Ok(if needs_action {
        ExitCode::NeedsAction
    } else {
        ExitCode::Ok
    })
}

/// Reads what the command line says about columns.
fn columns(context: &Context<'_>, args: &ColumnArgs) -> Result<Columns, Failure> {
    let mut given = match &args.map {
        None => ColumnPlan::default(),
        Some(map) => {
            let path = context.path(map);
            let bytes = read(&path)?;
            let text = String::from_utf8(bytes).map_err(|_| {
                let name = path.display();
                Failure::usage(format_args!(
                    "The file {name} is not text. Nothing was imported."
                ))
            })?;
            ColumnPlan::from_toml(&text).map_err(|error| {
                let name = path.display();
                Failure::usage(format_args!("{name}: {error}. Nothing was imported."))
            })?
        }
    };
    given.columns.extend(args.column.iter().cloned());
    given.constants.extend(args.constant.iter().cloned());
    Ok(Columns {
        given,
        sheet: args.sheet.clone(),
        confirmed: args.yes,
        shown: false,
        confirms_layouts: false,
    })
}

/// Returns the unanswered questions about the rows of the file.
fn open(plan: &Plan, asking: &Asking) -> Vec<Question> {
    let mut open = plan.questions.open(&asking.answers);
    for question in &mut open {
        question.rows.retain(|row| row.line.is_some());
    }
    open.retain(|question| !question.rows.is_empty());
    open
}

/// Tries until the columns of the file are known. A terminal asks whether a guess is right.
fn laid_out(
    context: &mut Context<'_>,
    file: &dyn Fn(&Asking, &Columns) -> File,
    mut columns: Columns,
    asking: &mut Asking,
    how: (bool, Json),
) -> Result<Result<Plan, ImportError>, Failure> {
    loop {
        let of = |asking: &Asking| file(asking, &columns);
        let planned = attempted(context, &of, asking, how)?;
        let Err(ImportError::Refused(Refused {
            asked: Some(asked), ..
        })) = &planned
        else {
            return Ok(planned);
        };
        if !context.io.terminal() || !asked.is_complete() {
            return Ok(planned);
        }
        context.io.tell(asked.words())?;
        let said = context.io.prompt("Is that right? Type yes or no:")?;
        let said = said.unwrap_or_default().trim().to_lowercase();
        if !["y", "yes"].contains(&said.as_str()) {
            return Err(Failure::needs_action(
                "Nothing was imported. Say which column is what with --column, --constant or --map \
                 FILE, and import the file again.",
            ));
        }
        columns.confirmed = true;
    }
}

/// Tries until no open question holds the file up.
fn attempted(
    context: &mut Context<'_>,
    file: &dyn Fn(&Asking) -> File,
    asking: &mut Asking,
    (dry_run, json): (bool, Json),
) -> Result<Result<Plan, ImportError>, Failure> {
    loop {
        let asked = asking.clone();
        // A dry run asks nothing.
        let open = move |plan: &Plan| match dry_run {
            true => Vec::new(),
            false => asked.before_saving(&plan.questions),
        };
        let asks = open.clone();
        let may_save = move |plan: &Plan| !dry_run && asks(plan).is_empty();
        let plan = match import(context.node, &file(asking), may_save) {
            Ok(plan) => plan,
            Err(error) => return Ok(Err(error)),
        };
        let open = open(&plan);
        if open.is_empty() {
            return Ok(Ok(plan));
        }
        let must = open.iter().any(|question| question.kind.holds_up());
        if json.json && must && !context.io.terminal() {
            context.io.json(&plan_json(&plan, false, asking))?;
        }
        asking.ask(context, &open)?;
    }
}

/// Number of reasons that are named.
const OTHERS_MAX: usize = 3;

/// Says that a file holds no value of ours at all, and why.
fn idle(context: &Context<'_>, plan: &Plan) -> Result<Failure, Failure> {
    let why = if plan.rows == 0 {
        "The file has a first line with columns, and no row below it: nothing was imported. Check \
         that it is the file you meant."
            .to_owned()
    } else if plan.left_out.is_empty() {
        "Every row of the file has a problem: nothing was imported. Mend them and import it again."
            .to_owned()
    } else {
        let areas = context.node.read(Replica::place)??;
        // Rows of our areas that name another location are not ours either.
        let others = plan.left_out.iter();
        let others = others.filter(|one| matches!(one.next, Next::LeaveOut { area: None }));
        let others: BTreeSet<&str> = others.map(|one| &*one.message).collect();
        let others: Vec<&str> = others.into_iter().collect();
        let areas = areas.iter().flat_map(|place| &place.areas);
        let areas: Vec<_> = areas.map(|area| area.code.to_string()).collect();
        let whose = if plan.invalid.is_empty() {
            "No row of the file is this location's"
        } else {
            "No row of the file is this location's and without a problem"
        };
        let why = match others.as_slice() {
            [] => String::new(),
            others => format!(" The reason: {}.", listed(others, OTHERS_MAX)),
        };
        format!(
            "{whose} (areas {}): nothing was imported.{why} Check the file, and its columns \
             area_code, location_code and period.",
            areas.join(", ")
        )
    };
    Ok(Failure::failed(why))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    file::read(path, IMPORT_BYTES_MAX as u64).map_err(|error| {
        Failure::usage(format_args!(
            "The file {} cannot be read: {}. Nothing was imported; check the path.",
            path.display(),
            plain(&error)
        ))
    })
}

fn problems_json(problems: &[Problem]) -> Vec<Value> {
    let problems = problems.iter();
    problems
        .map(|one| json!({"line": one.line, "message": one.message}))
        .collect()
}

/// The answer of `import observations --json`.
fn plan_json(plan: &Plan, saved: bool, asking: &Asking) -> Value {
    let kept = |change: &Change| {
        json!({
            "line": change.line,
            "id": change.key,
            "standing": change.standing_words(),
            "file": change.file_words(),
        })
    };
    let open = open(plan, asking);
    let beside = plan.open_beside.iter().map(|(question, _)| question);
    json!({
        "rows": plan.rows,
        "changed": plan.changes.len(),
        "unchanged": plan.unchanged,
        "kept": plan.conflicts.iter().map(kept).collect::<Vec<_>>(),
        "replaced": plan.replaced().map(kept).collect::<Vec<_>>(),
        "left_out": plan.left_out.len(),
        "areas_left_out": plan.areas_left_out(),
        "not_asked_for": plan.not_asked_for,
        "invalid": problems_json(&plan.invalid),
        "notes": problems_json(&plan.notes),
        "questions": open.iter().chain(beside).map(question_json).collect::<Vec<_>>(),
        "ignored_columns": plan.ignored_columns,
        "reading": plan.reading,
        "saved": saved,
    })
}

fn tell(context: &mut Context<'_>, plan: &Plan, dry_run: bool) -> Outcome {
    let details = plan.to_string();
    if !details.is_empty() {
        context.io.tell(details.trim_end())?;
    }
    let verb = if dry_run { "would change" } else { "changed" };
    context.io.say(format_args!(
        "{}: {} {verb}, {} unchanged, {} kept, {} not ours, {} with problems",
        counted(plan.rows, "row", "rows"),
        plan.changes.len(),
        plan.unchanged,
        plan.conflicts.len(),
        plan.left_out.len(),
        plan.rows_with_problems()
    ))
}
