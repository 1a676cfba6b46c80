//! A row as the audit sees it.

use std::ops::{Deref, Range};

use super::system::index;
use crate::disclosure::before::Shown;

/// A row of one release. There are tens of thousands, and each is looked at beside others, so it is
/// small.
#[derive(Debug)]
pub(super) struct AuditRow<'a> {
    node: u32,
    /// The location's place in the node; the network has none.
    location: Option<u32>,
    pub(super) state: State,
    /// The true sums of its atoms.
    pub(super) numerator: Option<i64>,
    pub(super) base: Option<i64>,
    /// The shown counts, if it was or will be shown.
    pub(super) shown: Option<ShownAs<'a>>,
    /// Its constraints, which follow each other.
    pub(super) constraints: Range<u32>,
}

/// The shown counts of a row, where they are.
#[derive(Debug)]
pub(super) enum ShownAs<'a> {
    /// In this release, or an earlier one.
    Released(&'a Shown),
    /// An office published them.
    Known(Box<Shown>),
}

impl Deref for ShownAs<'_> {
    type Target = Shown;

    fn deref(&self) -> &Shown {
        match self {
            Self::Released(shown) => shown,
            Self::Known(shown) => shown,
        }
    }
}

impl PartialEq for ShownAs<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<'a> AuditRow<'a> {
    pub(super) fn new(
        (node, location): (usize, Option<usize>),
        (numerator, base): (Option<i64>, Option<i64>),
        (shown, state): (Option<ShownAs<'a>>, State),
    ) -> Self {
        Self {
            node: index(node),
            location: location.map(index),
            state: match shown {
                Some(_) => state,
                None => State::Withheld,
            },
            numerator,
            base,
            shown,
            constraints: 0..0,
        }
    }

    pub(super) const fn node(&self) -> usize {
        self.node as usize
    }

    pub(super) fn location(&self) -> Option<usize> {
        self.location.map(|at| at as usize)
    }

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
