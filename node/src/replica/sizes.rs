//! Sizes of documents, by the sums that the hub limits.

use weft_shared::{
    id::DocName,
    log::size::DocumentSize,
    model::schema::DocKind,
    wire::limits::{DOCUMENT_CHANGES_MAX, DOCUMENT_OPS_MAX, DOCUMENT_RAW_BYTES_MAX},
};

use super::{
    Owner, Replica,
    documents::{DocumentError, Loaded},
};

impl Replica {
    /// Returns the sums of a document's changes.
    pub(crate) fn size_of(
        &mut self,
        owner: Owner,
        name: &DocName,
    ) -> Result<DocumentSize, DocumentError> {
        Ok(self.loaded(owner, name)?.size())
    }
}

impl Loaded {
    pub(super) fn size(&mut self) -> DocumentSize {
        let measured = self.document.measure();
        DocumentSize {
            raw_bytes: measured.raw_bytes,
            operations: measured.operations,
            changes: measured.changes,
        }
    }
}

/// A document that takes no more changes. It is still read, and its contents remain in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Nothing was saved: the document {name} is full, so nothing in it can be changed any more, and \
     what it holds still stands and is read. A document takes {} MiB, {DOCUMENT_OPS_MAX} \
     operations and {DOCUMENT_CHANGES_MAX} changes. Values that are not in it yet can still be \
     saved: they go into a further part of their year. Tell the network's operator which values \
     are to be corrected.",
    DOCUMENT_RAW_BYTES_MAX >> 20
)]
pub(crate) struct DocumentFull {
    pub(crate) name: DocName,
}

/// Refuses a change that would make a shared document too large. A document that stays on this
/// computer has no such limit.
pub(super) fn check_size(
    kind: DocKind,
    name: &DocName,
    size: DocumentSize,
) -> Result<(), DocumentFull> {
    if kind.is_local() || size.fits() {
        return Ok(());
    }
    Err(DocumentFull { name: name.clone() })
}
