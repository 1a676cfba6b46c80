//! Why no token was made or revoked.

use weft_host::output::ExitCode;

use crate::{
    access::scope::{BadScope, Scope},
    limits::{TOKEN_DAYS_MAX, TOKENS_OF_A_PERSON_MAX},
};

/// The reason an act on a token was refused.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// People sign in, and no person was named.
    #[error(
        "no token was made: people sign in at this hub, so each token belongs to one of them. \
         Next: weft-hub token create --for NAME --purpose TEXT --days 90"
    )]
    NoPerson,
    /// The purpose is too short or too long.
    #[error(
        "no token was made: say in 10 to 200 characters what it is for, such as \"Quarterly report \
         to the ministry\". Locations read that beside all that it reads"
    )]
    Purpose,
    /// The days are no number, or too many.
    #[error("no token was made: a token lasts 1 to {TOKEN_DAYS_MAX} days, such as 90")]
    Days,
    /// The text is no scope.
    #[error("no token was made: {0}")]
    Scope(#[from] BadScope),
    /// The person may not sign in.
    #[error(
        "no token was made: {name} may not sign in now. weft-hub person list shows whether they \
         are to confirm, locked, or have left"
    )]
    NotIn {
        /// The name.
        name: String,
    },
    /// The person reads no figures.
    #[error(
        "no token was made: {name} reads no figures. An analyst reads releases, and the national \
         team reads live figures as well: weft-hub person roles {name:?} --role analyst"
    )]
    NoFigures {
        /// The name.
        name: String,
    },
    /// The person reads releases alone.
    #[error(
        "no token was made: {name} is an analyst, and analysts read releases, which passed \
         disclosure control. Only the national team reads live figures. Next: --scope {}",
        Scope::Releases
    )]
    BeyondRoles {
        /// The name.
        name: String,
    },
    /// More tokens than one person may have.
    #[error(
        "no token was made: {name} has {TOKENS_OF_A_PERSON_MAX} that stand. Revoke one that is \
         not used: /account or weft-hub token list shows them"
    )]
    TooMany {
        /// The name.
        name: String,
    },
    /// A token of this name was revoked.
    #[error(
        "a revoked token had the name \"{name}\", and names are not used again, so no token was \
         made; choose another name"
    )]
    WasRevoked {
        /// The name.
        name: String,
    },
    /// A token of this name exists.
    #[error("a token named \"{name}\" exists; revoke it, or choose another name")]
    Exists {
        /// The name.
        name: String,
    },
}

impl TokenError {
    /// The exit code of a command that fails with this error.
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoPerson | Self::Purpose | Self::Days | Self::Scope(_) => ExitCode::Usage,
            Self::NotIn { .. }
            | Self::NoFigures { .. }
            | Self::BeyondRoles { .. }
            | Self::TooMany { .. }
            | Self::WasRevoked { .. }
            | Self::Exists { .. } => ExitCode::NeedsAction,
        }
    }
}
