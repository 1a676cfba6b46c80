//! Compares the network's figures from sums with those from facts.

use std::collections::BTreeMap;

use weft_shared::{
    period::Period,
    rollup::{Level, cells_at, series::Bases},
};

use super::Reader;
use crate::store::{StoreError, derived::names};

impl Reader<'_> {
    /// The slices, of some drawn at random, whose sums do not give the figure that their facts do;
    /// and how many were drawn.
    pub(crate) fn differing(&self, most: usize) -> Result<(Vec<String>, usize), StoreError> {
        let labels = self.labels(None)?.into_iter();
        let labels: BTreeMap<i64, _> = labels.map(|label| (label.number, label)).collect();
        let slices = names::some_slices(self.conn, most)?;
        let mut differing = Vec::new();
        for (label, period) in &slices {
            let Some(label) = labels.get(label) else {
                continue;
            };
            let period = Period::from_number(*period).ok_or(StoreError::Derived("slices"))?;
            let facts: Vec<_> = self
                .facts(label, Some(period))?
                .into_values()
                .flatten()
                .collect();
            let slice = label.slice(period);
            let is_network = |level: &Level| *level == Level::Network;
            let of_facts = cells_at(&slice, &facts, self.network, is_network)
                .into_iter()
                .next();
            let of_sums = self.series(label, Some(period))?.into_iter().next();
            let same = match (of_facts, of_sums) {
                (Some(mut of_facts), Some(of_sums)) => {
                    let bases = std::mem::take(&mut of_facts.bases);
                    let same_bases = match of_sums.bases {
                        Bases::Listed(listed) => listed == bases,
                        Bases::Summed { areas, .. } => areas.len() == bases.len(),
                    };
                    same_bases && of_facts == of_sums.cell
                }
                (of_facts, of_sums) => of_facts.is_none() && of_sums.is_none(),
            };
            if !same {
                differing.push(format!("{} {period} {}", slice.indicator, slice.breakdown));
            }
        }
        Ok((differing, slices.len()))
    }
}
