//! `release`: what the network releases of this location's figures, and its yes to it.

mod ours;
mod verify;

use std::{collections::BTreeMap, path::PathBuf};

use clap::{Args, Subcommand};
use weft_host::{
    failure::Failure,
    list::{Column, DATA, Datum, List},
    output::ExitCode,
    reply::Outcome,
};
use weft_shared::{
    disclosure::Kind,
    id::IndicatorCode,
    model::{
        Audience,
        indicator::Rows,
        profile::Adoption,
        release::{ReleaseId, ReleaseState},
    },
    release::chain_words,
};

use super::{Context, Json, indicator::wanted};
use crate::{
    edits::decision,
    replica::{DocumentError, Replica},
    view::{IndicatorRow, NoticeRow, Part},
};

/// Show what the network releases of our figures, and say yes or no to it.
#[derive(Args, Debug)]
pub(crate) struct Release {
    #[command(subcommand)]
    pub(crate) command: ReleaseCommand,
}

/// The subcommands of `release`.
#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    /// List the releases that the network announced and published, with our answer to each.
    #[command(after_help = format!("With --json: {}.", NOTICES.shape()))]
    List(Json),
    /// Say yes: our released values of an indicator may be in releases.
    ///
    /// Without --rows they are added into the network's sum, and are not shown by themselves. A
    /// yes holds for later releases too, until you take it back.
    Agree(Agree),
    /// Say no, or take the yes back. It holds once the hub has it, for releases that are not
    /// published then.
    Refuse(Refuse),
    /// Check that our numbers are in a release, each once, as we stated them, without the hub.
    ///
    /// The rows in its tables must be those that the hub showed us, our own within 2 of what we
    /// stated, and the network's within 2 for each row that it is the sum of. Its manifest, its
    /// list of changes and its table of meanings must say what the network told us.
    ///
    /// It needs the folder of its files, as downloaded, and what the hub sent this location alone
    /// with a sync. It ends with 0 if nothing is wrong, with 1 if something is, and with 3 if a
    /// sync has to come first.
    #[command(after_help = format!("With --json: {}.", ours::OURS.shape()))]
    Verify(Verify),
    /// Print four words of the chain of releases. Two locations that read each other the same
    /// words for the same number have the same history of releases up to it.
    Words(Words),
}

#[derive(Args, Debug)]
pub(crate) struct Words {
    /// Count only up to this link of the chain of releases, for a location whose chain ends there.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) up_to: Option<u32>,
}

#[derive(Args, Debug)]
pub(crate) struct Agree {
    /// The indicator's code.
    pub(crate) code: String,
    /// Our own row may be shown as well, with our name.
    #[arg(long)]
    pub(crate) rows: bool,
    /// Anybody may read such a release without signing in.
    #[arg(long)]
    pub(crate) open: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Refuse {
    /// The indicator's code.
    pub(crate) code: String,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// The release, such as prevention/2026.1.
    pub(crate) release: ReleaseId,
    /// The folder with its files.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) from: PathBuf,
    #[command(flatten)]
    pub(crate) json: Json,
}

pub(crate) fn run(context: &mut Context<'_>, args: &Release) -> Outcome {
    match &args.command {
        ReleaseCommand::List(json) => list(context, *json),
        ReleaseCommand::Agree(args) => agree(context, args),
        ReleaseCommand::Refuse(args) => refuse(context, args),
        ReleaseCommand::Verify(args) => verify::verify(context, args),
        ReleaseCommand::Words(args) => words(context, args),
    }
}

fn list(context: &mut Context<'_>, json: Json) -> Outcome {
    let (rows, zone) = context.node.read(|replica| {
        let zone = replica.zone();
        let notices = replica.release_notices()?.into_iter();
        let rows = notices.map(|row| {
            let ours = replica.release_parts(&row)?;
            Ok(Listed { row, ours })
        });
        Ok::<_, DocumentError>((rows.collect::<Result<Vec<_>, DocumentError>>()?, zone))
    })??;
    context.io.list(&NOTICES, &rows, json.json, &zone)
}

fn agree(context: &mut Context<'_>, args: &Agree) -> Outcome {
    let row = wanted(context, &args.code)?;
    let before = adopted(&row)?;
    let releases = match args.rows {
        true => Rows::Locations,
        false => Rows::Network,
    };
    let adoption = Adoption {
        releases: Some(releases),
        open: args.open.then_some(true),
        ..before.clone()
    };
    save(context, &row, adoption)?;
    let (code, audience) = (&row.definition.code, before.audience);
    let of = row.clone();
    let (outgoing, notices) = context.node.read(move |replica| {
        let notices = replica.release_notices()?;
        Ok::<_, DocumentError>((replica.outgoing(&of)?, notices))
    })??;
    let mut next = taken_back(&before, args, code);
    next.extend(unmet(&notices, args, code));
    if audience < Audience::Released {
        next.push(format!(
            "Only values with the audience released go out, and new ones of {code} have {}.",
            audience.word()
        ));
    }
    next.extend(outgoing.narrower_words());
    if audience < Audience::Released || outgoing.narrower > 0 {
        next.push(format!(
            "To share them: weft-node indicator adopt {code} --audience released --widen"
        ));
    }
    // An index or an ordinal figure is never added up, so no sum has it.
    let is_added = Kind::of(row.definition.kind).is_some();
    let how = match (args.rows, is_added) {
        (true, true) => "may be in a row with your name, and in the network's sum",
        (true, false) => "may be in a row with your name",
        (false, true) => "may be in the network's sum, and are not shown by themselves",
        (false, false) => {
            "stay out: figures of this type are never added up, and are in releases only in a row \
             with your name, to which --rows says yes"
        }
    };
    let open = match args.open {
        true => " Anybody may read such a release without signing in.",
        false => "",
    };
    let next: String = next.iter().map(|line| format!("\n{line}")).collect();
    context.io.tell(format_args!(
        "Said yes: your released values of {code} {how}.{open}{next}"
    ))?;
    let words = context.node.whereabouts(audience)?;
    context.io.tell(words)
}

/// The parts of a yes that a new one without them takes back.
fn taken_back(before: &Adoption, args: &Agree, code: &IndicatorCode) -> Vec<String> {
    let rows = before.releases == Some(Rows::Locations) && !args.rows;
    let open = before.releases.is_some() && before.open == Some(true) && !args.open;
    let what = match (rows, open) {
        (false, false) => return Vec::new(),
        (true, false) => "the yes to a row with your name",
        (false, true) => "the yes to releases that anybody may read without signing in",
        (true, true) => {
            "the yes to a row with your name, and to releases that anybody may read without \
             signing in"
        }
    };
    let line = line(code, rows || args.rows, open || args.open);
    vec![format!("This takes back {what}. To say that again: {line}")]
}

/// The announced releases for which this yes is not enough, each with the one that is.
fn unmet(notices: &[NoticeRow], args: &Agree, code: &IndicatorCode) -> Vec<String> {
    let mut lines = Vec::new();
    for one in notices.iter().filter(|one| one.is_announced()) {
        let Some(asked) = one.notice.indicators.get(code) else {
            continue;
        };
        let (id, rows) = (&one.id, *asked == Rows::Locations);
        let whole = line(code, rows || args.rows, one.notice.open || args.open);
        if rows && !args.rows {
            lines.push(format!(
                "{id} has a row for each location, and so it leaves yours out of its rows and of \
                 its sum. To be in it: {whole}"
            ));
        } else if one.notice.open && !args.open {
            lines.push(format!(
                "{id} is for anybody to read without signing in, and cannot go out with your \
                 values before you say yes to that: {whole}"
            ));
        }
    }
    lines
}

/// The command that says yes to so much.
fn line(code: &IndicatorCode, rows: bool, open: bool) -> String {
    let rows = if rows { " --rows" } else { "" };
    let open = if open { " --open" } else { "" };
    format!("weft-node release agree {code}{rows}{open}")
}

fn refuse(context: &mut Context<'_>, args: &Refuse) -> Outcome {
    let row = wanted(context, &args.code)?;
    let before = adopted(&row)?;
    let code = &row.definition.code;
    let audience = before.audience;
    if before.said_no() {
        context.io.tell(format_args!(
            "You had said no to {code} in releases. Nothing was changed."
        ))?;
        return match context.node.read(|replica| replica.waiting())? {
            0 => Ok(ExitCode::Ok),
            _ => {
                let words = context.node.whereabouts(audience)?;
                context.io.tell(words)
            }
        };
    }
    let said_yes = before.releases.is_some();
    save(context, &row, before.refusing())?;
    let (said, holds) = match (said_yes, audience) {
        (true, Audience::Team) => ("Took the yes back", ""),
        (true, _) => ("Took the yes back", HOLDS),
        (false, _) => ("Said no", ""),
    };
    context.io.tell(format_args!(
        "{said}: your values of {code} stay out of later releases.{holds}"
    ))?;
    let words = context.node.whereabouts(audience)?;
    context.io.tell(words)
}

/// The limit of a no: until the hub has it, the hub goes by the yes.
const HOLDS: &str = " It holds once the hub has it; a release that is published before that keeps \
                     your figures. Releases that are out keep them too, and a \
                     later one may repeat a sum of theirs with your figures of then in it.";

fn adopted(row: &IndicatorRow) -> Result<Adoption, Failure> {
    let code = &row.definition.code;
    row.adopted().cloned().ok_or_else(|| {
        Failure::needs_action(format_args!(
            "You have not adopted {code}, so none of your figures could be in a release. First: \
             weft-node indicator adopt {code} --audience released"
        ))
    })
}

fn save(context: &Context<'_>, row: &IndicatorRow, adoption: Adoption) -> Result<(), Failure> {
    let code = row.definition.code.clone();
    context
        .node
        .save(move |replica| Ok(vec![decision(replica, &code, adoption)?]))?;
    Ok(())
}

fn words(context: &mut Context<'_>, args: &Words) -> Outcome {
    let chain = context.node.read(Replica::release_chain)??;
    let mut links = chain.map_err(|broken| {
        Failure::failed(format_args!(
            "The chain of releases is broken: {broken}. Keep this computer as it is, and tell the \
             people who run the hub, and another location."
        ))
    })?;
    let newest = links.len();
    if let Some(end) = args.up_to {
        links.retain(|n, _| *n <= end);
        if !links.contains_key(&end) {
            return Err(Failure::usage(format_args!(
                "The chain of releases that this computer has ends with number {newest}. Next: \
                 weft-node sync --once, or a smaller number"
            )));
        }
    }
    let Some((n, link)) = links.last_key_value() else {
        return context.io.tell("Nothing has been released yet.");
    };
    context.io.say(chain_words(&links))?;
    context.io.tell(format_args!(
        "These are the words of the chain up to {}, {}: number {n} of {newest}. They are the same \
         at another location only for the same number. If its chain ends elsewhere, compare the \
         smaller number: weft-node release words --up-to {n}",
        link.release,
        link.act.label()
    ))
}

/// A release with this location's part in it.
struct Listed {
    row: NoticeRow,
    ours: BTreeMap<IndicatorCode, Part>,
}

/// The state of a release in words, with the reason if it was withdrawn.
fn state(Listed { row, .. }: &Listed) -> String {
    let state = row.notice.state.label();
    let open = match (row.notice.state, row.notice.open) {
        (ReleaseState::Proposed | ReleaseState::Published, true) => ", for anybody to read",
        _ => "",
    };
    match &row.gone {
        Some(why) => format!("{state}: {why}"),
        None => format!("{state}{open}"),
    }
}

/// The releases, as `release list` lists them.
const NOTICES: List<Listed> = List::new(&[
    Column::new("release", |one: &Listed| Datum::text(&one.row.id)).header(),
    Column::new("title", |one: &Listed| (&*one.row.notice.title).into()).words(),
    Column::new("state", |one: &Listed| one.row.notice.state.word().into())
        .shown(state)
        .words(),
    Column::new("reason", |one: &Listed| one.row.gone.as_deref().into()).only(DATA),
    Column::new("proposed", |one: &Listed| {
        Datum::text(one.row.notice.proposed)
    })
    .only(DATA),
    Column::new("due", |one: &Listed| Datum::text(one.row.notice.due)).words(),
    Column::new("open", |one: &Listed| one.row.notice.open.into()).only(DATA),
    Column::new("waits_for_us", |one: &Listed| one.row.waits().into()).only(DATA),
    Column::new("ours", |one: &Listed| {
        let ours = one.ours.iter();
        let ours: Vec<String> = ours
            .map(|(code, part)| format!("{code}: {}", part.words()))
            .collect();
        ours.join("; ").into()
    })
    .words(),
])
.notes(
    "; reason is that of a withdrawal, else null; ours is our answer while a release is announced, \
     and afterwards what went out",
)
.none("The network has announced no release yet.");
