//! People of the hub: who was invited, confirmed, locked, and who left.

mod error;
mod named;
mod resets;

use std::sync::Arc;

use weft_host::{
    clock,
    list::{Column, DATA, List},
    random::random_bytes,
};
use weft_shared::{
    identity::ConfirmationWords,
    model::{
        clean_text,
        reader::{Reader, ReaderRole},
        spelling::folded_name,
    },
    text::counted,
    time::Timestamp,
};
use weft_store::Transaction;

pub use self::error::PersonError;
use self::named::present;
pub(crate) use self::{
    named::{known, like},
    resets::Unseen,
};
use super::{AppError, AppHandle, Snapshot, network::clean_name};
use crate::{
    access::{
        roles::{Role, Roles},
        secret,
        visitor::{ANYBODY, HERE},
    },
    limits::{PEOPLE_MAX, PERSON_INVITE_MS, PERSON_RESET_MS},
    settings,
    store::{
        ledger::resets::{NEW_ADMIN, RESET, UNLOCKED},
        people::{self, NewPerson, PersonRow},
        sessions::{self, CredentialRow},
    },
};

/// A person as commands and pages list them.
#[derive(Clone, Debug)]
pub struct PersonView {
    /// The row.
    pub row: PersonRow,
    /// Until when an open link of theirs may be used.
    pub link_until: Option<Timestamp>,
    /// The passkeys and passwords with which they sign in.
    pub credentials: Vec<CredentialRow>,
    /// When they last signed in.
    pub signed_in: Option<Timestamp>,
}

impl PersonView {
    /// Whether they have the role admin and no passkey, without which it opens nothing. Somebody
    /// who has yet to enrol is asked for one then.
    pub(crate) fn needs_passkey(&self) -> bool {
        let has_key = self.credentials.iter().any(|one| one.is_passkey);
        self.row.roles.has(Role::Admin) && !self.credentials.is_empty() && !has_key
    }

    /// Their means of signing in, in words; empty if there is none.
    fn means(&self) -> String {
        let passkeys = self.credentials.iter().filter(|one| one.is_passkey).count();
        let passwords = self.credentials.len() - passkeys;
        let mut means = Vec::new();
        if passkeys > 0 {
            means.push(counted(passkeys as u64, "passkey", "passkeys"));
        }
        if passwords > 0 {
            means.push("password and code".to_owned());
        }
        means.join(", ")
    }
}

/// Every person, as commands and pages list them.
pub const PEOPLE: List<PersonView> = List::new(&[
    Column::new("name", |one: &PersonView| (&*one.row.name).into())
        .words()
        .header(),
    Column::new("organisation", |one: &PersonView| {
        (&*one.row.organisation).into()
    })
    .words(),
    Column::new("roles", |one: &PersonView| one.row.roles.to_string().into())
        .shown(|one| one.row.roles.to_string().replace(' ', ", "))
        .words(),
    Column::new("state", |one: &PersonView| one.row.state().into()).shown(|one| {
        let state = one.row.state();
        if state == "in" { "may sign in" } else { state }.to_owned()
    }),
    Column::new("named", |one: &PersonView| one.row.named.into())
        .headed("named to locations")
        .shown(|one| if one.row.named { "yes" } else { "no" }.to_owned())
        .only(DATA),
    Column::new("since", |one: &PersonView| one.row.confirmed.into()).only(DATA),
    Column::new("signs_in_with", |one: &PersonView| one.means().into())
        .headed("signs in with")
        .words(),
    Column::new("signed_in", |one: &PersonView| one.signed_in.into())
        .headed("last sign-in")
        .or("never"),
    Column::new("link_until", |one: &PersonView| one.link_until.into())
        .headed("link open until")
        .only(DATA),
])
.none("There are no people yet. Next: weft-hub person invite NAME --organisation NAME --role ROLE");

/// A person to invite.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The name with which they will sign in.
    pub name: String,
    /// Their organisation.
    pub organisation: String,
    /// Their roles.
    pub roles: Roles,
    /// Whether they agreed that locations see their name.
    pub named: bool,
}

impl Snapshot<'_> {
    /// Returns all people, by name.
    ///
    /// # Errors
    /// If the store fails.
    pub fn people(&self) -> Result<Vec<PersonView>, AppError> {
        let now = clock::now();
        let people = people::list(self.conn)?.into_iter();
        people.map(|row| self.person_view(row, now)).collect()
    }

    /// Returns the person of this name, who has not left.
    ///
    /// # Errors
    /// If there is none, or the store fails.
    pub(crate) fn person_named(&self, name: &str) -> Result<PersonView, AppError> {
        let row = present(self.conn, clean_text(name))?;
        self.person_view(row, clock::now())
    }

    /// Returns the person of this number.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn person(&self, number: i64) -> Result<Option<PersonView>, AppError> {
        let row = people::person(self.conn, number)?;
        row.map(|row| self.person_view(row, clock::now()))
            .transpose()
    }

    fn person_view(&self, row: PersonRow, now: Timestamp) -> Result<PersonView, AppError> {
        let (conn, number) = (self.conn, row.number);
        Ok(PersonView {
            link_until: people::open_until(conn, number, now)?,
            credentials: sessions::credentials(conn, number)?,
            signed_in: sessions::signed_in(conn, number)?,
            row,
        })
    }

    /// Returns the address of a link with this secret.
    ///
    /// # Errors
    /// If the configuration cannot be read.
    pub fn invite_url(&self, secret: &str) -> Result<String, AppError> {
        let base = match self.shared.serving().pages {
            Some(pages) => pages.national,
            None => settings::pages_url(&self.shared.data_dir)?,
        };
        Ok(format!("{base}invite/{secret}"))
    }
}

impl AppHandle {
    /// Invites a person. Returns the link with which they enrol, this once.
    ///
    /// # Errors
    /// If the name is taken, or the store fails.
    pub async fn invite_person(&self, invitation: Invitation) -> Result<String, AppError> {
        if invitation.roles.is_empty() {
            return Err(PersonError::NoRole.into());
        }
        let name = clean_name("person's name", &invitation.name)?;
        let folded = folded_name(&name);
        if folded.is_empty() {
            return Err(PersonError::NoLetters.into());
        }
        if is_of_the_ledger(&folded) {
            return Err(PersonError::NameReserved { name }.into());
        }
        let new = NewPerson {
            folded,
            organisation: clean_name("organisation's name", &invitation.organisation)?,
            roles: invitation.roles,
            named: invitation.named,
            name,
        };
        let secret = secret::link();
        let hash = secret::hash("link", &secret);
        let (shared, by) = (Arc::clone(&self.shared), Arc::clone(&self.by));
        let invite = move |tx: &Transaction<'_>, now: Timestamp| {
            if people::count(tx)? >= PEOPLE_MAX {
                return Err(PersonError::TooMany.into());
            }
            let Some(person) = people::create(tx, &new, now)? else {
                let name = new.name;
                return Err(PersonError::NameTaken { name }.into());
            };
            shared.first_person(tx);
            let expires = now.plus_ms(PERSON_INVITE_MS);
            people::add_link(tx, (person, false), &hash, now, expires)?;
            if new.roles.has(Role::Admin) {
                by.record(tx, now, NEW_ADMIN, &new.name)?;
            }
            let subject = format!("{}, {}: {}", new.name, new.organisation, new.roles);
            Ok(Some((subject, ())))
        };
        self.act("person invite", invite).await?;
        self.read(move |at| at.invite_url(&secret)).await
    }

    /// Makes a new link for a person who has lost what they sign in with, or whose invite expired.
    /// Ends their sessions; what they signed in with, and their tokens, end once the link is used.
    ///
    /// # Errors
    /// If there is no such person, or they left.
    pub async fn reset_person(&self, name: &str) -> Result<String, AppError> {
        let secret = secret::link();
        let hash = secret::hash("link", &secret);
        let (asked, by, now) = (clean_text(name), Arc::clone(&self.by), clock::now());
        let reset = move |tx: &Transaction<'_>| {
            let person = present(tx, asked)?;
            people::shut_out(tx, person.number, now)?;
            let is_reset = person.enrolled.is_some();
            // A link for somebody who never enrolled lets no one begin again.
            let (act, life_ms) = match is_reset {
                true => (RESET, PERSON_RESET_MS),
                false => ("person invite again", PERSON_INVITE_MS),
            };
            let link = (person.number, is_reset);
            people::add_link(tx, link, &hash, now, now.plus_ms(life_ms))?;
            Ok::<_, AppError>(by.record(tx, now, act, &person.name)?)
        };
        self.shared.store.write(reset).await?;
        self.read(move |at| at.invite_url(&secret)).await
    }

    /// Confirms that the person who enrolled is the one who was invited: the words are those that
    /// their browser shows, if any are given.
    ///
    /// # Errors
    /// If they have not enrolled, or the words are others.
    pub async fn confirm_person(&self, name: &str, words: Option<&str>) -> Result<(), AppError> {
        let heard = words.map(str::parse::<ConfirmationWords>).transpose();
        let heard = heard.map_err(|error| PersonError::NotWords(error.to_string()))?;
        let confirm = move |tx: &Transaction<'_>, person: PersonRow, now: Timestamp| {
            let name = person.name.clone();
            let Some(shown) = &person.words else {
                return Err(PersonError::NotEnrolled { name }.into());
            };
            if heard.is_some_and(|heard| heard.to_string() != *shown) {
                return Err(PersonError::OtherWords { name }.into());
            }
            if person.confirmed.is_some() {
                return Err(PersonError::Confirmed { name }.into());
            }
            people::confirm(tx, person.number, now)?;
            Ok(())
        };
        let after = |person: &mut PersonRow, now| person.confirmed = Some(now);
        self.act_on_reader("person confirm", name, after, confirm)
            .await
    }

    /// Gives a person other roles, and ends their sessions.
    ///
    /// # Errors
    /// If there is no such person, or it would leave no admin.
    pub async fn set_roles(&self, name: &str, roles: Roles) -> Result<(), AppError> {
        if roles.is_empty() {
            return Err(PersonError::NoRole.into());
        }
        let by = Arc::clone(&self.by);
        let set = move |tx: &Transaction<'_>, person: PersonRow, now: Timestamp| {
            if !roles.has(Role::Admin) {
                another_admin(tx, &person)?;
            } else if !person.roles.has(Role::Admin) {
                by.record(tx, now, NEW_ADMIN, &person.name)?;
            }
            people::set_roles(tx, person.number, roles)?;
            Ok(people::shut_out(tx, person.number, now)?)
        };
        let act = format!("person roles {roles}");
        let after = move |person: &mut PersonRow, _| person.roles = roles;
        self.act_on_reader(&act, name, after, set).await
    }

    /// Keeps a person out until they are unlocked, and ends their sessions.
    ///
    /// # Errors
    /// If there is no such person, or it would leave no admin.
    pub async fn lock_person(&self, name: &str, locked: bool) -> Result<(), AppError> {
        let by = Arc::clone(&self.by);
        let lock = move |tx: &Transaction<'_>, person: PersonRow, now: Timestamp| {
            if locked {
                another_admin(tx, &person)?;
                people::shut_out(tx, person.number, now)?;
            } else if person.locked.is_some() && person.roles.has(Role::Admin) {
                by.record(tx, now, UNLOCKED, &person.name)?;
            }
            Ok(people::set_locked(
                tx,
                person.number,
                locked.then_some(now),
            )?)
        };
        let act = if locked {
            "person lock"
        } else {
            "person unlock"
        };
        let after = move |person: &mut PersonRow, now| person.locked = locked.then_some(now);
        self.act_on_reader(act, name, after, lock).await
    }

    /// Ends a person's part in the hub: nothing of theirs opens anything.
    ///
    /// # Errors
    /// If there is no such person, or it would leave no admin.
    pub async fn end_person(&self, name: &str) -> Result<(), AppError> {
        let end = move |tx: &Transaction<'_>, person: PersonRow, now: Timestamp| {
            another_admin(tx, &person)?;
            people::shut_out(tx, person.number, now)?;
            people::end_credentials(tx, person.number, now)?;
            Ok(people::end(tx, person.number, now)?)
        };
        let after = |person: &mut PersonRow, now| person.ended = Some(now);
        self.act_on_reader("person end", name, after, end).await
    }

    /// Does an act on the person of this name, with its row in the ledger.
    async fn act_on(
        &self,
        act: &str,
        name: &str,
        job: impl FnOnce(&Transaction<'_>, PersonRow, Timestamp) -> Result<(), AppError>
        + Send
        + 'static,
    ) -> Result<(), AppError> {
        let name = clean_text(name);
        let on = move |tx: &Transaction<'_>, now| {
            let person = present(tx, name)?;
            let name = person.name.clone();
            job(tx, person, now)?;
            Ok(Some((name, ())))
        };
        self.act(act, on).await.map(drop)
    }

    /// The same of an act that changes who may read: every node hears of it, in the same
    /// transaction. `after` is what the act makes of the person.
    async fn act_on_reader(
        &self,
        act: &str,
        name: &str,
        after: impl Fn(&mut PersonRow, Timestamp),
        job: impl FnOnce(&Transaction<'_>, PersonRow, Timestamp) -> Result<(), AppError>
        + Send
        + 'static,
    ) -> Result<(), AppError> {
        let asked = clean_text(name);
        let found = self.read(move |at| {
            let person = present(at.conn, asked)?;
            let number = u32::try_from(person.number).ok();
            let listed = number.and_then(|number| at.readers().remove(&number));
            Ok((person, listed.map(|listed| listed.since)))
        });
        let (mut person, since) = found.await?;
        after(&mut person, clock::now());
        let Some(reader) = reader_of(&person, since) else {
            // They were never let in, so no node knows of them: unless another act lets them in.
            let alone = move |tx: &Transaction<'_>, person: PersonRow, now: Timestamp| {
                let (number, name) = (person.number, person.name.clone());
                job(tx, person, now)?;
                match people::person(tx, number)?.and_then(|one| reader_of(&one, since)) {
                    None => Ok(()),
                    Some(_) => Err(PersonError::Meanwhile { name }.into()),
                }
            };
            return self.act_on(act, name, alone).await;
        };
        let (act, number, name) = (act.to_owned(), person.number, person.name);
        let (subject, by) = (name.clone(), Arc::clone(&self.by));
        let announced = reader.clone();
        let on = move |tx: &Transaction<'_>, now| {
            job(tx, present(tx, name.clone())?, now)?;
            let stands = people::person(tx, number)?.and_then(|one| reader_of(&one, since));
            if !stands.is_some_and(|stands| is_same(&stands, &announced)) {
                return Err(PersonError::Meanwhile { name }.into());
            }
            Ok(by.record(tx, now, &act, &subject)?)
        };
        let number = u32::try_from(number).map_err(|_| PersonError::TooMany)?;
        self.announce_reader(number, reader, on).await
    }
}

/// Returns a person as locations see them, if they were ever let in. One who began again and waits
/// to be confirmed has been in the list since `listed`.
fn reader_of(person: &PersonRow, listed: Option<Timestamp>) -> Option<Reader> {
    let roles = person.roles.iter().map(|role| match role {
        Role::Analyst => ReaderRole::Analyst,
        Role::National => ReaderRole::National,
        Role::Admin => ReaderRole::Admin,
    });
    Some(Reader {
        roles: roles.collect(),
        organisation: person.organisation.clone(),
        name: person.named.then(|| person.name.clone()),
        purpose: None,
        since: person.confirmed.or(listed)?,
        until: person.ended.or(person.locked),
    })
}

/// Whether two say the same but for the moment.
fn is_same(one: &Reader, other: &Reader) -> bool {
    one.roles == other.roles && one.until.is_some() == other.until.is_some()
}

/// Refuses an act that would leave no one who can look after people. The computer itself still
/// could, so this only guards against a slip.
fn another_admin(tx: &Transaction<'_>, person: &PersonRow) -> Result<(), AppError> {
    if !looks_after(tx, person)? {
        return Ok(());
    }
    for other in people::list(tx)? {
        if other.number != person.number && looks_after(tx, &other)? {
            return Ok(());
        }
    }
    let name = person.name.clone();
    Err(PersonError::LastAdmin { name }.into())
}

/// Whether a person can look after people: the role alone opens nothing without a passkey.
fn looks_after(tx: &Transaction<'_>, person: &PersonRow) -> Result<bool, AppError> {
    let may = person.roles.has(Role::Admin) && person.is_in();
    Ok(may && !sessions::keys(tx, person.number)?.is_empty())
}

/// Names of the ledger for those who are no person: a row must not lie about who did something.
const NAMES_OF_THE_LEDGER: [&str; 4] = [HERE, "operator", "somebody", ANYBODY];

/// Whether a folded name could be taken for one of the ledger's own, a token's, or the number of a
/// reader whom locations do not know by name.
fn is_of_the_ledger(folded: &str) -> bool {
    let mut words = folded.split('_');
    let is_numbered = match words.next() {
        Some("token") => words.next().is_some(),
        Some("reader") => words.next().is_some_and(|word| word.parse::<u64>().is_ok()),
        _ => false,
    };
    is_numbered
        || NAMES_OF_THE_LEDGER
            .iter()
            .any(|one| folded_name(one) == folded)
}

/// Four random words, for a person who enrols.
pub(crate) fn fresh_words() -> String {
    ConfirmationWords::of_bits(u64::from_be_bytes(random_bytes())).to_string()
}
