//! Files of investments: Weft's own, which go out and come back unchanged, and those of others.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use weft_host::{
    failure::Failure,
    output::{ExitCode, Io, plain},
    reply::Outcome,
};
use weft_shared::{
    model::Audience,
    text::{counted, listed, sentence},
};

use super::super::columns::{self, ColumnArgs};
use crate::{
    app::{AppHandle, ImportedMoney, NewMoney, exported},
    limits::MONEY_FILE_BYTES_MAX,
};

/// Names of investments that are printed.
const LISTED_MAX: usize = 12;

/// Shown below the long help of `investment import`.
pub(super) const COLUMNS: &str = "\
Weft's own columns are those of investment export: record (investment or line), id, the names of
the options of investment add, audience, and for lines what and period. A file without the column
record has investments only. Each one is found again by its id or its identifier: the same file
twice changes nothing. Investments that a file no longer has stay.

If the headings are others, Weft proposes which is what and imports nothing until --yes, --column,
--constant or --map FILE says so; a file with the same headings is then read the same way. A file
in the form of 360Giving is one of these. What is not mapped is not stated: the address of a
recipient is never where money went. Grants to persons are refused.

Examples:
  weft-hub investment import grants.csv --dry-run
  weft-hub investment import grants.csv --yes
  weft-hub investment import list.xlsx --column amount=Value --constant funder=\"Example: trust\"";

/// Arguments of `investment import`.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// The file: CSV, XLSX or ODS.
    pub file: PathBuf,
    /// Which column is what.
    #[command(flatten)]
    pub columns: ColumnArgs,
    /// Show what would happen, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `investment export`.
#[derive(Debug, clap::Args)]
pub struct Export {
    /// Only investments of this audience: network, or released [default: both].
    #[arg(long, value_name = "WORD")]
    pub audience: Option<Audience>,
    /// The file, which must not exist yet.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
}

pub(super) async fn import(app: &AppHandle, args: Import, cwd: &Path, io: &mut Io) -> Outcome {
    let (file, bytes) = columns::read(&cwd.join(&args.file), MONEY_FILE_BYTES_MAX)?;
    let new = NewMoney {
        given: args.columns.plan(cwd)?,
        file,
        bytes,
        sheet: args.columns.sheet,
        confirmed: args.columns.yes,
        dry_run: args.dry_run,
    };
    let done = app.import_money(new).await?;
    told(&done, args.dry_run, io)
}

fn told(done: &ImportedMoney, dry_run: bool, io: &mut Io) -> Outcome {
    for note in &done.notes {
        io.tell(sentence(note))?;
    }
    let all = done.added + done.changed + done.same;
    io.say(format_args!(
        "{}: {} new, {} changed, {} the same",
        counted(all, "investment", "investments"),
        done.added,
        done.changed,
        done.same
    ))?;
    if done.lines_changed + done.lines_same > 0 {
        io.say(format_args!(
            "{}: {} new or changed, {} the same",
            counted(done.lines_changed + done.lines_same, "line", "lines"),
            done.lines_changed,
            done.lines_same
        ))?;
    }
    for (purse, amount) in &done.totals {
        io.say(format_args!(
            "{} {} in this file, each part counted once",
            purse,
            amount.grouped()
        ))?;
    }
    if !done.vanished.is_empty() {
        io.tell(format_args!(
            "The file does not have {} of the same funders and years; they stay: {}.",
            counted(done.vanished.len(), "investment", "investments"),
            listed(&done.vanished, LISTED_MAX)
        ))?;
    }
    if done.lines_vanished > 0 {
        io.tell(format_args!(
            "The file does not have {} of its investments; they stay.",
            counted(done.lines_vanished, "line", "lines")
        ))?;
    }
    let changes = done.added + done.changed + done.lines_changed;
    io.tell(match (dry_run, changes) {
        (true, _) => "Nothing was changed: this was a dry run.",
        (false, 0) => "Nothing was changed: all of it is here already.",
        (false, _) => "Each node has it with its next sync.",
    })
}

pub(super) async fn export(app: &AppHandle, args: Export, cwd: &Path, io: &mut Io) -> Outcome {
    let path = cwd.join(&args.to);
    let cannot = |why: String| {
        Failure::usage(format_args!(
            "The file {} cannot be written: {why}. Nothing was written; name another file.",
            path.display()
        ))
    };
    if path.exists() {
        return Err(cannot("there is one of this name".to_owned()));
    }
    let (mut views, unread) = app.counted(|at| at.investments()).await?;
    views.retain(|view| {
        args.audience
            .is_none_or(|audience| view.audience == audience)
    });
    let lines: usize = views.iter().map(|view| view.lines.len()).sum();
    let folder = path.parent().unwrap_or(&path);
    let mut file = NamedTempFile::new_in(folder).map_err(|error| cannot(plain(&error)))?;
    file.write_all(&exported(&views))?;
    file.as_file().sync_all()?;
    file.persist_noclobber(&path).map_err(|error| error.error)?;
    if unread > 0 {
        io.tell(format_args!(
            "{} not in the file: this version cannot read a field of it.",
            counted(unread, "investment is", "investments are")
        ))?;
    }
    io.say(format_args!(
        "{} and {} in {}",
        counted(views.len(), "investment", "investments"),
        counted(lines, "line", "lines"),
        path.display()
    ))?;
    Ok(ExitCode::Ok)
}
