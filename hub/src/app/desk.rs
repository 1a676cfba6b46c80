//! The operator's desk: tokens and the ledger.

use std::sync::Arc;

use weft_host::{
    clock,
    list::{Column, List},
};
use weft_shared::{model::clean_text, time::Timestamp};
use weft_store::Transaction;

use super::{AppError, AppHandle, Snapshot, network::clean_name};
use crate::{
    access::secret,
    limits,
    store::ledger::{self, LedgerRow, TokenRow},
};

/// Every token, as commands and pages list it.
pub const TOKENS: List<TokenRow> = List::new(&[
    Column::new("name", |token: &TokenRow| (&*token.name).into())
        .words()
        .header(),
    Column::new("role", |token: &TokenRow| (&*token.role).into()),
    Column::new("created", |token: &TokenRow| token.created.into()),
    Column::new("revoked", |token: &TokenRow| token.revoked.into()),
])
.none("There are no tokens yet. Next: weft-hub token create NAME");

/// The ledger, as a page lists it.
pub const LEDGER: List<LedgerRow> = List::new(&[
    Column::new("when", |row: &LedgerRow| row.at.into()),
    Column::new("who", |row: &LedgerRow| (&*row.who).into()),
    Column::new("what", |row: &LedgerRow| (&*row.act).into()),
    Column::new("about", |row: &LedgerRow| (&*row.subject).into()),
]);

impl Snapshot<'_> {
    /// Returns all tokens, by name.
    ///
    /// # Errors
    /// If the store fails.
    pub fn tokens(&self) -> Result<Vec<TokenRow>, AppError> {
        Ok(ledger::tokens(self.conn)?)
    }

    /// Returns the token with this text, unless it was revoked or is over.
    ///
    /// # Errors
    /// If the store fails.
    pub fn token(&self, text: &str, now: Timestamp) -> Result<Option<TokenRow>, AppError> {
        if !secret::may_be_token(text) {
            return Ok(None);
        }
        Ok(ledger::token(self.conn, &secret::token_hash(text), now)?)
    }

    /// Returns rows of the ledger, newest first.
    ///
    /// # Errors
    /// If the store fails.
    pub fn ledger(&self, rows_max: u32) -> Result<Vec<LedgerRow>, AppError> {
        let rows_max = rows_max.min(limits::LEDGER_ROWS_MAX);
        Ok(ledger::list(self.conn, rows_max)?)
    }
}

impl AppHandle {
    /// Creates a token and returns it, this once.
    ///
    /// # Errors
    /// If the name is taken.
    pub async fn create_token(&self, name: &str) -> Result<String, AppError> {
        let name = clean_name("token's name", name)?;
        let token = secret::token();
        let (hash, label) = (secret::token_hash(&token), name);
        let create = move |tx: &Transaction<'_>, now| {
            if ledger::create_token(tx, &label, &hash, now)?.is_some() {
                return Ok(Some((label, ())));
            }
            let mut tokens = ledger::tokens(tx)?.into_iter();
            let name = label;
            Err(
                match tokens.any(|one| one.name == name && one.revoked.is_some()) {
                    true => AppError::TokenRevoked { name },
                    false => AppError::TokenExists { name },
                },
            )
        };
        self.act("token create", create).await?;
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
            let revoked = ledger::revoke_token(tx, &name, now)?;
            Ok(revoked.then_some((name, ())))
        };
        Ok(self.act("token revoke", revoke).await?.is_some())
    }

    /// Does an act. The transaction that does it writes its row in the ledger, so
    /// that neither stands without the other. `job` returns the subject for the ledger and the
    /// answer; none if there was nothing to do.
    pub(super) async fn act<T: Send + 'static>(
        &self,
        act: &str,
        job: impl FnOnce(&Transaction<'_>, Timestamp) -> Result<Option<(String, T)>, AppError>
        + Send
        + 'static,
    ) -> Result<Option<T>, AppError> {
        let (now, act, by) = (clock::now(), act.to_owned(), Arc::clone(&self.by));
        let done = self.shared.store.write(move |tx| {
            let Some((subject, answer)) = job(tx, now)? else {
                return Ok(None);
            };
            by.record(tx, now, &act, &subject)?;
            Ok(Some(answer))
        });
        done.await
    }
}
