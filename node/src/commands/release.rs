//! `release`: what the network releases of this location's figures, and its yes to it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use weft_host::{
    failure::Failure,
    list::{Column, DATA, Datum, List},
    output::plain,
    reply::Outcome,
};
use weft_shared::{
    model::{
        Audience,
        indicator::Rows,
        profile::Adoption,
        release::{ReleaseId, ReleaseState},
    },
    release::{chain_words, manifest::MANIFEST},
};

use super::{Context, Json, indicator::wanted};
use crate::{
    edits::decision,
    replica::{DocumentError, Replica},
    verify::{
        files::{ReleaseFiles, release_files},
        release::ReleaseChecked,
    },
    view::{IndicatorRow, NoticeRow},
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
    /// Say no, or take the yes back. It holds for releases that are not published yet.
    Refuse(Refuse),
    /// Check that our numbers are in a release, each once, as we stated them, without the hub.
    ///
    /// The rows in its tables must be those that the hub showed us, our own within 2 of what we
    /// stated, and the network's within 2 for each row that it is the sum of.
    ///
    /// It needs the folder of its files, as downloaded, and what the hub sent this location alone
    /// with a sync.
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
}

pub(crate) fn run(context: &mut Context<'_>, args: &Release) -> Outcome {
    match &args.command {
        ReleaseCommand::List(json) => list(context, *json),
        ReleaseCommand::Agree(args) => agree(context, args),
        ReleaseCommand::Refuse(args) => refuse(context, args),
        ReleaseCommand::Verify(args) => verify(context, args),
        ReleaseCommand::Words(args) => words(context, args),
    }
}

fn list(context: &mut Context<'_>, json: Json) -> Outcome {
    let (rows, zone) = context.node.read(|replica| {
        let zone = replica.zone();
        Ok::<_, DocumentError>((replica.release_notices()?, zone))
    })??;
    context.io.list(&NOTICES, &rows, json.json, &zone)
}

fn agree(context: &mut Context<'_>, args: &Agree) -> Outcome {
    let row = wanted(context, &args.code)?;
    let before = adopted(&row)?;
    let releases = if args.rows {
        Rows::Locations
    } else {
        Rows::Network
    };
    let audience = before.audience;
    let adoption = Adoption {
        releases: Some(releases),
        open: args.open.then_some(true),
        ..before
    };
    save(context, &row, adoption)?;
    let code = &row.definition.code;
    let how = match args.rows {
        true => "in a row with your name, and in the network's sum",
        false => "in the network's sum, and are not shown by themselves",
    };
    let mut next = Vec::new();
    let of = row.clone();
    let (outgoing, wanting) = context.node.read(move |replica| {
        let notices = replica.release_notices()?;
        let wanting = notices.into_iter().find(|one| one.wants_rows_of(&of));
        Ok::<_, DocumentError>((replica.outgoing(&of)?, wanting))
    })??;
    if let (Some(one), false) = (wanting, args.rows) {
        next.push(format!(
            "{} has a row for each location, and so it leaves yours out of its rows and of its \
             sum. To be in it: weft-node release agree {code} --rows",
            one.id
        ));
    }
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
    let next: String = next.iter().map(|line| format!("\n{line}")).collect();
    context.io.tell(format_args!(
        "Said yes: your released values of {code} may be {how}.{next}"
    ))
}

fn refuse(context: &mut Context<'_>, args: &Refuse) -> Outcome {
    let row = wanted(context, &args.code)?;
    let before = adopted(&row)?;
    let code = &row.definition.code;
    if before.said_no() {
        return context.io.tell(format_args!(
            "You had said no to {code} in releases. Nothing was changed."
        ));
    }
    let said_yes = before.releases.is_some();
    save(context, &row, before.refusing())?;
    context.io.tell(format_args!(
        "{}: your values of {code} are in no release that is not published yet.{}",
        match said_yes {
            true => "Took the yes back",
            false => "Said no",
        },
        match said_yes {
            true => " Those that are out stay out.",
            false => "",
        }
    ))
}

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

fn verify(context: &mut Context<'_>, args: &Verify) -> Outcome {
    let folder = context.path(&args.from);
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|error| no_manifest(&folder, &error))?;
    let ReleaseFiles {
        tables,
        mut faults,
        unread,
    } = release_files(&folder, &text);
    let (id, manifest) = (args.release.clone(), text);
    let (checked, gone) = context.node.read(move |replica| {
        let gone = replica.release_gone(&id)?;
        let checked = replica.check_release(&id, (&manifest, tables.as_ref()))?;
        Ok::<_, DocumentError>((checked, gone))
    })??;
    let id = &args.release;
    let lines = match checked {
        ReleaseChecked::In { counted, left_out } => {
            let counted = weft_shared::text::counted(counted as u64, "number", "numbers");
            let mut lines = vec![format!(
                "{counted} of ours in {id}, each once, as we stated them."
            )];
            lines.extend(
                left_out
                    .iter()
                    .map(|(key, why)| format!("Not in it: {}, because {why}", key.typed())),
            );
            lines
        }
        ReleaseChecked::Out(why) => vec![format!("None of our numbers is in {id}: {why}.")],
        ReleaseChecked::Unproven => {
            return Err(Failure::needs_action(
                "The manifest names us, and the hub has not sent us its proof. Next: weft-node \
                 sync --once",
            ));
        }
        ReleaseChecked::Unheard => return Err(unheard(id)),
        ReleaseChecked::Faults(found) => {
            faults.extend(found);
            Vec::new()
        }
    };
    if !faults.is_empty() {
        return Err(Failure::failed(format_args!(
            "{id} is not as it should be:\n{}\nKeep the files as they are, and tell the people who \
             run the hub, and another location.",
            faults.join("\n")
        )));
    }
    for line in lines {
        context.io.say(line)?;
    }
    if let Some(why) = gone {
        context.io.tell(format_args!(
            "{id} was withdrawn: {why}. Its files are as they went out, and no one is to use them \
             any more."
        ))?;
    }
    let unread = match unread.is_empty() {
        true => String::new(),
        false => format!(", nor what {} says", unread.join(", ")),
    };
    context.io.tell(format_args!(
        "Not checked by this: the numbers of other locations{unread}. Compare the words of \
         weft-node release words with another location: a hub that shows each its own history has \
         other words for each."
    ))
}

/// A release that the chain on this computer does not name: most likely it is newer.
fn unheard(id: &ReleaseId) -> Failure {
    Failure::needs_action(format_args!(
        "This computer has not heard of {id} yet: the chain of releases that it has does not name \
         it. Next: weft-node sync --once, then check again. If it says the same then, the network \
         has published no such release: keep the files, and tell the people who run the hub."
    ))
}

/// The refusal of a folder without a manifest, by what is in it.
fn no_manifest(folder: &Path, error: &std::io::Error) -> Failure {
    let entries = || fs::read_dir(folder).into_iter().flatten().flatten();
    let next = if let Some(inside) = entries().find(|one| one.path().join(MANIFEST).is_file()) {
        format!(
            "The files are in the folder {}: name that one.",
            inside.path().display()
        )
    } else if let Some(zip) = entries().find(|one| {
        one.path()
            .extension()
            .is_some_and(|ends| ends.eq_ignore_ascii_case("zip"))
    }) {
        let zip = zip.path();
        format!(
            "{} is packed: unpack it, and name the folder that comes out of it.",
            zip.display()
        )
    } else if folder.is_file() {
        "It is a file: if it is the zip of the release, unpack it, and name the folder that comes \
         out of it."
            .to_owned()
    } else {
        "Download all files of the release into one folder, and name that.".to_owned()
    };
    Failure::usage(format_args!(
        "There is no {MANIFEST} that can be read in {}: {}. {next}",
        folder.display(),
        plain(error)
    ))
}

/// The state of a release in words, with the reason if it was withdrawn.
fn state(row: &NoticeRow) -> String {
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
const NOTICES: List<NoticeRow> = List::new(&[
    Column::new("release", |row: &NoticeRow| Datum::text(&row.id)).header(),
    Column::new("title", |row: &NoticeRow| (&*row.notice.title).into()).words(),
    Column::new("state", |row: &NoticeRow| row.notice.state.word().into())
        .shown(state)
        .words(),
    Column::new("reason", |row: &NoticeRow| row.gone.as_deref().into()).only(DATA),
    Column::new("proposed", |row: &NoticeRow| {
        Datum::text(row.notice.proposed)
    })
    .only(DATA),
    Column::new("due", |row: &NoticeRow| Datum::text(row.notice.due)).words(),
    Column::new("open", |row: &NoticeRow| row.notice.open.into()).only(DATA),
    Column::new("waits_for_us", |row: &NoticeRow| row.waits().into()).only(DATA),
    Column::new("ours", |row: &NoticeRow| {
        let ours = row.ours.iter();
        let ours: Vec<String> = ours
            .map(|(code, answer)| format!("{code}: {}", answer.words()))
            .collect();
        ours.join("; ").into()
    })
    .words(),
])
.notes("; reason is that of a withdrawal, else null")
.none("The network has announced no release yet.");
