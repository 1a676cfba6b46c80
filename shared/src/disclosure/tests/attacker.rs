//! An attacker who has every release and a solver. It shares no code with the audit: it writes down
//! all that is public as equations and asks for the least and the greatest possible value of each
//! count that should be hidden.

mod revisions;

use std::collections::{BTreeMap, BTreeSet};

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOutcome, Variable};

use crate::{
    disclosure::{Before, Cell, CellKey, FRR3, Kind, Published, Relations},
    id::{AreaCode, LocationCode},
    rollup::Level,
};

/// Atoms of the largest component of which exact bounds are computed.
pub(super) const ATOMS_MAX: usize = 400;

/// A count that the attacker wants to know: its name, its terms, its true value.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) name: String,
    terms: Vec<usize>,
    minus: Vec<usize>,
    truth: i64,
}

/// The quantities of a figure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Part {
    Numerator,
    /// A proportion's complement, or another denominator.
    Base,
    /// A proportion's denominator.
    Whole,
}

type Place<'a> = (&'a LocationCode, &'a AreaCode);

/// Terms with their signs, and the least and greatest value of their sum.
type Condition = (Vec<(usize, i64)>, i64, i64);

/// All that is public, as linear conditions on unknown whole numbers.
#[derive(Default)]
pub(super) struct Attacker<'a> {
    unknowns: BTreeMap<(&'a CellKey, Place<'a>, Part, i64), usize>,
    truths: Vec<i64>,
    conditions: BTreeSet<Condition>,
    /// Shown sets, by quantity.
    shown: BTreeSet<(Part, BTreeSet<usize>, String)>,
    pub(super) targets: Vec<Target>,
}

fn parts(cell: &Cell, counts: &crate::disclosure::Counts) -> Vec<(Part, i64)> {
    let numerator = counts.numerator.whole().unwrap();
    let denominator = counts.denominator.map(|count| count.whole().unwrap());
    match cell.kind {
        Kind::Count => vec![(Part::Numerator, numerator)],
        Kind::Proportion => vec![
            (Part::Numerator, numerator),
            (Part::Base, denominator.unwrap() - numerator),
        ],
        Kind::Rate => vec![
            (Part::Numerator, numerator),
            (Part::Base, denominator.unwrap()),
        ],
        Kind::Mean => vec![(Part::Base, denominator.unwrap())],
    }
}

impl<'a> Attacker<'a> {
    pub(super) fn of(before: &'a Before, relations: &'a Relations) -> Self {
        let mut attacker = Self::default();
        let releases: BTreeSet<u64> = before.published().map(|one| one.release).collect();
        let keys: BTreeSet<&CellKey> = before.published().map(|one| &one.cell.key).collect();
        for release in releases {
            let last = |key: &CellKey| {
                let of = before.of(key).iter().rev();
                of.into_iter().find(|one| one.release <= release)
            };
            let state = keys.iter().filter_map(|key| Some((*key, last(key)?)));
            attacker.state(&state.collect(), relations);
        }
        attacker.differences();
        attacker.revisions(before, relations);
        attacker
    }

    fn state(&mut self, state: &BTreeMap<&'a CellKey, &'a Published>, relations: &'a Relations) {
        for published in state.values() {
            for level in published.rows.keys() {
                self.row(published, level);
            }
        }
        let known = relations.known.iter().map(|cell| (&cell.key, cell));
        let known: BTreeMap<&CellKey, &Cell> = known.collect();
        for cell in known.values() {
            self.known(cell);
        }
        let cell = |key: &CellKey| {
            let published = state.get(key).map(|one| &one.cell);
            known.get(key).copied().or(published)
        };
        for sum in &relations.sums {
            let parts: Vec<&Cell> = sum.parts.iter().filter_map(cell).collect();
            let Some(total) = cell(&sum.total) else {
                continue;
            };
            self.sum(
                total,
                &parts,
                parts.len() == sum.parts.len(),
                (sum.denominators, sum.over_time),
            );
        }
        let includes = relations
            .part_of
            .iter()
            .map(|(part, whole)| (part, whole, true));
        let grows = relations.cumulative.iter();
        let includes = includes.chain(grows.map(|(one, two)| (one, two, false)));
        for (part, whole, is_part) in includes {
            if let Some((part, whole)) = cell(part).zip(cell(whole)) {
                let published = state.get(&part.key).copied();
                self.part_of(part, whole, published.filter(|_| is_part));
            }
        }
    }

    /// The unknowns of a row by quantity.
    fn sets(&mut self, cell: &'a Cell, level: &Level) -> BTreeMap<Part, Vec<usize>> {
        let mut sets: BTreeMap<Part, Vec<usize>> = BTreeMap::new();
        for (location, areas) in cell.contributions.iter() {
            if level.location().is_some_and(|one| one != location) {
                continue;
            }
            for (area, counts) in areas {
                for (part, value) in parts(cell, counts) {
                    let unknown = self.unknown(cell, (location, area), part, value);
                    sets.entry(part).or_default().push(unknown);
                }
            }
        }
        sets
    }

    fn unknown(&mut self, cell: &'a Cell, place: Place<'a>, part: Part, value: i64) -> usize {
        let truths = &mut self.truths;
        *self
            .unknowns
            .entry((&cell.key, place, part, value))
            .or_insert_with(|| {
                truths.push(value);
                truths.len() - 1
            })
    }

    fn row(&mut self, published: &'a Published, level: &Level) {
        let sets = self.sets(&published.cell, level);
        let name = format!("{} {level:?} of {}", published.cell.key, published.release);
        let least = i64::try_from(FRR3.count_min).unwrap();
        let Some(shown) = published.rows[level] else {
            if published.cell.kind == Kind::Proportion {
                let all: Vec<usize> = sets.values().flatten().copied().collect();
                self.target(format!("{name} denominator"), &all, &[]);
            }
            for (part, set) in sets {
                self.target(format!("{name} {part:?}"), &set, &[]);
            }
            return;
        };
        let of = |part| sets.get(&part).cloned().unwrap_or_default();
        let mut all = of(Part::Base);
        if published.cell.kind == Kind::Proportion {
            self.condition(&all, &[], (least, i64::MAX));
            all.extend(of(Part::Numerator));
        }
        for (set, last) in [
            (of(Part::Numerator), shown.numerator),
            (all, shown.denominator),
        ] {
            let Some(last) = last else { continue };
            let truth: i64 = set.iter().map(|one| self.truths[*one]).sum();
            let lag = if i64::try_from(last.raw).unwrap() == truth {
                2
            } else {
                7
            };
            let shown = i64::try_from(last.shown).unwrap();
            self.condition(&set, &[], ((shown - lag).max(least), shown + lag));
        }
        if published.cell.kind == Kind::Proportion {
            let whole = sets.values().flatten().copied().collect();
            self.shown.insert((Part::Whole, whole, name.clone()));
        }
        for (part, set) in sets {
            self.shown
                .insert((part, set.into_iter().collect(), name.clone()));
        }
    }

    /// Figures that an office published: each count of each place as it is.
    fn known(&mut self, cell: &'a Cell) {
        for (location, areas) in cell.contributions.iter() {
            for (area, counts) in areas {
                for (part, value) in parts(cell, counts) {
                    let unknown = self.unknown(cell, (location, area), part, value);
                    self.condition(&[unknown], &[], (value, value));
                    let name = format!("{} {location} published", cell.key);
                    self.shown.insert((part, [unknown].into(), name));
                }
            }
        }
    }

    fn sum(
        &mut self,
        total: &'a Cell,
        cells: &[&'a Cell],
        all: bool,
        (denominators, over_time): (bool, bool),
    ) {
        for (location, areas) in total.contributions.iter() {
            for (area, counts) in areas {
                for (part, value) in parts(total, counts) {
                    if part == Part::Base && !denominators {
                        continue;
                    }
                    let place = (location, area);
                    let of = cells.iter().filter_map(|cell| {
                        let counts = cell.contributions.get(location)?.get(area)?;
                        let value = parts(cell, counts).into_iter().find(|one| one.0 == part)?;
                        Some((*cell, value.1))
                    });
                    let of: Vec<(&Cell, i64)> = of.collect();
                    let sum: i64 = of.iter().map(|(_, value)| value).sum();
                    let total = self.unknown(total, place, part, value);
                    let of = of
                        .iter()
                        .map(|(cell, value)| self.unknown(cell, place, part, *value));
                    let of: Vec<usize> = of.collect();
                    if of.is_empty() || sum > value {
                        continue;
                    }
                    let whole = of.len() == cells.len();
                    let exact = all && whole && sum == value;
                    // Whole periods that do not add up have no relation to the longer one.
                    if over_time && whole && !exact {
                        continue;
                    }
                    self.condition(&[total], &of, (0, if exact { 0 } else { i64::MAX }));
                }
            }
        }
    }

    fn part_of(&mut self, part: &'a Cell, whole: &'a Cell, published: Option<&'a Published>) {
        let mut rests: BTreeMap<&LocationCode, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (location, areas) in part.contributions.iter() {
            for (area, counts) in areas {
                let of = whole
                    .contributions
                    .get(location)
                    .and_then(|areas| areas.get(area));
                let Some(of) = of else { continue };
                let (value, more) = (counts.numerator.whole(), of.numerator.whole());
                let (value, more) = (value.unwrap(), more.unwrap());
                let one = self.unknown(part, (location, area), Part::Numerator, value);
                let two = self.unknown(whole, (location, area), Part::Numerator, more);
                if value <= more {
                    self.condition(&[two], &[one], (0, i64::MAX));
                }
                let rest = rests.entry(location).or_default();
                rest.0.push(two);
                rest.1.push(one);
            }
        }
        let Some(published) = published else { return };
        for (level, shown) in &published.rows {
            let of = rests
                .iter()
                .filter(|(one, _)| level.location().is_none_or(|l| l == **one));
            let (two, one): (Vec<_>, Vec<_>) = of.map(|(_, rest)| rest.clone()).unzip();
            let (two, one) = (two.concat(), one.concat());
            if two.is_empty() {
                continue;
            }
            if shown.is_some() {
                let least = i64::try_from(FRR3.count_min).unwrap();
                self.condition(&two, &one, (least, i64::MAX));
            } else {
                self.target(format!("rest of {} {level:?}", part.key), &two, &one);
            }
        }
    }

    /// The differences between nested shown sets.
    fn differences(&mut self) {
        let shown: Vec<_> = self.shown.iter().cloned().collect();
        for (part, small, name) in &shown {
            for (_, large, other) in shown.iter().filter(|(one, ..)| one == part) {
                if small.len() < large.len() && small.is_subset(large) {
                    let rest: Vec<usize> = large.difference(small).copied().collect();
                    self.target(format!("{other} without {name} {part:?}"), &rest, &[]);
                }
            }
        }
    }

    fn condition(&mut self, plus: &[usize], minus: &[usize], (low, high): (i64, i64)) {
        let truth: i64 = self.truth(plus) - self.truth(minus);
        assert!(low <= truth && truth <= high, "what is public is true");
        let terms = plus.iter().map(|one| (*one, 1));
        let terms = terms.chain(minus.iter().map(|one| (*one, -1)));
        self.conditions.insert((terms.collect(), low, high));
    }

    fn target(&mut self, name: String, terms: &[usize], minus: &[usize]) {
        let truth = self.truth(terms) - self.truth(minus);
        if (0..i64::try_from(FRR3.count_min).unwrap()).contains(&truth) && !terms.is_empty() {
            let (terms, minus) = (terms.to_vec(), minus.to_vec());
            self.targets.push(Target {
                name,
                terms,
                minus,
                truth,
            });
        }
    }

    fn truth(&self, terms: &[usize]) -> i64 {
        terms.iter().map(|one| self.truths[*one]).sum()
    }

    /// All that conditions tie to a target, directly or by others.
    fn component<'c>(&self, target: &Target, of: &[Vec<&'c Condition>]) -> Component<'c> {
        let mut component = Component::default();
        let mut next = [target.terms.as_slice(), &target.minus].concat();
        while let Some(unknown) = next.pop() {
            if component
                .unknowns
                .insert(unknown, self.truths[unknown])
                .is_none()
            {
                for condition in &of[unknown] {
                    component.conditions.insert(condition);
                    next.extend(condition.0.iter().map(|(other, _)| *other));
                }
            }
        }
        component
    }
}

/// A part of all unknowns that no condition ties to the rest.
#[derive(Default)]
struct Component<'c> {
    /// The unknowns with their true values.
    unknowns: BTreeMap<usize, i64>,
    conditions: BTreeSet<&'c Condition>,
}

impl Component<'_> {
    /// The number of whole numbers between the least and the greatest possible value.
    fn candidates(&self, target: &Target) -> i64 {
        let low = self.bound(target, OptimizationDirection::Minimize);
        let high = self.bound(target, OptimizationDirection::Maximize);
        let is_between = low <= target.truth && target.truth <= high;
        assert!(is_between, "{}", target.name);
        high - low + 1
    }

    fn bound(&self, target: &Target, direction: OptimizationDirection) -> i64 {
        let mut problem = Problem::new(direction);
        let mut unknowns: BTreeMap<usize, Variable> = BTreeMap::new();
        for (at, truth) in &self.unknowns {
            let plus = f64::from(u8::from(target.terms.contains(at)));
            let minus = f64::from(u8::from(target.minus.contains(at)));
            // No sum moves by more than a few, but two unknowns may move against each other.
            let most = i32::try_from(truth + 100).unwrap();
            let least = i32::try_from((*truth).min(0)).unwrap();
            let variable = problem.add_integer_var(plus - minus, (least, most));
            unknowns.insert(*at, variable);
        }
        for (terms, low, high) in &self.conditions {
            let terms = terms.iter().map(|(at, sign)| (unknowns[at], *sign as f64));
            let terms: Vec<(Variable, f64)> = terms.collect();
            problem.add_constraint(terms.as_slice(), ComparisonOp::Ge, *low as f64);
            if *high < i64::MAX {
                problem.add_constraint(terms.as_slice(), ComparisonOp::Le, *high as f64);
            }
        }
        let solved = problem.solve().expect("the truth is one solution");
        let SolveOutcome::Solution(solution) = solved else {
            panic!("no limit is set")
        };
        format!("{:.0}", solution.objective().round())
            .parse()
            .unwrap()
    }
}

/// The outcome of an attack.
pub(super) struct Narrow {
    /// Hidden counts of which exact bounds were computed.
    pub(super) hidden: usize,
    /// Those with too few possible values.
    pub(super) narrow: Vec<String>,
    /// Hidden counts in components that are too large for exact bounds.
    pub(super) unjudged: usize,
}

/// Checks that each hidden count has enough possible values.
pub(super) fn check(before: &Before, relations: &Relations) {
    let found = narrow(before, relations, ATOMS_MAX);
    assert!(found.narrow.is_empty(), "{:#?}", found.narrow);
    assert_eq!(found.unjudged, 0, "the network is small");
}

/// Attacks all that was shown, in components of at most so many unknowns.
pub(super) fn narrow(before: &Before, relations: &Relations, atoms_max: usize) -> Narrow {
    let attacker = Attacker::of(before, relations);
    let mut conditions: Vec<Vec<&Condition>> = vec![Vec::new(); attacker.truths.len()];
    for condition in &attacker.conditions {
        for (unknown, _) in &condition.0 {
            conditions[*unknown].push(condition);
        }
    }
    let least = i64::try_from(FRR3.candidates_min).unwrap();
    let mut found = Narrow {
        hidden: 0,
        narrow: Vec::new(),
        unjudged: 0,
    };
    for target in &attacker.targets {
        let component = attacker.component(target, &conditions);
        if component.unknowns.len() > atoms_max {
            found.unjudged += 1;
            continue;
        }
        found.hidden += 1;
        let candidates = component.candidates(target);
        if candidates < least {
            let Target { name, truth, .. } = target;
            let text = format!("{name} is {truth}: {candidates} candidates");
            found.narrow.push(text);
        }
    }
    found
}
