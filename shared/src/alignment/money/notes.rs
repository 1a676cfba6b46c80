//! Odd things about investments: problems, differences, and whose statements reach where.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Difference, Invested, InvestmentKey, Owner, Problem,
    beside::{Besides, spent_ever},
    books::{Books, Posting},
    chain::Taken,
    committed::most_committed,
    figures::Measure,
    merge::{self, Odd},
    stated::{Standing, standing},
};
use crate::{
    id::LocationCode,
    model::{
        investment::InvestmentStatus as Status,
        line::{self, LineWhat},
        number::Number,
        places::Places,
    },
    period::Date,
};

impl Books {
    /// Notes what is odd about the statements of one investment.
    pub(super) fn note_statements(&mut self, stated: &[usize], alike: &[usize]) {
        let of_hub = |at: &usize| self.invested[*at].owner == Owner::Hub;
        let is_of_hub = stated.iter().any(of_hub);
        for at in stated {
            let one = &self.invested[*at];
            self.problems.extend(for_others(one).filter(|_| !is_of_hub));
            let preceding = line::preceding(one.lines.iter().map(|line| &line.key));
            let preceding: Vec<_> = preceding.collect();
            self.problems.extend(shorter_exceed(one, &preceding));
            self.problems.extend(overlapping(one, &preceding));
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
        let first = &self.invested[stated[0]];
        let is_whole = |one: &&Invested| standing(one) == Standing::Whole;
        let elsewhere = members().filter(is_whole).any(|one| {
            let are_stated = ![&one.places, &first.places].contains(&&Places::NotStated);
            are_stated && one.places != first.places && one.amount == first.amount
        });
        if elsewhere && is_whole(&first) {
            let problem = Problem::PlacesDiffer(identifier, ids());
            self.problems.insert(problem);
        }
    }

    /// Notes the differences between statements of one investment, with lines that differ from the
    /// hub's. Returns the locations that state something else than the hub.
    pub(super) fn note_differences(
        &mut self,
        compared: &[usize],
        odd: &Odd,
        wanted: impl Fn(LineWhat) -> bool,
    ) -> BTreeSet<LocationCode> {
        let mut members = compared.iter().map(|at| &self.invested[*at]);
        let identifier = members.find_map(|one| one.identifier.clone());
        let Some(identifier) = identifier.filter(|_| compared.len() > 1) else {
            return BTreeSet::new();
        };
        let of = (&*self.invested, odd);
        let differences = merge::differences(&identifier, compared, of, wanted);
        let mut differ = differ_from_hub(&differences);
        let lines = odd.more.iter().chain(&odd.doubted);
        let owners = lines.map(|(of, _)| &self.invested[*of].owner);
        differ.extend(owners.filter_map(|owner| owner.location().cloned()));
        self.differences.extend(differences);
        differ
    }

    /// Notes by how much the parts and lines of an investment are more than there is, and of which
    /// other teams' statements that comes.
    pub(super) fn note_excess(
        &mut self,
        main: usize,
        (postings, besides): (&[Posting], &Besides),
        (standing, taken): (Standing, &Taken),
    ) {
        let one = &self.invested[main];
        let Some(amount) = one.amount else { return };
        let is_own = |at: usize| self.invested[at].owner == one.owner;
        let own_parts = taken.by.iter().filter(|at| is_own(**at));
        let own_parts: Number = own_parts.filter_map(|at| self.invested[*at].amount).sum();
        let own_lines = || postings.iter().filter(|one| is_own(one.of.0));
        // They are to blame if there would be no excess without them.
        let others = |measure: Option<Measure>, own_excess: Number| {
            let lines = postings.iter();
            let lines = lines.filter(|one| Some(one.measure) == measure);
            let all = taken.by.iter().copied().chain(lines.map(|one| one.of.0));
            let all = all.filter(|at| !is_own(*at) && own_excess <= Number::ZERO);
            let keys: BTreeSet<InvestmentKey> = all.map(|at| self.invested[at].key()).collect();
            keys.into_iter().collect::<Vec<_>>()
        };
        let mut problems = Vec::new();
        let own = amount - taken.sum;
        if own.is_negative() && standing == Standing::Whole {
            let others = others(None, own_parts - amount);
            problems.push(Problem::PartsExceed(one.key(), own.size(), others));
        }
        let own = own.max(Number::ZERO);
        let alone = (amount - own_parts).max(Number::ZERO);
        let committed = most_committed(postings, &self.invested);
        let by_team = most_committed(own_lines(), &self.invested);
        if own < committed && standing == Standing::Whole {
            let others = others(Some(Measure::Committed), by_team - alone);
            problems.push(Problem::LinesExceed(one.key(), committed - own, others));
        }
        let spent = spent_ever(postings, besides);
        let own_lines: Vec<Posting> = own_lines().cloned().collect();
        let by_team = spent_ever(&own_lines, &Besides::default());
        if own < spent {
            let others = others(Some(Measure::Spent), by_team - alone);
            problems.push(Problem::SpentExceeds(one.key(), spent - own, others));
        }
        self.problems.extend(problems);
    }

    /// Notes whose statements reach into which columns.
    pub(super) fn note_beyond(&mut self, circles: &[Vec<usize>]) {
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
            let owners = self.contracts[from].all_stated();
            let owners = owners.filter_map(|at| self.invested[at].owner.location());
            let owners: BTreeSet<LocationCode> = owners.cloned().collect();
            if owners.is_empty() {
                continue;
            }
            let places = self.contracts[to].all_stated().flat_map(|at| {
                let one = &self.invested[at];
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

/// The other places for which a location states money without itself.
fn for_others(one: &Invested) -> Option<Problem> {
    let own = one.owner.location()?;
    let (is_whole, counts_spent) = match standing(one) {
        Standing::Whole => (true, true),
        Standing::Spent => (false, true),
        Standing::Left(_) => (false, false),
    };
    let lines = one.lines.iter().map(|line| &line.key);
    let lines = lines.filter(|key| is_whole || (counts_spent && key.what == LineWhat::Spent));
    let whole = Some(&one.places).filter(|_| is_whole);
    let places = lines.map(|key| &key.places).chain(whole);
    let others = places.filter_map(|places| match places {
        Places::Of(codes) if !codes.contains(own) => Some(codes.iter().cloned()),
        Places::Of(_) | Places::All | Places::NotStated => None,
    });
    let places = Places::of(others.flatten());
    (places != Places::NotStated).then(|| Problem::ForOthers(one.key(), places))
}

/// The lines of an investment that are less than the lines of shorter periods in them.
fn shorter_exceed(one: &Invested, preceding: &[Vec<(Date, Date)>]) -> Vec<Problem> {
    let mut within: BTreeMap<_, Number> = BTreeMap::new();
    for (line, before) in one.lines.iter().zip(preceding) {
        let key = &line.key;
        let longer: Vec<_> = before
            .iter()
            .copied()
            .filter(|days| days.1 >= key.period.end())
            .collect();
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
        let shorter = *within.get(&(&key.what, &key.places, &key.outcomes, days))?;
        let problem = Problem::ShorterExceed(one.owner.clone(), key.clone(), shorter, line.most);
        (shorter > line.most).then_some(problem)
    });
    exceed.collect()
}

/// The lines of an investment that overlap one that begins before them, and are not in it.
fn overlapping(one: &Invested, preceding: &[Vec<(Date, Date)>]) -> Vec<Problem> {
    let of_one = one
        .lines
        .iter()
        .zip(preceding)
        .filter_map(|(line, before)| {
            let key = &line.key;
            let days = before.iter().find(|days| days.1 < key.period.end())?;
            let mut lines = one.lines.iter().map(|line| &line.key);
            let earlier = lines.find(|other| {
                let is_alike = (other.what, &other.places, &other.outcomes)
                    == (key.what, &key.places, &key.outcomes);
                is_alike && (other.period.start(), other.period.end()) == *days
            })?;
            let owner = one.owner.clone();
            Some(Problem::Overlap(owner, earlier.clone(), key.clone()))
        });
    of_one.collect()
}
