//! `weft-hub release`: what goes out to analysts, and when.

use std::collections::BTreeSet;

use clap::Subcommand;
use serde_json::json;
use weft_host::{
    list::{Column, DATA, Datum, List, TABLE},
    output::{ExitCode, Io},
    reply::Outcome,
    text::hanging,
};
use weft_shared::{
    id::IndicatorCode,
    model::release::{Dataset, ReleaseId, ReleaseNumber},
    period::{PeriodRange, day_words},
    release::RowLine,
    text::{counted, quoted},
};

use super::{Json, json_help};
use crate::{
    app::{AppHandle, Reading},
    release::{Checked, NewRelease, ROUNDED, ReleaseError, ReleaseView, Verified},
};

/// Commands for releases.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Propose a release: its inputs are frozen, and every node receives the notice.
    ///
    /// It holds published figures, and the released values of locations that said yes. The first
    /// release with an indicator of a location needs that location's yes; later ones go out
    /// unless it narrows its audience. The days of 20 December to 15 January do not count as
    /// notice.
    #[command(after_long_help = EXAMPLES)]
    Propose(Propose),
    /// Show a reviewer what a proposal would hold, what is withheld by which rule, and what stops
    /// it.
    ///
    /// Without --by it says who may publish. With it, it answers for that person.
    ///
    /// JSON: {release, due, rows, withheld: [{row, rule}], exposed, kept, consents, left_out,
    /// unprotected, changed, stops, publishers, rows_hash}.
    Check(Check),
    /// Publish a proposal: at its address as a whole, or not at all.
    Publish(Publish),
    /// Drop a proposal: it will not go out.
    Drop(ById),
    /// Withdraw a release. Its address answers with the reason from then on.
    Withdraw(Withdraw),
    /// List releases.
    #[command(after_long_help = json_help(RELEASES.shape()))]
    List(Json),
    /// List the cells that differ between two releases: added, changed, withheld, gone, or
    /// kept as an earlier release showed them.
    ///
    /// It has released figures alone. Of a cell that is withheld now or gone it has none, and
    /// a withdrawn release is not compared. JSON and CSV have the columns of CHANGES.csv.
    ///
    /// JSON: [{change, value_before, numerator_before, denominator_before, obs_status_before,
    /// kept_from} and the columns of the release].
    Diff(Diff),
    /// Check the files of a release against its manifest and the chain of releases.
    ///
    /// JSON: {release, files, chain, words}.
    Verify(One),
}

/// Arguments of `release propose`.
#[derive(Debug, clap::Args)]
pub struct Propose {
    /// The dataset, such as prevention. It is a part of the release's address.
    pub dataset: Dataset,
    /// The dataset's title [default: that of its last release].
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// An indicator in it; may be given several times [default: those of its last release].
    #[arg(long = "indicator", value_name = "CODE")]
    pub indicators: Vec<IndicatorCode>,
    /// Its periods, such as 2018 or 2024-Q1..2025-Q4 [default: all].
    #[arg(long, value_name = "RANGE")]
    pub period: Option<PeriodRange>,
    /// The days that teams have before it may go out.
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub notice_days: u16,
    /// Anybody may read it without signing in. It needs the yes of each location in it to that.
    #[arg(long)]
    pub open: bool,
    /// The release of the same dataset that it corrects, such as 2026.1.
    #[arg(long, value_name = "NUMBER")]
    pub supersedes: Option<ReleaseNumber>,
    /// The person who proposes it; needed if the national team has two people [default: the
    /// operator].
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Arguments of `release publish`.
#[derive(Debug, clap::Args)]
pub struct Publish {
    /// The release, such as prevention/2026.1.
    pub release: ReleaseId,
    /// The person who publishes it: somebody else than who proposed it, if there is anybody else
    /// in the national team [default: the operator].
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// The hash that the check printed: it publishes the rows that were checked, or nothing.
    #[arg(long, value_name = "HASH")]
    pub checked: Option<String>,
}

/// Arguments of `release diff`.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The earlier release, such as prevention/2026.1.
    pub from: ReleaseId,
    /// The later release, such as prevention/2026.2.
    pub to: ReleaseId,
    /// The format [default: a line for each cell].
    #[arg(long, value_enum, conflicts_with = "json")]
    pub format: Option<DiffFormat>,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// The format of differences for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DiffFormat {
    /// The columns of CHANGES.csv.
    Csv,
}

/// The release that a command is about.
#[derive(Debug, clap::Args)]
pub struct ById {
    /// The release, such as prevention/2026.1.
    pub release: ReleaseId,
    /// The person who does it [default: the operator].
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Arguments of `release check`.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// The release, such as prevention/2026.1.
    pub release: ReleaseId,
    /// The person who would publish it [default: the operator].
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Arguments of commands that show one release.
#[derive(Debug, clap::Args)]
pub struct One {
    /// The release, such as prevention/2026.1.
    pub release: ReleaseId,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Arguments of `release withdraw`.
#[derive(Debug, clap::Args)]
pub struct Withdraw {
    /// The release, such as prevention/2026.1.
    pub release: ReleaseId,
    /// The reason, in a sentence. Readers of its address see it.
    #[arg(long, value_name = "TEXT", alias = "reason")]
    pub why: String,
    /// The person who withdraws it [default: the operator].
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  weft-hub release propose prevention --title \"Prevention indicators\" --indicator SMOKING
  weft-hub release propose prevention --period 2018..2023 --supersedes 2026.1";

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    match command {
        Command::Propose(args) => propose(app, args, io).await,
        Command::Check(args) => check(app, args, io).await,
        Command::Publish(args) => publish(app, &args, io).await,
        Command::Drop(ById { release, by }) => {
            let by = actor(app, by).await?;
            app.drop_release(&release, &by).await?;
            io.tell(format_args!("Dropped {release}: it will not go out."))
        }
        Command::Withdraw(args) => {
            let by = actor(app, args.by).await?;
            app.withdraw_release(&args.release, &args.why, &by).await?;
            io.tell(format_args!(
                "Withdrew {}. Its address answers with the reason. Those who have its files keep \
                 them.",
                args.release
            ))
        }
        Command::List(Json { json }) => {
            let found = app.read(|at| Ok((at.releases(), at.zone())));
            let (releases, zone) = found.await?;
            io.list(&RELEASES, &releases?, json, &zone)
        }
        Command::Diff(args) => diff(app, args, io).await,
        Command::Verify(args) => verify(app, args, io).await,
    }
}

async fn propose(app: &AppHandle, args: Propose, io: &mut Io) -> Outcome {
    let new = NewRelease {
        dataset: args.dataset,
        title: args.title,
        indicators: args.indicators.into_iter().collect::<BTreeSet<_>>(),
        periods: args.period,
        notice_days: args.notice_days,
        open: args.open,
        supersedes: args.supersedes,
    };
    let by = actor(app, args.by).await?;
    let proposed = app.propose_release(new, &by).await?;
    let (id, due) = (proposed.id, day_words(proposed.due));
    io.tell(format_args!(
        "Proposed {id}. Each node shows it with its next sync. It may go out from {due} on.\n\
         Next: weft-hub release check {id}"
    ))
}

async fn check(app: &AppHandle, args: Check, io: &mut Io) -> Outcome {
    let by = actor(app, args.by.clone()).await?;
    let reading = Reading::here("release check", &args.release.to_string());
    let checked = app.check_release(&args.release, &by, reading).await?;
    if args.json.json {
        return io.json(&json_of(&checked));
    }
    let rows = counted(checked.rows as u64, "row", "rows");
    io.say(format_args!("{}: {rows}", checked.id))?;
    let more = checked.rows.saturating_sub(SHOWN_ROWS);
    let shown = checked.first.iter().take(SHOWN_ROWS).map(row_words);
    let mut shown: Vec<String> = shown.collect();
    if more > 0 {
        shown.push(format!(
            "and {}: the page of the release and --json show the first 500",
            counted(more as u64, "more row", "more rows")
        ));
    }
    part(io, "What would go out", shown)?;
    let withheld = checked.withheld.iter();
    let withheld = withheld
        .map(|(row, rule)| format!("{row}: {rule}"))
        .collect();
    part(io, "Withheld, and why (for the reviewer alone)", withheld)?;
    let title = "Narrowed by earlier releases, and by none of this one (for the reviewer alone)";
    part(io, title, checked.exposed)?;
    part(io, KEPT, checked.kept)?;
    part(io, "What the locations answered", checked.consents)?;
    part(io, "Not in it", checked.left_out)?;
    part(io, "Small counts are shown", checked.unprotected)?;
    part(io, "Changed since it was proposed", checked.changed)?;
    if !checked.publishers.is_empty() {
        let title = "Who publishes it, in their own name";
        part(io, title, checked.publishers.clone())?;
    }
    if checked.stops.is_empty() {
        let by = match (&args.by, checked.publishers.as_slice()) {
            (Some(_), _) => format!(" --by {}", quoted(&by)),
            (None, []) => String::new(),
            (None, [only]) => format!(" --by {}", quoted(only)),
            (None, _) => " --by NAME".to_owned(),
        };
        return io.say(format_args!(
            "\nNext: weft-hub release publish {}{by} --checked {}",
            checked.id, checked.rows_hash
        ));
    }
    let stops = checked.stops.iter().map(ToString::to_string).collect();
    part(io, "It cannot go out now", stops)?;
    Ok(ExitCode::NeedsAction)
}

/// A row in a line: `SMOKING FN 2018 total: 13.2 (600 of 4545), 3 of 4 locations`.
fn row_words(row: &RowLine) -> String {
    let place = match row.location.is_empty() {
        true => String::new(),
        false => format!(" {}", row.location),
    };
    let counts = match (row.numerator.is_empty(), row.denominator.is_empty()) {
        (false, false) => format!(" ({} of {})", row.numerator, row.denominator),
        _ => String::new(),
    };
    let value = match row.value.is_empty() {
        true => row.numerator.clone(),
        false => row.value.clone(),
    };
    let said = [format!("{value}{counts}"), row.reason.clone()];
    let said: Vec<String> = said.into_iter().filter(|one| !one.is_empty()).collect();
    let part = match row.part.is_empty() {
        true => "total",
        false => &row.part,
    };
    format!(
        "{}{place} {} {part}: {}",
        row.indicator,
        row.period,
        said.join(", ")
    )
}

fn part(io: &mut Io, title: &str, lines: Vec<String>) -> Outcome {
    if lines.is_empty() {
        return Ok(ExitCode::Ok);
    }
    io.say(format_args!("\n{title}:"))?;
    for line in lines {
        for part in hanging(&format!("  {line}")) {
            io.say(part)?;
        }
    }
    Ok(ExitCode::Ok)
}

const KEPT: &str = "Sums that are kept as they were, because too few joined or left";

fn json_of(checked: &Checked) -> serde_json::Value {
    let withheld = checked.withheld.iter();
    let withheld: Vec<_> = withheld
        .map(|(row, rule)| json!({ "row": row, "rule": rule }))
        .collect();
    json!({
        "release": checked.id,
        "first_rows": checked.first.iter().map(row_words).collect::<Vec<_>>(),
        "due": checked.due.to_string(),
        "rows": checked.rows,
        "withheld": withheld,
        "exposed": checked.exposed,
        "kept": checked.kept,
        "consents": checked.consents,
        "left_out": checked.left_out,
        "unprotected": checked.unprotected,
        "changed": checked.changed,
        "stops": checked.stops.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "publishers": checked.publishers,
        "rows_hash": checked.rows_hash,
    })
}

/// The name of who acts.
async fn actor(app: &AppHandle, name: Option<String>) -> Result<String, ReleaseError> {
    let found = app.read(move |at| Ok(at.actor(name.as_deref())));
    found.await?
}

async fn publish(app: &AppHandle, args: &Publish, io: &mut Io) -> Outcome {
    let (id, by) = (&args.release, actor(app, args.by.clone()).await?);
    let published = app
        .publish_release(id, &by, args.checked.as_deref())
        .await?;
    let rows = counted(published.rows as u64, "row", "rows");
    let alone = match published.second_person {
        true => "",
        false => " No second person is known to have published it, and its manifest says so.",
    };
    io.tell(format_args!(
        "Published {id}: {rows} at /data/{id}/. Each node receives it with its next sync.{alone}"
    ))
}

async fn diff(app: &AppHandle, args: Diff, io: &mut Io) -> Outcome {
    let (from, to) = (args.from, args.to);
    let subject = format!("{from} {to}");
    let found = app.read(move |at| Ok(at.release_differences(&from, &to)));
    let found = found.await??;
    let reading = Reading::here("release diff", &subject);
    let found = app.shown(reading, found).await?;
    match args.format {
        Some(DiffFormat::Csv) => {
            io.out().write_all(&found.csv()?)?;
            return Ok(ExitCode::Ok);
        }
        None if args.json.json => return io.json(&found.json()),
        None => {}
    }
    for line in found.lines() {
        io.say(line)?;
    }
    let counts = found.counts().into_iter();
    let counts: Vec<String> = counts.map(|(word, n)| format!("{n} {word}")).collect();
    io.say(format_args!("Cells: {}.", counts.join(", ")))?;
    match found.counts().iter().any(|(_, n)| *n > 0) {
        true => io.say(ROUNDED),
        false => Ok(ExitCode::Ok),
    }
}

async fn verify(app: &AppHandle, args: One, io: &mut Io) -> Outcome {
    let Verified { id, files, words } = app.verify_release(&args.release).await?;
    if args.json.json {
        return io.json(&json!({
            "release": id,
            "files": files,
            "chain": "whole",
            "words": words.to_string(),
        }));
    }
    let files = counted(files as u64, "file", "files");
    io.say(format_args!(
        "{id}: {files} as in its manifest, and the chain of releases is whole.\nThe four words of \
         the chain: {words}"
    ))
}

/// The releases, as `release list` lists them.
pub(crate) const RELEASES: List<ReleaseView> = List::new(&[
    Column::new("release", |one: &ReleaseView| Datum::text(&one.row.id)).header(),
    Column::new("title", |one: &ReleaseView| (&*one.title).into()).words(),
    Column::new("state", |one: &ReleaseView| one.row.state.word().into()),
    Column::new("due", |one: &ReleaseView| Datum::text(one.due)).only(DATA),
    Column::new("day", |one: &ReleaseView| match one.row.published {
        Some(at) => at.into(),
        None => Datum::text(one.due),
    })
    .headed("published or due")
    .only(TABLE),
    Column::new("notice_days", |one: &ReleaseView| {
        u64::from(one.notice_days).into()
    })
    .only(DATA),
    Column::new("published", |one: &ReleaseView| one.row.published.into()).only(DATA),
    Column::new("open", |one: &ReleaseView| one.open.into()).only(DATA),
    Column::new("indicators", |one: &ReleaseView| {
        let codes: Vec<&str> = one.indicators.iter().map(IndicatorCode::as_str).collect();
        codes.join(", ").into()
    })
    .only(DATA),
    Column::new("manifest", |one: &ReleaseView| {
        one.row.manifest.map(Datum::text).into()
    })
    .only(DATA),
    Column::new("reason", |one: &ReleaseView| one.row.reason.clone().into()).words(),
])
.none("There are no releases yet. Next: weft-hub release propose DATASET --title TEXT");
/// Number of rows that a check prints.
const SHOWN_ROWS: usize = 20;
