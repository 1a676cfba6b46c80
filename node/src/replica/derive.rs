//! Reads entries from disk into their documents. Entries that do not fit are held or quarantined,
//! and everything else goes on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use weft_shared::{
    id::{BlobHash, DeviceIndex, DocName},
    log::{entry::Entry, gate::Admission, size::DocumentSize},
    model::schema::DocKind,
};
use weft_store::{Committed, Transaction, cache::Applied};

use super::{
    DocumentError, Replica,
    documents::{Pending, Place, RunPlace, TakenIn, runs_of},
    quarantine::Findings,
    team::{self, Envelopes, Opened},
    words::Mentions,
};
use crate::{
    limits::{BACKLOG_BYTES_MAX, BACKLOG_CHANGES_MAX, BACKLOG_OPS_MAX, DERIVE_BYTES_AIM},
    store::{
        LocationRow, Owner, StoreError, blobs, documents, entries,
        logs::{self, Mark},
        quarantine,
        touches::{self, Touch},
    },
};

/// Findings to record after reading runs into one document.
pub(super) struct Derivation {
    owner: Owner,
    findings: Findings,
    /// The records that runs touched, which take far less memory than rows of the history.
    touched: Vec<Applied<RunPlace>>,
    document: String,
    pub(super) touches: Vec<Touch>,
    forgotten: Vec<BlobHash>,
}

/// Entries on disk that wait to be read. Reading many changes into a document costs little more
/// than reading a few.
#[derive(Default)]
pub(super) struct Backlog {
    /// Whether entries that are no longer listed here wait too, because reading them failed.
    failed: bool,
    stored: Vec<(Owner, DeviceIndex, Arc<Admission>)>,
    size: DocumentSize,
}

impl Backlog {
    fn add(&mut self, owner: Owner, dix: DeviceIndex, admission: Arc<Admission>) {
        let runs = admission
            .entries
            .iter()
            .flat_map(|admitted| &admitted.entry.header.runs);
        runs.for_each(|run| self.size += run.into());
        self.stored.push((owner, dix, admission));
    }

    /// Whether it is time to read, because more would take too much memory.
    const fn is_much(&self) -> bool {
        self.size.changes >= BACKLOG_CHANGES_MAX
            || self.size.operations >= BACKLOG_OPS_MAX
            || self.size.raw_bytes >= BACKLOG_BYTES_MAX
    }
}

impl Replica {
    /// Notes entries that are now durable, and reads the backlog once it is large.
    pub(crate) fn read_soon(&mut self, after: Option<(Owner, DeviceIndex, Arc<Admission>)>) {
        if let Some((owner, dix, admission)) = after {
            self.backlog.add(owner, dix, admission);
        }
        if self.backlog.is_much() {
            self.read_in();
        }
    }

    /// Whether entries on disk wait to be read.
    pub(crate) fn has_backlog(&self) -> bool {
        !self.backlog.stored.is_empty()
    }

    /// Reads the backlog. If that fails, it is logged, and the next call tries again.
    pub(crate) fn read_in(&mut self) {
        if !self.has_backlog() && !self.backlog.failed {
            return;
        }
        let backlog = std::mem::take(&mut self.backlog);
        let entries = backlog.stored.iter().flat_map(|(owner, dix, admission)| {
            let entries = admission.entries.iter();
            entries.map(move |admitted| (*owner, *dix, &admitted.entry))
        });
        let read = match backlog.failed {
            true => self.derive_rest(),
            false => self.derive(entries),
        };
        if let Err(error) = read {
            tracing::error!(%error, "entries are stored and could not be read into documents");
            self.backlog.failed = true;
        }
    }

    /// Reads entries that are stored but unread, after a crash or a failure.
    pub(super) fn derive_rest(&mut self) -> Result<(), DocumentError> {
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
                    let rest = entries::range(
                        db,
                        (owner.lix(), dix),
                        from,
                        log.height.dseq,
                        DERIVE_BYTES_AIM,
                    )?;
                    from += rest.len().max(1) as u64;
                    self.derive(rest.iter().map(|stored| (owner, dix, &stored.entry)))?;
                }
            }
        }
        Ok(())
    }

    fn derive<'a>(
        &mut self,
        entries: impl Iterator<Item = (Owner, DeviceIndex, &'a Entry)>,
    ) -> Result<(), DocumentError> {
        let mut places = Vec::new();
        let read = self.derive_into(entries, &mut places);
        match read {
            Ok(()) => self.snapshot_grown(&places),
            // They have been read in memory, and nothing on disk says so.
            Err(_) => {
                self.forget(places);
                self.team = self.load_team(&self.store.reader)?;
            }
        }
        read
    }

    fn derive_into<'a>(
        &mut self,
        entries: impl Iterator<Item = (Owner, DeviceIndex, &'a Entry)>,
        places: &mut Vec<Place>,
    ) -> Result<(), DocumentError> {
        let mut runs: BTreeMap<Place, Vec<Pending>> = BTreeMap::new();
        let mut reached: BTreeMap<(Owner, DeviceIndex), u64> = BTreeMap::new();
        let entries: Vec<_> = entries.collect();
        let ours = entries
            .iter()
            .filter(|(owner, ..)| *owner == Owner::Location);
        let envelopes = ours.filter_map(|(_, dix, entry)| self.clear_part(*dix, entry));
        let envelopes: Envelopes = envelopes.collect();
        let opened = self.learn(&envelopes)?;
        for (owner, dix, entry) in entries {
            let height = reached.entry((owner, dix)).or_default();
            *height = entry.header.dseq.max(*height);
            for (doc, pending) in runs_of(dix, entry, self.keys_of(owner)) {
                runs.entry((owner, doc)).or_default().push(pending);
            }
        }
        let mut derivations = Vec::new();
        let team = self.own_id(&self.team());
        if !opened.is_empty() {
            runs.remove(&(Owner::Location, team));
            places.push((Owner::Location, team));
            derivations.push(self.reread_team(&opened)?);
        }
        for ((owner, doc), runs) in runs {
            let name = self.side(owner).names.get(&doc).cloned();
            // A document of a newer version is kept and passed on, and read by a version that
            // knows its name and its epoch.
            let Some(name) = name.filter(|name| DocKind::of(name).is_ok()) else {
                continue;
            };
            places.push((owner, doc));
            let taken = self.take_in(owner, &name, runs)?;
            derivations.push(self.derivation(owner, &name, taken, &BTreeSet::new())?);
        }
        // Sealed words that these entries do not have deleted by themselves.
        for one in &derivations {
            let sealed = self.sealed_among(&one.forgotten)?;
            self.gone.extend(sealed);
        }
        let Committed { value, receipt } = self.store.write(move |db| {
            team::record(db, &envelopes)?;
            if !opened.is_empty() {
                // Its marks are past the entries that no key opened.
                quarantine::clear(db, Some((LocationRow::OWN, &team)))?;
                documents::drop_snapshot(db, LocationRow::OWN, &team)?;
            }
            derivations.iter().try_for_each(|one| one.record(db))?;
            for ((owner, dix), dseq) in &reached {
                logs::reach(db, (owner.lix(), *dix), Mark::Derived, *dseq)?;
            }
            Ok::<_, StoreError>(reached)
        })?;
        for ((owner, dix), dseq) in value {
            let logs = self.side_mut(owner).logs.after(&receipt);
            let log = logs.entry(dix).or_default();
            log.derived = log.derived.max(dseq);
        }
        self.moved();
        Ok(())
    }

    /// Gathers touched records, unreadable runs, and words to delete. Entries in `opened` were read
    /// before, and could not be opened.
    pub(super) fn derivation(
        &mut self,
        owner: Owner,
        name: &DocName,
        taken: TakenIn,
        opened: &Opened,
    ) -> Result<Derivation, DocumentError> {
        let mut derivation = Derivation {
            owner,
            findings: Findings::new(owner, name.id(&self.location(owner)), &taken),
            touched: Vec::new(),
            document: name.to_string(),
            touches: Vec::new(),
            forgotten: Vec::new(),
        };
        if owner == Owner::Hub {
            return Ok(derivation);
        }
        let mut said = Mentions::all(self.document(owner, name)?);
        said.extend(self.taken_back(&taken)?);
        derivation.forgotten = self.forgettable(said)?;
        let held = self.quarantined()?.into_iter();
        let held: BTreeSet<_> = held.map(|one| (one.lix, one.dix, one.dseq)).collect();
        let logs = &self.own.logs;
        // A document that is read from its snapshot on meets runs again that were already recorded.
        let fresh = |run: &Applied<RunPlace>| {
            let (dix, dseq, _) = run.place;
            let derived = logs.get(&dix).map_or(0, |log| log.derived);
            dseq > derived
                || held.contains(&(owner.lix(), dix, dseq))
                || opened.contains(&(dix, dseq))
        };
        derivation.touched = taken.applied.into_iter().filter(fresh).collect();
        Ok(derivation)
    }
}

impl Derivation {
    pub(super) fn record(&self, db: &Transaction<'_>) -> Result<(), StoreError> {
        self.findings.record(db)?;
        for hash in &self.forgotten {
            blobs::withdraw(db, self.owner.lix(), hash)?;
        }
        for run in &self.touched {
            let touches = run.touched.iter().map(|(container, record)| Touch {
                at: run.created,
                entry: Some((run.place.0, run.place.1)),
                document: self.document.clone(),
                container: container.word().to_owned(),
                record: record.clone(),
            });
            touches::append(db, &touches.collect::<Vec<_>>())?;
        }
        touches::append(db, &self.touches)?;
        Ok(())
    }
}
