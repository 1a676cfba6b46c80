//! The network's figures, from sums. A sum knows nothing of the network: places that it does not
//! expect are taken out when read, and so are those whose facts must be looked at one by one.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use weft_shared::{
    model::observation::Status,
    period::Period,
    rollup::{
        Cell, CellKey, Coverage, Expected, Fact, Level, Parts, PlaceSet, Slice, Sum, Summed,
        cell_of_sums, cells_at, coverage, coverage_of_series, expected::PLACES_MAX,
        places::BLOCK_PLACES, places_to_list, series::Base,
    },
    time::Timestamp,
};

use super::{CellFilter, Documents, Label, Reader, published};
use crate::store::{
    LocationRow, StoreError,
    derived::{
        facts::{self, FactPlace, FactRow},
        names,
        sums::{self, BlockPlace, Kind, ODD, SumRow},
        years,
    },
    rosters,
};

/// Facts of a slice by place and series; each row says whether it is in a sum, and its document.
pub(super) type Listed = BTreeMap<(i64, i64), Vec<(bool, i64, FactRow)>>;

/// The stored sums of a slice.
#[derive(Default)]
struct Stored {
    kept: Vec<Kept>,
    /// The places that are in no sum.
    odd: PlaceSet,
}

/// A sum over all blocks.
struct Kept {
    kind: Kind,
    sum: Sum,
    /// When the latest statement of each block was made, or the time that it is not after; and
    /// whether that is known.
    latest: Vec<(u32, Option<Timestamp>, bool)>,
}

impl Reader<'_> {
    /// The places that the network expects.
    pub(super) fn expected(&self) -> Result<&Expected, StoreError> {
        self.network.places(self.conn)
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
            cells.filter_map(|one| cell_of_sums(&one.slice, &one.sums, &one.listed, expected));
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

    /// One figure.
    pub(crate) fn cell(&self, key: &CellKey) -> Result<Option<Cell>, StoreError> {
        let Some(label) = self.label(&key.indicator, &key.breakdown)? else {
            return Ok(None);
        };
        let lone = self.lone(&label, key.period, &key.level)?;
        Ok(lone.map(|lone| lone.cell))
    }

    /// One figure of a label.
    pub(crate) fn lone(
        &self,
        label: &Label,
        period: Period,
        level: &Level,
    ) -> Result<Option<Summed>, StoreError> {
        let Some(code) = level.location() else {
            return Ok(self.series(label, Some(period))?.pop());
        };
        let cell =
            self.cell_of_location(label, period, code, || self.is_reported(label, period))?;
        Ok(cell.map(Summed::listed))
    }

    /// Whether any location reported something about a label in a period.
    pub(super) fn is_reported(&self, label: &Label, period: Period) -> Result<bool, StoreError> {
        let series = self.series(label, Some(period))?;
        Ok(series.first().is_some_and(|summed| {
            let cell = &summed.cell;
            // A late period has a row without any report.
            cell.n_areas > 0
                || cell.n_contested > 0
                || cell.status == Status::Suppressed
                || !self.network.is_late(&label.indicator, period)
        }))
    }

    /// The coverage of a label's figures at these levels, over its whole series.
    pub(crate) fn coverage(
        &self,
        label: &Label,
        levels: &BTreeSet<Level>,
    ) -> Result<BTreeMap<CellKey, Coverage>, StoreError> {
        let expected = self.expected()?;
        let points = self.parts(label, None, &PlaceSet::default())?;
        let more = places_to_list(&points, levels, expected);
        if more.len() * LISTED_SHARE > names::count_places(self.conn)? {
            let facts = self.facts(label, None)?.into_values().flatten();
            let mut all = coverage(&facts.collect::<Vec<_>>(), self.network);
            all.retain(|key, _| levels.contains(&key.level));
            return Ok(all);
        }
        let points = match more.is_empty() {
            true => points,
            false => self.parts(label, None, &more)?,
        };
        Ok(coverage_of_series(&points, levels, expected))
    }

    /// The parts of figures of the network, in the order of periods. The facts about the places
    /// in `more` are listed too.
    pub(super) fn parts(
        &self,
        label: &Label,
        period: Option<Period>,
        more: &PlaceSet,
    ) -> Result<Vec<Parts>, StoreError> {
        if self.at.is_some() {
            return self.parts_of_past(label, period);
        }
        let range = period.map_or((0, u32::MAX), |one| (one.number(), one.number()));
        let periods = self.period_numbers(label, range)?.into_iter();
        let mut slices: BTreeMap<u32, Stored> =
            periods.map(|period| (period, Stored::default())).collect();
        sums::each(self.conn, label.number, range, |at, kind, row| {
            let slice = slices.entry(at.period).or_default();
            self.add(slice, at, kind, &row)
        })?;
        let parts = slices.into_iter().map(|(period, stored)| {
            let period = Period::from_number(period).ok_or(StoreError::Derived("sums"))?;
            self.part(label, period, stored, more)
        });
        parts.collect()
    }

    /// The same as of a moment of the past, of which there are no sums: all facts are listed.
    fn parts_of_past(
        &self,
        label: &Label,
        period: Option<Period>,
    ) -> Result<Vec<Parts>, StoreError> {
        let facts = self.facts(label, period)?.into_iter();
        let parts = facts.map(|(period, listed)| Parts {
            slice: label.slice(period),
            sums: Vec::new(),
            listed,
        });
        Ok(parts.collect())
    }

    fn add(
        &self,
        to: &mut Stored,
        at: BlockPlace,
        kind: Kind,
        row: &SumRow,
    ) -> Result<(), StoreError> {
        let (form, amount) = kind;
        let places = match to.kept.iter_mut().position(|one| one.kind == kind) {
            _ if form == ODD => &mut to.odd,
            Some(known) => {
                let known = &mut to.kept[known];
                known.sum.numerator += row.numerator;
                known.sum.denominator += row.denominator;
                known.note(at.block, row.latest);
                &mut known.sum.places
            }
            None => {
                let form = self.forms.get(&form).ok_or(StoreError::Derived("forms"))?;
                let sum = Sum {
                    numerator: row.numerator,
                    denominator: row.denominator,
                    ..Sum::new(form.definition, form.status, amount)
                };
                let mut kept = Kept {
                    kind,
                    sum,
                    latest: Vec::new(),
                };
                kept.note(at.block, row.latest);
                to.kept.push(kept);
                let last = to.kept.len() - 1;
                &mut to.kept[last].sum.places
            }
        };
        match places.add_block(at.block, &row.places) {
            true => Ok(()),
            false => Err(StoreError::Derived("sums")),
        }
    }

    fn part(
        &self,
        label: &Label,
        period: Period,
        stored: Stored,
        more: &PlaceSet,
    ) -> Result<Parts, StoreError> {
        let Stored { mut kept, odd } = stored;
        let here = self.expected()?.places(period.end());
        let mut listed = Listed::new();
        for lix in self.late(period.reporting_year())?.iter() {
            self.list(label, period, (*lix, None), &mut listed)?;
        }
        // All sums lose the places that are looked at, so these are gathered first. What locations
        // state of an area with a published figure stands beside that.
        let mut out = odd.union(more);
        out = out.union(&self.list_published(label, period, &mut listed)?);
        for Kept { sum, .. } in &kept {
            out = match self.network.definition(&sum.definition) {
                Some(_) => out.union(&sum.places.minus(here)),
                // The kind of its statements is not known any more.
                None => out.union(&sum.places),
            };
        }
        for place in out.iter().filter(|place| *place < PLACES_MAX) {
            let place = i64::from(place);
            if of_place(&listed, place).next().is_none() {
                let lix = self.place(place)?.0;
                self.list(label, period, (lix, Some(place)), &mut listed)?;
            }
        }
        for one in &mut kept {
            one.take_out(&listed)?;
        }
        kept.retain(|one| !one.sum.places.is_empty());
        for one in &mut kept {
            one.sum.latest = self.latest(label, period, one)?;
        }
        Ok(Parts {
            slice: label.slice(period),
            sums: kept.into_iter().map(|one| one.sum).collect(),
            listed: self.listed_facts(label, period, listed)?,
        })
    }

    /// The locations that count and have documents of the year that are not in the sums.
    fn late(&self, year: i16) -> Result<Rc<[LocationRow]>, StoreError> {
        if let Some(known) = self.late.borrow().get(&year) {
            return Ok(Rc::clone(known));
        }
        let mut late = BTreeSet::new();
        for one in years::late_documents(self.conn, year)? {
            let location = rosters::location_id(self.conn, one.lix)?;
            if self.network.expected_member(&location).is_some() {
                late.insert(one.lix);
            }
        }
        let late: Rc<[LocationRow]> = late.into_iter().collect();
        self.late.borrow_mut().insert(year, Rc::clone(&late));
        Ok(late)
    }

    pub(super) fn documents(&self, lix: LocationRow, year: i16) -> Result<Documents, StoreError> {
        if let Some(known) = self.documents.borrow().get(&(lix, year)) {
            return Ok(Rc::clone(known));
        }
        let found: Documents = years::documents_of(self.conn, lix, year)?.into();
        let mut documents = self.documents.borrow_mut();
        documents.insert((lix, year), Rc::clone(&found));
        Ok(found)
    }

    /// Reads the facts of a location in a slice, about one place or all.
    pub(super) fn list(
        &self,
        label: &Label,
        period: Period,
        (lix, place): (LocationRow, Option<i64>),
        listed: &mut Listed,
    ) -> Result<(), StoreError> {
        let number = period.number();
        for document in self.documents(lix, period.reporting_year())?.iter() {
            let mut take = |at: FactPlace, row| {
                let rows = listed.entry((at.place, at.series)).or_default();
                rows.push((document.summed, document.document, row));
            };
            for series in label.spellings.keys().copied() {
                let Some(place) = place else {
                    self.each(document, series, (number, number), &mut take)?;
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

    /// When the latest statement of a sum was made. Blocks of which that is not known are looked
    /// up, unless it is before that of another.
    fn latest(
        &self,
        label: &Label,
        period: Period,
        kept: &Kept,
    ) -> Result<Option<Timestamp>, StoreError> {
        let known = kept.latest.iter().filter(|(.., is_known)| *is_known);
        let mut latest = known.filter_map(|(_, at, _)| *at).max();
        for (block, at_most, _) in kept.latest.iter().filter(|(.., is_known)| !is_known) {
            if at_most.is_some() && *at_most <= latest {
                continue;
            }
            let mut listed = Listed::new();
            let places = kept.sum.places.iter();
            for place in places.filter(|place| place / BLOCK_PLACES == *block) {
                let place = i64::from(place);
                let lix = self.place(place)?.0;
                self.list(label, period, (lix, Some(place)), &mut listed)?;
            }
            let rows = listed.values().flatten();
            latest = latest.max(rows.filter_map(|(.., row)| row.at).max());
        }
        Ok(latest)
    }

    pub(super) fn listed_facts(
        &self,
        label: &Label,
        period: Period,
        listed: Listed,
    ) -> Result<Vec<Fact>, StoreError> {
        let mut facts = Vec::new();
        for ((place, series), rows) in listed {
            let rows = rows.into_iter().map(|(_, document, row)| (document, row));
            facts.extend(self.fact(label, period, (series, place), rows.collect())?);
        }
        Ok(published::first(facts))
    }
}

impl Kept {
    fn note(&mut self, block: u32, latest: Option<Timestamp>) {
        self.latest.push((block, latest, latest.is_some()));
    }

    /// Takes the places whose facts are listed out of the sum.
    fn take_out(&mut self, listed: &Listed) -> Result<(), StoreError> {
        let places: BTreeSet<i64> = listed.keys().map(|(place, _)| *place).collect();
        for place in places {
            let number = u32::try_from(place).map_err(|_| StoreError::Derived("facts"))?;
            if !self.sum.places.contains(number) {
                continue;
            }
            let mut rows = of_place(listed, place).filter(|(summed, ..)| *summed);
            let row = rows.find(|(.., row)| row.form == self.kind.0);
            let (.., row) = row.ok_or(StoreError::Derived("sums"))?;
            self.sum.subtract(number, &row.statement, row.at);
            let mut of_block = self.latest.iter_mut();
            let of_block = of_block.find(|(block, ..)| *block == number / BLOCK_PLACES);
            if let Some((_, at, is_known)) = of_block
                && row.at.is_some()
                && row.at >= *at
            {
                *is_known = false;
            }
        }
        Ok(())
    }
}

fn of_place(listed: &Listed, place: i64) -> impl Iterator<Item = &(bool, i64, FactRow)> {
    let series = (place, i64::MIN)..=(place, i64::MAX);
    listed.range(series).flat_map(|(_, rows)| rows)
}

/// If more than one in so many places is looked at alone, all facts are read instead.
const LISTED_SHARE: usize = 8;
