//! The pace of requests with a token: 120 a minute, and four at once.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use governor::{
    Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware, nanos::Nanos,
    state::keyed::DefaultKeyedStateStore,
};
use weft_host::clock;

use crate::limits::{TOKEN_REQUESTS_A_MINUTE, TOKEN_REQUESTS_AT_ONCE};

/// The pace of tokens, each by its number.
#[derive(Debug)]
pub(crate) struct TokenPace {
    tokens: RateLimiter<i64, DefaultKeyedStateStore<i64>, Since, NoOpMiddleware<Nanos>>,
    /// Requests that are being answered, by token.
    busy: Arc<Mutex<HashMap<i64, usize>>>,
}

impl TokenPace {
    pub(crate) fn new() -> Self {
        let most = NonZeroU32::new(TOKEN_REQUESTS_A_MINUTE).expect("the limit is not zero");
        let clock = Since(Instant::now());
        Self {
            tokens: RateLimiter::hashmap_with_clock(Quota::per_minute(most), clock),
            busy: Arc::default(),
        }
    }

    /// Admits another request with this token, which holds its place until it is dropped.
    ///
    /// # Errors
    /// Returns the time after which to ask again.
    pub(crate) fn admit_token(&self, token: i64) -> Result<Place, Duration> {
        let mut busy = lock(&self.busy);
        let count = busy.entry(token).or_default();
        if *count >= TOKEN_REQUESTS_AT_ONCE {
            return Err(Duration::from_secs(1));
        }
        if let Err(early) = self.tokens.check_key(&token) {
            let wait = early.wait_time_from(self.tokens.clock().now());
            if *count == 0 {
                busy.remove(&token);
            }
            return Err(wait);
        }
        *count += 1;
        drop(busy);
        Ok(Place {
            token,
            busy: Arc::clone(&self.busy),
        })
    }
}

/// The place of a request with a token, from its beginning to the end of its answer.
#[derive(Debug)]
pub(crate) struct Place {
    token: i64,
    busy: Arc<Mutex<HashMap<i64, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut busy = lock(&self.busy);
        if let Some(count) = busy.get_mut(&self.token) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                busy.remove(&self.token);
            }
        }
    }
}

fn lock(busy: &Mutex<HashMap<i64, usize>>) -> std::sync::MutexGuard<'_, HashMap<i64, usize>> {
    busy.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time since the program began, which never jumps; in a simulation, the simulated time.
#[derive(Clone, Debug)]
struct Since(Instant);

impl Clock for Since {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let since = match clock::simulated() {
            Some(at) => Duration::from_millis(u64::try_from(at.ms()).unwrap_or_default()),
            None => self.0.elapsed(),
        };
        since.into()
    }
}

#[cfg(test)]
mod tests {
    use weft_shared::time::Timestamp;

    use super::*;

    #[test]
    fn a_token_has_120_requests_a_minute_and_four_at_once() {
        let now = Timestamp::from_ms(1_800_000_000_000);
        clock::simulate(now);
        let pace = TokenPace::new();
        let taken = (0..200).filter(|_| pace.admit_token(1).is_ok()).count();
        assert_eq!(taken, 120);
        let wait = pace.admit_token(1).unwrap_err();
        assert!((1..=500).contains(&wait.as_millis()), "{wait:?}");
        assert!(pace.admit_token(2).is_ok(), "another token has its own");
        clock::simulate(now.plus_ms(60_000));
        let places: Vec<Place> = (0..4).map(|_| pace.admit_token(1).unwrap()).collect();
        assert_eq!(pace.admit_token(1).unwrap_err(), Duration::from_secs(1));
        assert!(pace.admit_token(2).is_ok());
        drop(places);
        let taken = (0..200).filter(|_| pace.admit_token(1).is_ok()).count();
        assert_eq!(taken, 116, "one that found no place is not counted");
        assert!(lock(&pace.busy).is_empty());
    }
}
