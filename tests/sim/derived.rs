//! Documents that a host derives from its logs, kept up entry by entry or rebuilt.

use std::collections::BTreeMap;

use weft_shared::{
    document::{DeriveError, Document},
    id::{DocId, DocName, LocationId},
    log::entry::Entry,
};

use crate::store::Store;

/// A document, and changes that wait for those they build on.
#[derive(Clone, Debug)]
struct Held {
    document: Document,
    waiting: Vec<Vec<Vec<u8>>>,
}

/// The heads and canonical dump of a document.
pub(crate) type Summary = (Vec<[u8; 32]>, String);

/// All documents of a host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Derived {
    documents: BTreeMap<(LocationId, DocName), Held>,
    names: BTreeMap<(LocationId, DocId), DocName>,
    /// Whether this is the mutant that discards what it cannot apply yet.
    pub(crate) drops_held: bool,
}

impl Derived {
    /// Rebuilds everything from the logs, in the order of the devices.
    pub(crate) fn rebuild(store: &Store, drops_held: bool) -> Result<Self, String> {
        let mut derived = Self {
            drops_held,
            ..Self::default()
        };
        for ((location, _), log) in &store.logs {
            for (entry, _) in log.entries.iter().filter(|(_, void)| void.is_none()) {
                derived.queue(*location, entry)?;
            }
        }
        // Apply all at once what was applied one by one before: the result must be the same.
        for held in derived.documents.values_mut() {
            held.settle()?;
        }
        Ok(derived)
    }

    pub(crate) fn document(
        &mut self,
        location: LocationId,
        name: &DocName,
    ) -> Result<&mut Document, String> {
        self.held(location, name).map(|held| &mut held.document)
    }

    fn held(&mut self, location: LocationId, name: &DocName) -> Result<&mut Held, String> {
        let key = (location, name.clone());
        if !self.documents.contains_key(&key) {
            let document = Document::genesis(&location, name).map_err(|error| error.to_string())?;
            self.names
                .insert((location, name.id(&location)), name.clone());
            let waiting = Vec::new();
            self.documents
                .insert(key.clone(), Held { document, waiting });
        }
        Ok(self.documents.get_mut(&key).expect("made above"))
    }

    /// Takes in one stored entry.
    pub(crate) fn take(&mut self, location: LocationId, entry: &Entry) -> Result<(), String> {
        let drops_held = self.drops_held;
        for name in self.queue(location, entry)? {
            let held = self.held(location, &name)?;
            held.settle()?;
            if drops_held {
                held.waiting.clear();
            }
        }
        Ok(())
    }

    /// Adds an entry's runs to those that wait. Returns the names of their documents.
    fn queue(&mut self, location: LocationId, entry: &Entry) -> Result<Vec<DocName>, String> {
        let runs = entry.changes().map_err(|error| error.to_string())?;
        let mut names = Vec::with_capacity(runs.len());
        for run in runs {
            if let Some(name) = &run.name {
                self.names.insert((location, run.doc), name.clone());
            }
            let name = self.names.get(&(location, run.doc)).cloned();
            let name = name.ok_or("a run for a document that no one named")?;
            self.held(location, &name)?.waiting.push(run.changes);
            names.push(name);
        }
        Ok(names)
    }

    /// Returns the heads and canonical dump of each document that holds anything.
    pub(crate) fn summary(&self) -> BTreeMap<(LocationId, DocName), Summary> {
        let documents = self.documents.iter();
        let summaries = documents.map(|(key, held)| {
            let document = &held.document;
            (key.clone(), (document.heads(), document.dump()))
        });
        summaries.collect()
    }

    /// The number of changes that still wait for others.
    pub(crate) fn waiting(&self) -> usize {
        self.documents.values().map(|held| held.waiting.len()).sum()
    }

    pub(crate) fn documents(&self) -> impl Iterator<Item = (&LocationId, &Document)> {
        let documents = self.documents.iter();
        documents.map(|((location, _), held)| (location, &held.document))
    }
}

impl Held {
    /// Applies every change that can be applied by now.
    fn settle(&mut self) -> Result<(), String> {
        loop {
            let waiting = std::mem::take(&mut self.waiting);
            let before = waiting.len();
            let runs: Vec<&[Vec<u8>]> = waiting.iter().map(Vec::as_slice).collect();
            let results = self.document.apply_runs(&runs).results;
            for (changes, result) in waiting.into_iter().zip(results) {
                match result {
                    Ok(()) => {}
                    Err(DeriveError::Held { .. }) => self.waiting.push(changes),
                    Err(error @ DeriveError::Quarantined(_)) => return Err(error.to_string()),
                }
            }
            if self.waiting.is_empty() || self.waiting.len() == before {
                return Ok(());
            }
        }
    }
}
