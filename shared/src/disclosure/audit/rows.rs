//! The rows of a group in all releases: what they publish about sums of atoms, and which sums are
//! to be protected.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    atoms::{Atoms, Maker, Node},
    groups::{Group, Stated},
    system::{Atom, System},
};
use crate::{
    disclosure::{
        before::{Last, Shown},
        cell::{CellKey, Kind},
        profile::Profile,
    },
    id::LocationCode,
    rollup::Level,
};

/// Everything that a group publishes.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    pub(super) system: System,
    pub(super) all: Vec<AuditRow>,
    nodes: Vec<Node<'a>>,
    /// Constraints that come from no row: what relations make equal. They are the first.
    equalities: usize,
    /// The rows of the other constraints.
    owners: Vec<u32>,
    /// The rows of each cell at each level, of all releases.
    at: BTreeMap<(usize, Option<&'a LocationCode>), Vec<usize>>,
    /// For each cell those that include it, itself among them.
    including: Vec<Vec<usize>>,
    /// Whether a cell is a total of others.
    totals: Vec<bool>,
}

/// A row of one release.
#[derive(Debug)]
pub(super) struct AuditRow {
    node: usize,
    /// The location's place in the node; the network has none.
    location: Option<usize>,
    pub(super) state: State,
    /// The true sums of its atoms.
    numerator: Option<i64>,
    base: Option<i64>,
    constraints: Vec<u32>,
}

/// The state of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// An earlier release shows it.
    Fixed,
    /// It will be shown.
    Open,
    /// The rules about single rows withheld it, or an earlier release did.
    Withheld,
    /// The audit withheld it.
    Audited,
}

impl<'a> Rows<'a> {
    pub(super) fn of(profile: &Profile, group: &Group<'a>) -> Self {
        let maker = Maker::of(group);
        let mut rows = Self {
            equalities: maker.system.constraints(),
            system: maker.system,
            all: Vec::new(),
            nodes: maker.nodes,
            owners: Vec::new(),
            at: BTreeMap::new(),
            including: including(group),
            totals: group.links.iter().map(|links| !links.is_empty()).collect(),
        };
        let mut node = 0;
        for state in &group.states {
            for stated in state.cells.iter().flatten() {
                rows.stated(profile, node, *stated);
                node += 1;
            }
        }
        rows.system.link();
        rows
    }

    fn stated(&mut self, profile: &Profile, node: usize, stated: Stated<'a>) {
        match stated {
            Stated::Before(published) => {
                for (level, shown) in &published.rows {
                    self.row(profile, node, level, (*shown, State::Fixed));
                }
            }
            Stated::Now(_, drafts) => {
                for draft in drafts.iter().filter(|draft| draft.kept.is_none()) {
                    let shown = (draft.shown.ok(), State::Open);
                    self.row(profile, node, &draft.raw.level, shown);
                }
            }
        }
    }

    fn row(
        &mut self,
        profile: &Profile,
        node: usize,
        level: &Level,
        (shown, state): (Option<Shown>, State),
    ) {
        let at = &self.nodes[node];
        let location = match level.location() {
            None => None,
            Some(code) => {
                let found = at.locations.binary_search_by(|(one, _)| (*one).cmp(code));
                let Ok(found) = found else { return };
                Some(found)
            }
        };
        let places = at.range(location);
        let numerator = at.numerator.of(places.clone()).to_vec();
        let base = at.base.of(places).to_vec();
        let key = (at.at, location.map(|found| at.locations[found].0));
        let (kind, rests) = (at.cell.kind, self.rests(node, location));
        let row = AuditRow {
            node,
            location,
            state: if shown.is_some() {
                state
            } else {
                State::Withheld
            },
            numerator: (kind != Kind::Mean).then(|| self.system.sum(&numerator)),
            base: (kind != Kind::Count).then(|| self.system.sum(&base)),
            constraints: Vec::new(),
        };
        if self.is_known(key, &row, shown.is_some()) {
            return;
        }
        let id = self.all.len();
        self.all.push(row);
        self.at.entry(key).or_default().push(id);
        if let Some(shown) = shown {
            let parts = (numerator, base, rests);
            self.constrain(profile, id, kind, parts, shown);
        }
    }

    /// Whether an earlier release has the same row of the same counts: shown, or withheld like
    /// this one.
    fn is_known(
        &self,
        key: (usize, Option<&'a LocationCode>),
        row: &AuditRow,
        shown: bool,
    ) -> bool {
        let before = self.at.get(&key).into_iter().flatten();
        let mut before = before.map(|before| &self.all[*before]);
        before.any(|before| {
            let same_state = (before.state == State::Withheld) != shown;
            same_state && self.sets(before) == self.sets(row)
        })
    }

    fn sets(&self, row: &AuditRow) -> (&[Atom], &[Atom]) {
        let node = &self.nodes[row.node];
        let places = node.range(row.location);
        (node.numerator.of(places.clone()), node.base.of(places))
    }

    /// For each cell that includes the numerator, the atoms of the rest.
    fn rests(&self, node: usize, location: Option<usize>) -> Vec<Vec<Atom>> {
        let node = &self.nodes[node];
        let of = |rest: &Atoms| rest.of(node.range(location)).to_vec();
        let rests = node.rests.iter().map(of);
        rests.filter(|rest| !rest.is_empty()).collect()
    }

    fn constrain(
        &mut self,
        profile: &Profile,
        id: usize,
        kind: Kind,
        (numerator, base, rests): (Vec<Atom>, Vec<Atom>, Vec<Vec<Atom>>),
        shown: Shown,
    ) {
        let least = i64::try_from(profile.count_min).unwrap_or(i64::MAX);
        let mut constraints = Vec::new();
        if let Some(last) = shown.denominator {
            let mut atoms = base.clone();
            if kind == Kind::Proportion {
                atoms.extend(&numerator);
                constraints.push((base, (least, i64::MAX)));
            }
            let bounds = bounds(profile, last, self.system.sum(&atoms));
            constraints.push((atoms, bounds));
        }
        if let Some(last) = shown.numerator {
            let bounds = bounds(profile, last, self.system.sum(&numerator));
            constraints.push((numerator, bounds));
        }
        constraints.extend(rests.into_iter().map(|rest| (rest, (least, i64::MAX))));
        for (atoms, bounds) in constraints {
            let constraint = self.system.constrain(atoms, bounds);
            self.owners
                .push(u32::try_from(id).expect("rows are fewer than constraints"));
            self.all[id].constraints.push(constraint);
        }
    }

    /// The small counts of a withheld row: numerator, complement or denominator, and what is left
    /// of an including count.
    pub(super) fn targets(&self, profile: &Profile, at: usize) -> Vec<Vec<Atom>> {
        let row = &self.all[at];
        let (numerator, base) = self.sets(row);
        let rests = self.rests(row.node, row.location);
        let sets = [numerator.to_vec(), base.to_vec()].into_iter().chain(rests);
        sets.filter(|atoms| self.is_small(profile, atoms)).collect()
    }

    fn is_small(&self, profile: &Profile, atoms: &[Atom]) -> bool {
        let least = i64::try_from(profile.count_min).unwrap_or(i64::MAX);
        !atoms.is_empty() && (0..least).contains(&self.system.sum(atoms))
    }

    /// The rows whose sets may include those of a row: of its cell or of cells that include it, at
    /// its own level or the network's, in any release.
    pub(super) fn around(&self, group: &Group<'a>, at: usize) -> Vec<usize> {
        let row = &self.all[at];
        if !self.is_shown(at) {
            return Vec::new();
        }
        let node = &self.nodes[row.node];
        let own = row.location.map(|location| node.locations[location].0);
        let levels: BTreeSet<Option<&LocationCode>> = [own, None].into();
        let including = &self.including[node.at];
        debug_assert!(including.iter().all(|cell| *cell < group.keys.len()));
        let keys = including
            .iter()
            .flat_map(|cell| levels.iter().map(move |level| (*cell, *level)));
        let rows = keys.filter_map(|key| self.at.get(&key)).flatten().copied();
        rows.filter(|other| *other != at && self.is_shown(*other))
            .collect()
    }

    /// The small differences between the sets of two rows, if those of the first are in those of
    /// the second.
    pub(super) fn difference(&self, profile: &Profile, at: usize, other: usize) -> Vec<Vec<Atom>> {
        let (one, two) = (&self.all[at], &self.all[other]);
        let least = i64::try_from(profile.count_min).unwrap_or(i64::MAX);
        let small = |one: Option<i64>, two: Option<i64>| {
            let pair = one.zip(two);
            pair.is_some_and(|(one, two)| (0..least).contains(&(two - one)))
        };
        let (one_sets, two_sets) = (self.sets(one), self.sets(two));
        let mut differences = Vec::new();
        if small(one.numerator, two.numerator) {
            differences.extend(without(two_sets.0, one_sets.0));
        }
        if small(one.base, two.base) {
            differences.extend(without(two_sets.1, one_sets.1));
        }
        differences
    }

    /// The row that a constraint comes from; none if it comes from a relation.
    pub(super) fn owner(&self, constraint: u32) -> Option<usize> {
        let at = (constraint as usize).checked_sub(self.equalities)?;
        Some(self.owners[at] as usize)
    }

    /// The atoms with others that a relation ties to them.
    pub(super) fn tied(&self, atoms: impl IntoIterator<Item = Atom>) -> BTreeSet<Atom> {
        let mut tied: BTreeSet<Atom> = atoms.into_iter().collect();
        let mut next: Vec<Atom> = tied.iter().copied().collect();
        while let Some(atom) = next.pop() {
            let equal = self.system.constraints_of(atom);
            for equal in equal.filter(|id| self.owner(*id).is_none()) {
                let more = self.system.atoms_of(equal);
                next.extend(more.filter(|atom| tied.insert(*atom)));
            }
        }
        tied
    }

    pub(super) fn is_open(&self, row: usize) -> bool {
        self.all[row].state == State::Open
    }

    fn is_shown(&self, row: usize) -> bool {
        matches!(self.all[row].state, State::Open | State::Fixed)
    }

    pub(super) fn are_shown(&self, one: usize, two: usize) -> bool {
        self.is_shown(one) && self.is_shown(two)
    }

    /// Withholds a row of the release.
    pub(super) fn withhold(&mut self, row: usize) {
        self.all[row].state = State::Audited;
        for at in 0..self.all[row].constraints.len() {
            self.system.withhold(self.all[row].constraints[at]);
        }
    }

    /// The order in which rows are withheld: margins last, small ones first, ties by key.
    pub(super) fn order<'g>(
        &self,
        group: &'g Group<'_>,
        row: usize,
    ) -> (bool, Option<i64>, &'g CellKey, Level) {
        let row = &self.all[row];
        let is_margin = row.location.is_none() || self.totals[self.nodes[row.node].at];
        let (key, level) = self.place(group, row);
        (is_margin, row.numerator.or(row.base), key, level)
    }

    pub(super) fn place<'g>(&self, group: &'g Group<'_>, row: &AuditRow) -> (&'g CellKey, Level) {
        let node = &self.nodes[row.node];
        let location = row
            .location
            .map(|location| node.locations[location].0.clone());
        (
            group.keys[node.at],
            location.map_or(Level::Network, Level::Location),
        )
    }
}

/// The bounds that a shown count gives to anyone who knows the rules. A kept one lags the count.
pub(in crate::disclosure) fn bounds(profile: &Profile, last: Last, raw: i64) -> (i64, i64) {
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let lag = if whole(last.raw) == raw {
        0
    } else {
        profile.revision_min - 1
    };
    let slack = whole(profile.base - 1 + lag);
    let shown = whole(last.shown);
    (
        (shown - slack).max(whole(profile.count_min)),
        shown.saturating_add(slack),
    )
}

/// The atoms of `all` that are not in `some`; `None` if there are none, or `some` has others.
fn without(all: &[Atom], some: &[Atom]) -> Option<Vec<Atom>> {
    let mut rest: BTreeSet<Atom> = all.iter().copied().collect();
    let is_nested = some.iter().all(|atom| rest.remove(atom));
    (is_nested && !rest.is_empty()).then(|| rest.into_iter().collect())
}

/// For each cell those that include it: itself, its totals, and theirs.
fn including(group: &Group<'_>) -> Vec<Vec<usize>> {
    let mut including: Vec<BTreeSet<usize>> = (0..group.keys.len()).map(|at| [at].into()).collect();
    // Parts come before their totals, so the last cells are finished first.
    for total in (0..group.keys.len()).rev() {
        let of_total = including[total].clone();
        let links = group.links[total].iter();
        for part in links
            .flat_map(|link| &link.parts)
            .filter(|part| **part < total)
        {
            including[*part].extend(&of_total);
        }
    }
    including
        .into_iter()
        .map(|set| set.into_iter().collect())
        .collect()
}
