//! The reasons why nothing was saved.

use weft_host::{failure::Failure, output::sentence};
use weft_shared::{document::EditError, log::entry::ComposeError};
use weft_store::StoreError;

use super::{DocumentError, Halted, NoRoom, sizes::DocumentFull};

/// The reason why nothing was saved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SaveError {
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    #[error("{0}")]
    Stopped(Halted),
    #[error("This device is not in its location's roster yet. Run weft-node sync --once first.")]
    NotAdmitted,
    #[error(
        "Nothing was saved for the team. What an earlier version kept on this computer for the \
         team has to be sealed first, and the hub had no room for it, or it is too large. Records \
         that are shared with the network can still be saved."
    )]
    Unsealed,
    #[error(transparent)]
    Full(#[from] DocumentFull),
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SaveError> for Failure {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Stopped(_)
            | SaveError::NotAdmitted
            | SaveError::Unsealed
            | SaveError::NoRoom(_)
            | SaveError::Full(_) => Self::needs_action(sentence(&error)),
            SaveError::Edit(_) => Self::usage_error(error),
            SaveError::Compose(_) | SaveError::Document(_) | SaveError::Store(_) => {
                Self::failed_error(error)
            }
        }
    }
}
