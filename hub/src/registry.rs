//! The connected devices: their sessions, with the commits of others that each should hear of, the
//! places of strangers, the allowances of devices, and of locations the last syncs and the views.

mod allowances;
mod strangers;
mod synced;
mod views;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use weft_shared::{
    id::{DeviceId, DeviceIndex, LocationId},
    identity::Roster,
    log::gate::Height,
};
use weft_store::Transaction;

pub(crate) use self::{
    allowances::Allowances,
    strangers::{Stranger, Strangers},
    synced::Synced,
    views::{Basis, Views},
};

/// News for one session. The number of logs and rosters bounds it, whatever the session misses.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) heights: BTreeMap<(LocationId, DeviceIndex), Height>,
    pub(crate) rosters: BTreeMap<LocationId, Arc<Roster>>,
    /// Whether the operator refuses service to the device.
    pub(crate) blocked: bool,
    /// Whether the device has come back so often that this session must be a forgotten one.
    pub(crate) superseded: bool,
    over: bool,
}

/// The mailbox of one session.
#[derive(Debug)]
pub(crate) struct Mailbox {
    pending: Mutex<Pending>,
    filled: Notify,
}

impl Mailbox {
    fn new() -> Self {
        Self {
            pending: Mutex::new(Pending::default()),
            filled: Notify::new(),
        }
    }

    /// Waits for news and takes it. Returns `None` once the session has left its seat.
    pub(crate) async fn take(&self) -> Option<Pending> {
        self.filled.notified().await;
        let pending = std::mem::take(&mut *lock(&self.pending));
        (!pending.over).then_some(pending)
    }

    fn put(&self, change: impl FnOnce(&mut Pending)) {
        change(&mut lock(&self.pending));
        self.filled.notify_one();
    }
}

/// All sessions, by location.
#[derive(Debug, Default)]
pub(crate) struct SessionRegistry {
    sessions: Mutex<Sessions>,
    next: std::sync::atomic::AtomicU64,
}

type Sessions = BTreeMap<SessionKey, Arc<Mailbox>>;

/// Location first, so that one location's sessions are adjacent.
type SessionKey = (LocationId, u64, DeviceId);

/// A session's place in the registry, given up on drop.
#[derive(Debug)]
pub(crate) struct Seat {
    registry: Arc<SessionRegistry>,
    key: SessionKey,
    pub(crate) mailbox: Arc<Mailbox>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.registry.sessions).remove(&self.key);
        self.mailbox.put(|pending| pending.over = true);
    }
}

impl Seat {
    /// Its number, so that a session does not hear about its own entries.
    pub(crate) const fn number(&self) -> u64 {
        self.key.1
    }
}

impl SessionRegistry {
    /// Takes a seat. If the device has its maximum, its oldest session must go: a program that
    /// crashed leaves sessions behind that only the idle timeout would end, and they must not lock
    /// out the device when it comes back.
    pub(crate) fn sit(
        self: &Arc<Self>,
        location: LocationId,
        device: DeviceId,
        sessions_max: usize,
    ) -> Seat {
        let mut sessions = lock(&self.sessions);
        let held = of(&sessions, location).filter(|(key, _)| key.2 == device);
        let held: Vec<SessionKey> = held.map(|(key, _)| *key).collect();
        let surplus = (held.len() + 1).saturating_sub(sessions_max);
        for key in held.iter().take(surplus) {
            if let Some(mailbox) = sessions.remove(key) {
                mailbox.put(|pending| pending.superseded = true);
            }
        }
        let number = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let key = (location, number, device);
        let mailbox = Arc::new(Mailbox::new());
        sessions.insert(key, Arc::clone(&mailbox));
        Seat {
            registry: Arc::clone(self),
            key,
            mailbox,
        }
    }

    /// Tells the location's other sessions that a log has grown.
    pub(crate) fn stored(
        self: &Arc<Self>,
        tx: &Transaction<'_>,
        (location, dix): (LocationId, DeviceIndex),
        height: Height,
        by: Option<u64>,
    ) {
        self.after(tx, move |sessions| {
            for (key, mailbox) in of(sessions, location) {
                if Some(key.1) != by {
                    mailbox.put(|pending| raise(pending, location, dix, height));
                }
            }
        });
    }

    /// Tells every session that a log of location zero has grown.
    pub(crate) fn stored_zero(
        self: &Arc<Self>,
        tx: &Transaction<'_>,
        (zero, dix): (LocationId, DeviceIndex),
        height: Height,
    ) {
        self.after(tx, move |sessions| {
            for mailbox in sessions.values() {
                mailbox.put(|pending| raise(pending, zero, dix, height));
            }
        });
    }

    /// Hands the location's sessions its new roster; sessions of revoked devices close.
    pub(crate) fn roster_changed(self: &Arc<Self>, tx: &Transaction<'_>, roster: &Arc<Roster>) {
        let roster = Arc::clone(roster);
        self.after(tx, move |sessions| {
            for (_, mailbox) in of(sessions, roster.location()) {
                mailbox.put(|pending| {
                    let changed = Arc::clone(&roster);
                    pending.rosters.insert(roster.location(), changed);
                });
            }
        });
    }

    /// Closes the sessions of a device that is no longer served.
    pub(crate) fn block(self: &Arc<Self>, tx: &Transaction<'_>, device: DeviceId) {
        self.after(tx, move |sessions| {
            for (_, mailbox) in sessions.iter().filter(|(key, _)| key.2 == device) {
                mailbox.put(|pending| pending.blocked = true);
            }
        });
    }

    /// Fills mailboxes once the transaction is committed.
    fn after(
        self: &Arc<Self>,
        tx: &Transaction<'_>,
        fill: impl FnOnce(&Sessions) + Send + 'static,
    ) {
        let registry = Arc::clone(self);
        tx.on_commit(move || fill(&lock(&registry.sessions)));
    }

    /// The number of sessions.
    pub(crate) fn len(&self) -> usize {
        lock(&self.sessions).len()
    }
}

fn raise(pending: &mut Pending, location: LocationId, dix: DeviceIndex, height: Height) {
    let held = pending.heights.entry((location, dix)).or_insert(height);
    if held.dseq < height.dseq {
        *held = height;
    }
}

fn of(
    sessions: &Sessions,
    location: LocationId,
) -> impl Iterator<Item = (&SessionKey, &Arc<Mailbox>)> {
    let first = (location, 0, DeviceId::new([0; 32]));
    sessions
        .range(first..)
        .take_while(move |(key, _)| key.0 == location)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn nothing_waits_for_news_of_a_session_that_has_left() {
        let sessions = Arc::new(SessionRegistry::default());
        let (location, device) = (LocationId::new([1; 16]), DeviceId::new([2; 32]));
        let seat = sessions.sit(location, device, 4);
        let mailbox = Arc::clone(&seat.mailbox);
        drop(seat);
        let taken = tokio::time::timeout(Duration::from_secs(5), mailbox.take()).await;
        assert!(matches!(taken, Ok(None)), "{taken:?}");
    }
}
