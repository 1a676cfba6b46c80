//! Failures of commands: a message for a person, and the exit code that goes with it.

use std::fmt;
use weft_host::{
    data_dir::DataDirError,
    output::{ExitCode, sentence},
};
use weft_store::StoreError;

/// A refusal or failure in words for a person: what happened, why, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    code: ExitCode,
    text: String,
}

impl Failure {
    /// Something went wrong on this computer.
    pub fn failed(text: impl fmt::Display) -> Self {
        Self::with_code(ExitCode::Failed, text)
    }

    /// The request makes no sense; nothing was tried.
    pub fn usage(text: impl fmt::Display) -> Self {
        Self::with_code(ExitCode::Usage, text)
    }

    /// A person has to decide or do something first.
    pub fn needs_action(text: impl fmt::Display) -> Self {
        Self::with_code(ExitCode::NeedsAction, text)
    }

    /// There is no node in the data directory.
    pub fn no_data_dir(text: impl fmt::Display) -> Self {
        Self::with_code(ExitCode::NoDataDir, text)
    }

    /// The hub could not be reached; work is safe.
    pub fn unreachable(text: impl fmt::Display) -> Self {
        Self::with_code(ExitCode::HubUnreachable, text)
    }

    /// The hub refused.
    pub fn refused(text: impl fmt::Display) -> Self {
        Self::with_code(ExitCode::Refused, text)
    }

    /// If the hub was unreachable, says that `what` did not happen and will not happen later.
    pub(crate) fn undone(self, what: &str) -> Self {
        if self.code != ExitCode::HubUnreachable {
            return self;
        }
        Self {
            text: format!("{what} Do it again once the hub answers. {}", self.text),
            ..self
        }
    }

    /// [`Failure::failed`] with an error and its causes.
    pub(crate) fn failed_error(error: impl std::error::Error) -> Self {
        Self::failed(sentence(&error))
    }

    /// [`Failure::usage`] with an error and its causes.
    pub(crate) fn usage_error(error: impl std::error::Error) -> Self {
        Self::usage(sentence(&error))
    }

    /// [`Failure::needs_action`] with an error and its causes.
    pub(crate) fn needs_action_error(error: impl std::error::Error) -> Self {
        Self::needs_action(sentence(&error))
    }

    /// Describes a problem with a data directory. A missing directory has a separate exit code.
    pub(crate) fn data_dir(error: DataDirError) -> Self {
        match &error {
            DataDirError::Missing { path } => Self::with_code(
                ExitCode::NoDataDir,
                format_args!(
                    "There is no node at {}. Join with an invite (weft-node join INVITE), or name \
                     the directory of one with --data-dir.",
                    path.display()
                ),
            ),
            DataDirError::InUse { .. } => Self::needs_action_error(error),
            _ => Self::failed_error(error),
        }
    }

    /// Appends a sentence.
    pub(crate) fn and(mut self, more: impl fmt::Display) -> Self {
        self.text.push_str(&format!(" {more}"));
        self
    }

    /// Returns the exit code.
    #[must_use]
    pub const fn code(&self) -> ExitCode {
        self.code
    }

    fn with_code(code: ExitCode, text: impl fmt::Display) -> Self {
        Self {
            code,
            text: text.to_string(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::failed_error(error)
    }
}
