//! Where a connection stands that has not been admitted yet.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::strangers::Stranger;

/// Whether one of a connection's sessions was admitted, and the place that it has until then.
#[derive(Debug)]
pub(crate) struct Door {
    admitted: Notify,
    stranger: Mutex<Option<Stranger>>,
}

impl Door {
    /// For a connection with a stranger's place, or of a device that is known.
    pub(crate) fn new(stranger: Option<Stranger>) -> Self {
        Self {
            admitted: Notify::new(),
            stranger: Mutex::new(stranger),
        }
    }

    /// A session was admitted, or its device has joined: it is no stranger any more.
    pub(super) fn admit(&self) {
        self.leave();
        self.admitted.notify_one();
    }

    /// A JOIN has come and is judged.
    pub(super) fn joins(&self) {
        if let Some(stranger) = &*self.stranger() {
            stranger.joins();
        }
    }

    /// The JOIN was refused.
    pub(super) fn is_refused(&self) {
        if let Some(stranger) = &*self.stranger() {
            stranger.is_refused();
        }
    }

    /// Waits until a session is admitted.
    pub(crate) async fn admitted(&self) {
        self.admitted.notified().await;
    }

    /// Waits until a newcomer has taken the stranger's place; for ever where there is none.
    pub(crate) async fn replaced(&self) {
        let replaced = self.stranger().as_ref().map(Stranger::replaced);
        match replaced {
            Some(replaced) => replaced.await,
            None => std::future::pending().await,
        }
    }

    /// Gives the stranger's place up.
    pub(crate) fn leave(&self) {
        drop(self.stranger().take());
    }

    fn stranger(&self) -> MutexGuard<'_, Option<Stranger>> {
        self.stranger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
