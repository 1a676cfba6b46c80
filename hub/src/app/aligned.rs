//! Everything from which the line of sight is made, once for each state of the hub: the records of
//! all teams, the books of their money, and the figures of their need.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use weft_shared::{
    alignment::{
        money::{Books, LineAmount, Owner},
        need::is_stated,
        recorded::{Cells, KINDS, Needs, Recorded, Recording, Told},
    },
    id::{AreaCode, IndicatorCode, LocationCode},
    model::{Audience, line::Line, observation::Breakdown, record::Record, schema::RecordKind},
    period::{Date, Period},
    rollup::{Cell, Member},
    time::{Timestamp, Zone},
};

use super::{AppError, Counted};
use crate::{
    aggregate::{
        reader::{CellFilter, Reader},
        stood::Stood,
    },
    store::{LocationRow, StoreError, rosters},
};

/// The records of all teams as they stand at one state of the hub, or stood at a moment.
#[derive(Debug)]
pub struct Aligned {
    /// The records, and the books of their money.
    pub recorded: Recorded,
    /// The network's locations, by code.
    pub locations: BTreeSet<LocationCode>,
    /// The day as of which they are, in the network's time zone.
    pub today: Date,
    /// Number of records of each location that were shared then and are gone since, because they
    /// were withdrawn or are no longer shared.
    pub gone: BTreeMap<LocationCode, usize>,
    /// The figures of need, read when somebody asks.
    cells: OnceLock<Cells>,
}

impl Counted<'_> {
    /// The records of all teams, as they stand or stood at this moment. They are read once for each
    /// state of the hub.
    ///
    /// # Errors
    /// If the store fails.
    pub fn aligned(&self) -> Result<Arc<Aligned>, AppError> {
        self.once(&self.shared.aligned, || {
            self.read_aligned(Audience::Network)
        })
    }

    /// The part of these records that people outside the network may have: what teams gave the
    /// audience `released`, and the network's own outcomes. It has no figures of need: theirs are
    /// those of releases.
    ///
    /// # Errors
    /// If the store fails.
    pub fn aligned_released(&self) -> Result<Arc<Aligned>, AppError> {
        let kept = &self.shared.aligned_released;
        self.once(kept, || self.read_aligned(Audience::Released))
    }

    /// The records and statements of all teams, as they stand or stood at this moment.
    pub(crate) fn stood(&self) -> Result<Stood<'_>, AppError> {
        Ok(match self.as_of {
            None => Stood::now(self.conn),
            Some(_) => Stood::at(self.conn, self.hub_seq, self.newest)?,
        })
    }

    /// The teams whose records count, with their numbers in the store: the hub, and the locations
    /// that are confirmed.
    pub(crate) fn teams(&self) -> Result<Vec<(Owner, LocationRow)>, AppError> {
        let mut teams = vec![(Owner::Hub, LocationRow::ZERO)];
        for member in self.network.members().filter(|one| one.counts()) {
            let id = member.place.location_id;
            let lix = id.map(|id| rosters::lix(self.conn, &id)).transpose()?;
            let owner = Owner::Location(member.code.clone());
            teams.extend(lix.flatten().map(|lix| (owner, lix)));
        }
        Ok(teams)
    }

    fn read_aligned(&self, reach: Audience) -> Result<Aligned, AppError> {
        let today = self.today();
        let (stood, zone) = (self.stood()?, self.network.zone());
        let mut recording = Recording::default();
        let mut gone: BTreeMap<LocationCode, usize> = BTreeMap::new();
        for (owner, lix) in self.teams()? {
            for kind in KINDS {
                let found = stood.records(lix, kind)?;
                let narrowed = self.narrowed(lix, kind, reach)?;
                let may_go = found.told.into_iter();
                let may_go = may_go.filter(|one| {
                    reaches(reach, &owner, &one.record) && !narrowed.contains(&one.record.id)
                });
                for one in may_go {
                    recording.record(Told {
                        owner: owner.clone(),
                        record: one.record,
                        named_on: one.named.map(|at: Timestamp| Zone::day(zone, at)),
                    });
                }
                if let Some(code) = owner.location().filter(|_| found.n_gone > 0) {
                    *gone.entry(code.clone()).or_default() += found.n_gone;
                }
            }
            for (key, said) in stood.said::<Line>(lix)? {
                if let Some(line) = LineAmount::of(key, said.iter().map(|one| one.amount)) {
                    recording.line(&owner, line);
                }
            }
        }
        let members = self.network.members();
        Ok(Aligned {
            recorded: recording.end(),
            locations: members.map(|one| one.code.clone()).collect(),
            today,
            gone,
            cells: OnceLock::new(),
        })
    }

    /// The need of each location by indicator, by the end of a period.
    ///
    /// # Errors
    /// If the store fails.
    pub fn needs(&self, aligned: &Aligned, period: Period) -> Result<Needs, AppError> {
        let cells = match aligned.cells.get() {
            Some(known) => known,
            None => {
                let made = self.need_cells(&aligned.recorded)?;
                aligned.cells.get_or_init(|| made)
            }
        };
        Ok(self.needs_by(aligned, cells, period))
    }

    /// The same by other figures, such as those of a release.
    pub(crate) fn needs_by(&self, aligned: &Aligned, cells: &Cells, period: Period) -> Needs {
        let areas = |member: &Member| -> Vec<AreaCode> {
            let areas = member.place.areas_on(period.end());
            areas.map(|area| area.code.clone()).collect()
        };
        let members = self.network.members();
        let locations = members.map(|one| (one.code.clone(), areas(one))).collect();
        let versions = |code: &_| self.network.versions(code);
        let recorded = &aligned.recorded;
        recorded.needs(&locations, cells, versions, period)
    }

    /// The figures of the parts of the population of which a need is asked.
    fn need_cells(&self, recorded: &Recorded) -> Result<Cells, StoreError> {
        let until = self.as_of.map(|_| self.hub_seq);
        let reader = Reader::new(self.conn, &self.network)?.until(until);
        let mut asked = BTreeSet::new();
        for member in self.network.members() {
            for indicator in recorded.indicators_of(&member.code) {
                let Some(versions) = self.network.versions(&indicator) else {
                    continue;
                };
                let parts = recorded.parts_of(&member.code, versions).into_iter();
                asked.extend(parts.map(|part| (indicator.clone(), part)));
            }
        }
        let mut cells = Cells::new();
        for (indicator, part) in &asked {
            let filter = CellFilter {
                indicator: Some(indicator.clone()),
                breakdown: Some(part.clone()),
                is_network: Some(false),
                location: None,
            };
            reader.cells(&filter, |cell| {
                if let Some(code) = cell.key.level.location() {
                    let key = (code.clone(), indicator.clone());
                    cells.entry(key).or_default().push(cell);
                }
            })?;
        }
        self.add_parts(recorded, (&reader, &asked), &mut cells)?;
        Ok(cells)
    }

    /// Adds the figures of other parts of the population where a location stated no total: they
    /// tell that something is reported.
    fn add_parts(
        &self,
        recorded: &Recorded,
        (reader, asked): (&Reader<'_>, &BTreeSet<(IndicatorCode, Breakdown)>),
        cells: &mut Cells,
    ) -> Result<(), StoreError> {
        let mut others: BTreeMap<IndicatorCode, bool> = BTreeMap::new();
        for member in self.network.members() {
            for indicator in recorded.indicators_of(&member.code) {
                let of_all = cells.get(&(member.code.clone(), indicator.clone()));
                if of_all.is_some_and(|cells| has_total(cells)) {
                    continue;
                }
                let is_asked = |part: Breakdown| asked.contains(&(indicator.clone(), part));
                let any = match others.get(&indicator) {
                    Some(any) => *any,
                    None => {
                        let labels = reader.labels(Some(&indicator))?.into_iter();
                        let any = labels.map(|one| one.breakdown).any(|part| !is_asked(part));
                        others.insert(indicator.clone(), any);
                        any
                    }
                };
                if !any {
                    continue;
                }
                let filter = CellFilter {
                    indicator: Some(indicator.clone()),
                    breakdown: None,
                    is_network: Some(false),
                    location: Some(member.code.clone()),
                };
                let mut more = Vec::new();
                reader.cells(&filter, |cell| {
                    if !is_asked(cell.key.breakdown.clone()) {
                        more.push(cell);
                    }
                })?;
                let key = (member.code.clone(), indicator);
                cells.entry(key).or_default().extend(more);
            }
        }
        Ok(())
    }
}

impl Aligned {
    /// All investments, ready to be counted.
    pub const fn books(&self) -> &Books {
        &self.recorded.books
    }
}

/// Whether a location stated a total in the first of all periods of which there is one.
fn has_total(cells: &[Cell]) -> bool {
    let totals = cells.iter();
    let totals = totals.filter(|cell| cell.key.breakdown == Breakdown::Total);
    let first = totals.min_by_key(|cell| (cell.key.period.end(), !is_stated(cell)));
    first.is_some_and(is_stated)
}

/// Whether a record may go to readers of this reach. The network's outcomes have no audience of
/// their own choice: they are what the national team itself says that it works for.
fn reaches(reach: Audience, owner: &Owner, record: &Record) -> bool {
    record.audience >= reach || (*owner == Owner::Hub && record.kind == RecordKind::Outcome)
}
