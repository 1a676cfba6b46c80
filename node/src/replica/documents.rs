//! Documents in memory: loaded from their snapshot and the log, brought up to date run by run.

use std::collections::BTreeMap;

use rusqlite::Connection;
use weft_host::failure::Failure;
use weft_shared::{
    document::{Document, Witness},
    id::{DeviceIndex, DocId, DocName},
    identity::TeamKeys,
    log::{entry::Entry, sealed::team_document},
    model::schema::DocKind,
};
use weft_store::{
    StoreError,
    cache::{self, DocumentCache, Queue, Run},
};

use super::{Alone, Replica, team::is_teams};
use crate::store::{Owner, entries, journal, runs, snapshots, snapshots::Snapshot};

/// A document of one of the two locations.
pub(super) type Place = (Owner, DocId);

/// Log, entry and number of a run.
pub(super) type RunPlace = (DeviceIndex, u64, u32);

/// One run on its way into its document.
pub(super) type Pending = Run<RunPlace>;

/// The outcome of reading runs.
pub(super) type TakenIn = cache::Taken<RunPlace>;

/// The documents in memory.
pub(super) type Documents = DocumentCache<Place, RunPlace, Progress>;

/// A document in memory.
pub(super) type Loaded = cache::Loaded<RunPlace, Progress>;

/// A document's name, and the progress of reading it.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) name: DocName,
    /// The entry of each log up to which every run is applied or given up.
    pub(super) folded: BTreeMap<DeviceIndex, u64>,
}

/// The reason why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Alone(#[from] Alone),
    #[error(
        "The document {name} cannot be read from the store: {why}. Run weft-node rebuild, which \
         makes it again from the signed entries."
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
        match error {
            DocumentError::Alone(alone) => alone.into(),
            DocumentError::Store(_) | DocumentError::Unreadable { .. } => Self::failed_error(error),
        }
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
        let loaded = self.documents.get(&place);
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
        if !self.documents.holds(&place) {
            // Faults on the way were recorded when the runs first arrived.
            self.take_in(owner, name, Vec::new())?;
        }
        let loaded = self.documents.get_mut(&place);
        Ok(loaded.expect("it was loaded just now"))
    }

    /// Reads runs on disk into their document, together with runs that were held for them.
    pub(super) fn take_in(
        &mut self,
        owner: Owner,
        name: &DocName,
        runs: Vec<Pending>,
    ) -> Result<TakenIn, DocumentError> {
        let place = (owner, name.id(&self.location(owner)));
        if !self.documents.holds(&place) {
            self.make_room();
            let (mut loaded, all) = self.load(owner, name, runs, Basis::Snapshot)?;
            let db = &self.store.reader;
            let keys = self.team.keys(owner);
            let taken = self.ends.hand_over(db, (place, keys), &mut loaded, all)?;
            self.documents.put(place, loaded);
            return Ok(taken);
        }
        let loaded = self.documents.get_mut(&place);
        let loaded = loaded.expect("it is held");
        let (db, keys) = (&self.store.reader, self.team.keys(owner));
        Ok(self.ends.hand_over(db, (place, keys), loaded, runs)?)
    }

    /// Forgets documents whose state in memory may be ahead of the store.
    pub(super) fn forget(&mut self, places: impl IntoIterator<Item = Place>) {
        for place in places {
            self.documents.forget(&place);
        }
    }

    pub(super) fn forget_all(&mut self) {
        self.documents.clear();
    }

    /// Loads a document as last saved, or from its first entry, with the runs still to apply. Runs
    /// in `at_hand` need not be read from the store.
    pub(super) fn load(
        &self,
        owner: Owner,
        name: &DocName,
        at_hand: Vec<Pending>,
        basis: Basis,
    ) -> Result<(Loaded, Vec<Pending>), DocumentError> {
        let db = &self.store().reader;
        let location = self.location(owner);
        let id = name.id(&location);
        let unreadable = |why: String| DocumentError::Unreadable {
            name: name.clone(),
            why,
        };
        let snapshot = match basis {
            Basis::Snapshot => snapshots::find(db, owner, &id)?,
            Basis::Entries => None,
        };
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
        let progress = Progress {
            name: name.clone(),
            folded,
        };
        let mut loaded = Loaded::new(document, progress);
        if is_teams(name) {
            // The journal of an earlier version, until it is sealed.
            let kept = journal::changes(db, &id)?.into_iter();
            replay_journal(&mut loaded, kept.map(|kept| kept.change).collect());
        }
        let runs = self.pending(owner, &id, &loaded.beside.folded, at_hand)?;
        Ok((loaded, runs))
    }

    /// Returns a document to its state before the entries of our own log above `to`.
    pub(super) fn load_below(
        &mut self,
        name: &DocName,
        dix: DeviceIndex,
        to: u64,
    ) -> Result<(), DocumentError> {
        let location = self.location(Owner::Location);
        let id = name.id(&location);
        let document =
            Document::genesis(&location, name).map_err(|error| DocumentError::Unreadable {
                name: name.clone(),
                why: error.to_string(),
            })?;
        let progress = Progress {
            name: name.clone(),
            folded: BTreeMap::new(),
        };
        let mut loaded = Loaded::new(document, progress);
        let folded = &loaded.beside.folded;
        let mut runs = self.pending(Owner::Location, &id, folded, Vec::new())?;
        runs.retain(|run| run.place.0 != dix || run.place.1 <= to);
        let place = (Owner::Location, id);
        let (db, keys) = (&self.store.reader, self.team.keys(Owner::Location));
        self.ends.hand_over(db, (place, keys), &mut loaded, runs)?;
        self.documents.put(place, loaded);
        Ok(())
    }

    /// Returns a document's runs above `folded`, in the order in which they were made.
    fn pending(
        &self,
        owner: Owner,
        id: &DocId,
        folded: &BTreeMap<DeviceIndex, u64>,
        at_hand: Vec<Pending>,
    ) -> Result<Vec<Pending>, DocumentError> {
        // One transaction for all queries: each would otherwise take and release its own locks.
        let db = self.store().reader.unchecked_transaction()?;
        let db = &*db;
        let at_hand = at_hand.into_iter().map(|run| (run.place, run));
        let mut at_hand: BTreeMap<_, _> = at_hand.collect();
        let mut pending = Vec::new();
        for place in runs::above(db, owner, id, folded)? {
            match at_hand.remove(&place) {
                Some(run) => pending.push(run),
                None => pending.extend(read_run(db, owner, place, self.keys_of(owner))?),
            }
        }
        pending.sort_by_key(|run| (run.created, run.place));
        Ok(pending)
    }

    /// Records how far up a log a document in memory has come.
    pub(super) fn reached(
        &mut self,
        owner: Owner,
        id: DocId,
        dix: DeviceIndex,
        raise: impl FnOnce(u64) -> u64,
    ) {
        if let Some(loaded) = self.documents.get_mut(&(owner, id)) {
            let reached = loaded.beside.folded.entry(dix).or_default();
            *reached = raise(*reached);
        }
    }
}

/// The data that a document is loaded from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Basis {
    /// The last snapshot, and the entries after it.
    Snapshot,
    /// All entries, because keys have come that open earlier ones.
    Entries,
}

fn replay_journal(loaded: &mut Loaded, changes: Vec<Vec<u8>>) {
    let log = DeviceIndex(0);
    let total = changes.len() as u64;
    let reached = loaded.beside.folded.insert(log, total).unwrap_or(0);
    let skip = usize::try_from(reached).unwrap_or(usize::MAX);
    let fresh: Vec<Vec<u8>> = changes.into_iter().skip(skip).collect();
    loaded.grew(&fresh);
    if !fresh.is_empty() && loaded.document.apply(&fresh).is_err() {
        // One of them is damaged; keep the others.
        for change in fresh {
            if let Err(error) = loaded.document.apply(&[change]) {
                tracing::error!(%error, "a change of the journal is set aside");
            }
        }
    }
}

/// Applies a queue, and raises the mark of each log, but never past a run that waits.
pub(super) fn take_queue(
    loaded: &mut Loaded,
    queue: Queue<RunPlace>,
    witness: &mut dyn Witness,
) -> TakenIn {
    let taken = loaded.take_in(queue, Some(witness));
    let applied = taken.applied.iter().map(|run| run.place);
    let settled = applied.chain(taken.quarantined.iter().map(|(place, _)| *place));
    for (dix, dseq, _) in settled {
        let waits = loaded.first_waiting((dix, 0, 0)..=(dix, u64::MAX, u32::MAX));
        if waits.is_none_or(|(_, waits, _)| dseq < waits) {
            let reached = loaded.beside.folded.entry(dix).or_default();
            *reached = dseq.max(*reached);
        }
    }
    taken
}

/// Returns the runs of an entry, each with its document; none if its bodies were refused. Sealed
/// ones that no key here opens, or that only give keys, are left out.
pub(super) fn runs_of(
    dix: DeviceIndex,
    entry: &Entry,
    keys: &TeamKeys,
) -> impl Iterator<Item = (DocId, Pending)> + use<> {
    let (dseq, created) = (entry.header.dseq, entry.header.created);
    // A plain run in the team's document is one that no gate admits any more.
    let team = team_document().id(&entry.header.location);
    let is_sealed = entry.sealed().is_some();
    let scanned = entry.scanned(keys).into_iter();
    let scanned = scanned.filter(move |run| is_sealed || run.doc != team);
    let says = scanned.filter(|run| run.changes.as_ref().map_or(true, |all| !all.is_empty()));
    says.map(move |run| {
        let (changes, refused) = match run.changes {
            Ok(changes) => (changes, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        let pending = Run {
            place: (dix, dseq, run.number),
            created,
            changes,
            refused,
        };
        (run.doc, pending)
    })
}

/// Reads a run from the store; `None` if only the header of its entry counts.
pub(super) fn read_run(
    db: &Connection,
    owner: Owner,
    place: RunPlace,
    keys: &TeamKeys,
) -> Result<Option<Pending>, StoreError> {
    let (dix, dseq, _) = place;
    let stored = entries::one(db, owner.lix(), dix, dseq)?.filter(|one| one.void.is_none());
    Ok(stored.and_then(|one| {
        let mut runs = runs_of(dix, &one.entry, keys).map(|(_, run)| run);
        runs.find(|run| run.place == place)
    }))
}
