//! Taking changes in with somebody who notes what is about to be taken in, in case it ends the
//! process; and after that one run at a time.

use super::{DeriveError, Derived};
use crate::document::{Document, Touched};

/// Notes what a document is about to take in, before it does.
pub trait Witness {
    /// Whether runs must be taken in one at a time, because a process ended when several were.
    fn is_careful(&self) -> bool;
    /// The runs at these places are taken in next, together.
    fn note(&mut self, places: &[usize]);
}

impl Document {
    /// As [`Document::apply_runs`], with a witness.
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
            // What still waits is tried again after those that it may wait for.
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
