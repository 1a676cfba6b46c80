//! Words of insights: the entry they travel with, and their deletion.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    document::{Document, Touched},
    id::{BlobHash, RecordId},
    model::{
        insight::Words,
        record::Record,
        schema::{Container, DocKind, RecordKind},
    },
};

use super::{DocumentError, Replica, documents::TakenIn};
use crate::store::{LocationRow, Owner, blobs};

/// The words that insights mention.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// Words of current insights.
    pub(super) named: BTreeSet<BlobHash>,
    withdrawn: BTreeSet<BlobHash>,
    replaced: BTreeSet<BlobHash>,
}

impl Mentions {
    /// Collects the words that the touched insights of a document mention now.
    pub(super) fn touched(document: &Document, touched: &Touched) -> Self {
        let mut mentions = Self::default();
        for (container, key) in touched {
            if *container == Container::Insights
                && let Ok(id) = key.parse()
                && let Some(record) = document.record(RecordKind::Insight, &id)
            {
                mentions.add(&record);
            }
        }
        mentions
    }

    /// Collects the words that all insights of a document mention.
    pub(super) fn all(document: &Document) -> Self {
        let mut mentions = Self::default();
        for record in document.records(RecordKind::Insight) {
            mentions.add(&record);
        }
        mentions
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.named.extend(other.named);
        self.withdrawn.extend(other.withdrawn);
        self.replaced.extend(other.replaced);
    }

    /// Counts words as replaced.
    pub(super) fn replace(&mut self, words: BTreeSet<BlobHash>) {
        self.replaced.extend(words);
    }

    fn add(&mut self, record: &Record) {
        self.named.extend(Words::named(record));
        let forgotten = Words::forgotten(record);
        if record.withdrawn {
            self.withdrawn.extend(forgotten);
        } else {
            self.replaced.extend(forgotten);
        }
    }
}

impl Replica {
    /// Returns every blob that holds the words of a current insight of ours.
    pub(crate) fn named_words(&mut self) -> Result<BTreeSet<BlobHash>, DocumentError> {
        let mut named = BTreeSet::new();
        for name in self.own_documents(|document| document.has(Container::Insights)) {
            let document = self.document(Owner::Location, &name)?;
            named.extend(Mentions::all(document).named);
        }
        Ok(named)
    }

    /// Returns the held words to delete: those withdrawn, and those replaced, unless a copy of the
    /// insight still uses them.
    pub(super) fn forgettable(&mut self, said: Mentions) -> Result<Vec<BlobHash>, DocumentError> {
        let mut gone = self.held(said.withdrawn)?;
        let replaced = self.held(said.replaced)?;
        if !replaced.is_empty() {
            let named = self.named_words()?;
            gone.extend(replaced.into_iter().filter(|hash| !named.contains(hash)));
        }
        Ok(gone)
    }

    /// Returns the words of insights that runs touched and of which some copy was withdrawn: they
    /// are deleted with it, wherever else they are. Notes the copies that are not withdrawn yet.
    pub(super) fn taken_back(&mut self, taken: &TakenIn) -> Result<Mentions, DocumentError> {
        let touched = taken.applied.iter().flat_map(|run| &run.touched);
        let insights = touched.filter(|(container, _)| *container == Container::Insights);
        let ids: BTreeSet<RecordId> = insights.filter_map(|(_, key)| key.parse().ok()).collect();
        let mut mentions = Mentions::default();
        if ids.is_empty() {
            return Ok(mentions);
        }
        let mut copies: BTreeMap<RecordId, Vec<(DocKind, Record)>> = BTreeMap::new();
        for name in self.own_documents(|document| document.has(Container::Insights)) {
            let document = self.document(Owner::Location, &name)?;
            let Ok(kind) = DocKind::of(&name) else {
                continue;
            };
            for id in &ids {
                let copy = document.record(RecordKind::Insight, id);
                copies
                    .entry(*id)
                    .or_default()
                    .extend(copy.map(|copy| (kind, copy)));
            }
        }
        let is_withdrawn = |(_, copy): &(DocKind, Record)| copy.withdrawn;
        copies.retain(|_, all| all.len() > 1 && all.iter().any(is_withdrawn));
        for (id, all) in copies {
            for (kind, copy) in all.into_iter().filter(|one| !is_withdrawn(one)) {
                mentions.withdrawn.extend(Words::all(&copy));
                self.withdrawn.entry(id).or_default().insert(kind);
            }
        }
        Ok(mentions)
    }

    fn held(&self, hashes: BTreeSet<BlobHash>) -> Result<Vec<BlobHash>, DocumentError> {
        let mut held = Vec::new();
        for hash in hashes {
            if blobs::bytes(&self.store.reader, LocationRow::OWN, &hash)?.is_some() {
                held.push(hash);
            }
        }
        Ok(held)
    }
}
