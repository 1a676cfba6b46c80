//! The number of live entries each device may still push, counted per device across its sessions.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use weft_host::clock::Steady;
use weft_shared::{id::DeviceId, log::allowance::Allowance, time::Timestamp};

use crate::limits::ALLOWANCES_KEPT_MAX;

/// The allowances of devices that connected lately.
#[derive(Debug)]
pub(crate) struct Allowances {
    /// One clock for all allowances; each session has its own.
    clock: Steady,
    held: Mutex<BTreeMap<DeviceId, Allowance>>,
}

impl Allowances {
    pub(crate) fn new() -> Self {
        Self {
            clock: Steady::start(),
            held: Mutex::new(BTreeMap::new()),
        }
    }

    /// Returns the device's allowance for a session whose clock reads `now`.
    pub(crate) fn of(&self, device: DeviceId, now: Timestamp) -> Allowance {
        self.own(device).for_clock(self.clock.now(), now)
    }

    /// Takes nothing of the device for so long, in all its sessions.
    pub(crate) fn hold(&self, device: DeviceId, ms: u64) {
        self.own(device).hold(ms, self.clock.now());
    }

    /// Returns the device's allowance by the hub's own clock.
    fn own(&self, device: DeviceId) -> Allowance {
        let ours = self.clock.now();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= ALLOWANCES_KEPT_MAX {
            // A full allowance is the same as a new one, so it can be forgotten, unless a session
            // goes on with it: that one would neither be held nor counted with the next.
            held.retain(|_, allowance| allowance.is_shared() || !allowance.is_full(ours));
        }
        let allowance = held.entry(device);
        allowance.or_insert_with(|| Allowance::new(ours)).clone()
    }
}

#[cfg(test)]
mod tests {
    use weft_shared::wire::limits::LIVE_ENTRIES_BURST;

    use super::*;

    #[test]
    fn a_device_that_comes_back_has_what_it_left() {
        let allowances = Allowances::new();
        let now = Timestamp::from_ms(1);
        let device = DeviceId::new([1; 32]);
        let first = allowances.of(device, now);
        first.spend(LIVE_ENTRIES_BURST, now).unwrap();
        drop(first);
        // The device's next session has another clock.
        let later = Timestamp::from_ms(1_000_000_000);
        let again = allowances.of(device, later);
        assert!(again.spend(LIVE_ENTRIES_BURST / 2, later).is_err());
        let other = allowances.of(DeviceId::new([2; 32]), later);
        assert!(other.spend(LIVE_ENTRIES_BURST, later).is_ok());
    }

    #[test]
    fn those_that_are_full_again_are_forgotten() {
        let allowances = Allowances::new();
        let now = Timestamp::from_ms(1);
        let device = |n: usize| {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&(n as u64).to_be_bytes());
            DeviceId::new(id)
        };
        let spent = allowances.of(device(0), now);
        spent.spend(LIVE_ENTRIES_BURST, now).unwrap();
        let session = allowances.of(device(1), now);
        for n in 2..=ALLOWANCES_KEPT_MAX {
            allowances.of(device(n), now);
        }
        {
            let held = allowances.held.lock().unwrap();
            assert_eq!(held.len(), 3, "the spent one, a session's, and the last");
            assert!(held.contains_key(&device(0)));
        }
        allowances.hold(device(1), 60_000);
        assert!(session.spend(0, now).is_err(), "the session is held");
    }
}
