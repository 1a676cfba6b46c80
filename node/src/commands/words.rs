//! `words`: recovery words split into parts for several people, and put together again.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use weft_host::{
    data_dir::write_new_secret,
    failure::Failure,
    file, folder,
    output::{Io, plain},
    reply::Outcome,
    split,
};
use weft_shared::{identity::RootKey, text::counted};

use crate::limits::WORDS_FILE_BYTES_MAX;

/// Split recovery words into parts for several people, and put them together again.
///
/// Each part goes to a person whom the stewards trust. A few of them together give the words, and
/// fewer tell nothing of them. It works for any 24 words of Weft, those of a hub's root too.
#[derive(Args, Debug)]
pub(crate) struct Words {
    #[command(subcommand)]
    pub(crate) command: WordsCommand,
}

/// The subcommands of `words`.
#[derive(Debug, Subcommand)]
pub(crate) enum WordsCommand {
    /// Write the parts of the words in a file, each to a file of its own.
    Split(Split),
    /// Put parts together, and write the words to a new file.
    Join(Join),
}

#[derive(Args, Debug)]
pub(crate) struct Split {
    /// The file with the 24 words.
    #[arg(long, value_name = "FILE")]
    pub(crate) words_file: PathBuf,
    /// Number of parts, at most 16.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) parts: u8,
    /// Number of parts that give the words together, at least 2.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) need: u8,
    /// A folder that does not exist yet, or is empty.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Join {
    /// The files of the parts.
    #[arg(required = true, num_args = 1..=16, value_name = "FILE")]
    pub(crate) parts: Vec<PathBuf>,
    /// A new file for the words.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
}

/// Runs the command; relative paths begin at `base`.
pub(crate) fn run(words: &Words, base: &Path, io: &mut Io) -> Outcome {
    match &words.command {
        WordsCommand::Split(args) => split(args, base, io),
        WordsCommand::Join(args) => join(args, base, io),
    }
}

fn split(args: &Split, base: &Path, io: &mut Io) -> Outcome {
    let text = read(&base.join(&args.words_file))?;
    let words = RootKey::from_recovery_words(&text).map_err(Failure::usage_error)?;
    let parts = split::split(&words, (args.need, args.parts)).map_err(Failure::usage_error)?;
    let named = (1..)
        .zip(&parts)
        .map(|(n, part)| (format!("part-{n}.txt"), part));
    let named: Vec<_> = named.collect();
    let files = named.iter().map(|(name, part)| (&**name, part.as_bytes()));
    let files: Vec<(&str, &[u8])> = files.collect();
    let to = base.join(&args.to);
    folder::write(&to, "parts", &files)?;
    io.tell(format_args!(
        "{} in {}. Print each, give it to its keeper, and delete the files. Any {} of them give \
         the words: weft-node words join.",
        counted(u64::from(args.parts), "part is", "parts are"),
        to.display(),
        args.need
    ))
}

fn join(args: &Join, base: &Path, io: &mut Io) -> Outcome {
    let mut texts = Vec::new();
    for path in &args.parts {
        texts.push((path.display().to_string(), read(&base.join(path))?));
    }
    let words = split::join(&texts).map_err(Failure::usage_error)?;
    let to = base.join(&args.to);
    let written = write_new_secret(&to, format!("{}\n", words.recovery_words()).as_bytes());
    written.map_err(|error| {
        Failure::usage(format_args!(
            "The words could not be written to {}: {}. Name a file that does not exist yet.",
            to.display(),
            plain(&error)
        ))
    })?;
    io.tell(format_args!(
        "The words are in {}. Delete the file once it has served.",
        to.display()
    ))
}

fn read(path: &Path) -> Result<String, Failure> {
    file::read_text(path, WORDS_FILE_BYTES_MAX).map_err(|error| {
        let why = plain(&error);
        Failure::usage(format_args!("{} cannot be read: {why}.", path.display()))
    })
}
