//! Documents in memory: brought up to date from runs of entries, on a fork and inside a guard, and
//! evicted once they are too many or too large together.
//!
//! A run that lacks earlier changes waits, and only its place is in memory: it is read again once
//! everything that it lacks is here. A run that cannot be taken in is quarantined, with the reason.
//! Everything else goes on.

#[cfg(test)]
mod tests;
mod waiting;

use std::{collections::BTreeMap, ops::RangeBounds};

use weft_shared::{
    document::{DeriveError, Document, SaveError, Touched, Witness},
    time::Timestamp,
};

use self::waiting::Waiting;

/// One entry's changes to one document, on their way into it.
#[derive(Clone, Debug)]
pub struct Run<P> {
    /// The place by which the store finds it again.
    pub place: P,
    /// The time that its entry claims.
    pub created: Timestamp,
    /// Its changes.
    pub changes: Vec<Vec<u8>>,
    /// The reason why today's scan refuses it, if it does.
    pub refused: Option<String>,
}

/// A document in memory, with what its program keeps `beside` it.
#[derive(Debug)]
pub struct Loaded<P, B> {
    /// The document.
    pub document: Document,
    /// The state that its program keeps beside it.
    pub beside: B,
    waiting: Waiting<P>,
    /// Changes since it was last saved.
    fresh: u64,
    /// Size when last loaded or saved, unpacked, plus the changes since.
    raw_bytes: u64,
    used: u64,
}

/// Runs to take in, those that had waited for them, and those to leave out with the reasons.
#[derive(Debug)]
pub struct Queue<P> {
    runs: Vec<Run<P>>,
    /// The number of runs that had not waited.
    new: usize,
    left_out: Vec<(P, String)>,
}

/// The outcome of taking runs in.
#[derive(Debug)]
pub struct Taken<P> {
    /// The keys to read again.
    pub touched: Touched,
    /// Runs that are in the document now.
    pub applied: Vec<Applied<P>>,
    /// Runs that wait, with the reasons.
    pub held: Vec<(P, String)>,
    /// Runs that are left out, with the reasons.
    pub quarantined: Vec<(P, String)>,
}

/// A run that is in the document now.
#[derive(Debug)]
pub struct Applied<P> {
    /// Its place.
    pub place: P,
    /// The time that its entry claims.
    pub created: Timestamp,
    /// The keys that it touched.
    pub touched: Touched,
    /// Its changes.
    pub changes: Vec<Vec<u8>>,
    /// Whether it had waited.
    pub waited: bool,
}

impl<P> Default for Taken<P> {
    fn default() -> Self {
        Self {
            touched: Touched::new(),
            applied: Vec::new(),
            held: Vec::new(),
            quarantined: Vec::new(),
        }
    }
}

impl<P: Copy> Queue<P> {
    /// The places of the runs, in the order in which a witness numbers them.
    pub fn places(&self) -> impl Iterator<Item = P> {
        self.runs.iter().map(|run| run.place)
    }
}

impl<P: Copy + Ord, B> Loaded<P, B> {
    /// A document as it was saved, or empty.
    pub fn new(document: Document, beside: B) -> Self {
        Self {
            raw_bytes: document.unpacked_bytes(),
            document,
            beside,
            waiting: Waiting::default(),
            fresh: 0,
            used: 0,
        }
    }

    /// Queues runs, and those that wait and have everything they need with them. The latter are
    /// read by `read`, which returns `None` for one that counts no longer. A run for which
    /// `left_out` has a reason is left out.
    ///
    /// # Errors
    /// Returns those of `read`.
    pub fn queue<E>(
        &self,
        runs: Vec<Run<P>>,
        read: impl Fn(P) -> Result<Option<Run<P>>, E>,
        left_out: impl Fn(P) -> Option<String>,
    ) -> Result<Queue<P>, E> {
        let ready = self.waiting.ready(&self.document, &runs, read)?;
        let mut queue = Queue {
            runs: Vec::with_capacity(runs.len() + ready.len()),
            new: 0,
            left_out: Vec::new(),
        };
        for (waited, runs) in [(false, runs), (true, ready)] {
            for mut run in runs {
                let refused = run.refused.take();
                let refused = refused.map(|why| format!("the rules of today refuse it: {why}"));
                match left_out(run.place).or(refused) {
                    Some(why) => queue.left_out.push((run.place, why)),
                    None => queue.runs.push(run),
                }
            }
            if !waited {
                queue.new = queue.runs.len();
            }
        }
        Ok(queue)
    }

    /// Takes a queue in. The witness notes its runs by their places in it; runs that the store
    /// knows as taken in need no note.
    pub fn take_in(&mut self, queue: Queue<P>, witness: Option<&mut dyn Witness>) -> Taken<P> {
        let runs = queue.runs.iter();
        let changes: Vec<&[Vec<u8>]> = runs.map(|run| run.changes.as_slice()).collect();
        let results = match witness {
            Some(witness) => self.document.apply_noted(&changes, witness),
            None => self.document.apply_runs(&changes),
        };
        let mut taken = Taken {
            quarantined: queue.left_out,
            ..Taken::default()
        };
        for (place, _) in &taken.quarantined {
            self.waiting.remove(*place);
        }
        for (at, (run, result)) in queue.runs.into_iter().zip(results).enumerate() {
            let place = run.place;
            self.waiting.remove(place);
            match result {
                Ok(touched) => {
                    self.grew(&run.changes);
                    taken.touched.extend(touched.iter().cloned());
                    taken.applied.push(Applied {
                        place,
                        created: run.created,
                        touched,
                        changes: run.changes,
                        waited: at >= queue.new,
                    });
                }
                Err(error) => {
                    let why = error.to_string();
                    match error {
                        DeriveError::Held { missing } => {
                            self.waiting.put(place, missing);
                            taken.held.push((place, why));
                        }
                        DeriveError::Quarantined(_) => taken.quarantined.push((place, why)),
                    }
                }
            }
        }
        taken
    }

    /// Records that these changes are in the document now.
    pub fn grew(&mut self, changes: &[Vec<u8>]) {
        self.fresh += changes.len() as u64;
        self.raw_bytes += changes.iter().map(Vec::len).sum::<usize>() as u64;
    }

    /// Records that a run waits for changes; it is tried with the next runs if none are named.
    pub fn wait(&mut self, place: P, missing: Vec<[u8; 32]>) {
        self.waiting.put(place, missing);
    }

    /// Returns the first run within `places` that waits.
    pub fn first_waiting(&self, places: impl RangeBounds<P>) -> Option<P> {
        self.waiting.first(places)
    }

    /// The number of changes since it was last saved.
    pub const fn fresh(&self) -> u64 {
        self.fresh
    }

    /// Estimated bytes of memory.
    pub fn memory_bytes(&self) -> u64 {
        self.document.memory_bytes(self.raw_bytes) + self.waiting.memory_bytes()
    }

    /// Estimated bytes of memory of what waits.
    pub fn waiting_bytes(&self) -> u64 {
        self.waiting.memory_bytes()
    }

    /// Sets the unpacked size from which memory is estimated, for tests of its limit.
    pub const fn assume_bytes(&mut self, raw_bytes: u64) {
        self.raw_bytes = raw_bytes;
    }
}

/// The documents in memory, by keys of their program's own.
#[derive(Debug)]
pub struct DocumentCache<D, P, B> {
    loaded: BTreeMap<D, Loaded<P, B>>,
    clock: u64,
    documents_max: usize,
    bytes_max: u64,
}

impl<D: Copy + Ord, P: Copy + Ord, B> DocumentCache<D, P, B> {
    /// An empty cache with limits on the number of documents and on their estimated memory.
    pub const fn new(documents_max: usize, bytes_max: u64) -> Self {
        Self {
            loaded: BTreeMap::new(),
            clock: 0,
            documents_max,
            bytes_max,
        }
    }

    /// Whether a document is in memory.
    pub fn holds(&self, key: &D) -> bool {
        self.loaded.contains_key(key)
    }

    /// Returns a document, if it is in memory.
    pub fn get(&self, key: &D) -> Option<&Loaded<P, B>> {
        self.loaded.get(key)
    }

    /// Returns a document for use, if it is in memory.
    pub fn get_mut(&mut self, key: &D) -> Option<&mut Loaded<P, B>> {
        let loaded = self.loaded.get_mut(key)?;
        self.clock += 1;
        loaded.used = self.clock;
        Some(loaded)
    }

    /// Puts a document into memory. [`Self::make_room`] comes before it is loaded.
    pub fn put(&mut self, key: D, mut loaded: Loaded<P, B>) {
        self.clock += 1;
        loaded.used = self.clock;
        self.loaded.insert(key, loaded);
    }

    /// Forgets a document, and returns it if it was in memory.
    pub fn forget(&mut self, key: &D) -> Option<Loaded<P, B>> {
        self.loaded.remove(key)
    }

    /// Forgets all documents.
    pub fn clear(&mut self) {
        self.loaded.clear();
    }

    /// All documents, by their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&D, &Loaded<P, B>)> {
        self.loaded.iter()
    }

    /// All documents, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Loaded<P, B>> {
        self.loaded.values_mut()
    }

    /// Returns a document as bytes that load again. If they do not load, forgets the document,
    /// which is read again from its last save and what came since.
    ///
    /// # Errors
    /// If the bytes do not load.
    pub fn bytes(&mut self, key: &D) -> Result<Option<Vec<u8>>, SaveError> {
        let Some(mut loaded) = self.loaded.remove(key) else {
            return Ok(None);
        };
        let (bytes, document) = loaded.document.into_saved()?;
        loaded.raw_bytes = document.unpacked_bytes();
        loaded.document = document;
        self.loaded.insert(*key, loaded);
        Ok(Some(bytes))
    }

    /// Records that a document was saved as it is.
    pub fn saved(&mut self, key: &D) {
        if let Some(loaded) = self.loaded.get_mut(key) {
            loaded.fresh = 0;
        }
    }

    /// The least recently used documents beyond the limits. The limit on memory leaves `kept`
    /// documents: none if another is about to be loaded, and else one, however large it is.
    pub fn surplus(&self, kept: usize) -> Vec<D> {
        let loaded = self.loaded.iter();
        let mut by_use: Vec<_> = loaded
            .map(|(key, loaded)| (loaded.used, *key, loaded.memory_bytes()))
            .collect();
        by_use.sort_unstable();
        let mut count = by_use.len();
        let mut bytes: u64 = by_use.iter().map(|(_, _, bytes)| bytes).sum();
        let surplus = by_use.into_iter().take_while(|(_, _, one)| {
            let many = count > self.documents_max;
            let much = bytes > self.bytes_max && count > kept;
            count -= 1;
            bytes -= one;
            many || much
        });
        surplus.map(|(_, key, _)| key).collect()
    }

    /// Makes room for another document. What was not saved is read again from the last save and
    /// what came since.
    pub fn make_room(&mut self) {
        for key in self.surplus(0) {
            self.forget(&key);
        }
    }
}
