//! Signing in and out. An unknown name, a wrong password, a wrong code and a locked password get
//! one answer, after the same work.

use std::net::IpAddr;

use weft_host::clock;
use weft_shared::model::spelling::folded_name;
use weft_store::Transaction;

use super::{AppError, AppHandle, attempt::Attempt, purpose};
use crate::{
    access::{
        code::CodeSecret,
        password::{Busy, Hashed},
        visitor::Signed,
    },
    limits::{PASSWORD_FAILURES_MAX, PASSWORD_LOCK_MS, PASSWORD_LOCKS_A_DAY_MAX},
    store::{
        StoreError, ledger,
        people::{self, PersonRow},
        sessions::{self, CredentialRow},
    },
};

/// The words of somebody who signs in with a password.
#[derive(Clone, Debug)]
pub(crate) struct SignIn {
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) code: String,
    pub(crate) purpose: String,
}

/// The reason somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    App(#[from] AppError),
    #[error("say in 10 to 200 characters why you are signing in")]
    Purpose,
    #[error(
        "you are not signed in. The name, the password or the code is wrong, or the password is \
         locked for a while after three wrong attempts"
    )]
    Wrong,
    #[error(
        "you are not signed in. The passkey is not one of this hub or was copied, or its person \
         may not sign in"
    )]
    Passkey,
    #[error("the time to sign in with the passkey was over; try again")]
    Over,
    #[error("too many attempts to sign in at this moment; try again in a minute")]
    TooMany,
}

impl From<Busy> for Refusal {
    fn from(_: Busy) -> Self {
        Self::TooMany
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

impl AppHandle {
    /// Signs somebody in by name, password and code. Returns the cookie of the session.
    ///
    /// # Errors
    /// If they are not who they say, or may not sign in.
    pub(crate) async fn sign_in(
        &self,
        said: SignIn,
        from: Option<IpAddr>,
    ) -> Result<String, Refusal> {
        let entrance = &self.shared.entrance;
        if !entrance.pace.admits_attempt(from) {
            return Err(Refusal::TooMany);
        }
        let purpose = purpose(&said.purpose).ok_or(Refusal::Purpose)?;
        let folded = folded_name(&said.name);
        let found = self.shared.store.read(move |conn| {
            let Some(person) = people::named(conn, &folded)? else {
                return Ok(None);
            };
            sessions::password(conn, person.number)
        });
        let known = found.await.map_err(|error: StoreError| error)?;
        let stored = known.as_ref().and_then(|one| password_of(&one.secret));
        let stored = stored.map(|(hashed, _)| hashed);
        let right = entrance.passwords.check(said.password, stored).await?;
        let (attempt, cookie) = Attempt::new(purpose, from, clock::now());
        let signing = ByPassword {
            attempt,
            credential: known.map(|one| one.number).zip(Some(right)),
            code: said.code,
        };
        let is_in = self.shared.store.write(move |tx| signing.judge(tx)).await?;
        if !is_in {
            return Err(Refusal::Wrong);
        }
        entrance.pace.signed_in(from);
        Ok(cookie)
    }

    /// Ends a session of the person who is signed in.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn end_session(&self, signed: &Signed, session: i64) -> Result<(), AppError> {
        let (who, own) = (signed.name.clone(), signed.person);
        let act = if session == signed.session {
            "sign out"
        } else {
            "end a session"
        };
        let now = clock::now();
        let end = move |tx: &Transaction<'_>| {
            if sessions::end(tx, (own, session), now)? {
                ledger::record(tx, now, &who, act, "")?;
            }
            Ok::<_, AppError>(())
        };
        self.shared.store.write(end).await
    }
}

/// An attempt to sign in with a password.
struct ByPassword {
    attempt: Attempt,
    /// The password that was compared, and whether it was right; none if the name is unknown.
    credential: Option<(i64, bool)>,
    code: String,
}

impl ByPassword {
    /// Begins a session if all is right, and records the attempt in any case. What counts is the
    /// state of this transaction: of two requests with one code, one signs in.
    fn judge(self, tx: &Transaction<'_>) -> Result<bool, StoreError> {
        let now = self.attempt.now;
        let known = match self.credential {
            Some((number, right)) => sessions::credential(tx, number)?.zip(Some(right)),
            None => None,
        };
        let Some((credential, right)) = known else {
            self.attempt.refuse(tx, "somebody", "unknown name")?;
            return Ok(false);
        };
        let person = people::person(tx, credential.person)?;
        let person = person.ok_or(StoreError::Damaged("credentials.person"))?;
        let is_locked = credential.locked_until.is_some_and(|until| now < until);
        let step = password_of(&credential.secret)
            .and_then(|(_, code)| code.step_of(&self.code, now))
            .filter(|step| *step > credential.step);
        match step {
            Some(step) if right && !is_locked && person.is_in() => {
                sessions::used(tx, credential.number, step, now)?;
                self.attempt.succeed(tx, &person, &credential)?;
                Ok(true)
            }
            _ if is_locked => {
                self.attempt.refuse(tx, &person.name, "locked")?;
                Ok(false)
            }
            _ => {
                self.fail(tx, &person, &credential)?;
                Ok(false)
            }
        }
    }

    fn fail(
        &self,
        tx: &Transaction<'_>,
        person: &PersonRow,
        credential: &CredentialRow,
    ) -> Result<(), StoreError> {
        let now = self.attempt.now;
        let failures = credential.failures + 1;
        if failures < PASSWORD_FAILURES_MAX {
            sessions::set_failures(tx, credential.number, failures)?;
            return self.attempt.refuse(tx, &person.name, "wrong");
        }
        let locks = sessions::locked(tx, credential.number, now)?;
        let until = (locks < PASSWORD_LOCKS_A_DAY_MAX).then(|| now.plus_ms(PASSWORD_LOCK_MS));
        sessions::lock_until(tx, credential.number, until)?;
        let subject = match until {
            Some(_) => "wrong: the password is locked for 15 minutes",
            None => "wrong: the password is locked until a reset",
        };
        self.attempt.refuse(tx, &person.name, subject)
    }
}

/// The hash of a password and the secret of its codes, as one credential has them.
fn password_of(secret: &[u8]) -> Option<(Hashed, CodeSecret)> {
    let (hashed, code) = secret.split_first_chunk()?;
    Some((*hashed, CodeSecret::new(code.try_into().ok()?)))
}
