//! Which slices have figures, without making all of them.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{IndicatorCode, LocationCode, LocationId},
    model::observation::Breakdown,
    period::Period,
    rollup::{Cell, CellKey, Fact, Level, Slice, Summed, cells_at},
};

use super::{super::seen::Seen, Label, Reader};
use crate::store::{
    LocationRow, StoreError,
    derived::{facts, names, years},
    rosters,
};

impl<'a> Reader<'a> {
    /// The network that figures are made with.
    pub(crate) const fn network(&self) -> &'a Seen {
        self.network
    }

    /// The periods in which anything was ever stated about a label, and those whose figures are
    /// late. A period whose statements were all taken back stays among them, and has no figures.
    pub(crate) fn periods(&self, label: &Label) -> Result<BTreeSet<Period>, StoreError> {
        let numbers = self.period_numbers(label, (0, u32::MAX))?.into_iter();
        let periods = numbers.map(|number| {
            let period = Period::from_number(number);
            period.ok_or(StoreError::Derived("slices"))
        });
        periods.collect()
    }

    /// The same by their numbers, from one to another.
    pub(super) fn period_numbers(
        &self,
        label: &Label,
        (from, to): (u32, u32),
    ) -> Result<BTreeSet<u32>, StoreError> {
        let stated = names::periods(self.conn, label.number, (from, to))?;
        let mut numbers: BTreeSet<u32> = stated.into_iter().collect();
        let late = self.late_periods(label).map(Period::number);
        numbers.extend(late.filter(|number| (from..=to).contains(number)));
        Ok(numbers)
    }

    /// The late periods that have a row of this label, whether or not anyone reported them.
    pub(super) fn late_periods(&self, label: &Label) -> impl Iterator<Item = Period> + use<> {
        let late = label
            .is_due
            .then(|| self.network.late_periods(&label.indicator));
        late.into_iter().flatten().map(|due| due.period)
    }

    /// Marks the labels that have a row for a period which no one reported: the total of an
    /// indicator with late periods, or every part of it if its total was never stated. An indicator
    /// of which nothing was ever stated gets a label for it.
    pub(super) fn mark_due(&self, labels: &mut Vec<Label>, indicator: Option<&IndicatorCode>) {
        let codes = self.network.indicators();
        let codes = codes.filter(|code| indicator.is_none_or(|one| one == *code));
        for (at, code) in (1..).zip(codes) {
            if self.network.late_periods(code).is_empty() {
                continue;
            }
            let is_total = |label: &Label| label.breakdown == Breakdown::Total;
            let mut own: Vec<&mut Label> = labels
                .iter_mut()
                .filter(|label| label.indicator == *code)
                .collect();
            let has_total = own.iter().any(|label| is_total(label));
            for label in &mut own {
                label.is_due = !has_total || is_total(label);
            }
            if own.is_empty() {
                labels.push(Label {
                    indicator: code.clone(),
                    breakdown: Breakdown::Total,
                    number: -at,
                    spellings: BTreeMap::new(),
                    is_due: true,
                });
            }
        }
        labels.sort_by(|a, b| (&a.indicator, a.number).cmp(&(&b.indicator, b.number)));
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

    /// Looks through a location's figures of a label, the last period first, until `of` finds
    /// something. `periods` are of one frequency, in their order.
    pub(crate) fn last_of_location<T>(
        &self,
        label: &Label,
        location: &LocationCode,
        periods: &[Period],
        of: impl Fn(&Cell) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let member = self.network.member(location);
        let id = member.and_then(|member| member.place.location_id);
        let lix = id.map(|id| rosters::lix(self.conn, &id)).transpose()?;
        let Some(lix) = lix.flatten() else {
            return Ok(None);
        };
        let level = Level::Location(location.clone());
        let years = periods.chunk_by(|one, next| one.reporting_year() == next.reporting_year());
        for of_year in years.rev() {
            let (Some(first), Some(last)) = (of_year.first(), of_year.last()) else {
                continue;
            };
            let year = first.reporting_year();
            let mut documents = years::documents_of(self.conn, lix, year)?;
            documents.extend(years::documents_of(self.conn, LocationRow::ZERO, year)?);
            let range = (first.number(), last.number());
            let facts = self.facts_in(&documents, label, range)?;
            for (period, facts) in facts.into_iter().rev() {
                let slice = label.slice(period);
                let cells = cells_at(&slice, &facts, self.network, |one| *one == level);
                if let Some(found) = cells.first().and_then(&of) {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// The same of the network.
    pub(crate) fn last_of_network<T>(
        &self,
        label: &Label,
        periods: &[Period],
        of: impl Fn(&Summed) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        for period in periods.iter().rev() {
            let summed = self.series(label, Some(*period))?;
            if let Some(found) = summed.first().and_then(&of) {
                return Ok(Some(found));
            }
        }
        Ok(None)
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
                if self.is_reported(&label, period)? {
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
                if found.contains(&label.breakdown) || self.is_reported(&label, period)? {
                    found.insert(label.breakdown);
                    break;
                }
            }
        }
        Ok(found)
    }

    /// The locations that have a part in a figure of the network.
    ///
    /// A figure with an observation that is not settled has no bases, so every location with a
    /// figure of its own counts.
    pub(crate) fn contributors(&self, key: &CellKey) -> Result<BTreeSet<LocationCode>, StoreError> {
        let Some(label) = self.label(&key.indicator, &key.breakdown)? else {
            return Ok(BTreeSet::new());
        };
        let facts = self.facts(&label, Some(key.period))?.remove(&key.period);
        let facts = facts.unwrap_or_default();
        let is_network = |level: &Level| *level == Level::Network;
        let of_network = cells_at(&label.slice(key.period), &facts, self.network, is_network);
        let cell = of_network.first();
        Ok(cell.map_or_else(BTreeSet::new, |cell| self.contributors_in(cell, &facts)))
    }

    /// The same, from the facts of the figure's slice.
    pub(crate) fn contributors_in(&self, cell: &Cell, facts: &[Fact]) -> BTreeSet<LocationCode> {
        let stating: BTreeSet<&LocationId> = facts.iter().map(|fact| &fact.location).collect();
        let members = stating.into_iter();
        let members = members.filter_map(|id| self.network.expected_member(id));
        let codes: BTreeSet<&LocationCode> = members.map(|member| &member.code).collect();
        let has_facts = |level: &Level| level.location().is_some_and(|code| codes.contains(code));
        let slice = Slice {
            indicator: cell.key.indicator.clone(),
            period: cell.key.period,
            breakdown: cell.key.breakdown.clone(),
        };
        let mut own = cells_at(&slice, facts, self.network, has_facts);
        own.retain(|one| one.n_areas > 0);
        let areas: BTreeSet<_> = cell.bases.iter().map(|base| &base.area).collect();
        let shares = |one: &Cell| one.bases.iter().any(|base| areas.contains(&base.area));
        if own.iter().any(shares) {
            own.retain(shares);
        }
        let codes = own.iter().filter_map(|one| one.key.level.location());
        codes.cloned().collect()
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
