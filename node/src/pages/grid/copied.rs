//! The denominators of the period before, copied into fields that have none: a population changes
//! less often than what is counted in it.

use std::collections::BTreeMap;

use weft_shared::{
    model::{
        indicator::MappingKind,
        observation::{Breakdown, ObservationKey, Status},
    },
    period::Period,
    text::counted,
};

use super::{Frame, cell::Typed};
use crate::{
    pages::{Fault, Visit},
    view::ObservationRow,
};

/// Maximum number of earlier periods that are looked at for a denominator.
const BEFORE_MAX: usize = 24;

/// A denominator that may be copied, with its period.
type Source = (Period, String);

impl Visit<'_> {
    /// Fills in what is empty, period by period, and says in a sentence what was done and from
    /// which periods. Nothing is copied over a change of base. Nothing is saved.
    pub(super) fn copy_denominators(
        &mut self,
        frame: &Frame,
        all: &mut [(ObservationKey, Typed)],
    ) -> Result<String, Fault> {
        let mut last = self.denominators_before(frame)?;
        let mut places: Vec<usize> = (0..all.len()).collect();
        places.sort_by_key(|at| all[*at].0.period);
        let mut copied: BTreeMap<Period, u64> = BTreeMap::new();
        let mut held_back: BTreeMap<Period, u64> = BTreeMap::new();
        for at in places {
            let (key, typed) = &mut all[at];
            if !typed.denominator.is_empty() {
                let source = (key.period, typed.denominator.clone());
                last.insert(key.breakdown.clone(), source);
                continue;
            }
            let Some((from, text)) = last.get(&key.breakdown) else {
                continue;
            };
            let from = *from;
            if typed.status == Status::Break.word() || frame.changes_base(from, key.period) {
                *held_back.entry(from).or_default() += 1;
                last.remove(&key.breakdown);
            } else if typed.copy_denominator(text) {
                *copied.entry(from).or_default() += 1;
            }
        }
        Ok(words(&copied, &held_back))
    }

    /// The newest denominator before the periods of the grid, of each part of the population.
    fn denominators_before(&mut self, frame: &Frame) -> Result<BTreeMap<Breakdown, Source>, Fault> {
        let mut found = BTreeMap::new();
        let Some(first) = frame.range.periods.first().copied() else {
            return Ok(found);
        };
        let mut keys = self.replica.observation_keys()?;
        keys.retain(|key| {
            let is_before = key.period.end() < first.start();
            frame.holds(key) && is_before && key.period.frequency() == first.frequency()
        });
        for breakdown in &frame.breakdowns {
            let of_part = keys.iter().filter(|key| key.breakdown == *breakdown);
            let mut of_part: Vec<&ObservationKey> = of_part.collect();
            of_part.sort_by_key(|key| std::cmp::Reverse(key.period));
            for key in of_part.into_iter().take(BEFORE_MAX) {
                let row = self.replica.observation(key)?;
                let one = row.as_ref().and_then(settled_denominator);
                if let Some(denominator) = one {
                    found.insert(breakdown.clone(), (key.period, denominator));
                    break;
                }
            }
        }
        Ok(found)
    }
}

impl Frame {
    /// Whether the definitions declare another base, or ask another question, after `from` and up
    /// to `to`.
    fn changes_base(&self, from: Period, to: Period) -> bool {
        let mut changes = self.row.versions.base_from().into_iter();
        if changes.any(|at| from.start() < at.start() && at.start() <= to.start()) {
            return true;
        }
        let version = |period| {
            let stating = self.row.stating(period, &[], None);
            stating.map_or(0, |one| one.version)
        };
        let (then, now) = (version(from), version(to));
        let later = self.row.versions.iter();
        let mut later = later.filter(|(one, _)| then < one.version && one.version <= now);
        later.any(|(one, _)| {
            let mapping = one.from.as_ref();
            mapping.is_some_and(|mapping| mapping.kind == MappingKind::Break)
        })
    }
}

/// Says how many were copied from which periods, and how many were not.
fn words(copied: &BTreeMap<Period, u64>, held_back: &BTreeMap<Period, u64>) -> String {
    let all: u64 = copied.values().sum();
    let filled = counted(
        all,
        "denominator is filled in",
        "denominators are filled in",
    );
    let from: Vec<String> = copied
        .iter()
        .map(|(period, count)| match copied.len() {
            1 => format!("from {}", period.words()),
            _ => format!("{count} from {}", period.words()),
        })
        .collect();
    let check = match all {
        1 => "Check it: nothing is saved yet.",
        _ => "Check them: nothing is saved yet.",
    };
    let mut words = match copied.len() {
        0 if held_back.is_empty() => {
            "No denominator was copied: each field has one, or none stands before it.".to_owned()
        }
        0 => "No denominator was copied.".to_owned(),
        1 => format!("{filled} {}. {check}", from.join("")),
        _ => format!("{filled}: {}. {check}", from.join(", ")),
    };
    for (period, count) in held_back {
        let empty = counted(*count, "field stays empty", "fields stay empty");
        let period = period.words();
        words.push_str(&format!(" {empty}: the base has changed since {period}."));
    }
    words
}

/// The denominator that stands, if people do not differ about it.
fn settled_denominator(row: &ObservationRow) -> Option<String> {
    match row.stated.as_slice() {
        [only] => Some(only.statement.denominator?.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_period_that_was_copied_from_is_named() {
        let periods = |all: &[(&str, u64)]| -> BTreeMap<Period, u64> {
            let all = all.iter();
            all.map(|(period, count)| (period.parse().unwrap(), *count))
                .collect()
        };
        let said = words(
            &periods(&[("2022-06", 1), ("2022-12", 2)]),
            &periods(&[("2022-12", 2)]),
        );
        assert_eq!(
            said,
            "3 denominators are filled in: 1 from June 2022, 2 from December 2022. Check them: \
             nothing is saved yet. 2 fields stay empty: the base has changed since December 2022."
        );
    }
}
