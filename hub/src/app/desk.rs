//! The operator's desk: tokens and the ledger.

use weft_host::clock;

use super::{
    AppError, AppHandle,
    network::{OPERATOR, clean_name},
};
use crate::{
    limits,
    store::{
        StoreError,
        ledger::{self, LedgerRow, TokenRow},
    },
};

impl AppHandle {
    /// Creates a token and returns it, this once.
    ///
    /// # Errors
    /// If the name is taken.
    pub async fn create_token(&self, name: &str) -> Result<String, AppError> {
        let name = clean_name("token's name", name)?;
        let token = format!("weft_{}", weft_host::random::random_hex::<32>());
        let (hash, now, label) = (token_hash(&token), clock::now(), name.clone());
        let created = self.shared.store.write(move |conn| {
            let created = ledger::create_token(conn, &label, &hash, now)?;
            ledger::record(conn, now, OPERATOR, "token create", &label)?;
            Ok::<_, StoreError>(created)
        });
        match created.await? {
            Some(_) => Ok(token),
            None => Err(AppError::TokenExists { name }),
        }
    }

    /// Returns all tokens, by name.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, AppError> {
        Ok(self.shared.store.read(ledger::tokens).await?)
    }

    /// Returns the token with this text, unless it was revoked.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn check_token(&self, text: &str) -> Result<Option<TokenRow>, AppError> {
        let hash = token_hash(text);
        let token = self
            .shared
            .store
            .read(move |conn| ledger::token(conn, &hash));
        Ok(token.await?)
    }

    /// Revokes a token. Returns false if no live token has the name.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn revoke_token(&self, name: &str) -> Result<bool, AppError> {
        let (name, now) = (name.to_owned(), clock::now());
        let revoked = self.shared.store.write(move |conn| {
            ledger::record(conn, now, OPERATOR, "token revoke", &name)?;
            ledger::revoke_token(conn, &name, now)
        });
        Ok(revoked.await?)
    }

    /// Returns rows of the ledger, newest first.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn ledger(&self, rows_max: u32) -> Result<Vec<LedgerRow>, AppError> {
        let rows_max = rows_max.min(limits::LEDGER_ROWS_MAX);
        let rows = self
            .shared
            .store
            .read(move |conn| ledger::list(conn, rows_max));
        Ok(rows.await?)
    }

    /// Records an act of the operator in the ledger, durably, before it is done.
    pub(super) async fn act(&self, act: &'static str, subject: &str) -> Result<(), AppError> {
        self.record(OPERATOR, act, subject).await
    }

    /// Records durably that someone reads something of a location, before the answer is given.
    ///
    /// # Errors
    /// If the store fails. In that case nothing may be answered.
    pub async fn record(
        &self,
        who: &str,
        act: &'static str,
        subject: &str,
    ) -> Result<(), AppError> {
        let (who, subject, now) = (who.to_owned(), subject.to_owned(), clock::now());
        let written = self
            .shared
            .store
            .write(move |conn| ledger::record(conn, now, &who, act, &subject));
        Ok(written.await?)
    }
}

fn token_hash(text: &str) -> [u8; 32] {
    weft_shared::id::sha256("weft/token/1", &[text.as_bytes()])
}
