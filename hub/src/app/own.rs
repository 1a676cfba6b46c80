//! The hub's own documents, location zero: entries signed by its log device, like any others.

mod came_back;

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::{Mutex, OwnedMutexGuard};
use weft_host::clock;
use weft_shared::{
    document::{Document, EditError, Editor},
    id::{DeviceIndex, DocId, DocName, LocationCode, LocationId},
    identity::{Role, Roster, TeamKeys},
    log::{
        entry::{Entry, HEADER_VERSION, Header, RunChanges, Tip, seen_hash},
        gate::{Admission, Batch, Gate, LogState, Received},
    },
    model::{
        indicator::{Definition, DefinitionKey, SettingKey, Settings},
        profile::Place,
        schema::{self, Container, DocKind},
        source::Source,
    },
    period::Date,
    time::{Timestamp, Zone},
};
use weft_store::Transaction;

use self::came_back::Arrived;
use super::{AppError, AppHandle, Shared};
use crate::{
    directory::Known,
    keys::Identity,
    store::{
        LocationRow, Store, StoreError,
        entries::{self, Appended},
        shares,
    },
};

/// The documents `network`, `definitions`, `agenda`, `sources`, `releases` and `readers`. Published
/// figures have documents of their own, which are written once and not kept in memory.
///
/// An edit is decided, written and committed under one lock, and takes its ledger row into its own
/// transaction. Readers see what is committed, and wait for no edit.
#[derive(Debug)]
pub(crate) struct OwnDocuments {
    committed: Arc<RwLock<Arc<Standing>>>,
    /// Held from the check of an edit until its commit.
    editing: Arc<Mutex<()>>,
    arrived: Arc<Arrived>,
}

/// The documents as committed, and the log that their next entry goes into.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    network: Document,
    definitions: Document,
    agenda: Document,
    sources: Document,
    releases: Document,
    readers: Document,
    log: LogState,
    dix: DeviceIndex,
}

/// An edit as decided from what stands.
pub(super) struct Edit<T> {
    pub(super) document: DocKind,
    /// The act and its subject for the ledger; none if the hub edits by itself.
    pub(super) act: Option<(&'static str, String)>,
    pub(super) write: Write,
    /// Rows that belong to the edit.
    pub(super) beside: Beside,
    pub(super) answer: T,
}

type Write = Box<dyn FnOnce(&mut Editor<'_>) -> Result<(), EditError> + Send>;
pub(crate) type Beside =
    Box<dyn FnOnce(&Transaction<'_>, Timestamp) -> Result<(), AppError> + Send>;

impl<T> Edit<T> {
    /// Creates an edit of the operator.
    pub(super) fn new(
        document: DocKind,
        act: &'static str,
        subject: String,
        answer: T,
        write: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError> + Send + 'static,
    ) -> Self {
        Self {
            document,
            act: Some((act, subject)),
            write: Box::new(write),
            beside: Box::new(|_, _| Ok(())),
            answer,
        }
    }
}

impl OwnDocuments {
    pub(super) async fn load(
        store: &Store,
        identity: &Identity,
        zero: &Known,
    ) -> Result<Self, AppError> {
        let standing = Standing::load(store, identity, &zero.roster).await?;
        Ok(Self {
            committed: Arc::new(RwLock::new(Arc::new(standing))),
            editing: Arc::default(),
            arrived: Arc::default(),
        })
    }

    /// Returns what is committed now.
    pub(crate) fn standing(&self) -> Arc<Standing> {
        let committed = self.committed.read();
        Arc::clone(&committed.unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes sure that the documents name the network and its operator.
    pub(super) async fn name_network(&self, app: &AppHandle) -> Result<(), AppError> {
        let shared = &app.shared;
        let (network, operator) = (shared.network.clone(), shared.operator.clone());
        let name = |_: &Standing| {
            Ok(Edit {
                document: DocKind::Network,
                act: None,
                write: Box::new(move |editor: &mut Editor<'_>| {
                    editor.put_text(Container::Settings, "name", &network)?;
                    editor.put_text(Container::Settings, "operator", &operator)
                }),
                beside: Box::new(|_, _| Ok(())),
                answer: (),
            })
        };
        self.edit(app, name).await
    }

    /// Lets `decide` check what stands, and writes what it decides: entry, rows and ledger in one
    /// transaction, before which no other edit is decided. An edit that changes nothing in the
    /// document leaves no trace.
    ///
    /// # Errors
    /// Returns what `decide` refuses, or why it could not be stored; nothing happened then.
    pub(super) async fn edit<T: Send + 'static>(
        &self,
        app: &AppHandle,
        decide: impl FnOnce(&Standing) -> Result<Edit<T>, AppError> + Send,
    ) -> Result<T, AppError> {
        let alone = self.alone(&app.shared).await?;
        self.edit_alone(app, alone, decide).await
    }

    /// Edits as [`OwnDocuments::edit`] does, of what was read since nothing else is being edited.
    ///
    /// # Errors
    /// Returns what `decide` refuses, or why it could not be stored; nothing happened then.
    pub(super) async fn edit_alone<T: Send + 'static>(
        &self,
        app: &AppHandle,
        alone: OwnedMutexGuard<()>,
        decide: impl FnOnce(&Standing) -> Result<Edit<T>, AppError> + Send,
    ) -> Result<T, AppError> {
        let (shared, by) = (&app.shared, Arc::clone(&app.by));
        let identity = &shared.identity;
        let zero = self.roster(shared).await?;
        // Futures hold it while they wait, and it is large.
        let mut next = Box::new(Standing::clone(&self.standing()));
        let edit = decide(&next)?;
        let now = clock::now();
        let Some(change) = next.change(identity, edit.document, now, edit.write)? else {
            return Ok(edit.answer);
        };
        let place = next.place_of(edit.document);
        let admission = next.sign(identity, &zero, place, change, now)?;
        let (act, beside, answer) = (edit.act, edit.beside, edit.answer);
        let beside = move |tx: &Transaction<'_>| {
            beside(tx, now)?;
            if let Some((act, subject)) = act {
                by.record(tx, now, act, &subject)?;
            }
            Ok(answer)
        };
        self.commit(shared, (next, alone), vec![admission], beside)
            .await
    }

    /// The hub's own roster.
    pub(super) async fn roster(&self, shared: &Shared) -> Result<Arc<Roster>, AppError> {
        let zero = shared.directory.roster(shared.identity.zero).await?;
        Ok(zero.ok_or(StoreError::Damaged("roster"))?.roster)
    }

    /// Waits until nothing else is being edited, and keeps it so while the answer is held. Entries
    /// that came back are in the documents then.
    pub(super) async fn alone(&self, shared: &Shared) -> Result<OwnedMutexGuard<()>, AppError> {
        let alone = Arc::clone(&self.editing).lock_owned().await;
        self.catch_up(shared).await?;
        Ok(alone)
    }

    /// Stores entries in one transaction with what `beside` writes. What stands is `next` then.
    pub(super) async fn commit<T: Send + 'static>(
        &self,
        shared: &Shared,
        (next, alone): (Box<Standing>, OwnedMutexGuard<()>),
        admissions: Vec<Admission>,
        beside: impl FnOnce(&Transaction<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let (log, committed) = (
            (shared.identity.zero, next.dix),
            Arc::clone(&self.committed),
        );
        let (wakes, now) = (shared.wakes(), clock::now());
        let job = move |tx: &Transaction<'_>| {
            for admission in &admissions {
                match entries::append(tx, LocationRow::ZERO, log.1, admission, now)? {
                    Appended::To(_) => {}
                    Appended::Moved => {
                        return Err(AppError::Own("another process has the log".to_owned()));
                    }
                }
            }
            let answer = beside(tx)?;
            tx.on_commit(move || {
                let mut standing = committed.write().unwrap_or_else(PoisonError::into_inner);
                *standing = Arc::from(next);
                drop(standing);
                drop(alone);
            });
            if let Some(last) = admissions.last() {
                wakes.stored(tx, log, last.height(), None);
            }
            Ok(answer)
        };
        shared.store.write(job).await
    }
}

impl Standing {
    /// Returns the log of the documents, and its height.
    pub(super) const fn height(&self) -> (DeviceIndex, u64) {
        (self.dix, self.log.height.dseq)
    }

    /// One of the network's locations.
    pub(crate) fn place(&self, code: &LocationCode) -> Option<Place> {
        self.network.place(code)
    }

    /// Returns the number of the network's locations.
    pub(crate) fn location_count(&self) -> usize {
        self.network.view().texts(Container::Locations).len()
    }

    /// The network's locations.
    pub(crate) fn places(&self) -> BTreeMap<LocationCode, Place> {
        self.network.places()
    }

    /// The network's definitions.
    pub(crate) fn definitions(&self) -> BTreeMap<DefinitionKey, Definition> {
        self.definitions.definitions()
    }

    /// The settings of the definitions.
    pub(crate) fn definition_settings(&self) -> BTreeMap<DefinitionKey, Settings> {
        self.definitions.definition_settings()
    }

    /// The settings of the definitions as written.
    pub(crate) fn setting_texts(&self) -> BTreeMap<SettingKey, String> {
        let texts = self.definitions.view().texts(Container::Definitions);
        let texts = texts.into_iter();
        texts
            .filter_map(|(key, text)| Some((key.parse().ok()?, text)))
            .collect()
    }

    /// Every setting ever written, oldest first; no text if it was cleared.
    pub(crate) fn setting_history(&self) -> Vec<(Timestamp, SettingKey, Option<String>)> {
        let all = self.definitions.all_told();
        let told = all.into_iter().flat_map(|(meta, told)| {
            told.into_iter().filter_map(move |one| {
                let key = one.key.parse().ok()?;
                (one.container == Container::Definitions).then_some((meta.at, key, one.value))
            })
        });
        told.collect()
    }

    /// The sources of published figures by the number of their import, removed ones included.
    pub(super) fn sources(&self) -> BTreeMap<u32, Source> {
        self.sources.sources()
    }

    /// The document of the people who may read.
    pub(super) const fn readers(&self) -> &Document {
        &self.readers
    }

    /// The document of notices and of the chain of releases.
    pub(super) const fn releases(&self) -> &Document {
        &self.releases
    }

    /// The document of the network's aims.
    pub(crate) const fn agenda(&self) -> &Document {
        &self.agenda
    }

    /// A setting of the network.
    pub(super) fn setting(&self, name: &str) -> Option<String> {
        self.network.settings().remove(name)
    }

    /// The network's time zone.
    pub(crate) fn zone(&self) -> Zone {
        Zone::of_setting(self.setting(schema::TIME_ZONE).as_deref())
    }

    /// The day in the network's time zone.
    pub(crate) fn today(&self) -> Date {
        self.zone().day(clock::now())
    }

    async fn load(store: &Store, identity: &Identity, zero: &Roster) -> Result<Self, AppError> {
        let dix = zero.dix_of(&identity.log_device());
        let dix = dix.ok_or(StoreError::Damaged("the roster of the hub itself"))?;
        let read = store.read(move |conn| {
            let state = shares::log_state(conn, LocationRow::ZERO, dix, Role::Admin)?;
            Ok::<_, StoreError>((state, entries::of_location(conn, LocationRow::ZERO)?))
        });
        let (log, held) = read.await?;
        let mut standing = Self {
            network: genesis(&identity.zero, DocKind::Network),
            definitions: genesis(&identity.zero, DocKind::Definitions),
            agenda: genesis(&identity.zero, DocKind::Agenda),
            sources: genesis(&identity.zero, DocKind::Sources),
            releases: genesis(&identity.zero, DocKind::Releases),
            readers: genesis(&identity.zero, DocKind::Readers),
            log,
            dix,
        };
        for kind in KINDS {
            let document = standing.document_mut(kind);
            let mut runs = Vec::new();
            for entry in &held {
                let scanned = entry.scanned(&TeamKeys::NONE).into_iter();
                let of_document = scanned.filter(|run| run.doc == *document.id());
                runs.extend(of_document.filter_map(|run| run.changes.ok()));
            }
            let runs: Vec<&[Vec<u8>]> = runs.iter().map(Vec::as_slice).collect();
            let derived = document.apply_runs(&runs);
            for error in derived.iter().filter_map(|one| one.as_ref().err()) {
                tracing::error!(%error, document = %document.name(), "an own entry is set aside");
            }
        }
        Ok(standing)
    }

    fn document_mut(&mut self, kind: DocKind) -> &mut Document {
        match kind {
            DocKind::Definitions => &mut self.definitions,
            DocKind::Agenda => &mut self.agenda,
            DocKind::Sources => &mut self.sources,
            DocKind::Releases => &mut self.releases,
            DocKind::Readers => &mut self.readers,
            _ => &mut self.network,
        }
    }

    /// Makes a change in one of the documents in memory; none if it changes nothing.
    pub(super) fn change(
        &mut self,
        identity: &Identity,
        kind: DocKind,
        now: Timestamp,
        write: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError>,
    ) -> Result<Option<Vec<u8>>, AppError> {
        let document = self.document_mut(kind);
        let edited = document.edit(identity.log_device(), now, write);
        let edited = edited.map_err(|error| AppError::Own(error.to_string()))?;
        Ok(edited.change)
    }

    /// The id and name of one of the documents in memory.
    pub(super) fn place_of(&mut self, kind: DocKind) -> (DocId, DocName) {
        let document = self.document_mut(kind);
        (*document.id(), document.name().clone())
    }

    /// Signs the entry of one change, through the same gate as every other device's entries.
    pub(super) fn sign(
        &mut self,
        identity: &Identity,
        zero: &Roster,
        (doc, name): (DocId, DocName),
        change: Vec<u8>,
        now: Timestamp,
    ) -> Result<Admission, AppError> {
        let first = !self.log.seqs.contains_key(&(doc, 0));
        let header = Header {
            version: HEADER_VERSION,
            runs: Vec::new(),
            location: identity.zero,
            device: identity.log_device(),
            dseq: self.log.height.dseq + 1,
            prev: self.log.height.hash,
            roster: zero.head(),
            seen: seen_hash(std::iter::empty()),
            created: now,
        };
        let run = RunChanges {
            doc,
            name: first.then_some(name),
            n: 0,
            changes: vec![change],
        };
        let entry = Entry::compose(header, vec![run]);
        let entry = entry.map_err(|error| AppError::Own(error.to_string()))?;
        let tip = Tip::sign(&identity.log, entry.header.dseq, entry.hash);
        let batch = Batch {
            dix: self.dix,
            first_dseq: entry.header.dseq,
            prev_tag: entry.header.prev.tag(),
            entries: vec![Received::from_entry(entry, None)],
            tip: tip.signature,
        };
        let device = zero.device(self.dix);
        let gate = Gate {
            location: identity.zero,
            zero: true,
            roster: zero,
            device: device.expect("load found the log device in this roster"),
        };
        match gate.admit(&mut self.log, batch) {
            Ok(Some(admission)) if admission.voids().next().is_none() => Ok(admission),
            Ok(_) => Err(AppError::Own("the change would be void".to_owned())),
            Err(refusal) => Err(AppError::Own(refusal.to_string())),
        }
    }
}

/// The documents that are kept in memory.
const KINDS: [DocKind; 6] = [
    DocKind::Network,
    DocKind::Definitions,
    DocKind::Agenda,
    DocKind::Sources,
    DocKind::Releases,
    DocKind::Readers,
];

fn genesis(zero: &LocationId, kind: DocKind) -> Document {
    let name = DocName::first(kind.to_string());
    Document::genesis(zero, &name).expect("a kind's own name always reads")
}
