//! The network's cells from sums that can be kept up to date.
//!
//! A [`Sum`] holds the ordinary statements of a slice: their total, and which places they are of.
//! It depends on these statements alone, never on the [`Network`]: a location that is confirmed,
//! renamed or ended changes no sum, and neither does a definition that comes. Each reader takes
//! out the places that are not expected, and looks at those that are not ordinary one by one.

use super::{
    Cell, Fact, Level, Slice, Stated, base,
    coverage::Reason,
    expected::Expected,
    found::{Found, is_report},
    network::Network,
    places::PlaceSet,
    series::Bases,
    tally::{Amount, Tally, read},
};
use crate::{
    id::DefinitionHash,
    model::{
        Audience,
        indicator::IndicatorType,
        number::Number,
        observation::{ObservationKey, Statement, Status},
    },
    time::Timestamp,
    validation::{
        self,
        question::GROWTH,
        slips::{asked_beside, says_base_changed},
    },
};

/// The part of a statement that a sum may hold. It follows from the statement and its own
/// definition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AmountKind {
    /// A numerator and a denominator above zero, which are added.
    Share,
    /// A count, which is added.
    Count,
    /// A value alone, which is not added; its denominator is.
    Value,
    /// A survey's estimate with its interval, which is not added; its denominator is.
    Survey,
    /// No figure, as the status says; its denominator is added.
    None,
    /// Nothing: the statement is looked at alone.
    Odd,
}

impl AmountKind {
    /// The kind of what is stated about one area; `network` is asked for its definition only. A
    /// definition that is not known yet makes it odd.
    #[must_use]
    pub fn of(key: &ObservationKey, stated: &[Stated], network: &Network) -> Self {
        match stated {
            [Stated { statement, .. }] => Self::of_one(key, statement, network),
            [] | [_, _, ..] => Self::Odd,
        }
    }

    /// The kind of the only statement about an area.
    #[must_use]
    pub fn of_one(key: &ObservationKey, statement: &Statement, network: &Network) -> Self {
        let Some(own) = network.definition(&statement.definition) else {
            return Self::Odd;
        };
        let is_marked = statement.confirmed.contains(GROWTH)
            || asked_beside(statement).is_some()
            || says_base_changed(statement);
        let is_ratio = own.kind.is_ratio();
        if is_marked
            || own.kind == IndicatorType::Ordinal
            || (!is_ratio && statement.denominator.is_some())
            || validation::impossible(key, statement, own).is_some()
        {
            return Self::Odd;
        }
        if Reason::of_statement(statement).is_some() {
            return Self::None;
        }
        let is_survey = statement.lower.is_some() || statement.upper.is_some();
        match read(statement, own) {
            Some(_) if is_survey => Self::Survey,
            Some(Amount::Share(..)) if is_ratio => Self::Share,
            Some(Amount::Sum(_)) => Self::Count,
            Some(Amount::Only(_)) => Self::Value,
            Some(Amount::Share(..)) | None => Self::Odd,
        }
    }

    /// Whether a statement of a whole numerator, from none to all of a whole denominator above
    /// zero, and of no more is a [`Share`](Self::Share), where it is otherwise as `without` says.
    #[must_use]
    pub fn is_share_if_whole(key: &ObservationKey, without: &Statement, network: &Network) -> bool {
        let none_and_all = [Number::ZERO, Number::from(1)];
        none_and_all.into_iter().all(|numerator| {
            let statement = Statement {
                numerator: Some(numerator),
                denominator: Some(Number::from(1)),
                ..without.clone()
            };
            Self::of_one(key, &statement, network) == Self::Share
        })
    }

    /// Its word in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Count => "count",
            Self::Value => "value",
            Self::Survey => "survey",
            Self::None => "none",
            Self::Odd => "odd",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let all = [
            Self::Share,
            Self::Count,
            Self::Value,
            Self::Survey,
            Self::None,
            Self::Odd,
        ];
        all.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The numerator and the denominator that it adds for a statement.
    #[must_use]
    pub fn amounts(self, statement: &Statement) -> (Number, Number) {
        let numerator = match self {
            Self::Share => statement.numerator,
            Self::Count => statement.numerator.or(statement.value),
            Self::Value | Self::Survey | Self::None | Self::Odd => None,
        };
        let denominator = match self {
            Self::Share | Self::Value | Self::Survey | Self::None => statement.denominator,
            Self::Count | Self::Odd => None,
        };
        (
            numerator.unwrap_or_default(),
            denominator.unwrap_or_default(),
        )
    }
}

/// The statements of a slice that have one definition, status and kind of amount, each the only one
/// about its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sum {
    /// The definition that they were entered under.
    pub definition: DefinitionHash,
    /// Their status.
    pub status: Status,
    /// The part of them that is added.
    pub amount: AmountKind,
    /// The sum of the numerators or counts.
    pub numerator: Number,
    /// The sum of the denominators.
    pub denominator: Number,
    /// The places that they are about.
    pub places: PlaceSet,
    /// When the latest of them was made. `None` if that is not known: a maximum cannot be
    /// subtracted, so it has to be looked up.
    pub latest: Option<Timestamp>,
}

impl Sum {
    /// A sum of nothing.
    #[must_use]
    pub fn new(definition: DefinitionHash, status: Status, amount: AmountKind) -> Self {
        Self {
            definition,
            status,
            amount,
            numerator: Number::ZERO,
            denominator: Number::ZERO,
            places: PlaceSet::default(),
            latest: None,
        }
    }

    /// Adds a statement about a place that is not in it, made at `at`.
    pub fn add(&mut self, place: u32, statement: &Statement, at: Option<Timestamp>) {
        let (numerator, denominator) = self.amount.amounts(statement);
        self.numerator += numerator;
        self.denominator += denominator;
        self.latest = match self.latest {
            None if self.places.is_empty() => at,
            None => None,
            Some(latest) => Some(at.map_or(latest, |at| at.max(latest))),
        };
        let is_new = self.places.insert(place);
        debug_assert!(is_new, "place {place} is in the sum already");
    }

    /// Takes away a statement that was added.
    pub fn subtract(&mut self, place: u32, statement: &Statement, at: Option<Timestamp>) {
        let (numerator, denominator) = self.amount.amounts(statement);
        self.numerator = self.numerator - numerator;
        self.denominator = self.denominator - denominator;
        let was_in = self.places.remove(place);
        debug_assert!(was_in, "place {place} is not in the sum");
        if self.places.is_empty() || (at.is_some() && at >= self.latest) {
            self.latest = None;
        }
    }

    /// Whether they report something: a figure, or that their publisher hides one.
    pub(super) fn is_report(&self) -> bool {
        is_report(&self.statement())
    }

    /// One statement that has the effect of all of them.
    pub(super) fn statement(&self) -> Statement {
        let none = Statement::without_figure(self.definition, self.status, Audience::Network);
        // A sum of zero covers nothing, whether any of them has a denominator or none.
        let denominator = (!self.denominator.is_zero()).then_some(self.denominator);
        let none = Statement {
            denominator,
            ..none
        };
        match self.amount {
            AmountKind::Share | AmountKind::Count => Statement {
                numerator: Some(self.numerator),
                ..none
            },
            AmountKind::Value => Statement {
                value: Some(Number::ZERO),
                ..none
            },
            AmountKind::Survey => Statement {
                value: Some(Number::ZERO),
                lower: Some(Number::ZERO),
                ..none
            },
            AmountKind::None | AmountKind::Odd => none,
        }
    }
}

/// The parts of a cell of the network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parts {
    /// The slice.
    pub slice: Slice,
    /// Its sums; see [`cell_of_sums`].
    pub sums: Vec<Sum>,
    /// The facts about places that are not in them.
    pub listed: Vec<Fact>,
}

/// A cell, and its part in a comparison.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summed {
    /// The cell; without its own bases, if it is of the network and was made from sums.
    pub cell: Cell,
    /// The contributing areas, for a comparison with other figures of the series.
    pub bases: Bases,
}

impl Summed {
    /// Returns a figure that was made from facts.
    pub fn listed(cell: Cell) -> Self {
        Self {
            bases: Bases::Listed(cell.bases.clone()),
            cell,
        }
    }
}

/// The network's cell from sums, and from the facts about the places that are not in them. It is
/// the last one that [`cells`](fn@super::cells) makes of all facts.
///
/// The sums have no other places than those of [`Expected::places`], each place once, and none that
/// `listed` has facts about. What is taken out of them to that end is listed too: if the network
/// does not expect it, it counts nowhere; but it may be a place that is newer than `expected`. A
/// [`Sum::latest`] that is not known must have been looked up.
#[must_use]
pub fn cell_of_sums(
    slice: &Slice,
    sums: &[Sum],
    listed: &[Fact],
    expected: &Expected,
) -> Option<Summed> {
    let network = expected.network();
    let found = Found::of(slice, listed, network);
    let key = slice.at(Level::Network);
    let tally = Tally::of_sums(&key, sums, &found, expected)?;
    let mut cell = Cell::new(&tally, network);
    cell.bases = Vec::new();
    Some(Summed {
        cell,
        bases: base::summed(&tally),
    })
}
