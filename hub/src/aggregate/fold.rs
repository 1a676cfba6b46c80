//! One bite of the log: entries become documents, and changed keys facts.

mod again;
pub(super) mod sum;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rusqlite::Connection;
use weft_host::intake::{Intake, ended_words};
use weft_shared::{
    id::{DocId, LocationId, actor},
    log::size::DocumentSize,
    model::schema::{Container, DocKind},
    rollup::Network,
};
use weft_store::cache::{Run, Taken};

use super::{
    context::Context,
    ended::VERSION,
    facts::Observations,
    library::{self, Library},
    origins::{Origins, Spans},
    seen::Seen,
    touched,
    writes::Writes,
};
use crate::{
    limits,
    store::{
        LocationRow, Store, StoreError,
        derived::{self, again as asks, names::Names, sums},
        documents,
        entries::{self, Origin, StoredEntry},
        quarantine::{self, State},
        rosters, unread,
    },
};

/// The aggregation's own state. All of it can be read back from the store.
pub(super) struct Aggregator {
    pub(super) store: Store,
    conn: Connection,
    library: Library,
    pub(super) intake: Intake,
    /// Entries left out of their documents because the program ended at them.
    pub(super) ended: BTreeSet<(LocationRow, DocId, u64)>,
    pub(super) context: Context,
    network: Arc<Seen>,
    pub(super) locations: BTreeMap<LocationRow, LocationId>,
    names: Names,
    /// Documents that hold something this version cannot read.
    unread: BTreeSet<(LocationRow, DocId)>,
    folded: u64,
    /// Whether memory may be ahead of the store, because a bite was read and not committed.
    ahead: bool,
    /// The value of `folded` when all derived state was last discarded.
    remade_at: Option<u64>,
    /// The value of `folded` when all sums were last discarded.
    resummed_at: Option<u64>,
}

impl Aggregator {
    pub(super) fn open(store: &Store) -> Result<Self, StoreError> {
        let mut folder = Self {
            conn: store.reader()?,
            intake: Intake::open(&store.writer().path().with_extension("intake"), VERSION),
            ended: BTreeSet::new(),
            store: store.clone(),
            library: Library::new(
                limits::DOCUMENTS_LOADED_MAX,
                limits::DOCUMENTS_LOADED_BYTES_MAX,
            ),
            context: Context::default(),
            network: Seen::new(Network::default()),
            locations: BTreeMap::new(),
            names: Names::default(),
            unread: BTreeSet::new(),
            folded: 0,
            ahead: false,
            remade_at: None,
            resummed_at: None,
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

    pub(super) fn network(&self) -> Arc<Seen> {
        Arc::clone(&self.network)
    }

    /// Empties all derived state.
    pub(super) fn clear(&mut self) -> Result<(), StoreError> {
        self.store.writer().begin_again_blocking(derived::clear)?;
        self.read_back()
    }

    /// Reads the state that is kept in memory between bites from the store.
    pub(super) fn read_back(&mut self) -> Result<(), StoreError> {
        self.library.clear();
        let ended = quarantine::ended(&self.conn)?.into_iter();
        self.ended = ended.map(|(lix, doc, seq, _)| (lix, doc, seq)).collect();
        self.folded = derived::folded(&self.conn)?;
        self.names = Names::read(&self.conn)?;
        self.unread = unread::documents(&self.conn)?;
        self.context = Context::default();
        self.locations = rosters::all(&self.conn)?.into_iter().collect();
        let documents = documents::all(&self.conn)?;
        for named in documents {
            let wanted = match DocKind::of(&named.name) {
                Ok(DocKind::Profile) => named.lix != LocationRow::ZERO,
                Ok(DocKind::Network | DocKind::Definitions) => named.lix == LocationRow::ZERO,
                Ok(_) | Err(_) => false,
            };
            // A document that waits to be derived again is read at that time.
            if wanted && !asks::waits(&self.conn, named.lix, &named.doc)? {
                self.read_context(named.lix, &named.doc)?;
            }
        }
        for (lix, at) in rosters::synced(&self.conn)? {
            if let (Some(location), Some(at)) = (self.locations.get(&lix), at) {
                self.context.synced.insert(*location, at);
            }
        }
        self.network = Seen::new(self.context.network());
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
        self.mend(result)
    }

    /// Ends a step: memory may be ahead of the store after one that failed.
    fn mend(&mut self, result: Result<usize, StoreError>) -> Result<usize, StoreError> {
        let Err(error) = &result else {
            self.ahead = false;
            return result;
        };
        self.intake.pause();
        // Try once per height: if state is unreadable as soon as it is derived, a person must look.
        if matches!(error, StoreError::Derived("sums"))
            && self.resummed_at.is_none_or(|at| at < self.folded)
        {
            tracing::warn!(%error, "all sums are made again");
            self.resummed_at = Some(self.folded);
            self.store
                .writer()
                .run_blocking(|conn| sums::forget(conn))?;
            self.read_back()?;
            return Ok(1);
        }
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
        let mut writes = Writes::default();
        let Some(reached) = reached else {
            self.look_at_syncs()?;
            self.finish(writes, self.folded)?;
            return Ok(0);
        };
        let count = bite.len().max(1);
        let mut has_changed = false;
        for (place, work) in self.sort(bite)? {
            has_changed |= self.fold_document(place, work, &mut writes)?;
        }
        if asks::next(&self.conn)?.is_some() {
            // Entries may have been dropped while they were read, so read them once more.
            self.intake.pause();
            self.read_back()?;
            return Ok(count);
        }
        if !self.look_at_syncs()? && has_changed {
            self.network = Seen::new(self.context.network());
        }
        self.finish(writes, reached)?;
        self.intake.done();
        Ok(count)
    }

    /// A location that synced on a later day has other reasons for what is missing since then.
    /// Returns whether the network was made again.
    fn look_at_syncs(&mut self) -> Result<bool, StoreError> {
        let mut later = false;
        for (lix, at) in rosters::synced(&self.conn)? {
            let Some(at) = at else {
                continue;
            };
            // It may have synced without saying anything.
            let location = self.location(lix)?;
            let before = self.context.synced.insert(location, at);
            let day = |at| self.context.zone.day(at);
            later |= before != Some(at) && before.map(day) != Some(day(at));
        }
        if later {
            self.network = Seen::new(self.context.network());
        }
        Ok(later)
    }

    fn location(&mut self, lix: LocationRow) -> Result<LocationId, StoreError> {
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
    ) -> Result<BTreeMap<(LocationRow, DocId), Work>, StoreError> {
        let mut sorted: BTreeMap<(LocationRow, DocId), Work> = BTreeMap::new();
        for (origin, stored) in bite {
            self.location(origin.lix)?;
            if stored.void.is_some() {
                continue;
            }
            for run in stored.entry.scanned() {
                let work = sorted.entry((origin.lix, run.doc)).or_default();
                let (changes, refused) = match run.changes {
                    Ok(changes) => (changes, None),
                    Err(why) => (Vec::new(), Some(why)),
                };
                if refused.is_none() {
                    let author = (stored.entry.header.device, run.n);
                    work.spans.add(author, stored.hub_seq, run.spans);
                }
                let alike = |last: &&mut Run<u64>| {
                    last.place == stored.hub_seq && last.refused.is_none() && refused.is_none()
                };
                match work.runs.last_mut().filter(alike) {
                    Some(run) => run.changes.extend(changes),
                    None => work.runs.push(Run {
                        place: stored.hub_seq,
                        created: stored.entry.header.created,
                        changes,
                        refused,
                    }),
                }
            }
        }
        Ok(sorted)
    }

    /// Returns whether the network itself has changed.
    fn fold_document(
        &mut self,
        (lix, doc): (LocationRow, DocId),
        work: Work,
        writes: &mut Writes,
    ) -> Result<bool, StoreError> {
        // One of unknown name or epoch is kept and relayed. A version that knows it reads it.
        let Some(loaded) = library::open(&mut self.library, &self.conn, (lix, doc))? else {
            return Ok(false);
        };
        for (device, n) in work.spans.authors() {
            loaded.beside.insert(actor(device, &doc, *n), *device);
        }
        let read = |hub_seq| library::run_at(&self.conn, hub_seq, &doc).map(Some);
        let ended = |hub_seq| self.ended.contains(&(lix, doc, hub_seq));
        let queue = loaded.queue(work.runs, read, |hub_seq| {
            ended(hub_seq).then(|| ended_words(VERSION))
        })?;
        let names = queue.places().map(|hub_seq| hub_seq.to_string());
        let witness = self
            .intake
            .witness(format!("{}/{doc}", lix.0), names.collect());
        #[cfg(test)]
        let witness = super::tests::Ending(witness, queue.places().collect());
        let mut folded = loaded.take_in(queue, Some(&mut { witness }));
        note_runs((lix, doc), &mut folded, writes);
        let origins = Origins::new(&self.conn, (lix, doc), work.spans);
        let observations = match lix == LocationRow::ZERO {
            true => None,
            false => Observations::of(lix, loaded, &mut self.names, origins),
        };
        let unread_keys = match observations {
            Some(mut observations) => Some(observations.read(&folded.touched, writes)?),
            None => None,
        };
        for (container, key) in &folded.touched {
            let unread = match &unread_keys {
                Some(unread) if *container == Container::Observations => unread.contains(key),
                Some(_) | None => loaded.document.is_unread(*container, key),
            };
            if unread || self.unread.contains(&(lix, doc)) {
                let at = (*container, key.clone());
                writes.unread.push((lix, doc, at, unread));
            }
            if unread {
                self.unread.insert((lix, doc));
            }
        }
        let place = (lix, self.locations[&lix]);
        let context = &mut self.context;
        Ok(touched::read(
            loaded,
            place,
            &folded.touched,
            context,
            writes,
        ))
    }

    /// Writes everything in one transaction.
    fn finish(&mut self, mut writes: Writes, reached: u64) -> Result<(), StoreError> {
        let due = self.library.iter().filter(|(_, one)| library::is_due(one));
        let mut due: BTreeSet<_> = due.map(|(place, _)| *place).collect();
        due.extend(self.library.surplus(1));
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
        let before = self.folded;
        if reached == before && writes.snapshots.is_empty() && writes.again.is_none() {
            return Ok(());
        }
        writes.names = self.names.take_fresh();
        if writes.names.has_places() {
            self.network = self.network.again();
        }
        writes.sums = self.sums_of(&writes)?;
        let written = self.store.writer().run_blocking(move |conn| {
            if derived::folded(conn)? != before {
                return Err(StoreError::Damaged("folded, by another process"));
            }
            writes.write(conn)?;
            derived::put_folded(conn, reached)
        });
        written?;
        self.folded = reached;
        for place in saved {
            self.library.saved(&place);
        }
        for place in self.library.surplus(1) {
            self.library.forget(&place);
        }
        Ok(())
    }

    /// Saves documents with entries folded since their last save; called when idle.
    pub(super) fn save_tails(&mut self) -> Result<(), StoreError> {
        if self.ahead {
            return Ok(());
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

    /// Reads a document that describes the network.
    fn read_context(&mut self, lix: LocationRow, doc: &DocId) -> Result<(), StoreError> {
        let location = rosters::location_id(&self.conn, lix)?;
        if let Some(loaded) = library::open(&mut self.library, &self.conn, (lix, *doc))? {
            self.context.read(location, &loaded.document);
        }
        Ok(())
    }
}

/// Notes which runs are in a document now, and which are not.
fn note_runs((lix, doc): (LocationRow, DocId), taken: &mut Taken<u64>, writes: &mut Writes) {
    for run in &taken.applied {
        writes.tails.push((lix, doc, run.place));
        if run.waited {
            writes.released.push((lix, doc, run.place));
        }
    }
    let held = taken.held.drain(..).map(|one| (one, State::Held));
    let quarantined = taken.quarantined.drain(..);
    let quarantined = quarantined.map(|one| (one, State::Refused));
    for ((hub_seq, why), state) in held.chain(quarantined) {
        if state == State::Refused {
            tracing::warn!(hub_seq, why, "an entry is quarantined");
        }
        writes.aside.push((lix, doc, hub_seq, state, why));
    }
}

/// One document's share of a bite.
#[derive(Default)]
struct Work {
    runs: Vec<Run<u64>>,
    /// The changes of these runs, by the devices that made them.
    spans: Spans,
}
