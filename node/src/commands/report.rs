//! `report`: writes the report of a period for a funder, a board or the community.

use std::path::PathBuf;

use clap::Args;
use weft_host::{clock, failure::Failure, output::ExitCode, reply::Outcome};

use super::Context;
use crate::report::{self, Reader, Span};

/// Write the report of a period for a funder, your board or your community.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Report {
    /// The reader: funder, board or community. Each sees only what it may see.
    #[arg(long = "for", value_name = "READER", value_parser = ["funder", "board", "community"])]
    pub(crate) reader: String,
    /// The period: FY2027 for the year to June 2027, 2026, 2026-Q3, 2026-11, or a range, such as
    /// 2026-01..2026-06.
    #[arg(long)]
    pub(crate) period: String,
    /// The folder to write to; it is made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  weft-node report --for funder --period FY2027 --to reports
  weft-node report --for community --period 2026-01..2026-06 --to reports

It writes a page of HTML, which prints on A4 and opens in a word processor, and beside it a folder \
with the pictures of its charts. Nothing is written over. The reports for a funder and for the \
community show what may be released; a board's shows what the network sees.";

pub(crate) fn run(context: &mut Context<'_>, args: &Report) -> Outcome {
    let reader: Reader = args.reader.parse().map_err(Failure::usage_error)?;
    let period = args.period.clone();
    let made = context.node.read(move |replica| {
        let now = clock::now();
        let today = replica.zone().day(now);
        let span = Span::parse(&period, today)
            .map_err(|error| Failure::usage(format_args!("{error}. Nothing was written.")))?;
        let content = report::read(replica, reader, &span, now)?;
        let report = report::make(content, reader, &span, today);
        let files = report::file::files(&report, reader, &span).map_err(Failure::failed_error)?;
        Ok::<_, Failure>((files, [report.left_out, report.further]))
    })??;
    let (files, left_out) = made;
    let path = report::file::write(&context.path(&args.to), &files)?;
    context.io.tell(format_args!("Wrote {}.", path.display()))?;
    for words in left_out.iter().filter(|words| !words.is_empty()) {
        context.io.tell(words)?;
    }
    Ok(ExitCode::Ok)
}
