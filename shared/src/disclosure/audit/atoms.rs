//! The atoms of a group: the finest counts of which all its rows are sums, at their true values.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use super::{
    groups::{Group, Link, LinkKind, State, Stated},
    system::{Atom, System},
};
use crate::{
    disclosure::cell::{Cell, Counts, Kind},
    id::{AreaCode, LocationCode},
};

/// The atoms of rests by the node of the part and its place.
type Rests = BTreeMap<usize, BTreeMap<usize, Vec<Atom>>>;

type Place<'a> = (&'a LocationCode, &'a AreaCode);

/// The atoms of a cell in one state.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// The cell's place in its group.
    pub(super) at: usize,
    pub(super) cell: &'a Cell,
    /// Whether it is known as it is, not rounded.
    pub(super) is_exact: bool,
    places: Vec<Place<'a>>,
    /// Its locations, and where the places of each end.
    pub(super) locations: Vec<(&'a LocationCode, usize)>,
    /// The numerator's atoms; a mean has none.
    pub(super) numerator: Atoms,
    /// The atoms of a proportion's complement, or of another denominator.
    pub(super) base: Atoms,
    /// For each cell that includes this one's numerator: the atoms of the rest.
    pub(super) rests: Vec<Atoms>,
}

/// Atoms by place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Atoms {
    atoms: Vec<Atom>,
    ends: Vec<usize>,
}

impl Atoms {
    fn push(&mut self, atoms: impl IntoIterator<Item = Atom>) {
        self.atoms.extend(atoms);
        self.ends.push(self.atoms.len());
    }

    pub(super) fn of(&self, places: Range<usize>) -> &[Atom] {
        let end = |at: usize| match at {
            0 => 0,
            at => self.ends[at - 1],
        };
        if self.ends.is_empty() {
            return &[];
        }
        &self.atoms[end(places.start)..end(places.end)]
    }

    fn at(&self, place: usize) -> &[Atom] {
        self.of(place..place + 1)
    }
}

impl Node<'_> {
    const fn of_mut(&mut self, quantity: Quantity) -> &mut Atoms {
        match quantity {
            Quantity::Numerator => &mut self.numerator,
            Quantity::Base => &mut self.base,
        }
    }

    /// The place of a location; `guess` is where it is likely to be.
    pub(super) fn location(&self, code: &LocationCode, guess: usize) -> Option<usize> {
        if self
            .locations
            .get(guess)
            .is_some_and(|(one, _)| *one == code)
        {
            return Some(guess);
        }
        let found = self.locations.binary_search_by(|(one, _)| (*one).cmp(code));
        found.ok()
    }

    /// The codes of the areas of some places.
    pub(super) fn areas(&self, places: Range<usize>) -> impl Iterator<Item = &AreaCode> {
        self.places[places].iter().map(|(_, area)| *area)
    }

    /// The places of a location, or of all of them.
    pub(super) fn range(&self, location: Option<usize>) -> Range<usize> {
        match location {
            None => 0..self.places.len(),
            Some(0) => 0..self.locations[0].1,
            Some(at) => self.locations[at - 1].1..self.locations[at].1,
        }
    }
}

/// Makes the atoms of a group.
#[derive(Debug, Default)]
pub(super) struct Maker<'a> {
    pub(super) system: System,
    pub(super) nodes: Vec<Node<'a>>,
    /// Atoms by cell, relation and place at a true count: as long as that is the same in several
    /// releases, it is one atom. Empty if the group was not released before.
    known: BTreeMap<(usize, Source, Place<'a>, i64), Atom>,
    has_history: bool,
    /// Sets with the same sum, because they are two ways to divide one count.
    equal: BTreeSet<(Vec<Atom>, Vec<Atom>)>,
}

/// The origin of an atom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Source {
    Numerator,
    Base,
    /// The rest that the parts of the relation at this index leave.
    Rest(usize),
    RestOfBase(usize),
}

impl<'a> Maker<'a> {
    /// The nodes of all states of the group; those of one state are together.
    pub(super) fn of(group: &Group<'a>) -> Self {
        let mut maker = Self {
            has_history: group.states.len() > 1,
            ..Self::default()
        };
        let cells = group.states.iter().flat_map(|state| &state.cells).flatten();
        let figures = cells.map(|stated| stated.cell().contributions.len());
        maker.system.reserve_atoms(2 * figures.sum::<usize>());
        for state in &group.states {
            maker.state(group, state);
        }
        for (plus, minus) in std::mem::take(&mut maker.equal) {
            maker.system.equate(&plus, &minus);
        }
        maker
    }

    fn state(&mut self, group: &Group<'a>, state: &State<'a>) {
        let mut at_node: Vec<Option<usize>> = vec![None; group.keys.len()];
        for (at, stated) in state.cells.iter().enumerate() {
            let Some(stated) = stated else { continue };
            let parts = |link: &Link| {
                let nodes = link.parts.iter().filter_map(|part| at_node[*part]);
                Linked {
                    // A part without any figure is as unknown as the rest.
                    nodes: nodes.map(|node| (node, 0)).collect(),
                    all: link.parts.len(),
                    kind: link.kind,
                }
            };
            let linked: Vec<Linked> = group.links[at].iter().map(parts).collect();
            self.node(at, *stated, linked);
            at_node[at] = Some(self.nodes.len() - 1);
        }
    }

    fn node(&mut self, at: usize, stated: Stated<'a>, mut linked: Vec<Linked>) {
        let cell = stated.cell();
        let most = cell.contributions.len();
        let mut node = Node {
            at,
            cell,
            is_exact: matches!(stated, Stated::Known(_)),
            places: Vec::with_capacity(most),
            locations: Vec::with_capacity(most),
            numerator: Atoms::default(),
            base: Atoms::default(),
            rests: Vec::new(),
        };
        let mut rests = Rests::new();
        for (location, areas) in cell.contributions.iter() {
            for (area, counts) in areas {
                let Some((numerator, base)) = quantities(cell.kind, counts) else {
                    continue;
                };
                let place = (location, area);
                node.places.push(place);
                for (quantity, value) in [(Quantity::Numerator, numerator), (Quantity::Base, base)]
                {
                    let Some(value) = value else { continue };
                    let of = node.of_mut(quantity);
                    if linked.is_empty() {
                        of.push([self.atom(at, quantity.source(), place, value)]);
                    } else {
                        let count = (place, value);
                        of.push(self.ways(&mut linked, at, count, quantity, &mut rests));
                    }
                }
            }
            node.locations.push((location, node.places.len()));
        }
        for (part, by_place) in rests {
            let part = &mut self.nodes[part];
            let mut atoms = Atoms::default();
            for place in 0..part.places.len() {
                atoms.push(by_place.get(&place).into_iter().flatten().copied());
            }
            part.rests.push(atoms);
        }
        self.nodes.push(node);
    }

    /// The atoms of one count at a place.
    fn ways(
        &mut self,
        linked: &mut [Linked],
        at: usize,
        (place, value): (Place<'a>, i64),
        quantity: Quantity,
        rests: &mut Rests,
    ) -> Vec<Atom> {
        let mut atoms: Option<Vec<Atom>> = None;
        for (number, link) in linked.iter_mut().enumerate() {
            if quantity == Quantity::Base && !link.kind.has_denominators() {
                continue;
            }
            let parts = link.at(&self.nodes, place);
            if parts.is_empty() {
                continue;
            }
            let mut way: Vec<Atom> = Vec::new();
            for (node, part_place) in &parts {
                let node = &self.nodes[*node];
                let of = match quantity {
                    Quantity::Numerator => &node.numerator,
                    Quantity::Base => &node.base,
                };
                way.extend(of.at(*part_place));
            }
            // Of periods it is known of those places alone where they add up, or may do so with a
            // period that is missing.
            let is_of_periods = matches!(
                link.kind,
                LinkKind::Sum {
                    over_time: true,
                    ..
                }
            );
            let sum = self.system.sum(&way);
            let fits = match parts.len() < link.all {
                // The months that are there are in the quarter all the same.
                true => sum <= value,
                false => sum == value,
            };
            if is_of_periods && !fits {
                continue;
            }
            let rest = self.rest(
                at,
                (number, link.kind, quantity),
                place,
                (&atoms, &way, value),
            );
            if let (LinkKind::PartOf, [(node, part_place)]) = (link.kind, parts.as_slice()) {
                let rests = rests.entry(*node).or_default();
                rests.insert(*part_place, rest.clone());
            }
            way.extend(rest);
            atoms = Some(match atoms {
                None => way,
                Some(one) => self.equal(one, &way),
            });
        }
        atoms.unwrap_or_else(|| vec![self.atom(at, quantity.source(), place, value)])
    }

    /// The atoms of what the parts of a relation leave of a count. If another way to divide it has
    /// those of the parts, the rest is the other atoms of that way.
    fn rest(
        &mut self,
        at: usize,
        (number, kind, quantity): (usize, LinkKind, Quantity),
        place: Place<'a>,
        (known, parts, value): (&Option<Vec<Atom>>, &[Atom], i64),
    ) -> Vec<Atom> {
        let rest = value - self.system.sum(parts);
        let is_open = !matches!(kind, LinkKind::Sum { .. });
        if let Some(known) = known
            && is_open
            && parts.iter().all(|part| known.contains(part))
        {
            let known = known.iter().copied();
            return known.filter(|atom| !parts.contains(atom)).collect();
        }
        if rest == 0 && !is_open {
            return Vec::new();
        }
        let source = match quantity {
            Quantity::Numerator => Source::Rest(number),
            Quantity::Base => Source::RestOfBase(number),
        };
        vec![self.atom(at, source, place, rest)]
    }

    fn atom(&mut self, at: usize, source: Source, place: Place<'a>, value: i64) -> Atom {
        if !self.has_history {
            return self.system.atom(value);
        }
        let system = &mut self.system;
        let known = self.known.entry((at, source, place, value));
        *known.or_insert_with(|| system.atom(value))
    }

    /// Notes that two ways to divide a count have the same sum, and returns the first.
    fn equal(&mut self, one: Vec<Atom>, other: &[Atom]) -> Vec<Atom> {
        let only = |some: &[Atom], others: &[Atom]| -> Vec<Atom> {
            let some = some.iter().copied();
            some.filter(|atom| !others.contains(atom)).collect()
        };
        let (plus, minus) = (only(&one, other), only(other, &one));
        if !plus.is_empty() || !minus.is_empty() {
            self.equal.insert((plus, minus));
        }
        one
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Quantity {
    Numerator,
    Base,
}

impl Quantity {
    const fn source(self) -> Source {
        match self {
            Self::Numerator => Source::Numerator,
            Self::Base => Source::Base,
        }
    }
}

/// A relation with the nodes of its parts, each with the place that was looked at last.
#[derive(Debug)]
struct Linked {
    nodes: Vec<(usize, usize)>,
    /// The number of its parts, with those that no release has yet.
    all: usize,
    kind: LinkKind,
}

impl Linked {
    /// The parts that have a figure at `place`. Places come in order, so each list is read once.
    fn at(&mut self, nodes: &[Node<'_>], place: Place<'_>) -> Vec<(usize, usize)> {
        let mut parts = Vec::with_capacity(self.nodes.len());
        for (node, seen) in &mut self.nodes {
            let places = &nodes[*node].places;
            while places.get(*seen).is_some_and(|one| *one < place) {
                *seen += 1;
            }
            if places.get(*seen) == Some(&place) {
                parts.push((*node, *seen));
            }
        }
        parts
    }
}

/// Numerator and complement, or numerator and denominator, as whole counts; `None` if they are
/// none.
fn quantities(kind: Kind, counts: &Counts) -> Option<(Option<i64>, Option<i64>)> {
    let numerator = counts.numerator.whole();
    let denominator = counts.denominator.and_then(|count| count.whole());
    Some(match kind {
        Kind::Count => (Some(numerator?), None),
        Kind::Proportion => (Some(numerator?), Some(denominator? - numerator?)),
        Kind::Rate => (Some(numerator?), Some(denominator?)),
        Kind::Mean => (None, Some(denominator?)),
    })
}
