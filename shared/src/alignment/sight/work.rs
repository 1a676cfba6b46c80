//! The work that locations share, by outcome.

use std::collections::{BTreeMap, BTreeSet};

use super::{Given, shared};
use crate::{
    alignment::money::Row,
    id::LocationCode,
    model::{
        outcome::OutcomeRef,
        plan::{ActionState, InitiativeStatus},
    },
    period::Date,
};

/// Said beside every count of work.
pub const NOT_COUNTED: &str = "records that a team keeps to itself are not counted";

/// An initiative that a location shares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Initiative {
    /// The location.
    pub location: LocationCode,
    /// The outcomes that it works towards.
    pub outcomes: BTreeSet<OutcomeRef>,
    /// Its stage, if one is stated.
    pub status: Option<InitiativeStatus>,
    /// Its shared actions.
    pub actions: Vec<Action>,
}

/// An action of an initiative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Action {
    /// Its state; without one it is open.
    pub state: Option<ActionState>,
    /// The day by which it should be done.
    pub due: Option<Date>,
}

/// A marker of system change that a location shares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Marker {
    /// The location.
    pub location: LocationCode,
    /// The outcomes that it is a sign of.
    pub outcomes: BTreeSet<OutcomeRef>,
    /// The day on which it was seen.
    pub on: Option<Date>,
}

/// The work for one outcome in one location.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Work {
    /// Number of initiatives by stage; those without one last.
    pub initiatives: BTreeMap<Stage, usize>,
    /// Number of actions that are not finished or given up.
    pub n_open: usize,
    /// Number of open actions whose day has passed.
    pub n_overdue: usize,
    /// Number of markers that were seen in the period.
    pub n_markers: usize,
}

/// The stage of an initiative, or that none is stated, which sorts last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// This stage.
    Of(InitiativeStatus),
    /// None is stated.
    NotStated,
}

impl Action {
    /// Whether it is not finished and not given up.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(
            self.state,
            None | Some(ActionState::Planned | ActionState::Doing)
        )
    }
}

/// The work of every outcome and location.
pub(super) struct Table(BTreeMap<(Row, LocationCode), Work>);

impl Table {
    pub(super) fn of(given: &Given<'_>) -> Self {
        let shared = shared(given.outcomes);
        // Two of a location's own outcomes may be one of the network's: each thing counts once.
        let rows = |outcomes: &BTreeSet<OutcomeRef>| {
            let rows = outcomes.iter().map(|outcome| {
                let code = match outcome {
                    OutcomeRef::Own(id) => shared.get(id).cloned(),
                    OutcomeRef::Network(_) => None,
                };
                Row::Of(code.map_or_else(|| outcome.clone(), OutcomeRef::Network))
            });
            rows.collect::<BTreeSet<Row>>()
        };
        let mut table: BTreeMap<(Row, LocationCode), Work> = BTreeMap::new();
        for one in given.initiatives {
            let open = one.actions.iter().filter(|action| action.is_open());
            let overdue = open.clone().filter(|action| {
                let due = action.due;
                due.is_some_and(|due| due < given.today)
            });
            let (n_open, n_overdue) = (open.count(), overdue.count());
            for row in rows(&one.outcomes) {
                let work = table.entry((row, one.location.clone())).or_default();
                let stage = one.status.map_or(Stage::NotStated, Stage::Of);
                *work.initiatives.entry(stage).or_default() += 1;
                work.n_open += n_open;
                work.n_overdue += n_overdue;
            }
        }
        let (start, end) = (given.period.start(), given.period.end());
        let seen = |one: &&Marker| one.on.is_some_and(|on| start <= on && on <= end);
        for one in given.markers.iter().filter(seen) {
            for row in rows(&one.outcomes) {
                let work = table.entry((row, one.location.clone())).or_default();
                work.n_markers += 1;
            }
        }
        Self(table)
    }

    /// The outcomes and locations that have any.
    pub(super) fn keys(&self) -> impl Iterator<Item = &(Row, LocationCode)> {
        self.0.keys()
    }

    pub(super) fn get(&self, key: &(Row, LocationCode)) -> Option<Work> {
        self.0.get(key).cloned()
    }
}
