//! Which slices have figures, without making all of them.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::observation::Breakdown,
    period::Period,
    rollup::{Cell, CellKey, Level, cells_at},
};

use super::{Label, Reader};
use crate::store::{StoreError, derived::facts, rosters};

impl Reader<'_> {
    /// The periods in which anything was ever stated about a label. A period whose statements were
    /// all taken back stays among them, and has no figures.
    pub(crate) fn periods(&self, label: &Label) -> Result<BTreeSet<Period>, StoreError> {
        let mut query = self
            .conn
            .prepare_cached("SELECT period FROM slices WHERE series = ?")?;
        let mut rows = query.query([label.number])?;
        let mut periods = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let period = Period::from_number(row.get(0)?);
            periods.insert(period.ok_or(StoreError::Derived("slices"))?);
        }
        Ok(periods)
    }

    /// The figures of a label in a period at the levels that are wanted; locations by code, the
    /// network after them.
    pub(crate) fn cells_in(
        &self,
        label: &Label,
        period: Period,
        wanted: impl Fn(&Level) -> bool,
    ) -> Result<Vec<Cell>, StoreError> {
        let facts = self.facts(label, Some(period))?;
        let facts = facts.get(&period).map_or(&[][..], |facts| facts);
        Ok(cells_at(&label.slice(period), facts, self.network, wanted))
    }

    /// The periods that have figures, of one indicator or of all.
    pub(crate) fn periods_with_figures(
        &self,
        indicator: Option<&IndicatorCode>,
    ) -> Result<BTreeSet<Period>, StoreError> {
        let mut labels: BTreeMap<Period, Vec<Label>> = BTreeMap::new();
        for label in self.labels(indicator)? {
            for period in self.periods(&label)? {
                labels.entry(period).or_default().push(label.clone());
            }
        }
        let mut found = BTreeSet::new();
        for (period, labels) in labels {
            for label in labels {
                if self.has_figures(&label, period)? {
                    found.insert(period);
                    break;
                }
            }
        }
        Ok(found)
    }

    /// The breakdowns that have figures.
    pub(crate) fn breakdowns_with_figures(&self) -> Result<BTreeSet<Breakdown>, StoreError> {
        let mut found = BTreeSet::new();
        for label in self.labels(None)? {
            for period in self.periods(&label)?.into_iter().rev() {
                if found.contains(&label.breakdown) || self.has_figures(&label, period)? {
                    found.insert(label.breakdown);
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Whether a label has figures in a period. If it has any, the network has one.
    fn has_figures(&self, label: &Label, period: Period) -> Result<bool, StoreError> {
        let cells = self.cells_in(label, period, |level| *level == Level::Network)?;
        Ok(!cells.is_empty())
    }

    /// The locations that have a part in a figure of the network.
    ///
    /// A figure with an observation that is not settled has no bases, so every location with a
    /// figure of its own counts.
    pub(crate) fn contributors(&self, cell: &Cell) -> Result<BTreeSet<LocationCode>, StoreError> {
        let CellKey { indicator, .. } = &cell.key;
        let Some(label) = self.label(indicator, &cell.key.breakdown)? else {
            return Ok(BTreeSet::new());
        };
        let mut own = self.cells_in(&label, cell.key.period, |level| *level != Level::Network)?;
        own.retain(|one| one.n_areas > 0);
        let areas: BTreeSet<_> = cell.bases.iter().map(|base| &base.area).collect();
        let shares = |one: &Cell| one.bases.iter().any(|base| areas.contains(&base.area));
        if own.iter().any(shares) {
            own.retain(shares);
        }
        let codes = own.iter().filter_map(|one| one.key.level.location());
        Ok(codes.cloned().collect())
    }

    /// The locations whose statements were entered under each version of a definition. Only
    /// locations that count are among them, and only statements that stand today.
    pub(crate) fn users(&self) -> Result<BTreeSet<(IndicatorCode, u32, LocationCode)>, StoreError> {
        let mut users = BTreeSet::new();
        for (lix, hash) in facts::definitions(self.conn)? {
            let location = rosters::location_id(self.conn, lix)?;
            let member = self.network.expected_member(&location);
            let definition = self.network.definition(&hash);
            if let Some((member, one)) = member.zip(definition) {
                users.insert((one.code.clone(), one.version, member.code.clone()));
            }
        }
        Ok(users)
    }
}
