//! The admission state of a connection.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::registry::Stranger;

/// Whether one of a connection's sessions was admitted, and its place until then.
#[derive(Debug)]
pub(crate) struct AdmissionState {
    admitted: Notify,
    stranger: Mutex<Option<Stranger>>,
}

impl AdmissionState {
    /// Creates the admission of a connection with a stranger's place, or of a known device.
    pub(crate) fn new(stranger: Option<Stranger>) -> Self {
        Self {
            admitted: Notify::new(),
            stranger: Mutex::new(stranger),
        }
    }

    /// Records that a session was admitted or its device has joined, so it is no longer a stranger.
    pub(super) fn admit(&self) {
        self.leave();
        self.admitted.notify_one();
    }

    /// Records that a JOIN has come and is being judged.
    pub(super) fn joins(&self) {
        if let Some(stranger) = &*self.stranger() {
            stranger.joins();
        }
    }

    /// Records that the JOIN was refused.
    pub(super) fn is_refused(&self) {
        if let Some(stranger) = &*self.stranger() {
            stranger.is_refused();
        }
    }

    /// Waits until a session is admitted.
    pub(crate) async fn admitted(&self) {
        self.admitted.notified().await;
    }

    /// Waits until a newcomer has taken the stranger's place; never returns if there is none.
    pub(crate) async fn replaced(&self) {
        let replaced = self.stranger().as_ref().map(Stranger::replaced);
        match replaced {
            Some(replaced) => replaced.await,
            None => std::future::pending().await,
        }
    }

    /// Gives up the stranger's place.
    pub(crate) fn leave(&self) {
        drop(self.stranger().take());
    }

    fn stranger(&self) -> MutexGuard<'_, Option<Stranger>> {
        self.stranger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
