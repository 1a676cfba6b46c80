//! Published figures among the facts: each is about an area, and so about the location that has it.
//!
//! They are stored as what the hub itself says, in no sum and of no location, because areas move.
//! Whose they are, and which import counts, is looked up in the network when they are read. A
//! figure of a location about the same stands beside the published one and is not added.

use std::collections::BTreeSet;

use weft_shared::{
    id::{AreaCode, DocName, LocationId},
    model::{observation::ObservationKey, schema::DocKind},
    period::{Date, Period},
    rollup::{Fact, PlaceSet, expected::PLACES_MAX, published_first},
};

use super::{Label, Reader, network::Listed};
use crate::store::{
    LocationRow, StoreError,
    derived::{facts::FactRow, names, years},
    documents, rosters,
};

impl Reader<'_> {
    /// The fact of some rows about one place; `None` if they are published and count nowhere. Each
    /// row comes with its document.
    pub(super) fn fact(
        &self,
        label: &Label,
        period: Period,
        (series, place): (i64, i64),
        rows: Vec<(i64, FactRow)>,
    ) -> Result<Option<Fact>, StoreError> {
        let (lix, origin, area) = self.place(place)?;
        let key = |area: AreaCode| ObservationKey {
            indicator: label.indicator.clone(),
            area,
            period,
            breakdown: label.spellings[&series].clone(),
        };
        if lix != LocationRow::ZERO {
            let rows = rows.into_iter().map(|(_, row)| row);
            return Ok(Some(Fact {
                location: origin,
                key: key(area),
                stated: self.stated(origin, rows.collect())?,
            }));
        }
        let holder = self.network.holder(&area, period);
        let Some(location) = holder.and_then(|member| member.place.location_id) else {
            return Ok(None);
        };
        let mut newest: Option<((Date, u32), FactRow)> = None;
        for (document, row) in rows {
            if let Some(rank) = self.rank(document)?
                && newest.as_ref().is_none_or(|(known, _)| *known < rank)
            {
                newest = Some((rank, row));
            }
        }
        let Some(((_, number), row)) = newest else {
            return Ok(None);
        };
        let mut stated = self.stated(origin, vec![row])?;
        for one in &mut stated {
            let source = self.network.source(number);
            one.published = source.map(weft_shared::model::source::Source::line);
        }
        Ok(Some(Fact {
            location,
            key: key(area),
            stated,
        }))
    }

    /// The numbers that the areas of a location have in published figures.
    pub(super) fn published_places(
        &self,
        location: &LocationId,
    ) -> Result<BTreeSet<i64>, StoreError> {
        let Some(member) = self.network.expected_member(location) else {
            return Ok(BTreeSet::new());
        };
        let areas = member.place.areas.iter().map(|area| area.code.to_string());
        let areas = areas.chain([member.code.to_string()]);
        let mut places = BTreeSet::new();
        for area in areas {
            places.extend(names::place_of(self.conn, LocationRow::ZERO, &area)?);
        }
        Ok(places)
    }

    /// Lists the published figures of a slice. Returns the places of the locations' own statements
    /// about the same areas.
    pub(super) fn list_published(
        &self,
        label: &Label,
        period: Period,
        listed: &mut Listed,
    ) -> Result<PlaceSet, StoreError> {
        let mut own = PlaceSet::default();
        if self
            .documents(LocationRow::ZERO, period.reporting_year())?
            .is_empty()
        {
            return Ok(own);
        }
        self.list(label, period, (LocationRow::ZERO, None), listed)?;
        let places: BTreeSet<i64> = listed.keys().map(|(place, _)| *place).collect();
        for place in places {
            let (lix, _, area) = self.place(place)?;
            if lix != LocationRow::ZERO {
                continue;
            }
            let holder = self.network.holder(&area, period);
            let Some(location) = holder.and_then(|member| member.place.location_id) else {
                continue;
            };
            if let Some(lix) = rosters::lix(self.conn, &location)?
                && let Some(place) = names::place_of(self.conn, lix, area.as_str())?
                && let Some(place) = u32::try_from(place).ok().filter(|one| *one < PLACES_MAX)
            {
                own.insert(place);
            }
        }
        Ok(own)
    }

    /// The rank of a document of published figures among others: the day as at which they stood,
    /// and the number of their import; `None` if they were removed.
    fn rank(&self, document: i64) -> Result<Option<(Date, u32)>, StoreError> {
        let known = self.imports.borrow().get(&document).copied();
        let number = match known {
            Some(known) => known,
            None => {
                let found = self.import_of(document)?;
                self.imports.borrow_mut().insert(document, found);
                found
            }
        };
        Ok(number.and_then(|number| {
            let source = self.network.source(number)?;
            Some((source.as_at, number))
        }))
    }

    fn import_of(&self, document: i64) -> Result<Option<u32>, StoreError> {
        let one = years::document(self.conn, document)?;
        let one = one.ok_or(StoreError::Derived("year_documents"))?;
        let name: Option<DocName> = documents::name(self.conn, one.lix, &one.doc)?;
        let kind = name.and_then(|name| DocKind::of(&name).ok());
        Ok(kind.and_then(|kind| match kind {
            DocKind::Published(number, ..) => Some(number),
            _ => None,
        }))
    }
}

/// Leaves the facts of a slice that count; see [`published_first`].
pub(super) fn first(facts: Vec<Fact>) -> Vec<Fact> {
    match facts
        .iter()
        .any(|fact| fact.stated.iter().any(|one| one.published.is_some()))
    {
        true => published_first(&facts),
        false => facts,
    }
}
