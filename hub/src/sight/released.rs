//! Need by the figures of releases, for people outside the network: counts as disclosure control
//! shows them, beside the network's targets and those that locations released.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use weft_host::csv;
use weft_shared::{
    alignment::{
        money::{Column as Place, Owner, Row},
        need::{Asked, Need, parts},
        recorded::{Cells, Needs},
    },
    id::{IndicatorCode, LocationCode},
    model::{observation::Breakdown, release::ReleaseId},
    period::Period,
    rollup::{Cell, Level},
};

use super::{NEEDS, NeedLine, SightAsked, SightView};
use crate::{
    app::{AppError, Counted, OfLocations, Unrecorded},
    release::Standing,
};

/// A need, with the release whose figures it is made of.
#[derive(Clone, Debug)]
pub struct ReleasedNeed {
    /// The release.
    pub release: ReleaseId,
    /// The need.
    pub line: NeedLine,
}

/// The needs of some releases, and the locations that they tell of.
#[derive(Clone, Debug, Default)]
pub struct ReleasedNeeds {
    /// By release, outcome and location, the whole network last.
    pub rows: Vec<ReleasedNeed>,
    locations: BTreeSet<LocationCode>,
}

/// Those who made the releases, and those whose own outcomes and targets stand beside them.
impl OfLocations for ReleasedNeeds {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.locations.clone()
    }
}

/// The figures of one release, by level.
#[derive(Default)]
struct Levels {
    locations: Cells,
    network: BTreeMap<IndicatorCode, Vec<Cell>>,
}

impl Levels {
    fn of(release: &Standing) -> Self {
        let mut levels = Self::default();
        for cell in release.cells() {
            let indicator = cell.key.indicator.clone();
            let cells = match cell.key.level.clone() {
                Level::Location(code) => levels.locations.entry((code, indicator)).or_default(),
                Level::Network => levels.network.entry(indicator).or_default(),
            };
            cells.push(cell);
        }
        levels
    }
}

impl Counted<'_> {
    /// The line of sight of what people outside the network may have, without need.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn released_sight(&self, period: Period) -> Result<SightView, AppError> {
        let asked = SightAsked {
            period: Some(period),
            ..SightAsked::default()
        };
        let (view, _) = self.sight_by(&asked, &self.aligned_released()?, &Needs::new())?;
        Ok(view)
    }

    /// The need by the figures of releases: of each location that has rows of its own there, and of
    /// the whole network.
    ///
    /// # Errors
    /// If there is no such outcome or location, or the store fails.
    pub(crate) fn released_needs(
        &self,
        asked: &SightAsked,
        releases: &[Standing],
    ) -> Result<Unrecorded<ReleasedNeeds>, AppError> {
        let aligned = self.aligned_released()?;
        let period = asked
            .period
            .unwrap_or_else(|| Period::fiscal_year(aligned.today));
        let mut found = ReleasedNeeds::default();
        // The parameters are looked up, even if nothing has gone out.
        self.sight_by(
            asked,
            &aligned,
            &self.needs_by(&aligned, &Cells::new(), period),
        )?;
        for release in releases {
            let levels = Levels::of(release);
            let needs = self.needs_by(&aligned, &levels.locations, period);
            let (view, _) = self.sight_by(asked, &aligned, &needs)?;
            let mut lines = view.needs();
            lines.retain(|line| {
                let code = match &line.location {
                    Some(Place::Of(code)) => code.clone(),
                    Some(Place::NotStated) | None => return false,
                };
                let key = (code, line.need.indicator.clone());
                levels.locations.contains_key(&key)
            });
            if asked.location.is_none() {
                lines.extend(self.of_network(&view, &levels.network));
            }
            found.add(release, &view, lines);
        }
        Ok(Unrecorded::new(found))
    }

    /// The need of the whole network for each of its outcomes.
    fn of_network(
        &self,
        view: &SightView,
        cells: &BTreeMap<IndicatorCode, Vec<Cell>>,
    ) -> Vec<NeedLine> {
        let recorded = &view.aligned.recorded;
        let targets = recorded.targets.get(&Owner::Hub);
        let targets = targets.map_or(&[][..], Vec::as_slice);
        let mut lines = Vec::new();
        for row in &view.sight.rows {
            let mut outcomes = recorded.outcomes.iter();
            let outcome = outcomes.find(|one| one.row() == row.head);
            let outcome = outcome.filter(|one| one.owner == Owner::Hub);
            let indicators = outcome.map_or(&[][..], |one| one.indicators.as_slice());
            for (code, cells) in indicators
                .iter()
                .filter_map(|code| cells.get_key_value(code))
            {
                let Some(versions) = self.network().versions(code) else {
                    continue;
                };
                let newest = versions.newest();
                let parts = newest.map_or_else(Vec::new, |newest| parts(targets, newest));
                let needs = parts.iter().filter_map(|part| {
                    let asked = Asked {
                        versions,
                        part,
                        areas: &[],
                        own: &[],
                        network: targets,
                    };
                    Need::of(cells, &asked, told(cells, part, view.period))
                });
                lines.extend(needs.map(|need| NeedLine {
                    outcome: row.head.clone(),
                    outcome_name: row.name.clone(),
                    location: None,
                    location_name: String::new(),
                    need,
                    asked: view.period.to_string(),
                    as_of: view.as_of,
                }));
            }
        }
        lines
    }
}

/// The period of the newest figure of a part that a release shows. A newer one that it withholds
/// hides none before it. Without any figure it is the period that is asked for.
fn told(cells: &[Cell], part: &Breakdown, asked: Period) -> Period {
    let label = part.folded();
    let shown = cells.iter().filter(|cell| {
        let of = &cell.key.breakdown;
        let is_of_part = of == part || of.folded() == label;
        is_of_part && cell.value.is_some() && cell.key.period.end() <= asked.end()
    });
    let periods = shown.map(|cell| cell.key.period);
    let newest = periods.max_by_key(|period| (period.end(), *period));
    newest.unwrap_or(asked)
}

impl ReleasedNeeds {
    fn add(&mut self, release: &Standing, view: &SightView, mut lines: Vec<NeedLine>) {
        lines.retain(|line| line.need.figure.is_some());
        if !lines.is_empty() {
            self.locations.extend(release.contributors.iter().cloned());
        }
        let targets = &view.aligned.recorded.targets;
        for line in &lines {
            let owner = match &line.location {
                Some(Place::Of(code)) => Owner::Location(code.clone()),
                Some(Place::NotStated) | None => continue,
            };
            if targets.contains_key(&owner) || matches!(line.outcome, Row::Own(..)) {
                self.locations.extend(owner.location().cloned());
            }
        }
        // By outcome; of each the locations, and then the network.
        let order = view.sight.rows.iter().map(|row| &row.head);
        let order: Vec<&Row> = order.collect();
        lines.sort_by_key(|line| order.iter().position(|head| **head == line.outcome));
        self.rows.extend(lines.into_iter().map(|line| ReleasedNeed {
            release: release.id.clone(),
            line,
        }));
    }
}

impl ReleasedNeed {
    const COLUMNS: [&str; 3] = ["dataset", "release", "level"];

    fn lead(&self) -> [String; 3] {
        let level = match self.line.location {
            Some(_) => "location",
            None => "network",
        };
        let (dataset, number) = (&self.release.dataset, &self.release.number);
        [dataset.to_string(), number.to_string(), level.to_owned()]
    }

    /// Returns it by the names of its columns.
    pub fn json(&self) -> Value {
        let lead = Self::COLUMNS.into_iter().zip(self.lead());
        let mut fields: Map<String, Value> = lead
            .map(|(name, text)| (name.to_owned(), text.into()))
            .collect();
        if let Value::Object(of_line) = NEEDS.json(&self.line) {
            fields.extend(of_line);
        }
        Value::Object(fields)
    }
}

/// The rows as a CSV file: the columns of need after those of the release.
pub fn need_csv(rows: &[ReleasedNeed]) -> Vec<u8> {
    let names: Vec<&str> = ReleasedNeed::COLUMNS
        .into_iter()
        .chain(NEEDS.names())
        .collect();
    let cells = rows.iter().map(|row| {
        let cells = row.lead().into_iter().chain(NEEDS.cells(&row.line));
        cells.collect::<Vec<String>>()
    });
    csv::file(false, &names, cells)
}
