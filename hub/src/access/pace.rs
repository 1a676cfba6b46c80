//! The pace at which somebody may try: attempts to sign in, and requests with a token.

use std::{net::IpAddr, num::NonZeroU32};

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::limits::{
    ATTEMPTS_A_MINUTE, ATTEMPTS_OF_AN_ADDRESS_A_MINUTE, PACED_MAX, TOKEN_REQUESTS_A_MINUTE,
};

/// The pace of attempts and of tokens.
#[derive(Debug)]
pub(crate) struct Pace {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    attempts: DefaultDirectRateLimiter,
    tokens: DefaultKeyedRateLimiter<i64>,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            addresses: RateLimiter::keyed(a_minute(ATTEMPTS_OF_AN_ADDRESS_A_MINUTE)),
            attempts: RateLimiter::direct(a_minute(ATTEMPTS_A_MINUTE)),
            tokens: RateLimiter::keyed(a_minute(TOKEN_REQUESTS_A_MINUTE)),
        }
    }

    /// Whether another attempt from this address is within its pace, and that of all.
    pub(crate) fn admits_attempt(&self, from: Option<IpAddr>) -> bool {
        if self.addresses.len() > PACED_MAX {
            self.addresses.retain_recent();
        }
        // One that is refused by its address takes no place of others.
        from.is_none_or(|from| self.addresses.check_key(&network(from)).is_ok())
            && self.attempts.check().is_ok()
    }

    /// Whether another request with this token is within its pace.
    pub(crate) fn admits_token(&self, token: i64) -> bool {
        self.tokens.check_key(&token).is_ok()
    }
}

/// The address, or the network of one subscriber of IPv6.
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(six) => {
            let network = six.to_bits() & (u128::MAX << 64);
            IpAddr::from(network.to_be_bytes())
        }
        four @ IpAddr::V4(_) => four,
    }
}

fn a_minute(count: u32) -> Quota {
    Quota::per_minute(NonZeroU32::new(count).expect("the limits are not zero"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_does_not_take_the_place_of_others() {
        let pace = Pace::new();
        let from = |text: &str| Some(text.parse().unwrap());
        let taken = (0..200)
            .filter(|_| pace.admits_attempt(from("192.0.2.1")))
            .count();
        assert!((30..33).contains(&taken), "{taken}");
        assert!(pace.admits_attempt(from("192.0.2.2")));
        // One subscriber has many addresses.
        let taken = (0..40)
            .filter(|n| pace.admits_attempt(from(&format!("2001:db8::{n}"))))
            .count();
        assert!((30..33).contains(&taken), "{taken}");
        let taken = (0..200)
            .filter(|n| pace.admits_attempt(from(&format!("198.51.100.{n}"))))
            .count();
        assert!((50..65).contains(&taken), "{taken}");
    }
}
