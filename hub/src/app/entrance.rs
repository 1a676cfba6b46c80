//! The entrance: links with which people enrol, sign-ins, and the sessions that follow.

mod attempt;
mod enrol;
mod passkeys;
mod sign;

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use weft_host::clock;
use weft_shared::time::Timestamp;
use weft_store::Transaction;

pub(crate) use self::{
    enrol::{EnrolError, Enrolled, LinkView, NewPassword, Proof, Setup},
    passkeys::Offer,
    sign::{Refusal, SignIn},
};
use super::{AppError, AppHandle, Shared, Snapshot};
use crate::{
    access::{
        pace::{Pace, tokens::TokenPace},
        password::Passwords,
        roles::{Role, Roles},
        sealed::Seals,
        secret,
        visitor::{ReadsAs, Signed, Visitor},
    },
    limits::{PURPOSE_CHARS, SESSION_FRESH_MS, SESSION_IDLE_MS, SESSION_MS_MAX, SESSION_USED_MS},
    store::{
        ledger::resets,
        people,
        sessions::{self, CredentialRow, SessionRow},
        tokens::TokenRow,
    },
};

/// The state of the entrance in memory: nothing that outlives the program.
#[derive(Debug)]
pub(crate) struct Entrance {
    pub(crate) passwords: Passwords,
    pub(crate) pace: Pace,
    pub(crate) tokens: TokenPace,
    /// The same of people who have signed in, by their numbers.
    pub(crate) people: TokenPace,
    /// The seals of ceremonies that pages carry.
    pub(crate) seals: Seals,
    /// Whether there is any person, as the store has it: no page of a hub without people reads for
    /// that.
    has_people: AtomicBool,
}

impl Entrance {
    /// Makes the entrance of a hub that has people, or none so far, with the addresses from which
    /// they signed in lately.
    pub(crate) fn new(has_people: bool, known: Vec<IpAddr>) -> Self {
        Self {
            has_people: AtomicBool::new(has_people),
            passwords: Passwords::new(),
            pace: Pace::new(known),
            tokens: TokenPace::new(),
            people: TokenPace::new(),
            seals: Seals::new(),
        }
    }
}

/// A person's own access, as they may see it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) credentials: Vec<CredentialRow>,
    pub(crate) sessions: Vec<SessionRow>,
    pub(crate) tokens: Vec<TokenRow>,
}

impl Snapshot<'_> {
    /// Returns who asks, by the cookie of their session, and the session if its use is to be
    /// written again.
    fn visitor(&self, cookie: &str, now: Timestamp) -> Result<(Visitor, Option<i64>), AppError> {
        let found = sessions::session(self.conn, &secret::hash("cookie", cookie))?;
        let Some(session) = found.filter(|session| lasts(session, now)) else {
            return Ok((Visitor::Stranger, None));
        };
        let person = people::person(self.conn, session.person)?;
        let Some(person) = person.filter(people::PersonRow::is_in) else {
            return Ok((Visitor::Stranger, None));
        };
        let is_admin = person.roles.has(Role::Admin);
        let without: Roles = [Role::Analyst, Role::National].into_iter().collect();
        let resets = match is_admin {
            true => resets::unseen(self.conn, &person.name, person.invited)?,
            false => Vec::new(),
        };
        let again = now.ms() - session.used.ms() >= SESSION_USED_MS;
        let whose = (person.number, person.name.as_str(), person.named);
        let signed = Signed {
            reads_as: ReadsAs::person(whose, &person.organisation, &session.purpose),
            session: session.number,
            person: person.number,
            name: person.name,
            organisation: person.organisation,
            roles: if session.by_passkey {
                person.roles
            } else {
                person.roles.and(without)
            },
            needs_passkey: is_admin && !session.by_passkey,
            by_passkey: session.by_passkey,
            fresh: now.ms() - session.began.ms() < SESSION_FRESH_MS,
            purpose: session.purpose,
            resets,
        };
        let used = again.then_some(session.number);
        Ok((Visitor::Signed(signed.into()), used))
    }

    /// Returns what a person may see of their own access.
    pub(crate) fn account(&self, person: i64, now: Timestamp) -> Result<Account, AppError> {
        let since = now.plus_ms(-SESSION_MS_MAX);
        let mut sessions = sessions::sessions(self.conn, person, since)?;
        sessions.retain(|session| lasts(session, now));
        Ok(Account {
            credentials: sessions::credentials(self.conn, person)?,
            tokens: self.tokens_of(person, now)?,
            sessions,
        })
    }
}

impl AppHandle {
    /// Whether there is any person: from then on the pages need a sign-in.
    pub(crate) fn has_people(&self) -> bool {
        self.shared.entrance.has_people.load(Ordering::Acquire)
    }

    /// Returns who asks, by the cookie of their session. `is_public` is a hub that is reached from
    /// other computers.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn visitor(
        &self,
        cookie: Option<String>,
        is_public: bool,
    ) -> Result<Visitor, AppError> {
        if !is_public && !self.has_people() {
            return Ok(Visitor::Here);
        }
        let (Some(cookie), now) = (cookie, clock::now()) else {
            return Ok(Visitor::Stranger);
        };
        let found = self.read(move |at| at.visitor(&cookie, now));
        let (visitor, used) = found.await?;
        if let Some(session) = used {
            let write = self
                .shared
                .store
                .write(move |tx| sessions::session_used(tx, session, now));
            // On a full disk people still read what they may.
            if let Err(error) = write.await {
                tracing::warn!(%error, "the use of a session could not be written");
            }
        }
        Ok(visitor)
    }
}

impl Shared {
    /// Opens the pages to people alone, once the first of them is in the store.
    pub(super) fn first_person(self: &Arc<Self>, tx: &Transaction<'_>) {
        let shared = Arc::clone(self);
        tx.on_commit(move || shared.entrance.has_people.store(true, Ordering::Release));
    }
}

/// Whether a session has neither been idle for too long nor lasted too long. A clock that was set
/// back ends it.
fn lasts(session: &SessionRow, now: Timestamp) -> bool {
    let within =
        |since: Timestamp, most: i64| (-SESSION_USED_MS..most).contains(&(now.ms() - since.ms()));
    within(session.used, SESSION_IDLE_MS) && within(session.began, SESSION_MS_MAX)
}

/// Returns a purpose as it is kept, if it is long enough to say something.
pub(crate) fn purpose(text: &str) -> Option<String> {
    let text = weft_shared::model::clean_text(text);
    let fits = PURPOSE_CHARS.contains(&text.chars().count());
    (fits && !text.chars().any(char::is_control)).then_some(text)
}
