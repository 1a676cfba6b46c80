//! Data of pages about all locations at once, without every figure.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use weft_host::clock;
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    rollup::Coverage,
};

use super::Figure;
use crate::aggregate::reader;
pub use crate::aggregate::reader::{Grid, Mark, Shared};
use crate::app::{AppError, Counted, OfLocations, Unrecorded};

/// The last figures of the network, and the figures that locations shared.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The last figure of the network of each indicator and breakdown, with its standing.
    pub last: Vec<Figure>,
    shared: Arc<reader::Overview>,
}

impl Overview {
    /// The figures that each location that counts shared, by indicator.
    pub fn lines(&self) -> &BTreeMap<LocationCode, BTreeMap<IndicatorCode, Shared>> {
        &self.shared.lines
    }
}

impl Counted<'_> {
    /// Returns the data of the overview.
    ///
    /// # Errors
    /// If the store fails.
    pub fn overview(&self) -> Result<Unrecorded<Overview>, AppError> {
        let reader = self.reader()?;
        let shared = self.shared_figures()?;
        let last = shared.last.iter();
        let last = last.map(|summed| Figure::from(summed.cell.clone()));
        let mut last: Vec<Figure> = last.collect();
        let today = self
            .network
            .zone()
            .day(self.as_of.unwrap_or_else(clock::now));
        for figure in &mut last {
            let (cell, key) = (&figure.cell, &figure.cell.key);
            if cell.n_locations == 1 {
                figure.told_of = reader.contributors(key)?;
            }
            let coverage = match cell.is_partial() {
                true => reader.coverage_at(key)?,
                false => Coverage::Whole,
            };
            figure.stand(coverage, today);
        }
        Ok(Unrecorded::new(Overview { last, shared }))
    }

    /// Returns the indicators about which something is stated, by code.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn reported(&self) -> Result<Vec<IndicatorCode>, AppError> {
        let labels = self.reader()?.labels(None)?.into_iter();
        let mut codes: Vec<IndicatorCode> = labels.map(|label| label.indicator).collect();
        codes.dedup();
        Ok(codes)
    }

    /// Returns the data of an indicator's coverage.
    ///
    /// # Errors
    /// If the store fails.
    pub fn grids(&self, indicator: &IndicatorCode) -> Result<Unrecorded<Vec<Grid>>, AppError> {
        Ok(Unrecorded::new(self.reader()?.grids(indicator)?))
    }
}

impl OfLocations for Overview {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let shared = |one: &Shared| one.figures > 0 || one.not_collected;
        let lines = self.lines().iter();
        let lines = lines.filter(|(_, of_location)| of_location.values().any(shared));
        let told_of = self.last.iter().flat_map(|figure| &figure.told_of);
        let codes = lines.map(|(code, _)| code);
        codes.chain(told_of).cloned().collect()
    }
}

impl OfLocations for Vec<Grid> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let codes = self.iter().flat_map(|grid| grid.rows.keys());
        codes.cloned().collect()
    }
}
