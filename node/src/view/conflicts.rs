//! Concurrent changes that are not settled yet, and values for the team alone beside different
//! ones that the location shares.

use std::collections::BTreeSet;

use weft_shared::{
    document::{Conflict, contested},
    id::{DocName, IndicatorCode},
    model::{
        Audience,
        observation::{ObservationKey, Status},
        record::Concurrent,
        schema::{Container, DocKind, RecordKind},
    },
};

use super::{ObservationRow, StatedRow, Written, first};
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// One conflict with its values.
#[derive(Clone, Debug)]
pub(crate) struct ConflictRow {
    pub(crate) id: String,
    pub(crate) document: DocName,
    /// Further documents that hold the same key: the other parts of its year.
    pub(crate) also: Vec<DocName>,
    pub(crate) conflict: Conflict,
    pub(crate) values: Vec<ConflictValue>,
}

/// One of the values.
#[derive(Clone, Debug)]
pub(crate) struct ConflictValue {
    pub(crate) value: String,
    pub(crate) written: Written,
    /// Whether it is for the team alone, while the others were shared.
    pub(crate) local: bool,
}

impl ConflictRow {
    /// The record or key that it is about, in words that a person knows from the lists.
    pub(crate) fn record(&self) -> String {
        self.conflict.key.clone()
    }

    /// The part that is in conflict.
    pub(crate) fn field(&self) -> String {
        match (&self.conflict.field, self.conflict.container) {
            (Some(field), _) => field.clone(),
            (None, Container::Observations) => "value".to_owned(),
            (None, container) => container.word().to_owned(),
        }
    }
}

impl Replica {
    /// Returns every conflict of our own documents, in the order of documents and ids.
    pub(crate) fn conflicts(&mut self) -> Result<Vec<ConflictRow>, DocumentError> {
        let mut rows = Vec::new();
        for name in self.own_documents(|_| true) {
            let conflicts = self.document(Owner::Location, &name)?.conflicts();
            for conflict in conflicts {
                // Beside what the location shares, all that the team keeps is in one place.
                if name != self.team() || !self.is_shared_too(&conflict)? {
                    rows.push(self.conflict_row(&name, conflict, false)?);
                }
            }
        }
        self.join_parts(&mut rows)?;
        self.add_kept_decisions(&mut rows)?;
        self.add_kept_values(&mut rows)?;
        // People must read them in the same order on every device. A removal comes before the
        // changes made instead.
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
        self.count_conflicts(rows.len() as u64);
        Ok(rows)
    }

    /// Returns the number of conflicts. It is counted once for each state of the documents.
    pub(crate) fn conflict_count(&mut self) -> Result<u64, DocumentError> {
        match self.conflicts_counted() {
            Some(count) => Ok(count),
            None => Ok(self.conflicts()?.len() as u64),
        }
    }

    /// Whether the location shares a value or decision about which the team keeps several.
    fn is_shared_too(&mut self, kept: &Conflict) -> Result<bool, DocumentError> {
        if let Some(key) = observed_key(kept) {
            return Ok(self.observation_shared(&key)?.is_some());
        }
        let shared = self.own_document(DocKind::Profile)?;
        Ok(kept.container == Container::Adoptions
            && !shared.standing(kept.container, &kept.key).is_empty())
    }

    fn conflict_row(
        &mut self,
        name: &DocName,
        conflict: Conflict,
        local: bool,
    ) -> Result<ConflictRow, DocumentError> {
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
            also: Vec::new(),
            conflict,
            values,
        })
    }

    /// Combines several parts' statements about one key into one conflict, if they differ. Parts
    /// that now agree are in none.
    fn join_parts(&mut self, rows: &mut Vec<ConflictRow>) -> Result<(), DocumentError> {
        let further = |kind| matches!(kind, DocKind::Observations(_, part) if part > 1);
        let mut keys: BTreeSet<ObservationKey> = BTreeSet::new();
        for name in self.own_documents(further) {
            keys.extend(self.document(Owner::Location, &name)?.observation_keys());
        }
        for key in keys {
            let parts = self.parts_holding(&key)?;
            let [part, others @ ..] = parts.as_slice() else {
                continue;
            };
            if others.is_empty() {
                continue;
            }
            let also: Vec<DocName> = others.iter().map(|part| first(*part)).collect();
            for container in [Container::Observations, Container::Notes] {
                let row = self.joined((&first(*part), &also), container, &key.to_string())?;
                rows.retain(|one| one.id != row.id);
                if row.values.len() > 1 {
                    rows.push(row);
                }
            }
        }
        Ok(())
    }

    /// Combines the values of several documents under one key into one conflict.
    fn joined(
        &mut self,
        (name, also): (&DocName, &[DocName]),
        container: Container,
        key: &str,
    ) -> Result<ConflictRow, DocumentError> {
        let mut said: Vec<(&DocName, Concurrent)> = Vec::new();
        for part in [name].into_iter().chain(also) {
            let document = self.document(Owner::Location, part)?;
            let standing = document.standing(container, key).into_iter();
            said.extend(standing.map(|one| (part, one)));
        }
        let all = said.iter().map(|(_, one)| one.clone()).collect();
        let conflict = Conflict {
            container,
            key: key.to_owned(),
            field: None,
            values: contested(container, all),
        };
        let mut values = Vec::with_capacity(conflict.values.len());
        for one in &conflict.values {
            // An actor writes in one document only.
            let part = said.iter().find(|(_, other)| other == one);
            let part = part.map_or(name, |(part, _)| *part);
            values.push(ConflictValue {
                value: one.value.clone(),
                written: self.written(part, &one.actor, one.op)?,
                local: false,
            });
        }
        Ok(ConflictRow {
            id: conflict.id(),
            document: name.clone(),
            also: also.to_vec(),
            conflict,
            values,
        })
    }

    /// Adds decisions for the team alone, beside those of the location.
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

    /// Adds values for the team alone, beside others that the location shares.
    fn add_kept_values(&mut self, rows: &mut Vec<ConflictRow>) -> Result<(), DocumentError> {
        for row in self.kept_aside()? {
            let parts = self.parts_holding(&row.key)?;
            let part = parts.first().map_or_else(
                || first(DocKind::Observations(row.key.period.reporting_year(), 1)),
                |part| first(*part),
            );
            let key = row.key.to_string();
            self.add_kept(rows, &part, Container::Observations, &key)?;
        }
        Ok(())
    }

    /// Returns values for the team alone whose key the location shares with another figure.
    fn kept_aside(&mut self) -> Result<Vec<ObservationRow>, DocumentError> {
        let mut aside = Vec::new();
        for row in self.observations_kept()? {
            let Some(kept) = row.stated.first().map(|one| &one.statement) else {
                continue;
            };
            let shared = self.observation_shared(&row.key)?;
            let differs = |shared: &StatedRow| {
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

    /// Adds the values that the team keeps under a key to the conflict about it, or starts one.
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
        let kept = self.conflict_row(&first(DocKind::Team), about(kept), true)?;
        if let Some(row) = rows.iter_mut().find(|row| row.id == kept.id) {
            row.values.extend(kept.values);
            return Ok(());
        }
        let said = self
            .document(Owner::Location, shared)?
            .standing(container, key);
        let mut row = self.conflict_row(shared, about(said), false)?;
        row.values.extend(kept.values);
        rows.push(row);
        Ok(())
    }
}

/// Returns the key of an observation that a person can be asked about.
pub(crate) fn observed_key(conflict: &Conflict) -> Option<ObservationKey> {
    let observed = [Container::Observations, Container::Notes].contains(&conflict.container);
    conflict.key.parse().ok().filter(|_| observed)
}
