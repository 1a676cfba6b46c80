//! Entries that are in the log and not in their documents.

use rusqlite::Connection;
use weft_shared::id::DocId;
use weft_store::{
    StoreError,
    quarantine::{Quarantined, State},
};

use super::{
    Replica,
    documents::{RunPlace, TakenIn},
};
use crate::store::{Owner, entries, quarantine};

impl Replica {
    /// Returns every entry that is in quarantine.
    pub(crate) fn quarantined(&self) -> Result<Vec<Quarantined>, StoreError> {
        quarantine::all(&self.store().reader, usize::MAX)
    }
}

/// The outcome of reading runs into one document, for the store.
pub(super) struct Findings {
    owner: Owner,
    doc: DocId,
    settled: Vec<RunPlace>,
    found: Vec<(RunPlace, State, String)>,
}

impl Findings {
    pub(super) fn new(owner: Owner, doc: DocId, taken: &TakenIn) -> Self {
        let held = taken.held.iter();
        let held = held.map(|(place, _)| (*place, State::Held, MISSING.to_owned()));
        let refused = taken.quarantined.iter();
        let refused = refused.map(|(place, why)| (*place, State::Refused, why.clone()));
        Self {
            owner,
            doc,
            settled: taken.applied.iter().map(|run| run.place).collect(),
            found: held.chain(refused).collect(),
        }
    }

    pub(super) fn record(&self, db: &Connection) -> Result<(), StoreError> {
        let (lix, doc) = (self.owner.lix(), &self.doc);
        let any = quarantine::any(db)?;
        for (dix, dseq, _) in self.settled.iter().filter(|_| any) {
            if let Some(seq) = entries::hub_seq(db, lix, *dix, *dseq)? {
                quarantine::release(db, lix, doc, seq)?;
            }
        }
        for ((dix, dseq, _), state, why) in &self.found {
            if let Some(seq) = entries::hub_seq(db, lix, *dix, *dseq)? {
                quarantine::put(db, lix, doc, seq, (*state, why))?;
            }
        }
        Ok(())
    }
}

const MISSING: &str = "it builds on changes that have not arrived yet";
