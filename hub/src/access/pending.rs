//! Ceremonies that somebody has begun and not ended: a few in memory, for a while.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use weft_shared::time::Timestamp;

use super::secret::{self, SecretHash};

/// Ceremonies by the secret that their page carries; the oldest goes if there are too many.
#[derive(Debug)]
pub(crate) struct Pending<T> {
    begun: Mutex<VecDeque<(SecretHash, Timestamp, T)>>,
    most: usize,
    life_ms: i64,
}

impl<T> Pending<T> {
    pub(crate) const fn new(most: usize, life_ms: i64) -> Self {
        Self {
            begun: Mutex::new(VecDeque::new()),
            most,
            life_ms,
        }
    }

    /// Keeps a ceremony that begins `now`. Returns the secret with which it is ended.
    pub(crate) fn begin(&self, ceremony: T, now: Timestamp) -> String {
        let secret = secret::link();
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|(_, since, _)| self.lasts(*since, now));
        if begun.len() >= self.most {
            begun.pop_front();
        }
        begun.push_back((secret::hash("ceremony", &secret), now, ceremony));
        secret
    }

    /// Takes a ceremony out, unless it is over.
    pub(crate) fn end(&self, secret: &str, now: Timestamp) -> Option<T> {
        let hash = secret::hash("ceremony", secret);
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let at = begun.iter().position(|(known, ..)| *known == hash)?;
        let (_, since, ceremony) = begun.remove(at)?;
        self.lasts(since, now).then_some(ceremony)
    }

    fn lasts(&self, since: Timestamp, now: Timestamp) -> bool {
        (0..self.life_ms).contains(&(now.ms() - since.ms()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceremony_ends_once_in_time_and_within_a_number() {
        let pending = Pending::new(2, 1_000);
        let now = Timestamp::from_ms(10_000);
        let first = pending.begin(1, now);
        assert_eq!(pending.end("other", now), None);
        assert_eq!(pending.end(&first, now), Some(1));
        assert_eq!(pending.end(&first, now), None);
        let late = pending.begin(2, now);
        assert_eq!(pending.end(&late, now.plus_ms(1_000)), None);
        let three = [3, 4, 5].map(|n| pending.begin(n, now));
        assert_eq!(pending.end(&three[0], now), None);
        assert_eq!(pending.end(&three[2], now), Some(5));
        // A clock that is set back keeps nothing for ever.
        assert_eq!(pending.end(&three[1], now.plus_ms(-1)), None);
    }
}
