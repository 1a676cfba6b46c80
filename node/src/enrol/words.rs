//! The recovery words of a new location. A person has them before the root signs anything.
//!
//! The root itself is kept nowhere. An interrupted attempt therefore continues with the same root
//! only if its words are shown again. If they are gone and no hub can have heard of that root, it
//! starts again with another.

use std::path::Path;

use weft_host::{
    data_dir::write_new_secret,
    failure::Failure,
    file,
    output::{Io, plain},
    random::random_bytes,
    text,
};
use weft_shared::{id::RootPublic, identity::RootKey};

use super::Recovery;
use crate::limits::WORDS_FILE_BYTES_MAX;

/// The remains of an earlier attempt.
pub(super) enum Kept {
    Nothing,
    /// A request that this root signed. If `asked`, a hub may have heard of it.
    Root {
        root: RootPublic,
        asked: bool,
    },
}

/// Returns the location's root, once a person has its words.
pub(super) fn root(kept: &Kept, recovery: Recovery<'_>) -> Result<RootKey, Failure> {
    match (kept, recovery) {
        (Kept::Root { root, .. }, Recovery::File(path)) if path.exists() => read(path, root),
        (Kept::Root { asked: true, .. }, Recovery::File(path)) => Err(lost(path)),
        (Kept::Root { root, asked: true }, Recovery::Terminal(io)) => type_again(io, root),
        (Kept::Root { root, asked: true }, Recovery::Held(held)) => {
            let held = Some(*held).filter(|held| held.public() == *root);
            held.ok_or_else(other)
        }
        (_, Recovery::Held(held)) => Ok(*held),
        (Kept::Nothing | Kept::Root { asked: false, .. }, Recovery::File(path)) => {
            let root = fresh();
            write(path, &root.recovery_words())?;
            Ok(root)
        }
        (Kept::Nothing | Kept::Root { asked: false, .. }, Recovery::Terminal(io)) => {
            let root = fresh();
            type_back(io, &root.recovery_words())?;
            Ok(root)
        }
    }
}

/// Makes a root for a new location.
pub(crate) fn fresh() -> RootKey {
    RootKey::from_seed(random_bytes())
}

/// The words that a page was given are those of another location.
fn other() -> Failure {
    Failure::needs_action(
        "Those are not the recovery words of the attempt that was begun on this computer. Look for \
         the paper of that attempt.",
    )
}

/// Reads the root from the recovery words in the earlier attempt's file.
fn read(path: &Path, wanted: &RootPublic) -> Result<RootKey, Failure> {
    let text = file::read_text(path, WORDS_FILE_BYTES_MAX).unwrap_or_default();
    let root = RootKey::from_recovery_words(&text).ok();
    root.filter(|root| root.public() == *wanted).ok_or_else(|| {
        Failure::failed(format_args!(
            "{} exists and does not hold the recovery words of the joining that was begun here, so \
             nothing was done. Name the file that has them, or one that does not exist yet.",
            path.display()
        ))
    })
}

fn lost(path: &Path) -> Failure {
    Failure::needs_action(format_args!(
        "An earlier attempt may have reached the hub, and {} is not the file with its recovery \
         words: there is no such file. Name the file of that attempt. If it is lost, join into a \
         new --data-dir with a new invite, so that the location's words exist.",
        path.display()
    ))
}

fn write(path: &Path, words: &str) -> Result<(), Failure> {
    let written = write_new_secret(path, format!("{words}\n").as_bytes());
    written.map_err(|error| {
        Failure::failed(format_args!(
            "The recovery words could not be written to {} ({}), so nothing was begun. Name a file \
             that does not exist yet.",
            path.display(),
            plain(&error)
        ))
    })
}

fn type_back(io: &mut Io, words: &str) -> Result<(), Failure> {
    let shown = text::say(
        io.err(),
        "These 24 words are your location's recovery words. Write them on paper and keep them \
         where only the location's stewards find them: anybody who has them can act for the \
         location. Words of an earlier attempt are useless.",
    );
    let lines = text::wrapped(words, text::WIDTH - 2);
    shown
        .and_then(|()| writeln!(io.err(), "\n  {}\n", lines.join("\n  ")))
        .map_err(gone)?;
    let question = "Type them back to show that you have them:";
    let lower =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_lowercase).collect() };
    let same = |typed: &str| (lower(typed) == lower(words)).then_some(());
    ask(io, question, same)
}

fn type_again(io: &mut Io, wanted: &RootPublic) -> Result<RootKey, Failure> {
    let question = "An earlier attempt may have reached the hub. Type its recovery words again:";
    ask(io, question, |typed| {
        let root = RootKey::from_recovery_words(typed).ok();
        root.filter(|root| root.public() == *wanted)
    })
}

fn ask<T>(io: &mut Io, question: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Failure> {
    for _ in 0..TYPING_TRIES_MAX {
        let Some(typed) = io.prompt(question).map_err(gone)? else {
            break;
        };
        if let Some(found) = read(&typed) {
            return Ok(found);
        }
        writeln!(io.err(), "Those are not the same words.").map_err(gone)?;
    }
    Err(Failure::needs_action(
        "The recovery words were not typed back, so nothing was begun. Join again when you have \
         paper at hand, or use --recovery-file FILE.",
    ))
}

fn gone(error: std::io::Error) -> Failure {
    Failure::failed(format_args!("No terminal: {}.", plain(&error)))
}

/// Maximum number of attempts to type back the recovery words.
const TYPING_TRIES_MAX: u32 = 3;
