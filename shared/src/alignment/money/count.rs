//! The figures of a period.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    books::{Books, Contract, Posting},
    figures::{Cut, Figures, Measure, Pot, Purse, Range, Totals},
    heads::{Column, Head, Row},
};
use crate::{
    id::LocationCode,
    period::{Date, Period},
};

/// The money of a period, each kind and currency apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Money {
    /// The period.
    pub period: Period,
    /// By kind and currency.
    pub pots: BTreeMap<Purse, Pot>,
}

/// The relation of a posting to a period.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// It is of the period.
    Counts,
    /// Its own period only touches the one asked for.
    Touches,
    /// A line that comes before it counts: one that it is in, or overlaps.
    Within,
    /// It is of other days.
    None,
}

impl Posting {
    /// A line counts if its period lies in the one asked for, and what is in force if it overlaps.
    pub(super) fn part(&self, (start, end): (Date, Date)) -> Part {
        let (from, to) = self.days;
        let overlaps = from <= end && to >= start;
        let is_within = from >= start && to <= end;
        match self.measure {
            Measure::InForce if overlaps => Part::Counts,
            Measure::Committed | Measure::Spent if is_within => {
                let mut before = self.after.iter();
                match before.any(|(from, to)| *from >= start && *to <= end) {
                    true => Part::Within,
                    false => Part::Counts,
                }
            }
            Measure::Committed | Measure::Spent if overlaps => Part::Touches,
            Measure::Committed | Measure::Spent | Measure::InForce => Part::None,
        }
    }

    /// Adds it to the sums of its head.
    pub(super) fn add_to(&self, totals: &mut Totals, days: (Date, Date)) {
        match self.part(days) {
            Part::Counts => {
                *totals.get_mut(self.measure) += self.range;
                totals.gst = totals.gst.and(self.gst);
            }
            Part::Touches => totals.n_partly += 1,
            Part::Within | Part::None => {}
        }
    }
}

impl Contract {
    /// The heads under which its readings have different amounts in these days.
    fn differing_heads(&self, days: (Date, Date)) -> BTreeSet<usize> {
        let sums = self.views.iter().map(|view| {
            let mut sums: BTreeMap<(usize, Measure), Range> = BTreeMap::new();
            for posting in view.iter().filter(|one| one.part(days) == Part::Counts) {
                *sums.entry((posting.head, posting.measure)).or_default() += posting.range;
            }
            sums
        });
        let sums: Vec<_> = sums.collect();
        let of_all: BTreeSet<_> = sums.iter().flat_map(BTreeMap::keys).collect();
        let differ = of_all.into_iter().filter(|key| {
            let mut said = sums.iter().map(|sums| sums.get(*key));
            let first = said.next();
            said.any(|one| Some(one) != first)
        });
        differ.map(|(head, _)| *head).collect()
    }
}

impl Books {
    /// Counts the money of a period. `locations` are those of the network: money for all of them is
    /// shown in the column of each.
    #[must_use]
    pub fn count(&self, period: Period, locations: &BTreeSet<LocationCode>) -> Money {
        let days = (period.start(), period.end());
        let mut pots: BTreeMap<Purse, Pot> = BTreeMap::new();
        // The contracts with a single reading, by head: their figures differ nowhere, so heads can
        // be cut once instead of line by line.
        let mut plain: BTreeMap<&Purse, Vec<Option<Totals>>> = BTreeMap::new();
        for contract in &self.contracts {
            match contract.views.as_slice() {
                [] => {}
                [view] => {
                    let heads = plain.entry(&contract.purse);
                    let heads = heads.or_insert_with(|| vec![None; self.by_head.len()]);
                    for posting in view {
                        if posting.part(days) != Part::None {
                            let totals = heads[posting.head].get_or_insert_default();
                            posting.add_to(totals, days);
                        }
                    }
                }
                _ => {
                    let pot = self.cut_readings(contract, days, locations);
                    if pot != Pot::default() {
                        pots.entry(contract.purse.clone()).or_default().add(&pot);
                    }
                }
            }
        }
        for (purse, heads) in plain {
            let heads = heads.iter().enumerate();
            let heads = heads.filter_map(|(head, totals)| Some((head, totals.as_ref()?)));
            let pot = self.cut(heads, locations);
            if pot != Pot::default() {
                pots.entry(purse.clone()).or_default().add(&pot);
            }
        }
        Money { period, pots }
    }

    /// The last day of the money of each cell that was committed or is in force, in any period.
    #[must_use]
    pub fn last_days(&self, locations: &BTreeSet<LocationCode>) -> BTreeMap<(Row, Column), Date> {
        let mut by_head: Vec<Option<Date>> = vec![None; self.by_head.len()];
        for posting in self
            .contracts
            .iter()
            .flat_map(|one| one.views.iter().flatten())
        {
            if posting.measure != Measure::Spent {
                let last = &mut by_head[posting.head];
                *last = (*last).max(Some(posting.days.1));
            }
        }
        let mut last_days = BTreeMap::new();
        for (number, head) in self.heads.iter() {
            let Some(last) = by_head[number] else {
                continue;
            };
            for cell in cells(&head.rows(), &head.columns(locations)) {
                let known = last_days.entry(cell).or_insert(last);
                *known = last.max(*known);
            }
        }
        last_days
    }

    /// The outcomes and locations of which that location and the hub state different amounts in a
    /// period.
    #[must_use]
    pub fn differing(&self, period: Period) -> BTreeSet<(Row, LocationCode)> {
        let days = (period.start(), period.end());
        let mut differing = BTreeSet::new();
        for contract in self.contracts.iter().filter(|one| one.views.len() > 1) {
            let owners = &contract.differ_from_hub;
            let heads = contract.differing_heads(days).into_iter();
            for head in heads.map(|number| self.heads.get(number)) {
                for code in owners.iter().filter(|code| head.places.include(code)) {
                    let rows = head.rows().into_iter();
                    differing.extend(rows.map(|row| (row, code.clone())));
                }
            }
        }
        differing
    }

    /// Cuts a contract that can be read in several ways. Each sum has the range that the readings
    /// leave it, so it is narrower in a total than in its parts if they differ only about those.
    fn cut_readings(
        &self,
        contract: &Contract,
        days: (Date, Date),
        locations: &BTreeSet<LocationCode>,
    ) -> Pot {
        let pots = contract.views.iter().map(|view| {
            let mut heads: BTreeMap<usize, Totals> = BTreeMap::new();
            for posting in view.iter().filter(|one| one.part(days) != Part::None) {
                posting.add_to(heads.entry(posting.head).or_default(), days);
            }
            self.cut(
                heads.iter().map(|(head, totals)| (*head, totals)),
                locations,
            )
        });
        let mut pots = pots.into_iter();
        let mut pot = pots.next().unwrap_or_default();
        for other in pots {
            pot.or(&other);
        }
        pot
    }

    fn cut<'t>(
        &self,
        heads: impl Iterator<Item = (usize, &'t Totals)>,
        locations: &BTreeSet<LocationCode>,
    ) -> Pot {
        let mut pot = Pot::default();
        for (head, totals) in heads {
            let head = self.heads.get(head);
            let (rows, columns) = (head.rows(), head.columns(locations));
            pot.total += totals;
            pot.cells
                .take(&cells(&rows, &columns), head.is_one_cell(), totals);
            pot.outcomes.take(&rows, head.is_one_row(), totals);
            pot.locations.take(&columns, head.is_one_column(), totals);
        }
        pot
    }
}

fn cells(rows: &[Row], columns: &[Column]) -> Vec<(Row, Column)> {
    let of_row = |row: &Row| {
        let columns = columns.iter().cloned();
        columns
            .map(|column| (row.clone(), column))
            .collect::<Vec<_>>()
    };
    rows.iter().flat_map(of_row).collect()
}

impl<K: Ord + Clone> Cut<K> {
    fn take(&mut self, heads: &[K], is_divided: bool, totals: &Totals) {
        if !is_divided {
            self.shared += totals;
        }
        for head in heads {
            let figures = self.of.entry(head.clone()).or_default();
            match is_divided {
                true => figures.divided += totals,
                false => figures.shared += totals,
            }
        }
    }

    fn add(&mut self, other: &Self) {
        self.shared += &other.shared;
        for (head, figures) in &other.of {
            *self.of.entry(head.clone()).or_default() += figures;
        }
    }

    fn or(&mut self, other: &Self) {
        self.shared.or(&other.shared);
        for (head, figures) in &mut self.of {
            let nothing = Figures::default();
            figures.or(other.of.get(head).unwrap_or(&nothing));
        }
        for (head, figures) in &other.of {
            if !self.of.contains_key(head) {
                let mut first = Figures::default();
                first.or(figures);
                self.of.insert(head.clone(), first);
            }
        }
    }
}

impl Pot {
    fn add(&mut self, other: &Self) {
        self.total += &other.total;
        self.cells.add(&other.cells);
        self.outcomes.add(&other.outcomes);
        self.locations.add(&other.locations);
    }

    /// Takes in another reading of the same money.
    fn or(&mut self, other: &Self) {
        self.total.or(&other.total);
        self.cells.or(&other.cells);
        self.outcomes.or(&other.outcomes);
        self.locations.or(&other.locations);
    }
}

impl Head {
    /// Adds a posting to the figures of a cell that this head names.
    pub(super) fn add_to(&self, figures: &mut Figures, posting: &Posting, days: (Date, Date)) {
        let totals = match self.is_one_cell() {
            true => &mut figures.divided,
            false => &mut figures.shared,
        };
        posting.add_to(totals, days);
    }
}
