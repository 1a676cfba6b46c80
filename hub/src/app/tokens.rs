//! Tokens, with which programs read: each belongs to a person, who says what it is for.

mod bearer;
mod error;

use std::sync::Arc;

use weft_host::{
    clock,
    list::{Column, DATA, Datum, List, PAGE, TABLE},
};
use weft_shared::{model::clean_text, time::Timestamp};
use weft_store::Transaction;

pub(crate) use self::bearer::TokenRefusal;
pub use self::error::TokenError;
use super::{AppError, AppHandle, Snapshot, entrance::purpose, network::clean_name, people::known};
use crate::{
    access::{scope::Scope, secret, visitor::Signed},
    limits::{TOKEN_DAYS, TOKEN_DAYS_MAX, TOKENS_OF_A_PERSON_MAX},
    store::{
        people::{self, PersonRow},
        tokens::{self, TokenRow},
    },
};

/// Every token, as commands and pages list it.
pub const TOKENS: List<TokenRow> = List::new(&[
    Column::new("name", |token: &TokenRow| (&*token.name).into())
        .words()
        .header(),
    Column::new("person", |token: &TokenRow| {
        Datum::from(token.person.as_deref())
    })
    .words(),
    Column::new("scope", |token: &TokenRow| token.scope.as_str().into()),
    Column::new("purpose", |token: &TokenRow| (&*token.purpose).into()).words(),
    Column::new("created", |token: &TokenRow| token.created.into()).only(DATA | PAGE),
    Column::new("expires", |token: &TokenRow| token.expires.into()),
    Column::new("used", |token: &TokenRow| token.used.into())
        .headed("last used")
        .only(DATA | PAGE),
    Column::new("revoked", |token: &TokenRow| token.revoked.into()).only(DATA | PAGE),
    Column::new("is_revoked", |token: &TokenRow| {
        token.revoked.is_some().into()
    })
    .headed("revoked")
    .shown(|token| match token.revoked {
        Some(_) => "yes".to_owned(),
        None => String::new(),
    })
    .only(TABLE),
])
.notes("; person is null if it was made before people signed in, used is null until then")
.none(
    "There are no tokens yet. Next: weft-hub token create --for NAME --purpose TEXT --days 90; \
     people also make their own at /account",
);

/// A token to make for a person.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The name; by default the person's, with a number.
    pub name: Option<String>,
    /// The purpose, which locations read: 10 to 200 characters.
    pub purpose: String,
    /// The days for which it lasts: 1 to 365.
    pub days: u32,
    /// The scope: within what the person's roles allow.
    pub scope: Scope,
}

impl NewToken {
    /// Returns it with its texts as they are kept.
    fn cleaned(self) -> Result<Self, AppError> {
        if !(1..=TOKEN_DAYS_MAX).contains(&self.days) {
            return Err(TokenError::Days.into());
        }
        Ok(Self {
            name: cleaned(self.name.as_deref())?,
            purpose: purpose(&self.purpose).ok_or(TokenError::Purpose)?,
            ..self
        })
    }
}

impl Snapshot<'_> {
    /// Returns all tokens, by name.
    ///
    /// # Errors
    /// If the store fails.
    pub fn tokens(&self) -> Result<Vec<TokenRow>, AppError> {
        Ok(tokens::list(self.conn)?)
    }

    /// Returns those of a person that stand, newest first.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn tokens_of(&self, person: i64, now: Timestamp) -> Result<Vec<TokenRow>, AppError> {
        let mut own = tokens::of_person(self.conn, person)?;
        own.retain(|token| token.stands(now));
        Ok(own)
    }
}

impl AppHandle {
    /// Makes a token of live figures on a hub where no one signs in yet. Returns it, this once. It
    /// lasts 90 days, and stands when people sign in meanwhile.
    ///
    /// # Errors
    /// If there are people, or the name is taken.
    pub async fn create_token(&self, name: &str) -> Result<String, AppError> {
        let name = cleaned(Some(name))?;
        let token = secret::token();
        let hash = secret::token_hash(&token);
        let create = move |tx: &Transaction<'_>, now| {
            if people::any(tx)? {
                return Err(TokenError::NoPerson.into());
            }
            let new = NewToken {
                name,
                purpose: BEFORE_SIGN_IN.to_owned(),
                days: TOKEN_DAYS,
                scope: Scope::Live,
            };
            let name = keep(tx, None, &new, &hash, now)?;
            Ok(Some((name, ())))
        };
        self.act("token create", create).await?;
        Ok(token)
    }

    /// Makes a token for the person of this name, on the hub's own computer. Returns it, this once.
    ///
    /// # Errors
    /// If they may not sign in, or the token would go beyond their roles.
    pub async fn create_token_for(&self, person: &str, new: NewToken) -> Result<String, AppError> {
        let (asked, new) = (clean_text(person), new.cleaned()?);
        let find = move |tx: &Transaction<'_>| known(tx, asked);
        self.make(new, find).await
    }

    /// Makes a token for the person who is signed in. Returns it, this once.
    ///
    /// # Errors
    /// If the token would go beyond their roles.
    pub(crate) async fn create_own_token(
        &self,
        signed: &Signed,
        new: NewToken,
    ) -> Result<String, AppError> {
        let (number, new) = (signed.person, new.cleaned()?);
        let name = signed.name.clone();
        let find = move |tx: &Transaction<'_>| match people::person(tx, number)? {
            Some(person) => Ok(person),
            None => known(tx, name),
        };
        self.make(new, find).await
    }

    /// Makes a token for the person that `find` finds in the transaction of the act.
    async fn make(
        &self,
        new: NewToken,
        find: impl FnOnce(&Transaction<'_>) -> Result<PersonRow, AppError> + Send + 'static,
    ) -> Result<String, AppError> {
        let (token, now) = (secret::token(), clock::now());
        let hash = secret::token_hash(&token);
        let (zone, by) = (self.shared.own.standing().zone(), Arc::clone(&self.by));
        let make = move |tx: &Transaction<'_>| {
            let person = find(tx)?;
            may_have(tx, &person, &new, now)?;
            let name = keep(tx, Some(&person), &new, &hash, now)?;
            let until = tokens::named(tx, &name)?.map(|one| zone.day(one.expires));
            let until = until.map_or_else(String::new, |day| day.to_string());
            let subject = format!("{name}, of {}: {}, until {until}", person.name, new.scope);
            let by = by.with_purpose(&new.purpose);
            Ok::<_, AppError>(by.record(tx, now, "token create", &subject)?)
        };
        self.shared.store.write(make).await?;
        Ok(token)
    }

    /// Revokes a token by its name, cleaned up as when it was made. Returns false if no live token
    /// has the name.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn revoke_token(&self, name: &str) -> Result<bool, AppError> {
        let name = clean_text(name);
        let revoke = move |tx: &Transaction<'_>, now| {
            let Some(token) = tokens::named(tx, &name)? else {
                return Ok(None);
            };
            let revoked = tokens::revoke(tx, token.number, now)?;
            Ok(revoked.then(|| (subject(&token), ())))
        };
        Ok(self.act("token revoke", revoke).await?.is_some())
    }

    /// Revokes a token of the person who is signed in, by its number. One that is not theirs, or
    /// was revoked before, stays as it is.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn revoke_own_token(
        &self,
        signed: &Signed,
        token: i64,
    ) -> Result<(), AppError> {
        let own = signed.person;
        let revoke = move |tx: &Transaction<'_>, now| {
            let found = tokens::token(tx, token)?.filter(|one| one.whose == Some(own));
            let Some(found) = found else {
                return Ok(None);
            };
            let revoked = tokens::revoke(tx, token, now)?;
            Ok(revoked.then(|| (subject(&found), ())))
        };
        self.act("token revoke", revoke).await.map(drop)
    }
}

/// A token in the ledger: its name, and its person's.
fn subject(token: &TokenRow) -> String {
    let of = token.person.iter().map(|person| format!(", of {person}"));
    std::iter::once(token.name.clone()).chain(of).collect()
}

/// Refuses a token that its person may not have today.
fn may_have(
    tx: &Transaction<'_>,
    person: &PersonRow,
    new: &NewToken,
    now: Timestamp,
) -> Result<(), AppError> {
    let name = person.name.clone();
    if !person.is_in() {
        return Err(TokenError::NotIn { name }.into());
    }
    match new.scope.within(person.roles) {
        None => return Err(TokenError::NoFigures { name }.into()),
        Some(scope) if scope != new.scope => return Err(TokenError::BeyondRoles { name }.into()),
        Some(_) => {}
    }
    let mut own = tokens::of_person(tx, person.number)?;
    own.retain(|token| token.stands(now));
    if own.len() >= TOKENS_OF_A_PERSON_MAX {
        return Err(TokenError::TooMany { name }.into());
    }
    Ok(())
}

/// Keeps a token under its name, or the first free one of its person. Returns the name.
fn keep(
    tx: &Transaction<'_>,
    person: Option<&PersonRow>,
    new: &NewToken,
    hash: &secret::SecretHash,
    now: Timestamp,
) -> Result<String, AppError> {
    let create = |name: &str| {
        let new = tokens::NewToken {
            name,
            person: person.map(|one| one.number),
            scope: new.scope,
            purpose: &new.purpose,
            days: new.days,
        };
        tokens::create(tx, &new, hash, now)
    };
    if let Some(name) = &new.name {
        if create(name)? {
            return Ok(name.clone());
        }
        let was_revoked = tokens::named(tx, name)?.is_some_and(|one| one.revoked.is_some());
        let name = name.clone();
        return Err(match was_revoked {
            true => TokenError::WasRevoked { name }.into(),
            false => TokenError::Exists { name }.into(),
        });
    }
    let (whose, mut number) = match person {
        Some(one) => (one.name.as_str(), tokens::of_person(tx, one.number)?.len()),
        None => ("token", 0),
    };
    loop {
        number += 1;
        let name = format!("{whose} {number}");
        if create(&name)? {
            return Ok(name);
        }
    }
}

/// A name as it is kept; none if it is left to the hub.
fn cleaned(name: Option<&str>) -> Result<Option<String>, AppError> {
    let name = name.map(|name| clean_name("token's name", name));
    name.transpose()
}

/// The purpose of a token that was made before people signed in.
const BEFORE_SIGN_IN: &str = "before sign-in";
