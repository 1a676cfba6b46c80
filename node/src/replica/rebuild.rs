//! Rebuilds everything derived from the signed entries.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use weft_shared::id::{DeviceIndex, DocName, Hasher};
use weft_store::{Mirror, Receipt, StoreError};

use super::{DocumentError, Replica, derive::Derivation, team::is_teams};
use crate::store::{
    Owner, derived,
    journal::{self, Kept},
    logs::{self, LogRow},
    quarantine,
    touches::Touch,
};

/// The figures of a rebuild.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rebuilt {
    pub(crate) entries: u64,
    /// Number of the entries that the hub wrote.
    pub(crate) of_hub: u64,
    pub(crate) documents: u64,
    pub(crate) held: u64,
    pub(crate) quarantined: u64,
    /// The SHA-256 of the canonical text of every document.
    pub(crate) dumps: BTreeMap<(Owner, DocName), [u8; 32]>,
    /// The SHA-256 of these texts, concatenated in the order of their names.
    pub(crate) dump_hash: [u8; 32],
}

/// Interval between progress messages of a rebuild.
const TELL_TIME: Duration = Duration::from_secs(5);

/// Returns the number of entries in logs.
fn heights(logs: &BTreeMap<DeviceIndex, LogRow>) -> u64 {
    logs.values().map(|log| log.height.dseq).sum()
}

impl Replica {
    /// Discards derived data without reading it, and makes it again. If it is interrupted, the next
    /// start begins again.
    pub(crate) fn rebuild(&mut self) -> Result<Rebuilt, DocumentError> {
        match self.remade.take() {
            // Left-out runs are tried again now.
            Some(rebuilt) if self.ends.is_empty() => return Ok(rebuilt),
            Some(_) | None => self.ends.forget(),
        }
        let entries = self.store.writer.begin_again_blocking(|db| {
            let entries = derived::reset(db)?;
            quarantine::forget_ended(db, None)?;
            Ok::<_, StoreError>(entries)
        })?;
        self.remake(entries)
    }

    /// Derives everything, in tables just reset. `entries` is the number of entries in the logs.
    pub(super) fn remake(&mut self, entries: u64) -> Result<Rebuilt, DocumentError> {
        let mut rebuilt = Rebuilt {
            entries,
            of_hub: heights(self.logs(Owner::Hub)),
            ..Rebuilt::default()
        };
        self.forget_all();
        self.reload_names()?;
        let begun = self.store.write(|db| {
            db.execute_batch("DELETE FROM touch;")?;
            quarantine::clear(db, None)?;
            logs::set_derived(db, false)
        })?;
        self.set_derived(&begun.receipt, |_| 0);
        self.gather_team()?;
        let mut told = Instant::now();
        let total = self.known_names().len();
        for (owner, name) in self.known_names() {
            let derivation = self.rederive(owner, &name)?;
            // One at a time, because all of them together would fill the memory.
            self.store.write(move |db| derivation.record(db))?;
            // Only now: reading a save takes the most memory of all.
            self.snapshot(owner, &name)?;
            rebuilt.documents += 1;
            if told.elapsed() >= TELL_TIME {
                told = Instant::now();
                tracing::warn!("{} of {total} documents are made again", rebuilt.documents);
            }
        }
        let whole = self.store.write(|db| {
            logs::set_derived(db, true)?;
            Ok::<_, StoreError>(derived::complete(db)?)
        })?;
        self.set_derived(&whole.receipt, |log| log.height.dseq);
        (rebuilt.held, rebuilt.quarantined) = quarantine::counts(&self.store.reader)?;
        let mut all = Hasher::new("weft/dumps/1");
        for (owner, name) in self.known_names() {
            let mut one = Hasher::new("");
            self.document(owner, &name)?.dump_to(&mut |piece| {
                all.add(piece.as_bytes());
                one.add(piece.as_bytes());
            });
            rebuilt.dumps.insert((owner, name), one.finish());
        }
        rebuilt.dump_hash = all.finish();
        Ok(rebuilt)
    }

    /// Returns the canonical text of every document that this version knows.
    #[cfg(test)]
    pub(crate) fn dumps(&mut self) -> Result<BTreeMap<(Owner, DocName), String>, DocumentError> {
        let mut dumps = BTreeMap::new();
        for (owner, name) in self.known_names() {
            let dump = self.document(owner, &name)?.dump();
            dumps.insert((owner, name), dump);
        }
        Ok(dumps)
    }

    /// Returns every document whose name this version knows. The others are kept and passed on, and
    /// read by a version that knows them.
    pub(crate) fn known_names(&self) -> Vec<(Owner, DocName)> {
        let owners = [Owner::Hub, Owner::Location].into_iter();
        let names = owners.flat_map(|owner| {
            let known = self.documents_where(owner, |_| true).into_iter();
            known.map(move |(_, name)| (owner, name))
        });
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    fn set_derived(&mut self, receipt: &Receipt, to: impl Fn(&LogRow) -> u64) {
        for owner in [Owner::Hub, Owner::Location] {
            for log in self.side_mut(owner).logs.after(receipt).values_mut() {
                log.derived = to(log);
            }
        }
    }

    /// Reads a document from the log, and returns the findings to record.
    pub(super) fn rederive(
        &mut self,
        owner: Owner,
        name: &DocName,
    ) -> Result<Derivation, DocumentError> {
        let taken = self.take_in(owner, name, Vec::new())?;
        let mut derivation = self.derivation(owner, name, taken, &BTreeSet::new())?;
        if is_teams(name) {
            derivation.touches = self.journal_touches(name)?;
        }
        Ok(derivation)
    }

    /// Returns the history of what an earlier version kept in a journal.
    fn journal_touches(&mut self, name: &DocName) -> Result<Vec<Touch>, DocumentError> {
        let kept = journal::changes(&self.store().reader, &self.own_id(name))?;
        let document = self.document(Owner::Location, name)?;
        let mut touches = Vec::new();
        for Kept { at, change, .. } in kept {
            let touched = document.touched(&[change]).into_iter();
            touches.extend(touched.map(|(container, record)| Touch {
                at,
                entry: None,
                document: name.to_string(),
                container: container.word().to_owned(),
                record,
            }));
        }
        Ok(touches)
    }

    fn reload_names(&mut self) -> Result<(), StoreError> {
        for owner in [Owner::Hub, Owner::Location] {
            self.side_mut(owner).names = Mirror::read(super::names(&self.store.reader, owner)?);
        }
        Ok(())
    }
}
