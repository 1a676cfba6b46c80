//! The aggregation's documents: a few loaded, the others saved with their tails.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use rusqlite::Connection;
use weft_shared::{
    document::{DeriveError, Document, SaveError, Touched, Witness},
    id::{DeviceId, DocId, LocationId, actor},
    log::scan,
    model::schema::DocKind,
};

use crate::{
    limits,
    store::{Lix, StoreError, aside::AsideState, derived, devices, documents, entries, rosters},
};

/// One entry's changes to one document.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) hub_seq: u64,
    pub(super) changes: Vec<Vec<u8>>,
}

/// The result of folding parts: the keys to read again, and the state of each entry.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub(super) touched: Touched,
    pub(super) taken: Vec<u64>,
    pub(super) released: Vec<u64>,
    pub(super) aside: Vec<(u64, AsideState, String)>,
}

/// A loaded document.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) document: Document,
    pub(crate) authors: BTreeMap<[u8; 16], DeviceId>,
    /// Entries folded since it was last saved.
    pub(super) tail: usize,
    /// Size when last loaded or saved, unpacked, plus the changes since.
    raw_bytes: u64,
    used: u64,
    /// The missing changes last found for each held entry.
    waits: BTreeMap<u64, Vec<[u8; 32]>>,
}

/// Approximate bytes that a held entry takes, without the hashes of the changes it waits for.
const WAIT_BYTES: u64 = 64;

/// The loaded documents.
#[derive(Debug, Default)]
pub(super) struct Library {
    loaded: BTreeMap<(Lix, DocId), Loaded>,
    clock: u64,
}

impl Library {
    /// Opens the document. Returns `None` if no document of this name is known here.
    pub(super) fn open(
        &mut self,
        conn: &Connection,
        lix: Lix,
        doc: &DocId,
    ) -> Result<Option<&mut Loaded>, StoreError> {
        self.clock += 1;
        let loaded = match self.loaded.entry((lix, *doc)) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(free) => match load(conn, lix, doc)? {
                Some(loaded) => free.insert(loaded),
                None => return Ok(None),
            },
        };
        loaded.used = self.clock;
        Ok(Some(loaded))
    }

    /// Starts a document from empty, ignoring its last save. Forgets it if no document of this name
    /// is known here.
    pub(super) fn begin_again(
        &mut self,
        conn: &Connection,
        lix: Lix,
        doc: &DocId,
    ) -> Result<(), StoreError> {
        self.loaded.remove(&(lix, *doc));
        if let Some(mut empty) = read(conn, lix, doc, None)? {
            // Mark it as used last. Otherwise it would be evicted first, and the old save read
            // instead.
            self.clock += 1;
            empty.used = self.clock;
            self.loaded.insert((lix, *doc), empty);
        }
        Ok(())
    }

    /// Documents to save: those with a long tail, and those about to be evicted.
    pub(super) fn due(&self, idle: bool) -> Vec<(Lix, DocId)> {
        let mut due: Vec<_> = self
            .loaded
            .iter()
            .filter(|(_, loaded)| loaded.is_due() || (idle && loaded.tail > 0))
            .map(|(key, _)| *key)
            .collect();
        due.extend(self.surplus(1).filter(|key| self.loaded[key].tail > 0));
        due.sort_unstable();
        due.dedup();
        due
    }

    /// Evicts the least recently used documents.
    pub(super) fn trim(&mut self) {
        let old: Vec<_> = self
            .surplus(1)
            .filter(|key| self.loaded[key].tail == 0)
            .collect();
        for key in old {
            self.loaded.remove(&key);
        }
    }

    /// Makes room for another document. Evicts documents with a tail too: they are read again from
    /// the last save and the tail.
    pub(super) fn make_room(&mut self) {
        for key in self.surplus(0) {
            self.loaded.remove(&key);
        }
    }

    /// Forgets all documents, because some could not be stored as they are.
    pub(super) fn forget_all(&mut self) {
        self.loaded.clear();
    }

    /// Returns a loaded document as bytes that load again. If they do not load, evicts the
    /// document, which is then read again from its last save and its tail.
    pub(super) fn bytes(&mut self, lix: Lix, doc: &DocId) -> Result<Option<Vec<u8>>, SaveError> {
        let Some(mut loaded) = self.loaded.remove(&(lix, *doc)) else {
            return Ok(None);
        };
        let (bytes, document) = loaded.document.into_saved()?;
        loaded.document = document;
        loaded.raw_bytes = loaded.document.unpacked_bytes();
        self.loaded.insert((lix, *doc), loaded);
        Ok(Some(bytes))
    }

    /// Records that a document was saved as it is.
    pub(super) fn saved(&mut self, lix: Lix, doc: &DocId) {
        if let Some(loaded) = self.loaded.get_mut(&(lix, *doc)) {
            loaded.tail = 0;
        }
    }

    /// The least recently used documents beyond the limits on number and size. The size limit
    /// leaves `kept` documents.
    fn surplus(&self, kept: usize) -> impl Iterator<Item = (Lix, DocId)> + use<> {
        let mut by_use: Vec<_> = self
            .loaded
            .iter()
            .map(|(key, loaded)| (loaded.used, *key, loaded.memory_bytes()))
            .collect();
        by_use.sort_unstable();
        let mut count = by_use.len();
        let mut bytes: u64 = by_use.iter().map(|(_, _, bytes)| bytes).sum();
        let surplus = by_use.into_iter().take_while(move |(_, _, one)| {
            let many = count > limits::DOCUMENTS_LOADED_MAX;
            let much = bytes > limits::DOCUMENTS_LOADED_BYTES_MAX && count > kept;
            count -= 1;
            bytes -= one;
            many || much
        });
        surplus.map(|(_, key, _)| key)
    }
}

impl Loaded {
    fn memory_bytes(&self) -> u64 {
        let missing: usize = self.waits.values().map(Vec::len).sum();
        let waits = self.waits.len() as u64 * WAIT_BYTES + missing as u64 * 32;
        self.document.memory_bytes(self.raw_bytes) + waits
    }

    /// A tail may grow with its document, so that the cost of saving per change stays constant.
    fn is_due(&self) -> bool {
        let most = usize::try_from(self.document.changes() / 4).unwrap_or(usize::MAX);
        self.tail >= limits::TAIL_ENTRIES_MAX.max(most)
    }

    /// Reads those of `waiting` again that have everything they need once `parts` are in. The
    /// others stay unread: reading all of them at each bite would be quadratic work.
    pub(super) fn ready(
        &self,
        parts: &[Part],
        mut waiting: Vec<u64>,
        read: impl Fn(u64) -> Result<Vec<Vec<u8>>, StoreError>,
    ) -> Result<Vec<Part>, StoreError> {
        let mut arrived = BTreeSet::new();
        parts.iter().for_each(|part| arrive(part, &mut arrived));
        let mut ready = Vec::new();
        loop {
            let before = ready.len();
            let mut still = Vec::new();
            for hub_seq in waiting {
                if !self.may_go(hub_seq, &arrived) {
                    still.push(hub_seq);
                    continue;
                }
                let changes = read(hub_seq)?;
                let part = Part { hub_seq, changes };
                arrive(&part, &mut arrived);
                ready.push(part);
            }
            if still.is_empty() || ready.len() == before {
                return Ok(ready);
            }
            waiting = still;
        }
    }

    /// Whether everything an entry waits for has arrived; true if no one has checked since the
    /// document was loaded.
    fn may_go(&self, hub_seq: u64, arrived: &BTreeSet<[u8; 32]>) -> bool {
        self.waits.get(&hub_seq).is_none_or(|missing| {
            let here = |hash| arrived.contains(hash) || self.document.has_change(hash);
            missing.iter().all(here)
        })
    }

    /// Folds parts and those that waited for them. The witness notes them in that order; parts that
    /// are already in need no note.
    pub(super) fn fold(
        &mut self,
        parts: &[Part],
        held: &[Part],
        witness: Option<&mut dyn Witness>,
    ) -> Folded {
        let runs: Vec<&[Vec<u8>]> = parts
            .iter()
            .chain(held)
            .map(|part| part.changes.as_slice())
            .collect();
        let derived = match witness {
            Some(witness) => self.document.apply_noted(&runs, witness),
            None => self.document.apply_runs(&runs),
        };
        let mut folded = Folded {
            touched: derived.touched,
            ..Folded::default()
        };
        let raw_bytes = runs.iter().copied().flatten().map(Vec::len).sum::<usize>();
        self.raw_bytes += raw_bytes as u64;
        for (at, (part, result)) in parts.iter().chain(held).zip(derived.results).enumerate() {
            let seq = part.hub_seq;
            self.waits.remove(&seq);
            match result {
                Ok(()) if at < parts.len() => folded.taken.push(seq),
                Ok(()) => {
                    folded.taken.push(seq);
                    folded.released.push(seq);
                }
                Err(error @ DeriveError::Held { .. }) => {
                    folded
                        .aside
                        .push((seq, AsideState::Held, error.to_string()));
                    if let DeriveError::Held { missing } = error {
                        self.waits.insert(seq, missing);
                    }
                }
                Err(error @ DeriveError::Quarantined(_)) => {
                    tracing::warn!(hub_seq = seq, %error, "an entry is quarantined");
                    folded
                        .aside
                        .push((seq, AsideState::Quarantined, error.to_string()));
                }
            }
        }
        self.tail += folded.taken.len();
        folded
    }

    pub(super) fn knows(&mut self, device: &DeviceId, doc: &DocId, n: u8) {
        self.authors.insert(actor(device, doc, n), *device);
    }
}

/// Adds the hashes of a part's changes to those that have arrived.
fn arrive(part: &Part, arrived: &mut BTreeSet<[u8; 32]>) {
    let facts = part
        .changes
        .iter()
        .filter_map(|change| scan::read(change).ok());
    arrived.extend(facts.map(|facts| facts.hash));
}

/// Returns the changes that one entry makes to a document.
pub(super) fn changes_at(
    conn: &Connection,
    hub_seq: u64,
    doc: &DocId,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let stored = entries::at(conn, hub_seq)?;
    let runs = stored.entry.scanned().into_iter();
    let of_doc = runs.filter(|run| run.doc == *doc);
    // Changes that the scan refuses were set aside before they got this far.
    let changes = of_doc.filter_map(|run| run.changes.ok());
    Ok(changes.flatten().collect())
}

/// Loads a document from the store: its last save, and the entries folded since.
pub(crate) fn load(conn: &Connection, lix: Lix, doc: &DocId) -> Result<Option<Loaded>, StoreError> {
    let (bytes, tail) = derived::snapshot(conn, lix, doc)?;
    let Some(mut loaded) = read(conn, lix, doc, bytes)? else {
        return Ok(None);
    };
    let parts: Vec<Part> = tail
        .iter()
        .map(|hub_seq| {
            Ok(Part {
                hub_seq: *hub_seq,
                changes: changes_at(conn, *hub_seq, doc)?,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    if loaded.fold(&parts, &[], None).taken.len() != parts.len() {
        return Err(StoreError::Derived("tails"));
    }
    Ok(Some(loaded))
}

/// Reads a document as it was saved, or empty.
fn read(
    conn: &Connection,
    lix: Lix,
    doc: &DocId,
    bytes: Option<Vec<u8>>,
) -> Result<Option<Loaded>, StoreError> {
    let Some(name) = documents::name(conn, lix, doc)? else {
        return Ok(None);
    };
    // A name or an epoch unknown to this version: its entries are kept and derived later.
    if DocKind::of(&name).is_err() {
        return Ok(None);
    }
    let location: LocationId = rosters::location_id(conn, lix)?;
    let document = match bytes {
        Some(bytes) => Document::load(&location, &name, &bytes)
            .map_err(|_| StoreError::Derived("snapshots"))?,
        None => Document::genesis(&location, &name)
            .map_err(|_| StoreError::Damaged("documents.name"))?,
    };
    let mut loaded = Loaded {
        raw_bytes: document.unpacked_bytes(),
        document,
        authors: BTreeMap::new(),
        tail: 0,
        used: 0,
        waits: BTreeMap::new(),
    };
    for (device, n) in devices::authors(conn, lix, doc)? {
        loaded.knows(&device, doc, n);
    }
    Ok(Some(loaded))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use weft_shared::{document::Author, id::DocName, model::schema::Container, time::Timestamp};

    use super::*;
    use crate::kit::{self, Device};

    #[test]
    fn no_second_document_is_loaded_beside_one_that_fills_memory() {
        let location = LocationId::new([1; 16]);
        let loaded = |raw_bytes| Loaded {
            document: Document::genesis(&location, &DocName::first("profile")).unwrap(),
            authors: BTreeMap::new(),
            tail: 1,
            raw_bytes,
            used: 0,
            waits: BTreeMap::new(),
        };
        let place = |n: u8| (Lix(1), DocId::new([n; 16]));
        let large = limits::DOCUMENTS_LOADED_BYTES_MAX;
        let mut library = Library::default();
        for (n, raw_bytes) in [(1, 1_000), (2, large), (3, 1_000), (4, large), (5, large)] {
            // As before each document that is opened.
            library.make_room();
            library.clock += 1;
            let used = library.clock;
            let one = Loaded {
                used,
                ..loaded(raw_bytes)
            };
            library.loaded.insert(place(n), one);
            let sizes = library.loaded.values().map(|one| one.raw_bytes);
            let large_ones = sizes.filter(|bytes| *bytes == large).count();
            assert!(large_ones <= 1, "{n}");
            assert_eq!(library.loaded.contains_key(&place(1)), n <= 2, "{n}");
        }
    }

    /// Otherwise its old save, with what was dropped, would be read in its place.
    #[tokio::test]
    async fn a_document_that_is_begun_again_is_not_the_first_to_leave_memory() {
        let (_dir, app) = kit::hub().await;
        let code = kit::add_location(&app, "FN", &[]).await;
        let mut device = Device::found(&app, &code).await;
        let entry = device.edit("profile", |editor| {
            editor.put_text(Container::Names, "en", "Example")
        });
        device.push(&app, entry).await;
        let conn = app.shared.store.reader().unwrap();
        let lix = rosters::lix(&conn, &device.location).unwrap().unwrap();
        let name = DocName::first("profile");
        let doc = name.id(&device.location);
        let mut library = Library::default();
        let place = |n: usize| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&(n as u64).to_be_bytes());
            (lix, DocId::new(id))
        };
        for n in 0..limits::DOCUMENTS_LOADED_MAX {
            library.clock += 1;
            let one = Loaded {
                document: Document::genesis(&device.location, &name).unwrap(),
                authors: BTreeMap::new(),
                tail: 0,
                raw_bytes: 0,
                used: library.clock,
                waits: BTreeMap::new(),
            };
            library.loaded.insert(place(n), one);
        }
        library.begin_again(&conn, lix, &doc).unwrap();
        library.make_room();
        assert!(library.loaded.contains_key(&(lix, doc)));
        assert!(!library.loaded.contains_key(&place(0)), "the oldest goes");
    }

    #[test]
    fn what_waits_is_read_again_once_all_of_it_has_come() {
        let location = LocationId::new([1; 16]);
        let document = Document::genesis(&location, &DocName::first("profile")).unwrap();
        let mut written = document.clone();
        let author = Author {
            device: DeviceId::new([2; 32]),
            n: 0,
        };
        let parts: Vec<Part> = (1..=4)
            .map(|hub_seq| {
                let text = format!("name {hub_seq}");
                let edited = written.edit(author, Timestamp::from_ms(1), |editor| {
                    editor.put_text(Container::Names, "en", &text)
                });
                let changes = vec![edited.unwrap().change.unwrap()];
                Part { hub_seq, changes }
            })
            .collect();
        let mut loaded = Loaded {
            document,
            authors: BTreeMap::new(),
            tail: 0,
            raw_bytes: 0,
            used: 0,
            waits: BTreeMap::new(),
        };
        assert_eq!(loaded.fold(&parts[2..], &[], None).aside.len(), 2);
        let read = RefCell::new(Vec::new());
        let changes = |hub_seq: u64| {
            read.borrow_mut().push(hub_seq);
            let part = parts.iter().find(|part| part.hub_seq == hub_seq);
            Ok(part.unwrap().changes.clone())
        };
        loaded.ready(&parts[..1], vec![3, 4], changes).unwrap();
        assert!(read.borrow().is_empty(), "nothing that they wait for");
        loaded.ready(&parts[1..2], vec![4, 3], changes).unwrap();
        assert_eq!(*read.borrow(), [3, 4], "the fourth waits for the third");
    }
}
