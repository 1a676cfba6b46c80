//! Enrolment: a link is shown as often as somebody likes, and spent once, in the transaction that
//! adds what the person signs in with.

use std::net::IpAddr;

use weft_host::clock;
use weft_shared::time::Timestamp;
use weft_store::Transaction;

use super::{AppError, AppHandle, Snapshot};
use crate::{
    access::{
        code::CodeSecret,
        password::{Busy, is_guessed, is_long_enough},
        roles::Role,
        sealed::Kind,
        secret,
    },
    app::people::fresh_words,
    limits::PASSWORD_BYTES_MAX,
    store::{
        ledger,
        people::{self, LinkRow, PersonRow},
        sessions::{self, NewCredential},
    },
};

/// The page that a link leads to.
#[derive(Clone, Debug)]
pub(crate) enum LinkView {
    /// It is unknown, or its time is over, or another browser used it.
    Closed,
    /// It may be used.
    Open { person: PersonRow },
    /// This browser used it: an admin must hear the words.
    Waits { name: String, words: String },
    /// This browser used it, and the person may sign in.
    Confirmed { name: String },
}

/// An authenticator app that is being set up.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The seal that the page carries.
    pub(crate) ceremony: String,
    pub(crate) secret: CodeSecret,
}

/// The words of somebody who enrols with a password and an app.
#[derive(Clone, Debug)]
pub(crate) struct NewPassword<'a> {
    pub(crate) password: String,
    pub(crate) again: &'a str,
    /// The seal of the app that they set up.
    pub(crate) setup: &'a str,
    pub(crate) code: &'a str,
}

/// The gift to a browser that enrolled.
#[derive(Clone, Debug)]
pub(crate) struct Enrolled {
    /// The cookie with which it shows the words.
    pub(crate) waits: String,
}

/// The reason a person was not enrolled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolError {
    #[error(transparent)]
    App(#[from] AppError),
    #[error("this link cannot be used any more")]
    Closed,
    #[error("a password has 16 characters at least, and {PASSWORD_BYTES_MAX} bytes at most")]
    Short,
    #[error(
        "this password is among those that are guessed first: it is made of common words, of names \
         that others know, or of the same again. Choose four or five words that no one else would \
         put together"
    )]
    Guessed,
    #[error("the two passwords differ")]
    Differ,
    #[error("this is not the code that the app shows now; the clock of its device must be right")]
    Code,
    #[error("the time to set up the app is over; begin again with the new picture below")]
    Over,
    #[error("the time to make the passkey is over; try again")]
    PasskeyOver,
    #[error(
        "the passkey was refused. It must ask for a finger, a face or a PIN; try again, or use \
         another device"
    )]
    Passkey,
    #[error("you have as many passkeys as one person may have; end one of them first")]
    TooMany,
    #[error("an admin signs in with a passkey")]
    NeedsPasskey,
    #[error("many people are signing in at this moment; try again in a moment")]
    Busy,
    #[error("too many attempts at this moment; try again in a minute")]
    Pace,
}

impl From<Busy> for EnrolError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<crate::store::StoreError> for EnrolError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::App(error.into())
    }
}

/// A credential that somebody enrols with.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    /// The id of a passkey; none for a password.
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) label: String,
    pub(crate) secret: Vec<u8>,
    pub(crate) step: i64,
}

impl Proof {
    /// Adds the credential to a person. A passkey is added once, even if it has ended since.
    pub(super) fn add(
        &self,
        tx: &Transaction<'_>,
        person: i64,
        now: Timestamp,
    ) -> Result<(), EnrolError> {
        if let Some(key) = &self.key
            && sessions::was_key(tx, key)?
        {
            return Err(EnrolError::Passkey);
        }
        let new = NewCredential {
            person,
            key: self.key.as_deref(),
            label: &self.label,
            secret: &self.secret,
            step: self.step,
        };
        sessions::add_credential(tx, &new, now)?;
        Ok(())
    }
}

impl Snapshot<'_> {
    /// Returns what a link leads to; `waits` is the cookie of a browser that enrolled.
    pub(crate) fn link(
        &self,
        secret: &str,
        waits: Option<&str>,
        now: Timestamp,
    ) -> Result<LinkView, AppError> {
        let link = people::link(self.conn, &secret::hash("link", secret))?;
        let Some(link) = link else {
            return Ok(LinkView::Closed);
        };
        let person = people::person(self.conn, link.person)?;
        let Some(person) = person.filter(|person| person.ended.is_none()) else {
            return Ok(LinkView::Closed);
        };
        if link.is_open(now) && person.locked.is_none() {
            return Ok(LinkView::Open { person });
        }
        let hash = waits.map(|waits| secret::hash("waits", waits));
        let is_browser = hash.is_some_and(|hash| person.waits_hash.as_deref() == Some(&hash));
        Ok(match (person.words, person.confirmed) {
            _ if !is_browser => LinkView::Closed,
            (_, Some(_)) => LinkView::Confirmed { name: person.name },
            (Some(words), None) => LinkView::Waits {
                name: person.name,
                words,
            },
            (None, None) => LinkView::Closed,
        })
    }
}

impl AppHandle {
    /// Counts an attempt to make something to sign in with, in the pace of sign-ins.
    ///
    /// # Errors
    /// If there are too many from this address, or from all strangers.
    pub(crate) fn admits_enrolment(&self, from: Option<IpAddr>) -> Result<(), EnrolError> {
        let admits = self.shared.entrance.pace.admits_attempt(from);
        admits.then_some(()).ok_or(EnrolError::Pace)
    }

    /// Returns the authenticator app that somebody with this link sets up: the one that their page
    /// carries, or a new one, so that after a slip no one sets up a second one.
    pub(crate) fn setup(&self, link: &str, carried: &str) -> Setup {
        let (seals, now) = (&self.shared.entrance.seals, clock::now());
        let opened = seals.open(Kind::Setup, link, carried, now);
        if let Some(Ok(bytes)) = opened.map(|opened| opened.bytes.try_into()) {
            return Setup {
                ceremony: carried.to_owned(),
                secret: CodeSecret::new(bytes),
            };
        }
        let secret = CodeSecret::random();
        Setup {
            ceremony: seals.seal(Kind::Setup, link, secret.as_bytes(), now),
            secret,
        }
    }

    /// Returns a proof of a new password and the first code of an app.
    ///
    /// # Errors
    /// If the password is too short or guessed first, or the code is wrong.
    pub(crate) async fn new_password(
        &self,
        link: &str,
        said: NewPassword<'_>,
    ) -> Result<Proof, EnrolError> {
        if !is_long_enough(&said.password) {
            return Err(EnrolError::Short);
        }
        let (asked, now) = (link.to_owned(), clock::now());
        let found = self.read(move |at| at.link(&asked, None, now)).await?;
        let LinkView::Open { person } = found else {
            return Err(EnrolError::Closed);
        };
        let about = [&person.name, &person.organisation, self.network()];
        if is_guessed(&said.password, &about) {
            return Err(EnrolError::Guessed);
        }
        if said.password != said.again {
            return Err(EnrolError::Differ);
        }
        let entrance = &self.shared.entrance;
        let setup = entrance.seals.open(Kind::Setup, link, said.setup, now);
        let setup = setup.ok_or(EnrolError::Over)?;
        let secret = setup.bytes.as_slice().try_into().map(CodeSecret::new);
        let secret = secret.map_err(|_| EnrolError::Over)?;
        let step = secret.step_of(said.code, now).ok_or(EnrolError::Code)?;
        let hashed = entrance.passwords.hash(said.password).await?;
        Ok(Proof {
            key: None,
            label: "password and code".to_owned(),
            secret: [hashed.as_slice(), secret.as_bytes()].concat(),
            step,
        })
    }

    /// Enrols the person of a link: spends it, adds what they sign in with, and makes the words
    /// that an admin compares, in one transaction.
    ///
    /// # Errors
    /// If the link is closed.
    pub(crate) async fn enrol(&self, secret: &str, proof: Proof) -> Result<Enrolled, EnrolError> {
        let (hash, now) = (secret::hash("link", secret), clock::now());
        let waits = secret::cookie();
        let waits_hash = secret::hash("waits", &waits);
        let words = fresh_words();
        let enrol = move |tx: &Transaction<'_>| {
            let link = people::link(tx, &hash)?.ok_or(EnrolError::Closed)?;
            let person = people::person(tx, link.person)?.ok_or(EnrolError::Closed)?;
            let is_kept_out = person.ended.is_some() || person.locked.is_some();
            if is_kept_out || !people::spend(tx, link.number, now)? {
                return Err(EnrolError::Closed);
            }
            if proof.key.is_none() && person.roles.has(Role::Admin) {
                return Err(EnrolError::NeedsPasskey);
            }
            if link.is_reset {
                people::end_credentials(tx, person.number, now)?;
            }
            proof.add(tx, person.number, now)?;
            people::enrolled(tx, person.number, (&words, &waits_hash), now)?;
            let act = enrolled_act(&link);
            ledger::record(tx, now, &person.name, act, &proof.label)?;
            Ok(())
        };
        self.shared.store.write(enrol).await?;
        Ok(Enrolled { waits })
    }
}

const fn enrolled_act(link: &LinkRow) -> &'static str {
    if link.is_reset {
        "enrol again"
    } else {
        "enrol"
    }
}
