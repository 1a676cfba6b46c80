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
        line::{self, LineKey, LineWhat},
        number::Number,
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
    /// The amounts that are taken off them.
    pub(super) off: Vec<(Place, Off)>,
    /// The other readings.
    pub(super) others: Vec<Other>,
}

/// The money that a location states for itself of a line of the hub for more places. It is taken
/// off where both count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Off {
    /// The location's statement.
    pub(super) by: usize,
    pub(super) days: (Date, Date),
    /// The days of the lines that come before the location's.
    pub(super) after: Vec<(Date, Date)>,
    pub(super) amount: Number,
}

/// Another reading than the one that counts.
#[derive(Clone, Debug)]
pub(super) struct Other {
    /// The statement whose amount it takes.
    pub(super) amount: usize,
    /// The lines that count, and not in this reading.
    pub(super) without: BTreeSet<Place>,
    /// The lines that it takes in their place, with nothing taken off.
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
    /// Those of them that are taken off lines of the first.
    divided: BTreeSet<usize>,
    off: Vec<(Place, Off)>,
    /// The amounts that are left of lines of the first: for lines that are in no other, and for the
    /// others.
    left: BTreeMap<(Place, bool), Number>,
    /// The groups that are more than the lines of which they are.
    exceeding: BTreeSet<usize>,
    /// The days of the lines that come before each line of the first.
    before_first: Vec<Vec<(Date, Date)>>,
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
    let mut of_first = merged.change(first, &merged.of_first);
    if !merged.exceeding.is_empty() {
        let divided = merged.divided.iter();
        let divided = divided.flat_map(|group| merged.lines_of(*group));
        of_first.without.extend(divided);
        for (place, _) in &merged.off {
            of_first.without.insert(*place);
            of_first.with.insert(*place);
        }
    }
    if !of_first.without.is_empty() || !of_first.with.is_empty() {
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
        match merged.ways.get(way) {
            Some(change) => others.push(merged.change(amount, change)),
            None if differs => others.push(merged.change(amount, &Change::default())),
            None => {}
        }
    }
    Readings {
        lines: lines.into_iter().collect(),
        off: mem::take(&mut merged.off),
        others,
    }
}

impl<'i> Merged<'i> {
    fn of(stated: &[usize], invested: &'i [Invested], wanted: impl Fn(LineWhat) -> bool) -> Self {
        let groups = groups(stated, invested, wanted);
        let lines = invested[stated[0]].lines.iter();
        let mut merged = Self {
            invested,
            first: stated[0],
            firsts: Firsts::of(&groups, stated[0]),
            groups,
            replaced: BTreeSet::new(),
            added: BTreeSet::new(),
            divided: BTreeSet::new(),
            off: Vec::new(),
            left: BTreeMap::new(),
            exceeding: BTreeSet::new(),
            before_first: line::preceding(lines.map(|line| &line.key)).collect(),
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
        let with_others = rivals.iter().copied();
        let with_others = with_others.filter(|one| self.groups[*one].places.include(code));
        let with_others: Vec<usize> = with_others.collect();
        if !group.is_open() && !with_others.is_empty() {
            self.added.insert(at);
            self.divide(at, &with_others);
        } else if self.are_of_both(&rivals, code) {
            let way = self.ways.entry(self.groups[at].of).or_default();
            way.without.extend(rivals);
            way.with.insert(at);
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

    /// Takes the lines of a location off the lines of the first that may be of the same money.
    fn divide(&mut self, at: usize, wide: &[usize]) {
        let by = self.groups[at].of;
        let first = &self.invested[self.first].lines;
        let own = &self.invested[by].lines;
        let before: Vec<_> = line::preceding(own.iter().map(|line| &line.key)).collect();
        let wide = wide.iter().flat_map(|group| &self.groups[*group].lines);
        let wide: Vec<usize> = wide.copied().collect();
        for nth in self.groups[at].lines.clone() {
            let line = &own[nth];
            let mut met: Vec<usize> = wide.clone();
            met.retain(|one| may_be_one(&line.key, &first[*one].key));
            if !met.is_empty() {
                self.divided.insert(at);
            }
            // Those that have all of its days come first.
            met.sort_by(|a, b| by_days(&line.key, &first[*a].key, &first[*b].key));
            // A line that is in another never counts with it, so each kind has its own sums.
            for is_within in [false, true] {
                let met = met.iter().copied();
                let met = met.filter(|one| self.before_first[*one].is_empty() != is_within);
                let met: Vec<usize> = met.collect();
                let mut more = line.least;
                for one in &met {
                    let place = (self.first, *one);
                    let of = (place, before[nth].is_empty());
                    let left = self.left.entry(of).or_insert(first[*one].least);
                    let amount = more.min(*left);
                    if amount.is_zero() {
                        continue;
                    }
                    *left = *left - amount;
                    more = more - amount;
                    let off = Off {
                        by,
                        days: days_of(&line.key),
                        after: before[nth].clone(),
                        amount,
                    };
                    self.off.push((place, off));
                }
                if !is_within && !met.is_empty() && !more.is_zero() && before[nth].is_empty() {
                    self.exceeding.insert(at);
                }
            }
        }
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

    fn change(&self, amount: usize, change: &Change) -> Other {
        let places = |groups: &BTreeSet<usize>| {
            let groups = groups.iter();
            groups.flat_map(|one| self.lines_of(*one)).collect()
        };
        Other {
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
