//! Writes bites: each in one transaction, while the next one is read if there is one.

use std::{collections::BTreeSet, sync::Arc};

use weft_shared::id::DocId;
use weft_store::Underway;

use super::{Aggregator, LocationRow, Seen, StoreError, Writes, library};
use crate::{limits, store::derived};

/// A bite on its way to the disk. Memory is ahead of the store by no more than this one.
pub(super) struct Flight {
    written: Underway<(), StoreError>,
    /// The last entry that it reaches.
    reached: u64,
    /// The network as it is after it.
    network: Arc<Seen>,
    /// The documents of which something is written.
    documents: BTreeSet<(LocationRow, DocId)>,
}

impl Aggregator {
    /// Writes everything in one transaction. If more `waits` to be read, it does not wait for the
    /// disk, and the next bite does.
    pub(super) fn finish(
        &mut self,
        mut writes: Writes,
        reached: u64,
        waits: bool,
    ) -> Result<(), StoreError> {
        let surplus: BTreeSet<_> = self.library.surplus(1).into_iter().collect();
        // To read a short tail again takes less than to save the document.
        let leaves =
            |place, fresh| surplus.contains(place) && fresh > limits::TAIL_LEFT_CHANGES_MAX;
        let due = self.library.iter();
        let due = due.filter(|(place, one)| library::is_due(one) || leaves(*place, one.fresh()));
        let due = due.map(|(place, _)| *place).collect();
        self.save(due, &mut writes.snapshots);
        // A document saved whole needs no tail.
        let saved: BTreeSet<_> = writes
            .snapshots
            .iter()
            .map(|(lix, doc, _)| (*lix, *doc))
            .collect();
        writes
            .tails
            .retain(|(lix, doc, _)| !saved.contains(&(*lix, *doc)));
        self.land()?;
        let before = self.folded;
        if reached == before && writes.snapshots.is_empty() && writes.again.is_none() {
            return Ok(());
        }
        writes.names = self.names.take_fresh();
        if writes.names.has_places() {
            self.network = self.network.again();
        }
        writes.sums = self.sums_of(&writes)?;
        let documents = writes.documents();
        let written = self.store.writer().begin_blocking(move |conn| {
            if derived::folded(conn)? != before {
                return Err(StoreError::Damaged("folded, by another process"));
            }
            writes.write(conn)?;
            derived::put_folded(conn, reached)
        })?;
        self.flight = Some(Flight {
            written,
            reached,
            network: Arc::clone(&self.network),
            documents,
        });
        // A document that needs care counts as taken in once it is stored, and not before.
        if !waits || self.intake.needs_care() {
            self.land()?;
        }
        for place in saved {
            self.library.saved(&place);
        }
        for place in self.library.surplus(1) {
            self.library.forget(&place);
        }
        Ok(())
    }

    /// Waits until the last bite is on disk.
    pub(super) fn land(&mut self) -> Result<(), StoreError> {
        if let Some(flight) = self.flight.take() {
            flight.written.wait()?;
            self.folded = flight.reached;
            self.told = flight.network;
        }
        Ok(())
    }

    /// Waits for the last bite if a document must be read that it writes.
    pub(super) fn land_before(&mut self, place: &(LocationRow, DocId)) -> Result<(), StoreError> {
        let flight = self.flight.as_ref();
        let is_of = flight.is_some_and(|flight| flight.documents.contains(place));
        match is_of && !self.library.holds(place) {
            true => self.land(),
            false => Ok(()),
        }
    }

    /// The last entry that is read: up to here they are in the store, or on their way to it.
    pub(super) fn read_up_to(&self) -> u64 {
        let flight = self.flight.as_ref();
        flight.map_or(self.folded, |flight| flight.reached)
    }

    /// Saves documents with entries folded since their last save; called when idle.
    pub(in crate::aggregate) fn save_tails(&mut self) -> Result<(), StoreError> {
        if self.ahead || self.flight.is_some() {
            return Ok(());
        }
        for _ in 0..limits::STRAIGHTS_SAVED_AT_ONCE {
            let Some(place) = self.straights.unsaved() else {
                break;
            };
            self.straights.take(&place);
            self.load(place)?;
        }
        let mut snapshots = Vec::new();
        let all = self.library.iter().map(|(place, _)| *place).collect();
        self.save(all, &mut snapshots);
        if snapshots.is_empty() {
            return Ok(());
        }
        let saved: Vec<_> = snapshots.iter().map(|(lix, doc, _)| (*lix, *doc)).collect();
        let writes = Writes {
            snapshots,
            ..Writes::default()
        };
        self.store
            .writer()
            .run_blocking(move |conn| writes.write(conn))?;
        for place in saved {
            self.library.saved(&place);
        }
        Ok(())
    }

    /// Adds those of the documents to the snapshots that have changed since their last save.
    fn save(
        &mut self,
        places: BTreeSet<(LocationRow, DocId)>,
        snapshots: &mut Vec<(LocationRow, DocId, Vec<u8>)>,
    ) {
        for (lix, doc) in places {
            let place = (lix, doc);
            if self.library.get(&place).is_none_or(|one| one.fresh() == 0) {
                continue;
            }
            match self.library.bytes(&place) {
                Ok(bytes) => snapshots.extend(bytes.map(|bytes| (lix, doc, bytes))),
                // Its last save and its tail stay: only time at the next start is lost.
                Err(error) => tracing::warn!(%error, "a document was not saved"),
            }
        }
    }
}
