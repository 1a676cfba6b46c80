//! Figures one after another, slice by slice: a million of them take no more memory than those of
//! one period and label.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    vec,
};

use weft_shared::{
    id::IndicatorCode,
    model::{indicator::Definition, observation::Breakdown},
    period::{Frequency, Period, PeriodRange},
    rollup::{Cell, CellKey, Fact, Level, Slice, Summed, cells_at},
    text::counting_order,
};

use super::{Figure, FigureKey, LevelWord, RollupQuery, compare::Before};
use crate::{
    aggregate::reader::{CellFilter, Label, Reader},
    store::StoreError,
};

/// The figures that match a query, each compared with the one before it in its series. They come
/// by indicator and period as texts, then by group as the newest definition declares it, then
/// locations by code, and the network after them.
pub(crate) struct Rows<'a> {
    reader: Reader<'a>,
    range: Option<PeriodRange>,
    after: Option<FigureKey>,
    /// The figures that are still wanted.
    left: usize,
    /// The levels of each slice.
    levels: Vec<Level>,
    /// The labels of each indicator that is still to come.
    indicators: vec::IntoIter<Vec<Label>>,
    indicator: Option<OfIndicator>,
    slice: Option<OfSlice>,
    ready: vec::IntoIter<Figure>,
}

/// The place of a group among those of its indicator: the total first, then by the names of its
/// parts, then each value as the definition declares it, or as people count if it lists none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    parts: usize,
    names: Vec<String>,
    values: Vec<(usize, Counting)>,
    /// Tells apart what reads alike.
    text: String,
}

/// A text as people count.
type Counting = Vec<(String, usize, String)>;

impl Place {
    pub(crate) fn of(definition: Option<&Definition>, breakdown: &Breakdown) -> Self {
        let parts = breakdown.parts();
        let value = |(name, value): &(String, String)| {
            let declared = definition.and_then(|one| one.breakdowns.get(name));
            let at = declared.and_then(|values| values.iter().position(|one| one == value));
            (at.unwrap_or(usize::MAX), counting_order(value))
        };
        Self {
            parts: parts.len(),
            names: parts.iter().map(|(name, _)| name.clone()).collect(),
            values: parts.iter().map(value).collect(),
            text: breakdown.to_string(),
        }
    }

    /// The place of the group that a key names. A text that is none has the place of the total, so
    /// that nothing is left out after it.
    fn named(definition: Option<&Definition>, text: &str) -> Self {
        let names = definition.map(|one| one.breakdowns.keys().map(String::as_str));
        let breakdown = Breakdown::from_typed(text, names.into_iter().flatten());
        Self::of(definition, &breakdown.unwrap_or(Breakdown::Total))
    }
}

/// One indicator, with the slices of it that are still to come.
struct OfIndicator {
    labels: Vec<Label>,
    /// All periods of each label.
    periods: Vec<BTreeSet<Period>>,
    slices: VecDeque<(usize, Period)>,
    /// The figures, if all those of one level are wanted: it is quicker to read whole series.
    lone: Option<BTreeMap<(usize, Period), Summed>>,
    /// The figures that the next ones of a label are compared with, by its number here.
    before: BTreeMap<(usize, Frequency), Earlier>,
}

/// The figures of one label and frequency before the next slice.
#[derive(Default)]
struct Earlier {
    /// The last one of each level that had any.
    last: BTreeMap<Level, Before>,
    /// The periods that were passed over: before the beginning of a page or of a range.
    unseen: BTreeSet<Period>,
}

/// One slice, with the levels of it that are still to come.
struct OfSlice {
    label: usize,
    slice: Slice,
    made_of: MadeOf,
    levels: VecDeque<Level>,
}

/// The facts or the figure of a slice.
enum MadeOf {
    Facts(Vec<Fact>),
    /// The figure itself, if figures of one level are wanted and no others.
    Lone(Box<Summed>),
}

impl<'a> Rows<'a> {
    pub(crate) fn new(reader: Reader<'a>, query: &RollupQuery) -> Result<Self, StoreError> {
        let filter = CellFilter::from(query);
        let folded = query.breakdown.as_ref().map(|breakdown| breakdown.folded());
        let network = reader.network();
        let locations = network.expected();
        let locations = locations.map(|member| Level::Location(member.code.clone()));
        let levels = locations.chain([Level::Network]);
        let levels: Vec<Level> = levels.filter(|level| filter.takes(level)).collect();
        let mut labels = match levels.is_empty() {
            true => Vec::new(),
            false => reader.labels(query.indicator.as_ref())?,
        };
        labels.retain(|label| {
            let folded = folded.as_ref();
            folded.is_none_or(|folded| label.breakdown.folded() == *folded)
        });
        let indicators = labels.chunk_by(|one, next| one.indicator == next.indicator);
        let indicators: Vec<Vec<Label>> = indicators.map(<[Label]>::to_vec).collect();
        Ok(Self {
            reader,
            range: query.period,
            after: None,
            left: usize::MAX,
            levels,
            indicators: indicators.into_iter(),
            indicator: None,
            slice: None,
            ready: Vec::new().into_iter(),
        })
    }

    /// The whole series of these labels at one level. Labels are by indicator.
    pub(crate) fn of_level(reader: Reader<'a>, labels: &[Label], level: Level) -> Self {
        let indicators = labels.chunk_by(|one, next| one.indicator == next.indicator);
        let indicators: Vec<Vec<Label>> = indicators.map(<[Label]>::to_vec).collect();
        Self {
            reader,
            range: None,
            after: None,
            left: usize::MAX,
            levels: vec![level],
            indicators: indicators.into_iter(),
            indicator: None,
            slice: None,
            ready: Vec::new().into_iter(),
        }
    }

    /// The reader that made the figures, for further ones.
    pub(crate) fn into_reader(self) -> Reader<'a> {
        self.reader
    }

    /// Only those after this key, and so many of them at most.
    pub(crate) fn page(mut self, after: Option<FigureKey>, most: usize) -> Self {
        if let Some(after) = &after {
            let mut indicators: Vec<Vec<Label>> = self.indicators.collect();
            let is_past = |labels: &Vec<Label>| {
                let code = labels.first().map(|label| label.indicator.as_str());
                code < Some(after.indicator.as_str())
            };
            indicators.drain(..indicators.partition_point(is_past));
            self.indicators = indicators.into_iter();
        }
        Self {
            after,
            left: most,
            ..self
        }
    }

    /// The levels at which there may be figures.
    pub(crate) fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Goes one step on. Returns whether there may be more.
    fn advance(&mut self) -> Result<bool, StoreError> {
        if self.left == 0 {
            return Ok(false);
        }
        if let Some(mut slice) = self.slice.take() {
            self.ready = self.figures(&mut slice)?.into_iter();
            self.slice = (!slice.levels.is_empty()).then_some(slice);
            return Ok(true);
        }
        let next = self.indicator.as_mut();
        if let Some((label, period)) = next.and_then(|of| of.slices.pop_front()) {
            self.slice = self.begin(label, period)?;
            return Ok(true);
        }
        let Some(labels) = self.indicators.next() else {
            return Ok(false);
        };
        self.indicator = Some(self.of_indicator(labels)?);
        Ok(true)
    }

    fn of_indicator(&self, labels: Vec<Label>) -> Result<OfIndicator, StoreError> {
        let periods = labels.iter().map(|label| self.reader.periods(label));
        let periods: Vec<BTreeSet<Period>> = periods.collect::<Result<_, _>>()?;
        let mut slices = Vec::new();
        let indicator = labels.first().map(|label| &label.indicator);
        let newest = indicator.and_then(|code| self.reader.network().newest(code));
        for (at, (label, periods)) in labels.iter().zip(&periods).enumerate() {
            let place = Place::of(newest, &label.breakdown);
            for period in periods {
                if self.range.is_none_or(|range| range.contains(*period)) {
                    let place = (period.to_string(), place.clone());
                    slices.push((place, (at, *period)));
                }
            }
        }
        slices.sort();
        let code = indicator.map(IndicatorCode::as_str);
        let after = self.after.as_ref();
        if let Some(after) = after.filter(|after| code == Some(&*after.indicator)) {
            let named = labels
                .iter()
                .find(|label| label.breakdown.to_string() == after.breakdown);
            let place = named.map(|label| Place::of(newest, &label.breakdown));
            let place = place.unwrap_or_else(|| Place::named(newest, &after.breakdown));
            let last = (after.period.clone(), place);
            slices.retain(|(place, _)| *place >= last);
        }
        let is_whole = self.left == usize::MAX && self.range.is_none();
        let lone = match is_whole && self.levels.len() == 1 {
            true => Some(self.all_lone(&labels)?),
            false => None,
        };
        Ok(OfIndicator {
            lone,
            labels,
            periods,
            slices: slices.into_iter().map(|(_, slice)| slice).collect(),
            before: BTreeMap::new(),
        })
    }

    /// The only figures of these labels that are wanted, by the index of the label and the period.
    fn all_lone(&self, labels: &[Label]) -> Result<BTreeMap<(usize, Period), Summed>, StoreError> {
        let mut all = BTreeMap::new();
        match self.levels.first().and_then(Level::location) {
            None => {
                for (at, label) in labels.iter().enumerate() {
                    let series = self.reader.series(label, None)?.into_iter();
                    all.extend(series.map(|summed| ((at, summed.cell.key.period), summed)));
                }
            }
            Some(code) => self.reader.cells_of_location(code, labels, |at, cell| {
                all.insert((at, cell.key.period), Summed::listed(cell));
            })?,
        }
        Ok(all)
    }

    /// Reads a slice. `None` if none of it is wanted, or no one stated anything about it.
    fn begin(&mut self, label: usize, period: Period) -> Result<Option<OfSlice>, StoreError> {
        let Some(of) = self.indicator.as_mut() else {
            return Ok(None);
        };
        let slice = of.labels[label].slice(period);
        let shown_from = self.after.as_ref().filter(|after| {
            after.indicator == slice.indicator.as_str()
                && after.period == period.to_string()
                && after.breakdown == slice.breakdown.to_string()
        });
        of.pass_to(label, period, shown_from.is_some());
        let is_later = |level: &&Level| match (shown_from, level.location()) {
            (None, _) => true,
            (Some(last), Some(code)) => !last.is_network && *code.as_str() > *last.location,
            (Some(last), None) => !last.is_network,
        };
        let levels = self.levels.iter().filter(is_later);
        let levels: VecDeque<Level> = levels.take(self.left).cloned().collect();
        if levels.is_empty() {
            return Ok(None);
        }
        let made_of = match self.levels.len() == 1 {
            true => {
                let lone = match &mut of.lone {
                    Some(all) => all.remove(&(label, period)),
                    None => self
                        .reader
                        .lone(&of.labels[label], period, &self.levels[0])?,
                };
                lone.map(|one| MadeOf::Lone(Box::new(one)))
            }
            false => {
                let facts = self
                    .reader
                    .facts(&of.labels[label], Some(period))?
                    .remove(&period);
                facts.map(MadeOf::Facts)
            }
        };
        Ok(made_of.map(|made_of| OfSlice {
            label,
            slice,
            made_of,
            levels,
        }))
    }

    /// The next few figures of a slice.
    fn figures(&mut self, of: &mut OfSlice) -> Result<Vec<Figure>, StoreError> {
        let Some(indicator) = self.indicator.as_mut() else {
            return Ok(Vec::new());
        };
        let some = of.levels.len().min(LEVELS_AT_ONCE);
        let levels: BTreeSet<Level> = of.levels.drain(..some).collect();
        let network = self.reader.network();
        let made: Vec<(Figure, Option<Before>)> = match &of.made_of {
            MadeOf::Facts(facts) => {
                let cells = cells_at(&of.slice, facts, network, |one| levels.contains(one));
                let with_before = |cell: Cell| {
                    let before = Before::of(&cell);
                    (Figure::from(cell), before)
                };
                cells.into_iter().map(with_before).collect()
            }
            MadeOf::Lone(summed) => {
                vec![(Figure::from(summed.cell.clone()), Before::of_sums(summed))]
            }
        };
        if made.is_empty() {
            // No one reported anything, so no other level has a figure either.
            of.levels.clear();
        }
        let with_value = made.iter().filter(|(_, before)| before.is_some());
        let with_value = with_value.map(|(figure, _)| figure.cell.key.level.clone());
        let series = (of.label, of.slice.period.frequency());
        let earlier = indicator.before.entry(series).or_default();
        let next = (&indicator.labels[of.label], of.slice.period);
        earlier.look_back(&self.reader, next, with_value)?;
        let versions = network.versions(&of.slice.indicator);
        let mut figures = Vec::with_capacity(made.len());
        for (mut figure, this) in made {
            // Two sums of the past of a reader's choice differ by one location's correction.
            if figure.is_of_one() || figure.is_network() && self.reader.is_past() {
                figure.told_of = match &of.made_of {
                    MadeOf::Facts(facts) => self.reader.contributors_in(&figure.cell, facts),
                    MadeOf::Lone(_) => self.reader.contributors(&figure.cell.key)?,
                };
            }
            let level = &figure.cell.key.level;
            if let Some((this, versions)) = this.zip(versions) {
                if let Some(last) = earlier.last.get(level) {
                    let list = |key: &CellKey| self.reader.bases(key);
                    figure.compared = Some(last.and(&this, versions, list)?);
                }
                earlier.last.insert(level.clone(), this);
            }
            figures.push(figure);
        }
        Ok(figures)
    }
}

impl OfIndicator {
    /// Notes which periods of a label were passed over before this one, the next one of them all,
    /// and this one itself if only a part of its figures follows.
    fn pass_to(&mut self, label: usize, period: Period, in_part: bool) {
        let frequency = period.frequency();
        let is_first = !self.before.contains_key(&(label, frequency));
        let earlier = self.before.entry((label, frequency)).or_default();
        // Pooled years are shown by their first year, and compared by their last.
        let is_apart = frequency == Frequency::PooledYears;
        if is_first || is_apart {
            let before = self.periods[label].range(..period);
            let before = before.filter(|one| one.frequency() == frequency);
            earlier.last.clear();
            earlier.unseen = before.copied().collect();
        }
        if in_part {
            earlier.unseen.insert(period);
        }
    }
}

impl Earlier {
    /// Reads the last figures before a period of those levels of which none is known, from the
    /// periods that were passed over. Its cost grows with the levels and years, not with periods.
    fn look_back(
        &mut self,
        reader: &Reader<'_>,
        (label, period): (&Label, Period),
        levels: impl Iterator<Item = Level>,
    ) -> Result<(), StoreError> {
        let Some(newest) = self.unseen.range(..period).next_back() else {
            return Ok(());
        };
        let mut missing: BTreeSet<Level> = levels
            .filter(|level| !self.last.contains_key(level))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let is_network_missing = missing.remove(&Level::Network);
        // Most have a figure in the newest of them, so they are read together.
        if !missing.is_empty() {
            for cell in reader.cells_in(label, *newest, |level| missing.contains(level))? {
                if let Some(before) = Before::of(&cell) {
                    missing.remove(&cell.key.level);
                    self.last.insert(cell.key.level, before);
                }
            }
        }
        let mut unseen: Vec<Period> = self.unseen.range(..=*newest).copied().collect();
        if is_network_missing {
            let found = reader.last_of_network(label, &unseen, Before::of_sums)?;
            self.last.extend(found.map(|found| (Level::Network, found)));
        }
        unseen.pop();
        for level in missing {
            if let Some(code) = level.location() {
                let found = reader.last_of_location(label, code, &unseen, Before::of)?;
                self.last.extend(found.map(|found| (level, found)));
            }
        }
        Ok(())
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Figure, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(figure) = self.ready.next() {
                self.left -= 1;
                return Some(Ok(figure));
            }
            match self.advance() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.left = 0;
                    return Some(Err(error));
                }
            }
        }
    }
}

impl From<&RollupQuery> for CellFilter {
    fn from(query: &RollupQuery) -> Self {
        Self {
            indicator: query.indicator.clone(),
            breakdown: query.breakdown.clone(),
            is_network: query.level.map(|level| level == LevelWord::Network),
            location: query.location.clone(),
        }
    }
}

/// Figures of one slice that are made at once.
const LEVELS_AT_ONCE: usize = 1_024;
