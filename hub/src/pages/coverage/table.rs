//! The tables of coverage: a row per location, and columns by indicator and period.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::chart::Mark as Drawing;
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::{indicator::Definition, observation::Status, profile::Place},
    period::{Frequency, Period},
    text::{capital, spelled},
};

use super::{
    super::{asked::with_moment, indicator::Choice, words::shortened},
    why::{self, Note},
};
use crate::{
    app::Moment,
    figures::{Grid, Mark},
};

/// The marks, and their words.
pub(super) const KEYS: [(Drawing, &str); 6] = [
    (Drawing::Disc, "all areas of the location"),
    (Drawing::Half, "some of its areas"),
    (Drawing::Square, "suppressed by its publisher"),
    (Drawing::Triangle, "not reported, while others have"),
    (Drawing::Ring, "no location reported it"),
    (Drawing::Dash, "not collected here"),
];

/// One table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) anchor: String,
    pub(super) title: String,
    pub(super) words: String,
    pub(super) groups: Vec<Group>,
    pub(super) rows: Vec<Row>,
    pub(super) notes: Vec<Note>,
    /// Reasons that are not named.
    pub(super) more_notes: usize,
    /// The address of the periods before those shown.
    pub(super) earlier: Option<String>,
}

impl Table {
    /// Whether its columns are of several indicators.
    pub(super) fn is_joint(&self) -> bool {
        self.groups.len() > 1
    }
}

/// The columns of one indicator and part of the population.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) page: String,
    pub(super) periods: Vec<Column>,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) short: String,
    pub(super) words: String,
}

/// One location.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) cells: Vec<Cell>,
}

#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) mark: String,
    pub(super) words: String,
    /// Whether it is the first of its indicator.
    pub(super) edge: bool,
}

/// The names of locations and areas.
pub(super) struct Names {
    places: BTreeMap<LocationCode, Place>,
}

impl Names {
    pub(super) fn of(mut places: BTreeMap<LocationCode, Place>) -> Self {
        shortened(places.values_mut().map(|place| &mut place.name));
        Self { places }
    }

    pub(super) fn location(&self, code: &LocationCode) -> String {
        let place = self.places.get(code);
        place.map_or_else(|| code.to_string(), |place| place.name.clone())
    }

    /// Whether there is such a location.
    pub(super) fn has(&self, code: Option<&str>) -> bool {
        code.is_some_and(|code| self.places.keys().any(|one| one.as_str() == code))
    }

    pub(super) fn choices(&self, chosen: Option<&str>) -> Vec<Choice> {
        let choices = self.places.iter().map(|(code, place)| Choice {
            value: code.to_string(),
            label: place.name.clone(),
            chosen: chosen == Some(code.as_str()),
        });
        choices.collect()
    }

    /// A reason with the names of areas in place of their codes.
    pub(super) fn in_words(&self, text: &str) -> String {
        let areas = self.places.values().flat_map(|place| &place.areas);
        let areas: BTreeMap<&str, &str> = areas
            .map(|area| (area.code.as_str(), area.name.as_str()))
            .collect();
        let is_code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let (mut named, mut rest) = (String::new(), text);
        while let Some(start) = rest.find(is_code) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|c: char| !is_code(c)).unwrap_or(from.len());
            let (code, after) = from.split_at(end);
            named.push_str(before);
            named.push_str(areas.get(code).copied().unwrap_or(code));
            rest = after;
        }
        named + rest
    }
}

/// The number of locations' figures that are here in full, of all that there could be.
pub(super) fn share(grids: &[Grid]) -> (usize, usize) {
    let marks = grids.iter().flat_map(|grid| grid.rows.values().flatten());
    let expected = marks.filter(|mark| drawing(mark).0 != Drawing::Dash);
    let (mut whole, mut all) = (0, 0);
    for mark in expected {
        whole += usize::from(*mark == Mark::Whole);
        all += 1;
    }
    (whole, all)
}

/// Makes the tables: indicators of few years share one, others have their own.
pub(super) fn tables(
    grids: &[Grid],
    (definitions, names): (&[Definition], &Names),
    (until, moment): (Option<Period>, Option<Moment>),
) -> Vec<Table> {
    let mut parts: Vec<Vec<&Grid>> = Vec::new();
    for grid in grids {
        let takes = |part: &&mut Vec<&Grid>| {
            let together = part.iter().copied().chain([grid]);
            let columns = periods_of(together.clone(), None).0.len() * (part.len() + 1);
            columns <= COLUMNS_MAX && together.clone().all(is_yearly)
        };
        match parts.iter_mut().find(takes) {
            Some(part) => part.push(grid),
            None => parts.push(vec![grid]),
        }
    }
    let tables = parts.iter().zip(1_usize..);
    tables
        .map(|(grids, at)| table(grids, at, (definitions, names), (until, moment)))
        .collect()
}

fn is_yearly(grid: &Grid) -> bool {
    grid.periods.iter().all(|period| match period.frequency() {
        Frequency::Year | Frequency::FiscalYear | Frequency::PooledYears => true,
        Frequency::Quarter | Frequency::Month | Frequency::Week => false,
    })
}

/// The periods that have a column, and the last one that is left out before them. Of what comes
/// each month, quarter or week, a period that no one reported has its column too.
fn periods_of<'g>(
    grids: impl IntoIterator<Item = &'g Grid>,
    until: Option<Period>,
) -> (Vec<Period>, Option<Period>) {
    let reported = grids
        .into_iter()
        .flat_map(|grid| grid.periods.iter().copied());
    let mut all: BTreeSet<Period> = reported.collect();
    let ends = all.first().copied().zip(all.last().copied());
    if let Some((first, last)) = ends.filter(|(first, last)| {
        first.frequency() == last.frequency()
            && matches!(
                first.frequency(),
                Frequency::Quarter | Frequency::Month | Frequency::Week
            )
    }) {
        let between = std::iter::successors(Some(first), |period| period.next());
        all.extend(between.take_while(|period| *period < last).take(FILLED_MAX));
    }
    let mut all: Vec<Period> = all.into_iter().collect();
    if let Some(until) = until.filter(|until| all.contains(until)) {
        all.retain(|period| *period <= until);
    }
    let left_out = all.len().saturating_sub(PERIODS_MAX);
    let before = left_out.checked_sub(1).map(|last| all[last]);
    (all.split_off(left_out), before)
}

fn table(
    grids: &[&Grid],
    at: usize,
    (definitions, names): (&[Definition], &Names),
    (until, moment): (Option<Period>, Option<Moment>),
) -> Table {
    let (periods, before) = periods_of(grids.iter().copied(), until);
    let definition = |code: &IndicatorCode| definitions.iter().find(|one| one.code == *code);
    let groups = grids.iter().map(|grid| {
        let name = definition(&grid.indicator);
        let name = name.map_or_else(|| grid.indicator.to_string(), |one| one.name.clone());
        Group {
            name: match grid.breakdown.words() {
                Some(words) => format!("{name}, {words}"),
                None => name,
            },
            page: with_moment(&format!("/indicators/{}", grid.indicator), moment),
            periods: periods
                .iter()
                .map(|period| Column {
                    short: period.short(),
                    words: period.words(),
                })
                .collect(),
        }
    });
    let groups: Vec<Group> = groups.collect();
    let codes: BTreeSet<&LocationCode> = grids.iter().flat_map(|grid| grid.rows.keys()).collect();
    let rows = codes.into_iter().map(|code| Row {
        code: code.to_string(),
        name: names.location(code),
        cells: cells(grids, code, &periods),
    });
    let titles: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    let (notes, more_notes) = why::notes(grids, &titles, names, &periods);
    let first = grids.first();
    let source = first.and_then(|grid| definition(&grid.indicator)?.source.clone());
    let source = source.map_or_else(String::new, |source| format!(" Source: {source}."));
    let by = periods.first().map_or("", |period| by(period.frequency()));
    Table {
        anchor: format!("table-{at}"),
        title: match groups.as_slice() {
            [only] => only.name.clone(),
            several => format!("{} indicators", capital(&spelled(several.len()))),
        },
        words: match groups.len() {
            1 => format!("{by}{source}"),
            _ => by.to_owned(),
        },
        rows: rows.collect(),
        earlier: before.zip(first).map(|(period, grid)| {
            let path = format!("/coverage?indicator={}&until={period}", grid.indicator);
            with_moment(&path, moment)
        }),
        groups,
        notes,
        more_notes,
    }
}

fn cells(grids: &[&Grid], code: &LocationCode, periods: &[Period]) -> Vec<Cell> {
    let cells = grids.iter().flat_map(|grid| {
        let marks = grid.rows.get(code);
        periods.iter().enumerate().map(move |(at, period)| {
            let index = grid.periods.iter().position(|one| one == period);
            let mark = index.and_then(|index| marks?.get(index));
            let (mark, words) = match (mark, index) {
                (Some(mark), _) => drawing(mark),
                (None, Some(_)) => (Drawing::Dash, "not collected here".to_owned()),
                (None, None) => (Drawing::Ring, "no location reported it".to_owned()),
            };
            Cell {
                mark: mark.svg(),
                words,
                edge: at == 0,
            }
        })
    });
    cells.collect()
}

/// A mark as it is drawn, and its words.
pub(super) fn drawing(mark: &Mark) -> (Drawing, String) {
    match mark {
        Mark::Whole => (Drawing::Disc, "all areas".to_owned()),
        Mark::Lacking {
            areas: areas @ 1..,
            of,
            ..
        } => (Drawing::Half, format!("{areas} of {of} areas")),
        Mark::Lacking { status, .. } => {
            let drawing = match status {
                Status::Suppressed => Drawing::Square,
                Status::NotCollected | Status::CannotExist => Drawing::Dash,
                _ => Drawing::Triangle,
            };
            (drawing, status.label().to_owned())
        }
    }
}

const fn by(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::PooledYears => "By several years together.",
        Frequency::Year => "By year.",
        Frequency::FiscalYear => "By year to June.",
        Frequency::Quarter => "By quarter.",
        Frequency::Month => "By month.",
        Frequency::Week => "By week.",
    }
}

/// Periods of one table.
pub(super) const PERIODS_MAX: usize = 18;
/// Columns of a table that indicators share.
const COLUMNS_MAX: usize = 28;
/// Unreported periods that are filled in.
const FILLED_MAX: usize = 1_000;
