//! One bite of the log: entries become documents, and changed keys facts.

mod again;
mod bite;
mod commit;
mod line;
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
    model::schema::Container,
    rollup::Network,
};
use weft_store::cache::Taken;

use self::{
    bite::{Bite, Next, Work},
    commit::Flight,
};
use super::{
    context::Context,
    ended::VERSION,
    facts::Observations,
    library::{self, Library},
    moments::Moments,
    origins::Origins,
    past::describes_network,
    seen::Seen,
    straight::Straights,
    touched,
    writes::Writes,
};
use crate::{
    limits,
    store::{
        LocationRow, Store, StoreError,
        derived::{self, again as asks, names::Names, sums},
        documents, entries,
        quarantine::{self, State},
        rosters, unread,
    },
};

/// The aggregation's own state. All of it can be read back from the store.
pub(super) struct Aggregator {
    pub(super) store: Store,
    conn: Connection,
    library: Library,
    /// The documents that need no place in the library.
    straights: Straights,
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
    /// The bite that is on its way from the log.
    next: Next,
    /// The bite that is on its way to the disk.
    flight: Option<Flight>,
    /// The network as it was with the last bite on disk.
    told: Arc<Seen>,
    /// Whether memory may be ahead of the store, because a bite was read and not committed.
    ahead: bool,
    /// The value of `folded` when all derived state was last discarded.
    remade_at: Option<u64>,
    /// The value of `folded` when all sums were last discarded.
    resummed_at: Option<u64>,
    /// Entries that are taken from the log at once.
    entries_max: usize,
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
            straights: Straights::new(limits::STRAIGHTS_BYTES_MAX),
            context: Context::default(),
            network: Seen::new(Network::default()),
            locations: BTreeMap::new(),
            names: Names::default(),
            unread: BTreeSet::new(),
            folded: 0,
            next: Next::default(),
            flight: None,
            told: Seen::new(Network::default()),
            ahead: false,
            remade_at: None,
            resummed_at: None,
            entries_max: limits::FOLD_ENTRIES_MAX,
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

    /// The network as the figures of the store see it.
    pub(super) fn network(&self) -> Arc<Seen> {
        let told = self.flight.as_ref().map(|_| &self.told);
        Arc::clone(told.unwrap_or(&self.network))
    }

    /// Empties all derived state.
    pub(super) fn clear(&mut self) -> Result<(), StoreError> {
        self.store.writer().begin_again_blocking(derived::clear)?;
        self.read_back()
    }

    /// Reads the state that is kept in memory between bites from the store.
    pub(super) fn read_back(&mut self) -> Result<(), StoreError> {
        // If the last bite could not be written, it is not in what is read.
        let _failed = self.land();
        self.next.forget();
        self.library.clear();
        self.straights.clear();
        let ended = quarantine::ended(&self.conn)?.into_iter();
        self.ended = ended.map(|(lix, doc, seq, _)| (lix, doc, seq)).collect();
        self.folded = derived::folded(&self.conn)?;
        self.names = Names::read(&self.conn)?;
        self.unread = unread::documents(&self.conn)?;
        self.context = Context::default();
        self.locations = rosters::all(&self.conn)?.into_iter().collect();
        let documents = documents::all(&self.conn)?;
        for named in documents {
            // A document that waits to be derived again is read at that time.
            if describes_network(&named) && !asks::waits(&self.conn, named.lix, &named.doc)? {
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
        let Bite { entries, reached } = self.next_bite()?;
        let mut writes = Writes::default();
        let Some(reached) = reached else {
            if self.flight.is_some() {
                self.land()?;
                self.intake.done();
                return Ok(1);
            }
            self.look_at_syncs()?;
            self.finish(writes, self.folded, false)?;
            return Ok(0);
        };
        let waits = self.stored() > reached;
        if self.flight.is_none() {
            self.told = Arc::clone(&self.network);
        }
        if waits {
            self.read_ahead(reached)?;
        }
        let count = entries.len().max(1);
        let mut has_changed = false;
        self.make_room()?;
        for (place, work) in self.sort(entries)? {
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
        self.finish(writes, reached, waits)?;
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

    /// Returns whether the network itself has changed.
    fn fold_document(
        &mut self,
        (lix, doc): (LocationRow, DocId),
        work: Work,
        writes: &mut Writes,
    ) -> Result<bool, StoreError> {
        if self.fold_straight((lix, doc), &work, writes)? {
            return Ok(false);
        }
        self.land_before(&(lix, doc))?;
        // One of unknown name or epoch is kept and relayed. A version that knows it reads it.
        let by = (&self.conn, &mut self.intake);
        let Some(loaded) = library::open(&mut self.library, by, (lix, doc))? else {
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
            .witness(library::witnessed(lix, &doc), names.collect());
        #[cfg(test)]
        let witness = super::tests::Ending(witness, queue.places().collect());
        let before = loaded.document.heads();
        let mut folded = loaded.take_in(queue, Some(&mut { witness }));
        note_runs((lix, doc), &mut folded, writes);
        let alone = work.spans.authors().count() == 1;
        let origins = Origins::new(&self.conn, (lix, doc), work.spans);
        let observations = Observations::of(lix, loaded, &mut self.names, origins);
        let moments = || Moments::of(before, &folded.applied, alone);
        let (unread_keys, mut origins) = match observations {
            Ok(mut all) => (Some(all.read(&folded.touched, &moments(), writes)?), None),
            Err(origins) => (None, Some(origins)),
        };
        let is_unread = |(container, key): &(Container, String)| match &unread_keys {
            Some(unread) if *container == Container::Observations => unread.contains(key),
            Some(_) | None => loaded.document.is_unread(*container, key),
        };
        for key in &folded.touched {
            let unread = is_unread(key);
            if unread || self.unread.contains(&(lix, doc)) {
                writes.unread.push((lix, doc, key.clone(), unread));
            }
            if unread {
                self.unread.insert((lix, doc));
            }
        }
        let place = (lix, self.locations[&lix]);
        let by = (&mut self.context, origins.as_mut());
        touched::read(loaded, place, &folded.touched, by, writes)
    }

    /// Reads a document that describes the network.
    fn read_context(&mut self, lix: LocationRow, doc: &DocId) -> Result<(), StoreError> {
        let location = rosters::location_id(&self.conn, lix)?;
        let Self {
            library,
            conn,
            intake,
            context,
            ..
        } = self;
        if let Some(loaded) = library::open(library, (conn, intake), (lix, *doc))? {
            context.read(location, &loaded.document);
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
