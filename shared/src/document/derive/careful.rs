//! Applies changes with a witness, which notes them first in case they end the process. After that
//! has happened, they are applied one run at a time.

use super::{DeriveError, Derived};
use crate::document::{Document, Touched};

/// Notes the changes that a document is about to apply.
pub trait Witness {
    /// Whether runs must be applied one at a time, because a process ended when several were.
    fn is_careful(&self) -> bool;
    /// Records that the runs at these places are applied next, together.
    fn note(&mut self, places: &[usize]);
}

impl Document {
    /// Like [`Document::apply_runs`], with a witness.
    pub fn apply_noted(&mut self, runs: &[&[Vec<u8>]], witness: &mut dyn Witness) -> Derived {
        if !witness.is_careful() {
            let places: Vec<usize> = (0..runs.len()).collect();
            witness.note(&places);
            return self.apply_runs(runs);
        }
        let mut derived = Derived {
            touched: Touched::new(),
            each: runs.iter().map(|_| Touched::new()).collect(),
            results: runs.iter().map(|_| Ok(())).collect(),
        };
        let mut waiting: Vec<usize> = (0..runs.len()).collect();
        loop {
            let before = waiting.len();
            // Try a waiting run again after those that it may wait for.
            waiting.retain(|place| {
                witness.note(&[*place]);
                let one = self.apply_runs(&[runs[*place]]);
                derived.each[*place].extend(one.each.into_iter().flatten());
                derived.results[*place] = one.results.into_iter().next().unwrap_or(Ok(()));
                matches!(derived.results[*place], Err(DeriveError::Held { .. }))
            });
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        derived.touched = derived.each.iter().flatten().cloned().collect();
        derived
    }
}
