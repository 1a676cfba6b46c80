//! Narrows an audience before anything has left: the tail of our log that was not yet offered to
//! anyone is rewritten without the record.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use weft_shared::{
    document::{Document, Edited, Remake, Touched},
    id::{DeviceIndex, DocId, DocName},
    identity::TeamKeys,
    log::{
        entry::{Entry, Header, RunChanges},
        gate::Height,
        sealed::Envelope,
    },
    model::schema::{Container, DocKind},
};

use super::{
    DocumentError, Replica, SaveError,
    documents::Place,
    prepared::Prepared,
    team::{self, is_teams},
    words::Mentions,
};
use crate::store::{
    LocationRow, Owner, StoreError, documents, entries, logs, runs, touches, undone,
};

/// Records that a person takes back before they were offered to the hub.
pub(super) type Recalled = BTreeSet<(Container, String)>;

/// The entries of the tail, and the documents without it.
pub(super) struct Tail {
    entries: Vec<Entry>,
    below: BTreeMap<DocId, Document>,
    recalled: Recalled,
}

/// An entry's changes to one document, made again.
struct Made {
    doc: DocId,
    name: DocName,
    changes: Vec<Vec<u8>>,
    touched: Touched,
}

/// The tail to remove, and the documents it touched.
pub(super) struct Cut {
    /// The last entry that stays.
    pub(super) to: Height,
    dix: DeviceIndex,
    headers: Vec<Header>,
    documents: BTreeSet<DocId>,
}

impl Replica {
    /// Whether everything ever written about a record is in the tail of our own log that was not
    /// yet offered to anyone.
    pub(crate) fn is_unoffered(
        &self,
        container: Container,
        record: &str,
    ) -> Result<bool, DocumentError> {
        let Some((dix, log)) = self
            .dix()
            .and_then(|dix| Some((dix, self.logs(Owner::Location).get(&dix)?)))
        else {
            return Ok(false);
        };
        let history = touches::history(&self.store.reader, Some(record))?;
        let mut shared = history.iter().filter(|touch| {
            touch.container == container.word() && touch.document != DocKind::Team.to_string()
        });
        let mut any = false;
        let unoffered = shared.all(|touch| {
            any = true;
            touch
                .entry
                .is_some_and(|(of, dseq)| of == dix && dseq > log.offered)
        });
        Ok(any && unoffered)
    }

    /// Returns documents to their state before the tail. The result is the cut, and the content to
    /// write again.
    pub(super) fn recall(
        &mut self,
        recalled: Recalled,
        dix: DeviceIndex,
        places: &mut BTreeSet<Place>,
    ) -> Result<(Cut, Tail), SaveError> {
        let log = self.own.logs.get(&dix).copied().unwrap_or_default();
        let db = &self.store.reader;
        let to = match entries::one(db, LocationRow::OWN, dix, log.offered)
            .map_err(DocumentError::from)?
        {
            Some(stored) => Height {
                dseq: log.offered,
                hash: stored.entry.hash,
            },
            None => Height::ZERO,
        };
        let tail = entries::range(
            db,
            (LocationRow::OWN, dix),
            to.dseq + 1,
            log.height.dseq,
            usize::MAX,
        )
        .map_err(DocumentError::from)?;
        // Void entries were taken out of the documents before.
        let tail = tail.into_iter().filter(|stored| stored.void.is_none());
        let entries: Vec<Entry> = tail.map(|stored| stored.entry).collect();
        let headers: Vec<Header> = entries.iter().map(|entry| entry.header.clone()).collect();
        let documents: BTreeSet<DocId> = headers
            .iter()
            .flat_map(|header| &header.runs)
            .map(|run| run.doc)
            .collect();
        let mut below = BTreeMap::new();
        for doc in &documents {
            let name = self.own.names.get(doc).cloned();
            // Nothing of the team's is taken back: its entries are carried over as they are.
            let Some(name) = name.filter(|name| !is_teams(name)) else {
                continue;
            };
            places.insert((Owner::Location, *doc));
            self.load_below(&name, dix, to.dseq)?;
            let document = self.document(Owner::Location, &name)?.clone();
            below.insert(*doc, document);
        }
        let cut = Cut {
            to,
            dix,
            headers,
            documents,
        };
        let tail = Tail {
            entries,
            below,
            recalled,
        };
        Ok((cut, tail))
    }

    /// Writes the content of the tail again, entry by entry. Each keeps its time, and builds on the
    /// changes that it had seen.
    pub(super) fn say_tail_again(
        &mut self,
        tail: &Tail,
        (dix, mut height): (DeviceIndex, Height),
        named: &mut BTreeSet<DocId>,
    ) -> Result<(Vec<Prepared>, Height), SaveError> {
        let mut makers = BTreeMap::new();
        for (doc, below) in &tail.below {
            makers.insert(*doc, Remake::of(below)?);
        }
        let mut all = Vec::with_capacity(tail.entries.len());
        let mut said = Mentions::default();
        for entry in &tail.entries {
            let prepared = match team::envelope(entry) {
                Some(envelope) => {
                    self.carry_over(entry, envelope, (dix, height), named, &mut said)?
                }
                None => {
                    let made = self.make_again(entry, tail, &mut makers)?;
                    self.prepare_again(made, entry, (dix, height), named, &mut said)?
                }
            };
            if let Some(entry) = &prepared.entry {
                height = Height {
                    dseq: entry.header.dseq,
                    hash: entry.hash,
                };
            }
            all.push(prepared);
        }
        // Only after the whole tail is rewritten does it show which words are no longer named.
        let forgotten = self.forgettable(said)?;
        if let Some(last) = all.last_mut() {
            last.forgotten = forgotten;
        }
        Ok((all, height))
    }

    fn make_again(
        &mut self,
        entry: &Entry,
        tail: &Tail,
        makers: &mut BTreeMap<DocId, Remake<'_>>,
    ) -> Result<Vec<Made>, SaveError> {
        let (device, at) = (self.device_id(), entry.header.created);
        let is_recalled =
            |container: Container, key: &str| tail.recalled.contains(&(container, key.to_owned()));
        let mut all: Vec<Made> = Vec::new();
        for run in entry.scanned(&TeamKeys::NONE) {
            let name = self.own.names.get(&run.doc).cloned();
            let maker = makers.get_mut(&run.doc);
            let (Some(maker), Some(name), Ok(changes)) = (maker, name, run.changes) else {
                continue;
            };
            let loaded = self.loaded(Owner::Location, &name)?;
            let mut made = Made {
                doc: run.doc,
                name,
                changes: Vec::new(),
                touched: Touched::new(),
            };
            for change in &changes {
                let again = maker.make(&mut loaded.document, device, at, change, &is_recalled)?;
                if let Some(Edited {
                    change: Some(change),
                    touched,
                    ..
                }) = again
                {
                    loaded.grew(std::slice::from_ref(&change));
                    made.changes.push(change);
                    made.touched.extend(touched);
                }
            }
            if !made.changes.is_empty() {
                all.push(made);
            }
        }
        Ok(all)
    }

    /// Puts a sealed entry of the tail on the log again, with the same content.
    fn carry_over(
        &mut self,
        was: &Entry,
        envelope: Envelope,
        (dix, height): (DeviceIndex, Height),
        named: &mut BTreeSet<DocId>,
        said: &mut Mentions,
    ) -> Result<Prepared, SaveError> {
        let (created, name) = (was.header.created, self.team());
        let doc = self.own_id(&name);
        let mut prepared = Prepared::in_place_of(was.header.dseq);
        let runs = was.scanned(self.keys_of(Owner::Location)).into_iter();
        let changes: Vec<Vec<u8>> = runs.filter_map(|run| run.changes.ok()).flatten().collect();
        let document = self.document(Owner::Location, &name)?;
        let touched = document.touched(&changes);
        let mentions = Mentions::touched(document, &touched);
        prepared.named.extend(mentions.named.iter().copied());
        said.extend(mentions);
        prepared.touch(created, Some((dix, height.dseq + 1)), &name, touched);
        let n_changes = was.sealed().map_or(0, |(run, _)| run.n_changes);
        let place = (n_changes, named.insert(doc));
        prepared.names.push((doc, name));
        let context = self.context(dix, height, created);
        prepared.entry = Some(Entry::compose_sealed(context, place, &envelope)?);
        prepared.envelope = Some(envelope);
        Ok(prepared)
    }

    fn prepare_again(
        &mut self,
        made: Vec<Made>,
        was: &Entry,
        (dix, height): (DeviceIndex, Height),
        named: &mut BTreeSet<DocId>,
        said: &mut Mentions,
    ) -> Result<Prepared, SaveError> {
        let created = was.header.created;
        let mut prepared = Prepared::in_place_of(was.header.dseq);
        let mut runs = Vec::new();
        for one in made {
            let document = self.document(Owner::Location, &one.name)?;
            let mentions = Mentions::touched(document, &one.touched);
            prepared.named.extend(mentions.named.iter().copied());
            said.extend(mentions);
            prepared.touch(
                created,
                Some((dix, height.dseq + 1)),
                &one.name,
                one.touched,
            );
            let first = named.insert(one.doc);
            prepared.names.push((one.doc, one.name.clone()));
            runs.push(RunChanges {
                doc: one.doc,
                name: first.then_some(one.name),
                n: 0,
                changes: one.changes,
            });
        }
        if !runs.is_empty() {
            let context = self.context(dix, height, created);
            prepared.entry = Some(Entry::compose(context, runs)?);
        }
        Ok(prepared)
    }
}

impl Cut {
    /// Takes out the documents that the tail named first, so that the next entry names them again.
    pub(super) fn unname(&self, named: &mut BTreeSet<DocId>) {
        let runs = self.headers.iter().flat_map(|header| &header.runs);
        for run in runs.filter(|run| run.name.is_some()) {
            named.remove(&run.doc);
        }
    }

    /// Removes the tail from the store.
    pub(super) fn write(&self, db: &Connection) -> Result<(), StoreError> {
        let log = logs::log(db, LocationRow::OWN, self.dix)?;
        undone::cut_above(db, log, &self.to)?;
        runs::cut_above(db, self.dix, self.to.dseq)?;
        let above = self.to.dseq + 1..=i64::MAX.cast_unsigned();
        crate::store::team::drop(db, self.dix, above)?;
        for run in self.headers.iter().flat_map(|header| &header.runs) {
            undone::take_back(db, log, &run.doc, run.n, run.n_changes)?;
        }
        for document in &self.documents {
            documents::drop_snapshot(db, LocationRow::OWN, document)?;
        }
        Ok(())
    }
}
