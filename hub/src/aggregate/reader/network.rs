//! The network's figures, from sums. A sum knows nothing of the network: places that it does not
//! expect are taken out when read, and so are those whose facts must be looked at one by one.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use weft_shared::{
    model::observation::ObservationKey,
    period::Period,
    rollup::{
        CellKey, Expected, Fact, Level, Network, Parts, PlaceSet, Slice, Sum, Summed, cell_of_sums,
        cells_at, expected::PLACES_MAX, series::Base,
    },
    time::Timestamp,
};

use super::{CellFilter, Label, Reader};
use crate::store::{
    LocationRow, StoreError,
    derived::{
        facts::{self, FactPlace, FactRow},
        names::{self, Form},
        sums::{self, Kind, ODD, SumRow},
    },
    rosters,
};

/// A sum as it is stored: the number of its block, what it is of, and the sum.
type Stored = (u32, Kind, SumRow);

/// Facts of a slice by place and series; each row says whether it is in a sum.
type Listed = BTreeMap<(i64, i64), Vec<(bool, FactRow)>>;

impl Reader<'_> {
    pub(crate) fn network(&self) -> &Network {
        self.network
    }

    /// The network's figures by indicator, period and breakdown.
    pub(crate) fn network_cells(
        &self,
        filter: &CellFilter,
        mut take: impl FnMut(Summed),
    ) -> Result<(), StoreError> {
        let labels = self.labels_of(filter)?;
        for of_indicator in labels.chunk_by(|one, next| one.indicator == next.indicator) {
            let mut cells = BTreeMap::new();
            for label in of_indicator {
                let breakdown = label.breakdown.key();
                for summed in self.series(label, None)? {
                    let period = summed.cell.key.period.to_string();
                    cells.insert((period, breakdown.clone()), summed);
                }
            }
            cells.into_values().for_each(&mut take);
        }
        Ok(())
    }

    /// The network's figures of a label, of one period or of all, in the order of periods.
    pub(crate) fn series(
        &self,
        label: &Label,
        period: Option<Period>,
    ) -> Result<Vec<Summed>, StoreError> {
        let expected = self.expected()?;
        let parts = self.parts(label, period, &PlaceSet::default())?;
        let cells = parts.iter();
        let cells =
            cells.filter_map(|one| cell_of_sums(&one.slice, &one.sums, &one.listed, &expected));
        Ok(cells.collect())
    }

    /// The areas that contribute to a figure of the network, one by one.
    pub(crate) fn bases(&self, key: &CellKey) -> Result<Vec<Base>, StoreError> {
        let Some(label) = self.label(&key.indicator, &key.breakdown)? else {
            return Ok(Vec::new());
        };
        let facts = self.facts(&label, Some(key.period))?;
        let facts = facts.into_values().flatten().collect::<Vec<_>>();
        let slice: Slice = label.slice(key.period);
        let cells = cells_at(&slice, &facts, self.network, |level| {
            *level == Level::Network
        });
        Ok(cells
            .into_iter()
            .next()
            .map_or_else(Vec::new, |cell| cell.bases))
    }

    /// The places that the network expects.
    pub(crate) fn expected(&self) -> Result<Arc<Expected>, StoreError> {
        if let Some(known) = &*self.expected.borrow() {
            return Ok(Arc::clone(known));
        }
        let locations: BTreeMap<LocationRow, _> = rosters::all(self.conn)?.into_iter().collect();
        let places = names::places(self.conn)?.into_iter();
        let places = places.filter_map(|(place, lix, area)| {
            let place = u32::try_from(place).ok()?;
            Some((place, *locations.get(&lix)?, area))
        });
        let made = Arc::new(Expected::new(Arc::clone(self.network), places));
        *self.expected.borrow_mut() = Some(Arc::clone(&made));
        Ok(made)
    }

    /// What figures of the network are made of, in the order of periods. The facts about the places
    /// in `more` are listed too.
    pub(crate) fn parts(
        &self,
        label: &Label,
        period: Option<Period>,
        more: &PlaceSet,
    ) -> Result<Vec<Parts>, StoreError> {
        let range = period.map_or((0, u32::MAX), |one| (one.number(), one.number()));
        let periods = names::periods(self.conn, label.number, range)?;
        let mut slices: BTreeMap<u32, Vec<Stored>> = periods
            .into_iter()
            .map(|period| (period, Vec::new()))
            .collect();
        sums::each(self.conn, label.number, range, |at, kind, row| {
            let slice = slices.entry(at.period).or_default();
            slice.push((at.block, kind, row));
        })?;
        let parts = slices.into_iter().map(|(period, stored)| {
            let period = Period::from_number(period).ok_or(StoreError::Derived("sums"))?;
            self.part(label, period, stored, more)
        });
        parts.collect()
    }

    fn part(
        &self,
        label: &Label,
        period: Period,
        stored: Vec<Stored>,
        more: &PlaceSet,
    ) -> Result<Parts, StoreError> {
        let (mut sums, odd) = self.read_sums(stored)?;
        let expected = self.expected()?;
        let here = expected.places(period.end());
        let mut listed = Listed::new();
        for lix in self.late(period.reporting_year())? {
            self.list(label, period, (lix, None), &mut listed)?;
        }
        let mut out = odd.union(more);
        for sum in &sums {
            out = match self.network.definition(&sum.definition) {
                Some(_) => out.union(&sum.places.minus(here)),
                // What its statements are is not known any more.
                None => out.union(&sum.places),
            };
        }
        for place in out.iter().filter(|place| *place < PLACES_MAX) {
            let place = i64::from(place);
            if of_place(&listed, place).next().is_none() {
                let (lix, _) = names::place(self.conn, place)?;
                self.list(label, period, (lix, Some(place)), &mut listed)?;
            }
        }
        for sum in &mut sums {
            take_out(sum, &listed)?;
        }
        sums.retain(|sum| !sum.places.is_empty());
        for sum in sums.iter_mut().filter(|sum| sum.latest.is_none()) {
            sum.latest = self.latest(label, period, sum)?;
        }
        Ok(Parts {
            slice: label.slice(period),
            sums: merged(sums),
            listed: self.listed_facts(label, period, listed)?,
        })
    }

    /// The sums of each block, and the places that are in none.
    fn read_sums(&self, stored: Vec<Stored>) -> Result<(Vec<Sum>, PlaceSet), StoreError> {
        let (mut sums, mut odd) = (Vec::new(), PlaceSet::default());
        for (block, (form, amount), row) in stored {
            let mut places = PlaceSet::default();
            if !places.add_block(block, &row.places) {
                return Err(StoreError::Derived("sums"));
            }
            if form == ODD {
                odd = odd.union(&places);
                continue;
            }
            let form = self.forms.get(&form).ok_or(StoreError::Derived("forms"))?;
            sums.push(Sum {
                numerator: row.numerator,
                denominator: row.denominator,
                places,
                latest: row.latest,
                ..Sum::new(form.definition, form.status, amount)
            });
        }
        Ok((sums, odd))
    }

    /// The locations that count and have documents of the year that are not in the sums.
    fn late(&self, year: i16) -> Result<Vec<LocationRow>, StoreError> {
        if let Some(known) = self.late.borrow().get(&year) {
            return Ok(known.clone());
        }
        let mut late = BTreeSet::new();
        for one in names::late_documents(self.conn, year)? {
            let location = rosters::location_id(self.conn, one.lix)?;
            if self.network.expected_member(&location).is_some() {
                late.insert(one.lix);
            }
        }
        let late: Vec<LocationRow> = late.into_iter().collect();
        self.late.borrow_mut().insert(year, late.clone());
        Ok(late)
    }

    /// Reads the facts of a location in a slice, about one place or all.
    fn list(
        &self,
        label: &Label,
        period: Period,
        (lix, place): (LocationRow, Option<i64>),
        listed: &mut Listed,
    ) -> Result<(), StoreError> {
        let number = period.number();
        for document in names::documents_of(self.conn, lix, period.reporting_year())? {
            let mut take = |at: FactPlace, row| {
                let rows = listed.entry((at.place, at.series)).or_default();
                rows.push((document.summed, row));
            };
            for series in label.spellings.keys().copied() {
                let Some(place) = place else {
                    self.each(&document, series, (number, number), &mut take)?;
                    continue;
                };
                let at = FactPlace {
                    document: document.document,
                    series,
                    period: number,
                    place,
                };
                let form = |form| self.forms.get(&form).copied();
                let rows = facts::at(self.conn, at, form)?;
                rows.into_iter().for_each(|row| take(at, row));
            }
        }
        Ok(())
    }

    /// When the latest statement of a sum was made.
    fn latest(
        &self,
        label: &Label,
        period: Period,
        sum: &Sum,
    ) -> Result<Option<Timestamp>, StoreError> {
        let mut listed = Listed::new();
        for place in sum.places.iter().map(i64::from) {
            let (lix, _) = names::place(self.conn, place)?;
            self.list(label, period, (lix, Some(place)), &mut listed)?;
        }
        Ok(listed
            .values()
            .flatten()
            .filter_map(|(_, row)| row.at)
            .max())
    }

    fn listed_facts(
        &self,
        label: &Label,
        period: Period,
        listed: Listed,
    ) -> Result<Vec<Fact>, StoreError> {
        let facts = listed.into_iter().map(|((place, series), rows)| {
            let (location, area) = self.place(place)?;
            let key = ObservationKey {
                indicator: label.indicator.clone(),
                area,
                period,
                breakdown: label.spellings[&series].clone(),
            };
            let rows = rows.into_iter().map(|(_, row)| row);
            let stated = self.stated(location, rows.collect())?;
            Ok(Fact {
                location,
                key,
                stated,
            })
        });
        facts.collect()
    }
}

fn of_place(listed: &Listed, place: i64) -> impl Iterator<Item = &(bool, FactRow)> {
    let series = (place, i64::MIN)..=(place, i64::MAX);
    listed.range(series).flat_map(|(_, rows)| rows)
}

/// Takes the places whose facts are listed out of a sum.
fn take_out(sum: &mut Sum, listed: &Listed) -> Result<(), StoreError> {
    let mut last = None;
    for (place, _) in listed.keys().filter(|(place, _)| {
        let is_new = last != Some(*place);
        last = Some(*place);
        is_new
    }) {
        let number = u32::try_from(*place).map_err(|_| StoreError::Derived("facts"))?;
        if !sum.places.contains(number) {
            continue;
        }
        let mut rows = of_place(listed, *place).filter(|(summed, _)| *summed);
        let row = rows.find(|(_, row)| {
            let Form {
                definition, status, ..
            } = Form::of(&row.statement);
            (definition, status) == (sum.definition, sum.status)
        });
        let (_, row) = row.ok_or(StoreError::Derived("sums"))?;
        sum.subtract(number, &row.statement, row.at);
    }
    Ok(())
}

/// One sum of those of all blocks, for each kind of statements.
fn merged(sums: Vec<Sum>) -> Vec<Sum> {
    let mut all: BTreeMap<_, Sum> = BTreeMap::new();
    for sum in sums {
        match all.entry((sum.definition, sum.status, sum.amount)) {
            Entry::Vacant(new) => {
                new.insert(sum);
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.numerator += sum.numerator;
                known.denominator += sum.denominator;
                known.places = known.places.union(&sum.places);
                known.latest = known.latest.max(sum.latest);
            }
        }
    }
    all.into_values().collect()
}
