//! Failures of a store, in words that say what to do next.

use std::{path::PathBuf, sync::Arc};

use rusqlite::{ErrorCode, ffi};
use weft_host::failure::Failure;

/// The reason a store did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The store's file is missing.
    #[error(
        "the store {} is missing; restore the data directory from a backup, or move what is left \
         of it aside and set up again", path.display()
    )]
    Missing {
        /// The path of the file.
        path: PathBuf,
    },
    /// The file is something else, or its beginning was overwritten.
    #[error(
        "the store {} is damaged: it is not a database; restore the data directory from a backup, \
         or move it aside and set up again", path.display()
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database with parts missing or overwritten.
    #[error(
        "the store {} is damaged ({detail}); stop, keep a copy of it, and restore the data \
         directory from a backup, or move it aside and set up again", path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The damage that was found.
        detail: String,
    },
    /// A newer version of the program wrote the store.
    #[error(
        "the store {} was written by a newer version of this program; install that version. \
         Nothing was changed", path.display()
    )]
    NewerVersion {
        /// The file.
        path: PathBuf,
    },
    /// No space is left. Nothing was saved, and nothing saved earlier is lost.
    #[error(
        "the disk is full: this was not saved, everything saved before is safe; free some space \
         and try again"
    )]
    Full,
    /// Another process holds the file.
    #[error("another program holds the store; close it and try again")]
    Busy,
    /// Reading or flushing failed. The process must end, because the disk's contents are unknown.
    #[error(
        "the disk failed ({detail}); this was not saved; check the disk, then start the program \
         again"
    )]
    Failing {
        /// SQLite's message.
        detail: String,
    },
    /// The writer ended after such a failure.
    #[error("the store is closed because the disk failed earlier; start the program again")]
    Closed,
    /// A job panicked: a bug. Nothing of it was saved.
    #[error("a fault in this program: the change was not saved ({what}); please report it")]
    Panicked {
        /// The panic's message.
        what: String,
    },
    /// The built-in SQLite is too old to be trusted.
    #[error("SQLite {found} has a known fault; this program needs 3.51.3 or later")]
    OldSqlite {
        /// Its version number.
        found: i32,
    },
    /// Anything else that SQLite refused: a bug.
    #[error("the store refused a statement")]
    Statement(#[source] Arc<rusqlite::Error>),
    /// A row that this program never writes.
    #[error(
        "the store holds something in {0} that this program never writes; restore the data \
         directory from a backup, or rebuild it from the nodes"
    )]
    Damaged(&'static str),
    /// Derived state that cannot be read: it is thrown away and made again.
    #[error("what is derived in {0} cannot be read, and is made again from the entries")]
    Derived(&'static str),
    /// A migration failed: a bug.
    #[error("the store could not be brought to this version")]
    Migration(#[source] Arc<rusqlite_migration::Error>),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::failed_error(error)
    }
}

impl StoreError {
    /// Whether the process must end because the contents of the disk are unknown.
    pub const fn is_fatal(&self) -> bool {
        matches!(self, Self::Failing { .. })
    }

    /// Whether parts of the file are missing or overwritten.
    pub const fn is_corrupt(&self) -> bool {
        matches!(self, Self::Corrupt { .. })
    }

    /// Whether making the derived state again may help.
    pub const fn is_of_derived(&self) -> bool {
        matches!(self, Self::Derived(_) | Self::Corrupt { .. })
    }

    /// Returns the same error with the file's name, if it had none.
    #[must_use]
    pub fn at(self, at: &std::path::Path) -> Self {
        let unnamed = |path: &PathBuf| path.as_os_str().is_empty();
        let path = at.to_owned();
        match self {
            Self::NotADatabase { path: old } if unnamed(&old) => Self::NotADatabase { path },
            Self::Corrupt { path: old, detail } if unnamed(&old) => Self::Corrupt { path, detail },
            Self::NewerVersion { path: old } if unnamed(&old) => Self::NewerVersion { path },
            other => other,
        }
    }

    /// Returns SQLite's failure behind `error`, if there is one. The writer checks each failed job.
    pub(crate) fn behind(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(store) = error.downcast_ref::<Self>() {
                return Some(store.clone());
            }
            if let Some(rusqlite::Error::SqliteFailure(failure, text)) = error.downcast_ref() {
                return classify(*failure, text.as_deref());
            }
            next = error.source();
        }
        None
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let known = match &error {
            rusqlite::Error::SqliteFailure(failure, text) => classify(*failure, text.as_deref()),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Statement(Arc::new(error)))
    }
}

impl From<rusqlite::types::FromSqlError> for StoreError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        rusqlite::Error::from(error).into()
    }
}

impl From<rusqlite_migration::Error> for StoreError {
    fn from(error: rusqlite_migration::Error) -> Self {
        use rusqlite_migration::{Error, MigrationDefinitionError};

        match error {
            Error::RusqliteError { err, .. } => err.into(),
            Error::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => {
                Self::NewerVersion {
                    path: PathBuf::new(),
                }
            }
            other => Self::Migration(Arc::new(other)),
        }
    }
}

fn classify(failure: ffi::Error, text: Option<&str>) -> Option<StoreError> {
    let path = PathBuf::new();
    let detail = text.map_or_else(|| failure.to_string(), str::to_owned);
    // Growing the shared-memory file fails with this code if the disk is full.
    if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE {
        return Some(StoreError::Full);
    }
    match failure.code {
        ErrorCode::DiskFull => Some(StoreError::Full),
        ErrorCode::NotADatabase => Some(StoreError::NotADatabase { path }),
        ErrorCode::DatabaseCorrupt => Some(StoreError::Corrupt { path, detail }),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Some(StoreError::Busy),
        ErrorCode::SystemIoFailure => Some(StoreError::Failing { detail }),
        _ => None,
    }
}
