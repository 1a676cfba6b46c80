//! The details of a save, for the page that follows it: an address has no room for them.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use weft_host::random::random_bytes;

/// Maximum number of saves whose details are kept.
const SAVES_MAX: usize = 16;

/// The details of the last saves by number. They end with the program, and then a page only says
/// that something was saved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said(Arc<Mutex<Kept>>);

#[derive(Debug)]
struct Kept {
    next: u64,
    saves: VecDeque<(u64, Vec<String>)>,
}

impl Default for Kept {
    /// Starts at a random number, so that an address from before a restart leads to no other save.
    fn default() -> Self {
        Self {
            next: u64::from(u32::from_be_bytes(random_bytes())),
            saves: VecDeque::new(),
        }
    }
}

impl Said {
    /// Keeps the details of a save, and returns its number.
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

    /// Returns the details of a save by its number in an address.
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
