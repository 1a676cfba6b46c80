//! Applies changes with a witness, which notes them first in case they end the process. After that
//! has happened, they are applied one run at a time.

use super::{Derived, is_held};
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
    pub fn apply_noted(&mut self, runs: &[&[Vec<u8>]], witness: &mut dyn Witness) -> Vec<Derived> {
        if !witness.is_careful() {
            let places: Vec<usize> = (0..runs.len()).collect();
            witness.note(&places);
            return self.apply_runs(runs);
        }
        let mut results: Vec<Derived> = runs.iter().map(|_| Ok(Touched::new())).collect();
        let mut waiting: Vec<usize> = (0..runs.len()).collect();
        loop {
            let before = waiting.len();
            // Try a waiting run again after those that it may wait for.
            waiting.retain(|place| {
                witness.note(&[*place]);
                results[*place] = self.apply(runs[*place]);
                is_held(&results[*place])
            });
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        results
    }
}
