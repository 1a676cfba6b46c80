//! Problems of entries that are in the log but not in their documents.

use rusqlite::Connection;
use weft_shared::id::Dix;
use weft_store::StoreError;

use super::{
    Replica,
    documents::{RunPlace, TakenIn},
};
use crate::store::{
    Owner,
    problems::{self, Problem},
};

/// A run that is held or quarantined, as the store keeps it.
pub(crate) type Trouble = Problem;

impl Trouble {
    /// Returns the entry that it is about.
    pub(super) const fn place(&self) -> (Owner, Dix, u64) {
        (self.owner, self.dix, self.dseq)
    }
}

impl Replica {
    /// Returns every run that is held or quarantined.
    pub(crate) fn troubles(&self) -> Result<Vec<Trouble>, StoreError> {
        Ok(problems::all(&self.store().reader)?)
    }
}

/// The outcome of reading runs, for the store.
pub(super) struct Findings {
    owner: Owner,
    settled: Vec<RunPlace>,
    troubles: Vec<Trouble>,
}

impl Findings {
    pub(super) fn new(owner: Owner, taken: &TakenIn) -> Self {
        let trouble = |(dix, dseq, number): RunPlace, held, reason: &str| Trouble {
            owner,
            dix,
            dseq,
            number,
            held,
            reason: reason.to_owned(),
        };
        let held = taken.held.iter();
        let held = held.map(|(place, _)| trouble(*place, true, MISSING));
        let quarantined = taken.quarantined.iter();
        let quarantined = quarantined.map(|(place, why)| trouble(*place, false, why));
        Self {
            owner,
            settled: taken.applied.iter().map(|run| run.place).collect(),
            troubles: held.chain(quarantined).collect(),
        }
    }

    pub(super) fn record(&self, db: &Connection) -> rusqlite::Result<()> {
        let any = problems::any(db)?;
        for (dix, dseq, number) in self.settled.iter().filter(|_| any) {
            problems::clear(db, self.owner, *dix, *dseq, *number)?;
        }
        self.troubles
            .iter()
            .try_for_each(|trouble| problems::put(db, trouble))
    }
}

const MISSING: &str = "it builds on changes that have not arrived yet";
