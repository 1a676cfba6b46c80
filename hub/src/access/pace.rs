//! The pace at which somebody may try to sign in.

pub(crate) mod tokens;

use std::{
    collections::BTreeSet,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed, keyed::HashMapStateStore},
};

use crate::limits::{
    ATTEMPTS_LEFT_FOR_QUIET_A_MINUTE, ATTEMPTS_OF_A_QUIET_NETWORK_A_MINUTE,
    ATTEMPTS_OF_AN_ADDRESS_A_MINUTE, ATTEMPTS_OF_STRANGERS_A_MINUTE, PACED_MAX,
};

/// The pace of attempts.
///
/// An address has a pace of its own. Where somebody signed in lately, no pace of others counts.
/// All other addresses share two: one that a few busy ones may use up, and one that is left for
/// networks with few attempts. So no one stranger keeps an office out.
#[derive(Debug)]
pub(crate) struct Pace<C: Clock = DefaultClock> {
    addresses: Keyed<C>,
    /// The addresses from which people signed in lately.
    known: Mutex<BTreeSet<IpAddr>>,
    strangers: Shared<C>,
    quiet: Shared<C>,
    networks: Keyed<C>,
}

type Keyed<C> =
    RateLimiter<IpAddr, HashMapStateStore<IpAddr>, C, NoOpMiddleware<<C as Clock>::Instant>>;
type Shared<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

impl Pace {
    /// Begins with the addresses from which people signed in lately.
    pub(crate) fn new(known: impl IntoIterator<Item = IpAddr>) -> Self {
        let pace = Self::by(&DefaultClock::default());
        for from in known {
            pace.signed_in(Some(from));
        }
        pace
    }
}

impl<C: Clock + Clone> Pace<C> {
    fn by(clock: &C) -> Self {
        let keyed = |count| RateLimiter::hashmap_with_clock(a_minute(count), clock.clone());
        let shared = |count| RateLimiter::direct_with_clock(a_minute(count), clock.clone());
        Self {
            addresses: keyed(ATTEMPTS_OF_AN_ADDRESS_A_MINUTE),
            known: Mutex::default(),
            strangers: shared(ATTEMPTS_OF_STRANGERS_A_MINUTE),
            quiet: shared(ATTEMPTS_LEFT_FOR_QUIET_A_MINUTE),
            networks: keyed(ATTEMPTS_OF_A_QUIET_NETWORK_A_MINUTE),
        }
    }

    /// Whether another attempt from this address is within its pace, and that of all.
    pub(crate) fn admits_attempt(&self, from: Option<IpAddr>) -> bool {
        for kept in [&self.addresses, &self.networks] {
            if kept.len() > PACED_MAX {
                kept.retain_recent();
            }
        }
        let Some(from) = from else {
            return self.strangers.check().is_ok();
        };
        // One that is refused by its address takes no place of others.
        self.addresses.check_key(&subscriber(from)).is_ok()
            && (self.knows(from)
                || self.strangers.check().is_ok()
                || self.networks.check_key(&network(from)).is_ok() && self.quiet.check().is_ok())
    }

    /// Notes that somebody signed in from this address.
    pub(crate) fn signed_in(&self, from: Option<IpAddr>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(from) = from.filter(|_| known.len() < PACED_MAX) {
            known.insert(subscriber(from));
        }
    }

    fn knows(&self, from: IpAddr) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains(&subscriber(from))
    }
}

/// The address, or of IPv6 the 64 bits of one subscriber.
fn subscriber(from: IpAddr) -> IpAddr {
    beginning(from, 32, 64)
}

/// The network that one stranger may have many addresses of.
fn network(from: IpAddr) -> IpAddr {
    beginning(from, 24, 48)
}

fn beginning(from: IpAddr, four_bits: u32, six_bits: u32) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(four) => {
            let network = four.to_bits() & (u32::MAX << (32 - four_bits));
            IpAddr::from(network.to_be_bytes())
        }
        IpAddr::V6(six) => {
            let network = six.to_bits() & (u128::MAX << (128 - six_bits));
            IpAddr::from(network.to_be_bytes())
        }
    }
}

fn a_minute(count: u32) -> Quota {
    Quota::per_minute(NonZeroU32::new(count).expect("the limits are not zero"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn from(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    fn admitted(pace: &Pace<FakeRelativeClock>, from: &str, tries: u32) -> u32 {
        let from = Some(from.parse().unwrap());
        let taken = (0..tries).filter(|_| pace.admits_attempt(from)).count();
        u32::try_from(taken).unwrap()
    }

    /// Uses up what strangers share, from one network.
    fn use_up(pace: &Pace<FakeRelativeClock>) {
        let taken: u32 = (0..200)
            .map(|n| admitted(pace, &format!("198.51.100.{n}"), 40))
            .sum();
        let most = ATTEMPTS_OF_STRANGERS_A_MINUTE + ATTEMPTS_OF_A_QUIET_NETWORK_A_MINUTE;
        assert_eq!(taken, most);
    }

    #[test]
    fn one_address_does_not_take_the_place_of_others() {
        let pace = Pace::by(&FakeRelativeClock::default());
        let own = ATTEMPTS_OF_AN_ADDRESS_A_MINUTE;
        assert_eq!(admitted(&pace, "192.0.2.1", 200), own);
        assert_eq!(admitted(&pace, "192.0.2.2", 1), 1);
        // One subscriber has many addresses.
        let taken = (0..40)
            .filter(|n| pace.admits_attempt(from(&format!("2001:db8::{n}"))))
            .count();
        assert_eq!(u32::try_from(taken).unwrap(), own);
        assert_eq!(admitted(&pace, "2001:db8:0:1::1", 1), 1);
        assert_eq!(admitted(&pace, "::ffff:192.0.2.1", 1), 0);
    }

    #[test]
    fn a_stranger_with_many_addresses_leaves_room_for_those_who_are_quiet() {
        let clock = FakeRelativeClock::default();
        let pace = Pace::by(&clock);
        // For an hour, as fast as it goes.
        for _ in 0..60 {
            use_up(&pace);
            assert_eq!(admitted(&pace, "198.51.100.250", 1), 0);
            assert_eq!(admitted(&pace, "192.0.2.1", 3), 3, "an office elsewhere");
            assert_eq!(admitted(&pace, "2001:db8::1", 3), 3, "another");
            // In between a little of each pace comes back, and is used up again.
            for _ in 0..6 {
                clock.advance(Duration::from_secs(10));
                admitted(&pace, "198.51.100.9", 40);
                assert_eq!(admitted(&pace, "192.0.2.1", 1), 1);
            }
            clock.advance(Duration::from_secs(60));
        }
    }

    #[test]
    fn an_office_that_signed_in_lately_waits_for_no_stranger() {
        let clock = FakeRelativeClock::default();
        let pace = Pace::by(&clock);
        pace.signed_in(from("192.0.2.1"));
        use_up(&pace);
        // Many networks use up what is left for quiet ones.
        let quiet = (0..200)
            .filter(|n| pace.admits_attempt(from(&format!("203.0.{n}.1"))))
            .count();
        let left = ATTEMPTS_LEFT_FOR_QUIET_A_MINUTE - ATTEMPTS_OF_A_QUIET_NETWORK_A_MINUTE;
        assert_eq!(u32::try_from(quiet).unwrap(), left);
        assert_eq!(admitted(&pace, "192.0.2.2", 1), 0);
        let own = ATTEMPTS_OF_AN_ADDRESS_A_MINUTE;
        assert_eq!(admitted(&pace, "192.0.2.1", 40), own);
        clock.advance(Duration::from_secs(2));
        assert_eq!(admitted(&pace, "192.0.2.1", 40), 1);
        assert_eq!(admitted(&pace, "192.0.2.2", 1), 1);
    }
}
