//! Why an act on a person was refused.

use weft_host::output::ExitCode;

/// The reason an act on a person was refused.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// Somebody has this name.
    #[error(
        "there is a person named \"{name}\" already, or was one, so no one was invited. People \
         sign in with their names, and names are not used again: add what tells the two apart"
    )]
    NameTaken {
        /// The name.
        name: String,
    },
    /// A name that the ledger has for those who are no person.
    #[error(
        "\"{name}\" is what the ledger calls those who are no person, so no one was invited: give \
         the name of a person"
    )]
    NameReserved {
        /// The name.
        name: String,
    },
    /// A name without a letter.
    #[error("a person's name needs letters or digits, so no one was invited")]
    NoLetters,
    /// More people than there may be.
    #[error("this hub has had as many people as it takes, so no one was invited")]
    TooMany,
    /// No role was given.
    #[error("a person needs a role, so nothing was changed; a role is analyst, national or admin")]
    NoRole,
    /// There is no such person.
    #[error("there is no person named \"{name}\", so nothing was changed. {near}")]
    Unknown {
        /// The name.
        name: String,
        /// The names most like it, in words.
        near: String,
    },
    /// The ledger has no such name.
    #[error(
        "the ledger has nothing of \"{name}\": it is no person, and no other name in it. {near}"
    )]
    NotInLedger {
        /// The name.
        name: String,
        /// The names most like it, in words.
        near: String,
    },
    /// The person left.
    #[error(
        "{name} has left, so nothing was changed. If they are back, invite them under another name"
    )]
    Left {
        /// The name.
        name: String,
    },
    /// The person has not used the invite.
    #[error(
        "{name} has not used the invite yet, so there is nothing to confirm. If it has expired, \
         make another: weft-hub person reset"
    )]
    NotEnrolled {
        /// The name.
        name: String,
    },
    /// The person was confirmed before.
    #[error("{name} was confirmed before")]
    Confirmed {
        /// The name.
        name: String,
    },
    /// The text cannot be confirmation words at all.
    #[error(
        "nothing was confirmed: {0}. Give all four as the person reads them out, such as \"frost \
         cargo approve ostrich\""
    )]
    NotWords(String),
    /// The words are not those of the browser that enrolled.
    #[error(
        "these are not the words that the browser shows which enrolled as {name}, so no one was \
         confirmed. Ask them to read the words out again. If they still differ, somebody else has \
         used the link: do not confirm, and send another with weft-hub person reset"
    )]
    OtherWords {
        /// The name.
        name: String,
    },
    /// Somebody else changed the person at the same time.
    #[error("somebody else changed {name} meanwhile, so nothing was changed: say it again")]
    Meanwhile {
        /// The name.
        name: String,
    },
    /// It would leave no admin.
    #[error(
        "{name} is the only admin who has a passkey, so nothing was changed. Another admin needs \
         one first: weft-hub person roles gives the role, and weft-hub person reset is the way \
         from a password to a passkey"
    )]
    LastAdmin {
        /// The name.
        name: String,
    },
}

impl PersonError {
    /// The exit code of a command that fails with this error.
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoLetters
            | Self::NameReserved { .. }
            | Self::NoRole
            | Self::Unknown { .. }
            | Self::NotInLedger { .. }
            | Self::NotWords(_) => ExitCode::Usage,
            Self::NameTaken { .. }
            | Self::TooMany
            | Self::Left { .. }
            | Self::NotEnrolled { .. }
            | Self::Confirmed { .. }
            | Self::OtherWords { .. }
            | Self::Meanwhile { .. }
            | Self::LastAdmin { .. } => ExitCode::NeedsAction,
        }
    }
}
