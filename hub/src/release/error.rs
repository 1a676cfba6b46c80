//! Failures of releases, in words for the person who asked.

use std::fmt::Display;

use weft_host::{
    failure::Failure,
    output::{ExitCode, sentence},
};
use weft_shared::model::release::{ReleaseId, ReleaseState};

use super::check::Stop;
use crate::{app::AppError, store::StoreError};

/// The reason that a release could not be proposed, checked, published or withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The hub could not do it.
    #[error(transparent)]
    App(#[from] AppError),
    /// There is no such release.
    #[error("there is no release {0}; weft-hub release list shows those there are")]
    Unknown(ReleaseId),
    /// It is in another state than the act needs.
    #[error("release {id} is {}, so it cannot be {act}", .state.label())]
    State {
        /// The release.
        id: ReleaseId,
        /// Its state.
        state: ReleaseState,
        /// The act that was asked for, such as "published".
        act: &'static str,
    },
    /// It cannot go out as it is: all reasons.
    #[error("{}", reasons(.0))]
    Refused(Vec<String>),
    /// A proposal cannot go out now: all reasons.
    #[error("{}", reasons(.0))]
    Stopped(Vec<Stop>),
    /// A format cannot hold it, or a file cannot be written.
    #[error("the files of the release could not be written: {0}. Nothing was published")]
    Files(String),
}

impl ReleaseError {
    pub(super) fn format(error: impl Display) -> Self {
        Self::Files(error.to_string())
    }

    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self::Refused(vec![why.into()])
    }
}

/// One reason is the sentence itself; several are a list.
fn reasons(all: &[impl Display]) -> String {
    match all {
        [only] => only.to_string(),
        all => {
            let lines = all.iter().map(|one| format!("\n  - {one}"));
            format!("it cannot be done now:{}", lines.collect::<String>())
        }
    }
}

impl From<StoreError> for ReleaseError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

impl From<ReleaseError> for Failure {
    fn from(error: ReleaseError) -> Self {
        let code = match &error {
            ReleaseError::App(error) => error.exit_code(),
            ReleaseError::Unknown(_) => ExitCode::Usage,
            ReleaseError::State { .. } | ReleaseError::Refused(_) | ReleaseError::Stopped(_) => {
                ExitCode::NeedsAction
            }
            ReleaseError::Files(_) => ExitCode::Failed,
        };
        Self::new(code, sentence(&error))
    }
}
