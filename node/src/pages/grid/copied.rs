//! The denominators of the period before, copied into fields that have none: a population changes
//! less often than what is counted in it.

use std::collections::BTreeMap;

use weft_shared::{
    model::observation::{Breakdown, ObservationKey},
    text::counted,
};

use super::{Frame, cell::Typed};
use crate::{
    pages::{Fault, Visit},
    view::ObservationRow,
};

/// Maximum number of earlier periods that are looked at for a denominator.
const BEFORE_MAX: usize = 24;

impl Visit<'_> {
    /// Fills in what is empty, period by period, and says what was done in a sentence. Nothing is
    /// saved.
    pub(super) fn copy_denominators(
        &mut self,
        frame: &Frame,
        all: &mut [(ObservationKey, Typed)],
    ) -> Result<String, Fault> {
        let mut last = self.denominators_before(frame)?;
        let mut places: Vec<usize> = (0..all.len()).collect();
        places.sort_by_key(|at| all[*at].0.period);
        let mut copied: u64 = 0;
        for at in places {
            let (key, typed) = &mut all[at];
            if typed.denominator.is_empty() {
                let before = last.get(&key.breakdown);
                copied += u64::from(before.is_some_and(|text| typed.copy_denominator(text)));
            } else {
                last.insert(key.breakdown.clone(), typed.denominator.clone());
            }
        }
        Ok(match copied {
            0 => "No denominator was copied: each field has one, or none stands before it."
                .to_owned(),
            copied => format!(
                "{} filled in from the period before. Check them: nothing is saved yet.",
                counted(copied, "denominator is", "denominators are")
            ),
        })
    }

    /// The newest denominator before the periods of the grid, of each part of the population.
    fn denominators_before(&mut self, frame: &Frame) -> Result<BTreeMap<Breakdown, String>, Fault> {
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
                    found.insert(breakdown.clone(), denominator);
                    break;
                }
            }
        }
        Ok(found)
    }
}

/// The denominator that stands, if people do not differ about it.
fn settled_denominator(row: &ObservationRow) -> Option<String> {
    match row.stated.as_slice() {
        [only] => Some(only.statement.denominator?.to_string()),
        _ => None,
    }
}
