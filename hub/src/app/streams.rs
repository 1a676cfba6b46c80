//! Files of figures that are written at once: a few in all, and fewer of one reader, so that no one
//! who reads slowly keeps the data interface from others.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::AppError;
use crate::limits::{STREAM_WAIT_MAX, STREAMS_MAX, STREAMS_OF_A_READER_MAX};

/// The places of all readers, and those of each who has one or waits for it.
#[derive(Debug)]
pub(crate) struct Streams {
    all: Arc<Semaphore>,
    readers: Mutex<BTreeMap<String, Weak<Semaphore>>>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct StreamPlace {
    _one: OwnedSemaphorePermit,
    _of_reader: OwnedSemaphorePermit,
    /// As long as somebody has it, it is the same one.
    _reader: Arc<Semaphore>,
}

impl Streams {
    pub(super) fn new() -> Self {
        Self {
            all: Arc::new(Semaphore::new(STREAMS_MAX)),
            readers: Mutex::default(),
        }
    }

    /// Waits a little for a place of this reader.
    ///
    /// # Errors
    /// If there is none for so long, or the hub is about to stop.
    pub(crate) async fn place(&self, reader: &str) -> Result<StreamPlace, AppError> {
        let own = self.of(reader);
        let both = async {
            // One who waits for a place of their own keeps no place of others.
            let _of_reader = Arc::clone(&own).acquire_owned().await?;
            let _one = Arc::clone(&self.all).acquire_owned().await?;
            Ok((_of_reader, _one))
        };
        let both: Result<Result<_, tokio::sync::AcquireError>, _> =
            timeout(STREAM_WAIT_MAX, both).await;
        let (of_reader, one) = both
            .map_err(|_| AppError::FilesBusy)?
            .map_err(|_| AppError::closed())?;
        Ok(StreamPlace {
            _one: one,
            _of_reader: of_reader,
            _reader: own,
        })
    }

    fn of(&self, reader: &str) -> Arc<Semaphore> {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = readers.get(reader).and_then(Weak::upgrade) {
            return own;
        }
        readers.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(STREAMS_OF_A_READER_MAX));
        readers.insert(reader.to_owned(), Arc::downgrade(&own));
        own
    }

    /// The places that are free.
    #[cfg(test)]
    pub(crate) fn available_permits(&self) -> usize {
        self.all.available_permits()
    }
}
