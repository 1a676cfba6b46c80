//! The clock: read here and passed to everything else as an argument.

use std::{
    cell::Cell,
    time::{Duration, Instant, SystemTime},
};

use weft_shared::time::Timestamp;

/// Returns the time that a simulation set on this thread.
pub fn simulated() -> Option<Timestamp> {
    SIMULATED.get()
}

/// Returns the current time by this computer's clock, which may be years off.
pub fn now() -> Timestamp {
    if let Some(at) = simulated() {
        return at;
    }
    let ms = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    };
    Timestamp::from_ms(ms)
}

/// Sets the time that [`now`] returns on this thread, for a simulation.
pub fn simulate(at: Timestamp) {
    SIMULATED.set(Some(at));
}

/// Ends a simulation on this thread: [`now`] returns this computer's time again.
pub fn end_simulation() {
    SIMULATED.set(None);
}

thread_local! {
    static SIMULATED: Cell<Option<Timestamp>> = const { Cell::new(None) };
}

/// A clock that starts at the current time and never jumps. For timers that must not all fire at
/// once when this computer's clock is set.
#[derive(Clone, Copy, Debug)]
pub struct Steady {
    started: Instant,
    at: Timestamp,
}

impl Steady {
    /// Starts the clock at [`now`].
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            at: now(),
        }
    }

    /// Returns the current time by this clock.
    pub fn now(&self) -> Timestamp {
        let ms = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.at.plus_ms(ms)
    }

    /// Returns the time until `deadline`; zero if it has passed.
    pub fn until(&self, deadline: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(deadline.since_ms(self.now())).unwrap_or(0))
    }
}
