//! A token bucket for live entries; time is an argument.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::time::Timestamp;
use crate::wire::limits::{LIVE_ENTRIES_BURST, LIVE_ENTRIES_PER_MINUTE};

use super::gate::Refusal;

const MINUTE_MS: u64 = 60_000;
/// One entry. The bucket counts fractions of it, so a refill each millisecond loses nothing.
const ENTRY: u64 = MINUTE_MS;
const FULL: u64 = LIVE_ENTRIES_BURST * ENTRY;

/// Number of live entries that a device may still push: 600 a minute, 5,000 after a quiet time.
///
/// Its clones spend from the same bucket, so a device that reconnects or holds several sessions
/// gets no more than one that stays. A backlog (entries below the height that the device offered at
/// HELLO) is not charged here: it spends credit.
#[derive(Clone, Debug)]
pub struct Allowance {
    bucket: Arc<Mutex<Bucket>>,
    /// Difference between this session's clock and the bucket's clock.
    skew_ms: i64,
}

#[derive(Debug)]
struct Bucket {
    tokens: u64,
    at: Timestamp,
    /// Time for which nothing is taken.
    held_ms: u64,
}

impl Allowance {
    /// A full bucket.
    pub fn new(now: Timestamp) -> Self {
        let bucket = Bucket {
            tokens: FULL,
            at: now,
            held_ms: 0,
        };
        Self {
            bucket: Arc::new(Mutex::new(bucket)),
            skew_ms: 0,
        }
    }

    /// The same bucket for a session whose clock reads `theirs` when the bucket's reads `ours`.
    pub fn for_clock(&self, ours: Timestamp, theirs: Timestamp) -> Self {
        Self {
            bucket: Arc::clone(&self.bucket),
            skew_ms: ours.since_ms(theirs),
        }
    }

    /// Takes nothing of the device for so long, a backlog included.
    pub fn hold(&self, ms: u64, now: Timestamp) {
        self.refilled(now).held_ms = ms;
    }

    /// Spends `entries`, or spends nothing and returns the time to wait.
    ///
    /// A request above the burst could never be met, so it is charged as the burst.
    ///
    /// # Errors
    /// Returns [`Refusal::LimitRate`] with the time until that many entries are allowed, or until
    /// the device is held no longer.
    pub fn spend(&self, entries: u64, now: Timestamp) -> Result<(), Refusal> {
        let mut bucket = self.refilled(now);
        if bucket.held_ms > 0 {
            let wait_ms = bucket.held_ms;
            return Err(Refusal::LimitRate { wait_ms });
        }
        let price = price(entries);
        if price <= bucket.tokens {
            bucket.tokens -= price;
            return Ok(());
        }
        let wait_ms = (price - bucket.tokens).div_ceil(LIVE_ENTRIES_PER_MINUTE);
        Err(Refusal::LimitRate { wait_ms })
    }

    /// Returns the tokens spent on entries that were not admitted.
    pub fn give_back(&self, entries: u64) {
        let mut bucket = lock(&self.bucket);
        bucket.tokens = bucket.tokens.saturating_add(price(entries)).min(FULL);
    }

    /// Whether the bucket is full, so that a new one would allow no more.
    pub fn is_full(&self, now: Timestamp) -> bool {
        let bucket = self.refilled(now);
        bucket.tokens == FULL && bucket.held_ms == 0
    }

    /// Whether a session spends from this bucket too.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.bucket) > 1
    }

    /// Refills the bucket. A clock that was set back adds nothing; counting restarts from there.
    fn refilled(&self, now: Timestamp) -> MutexGuard<'_, Bucket> {
        let now = now.plus_ms(self.skew_ms);
        let mut bucket = lock(&self.bucket);
        let elapsed_ms = u64::try_from(now.since_ms(bucket.at)).unwrap_or(0);
        let refill = elapsed_ms.saturating_mul(LIVE_ENTRIES_PER_MINUTE);
        bucket.tokens = bucket.tokens.saturating_add(refill).min(FULL);
        bucket.held_ms = bucket.held_ms.saturating_sub(elapsed_ms);
        bucket.at = now;
        bucket
    }
}

fn price(entries: u64) -> u64 {
    entries.min(LIVE_ENTRIES_BURST) * ENTRY
}

fn lock(bucket: &Mutex<Bucket>) -> MutexGuard<'_, Bucket> {
    bucket.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn wait(wait_ms: u64) -> Result<(), Refusal> {
        Err(Refusal::LimitRate { wait_ms })
    }

    #[test]
    fn a_burst_then_the_rate() {
        let allowance = Allowance::new(at(0));
        assert_eq!(allowance.spend(LIVE_ENTRIES_BURST, at(0)), Ok(()));
        assert_eq!(allowance.spend(1, at(0)), wait(100));
        assert_eq!(allowance.spend(1, at(99)), wait(1));
        assert_eq!(allowance.spend(1, at(100)), Ok(()));
        assert_eq!(allowance.spend(600, at(60_100)), Ok(()));
        assert_eq!(allowance.spend(1, at(60_100)), wait(100));
        allowance.give_back(2);
        assert_eq!(allowance.spend(2, at(60_100)), Ok(()));
        assert!(!allowance.is_full(at(60_100)));
        assert!(allowance.is_full(at(60_100 + 500_000)));
    }

    #[test]
    fn a_device_that_is_held_waits_with_a_backlog_too() {
        let allowance = Allowance::new(at(0));
        allowance.hold(10_000, at(0));
        assert!(!allowance.is_full(at(0)));
        assert_eq!(allowance.spend(0, at(1)), wait(9_999));
        assert_eq!(allowance.spend(1, at(9_999)), wait(1));
        assert_eq!(allowance.spend(0, at(10_000)), Ok(()));
        assert!(allowance.is_full(at(10_000)));
    }

    #[test]
    fn a_clock_set_back_gives_nothing_and_blocks_nothing() {
        let allowance = Allowance::new(at(1_000_000));
        assert_eq!(allowance.spend(LIVE_ENTRIES_BURST, at(1_000_000)), Ok(()));
        assert_eq!(allowance.spend(1, at(-5_000)), wait(100));
        assert_eq!(allowance.spend(1, at(-4_900)), Ok(()));
        assert_eq!(allowance.spend(1, at(i64::MAX)), Ok(()));
        assert_eq!(allowance.spend(u64::MAX, at(i64::MAX)), wait(100));
    }

    #[test]
    fn sessions_with_other_clocks_spend_from_one_bucket() {
        let first = Allowance::new(at(0));
        // The second session's clock is a year ahead.
        let year = 31_536_000_000;
        let second = first.for_clock(at(1_000), at(1_000 + year));
        assert_eq!(first.spend(LIVE_ENTRIES_BURST, at(1_000)), Ok(()));
        for n in 0..100 {
            assert_eq!(second.spend(1, at(1_000 + year)), wait(100), "{n}");
            assert_eq!(first.spend(1, at(1_000)), wait(100), "{n}");
        }
        assert_eq!(second.spend(1, at(1_100 + year)), Ok(()));
        assert_eq!(first.spend(1, at(1_100)), wait(100));
    }
}
