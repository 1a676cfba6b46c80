//! The rule about revisions, as an attacker uses it: a shown count that stayed as it was moved by
//! fewer than the profile says, and one that changed moved by as many or more.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter::successors,
};

use super::{
    groups::{Group, LinkKind},
    row::AuditRow,
    rows::Rows,
    system::{Atom, Difference},
};
use crate::disclosure::{
    before::{Last, Shown},
    cell::Kind,
    profile::Profile,
};

/// The shown rows of each cell and level, the oldest first. Nothing is kept of a group that was not
/// released before, in which no period follows another: there is nothing to compare.
#[derive(Debug)]
pub(super) struct History {
    is_kept: bool,
    shown: BTreeMap<usize, Vec<usize>>,
}

impl History {
    pub(super) fn of(group: &Group<'_>) -> Self {
        let mut links = group.links.iter().flatten();
        let grows = links.any(|link| link.kind == LinkKind::Cumulative);
        Self {
            is_kept: grows || group.states.len() > 1,
            shown: BTreeMap::new(),
        }
    }

    /// Notes a shown row, unless it is the last one already.
    pub(super) fn add(&mut self, place: usize, row: usize) {
        if !self.is_kept {
            return;
        }
        let rows = self.shown.entry(place).or_default();
        if rows.last() != Some(&row) {
            rows.push(row);
        }
    }

    /// The rows of a place, the newest first.
    fn newest_first(&self, place: usize) -> impl Iterator<Item = usize> {
        let rows = self.shown.get(&place).into_iter().flatten();
        rows.rev().copied()
    }
}

/// The counts of a row that are rounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Numerator,
    Denominator,
}

impl Part {
    const fn last(self, shown: &Shown) -> Option<Last> {
        match self {
            Self::Numerator => shown.numerator,
            Self::Denominator => shown.denominator,
        }
    }
}

impl Rows<'_> {
    /// The constraints that follow from what was shown of a row before, of its period or, if it
    /// only grows, of an earlier one. They also hold a row of this release that the audit withholds
    /// later; then they protect more than they must.
    pub(super) fn revisions(&self, profile: &Profile, id: usize) -> Vec<Difference> {
        if !self.history.is_kept {
            return Vec::new();
        }
        let parts = [Part::Numerator, Part::Denominator].into_iter();
        parts
            .filter_map(|part| self.revision(profile, id, part))
            .collect()
    }

    fn revision(&self, profile: &Profile, id: usize, part: Part) -> Option<Difference> {
        let now = self.last(id, part)?;
        let then = self.before(id, part)?;
        let least = i64::try_from(profile.revision_min).unwrap_or(i64::MAX);
        let bounds = match now.shown.cmp(&then.shown) {
            std::cmp::Ordering::Equal => (1 - least, least - 1),
            std::cmp::Ordering::Greater => (least, i64::MAX),
            std::cmp::Ordering::Less => (i64::MIN, -least),
        };
        let rounded = self.rounded(id, part, then)?;
        let (new, old) = (self.atoms(id, part), self.atoms(rounded, part));
        let difference = Difference {
            plus: new.difference(&old).copied().collect(),
            minus: old.difference(&new).copied().collect(),
            bounds,
        };
        let is_the_same = difference.plus.is_empty() && difference.minus.is_empty();
        (!is_the_same).then_some(difference)
    }

    /// The count that was shown last, before this row.
    fn before(&self, id: usize, part: Part) -> Option<Last> {
        let mut places = self.places_before(id);
        let own = places.next()?;
        let same = self
            .history
            .newest_first(own)
            .find(|one| self.areas(*one).eq(self.areas(id)));
        let own = same.or_else(|| self.history.newest_first(own).next());
        let own = own.and_then(|row| self.last(row, part));
        let mut earlier = places.filter_map(|place| self.history.newest_first(place).next());
        own.or_else(|| {
            let row = earlier.next().filter(|_| part == Part::Numerator)?;
            self.last(row, part)
        })
    }

    /// The row of the true count that was rounded to what was shown.
    fn rounded(&self, id: usize, part: Part, last: Last) -> Option<usize> {
        let places = self.places_before(id);
        let mut rows = places.flat_map(|place| self.history.newest_first(place));
        rows.find(|row| {
            let count = self.count(&self.all[*row], part);
            let is_its_own = count.is_some_and(|count| u64::try_from(count) == Ok(last.raw));
            is_its_own && self.last(*row, part) == Some(last)
        })
    }

    /// The place of a row, and those of the same level in the periods before.
    fn places_before(&self, id: usize) -> impl Iterator<Item = usize> {
        let row = &self.all[id];
        let own = self.place_of(row.node(), row.location());
        let first = self.nodes[row.node()].at;
        // A circle, which no definition can mean, is cut.
        let cells = successors(Some(first), |cell| self.earlier[*cell]).take(self.earlier.len());
        cells.map(move |cell| self.place_beside(own, first, cell))
    }

    fn last(&self, id: usize, part: Part) -> Option<Last> {
        part.last(self.all[id].shown.as_deref()?)
    }

    fn areas(&self, id: usize) -> impl Iterator<Item = &crate::id::AreaCode> {
        let row = &self.all[id];
        let node = &self.nodes[row.node()];
        node.areas(node.range(row.location()))
    }

    fn count(&self, row: &AuditRow<'_>, part: Part) -> Option<i64> {
        match part {
            Part::Numerator => row.numerator,
            Part::Denominator => match self.nodes[row.node()].cell.kind {
                Kind::Proportion => Some(row.base? + row.numerator?),
                Kind::Count | Kind::Rate | Kind::Mean => row.base,
            },
        }
    }

    fn atoms(&self, id: usize, part: Part) -> BTreeSet<Atom> {
        let row = &self.all[id];
        let (numerator, base) = self.sets(row);
        let is_whole = self.nodes[row.node()].cell.kind == Kind::Proportion;
        let (numerator, base): (&[Atom], &[Atom]) = match part {
            Part::Numerator => (numerator, &[]),
            Part::Denominator if is_whole => (numerator, base),
            Part::Denominator => (&[], base),
        };
        numerator.iter().chain(base).copied().collect()
    }
}
