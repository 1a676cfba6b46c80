//! The rules in their order, for all cells of a release.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    audit::audit,
    before::{Before, Last, Published, Shown},
    cell::{Cell, CellKey, Counts, Kind, Relations},
    contributors::Contributors,
    profile::Profile,
    rests,
    rounding::{Rounded, Rounding, Secret},
    rows::{RawCounts, RawRow, contributed, raw_row_at, raw_rows},
    rules::{Small, contributors, may_differ, small},
    sets,
    value::value,
};
use crate::{
    id::{AreaCode, LocationCode},
    model::{
        indicator::{Protect, Rows},
        number::Number,
    },
    rollup::Level,
};

/// A release after disclosure control.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Protected {
    /// All rows: cells by key, in each the locations by code and the network last.
    pub rows: Vec<Row>,
    /// For the reviewer alone: the withheld rows, each with the rule that withheld it.
    pub withheld: Vec<Withheld>,
    /// For the reviewer alone: rows with a small count or difference for which no proof was found
    /// that enough values remain possible, although all of this release that touches it is
    /// withheld. Earlier releases say the rest. Expect none, or very few.
    pub exposed: Vec<Exposed>,
    /// For the reviewer: the sums that stay as an earlier release showed them.
    pub kept: Vec<Kept>,
    /// The roundings that are new, for [`Before`].
    pub rounded: Rounded,
    /// The cells about which something is new, for [`Before`].
    pub published: Vec<Published>,
}

/// A row as it is released. All withheld rows look alike: nothing in them says why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The cell.
    pub key: CellKey,
    /// One location, or all of them.
    pub level: Level,
    /// The shown numerator; a mean has none.
    pub numerator: Option<u64>,
    /// The shown denominator.
    pub denominator: Option<u64>,
    /// The value, derived from the shown counts.
    pub value: Option<Number>,
    /// Whether the row is withheld, and empty therefore.
    pub withheld: bool,
    /// The locations in the shown counts, each with the number of its areas: those of the earlier
    /// release if a sum is kept as it was. None if the row is withheld.
    pub contributors: Contributors,
}

/// A withheld row and the rule that withheld it. Only the reviewer may see it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Withheld {
    /// The cell.
    pub key: CellKey,
    /// One location, or all of them.
    pub level: Level,
    /// The rule.
    pub reason: Reason,
}

/// A row about which earlier releases may tell too much.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Exposed {
    /// The cell.
    pub key: CellKey,
    /// One location, or all of them.
    pub level: Level,
}

/// A sum that is shown again as it was, because too few locations joined or left.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Kept {
    /// The cell.
    pub key: CellKey,
    /// The number of the release that showed it so first, as in [`Published`].
    pub release: u64,
}

/// The rules that withhold a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// The release has the sum alone, not each location's row.
    Unnamed,
    /// Earlier releases of the cell had other rows.
    RowsChanged,
    /// Too few contribute to the sum, or one contributes too much of it.
    Contributors,
    /// A figure is no whole number from zero, or a denominator is missing.
    NotCounts,
    /// The numerator is small.
    Numerator,
    /// The rest of the denominator is small.
    Complement,
    /// The denominator is small.
    Denominator,
    /// The mean is one of too few people.
    Mean,
    /// All but a few of the including count are in this one.
    PartOf,
    /// It would have told too much about a withheld count or a small difference.
    Audit,
}

impl From<Small> for Reason {
    fn from(small: Small) -> Self {
        match small {
            Small::Numerator => Self::Numerator,
            Small::Complement => Self::Complement,
            Small::Denominator => Self::Denominator,
            Small::Mean => Self::Mean,
        }
    }
}

/// A row on its way through the rules: what later ones need of it.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) level: Level,
    /// Number of figures of areas that it is made of.
    n_areas: u32,
    /// The sum of the true numerators.
    numerator: Number,
    pub(super) shown: Result<Shown, Reason>,
    /// The earlier release of a sum that is kept as it was.
    pub(super) kept: Option<&'a Cell>,
}

impl<'a> Draft<'a> {
    fn new(raw: RawRow, shown: Result<Shown, Reason>, kept: Option<&'a Cell>) -> Self {
        Self {
            level: raw.level,
            n_areas: raw.n_areas,
            numerator: raw.numerator,
            shown,
            kept,
        }
    }
}

/// Protects the cells of a release. The order of the cells makes no difference.
///
/// # Panics
/// If two cells have the same key.
pub fn protect(
    profile: &Profile,
    secret: &Secret,
    cells: &[Cell],
    relations: &Relations,
    before: &Before,
) -> Protected {
    let by_key: BTreeMap<&CellKey, &Cell> = cells.iter().map(|cell| (&cell.key, cell)).collect();
    assert_eq!(by_key.len(), cells.len(), "a cell comes once in a release");
    let mut wholes: BTreeMap<&CellKey, BTreeSet<&CellKey>> = BTreeMap::new();
    for (part, whole) in &relations.part_of {
        wholes.entry(part).or_default().insert(whole);
    }
    let earlier = relations.cumulative.iter();
    let earlier: BTreeMap<&CellKey, &CellKey> = earlier.map(|(one, two)| (two, one)).collect();
    let mut run = Run {
        profile,
        before,
        rounding: Rounding::new(profile, secret, &before.rounded),
        wholes,
        earlier,
        cells: &by_key,
        known: relations
            .known
            .iter()
            .map(|cell| (&cell.key, cell))
            .collect(),
        drafts: BTreeMap::new(),
    };
    for cell in by_key.values() {
        let drafts = run.drafts(cell);
        run.drafts.insert(&cell.key, drafts);
    }
    let Run {
        mut drafts,
        rounding,
        ..
    } = run;
    rests::withhold(profile, (&by_key, before), relations, &mut drafts);
    let found = audit(profile, &by_key, &drafts, relations, before);
    for (key, level) in found.withheld {
        let drafts = drafts.get_mut(key).map_or(&mut [][..], Vec::as_mut_slice);
        // They sort by level.
        if let Ok(at) = drafts.binary_search_by(|draft| draft.level.cmp(&level)) {
            drafts[at].shown = Err(Reason::Audit);
        }
    }
    let mut protected = Protected {
        rows: Vec::with_capacity(drafts.values().map(Vec::len).sum()),
        exposed: found.exposed,
        ..Protected::default()
    };
    let release = before.next_release();
    for (key, drafts) in drafts {
        let (all, last) = (before.of(key), before.of(key).last());
        let kept = drafts.iter().filter_map(|draft| {
            let mut all = all.iter();
            all.find(|one| draft.kept.is_some_and(|kept| std::ptr::eq(kept, &one.cell)))
        });
        protected.kept.extend(kept.map(|one| Kept {
            key: key.clone(),
            release: one.release,
        }));
        protected.take(profile, (release, last), by_key[key], drafts);
    }
    protected.rounded = rounding.added();
    protected
}

struct Run<'a> {
    profile: &'a Profile,
    before: &'a Before,
    rounding: Rounding<'a>,
    wholes: BTreeMap<&'a CellKey, BTreeSet<&'a CellKey>>,
    earlier: BTreeMap<&'a CellKey, &'a CellKey>,
    cells: &'a BTreeMap<&'a CellKey, &'a Cell>,
    known: BTreeMap<&'a CellKey, &'a Cell>,
    drafts: BTreeMap<&'a CellKey, Vec<Draft<'a>>>,
}

impl<'a> Run<'a> {
    fn drafts(&mut self, cell: &'a Cell) -> Vec<Draft<'a>> {
        let rows = raw_rows(cell).into_iter();
        rows.map(|raw| self.draft(cell, raw)).collect()
    }

    fn draft(&mut self, cell: &'a Cell, raw: RawRow) -> Draft<'a> {
        if let Some((kept, shown)) = self.kept(cell, &raw.level) {
            return Draft::new(raw, Ok(shown), Some(kept));
        }
        let counts = self.withheld(cell, &raw);
        let shown = counts.map(|counts| self.shown(cell, &raw, counts));
        Draft::new(raw, shown, None)
    }

    /// Returns the last release of an unnamed sum if it must stay as it was: too few locations
    /// joined or left since any of its releases, several of its releases and this one would leave
    /// too few together, or the setting of its rows is another.
    fn kept(&self, cell: &Cell, level: &Level) -> Option<(&'a Cell, Shown)> {
        if *level != Level::Network {
            return None;
        }
        let mut shown = self.before.shown(&cell.key, level).peekable();
        let last = shown.peek().copied()?;
        let stays = shown.any(|(then, _)| {
            let named = cell.rows == Rows::Locations && then.rows == Rows::Locations;
            !named && (then.rows != cell.rows || !may_differ(self.profile, cell, then))
        });
        (stays || self.leaves_few(cell, level)).then_some(last)
    }

    /// Whether an unnamed sum of these locations, which none of its releases was of, would leave
    /// too few of them by sums and differences of several releases.
    fn leaves_few(&self, cell: &Cell, level: &Level) -> bool {
        if cell.rows != Rows::Network {
            return false;
        }
        let of = |cell: &'_ Cell| -> Vec<LocationCode> {
            contributed(cell).into_keys().cloned().collect()
        };
        let now = of(cell);
        let mut known: BTreeSet<Vec<LocationCode>> = BTreeSet::new();
        known.extend(
            self.before
                .shown(&cell.key, level)
                .map(|(then, _)| of(then)),
        );
        if !known.insert(now) {
            return false;
        }
        let sets: Vec<sets::Set<'_>> = known.iter().map(|set| set.iter().collect()).collect();
        sets.len() > 2 && sets::leave_few(&sets, self.profile.contributors_min)
    }

    /// Returns the counts of a row if the rules about one row allow it.
    fn withheld(&self, cell: &Cell, raw: &RawRow) -> Result<RawCounts, Reason> {
        if raw.level != Level::Network && cell.rows == Rows::Network {
            return Err(Reason::Unnamed);
        }
        if !self.rows_are_as_before(cell) {
            return Err(Reason::RowsChanged);
        }
        if cell.rows == Rows::Network && !contributors(self.profile, cell) {
            return Err(Reason::Contributors);
        }
        let counts = raw.counts.ok_or(Reason::NotCounts)?;
        if cell.protect == Protect::Persons {
            if let Some(small) = small(self.profile, cell.kind, counts) {
                return Err(small.into());
            }
            if self.is_nearly_a_whole(cell, &raw.level) {
                return Err(Reason::PartOf);
            }
        }
        Ok(counts)
    }

    /// Whether no earlier release of the cell had other rows. A change holds for periods that were
    /// not released yet: a named row beside an unnamed sum would name the rest.
    fn rows_are_as_before(&self, cell: &Cell) -> bool {
        let mut before = self.before.of(&cell.key).iter();
        before.all(|published| published.cell.rows == cell.rows)
    }

    /// Whether the numerator has all but a few of a count that includes it.
    fn is_nearly_a_whole(&self, cell: &Cell, level: &Level) -> bool {
        let wholes = self.wholes.get(&cell.key).into_iter().flatten();
        let few = i64::try_from(self.profile.count_min).unwrap_or(i64::MAX);
        let mut rests = wholes.filter_map(|whole| rest(cell, self.cell(whole)?, level));
        rests.any(|rest| rest < Number::from(few))
    }

    /// A cell of this release, one that an office published, or the last release of it.
    fn cell(&self, key: &CellKey) -> Option<&Cell> {
        let last = || self.before.of(key).last().map(|published| &published.cell);
        let here = self.cells.get(key).or_else(|| self.known.get(key));
        here.copied().or_else(last)
    }

    fn shown(&mut self, cell: &Cell, raw: &RawRow, counts: RawCounts) -> Shown {
        let own = self.before.shown(&cell.key, &raw.level);
        let own: Vec<(&Cell, Shown)> = own.collect();
        let same = own.iter().find(|(then, _)| {
            raw_row_at(then, &raw.level).is_some_and(|then| then.areas == raw.areas)
        });
        let own = same.or_else(|| own.first()).copied();
        let sum = (cell.kind == Kind::Mean).then(|| self.sum(raw, counts, own));
        let own = own.map(|(_, shown)| shown);
        let numerator = own.and_then(|shown| shown.numerator);
        let numerator = numerator.or_else(|| self.shown_earlier(&cell.key, &raw.level));
        let denominator = own.and_then(|shown| shown.denominator);
        let mut last = |count: Option<u64>, last: Option<Last>| {
            count.map(|count| match last {
                Some(last) if last.raw.abs_diff(count) < self.profile.revision_min => last,
                Some(_) | None => Last {
                    raw: count,
                    shown: self.rounding.shown(&raw.areas, count),
                },
            })
        };
        Shown {
            numerator: last(counts.numerator, numerator),
            denominator: last(counts.denominator, denominator),
            sum,
        }
    }

    /// The sum that a mean is made of. While the number of people is kept as it was shown, so is
    /// their sum: the difference of two means would tell the value of the one who joined.
    fn sum(&self, raw: &RawRow, counts: RawCounts, own: Option<(&Cell, Shown)>) -> Number {
        let kept = own.and_then(|(then, shown)| {
            let (last, count) = shown.denominator.zip(counts.denominator)?;
            let moved = last.raw.abs_diff(count);
            let stays = moved > 0 && moved < self.profile.revision_min;
            let then = || raw_row_at(then, &raw.level).map(|row| row.numerator);
            stays.then(|| shown.sum.or_else(then)).flatten()
        });
        kept.unwrap_or(raw.numerator)
    }

    /// The numerator that a cumulative row showed last in an earlier period.
    fn shown_earlier(&self, key: &CellKey, level: &Level) -> Option<Last> {
        let mut at = *self.earlier.get(key)?;
        let limit = self.earlier.len();
        for _ in 0..limit {
            let drafts = self.drafts.get(at).into_iter().flatten();
            let now = drafts.filter(|draft| draft.level == *level);
            let now = now.filter_map(|draft| draft.shown.ok()).next();
            let then = || self.before.shown(at, level).next();
            if let Some(shown) = now.or_else(|| then().map(|(_, shown)| shown)) {
                return shown.numerator;
            }
            at = self.earlier.get(at)?;
        }
        None
    }
}

/// The rest of an including count in the areas that both cells have; `None` if there are none.
fn rest(part: &Cell, whole: &Cell, level: &Level) -> Option<Number> {
    let locations = at_level(part, level);
    let rests = locations.flat_map(|(code, areas)| {
        let wholes = whole.contributions.get(code);
        areas
            .iter()
            .filter_map(move |(area, counts)| Some(wholes?.get(area)?.numerator - counts.numerator))
    });
    rests.fold(None, |sum, rest| Some(sum.unwrap_or(Number::ZERO) + rest))
}

/// The figures of one location, or of all of them.
fn at_level<'a>(
    cell: &'a Cell,
    level: &Level,
) -> impl Iterator<Item = (&'a LocationCode, &'a BTreeMap<AreaCode, Counts>)> {
    let all = cell.contributions.as_ref();
    let one = level.location().map(|code| all.get_key_value(code));
    let network = one.is_none().then_some(all);
    one.flatten()
        .into_iter()
        .chain(network.into_iter().flatten())
}

impl Protected {
    fn take(
        &mut self,
        profile: &Profile,
        (release, last): (u64, Option<&Published>),
        cell: &Cell,
        drafts: Vec<Draft<'_>>,
    ) {
        let mut rows = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let row = row(profile, cell, &draft);
            let level = draft.level;
            if let Err(reason) = draft.shown {
                self.withheld.push(Withheld {
                    key: cell.key.clone(),
                    level: level.clone(),
                    reason,
                });
            }
            self.rows.push(row);
            if draft.kept.is_none() {
                rows.push((level, draft.shown.ok()));
            }
        }
        let published = Published {
            release,
            cell: cell.clone(),
            rows: rows.into_iter().collect(),
        };
        let is_same =
            last.is_some_and(|last| last.cell == published.cell && last.rows == published.rows);
        if !is_same {
            self.published.push(published);
        }
    }
}

fn row(profile: &Profile, cell: &Cell, draft: &Draft<'_>) -> Row {
    let level = draft.level.clone();
    let key = cell.key.clone();
    let Ok(shown) = draft.shown else {
        return Row {
            key,
            level,
            numerator: None,
            denominator: None,
            value: None,
            withheld: true,
            contributors: Contributors::default(),
        };
    };
    let numerator = shown.numerator.map(|last| last.shown);
    let denominator = shown.denominator.map(|last| last.shown);
    let (kind, factor) = draft
        .kept
        .map_or((cell.kind, cell.factor), |kept| (kept.kind, kept.factor));
    let contributors = match (&level, draft.kept) {
        (Level::Location(code), None) => Contributors::one(code.clone(), draft.n_areas as usize),
        (_, kept) => {
            let locations = at_level(kept.unwrap_or(cell), &level);
            Contributors::of(locations.map(|(code, areas)| (code.clone(), areas.len())))
        }
    };
    let kept = draft.kept.and_then(|kept| raw_row_at(kept, &level));
    let sum = shown.sum.or_else(|| kept.map(|kept| kept.numerator));
    let sum = sum.unwrap_or(draft.numerator);
    Row {
        key,
        level,
        numerator,
        denominator,
        value: value(profile, (kind, factor), sum, (numerator, denominator)),
        withheld: false,
        contributors,
    }
}
