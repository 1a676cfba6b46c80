//! What two devices changed at once and nobody has settled yet.

use weft_shared::{
    document::Conflict,
    id::DocName,
    model::schema::{Container, DocKind},
};

use super::Written;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// One conflict with its values.
#[derive(Clone, Debug)]
pub(crate) struct ConflictRow {
    pub(crate) id: String,
    pub(crate) document: DocName,
    pub(crate) conflict: Conflict,
    pub(crate) values: Vec<ConflictValue>,
}

/// One of the values.
#[derive(Clone, Debug)]
pub(crate) struct ConflictValue {
    pub(crate) value: String,
    pub(crate) written: Written,
}

impl ConflictRow {
    /// What it is about, in words that a person knows from the lists.
    pub(crate) fn record(&self) -> String {
        self.conflict.key.clone()
    }

    /// Which part of it.
    pub(crate) fn field(&self) -> String {
        match (&self.conflict.field, self.conflict.container) {
            (Some(field), _) => field.clone(),
            (None, Container::Observations) => "value".to_owned(),
            (None, container) => container.word().to_owned(),
        }
    }
}

impl Replica {
    /// Every conflict of our own documents, in the order of documents and ids.
    pub(crate) fn conflicts(&mut self) -> Result<Vec<ConflictRow>, DocumentError> {
        let mut rows = Vec::new();
        for name in self.own_documents(|kind| kind != DocKind::Team) {
            let conflicts = self.document(Owner::Location, &name)?.conflicts();
            for conflict in conflicts {
                let mut values = Vec::with_capacity(conflict.values.len());
                for one in &conflict.values {
                    values.push(ConflictValue {
                        value: one.value.clone(),
                        written: self.written(&name, &one.actor, one.op)?,
                    });
                }
                rows.push(ConflictRow {
                    id: conflict.id(),
                    document: name.clone(),
                    conflict,
                    values,
                });
            }
        }
        // The order in which a person reads them must be the same on every device.
        for row in &mut rows {
            row.values
                .sort_by(|a, b| (a.written.at, &a.value).cmp(&(b.written.at, &b.value)));
        }
        Ok(rows)
    }
}
