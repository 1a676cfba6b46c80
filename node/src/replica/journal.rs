//! Documents that stay on this computer. Their changes are in a journal, and in no entry.

use weft_shared::{
    id::{DocId, DocName},
    model::schema::DocKind,
};

use super::{DocumentError, Replica};
use crate::store::{Owner, journal, touches::Touch};

impl Replica {
    /// Returns the name of the document of everything with the audience `team`.
    pub(crate) fn team(&self) -> DocName {
        DocName::first(DocKind::Team.to_string())
    }

    /// Returns the time when something was last saved on this computer only.
    pub(crate) fn journal_saved(
        &self,
    ) -> Result<Option<weft_shared::time::Timestamp>, weft_store::StoreError> {
        journal::last(&self.store().reader)
    }

    /// Returns the history of a local document.
    pub(super) fn journal_touches(&mut self, name: &DocName) -> Result<Vec<Touch>, DocumentError> {
        let changes = journal::changes(&self.store().reader, &self.own_id(name))?;
        let document = self.document(Owner::Location, name)?;
        let mut touches = Vec::new();
        for (at, change) in changes {
            let touched = document.touched(&[change]).into_iter();
            touches.extend(touched.map(|(container, record)| Touch {
                at,
                entry: None,
                document: name.to_string(),
                container: container.word().to_owned(),
                record,
            }));
        }
        Ok(touches)
    }

    /// Returns the id of a document of our own location.
    pub(super) fn own_id(&self, name: &DocName) -> DocId {
        name.id(&self.location(Owner::Location))
    }
}
