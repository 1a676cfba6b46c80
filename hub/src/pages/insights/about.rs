//! The indicators that an insight is about, by way of the plan: it names initiatives, these name
//! outcomes, and these name indicators.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{id::IndicatorCode, model::schema::RecordKind};

use super::super::indicators::newest_of_each;
use crate::app::{AppError, Counted, SharedRecord};

/// An indicator by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shows {
    pub(crate) name: String,
    pub(crate) code: String,
}

/// The indicators of each initiative, by location and id.
#[derive(Clone, Debug, Default)]
pub(super) struct Showing(BTreeMap<(String, String), BTreeSet<Shows>>);

impl Showing {
    /// Reads the plans that locations shared.
    pub(super) fn read(at: &Counted<'_>) -> Result<Self, AppError> {
        let names = newest_of_each(at.definitions()).into_iter();
        let names: BTreeMap<IndicatorCode, String> =
            names.map(|one| (one.code, one.name)).collect();
        // Nothing of a plan is shown: only which indicators are meant.
        let plan = at.plan(None)?.unshown();
        let of_kind = |kind: RecordKind| plan.iter().filter(move |one| one.kind == kind.word());
        let outcomes = of_kind(RecordKind::Outcome).map(|one| {
            let codes = one.members("indicators");
            let shows = codes.filter_map(|code| {
                let code = code.parse::<IndicatorCode>().ok()?;
                let name = names.get(&code)?.clone();
                Some(Shows {
                    name,
                    code: code.to_string(),
                })
            });
            (key(one, &one.id), shows.collect())
        });
        let outcomes: BTreeMap<_, BTreeSet<Shows>> = outcomes.collect();
        let initiatives = of_kind(RecordKind::Initiative).map(|one| {
            let shows = one
                .members("outcomes")
                .filter_map(|id| outcomes.get(&key(one, id)));
            (key(one, &one.id), shows.flatten().cloned().collect())
        });
        Ok(Self(initiatives.collect()))
    }

    /// The indicators of an insight, by name.
    pub(super) fn of(&self, insight: &SharedRecord) -> Vec<Shows> {
        let initiatives = insight.members("initiatives");
        let shows = initiatives.filter_map(|id| self.0.get(&key(insight, id)));
        let shows: BTreeSet<&Shows> = shows.flatten().collect();
        shows.into_iter().cloned().collect()
    }

    /// All of them, by name.
    pub(super) fn all(&self) -> impl Iterator<Item = &Shows> {
        let all: BTreeSet<&Shows> = self.0.values().flatten().collect();
        all.into_iter()
    }
}

fn key(record: &SharedRecord, id: &str) -> (String, String) {
    (record.location.clone(), id.to_owned())
}
