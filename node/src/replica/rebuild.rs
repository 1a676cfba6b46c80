//! Remaking everything derived from the signed entries and the journal.

use std::collections::BTreeMap;

use weft_host::store_error::StoreError;
use weft_shared::{
    id::{Dix, DocName, sha256},
    model::schema::DocKind,
    time::Timestamp,
};

use super::{DocumentError, Replica, derive::Derivation};
use crate::store::{
    Owner,
    entries::{self, LogRow},
};

/// What a rebuild went through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rebuilt {
    pub(crate) entries: u64,
    pub(crate) documents: u64,
    pub(crate) held: u64,
    pub(crate) quarantined: u64,
    /// Over the canonical text of every document, in the order of their names.
    pub(crate) dump_hash: [u8; 32],
}

impl Replica {
    /// Throws away what is derived and makes it anew. A crash leaves what was there before, or what
    /// is made anew.
    pub(crate) fn rebuild(&mut self, now: Timestamp) -> Result<Rebuilt, DocumentError> {
        let mut rebuilt = Rebuilt::default();
        let logs: Vec<(Owner, Dix, u64)> = [Owner::Hub, Owner::Location]
            .into_iter()
            .flat_map(|owner| {
                let logs = self.logs(owner).iter();
                logs.map(move |(dix, log)| (owner, *dix, log.height.dseq))
                    .collect::<Vec<_>>()
            })
            .collect();
        rebuilt.entries = self.store.write(move |db| {
            db.execute_batch(
                "DELETE FROM run; DELETE FROM actor;
                 UPDATE document SET snapshot = NULL, folded = NULL;
                 DELETE FROM document WHERE id NOT IN (SELECT document FROM journal);",
            )?;
            let mut count = 0;
            for (owner, dix, height) in logs {
                for dseq in 1..=height {
                    let Some(stored) = entries::one(db, owner, dix, dseq)? else {
                        continue;
                    };
                    count += 1;
                    if stored.void.is_none() {
                        entries::index(db, owner, dix, [&stored.entry.header])?;
                    }
                }
            }
            Ok(count)
        })?;
        self.forget_all();
        self.reload_names()?;
        self.set_derived(|_| 0);
        let mut derivations = Vec::new();
        for owner in [Owner::Hub, Owner::Location] {
            for name in self.names(owner) {
                derivations.push(self.rederive(owner, &name)?);
                rebuilt.documents += 1;
            }
        }
        self.set_derived(|log| log.height.dseq);
        let forgets = derivations.iter().any(Derivation::forgets);
        self.store.write(move |db| {
            db.execute_batch("DELETE FROM touch; DELETE FROM problem;")?;
            derivations.iter().try_for_each(|one| one.record(db, now))
        })?;
        if forgets {
            self.store.scrub()?;
        }
        for trouble in self.troubles()? {
            rebuilt.held += u64::from(trouble.held);
            rebuilt.quarantined += u64::from(!trouble.held);
        }
        rebuilt.dump_hash = self.dump_hash()?;
        Ok(rebuilt)
    }

    /// The canonical text of every document.
    pub(crate) fn dumps(&mut self) -> Result<BTreeMap<(Owner, DocName), String>, DocumentError> {
        let mut dumps = BTreeMap::new();
        for owner in [Owner::Hub, Owner::Location] {
            for name in self.names(owner) {
                let dump = self.document(owner, &name)?.dump();
                dumps.insert((owner, name), dump);
            }
        }
        Ok(dumps)
    }

    fn dump_hash(&mut self) -> Result<[u8; 32], DocumentError> {
        let dumps = self.dumps()?;
        let parts: Vec<&[u8]> = dumps.values().map(String::as_bytes).collect();
        Ok(sha256("weft/dumps/1", &parts))
    }

    fn set_derived(&mut self, to: impl Fn(&LogRow) -> u64) {
        for owner in [Owner::Hub, Owner::Location] {
            for log in self.side_mut(owner).logs.values_mut() {
                log.derived = to(log);
            }
        }
    }

    /// Reads a document from the log, and returns what is to be taken down of it.
    fn rederive(&mut self, owner: Owner, name: &DocName) -> Result<Derivation, DocumentError> {
        let taken = self.take_in(owner, name, Vec::new())?;
        let mut derivation = self.derivation(owner, name, &taken)?;
        if name.name == DocKind::Team.to_string() {
            derivation.touches = self.journal_touches(name)?;
        }
        self.snapshot(owner, name)?;
        Ok(derivation)
    }

    fn reload_names(&mut self) -> Result<(), StoreError> {
        for owner in [Owner::Hub, Owner::Location] {
            let names = crate::store::documents::all(&self.store.reader, owner)?;
            self.side_mut(owner).names = names.into_iter().collect();
        }
        Ok(())
    }
}
