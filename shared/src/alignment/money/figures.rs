//! The figures of money, and how they are added.

use std::{collections::BTreeMap, fmt, ops::AddAssign};

use super::heads::{Column, Row};
use crate::{
    id::CurrencyCode,
    model::{
        investment::{Gst, InvestmentKind},
        number::Number,
    },
};

/// Figures are added only within one of these.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Purse {
    /// Money, goods or time.
    pub kind: InvestmentKind,
    /// The currency.
    pub currency: CurrencyCode,
}

impl fmt::Display for Purse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            InvestmentKind::Cash => self.kind.word(),
            InvestmentKind::InKind | InvestmentKind::Staff => self.kind.label(),
        };
        write!(f, "{kind} {}", self.currency)
    }
}

/// The three questions that a sum of money can answer. They are never added to each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Measure {
    /// Promised for the period, by a line.
    Committed,
    /// Spent in the period, by a line.
    Spent,
    /// In force during the period and not divided by year: the rest that no line divides.
    InForce,
}

impl Measure {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Committed, Self::Spent, Self::InForce];

    /// Its word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Spent => "spent",
            Self::InForce => "in_force",
        }
    }
}

/// A sum, with the range in which differing statements leave it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Range {
    /// The sum that counts: of committed money as the hub states it, of spent money as the
    /// locations do, and the least amount of a contested line.
    pub value: Number,
    /// The sum if each investment is taken as the team states it that says least.
    pub low: Number,
    /// The same with the team that says most.
    pub high: Number,
}

impl Range {
    /// Whether statements differ, so that the sum is provisional: status P.
    #[must_use]
    pub fn is_provisional(self) -> bool {
        self.low != self.high
    }

    /// Whether nothing is stated, as far as anybody said.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.high.is_zero()
    }

    pub(super) fn of(least: Number, most: Number) -> Self {
        Self {
            value: least,
            low: least,
            high: most,
        }
    }

    /// Its amounts without those of another, one by one.
    pub(super) fn less(self, other: Self) -> Self {
        Self {
            value: self.value - other.value,
            low: self.low - other.low,
            high: self.high - other.high,
        }
    }

    /// The opposite, to take something off a sum.
    pub(super) fn negated(self) -> Self {
        Self::default().less(self)
    }

    /// Takes in what another statement makes of the same sum.
    pub(super) fn or(&mut self, other: Self) {
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
    }
}

impl AddAssign for Range {
    fn add_assign(&mut self, other: Self) {
        self.value += other.value;
        self.low += other.low;
        self.high += other.high;
    }
}

/// The treatments of goods and services tax in a sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Gsts(u8);

impl Gsts {
    /// Whether amounts with and without tax, or of unknown treatment, were added. Nothing is
    /// converted.
    #[must_use]
    pub const fn is_mixed(self) -> bool {
        self.0.count_ones() > 1
    }

    /// Whether this treatment is among them.
    #[must_use]
    pub const fn has(self, gst: Gst) -> bool {
        self.0 & Self::one(gst).0 != 0
    }

    pub(super) const fn one(gst: Gst) -> Self {
        Self(1 << gst as u8)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One sum for each measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Committed by lines within the period.
    pub committed: Range,
    /// Spent by lines within the period.
    pub spent: Range,
    /// In force and not divided by year.
    pub in_force: Range,
    /// The treatments of tax in these sums.
    pub gst: Gsts,
    /// Number of lines whose period only touches the one asked for. They are in no sum: their money
    /// is never spread over days.
    pub n_partly: usize,
}

impl Totals {
    /// The sum of one measure.
    #[must_use]
    pub const fn get(&self, measure: Measure) -> Range {
        match measure {
            Measure::Committed => self.committed,
            Measure::Spent => self.spent,
            Measure::InForce => self.in_force,
        }
    }

    /// Whether any money is stated.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        let mut ranges = Measure::ALL.iter().map(|measure| self.get(*measure));
        ranges.all(Range::is_zero)
    }

    pub(super) const fn get_mut(&mut self, measure: Measure) -> &mut Range {
        match measure {
            Measure::Committed => &mut self.committed,
            Measure::Spent => &mut self.spent,
            Measure::InForce => &mut self.in_force,
        }
    }

    /// Both together.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self += other;
        self
    }

    pub(super) fn or(&mut self, other: &Self) {
        for measure in Measure::ALL {
            self.get_mut(measure).or(other.get(measure));
        }
        self.gst = self.gst.and(other.gst);
    }
}

impl AddAssign<&Self> for Totals {
    fn add_assign(&mut self, other: &Self) {
        for measure in Measure::ALL {
            *self.get_mut(measure) += other.get(measure);
        }
        self.gst = self.gst.and(other.gst);
        self.n_partly += other.n_partly;
    }
}

/// The money of one head.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Money that is for this head alone. It may be added up over heads.
    pub divided: Totals,
    /// Money that is for this head among others. It is shown here and is in no total.
    pub shared: Totals,
}

impl Figures {
    /// Whether any money is stated.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.divided.is_zero() && self.shared.is_zero()
    }

    /// Takes in what another statement makes of the same figures.
    pub(super) fn or(&mut self, other: &Self) {
        self.divided.or(&other.divided);
        self.shared.or(&other.shared);
    }
}

impl AddAssign<&Self> for Figures {
    fn add_assign(&mut self, other: &Self) {
        self.divided += &other.divided;
        self.shared += &other.shared;
    }
}

/// One way to cut the money of a purse: by outcome, by location, or by both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut<K> {
    /// The figures of each head that has any.
    pub of: BTreeMap<K, Figures>,
    /// The money that this cut does not divide, each line once. With `divided` of all heads it is
    /// the purse's total.
    pub shared: Totals,
}

impl<K> Default for Cut<K> {
    fn default() -> Self {
        Self {
            of: BTreeMap::new(),
            shared: Totals::default(),
        }
    }
}

/// The money of one kind and currency in one period.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pot {
    /// Each line and each rest once.
    pub total: Totals,
    /// By outcome and location.
    pub cells: Cut<(Row, Column)>,
    /// By outcome.
    pub outcomes: Cut<Row>,
    /// By location.
    pub locations: Cut<Column>,
}
