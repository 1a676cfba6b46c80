//! The figures that all locations shared, in one pass over the sums.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::observation::Status,
    period::Period,
    rollup::{
        AmountKind, CellKey, Coverage, Expected, Level, Parts, PlaceSet, Summed,
        coverage_of_series, places_to_list,
    },
};

use super::{
    Label, Reader,
    grid::{Mark, Shared},
};
use crate::store::{
    LocationRow, StoreError,
    derived::{
        names,
        sums::{self, BlockPlace, Kind, ODD},
        years,
    },
    rosters,
};

/// The last figure of each label, and the figures that locations shared of each indicator.
#[derive(Debug)]
pub(crate) struct Overview {
    /// The last figure of the network of each label.
    pub(crate) last: Vec<Summed>,
    /// The figures that locations shared, by location and indicator.
    pub(crate) lines: BTreeMap<LocationCode, BTreeMap<IndicatorCode, Shared>>,
}

/// The places of a slice that have a figure, that hide it, that say none is collected, and of which
/// only their facts say what they have.
#[derive(Default)]
struct Places {
    shown: PlaceSet,
    suppressed: PlaceSet,
    not_collected: PlaceSet,
    unclear: PlaceSet,
}

/// Slices of a label of which the same places say the same, one after another, as most do.
struct Alike<'a> {
    label: &'a Label,
    shown: PlaceSet,
    not_collected: PlaceSet,
    slices: usize,
    last: Period,
}

/// A set of [`Places`].
#[derive(Clone, Copy)]
enum Which {
    Shown,
    Suppressed,
    NotCollected,
    Unclear,
}

/// Sums say the same things many times over: the set of the last one.
type LastSet = Option<((i64, Kind), Option<Which>)>;

/// A period of slices.
#[derive(Clone, Copy)]
struct Time<'a> {
    period: Period,
    is_late: bool,
    /// The places that are expected.
    here: &'a PlaceSet,
    is_one_each: bool,
}

/// The counts on the way.
struct Counting<'a> {
    expected: &'a Expected,
    /// The periods of slices, by number: all labels have the same ones.
    times: BTreeMap<u32, Option<Time<'a>>>,
    labels: BTreeMap<i64, &'a Label>,
    /// Of each indicator, by the index of the location.
    shared: BTreeMap<&'a IndicatorCode, Vec<Shared>>,
    /// The last period of which the network has a figure, by label.
    last: BTreeMap<i64, Period>,
    /// The slices that are not in `shared` yet.
    alike: Option<Alike<'a>>,
    /// Years of which not all is in the sums.
    late: BTreeSet<i16>,
}

impl Reader<'_> {
    /// The figures that locations shared of all indicators.
    pub(crate) fn overview(&self) -> Result<Overview, StoreError> {
        let labels = self.labels(None)?;
        let mut counting = Counting {
            expected: self.expected()?,
            times: BTreeMap::new(),
            labels: labels.iter().map(|label| (label.number, label)).collect(),
            shared: BTreeMap::new(),
            last: BTreeMap::new(),
            alike: None,
            late: self.late_years()?,
        };
        // Slices that must be looked at more closely, after the pass.
        let (mut open, mut found) = (None::<(BlockPlace, Places)>, Vec::new());
        let mut last = LastSet::None;
        sums::each_of_all(self.conn, |at, kind, places| {
            let same = |of: &BlockPlace| (of.label, of.period) == (at.label, at.period);
            if let Some((of, whole)) = open.take_if(|(of, _)| !same(of)) {
                found.extend(counting.count(of, &whole));
            }
            let (_, of_slice) = open.get_or_insert_with(|| (at, Places::default()));
            let which = match last {
                Some((of, which)) if of == (at.label, kind) => which,
                Some(_) | None => self.which(counting.labels.get(&at.label), kind),
            };
            last = Some(((at.label, kind), which));
            let set = which.map(|which| of_slice.set(which));
            match set.is_none_or(|set| set.add_block(at.block, places)) {
                true => Ok(()),
                false => Err(StoreError::Derived("sums")),
            }
        })?;
        if let Some((at, whole)) = open {
            found.extend(counting.count(at, &whole));
        }
        counting.share();
        // Periods are read only if some year is late, which none is for most of the time.
        for label in labels.iter().filter(|_| !counting.late.is_empty()) {
            for number in names::periods(self.conn, label.number, (0, u32::MAX))? {
                let period = Period::from_number(number);
                let is_late = period.is_some_and(|one| counting.is_late(one));
                found.extend(period.filter(|_| is_late).map(|one| (label.number, one)));
            }
        }
        for (label, period) in found {
            let Some(label) = counting.labels.get(&label).copied() else {
                continue;
            };
            self.each_mark(label, Some(period), |period, code, mark| {
                counting.add(label, period, code, &mark);
            })?;
        }
        let mut last = Vec::new();
        for (label, period) in &counting.last {
            last.extend(self.series(counting.labels[label], Some(*period))?);
        }
        last.sort_by(|one, other| one.cell.key.cmp(&other.cell.key));
        Ok(Overview {
            last,
            lines: counting.lines(),
        })
    }

    /// The coverage of a figure of the network. It needs only as much of the series before it as
    /// says how large the areas are that it lacks.
    pub(crate) fn coverage_at(&self, key: &CellKey) -> Result<Coverage, StoreError> {
        let Some(label) = self.label(&key.indicator, &key.breakdown)? else {
            return Ok(Coverage::Whole);
        };
        let order = |period: &Period| (period.end(), *period);
        let mut periods: Vec<Period> = self.periods(&label)?.into_iter().collect();
        periods.retain(|period| order(period) <= order(&key.period));
        periods.sort_by_key(order);
        let (levels, expected) = (BTreeSet::from([Level::Network]), self.expected()?);
        let read = |periods: &[Period], more: &PlaceSet| {
            let parts = periods
                .iter()
                .map(|one| self.parts(&label, Some(*one), more));
            let parts: Vec<Vec<Parts>> = parts.collect::<Result<_, _>>()?;
            Ok::<_, StoreError>(parts.concat())
        };
        let of_figure = read(&[key.period], &PlaceSet::default())?;
        let lacking = places_to_list(&of_figure, &levels, expected);
        for window in [2, 8, 32, usize::MAX] {
            let first = periods.len().saturating_sub(window);
            let points = read(&periods[first..], &lacking)?;
            let mut coverages = coverage_of_series(&points, &levels, expected);
            match coverages.remove(key) {
                // One that is not known may be known from earlier.
                Some(Coverage::Unknown(_)) if first > 0 => {}
                coverage => return Ok(coverage.unwrap_or(Coverage::Whole)),
            }
        }
        Ok(Coverage::Whole)
    }

    /// The years of which documents of locations that count are not in the sums.
    fn late_years(&self) -> Result<BTreeSet<i16>, StoreError> {
        let mut late = BTreeSet::new();
        let mut failed = None;
        years::each_late(self.conn, |one, _| {
            match rosters::location_id(self.conn, one.lix) {
                Ok(location) if self.network.expected_member(&location).is_some() => {
                    late.insert(one.year);
                }
                Ok(_) => {}
                Err(error) => failed = Some(error),
            }
            failed.is_none()
        })?;
        // No sum holds published figures.
        let published = years::documents_of_location(self.conn, LocationRow::ZERO)?;
        late.extend(published.iter().map(|one| one.year));
        failed.map_or(Ok(late), Err)
    }

    /// The set of the places of a sum of a label; `None` if they say nothing.
    fn which(&self, label: Option<&&Label>, (form, amount): Kind) -> Option<Which> {
        let form = self.forms.get(&form).filter(|_| form != ODD);
        let definition = form.and_then(|form| self.network.definition(&form.definition));
        let is_own = definition
            .zip(label)
            .is_some_and(|(one, label)| one.code == label.indicator);
        match (amount, form.map(|form| form.status)) {
            (AmountKind::None, Some(Status::Suppressed)) => Some(Which::Suppressed),
            (AmountKind::None, Some(Status::NotCollected)) => Some(Which::NotCollected),
            (AmountKind::None, Some(_)) => None,
            (_, Some(_)) if is_own => Some(Which::Shown),
            _ => Some(Which::Unclear),
        }
    }
}

impl Places {
    const fn set(&mut self, which: Which) -> &mut PlaceSet {
        match which {
            Which::Shown => &mut self.shown,
            Which::Suppressed => &mut self.suppressed,
            Which::NotCollected => &mut self.not_collected,
            Which::Unclear => &mut self.unclear,
        }
    }
}

impl<'a> Counting<'a> {
    fn is_late(&self, period: Period) -> bool {
        self.late.contains(&period.reporting_year())
    }

    /// The period with a number, if there is one.
    fn time(&mut self, number: u32) -> Option<Time<'a>> {
        if let Some(known) = self.times.get(&number) {
            return *known;
        }
        let time = Period::from_number(number).map(|period| Time {
            period,
            is_late: self.is_late(period),
            here: self.expected.places(period.end()),
            is_one_each: self.expected.is_one_each(period.end()),
        });
        self.times.insert(number, time);
        time
    }

    /// Counts a slice. Returns it if that takes its facts.
    fn count(&mut self, at: BlockPlace, places: &Places) -> Option<(i64, Period)> {
        let label = *self.labels.get(&at.label)?;
        let time = self.time(at.period).filter(|time| !time.is_late)?;
        let Time { period, here, .. } = time;
        let [shown, suppressed, not_collected, unclear] = [
            &places.shown,
            &places.suppressed,
            &places.not_collected,
            &places.unclear,
        ]
        .map(|places| match places.is_empty() {
            true => PlaceSet::default(),
            false => places.common(here),
        });
        if !unclear.is_empty() || !time.is_one_each {
            return Some((at.label, period));
        }
        if shown.is_empty() && suppressed.is_empty() {
            return None;
        }
        self.last.insert(at.label, period);
        if let Some(alike) = &mut self.alike
            && alike.label.number == label.number
            && alike.shown == shown
            && alike.not_collected == not_collected
        {
            alike.slices += 1;
            alike.last = period.max(alike.last);
            return None;
        }
        self.share();
        self.alike = Some(Alike {
            label,
            shown,
            not_collected,
            slices: 1,
            last: period,
        });
        None
    }

    /// Adds the slices that are alike to what their locations shared.
    fn share(&mut self) {
        let Some(alike) = self.alike.take() else {
            return;
        };
        let expected = self.expected;
        let locations = |places: &PlaceSet| -> Vec<usize> {
            let places = places.iter();
            places
                .filter_map(|place| expected.location_of(place))
                .collect()
        };
        let of_indicator = self.of_indicator(alike.label);
        for location in locations(&alike.shown) {
            of_indicator[location].add_whole(alike.slices, alike.last);
        }
        for location in locations(&alike.not_collected) {
            of_indicator[location].not_collected = true;
        }
    }

    fn add(&mut self, label: &'a Label, period: Period, code: &LocationCode, mark: &Mark) {
        let last = self.last.entry(label.number).or_insert(period);
        *last = period.max(*last);
        if let Some(location) = self.expected.location_with(code) {
            self.of_indicator(label)[location].add(period, mark);
        }
    }

    fn of_indicator(&mut self, label: &'a Label) -> &mut [Shared] {
        let of_indicator = self.shared.entry(&label.indicator).or_default();
        of_indicator.resize(self.expected.members().len(), Shared::default());
        of_indicator
    }

    fn lines(self) -> BTreeMap<LocationCode, BTreeMap<IndicatorCode, Shared>> {
        let mut lines: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for (indicator, locations) in self.shared {
            for (code, shared) in self.expected.members().zip(locations) {
                let of_location = lines.entry(code.clone()).or_default();
                of_location.insert(indicator.clone(), shared);
            }
        }
        lines
    }
}
