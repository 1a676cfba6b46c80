//! A program that asks with a token: whether the token stands, whose it is, and what it may read.

use std::{net::IpAddr, time::Duration};

use weft_host::clock;
use weft_shared::{text::sentence, time::Timestamp};
use weft_store::Transaction;

use super::{AppError, AppHandle, Snapshot};
use crate::{
    access::{
        pace::tokens::Place,
        secret,
        visitor::{Bearer, ReadsAs},
    },
    limits::SESSION_USED_MS,
    store::{
        StoreError,
        ledger::{self, Act},
        people::{self, PersonRow},
        tokens::{self, TokenRow},
    },
};

/// The reason a token opens nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenRefusal {
    #[error(transparent)]
    App(#[from] AppError),
    #[error("this hub made no such token")]
    Unknown,
    #[error("this token was revoked")]
    Revoked,
    #[error("this token is over: it lasted until {0}")]
    Over(String),
    #[error("the person of this token may not sign in now")]
    NotIn,
    #[error("the person of this token reads no figures any more")]
    NoFigures,
    #[error("this token is busy")]
    Busy(Duration),
}

impl TokenRefusal {
    /// Returns it as a sentence.
    pub(crate) fn sentence(&self) -> String {
        sentence(&self.to_string())
    }
}

/// A token with what is to be written about its use.
struct Known {
    bearer: Bearer,
    token: TokenRow,
    is_written: bool,
}

impl AppHandle {
    /// Returns who asks with a token, whose checksum is right, and the place that the request
    /// holds until it is answered. The first use of a day is in the ledger before anything is
    /// answered.
    ///
    /// # Errors
    /// If it opens nothing, or not now.
    pub(crate) async fn bearer(
        &self,
        text: &str,
        from: Option<IpAddr>,
    ) -> Result<(Bearer, Place), TokenRefusal> {
        let (hash, now) = (secret::token_hash(text), clock::now());
        let known = self.read(move |at| Ok(at.known(&hash, now)));
        let known = known.await??;
        let place = self.shared.entrance.tokens.admit_token(known.token.number);
        let place = place.map_err(TokenRefusal::Busy)?;
        if !known.is_written {
            self.token_used(known.token, from, now).await?;
        }
        Ok((known.bearer, place))
    }

    /// Records a use of a token, and the first of a day in the ledger.
    async fn token_used(
        &self,
        token: TokenRow,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), AppError> {
        let zone = self.shared.own.standing().zone();
        let day = zone.day(now);
        let is_first = move |used: Option<Timestamp>| used.is_none_or(|at| zone.day(at) != day);
        let must = is_first(token.used);
        let whose = format!("token {}", token.name);
        let write = move |tx: &Transaction<'_>| {
            // Another request may have written it meanwhile.
            let last = tokens::token(tx, token.number)?.and_then(|one| one.used);
            if is_first(last) {
                let act = Act {
                    who: token.person.as_deref().unwrap_or(&whose),
                    act: "token use",
                    subject: &token.name,
                    purpose: &token.purpose,
                    from,
                };
                ledger::record_act(tx, now, &act)?;
            }
            tokens::used(tx, token.number, now)
        };
        match self.shared.store.write(write).await {
            Ok(()) => Ok(()),
            Err(error) if must => Err(AppError::Unrecorded(error)),
            // On a full disk programs still read what they may.
            Err(error) => {
                let error: StoreError = error;
                tracing::warn!(%error, "the use of a token could not be written");
                Ok(())
            }
        }
    }
}

impl Snapshot<'_> {
    /// Returns the token with this hash, if it opens anything today.
    fn known(&self, hash: &secret::SecretHash, now: Timestamp) -> Result<Known, TokenRefusal> {
        let found = tokens::with_hash(self.conn, hash).map_err(AppError::from)?;
        let token = found.ok_or(TokenRefusal::Unknown)?;
        if token.revoked.is_some() {
            return Err(TokenRefusal::Revoked);
        }
        let zone = self.zone();
        if !token.stands(now) {
            return Err(TokenRefusal::Over(zone.minute(token.expires)));
        }
        let bearer = match token.whose {
            None => Bearer {
                scope: token.scope,
                reads_as: ReadsAs {
                    person: None,
                    reader: format!("token {}", token.name),
                    organisation: String::new(),
                    purpose: token.purpose.clone(),
                },
            },
            Some(person) => {
                let person = people::person(self.conn, person).map_err(AppError::from)?;
                let person = person.filter(PersonRow::is_in).ok_or(TokenRefusal::NotIn)?;
                let scope = token.scope.within(person.roles);
                let whose = (person.number, person.name.as_str(), person.named);
                Bearer {
                    scope: scope.ok_or(TokenRefusal::NoFigures)?,
                    reads_as: ReadsAs::person(whose, &person.organisation, &token.purpose),
                }
            }
        };
        let is_written = token.used.is_some_and(|used| {
            now.ms() - used.ms() < SESSION_USED_MS && zone.day(used) == zone.day(now)
        });
        Ok(Known {
            bearer,
            token,
            is_written,
        })
    }
}
