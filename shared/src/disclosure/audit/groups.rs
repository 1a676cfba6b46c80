//! Groups of related cells, and the states in which they were released.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    disclosure::{
        before::{Before, Published},
        cell::{Cell, CellKey, Relations},
        protect::Draft,
    },
    model::indicator::Protect,
};

/// A relation of a total to its parts, by the places of both in a group.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Link {
    /// Sums come first: what an including count leaves is then known by their parts.
    pub(super) kind: LinkKind,
    pub(super) parts: Vec<usize>,
}

/// The kinds of relation between a total and its parts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum LinkKind {
    /// The parts make up the total: numerators, or denominators too.
    Sum { denominators: bool, over_time: bool },
    /// The numerator of the one part is some of the total's.
    PartOf,
    /// The one part is the total of an earlier period.
    Cumulative,
}

impl LinkKind {
    /// Whether denominators add up as numerators do.
    pub(super) const fn has_denominators(self) -> bool {
        matches!(
            self,
            Self::Sum {
                denominators: true,
                ..
            }
        )
    }
}

/// Cells that are related, directly or by others. Nothing that is shown of one group says anything
/// about another.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// Its cells, parts before their totals.
    pub(super) keys: Vec<&'a CellKey>,
    /// The relations in which each cell is the total.
    pub(super) links: Vec<Vec<Link>>,
    /// Its states: those of earlier releases, and the one to be released last.
    pub(super) states: Vec<State<'a>>,
}

/// The cells of a group in one release.
#[derive(Debug)]
pub(super) struct State<'a> {
    pub(super) cells: Vec<Option<Stated<'a>>>,
}

/// A cell in one release, and its rows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stated<'a> {
    /// It was released so, then or before.
    Before(&'a Published),
    /// It is to be released now.
    Now(&'a Cell, &'a [Draft<'a>]),
    /// An office published it as it is.
    Known(&'a Cell),
}

impl<'a> Stated<'a> {
    pub(super) const fn cell(self) -> &'a Cell {
        match self {
            Self::Before(published) => &published.cell,
            Self::Now(cell, _) | Self::Known(cell) => cell,
        }
    }
}

/// All groups, and the cells that are now to be released with their drafts.
pub(super) fn groups<'a>(
    cells: &BTreeMap<&'a CellKey, (&'a Cell, &'a [Draft<'a>])>,
    relations: &'a Relations,
    before: &'a Before,
) -> Vec<Group<'a>> {
    let known: BTreeMap<&CellKey, &Cell> = relations
        .known
        .iter()
        .map(|cell| (&cell.key, cell))
        .collect();
    let now = cells.keys().chain(known.keys()).copied();
    // Those that were not protected then stand with the others if anything about them is now.
    let earlier = before
        .published()
        .filter(|published| is_audited(&published.cell));
    let earlier = earlier.map(|published| &published.cell.key);
    let keys: BTreeSet<&CellKey> = now.chain(earlier).collect();
    let keys: Vec<&CellKey> = keys.into_iter().collect();
    let stated = (cells, &known, before);
    let links = links(&keys, relations);
    let members = components(&links);
    let mut groups = Vec::new();
    for members in members {
        // A group without a cell in this release was audited when it was released.
        if !members.iter().any(|at| cells.contains_key(keys[*at])) {
            continue;
        }
        let order = parts_first(&members, &links);
        let place: BTreeMap<usize, usize> =
            (0..).zip(&order).map(|(to, from)| (*from, to)).collect();
        let moved = |link: &Link| Link {
            parts: link.parts.iter().map(|part| place[part]).collect(),
            kind: link.kind,
        };
        let links_of = |at: &usize| links[*at].iter().map(moved).collect();
        let keys: Vec<&CellKey> = order.iter().map(|at| keys[*at]).collect();
        groups.push(Group {
            links: order.iter().map(links_of).collect(),
            states: states(&keys, stated),
            keys,
        });
    }
    groups
}

/// Whether a cell's small counts are protected.
pub(super) fn is_audited(cell: &Cell) -> bool {
    cell.protect == Protect::Persons
}

/// The relations by total.
fn links(keys: &[&CellKey], relations: &Relations) -> Vec<Vec<Link>> {
    let place = |key: &CellKey| keys.binary_search(&key).ok();
    let mut links = vec![Vec::new(); keys.len()];
    let mut add = |total: &CellKey, parts: &mut dyn Iterator<Item = &CellKey>, kind| {
        let parts: Vec<usize> = parts.filter_map(place).collect();
        if let Some(total) = place(total)
            && !parts.is_empty()
            && !parts.contains(&total)
        {
            links[total].push(Link { parts, kind });
        }
    };
    for sum in &relations.sums {
        let kind = LinkKind::Sum {
            denominators: sum.denominators,
            over_time: sum.over_time,
        };
        add(&sum.total, &mut sum.parts.iter(), kind);
    }
    for (part, whole) in &relations.part_of {
        add(whole, &mut [part].into_iter(), LinkKind::PartOf);
    }
    for (earlier, later) in &relations.cumulative {
        add(later, &mut [earlier].into_iter(), LinkKind::Cumulative);
    }
    for links in &mut links {
        links.sort();
        links.dedup();
    }
    links
}

/// The connected cells, each component sorted.
fn components(links: &[Vec<Link>]) -> Vec<Vec<usize>> {
    let mut roots: Vec<usize> = (0..links.len()).collect();
    fn root(roots: &mut [usize], mut at: usize) -> usize {
        while roots[at] != at {
            roots[at] = roots[roots[at]];
            at = roots[at];
        }
        at
    }
    for (total, links) in links.iter().enumerate() {
        for part in links.iter().flat_map(|link| &link.parts) {
            let (one, other) = (root(&mut roots, total), root(&mut roots, *part));
            roots[one.max(other)] = one.min(other);
        }
    }
    let mut components: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..links.len() {
        let root = root(&mut roots, at);
        components.entry(root).or_default().push(at);
    }
    components.into_values().collect()
}

/// The members with parts before their totals. A circle, which no definition can mean, is cut.
fn parts_first(members: &[usize], links: &[Vec<Link>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(members.len());
    let mut seen = BTreeSet::new();
    for start in members {
        let mut stack = vec![(*start, false)];
        while let Some((at, done)) = stack.pop() {
            if done {
                order.push(at);
            } else if seen.insert(at) {
                stack.push((at, true));
                let parts = links[at].iter().flat_map(|link| &link.parts);
                stack.extend(parts.map(|part| (*part, false)));
            }
        }
    }
    order
}

/// The cells of this release with their drafts, those that are known, and what was shown before.
type AllStated<'s, 'a> = (
    &'s BTreeMap<&'a CellKey, (&'a Cell, &'a [Draft<'a>])>,
    &'s BTreeMap<&'a CellKey, &'a Cell>,
    &'a Before,
);

fn states<'a>(keys: &[&'a CellKey], (cells, known, before): AllStated<'_, 'a>) -> Vec<State<'a>> {
    let published = keys.iter().flat_map(|key| before.of(key));
    let releases: BTreeSet<u64> = published.map(|published| published.release).collect();
    let last = |key: &CellKey, release: u64| {
        let of = before.of(key).iter().rev();
        let mut of = of.filter(|published| published.release <= release);
        let known = || known.get(key).map(|cell| Stated::Known(cell));
        of.next().map(Stated::Before).or_else(known)
    };
    let state = |release: u64| State {
        cells: keys.iter().map(|key| last(key, release)).collect(),
    };
    let mut states: Vec<State<'_>> = releases.into_iter().map(state).collect();
    let now = keys.iter().map(|key| match cells.get(key) {
        Some((cell, drafts)) => Some(Stated::Now(cell, drafts)),
        None if known.contains_key(key) => Some(Stated::Known(known[key])),
        None => last(key, u64::MAX),
    });
    states.push(State {
        cells: now.collect(),
    });
    states
}
