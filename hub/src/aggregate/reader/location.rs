//! The figures of one location, from its own facts.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    rc::Rc,
};

use weft_shared::{
    id::{LocationCode, LocationId},
    period::Period,
    rollup::{Cell, Fact, Plain, cell_of_location},
};

use super::{Label, Reader, network::Listed, published};
use crate::store::{
    LocationRow, StoreError,
    derived::{
        facts::{self, FactRow},
        years,
    },
    rosters,
};

/// The statements of the location in a slice: series, place, document and row.
type Rows = Vec<(i64, i64, i64, FactRow)>;

impl Reader<'_> {
    /// The figures of one location by indicator, period and breakdown: one of each slice of which
    /// any location reported something.
    ///
    /// Each comes with the index of its label. `labels` are by indicator.
    pub(crate) fn cells_of_location(
        &self,
        code: &LocationCode,
        labels: &[Label],
        mut take: impl FnMut(usize, Cell),
    ) -> Result<(), StoreError> {
        let member = self.network.member(code).filter(|member| member.counts());
        let Some(location) = member.and_then(|member| member.place.location_id) else {
            return Ok(());
        };
        // Of two locations with one id, the facts are those of the last.
        let own = self.network.expected_member(&location);
        let own = own.filter(|member| member.code == *code);
        let mut plain = own.map(|member| Plain::new(self.network, member));
        let mut stated = self.stated_by(labels, &location)?;
        // Most labels have the same periods.
        let mut periods: BTreeMap<u32, (Period, Rc<str>)> = BTreeMap::new();
        for (first, of_indicator) in chunks(labels) {
            let mut slices = Vec::new();
            for (at, label) in (first..).zip(of_indicator) {
                let breakdown: Rc<str> = label.breakdown.key().into();
                for number in self.period_numbers(label, (0, u32::MAX))? {
                    let rows = stated.remove(&(at, number)).unwrap_or_default();
                    let (period, text) = match periods.entry(number) {
                        Entry::Occupied(known) => known.get().clone(),
                        Entry::Vacant(new) => {
                            let period = Period::from_number(number);
                            let period = period.ok_or(StoreError::Derived("slices"))?;
                            new.insert((period, period.to_string().into())).clone()
                        }
                    };
                    slices.push((text, Rc::clone(&breakdown), at, period, rows));
                }
            }
            slices.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
            for (_, _, at, period, rows) in slices {
                let label = &labels[at];
                let slice = label.slice(period);
                if let ([(_, place, _, row)], Some(plain)) = (rows.as_slice(), &mut plain)
                    && let (lix, _, area) = self.place(*place)?
                    && lix != LocationRow::ZERO
                {
                    let stated = (&row.statement, row.at);
                    if let Some(cell) = plain.cell(&slice, &area, stated) {
                        take(at, cell);
                        continue;
                    }
                }
                let facts = self.facts_of_rows(label, period, rows)?;
                let cell = cell_of_location(&slice, &facts, (code, self.network), || {
                    self.is_reported(label, period)
                })?;
                cell.into_iter().for_each(|cell| take(at, cell));
            }
        }
        Ok(())
    }

    /// The figure of one location. `elsewhere` says whether any other reported something.
    pub(super) fn cell_of_location(
        &self,
        label: &Label,
        period: Period,
        code: &LocationCode,
        elsewhere: impl FnOnce() -> Result<bool, StoreError>,
    ) -> Result<Option<Cell>, StoreError> {
        let member = self.network.member(code);
        let location = member.and_then(|member| member.place.location_id);
        let mut listed = Listed::new();
        if let Some(location) = location
            && let Some(lix) = rosters::lix(self.conn, &location)?
        {
            self.list(label, period, (lix, None), &mut listed)?;
            for place in self.published_places(&location)? {
                let place = (LocationRow::ZERO, Some(place));
                self.list(label, period, place, &mut listed)?;
            }
        }
        let facts = self.listed_facts(label, period, listed)?;
        let slice = label.slice(period);
        cell_of_location(&slice, &facts, (code, self.network), elsewhere)
    }

    /// Everything that a location states about these labels, by their index and the period.
    fn stated_by(
        &self,
        labels: &[Label],
        location: &LocationId,
    ) -> Result<BTreeMap<(usize, u32), Rows>, StoreError> {
        let mut stated: BTreeMap<(usize, u32), Rows> = BTreeMap::new();
        let Some(lix) = rosters::lix(self.conn, location)? else {
            return Ok(stated);
        };
        let of_series = labels.iter().enumerate();
        let of_series = of_series
            .flat_map(|(at, label)| label.spellings.keys().map(move |series| (*series, at)));
        let of_series: BTreeMap<i64, usize> = of_series.collect();
        let form = |form| self.forms.get(&form).copied();
        let own = years::documents_of_location(self.conn, lix)?;
        let places = self.published_places(location)?;
        let published = match places.is_empty() {
            true => Vec::new(),
            false => years::documents_of_location(self.conn, LocationRow::ZERO)?,
        };
        for document in own.into_iter().chain(published) {
            let is_published = document.lix == LocationRow::ZERO;
            let mut take = |at: facts::FactPlace, row| {
                if is_published && !places.contains(&at.place) {
                    return;
                }
                if let Some(label) = of_series.get(&at.series) {
                    let rows = stated.entry((*label, at.period)).or_default();
                    rows.push((at.series, at.place, document.document, row));
                }
            };
            match of_series.len() < FEW_SERIES || self.at.is_some() {
                true => {
                    for series in of_series.keys() {
                        self.each(&document, *series, (0, u32::MAX), &mut take)?;
                    }
                }
                false => facts::of_document(self.conn, document.document, form, take)?,
            }
        }
        Ok(stated)
    }

    fn facts_of_rows(
        &self,
        label: &Label,
        period: Period,
        mut rows: Rows,
    ) -> Result<Vec<Fact>, StoreError> {
        rows.sort_by_key(|(series, place, ..)| (*series, *place));
        let mut facts: Vec<Fact> = Vec::new();
        let mut rows = rows.into_iter().peekable();
        while let Some((series, place, document, row)) = rows.next() {
            let mut of_place = vec![(document, row)];
            while let Some((.., document, row)) =
                rows.next_if(|one| (one.0, one.1) == (series, place))
            {
                of_place.push((document, row));
            }
            facts.extend(self.fact(label, period, (series, place), of_place)?);
        }
        Ok(published::first(facts))
    }
}

/// The labels of each indicator, with the index of the first.
fn chunks(labels: &[Label]) -> impl Iterator<Item = (usize, &[Label])> {
    let mut first = 0;
    let chunks = labels.chunk_by(|one, next| one.indicator == next.indicator);
    chunks.map(move |chunk| {
        let at = first;
        first += chunk.len();
        (at, chunk)
    })
}

/// So few series are looked up one by one in each document; more are filtered from all of it.
const FEW_SERIES: usize = 8;
