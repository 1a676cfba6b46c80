//! Seals what is for the team alone: the changes of a save, keys for devices, and what an earlier
//! version kept in a journal on this computer.

use std::collections::BTreeSet;

use weft_shared::{
    id::{BlobHash, DeviceIndex, RecordId},
    log::{
        entry::{ComposeError, Entry, Header, RunChanges},
        sealed::{self, Envelope, Grant, are_sealed},
    },
    model::{
        Audience,
        insight::Words,
        schema::{DocKind, RecordKind},
    },
    time::Timestamp,
    wire::limits::RUN_FORGETS_MAX,
};
use weft_store::StoreError;

use super::{
    Edit, Replica, SaveError,
    prepared::{Prepared, Saving},
    team::Envelopes,
};
use crate::store::{
    LocationRow, Owner, blobs,
    journal::{self, Kept},
};

impl Replica {
    /// Seals the changes of the team's document for its devices. Keys for devices go with them if
    /// there is room in the entry. If not, this device keeps the key with it, and gives all others
    /// at the next occasion.
    pub(super) fn seal_run(
        &mut self,
        prepared: &mut Prepared,
        run: RunChanges,
        (dix, context): (DeviceIndex, Header),
        saving: &mut Saving,
    ) -> Result<(), SaveError> {
        let forgotten = self.sealed_among(&prepared.forgotten)?;
        let nonce = self.nonce();
        let sealing = match &mut saving.sealing {
            Some(sealing) => sealing,
            none => none.insert(self.sealing(dix)),
        };
        let (key, grants) = (sealing.key().clone(), sealing.next());
        let (place, n_changes) = (place(&context), count(&run.changes));
        let first = run.name.is_some();
        let seal = |grants| {
            let beside = (grants, forgotten.clone());
            let envelope = Envelope::seal(&place, &run.changes, (&key, nonce), beside)?;
            let place = (n_changes, first);
            let entry = Entry::compose_sealed(context.clone(), place, &envelope)?;
            Ok::<_, ComposeError>((entry, envelope))
        };
        let (entry, envelope) = match seal(grants.clone()) {
            Err(ComposeError::TooLarge(_)) if !grants.is_empty() => {
                let (id, own) = (key.id(), self.key.id());
                let is_own = |grant: &Grant| (grant.key, grant.to) == (id, own);
                seal(grants.into_iter().filter(is_own).collect())?
            }
            sealed => sealed?,
        };
        prepared.entry = Some(entry);
        prepared.envelope = Some(envelope);
        Ok(())
    }

    /// Makes an entry without changes, if there is need of one: it gives keys to devices, and has
    /// sealed words deleted.
    pub(super) fn grant_keys(&mut self, dix: DeviceIndex, now: Timestamp) -> Result<(), SaveError> {
        let grants = self.grants_owed(dix, None);
        let gone: Vec<BlobHash> = self.gone.iter().take(RUN_FORGETS_MAX).copied().collect();
        if grants.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let key = self.sealing(dix);
        let context = self.context(dix, self.height(Owner::Location, dix), now);
        let (place, nonce, of) = (place(&context), self.nonce(), (grants, gone.clone()));
        let envelope = Envelope::seal(&place, &[], (key.key(), nonce), of)?;
        let name = self.team();
        let mut named = BTreeSet::clone(&self.named);
        let first = named.insert(self.own_id(&name));
        let prepared = Prepared {
            entry: Some(Entry::compose_sealed(context, (1, first), &envelope)?),
            envelope: Some(envelope),
            names: vec![(self.own_id(&name), name)],
            ..Prepared::default()
        };
        self.write_prepared(vec![prepared], None, named, (dix, now))?;
        self.gone.retain(|hash| !gone.contains(hash));
        Ok(())
    }

    /// Takes in what sealed entries of our own say in the clear, once they are saved.
    pub(super) fn learn_own(&mut self, envelopes: &Envelopes) -> Result<(), StoreError> {
        let used = self.unused.take_if(|unused| {
            let id = unused.id();
            let mut sealed = envelopes.iter().map(|told| &told.envelope);
            sealed.any(|envelope| envelope.key == id && !envelope.sealed.is_empty())
        });
        if let Some(key) = used {
            let roster = envelopes.first().map_or(0, |told| told.roster);
            self.team.insert(key, roster);
        }
        self.learn(envelopes)?;
        Ok(())
    }

    /// Gives keys to devices that lack them, withdraws copies of what was withdrawn, and seals
    /// words of an earlier version. If one of these fails, it is tried again at the next occasion.
    pub(crate) fn tend_team(&mut self, now: Timestamp) {
        let Some(dix) = self.dix().filter(|_| self.stopped.is_none()) else {
            return;
        };
        let tended = [
            self.seal_journal(now),
            self.withdraw_copies(now),
            self.seal_words(dix, now),
            self.grant_keys(dix, now),
        ];
        for error in tended.into_iter().filter_map(Result::err) {
            tracing::warn!(%error, "the team's keys and words are not tended yet");
        }
    }

    /// Withdraws the copies of insights of which another was withdrawn. Their words are gone here;
    /// this has them deleted everywhere.
    fn withdraw_copies(&mut self, now: Timestamp) -> Result<(), SaveError> {
        if self.withdrawn.is_empty() {
            return Ok(());
        }
        let mut edit = Edit::default();
        for (id, documents) in self.withdrawn.clone() {
            for document in documents {
                edit.on(document, move |editor| {
                    editor.withdraw(RecordKind::Insight, &id)
                });
            }
        }
        self.save(vec![edit], now)?;
        self.withdrawn.clear();
        Ok(())
    }

    /// Seals words that an earlier version kept on this computer: until then colleagues have their
    /// insights without them. This changes their records, which opening a store does not.
    fn seal_words(&mut self, dix: DeviceIndex, now: Timestamp) -> Result<(), SaveError> {
        if !blobs::any_kept(&self.store.reader, (LocationRow::OWN, dix))? {
            return Ok(());
        }
        let name = self.team();
        let document = self.document(Owner::Location, &name)?;
        let told = document.records(RecordKind::Insight).into_iter();
        let told = told.filter(|record| record.moved.is_none());
        let told = told.filter_map(|record| Some((record.id, Words::in_record(&record)?)));
        let told: Vec<(RecordId, Words)> = told.collect();
        let mut edit = Edit::default();
        for (id, words) in told {
            let blob = blobs::bytes(&self.store.reader, LocationRow::OWN, &words.hash);
            let Some(blob) = blob?.filter(|blob| !are_sealed(blob)) else {
                continue;
            };
            let (hash, sealed) = self.seal(&blob).ok_or(SaveError::NotAdmitted)?;
            let fields = Words { hash, ..words }.fields();
            edit.with_words(hash, sealed);
            edit.without_words(words.hash);
            edit.on(DocKind::Team, move |editor| {
                editor.put_record(RecordKind::Insight, &id, Audience::Team, &fields)
            });
        }
        self.save(vec![edit], now)?;
        Ok(())
    }

    /// Seals what an earlier version kept in a journal on this computer. A device that may not
    /// write any more keeps its journal and reads it.
    pub(super) fn seal_journal(&mut self, now: Timestamp) -> Result<(), SaveError> {
        let Some(dix) = self.dix().filter(|_| self.stopped.is_none()) else {
            return Ok(());
        };
        let name = self.team();
        let doc = self.own_id(&name);
        let changes = journal::changes(&self.store.reader, &doc)?;
        if changes.is_empty() {
            return Ok(());
        }
        let mut saving = Saving::new(BTreeSet::clone(&self.named));
        let mut height = self.height(Owner::Location, dix);
        let mut all = Vec::new();
        for Part { to, at, changes } in parts(changes) {
            let first = saving.named.insert(doc);
            let run = RunChanges {
                doc,
                name: first.then(|| name.clone()),
                n: 0,
                changes,
            };
            let mut prepared = Prepared {
                names: vec![(doc, name.clone())],
                journal: Some(to),
                ..Prepared::default()
            };
            let context = self.context(dix, height, at);
            self.seal_run(&mut prepared, run, (dix, context), &mut saving)?;
            height = prepared.height_after(height);
            all.push(prepared);
        }
        let named = saving.named;
        let saved = self.write_prepared(all, None, named, (dix, now));
        // The document in memory counts the journal.
        self.forget([(Owner::Location, doc)]);
        saved?;
        Ok(())
    }
}

/// The place of changes by this device.
const fn place(context: &Header) -> sealed::Place {
    sealed::Place {
        location: context.location,
        device: context.device,
        n: sealed::CHANGES_ACTOR,
    }
}

fn count(changes: &[Vec<u8>]) -> u32 {
    u32::try_from(changes.len()).unwrap_or(u32::MAX)
}

/// Changes of a journal that fit an entry.
struct Part {
    /// The last of them.
    to: i64,
    /// When it was made.
    at: Timestamp,
    changes: Vec<Vec<u8>>,
}

fn parts(kept: Vec<Kept>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut bytes = 0;
    for Kept { id, at, change } in kept {
        bytes += change.len();
        match parts.last_mut() {
            Some(part) if part.changes.len() < PART_CHANGES_MAX && bytes <= PART_BYTES_MAX => {
                (part.to, part.at) = (id, at);
                part.changes.push(change);
            }
            _ => {
                bytes = change.len();
                let changes = vec![change];
                parts.push(Part {
                    to: id,
                    at,
                    changes,
                });
            }
        }
    }
    parts
}

/// A part of a journal holds no more changes than that, and no more bytes unless it is one change.
const PART_CHANGES_MAX: usize = 200;
const PART_BYTES_MAX: usize = 128 << 10;
