//! The records of locations that people outside the network may have: those whose team gave them
//! the audience `released`.

use std::collections::BTreeSet;

use weft_shared::{
    id::RecordId,
    model::{Audience, schema::RecordKind},
};

use super::{AppError, Counted, SharedRecord, Unrecorded};
use crate::{aggregate::stood::Stood, store::LocationRow};

/// The kinds of records that a report tells, and of those that they name.
const TOLD: [RecordKind; 7] = [
    RecordKind::Review,
    RecordKind::Marker,
    RecordKind::Partner,
    RecordKind::Relationship,
    RecordKind::Outcome,
    RecordKind::Initiative,
    RecordKind::Opportunity,
];

impl Counted<'_> {
    /// The plans of the locations that count, as far as people outside the network may have them,
    /// as they stand or stood at this moment.
    ///
    /// # Errors
    /// If the store fails.
    pub fn released_plan(&self) -> Result<Unrecorded<Vec<SharedRecord>>, AppError> {
        let mut all = Vec::new();
        if self.as_of.is_none() {
            let teams = self.teams()?.into_iter();
            let codes = teams.filter_map(|(owner, _)| owner.location().map(ToString::to_string));
            let codes: BTreeSet<String> = codes.collect();
            let plan = self.plan(None)?.unshown().into_iter();
            all.extend(plan.filter(|one| {
                let is_released = one.audience == Audience::Released.word();
                is_released && !one.withdrawn && codes.contains(&one.location)
            }));
            return Ok(Unrecorded::new(all));
        }
        let stood = self.stood()?;
        for (owner, lix) in self.teams()? {
            let Some(code) = owner.location() else {
                continue;
            };
            for kind in TOLD {
                let narrowed = self.narrowed(lix, kind, Audience::Released)?;
                let told = stood.records(lix, kind)?.told.into_iter();
                let told = told.map(|one| one.record).filter(|record| {
                    record.audience >= Audience::Released && !narrowed.contains(&record.id)
                });
                all.extend(told.map(|record| SharedRecord::of(code, &record)));
            }
        }
        Ok(Unrecorded::new(all))
    }

    /// The records of a kind that may no longer go as far as `reach`, whatever they might at a
    /// moment of the past: words that are no longer shared stay so.
    pub(super) fn narrowed(
        &self,
        lix: LocationRow,
        kind: RecordKind,
        reach: Audience,
    ) -> Result<BTreeSet<RecordId>, AppError> {
        if self.as_of.is_none() || reach < Audience::Released {
            return Ok(BTreeSet::new());
        }
        let told = Stood::now(self.conn).records(lix, kind)?.told.into_iter();
        let narrow = told.filter(|one| one.record.audience < reach);
        Ok(narrow.map(|one| one.record.id).collect())
    }
}
