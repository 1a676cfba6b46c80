//! The location's indicator values.

use weft_shared::{
    id::DocName,
    model::{
        observation::{ObservationKey, Statement},
        schema::DocKind,
    },
};

use super::Written;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// What is stated about one key.
#[derive(Clone, Debug)]
pub(crate) struct ObservationRow {
    pub(crate) key: ObservationKey,
    /// More than one where it is contested; the one shown first is first.
    pub(crate) stated: Vec<StatedRow>,
    pub(crate) note: Option<String>,
    /// Whether it stays on this computer.
    pub(crate) local: bool,
}

/// A statement and who made it.
#[derive(Clone, Debug)]
pub(crate) struct StatedRow {
    pub(crate) statement: Statement,
    pub(crate) written: Written,
}

impl Replica {
    /// The values that `wanted` picks, in the order of their keys; what is shared stands before
    /// what stays here, where both know a key.
    pub(crate) fn observations(
        &mut self,
        wanted: impl Fn(&ObservationKey) -> bool,
    ) -> Result<Vec<ObservationRow>, DocumentError> {
        let documents =
            self.own_documents(|kind| matches!(kind, DocKind::Observations(_) | DocKind::Team));
        let mut rows: Vec<ObservationRow> = Vec::new();
        for name in documents {
            rows.extend(self.observations_in(&name, &wanted)?);
        }
        rows.sort_by(|a, b| (&a.key, a.local).cmp(&(&b.key, b.local)));
        rows.dedup_by(|later, earlier| later.key == earlier.key);
        Ok(rows)
    }

    /// What is stated about one key.
    pub(crate) fn observation(
        &mut self,
        key: &ObservationKey,
    ) -> Result<Option<ObservationRow>, DocumentError> {
        for kind in [
            DocKind::Observations(key.period.reporting_year()),
            DocKind::Team,
        ] {
            let rows = self.observations_in(&super::first(kind), &|one| one == key)?;
            if let Some(row) = rows.into_iter().next() {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn observations_in(
        &mut self,
        name: &DocName,
        wanted: &dyn Fn(&ObservationKey) -> bool,
    ) -> Result<Vec<ObservationRow>, DocumentError> {
        let local = name.name == DocKind::Team.to_string();
        let observed = self.document(Owner::Location, name)?.observations();
        let mut rows = Vec::new();
        for one in observed.into_iter().filter(|one| wanted(&one.key)) {
            let mut stated = Vec::with_capacity(one.stated.len());
            for said in one.stated {
                stated.push(StatedRow {
                    written: self.written(name, &said.actor, said.op)?,
                    statement: said.statement,
                });
            }
            rows.push(ObservationRow {
                key: one.key,
                stated,
                note: one.note,
                local,
            });
        }
        Ok(rows)
    }
}
