//! Sizes of documents, by the sums that the hub limits.

use weft_shared::{
    id::DocName,
    log::size::DocumentSize,
    model::schema::DocKind,
    wire::limits::{DOCUMENT_CHANGES_MAX, DOCUMENT_OPS_MAX, DOCUMENT_RAW_BYTES_MAX},
};

use super::{Owner, Replica, documents::DocumentError};

impl Replica {
    /// Returns the sums of a document's changes.
    pub(crate) fn size_of(
        &mut self,
        owner: Owner,
        name: &DocName,
    ) -> Result<DocumentSize, DocumentError> {
        Ok(self.loaded(owner, name)?.document.measure())
    }
}

/// A document that takes no more changes. It is still read, and its contents remain in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Nothing was saved: the document {name} is full, so nothing in it can be changed any more, and \
     what it holds still stands and is read. A document takes {} MiB, {DOCUMENT_OPS_MAX} \
     operations and {DOCUMENT_CHANGES_MAX} changes. {} weft-node history shows which device wrote \
     in it. If one device filled it, a location's administrator can make room again: weft-node \
     device revoke, then weft-node device drop. Otherwise, tell the network's operator what is \
     to be changed.",
    DOCUMENT_RAW_BYTES_MAX >> 20,
    still_possible(*.kind)
)]
pub(crate) struct DocumentFull {
    pub(crate) kind: DocKind,
    pub(crate) name: DocName,
}

/// Refuses a change that would make a document too large.
pub(super) fn check_size(
    kind: DocKind,
    name: &DocName,
    size: DocumentSize,
) -> Result<(), DocumentFull> {
    if size.fits() {
        return Ok(());
    }
    Err(DocumentFull {
        kind,
        name: name.clone(),
    })
}

/// Says what can still be saved beside a full document.
const fn still_possible(kind: DocKind) -> &'static str {
    match kind {
        DocKind::Observations(..) => {
            "Values that are not in it yet can still be saved: they go into a further part of \
             their year."
        }
        DocKind::Plan(_) => {
            "New records can still be saved: they go into a further part of the plan."
        }
        DocKind::Insights(..) => {
            "New insights can still be saved: they go into a further part of their year."
        }
        DocKind::Money(_) => "New investments can still be saved: they go into a further part.",
        DocKind::Answers(..) => {
            "New reviews can still be saved: they go into a further part of their year."
        }
        DocKind::Team => {
            "Records that are shared with the network can still be saved: they are in other \
             documents."
        }
        _ => "There is no further part of it.",
    }
}
