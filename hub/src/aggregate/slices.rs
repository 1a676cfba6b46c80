//! The slices that have statements, with the spellings of each label.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::IndicatorCode,
    model::observation::Breakdown,
    period::Period,
    rollup::{Network, Slice, labels},
};

/// A breakdown of one indicator, regardless of its spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Label {
    indicator: IndicatorCode,
    folded: Breakdown,
}

impl Label {
    pub(crate) fn of(slice: &Slice) -> Self {
        Self {
            indicator: slice.indicator.clone(),
            folded: slice.breakdown.folded(),
        }
    }
}

/// Every slice with a fact.
#[derive(Debug, Default)]
pub(crate) struct Slices {
    all: BTreeSet<Slice>,
    /// The spellings of each label, and the periods in which each occurs.
    labels: BTreeMap<Label, BTreeMap<Breakdown, BTreeSet<Period>>>,
}

impl Slices {
    /// Adds a slice. Returns whether its label has another spelling now.
    pub(crate) fn insert(&mut self, slice: Slice) -> bool {
        let spellings = self.labels.entry(Label::of(&slice)).or_default();
        let known = spellings.len();
        let periods = spellings.entry(slice.breakdown.clone()).or_default();
        periods.insert(slice.period);
        let another = spellings.len() > known;
        self.all.insert(slice);
        another
    }

    /// Removes a slice. Returns whether its label has lost a spelling.
    pub(crate) fn remove(&mut self, slice: &Slice) -> bool {
        if !self.all.remove(slice) {
            return false;
        }
        let label = Label::of(slice);
        let Some(spellings) = self.labels.get_mut(&label) else {
            return false;
        };
        if let Some(periods) = spellings.get_mut(&slice.breakdown) {
            periods.remove(&slice.period);
        }
        let known = spellings.len();
        spellings.retain(|_, periods| !periods.is_empty());
        let lost = spellings.len() < known;
        if spellings.is_empty() {
            self.labels.remove(&label);
        }
        lost
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slice> {
        self.all.iter()
    }

    /// The slices of a label, in all periods.
    pub(crate) fn of(&self, label: &Label) -> Vec<Slice> {
        let spellings = self.labels.get(label).into_iter().flatten();
        let slices = spellings.flat_map(|(breakdown, periods)| {
            periods.iter().map(|period| Slice {
                indicator: label.indicator.clone(),
                period: *period,
                breakdown: breakdown.clone(),
            })
        });
        slices.collect()
    }

    /// The slices of a label in one period.
    pub(crate) fn in_period(&self, label: &Label, period: Period) -> Vec<Slice> {
        let spellings = self.labels.get(label).into_iter().flatten();
        let there = spellings.filter(|(_, periods)| periods.contains(&period));
        let slices = there.map(|(breakdown, _)| Slice {
            indicator: label.indicator.clone(),
            period,
            breakdown: breakdown.clone(),
        });
        slices.collect()
    }

    /// The spelling shown for a label; `None` if nothing is stated about it.
    pub(crate) fn shown(&self, label: &Label, network: &Network) -> Option<Breakdown> {
        let spellings = self.labels.get(label)?;
        labels::shown(&label.indicator, spellings.keys(), network)
    }
}

impl FromIterator<Slice> for Slices {
    fn from_iter<T: IntoIterator<Item = Slice>>(slices: T) -> Self {
        let mut held = Self::default();
        for slice in slices {
            held.insert(slice);
        }
        held
    }
}
