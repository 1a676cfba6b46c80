//! Published figures about our areas, as the hub loaded them for all locations.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{AreaCode, IndicatorCode},
    model::{
        indicator::Definition,
        observation::{ObservationKey, Statement},
        schema::DocKind,
        source::Source,
    },
    rollup::network::areas_in,
};

use super::first;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
    words::figure,
};

/// A published figure about one of our areas, and where it is from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PublishedRow {
    pub(crate) key: ObservationKey,
    pub(crate) statement: Statement,
    pub(crate) source: Source,
}

impl PublishedRow {
    /// Returns the figure with its subject and source, in a line.
    pub(crate) fn line(&self, definition: &Definition) -> String {
        let Self {
            key,
            statement,
            source,
        } = self;
        let part = figure::heading(&key.breakdown);
        let said = figure::words(statement, Some(definition));
        format!(
            "{}, {}, {part}: {said} ({})",
            key.period,
            key.area,
            source.line()
        )
    }
}

impl Replica {
    /// Returns the published figures of an indicator about the areas that are ours in their
    /// periods, by period, part of the population and area. Where several imports have the same
    /// figure it is that of the latest day, as at the hub. It needs no connection.
    pub(crate) fn published(
        &mut self,
        code: &IndicatorCode,
    ) -> Result<Vec<PublishedRow>, DocumentError> {
        let (Some(own), Some(place)) = (self.code(), self.place()?) else {
            return Ok(Vec::new());
        };
        let areas = place.areas.iter().map(|area| area.code.clone());
        let areas: BTreeSet<AreaCode> = areas.chain(own.as_str().parse()).collect();
        let mut found = self.published_about(code, &areas)?;
        found.retain(|row| {
            let mut ours = areas_in(&own, &place, row.key.period).into_iter();
            ours.any(|(one, _)| one == row.key.area)
        });
        found.sort_by_cached_key(|row| {
            let key = &row.key;
            (
                key.period.end(),
                key.period,
                key.breakdown.key(),
                key.area.clone(),
            )
        });
        Ok(found)
    }

    /// Returns the published figures of an indicator about any of `areas`, by their keys.
    pub(super) fn published_about(
        &mut self,
        code: &IndicatorCode,
        areas: &BTreeSet<AreaCode>,
    ) -> Result<Vec<PublishedRow>, DocumentError> {
        let mut sources = self.sources()?;
        sources.retain(|_, one| one.indicators.contains(code));
        let of_sources = |kind| match kind {
            DocKind::Published(number, ..) => sources.contains_key(&number),
            _ => false,
        };
        let mut found: BTreeMap<ObservationKey, (u32, Statement)> = BTreeMap::new();
        let rank = |number: u32| (sources[&number].as_at, number);
        for (kind, name) in self.documents_where(Owner::Hub, of_sources) {
            let DocKind::Published(number, ..) = kind else {
                continue;
            };
            let document = self.document(Owner::Hub, &name)?;
            for area in areas {
                for (key, mut stated) in document.observations_about(code, area) {
                    let known = found.get(&key);
                    let outranks = known.is_none_or(|(known, _)| rank(*known) < rank(number));
                    if outranks && !stated.is_empty() {
                        found.insert(key, (number, stated.swap_remove(0).statement));
                    }
                }
            }
        }
        let row = |(key, (number, statement)): (ObservationKey, (u32, Statement))| PublishedRow {
            source: sources[&number].clone(),
            key,
            statement,
        };
        Ok(found.into_iter().map(row).collect())
    }

    /// Returns the sources of published figures that count, by the number of their import.
    pub(crate) fn sources(&mut self) -> Result<BTreeMap<u32, Source>, DocumentError> {
        let mut sources = self
            .document(Owner::Hub, &first(DocKind::Sources))?
            .sources();
        sources.retain(|_, one| one.is_live());
        Ok(sources)
    }

    /// Returns the indicators of which figures are published: no location is late with them.
    pub(crate) fn published_indicators(
        &mut self,
    ) -> Result<BTreeSet<IndicatorCode>, DocumentError> {
        let sources = self.sources()?.into_values();
        Ok(sources.flat_map(|one| one.indicators).collect())
    }
}
