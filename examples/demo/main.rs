//! A whole network on this computer: a hub and nine example teams with published figures, over real
//! QUIC on loopback.
//!
//! `cargo run --release --example demo` sets it up, prints links to its pages and stays until
//! Ctrl-C; `-- --exit` ends at once, `-- --data-dir DIR` keeps the data.

mod backbone;
mod contest;
mod examples;
mod published;
mod release;
mod stay;
mod story;
mod team;
mod voice;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Parser;

use self::{story::Story, voice::say};

/// A hub and nine example teams with published figures, on this computer.
#[derive(Debug, Parser)]
#[command(name = "demo")]
struct Arguments {
    /// Settle the contested figure, compare all figures and end; otherwise the pages stay up until
    /// Ctrl-C.
    #[arg(long)]
    exit: bool,
    /// Keep the data in this new folder; otherwise they are deleted at the end.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // Check before any folder is made: without its figures there is nothing to show.
    published::check_files(&published::data_folder())?;
    let scratch = tempfile::Builder::new()
        .prefix("weft-demo-")
        .tempdir()
        .context("cannot make a temporary folder")?;
    let folder = match &arguments.data_dir {
        None => scratch.path().to_owned(),
        Some(folder) => new_folder(folder)?,
    };
    let told = tell(&arguments, &folder);
    if told.is_err() && arguments.data_dir.is_some() {
        // Half a network is of no use, and would block the next attempt. The error that matters is
        // the first one, not a failure to clear up after it.
        let _left = std::fs::remove_dir_all(&folder);
    }
    if !told? {
        bail!("the rollup differs from plain sums of the files");
    }
    Ok(())
}

/// Tells the whole story. Returns whether the rollup equals plain sums of the files.
fn tell(arguments: &Arguments, folder: &Path) -> Result<bool> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut story = Story::begin(folder, runtime.handle())?;
    story.lead()?;
    story.set_up_the_teams()?;
    story.contest()?;
    let release = story.release()?;
    let all_equal = if arguments.exit {
        story.settle()?;
        let all_equal = story.compare_everything(false)?;
        story.end();
        all_equal
    } else {
        let all_equal = story.compare_everything(true)?;
        story.stay(&release)?;
        all_equal
    };
    if arguments.data_dir.is_some() {
        let folder = folder.display();
        say(&format!(
            "The data stays in {folder}. weft-hub run --data-dir {folder}/hub serves its pages."
        ));
    }
    Ok(all_equal)
}

/// Makes the folder, which must not hold anything yet.
fn new_folder(folder: &PathBuf) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    if std::fs::read_dir(folder)?.next().is_some() {
        bail!(
            "{} is not empty: the demonstration begins from nothing, so name a new folder",
            folder.display()
        );
    }
    Ok(folder.canonicalize()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_equals_plain_sums_before_and_after_the_contest_is_settled() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut story = Story::begin(folder.path(), runtime.handle()).unwrap();
        story.lead().unwrap();
        story.set_up_the_teams().unwrap();
        assert!(story.compare_everything(false).unwrap());
        story.contest().unwrap();
        assert!(story.compare_everything(true).unwrap());
        assert!(
            !story.compare_everything(false).unwrap(),
            "nothing is contested"
        );
        let path = story.release().unwrap();
        assert!(path.starts_with("data/vaccination/"), "{path}");
        story.settle().unwrap();
        assert!(story.compare_everything(false).unwrap());
        story.end();
    }
}
