//! The hub's own documents, location zero: entries signed by its log device, like any others.

use std::collections::BTreeMap;

use tokio::sync::{Mutex, MutexGuard};
use weft_host::clock;
use weft_shared::{
    document::{Author, Document, EditError, Editor},
    id::{Dix, DocName, LocationCode, LocationId},
    identity::{Role, Roster},
    log::{
        entry::{Entry, EntryContext, RunChanges, Tip, seen_hash},
        gate::{Admission, Batch, Gate, LogState, Received},
    },
    model::{
        indicator::{Definition, DefinitionKey, SettingChange, SettingKey, Settings},
        profile::Place,
        schema::{self, Container, DocKind},
    },
    time::{Timestamp, Zone},
};

use super::{AppError, Shared};
use crate::{
    directory::Known,
    keys::Identity,
    store::{
        Lix, Store, StoreError,
        entries::{self, Appended},
        shares,
    },
};

/// The documents `network` and `definitions`. Edits are made one at a time.
#[derive(Debug)]
pub(crate) struct OwnDocuments {
    inner: Mutex<Inner>,
    /// Held while a location is read, changed and stored.
    places: Mutex<()>,
}

#[derive(Debug)]
struct Inner {
    network: Document,
    definitions: Document,
    log: LogState,
    dix: Dix,
    /// Whether an edit could not be stored, so that memory is ahead of the store.
    stale: bool,
}

impl OwnDocuments {
    pub(super) async fn load(
        store: &Store,
        identity: &Identity,
        zero: &Known,
    ) -> Result<Self, AppError> {
        let inner = Inner::load(store, identity, &zero.roster).await?;
        Ok(Self {
            inner: Mutex::new(inner),
            places: Mutex::new(()),
        })
    }

    /// The network's locations.
    pub(crate) async fn places(&self) -> BTreeMap<LocationCode, Place> {
        self.inner.lock().await.network.places()
    }

    /// The network's definitions.
    pub(crate) async fn definitions(&self) -> BTreeMap<DefinitionKey, Definition> {
        self.inner.lock().await.definitions.definitions()
    }

    /// The settings of the definitions.
    pub(crate) async fn definition_settings(&self) -> BTreeMap<DefinitionKey, Settings> {
        self.inner.lock().await.definitions.definition_settings()
    }

    /// The settings of the definitions as written.
    pub(crate) async fn setting_texts(&self) -> BTreeMap<SettingKey, String> {
        let inner = self.inner.lock().await;
        let texts = inner.definitions.view().texts(Container::Definitions);
        let texts = texts.into_iter();
        texts
            .filter_map(|(key, text)| Some((key.parse().ok()?, text)))
            .collect()
    }

    /// Every setting ever written, oldest first; no text if it was cleared.
    pub(crate) async fn setting_history(&self) -> Vec<(Timestamp, SettingKey, Option<String>)> {
        let inner = self.inner.lock().await;
        let all = inner.definitions.all_told();
        let told = all.into_iter().flat_map(|(meta, told)| {
            told.into_iter().filter_map(move |one| {
                let key = one.key.parse().ok()?;
                (one.container == Container::Definitions).then_some((meta.at, key, one.value))
            })
        });
        told.collect()
    }

    /// Makes sure that the documents name the network and its operator.
    pub(super) async fn name_network(&self, shared: &Shared) -> Result<(), AppError> {
        let (network, operator) = (shared.network.clone(), shared.operator.clone());
        let name = move |editor: &mut Editor<'_>| {
            editor.put_text(Container::Settings, "name", &network)?;
            editor.put_text(Container::Settings, "operator", &operator)
        };
        self.edit(shared, DocKind::Network, name).await
    }

    /// A setting of the network.
    pub(super) async fn setting(&self, name: &str) -> Option<String> {
        self.inner.lock().await.network.settings().remove(name)
    }

    /// The network's time zone.
    pub(crate) async fn zone(&self) -> Zone {
        Zone::of_setting(self.setting(schema::TIME_ZONE).await.as_deref())
    }

    pub(super) async fn put_setting(
        &self,
        shared: &Shared,
        name: &'static str,
        value: String,
    ) -> Result<(), AppError> {
        let put = move |editor: &mut Editor<'_>| editor.put_text(Container::Settings, name, &value);
        self.edit(shared, DocKind::Network, put).await
    }

    /// Waits for exclusive access to the locations.
    pub(super) async fn places_alone(&self) -> MutexGuard<'_, ()> {
        self.places.lock().await
    }

    pub(super) async fn put_place(
        &self,
        shared: &Shared,
        code: LocationCode,
        place: Place,
    ) -> Result<(), AppError> {
        let put = move |editor: &mut Editor<'_>| editor.put_place(&code, &place);
        self.edit(shared, DocKind::Network, put).await
    }

    /// Puts several locations at once: all of them or none.
    pub(super) async fn put_places(
        &self,
        shared: &Shared,
        places: BTreeMap<LocationCode, Place>,
    ) -> Result<(), AppError> {
        let put = move |editor: &mut Editor<'_>| {
            let mut places = places.iter();
            places.try_for_each(|(code, place)| editor.put_place(code, place))
        };
        self.edit(shared, DocKind::Network, put).await
    }

    pub(super) async fn put_definitions(
        &self,
        shared: &Shared,
        definitions: Vec<Definition>,
        settings: Vec<SettingChange>,
    ) -> Result<(), AppError> {
        let put = move |editor: &mut Editor<'_>| {
            let mut definitions = definitions.iter();
            definitions.try_for_each(|definition| editor.put_definition(definition))?;
            let mut settings = settings.iter();
            settings.try_for_each(|change| editor.put_setting(change))
        };
        self.edit(shared, DocKind::Definitions, put).await
    }

    /// Edits, signs and stores a document, and then announces the change.
    async fn edit(
        &self,
        shared: &Shared,
        kind: DocKind,
        edit: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError>,
    ) -> Result<(), AppError> {
        let mut inner = self.inner.lock().await;
        let (store, identity) = (&shared.store, &shared.identity);
        let zero = shared.directory.roster(identity.zero).await?;
        let zero = zero.ok_or(StoreError::Damaged("roster"))?.roster;
        if inner.stale {
            *inner = Inner::load(store, identity, &zero).await?;
        }
        let now = clock::now();
        let author = Author {
            device: identity.log_device(),
            n: 0,
        };
        let document = inner.document(kind);
        let edited = document.edit(author, now, edit);
        let edited = edited.map_err(|error| AppError::Own(error.to_string()))?;
        let Some(change) = edited.change else {
            return Ok(());
        };
        inner.stale = true;
        let admission = inner.sign(identity, &zero, kind, change, now)?;
        let (height, dix) = (admission.height(), inner.dix);
        let stored = store.write(move |conn| {
            let appended = entries::append(conn, Lix::ZERO, dix, &admission, now)?;
            Ok::<_, StoreError>(appended)
        });
        match stored.await? {
            Appended::To(_) => inner.stale = false,
            Appended::Moved => return Err(AppError::Own("another process has the log".to_owned())),
        }
        shared.stored(identity.zero, dix, height, None);
        Ok(())
    }
}

impl Inner {
    async fn load(store: &Store, identity: &Identity, zero: &Roster) -> Result<Self, AppError> {
        let dix = zero.dix_of(&identity.log_device());
        let dix = dix.ok_or(StoreError::Damaged("the roster of the hub itself"))?;
        let read = store.read(move |conn| {
            let state = shares::log_state(conn, Lix::ZERO, dix, Role::Admin)?;
            Ok::<_, StoreError>((state, entries::of_location(conn, Lix::ZERO)?))
        });
        let (log, held) = read.await?;
        let mut inner = Self {
            network: genesis(&identity.zero, DocKind::Network),
            definitions: genesis(&identity.zero, DocKind::Definitions),
            log,
            dix,
            stale: false,
        };
        for kind in [DocKind::Network, DocKind::Definitions] {
            let document = inner.document(kind);
            let mut runs = Vec::new();
            for entry in &held {
                let scanned = entry.scanned().into_iter();
                let of_document = scanned.filter(|run| run.doc == *document.id());
                runs.extend(of_document.filter_map(|run| run.changes.ok()));
            }
            let runs: Vec<&[Vec<u8>]> = runs.iter().map(Vec::as_slice).collect();
            let derived = document.apply_runs(&runs);
            for error in derived.results.iter().filter_map(|one| one.as_ref().err()) {
                tracing::error!(%error, document = %document.name(), "an own entry is set aside");
            }
        }
        Ok(inner)
    }

    fn document(&mut self, kind: DocKind) -> &mut Document {
        match kind {
            DocKind::Definitions => &mut self.definitions,
            _ => &mut self.network,
        }
    }

    /// Signs the entry of one change, through the same gate as every other device's entries.
    fn sign(
        &mut self,
        identity: &Identity,
        zero: &Roster,
        kind: DocKind,
        change: Vec<u8>,
        now: Timestamp,
    ) -> Result<Admission, AppError> {
        let document = self.document(kind);
        let (doc, name) = (*document.id(), document.name().clone());
        let first = !self.log.seqs.contains_key(&(doc, 0));
        let context = EntryContext {
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
        let entry = Entry::compose(context, vec![run]);
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

fn genesis(zero: &LocationId, kind: DocKind) -> Document {
    let name = DocName::first(kind.to_string());
    Document::genesis(zero, &name).expect("a kind's own name always reads")
}
