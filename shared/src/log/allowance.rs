//! A token bucket for live entries; time is an argument.

use crate::time::Timestamp;
use crate::wire::limits::{LIVE_ENTRIES_BURST, LIVE_ENTRIES_PER_MINUTE};

use super::gate::Refusal;

const MINUTE_MS: u64 = 60_000;
/// Counted in fractions of an entry, so that a refill each millisecond loses nothing.
const ENTRY: u64 = MINUTE_MS;
const FULL: u64 = LIVE_ENTRIES_BURST * ENTRY;

/// How many live entries a device may still push: 600 a minute, 5,000 after a quiet time.
///
/// A backlog (entries below the height that the device offered at HELLO) is not charged here: it
/// spends credit.
#[derive(Clone, Debug)]
pub struct Allowance {
    tokens: u64,
    at: Timestamp,
}

impl Allowance {
    /// A full bucket.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self {
            tokens: FULL,
            at: now,
        }
    }

    /// Spends `entries`, or spends nothing and tells how long to wait.
    ///
    /// A request above the burst could never be met; it is charged as the burst.
    ///
    /// # Errors
    /// [`Refusal::LimitRate`] with the time until as many entries would be allowed.
    pub fn spend(&mut self, entries: u64, now: Timestamp) -> Result<(), Refusal> {
        self.refill(now);
        let price = entries.min(LIVE_ENTRIES_BURST) * ENTRY;
        if price <= self.tokens {
            self.tokens -= price;
            return Ok(());
        }
        let wait_ms = (price - self.tokens).div_ceil(LIVE_ENTRIES_PER_MINUTE);
        Err(Refusal::LimitRate { wait_ms })
    }

    /// A clock that was set back refills nothing, and starts to count anew from there.
    fn refill(&mut self, now: Timestamp) {
        let elapsed_ms = u64::try_from(now.since_ms(self.at)).unwrap_or(0);
        let refill = elapsed_ms.saturating_mul(LIVE_ENTRIES_PER_MINUTE);
        self.tokens = self.tokens.saturating_add(refill).min(FULL);
        self.at = now;
    }
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
        let mut allowance = Allowance::new(at(0));
        assert_eq!(allowance.spend(LIVE_ENTRIES_BURST, at(0)), Ok(()));
        assert_eq!(allowance.spend(1, at(0)), wait(100));
        assert_eq!(allowance.spend(1, at(99)), wait(1));
        assert_eq!(allowance.spend(1, at(100)), Ok(()));
        assert_eq!(allowance.spend(600, at(60_100)), Ok(()));
        assert_eq!(allowance.spend(1, at(60_100)), wait(100));
    }

    #[test]
    fn a_clock_set_back_gives_nothing_and_blocks_nothing() {
        let mut allowance = Allowance::new(at(1_000_000));
        assert_eq!(allowance.spend(LIVE_ENTRIES_BURST, at(1_000_000)), Ok(()));
        assert_eq!(allowance.spend(1, at(-5_000)), wait(100));
        assert_eq!(allowance.spend(1, at(-4_900)), Ok(()));
        assert_eq!(allowance.spend(1, at(i64::MAX)), Ok(()));
        assert_eq!(allowance.spend(u64::MAX, at(i64::MAX)), wait(100));
    }
}
