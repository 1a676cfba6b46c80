//! `weft-hub report`: writes the report of a period for a minister, funders or the community.

use std::path::{Path, PathBuf};

use weft_host::{
    failure::Failure,
    folder,
    output::{ExitCode, Io},
    reply::Outcome,
};
use weft_shared::{period::Period, text::counted};

use crate::{
    app::{AppHandle, Moment, Reading},
    pages::report::{Reader, Wanted, file, left_out, read},
};

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The reader: minister, funder or community. The order and what is asked differ; each gets
    /// only what locations released and figures of releases.
    #[arg(long = "for", value_name = "READER")]
    pub(crate) reader: Reader,
    /// The period, such as FY2027 for the year to June 2027.
    #[arg(long)]
    pub(crate) period: Period,
    /// The folder to write to: one that is empty, or is not there yet.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// As of this day or time, such as 2026-12-31: of what was received and released by then,
    /// without what was withdrawn since [default: now].
    #[arg(long, value_name = "MOMENT")]
    pub(crate) as_of: Option<Moment>,
}

const EXAMPLES: &str = "\
Examples:
  weft-hub report --for minister --period FY2027 --to minister-2027
  weft-hub report --for community --period FY2026 --as-of 2026-12-31 --to people-2026

It writes a page of HTML, which prints on A4 and opens in a word processor, its pictures, the data \
that it is made of as CSV, README.txt and SHA256SUMS: all of them or none.";

pub(super) async fn run(app: &AppHandle, args: Args, cwd: &Path, io: &mut Io) -> Outcome {
    let wanted = Wanted::of(app, args.reader, args.period);
    let (asked, moment) = (wanted.clone(), args.as_of);
    let found = app.counted(move |now| read::read(&now.at(moment)?, &asked));
    let subject = format!("{} {}", wanted.reader, wanted.period);
    let reading = Reading::here("report", &subject);
    let content = app.shown(reading, found.await?).await?;
    let files = file::files(&content, &wanted).map_err(Failure::failed_error)?;
    let to = cwd.join(&args.to);
    let written: Vec<(&str, &[u8])> = files
        .iter()
        .map(|file| (&*file.name, &*file.bytes))
        .collect();
    folder::write(&to, "report", &written)?;
    io.say(format_args!(
        "{} in {}: {}.html is the report",
        counted(files.len(), "file", "files"),
        to.display(),
        wanted.name()
    ))?;
    let left_out = left_out(content.left_out);
    if !left_out.is_empty() {
        io.tell(left_out)?;
    }
    Ok(ExitCode::Ok)
}
