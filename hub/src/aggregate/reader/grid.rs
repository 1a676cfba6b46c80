//! The figures of locations and their gaps, mostly from sums: only gaps need facts.

use std::collections::BTreeMap;

use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::observation::{Breakdown, Status},
    period::Period,
    rollup::{Cell, Fact, Parts, PlaceSet, cell_of_location, whole_locations},
};

use super::{Label, Reader};
use crate::store::StoreError;

/// The figures that locations have of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The indicator.
    pub indicator: IndicatorCode,
    /// The label.
    pub breakdown: Breakdown,
    /// The periods of which anyone reported something, in order.
    pub periods: Vec<Period>,
    /// A mark for each of these periods, by location: one row for each that counts.
    pub rows: BTreeMap<LocationCode, Vec<Mark>>,
}

/// A location's part of a figure: all, some or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// All of it.
    Whole,
    /// A part, or nothing.
    Lacking {
        /// Number of areas that contribute.
        areas: usize,
        /// Number of areas that are expected to.
        of: usize,
        /// The status of the figure.
        status: Status,
        /// Why the others are missing.
        why: String,
    },
}

/// The figures that a location shared of an indicator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Number of its figures.
    pub figures: usize,
    /// The last period of which it has one.
    pub last: Option<Period>,
    /// Whether it says of any that it is not collected.
    pub not_collected: bool,
}

impl Shared {
    /// Adds figures that it has, the last of them of this period.
    pub(super) fn add_whole(&mut self, figures: usize, last: Period) {
        self.figures += figures;
        self.last = self.last.max(Some(last));
    }

    pub(super) fn add(&mut self, period: Period, mark: &Mark) {
        if matches!(mark, Mark::Whole | Mark::Lacking { areas: 1.., .. }) {
            self.add_whole(1, period);
        }
        self.not_collected |=
            matches!(mark, Mark::Lacking { status, .. } if *status == Status::NotCollected);
    }
}

impl Reader<'_> {
    /// The figures that locations have of each label of an indicator.
    pub(crate) fn grids(&self, indicator: &IndicatorCode) -> Result<Vec<Grid>, StoreError> {
        let labels = self.labels(Some(indicator))?.into_iter();
        let grids = labels.map(|label| {
            let mut grid = Grid {
                indicator: label.indicator.clone(),
                breakdown: label.breakdown.clone(),
                periods: Vec::new(),
                rows: BTreeMap::new(),
            };
            self.each_mark(&label, None, |period, code, mark| {
                if grid.periods.last() != Some(&period) {
                    grid.periods.push(period);
                }
                match grid.rows.get_mut(code) {
                    Some(row) => row.push(mark),
                    None => {
                        grid.rows.insert(code.clone(), vec![mark]);
                    }
                }
            })?;
            Ok(grid)
        });
        grids.collect()
    }

    /// The figure of one location in a slice that somebody reported something about. If no sum has
    /// a place of it, the parts of the slice list all of its facts, and nothing is read again.
    fn cell_within(
        &self,
        label: &Label,
        parts: &Parts,
        code: &LocationCode,
    ) -> Result<Option<Cell>, StoreError> {
        let expected = self.expected()?;
        let places = expected.location_with(code);
        let places = places.map(|index| expected.member(index).1);
        let is_in_sums = places.is_none_or(|mut places| {
            places.any(|place| parts.sums.iter().any(|sum| sum.places.contains(place)))
        });
        let period = parts.slice.period;
        if is_in_sums {
            return self.cell_of_location(label, period, code, || Ok(true));
        }
        let member = self.network.member(code);
        let location = member.and_then(|member| member.place.location_id);
        let own = parts.listed.iter();
        let own = own.filter(|fact| Some(fact.location) == location);
        let own: Vec<Fact> = own.cloned().collect();
        cell_of_location(&parts.slice, &own, (code, self.network), || Ok(true))
    }

    /// Passes on each location's part of a label's figures, of one period or of all, in the order
    /// of periods.
    pub(super) fn each_mark(
        &self,
        label: &Label,
        period: Option<Period>,
        mut take: impl FnMut(Period, &LocationCode, Mark),
    ) -> Result<(), StoreError> {
        let expected = self.expected()?;
        for parts in self.parts(label, period, &PlaceSet::default())? {
            let period = parts.slice.period;
            for (code, is_whole) in whole_locations(&parts, expected).into_iter().flatten() {
                if is_whole {
                    take(period, code, Mark::Whole);
                    continue;
                }
                let cell = self.cell_within(label, &parts, code)?;
                let Some(cell) = cell else {
                    continue;
                };
                let mark = match cell.n_areas > 0 && !cell.is_partial() {
                    true => Mark::Whole,
                    false => Mark::Lacking {
                        areas: cell.n_areas,
                        of: cell.n_areas_expected,
                        status: cell.status,
                        why: cell.status_reason,
                    },
                };
                take(period, code, mark);
            }
        }
        Ok(())
    }
}
