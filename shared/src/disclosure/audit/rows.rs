//! The rows of a group in all releases: what they publish about sums of atoms, and which sums are
//! to be protected.

use std::{collections::BTreeSet, iter::successors};

use super::{
    atoms::{Maker, Node},
    groups::{Group, Link, LinkKind, Stated},
    revisions::History,
    row::{AuditRow, ShownAs, State},
    system::{Atom, System, index},
};
use crate::{
    disclosure::{
        before::{Last, Shown},
        cell::{CellKey, Kind},
        profile::Profile,
        rows::raw_rows,
    },
    id::LocationCode,
    rollup::Level,
};

/// Everything that a group publishes.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    pub(super) system: System,
    pub(super) all: Vec<AuditRow<'a>>,
    pub(super) nodes: Vec<Node<'a>>,
    /// Constraints that come from no row: what relations make equal. They are the first.
    equalities: usize,
    /// The rows of the other constraints.
    owners: Vec<u32>,
    /// For each node the numbers of its locations in the group.
    numbers: Vec<Vec<u32>>,
    /// The levels of a cell: the network, and the locations of the group.
    levels: usize,
    /// The first row of each cell at each level, of all releases.
    first: Vec<Option<u32>>,
    /// The next row of the same cell and level.
    next: Vec<Option<u32>>,
    /// For each cell those that include it, itself among them.
    including: Vec<Vec<usize>>,
    /// Whether a cell is a total of others.
    totals: Vec<bool>,
    /// For each cell that of the period before, if what it counts only grows.
    pub(super) earlier: Vec<Option<usize>>,
    /// The shown rows of each cell and level so far.
    pub(super) history: History,
}

impl<'a> Rows<'a> {
    pub(super) fn of(profile: &Profile, group: &Group<'a>) -> Self {
        let maker = Maker::of(group);
        let numbered = numbered(&maker.nodes);
        let (levels, numbers) = (1 + numbered.0, numbered.1);
        let mut rows = Self {
            equalities: maker.system.constraints(),
            system: maker.system,
            all: Vec::new(),
            nodes: maker.nodes,
            owners: Vec::new(),
            numbers,
            levels,
            first: vec![None; group.keys.len() * levels],
            next: Vec::new(),
            including: including(group),
            earlier: group.links.iter().map(|links| earlier(links)).collect(),
            history: History::of(group),
            totals: group.links.iter().map(|links| !links.is_empty()).collect(),
        };
        rows.reserve();
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

    /// Makes room for as much as most groups need, so that nothing large is moved when it grows.
    fn reserve(&mut self) {
        let rows = self.nodes.iter().map(|node| node.locations.len() + 1).sum();
        self.all.reserve(rows);
        self.next.reserve(rows);
        self.owners.reserve(CONSTRAINTS_OF_ROW * rows);
        let atoms = self.nodes.iter().map(|node| {
            let places = node.range(None);
            node.numerator.of(places.clone()).len() + 2 * node.base.of(places).len()
        });
        // Of the location, and of the network: the base twice, and the numerator with it and alone.
        let terms = 4 * atoms.sum::<usize>();
        self.system.reserve(CONSTRAINTS_OF_ROW * rows, terms);
    }

    fn stated(&mut self, profile: &Profile, node: usize, stated: Stated<'a>) {
        // The place of the next location, as rows come in their order.
        let mut next = 0;
        match stated {
            Stated::Before(published) => {
                for (level, shown) in &published.rows {
                    let shown = shown.as_ref().map(ShownAs::Released);
                    self.row(profile, (node, level, &mut next), (shown, State::Fixed));
                }
            }
            Stated::Now(_, drafts) => {
                for draft in drafts.iter().filter(|draft| draft.kept.is_none()) {
                    let shown = draft.shown.as_ref().ok().map(ShownAs::Released);
                    let at = (node, &draft.level, &mut next);
                    self.row(profile, at, (shown, State::Open));
                }
            }
            Stated::Known(cell) => {
                for raw in raw_rows(cell) {
                    if let Some(counts) = raw.counts {
                        let shown = ShownAs::Known(Box::new(counts.as_they_are()));
                        let at = (node, &raw.level, &mut next);
                        self.row(profile, at, (Some(shown), State::Fixed));
                    }
                }
            }
        }
    }

    fn row(
        &mut self,
        profile: &Profile,
        (node, level, next): (usize, &Level, &mut usize),
        shown: (Option<ShownAs<'a>>, State),
    ) {
        let at = &self.nodes[node];
        let location = match level.location() {
            None => None,
            Some(code) => {
                let Some(found) = at.location(code, *next) else {
                    return;
                };
                *next = found + 1;
                Some(found)
            }
        };
        let places = at.range(location);
        let (numerator, base) = (at.numerator.of(places.clone()), at.base.of(places));
        let place = self.place_of(node, location);
        let kind = at.cell.kind;
        let numerator = (kind != Kind::Mean).then(|| self.system.sum(numerator));
        let base = (kind != Kind::Count).then(|| self.system.sum(base));
        let row = AuditRow::new((node, location), (numerator, base), shown);
        if let Some(known) = self.known(place, &row) {
            self.remember(place, known);
            return;
        }
        let id = self.all.len();
        let shown = row.shown.as_deref().copied();
        self.all.push(row);
        self.next.push(None);
        match self.rows_at(place).last() {
            Some(last) => self.next[last] = Some(index(id)),
            None => self.first[place] = Some(index(id)),
        }
        if let Some(shown) = shown {
            self.constrain(profile, id, shown);
        }
        self.remember(place, id);
    }

    /// Notes a row for those that come after it. One that an office published follows no rule.
    fn remember(&mut self, place: usize, id: usize) {
        let row = &self.all[id];
        if row.shown.is_some() && !self.nodes[row.node()].is_exact {
            self.history.add(place, id);
        }
    }

    /// The same row of the same counts in an earlier release: shown alike, or withheld like this
    /// one.
    fn known(&self, place: usize, row: &AuditRow<'_>) -> Option<usize> {
        self.rows_at(place).find(|before| {
            let before = &self.all[*before];
            let same_sets = self.sets(before) == self.sets(row);
            before.shown == row.shown && same_sets && self.rests(before).eq(self.rests(row))
        })
    }

    /// The place in `first` of a node's cell at a level.
    pub(super) fn place_of(&self, node: usize, location: Option<usize>) -> usize {
        let number = location.map(|location| self.numbers[node][location]);
        self.place_at(self.nodes[node].at, number)
    }

    /// The place of another cell at the same level.
    pub(super) const fn place_beside(&self, place: usize, cell: usize, other: usize) -> usize {
        place - cell * self.levels + other * self.levels
    }

    fn place_at(&self, cell: usize, location: Option<u32>) -> usize {
        cell * self.levels + location.map_or(0, |number| number as usize + 1)
    }

    /// The rows of a cell at a level, those of earlier releases first.
    fn rows_at(&self, place: usize) -> impl Iterator<Item = usize> {
        let rows = successors(self.first[place], |row| self.next[*row as usize]);
        rows.map(|row| row as usize)
    }

    pub(super) fn sets(&self, row: &AuditRow<'_>) -> (&[Atom], &[Atom]) {
        let node = &self.nodes[row.node()];
        let places = node.range(row.location());
        (node.numerator.of(places.clone()), node.base.of(places))
    }

    /// For each cell that includes the numerator, the atoms of the rest.
    fn rests(&self, row: &AuditRow<'_>) -> impl Iterator<Item = &[Atom]> {
        let node = &self.nodes[row.node()];
        let places = node.range(row.location());
        let rests = node.rests.iter().map(move |rest| rest.of(places.clone()));
        rests.filter(|rest| !rest.is_empty())
    }

    /// Notes what a shown row says.
    fn constrain(&mut self, profile: &Profile, id: usize, shown: Shown) {
        let least = i64::try_from(profile.count_min).unwrap_or(i64::MAX);
        let row = &self.all[id];
        let node = &self.nodes[row.node()];
        let revisions = match node.is_exact {
            true => Vec::new(),
            false => self.revisions(profile, id),
        };
        let places = node.range(row.location());
        let (numerator, base) = (
            node.numerator.of(places.clone()),
            node.base.of(places.clone()),
        );
        let bounds = |last: Last, raw: i64| match node.is_exact {
            true => (raw, raw),
            false => bounds(profile, last, raw),
        };
        let system = &mut self.system;
        let first = system.constraints();
        if let Some(last) = shown.denominator {
            let mut all = [base, &[]];
            if node.cell.kind == Kind::Proportion {
                if !node.is_exact {
                    system.constrain(all, (least, i64::MAX));
                }
                all = [base, numerator];
            }
            let bounds = bounds(last, system.sum(all[0]) + system.sum(all[1]));
            system.constrain(all, bounds);
        }
        if let Some(last) = shown.numerator {
            let bounds = bounds(last, system.sum(numerator));
            system.constrain([numerator, &[]], bounds);
        }
        for rest in node.rests.iter().map(|rest| rest.of(places.clone())) {
            if !rest.is_empty() {
                system.constrain([rest, &[]], (least, i64::MAX));
            }
        }
        for revision in revisions {
            system.constrain_difference(&revision);
        }
        let constraints = index(first)..index(system.constraints());
        self.owners.extend(constraints.clone().map(|_| index(id)));
        self.all[id].constraints = constraints;
    }

    /// The small counts of a withheld row: numerator, complement and denominator, and what is left
    /// of an including count.
    pub(super) fn targets(&self, profile: &Profile, at: usize) -> Vec<Vec<Atom>> {
        let row = &self.all[at];
        let (numerator, base) = self.sets(row);
        let sets = [numerator, base].into_iter().chain(self.rests(row));
        let small = sets.filter(|atoms| self.is_small(profile, atoms));
        let mut targets: Vec<Vec<Atom>> = small.map(<[Atom]>::to_vec).collect();
        // The atoms of a proportion are its numerator and its complement.
        if self.nodes[row.node()].cell.kind == Kind::Proportion {
            let all = [numerator, base].concat();
            targets.extend(self.is_small(profile, &all).then_some(all));
        }
        targets
    }

    fn is_small(&self, profile: &Profile, atoms: &[Atom]) -> bool {
        let least = i64::try_from(profile.count_min).unwrap_or(i64::MAX);
        !atoms.is_empty() && (0..least).contains(&self.system.sum(atoms))
    }

    /// The rows whose sets may include those of a row and little more: of its cell or of cells that
    /// include it, at its own level or the network's, in any release.
    pub(super) fn around(&self, profile: &Profile, at: usize) -> Vec<usize> {
        let row = &self.all[at];
        if !self.is_shown(at) {
            return Vec::new();
        }
        let node = &self.nodes[row.node()];
        let own = row.location().map(|at| self.numbers[row.node()][at]);
        let network = own.is_some().then_some(None);
        let least = i64::try_from(profile.count_min).unwrap_or(i64::MAX);
        let mut around = Vec::new();
        for cell in &self.including[node.at] {
            // The network comes first.
            for level in network.into_iter().chain([own]) {
                for other in self.rows_at(self.place_at(*cell, level)) {
                    let near = row.is_near(&self.all[other], least);
                    if near != (false, false) && other != at && self.is_shown(other) {
                        around.push(other);
                    }
                }
            }
        }
        around
    }

    /// The small differences between the sets of two rows, if those of the first are in those of
    /// the second.
    pub(super) fn difference(&self, profile: &Profile, at: usize, other: usize) -> Vec<Vec<Atom>> {
        let (one, two) = (&self.all[at], &self.all[other]);
        let least = i64::try_from(profile.count_min).unwrap_or(i64::MAX);
        let (numerator, base) = one.is_near(two, least);
        let (one_sets, two_sets) = (self.sets(one), self.sets(two));
        let numerator = numerator.then(|| without(two_sets.0, one_sets.0));
        let base = base.then(|| without(two_sets.1, one_sets.1));
        let (numerator, base) = (numerator.flatten(), base.flatten());
        // The denominator of a proportion is both.
        let both = numerator.as_ref().zip(base.as_ref());
        let both = both.filter(|_| self.nodes[one.node()].cell.kind == Kind::Proportion);
        let both = both.map(|(numerator, base)| [&numerator[..], base].concat());
        let both = both.filter(|all| self.is_small(profile, all));
        [numerator, base, both].into_iter().flatten().collect()
    }

    /// The row that a constraint comes from; none if it comes from a relation.
    pub(super) fn owner(&self, constraint: u32) -> Option<usize> {
        let at = (constraint as usize).checked_sub(self.equalities)?;
        Some(self.owners[at] as usize)
    }

    /// The atoms with others that a relation ties to them, sorted.
    pub(super) fn tied(&self, atoms: impl IntoIterator<Item = Atom>) -> Vec<Atom> {
        let mut tied: Vec<Atom> = atoms.into_iter().collect();
        if self.equalities > 0 {
            let mut seen: BTreeSet<Atom> = tied.iter().copied().collect();
            let mut next = 0;
            while let Some(atom) = tied.get(next).copied() {
                let equal = self.system.constraints_of(atom);
                for equal in equal.filter(|id| self.owner(*id).is_none()) {
                    let more = self.system.atoms_of(equal);
                    tied.extend(more.filter(|atom| seen.insert(*atom)));
                }
                next += 1;
            }
        }
        tied.sort_unstable();
        tied.dedup();
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
        let row = &mut self.all[row];
        row.state = State::Audited;
        for constraint in row.constraints.clone() {
            self.system.withhold(constraint);
        }
    }

    /// The rows that can be withheld, in the order in which they are: margins last, small ones
    /// first, ties by key.
    pub(super) fn in_order(&self, group: &Group<'_>) -> Vec<u32> {
        // Keys are compared once for each cell, not once for each pair of rows.
        let mut by_key: Vec<usize> = (0..group.keys.len()).collect();
        by_key.sort_unstable_by_key(|at| group.keys[*at]);
        let mut ranks = vec![0; by_key.len()];
        for (rank, at) in by_key.into_iter().enumerate() {
            ranks[at] = rank;
        }
        let order = |row: u32| {
            let row = &self.all[row as usize];
            let at = self.nodes[row.node()].at;
            // Numbers of locations are in the order of their codes; the network comes after them.
            let number = row.location().map(|place| self.numbers[row.node()][place]);
            let is_margin = number.is_none() || self.totals[at];
            let count = row.numerator.or(row.base);
            (is_margin, count, ranks[at], number.is_none(), number)
        };
        let mut open: Vec<u32> = (0..index(self.all.len())).collect();
        open.retain(|row| self.is_open(*row as usize));
        open.sort_by_cached_key(|row| order(*row));
        open
    }

    pub(super) fn place<'g>(
        &self,
        group: &'g Group<'_>,
        row: &AuditRow<'_>,
    ) -> (&'g CellKey, Level) {
        let node = &self.nodes[row.node()];
        let location = row
            .location()
            .map(|location| node.locations[location].0.clone());
        (
            group.keys[node.at],
            location.map_or(Level::Network, Level::Location),
        )
    }
}

/// The constraints that most rows have at most.
const CONSTRAINTS_OF_ROW: usize = 4;

/// The cell of the period before, if what a cell counts only grows.
fn earlier(links: &[Link]) -> Option<usize> {
    let mut links = links.iter();
    let link = links.find(|link| link.kind == LinkKind::Cumulative)?;
    link.parts.first().copied()
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

/// The number of different locations, and for each node the numbers of its own, in order.
fn numbered(nodes: &[Node<'_>]) -> (usize, Vec<Vec<u32>>) {
    let is_as_before = |at: usize| {
        let mut pairs = nodes[at - 1].locations.iter().zip(&nodes[at].locations);
        nodes[at - 1].locations.len() == nodes[at].locations.len()
            && pairs.all(|((one, _), (other, _))| one == other)
    };
    // Most cells of a group have the same locations.
    let differing = (0..nodes.len()).filter(|at| *at == 0 || !is_as_before(*at));
    let codes = differing.flat_map(|at| &nodes[at].locations);
    let mut codes: Vec<&LocationCode> = codes.map(|(code, _)| *code).collect();
    // Each node's are in order: a stable sort merges them.
    codes.sort();
    codes.dedup();
    let numbers = nodes.iter().map(|node| {
        let mut all = (0..).zip(&codes);
        let own = node.locations.iter();
        let number = own.filter_map(|(code, _)| all.find(|(_, one)| *one == code));
        number.map(|(number, _)| number).collect()
    });
    (codes.len(), numbers.collect())
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
