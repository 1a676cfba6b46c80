//! Changes of this device that nobody was offered, made again without what is taken back.
//!
//! Each says again what it said on top of what it had seen, and of nothing else: what others wrote
//! at the same time stays beside it, and a settlement stays one.

use std::collections::BTreeMap;

use automerge::ChangeHash;

use super::{Author, Document, EditError, Edited, Lost, derive::Parsed, wrap};
use crate::{id::DeviceId, model::schema::Container, time::Timestamp};

/// Makes the changes of one document again, in the order of their log.
#[derive(Debug)]
pub struct Remake<'a> {
    lost: Lost<'a>,
    /// What the device itself had seen and said.
    mine: Document,
    /// What stands for a change that is gone: the one made in its place, or those before it.
    instead: BTreeMap<ChangeHash, Vec<ChangeHash>>,
}

impl<'a> Remake<'a> {
    /// `below` is the document without the changes.
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

    /// Makes the next change again on `document`, leaving out what `is_recalled` names by container
    /// and key. Nothing is made if nothing is left.
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
    ) -> Result<Option<Edited<()>>, EditError> {
        let refused = |what: &str| EditError::Refused(what.to_owned());
        let parsed = wrap::guarded(|| Parsed::read(change)).ok().flatten();
        let was = parsed.ok_or_else(|| refused("a change that was saved cannot be read"))?;
        let mut said = self.lost.said(std::slice::from_ref(&change.to_vec()));
        said.retain(|one| !is_recalled(one.path.container, &one.path.key));
        let deps = was.change.deps().iter();
        let deps: Vec<ChangeHash> = deps.flat_map(|hash| self.now(*hash)).collect();
        self.catch_up(document, &deps)?;
        let message = was.change.message().map(str::to_owned);
        let author = Author { device, n: 0 };
        let edited = self.mine.edit(author, at, |editor| {
            editor.message = message;
            editor.say_again(&said)
        })?;
        let Some(made) = &edited.change else {
            self.instead.insert(was.change.hash(), deps);
            return Ok(None);
        };
        let refused = |error: super::DeriveError| EditError::Refused(error.to_string());
        document
            .apply(std::slice::from_ref(made))
            .map_err(refused)?;
        let heads = self.mine.inner.get_heads();
        self.instead.insert(was.change.hash(), heads);
        Ok(Some(edited))
    }

    fn now(&self, hash: ChangeHash) -> Vec<ChangeHash> {
        let instead = self.instead.get(&hash);
        instead.cloned().unwrap_or_else(|| vec![hash])
    }

    /// Brings what the device had seen up to the changes `deps`, and no further.
    fn catch_up(&mut self, document: &Document, deps: &[ChangeHash]) -> Result<(), EditError> {
        let unseen = |hash: &&ChangeHash| !self.mine.has_change(&hash.0);
        if deps.iter().find(unseen).is_none() {
            return Ok(());
        }
        let later = document.inner.get_changes_meta(deps);
        let later: std::collections::BTreeSet<_> = later.iter().map(|meta| meta.hash).collect();
        let unknown = document.inner.get_changes(&self.mine.inner.get_heads());
        let unknown = unknown.into_iter();
        let seen = unknown.filter(|change| !later.contains(&change.hash()));
        let seen: Vec<Vec<u8>> = seen.map(|change| change.raw_bytes().to_vec()).collect();
        let refused = |error: super::DeriveError| EditError::Refused(error.to_string());
        self.mine.apply(&seen).map_err(refused)?;
        Ok(())
    }
}
