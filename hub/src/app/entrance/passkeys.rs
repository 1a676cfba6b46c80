//! Passkeys: made with an invite or by somebody who has signed in, and used to sign in.

use std::net::IpAddr;

use weft_host::clock;
use weft_shared::model::spelling::folded_name;
use weft_store::Transaction;

use super::{
    AppError, AppHandle,
    attempt::Attempt,
    enrol::{EnrolError, Proof},
    purpose,
    sign::Refusal,
};
use crate::{
    access::{
        passkey::{self, Answer, BadPasskey, Begun},
        sealed::Kind,
        site::Site,
        visitor::Signed,
    },
    limits::PASSKEYS_MAX,
    store::{
        StoreError, ledger, people,
        sessions::{self, CredentialRow},
    },
};

/// A ceremony that a page offers: under its seal, and with the options for the browser.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) ceremony: String,
    pub(crate) options: String,
}

impl AppHandle {
    /// Offers a person to make a passkey; `whose` is the link or the account that they make it
    /// for. None if their name cannot be in one, or the pages have an
    /// address that passkeys refuse.
    pub(crate) async fn offer_passkey(
        &self,
        site: &Site,
        whose: &str,
        (person, name): (i64, &str),
    ) -> Result<Option<Offer>, AppError> {
        let known = self
            .shared
            .store
            .read(move |conn| sessions::keys(conn, person));
        let known = known.await?;
        let folded = folded_name(name);
        let begun = passkey::begin_registration(site, (&folded, name), &known);
        Ok(self.offer(begun, Kind::Register, whose))
    }

    /// Offers a sign-in with a passkey.
    pub(crate) fn offer_signing(&self, site: &Site) -> Option<Offer> {
        self.offer(passkey::begin_signing(site), Kind::SignIn, "")
    }

    /// Seals the hub's half of a ceremony, and returns it with the browser's.
    fn offer(&self, begun: Result<Begun, BadPasskey>, kind: Kind, whose: &str) -> Option<Offer> {
        let seals = &self.shared.entrance.seals;
        match begun {
            Ok(Begun { options, ours }) => Some(Offer {
                ceremony: seals.seal(kind, whose, &ours, clock::now()),
                options,
            }),
            Err(error) => {
                tracing::info!(%error, "no passkey can be offered");
                None
            }
        }
    }

    /// Returns a proof of a new passkey.
    ///
    /// # Errors
    /// If the ceremony is over, or the browser's answer is refused.
    pub(crate) fn new_passkey(
        &self,
        site: &Site,
        whose: &str,
        (ceremony, answer): (&str, &str),
    ) -> Result<Proof, EnrolError> {
        let (seals, now) = (&self.shared.entrance.seals, clock::now());
        let begun = seals.open(Kind::Register, whose, ceremony, now);
        let begun = begun.ok_or(EnrolError::PasskeyOver)?;
        let made = passkey::end_registration(site, &begun.bytes, answer).map_err(|error| {
            tracing::info!(%error, "a passkey was not made");
            EnrolError::Passkey
        })?;
        Ok(Proof {
            label: format!("passkey {}", passkey::short(&made.key)),
            key: Some(made.key),
            secret: made.secret,
            step: 0,
        })
    }

    /// Adds a passkey for somebody who has signed in.
    ///
    /// # Errors
    /// If they have too many.
    pub(crate) async fn add_passkey(
        &self,
        signed: &Signed,
        proof: Proof,
    ) -> Result<(), EnrolError> {
        let (person, who) = (signed.person, signed.name.clone());
        let now = clock::now();
        let add = move |tx: &Transaction<'_>| {
            if sessions::keys(tx, person)?.len() >= PASSKEYS_MAX {
                return Err(EnrolError::TooMany);
            }
            proof.add(tx, person, now)?;
            Ok(ledger::record(
                tx,
                now,
                &who,
                "add a passkey",
                &proof.label,
            )?)
        };
        self.shared.store.write(add).await
    }

    /// Ends a passkey of somebody who has signed in, but for the last thing that they sign in with.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn end_passkey(&self, signed: &Signed, number: i64) -> Result<(), AppError> {
        let (person, who, now) = (signed.person, signed.name.clone(), clock::now());
        let end = move |tx: &Transaction<'_>| {
            let all = sessions::credentials(tx, person)?;
            let one = all
                .iter()
                .find(|one| one.number == number && one.is_passkey);
            let Some(one) = one.filter(|_| all.len() > 1) else {
                return Ok(());
            };
            sessions::end_credential(tx, number, now)?;
            Ok::<_, AppError>(ledger::record(tx, now, &who, "end a passkey", &one.label)?)
        };
        self.shared.store.write(end).await
    }

    /// Signs somebody in by a passkey. Returns the cookie of the session.
    ///
    /// # Errors
    /// If the passkey is not one of a person who may sign in.
    pub(crate) async fn sign_in_by_passkey(
        &self,
        site: &Site,
        (ceremony, answer): (&str, &str),
        said: &str,
        from: Option<IpAddr>,
    ) -> Result<String, Refusal> {
        let entrance = &self.shared.entrance;
        if !entrance.pace.admits_attempt(from) {
            return Err(Refusal::TooMany);
        }
        let purpose = purpose(said).ok_or(Refusal::Purpose)?;
        let now = clock::now();
        let begun = entrance.seals.open(Kind::SignIn, "", ceremony, now);
        let begun = begun.ok_or(Refusal::Over)?;
        let answer = Answer::read(answer).map_err(|_| Refusal::Passkey)?;
        let key = answer.key();
        let known = self
            .shared
            .store
            .read(move |conn| sessions::passkey(conn, &key));
        let known: Option<CredentialRow> = known.await.map_err(|error: StoreError| error)?;
        let used = known
            .as_ref()
            .map(|one| answer.end(site, &begun.bytes, &one.secret));
        let used = match used {
            // An answer that was heard on its way signs no second browser in.
            Some(Ok(_)) if !entrance.seals.end_signing(&begun, now) => return Err(Refusal::Over),
            Some(Ok(used)) => Some(used),
            Some(Err(error)) => {
                tracing::info!(%error, "a passkey did not sign somebody in");
                None
            }
            None => None,
        };
        let (attempt, cookie) = Attempt::new(purpose, from, now);
        let signing = ByPasskey {
            attempt,
            known,
            used,
        };
        let is_in = self.shared.store.write(move |tx| signing.judge(tx)).await?;
        if !is_in {
            return Err(Refusal::Passkey);
        }
        entrance.pace.signed_in(from);
        Ok(cookie)
    }
}

/// An attempt to sign in with a passkey.
struct ByPasskey {
    attempt: Attempt,
    known: Option<CredentialRow>,
    /// The passkey as it is to be stored, if it signed.
    used: Option<Vec<u8>>,
}

impl ByPasskey {
    /// Begins a session if the passkey signed and still is as it was read, so that of two answers
    /// with one counter only one signs in.
    fn judge(self, tx: &Transaction<'_>) -> Result<bool, StoreError> {
        let Some(before) = &self.known else {
            self.attempt.refuse(tx, "somebody", "unknown passkey")?;
            return Ok(false);
        };
        let stands = sessions::credential(tx, before.number)?;
        let stands = stands.is_some_and(|one| one.secret == before.secret);
        let person = people::person(tx, before.person)?;
        let person = person.ok_or(StoreError::Damaged("credentials.person"))?;
        let Some(used) = self.used.as_ref().filter(|_| stands && person.is_in()) else {
            self.attempt.refuse(tx, &person.name, &before.label)?;
            return Ok(false);
        };
        sessions::passkey_used(tx, before.number, used, self.attempt.now)?;
        self.attempt.succeed(tx, &person, before)?;
        Ok(true)
    }
}
