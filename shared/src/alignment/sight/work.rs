//! The work that locations share, by outcome.

use std::collections::{BTreeMap, BTreeSet};

use super::{Given, shared};
use crate::{
    alignment::money::{Owner, Row, SharedOutcomes, heads::rows},
    id::{LocationCode, RecordId},
    model::{
        outcome::OutcomeRef,
        plan::{ActionState, InitiativeStatus},
    },
    period::{Date, Period, day_words},
};

/// Said beside every count of work.
pub const NOT_COUNTED: &str = "records that a team keeps to itself are not counted";

/// The same for a period. Priorities and work are as they stand on the day of the question, so a
/// period that has ended says that they are of that day.
#[must_use]
pub fn not_counted(period: Period, today: Date) -> String {
    match period.end() < today {
        true => format!(
            "{NOT_COUNTED}; priority and work are as of {}, not of the period",
            day_words(today)
        ),
        false => NOT_COUNTED.to_owned(),
    }
}

/// An initiative that a location shares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Initiative {
    /// The id of its record.
    pub id: RecordId,
    /// Its name.
    pub name: String,
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
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    /// The id of its record.
    pub id: RecordId,
    /// The thing to be done.
    pub what: String,
    /// Its state; without one it is open.
    pub state: Option<ActionState>,
    /// The day by which it should be done.
    pub due: Option<Date>,
}

/// A marker of system change that a location shares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Marker {
    /// The id of its record.
    pub id: RecordId,
    /// The condition that shifted.
    pub condition: String,
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
    pub const fn is_open(&self) -> bool {
        matches!(
            self.state,
            None | Some(ActionState::Planned | ActionState::Doing)
        )
    }

    /// Whether it is open and its day has passed.
    #[must_use]
    pub fn is_overdue(&self, today: Date) -> bool {
        self.is_open() && self.due.is_some_and(|due| due < today)
    }
}

impl Marker {
    /// Whether it was seen in a period.
    #[must_use]
    pub fn is_of(&self, period: Period) -> bool {
        let seen = self.on;
        seen.is_some_and(|on| period.start() <= on && on <= period.end())
    }
}

/// The rows of the outcomes of a location's work.
fn rows_of(
    location: &LocationCode,
    outcomes: &BTreeSet<OutcomeRef>,
    shared: &SharedOutcomes,
) -> BTreeSet<Row> {
    rows(&Owner::Location(location.clone()), outcomes, shared)
}

impl<'g> Given<'g> {
    /// The initiatives and markers that [`Work`] counts for an outcome in a location.
    #[must_use]
    pub fn work_of(
        &self,
        row: &Row,
        location: &LocationCode,
    ) -> (Vec<&'g Initiative>, Vec<&'g Marker>) {
        let shared = shared(self.outcomes);
        let is_of = |of: &LocationCode, outcomes| {
            of == location && rows_of(of, outcomes, &shared).contains(row)
        };
        let initiatives = self.initiatives.iter();
        let initiatives = initiatives.filter(|one| is_of(&one.location, &one.outcomes));
        let markers = self.markers.iter().filter(|one| one.is_of(self.period));
        let markers = markers.filter(|one| is_of(&one.location, &one.outcomes));
        (initiatives.collect(), markers.collect())
    }
}

/// The work of every outcome and location.
pub(super) struct Table(BTreeMap<(Row, LocationCode), Work>);

impl Table {
    pub(super) fn of(given: &Given<'_>) -> Self {
        let shared = shared(given.outcomes);
        let mut table: BTreeMap<(Row, LocationCode), Work> = BTreeMap::new();
        for one in given.initiatives {
            let count = |is: &dyn Fn(&&Action) -> bool| one.actions.iter().filter(is).count();
            let n_open = count(&|action| action.is_open());
            let n_overdue = count(&|action| action.is_overdue(given.today));
            for row in rows_of(&one.location, &one.outcomes, &shared) {
                let work = table.entry((row, one.location.clone())).or_default();
                let stage = one.status.map_or(Stage::NotStated, Stage::Of);
                *work.initiatives.entry(stage).or_default() += 1;
                work.n_open += n_open;
                work.n_overdue += n_overdue;
            }
        }
        for one in given.markers.iter().filter(|one| one.is_of(given.period)) {
            for row in rows_of(&one.location, &one.outcomes, &shared) {
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
