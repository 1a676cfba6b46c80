//! One attempt to sign in, by any means: the session that it begins, and what the ledger says of
//! it.

use std::net::IpAddr;

use weft_shared::time::Timestamp;
use weft_store::Transaction;

use crate::{
    access::secret,
    limits::SESSION_MS_MAX,
    store::{
        StoreError,
        ledger::{self, Act},
        people::PersonRow,
        sessions::{self, CredentialRow},
    },
};

/// An attempt to sign in.
pub(super) struct Attempt {
    purpose: String,
    from: Option<IpAddr>,
    cookie: secret::SecretHash,
    pub(super) now: Timestamp,
}

impl Attempt {
    /// Returns an attempt, and the cookie of the session if it succeeds.
    pub(super) fn new(purpose: String, from: Option<IpAddr>, now: Timestamp) -> (Self, String) {
        let cookie = secret::cookie();
        let attempt = Self {
            purpose,
            from,
            cookie: secret::hash("cookie", &cookie),
            now,
        };
        (attempt, cookie)
    }

    /// Begins the session of a person.
    pub(super) fn succeed(
        &self,
        tx: &Transaction<'_>,
        person: &PersonRow,
        credential: &CredentialRow,
    ) -> Result<(), StoreError> {
        sessions::forget_before(tx, self.now.plus_ms(-2 * SESSION_MS_MAX))?;
        let whose = (person.number, credential.number, self.purpose.as_str());
        sessions::begin(tx, &self.cookie, whose, self.now)?;
        self.record(tx, &person.name, "sign in", &credential.label)
    }

    /// Records that somebody was not signed in, and why.
    pub(super) fn refuse(
        &self,
        tx: &Transaction<'_>,
        who: &str,
        why: &str,
    ) -> Result<(), StoreError> {
        self.record(tx, who, "sign-in refused", why)
    }

    fn record(
        &self,
        tx: &Transaction<'_>,
        who: &str,
        act: &str,
        subject: &str,
    ) -> Result<(), StoreError> {
        let act = Act {
            who,
            act,
            subject,
            purpose: &self.purpose,
            from: self.from,
        };
        ledger::record_act(tx, self.now, &act)
    }
}
