//! Documents: Automerge in the model's terms, and the only module that calls it.
//!
//! A [`Document`] begins with a first change that every replica computes from its name. It takes
//! [edits](Document::edit) of this device and [changes](Document::apply) of others, and returns
//! records, observations and conflicts.
//!
//! **Invariant:** data from peers reaches Automerge only on a fork, inside a guard, after the gate.
//! Failures are refused change by change, the same on every replica.

mod derive;
mod dump;
mod edit;
mod even;
mod history;
mod read;
mod reapply;
mod remake;
mod removal;
mod scalars;
mod standing;
mod straight;
#[cfg(test)]
mod tests;
mod unread;
mod wrap;

use std::collections::BTreeSet;

use automerge::{ActorId, Automerge, Change, ChangeHash, ReadDoc as _};

use self::wrap::Origin;
pub use self::{
    derive::{DeriveError, Derived, Path, Witness},
    edit::{EditError, Edited, Editor, RecordPlace},
    history::{FieldChange, Told},
    read::{Conflict, Observed, Stated, StatedUnder, View},
    reapply::{Assignment, Lost, LostWords},
    remake::Remake,
    scalars::{Said, Scalar, Under},
    standing::contested,
    straight::{Put, Straight},
    wrap::is_panic_expected,
};
use crate::{
    id::{DocId, DocName, LocationId},
    log::size::DocumentSize,
    model::schema::{Container, DocKind, Generations, UnknownDocument},
    time::Timestamp,
    wire::limits::DOCUMENT_RAW_BYTES_MAX,
};

/// Increase this whenever the same entries give other documents or other facts: a kind grew,
/// other changes are now accepted or refused, other statements count as one, or something is no
/// longer read. A store derived under another version derives everything again.
pub const DERIVATION_VERSION: u32 = 14;

/// Average operations of a document's changes from which they are measured one at a time.
const MEASURED_ALONE_OPS_MIN: u64 = 500;

/// The places that changes touched: a container and a key in it. Reading these again gives the same
/// result as reading the whole document.
pub type Touched = BTreeSet<(Container, String)>;

/// One document of a location.
#[derive(Clone, Debug)]
pub struct Document {
    location: LocationId,
    name: DocName,
    id: DocId,
    kind: DocKind,
    origin: Origin,
    inner: Automerge,
    /// Whether values may be in one large piece; see [`even`].
    uneven: bool,
    /// The totals over its changes up to these heads.
    measured: (Vec<ChangeHash>, DocumentSize),
}

/// Why bytes are not a saved document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// No document has this name here.
    #[error(transparent)]
    Name(#[from] UnknownDocument),
    /// Automerge cannot read them.
    #[error("the saved document \"{0}\" is damaged: rebuild it from the entries")]
    Damaged(String),
    /// They are another document.
    #[error("what is saved as \"{0}\" is another document: rebuild it from the entries")]
    Another(String),
}

/// A document that would not load again if saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the document \"{name}\" cannot be saved so that it loads again: the last save stays")]
pub struct SaveError {
    /// The document's name.
    pub name: String,
}

/// The author and time of a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChangeMeta {
    /// The change's hash.
    pub hash: [u8; 32],
    /// The Automerge actor, computed from the device.
    pub actor: [u8; 16],
    /// The change's number among those of the actor, counted from 1.
    pub seq: u64,
    /// When it was made, in whole seconds, by its device's clock.
    pub at: Timestamp,
}

impl Document {
    /// The initial document, the same for all replicas. It may be of any epoch;
    /// [`DocKind::of`] says which documents are derived.
    ///
    /// # Errors
    /// If no document has this name.
    pub fn genesis(location: &LocationId, name: &DocName) -> Result<Self, UnknownDocument> {
        let kind: DocKind = name.name.parse()?;
        Ok(Self::begin(location, name, kind, kind.generations()))
    }

    fn begin(
        location: &LocationId,
        name: &DocName,
        kind: DocKind,
        generations: Generations,
    ) -> Self {
        let id = name.id(location);
        let origin = Origin::new(&id, generations);
        Self {
            location: *location,
            name: name.clone(),
            id,
            kind,
            inner: origin.begin(),
            origin,
            uneven: false,
            measured: Default::default(),
        }
    }

    /// Loads the output of [`Document::save`].
    ///
    /// # Errors
    /// If the bytes are damaged, or another document.
    pub fn load(location: &LocationId, name: &DocName, bytes: &[u8]) -> Result<Self, LoadError> {
        Self::genesis(location, name)?.with_saved(bytes)
    }

    /// Loads a save of this document, which may date from before its kind grew.
    fn with_saved(self, bytes: &[u8]) -> Result<Self, LoadError> {
        let label = || self.name.to_string();
        let inner = wrap::load(bytes).ok_or_else(|| LoadError::Damaged(label()))?;
        let inner = self.origin.grow(inner);
        let inner = inner.ok_or_else(|| LoadError::Another(label()))?;
        Ok(Self {
            inner,
            uneven: true,
            ..self
        })
    }

    /// Prepares it for scattered insertions, which would otherwise take much memory.
    fn even_out(&mut self) {
        if std::mem::take(&mut self.uneven) {
            even::even_out(&mut self.inner);
        }
    }

    /// Returns the document as bytes, after a check that they load again with equal heads: an
    /// unreadable save must never replace a good one.
    ///
    /// # Errors
    /// If the bytes do not load again.
    pub fn save(&self) -> Result<Vec<u8>, SaveError> {
        let bytes = wrap::guarded(|| self.inner.save()).map_err(|_| self.save_error())?;
        let again = wrap::load(&bytes).filter(|one| one.get_heads() == self.inner.get_heads());
        again.map(|_| bytes).ok_or_else(|| self.save_error())
    }

    /// Like [`Document::save`], but replaces this document by the loaded one: to hold both takes
    /// twice the memory. After an error, read the document from its entries again.
    ///
    /// # Errors
    /// If the bytes do not load again.
    pub fn into_saved(mut self) -> Result<(Vec<u8>, Self), SaveError> {
        let bytes = wrap::guarded(|| self.inner.save());
        let heads = self.inner.get_heads();
        // Reset it to the initial document: the whole is no longer needed.
        self.inner = self.origin.begin();
        let saved = bytes
            .ok()
            .and_then(|bytes| Some((wrap::load(&bytes)?, bytes)));
        match saved.filter(|(again, _)| again.get_heads() == heads) {
            Some((inner, bytes)) => {
                (self.inner, self.uneven) = (inner, true);
                Ok((bytes, self))
            }
            None => Err(self.save_error()),
        }
    }

    fn save_error(&self) -> SaveError {
        SaveError {
            name: self.name.to_string(),
        }
    }

    /// Its name.
    pub const fn name(&self) -> &DocName {
        &self.name
    }

    /// Its id.
    pub const fn id(&self) -> &DocId {
        &self.id
    }

    /// Its kind.
    pub const fn kind(&self) -> DocKind {
        self.kind
    }

    /// The hashes of its newest changes, sorted; equal on replicas with equal changes.
    pub fn heads(&self) -> Vec<[u8; 32]> {
        self.inner.get_heads().iter().map(|head| head.0).collect()
    }

    /// Number of its changes, including those that every replica computes.
    pub fn changes(&self) -> u64 {
        self.inner.stats().num_changes
    }

    /// Number of its operations.
    pub fn operations(&self) -> u64 {
        self.inner.stats().num_ops
    }

    /// Estimated bytes of memory. `raw_bytes` is its [size unpacked](Self::unpacked_bytes), plus
    /// the size of any changes since; those take less, because a document holds each key once.
    pub fn memory_bytes(&self, raw_bytes: u64) -> u64 {
        // `tests/guess_memory.rs` compares it with what documents at their limits take.
        let (changes, operations) = (self.changes(), self.operations());
        (8 << 10) + changes * 160 + operations * 4 + raw_bytes + raw_bytes / 4
    }

    /// Its size when saved without compression. The size of the saved file says little: a text of
    /// megabytes may be packed into a few kilobytes.
    pub fn unpacked_bytes(&self) -> u64 {
        let bytes = wrap::guarded(|| self.inner.save_nocompress().len() as u64);
        bytes.unwrap_or(DOCUMENT_RAW_BYTES_MAX)
    }

    /// Totals over its changes, without those that every replica computes: the same totals that the
    /// hub limits. Measures only changes since the last call.
    pub fn measure(&mut self) -> DocumentSize {
        let heads = self.inner.get_heads();
        if heads != self.measured.0 {
            let mut sums = self.measured.1;
            let mut add = |change: &Change| {
                if !self.origin.is_of(change.actor_id()) {
                    sums.raw_bytes += change.raw_bytes().len() as u64;
                    sums.operations += change.len() as u64;
                    sums.changes += 1;
                }
            };
            let metas = self.inner.get_changes_meta(&self.measured.0);
            let operations: u64 = metas.iter().map(|one| one.max_op + 1 - one.start_op).sum();
            if operations / (metas.len() as u64).max(1) >= MEASURED_ALONE_OPS_MIN {
                // Large changes are made one at a time: all of them at once take several times the
                // document. For small ones that is slow, and they take less.
                for meta in metas {
                    self.inner
                        .get_change_by_hash(&meta.hash)
                        .iter()
                        .for_each(&mut add);
                }
            } else {
                self.inner
                    .get_changes(&self.measured.0)
                    .iter()
                    .for_each(add);
            }
            self.measured = (heads, sums);
        }
        self.measured.1
    }

    /// Whether it has this change.
    pub fn has_change(&self, hash: &[u8; 32]) -> bool {
        self.inner.get_missing_deps(&[ChangeHash(*hash)]).is_empty()
    }

    /// The author and time of a change.
    pub fn change_meta(&self, hash: &[u8; 32]) -> Option<ChangeMeta> {
        let meta = self.inner.get_change_meta_by_hash(&ChangeHash(*hash))?;
        Some(ChangeMeta {
            hash: meta.hash.0,
            actor: actor_bytes(&meta.actor),
            seq: meta.seq,
            at: Timestamp::from_ms(meta.timestamp.saturating_mul(1_000)),
        })
    }

    /// The change that an operation belongs to, such as the one that stated a value.
    pub fn change_of(&self, actor: &[u8; 16], op: u64) -> Option<ChangeMeta> {
        let id = wrap::ObjId::Id(op, ActorId::from(*actor), 0);
        let hash = self.inner.hash_for_opid(&id)?;
        self.change_meta(&hash.0)
    }

    /// All changes except those that every replica computes, each after its dependencies.
    pub fn all_changes(&self) -> Vec<Vec<u8>> {
        let changes = self.inner.get_changes(&[]);
        let sent = changes
            .iter()
            .filter(|one| !self.origin.is_of(one.actor_id()));
        sent.map(|change| change.raw_bytes().to_vec()).collect()
    }
}

/// An actor's sixteen bytes; a foreign actor of another length is cut or padded.
fn actor_bytes(actor: &ActorId) -> [u8; 16] {
    let mut bytes = [0; 16];
    let from = actor.to_bytes();
    let len = from.len().min(16);
    bytes[..len].copy_from_slice(&from[..len]);
    bytes
}
