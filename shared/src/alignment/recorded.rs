//! The records and lines of teams, read as the line of sight takes them. Hub and node fill it from
//! their own stores and compute with the same functions.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
};

use super::{
    money::{Books, Invested, LineAmount, Owner},
    need::{Need, parts},
    read::{self, initiatives, marker},
    sight::{Given, Initiative, Marker, Outcome, shared},
};
use crate::{
    id::{AreaCode, IndicatorCode, LocationCode, RecordId},
    model::{
        indicator::Versions,
        investment::Investment,
        observation::Breakdown,
        outcome::{NetworkOutcome, OutcomeRef},
        places::Places,
        record::Record,
        schema::RecordKind,
        target::Target,
    },
    period::{Date, Period},
    rollup::Cell,
};

/// The kinds of records from which the line of sight is made.
pub const KINDS: [RecordKind; 6] = [
    RecordKind::Outcome,
    RecordKind::Initiative,
    RecordKind::Action,
    RecordKind::Marker,
    RecordKind::Target,
    RecordKind::Investment,
];

/// A record that its team shares with the network, live, with its team.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The team.
    pub owner: Owner,
    /// The record.
    pub record: Record,
    /// The day on which a priority was named, in the network's time zone.
    pub named_on: Option<Date>,
}

/// The records of all teams, or of those that a node has.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The network's outcomes and the locations' own.
    pub outcomes: Vec<Outcome>,
    /// The initiatives that locations share, with their shared actions.
    pub initiatives: Vec<Initiative>,
    /// The markers of system change that they share.
    pub markers: Vec<Marker>,
    /// The targets of each team.
    pub targets: BTreeMap<Owner, Vec<Target>>,
    /// The investments of each team, by id; none if only the books have them.
    pub investments: BTreeMap<(Owner, RecordId), Investment>,
    /// All of the investments with their lines, ready to be counted.
    pub books: Books,
}

/// The cells of each location and indicator, of any periods and parts.
pub type Cells = BTreeMap<(LocationCode, IndicatorCode), Vec<Cell>>;
/// The need of each location by indicator.
pub type Needs = BTreeMap<(LocationCode, IndicatorCode), Vec<Need>>;

/// The plan of one location, as far as it is shared.
#[derive(Debug, Default)]
struct Shared {
    initiatives: Vec<(RecordId, Record)>,
    actions: Vec<(RecordId, Record)>,
}

/// Records and lines on their way into [`Recorded`], in any order. Each is read as it comes, so
/// that ten thousand investments are not all in memory as records too.
#[derive(Debug, Default)]
pub struct Recording {
    outcomes: Vec<Outcome>,
    markers: Vec<Marker>,
    work: BTreeMap<LocationCode, Shared>,
    targets: BTreeMap<Owner, Vec<Target>>,
    investments: BTreeMap<(Owner, RecordId), Investment>,
    lines: BTreeMap<(Owner, RecordId), Vec<LineAmount>>,
    /// The places and outcomes of lines, each once.
    places: BTreeSet<Places>,
    of_lines: BTreeSet<Arc<BTreeSet<OutcomeRef>>>,
}

impl Recording {
    /// Takes a record. One that cannot be read is left out.
    pub fn record(&mut self, one: Told) {
        let location = one.owner.location();
        match (one.record.kind, location) {
            (RecordKind::Outcome, None) => {
                let read = NetworkOutcome::read(&one.record);
                self.outcomes.extend(read.as_ref().map(Outcome::of_network));
            }
            (RecordKind::Outcome, Some(code)) => {
                let id = one.record.id;
                let read = Outcome::of_location(code, id, &one.record, one.named_on);
                self.outcomes.extend(read);
            }
            (RecordKind::Initiative, Some(code)) => {
                let of_code = self.work.entry(code.clone()).or_default();
                of_code.initiatives.push((one.record.id, one.record));
            }
            (RecordKind::Action, Some(code)) => {
                let of_code = self.work.entry(code.clone()).or_default();
                of_code.actions.push((one.record.id, one.record));
            }
            (RecordKind::Marker, Some(code)) => {
                self.markers.push(marker(code, one.record.id, &one.record));
            }
            (RecordKind::Target, _) => {
                let of_owner = self.targets.entry(one.owner.clone()).or_default();
                of_owner.extend(Target::read(&one.record));
            }
            (RecordKind::Investment, _) => {
                let read = Investment::read(&one.record);
                self.investments
                    .extend(read.map(|read| ((one.owner.clone(), read.id), read)));
            }
            _ => {}
        }
    }

    /// Takes a line. It belongs to an investment of its own team: one for another team's is left
    /// out.
    pub fn line(&mut self, owner: &Owner, mut line: LineAmount) {
        once(&mut self.places, &mut line.key.places);
        once(&mut self.of_lines, &mut line.key.outcomes);
        let of = (owner.clone(), line.key.investment);
        self.lines.entry(of).or_default().push(line);
    }

    /// Makes the books of the money, once everything is here.
    #[must_use]
    pub fn end(mut self) -> Recorded {
        let investments = mem::take(&mut self.investments);
        let copies = investments.iter();
        let recorded = self.end_of(copies.map(|(key, one)| (key.clone(), one.clone())));
        Recorded {
            investments,
            ..recorded
        }
    }

    /// The same without the investments as they were recorded: only the books have them. A node
    /// reads no title or source there, and ten thousand would be in its memory twice.
    #[must_use]
    pub fn end_with_books(mut self) -> Recorded {
        let investments = mem::take(&mut self.investments);
        self.end_of(investments)
    }

    fn end_of(
        mut self,
        investments: impl IntoIterator<Item = ((Owner, RecordId), Investment)>,
    ) -> Recorded {
        let initiatives = self
            .work
            .iter()
            .flat_map(|(code, shared)| initiatives(code, &shared.initiatives, &shared.actions));
        let initiatives = initiatives.collect();
        let invested = investments.into_iter().map(|(key, one)| {
            let mut lines = self.lines.remove(&key).unwrap_or_default();
            lines.sort_by(|a, b| a.key.cmp(&b.key));
            lines.shrink_to_fit();
            Invested::new(key.0, one, lines)
        });
        let books = Books::of(invested, &shared(&self.outcomes));
        Recorded {
            outcomes: self.outcomes,
            initiatives,
            markers: self.markers,
            targets: self.targets,
            investments: BTreeMap::new(),
            books,
        }
    }
}

impl Recorded {
    /// The indicators of the outcomes that a location has: the network's, and its own.
    #[must_use]
    pub fn indicators_of(&self, location: &LocationCode) -> BTreeSet<IndicatorCode> {
        let outcomes = self.outcomes.iter().filter(|one| {
            let owner = one.owner.location();
            owner.is_none_or(|owner| owner == location)
        });
        outcomes.flat_map(|one| one.indicators.clone()).collect()
    }

    /// The parts of the population of which a location's need is asked: the total, and those with a
    /// target of its own or of the network.
    #[must_use]
    pub fn parts_of(&self, location: &LocationCode, versions: &Versions) -> Vec<Breakdown> {
        let [own, network] = self.targets_for(location);
        versions.newest().map_or_else(Vec::new, |definition| {
            parts(own.iter().chain(network), definition)
        })
    }

    /// The need of each of these locations, with its areas, by the end of a period. A part of the
    /// population without any figure has its reason.
    #[must_use]
    pub fn needs<'v>(
        &self,
        locations: &BTreeMap<LocationCode, Vec<AreaCode>>,
        cells: &Cells,
        versions: impl Fn(&IndicatorCode) -> Option<&'v Versions>,
        period: Period,
    ) -> Needs {
        let mut needs = Needs::new();
        for (location, areas) in locations {
            let [own, network] = self.targets_for(location);
            for indicator in self.indicators_of(location) {
                let Some(versions) = versions(&indicator) else {
                    continue;
                };
                let key = (location.clone(), indicator);
                let of_key = cells.get(&key).map_or(&[][..], Vec::as_slice);
                let found = read::needs(of_key, versions, areas, (own, network), period);
                needs.insert(key, found);
            }
        }
        needs
    }

    /// Everything from which the line of sight of a period is made, as of a day.
    #[must_use]
    pub const fn given<'g>(
        &'g self,
        (period, today): (Period, Date),
        locations: &'g BTreeSet<LocationCode>,
        needs: &'g Needs,
    ) -> Given<'g> {
        Given {
            period,
            today,
            locations,
            outcomes: self.outcomes.as_slice(),
            needs,
            initiatives: self.initiatives.as_slice(),
            markers: self.markers.as_slice(),
            books: &self.books,
        }
    }

    /// The location's own targets, and the network's.
    fn targets_for(&self, location: &LocationCode) -> [&[Target]; 2] {
        let of = |owner: &Owner| self.targets.get(owner).map_or(&[][..], Vec::as_slice);
        [of(&Owner::Location(location.clone())), of(&Owner::Hub)]
    }
}

/// Puts what is known already in the place of its equal, which takes no more memory then.
fn once<T: Ord + Clone>(known: &mut BTreeSet<T>, one: &mut T) {
    match known.get(one) {
        Some(same) => one.clone_from(same),
        None => {
            known.insert(one.clone());
        }
    }
}
