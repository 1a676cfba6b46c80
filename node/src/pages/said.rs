//! What a save changed, for the page that comes after it: an address has no room for that.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use weft_host::random::random_bytes;

/// Saves of which the details are kept.
const SAVES_MAX: usize = 16;

/// The last saves' details by number; gone with the program, and then a page says just that
/// something was saved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said(Arc<Mutex<Kept>>);

#[derive(Debug)]
struct Kept {
    next: u64,
    saves: VecDeque<(u64, Vec<String>)>,
}

impl Default for Kept {
    /// Begins anywhere: an address of before the last start leads to nothing, not to another save.
    fn default() -> Self {
        Self {
            next: u64::from(u32::from_be_bytes(random_bytes())),
            saves: VecDeque::new(),
        }
    }
}

impl Said {
    /// Keeps the details of a save; returns the number that leads to them.
    pub(crate) fn keep(&self, details: Vec<String>) -> u64 {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = kept.next;
        kept.next += 1;
        kept.saves.push_back((number, details));
        if kept.saves.len() > SAVES_MAX {
            kept.saves.pop_front();
        }
        number
    }

    /// The details of a save, by its number as an address has it.
    pub(crate) fn of(&self, number: &str) -> Vec<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number: Option<u64> = number.parse().ok();
        let found = kept.saves.iter().find(|save| Some(save.0) == number);
        found.map_or_else(Vec::new, |(_, details)| details.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_saves_are_known_by_number() {
        let said = Said::default();
        let numbers: Vec<u64> = (0..17).map(|n| said.keep(vec![n.to_string()])).collect();
        assert_eq!(said.of(&numbers[16].to_string()), ["16"]);
        let first = said.of(&numbers[0].to_string());
        assert!(first.is_empty(), "only the last are kept");
        assert!(said.of("x").is_empty());
        let another = Said::default();
        another.keep(vec!["another".to_owned()]);
        assert!(another.of(&numbers[16].to_string()).is_empty());
    }
}
