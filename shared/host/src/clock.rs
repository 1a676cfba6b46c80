//! The clock: read here and handed to everything else as an argument.

use std::time::{Duration, Instant, SystemTime};

use weft_shared::time::Timestamp;

/// The moment it is, by this computer's clock, which may be years off.
#[must_use]
pub fn now() -> Timestamp {
    let ms = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    };
    Timestamp::from_ms(ms)
}

/// A clock that starts at the moment it is and never jumps, for timers that must not fire all at
/// once when somebody sets this computer's clock.
#[derive(Clone, Copy, Debug)]
pub struct Steady {
    started: Instant,
    at: Timestamp,
}

impl Steady {
    /// Starts at [`now`].
    #[must_use]
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            at: now(),
        }
    }

    /// The moment it is by this clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let ms = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.at.plus_ms(ms)
    }

    /// How long it is until `deadline`; nothing where it has passed.
    #[must_use]
    pub fn until(&self, deadline: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(deadline.since_ms(self.now())).unwrap_or(0))
    }
}
