//! One cell, down to the lines that it is made of.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    InvestmentKey, Owner,
    books::{Books, Contract, Posting, Rest},
    count::Part,
    figures::{Figures, Measure, Purse, Range, Totals},
    heads::{Column, Row},
};
use crate::{
    id::RecordId,
    model::{line::LineKey, places::Places},
    period::{Date, Period},
};

/// A line, or the rest of an investment that no line divides, as it is shown in a cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contribution {
    /// Its kind and currency.
    pub purse: Purse,
    /// The team that states it.
    pub owner: Owner,
    /// The record of the investment.
    pub id: RecordId,
    /// The line; `None` for the rest.
    pub line: Option<LineKey>,
    /// The sum to which it belongs.
    pub measure: Measure,
    /// Its amount.
    pub amount: Range,
    /// Its first and last day.
    pub days: (Date, Date),
    /// The locations that it is for. Those of a rest may be from another statement of it.
    pub places: Places,
    /// The outcomes that it is for, as the matrix has them.
    pub outcomes: BTreeSet<Row>,
    /// Whether it is for this cell among others, so that it is shown here and not added.
    pub is_shared: bool,
    /// Whether it counts. If not, another team's statement of the same money does.
    pub counts: bool,
    /// Whether its period only touches the one asked for, so that it is in no sum.
    pub is_partly: bool,
    /// Whether it is in a longer line, or overlaps one that begins earlier, and that counts.
    pub is_within: bool,
}

impl Contribution {
    /// Whether its amount is in the sums of the period.
    #[must_use]
    pub const fn is_counted(&self) -> bool {
        self.counts && !self.is_partly && !self.is_within
    }
}

/// A change that another statement made to an investment: to the rest that no line divides, or to
/// lines of what was spent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Moved {
    /// The first was taken off the second as a part of it.
    Part(InvestmentKey, InvestmentKey),
    /// The first states the outcomes of the second, whose team states none.
    Outcomes(InvestmentKey, InvestmentKey),
    /// The first states for its location alone what was spent of lines of the second, which are
    /// for more places: it is taken off them.
    Spent(InvestmentKey, InvestmentKey),
}

impl Moved {
    /// The statement that moved it.
    #[must_use]
    pub const fn by(&self) -> &InvestmentKey {
        match self {
            Self::Part(by, _) | Self::Outcomes(by, _) | Self::Spent(by, _) => by,
        }
    }
}

/// One cell with its lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Explained {
    /// Its figures, as in the whole matrix.
    pub figures: BTreeMap<Purse, Figures>,
    /// The lines and rests that are shown in it, by owner and id.
    pub contributions: Vec<Contribution>,
    /// The statements that changed the rests in it, or moved them here.
    pub moved: Vec<Moved>,
}

impl Books {
    /// Explains one cell of a period. It reads the investments of the heads that name the cell and
    /// no others.
    #[must_use]
    pub fn explain(&self, period: Period, row: &Row, column: &Column) -> Explained {
        let days = (period.start(), period.end());
        let heads = self
            .heads
            .iter()
            .filter(|(_, head)| head.names(row, column));
        let heads: BTreeSet<usize> = heads.map(|(number, _)| number).collect();
        let contracts = heads.iter().flat_map(|head| &self.by_head[*head]);
        let contracts: BTreeSet<usize> = contracts.copied().collect();
        let mut explained = Explained::default();
        for contract in contracts.iter().map(|number| &self.contracts[*number]) {
            let add = |figures: &mut Figures, sums: BTreeMap<usize, Totals>| {
                for (head, sums) in sums.iter().filter(|(head, _)| heads.contains(head)) {
                    self.heads.get(*head).add_to(figures, sums);
                }
            };
            let there = contract.in_days(days);
            let mut counts = Figures::default();
            add(&mut counts, contract.sums(&there, days));
            let mut figures = counts;
            for changed in contract.readings(&there, days) {
                let mut other = counts;
                add(&mut other, changed);
                figures.or(&other);
            }
            let of_purse = explained.figures.entry(contract.purse.clone());
            *of_purse.or_default() += &figures;
            let wanted = |head| heads.contains(&head);
            let shown = self.of_contract(contract, days, (wanted, true));
            explained.contributions.extend(shown);
            let moved = self.moved(contract, days, |head| heads.contains(&head));
            explained.moved.extend(moved);
        }
        explained.moved.sort();
        explained
            .figures
            .retain(|_, figures| *figures != Figures::default());
        explained
            .contributions
            .sort_by(|a, b| (&a.owner, a.id, &a.line).cmp(&(&b.owner, b.id, &b.line)));
        explained
    }

    /// The changes that other statements made to an investment in these days.
    fn moved(
        &self,
        contract: &Contract,
        days: (Date, Date),
        wanted: impl Fn(usize) -> bool,
    ) -> Vec<Moved> {
        let overlaps = |rest: &&Rest| rest.days.0 <= days.1 && rest.days.1 >= days.0;
        let key = |at: usize| self.invested[at].key();
        let whole = || key(contract.stated[0]);
        let by = contract.in_days(days).by.into_iter();
        let by = by.filter(|(at, _)| wanted(contract.postings[*at].head));
        let spent: BTreeSet<usize> = by.flat_map(|(_, by)| by).collect();
        let mut moved = Vec::new();
        let rest = contract.rest.as_ref().filter(overlaps);
        if let Some(rest) = rest.filter(|rest| wanted(rest.head)) {
            let parts = rest.parts.iter();
            moved.extend(parts.map(|part| Moved::Part(key(*part), whole())));
            let outcomes = rest.outcomes;
            moved.extend(outcomes.map(|at| Moved::Outcomes(key(at), whole())));
        }
        moved.extend(spent.into_iter().map(|by| Moved::Spent(key(by), whole())));
        moved
    }

    /// The teams whose statements are shown in the cells of these rows and columns: in a sum, as
    /// another reading of it, beside it, or in no figure; and those whose statements moved what is
    /// shown.
    #[must_use]
    pub fn owners(
        &self,
        period: Period,
        rows: &BTreeSet<Row>,
        columns: &BTreeSet<Column>,
    ) -> BTreeSet<Owner> {
        let days = (period.start(), period.end());
        let names = |outcomes: &BTreeSet<Row>, places: &Places| {
            let in_rows = match outcomes.is_empty() {
                true => rows.contains(&Row::NotStated),
                false => !outcomes.is_disjoint(rows),
            };
            in_rows
                && columns.iter().any(|column| match column {
                    Column::Of(code) => places.include(code),
                    Column::NotStated => *places == Places::NotStated,
                })
        };
        let heads = self.heads.iter();
        let heads: Vec<bool> = heads
            .map(|(_, head)| names(&head.outcomes, &head.places))
            .collect();
        let shown = self.contracts.iter().flat_map(|one| one.shown(days));
        let shown = shown.filter(|one| heads[one.head]);
        let shown = shown.map(|one| &self.invested[one.posting.of.0].owner);
        let left = self.left().iter();
        let left = left.filter(|one| one.is_of(period) && names(&one.outcomes, &one.places));
        let owners: BTreeSet<&Owner> = shown.chain(left.map(|one| &one.of.0)).collect();
        let mut owners: BTreeSet<Owner> = owners.into_iter().cloned().collect();
        for contract in &self.contracts {
            let moved = self.moved(contract, days, |head| heads[head]);
            owners.extend(moved.into_iter().map(|one| one.by().0.clone()));
        }
        owners
    }

    /// The lines and rests of a period, each once: those that count add up to the totals of
    /// [`Books::count`], and those of other teams' statements of the same money do not count. The
    /// range of a rest is that of all readings.
    #[must_use]
    pub fn contributions(&self, period: Period) -> Vec<Contribution> {
        let days = (period.start(), period.end());
        let contracts = self.contracts.iter();
        let mut all: Vec<Contribution> = contracts
            .flat_map(|contract| {
                let mut all = self.of_contract(contract, days, (|_| true, false));
                let mut rests = all
                    .iter_mut()
                    .filter(|one| one.line.is_none() && one.counts);
                if let (Some(rest), Some(range)) = (rests.next(), contract.rest_range()) {
                    rest.amount = range;
                }
                all
            })
            .collect();
        all.sort_by(|a, b| (&a.owner, a.id, &a.line).cmp(&(&b.owner, b.id, &b.line)));
        all
    }

    /// The statement that counts of each investment, so that one of several teams is listed once.
    #[must_use]
    pub fn first_statements(&self) -> BTreeSet<InvestmentKey> {
        let first = self.contracts.iter().map(|one| one.stated[0]);
        first.map(|at| self.invested[at].key()).collect()
    }

    /// The statements of the parts of an investment, which are taken off it.
    #[must_use]
    pub fn parts_of(&self, key: &InvestmentKey) -> Vec<InvestmentKey> {
        let whole = self.place(key);
        let states = |one: &Contract| whole.is_some_and(|at| one.stated.contains(&at));
        let Some(whole) = self.contracts.iter().position(states) else {
            return Vec::new();
        };
        let contracts = self.contracts.iter();
        let parts = contracts.filter(|one| one.parent == Some(whole));
        let stated = parts.flat_map(|one| &one.stated);
        stated.map(|at| self.invested[*at].key()).collect()
    }

    /// The investment that one is a part of, as its own team or the hub states it; `None` if it is
    /// none, or that is not stated.
    #[must_use]
    pub fn whole_of(&self, key: &InvestmentKey) -> Option<InvestmentKey> {
        let part = self.place(key)?;
        let mut contracts = self.contracts.iter();
        let part = contracts.find(|one| one.stated.contains(&part))?;
        let whole = self.contracts.get(part.parent?)?;
        let stated = whole.stated.iter().map(|at| self.invested[*at].key());
        let mut near = stated.filter(|(owner, _)| *owner == key.0 || *owner == Owner::Hub);
        near.next()
    }

    /// The rest of an investment that no line divides, as its statement that counts has it; `None`
    /// if there is none, or another statement counts.
    #[must_use]
    pub fn rest_of(&self, key: &InvestmentKey) -> Option<Range> {
        let at = self.place(key)?;
        let postings = self.contracts.iter().flat_map(|one| &one.postings);
        let mut rests = postings.filter(|one| one.of.1.is_none());
        let rest = rests.find(|one| one.of.0 == at)?;
        Some(rest.range)
    }

    /// The lines and rests of one investment under some heads, in the order of its readings. With
    /// `each`, a rest that is another amount in another reading is there once for each of them.
    fn of_contract(
        &self,
        contract: &Contract,
        days: (Date, Date),
        (wanted, each): (impl Fn(usize) -> bool, bool),
    ) -> Vec<Contribution> {
        let mut seen = BTreeSet::new();
        let mut all = Vec::new();
        for shown in contract
            .shown(days)
            .into_iter()
            .filter(|one| wanted(one.head))
        {
            let (posting, range) = (shown.posting, shown.range);
            let amounts = each.then_some((range.value, range.low, range.high));
            if !seen.insert((posting.of, amounts)) {
                continue;
            }
            let one = &self.invested[posting.of.0];
            let line = posting.of.1.and_then(|at| one.lines.get(at));
            let head = self.heads.get(shown.head);
            all.push(Contribution {
                purse: contract.purse.clone(),
                owner: one.owner.clone(),
                id: one.id,
                line: line.map(|line| line.key.clone()),
                measure: posting.measure,
                amount: range,
                days: posting.days,
                places: head.places.clone(),
                outcomes: head.outcomes.clone(),
                is_shared: !head.is_one_cell(),
                counts: shown.counts,
                is_partly: shown.part == Part::Touches,
                is_within: shown.part == Part::Within,
            });
        }
        all
    }
}

/// A line or a rest as it is shown in some days.
struct Shown<'c> {
    posting: &'c Posting,
    head: usize,
    range: Range,
    part: Part,
    counts: bool,
}

impl Contract {
    /// The rest that counts, from the least to the most that any reading leaves where it is.
    fn rest_range(&self) -> Option<Range> {
        let mut lines = self.postings.iter().enumerate();
        let (at, rest) = lines.find(|(_, one)| one.of.1.is_none())?;
        let mut range = rest.range;
        for change in self.changes.iter().filter(|one| one.without.contains(&at)) {
            let mut with = change.with.iter();
            let other = with.find(|one| one.of.1.is_none() && one.head == rest.head);
            range.or(other.map_or_else(Range::default, |one| one.range));
        }
        Some(range)
    }

    /// The lines and rests of all readings that are shown in some days, those that count first.
    fn shown(&self, days: (Date, Date)) -> Vec<Shown<'_>> {
        let there = self.in_days(days);
        let lines = self.postings.iter().enumerate();
        let lines = lines.map(|(at, posting)| {
            let (head, range) = there.sum(at, posting);
            Shown {
                posting,
                head,
                range,
                part: posting.part(days),
                counts: !there.is_doubted(at),
            }
        });
        let others = self.changes.iter().flat_map(|one| &one.with);
        let others = others.map(|posting| Shown {
            posting,
            head: posting.head,
            range: posting.range,
            part: posting.part(days),
            counts: false,
        });
        let all = lines.chain(others);
        all.filter(|one| one.part != Part::None).collect()
    }
}
