//! How large documents are: the sums by which the hub limits them.

use weft_shared::{id::DocName, log::size::DocumentSize};

use super::{
    Owner, Replica,
    documents::{DocumentError, Loaded},
};

impl Replica {
    /// What a document's changes add up to.
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
