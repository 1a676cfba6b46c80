//! Makes this device's unoffered changes again, without content that is taken back.
//!
//! Each change repeats its content on top of what it had seen, and nothing else: concurrent values
//! of others stay beside it, and a settlement stays one.

use std::collections::BTreeMap;

use automerge::{Change, ChangeHash};

use super::{Document, EditError, Edited, Lost, derive::Parsed, wrap};
use crate::{id::DeviceId, model::schema::Container, time::Timestamp};

/// Makes the changes of one document again, in the order of their log.
#[derive(Debug)]
pub struct Remake<'a> {
    lost: Lost<'a>,
    /// The device's own view: what it had seen and written.
    mine: Document,
    /// The replacement of a removed change: the one made in its place, or its predecessors.
    instead: BTreeMap<ChangeHash, Vec<ChangeHash>>,
}

impl<'a> Remake<'a> {
    /// Creates a remake; `below` is the document without the changes.
    ///
    /// # Errors
    /// If no document of this name can be begun.
    pub fn of(below: &'a Document) -> Result<Self, EditError> {
        let mine = Document::genesis(&below.location, &below.name);
        Ok(Self {
            lost: Lost::of(below),
            mine: mine.map_err(|error| EditError::Refused(error.to_string()))?,
            instead: BTreeMap::new(),
        })
    }

    /// Makes the next change again on `document`, without the assignments for which `is_recalled`
    /// returns true (by container and key). Makes nothing if nothing is left.
    ///
    /// # Errors
    /// If the change cannot be read, or Automerge refuses.
    pub fn make(
        &mut self,
        document: &mut Document,
        device: DeviceId,
        at: Timestamp,
        change: &[u8],
        is_recalled: &dyn Fn(Container, &str) -> bool,
    ) -> Result<Option<Edited>, EditError> {
        let refused = |what: &str| EditError::Refused(what.to_owned());
        let parsed = wrap::guarded(|| Parsed::read(change)).ok().flatten();
        let was = parsed.ok_or_else(|| refused("a change that was saved cannot be read"))?;
        let mut said = self
            .lost
            .assignments(std::slice::from_ref(&change.to_vec()));
        said.retain(|one| !is_recalled(one.path.container, &one.path.key));
        let deps = was.change.deps().iter();
        let deps: Vec<ChangeHash> = deps.flat_map(|hash| self.now(*hash)).collect();
        self.catch_up(document, &deps)?;
        let message = was.change.message().map(str::to_owned);
        let edited = self.mine.edit(device, at, |editor| {
            editor.message = message;
            editor.say_again(&said)
        })?;
        let Some(made) = &edited.change else {
            self.instead.insert(was.change.hash(), deps);
            return Ok(None);
        };
        document.take_own(made)?;
        let heads = self.mine.inner.get_heads();
        self.instead.insert(was.change.hash(), heads);
        Ok(Some(edited))
    }

    fn now(&self, hash: ChangeHash) -> Vec<ChangeHash> {
        let instead = self.instead.get(&hash);
        instead.cloned().unwrap_or_else(|| vec![hash])
    }

    /// Advances the device's own view to the changes `deps`, and no further.
    fn catch_up(&mut self, document: &Document, deps: &[ChangeHash]) -> Result<(), EditError> {
        if deps.iter().all(|hash| self.mine.has_change(&hash.0)) {
            return Ok(());
        }
        let seen = document.changes_below(deps, &self.mine.inner.get_heads());
        let seen: Vec<_> = seen.iter().map(|one| one.raw_bytes().to_vec()).collect();
        let refused = |error: super::DeriveError| EditError::Refused(error.to_string());
        self.mine.apply(&seen).map_err(refused)?;
        Ok(())
    }
}

impl Document {
    /// Applies a change that another copy of this document has just made here. No copy is tried
    /// first, as for changes of others: after an error, discard the document, as after an edit that
    /// could not be stored.
    pub(super) fn take_own(&mut self, change: &[u8]) -> Result<(), EditError> {
        self.even_out();
        let applied = wrap::guarded(|| {
            let change = Change::try_from(change).ok()?;
            let hash = change.hash();
            self.inner.apply_changes([change]).ok()?;
            self.has_change(&hash.0).then_some(())
        });
        let refused = || EditError::Refused("a change that was just made does not fit".to_owned());
        applied.ok().flatten().ok_or_else(refused)
    }
}
