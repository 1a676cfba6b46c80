//! Figures of following periods held against each other: which of them can be compared.
//!
//! Everything here is computed when it is read, from the figures of one series (an indicator, a
//! breakdown, a place) in the order of their periods. Nothing of it is stored.

use super::drift::{Relation, relation};
use crate::{
    id::AreaCode,
    model::{indicator::Versions, number::Number, observation::Statement},
    period::Period,
    validation::{
        question::GROWTH,
        slips::{asked_beside, is_another_base, says_base_changed},
    },
};

/// What one area adds to a figure, as far as comparing needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base {
    /// The area.
    pub area: AreaCode,
    /// Its denominator; none for a count.
    pub denominator: Option<Number>,
    /// Whether somebody answered that a different denominator is growth.
    pub is_growth: bool,
    /// The denominator before it that the answer was about; without one, whichever it is.
    pub asked_beside: Option<Number>,
}

/// One figure of a series.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Point {
    /// Its period.
    pub period: Period,
    /// The version of the definition that it follows, where it is known.
    pub version: Option<u32>,
    /// Each area that adds to it, sorted by code.
    pub bases: Vec<Base>,
    /// Whether somebody stated with it that its base changed.
    pub says_base_changed: bool,
}

impl Point {
    /// The figure of a single area; `None` if the statement has no figure.
    #[must_use]
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
    /// What `statement` adds for `area`.
    #[must_use]
    pub fn of(area: &AreaCode, statement: &Statement) -> Self {
        Self {
            area: area.clone(),
            denominator: statement.denominator,
            is_growth: statement.confirmed.contains(GROWTH),
            asked_beside: asked_beside(statement),
        }
    }

    /// Whether somebody answered that it grew from this denominator, or shrank.
    fn grew_from(&self, before: Number) -> bool {
        self.is_growth && self.asked_beside.is_none_or(|asked| asked == before)
    }
}

/// How a figure stands to the one before it in its series.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// They can be compared.
    Comparable,
    /// They can be compared, and the denominators differ by more than growth explains: whoever
    /// loaded them is asked.
    CheckBase {
        /// The denominator before, over the areas that both have.
        before: Number,
        /// The denominator now, over the same areas.
        after: Number,
    },
    /// Other areas are in it, so a difference says nothing.
    OtherAreas,
    /// Its base changed, as somebody stated: it is neither better nor worse.
    BaseChanged {
        /// Why, where the definition says so.
        reason: Option<String>,
    },
    /// Its definition is not comparable.
    Break {
        /// The version before.
        from: Option<u32>,
        /// Why, where the definition says so.
        reason: Option<String>,
    },
}

impl Step {
    /// Whether a difference between the two figures is one of what they measure.
    #[must_use]
    pub const fn is_comparable(&self) -> bool {
        match self {
            Self::Comparable | Self::CheckBase { .. } => true,
            Self::OtherAreas | Self::BaseChanged { .. } | Self::Break { .. } => false,
        }
    }

    /// Whether a line between the two would show a change that nobody measured.
    #[must_use]
    pub const fn cuts(&self) -> bool {
        matches!(self, Self::BaseChanged { .. } | Self::Break { .. })
    }

    /// What must be said beside the figure, with the period `before` and the `unit` that its
    /// denominators count; nothing if the two can be compared as they are.
    #[must_use]
    pub fn words(&self, before: Period, unit: &str) -> Option<String> {
        let because = |reason: &Option<String>| {
            let reason = reason.as_ref().map(|reason| format!(": {reason}"));
            reason.unwrap_or_default()
        };
        match self {
            // The figure says itself which areas are in it.
            Self::Comparable | Self::OtherAreas => None,
            Self::CheckBase {
                before: then,
                after,
            } => Some(format!(
                "check the base: {} {unit} in {before}, {} now: growth, or another base?",
                then.grouped(),
                after.grouped()
            )),
            Self::BaseChanged { reason } => {
                Some(format!("base changed since {before}{}", because(reason)))
            }
            Self::Break { from, reason } => {
                let version = from.map(|version| format!(" (version {version})"));
                let version = version.unwrap_or_default();
                Some(format!(
                    "not comparable with {before}{version}{}",
                    because(reason)
                ))
            }
        }
    }
}

/// How `after` stands to `before`, the last figure of its series, under the definitions of their
/// indicator.
#[must_use]
pub fn step(before: &Point, after: &Point, versions: &Versions) -> Step {
    let definition = |version: Option<u32>| versions.version(version?);
    let (then, now) = (definition(before.version), definition(after.version));
    if before.version != after.version || after.version.is_none() {
        let (relation, reason) = match (then, now) {
            (Some((then, _)), Some((now, _))) => relation(then, now, versions),
            (None, _) | (_, None) => (Relation::Broken, None),
        };
        if relation == Relation::Broken {
            let from = before.version;
            return Step::Break { from, reason };
        }
    }
    // Somebody may have stated it on any version: the population is the same one.
    let stated = versions
        .iter()
        .rev()
        .find_map(|(_, settings)| settings.base_changed(Some(before.period), after.period));
    if after.says_base_changed || stated.is_some() {
        let reason = stated.map(|change| change.reason.clone());
        return Step::BaseChanged { reason };
    }
    let areas = |point: &Point| {
        let areas = point.bases.iter().map(|base| base.area.clone());
        areas.collect::<Vec<_>>()
    };
    if areas(before) != areas(after) {
        return Step::OtherAreas;
    }
    check_base(before, after)
}

/// Compares the denominators. The areas of both are the same, in the same order; an area whose
/// growth somebody confirmed counts as it was before.
fn check_base(before: &Point, after: &Point) -> Step {
    let (mut then, mut now, mut open) = (Number::ZERO, Number::ZERO, Number::ZERO);
    for (before, after) in before.bases.iter().zip(&after.bases) {
        let (Some(one), Some(other)) = (before.denominator, after.denominator) else {
            continue;
        };
        then += one;
        now += other;
        open += if after.grew_from(one) { one } else { other };
    }
    if !is_another_base((before.period, then), (after.period, open)) {
        return Step::Comparable;
    }
    Step::CheckBase {
        before: then,
        after: now,
    }
}

/// The steps of a whole series: one for each figure after the first, in the order of `points`,
/// which are sorted by period and of one frequency.
#[must_use]
pub fn steps(points: &[Point], versions: &Versions) -> Vec<Step> {
    let pairs = points.windows(2);
    let pairs = pairs.filter_map(|pair| match pair {
        [before, after] => Some(step(before, after, versions)),
        _ => None,
    });
    pairs.collect()
}
