//! Joining: the length of an invite, taking invites back, and comparing the words of the device
//! that joined. Commands and pages call these, and give the same answers.

use weft_shared::{id::LocationCode, identity::ConfirmationWords, text::counted};

use super::{AppError, AppHandle, Confirmation};

impl AppHandle {
    /// Revokes an open invite by its number, or all open invites of a code. Returns what was done,
    /// in words.
    ///
    /// # Errors
    /// If `invite` is neither a number nor a code, or if no open invite matches.
    pub async fn revoke_named(&self, invite: &str) -> Result<String, AppError> {
        let (number, code) = match invite.trim().parse::<i64>() {
            Ok(number) => (Some(number), None),
            Err(_) => {
                let code = LocationCode::parse(invite.trim());
                let code = code.map_err(|_| AppError::NotAnInvite {
                    text: invite.to_owned(),
                })?;
                (None, Some(code))
            }
        };
        let all = self.read(|at| at.invites()).await?;
        let matching = all.iter().filter(|one| match (number, &code) {
            (Some(number), _) => one.number == number,
            (None, code) => code.as_ref() == Some(&one.code),
        });
        let last = matching.max_by_key(|one| one.number);
        let was_revoked = last.is_some_and(|one| one.revoked.is_some());
        match self.revoke_invites(number, code).await? {
            0 if was_revoked => Ok(format!("The invite {invite} was revoked already.")),
            0 => Err(AppError::NoOpenInvite {
                text: invite.to_owned(),
            }),
            revoked => Ok(format!(
                "{} revoked. No one can join with {} any more.",
                counted(revoked, "invite is", "invites are"),
                if revoked == 1 { "it" } else { "them" }
            )),
        }
    }
}

impl Confirmation {
    /// Whether the location waits to be confirmed; false if it was confirmed before.
    ///
    /// # Errors
    /// If no device has joined.
    pub fn waits(&self, code: &LocationCode) -> Result<bool, AppError> {
        match self {
            Self::NotJoined => Err(AppError::NotJoined { code: code.clone() }),
            Self::Waiting { .. } => Ok(true),
            Self::Confirmed { .. } => Ok(false),
        }
    }

    /// Compares the words that a steward read out with those of the device that joined as `code`.
    /// No error contains these: they must come from the steward, by telephone.
    ///
    /// # Errors
    /// If no device has joined, if `heard` cannot be confirmation words at all, or if they differ.
    pub fn compare(&self, code: &LocationCode, heard: &str) -> Result<(), AppError> {
        let code = code.clone();
        let (words, other) = match self {
            Self::NotJoined => return Err(AppError::NotJoined { code }),
            Self::Waiting { words } => (words, AppError::OtherWords { code }),
            Self::Confirmed { words } => (words, AppError::ConfirmedByOthers { code }),
        };
        let heard = heard.parse::<ConfirmationWords>();
        let heard = heard.map_err(|error| AppError::NotWords(error.to_string()))?;
        match heard.to_string() == *words {
            true => Ok(()),
            false => Err(other),
        }
    }
}
