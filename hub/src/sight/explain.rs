//! A cell of the line of sight, down to the signed entries that it is made of.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::list::{Column as Head, Datum, List};
use weft_shared::{
    alignment::{
        money::{Column, Contribution, InvestmentKey, Moved, Owner, Row},
        need::Need,
        recorded::Needs,
        sight::{Cell, NOT_COUNTED, SightRow},
    },
    id::{DeviceId, LocationCode, RecordId},
    model::{
        line::Line, observation::Breakdown, outcome::OutcomeRef, plan::InitiativeStatus,
        schema::RecordKind,
    },
    time::Timestamp,
};

use super::{
    SightAsked, SightView, need_words,
    words::{measure_words, range_words},
};
use crate::{
    aggregate::sources::{Origin, Sources},
    app::{AppError, Counted, OfLocations, Unrecorded},
    store::LocationRow,
};

/// One thing that a cell is made of.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The outcome, its code or the id of a location's own.
    pub outcome: Row,
    /// The location.
    pub location: Column,
    /// The mark that it is part of: need, priority, work or money.
    pub part: &'static str,
    /// The thing, in words.
    pub what: String,
    /// The signed entry that states it; none for what is computed.
    pub source: Option<Source>,
}

/// A signed entry.
#[derive(Clone, Debug)]
pub struct Source {
    /// The team that states it.
    pub team: Owner,
    /// The name of its device.
    pub device: String,
    /// When it was made, by the clock of the device.
    pub at: Option<Timestamp>,
    /// The number of the entry in the log of the device.
    pub entry: Option<u64>,
}

impl OfLocations for Vec<Explained> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let columns = self.iter().filter_map(|one| match &one.location {
            Column::Of(code) => Some(code),
            Column::NotStated => None,
        });
        let sources = self.iter().filter_map(|one| one.source.as_ref());
        let teams = sources.filter_map(|one| one.team.location());
        columns.chain(teams).cloned().collect()
    }
}

impl Counted<'_> {
    /// Explains the cells that were asked for: everything that they are made of, with who stated
    /// it, on which device and when.
    ///
    /// # Errors
    /// If there is no such outcome or location, or the store fails.
    pub fn explain_sight(
        &self,
        asked: &SightAsked,
    ) -> Result<Unrecorded<Vec<Explained>>, AppError> {
        let view = self.sight(asked)?.unshown();
        let stood = self.stood()?;
        let devices = self.devices()?.into_iter();
        let teams = self.teams()?.into_iter();
        let mut explaining = Explaining {
            at: self,
            view: &view,
            sources: Sources::new(&stood),
            teams: teams.collect(),
            devices: devices.map(|one| (one.id, one.name)).collect(),
            all: Vec::new(),
        };
        for (row, cell) in view.cells().filter(|(_, cell)| !cell.is_empty()) {
            explaining.cell(row, cell)?;
        }
        Ok(Unrecorded::new(explaining.all))
    }
}

struct Explaining<'v, 's, 'a> {
    at: &'v Counted<'v>,
    view: &'v SightView,
    sources: Sources<'s, 'a>,
    teams: BTreeMap<Owner, LocationRow>,
    devices: BTreeMap<DeviceId, String>,
    all: Vec<Explained>,
}

impl Explaining<'_, '_, '_> {
    fn cell(&mut self, row: &SightRow, cell: &Cell) -> Result<(), AppError> {
        self.needs(row, cell)?;
        self.priority(row, cell)?;
        self.work(row, cell)?;
        self.money(row, cell)
    }

    fn add(&mut self, at: (&SightRow, &Cell), part: &'static str, said: (String, Option<Source>)) {
        self.all.push(Explained {
            outcome: at.0.head.clone(),
            location: at.1.column.clone(),
            part,
            what: said.0,
            source: said.1,
        });
    }

    fn needs(&mut self, row: &SightRow, cell: &Cell) -> Result<(), AppError> {
        if cell.needs.is_empty() {
            return Ok(());
        }
        self.add((row, cell), "need", (need_words(cell), None));
        for need in &cell.needs {
            let definition = self.view.definitions.get(&need.indicator);
            let name = definition.map(|one| format!("{} ({})", one.name, one.code));
            let name = name.unwrap_or_else(|| need.indicator.to_string());
            self.add((row, cell), "need", (need_line(&name, need), None));
            let (Some(figure), Column::Of(code)) = (&need.figure, &cell.column) else {
                continue;
            };
            let of = (need.indicator.clone(), figure.period, need.part.clone());
            let found = self.at.explain(of.0, of.1, of.2, Some(code.clone()));
            let text = match found {
                Ok(found) => {
                    let mut found = found.unshown();
                    found.devices.clone_from(&self.devices);
                    found.to_string()
                }
                // Nothing that makes a figure: the line above says so.
                Err(AppError::NoFigure(_)) => continue,
                Err(error) => return Err(error),
            };
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                self.add((row, cell), "need", (line.trim().to_owned(), None));
            }
        }
        Ok(())
    }

    /// The outcomes of a location that are this row.
    fn own(&self, row: &SightRow, code: &LocationCode) -> Vec<RecordId> {
        let owner = Owner::Location(code.clone());
        let outcomes = self.view.aligned.recorded.outcomes.iter();
        let own = outcomes.filter_map(|one| match &one.of {
            OutcomeRef::Own(id) if one.owner == owner => {
                (one.row() == row.head && one.priority.is_some()).then_some(*id)
            }
            OutcomeRef::Own(_) | OutcomeRef::Network(_) => None,
        });
        own.collect()
    }

    fn priority(&mut self, row: &SightRow, cell: &Cell) -> Result<(), AppError> {
        let (Some(priority), Column::Of(code)) = (&cell.priority, &cell.column) else {
            return Ok(());
        };
        let by = priority.by.as_ref();
        let by = by.map_or_else(String::new, |by| format!(", decided by {by}"));
        let why = priority.why.as_ref();
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        let owner = Owner::Location(code.clone());
        let kind = RecordKind::Outcome;
        for id in self.own(row, code) {
            let source = self.record(&owner, kind, (&id, Some("priority")))?;
            let what = format!("named as a priority on {}{by}{why}", priority.on);
            self.add((row, cell), "priority", (what, source));
        }
        Ok(())
    }

    fn work(&mut self, row: &SightRow, cell: &Cell) -> Result<(), AppError> {
        let words = super::work_words(&cell.work);
        if cell.work != Default::default() {
            self.add(
                (row, cell),
                "work",
                (format!("{words}; {NOT_COUNTED}"), None),
            );
        }
        let Column::Of(code) = &cell.column else {
            return Ok(());
        };
        let (aligned, owner) = (&self.view.aligned, Owner::Location(code.clone()));
        let (days, needs) = ((self.view.period, aligned.today), Needs::new());
        let given = aligned.recorded.given(days, &aligned.locations, &needs);
        let (initiatives, markers) = given.work_of(&row.head, code);
        let mut named: Vec<(RecordKind, RecordId, String)> = Vec::new();
        for one in initiatives {
            let stage = one
                .status
                .map_or("stage not stated", InitiativeStatus::label);
            let what = format!("initiative \"{}\", {stage}", one.name);
            named.push((RecordKind::Initiative, one.id, what));
            for action in one.actions.iter().filter(|action| action.is_open()) {
                let due = action.due.map(|due| match action.is_overdue(days.1) {
                    true => format!(", overdue since {due}"),
                    false => format!(", due {due}"),
                });
                let what = format!(
                    "action \"{}\", open{}",
                    action.what,
                    due.unwrap_or_default()
                );
                named.push((RecordKind::Action, action.id, what));
            }
        }
        for one in markers {
            let on = one.on.map(|on| format!(", seen on {on}"));
            let what = format!("marker \"{}\"{}", one.condition, on.unwrap_or_default());
            named.push((RecordKind::Marker, one.id, what));
        }
        for (kind, id, what) in named {
            let source = self.record(&owner, kind, (&id, None))?;
            self.add((row, cell), "work", (what, source));
        }
        Ok(())
    }

    /// Adds a change that another statement made to the money of a cell.
    fn moved(&mut self, at: (&SightRow, &Cell), moved: &Moved) -> Result<(), AppError> {
        let (by, what) = match moved {
            Moved::Part(part, whole) => {
                let (part_title, whole) = (self.title(part), self.title(whole));
                (
                    part,
                    format!("{part_title} was taken off {whole} as a part of it"),
                )
            }
            Moved::Outcomes(by, whole) => {
                let whole = self.title(whole);
                (by, format!("{} states the outcomes of {whole}", by.0))
            }
            Moved::Spent(by, whole) => {
                let whole = self.title(whole);
                let what = format!(
                    "{} says what was spent in it of {whole}: that is taken off the national \
                     team’s lines for several locations",
                    by.0
                );
                (by, what)
            }
        };
        let field = match moved {
            Moved::Part(..) => Some("part_of"),
            Moved::Outcomes(..) | Moved::Spent(..) => None,
        };
        let source = self.record(&by.0, RecordKind::Investment, (&by.1, field))?;
        self.add(at, "money", (what, source));
        Ok(())
    }

    fn money(&mut self, row: &SightRow, cell: &Cell) -> Result<(), AppError> {
        let books = self.view.aligned.books();
        let explained = books.explain(self.view.period, &row.head, &cell.column);
        for words in super::words::money_words(&explained.figures) {
            self.add((row, cell), "money", (words, None));
        }
        let rests: BTreeSet<InvestmentKey> = explained
            .contributions
            .iter()
            .filter(|one| one.counts && one.line.is_none())
            .map(|one| (one.owner.clone(), one.id))
            .collect();
        for one in explained.contributions {
            let source = match &one.line {
                Some(key) => {
                    let lix = self.teams.get(&one.owner).copied();
                    let found = lix.map(|lix| self.sources.said::<Line>(lix, key));
                    let origin = found.transpose()?.flatten();
                    origin.map(|origin| self.source(&one.owner, origin))
                }
                None => {
                    let kind = RecordKind::Investment;
                    self.record(&one.owner, kind, (&one.id, None))?
                }
            };
            let key = (one.owner.clone(), one.id);
            let is_read_again = !one.counts && one.line.is_none() && rests.contains(&key);
            let what = self.contribution(&one, is_read_again);
            self.add((row, cell), "money", (what, source));
            self.mapped(row, cell, &one)?;
        }
        for moved in &explained.moved {
            self.moved((row, cell), moved)?;
        }
        let listed = [
            (&cell.proposed, "proposed, in no sum"),
            (&cell.withheld, "no amount, in no sum"),
        ];
        for (keys, why) in listed {
            for key in keys {
                let what = format!("{}: {why}", self.title(key));
                let source = self.record(&key.0, RecordKind::Investment, (&key.1, None))?;
                self.add((row, cell), "money", (what, source));
            }
        }
        Ok(())
    }

    /// Adds the word of a team that its own outcome is the network's, by which its money is here.
    fn mapped(&mut self, row: &SightRow, cell: &Cell, one: &Contribution) -> Result<(), AppError> {
        if !matches!(row.head, Row::Network(_)) {
            return Ok(());
        }
        let outcomes = self.view.aligned.recorded.outcomes.iter();
        let own = outcomes.filter_map(|outcome| match &outcome.of {
            OutcomeRef::Own(id) if outcome.owner == one.owner && outcome.row() == row.head => {
                Some((*id, outcome.name.clone()))
            }
            OutcomeRef::Own(_) | OutcomeRef::Network(_) => None,
        });
        let recorded = &self.view.aligned.recorded.investments;
        let whole = recorded.get(&(one.owner.clone(), one.id));
        let named = match (&one.line, whole) {
            (Some(key), _) => (*key.outcomes).clone(),
            (None, Some(whole)) => whole.outcomes.clone(),
            (None, None) => return Ok(()),
        };
        let own: Vec<_> = own
            .filter(|(id, _)| named.contains(&OutcomeRef::Own(*id)))
            .collect();
        for (id, name) in own {
            let kind = RecordKind::Outcome;
            let source = self.record(&one.owner, kind, (&id, Some("shared")))?;
            let what = format!(
                "{} states that its outcome \"{name}\" is this one",
                one.owner
            );
            self.add((row, cell), "money", (what, source));
        }
        Ok(())
    }

    fn title(&self, key: &InvestmentKey) -> String {
        let found = self.view.aligned.recorded.investments.get(key);
        found.map_or_else(
            || key.1.to_string(),
            |one| format!("\"{}\" of {}", one.title, one.funder.0),
        )
    }

    /// A line or a rest in words; of a rest, whether it is what another reading leaves.
    fn contribution(&self, one: &Contribution, is_read_again: bool) -> String {
        let amount = range_words(&one.amount);
        let (from, to) = one.days;
        let what = measure_words(one.measure);
        let mut words = format!(
            "{} {amount} {what}, {from} to {to}, {}",
            one.purse,
            self.title(&(one.owner.clone(), one.id))
        );
        if one.is_shared {
            words.push_str("; for this among others, so it is added nowhere");
        }
        if is_read_again {
            words.push_str("; so much is left if what another team states counts");
        } else if !one.counts {
            words.push_str("; another team's statement of it counts");
        }
        if one.is_within {
            words.push_str("; a line whose period it is in or overlaps counts");
        }
        if one.is_partly {
            words.push_str("; it runs beyond the period, so it is in no sum");
        }
        words
    }

    fn record(
        &mut self,
        owner: &Owner,
        kind: RecordKind,
        of: (&RecordId, Option<&str>),
    ) -> Result<Option<Source>, AppError> {
        let Some(lix) = self.teams.get(owner).copied() else {
            return Ok(None);
        };
        let origin = self.sources.record(lix, kind, of)?;
        Ok(origin.map(|origin| self.source(owner, origin)))
    }

    fn source(&self, owner: &Owner, origin: Origin) -> Source {
        let device = origin.device.and_then(|id| self.devices.get(&id));
        Source {
            team: owner.clone(),
            device: device.cloned().unwrap_or_default(),
            at: origin.at,
            entry: origin.entry,
        }
    }
}

/// A need with its numbers, after the name of its indicator.
fn need_line(name: &str, need: &Need) -> String {
    let part = match need.part {
        Breakdown::Total => String::new(),
        ref part => format!(", {}", part.typed()),
    };
    let figure = need.figure.as_ref().map(|figure| {
        let value = figure
            .value
            .map_or_else(|| "no value".to_owned(), |value| value.to_string());
        let parts = figure.numerator.zip(figure.denominator);
        let parts = parts.map(|(a, b)| format!(" ({} of {})", a.grouped(), b.grouped()));
        format!(" {value}{} in {}", parts.unwrap_or_default(), figure.period)
    });
    let target = need.target.as_ref().map(|target| {
        let by = target.period.map(|period| format!(" by {period}"));
        format!(
            ", target {}{} of the {}",
            target.value,
            by.unwrap_or_default(),
            target.of.word()
        )
    });
    let gap = need.gap.map(|gap| format!(", gap {gap}"));
    let change = need
        .change
        .as_ref()
        .map(|change| format!(", change {} from {}", change.by, change.before.period));
    let remarks = need.remarks.iter().map(|remark| format!("; {remark}"));
    let told = format!(
        "{}{}{}{}{}",
        figure.unwrap_or_default(),
        target.unwrap_or_default(),
        gap.unwrap_or_default(),
        change.unwrap_or_default(),
        remarks.collect::<String>()
    );
    let told = told.trim_start_matches([';', ' ']);
    format!("{name}{part}: {told}")
}

/// Everything that cells are made of, a row each.
pub const EXPLAINED: List<Explained> = List::new(&[
    Head::new("outcome", |one: &Explained| Datum::text(&one.outcome)),
    Head::new("location_code", |one: &Explained| {
        Datum::text(&one.location)
    }),
    Head::new("part", |one: &Explained| one.part.into()),
    Head::new("what", |one: &Explained| (&*one.what).into()),
    Head::new("team", |one: &Explained| {
        one.source
            .as_ref()
            .map(|source| Datum::text(&source.team))
            .into()
    }),
    Head::new("device", |one: &Explained| {
        one.source.as_ref().map(|source| &*source.device).into()
    }),
    Head::new("at", |one: &Explained| {
        one.source.as_ref().and_then(|source| source.at).into()
    }),
    Head::new("entry", |one: &Explained| {
        one.source.as_ref().and_then(|source| source.entry).into()
    }),
])
.none("Nothing is known of this.");
