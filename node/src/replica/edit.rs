//! Saves document change, entry and outbox in one transaction, before anything is sent.

use std::collections::BTreeSet;

use weft_shared::{
    document::{EditError, Editor},
    id::{BlobHash, DeviceIndex, DocId, DocName},
    log::{
        entry::{Entry, HEADER_VERSION, Header, RunChanges, seen_hash},
        gate::Height,
        room::Held,
        sealed::team_document,
    },
    model::schema::{Container, DocKind},
    time::Timestamp,
};
use weft_store::{Committed, Receipt, StoreError};

use super::{
    Replica, SaveError,
    documents::Place,
    prepared::{Prepared, Saving},
    recall::{Cut, Recalled},
    sizes::check_size,
    team::{ClearPart, Envelopes},
    words::Mentions,
};
use crate::store::{Owner, journal};

/// Changes that a person saves at once. They become one entry, and a sealed one for the parts that
/// are for the team alone: the two are never mixed.
#[derive(Default)]
pub(crate) struct Edit {
    steps: Vec<Step>,
    words: Vec<(BlobHash, Vec<u8>)>,
    /// Words that nothing names any more once it is saved.
    replaced: BTreeSet<BlobHash>,
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

    /// Stores the words of an insight beside the entry whose record names them.
    pub(crate) fn with_words(&mut self, hash: BlobHash, blob: Vec<u8>) {
        self.words.push((hash, blob));
    }

    /// Takes words out again, to seal them.
    pub(crate) fn take_words(&mut self, hash: &BlobHash) -> Option<Vec<u8>> {
        let at = self.words.iter().position(|(known, _)| known == hash)?;
        Some(self.words.remove(at).1)
    }

    /// Deletes words, unless a record still names them.
    pub(crate) fn without_words(&mut self, hash: BlobHash) {
        self.replaced.insert(hash);
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

    /// Splits it into what is shared and what is sealed for the team, without empty parts.
    fn split(self) -> Vec<Self> {
        let is_sealed = |step: &Step| step.document.is_sealed();
        let (sealed, shared): (Vec<_>, Vec<_>) = self.steps.into_iter().partition(is_sealed);
        if sealed.is_empty() || shared.is_empty() {
            let steps = if sealed.is_empty() { shared } else { sealed };
            return vec![Self { steps, ..self }];
        }
        let team = Self {
            steps: sealed,
            words: self.words.clone(),
            replaced: self.replaced.clone(),
            ..Self::default()
        };
        let shared = Self {
            steps: shared,
            ..self
        };
        vec![shared, team]
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
    /// Entries that are sealed for the team.
    pub(crate) sealed: u64,
    /// Whether anything changed at all.
    pub(crate) changed: bool,
}

impl Replica {
    /// Saves each edit as an entry, all of them or none.
    pub(crate) fn save(&mut self, edits: Vec<Edit>, now: Timestamp) -> Result<Saved, SaveError> {
        let dix = self.may_save()?;
        let mut saving = Saving::new(BTreeSet::clone(&self.named));
        self.preparing = true;
        let outcome = self.carry_out(edits, dix, now, &mut saving);
        self.preparing = false;
        self.saved(outcome, saving.places)
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
        saving: &mut Saving,
    ) -> Result<Saved, SaveError> {
        let recalled: Recalled = edits
            .iter_mut()
            .flat_map(|edit| std::mem::take(&mut edit.recalled))
            .collect();
        let mut height = self.height(Owner::Location, dix);
        let (mut cut, mut prepared) = (None, Vec::new());
        if !recalled.is_empty() {
            let (tail, said) = self.recall(recalled, dix, &mut saving.places)?;
            tail.unname(&mut saving.named);
            (prepared, height) = self.say_tail_again(&said, (dix, tail.to), &mut saving.named)?;
            cut = Some(tail);
        }
        prepared.extend(self.prepare_all(edits, (dix, height), now, saving)?);
        let named = std::mem::take(&mut saving.named);
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

    pub(super) fn prepare_all(
        &mut self,
        edits: Vec<Edit>,
        (dix, mut height): (DeviceIndex, Height),
        now: Timestamp,
        saving: &mut Saving,
    ) -> Result<Vec<Prepared>, SaveError> {
        let mut all = Vec::with_capacity(edits.len());
        for edit in edits.into_iter().flat_map(Edit::split) {
            let prepared = self.prepare(edit, (dix, height), now, saving)?;
            height = prepared.height_after(height);
            all.push(prepared);
        }
        Ok(all)
    }

    /// Makes the changes of an edit, all of whose documents are sealed, or none of them.
    fn prepare(
        &mut self,
        edit: Edit,
        (dix, height): (DeviceIndex, Height),
        now: Timestamp,
        saving: &mut Saving,
    ) -> Result<Prepared, SaveError> {
        let mut prepared = Prepared {
            words: edit.words,
            lost: edit.lost,
            ..Prepared::default()
        };
        let mut runs = Vec::new();
        let mut said = Mentions::default();
        for (kind, steps) in by_document(edit.steps) {
            let name = DocName::first(kind.to_string());
            let doc = self.own_id(&name);
            saving.places.insert((Owner::Location, doc));
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
            said.extend(Mentions::touched(&loaded.document, &edited.touched));
            prepared.touch(now, Some((dix, height.dseq + 1)), &name, edited.touched);
            let first = saving.named.insert(doc);
            prepared.names.push((doc, name.clone()));
            runs.push(RunChanges {
                doc,
                name: first.then_some(name),
                n: 0,
                changes: vec![change],
            });
        }
        prepared.named.clone_from(&said.named);
        said.replace(edit.replaced);
        prepared.forgotten = self.forgettable(said)?;
        let context = self.context(dix, height, now);
        let is_teams = |run: &RunChanges| run.doc == self.own_id(&team_document());
        match &mut *runs {
            [] => {}
            [run] if is_teams(run) => {
                if journal::last(&self.store.reader)?.is_some() {
                    // Its changes would build on some that no other device has.
                    return Err(SaveError::Unsealed);
                }
                let run = runs.remove(0);
                self.seal_run(&mut prepared, run, (dix, context), saving)?;
            }
            _ => prepared.entry = Some(Entry::compose(context, runs)?),
        }
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
        for one in prepared.iter().filter(|one| one.entry.is_some()) {
            saved.changed = true;
            match one.envelope {
                Some(_) => saved.sealed += 1,
                None => saved.entries += 1,
            }
            last = Some(one.height_after(Height::ZERO));
        }
        let names = prepared.iter().flat_map(|one| one.names.iter().cloned());
        let names: Vec<(DocId, DocName)> = names.collect();
        if !saved.changed && prepared.iter().all(Prepared::says_nothing) {
            return Ok((saved, None));
        }
        let rewritten = cut.is_some();
        // Entries are made with the roster of the moment.
        let roster = self.own.roster.len().saturating_sub(1);
        let Committed { receipt, value } = self.store.write(move |db| {
            cut.iter().try_for_each(|cut| cut.write(db))?;
            prepared
                .iter()
                .try_for_each(|one| one.write(db, (dix, roster), now))?;
            let envelopes = prepared.into_iter().filter_map(|one| {
                Some(ClearPart {
                    dix,
                    dseq: one.entry?.header.dseq,
                    roster,
                    envelope: one.envelope?,
                })
            });
            Ok::<_, StoreError>(envelopes.collect::<Envelopes>())
        })?;
        self.rewrites += u64::from(rewritten);
        self.settle(&receipt, (dix, last), names);
        self.learn_own(&value)?;
        self.moved();
        Ok((saved, Some(receipt)))
    }

    /// Brings memory in line with what was just committed.
    fn settle(
        &mut self,
        receipt: &Receipt,
        (dix, last): (DeviceIndex, Option<Height>),
        names: Vec<(DocId, DocName)>,
    ) {
        if let Some(last) = last {
            let log = self.own.logs.after(receipt).entry(dix).or_default();
            (log.height, log.derived) = (last, last.dseq);
            for (doc, _) in &names {
                self.reached(Owner::Location, *doc, dix, |_| last.dseq);
            }
        }
        for (doc, name) in names {
            self.own.names.after(receipt).entry(doc).or_insert(name);
        }
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
