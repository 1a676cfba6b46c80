//! The reason a backup cannot be made, read or restored.

use std::{io, path::PathBuf};

use crate::{
    failure::Failure,
    limits,
    output::{ExitCode, plain, sentence},
};

/// The reason a backup cannot be made, read or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Words that are no recovery words.
    #[error("these are not 24 recovery words: {0}")]
    Words(String),
    /// A passphrase that is too short, too long, or of several lines.
    #[error("a passphrase is one line of 12 to 1,024 characters; several words are easy to keep")]
    Passphrase,
    /// A schedule with a passphrase, which the program may not keep.
    #[error(
        "a schedule locks backups with 24 words, of which the program keeps a public half; it may \
         not keep a passphrase. Give --words-file, or --new-words-file"
    )]
    OnlyWords,
    /// No words were given yet.
    #[error(
        "nothing locks the backups yet. Give --words-file FILE with the 24 recovery words that \
         you have, or --new-words-file FILE, which makes new ones and writes them there"
    )]
    NoLock,
    /// The system gives no key.
    #[error("no key could be made for the backup")]
    Lock,
    /// A folder without its whole path.
    #[error("{} is not the whole path of a folder", .0.display())]
    Relative(PathBuf),
    /// A folder that is not there.
    #[error(
        "there is no folder {}. Make it, or put in the disk that it is on",
        .0.display()
    )]
    NoFolder(PathBuf),
    /// A folder in the data directory.
    #[error(
        "{} is in the data directory, so the backup would be lost with it. Name a folder on \
         another disk",
        .0.display()
    )]
    Inside(PathBuf),
    /// A file that is there.
    #[error("{} is there already. Name a file that does not exist yet", .0.display())]
    Exists(PathBuf),
    /// Another backup is being made.
    #[error("a backup is being made already. Try again when it is done")]
    Busy,
    /// The plan cannot be read.
    #[error(
        "the file {} is damaged, so the backups' settings are lost. Remove it, and set backups up \
         again",
        .0.display()
    )]
    Plan(PathBuf),
    /// The database cannot be copied, or is damaged.
    #[error("the database cannot be backed up: {0}")]
    Database(String),
    /// A file of the data directory cannot be read.
    #[error("the file {} cannot be read: {}", .0, plain(.1))]
    Source(String, io::Error),
    /// A file of the data directory changed while it was read.
    #[error("the file {0} changed while it was read. Try again")]
    Changed(String),
    /// There are more files than a backup holds.
    #[error("there are more than {} files", limits::BACKUP_FILES_MAX)]
    Many,
    /// Something cannot be written.
    #[error("it cannot be written: {}", plain(.0))]
    Write(io::Error),
    /// Something cannot be read.
    #[error("it cannot be read: {}", plain(.0))]
    Read(io::Error),
    /// A backup that is not what was written.
    #[error(
        "what was written could not be read again as it was. The disk may be failing: use another \
         one"
    )]
    Different,
    /// A file that is no backup.
    #[error("the file is not a backup of Weft, or its beginning is damaged")]
    Foreign,
    /// A backup that needs the other kind of secret.
    #[error(
        "this backup is locked with {}",
        if *is_passphrase {
            "24 words, not with a passphrase. Give --words-file FILE"
        } else {
            "a passphrase, not with words. Give --passphrase-file FILE"
        }
    )]
    OtherKind {
        /// Whether a passphrase was given.
        is_passphrase: bool,
    },
    /// A secret that does not open it.
    #[error(
        "{} not open this backup",
        if *is_passphrase { "this passphrase does" } else { "these words do" }
    )]
    OtherKey {
        /// Whether a passphrase was given.
        is_passphrase: bool,
    },
    /// A file that asks for more work than any backup of ours.
    #[error("the file asks for far more work than a backup of Weft does, so it was not opened")]
    Work,
    /// A file that changed since it was written, or was cut short.
    #[error("the backup is damaged or was cut short. Use another one")]
    Damaged,
    /// A backup of a later version.
    #[error("the backup was made by a later version of Weft. Install that version first")]
    Newer,
    /// A backup of the other program.
    #[error("this is a backup of {found}, not of {program}")]
    OtherProgram {
        /// The program that made it.
        found: String,
        /// This program.
        program: &'static str,
    },
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        let code = match &error {
            BackupError::Words(_)
            | BackupError::Passphrase
            | BackupError::OnlyWords
            | BackupError::NoLock
            | BackupError::Relative(_)
            | BackupError::NoFolder(_)
            | BackupError::Inside(_)
            | BackupError::Exists(_)
            | BackupError::OtherKind { .. }
            | BackupError::OtherKey { .. }
            | BackupError::OtherProgram { .. } => ExitCode::Usage,
            BackupError::Busy | BackupError::Newer => ExitCode::NeedsAction,
            _ => ExitCode::Failed,
        };
        Self::new(code, sentence(&error))
    }
}
