//! Saves document change, entry, journal and outbox in one transaction, before anything is sent.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    document::{EditError, Editor, Touched},
    id::{BlobHash, DeviceIndex, DocId, DocName},
    log::{
        entry::{Entry, HEADER_VERSION, Header, RunChanges, seen_hash},
        gate::Height,
        room::Held,
    },
    model::schema::{Container, DocKind},
    time::Timestamp,
};
use weft_store::{Committed, Receipt, StoreError, Transaction};

use super::{
    Replica, SaveError,
    documents::Place,
    recall::{Cut, Recalled},
    share,
    sizes::check_size,
    words::Mentions,
};
use crate::store::{
    LocationRow, Owner, blobs, documents, imports, journal,
    logs::{self, Mark},
    lost, outbox, runs,
    touches::{self, Touch},
};

/// Changes that a person saves at once. They become one entry, plus changes in the journal for
/// parts that stay on this computer.
#[derive(Default)]
pub(crate) struct Edit {
    steps: Vec<Step>,
    words: Vec<(BlobHash, Vec<u8>)>,
    recalled: Recalled,
    /// The lost entry that this repeats, with the text kept for a person instead, if any.
    lost: Option<(u64, Option<String>)>,
}

struct Step {
    document: DocKind,
    apply: Apply,
}

type Apply = Box<dyn FnOnce(&mut Editor<'_>) -> Result<(), EditError> + Send>;

impl Edit {
    /// Changes `document`; several steps for one document become one change.
    pub(crate) fn on(
        &mut self,
        document: DocKind,
        apply: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError> + Send + 'static,
    ) {
        self.steps.push(Step {
            document,
            apply: Box::new(apply),
        });
    }

    /// Stores the words of an insight: beside the entry if a record in it names them, and on this
    /// computer alone if only local records name them.
    pub(crate) fn with_words(&mut self, hash: BlobHash, blob: Vec<u8>) {
        self.words.push((hash, blob));
    }

    /// Takes back everything that was written about a record, if none of it has been offered to
    /// anyone.
    pub(crate) fn recall(&mut self, container: Container, record: String) {
        self.recalled.insert((container, record));
    }

    /// Marks this edit as the repetition of a lost entry of ours.
    pub(super) fn say_again_of(&mut self, dseq: u64, kept: Option<String>) {
        self.lost = Some((dseq, kept));
    }
}

impl std::fmt::Debug for Edit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let documents: BTreeSet<DocKind> = self.steps.iter().map(|step| step.document).collect();
        f.debug_struct("Edit")
            .field("documents", &documents)
            .finish_non_exhaustive()
    }
}

/// The result of a save.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Saved {
    /// Entries that will be shared with the hub.
    pub(crate) entries: u64,
    /// Whether anything changed at all.
    pub(crate) changed: bool,
}

/// The rows that one edit writes.
#[derive(Default)]
pub(super) struct Prepared {
    pub(super) entry: Option<Entry>,
    local: Vec<(DocId, DocName, Vec<u8>)>,
    pub(super) names: Vec<(DocId, DocName)>,
    touches: Vec<Touch>,
    words: Vec<(BlobHash, Vec<u8>)>,
    /// Words that shared records name, and those that only records on this computer name.
    pub(super) shared: BTreeSet<BlobHash>,
    here: BTreeSet<BlobHash>,
    pub(super) forgotten: Vec<BlobHash>,
    lost: Option<(u64, Option<String>)>,
    /// The entry of the tail that this one replaces.
    in_place_of: Option<u64>,
    /// The record of an import.
    pub(super) import: Option<imports::Record>,
}

impl Prepared {
    /// Starts the repetition of an entry of the tail.
    pub(super) fn in_place_of(dseq: u64) -> Self {
        Self {
            in_place_of: Some(dseq),
            ..Self::default()
        }
    }

    /// Notes the touched records for the history.
    pub(super) fn touch(
        &mut self,
        at: Timestamp,
        entry: Option<(DeviceIndex, u64)>,
        document: &DocName,
        touched: Touched,
    ) {
        let touches = touched.into_iter().map(|(container, record)| Touch {
            at,
            entry,
            document: document.to_string(),
            container: container.word().to_owned(),
            record,
        });
        self.touches.extend(touches);
    }

    /// Returns the room that it takes at the hub.
    fn takes(&self) -> Option<Held> {
        let words = self.words.iter();
        let words = words.filter(|(hash, _)| self.shared.contains(hash));
        let words = words.map(|(_, bytes)| bytes.len()).sum();
        self.entry.as_ref().map(|entry| share::held(entry, words))
    }

    /// Returns the height of the log after it, which was `height`.
    pub(super) fn height_after(&self, height: Height) -> Height {
        self.entry.as_ref().map_or(height, |entry| Height {
            dseq: entry.header.dseq,
            hash: entry.hash,
        })
    }

    /// Whether there is nothing to write.
    const fn says_nothing(&self) -> bool {
        self.forgotten.is_empty() && self.lost.is_none() && self.import.is_none()
    }
}

impl Replica {
    /// Saves each edit as an entry, all of them or none.
    pub(crate) fn save(&mut self, edits: Vec<Edit>, now: Timestamp) -> Result<Saved, SaveError> {
        let dix = self.may_save()?;
        let mut places = BTreeSet::new();
        self.preparing = true;
        let outcome = self.carry_out(edits, dix, now, &mut places);
        self.preparing = false;
        self.saved(outcome, places)
    }

    /// Returns this device's log, if it may write in it.
    pub(super) fn may_save(&self) -> Result<DeviceIndex, SaveError> {
        match self.halted() {
            Some(halted) => Err(SaveError::Stopped(halted)),
            None => self.dix().ok_or(SaveError::NotAdmitted),
        }
    }

    /// Follows up on a save that touched the documents at `places`.
    pub(super) fn saved(
        &mut self,
        outcome: Result<Saved, SaveError>,
        places: BTreeSet<Place>,
    ) -> Result<Saved, SaveError> {
        match outcome {
            Ok(saved) => {
                let places: Vec<Place> = places.into_iter().collect();
                self.snapshot_grown(&places);
                Ok(saved)
            }
            Err(error) => {
                // The change was made in memory but not on disk.
                self.forget(places);
                Err(error)
            }
        }
    }

    fn carry_out(
        &mut self,
        mut edits: Vec<Edit>,
        dix: DeviceIndex,
        now: Timestamp,
        places: &mut BTreeSet<Place>,
    ) -> Result<Saved, SaveError> {
        let recalled: Recalled = edits
            .iter_mut()
            .flat_map(|edit| std::mem::take(&mut edit.recalled))
            .collect();
        let mut height = self.height(Owner::Location, dix);
        let (mut cut, mut prepared) = (None, Vec::new());
        let mut named = BTreeSet::clone(&self.named);
        if !recalled.is_empty() {
            let (tail, said) = self.recall(recalled, dix, places)?;
            tail.unname(&mut named);
            (prepared, height) = self.say_tail_again(&said, (dix, tail.to), &mut named)?;
            cut = Some(tail);
        }
        prepared.extend(self.prepare_all(edits, (dix, height), now, (places, &mut named))?);
        self.write_prepared(prepared, cut, named, (dix, now))
    }

    /// Writes what was prepared in one transaction, if the hub has room for it.
    pub(super) fn write_prepared(
        &mut self,
        prepared: Vec<Prepared>,
        cut: Option<Cut>,
        named: BTreeSet<DocId>,
        (dix, now): (DeviceIndex, Timestamp),
    ) -> Result<Saved, SaveError> {
        let takes: Vec<Held> = prepared.iter().filter_map(Prepared::takes).collect();
        let sum = |part: fn(&Held) -> u64| takes.iter().map(part).sum();
        let takes = Held {
            documents: sum(|one| one.documents),
            bytes: sum(|one| one.bytes),
        };
        if takes.bytes > 0 {
            self.check_room(takes)?;
        }
        let (saved, receipt) = self.commit(prepared, cut, dix, now)?;
        if let Some(receipt) = receipt {
            *self.named.after(&receipt) = named;
            if let Some(share) = self.share.after(&receipt) {
                share.spend(takes);
            }
        }
        Ok(saved)
    }

    fn prepare_all(
        &mut self,
        edits: Vec<Edit>,
        (dix, mut height): (DeviceIndex, Height),
        now: Timestamp,
        (places, named): (&mut BTreeSet<Place>, &mut BTreeSet<DocId>),
    ) -> Result<Vec<Prepared>, SaveError> {
        let mut all = Vec::with_capacity(edits.len());
        for edit in edits {
            let prepared = self.prepare(edit, (dix, height), now, places, named)?;
            height = prepared.height_after(height);
            all.push(prepared);
        }
        Ok(all)
    }

    pub(super) fn prepare(
        &mut self,
        edit: Edit,
        (dix, height): (DeviceIndex, Height),
        now: Timestamp,
        places: &mut BTreeSet<Place>,
        named: &mut BTreeSet<DocId>,
    ) -> Result<Prepared, SaveError> {
        let mut prepared = Prepared {
            words: edit.words,
            lost: edit.lost,
            ..Prepared::default()
        };
        let mut runs = Vec::new();
        let (mut shared, mut here) = (Mentions::default(), Mentions::default());
        for (kind, steps) in by_document(edit.steps) {
            let name = DocName::first(kind.to_string());
            let doc = self.own_id(&name);
            places.insert((Owner::Location, doc));
            let author = self.device_id();
            let loaded = self.loaded(Owner::Location, &name)?;
            let edited = loaded.document.edit(author, now, |editor| {
                steps.into_iter().try_for_each(|step| (step.apply)(editor))
            })?;
            let Some(change) = edited.change else {
                continue;
            };
            loaded.grew(std::slice::from_ref(&change));
            check_size(kind, &name, loaded.document.measure())?;
            let said = Mentions::touched(&loaded.document, &edited.touched);
            if kind.is_local() {
                here.extend(said);
            } else {
                shared.extend(said);
            }
            let entry = (!kind.is_local()).then_some((dix, height.dseq + 1));
            prepared.touch(now, entry, &name, edited.touched);
            if kind.is_local() {
                prepared.local.push((doc, name, change));
            } else {
                let first = named.insert(doc);
                prepared.names.push((doc, name.clone()));
                runs.push(RunChanges {
                    doc,
                    name: first.then_some(name),
                    n: 0,
                    changes: vec![change],
                });
            }
        }
        if !runs.is_empty() {
            prepared.entry = Some(Entry::compose(self.context(dix, height, now), runs)?);
        }
        prepared.shared.clone_from(&shared.named);
        prepared.here = &here.named - &shared.named;
        shared.extend(here);
        prepared.forgotten = self.forgettable(shared)?;
        Ok(prepared)
    }

    pub(super) fn context(&self, dix: DeviceIndex, height: Height, now: Timestamp) -> Header {
        let others = self.own.logs.iter().filter(|(other, _)| **other != dix);
        let heights = others.map(|(other, log)| (*other, log.height.dseq, log.height.hash));
        Header {
            version: HEADER_VERSION,
            runs: Vec::new(),
            location: self.own.location,
            device: self.device_id(),
            dseq: height.dseq + 1,
            prev: height.hash,
            roster: self.own.roster.head(),
            seen: seen_hash(heights),
            created: now,
        }
    }

    fn commit(
        &mut self,
        prepared: Vec<Prepared>,
        cut: Option<Cut>,
        dix: DeviceIndex,
        now: Timestamp,
    ) -> Result<(Saved, Option<Receipt>), SaveError> {
        let mut saved = Saved {
            changed: cut.is_some(),
            ..Saved::default()
        };
        let mut last = cut.as_ref().map(|cut| cut.to);
        for one in &prepared {
            saved.changed |= one.entry.is_some() || !one.local.is_empty();
            if one.entry.is_some() {
                saved.entries += 1;
                last = Some(one.height_after(Height::ZERO));
            }
        }
        let names: Vec<(DocId, DocName)> = prepared
            .iter()
            .flat_map(|one| {
                let local = one.local.iter().map(|(doc, name, _)| (*doc, name.clone()));
                one.names.iter().cloned().chain(local)
            })
            .collect();
        let shared: BTreeSet<DocId> = prepared
            .iter()
            .flat_map(|one| one.names.iter().map(|(doc, _)| *doc))
            .collect();
        if !saved.changed && prepared.iter().all(Prepared::says_nothing) {
            return Ok((saved, None));
        }
        let (journalled, rewritten) = (count_local(&prepared), cut.is_some());
        let Committed { receipt, .. } = self.store.write(move |db| {
            cut.iter().try_for_each(|cut| cut.write(db))?;
            prepared.iter().try_for_each(|one| one.write(db, dix, now))
        })?;
        self.rewrites += u64::from(rewritten);
        self.settle(&receipt, (dix, last), names, &shared, &journalled);
        self.moved();
        Ok((saved, Some(receipt)))
    }

    /// Brings memory in line with what was just committed.
    fn settle(
        &mut self,
        receipt: &Receipt,
        (dix, last): (DeviceIndex, Option<Height>),
        names: Vec<(DocId, DocName)>,
        shared: &BTreeSet<DocId>,
        journalled: &BTreeMap<DocId, u64>,
    ) {
        for (doc, name) in names {
            if let Some(added) = journalled.get(&doc) {
                self.reached(Owner::Location, doc, DeviceIndex(0), |reached| {
                    reached + added
                });
            }
            self.own.names.after(receipt).entry(doc).or_insert(name);
        }
        let Some(last) = last else {
            return;
        };
        let log = self.own.logs.after(receipt).entry(dix).or_default();
        (log.height, log.derived) = (last, last.dseq);
        for doc in shared {
            self.reached(Owner::Location, *doc, dix, |_| last.dseq);
        }
    }
}

impl Prepared {
    fn write(
        &self,
        db: &Transaction<'_>,
        dix: DeviceIndex,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let log = logs::log(db, LocationRow::OWN, dix)?;
        for (doc, name, change) in &self.local {
            documents::introduce(db, LocationRow::OWN, None, doc, name)?;
            journal::append(db, doc, now, change)?;
        }
        let mut dseq = 0;
        if let Some(entry) = &self.entry {
            dseq = entry.header.dseq;
            runs::append(db, Owner::Location, dix, entry, now)?;
            logs::reach(db, (LocationRow::OWN, dix), Mark::Derived, dseq)?;
            outbox::put(db, dseq, now)?;
        }
        if let Some(was) = self.in_place_of {
            lost::said_elsewhere(db, was, dseq)?;
        }
        if let Some((lost, kept)) = &self.lost {
            lost::said_again(db, log, *lost, dseq)?;
            kept.iter().try_for_each(|why| lost::keep(db, *lost, why))?;
        }
        let named = |hash: &BlobHash| self.shared.contains(hash) || self.here.contains(hash);
        for (hash, blob) in self.words.iter().filter(|(hash, _)| named(hash)) {
            blobs::put(db, log, 0, hash, blob, now)?;
        }
        for hash in self.shared.iter().filter(|_| dseq > 0) {
            blobs::place(db, log, hash, dseq)?;
        }
        for hash in &self.here {
            blobs::keep_here(db, log, hash)?;
        }
        for hash in &self.forgotten {
            blobs::withdraw(db, LocationRow::OWN, hash)?;
        }
        touches::append(db, &self.touches)?;
        self.import.iter().try_for_each(|one| one.write(db, now))
    }
}

fn by_document(steps: Vec<Step>) -> Vec<(DocKind, Vec<Step>)> {
    let mut groups: Vec<(DocKind, Vec<Step>)> = Vec::new();
    for step in steps {
        let known = groups.iter_mut().find(|group| group.0 == step.document);
        match known {
            Some((_, group)) => group.push(step),
            None => groups.push((step.document, vec![step])),
        }
    }
    groups
}

fn count_local(prepared: &[Prepared]) -> BTreeMap<DocId, u64> {
    let mut counts = BTreeMap::new();
    for (doc, ..) in prepared.iter().flat_map(|one| &one.local) {
        *counts.entry(*doc).or_default() += 1;
    }
    counts
}
