//! The operator's desk: definitions, tokens and the ledger.

use weft_host::clock;
use weft_shared::model::indicator::{Definition, definitions_from_toml};

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

/// What an import of definitions did.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    /// Added, as `CODE/version`.
    pub added: Vec<String>,
    /// How many were there already with the same content.
    pub unchanged: usize,
}

impl AppHandle {
    /// Imports definitions: all of them or none.
    ///
    /// # Errors
    /// All problems of the file at once.
    pub async fn import_definitions(&self, text: &str) -> Result<ImportReport, AppError> {
        if text.len() > limits::DEFINITIONS_BYTES_MAX {
            return Err(AppError::DefinitionsRefused(vec![format!(
                "the file has {} bytes, and at most {} are read: split it",
                text.len(),
                limits::DEFINITIONS_BYTES_MAX
            )]));
        }
        let imported =
            definitions_from_toml(text).map_err(|problems| AppError::Definitions { problems })?;
        let held = self.definitions().await?;
        let mut report = ImportReport::default();
        let mut problems = Vec::new();
        let mut new: Vec<Definition> = Vec::new();
        for definition in imported {
            let same_key = held.iter().find(|held| held.key() == definition.key());
            match same_key {
                Some(same) if same.hash() == definition.hash() => report.unchanged += 1,
                Some(_) => problems.push(format!(
                    "{} exists with other content; a definition that changes needs a new version",
                    definition.key()
                )),
                None => {
                    report.added.push(definition.key().to_string());
                    new.push(definition);
                }
            }
        }
        if !problems.is_empty() {
            return Err(AppError::DefinitionsRefused(problems));
        }
        if !new.is_empty() {
            self.act("definitions import", &report.added.join(" "))
                .await?;
            self.shared.own.put_definitions(&self.shared, new).await?;
        }
        Ok(report)
    }

    /// Every definition, by code and version.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn definitions(&self) -> Result<Vec<Definition>, AppError> {
        Ok(self.shared.own.definitions().await.into_values().collect())
    }

    /// Makes a token and gives it out this once.
    ///
    /// # Errors
    /// Where the name is taken.
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

    /// Tokens, by name.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, AppError> {
        Ok(self.shared.store.read(ledger::tokens).await?)
    }

    /// The token that `text` is, unless it was revoked.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn check_token(&self, text: &str) -> Result<Option<TokenRow>, AppError> {
        let hash = token_hash(text);
        let token = self
            .shared
            .store
            .read(move |conn| ledger::token(conn, &hash));
        Ok(token.await?)
    }

    /// Revokes a token; false where no live one has the name.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn revoke_token(&self, name: &str) -> Result<bool, AppError> {
        let (name, now) = (name.to_owned(), clock::now());
        let revoked = self.shared.store.write(move |conn| {
            ledger::record(conn, now, OPERATOR, "token revoke", &name)?;
            ledger::revoke_token(conn, &name, now)
        });
        Ok(revoked.await?)
    }

    /// The newest rows of the ledger first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn ledger(&self, rows_max: u32) -> Result<Vec<LedgerRow>, AppError> {
        let rows_max = rows_max.min(limits::LEDGER_ROWS_MAX);
        let rows = self
            .shared
            .store
            .read(move |conn| ledger::list(conn, rows_max));
        Ok(rows.await?)
    }

    /// Writes in the ledger, durably, before the deed.
    pub(super) async fn act(&self, act: &'static str, subject: &str) -> Result<(), AppError> {
        self.record(OPERATOR, act, subject).await
    }

    /// Writes that somebody read something of a location, durably, before the answer is given.
    ///
    /// # Errors
    /// Where the store fails: then nothing may be answered.
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
