//! Atoms and the constraints on their sums, and the search for other explanations.

use super::constraint::{Constraint, Member, Slack};

/// An index of an atom.
pub(in crate::disclosure) type Atom = u32;

/// Repairs of one move.
const REPAIRS_MAX: usize = 8;

/// Atoms of a target that are tried for one move.
const MOVES_MAX: usize = 32;

/// Atoms of a constraint that are tried for one repair.
const TRIES_MAX: usize = 32;

/// Atoms that are tried for a better repair after one was found.
const MORE_MAX: usize = 8;

/// Moves that are tried for one broken constraint when a search goes deep.
const BRANCHES_MAX: usize = 6;

/// Moves with the same effect that are tried for one broken constraint. In a network's constraint
/// there are thousands, and where one does not help, the others seldom do.
const ALIKE_MAX: usize = 2;

/// Moves of one deep search.
const SEARCH_MAX: usize = 500;

/// Moves of all deep searches in a group, if it is small.
const SEARCHES_MIN: usize = 50_000;

/// Moves of all deep searches in a group, for each of its atoms. Most groups need far fewer, and
/// one that is made to need more takes no longer than its size allows.
const SEARCHES_EACH: usize = 2;

/// Two sets of atoms without a common one, and the bounds of the difference of their sums.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Difference {
    pub(super) plus: Vec<Atom>,
    pub(super) minus: Vec<Atom>,
    pub(super) bounds: (i64, i64),
}

/// The effect of a move on constraints.
#[derive(Default)]
struct Effect {
    /// Broken ones that it mends.
    mended: usize,
    /// Others that it breaks.
    breaks: usize,
    /// A hash of both sets. Moves with the same one are taken as alike; an error costs a branch.
    change: u64,
}

/// An odd number that spreads the bits of a hash.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// All atoms of a group of related cells, and all constraints on them.
#[derive(Debug, Default)]
pub(in crate::disclosure) struct System {
    /// The counts at present; they are the true ones whenever no search is on.
    values: Vec<i64>,
    /// The least possible counts: zero, unless the true one is lower by an error in the figures.
    floors: Vec<i64>,
    constraints: Vec<Constraint>,
    /// The slack of each constraint.
    slacks: Vec<Slack>,
    /// The atoms of all constraints.
    terms: Vec<Atom>,
    /// The constraints of each atom: those of atom `i` end at `ends[i]`.
    members: Vec<Member>,
    ends: Vec<u32>,
    /// Moves of deep searches that are left.
    left: usize,
    /// The constraints that the last search could not mend by simple repairs.
    stuck: Vec<u32>,
}

impl System {
    pub(in crate::disclosure) fn atom(&mut self, value: i64) -> Atom {
        self.values.push(value);
        self.floors.push(value.min(0));
        index(self.values.len() - 1)
    }

    /// Makes room for so many constraints, and atoms in them.
    pub(super) fn reserve(&mut self, constraints: usize, terms: usize) {
        self.constraints.reserve(constraints);
        self.slacks.reserve(constraints);
        self.terms.reserve(terms);
    }

    pub(super) fn reserve_atoms(&mut self, atoms: usize) {
        self.values.reserve(atoms);
        self.floors.reserve(atoms);
    }

    pub(in crate::disclosure) fn value(&self, atom: Atom) -> i64 {
        self.values[atom as usize]
    }

    pub(in crate::disclosure) fn sum(&self, atoms: &[Atom]) -> i64 {
        atoms.iter().map(|atom| self.value(*atom)).sum()
    }

    /// Adds the constraint that two sums are equal, as they truly are.
    pub(in crate::disclosure) fn equate(&mut self, plus: &[Atom], minus: &[Atom]) {
        debug_assert_eq!(self.sum(plus), self.sum(minus), "they count the same");
        self.push([plus, &[]], minus, (0, 0));
    }

    /// Adds the constraint on the difference of two sums; call [`System::link`] after the last one.
    /// The true difference is always possible.
    pub(super) fn constrain_difference(&mut self, difference: &Difference) {
        let Difference {
            plus,
            minus,
            bounds,
        } = difference;
        self.push([plus, &[]], minus, *bounds);
    }

    /// Adds the constraint that the sum of two sets is between two numbers; call [`System::link`]
    /// after the last one. The true sum is always possible.
    pub(in crate::disclosure) fn constrain(
        &mut self,
        atoms: [&[Atom]; 2],
        bounds: (i64, i64),
    ) -> u32 {
        debug_assert!(
            is_a_set(&atoms.concat()),
            "the parts of a total do not overlap"
        );
        self.push(atoms, &[], bounds)
    }

    fn push(&mut self, plus: [&[Atom]; 2], minus: &[Atom], (low, high): (i64, i64)) -> u32 {
        let sum = self.sum(plus[0]) + self.sum(plus[1]) - self.sum(minus);
        let start = index(self.terms.len());
        self.terms.extend(plus.into_iter().flatten());
        let first_minus = index(self.terms.len());
        self.terms.extend(minus);
        self.constraints.push(Constraint {
            start,
            minus: first_minus,
            end: index(self.terms.len()),
            holds: true,
        });
        self.slacks
            .push(Slack::of(sum, (low.min(sum), high.max(sum))));
        index(self.constraints.len() - 1)
    }

    /// The atoms of a constraint with their signs.
    fn terms(&self, constraint: &Constraint) -> impl Iterator<Item = (Atom, i8)> + use<'_> {
        let of =
            |range: std::ops::Range<u32>| &self.terms[range.start as usize..range.end as usize];
        let plus = of(constraint.start..constraint.minus).iter();
        let minus = of(constraint.minus..constraint.end).iter();
        plus.map(|atom| (*atom, 1))
            .chain(minus.map(|atom| (*atom, -1)))
    }

    /// Notes for each atom the constraints that it is in.
    pub(in crate::disclosure) fn link(&mut self) {
        let mut counts = vec![0_u32; self.values.len() + 1];
        for atom in &self.terms {
            counts[*atom as usize + 1] += 1;
        }
        for at in 1..counts.len() {
            counts[at] += counts[at - 1];
        }
        let total = counts.last().copied().unwrap_or_default();
        let mut next = counts.clone();
        self.members = vec![Member::default(); total as usize];
        for (id, constraint) in self.constraints.iter().enumerate() {
            let first_minus = constraint.minus as usize;
            for term in constraint.start as usize..constraint.end as usize {
                let atom = self.terms[term];
                let at = &mut next[atom as usize];
                self.members[*at as usize] = Member::new(index(id), term >= first_minus);
                *at += 1;
            }
        }
        self.ends = counts.split_off(1);
        self.left = SEARCHES_MIN.max(SEARCHES_EACH * self.values.len());
    }

    /// The constraints that an atom is in and that still hold.
    pub(in crate::disclosure) fn constraints_of(&self, atom: Atom) -> impl Iterator<Item = u32> {
        let all = self.all_constraints_of(atom);
        all.filter(|id| self.constraints[*id as usize].holds)
    }

    pub(in crate::disclosure) fn atoms_of(&self, constraint: u32) -> impl Iterator<Item = Atom> {
        let constraint = &self.constraints[constraint as usize];
        self.terms(constraint).map(|(atom, _)| atom)
    }

    /// The constraints that stopped the last search.
    pub(in crate::disclosure) fn stuck(&self) -> &[u32] {
        &self.stuck
    }

    /// The number of constraints.
    pub(in crate::disclosure) fn constraints(&self) -> usize {
        self.constraints.len()
    }

    /// The number of atoms in a constraint.
    pub(in crate::disclosure) fn size(&self, constraint: u32) -> u32 {
        let constraint = &self.constraints[constraint as usize];
        constraint.end - constraint.start
    }

    /// Takes a constraint away: what it came from is withheld.
    pub(in crate::disclosure) fn withhold(&mut self, constraint: u32) {
        self.constraints[constraint as usize].holds = false;
        self.slacks[constraint as usize] = Slack::NO_BOUNDS;
    }

    fn all_constraints_of(&self, atom: Atom) -> impl Iterator<Item = u32> {
        let members = self.members_of(atom).iter();
        members.map(|member| member.constraint())
    }

    fn members_of(&self, atom: Atom) -> &[Member] {
        let at = atom as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.members[start as usize..self.ends[at] as usize]
    }

    /// Whether the sum of `target` has at least `candidates` values that explain all constraints:
    /// from the true counts it is moved up and down by ones, and each time the constraints that
    /// this breaks are mended by moving other atoms. Each success is an explanation, so a true
    /// answer is a proof. A false one may be a search that gave up.
    pub(in crate::disclosure) fn is_safe(&mut self, target: &[Atom], candidates: u64) -> bool {
        let mut own = target.to_vec();
        own.sort_unstable();
        let mut found = 1;
        self.stuck.clear();
        for step in [1, -1] {
            let mut moved = Vec::new();
            while found < candidates && self.moves(&own, step, &mut moved) {
                found += 1;
            }
            self.undo(&mut moved, 0);
        }
        found >= candidates
    }

    fn moves(&mut self, own: &[Atom], step: i32, moved: &mut Vec<(Atom, i32)>) -> bool {
        let mark = moved.len();
        for deep in [false, true] {
            let mut budget = if deep { SEARCH_MAX.min(self.left) } else { 0 };
            if deep && budget == 0 {
                return false;
            }
            for atom in own.iter().copied().take(MOVES_MAX) {
                if !self.has_room(atom, step) {
                    continue;
                }
                self.shift(atom, step, moved);
                let of_atom = self.all_constraints_of(atom);
                let broken: Vec<u32> = of_atom.filter(|id| self.is_broken(*id)).collect();
                let before = budget;
                let mends = match deep {
                    false => self.mend(broken, own, moved),
                    true => self.search(broken, own, (mark, REPAIRS_MAX), moved, &mut budget),
                };
                self.left -= before - budget;
                if mends {
                    return true;
                }
                self.undo(moved, mark);
            }
        }
        false
    }

    /// Mends broken constraints one after the other, breaking none: enough for nearly all targets.
    fn mend(&mut self, mut broken: Vec<u32>, own: &[Atom], moved: &mut Vec<(Atom, i32)>) -> bool {
        for _ in 0..REPAIRS_MAX {
            let Some(first) = self.narrowest(&broken) else {
                return true;
            };
            let Some((repair, step)) = self.repair(first, own, &broken) else {
                self.stuck.push(first);
                return false;
            };
            self.shift(repair, step, moved);
            broken.retain(|id| self.is_broken(*id));
        }
        broken.is_empty()
    }

    /// Finds an atom of a broken constraint that can be moved without breaking another one. One
    /// that mends all broken constraints at once is best.
    fn repair(&self, first: u32, own: &[Atom], broken: &[u32]) -> Option<(Atom, i32)> {
        let mut any = None;
        let mut more = MORE_MAX;
        for (atom, step) in self.mending(first).take(TRIES_MAX) {
            more -= usize::from(any.is_some());
            if more == 0 {
                break;
            }
            if !self.may_move(atom, step, own) {
                continue;
            }
            let Some(mended) = self.mended(atom, step) else {
                continue;
            };
            if mended == broken.len() {
                return Some((atom, step));
            }
            any = any.or(Some((atom, step)));
        }
        any
    }

    /// Mends broken constraints by moves that may break others, which are mended in turn. The most
    /// promising moves are tried first, and no atom is moved back.
    fn search(
        &mut self,
        broken: Vec<u32>,
        own: &[Atom],
        (mark, depth): (usize, usize),
        moved: &mut Vec<(Atom, i32)>,
        budget: &mut usize,
    ) -> bool {
        let Some(first) = self.narrowest(&broken) else {
            return true;
        };
        if depth == 0 || broken.len() > depth {
            return false;
        }
        let tries = self.tries((first, &broken), own, &moved[mark..]);
        for (_, atom, step) in tries.into_iter().take(BRANCHES_MAX) {
            if *budget == 0 {
                return false;
            }
            *budget -= 1;
            let here = moved.len();
            self.shift(atom, step, moved);
            let mut rest = broken.clone();
            rest.extend(self.all_constraints_of(atom));
            rest.retain(|id| self.is_broken(*id));
            rest.sort_unstable();
            rest.dedup();
            if self.search(rest, own, (mark, depth - 1), moved, budget) {
                return true;
            }
            self.undo(moved, here);
        }
        false
    }

    /// The moves to try for a broken constraint, the most promising first: those that mend more and
    /// break less. One that mends all is the only one.
    fn tries(
        &self,
        (first, broken): (u32, &[u32]),
        own: &[Atom],
        moved: &[(Atom, i32)],
    ) -> Vec<(usize, Atom, i32)> {
        let moves = self.mending(first).take(TRIES_MAX);
        let free = moves.filter(|(atom, step)| {
            self.may_move(*atom, *step, own) && !moved.contains(&(*atom, -step))
        });
        let mut tries: Vec<(usize, Atom, i32)> = Vec::new();
        let mut alike: Vec<(u64, usize)> = Vec::new();
        let mut clean = 0;
        for (atom, step) in free {
            let effect = self.effect(atom, step);
            let rest = broken.len() + effect.breaks - effect.mended;
            if rest == 0 {
                return vec![(0, atom, step)];
            }
            let known = alike
                .iter()
                .position(|(change, _)| *change == effect.change);
            let known = known.unwrap_or_else(|| {
                alike.push((effect.change, 0));
                alike.len() - 1
            });
            alike[known].1 += 1;
            if alike[known].1 <= ALIKE_MAX {
                tries.push((rest, atom, step));
            }
            clean += usize::from(effect.breaks == 0);
            if clean == BRANCHES_MAX {
                break;
            }
        }
        tries.sort_unstable();
        tries
    }

    /// The broken constraint with the fewest atoms: it is the hardest to mend.
    fn narrowest(&self, broken: &[u32]) -> Option<u32> {
        broken.iter().copied().min_by_key(|id| self.size(*id))
    }

    fn may_move(&self, atom: Atom, step: i32, own: &[Atom]) -> bool {
        self.has_room(atom, step) && own.binary_search(&atom).is_err()
    }

    /// Whether an atom is still a possible count after a step.
    fn has_room(&self, atom: Atom, step: i32) -> bool {
        self.values[atom as usize] + i64::from(step) >= self.floors[atom as usize]
    }

    /// The number of broken constraints that a move mends; none if it breaks another one. Most
    /// moves do, and the first one that is broken decides.
    fn mended(&self, atom: Atom, step: i32) -> Option<usize> {
        let mut mended = 0;
        for member in self.members_of(atom) {
            let slack = self.slacks[member.constraint() as usize];
            match (slack.is_met(), slack.moved(member.moves(step)).is_met()) {
                (true, false) => return None,
                (false, true) => mended += 1,
                (true, true) | (false, false) => {}
            }
        }
        Some(mended)
    }

    /// The effect of moving an atom.
    fn effect(&self, atom: Atom, step: i32) -> Effect {
        let mut effect = Effect::default();
        for member in self.members_of(atom) {
            let slack = self.slacks[member.constraint() as usize];
            match (slack.is_met(), slack.moved(member.moves(step)).is_met()) {
                (false, true) => effect.mended += 1,
                (true, false) => effect.breaks += 1,
                (true, true) | (false, false) => continue,
            }
            effect.change = (effect.change ^ u64::from(member.constraint()))
                .wrapping_add(1)
                .wrapping_mul(MIX);
        }
        effect
    }

    /// The moves that bring a broken constraint nearer to its bounds.
    fn mending(&self, constraint: u32) -> impl Iterator<Item = (Atom, i32)> {
        let at = constraint as usize;
        let direction = if self.slacks[at].up < 0 { -1 } else { 1 };
        self.terms(&self.constraints[at])
            .map(move |(atom, sign)| (atom, direction * i32::from(sign)))
    }

    fn is_broken(&self, constraint: u32) -> bool {
        !self.slacks[constraint as usize].is_met()
    }

    fn shift(&mut self, atom: Atom, step: i32, moved: &mut Vec<(Atom, i32)>) {
        self.add(atom, step);
        moved.push((atom, step));
    }

    fn undo(&mut self, moved: &mut Vec<(Atom, i32)>, mark: usize) {
        for (atom, step) in moved.drain(mark..).rev() {
            self.add(atom, -step);
        }
    }

    fn add(&mut self, atom: Atom, step: i32) {
        let at = atom as usize;
        self.values[at] += i64::from(step);
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        for member in &self.members[start as usize..self.ends[at] as usize] {
            let slack = &mut self.slacks[member.constraint() as usize];
            *slack = slack.moved(member.moves(step));
        }
    }
}

fn is_a_set(atoms: &[Atom]) -> bool {
    let mut atoms = atoms.to_vec();
    atoms.sort_unstable();
    atoms.windows(2).all(|two| two[0] < two[1])
}

/// An index as it is stored.
pub(super) fn index(at: usize) -> u32 {
    u32::try_from(at).expect("a group of related cells has fewer than 2^32 atoms and constraints")
}
