//! Failures of commands: a message for a person, and the exit code that goes with it.

use std::{fmt, io};

use crate::{
    data_dir::DataDirError,
    output::{ExitCode, Io, plain, sentence},
    text::say,
};

/// A refusal or failure in words for a person: what happened, why, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    code: ExitCode,
    /// Empty if no one is left to read it.
    text: String,
}

impl Failure {
    /// A failure with any exit code.
    pub fn new(code: ExitCode, text: impl fmt::Display) -> Self {
        let text = text.to_string();
        Self { code, text }
    }

    /// Something went wrong on this computer.
    pub fn failed(text: impl fmt::Display) -> Self {
        Self::new(ExitCode::Failed, text)
    }

    /// The request makes no sense; nothing was tried.
    pub fn usage(text: impl fmt::Display) -> Self {
        Self::new(ExitCode::Usage, text)
    }

    /// A person has to decide or do something first.
    pub fn needs_action(text: impl fmt::Display) -> Self {
        Self::new(ExitCode::NeedsAction, text)
    }

    /// The hub could not be reached; work is safe.
    pub fn unreachable(text: impl fmt::Display) -> Self {
        Self::new(ExitCode::HubUnreachable, text)
    }

    /// The hub refused.
    pub fn refused(text: impl fmt::Display) -> Self {
        Self::new(ExitCode::Refused, text)
    }

    /// [`Failure::failed`] with an error and its causes.
    pub fn failed_error(error: impl std::error::Error) -> Self {
        Self::failed(sentence(&error))
    }

    /// [`Failure::usage`] with an error and its causes.
    pub fn usage_error(error: impl std::error::Error) -> Self {
        Self::usage(sentence(&error))
    }

    /// [`Failure::needs_action`] with an error and its causes.
    pub fn needs_action_error(error: impl std::error::Error) -> Self {
        Self::needs_action(sentence(&error))
    }

    /// Appends a sentence.
    #[must_use]
    pub fn and(mut self, more: impl fmt::Display) -> Self {
        self.text.push_str(&format!(" {more}"));
        self
    }

    /// If the hub was unreachable, says that `what` did not happen and will not happen later.
    #[must_use]
    pub fn undone(self, what: &str) -> Self {
        if self.code != ExitCode::HubUnreachable {
            return self;
        }
        let text = format!("{what} Do it again once the hub answers. {}", self.text);
        Self { text, ..self }
    }

    /// The exit code of the process.
    pub const fn code(&self) -> ExitCode {
        self.code
    }

    /// Prints the text and returns the exit code.
    pub fn tell(&self, io: &mut Io) -> ExitCode {
        if !self.text.is_empty() {
            // If even this cannot be written, no one is left to tell.
            let _gone = say(io.err(), &self.text);
        }
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

/// A missing data directory has an exit code of its own.
impl From<DataDirError> for Failure {
    fn from(error: DataDirError) -> Self {
        let code = match &error {
            DataDirError::Missing { .. } => ExitCode::NoDataDir,
            DataDirError::InUse { .. } => ExitCode::NeedsAction,
            _ => ExitCode::Failed,
        };
        Self::new(code, sentence(&error))
    }
}

/// A failure to write a command's answer.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        // A reader that closes the pipe early has what it needs.
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::failed("");
        }
        Self::failed(format_args!(
            "The answer could not be written, so some of it is missing: {}. What the command did \
             is done. Make room, or send the answer elsewhere.",
            plain(&error)
        ))
    }
}
