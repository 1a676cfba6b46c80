//! Words of insights: the entry they travel with, and their deletion.

use std::collections::BTreeSet;

use weft_shared::{
    document::{Document, Touched},
    id::BlobHash,
    model::{
        insight::Words,
        record::Record,
        schema::{Container, RecordKind},
    },
};

use super::{DocumentError, Replica};
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
