//! The books: all investments, each once, with what is its own and where it counts.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use super::{
    Difference, Invested, InvestmentKey, LineAmount, Owner, Problem,
    beside::{self, Besides},
    chain::{self, Taken},
    committed::Committed,
    figures::{Gsts, Measure, Purse, Range},
    heads::{Column, Heads, Row, SharedOutcomes, rows},
    merge::{self, Odd, Place, Readings},
    stated::{self, Contracts, Standing, purse, standing},
};
use crate::{
    id::LocationCode,
    model::{
        investment::InvestmentStatus as Status,
        line::{self, LineKey, LineWhat},
        number::Number,
        places::Places,
    },
    period::{Date, Period},
};

/// All investments, ready to be counted for any period.
#[derive(Clone, Debug)]
pub struct Books {
    /// By owner and id.
    pub(super) invested: Vec<Invested>,
    pub(super) heads: Heads,
    pub(super) contracts: Vec<Contract>,
    /// The contracts of each head, by its number.
    pub(super) by_head: Vec<BTreeSet<usize>>,
    pub(super) problems: BTreeSet<Problem>,
    pub(super) differences: Vec<Difference>,
    left: Vec<LeftOut>,
    pub(super) beyond: BTreeMap<LocationCode, BTreeSet<LocationCode>>,
    pub(super) beyond_all: BTreeSet<LocationCode>,
}

/// One investment, by whichever teams it is stated.
#[derive(Clone, Debug)]
pub(super) struct Contract {
    /// Its statements, the one that counts first.
    pub(super) stated: Vec<usize>,
    pub(super) parent: Option<usize>,
    pub(super) purse: Purse,
    /// The reading that counts; nothing if it is in no figure.
    pub(super) postings: Vec<Posting>,
    /// The other readings.
    pub(super) changes: Vec<Change>,
    /// The lines of locations that are held against those of the hub.
    pub(super) besides: Besides,
    /// The statements of locations that are investments of their own but for what was spent.
    pub(super) spent: Vec<usize>,
    /// The locations that state another amount of it than the hub.
    pub(super) differ_from_hub: BTreeSet<LocationCode>,
    /// The rest that no line divides, also if it is 0; none if it has none to divide.
    pub(super) rest: Option<Rest>,
}

/// Another reading of an investment, as it differs from the one that counts.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// The postings that it leaves out, by place among the postings that count.
    pub(super) without: Vec<usize>,
    pub(super) with: Vec<Posting>,
}

impl Contract {
    /// The postings of all readings.
    pub(super) fn all_postings(&self) -> impl Iterator<Item = &Posting> {
        let others = self.changes.iter().flat_map(|change| &change.with);
        self.postings.iter().chain(others)
    }

    /// The statements from which its figures are.
    pub(super) fn all_stated(&self) -> impl Iterator<Item = usize> {
        self.stated.iter().chain(&self.spent).copied()
    }
}

/// The head of what no line divides of an investment, and who moved it.
#[derive(Clone, Debug)]
pub(super) struct Rest {
    pub(super) head: usize,
    pub(super) days: (Date, Date),
    /// The statements of the parts that are taken off it.
    pub(super) parts: Vec<usize>,
    /// The statement of another team from which its outcomes are.
    pub(super) outcomes: Option<usize>,
}

impl LeftOut {
    /// Whether it is of this period, by its own days.
    #[must_use]
    pub fn is_of(&self, period: Period) -> bool {
        self.days.0 <= period.end() && self.days.1 >= period.start()
    }

    /// Whether it is for this column, alone or among others.
    #[must_use]
    pub fn is_in(&self, column: &Column) -> bool {
        column.is_of(&self.places)
    }
}

/// A sum that an investment adds to a head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Posting {
    pub(super) measure: Measure,
    pub(super) days: (Date, Date),
    pub(super) head: usize,
    pub(super) range: Range,
    pub(super) gst: Gsts,
    /// The days of the lines that come before it. Where one of them counts, this one does not.
    pub(super) after: Vec<(Date, Date)>,
    /// The statement, and the place of the line in it; none for the rest that no line divides.
    pub(super) of: (usize, Option<usize>),
}

/// The reason why an investment is in no figure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WhyLeft {
    /// It is only proposed.
    Proposed,
    /// It was decided, and its amount may not be shown yet.
    Withheld,
    /// No amount is stated.
    NoAmount,
}

/// An investment that is listed and in no figure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// The team that states it, and its record.
    pub of: InvestmentKey,
    /// Why it is in no figure.
    pub why: WhyLeft,
    /// The locations that it is for.
    pub places: Places,
    /// The outcomes that it is for.
    pub outcomes: BTreeSet<Row>,
    /// Its first and last day.
    pub days: (Date, Date),
    /// The day until which it is withheld.
    pub until: Option<Date>,
}

impl Books {
    /// Reads investments, in any order. `shared` are the locations' own outcomes that are one of
    /// the network's: their money counts under its code.
    #[must_use]
    pub fn of(invested: impl IntoIterator<Item = Invested>, shared: &SharedOutcomes) -> Self {
        let mut invested: Vec<Invested> = invested.into_iter().collect();
        invested.sort_by(|a, b| (&a.owner, a.id).cmp(&(&b.owner, b.id)));
        let mut problems = BTreeSet::new();
        let Contracts { all: stated, spent } = stated::contracts(&invested, &mut problems);
        let (parents, circles) = chain::parents(&stated, &invested, &mut problems);
        let taken = chain::taken(&stated, &parents, &invested, &mut problems);
        let mut spent_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, number) in &spent {
            spent_of.entry(*number).or_default().push(*at);
        }
        let mut books = Self {
            invested,
            heads: Heads::default(),
            contracts: Vec::with_capacity(stated.len()),
            by_head: Vec::new(),
            problems,
            differences: Vec::new(),
            left: Vec::new(),
            beyond: BTreeMap::new(),
            beyond_all: BTreeSet::new(),
        };
        let read = stated.into_iter().zip(parents).zip(taken).enumerate();
        for (number, ((stated, parent), taken)) in read {
            let is_elsewhere = spent.contains_key(&stated[0]);
            let spent = spent_of.remove(&number).unwrap_or_default();
            let statements = Statements {
                stated,
                spent,
                is_elsewhere,
            };
            books.read(statements, parent, &taken, shared);
        }
        books.note_heads();
        books.note_beyond(&circles);
        books
    }

    /// The problems, in a fixed order. None of them stops a count.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter()
    }

    /// Of which investments teams state different amounts.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// The investments that are in no figure.
    #[must_use]
    pub fn left(&self) -> &[LeftOut] {
        &self.left
    }

    /// An investment as a team states it; `None` if it has no such record.
    #[must_use]
    pub fn investment(&self, key: &InvestmentKey) -> Option<&Invested> {
        self.invested.get(self.place(key)?)
    }

    /// The place of a statement among all.
    pub(super) fn place(&self, (owner, id): &InvestmentKey) -> Option<usize> {
        let order = |one: &Invested| (&one.owner, one.id).cmp(&(owner, *id));
        self.invested.binary_search_by(order).ok()
    }

    /// The line of a team with this key; `None` if it is not stated.
    #[must_use]
    pub fn line(&self, owner: &Owner, key: &LineKey) -> Option<&LineAmount> {
        let lines = &self.investment(&(owner.clone(), key.investment))?.lines;
        lines.iter().find(|line| line.key == *key)
    }

    /// The other locations whose statements are in this location's column, are taken off its
    /// figures, or are listed beside them. If there are none, the location itself can compute its
    /// whole column from the hub's investments and its own.
    #[must_use]
    pub fn beyond(&self, location: &LocationCode) -> BTreeSet<LocationCode> {
        let named = self.beyond.get(location).into_iter().flatten();
        let all = named.chain(&self.beyond_all).cloned();
        all.filter(|code| code != location).collect()
    }

    /// The statement that counts of each investment that was not cancelled, with the number of the
    /// investment.
    pub(super) fn mains(&self) -> impl Iterator<Item = (&Invested, usize)> {
        let contracts = self.contracts.iter().enumerate();
        let mains = contracts.map(|(number, one)| (&self.invested[one.stated[0]], number));
        mains.filter(|(one, _)| one.status != Status::Cancelled)
    }

    pub(super) fn parent(&self, number: usize) -> Option<usize> {
        self.contracts[number].parent
    }

    /// Reads one investment. `taken` is what its parts take off it.
    fn read(
        &mut self,
        statements: Statements,
        parent: Option<usize>,
        taken: &Taken,
        shared: &SharedOutcomes,
    ) {
        let stated = &statements.stated;
        let main = &self.invested[stated[0]];
        let purse = purse(main);
        let standing = standing(main);
        if let Standing::Left(why) = standing {
            if why == WhyLeft::NoAmount {
                self.problems.insert(Problem::NoAmount(main.key()));
            }
            let head = rest_head(stated[0], stated, &self.invested);
            self.left.push(LeftOut {
                of: main.key(),
                why,
                places: self.invested[head.0].places.clone(),
                outcomes: self.invested[head.1].rows(shared),
                days: (main.from, main.to),
                until: main.until,
            });
        }
        let alike = stated.iter().copied();
        let alike = alike.filter(|at| stated::purse(&self.invested[*at]) == purse);
        let alike: Vec<usize> = alike.collect();
        self.note_statements(stated, &alike);
        let compared: Vec<usize> = alike.iter().chain(&statements.spent).copied().collect();
        let wanted = |what| statements.wants(what);
        let readings = match standing {
            Standing::Left(_) => Readings::default(),
            Standing::Whole | Standing::Spent => merge::readings(&compared, &self.invested, wanted),
        };
        let mut postings = self.lines(&readings.lines, shared);
        let besides = Besides::of(&postings, &readings.held, stated[0], &mut self.heads);
        let odd = odd(&postings, &besides);
        let differ_from_hub = self.note_differences(&compared, &odd, wanted);
        self.note_excess(stated[0], (&postings, &besides), (standing, taken));
        let is_whole = standing == Standing::Whole;
        let rested = is_whole.then_some((&*alike, taken));
        let (rest, changes) = self.changes(stated[0], (&readings, &postings), rested, shared);
        postings.extend(rest);
        let rest = is_whole.then(|| {
            let (places, outcomes) = rest_head(stated[0], &alike, &self.invested);
            let main = &self.invested[stated[0]];
            let rows = self.invested[outcomes].rows(shared);
            Rest {
                head: self.heads.number(&self.invested[places].places, rows),
                days: (main.from, main.to),
                parts: taken.by.clone(),
                outcomes: (outcomes != stated[0]).then_some(outcomes),
            }
        });
        self.contracts.push(Contract {
            stated: statements.stated,
            spent: statements.spent,
            parent,
            purse,
            postings,
            changes,
            besides,
            differ_from_hub,
            rest,
        });
    }

    /// The rest of an investment of which `postings` count, and its other readings. If it is not in
    /// force it has no rest; otherwise `rested` are its statements and what is taken off it.
    fn changes(
        &mut self,
        main: usize,
        (readings, postings): (&Readings, &[Posting]),
        rested: Option<(&[usize], &Taken)>,
        shared: &SharedOutcomes,
    ) -> (Option<Posting>, Vec<Change>) {
        let committed = Committed::of(postings, &self.invested);
        let rest =
            rested.and_then(|(stated, taken)| self.rest(main, (stated, &committed), taken, shared));
        let places = postings.iter().enumerate();
        let places: BTreeMap<_, usize> = places.map(|(at, one)| (one.of, at)).collect();
        let mut changes = Vec::with_capacity(readings.others.len());
        for other in &readings.others {
            // A line that another one replaced does not count, and so cannot be left out.
            let without = other.without.iter();
            let without = without.filter_map(|(of, at)| places.get(&(*of, Some(*at))).copied());
            let mut without: Vec<usize> = without.collect();
            let with: Vec<Place> = other.with.iter().copied().collect();
            let mut with = self.lines(&with, shared);
            let gone = without.iter().map(|at| &postings[*at]);
            let committed = committed.changed(gone, &with, &self.invested);
            let other = rested.and_then(|(stated, taken)| {
                self.rest(other.amount, (stated, &committed), taken, shared)
            });
            if other != rest {
                without.extend(rest.as_ref().map(|_| postings.len()));
                with.extend(other);
            }
            if !without.is_empty() || !with.is_empty() {
                changes.push(Change { without, with });
            }
        }
        (rest, changes)
    }

    fn lines(&mut self, lines: &[Place], shared: &SharedOutcomes) -> Vec<Posting> {
        let mut postings = Vec::with_capacity(lines.len() + 1);
        let mut after: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for (of, at) in lines {
            let one = &self.invested[*of];
            let line = &one.lines[*at];
            let keys = one.lines.iter().map(|line| &line.key);
            let after = after
                .entry(*of)
                .or_insert_with(|| line::preceding(keys).collect());
            let measure = match line.key.what {
                LineWhat::Committed => Measure::Committed,
                LineWhat::Spent => Measure::Spent,
            };
            let outcomes = rows(&one.owner, &line.key.outcomes, shared);
            postings.push(Posting {
                measure,
                days: (line.key.period.start(), line.key.period.end()),
                head: self.heads.number(&line.key.places, outcomes),
                range: Range::of(line.least, line.most),
                gst: Gsts::one(one.gst),
                after: mem::take(&mut after[*at]),
                of: (*of, Some(*at)),
            });
        }
        postings
    }

    /// The rest of an investment that no line divides; `None` if there is none.
    fn rest(
        &mut self,
        of: usize,
        (stated, committed): (&[usize], &Committed),
        taken: &Taken,
        shared: &SharedOutcomes,
    ) -> Option<Posting> {
        let one = &self.invested[of];
        let own = (one.amount? - taken.sum).max(Number::ZERO);
        let (least, most) = committed.sums;
        let rest = |lines: Number| (own - lines).max(Number::ZERO);
        if rest(least).is_zero() {
            return None;
        }
        let (places, outcomes) = rest_head(of, stated, &self.invested);
        let outcomes = self.invested[outcomes].rows(shared);
        let main = &self.invested[stated[0]];
        Some(Posting {
            measure: Measure::InForce,
            days: (main.from, main.to),
            head: self.heads.number(&self.invested[places].places, outcomes),
            range: Range {
                value: rest(least),
                low: rest(most),
                high: rest(least),
            },
            gst: Gsts::one(one.gst).and(taken.gst),
            after: Vec::new(),
            of: (of, None),
        })
    }

    fn note_heads(&mut self) {
        self.by_head = self.heads.iter().map(|_| BTreeSet::new()).collect();
        for (number, contract) in self.contracts.iter().enumerate() {
            let heads = contract.all_postings().map(|one| one.head);
            let under = contract.besides.heads();
            let rest = contract.rest.as_ref().map(|rest| rest.head);
            for head in heads.chain(under).chain(rest) {
                self.by_head[head].insert(number);
            }
        }
    }
}

/// The statements of one investment.
struct Statements {
    /// Those of it, the one that counts first.
    stated: Vec<usize>,
    /// Those of locations that are investments of their own but for what was spent.
    spent: Vec<usize>,
    /// Whether what was spent of it is read in an investment that the hub cancelled.
    is_elsewhere: bool,
}

impl Statements {
    /// Whether lines of this kind are read here.
    fn wants(&self, what: LineWhat) -> bool {
        match what {
            LineWhat::Committed => self.spent.is_empty(),
            LineWhat::Spent => !self.is_elsewhere,
        }
    }
}

/// The lines of locations that differ from the hub's.
fn odd(postings: &[Posting], besides: &Besides) -> Odd {
    let (more, doubted) = beside::odd(postings, besides);
    let places = |all: BTreeSet<usize>| {
        let places = all.into_iter().map(|at| postings[at].of);
        places.filter_map(|(of, at)| Some((of, at?))).collect()
    };
    Odd {
        more: places(more),
        doubted: places(doubted),
    }
}

/// The statements from which the places and the outcomes of a rest are; `of` has its amount. The
/// hub's places stand if it states any, and its outcomes too, except where the money is in the
/// cells of one location alone: what that location states moves it there and nowhere else.
fn rest_head(of: usize, stated: &[usize], invested: &[Invested]) -> (usize, usize) {
    let first = stated[0];
    let is_alone = |at: usize, places: &Places| {
        let location = invested[at].owner.location();
        location.is_some_and(|code| places.is_only(code))
    };
    let places = match &invested[first].places {
        Places::NotStated if is_alone(of, &invested[of].places) => of,
        Places::NotStated | Places::All | Places::Of(_) => first,
    };
    let states = |at: usize| !invested[at].outcomes.is_empty();
    let is_said = |at: usize| is_alone(at, &invested[places].places) && states(at);
    if is_said(of) || states(first) {
        return (places, if is_said(of) { of } else { first });
    }
    let said = stated.iter().copied().find(|at| is_said(*at));
    (places, said.unwrap_or(first))
}

impl Invested {
    /// The rows of the outcomes that it is for.
    fn rows(&self, shared: &SharedOutcomes) -> BTreeSet<Row> {
        rows(&self.owner, &self.outcomes, shared)
    }
}
