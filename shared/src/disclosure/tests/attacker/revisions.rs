//! All that the attacker knows by the rule about revisions.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{Attacker, Part};
use crate::{
    disclosure::{Before, CellKey, FRR3, Kind, Last, Published, Relations},
    id::AreaCode,
    rollup::Level,
};

impl<'a> Attacker<'a> {
    /// A shown count that stayed moved by less than the rule says, and one that changed by as much
    /// or more.
    pub(super) fn revisions(&mut self, before: &'a Before, relations: &'a Relations) {
        let earlier = relations.cumulative.iter();
        let earlier: BTreeMap<&CellKey, &CellKey> = earlier.map(|(one, two)| (two, one)).collect();
        for one in before.published() {
            for level in one.rows.keys() {
                for part in [Part::Numerator, Part::Base] {
                    let rows = shown_before(before, &earlier, (one, level), part);
                    self.revision((one, level), &rows, part);
                }
            }
        }
    }

    fn revision(
        &mut self,
        (now, level): (&'a Published, &Level),
        rows: &[(&'a Published, bool)],
        part: Part,
    ) {
        let mut own = rows.iter().filter(|one| one.1);
        let same = own.find(|one| areas(one.0, level) == areas(now, level));
        let then = same.or_else(|| rows.first()).map(|one| one.0);
        let was = then.and_then(|then| last(then, level, part));
        let (Some(newest), Some(was)) = (last(now, level, part), was) else {
            return;
        };
        let new = self.whole(now, level, part);
        let mut sets = rows.iter().map(|(one, _)| {
            let set = self.whole(one, level, part);
            (last(one, level, part), self.truth(&set), set)
        });
        let rounded = sets
            .find(|(last, truth, _)| *last == Some(was) && u64::try_from(*truth) == Ok(was.raw));
        let Some((_, _, old)) = rounded else {
            return;
        };
        let only = |some: &[usize], others: &[usize]| -> Vec<usize> {
            let some = some.iter().copied();
            some.filter(|one| !others.contains(one)).collect()
        };
        let step = i64::try_from(FRR3.revision_min).unwrap();
        let (plus, minus) = (only(&new, &old), only(&old, &new));
        match newest.shown.cmp(&was.shown) {
            Ordering::Equal => self.condition(&plus, &minus, (1 - step, step - 1)),
            Ordering::Greater => self.condition(&plus, &minus, (step, i64::MAX)),
            Ordering::Less => self.condition(&minus, &plus, (step, i64::MAX)),
        }
    }

    /// The unknowns of a rounded count.
    fn whole(&mut self, one: &'a Published, level: &Level, part: Part) -> Vec<usize> {
        let mut sets = self.sets(&one.cell, level);
        let mut all = sets.remove(&part).unwrap_or_default();
        if part == Part::Base && one.cell.kind == Kind::Proportion {
            all.extend(sets.remove(&Part::Numerator).unwrap_or_default());
        }
        all
    }
}

fn areas(one: &Published, level: &Level) -> Vec<AreaCode> {
    let of = one.cell.contributions.iter();
    let of = of.filter(|(code, _)| level.location().is_none_or(|level| level == *code));
    of.flat_map(|(_, areas)| areas.keys().cloned()).collect()
}

fn last(one: &Published, level: &Level, part: Part) -> Option<Last> {
    let shown = (*one.rows.get(level)?)?;
    match part {
        Part::Numerator => shown.numerator,
        Part::Base | Part::Whole => shown.denominator,
    }
}

/// The rows of the same level that were shown before a row, the newest first: those of its own
/// cell, and numerators of the periods before.
fn shown_before<'a>(
    before: &'a Before,
    earlier: &BTreeMap<&'a CellKey, &'a CellKey>,
    (now, level): (&'a Published, &Level),
    part: Part,
) -> Vec<(&'a Published, bool)> {
    let mut rows = Vec::new();
    let mut at = Some(&now.cell.key);
    while let Some(key) = at {
        let is_own = *key == now.cell.key;
        let of = before.of(key).iter().rev();
        let of =
            of.filter(|one| one.release < now.release || !is_own && one.release == now.release);
        let of = of.filter(|one| last(one, level, part).is_some());
        rows.extend(of.map(|one| (one, is_own)));
        at = earlier
            .get(key)
            .copied()
            .filter(|_| part == Part::Numerator);
    }
    rows
}
