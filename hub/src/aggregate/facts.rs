//! Facts as stored: the content of an observation, without anything that depends on arrival.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weft_shared::{
    document::{Document, Observed},
    id::{AreaCode, DeviceId, LocationId},
    model::{
        Audience,
        observation::{ObservationKey, Statement, one_of_each_figure},
    },
    rollup::{Fact, Slice, Stated},
    time::Timestamp,
};

use crate::store::{StoreError, derived::FactRow};

/// One statement of a fact, as stored.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct StatedRow {
    statement: String,
    device: Option<DeviceId>,
    at_ms: Option<i64>,
}

/// Encodes a fact as text. Returns `None` if nothing is stated for the network.
///
/// Statements are sorted by their text, so that replicas with the same entries have the same bytes.
pub(super) fn encode(
    document: &Document,
    observed: &Observed,
    authors: &BTreeMap<[u8; 16], DeviceId>,
) -> Option<String> {
    let mut rows: Vec<StatedRow> = observed
        .stated
        .iter()
        .filter(|stated| stated.statement.audience >= Audience::Network)
        .map(|stated| StatedRow {
            statement: stated.statement.encode(),
            device: authors.get(&stated.actor).copied(),
            at_ms: document
                .change_of(&stated.actor, stated.op)
                .map(|change| change.at.ms()),
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    rows.sort_by(|a, b| (&a.statement, a.device).cmp(&(&b.statement, b.device)));
    Some(serde_json::to_string(&rows).expect("texts and numbers always encode"))
}

/// Decodes the facts of a slice, in the order of locations and areas. Statements from several
/// documents about one place are one fact, contested if they contradict each other.
pub(crate) fn decode<'a>(
    slice: &Slice,
    rows: impl IntoIterator<Item = &'a FactRow>,
) -> Result<Vec<Fact>, StoreError> {
    let damaged = || StoreError::Derived("facts");
    let mut places: BTreeMap<(LocationId, &str), Vec<StatedRow>> = BTreeMap::new();
    for row in rows {
        let stated: Vec<StatedRow> = serde_json::from_str(&row.stated).map_err(|_| damaged())?;
        let place = places.entry((row.location, &row.area)).or_default();
        place.extend(stated);
    }
    let facts = places.into_iter().map(|((location, area), mut rows)| {
        // Neither the order of documents nor the order of arrival may show.
        rows.sort();
        let stated = rows.into_iter().map(|row| {
            Ok::<_, StoreError>(Stated {
                statement: Statement::decode(&row.statement).map_err(|_| damaged())?,
                device: row.device,
                at: row.at_ms.map(Timestamp::from_ms),
                entry: None,
            })
        });
        let stated = stated.collect::<Result<Vec<_>, _>>()?;
        Ok(Fact {
            location,
            key: ObservationKey {
                indicator: slice.indicator.clone(),
                area: AreaCode::parse(area).map_err(|_| damaged())?,
                period: slice.period,
                breakdown: slice.breakdown.clone(),
            },
            stated: one_of_each_figure(stated, |one| &one.statement),
        })
    });
    facts.collect()
}
