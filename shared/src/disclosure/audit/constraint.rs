//! Constraints on sums of atoms, and how far each sum is from its bounds.

/// A sum of atoms that something published bounds, or that a relation makes zero.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    /// Its atoms, each once: those of `terms` from here.
    pub(super) start: u32,
    /// The first of the atoms that are subtracted.
    pub(super) minus: u32,
    pub(super) end: u32,
    /// Whether it is still published.
    pub(super) holds: bool,
}

/// By how much the sum of a constraint may shrink and grow at present. A search looks at millions
/// of them in no order, so they are apart from the rest of a constraint and small.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slack {
    pub(super) down: i32,
    pub(super) up: i32,
}

/// More than any search moves a sum by. A bound further away than this is none.
const SLACK_MAX: i32 = i32::MAX / 2;

impl Slack {
    pub(super) const NO_BOUNDS: Self = Self {
        down: SLACK_MAX,
        up: SLACK_MAX,
    };

    pub(super) fn of(sum: i64, (low, high): (i64, i64)) -> Self {
        let slack = |room: i64| i32::try_from(room).map_or(SLACK_MAX, |room| room.min(SLACK_MAX));
        Self {
            down: slack(sum.saturating_sub(low)),
            up: slack(high.saturating_sub(sum)),
        }
    }

    pub(super) const fn moved(self, by: i32) -> Self {
        Self {
            down: self.down + by,
            up: self.up - by,
        }
    }

    pub(super) const fn is_met(self) -> bool {
        self.down >= 0 && self.up >= 0
    }
}

/// A constraint of an atom, and the sign that the atom has in it.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Member(u32);

impl Member {
    /// # Panics
    /// If a group has two thousand million constraints.
    pub(super) fn new(constraint: u32, is_minus: bool) -> Self {
        assert!(constraint <= u32::MAX / 2, "a sign fits beside it");
        Self(constraint << 1 | u32::from(is_minus))
    }

    pub(super) const fn constraint(self) -> u32 {
        self.0 >> 1
    }

    /// By how much a step of the atom moves the sum.
    pub(super) const fn moves(self, step: i32) -> i32 {
        if self.0 & 1 == 0 { step } else { -step }
    }
}
