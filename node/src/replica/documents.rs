//! Documents in memory: loaded from their snapshot and the log, brought up to date run by run.

use std::collections::{BTreeMap, VecDeque};

use rusqlite::Connection;
use weft_host::failure::Failure;
use weft_shared::{
    document::{DeriveError, Document, Touched, Witness},
    id::{Dix, DocId, DocName},
    log::entry::Entry,
    model::schema::DocKind,
};
use weft_store::StoreError;

use super::{
    Replica,
    waiting::{RunPlace, Waiting},
};
use crate::store::{Owner, entries, journal, runs, snapshots, snapshots::Snapshot};

/// A run that is not applied, with the reason.
type LeftOut = (Pending, String);

/// A document of one of the two locations.
pub(super) type Place = (Owner, DocId);

/// The documents in memory, in order of last use.
#[derive(Default)]
pub(super) struct Documents {
    pub(super) loaded: BTreeMap<Place, Loaded>,
    pub(super) used: VecDeque<Place>,
    /// An edit is being prepared. Documents in memory may be ahead of the store, so they stay.
    pub(super) pinned: bool,
}

/// A document and the progress of reading it.
pub(super) struct Loaded {
    pub(super) name: DocName,
    pub(super) document: Document,
    /// The entry of each log up to which every run is applied or given up.
    pub(super) folded: BTreeMap<Dix, u64>,
    /// Runs that wait for the changes they build on.
    pub(super) waiting: Waiting,
    /// Changes since the last snapshot.
    pub(super) fresh: u64,
    /// Size when last loaded or saved, unpacked, and of the changes since.
    pub(super) raw_bytes: u64,
}

/// One run on its way into its document.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) dix: Dix,
    pub(super) dseq: u64,
    pub(super) number: u32,
    pub(super) created: i64,
    pub(super) changes: Vec<Vec<u8>>,
    /// The reason why today's scan refuses it, if it does.
    refused: Option<String>,
}

/// The reason why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "The document {name} cannot be read from the store: {why}. Run weft-node rebuild, which \
         makes it anew from the signed entries."
    )]
    Unreadable { name: DocName, why: String },
}

impl From<rusqlite::Error> for DocumentError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<DocumentError> for Failure {
    fn from(error: DocumentError) -> Self {
        Self::failed_error(error)
    }
}

impl Replica {
    /// Returns a document, loaded if need be; an unknown one is empty.
    pub(crate) fn document(
        &mut self,
        owner: Owner,
        name: &DocName,
    ) -> Result<&Document, DocumentError> {
        Ok(&self.loaded(owner, name)?.document)
    }

    /// As [`Replica::document`], with the replica beside it.
    pub(crate) fn with_document(
        &mut self,
        owner: Owner,
        name: &DocName,
    ) -> Result<(&Self, &Document), DocumentError> {
        self.loaded(owner, name)?;
        let place = (owner, name.id(&self.location(owner)));
        let loaded = self.documents.loaded.get(&place);
        let loaded = loaded.expect("it was loaded just now");
        Ok((self, &loaded.document))
    }

    /// Returns the documents of the wanted kinds that hold anything, such as those of every year.
    pub(crate) fn documents_where(
        &self,
        owner: Owner,
        wanted: impl Fn(DocKind) -> bool,
    ) -> Vec<(DocKind, DocName)> {
        let kind = |name: DocName| Some((DocKind::of(&name).ok()?, name));
        let names = self.names(owner).into_iter().filter_map(kind);
        names.filter(|(kind, _)| wanted(*kind)).collect()
    }

    pub(super) fn loaded(
        &mut self,
        owner: Owner,
        name: &DocName,
    ) -> Result<&mut Loaded, DocumentError> {
        let place = (owner, name.id(&self.location(owner)));
        if !self.documents.loaded.contains_key(&place) {
            self.make_room();
            let (mut loaded, runs) = self.load(owner, name, Vec::new())?;
            // Faults on the way were recorded when the runs first arrived.
            self.ends
                .hand_over(&self.store.reader, place, &mut loaded, runs)?;
            self.documents.put(place, loaded);
        }
        Ok(self.documents.touch(&place))
    }

    /// Reads runs on disk into their document, together with runs that were held for them.
    ///
    /// A local document consists of the journal alone. A run that claims one is left out, or this
    /// computer's next change would build on changes that are not in the journal.
    pub(super) fn take_in(
        &mut self,
        owner: Owner,
        name: &DocName,
        runs: Vec<Pending>,
    ) -> Result<TakenIn, DocumentError> {
        let runs = if is_local(name) { Vec::new() } else { runs };
        let place = (owner, name.id(&self.location(owner)));
        if self.documents.loaded.contains_key(&place) {
            let loaded = self.documents.touch(&place);
            let db = &self.store.reader;
            return Ok(self.ends.hand_over(db, place, loaded, runs)?);
        }
        self.make_room();
        let (mut loaded, runs) = self.load(owner, name, runs)?;
        let db = &self.store.reader;
        let taken = self.ends.hand_over(db, place, &mut loaded, runs)?;
        self.documents.put(place, loaded);
        Ok(taken)
    }

    /// Forgets documents whose state in memory may be ahead of the store.
    pub(super) fn forget(&mut self, places: impl IntoIterator<Item = Place>) {
        for place in places {
            self.documents.loaded.remove(&place);
            self.documents.used.retain(|used| *used != place);
        }
    }

    pub(super) fn forget_all(&mut self) {
        self.documents = Documents::default();
    }

    /// Loads a document as last saved, with the runs still to apply. Runs in `at_hand` need not be
    /// read from the store.
    fn load(
        &self,
        owner: Owner,
        name: &DocName,
        at_hand: Vec<Pending>,
    ) -> Result<(Loaded, Vec<Pending>), DocumentError> {
        let db = &self.store().reader;
        let location = self.location(owner);
        let id = name.id(&location);
        let unreadable = |why: String| DocumentError::Unreadable {
            name: name.clone(),
            why,
        };
        let snapshot = snapshots::find(db, owner, &id)?;
        let begin = Document::genesis(&location, name);
        let begin = begin.map_err(|error| unreadable(error.to_string()))?;
        let loaded = snapshot.and_then(|Snapshot { bytes, folded }| {
            match Document::load(&location, name, &bytes) {
                Ok(document) => Some((document, folded)),
                // The log still has all of it.
                Err(error) => {
                    tracing::warn!(%error, "a snapshot is damaged, and the log is read instead");
                    None
                }
            }
        });
        let (document, folded) = loaded.unwrap_or((begin, BTreeMap::new()));
        let raw_bytes = document.unpacked_bytes();
        let mut loaded = Loaded {
            name: name.clone(),
            document,
            folded,
            waiting: Waiting::default(),
            fresh: 0,
            raw_bytes,
        };
        if is_local(name) {
            let changes = journal::changes(db, &id)?
                .into_iter()
                .map(|(_, change)| change);
            loaded.replay_journal(changes.collect());
            return Ok((loaded, Vec::new()));
        }
        let runs = self.pending(owner, &id, &loaded.folded, at_hand)?;
        Ok((loaded, runs))
    }

    /// Returns a document to its state before the entries of our own log above `to`.
    pub(super) fn load_below(
        &mut self,
        name: &DocName,
        dix: Dix,
        to: u64,
    ) -> Result<(), DocumentError> {
        let location = self.location(Owner::Location);
        let id = name.id(&location);
        let document =
            Document::genesis(&location, name).map_err(|error| DocumentError::Unreadable {
                name: name.clone(),
                why: error.to_string(),
            })?;
        let mut loaded = Loaded {
            name: name.clone(),
            document,
            folded: BTreeMap::new(),
            waiting: Waiting::default(),
            fresh: 0,
            raw_bytes: 0,
        };
        let mut runs = self.pending(Owner::Location, &id, &loaded.folded, Vec::new())?;
        runs.retain(|run| run.dix != dix || run.dseq <= to);
        let place = (Owner::Location, id);
        self.ends
            .hand_over(&self.store.reader, place, &mut loaded, runs)?;
        self.documents.put(place, loaded);
        Ok(())
    }

    /// Returns a document's runs above `folded`, in the order in which they were made.
    fn pending(
        &self,
        owner: Owner,
        id: &DocId,
        folded: &BTreeMap<Dix, u64>,
        at_hand: Vec<Pending>,
    ) -> Result<Vec<Pending>, DocumentError> {
        // One transaction for all queries: each would otherwise take and release its own locks.
        let db = self.store().reader.unchecked_transaction()?;
        let db = &*db;
        let at_hand = at_hand.into_iter().map(|run| (run.place(), run));
        let mut at_hand: BTreeMap<_, _> = at_hand.collect();
        let mut pending = Vec::new();
        for (dix, dseq, number) in runs::above(db, owner, id, folded)? {
            if let Some(run) = at_hand.remove(&(dix, dseq, number)) {
                pending.push(run);
                continue;
            }
            let Some(stored) = entries::one(db, owner.lix(), dix, dseq)? else {
                continue;
            };
            if stored.void.is_some() {
                continue;
            }
            pending.extend(Pending::one(dix, &stored.entry, number));
        }
        pending.sort_by_key(|run| (run.created, run.dix, run.dseq, run.number));
        Ok(pending)
    }

    /// Records how far up a log a document in memory has come.
    pub(super) fn reached(
        &mut self,
        owner: Owner,
        id: DocId,
        dix: Dix,
        raise: impl FnOnce(u64) -> u64,
    ) {
        if let Some(loaded) = self.documents.loaded.get_mut(&(owner, id)) {
            let reached = loaded.folded.entry(dix).or_default();
            *reached = raise(*reached);
        }
    }
}

/// Whether a document of that name stays on this computer.
fn is_local(name: &DocName) -> bool {
    name.name.parse::<DocKind>().is_ok_and(DocKind::is_local)
}

impl Loaded {
    pub(super) fn memory_bytes(&self) -> u64 {
        self.document.memory_bytes(self.raw_bytes) + self.waiting.memory_bytes()
    }

    fn replay_journal(&mut self, changes: Vec<Vec<u8>>) {
        let log = Dix(0);
        let reached = self.folded.get(&log).copied().unwrap_or(0);
        let total = changes.len() as u64;
        let skip = usize::try_from(reached).unwrap_or(usize::MAX);
        let fresh: Vec<Vec<u8>> = changes.into_iter().skip(skip).collect();
        self.fresh = fresh.len() as u64;
        self.raw_bytes += fresh.iter().map(Vec::len).sum::<usize>() as u64;
        if !fresh.is_empty() && self.document.apply(&fresh).is_err() {
            // One of them is damaged; keep the others.
            for change in fresh {
                if let Err(error) = self.document.apply(&[change]) {
                    tracing::error!(%error, "a change of the journal is set aside");
                }
            }
        }
        self.folded.insert(log, total);
    }

    /// Queues these runs, and then those that waited for them. Returns separately the runs that are
    /// not to be applied, with the reasons.
    pub(super) fn queue(
        &self,
        (db, owner): (&Connection, Owner),
        runs: Vec<Pending>,
        left_out: impl Fn(&Pending) -> Option<String>,
    ) -> Result<(Vec<Pending>, Vec<LeftOut>), StoreError> {
        let read = |place| Pending::read(db, owner, place);
        let ready = self.waiting.ready(&self.document, &runs, read)?;
        let (mut queue, mut aside) = (Vec::new(), Vec::new());
        for mut run in runs.into_iter().chain(ready) {
            let refused = run.refused.take();
            let refused = refused.map(|why| format!("the rules of today refuse it: {why}"));
            match left_out(&run).or(refused) {
                Some(why) => aside.push((run, why)),
                None => queue.push(run),
            }
        }
        Ok((queue, aside))
    }

    /// Applies a queue. The runs in `aside` are only reported as not in the document.
    pub(super) fn take_in(
        &mut self,
        queue: Vec<Pending>,
        aside: Vec<(Pending, String)>,
        witness: &mut dyn Witness,
    ) -> TakenIn {
        let slices: Vec<&[Vec<u8>]> = queue.iter().map(|run| run.changes.as_slice()).collect();
        let derived = self.document.apply_noted(&slices, witness);
        let mut taken = TakenIn {
            quarantined: aside,
            ..TakenIn::default()
        };
        let results = derived.results.into_iter().zip(derived.each);
        for (run, _) in &taken.quarantined {
            self.waiting.remove(run.place());
        }
        for (run, (result, touched)) in queue.into_iter().zip(results) {
            self.waiting.remove(run.place());
            match result {
                Ok(()) => {
                    self.fresh += run.changes.len() as u64;
                    self.raw_bytes += run.changes.iter().map(Vec::len).sum::<usize>() as u64;
                    taken.touched.push(Touches {
                        dix: run.dix,
                        dseq: run.dseq,
                        created: run.created,
                        touched,
                    });
                    taken.applied.push(run);
                }
                Err(DeriveError::Held { missing }) => {
                    self.waiting.put(run.place(), missing);
                    taken.held.push(run.place());
                }
                Err(error) => taken.quarantined.push((run, error.to_string())),
            }
        }
        self.fold_below(&taken);
        taken
    }

    /// Raises each log's mark, but never past a run that waits.
    fn fold_below(&mut self, taken: &TakenIn) {
        let quarantined = taken.quarantined.iter().map(|(run, _)| run);
        for run in taken.applied.iter().chain(quarantined) {
            let waits = self.waiting.first(run.dix);
            if waits.is_none_or(|waits| run.dseq < waits) {
                let reached = self.folded.entry(run.dix).or_default();
                *reached = run.dseq.max(*reached);
            }
        }
    }
}

/// The outcome of reading runs.
#[derive(Debug, Default)]
pub(super) struct TakenIn {
    pub(super) applied: Vec<Pending>,
    pub(super) touched: Vec<Touches>,
    pub(super) held: Vec<RunPlace>,
    pub(super) quarantined: Vec<(Pending, String)>,
}

/// The records that a run touched.
#[derive(Debug)]
pub(super) struct Touches {
    pub(super) dix: Dix,
    pub(super) dseq: u64,
    pub(super) created: i64,
    pub(super) touched: Touched,
}

impl Pending {
    /// Returns the runs of an entry; none if its bodies were refused.
    pub(super) fn of(dix: Dix, entry: &Entry) -> impl Iterator<Item = Self> + use<> {
        let header = &entry.header;
        let (dseq, created) = (header.dseq, header.created.ms());
        let runs = entry.scanned();
        (0..).zip(runs).map(move |(number, run)| {
            let (changes, refused) = match run.changes {
                Ok(changes) => (changes, None),
                Err(why) => (Vec::new(), Some(why)),
            };
            Self {
                dix,
                dseq,
                number,
                created,
                changes,
                refused,
            }
        })
    }

    /// Returns one run of an entry.
    fn one(dix: Dix, entry: &Entry, number: u32) -> Option<Self> {
        Self::of(dix, entry).find(|run| run.number == number)
    }

    /// Reads a run from the store; `None` if the hub keeps only the header of its entry.
    fn read(
        db: &Connection,
        owner: Owner,
        (dix, dseq, number): RunPlace,
    ) -> Result<Option<Self>, StoreError> {
        let stored = entries::one(db, owner.lix(), dix, dseq)?.filter(|one| one.void.is_none());
        Ok(stored.and_then(|one| Self::one(dix, &one.entry, number)))
    }

    pub(super) const fn place(&self) -> RunPlace {
        (self.dix, self.dseq, self.number)
    }
}
