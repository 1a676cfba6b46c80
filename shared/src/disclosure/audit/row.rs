//! A row as the audit sees it.

use std::ops::Range;

use crate::disclosure::before::Shown;

/// A row of one release.
#[derive(Debug)]
pub(super) struct AuditRow {
    pub(super) node: usize,
    /// The location's place in the node; the network has none.
    pub(super) location: Option<usize>,
    pub(super) state: State,
    /// The true sums of its atoms.
    pub(super) numerator: Option<i64>,
    pub(super) base: Option<i64>,
    /// The shown counts, if it was or will be shown.
    pub(super) shown: Option<Shown>,
    /// Its constraints, which follow each other.
    pub(super) constraints: Range<u32>,
}

impl AuditRow {
    /// Whether another numerator and base are larger by less than `least`, or equal.
    pub(super) fn is_near(&self, other: &Self, least: i64) -> (bool, bool) {
        let near = |one: Option<i64>, two: Option<i64>| {
            let pair = one.zip(two);
            pair.is_some_and(|(one, two)| (0..least).contains(&(two - one)))
        };
        (
            near(self.numerator, other.numerator),
            near(self.base, other.base),
        )
    }
}

/// The state of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// An earlier release shows it.
    Fixed,
    /// It will be shown.
    Open,
    /// The rules about single rows withheld it, or an earlier release did.
    Withheld,
    /// The audit withheld it.
    Audited,
}
