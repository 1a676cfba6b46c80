//! A save in steps. A draft has documents of its own while it grows, so that what is served between
//! two steps sees nothing of it; one transaction takes all of it or nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use weft_shared::{id::DeviceIndex, log::gate::Height, time::Timestamp};

use super::{
    Edit, Replica, SaveError, Saved,
    documents::Documents,
    prepared::{Prepared, Saving},
};
use crate::{
    limits::{DOCUMENTS_LOADED_BYTES_MAX, DOCUMENTS_LOADED_MAX},
    store::{Owner, StoreError, imports},
};

/// Edits that are not saved yet.
pub(crate) struct Draft {
    /// The version of the replica that it is made for.
    version: u64,
    documents: Documents,
    saving: Saving,
    prepared: Vec<Prepared>,
    dix: DeviceIndex,
    height: Height,
    now: Timestamp,
}

impl Replica {
    /// Begins a draft for the present version.
    pub(crate) fn draft(&self, now: Timestamp) -> Result<Draft, SaveError> {
        let dix = self.may_save()?;
        Ok(Draft {
            version: self.version(),
            documents: Documents::new(DOCUMENTS_LOADED_MAX, DOCUMENTS_LOADED_BYTES_MAX),
            saving: Saving::new(BTreeSet::clone(&self.named)),
            prepared: Vec::new(),
            dix,
            height: self.height(Owner::Location, dix),
            now,
        })
    }

    /// Adds an edit to a draft. `edit` and what it reads see the draft's documents.
    pub(crate) fn add_to<E: From<SaveError>>(
        &mut self,
        draft: &mut Draft,
        edit: impl FnOnce(&mut Self) -> Result<Edit, E>,
    ) -> Result<(), E> {
        mem::swap(&mut self.documents, &mut draft.documents);
        self.preparing = true;
        let place = (draft.dix, draft.height);
        let saving = &mut draft.saving;
        let prepared = edit(self)
            .and_then(|edit| Ok(self.prepare_all(vec![edit], place, draft.now, saving)?));
        self.preparing = false;
        mem::swap(&mut self.documents, &mut draft.documents);
        for prepared in prepared? {
            draft.height = prepared.height_after(draft.height);
            draft.prepared.push(prepared);
        }
        Ok(())
    }

    /// Whether nothing has changed since the draft was begun. Another one has no use.
    pub(crate) fn is_current(&self, draft: &Draft) -> bool {
        draft.version == self.version()
    }

    /// Adds what is remembered of an import to a draft that has an edit.
    pub(crate) fn add_import(draft: &mut Draft, record: imports::Record) {
        if let Some(last) = draft.prepared.last_mut() {
            last.import = Some(record);
        }
    }

    /// The imports of this computer, the latest first.
    pub(crate) fn imports(&self) -> Result<Vec<imports::Import>, StoreError> {
        imports::list(&self.store.reader)
    }

    /// The values of an import, with what stood there before.
    pub(crate) fn imported_values(&self, id: i64) -> Result<Vec<imports::Value>, StoreError> {
        imports::values(&self.store.reader, id)
    }

    /// The plans of columns that this computer remembers, by the headings of their files.
    pub(crate) fn column_plans(&self) -> Result<BTreeMap<String, String>, StoreError> {
        imports::plans(&self.store.reader)
    }

    /// Saves all of a draft. Returns `None`, with nothing saved, if it is not current.
    pub(crate) fn save_draft(&mut self, mut draft: Draft) -> Result<Option<Saved>, SaveError> {
        if !self.is_current(&draft) {
            return Ok(None);
        }
        let Saving { places, named, .. } = draft.saving;
        for place in &places {
            if let Some(loaded) = draft.documents.forget(place) {
                self.documents.put(*place, loaded);
            }
        }
        let saved = self.write_prepared(draft.prepared, None, named, (draft.dix, draft.now));
        self.saved(saved, places).map(Some)
    }
}
