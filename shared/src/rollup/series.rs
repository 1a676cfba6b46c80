//! Comparison of consecutive figures: which of them are comparable.
//!
//! Everything here is computed on reading, from the figures of one series (an indicator, a
//! breakdown, a place) in the order of their periods. Nothing of it is stored.

use std::fmt;

use super::{
    Cell,
    drift::{Relation, relation},
    places::PlaceSet,
};
use crate::{
    id::AreaCode,
    model::{indicator::Versions, number::Number, observation::Statement},
    period::Period,
    validation::{
        question::GROWTH,
        slips::{asked_beside, is_another_base, says_base_changed},
    },
};

/// One area's part of a figure, as far as comparison needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base {
    /// The area.
    pub area: AreaCode,
    /// Its denominator; `None` for a count.
    pub denominator: Option<Number>,
    /// Whether a person answered that a different denominator is growth.
    pub is_growth: bool,
    /// The earlier denominator that the answer was about; `None` if it was about any.
    pub asked_beside: Option<Number>,
}

/// The contributing areas of a figure of the network that is made from sums.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Bases {
    /// Each of them, sorted by code; none if the figure is contested.
    Listed(Vec<Base>),
    /// All together.
    Summed {
        /// The areas; one that moved to another location is the same in all figures.
        areas: PlaceSet,
        /// The sum of their denominators; `None` for a count.
        denominator: Option<Number>,
        /// Whether the sum says as much as a list. If not, some of them grew, or only some have a
        /// denominator.
        whole: bool,
    },
}

/// One figure of a series.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Point {
    /// Its period.
    pub period: Period,
    /// The version of the definition that it follows, if known.
    pub version: Option<u32>,
    /// The areas that contribute to it, sorted by code.
    pub bases: Vec<Base>,
    /// Whether it was stated that its base changed.
    pub says_base_changed: bool,
}

impl Point {
    /// The figure of a cell.
    #[must_use]
    pub fn of_cell(cell: &Cell) -> Self {
        Self {
            period: cell.key.period,
            version: cell.labels.definition_version,
            bases: cell.bases.clone(),
            says_base_changed: cell.base_changed.is_some(),
        }
    }

    /// The figure of a single area; `None` if the statement has no figure.
    pub fn of(
        period: Period,
        area: &AreaCode,
        statement: &Statement,
        version: Option<u32>,
    ) -> Option<Self> {
        statement.numerator.or(statement.value)?;
        Some(Self {
            period,
            version,
            bases: vec![Base::of(area, statement)],
            says_base_changed: says_base_changed(statement),
        })
    }
}

impl Base {
    /// The part that `statement` contributes for `area`.
    pub fn of(area: &AreaCode, statement: &Statement) -> Self {
        Self {
            area: area.clone(),
            denominator: statement.denominator,
            is_growth: statement.confirmed.contains(GROWTH),
            asked_beside: asked_beside(statement),
        }
    }

    /// Whether a person answered that it grew or shrank from this denominator.
    fn grew_from(&self, before: Number) -> bool {
        self.is_growth && self.asked_beside.is_none_or(|asked| asked == before)
    }
}

/// The relation of a figure to the one before it in its series.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// They can be compared.
    Comparable,
    /// They can be compared, but the denominators differ by more than growth explains. The person
    /// who loaded them is asked.
    CheckBase {
        /// The earlier denominator, over the areas that both have.
        before: Number,
        /// The current denominator, over the same areas.
        after: Number,
    },
    /// They cover different areas, so a difference means nothing.
    OtherAreas,
    /// It was stated that its base changed: it is neither better nor worse.
    BaseChanged {
        /// The first period with the new base.
        from: Period,
        /// The reason, if the definition gives one.
        reason: Option<String>,
    },
    /// Its definition is not comparable.
    Break {
        /// The earlier version.
        from: Option<u32>,
        /// The reason, if the definition gives one.
        reason: Option<String>,
    },
}

impl Step {
    /// Whether a difference between the two figures is a change in the thing they measure.
    pub const fn is_comparable(&self) -> bool {
        match self {
            Self::Comparable | Self::CheckBase { .. } => true,
            Self::OtherAreas | Self::BaseChanged { .. } | Self::Break { .. } => false,
        }
    }

    /// Whether a line between the two would show a change that was not measured.
    pub const fn cuts(&self) -> bool {
        matches!(self, Self::BaseChanged { .. } | Self::Break { .. })
    }

    /// A remark to show beside the figure, given the period `before` and the `unit` that its
    /// denominators count; `None` if the two can be compared as they are.
    pub fn words(&self, before: Period, unit: &str) -> Option<String> {
        let before = before.words();
        match self {
            // The figure itself says which areas it covers.
            Self::Comparable | Self::OtherAreas => None,
            Self::CheckBase {
                before: then,
                after,
            } => Some(format!(
                "check the base: {} {unit} in {before}, {} now: growth, or another base?",
                then.grouped(),
                after.grouped()
            )),
            Self::BaseChanged { from, reason } => {
                let reason = between(" (", reason.as_ref(), ")");
                let from = from.words();
                Some(format!(
                    "new base from {from}: not comparable with {before}{reason}"
                ))
            }
            Self::Break { from, reason } => {
                let version = between(" (version ", from.as_ref(), ")");
                let reason = between(": ", reason.as_ref(), "");
                Some(format!("not comparable with {before}{version}{reason}"))
            }
        }
    }
}

/// A part of a sentence between two others; nothing if there is none.
fn between(before: &str, part: Option<&impl fmt::Display>, after: &str) -> String {
    part.map_or_else(String::new, |part| format!("{before}{part}{after}"))
}

/// The relation of `after` to `before`, the previous figure of its series, under the definitions of
/// their indicator.
pub fn step(before: &Point, after: &Point, versions: &Versions) -> Step {
    cut(before, after, versions)
        .unwrap_or_else(|| by_areas((before.period, &before.bases), (after.period, &after.bases)))
}

/// The same between figures of the network that were made from sums, whose points have no bases of
/// their own. `None` if sums cannot tell: then [`step`] can, with the bases of
/// [`cells`](fn@super::cells) for both.
#[must_use]
pub fn step_of_sums(
    (before, bases_before): (&Point, &Bases),
    (after, bases_after): (&Point, &Bases),
    versions: &Versions,
) -> Option<Step> {
    if let Some(step) = cut(before, after, versions) {
        return Some(step);
    }
    match (bases_before, bases_after) {
        (Bases::Listed(one), Bases::Listed(other)) => {
            Some(by_areas((before.period, one), (after.period, other)))
        }
        (Bases::Summed { areas: one, .. }, Bases::Summed { areas: other, .. }) if one != other => {
            Some(Step::OtherAreas)
        }
        (
            Bases::Summed {
                denominator: then,
                whole: true,
                ..
            },
            Bases::Summed {
                denominator: now,
                whole: true,
                ..
            },
        ) => {
            let (then, now) = then.zip(*now).unwrap_or_default();
            Some(check_sums((before.period, then), (after.period, now), now))
        }
        (Bases::Listed(_) | Bases::Summed { .. }, Bases::Listed(_) | Bases::Summed { .. }) => None,
    }
}

/// A break or a new base between the two.
fn cut(before: &Point, after: &Point, versions: &Versions) -> Option<Step> {
    let definition = |version: Option<u32>| versions.version(version?);
    let (then, now) = (definition(before.version), definition(after.version));
    if before.version != after.version || after.version.is_none() {
        let (relation, reason) = match (then, now) {
            (Some((then, _)), Some((now, _))) => relation(then, now, versions),
            (None, _) | (_, None) => (Relation::Broken, None),
        };
        if relation == Relation::Broken {
            let from = before.version;
            return Some(Step::Break { from, reason });
        }
    }
    // It may have been stated on any version: the population is the same one.
    let stated = versions
        .iter()
        .rev()
        .find_map(|(_, settings)| settings.base_changed(Some(before.period), after.period));
    (after.says_base_changed || stated.is_some()).then(|| Step::BaseChanged {
        from: stated.map_or(after.period, |change| change.period),
        reason: stated.map(|change| change.reason.clone()),
    })
}

/// Compares the areas and the denominators. An area with confirmed growth counts with its earlier
/// denominator.
fn by_areas(before: (Period, &[Base]), after: (Period, &[Base])) -> Step {
    let areas = |bases: &[Base]| {
        bases
            .iter()
            .map(|base| base.area.clone())
            .collect::<Vec<_>>()
    };
    if areas(before.1) != areas(after.1) {
        return Step::OtherAreas;
    }
    let (mut then, mut now, mut open) = (Number::ZERO, Number::ZERO, Number::ZERO);
    for (before, after) in before.1.iter().zip(after.1) {
        let (Some(one), Some(other)) = (before.denominator, after.denominator) else {
            continue;
        };
        then += one;
        now += other;
        open += if after.grew_from(one) { one } else { other };
    }
    check_sums((before.0, then), (after.0, now), open)
}

/// Compares the denominators of two periods; `open` is that of the later one without growth that a
/// person confirmed.
fn check_sums(before: (Period, Number), after: (Period, Number), open: Number) -> Step {
    if !is_another_base(before, (after.0, open)) {
        return Step::Comparable;
    }
    Step::CheckBase {
        before: before.1,
        after: after.1,
    }
}

/// The steps of a whole series: one for each figure after the first. `points` must be sorted by
/// period and of one frequency.
pub fn steps(points: &[Point], versions: &Versions) -> Vec<Step> {
    let pairs = points.windows(2);
    let pairs = pairs.filter_map(|pair| match pair {
        [before, after] => Some(step(before, after, versions)),
        _ => None,
    });
    pairs.collect()
}
