//! One bite of the log: entries become documents, changed keys facts, and facts cells.

mod again;
mod roll_up;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rusqlite::Connection;
use weft_host::intake::Intake;
use weft_shared::{
    id::{DeviceId, DocId, LocationId},
    log::size::DocumentSize,
    model::schema::DocKind,
    period::Date,
    rollup::Network,
};

use super::{
    context::Context,
    ended::VERSION,
    library::{Library, Part, changes_at},
    slices::Slices,
    touched::{self, Dirty},
    writes::Writes,
};
use crate::{
    limits,
    store::{
        Lix, Store, StoreError,
        aside::{self, AsideState},
        derived::{self, again as asks},
        documents, ended,
        entries::{self, Origin, StoredEntry},
        rosters,
    },
};

/// The aggregation's own state. All of it can be read back from the store.
pub(super) struct Folder {
    pub(super) store: Store,
    conn: Connection,
    library: Library,
    pub(super) intake: Intake,
    /// Entries left out of their documents because the program ended at them.
    pub(super) ended: BTreeSet<(Lix, DocId, u64)>,
    pub(super) context: Context,
    network: Arc<Network>,
    pub(super) locations: BTreeMap<Lix, LocationId>,
    slices: Slices,
    /// Documents that hold something this version cannot read.
    unread: BTreeSet<(Lix, DocId)>,
    folded: u64,
    /// Whether memory may be ahead of the store, because a bite was read and not committed.
    ahead: bool,
    /// The value of `folded` when all derived state was last discarded.
    remade_at: Option<u64>,
}

impl Folder {
    pub(super) fn open(store: &Store) -> Result<Self, StoreError> {
        let mut folder = Self {
            conn: store.reader()?,
            intake: Intake::open(&store.writer().path().with_extension("intake"), VERSION),
            ended: BTreeSet::new(),
            store: store.clone(),
            library: Library::default(),
            context: Context::default(),
            network: Arc::new(Network::default()),
            locations: BTreeMap::new(),
            slices: Slices::default(),
            unread: BTreeSet::new(),
            folded: 0,
            ahead: false,
            remade_at: None,
        };
        folder.look_at_ended()?;
        if let Err(error) = folder.read_back() {
            tracing::warn!(%error, "everything derived is made again");
            folder.clear()?;
        }
        Ok(folder)
    }

    pub(super) const fn folded(&self) -> u64 {
        self.folded
    }

    /// The last entry stored, or the last one folded if that cannot be read now.
    pub(super) fn stored(&self) -> u64 {
        entries::last_hub_seq(&self.conn).unwrap_or(self.folded)
    }

    pub(super) fn network(&self) -> Arc<Network> {
        Arc::clone(&self.network)
    }

    /// Empties all derived state.
    pub(super) fn clear(&mut self) -> Result<(), StoreError> {
        self.store.writer().begin_again_blocking(derived::clear)?;
        self.read_back()
    }

    /// Reads the state that is kept in memory between bites from the store.
    pub(super) fn read_back(&mut self) -> Result<(), StoreError> {
        self.library.forget_all();
        self.ended = ended::places(&self.conn)?;
        self.folded = derived::folded(&self.conn)?;
        self.slices = derived::slices(&self.conn)?.into_iter().collect();
        self.unread = aside::unread_documents(&self.conn)?;
        self.context = Context::default();
        self.locations = rosters::all(&self.conn)?.into_iter().collect();
        let documents = documents::all(&self.conn)?;
        for named in documents {
            let wanted = match DocKind::of(&named.name) {
                Ok(DocKind::Profile) => named.lix != Lix::ZERO,
                Ok(DocKind::Network | DocKind::Definitions) => named.lix == Lix::ZERO,
                Ok(_) | Err(_) => false,
            };
            // A document that waits to be derived again is read at that time.
            if wanted && !asks::waits(&self.conn, named.lix, &named.doc)? {
                self.read_context(named.lix, &named.doc)?;
            }
        }
        // What figures were made with, not what is so by now: the difference is made up for.
        let at = |(lix, at)| Some((*self.locations.get(&lix)?, at));
        let counted = derived::counted_syncs(&self.conn)?;
        self.context.synced = counted.into_iter().filter_map(at).collect();
        self.network = Arc::new(self.context.network());
        self.ahead = false;
        Ok(())
    }

    /// Takes the next entries in; says how many. With none it only looks whether the network has
    /// changed otherwise.
    pub(super) fn fold(&mut self) -> Result<usize, StoreError> {
        if self.ahead {
            self.read_back()?;
        }
        self.ahead = true;
        let result = match self.make_next_again() {
            Ok(false) => self.try_fold(),
            Ok(true) => Ok(1),
            Err(error) => Err(error),
        };
        let Err(error) = &result else {
            self.ahead = false;
            return result;
        };
        self.intake.pause();
        // Try once per height: if state is unreadable as soon as it is derived, a person must look.
        if error.is_of_derived() && self.remade_at.is_none_or(|at| at < self.folded) {
            tracing::warn!(%error, "everything derived is made again");
            self.remade_at = Some(self.folded);
            self.clear()?;
            return Ok(1);
        }
        self.read_back()?;
        result
    }

    fn try_fold(&mut self) -> Result<usize, StoreError> {
        let (bite, reached) = entries::after(
            &self.conn,
            self.folded,
            limits::FOLD_ENTRIES_MAX,
            DocumentSize {
                raw_bytes: limits::FOLD_BYTES_MAX,
                operations: limits::FOLD_OPS_MAX,
                changes: u64::MAX,
            },
        )?;
        let mut dirty = Dirty::default();
        let Some(reached) = reached else {
            let mut writes = Writes::default();
            self.look_at_syncs(&mut writes, &mut dirty)?;
            self.finish(writes, dirty, self.folded)?;
            return Ok(0);
        };
        let count = bite.len().max(1);
        let mut writes = Writes::default();
        for ((lix, doc), mut work) in self.sort(bite)? {
            let waiting = aside::held(&self.conn, lix, &doc)?;
            self.fold_document((lix, &doc), (&mut work, waiting), (&mut writes, &mut dirty))?;
        }
        if asks::next(&self.conn)?.is_some() {
            // Entries may have been dropped while they were read, so read them once more.
            self.intake.pause();
            self.read_back()?;
            return Ok(count);
        }
        self.look_at_syncs(&mut writes, &mut dirty)?;
        self.finish(writes, dirty, reached)?;
        self.intake.done();
        Ok(count)
    }

    /// A location that synced on a later day has other reasons for what is missing since then.
    fn look_at_syncs(&mut self, writes: &mut Writes, dirty: &mut Dirty) -> Result<(), StoreError> {
        for (lix, at) in derived::synced(&self.conn)? {
            let (Some(location), Some(at)) = (self.locations.get(&lix), at) else {
                continue;
            };
            let before = self.context.synced.insert(*location, at);
            if before == Some(at) {
                continue;
            }
            writes.synced.push((lix, at));
            let before = before.map(|before| self.context.zone.day(before));
            if before == Some(self.context.zone.day(at)) {
                continue;
            }
            let since = before.unwrap_or(Date::MIN);
            dirty.since = Some(dirty.since.map_or(since, |held| held.min(since)));
            dirty.network = true;
        }
        Ok(())
    }

    fn location(&mut self, lix: Lix) -> Result<LocationId, StoreError> {
        if let Some(location) = self.locations.get(&lix) {
            return Ok(*location);
        }
        let location = rosters::location_id(&self.conn, lix)?;
        self.locations.insert(lix, location);
        Ok(location)
    }

    /// Groups the bite's changes by document.
    fn sort(
        &mut self,
        bite: Vec<(Origin, StoredEntry)>,
    ) -> Result<BTreeMap<(Lix, DocId), Work>, StoreError> {
        let mut sorted: BTreeMap<(Lix, DocId), Work> = BTreeMap::new();
        for (origin, stored) in bite {
            self.location(origin.lix)?;
            if stored.void.is_some() {
                continue;
            }
            for run in stored.entry.scanned() {
                let work = sorted.entry((origin.lix, run.doc)).or_default();
                let changes = match run.changes {
                    Ok(changes) => changes,
                    Err(why) => {
                        work.refused.push((stored.hub_seq, why));
                        continue;
                    }
                };
                work.authors.insert((stored.entry.header.device, run.n));
                match work.parts.last_mut() {
                    Some(part) if part.hub_seq == stored.hub_seq => part.changes.extend(changes),
                    Some(_) | None => work.parts.push(Part {
                        hub_seq: stored.hub_seq,
                        changes,
                    }),
                }
            }
        }
        Ok(sorted)
    }

    fn fold_document(
        &mut self,
        (lix, doc): (Lix, &DocId),
        (work, mut waiting): (&mut Work, Vec<u64>),
        (writes, dirty): (&mut Writes, &mut Dirty),
    ) -> Result<(), StoreError> {
        for (hub_seq, why) in &work.refused {
            let why = format!("the rules of today refuse it: {why}");
            writes
                .aside
                .push((lix, *doc, *hub_seq, AsideState::Quarantined, why));
        }
        self.leave_out((lix, doc), work, &mut waiting, writes);
        // One of unknown name or epoch is kept and relayed. A version that knows it reads it.
        self.library.make_room();
        let Some(loaded) = self.library.open(&self.conn, lix, doc)? else {
            return Ok(());
        };
        for (device, n) in &work.authors {
            loaded.knows(device, doc, *n);
        }
        let conn = &self.conn;
        let held = loaded.ready(&work.parts, waiting, |seq| changes_at(conn, seq, doc))?;
        let entries: Vec<u64> = work
            .parts
            .iter()
            .chain(&held)
            .map(|part| part.hub_seq)
            .collect();
        let names = entries.iter().map(ToString::to_string).collect();
        let witness = self.intake.witness(format!("{}/{doc}", lix.0), names);
        #[cfg(test)]
        let witness = super::tests::Ending(witness, entries);
        let folded = loaded.fold(&work.parts, &held, Some(&mut { witness }));
        let place = |hub_seq: u64| (lix, *doc, hub_seq);
        writes.tails.extend(folded.taken.iter().copied().map(place));
        writes
            .released
            .extend(folded.released.iter().copied().map(place));
        let aside = folded.aside.into_iter();
        writes
            .aside
            .extend(aside.map(|(hub_seq, state, why)| (lix, *doc, hub_seq, state, why)));
        for (container, key) in &folded.touched {
            let unread = loaded.document.is_unread(*container, key);
            if unread || self.unread.contains(&(lix, *doc)) {
                let at = (*container, key.clone());
                writes.unread.push((lix, *doc, at, unread));
            }
            if unread {
                self.unread.insert((lix, *doc));
            }
        }
        let location = self.locations[&lix];
        touched::read(
            loaded,
            (lix, location),
            &folded.touched,
            &mut self.context,
            (writes, dirty),
        );
        Ok(())
    }

    /// Rolls up what is dirty, and writes everything in one transaction.
    fn finish(&mut self, mut writes: Writes, dirty: Dirty, reached: u64) -> Result<(), StoreError> {
        self.roll_up(&mut writes, &dirty)?;
        for (lix, doc) in self.library.due(false) {
            self.save(lix, &doc, &mut writes.snapshots);
        }
        // A document saved whole needs no tail.
        let saved: BTreeSet<_> = writes
            .snapshots
            .iter()
            .map(|(lix, doc, _)| (*lix, *doc))
            .collect();
        writes
            .tails
            .retain(|(lix, doc, _)| !saved.contains(&(*lix, *doc)));
        let before = self.folded;
        let nothing =
            writes.cells.is_empty() && writes.snapshots.is_empty() && writes.synced.is_empty();
        if reached == before && nothing && writes.again.is_none() {
            return Ok(());
        }
        let written = self.store.writer().run_blocking(move |conn| {
            if derived::folded(conn)? != before {
                return Err(StoreError::Damaged("folded, by another process"));
            }
            writes.write(conn)?;
            derived::put_folded(conn, reached)
        });
        written?;
        self.folded = reached;
        for (lix, doc) in saved {
            self.library.saved(lix, &doc);
        }
        self.library.trim();
        Ok(())
    }

    /// Saves documents with entries folded since their last save; called when idle.
    pub(super) fn save_tails(&mut self) -> Result<(), StoreError> {
        if self.ahead {
            return Ok(());
        }
        let mut snapshots = Vec::new();
        for (lix, doc) in self.library.due(true) {
            self.save(lix, &doc, &mut snapshots);
        }
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
        for (lix, doc) in saved {
            self.library.saved(lix, &doc);
        }
        Ok(())
    }

    fn save(&mut self, lix: Lix, doc: &DocId, snapshots: &mut Vec<(Lix, DocId, Vec<u8>)>) {
        match self.library.bytes(lix, doc) {
            Ok(Some(bytes)) => snapshots.push((lix, *doc, bytes)),
            Ok(None) => {}
            // Its last save and its tail stay: only time at the next start is lost.
            Err(error) => tracing::warn!(%error, "a document was not saved"),
        }
    }

    /// Reads a document that describes the network.
    fn read_context(&mut self, lix: Lix, doc: &DocId) -> Result<(), StoreError> {
        let location = rosters::location_id(&self.conn, lix)?;
        if let Some(loaded) = self.library.open(&self.conn, lix, doc)? {
            self.context.read(location, &loaded.document);
        }
        Ok(())
    }
}

/// One document's share of a bite.
#[derive(Default)]
pub(super) struct Work {
    pub(super) parts: Vec<Part>,
    /// Entries whose changes here the current scan refuses, and why.
    refused: Vec<(u64, String)>,
    authors: BTreeSet<(DeviceId, u8)>,
}
