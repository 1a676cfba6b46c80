//! Words of insights: which entry they go with, and when they are deleted.

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
use crate::store::{
    Owner,
    blobs::{self, Blob},
};

/// What insights say of words.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// What they speak with.
    pub(super) named: BTreeSet<BlobHash>,
    withdrawn: BTreeSet<BlobHash>,
    replaced: BTreeSet<BlobHash>,
}

impl Mentions {
    /// What the touched insights of a document say now.
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

    /// What all insights of a document say.
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
    /// Every blob that an insight of ours speaks with.
    pub(crate) fn named_words(&mut self) -> Result<BTreeSet<BlobHash>, DocumentError> {
        let mut named = BTreeSet::new();
        for name in self.own_documents(|document| document.has(Container::Insights)) {
            let document = self.document(Owner::Location, &name)?;
            named.extend(Mentions::all(document).named);
        }
        Ok(named)
    }

    /// What is held here and has to be deleted: what was taken back, and what was replaced by other
    /// words unless a copy of the insight speaks with it still.
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
            let found = blobs::find(&self.store.reader, Owner::Location, &hash)?;
            if let Some(Blob::Held(_)) = found {
                held.push(hash);
            }
        }
        Ok(held)
    }
}
