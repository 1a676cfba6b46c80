//! Records in a small file what the program is about to take in. Content that ends the process is
//! found at the next start, and set aside after three times.
//!
//! The note is never flushed to disk. It survives the end of the process, but perhaps not of the
//! computer, so a note from before the computer's last start says nothing.

mod marks;
mod note;
#[cfg(test)]
mod tests;

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use weft_shared::document::Witness;

/// Number of times the process may end at one entry, alone, before the entry is set aside.
pub use self::note::ENDS_MAX;
pub use self::note::Suspect;
use self::{
    marks::Marks,
    note::{Doing, End, NOTE_BYTES, Note, Plan},
};

/// Explains to people why this version of the program set an entry aside.
pub fn ended_words(version: &str) -> String {
    format!(
        "version {version} of the program ended three times while it read this alone; a rebuild \
         and a new version try it again"
    )
}

/// The open note of one data directory.
#[derive(Debug)]
pub struct Intake {
    /// None if no note can be kept; everything goes on without it.
    file: Option<File>,
    computer: Computer,
    version: String,
    plan: Plan,
    /// Whether the document that needs care was taken in since the last [`Intake::done`].
    took_care: bool,
    /// Marks an abort behind the note.
    _marks: Marks,
}

/// The data that tells how a process ended.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Computer {
    /// Changes with each start of the computer.
    boot: String,
    /// Number of processes that the system has killed since then because memory ran out.
    oom_kills: Option<u64>,
}

impl Computer {
    fn look() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let counters = read("/proc/vmstat");
        let mut words = counters.split_ascii_whitespace();
        let found = words.find(|word| *word == "oom_kill");
        Self {
            boot: read("/proc/sys/kernel/random/boot_id").trim().to_owned(),
            oom_kills: found.and_then(|_| words.next()?.parse().ok()),
        }
    }
}

impl Intake {
    /// Opens the note at `path`, and reads what the last process left there. `version` is the
    /// program's version: entries that ended another version are tried again.
    ///
    /// Never fails: a missing note must not stop a program.
    pub fn open(path: &Path, version: &str) -> Self {
        let computer = Computer::look();
        match open(path) {
            Ok((file, bytes, mark)) => {
                let plan = plan(&bytes, &computer, version);
                let intake = Self {
                    file: Some(file),
                    computer,
                    version: version.to_owned(),
                    plan,
                    took_care: false,
                    _marks: Marks::set(mark),
                };
                intake.write(intake.plan.between());
                intake
            }
            Err(error) => {
                tracing::warn!(%error, "what is taken in is not noted");
                Self {
                    file: None,
                    computer,
                    version: version.to_owned(),
                    plan: Plan::default(),
                    took_care: false,
                    _marks: Marks::default(),
                }
            }
        }
    }

    /// The entry to set aside, if there is one. Record it in the store before anything is taken in.
    pub const fn condemned(&self) -> Option<&Suspect> {
        self.plan.condemned.as_ref()
    }

    /// Returns a witness for a document that takes in these entries. The caller may choose their
    /// names, but must be consistent: up to 200 bytes without blanks.
    pub fn witness(&mut self, document: String, entries: Vec<String>) -> impl Witness + use<'_> {
        Noting {
            intake: self,
            document,
            entries,
        }
    }

    /// Whether a document is taken in one entry at a time, because processes ended in it.
    pub const fn needs_care(&self) -> bool {
        self.plan.careful.is_some()
    }

    /// Reports that the condemned entry is recorded in the store.
    pub fn settle(&mut self) {
        self.plan.settle();
        self.write(self.plan.between());
    }

    /// Reports that the noted entries could not be stored. They are taken in again later.
    pub fn pause(&self) {
        self.write(self.plan.between());
    }

    /// Reports that the noted entries are taken in and stored.
    pub fn done(&mut self) {
        if std::mem::take(&mut self.took_care) {
            self.plan.careful = None;
        }
        self.write(self.plan.between());
    }

    fn write(&self, doing: Doing) {
        let Some(mut file) = self.file.as_ref() else {
            return;
        };
        let note = Note {
            boot: self.computer.boot.clone(),
            oom_kills: self.computer.oom_kills,
            version: self.version.clone(),
            doing,
        };
        let start = file.seek(SeekFrom::Start(0));
        let written = start.and_then(|_| file.write_all(&note.encode()));
        if let Err(error) = written {
            tracing::debug!(%error, "what is taken in is not noted");
        }
    }
}

struct Noting<'a> {
    intake: &'a mut Intake,
    document: String,
    entries: Vec<String>,
}

impl Witness for Noting<'_> {
    fn is_careful(&self) -> bool {
        self.intake.plan.is_careful(&self.document)
    }

    fn note(&mut self, places: &[usize]) {
        let document = self.document.clone();
        self.intake.took_care |= self.is_careful();
        let doing = match places {
            [] => return,
            [place] => self.intake.plan.one(document, self.entries[*place].clone()),
            [..] => Doing::Many { document },
        };
        self.intake.write(doing);
    }
}

/// Opens the note's file. Also returns its contents, and the file opened again for appending.
fn open(path: &Path) -> io::Result<(File, Vec<u8>, File)> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    file.set_len(NOTE_BYTES as u64)?;
    let mark = OpenOptions::new().append(true).open(path)?;
    Ok((file, bytes, mark))
}

/// Decides what to do about the note that the last process left.
fn plan(bytes: &[u8], computer: &Computer, version: &str) -> Plan {
    let Some(note) = Note::decode(bytes).filter(|note| note.boot == computer.boot) else {
        return Plan::default();
    };
    let aborted = bytes.len() > NOTE_BYTES;
    let starved = note
        .oom_kills
        .zip(computer.oom_kills)
        .is_some_and(|(before, now)| now > before);
    let end = if aborted || starved {
        End::OfItself
    } else {
        End::FromOutside
    };
    Plan::after(note, end, version)
}
