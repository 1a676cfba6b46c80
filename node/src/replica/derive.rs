//! Reading entries that are on disk into their documents. What does not fit is held or quarantined,
//! and everything else goes on.

use std::collections::BTreeMap;

use rusqlite::Connection;
use weft_shared::{
    document::Document,
    id::{BlobHash, Dix, DocId, DocName},
    log::{entry::Entry, gate::Admission},
    model::schema::{self, RecordKind},
    time::Timestamp,
};

use super::{
    DocumentError, Replica,
    documents::{Pending, TakenIn},
    problems::Findings,
};
use crate::{
    limits::DERIVE_BYTES_AIM,
    store::{
        Owner, blobs, entries,
        touches::{self, Touch},
    },
};

/// What reading runs into one document leaves to be taken down.
pub(super) struct Derivation {
    owner: Owner,
    findings: Findings,
    touches: Vec<Touch>,
    forgotten: Vec<BlobHash>,
}

impl Replica {
    /// Reads what was made durable before, and says so where it cannot.
    pub(crate) fn read_in(&mut self, after: Option<(Owner, Dix, Box<Admission>)>, now: Timestamp) {
        let Some((owner, dix, admission)) = after else {
            return;
        };
        let entries = admission.entries.iter().map(|admitted| &admitted.entry);
        if let Err(error) = self.derive(owner, dix, entries, now) {
            tracing::error!(%error, "entries are stored and could not be read into documents");
        }
    }

    /// Reads what a crash left between storing and reading.
    pub(super) fn derive_rest(&mut self, now: Timestamp) -> Result<(), DocumentError> {
        for owner in [Owner::Hub, Owner::Location] {
            let logs: Vec<_> = self
                .logs(owner)
                .iter()
                .map(|(dix, log)| (*dix, *log))
                .collect();
            for (dix, log) in logs {
                let mut from = log.derived + 1;
                while from <= log.height.dseq {
                    let db = &self.store().reader;
                    let rest =
                        entries::range(db, owner, dix, from, log.height.dseq, DERIVE_BYTES_AIM)?;
                    from += rest.len().max(1) as u64;
                    let live = rest.iter().filter(|stored| stored.void.is_none());
                    self.derive(owner, dix, live.map(|stored| &stored.entry), now)?;
                }
            }
        }
        Ok(())
    }

    fn derive<'a>(
        &mut self,
        owner: Owner,
        dix: Dix,
        entries: impl Iterator<Item = &'a Entry>,
        now: Timestamp,
    ) -> Result<(), DocumentError> {
        let mut runs: BTreeMap<DocId, Vec<Pending>> = BTreeMap::new();
        let mut reached = 0;
        for entry in entries {
            reached = entry.header.dseq;
            let docs = entry.header.runs.iter().map(|run| run.doc);
            for (doc, pending) in docs.zip(Pending::of(dix, entry)) {
                runs.entry(doc).or_default().push(pending);
            }
        }
        let (mut derivations, mut places) = (Vec::new(), Vec::new());
        for (doc, runs) in runs {
            let Some(name) = self.side(owner).names.get(&doc).cloned() else {
                continue;
            };
            let taken = self.take_in(owner, &name, runs)?;
            derivations.push(self.derivation(owner, &name, &taken)?);
            places.push((owner, doc));
        }
        self.store.write(move |db| {
            derivations.iter().try_for_each(|one| one.record(db, now))?;
            entries::set_derived(db, owner, dix, reached)
        })?;
        self.moved();
        self.snapshot_grown(&places)
    }

    /// Who touched what, what could not be read, and what is to be forgotten.
    pub(super) fn derivation(
        &mut self,
        owner: Owner,
        name: &DocName,
        taken: &TakenIn,
    ) -> Result<Derivation, DocumentError> {
        let mut derivation = Derivation {
            owner,
            findings: Findings::new(owner, taken),
            touches: Vec::new(),
            forgotten: Vec::new(),
        };
        if owner == Owner::Location {
            let document = self.document(owner, name)?;
            derivation.forgotten = withdrawn(document);
            for run in &taken.applied {
                let touched = document.touched(&run.changes).into_iter();
                derivation
                    .touches
                    .extend(touched.map(|(container, record)| Touch {
                        at: Timestamp::from_ms(run.created),
                        entry: Some((run.dix, run.dseq)),
                        document: name.to_string(),
                        container: container.word().to_owned(),
                        record,
                    }));
            }
        }
        Ok(derivation)
    }
}

impl Derivation {
    pub(super) fn record(&self, db: &Connection, now: Timestamp) -> rusqlite::Result<()> {
        self.findings.record(db)?;
        for hash in &self.forgotten {
            blobs::withdraw(db, self.owner, hash, now)?;
        }
        self.touches
            .iter()
            .try_for_each(|touch| touches::append(db, touch))
    }
}

/// The words of insights whose tellers took them back: whoever holds them deletes them.
fn withdrawn(document: &Document) -> Vec<BlobHash> {
    let insights = document.records(RecordKind::Insight).into_iter();
    let withdrawn = insights.filter(|record| record.withdrawn);
    let hashes = withdrawn.flat_map(|mut record| record.fields.remove(schema::WORDS_HASH));
    hashes
        .flatten()
        .filter_map(|hash| hash.value.parse().ok())
        .collect()
}
