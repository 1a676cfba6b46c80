//! One investment that several teams state: the readings of it, and the differences.
//!
//! A reading takes every amount from one team where teams differ. In the reading that counts, the
//! hub comes first for what was committed, and each location for what was spent in it alone. A
//! location speaks for itself: of its lines those count that are for no other. What it spent is
//! taken off a line of the hub for more places that may be of the same money, as a part is off its
//! whole; where it is more than there is, the hub's line alone is another reading. What it says
//! was committed counts in a reading of its own: so no money is counted twice, and none is moved
//! in the cells of others.
//!
//! There are as many readings as teams, so all but the one that counts are only what is different
//! in them.

mod differ;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    mem,
};

pub(super) use self::differ::differences;
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
    period::Date,
};

/// A statement, and the place of a line in it.
pub(super) type Place = (usize, usize);

/// The readings of an investment.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings {
    /// The lines that count, in order.
    pub(super) lines: Vec<Place>,
    /// Those of locations that the hub's may be of the same money as.
    pub(super) besides: Vec<Beside>,
    /// The other readings.
    pub(super) others: Vec<Other>,
}

/// A line that a location states for itself, and the lines of the hub that may be of the same
/// money.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Beside {
    pub(super) own: Place,
    /// Those for more places, the ones that have all of its days first.
    pub(super) wide: Vec<Place>,
    /// Those without a place.
    pub(super) open: Vec<Place>,
}

/// Another reading than the one that counts.
#[derive(Clone, Debug)]
pub(super) struct Other {
    /// The statement whose reading it is.
    pub(super) of: usize,
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

/// Groups that a reading leaves out and takes, by number.
#[derive(Default)]
struct Change {
    without: BTreeSet<usize>,
    with: BTreeSet<usize>,
}

/// Groups of lines, with the readings that they make.
struct Merged<'i> {
    invested: &'i [Invested],
    first: usize,
    groups: Vec<Group<'i>>,
    firsts: Firsts<'i>,
    /// The groups of the first that do not count.
    replaced: BTreeSet<usize>,
    /// The groups of locations that count.
    added: BTreeSet<usize>,
    /// Their lines that are held against lines of the first.
    besides: Vec<Beside>,
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
    let lines = (0..merged.groups.len()).filter(|group| merged.is_kept(*group));
    let lines: BTreeSet<Place> = lines.flat_map(|group| merged.lines_of(group)).collect();
    let mut others = Vec::new();
    let is_beside = |of: usize| merged.besides.iter().any(|one| one.own.0 == of);
    let of_first = merged.change(first, first, &merged.of_first);
    if !merged.besides.is_empty() || !of_first.is_empty() {
        others.push(of_first);
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
        let way_of = merged.ways.get(way);
        if way_of.is_some() || differs || is_beside(*way) {
            let none = Change::default();
            others.push(merged.change(*way, amount, way_of.unwrap_or(&none)));
        }
    }
    Readings {
        lines: lines.into_iter().collect(),
        besides: mem::take(&mut merged.besides),
        others,
    }
}

impl Other {
    fn is_empty(&self) -> bool {
        self.without.is_empty() && self.with.is_empty()
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
            besides: Vec::new(),
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
                    LineWhat::Spent => merged.spent(at, code),
                    LineWhat::Committed => merged.committed(at, code, voice),
                }
            }
        }
        merged
    }

    /// Reads what a location says that was spent in it.
    fn spent(&mut self, at: usize, code: &LocationCode) {
        let group = &self.groups[at];
        let key = (group.what, group.places);
        if let Some(same) = self.firsts.exact.get(&key).copied() {
            self.replaced.insert(same);
            self.added.insert(at);
            self.of_first.without.insert(at);
            self.of_first.with.insert(same);
            return;
        }
        let all = self.firsts.rivals(group, &self.groups);
        let rivals = all.iter().copied();
        let rivals = rivals.filter(|one| !self.replaced.contains(one));
        let rivals: Vec<usize> = rivals.collect();
        if rivals.is_empty() {
            self.added.insert(at);
            // In the reading of the first its own are back.
            if !all.is_empty() {
                self.of_first.without.insert(at);
            }
            return;
        }
        if !group.is_open() {
            self.added.insert(at);
            self.hold(at, &rivals);
        } else if self.are_of_both(&rivals, code) {
            let way = self.ways.entry(self.groups[at].of).or_default();
            way.without.extend(rivals);
            way.with.insert(at);
        }
    }

    /// Notes the lines of the first that may be of the same money as each of a location's.
    fn hold(&mut self, at: usize, rivals: &[usize]) {
        let group = &self.groups[at];
        let (first, own) = (&self.invested[self.first], &self.invested[group.of]);
        for nth in &group.lines {
            let line = &own.lines[*nth].key;
            let lines_of = |is_open: bool| {
                let rivals = rivals.iter().map(|one| &self.groups[*one]);
                let lines = rivals.filter(|one| one.is_open() == is_open);
                let lines = lines.flat_map(|one| &one.lines).copied();
                let met = lines.filter(|one| may_be_one(line, &first.lines[*one].key));
                let mut met: Vec<usize> = met.collect();
                met.sort_by(|a, b| by_days(line, &first.lines[*a].key, &first.lines[*b].key));
                met.into_iter().map(|one| (self.first, one)).collect()
            };
            self.besides.push(Beside {
                own: (group.of, *nth),
                wide: lines_of(false),
                open: lines_of(true),
            });
        }
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
            self.added.insert(at);
            return;
        }
        let gone = self.ways.get(&of).map(|way| &way.without);
        let rivals = all.into_iter();
        let rivals = rivals.filter(|one| gone.is_none_or(|gone| !gone.contains(one)));
        let rivals: Vec<usize> = rivals.collect();
        if same.is_some() || self.are_of_both(&rivals, code) {
            let way = self.ways.entry(of).or_default();
            way.without.extend(rivals);
            way.with.insert(at);
        }
    }

    fn are_of_both(&self, rivals: &[usize], code: &LocationCode) -> bool {
        let mut rivals = rivals.iter().map(|one| &self.groups[*one]);
        rivals.all(|one| one.is_open() || one.places.include(code))
    }

    /// Whether a group is in the reading that counts.
    fn is_kept(&self, group: usize) -> bool {
        match self.groups[group].of == self.first {
            true => !self.replaced.contains(&group),
            false => self.added.contains(&group),
        }
    }

    fn lines_of(&self, group: usize) -> impl Iterator<Item = Place> {
        let group = &self.groups[group];
        group.lines.iter().map(|line| (group.of, *line))
    }

    fn change(&self, of: usize, amount: usize, change: &Change) -> Other {
        let places = |groups: &BTreeSet<usize>| {
            let groups = groups.iter();
            groups.flat_map(|one| self.lines_of(*one)).collect()
        };
        Other {
            of,
            amount,
            without: places(&change.without),
            with: places(&change.with),
        }
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

fn days_of(key: &LineKey) -> (Date, Date) {
    (key.period.start(), key.period.end())
}

/// Whether a line of the hub may be of the same money as a location's line in one of its places.
/// The location's own outcomes may be any.
fn may_be_one(own: &LineKey, hubs: &LineKey) -> bool {
    let (own_days, days) = (days_of(own), days_of(hubs));
    let overlap = own_days.0 <= days.1 && own_days.1 >= days.0;
    let is_any = own.outcomes.is_empty()
        || hubs.outcomes.is_empty()
        || own.outcomes.iter().any(|one| one.code().is_none());
    overlap && (is_any || !own.outcomes.is_disjoint(&hubs.outcomes))
}

/// Puts lines that have all days of one before those that have some.
fn by_days(own: &LineKey, a: &LineKey, b: &LineKey) -> Ordering {
    let (from, to) = days_of(own);
    let has_some = |key: &LineKey| key.period.start() > from || key.period.end() < to;
    (has_some(a), a).cmp(&(has_some(b), b))
}

/// Whether no location can be in both.
pub(super) fn are_apart(one: &Places, other: &Places) -> bool {
    match (one, other) {
        (Places::Of(one), Places::Of(other)) => one.is_disjoint(other),
        (Places::NotStated | Places::All | Places::Of(_), _) => false,
    }
}
