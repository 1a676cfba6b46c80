//! What people said at once and nobody has settled yet, and what this computer keeps to itself that
//! the location says otherwise.

use weft_shared::{
    document::Conflict,
    id::{DocName, IndicatorCode},
    model::{
        Audience,
        observation::{ObservationKey, Status},
        record::Concurrent,
        schema::{Container, DocKind, RecordKind},
    },
};

use super::{ObservationRow, Written, first};
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
    /// Whether it is kept on this computer, and the others were shared.
    pub(crate) local: bool,
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
                rows.push(self.conflict_row(&name, conflict)?);
            }
        }
        self.add_kept_decisions(&mut rows)?;
        self.add_kept_values(&mut rows)?;
        // The order in which a person reads them must be the same on every device. A removal comes
        // before what was done instead.
        for row in &mut rows {
            let removal = RecordKind::is_removal(row.conflict.field.as_deref());
            row.values.sort_by(|a, b| {
                let order = (a.written.at, &a.value).cmp(&(b.written.at, &b.value));
                let order = if removal {
                    b.value.cmp(&a.value)
                } else {
                    order
                };
                a.local.cmp(&b.local).then(order)
            });
        }
        Ok(rows)
    }

    fn conflict_row(
        &mut self,
        name: &DocName,
        conflict: Conflict,
    ) -> Result<ConflictRow, DocumentError> {
        let local = name.name == DocKind::Team.to_string();
        let mut values = Vec::with_capacity(conflict.values.len());
        for one in &conflict.values {
            values.push(ConflictValue {
                value: one.value.clone(),
                written: self.written(name, &one.actor, one.op)?,
                local,
            });
        }
        Ok(ConflictRow {
            id: conflict.id(),
            document: name.clone(),
            conflict,
            values,
        })
    }

    /// What this computer decided and keeps to itself, beside what the location decided.
    fn add_kept_decisions(&mut self, rows: &mut Vec<ConflictRow>) -> Result<(), DocumentError> {
        let kept = self.own_document(DocKind::Team)?.adoptions();
        let shared = self.own_document(DocKind::Profile)?.adoptions();
        let both = kept.keys().filter(|code| shared.contains_key(code));
        let both: Vec<IndicatorCode> = both.cloned().collect();
        for code in both {
            let document = first(DocKind::Profile);
            self.add_kept(rows, &document, Container::Adoptions, code.as_str())?;
        }
        Ok(())
    }

    /// Values that this computer keeps to itself, beside other ones that the location shares.
    fn add_kept_values(&mut self, rows: &mut Vec<ConflictRow>) -> Result<(), DocumentError> {
        for row in self.kept_aside()? {
            let year = DocKind::Observations(row.key.period.reporting_year());
            let key = row.key.to_string();
            self.add_kept(rows, &first(year), Container::Observations, &key)?;
        }
        Ok(())
    }

    /// Values kept on this computer whose key the location shares with another figure.
    fn kept_aside(&mut self) -> Result<Vec<ObservationRow>, DocumentError> {
        let mut aside = Vec::new();
        for row in self.observations_kept()? {
            let Some(kept) = row.stated.first().map(|one| &one.statement) else {
                continue;
            };
            let year = DocKind::Observations(row.key.period.reporting_year());
            let shared = self.own_document(year)?.observation(&row.key);
            let differs = |shared: &weft_shared::document::Stated| {
                let mut shared = shared.statement.clone();
                shared.audience = Audience::Team;
                shared.status != Status::Missing && shared.contests(kept)
            };
            if shared.is_some_and(|shared| shared.stated.iter().any(differs)) {
                aside.push(row);
            }
        }
        Ok(aside)
    }

    /// Adds what this computer keeps under a key to the conflict about it, or makes one of the two.
    fn add_kept(
        &mut self,
        rows: &mut Vec<ConflictRow>,
        shared: &DocName,
        container: Container,
        key: &str,
    ) -> Result<(), DocumentError> {
        let about = |values: Vec<Concurrent>| Conflict {
            container,
            key: key.to_owned(),
            field: None,
            values,
        };
        let kept = self.own_document(DocKind::Team)?.standing(container, key);
        let kept = self.conflict_row(&first(DocKind::Team), about(kept))?;
        if let Some(row) = rows.iter_mut().find(|row| row.id == kept.id) {
            row.values.extend(kept.values);
            return Ok(());
        }
        let said = self
            .document(Owner::Location, shared)?
            .standing(container, key);
        let mut row = self.conflict_row(shared, about(said))?;
        row.values.extend(kept.values);
        rows.push(row);
        Ok(())
    }
}

/// Whether an observation's key is one that a person can be asked about.
pub(crate) fn observed_key(conflict: &Conflict) -> Option<ObservationKey> {
    let observed = [Container::Observations, Container::Notes].contains(&conflict.container);
    conflict.key.parse().ok().filter(|_| observed)
}
