//! Places for connections of keys that are in no roster, whether or not they are about to join.
//!
//! Places are few. When all are taken, a newcomer replaces the oldest silent connection of the
//! address prefix that holds most of them, so that a crowd from one prefix displaces itself. A
//! connection that has sent a JOIN is not replaced while the JOIN is judged or once it was found
//! valid. [`Places`] decides; [`Strangers`] tells the connections.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// Decides which connection stays and which goes, without clocks or connections.
#[derive(Debug)]
struct Places {
    max: usize,
    taken: BTreeMap<Number, Place>,
    next: Number,
}

/// The serial number of a newcomer: the lowest is the oldest.
type Number = u64;

#[derive(Debug)]
struct Place {
    prefix: Prefix,
    /// Whether it has sent no JOIN that is valid or being judged.
    silent: bool,
}

/// Addresses counted as one neighbourhood: one IPv4 address, or an IPv6 network of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Prefix {
    V4([u8; 4]),
    V6([u8; 8]),
}

impl Prefix {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }
}

/// The outcome for a newcomer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entered {
    /// The newcomer has a free place.
    Free(Number),
    /// The newcomer has the place of another connection, which must go.
    Replaces(Number, Number),
    /// Every place is held by a connection that is joining.
    Full,
}

impl Places {
    const fn new(max: usize) -> Self {
        Self {
            max,
            taken: BTreeMap::new(),
            next: 0,
        }
    }

    fn enter(&mut self, address: IpAddr) -> Entered {
        let replaced = if self.taken.len() < self.max {
            None
        } else {
            let Some(oldest) = self.replaceable() else {
                return Entered::Full;
            };
            self.taken.remove(&oldest);
            Some(oldest)
        };
        let number = self.next;
        self.next += 1;
        let place = Place {
            prefix: Prefix::of(address),
            silent: true,
        };
        self.taken.insert(number, place);
        replaced.map_or(Entered::Free(number), |oldest| {
            Entered::Replaces(number, oldest)
        })
    }

    /// Returns the oldest silent connection of the prefix that holds most places, among prefixes
    /// with a silent connection. If two are equal, the older silent connection counts.
    fn replaceable(&self) -> Option<Number> {
        let mut held: BTreeMap<Prefix, (usize, Option<Number>)> = BTreeMap::new();
        for (number, place) in &self.taken {
            let (count, oldest) = held.entry(place.prefix).or_default();
            *count += 1;
            if place.silent {
                oldest.get_or_insert(*number);
            }
        }
        let candidates = held.into_values();
        let candidates = candidates.filter_map(|(count, oldest)| Some((count, oldest?)));
        candidates
            .max_by(|(a, old), (b, older)| a.cmp(b).then(older.cmp(old)))
            .map(|(_, oldest)| oldest)
    }

    fn set_silent(&mut self, number: Number, silent: bool) {
        if let Some(place) = self.taken.get_mut(&number) {
            place.silent = silent;
        }
    }
}

/// All strangers of this hub.
#[derive(Debug)]
pub(crate) struct Strangers(Mutex<Crowd>);

#[derive(Debug)]
struct Crowd {
    places: Places,
    leave: BTreeMap<Number, Arc<Notify>>,
}

/// A stranger's place, given up on drop.
#[derive(Debug)]
pub(crate) struct Stranger {
    all: Arc<Strangers>,
    number: Number,
    leave: Arc<Notify>,
}

impl Strangers {
    pub(crate) const fn new(max: usize) -> Self {
        Self(Mutex::new(Crowd {
            places: Places::new(max),
            leave: BTreeMap::new(),
        }))
    }

    /// Returns a place for a newcomer, or `None` if every connection here is joining.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Stranger> {
        let mut crowd = self.lock();
        let number = match crowd.places.enter(address) {
            Entered::Free(number) => number,
            Entered::Replaces(number, oldest) => {
                if let Some(leave) = crowd.leave.remove(&oldest) {
                    leave.notify_one();
                }
                number
            }
            Entered::Full => return None,
        };
        let leave = Arc::new(Notify::new());
        crowd.leave.insert(number, Arc::clone(&leave));
        Some(Stranger {
            all: Arc::clone(self),
            number,
            leave,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Crowd> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stranger {
    /// Records that it has sent a JOIN, which is now being judged.
    pub(crate) fn joins(&self) {
        self.all.lock().places.set_silent(self.number, false);
    }

    /// Records that its JOIN was refused.
    pub(crate) fn is_refused(&self) {
        self.all.lock().places.set_silent(self.number, true);
    }

    /// Resolves once a newcomer has taken its place.
    pub(crate) fn replaced(&self) -> impl Future<Output = ()> + Send + use<> {
        let leave = Arc::clone(&self.leave);
        async move { leave.notified().await }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut crowd = self.all.lock();
        crowd.places.taken.remove(&self.number);
        crowd.leave.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Fills three places from these addresses.
    fn full(addresses: [&str; 3]) -> Places {
        let mut places = Places::new(3);
        for (n, text) in (0..).zip(addresses) {
            assert_eq!(places.enter(address(text)), Entered::Free(n));
        }
        places
    }

    #[test]
    fn a_newcomer_replaces_the_oldest_of_the_largest_crowd() {
        let mut places = full(["10.0.0.1", "10.0.0.2", "10.0.0.2"]);
        let next = |places: &mut Places, from| places.enter(address(from));
        assert_eq!(next(&mut places, "10.0.0.3"), Entered::Replaces(3, 1));
        // Each prefix holds one place, so the oldest of all goes.
        assert_eq!(next(&mut places, "10.0.0.4"), Entered::Replaces(4, 0));
        assert_eq!(next(&mut places, "10.0.0.4"), Entered::Replaces(5, 2));
        assert_eq!(next(&mut places, "10.0.0.9"), Entered::Replaces(6, 4));
    }

    #[test]
    fn who_joins_is_not_replaced() {
        let mut places = full(["10.0.0.1"; 3]);
        places.set_silent(0, false);
        assert_eq!(places.enter(address("10.0.0.1")), Entered::Replaces(3, 1));
        places.set_silent(2, false);
        places.set_silent(3, false);
        assert_eq!(places.enter(address("10.0.0.2")), Entered::Full);
        // The JOIN was refused, so the connection counts as silent again.
        places.set_silent(2, true);
        assert_eq!(places.enter(address("10.0.0.2")), Entered::Replaces(4, 2));
    }

    #[test]
    fn neighbours_are_one() {
        let one = |a, b| Prefix::of(address(a)) == Prefix::of(address(b));
        assert!(one("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(!one("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(one("::ffff:10.0.0.1", "10.0.0.1"));
        assert!(!one("10.0.0.1", "10.0.0.2"));
    }

    #[tokio::test]
    async fn the_one_that_goes_is_told() {
        let strangers = Arc::new(Strangers::new(1));
        let first = strangers.enter(address("10.0.0.1")).unwrap();
        let second = strangers.enter(address("10.0.0.2")).unwrap();
        first.replaced().await;
        drop(first);
        second.joins();
        assert!(strangers.enter(address("10.0.0.3")).is_none());
        drop(second);
        assert!(strangers.enter(address("10.0.0.3")).is_some());
    }
}
