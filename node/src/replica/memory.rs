//! The documents in memory are saved as snapshots once they have grown, and dropped once they are
//! too many or too large together.

use weft_shared::id::DocName;
use weft_store::Transaction;

use super::{DocumentError, Replica, documents::Place};
use crate::{
    limits::SNAPSHOT_CHANGES_MAX,
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
        let folded = self.loaded(owner, name)?.beside.folded.clone();
        let place = (owner, id);
        let bytes = match self.documents.bytes(&place) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(()),
            Err(error) => {
                // It is read again from the last snapshot and the log.
                tracing::error!(%error, "the last snapshot stays");
                return Ok(());
            }
        };
        let snapshot = Snapshot { bytes, folded };
        self.store
            .write(move |db: &Transaction<'_>| snapshots::put(db, owner, &id, &snapshot))?;
        self.documents.saved(&place);
        Ok(())
    }

    /// Saves a snapshot of every document in memory that has grown at all. It runs at quiet times.
    pub(crate) fn tidy(&mut self) {
        let grown = self.documents.iter().filter(|(_, one)| one.fresh() > 0);
        let grown: Vec<_> = grown
            .map(|((owner, _), one)| (*owner, one.beside.name.clone()))
            .collect();
        for (owner, name) in grown {
            self.save_snapshot(owner, &name);
        }
    }

    /// Saves snapshots of documents that have grown much since their last. What they hold is
    /// committed, so that a failure is logged and changes no answer.
    pub(super) fn snapshot_grown(&mut self, places: &[Place]) {
        for place in places {
            let Some(loaded) = self.documents.get(place) else {
                continue;
            };
            // The limit grows with the document, or a long log would be quadratic work.
            if loaded.fresh() > SNAPSHOT_CHANGES_MAX.max(loaded.document.changes() / 2) {
                let name = loaded.beside.name.clone();
                self.save_snapshot(place.0, &name);
            }
        }
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
        // A snapshot must not hold changes that are not on disk.
        if self.preparing {
            return;
        }
        for place in self.documents.surplus(kept) {
            let grown = self.documents.get(&place).filter(|one| one.fresh() > 0);
            if let Some(name) = grown.map(|loaded| loaded.beside.name.clone()) {
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
