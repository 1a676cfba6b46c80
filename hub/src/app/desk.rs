//! The operator's desk: acts and the ledger.

use std::sync::Arc;

use weft_host::{
    clock,
    list::{Column, List},
};
use weft_shared::time::Timestamp;
use weft_store::Transaction;

use super::{AppError, AppHandle, Snapshot};
use crate::{
    limits,
    store::ledger::{self, LedgerRow},
};

/// The ledger, as a page lists it.
pub const LEDGER: List<LedgerRow> = List::new(&[
    Column::new("when", |row: &LedgerRow| row.at.into()),
    Column::new("who", |row: &LedgerRow| (&*row.who).into()),
    Column::new("what", |row: &LedgerRow| (&*row.act).into()),
    Column::new("about", |row: &LedgerRow| (&*row.subject).into()),
]);

impl Snapshot<'_> {
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
