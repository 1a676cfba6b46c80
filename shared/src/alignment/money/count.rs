//! The figures of a period.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    beside::{Counted, InDays},
    books::{Books, Change, Contract, Posting},
    figures::{Cut, Figures, Measure, Pot, Purse, Range, Totals},
    heads::{Column, Head, Row},
};
use crate::{
    id::LocationCode,
    model::places::Places,
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
                match any_within(&self.after, (start, end)) {
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

fn any_within(all: &[(Date, Date)], (start, end): (Date, Date)) -> bool {
    let mut all = all.iter();
    all.any(|(from, to)| *from >= start && *to <= end)
}

impl Contract {
    /// Its lines that are held against each other in some days.
    pub(super) fn in_days(&self, days: (Date, Date)) -> InDays {
        InDays::of(&self.postings, &self.besides, days)
    }

    /// The sums of each head in the reading that counts.
    pub(super) fn sums(&self, there: &InDays, days: (Date, Date)) -> BTreeMap<usize, Totals> {
        let mut sums: BTreeMap<usize, Totals> = BTreeMap::new();
        self.add(&mut sums, there.counted(&self.postings, days));
        for posting in &self.postings {
            if posting.part(days) == Part::Touches {
                sums.entry(posting.head).or_default().n_partly += 1;
            }
        }
        sums
    }

    /// By how much another reading differs from the one that counts, by head.
    pub(super) fn changed(
        &self,
        change: &Change,
        there: &InDays,
        days: (Date, Date),
    ) -> BTreeMap<usize, Totals> {
        let mut sums: BTreeMap<usize, Totals> = BTreeMap::new();
        let counted = there.counted(&self.postings, days).into_iter();
        let without = counted.filter(|one| change.without.contains(&one.at));
        let without = without.map(|one| Counted {
            range: one.range.negated(),
            ..one
        });
        self.add(&mut sums, without);
        for posting in change
            .with
            .iter()
            .filter(|one| one.part(days) == Part::Counts)
        {
            let totals = sums.entry(posting.head).or_default();
            *totals.get_mut(posting.measure) += posting.range;
            totals.gst = totals.gst.and(posting.gst);
        }
        sums
    }

    /// By how much each other reading differs from the one that counts, by head.
    pub(super) fn readings<'c>(
        &'c self,
        there: &'c InDays,
        days: (Date, Date),
    ) -> impl Iterator<Item = BTreeMap<usize, Totals>> {
        let changes = self.changes.iter();
        let changes = changes.map(move |one| self.changed(one, there, days));
        let held = there.differing.iter().chain(&there.contested);
        changes.chain(held.map(|one| self.totals(one)))
    }

    fn totals(&self, all: &[Counted]) -> BTreeMap<usize, Totals> {
        let mut sums = BTreeMap::new();
        self.add(&mut sums, all.iter().cloned());
        sums
    }

    fn add(&self, sums: &mut BTreeMap<usize, Totals>, all: impl IntoIterator<Item = Counted>) {
        for one in all {
            let posting = &self.postings[one.at];
            let totals = sums.entry(one.head).or_default();
            *totals.get_mut(posting.measure) += one.range;
            totals.gst = totals.gst.and(posting.gst);
        }
    }

    /// The heads under which its readings have different amounts in these days.
    fn differing_heads(&self, days: (Date, Date)) -> BTreeSet<usize> {
        let there = self.in_days(days);
        let changes = self.changes.iter();
        let changed = changes.map(|one| self.changed(one, &there, days));
        let differing = there.differing.iter().map(|one| self.totals(one));
        let changed = changed.chain(differing).flatten();
        let differ = changed.filter(|(_, totals)| {
            let mut ranges = Measure::ALL.iter().map(|measure| totals.get(*measure));
            ranges.any(|range| range != Range::default())
        });
        differ.map(|(head, _)| head).collect()
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
            if !contract.changes.is_empty() || !contract.besides.is_empty() {
                let pot = self.cut_readings(contract, days, locations);
                if pot != Pot::default() {
                    pots.entry(contract.purse.clone()).or_default().add(&pot);
                }
                continue;
            }
            let heads = plain.entry(&contract.purse);
            let heads = heads.or_insert_with(|| vec![None; self.by_head.len()]);
            for posting in &contract.postings {
                if posting.part(days) != Part::None {
                    let totals = heads[posting.head].get_or_insert_default();
                    posting.add_to(totals, days);
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
        for posting in self.contracts.iter().flat_map(Contract::all_postings) {
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
        let several = |one: &&Contract| !one.changes.is_empty() || !one.besides.is_empty();
        for contract in self.contracts.iter().filter(several) {
            let owners = &contract.differ_from_hub;
            let heads = contract.differing_heads(days).into_iter();
            for head in heads.map(|number| self.heads.get(number)) {
                let named: Vec<&LocationCode> = match &head.places {
                    Places::NotStated => Vec::new(),
                    Places::All => owners.iter().collect(),
                    Places::Of(codes) => codes.intersection(owners).collect(),
                };
                for code in named {
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
        let there = contract.in_days(days);
        let counts = self.cut_heads(&contract.sums(&there, days), locations);
        let mut pot = counts.clone();
        // Money for all locations is in the cells of each, and differs there by the same in a
        // reading: the cells of its head are cut once for all readings, or each would take as long
        // as all. Readings of other heads are other readings, even if they are in the same cells.
        let mut of_all: BTreeMap<usize, Totals> = BTreeMap::new();
        for changed in contract.readings(&there, days) {
            if !self.is_all_apart(&changed) {
                pot.or(&counts, &self.cut_heads(&changed, locations));
                continue;
            }
            pot.or(&counts, &self.cut_heads(&changed, &BTreeSet::new()));
            for (head, totals) in &changed {
                if self.heads.get(*head).places == Places::All {
                    of_all.entry(*head).or_default().or(totals);
                }
            }
        }
        for (head, totals) in &of_all {
            let cut = self.cut([(*head, totals)].into_iter(), locations);
            pot.cells.or_each(&counts.cells, &cut.cells);
            pot.locations.or_each(&counts.locations, &cut.locations);
        }
        pot
    }

    /// Whether the money for all locations of a change is in other sums of a cell than what else
    /// changes.
    fn is_all_apart(&self, changed: &BTreeMap<usize, Totals>) -> bool {
        Measure::ALL.iter().all(|measure| {
            let wide = changed.iter().filter(|(head, totals)| {
                let is_changed = totals.get(*measure) != Range::default();
                is_changed && !self.heads.get(**head).is_one_cell()
            });
            let wide: Vec<&Places> = wide
                .map(|(head, _)| &self.heads.get(*head).places)
                .collect();
            wide.len() < 2 || !wide.contains(&&Places::All)
        })
    }

    fn cut_heads(&self, sums: &BTreeMap<usize, Totals>, locations: &BTreeSet<LocationCode>) -> Pot {
        let sums = sums.iter().map(|(head, totals)| (*head, totals));
        self.cut(sums, locations)
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

    /// Takes in another reading, by how much it differs from the one that counts.
    fn or(&mut self, counts: &Self, change: &Self) {
        self.shared.or(&counts.shared.and(&change.shared));
        self.or_each(counts, change);
    }

    /// The same of its heads alone.
    fn or_each(&mut self, counts: &Self, change: &Self) {
        for (head, change) in &change.of {
            let mut figures = counts.of.get(head).copied().unwrap_or_default();
            figures += change;
            self.of.entry(head.clone()).or_default().or(&figures);
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

    /// Takes in another reading of the same money, by how much it differs from the one that counts.
    fn or(&mut self, counts: &Self, change: &Self) {
        self.total.or(&counts.total.and(&change.total));
        self.cells.or(&counts.cells, &change.cells);
        self.outcomes.or(&counts.outcomes, &change.outcomes);
        self.locations.or(&counts.locations, &change.locations);
    }
}

impl Head {
    /// Adds the sums of this head to the figures of a cell that it names.
    pub(super) fn add_to(&self, figures: &mut Figures, sums: &Totals) {
        match self.is_one_cell() {
            true => figures.divided += sums,
            false => figures.shared += sums,
        }
    }
}
