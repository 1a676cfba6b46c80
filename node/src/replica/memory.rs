//! The documents in memory. They are saved as snapshots once they have grown, and dropped once they
//! are too many or too large together.

use weft_shared::id::DocName;
use weft_store::Transaction;

use super::{
    DocumentError, Replica,
    documents::{Documents, Loaded, Place},
};
use crate::{
    limits::{DOCUMENTS_LOADED_BYTES_MAX, DOCUMENTS_LOADED_MAX, SNAPSHOT_CHANGES_MAX},
    store::{
        Owner,
        snapshots::{self, Snapshot},
    },
};

impl Replica {
    /// Saves a document's snapshot.
    pub(super) fn snapshot(&mut self, owner: Owner, name: &DocName) -> Result<(), DocumentError> {
        let location = self.location(owner);
        let id = name.id(&location);
        self.loaded(owner, name)?;
        let place = (owner, id);
        let Some(mut loaded) = self.documents.loaded.remove(&place) else {
            return Ok(());
        };
        let bytes = match loaded.document.into_saved() {
            Ok((bytes, document)) => {
                loaded.document = document;
                bytes
            }
            Err(error) => {
                // It is read again from the last snapshot and the log.
                tracing::error!(%error, "the last snapshot stays");
                self.forget([place]);
                return Ok(());
            }
        };
        loaded.raw_bytes = loaded.document.unpacked_bytes();
        let snapshot = Snapshot {
            bytes,
            folded: loaded.folded.clone(),
        };
        let put = move |db: &Transaction<'_>| snapshots::put(db, owner, &id, &snapshot);
        let saved = self.store.write(put);
        if saved.is_ok() {
            loaded.fresh = 0;
        }
        self.documents.put(place, loaded);
        Ok(saved.map(drop)?)
    }

    /// Saves a snapshot of every document in memory that has grown at all. It runs at quiet times.
    pub(crate) fn tidy(&mut self) {
        let grown = self
            .documents
            .loaded
            .iter()
            .filter(|(_, loaded)| loaded.fresh > 0);
        let grown: Vec<_> = grown
            .map(|((owner, _), one)| (*owner, one.name.clone()))
            .collect();
        for (owner, name) in grown {
            self.save_snapshot(owner, &name);
        }
    }

    /// Saves snapshots of documents that have grown much since their last. What they hold is
    /// committed, so that a failure is logged and changes no answer.
    pub(super) fn snapshot_grown(&mut self, places: &[Place]) {
        for place in places {
            let Some(loaded) = self.documents.loaded.get(place) else {
                continue;
            };
            // The limit grows with the document, or a long log would be quadratic work.
            if loaded.fresh > SNAPSHOT_CHANGES_MAX.max(loaded.document.changes() / 2) {
                let name = loaded.name.clone();
                self.save_snapshot(place.0, &name);
            }
        }
    }

    /// Keeps documents in memory while they may be ahead of the store, because a snapshot must not
    /// hold changes that are not on disk.
    pub(super) fn pin_documents(&mut self, pinned: bool) {
        self.documents.pinned = pinned;
    }

    /// Drops the least recently used documents; the last one stays.
    pub(crate) fn evict(&mut self) {
        self.evict_down_to(1);
    }

    /// Makes room for another document. A single one that fills memory goes too.
    pub(super) fn make_room(&mut self) {
        self.evict_down_to(0);
    }

    fn evict_down_to(&mut self, kept: usize) {
        if self.documents.pinned {
            return;
        }
        while self.documents.is_too_much() && self.documents.loaded.len() > kept {
            let Some(place) = self.documents.used.pop_front() else {
                return;
            };
            let grown = self
                .documents
                .loaded
                .get(&place)
                .filter(|loaded| loaded.fresh > 0);
            if let Some(name) = grown.map(|loaded| loaded.name.clone()) {
                self.save_snapshot(place.0, &name);
            }
            self.forget([place]);
        }
    }

    fn save_snapshot(&mut self, owner: Owner, name: &DocName) {
        if let Err(error) = self.snapshot(owner, name) {
            tracing::warn!(%error, document = %name, "the last snapshot stays");
        }
    }
}

impl Documents {
    pub(super) fn put(&mut self, place: Place, loaded: Loaded) {
        self.loaded.insert(place, loaded);
        self.used.retain(|used| *used != place);
        self.used.push_back(place);
    }

    fn is_too_much(&self) -> bool {
        let bytes: u64 = self.loaded.values().map(Loaded::memory_bytes).sum();
        self.loaded.len() > DOCUMENTS_LOADED_MAX || bytes > DOCUMENTS_LOADED_BYTES_MAX
    }

    pub(super) fn touch(&mut self, place: &Place) -> &mut Loaded {
        self.used.retain(|used| used != place);
        self.used.push_back(*place);
        self.loaded
            .get_mut(place)
            .expect("the caller has just loaded it")
    }
}
