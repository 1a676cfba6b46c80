//! Entries of the hub's own that nodes give back after a restore from a backup.

use std::{
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use super::{OwnDocuments, Standing};
use crate::app::{AppError, AppHandle, Shared};

/// Whether entries came back that the documents lack.
#[derive(Debug, Default)]
pub(crate) struct Arrived {
    any: AtomicBool,
    noted: Notify,
}

impl Arrived {
    /// Notes that some did, once they are committed.
    pub(crate) fn note(&self) {
        self.any.store(true, Ordering::Release);
        self.noted.notify_one();
    }
}

impl OwnDocuments {
    /// The place to note entries that came back.
    pub(crate) fn arrived(&self) -> Arc<Arrived> {
        Arc::clone(&self.arrived)
    }

    /// Takes in entries that came back. The caller keeps all edits out meanwhile.
    pub(super) async fn catch_up(&self, shared: &Shared) -> Result<(), AppError> {
        if !self.arrived.any.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        // If this fails, or its caller gives up, they are still to be taken in.
        let mut taking = Taking(Some(&self.arrived));
        let zero = self.roster(shared).await?;
        let standing = Standing::load(&shared.store, &shared.identity, &zero).await?;
        let committed = self.committed.write();
        *committed.unwrap_or_else(PoisonError::into_inner) = Arc::new(standing);
        taking.0 = None;
        Ok(())
    }
}

impl AppHandle {
    /// Takes in what nodes give back, until it is dropped.
    pub async fn keep_own_documents(self) {
        let own = &self.shared.own;
        loop {
            own.arrived.noted.notified().await;
            let alone = own.alone(&self.shared).await;
            if let Err(error) = alone {
                tracing::error!(%error, "entries that came back are not in the documents yet");
                tokio::time::sleep(RETRY_TIME).await;
            }
        }
    }
}

/// Entries that are being taken in; they are noted again unless that ends.
struct Taking<'a>(Option<&'a Arrived>);

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        if let Some(arrived) = self.0 {
            arrived.note();
        }
    }
}

/// Time until documents that could not be read are read again.
const RETRY_TIME: Duration = Duration::from_secs(5);
