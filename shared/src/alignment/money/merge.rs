//! One investment that several teams state: the readings of it, and the differences.
//!
//! A reading takes every amount from one team where teams differ. In the reading that counts, the
//! hub comes first for what was committed, and each location for what was spent in it alone. A
//! location speaks for itself: of its lines those count that are for no other. Its spent lines
//! replace those of the hub for the same places and days; the others are held against the hub's
//! lines for more places once a period is asked for (`beside`). The money that it says was
//! committed counts in a reading of its own: so no money is counted twice, and none is moved in the
//! cells of others.
//!
//! There are as many readings as teams, so all but the one that counts are only what is different
//! in them.

mod differ;

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

pub(super) use self::differ::{Odd, differences};
use super::{
    Invested,
    stated::{Standing, Voice, standing},
};
use crate::{
    id::LocationCode,
    model::{
        line::{LineKey, LineWhat},
        places::Places,
    },
};

/// A statement, and the place of a line in it.
pub(super) type Place = (usize, usize);

/// The readings of an investment.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings {
    /// The lines that count, in order.
    pub(super) lines: Vec<Place>,
    /// Those of them that are held against lines of the hub, each with whether lines without a
    /// place are among those.
    pub(super) held: BTreeMap<Place, bool>,
    /// The other readings.
    pub(super) others: Vec<Other>,
}

/// Another reading than the one that counts.
#[derive(Clone, Debug)]
pub(super) struct Other {
    /// The statement whose amount it takes.
    pub(super) amount: usize,
    /// The lines that count, and not in this reading.
    pub(super) without: BTreeSet<Place>,
    /// The lines that it takes in their place.
    pub(super) with: BTreeSet<Place>,
}

/// The lines of one team for the same places.
struct Group<'i> {
    of: usize,
    what: LineWhat,
    places: &'i Places,
    lines: Vec<usize>,
    /// The location that states them, beside the hub, and what it may say.
    beside: Option<(&'i LocationCode, Voice)>,
}

/// The groups of the statement that counts first.
struct Firsts<'i> {
    exact: BTreeMap<(LineWhat, &'i Places), usize>,
    /// Those that are not for one location alone.
    wide: Vec<usize>,
}

/// Lines that a reading leaves out and takes.
#[derive(Clone, Default)]
struct Change {
    without: BTreeSet<Place>,
    with: BTreeSet<Place>,
}

/// Groups of lines, with the readings that they make.
struct Merged<'i> {
    invested: &'i [Invested],
    first: usize,
    groups: Vec<Group<'i>>,
    firsts: Firsts<'i>,
    /// The lines of the first that do not count.
    replaced: BTreeSet<Place>,
    /// The lines of locations that count.
    added: BTreeSet<Place>,
    /// Those of them that are held against lines of the first; see [`Readings`].
    held: BTreeMap<Place, bool>,
    /// The reading of the first.
    of_first: Change,
    /// The readings of locations, by statement.
    ways: BTreeMap<usize, Change>,
}

/// The readings of an investment. `stated` are its statements that can be compared, the one that
/// counts first; `wanted` tells which kinds of lines are read here.
pub(super) fn readings(
    stated: &[usize],
    invested: &[Invested],
    wanted: impl Fn(LineWhat) -> bool,
) -> Readings {
    let Some(first) = stated.first().copied() else {
        return Readings::default();
    };
    let mut merged = Merged::of(stated, invested, wanted);
    let lines = (0..merged.groups.len()).flat_map(|group| merged.lines_of(group));
    let lines: BTreeSet<Place> = lines.filter(|line| merged.counts(*line)).collect();
    let mut others = Vec::new();
    let of_first = mem::take(&mut merged.of_first);
    if !of_first.without.is_empty() || !of_first.with.is_empty() {
        others.push(Other::of(first, of_first));
    }
    for way in &stated[1..] {
        let one = &invested[*way];
        // A statement that is not in force for its team gives no other amount.
        let voice = one.owner.location();
        let voice = voice.map(|code| Voice::of(&invested[first], code));
        let differs = standing(one) == Standing::Whole
            && standing(&invested[first]) == Standing::Whole
            && voice.is_some_and(Voice::can_differ);
        let amount = if differs { *way } else { first };
        let change = merged.ways.remove(way);
        if change.is_some() || differs {
            others.push(Other::of(amount, change.unwrap_or_default()));
        }
    }
    Readings {
        lines: lines.into_iter().collect(),
        held: merged.held,
        others,
    }
}

impl Other {
    fn of(amount: usize, Change { without, with }: Change) -> Self {
        Self {
            amount,
            without,
            with,
        }
    }
}

impl<'i> Merged<'i> {
    fn of(stated: &[usize], invested: &'i [Invested], wanted: impl Fn(LineWhat) -> bool) -> Self {
        let groups = groups(stated, invested, wanted);
        let mut merged = Self {
            invested,
            first: stated[0],
            firsts: Firsts::of(&groups, stated[0]),
            groups,
            replaced: BTreeSet::new(),
            added: BTreeSet::new(),
            held: BTreeMap::new(),
            of_first: Change::default(),
            ways: BTreeMap::new(),
        };
        // Lines of the location alone come before those without a place.
        for open in [false, true] {
            for at in 0..merged.groups.len() {
                let group = &merged.groups[at];
                let Some((code, voice)) = group.beside else {
                    continue;
                };
                if group.is_open() != open || !group.is_said(code, voice) {
                    continue;
                }
                match group.what {
                    LineWhat::Spent => merged.spent(at, code, voice),
                    LineWhat::Committed => merged.committed(at, code, voice),
                }
            }
        }
        let gone = merged
            .held
            .keys()
            .filter(|own| merged.is_of_replaced(**own));
        let gone: Vec<Place> = gone.copied().collect();
        merged.of_first.without.extend(gone);
        merged
    }

    /// Whether a line of a location may be of the same money as one that was replaced. In the
    /// reading of the first that one is back.
    fn is_of_replaced(&self, own: Place) -> bool {
        let own = self.line(own);
        let mut replaced = self.replaced.iter().map(|at| self.line(*at));
        replaced.any(|one| may_be_one(own, one) && !are_apart(&one.places, &own.places))
    }

    fn line(&self, (of, at): Place) -> &'i LineKey {
        &self.invested[of].lines[at].key
    }

    /// Reads what a location says that was spent in it.
    fn spent(&mut self, at: usize, code: &LocationCode, voice: Voice) {
        let group = &self.groups[at];
        let own: Vec<Place> = self.lines_of(at).collect();
        let same = self.firsts.exact.get(&(group.what, group.places)).copied();
        if !group.is_open() {
            self.added.extend(&own);
            let met = same.map_or_else(Vec::new, |same| self.replace(at, same));
            let held = own.into_iter().filter(|line| !met.contains(line));
            self.held
                .extend(held.map(|line| (line, voice.can_differ())));
            return;
        }
        if let Some(same) = same {
            self.added.extend(own);
            self.replace(at, same);
            return;
        }
        let all = self.firsts.rivals(group, &self.groups);
        let rivals = all.iter().copied();
        let rivals = rivals.filter(|one| self.is_kept(*one));
        let rivals: Vec<usize> = rivals.collect();
        if rivals.is_empty() {
            self.added.extend(&own);
            // In the reading of the first its own are back.
            if !all.is_empty() {
                self.of_first.without.extend(own);
            }
        } else if self.are_of_both(&rivals, code) {
            self.other_way(at, &rivals);
        }
    }

    /// Replaces the lines of the first for the same places by a location's. A line for the location
    /// that may only be of the same money as another line of the first replaces none. Returns those
    /// that do.
    fn replace(&mut self, at: usize, same: usize) -> Vec<Place> {
        let theirs: Vec<Place> = self.lines_of(same).collect();
        let rivals = self.firsts.rivals(&self.groups[at], &self.groups);
        let is_open = self.groups[at].is_open();
        let rivals = rivals.into_iter().filter(|one| !is_open && *one != same);
        let wide: Vec<Place> = rivals.flat_map(|one| self.lines_of(one)).collect();
        let is_one = |own: Place, all: &[Place]| {
            let mut all = all.iter().map(|one| self.line(*one));
            all.any(|one| may_be_one(self.line(own), one))
        };
        let overlap = |one: Place, other: Place| overlap(self.line(one), self.line(other));
        let met = self.lines_of(at).filter(|own| {
            is_one(*own, &theirs)
                || !is_one(*own, &wide) && theirs.iter().any(|one| overlap(*one, *own))
        });
        let met: Vec<Place> = met.collect();
        let replaced = theirs.into_iter();
        let replaced = replaced.filter(|one| met.iter().any(|own| overlap(*one, *own)));
        let replaced: Vec<Place> = replaced.collect();
        self.replaced.extend(&replaced);
        self.of_first.with.extend(replaced);
        self.of_first.without.extend(&met);
        met
    }

    /// Takes the lines of a location for those of the first in a reading of its own.
    fn other_way(&mut self, at: usize, rivals: &[usize]) {
        let without = rivals.iter().flat_map(|one| self.lines_of(*one));
        let (without, with): (Vec<Place>, Vec<Place>) =
            (without.collect(), self.lines_of(at).collect());
        let way = self.ways.entry(self.groups[at].of).or_default();
        way.without.extend(without);
        way.with.extend(with);
    }

    /// Reads what a location says that was committed for it.
    fn committed(&mut self, at: usize, code: &LocationCode, voice: Voice) {
        let group = &self.groups[at];
        let of = group.of;
        let key = (group.what, group.places);
        let same = self.firsts.exact.get(&key).copied();
        let all = match same {
            Some(same) => vec![same],
            None => self.firsts.rivals(group, &self.groups),
        };
        if all.is_empty() && voice == Voice::Alone {
            let own: Vec<Place> = self.lines_of(at).collect();
            self.added.extend(own);
            return;
        }
        let gone = self.ways.get(&of).map(|way| &way.without);
        let is_gone = |group: usize| {
            let mut lines = self.lines_of(group);
            gone.is_some_and(|gone| lines.any(|line| gone.contains(&line)))
        };
        let rivals = all.into_iter().filter(|one| !is_gone(*one));
        let rivals: Vec<usize> = rivals.collect();
        if same.is_some() || self.are_of_both(&rivals, code) {
            self.other_way(at, &rivals);
        }
    }

    fn are_of_both(&self, rivals: &[usize], code: &LocationCode) -> bool {
        let mut rivals = rivals.iter().map(|one| &self.groups[*one]);
        rivals.all(|one| one.is_open() || one.places.include(code))
    }

    /// Whether a line is in the reading that counts.
    fn counts(&self, line: Place) -> bool {
        match line.0 == self.first {
            true => !self.replaced.contains(&line),
            false => self.added.contains(&line),
        }
    }

    /// Whether some of a group is in the reading that counts.
    fn is_kept(&self, group: usize) -> bool {
        self.lines_of(group).any(|line| self.counts(line))
    }

    fn lines_of(&self, group: usize) -> impl Iterator<Item = Place> {
        let group = &self.groups[group];
        group.lines.iter().map(|line| (group.of, *line))
    }
}

impl<'i> Firsts<'i> {
    fn of(groups: &[Group<'i>], first: usize) -> Self {
        let of_first = groups.iter().enumerate();
        let of_first = of_first.filter(|(_, group)| group.of == first);
        let mut firsts = Self {
            exact: BTreeMap::new(),
            wide: Vec::new(),
        };
        for (at, group) in of_first {
            firsts.exact.insert((group.what, group.places), at);
            if !matches!(group.places, Places::Of(codes) if codes.len() == 1) {
                firsts.wide.push(at);
            }
        }
        firsts
    }

    /// The groups of the first that may be of the same money as that of a location.
    fn rivals(&self, group: &Group<'_>, groups: &[Group<'_>]) -> Vec<usize> {
        let is_rival = |one: &usize| {
            let one = &groups[*one];
            one.what == group.what && !are_apart(one.places, group.places)
        };
        match group.is_open() {
            true => self.exact.values().copied().filter(is_rival).collect(),
            // Those for one other location are apart.
            false => {
                let exact = self.exact.get(&(group.what, group.places));
                let wide = self.wide.iter().chain(exact).copied();
                wide.filter(is_rival).collect()
            }
        }
    }
}

fn groups<'i>(
    stated: &[usize],
    invested: &'i [Invested],
    wanted: impl Fn(LineWhat) -> bool,
) -> Vec<Group<'i>> {
    let mut groups = Vec::new();
    for (nth, of) in stated.iter().enumerate() {
        let location = invested[*of].owner.location().filter(|_| nth > 0);
        let beside = location.map(|code| (code, Voice::of(&invested[stated[0]], code)));
        let mut by_places: BTreeMap<(LineWhat, &Places), Vec<usize>> = BTreeMap::new();
        let standing = standing(&invested[*of]);
        for (at, line) in invested[*of].lines.iter().enumerate() {
            let counts = match (standing, line.key.what) {
                (Standing::Whole, _) | (Standing::Spent, LineWhat::Spent) => true,
                (Standing::Spent, LineWhat::Committed) | (Standing::Left(_), _) => false,
            };
            if !counts || !wanted(line.key.what) {
                continue;
            }
            let key = (line.key.what, &line.key.places);
            by_places.entry(key).or_default().push(at);
        }
        for ((what, places), lines) in by_places {
            groups.push(Group {
                of: *of,
                what,
                places,
                lines,
                beside,
            });
        }
    }
    groups
}

impl Group<'_> {
    fn is_open(&self) -> bool {
        *self.places == Places::NotStated
    }

    /// Whether the location may say this beside the hub: it is for it alone. What was committed is
    /// another reading at most, except of what the hub states for the location alone.
    fn is_said(&self, code: &LocationCode, voice: Voice) -> bool {
        let is_its_own = match self.places {
            Places::NotStated => voice == Voice::Alone,
            Places::All | Places::Of(_) => voice != Voice::None && self.places.is_only(code),
        };
        is_its_own && (self.what == LineWhat::Spent || voice.can_differ())
    }
}

/// Whether two lines have days in common.
fn overlap(one: &LineKey, other: &LineKey) -> bool {
    one.period.start() <= other.period.end() && one.period.end() >= other.period.start()
}

/// Whether a line of the hub may be of the same money as a location's line in one of its places.
/// The location's own outcomes may be any.
fn may_be_one(own: &LineKey, hubs: &LineKey) -> bool {
    let is_any = own.outcomes.is_empty()
        || hubs.outcomes.is_empty()
        || own.outcomes.iter().any(|one| one.code().is_none());
    overlap(own, hubs) && (is_any || !own.outcomes.is_disjoint(&hubs.outcomes))
}

/// Whether no location can be in both.
pub(super) fn are_apart(one: &Places, other: &Places) -> bool {
    match (one, other) {
        (Places::Of(one), Places::Of(other)) => one.is_disjoint(other),
        (Places::NotStated | Places::All | Places::Of(_), _) => false,
    }
}
