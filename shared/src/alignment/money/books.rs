//! The books: all investments, each once, with what is its own and where it counts.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use super::{
    Difference, Invested, InvestmentKey, LineAmount, Owner, Problem, chain,
    figures::{Gsts, Measure, Purse, Range},
    heads::{Column, Heads, Row, SharedOutcomes, rows},
    merge::{self, Reading},
    stated::{self, Standing, purse, standing},
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
    problems: BTreeSet<Problem>,
    differences: Vec<Difference>,
    left: Vec<LeftOut>,
    beyond: BTreeMap<LocationCode, BTreeSet<LocationCode>>,
    beyond_all: BTreeSet<LocationCode>,
}

/// One investment, by whichever teams it is stated.
#[derive(Clone, Debug)]
pub(super) struct Contract {
    /// Its statements, the one that counts first.
    pub(super) stated: Vec<usize>,
    pub(super) parent: Option<usize>,
    pub(super) purse: Purse,
    /// Its readings, the one that counts first; none if it is in no figure.
    pub(super) views: Vec<Vec<Posting>>,
    /// The locations that state another amount of it than the hub.
    pub(super) differ_from_hub: BTreeSet<LocationCode>,
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
    /// The days of longer lines that it is in. Where one of them counts, this one does not.
    pub(super) longer: Vec<(Date, Date)>,
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
        let stated = stated::contracts(&invested, &mut problems);
        let (parents, circles) = chain::parents(&stated, &invested, &mut problems);
        let taken = chain::taken(&stated, &parents, &invested, &mut problems);
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
        let read = stated.into_iter().zip(parents).zip(taken);
        for ((stated, parent), taken) in read {
            books.read(stated, parent, taken, shared);
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

    /// Reads one investment. `taken` is what its parts take off it, and their treatments of tax.
    fn read(
        &mut self,
        stated: Vec<usize>,
        parent: Option<usize>,
        taken: (Number, Gsts),
        shared: &SharedOutcomes,
    ) {
        let main = &self.invested[stated[0]];
        let purse = purse(main);
        let standing = standing(main);
        if let Standing::Left(why) = standing {
            if why == WhyLeft::NoAmount {
                self.problems.insert(Problem::NoAmount(main.key()));
            }
            let head = rest_head(stated[0], &stated, &self.invested);
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
        let known = self.differences.len();
        self.note_statements(&stated, &alike);
        let differ_from_hub = differ_from_hub(&self.differences[known..]);
        let readings = match standing {
            Standing::Left(_) => Vec::new(),
            Standing::Whole | Standing::Spent => merge::readings(&alike, &self.invested),
        };
        let mut views: Vec<Vec<Posting>> = Vec::with_capacity(readings.len());
        for (nth, reading) in readings.iter().enumerate() {
            let mut postings = self.lines(reading, shared);
            if nth == 0 {
                self.note_excess(reading, &postings, (standing, taken.0));
            }
            if standing == Standing::Whole {
                let rest = self.rest(reading, (&stated, &postings), taken, shared);
                postings.extend(rest);
            }
            if !views.contains(&postings) {
                views.push(postings);
            }
        }
        self.contracts.push(Contract {
            stated,
            parent,
            purse,
            views,
            differ_from_hub,
        });
    }

    /// Notes what is odd about the statements of one investment.
    fn note_statements(&mut self, stated: &[usize], alike: &[usize]) {
        for at in stated {
            let one = &self.invested[*at];
            self.problems.extend(shorter_exceed(one));
            for line in &one.lines {
                let period = line.key.period;
                if line.is_contested() {
                    self.problems
                        .insert(Problem::Contested(one.owner.clone(), line.key.clone()));
                }
                if period.end() < one.from || period.start() > one.to {
                    self.problems
                        .insert(Problem::Outside(one.owner.clone(), line.key.clone()));
                }
            }
        }
        let members = || stated.iter().map(|at| &self.invested[*at]);
        let identifier = members().find_map(|one| one.identifier.clone());
        let Some(identifier) = identifier.filter(|_| stated.len() > 1) else {
            return;
        };
        let ids = || members().map(Invested::key).collect();
        if alike.len() < stated.len() {
            let problem = Problem::PursesDiffer(identifier.clone(), ids());
            self.problems.insert(problem);
        }
        let statuses = members().map(|one| one.status);
        let statuses: BTreeSet<Status> = statuses.filter(|one| *one != Status::Withheld).collect();
        if statuses.len() > 1 {
            let problem = Problem::StatusesDiffer(identifier.clone(), ids());
            self.problems.insert(problem);
        }
        let differences = merge::differences(&identifier, alike, &self.invested);
        self.differences.extend(differences);
    }

    fn lines(&mut self, reading: &Reading, shared: &SharedOutcomes) -> Vec<Posting> {
        let mut postings = Vec::with_capacity(reading.lines.len() + 1);
        let mut longer: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for (of, at) in &reading.lines {
            let one = &self.invested[*of];
            let line = &one.lines[*at];
            let keys = one.lines.iter().map(|line| &line.key);
            let longer = longer
                .entry(*of)
                .or_insert_with(|| line::longer(keys).collect());
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
                longer: mem::take(&mut longer[*at]),
                of: (*of, Some(*at)),
            });
        }
        postings
    }

    /// Notes by how much the parts and lines of an investment are more than there is.
    fn note_excess(
        &mut self,
        reading: &Reading,
        postings: &[Posting],
        (standing, taken): (Standing, Number),
    ) {
        let one = &self.invested[reading.amount];
        let Some(amount) = one.amount else { return };
        let mut problems = Vec::new();
        let own = amount - taken;
        if own.is_negative() && standing == Standing::Whole {
            problems.push(Problem::PartsExceed(one.key(), own.size()));
        }
        let own = own.max(Number::ZERO);
        let committed = sum_of(postings, Measure::Committed, |range| range.low);
        if own < committed && standing == Standing::Whole {
            problems.push(Problem::LinesExceed(one.key(), committed - own));
        }
        let spent = sum_of(postings, Measure::Spent, |range| range.low);
        if own < spent {
            problems.push(Problem::SpentExceeds(one.key(), spent - own));
        }
        self.problems.extend(problems);
    }

    /// The rest of an investment that no line divides; `None` if there is none.
    fn rest(
        &mut self,
        reading: &Reading,
        (stated, postings): (&[usize], &[Posting]),
        (taken, gst): (Number, Gsts),
        shared: &SharedOutcomes,
    ) -> Option<Posting> {
        let one = &self.invested[reading.amount];
        let own = (one.amount? - taken).max(Number::ZERO);
        let least = sum_of(postings, Measure::Committed, |range| range.low);
        let most = sum_of(postings, Measure::Committed, |range| range.high);
        let rest = |lines: Number| (own - lines).max(Number::ZERO);
        if rest(least).is_zero() {
            return None;
        }
        let (places, outcomes) = rest_head(reading.amount, stated, &self.invested);
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
            gst: Gsts::one(one.gst).and(gst),
            longer: Vec::new(),
            of: (reading.amount, None),
        })
    }

    fn note_heads(&mut self) {
        self.by_head = self.heads.iter().map(|_| BTreeSet::new()).collect();
        for (number, contract) in self.contracts.iter().enumerate() {
            for posting in contract.views.iter().flatten() {
                self.by_head[posting.head].insert(number);
            }
        }
    }

    /// Notes whose statements reach into which columns.
    fn note_beyond(&mut self, circles: &[Vec<usize>]) {
        let mut reaches: Vec<(usize, usize)> = Vec::new();
        for (number, contract) in self.contracts.iter().enumerate() {
            reaches.push((number, number));
            reaches.extend(contract.parent.map(|parent| (number, parent)));
        }
        for circle in circles {
            let others = |one: &usize| {
                let one = *one;
                circle.iter().map(move |other| (one, *other))
            };
            reaches.extend(circle.iter().flat_map(others));
        }
        for (from, to) in reaches {
            let owners = self.contracts[from].stated.iter();
            let owners = owners.filter_map(|at| self.invested[*at].owner.location());
            let owners: BTreeSet<LocationCode> = owners.cloned().collect();
            if owners.is_empty() {
                continue;
            }
            let stated = self.contracts[to].stated.iter();
            let places = stated.flat_map(|at| {
                let one = &self.invested[*at];
                let lines = one.lines.iter().map(|line| &line.key.places);
                lines.chain([&one.places])
            });
            let places: BTreeSet<&Places> = places.collect();
            for places in places {
                match places {
                    Places::NotStated => {}
                    Places::All => self.beyond_all.extend(owners.iter().cloned()),
                    Places::Of(codes) => {
                        for code in codes.iter() {
                            let of = self.beyond.entry(code.clone()).or_default();
                            of.extend(owners.iter().cloned());
                        }
                    }
                }
            }
        }
    }
}

/// The locations that state another amount than the hub, by the differences of one investment.
fn differ_from_hub(differences: &[Difference]) -> BTreeSet<LocationCode> {
    let mut differ = BTreeSet::new();
    for said in differences.iter().map(|one| &one.said) {
        let Some(hub) = said.iter().find(|one| one.owner == Owner::Hub) else {
            continue;
        };
        let others = said.iter().filter(|one| one.amount != hub.amount);
        differ.extend(others.filter_map(|one| one.owner.location().cloned()));
    }
    differ
}

/// The lines of an investment that are less than the lines of shorter periods in them.
fn shorter_exceed(one: &Invested) -> Vec<Problem> {
    let longer = line::longer(one.lines.iter().map(|line| &line.key));
    let mut within: BTreeMap<_, Number> = BTreeMap::new();
    for (line, longer) in one.lines.iter().zip(longer) {
        let key = &line.key;
        // Longer periods can overlap, as two kinds of years do. A month is in each shortest one.
        let is_around = |one: &(Date, Date), other: &(Date, Date)| {
            one != other && one.0 <= other.0 && one.1 >= other.1
        };
        let all = longer.iter();
        for days in all.filter(|days| !longer.iter().any(|one| is_around(days, one))) {
            let of = (&key.what, &key.places, &key.outcomes, *days);
            *within.entry(of).or_default() += line.least;
        }
    }
    let exceed = one.lines.iter().filter_map(|line| {
        let key = &line.key;
        let days = (key.period.start(), key.period.end());
        let by = *within.get(&(&key.what, &key.places, &key.outcomes, days))? - line.most;
        let problem = Problem::ShorterExceed(one.owner.clone(), key.clone(), by);
        (by > Number::ZERO).then_some(problem)
    });
    exceed.collect()
}

/// The sum of the lines of a reading over all periods; what is in a longer line is in its amount.
fn sum_of(postings: &[Posting], measure: Measure, of: fn(&Range) -> Number) -> Number {
    let postings = postings.iter();
    let whole = postings.filter(|one| one.measure == measure && one.longer.is_empty());
    whole.map(|one| of(&one.range)).sum()
}

/// The statements from which the places and the outcomes of a rest are: the one with the amount,
/// or else the first that states them.
fn rest_head(of: usize, stated: &[usize], invested: &[Invested]) -> (usize, usize) {
    let first = |states: fn(&Invested) -> bool| {
        let mut order = [of].into_iter().chain(stated.iter().copied());
        order.find(|at| states(&invested[*at])).unwrap_or(of)
    };
    let places = first(|one| one.places != Places::NotStated);
    (places, first(|one| !one.outcomes.is_empty()))
}

impl Invested {
    /// The rows of the outcomes that it is for.
    fn rows(&self, shared: &SharedOutcomes) -> BTreeSet<Row> {
        rows(&self.owner, &self.outcomes, shared)
    }
}
