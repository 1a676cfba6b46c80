//! The figures that are to be released, and public knowledge about relations between them.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    id::{AreaCode, LocationCode},
    model::{
        indicator::{DefinitionKey, IndicatorType, Protect, Rows},
        number::Number,
        observation::Breakdown,
    },
    period::Period,
};

/// The key of a cell; cells sort in this order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CellKey {
    /// The indicator and the version of its definition.
    pub definition: DefinitionKey,
    /// The period.
    pub period: Period,
    /// The part of the population, in the one spelling that stands for all of it: see
    /// [`Breakdown::folded`].
    breakdown: Breakdown,
}

impl CellKey {
    /// The key of a figure. Two spellings of the same part have the same key, so that what was
    /// shown under one of them counts for the other.
    pub fn new(definition: DefinitionKey, period: Period, breakdown: &Breakdown) -> Self {
        Self {
            definition,
            period,
            breakdown: breakdown.folded(),
        }
    }

    /// The part of the population, folded.
    pub const fn breakdown(&self) -> &Breakdown {
        &self.breakdown
    }
}

impl fmt::Display for CellKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.definition, self.period)?;
        let words = self.breakdown.words();
        words.iter().try_for_each(|words| write!(f, " {words}"))
    }
}

/// The types of figure that are made of counts. An index or an ordinal figure is none of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A count, without a denominator.
    Count,
    /// Part of a whole: numerator and the rest of the denominator are counts of people.
    Proportion,
    /// Events for each of a population: the numerator is not part of the denominator.
    Rate,
    /// Sum over number: the denominator is a count, the numerator an amount.
    Mean,
}

impl Kind {
    /// The kind of an indicator's type; `None` if it is not made of counts.
    pub const fn of(kind: IndicatorType) -> Option<Self> {
        match kind {
            IndicatorType::Count => Some(Self::Count),
            IndicatorType::Proportion => Some(Self::Proportion),
            IndicatorType::Rate => Some(Self::Rate),
            IndicatorType::Mean => Some(Self::Mean),
            IndicatorType::Index | IndicatorType::Ordinal => None,
        }
    }

    /// Whether it has a denominator.
    pub const fn is_ratio(self) -> bool {
        !matches!(self, Self::Count)
    }
}

/// The true figure of one area.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Counts {
    /// The count, or the sum of a mean.
    pub numerator: Number,
    /// The denominator; a count has none, and one that is given is ignored.
    pub denominator: Option<Number>,
}

/// The true figures of the locations that contribute, by area.
pub type Contributions = BTreeMap<LocationCode, BTreeMap<AreaCode, Counts>>;

/// One figure to be released.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// Its key.
    pub key: CellKey,
    /// Its kind.
    pub kind: Kind,
    /// Multiplier of the ratio, such as 100.
    pub factor: Number,
    /// The rows that the release has.
    pub rows: Rows,
    /// The small counts that are protected.
    pub protect: Protect,
    /// The figures of the locations that take part. With [`Rows::Locations`], a location that did
    /// not agree to a row of its own is not among them, so that no remainder can be computed.
    /// A release that goes out is remembered with them, so they are shared and not copied.
    pub contributions: Arc<Contributions>,
}

/// Public knowledge about relations between cells. It comes from definitions and holds for
/// cells shown before as well. A relation to a cell that is in neither is ignored.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Relations {
    /// Cells that add up to another: the parts of a complete breakdown, the months of a quarter.
    pub sums: Vec<Sum>,
    /// Pairs of cells: the numerator of the first counts some of those in the second's.
    pub part_of: Vec<(CellKey, CellKey)>,
    /// Pairs of cells in consecutive periods: the numerator of the second includes the first's.
    pub cumulative: Vec<(CellKey, CellKey)>,
    /// Figures that everybody has as they are, because an office published them. None of their
    /// rows is rounded or withheld. A cell of the release under the same key comes first.
    pub known: Vec<Cell>,
}

/// A cell that is the sum of others, area by area.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sum {
    /// The total.
    pub total: CellKey,
    /// All of its parts.
    pub parts: Vec<CellKey>,
    /// Whether denominators add up too. Those of months do not, if they are populations.
    pub denominators: bool,
    /// Whether the relation is one of periods. It then holds at each place where the counts add up,
    /// and says nothing of another: a month may be missing there, or have counted the same people.
    pub over_time: bool,
}
